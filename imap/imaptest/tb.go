package imaptest

// TB is the part of testing.TB that this package uses. Every *testing.T,
// *testing.B and *testing.F is one.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
	Cleanup(func())
}
