// Package oneproc makes the tests of a package that imports it run on one
// processor while the race detector is on:
//
//	import _ "github.com/idlewild-mail/idlewild/test/oneproc"
//
// Every package that tests in virtual time does. All channel timers of a synctest
// bubble share one context of the race detector, and the goroutine that finds a
// timer due runs it: two that do so at once, on two processors, corrupt the
// detector's stack, and some runs of thousands of bubbles crash in it
// (golang/go#78156, Go 1.26). On one processor it cannot happen, and races are
// found all the same: the detector goes by what happens before what, not by what
// happens at once. Tests on real connections do without this.
package oneproc
