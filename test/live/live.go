// Package live starts real servers and finds real clients for tests. It knows
// nothing of our own client: what it does on a server it does by a conversation
// of its own, so that a test's oracle does not share the errors of what it tests.
//
// What is not installed skips the test, saying what to install; with CI set it
// fails the test instead.
package live

import "os"

// TB is what the package needs of a test. Every testing.TB is one.
type TB interface {
	Helper()
	Cleanup(func())
	Failed() bool
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// missing ends the test because this machine lacks something.
func missing(tb TB, format string, args ...any) {
	tb.Helper()
	if os.Getenv("CI") != "" {
		tb.Fatalf("with CI set, no live test may be left out: "+format, args...)
	}
	tb.Skipf(format, args...)
}
