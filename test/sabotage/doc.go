// Package sabotage breaks the Watcher on purpose, in one small way after the
// other, to see that the tests notice. A test that cannot fail proves nothing;
// each of these says of some tests that they can.
//
// A sabotage is a file in the directory list, named for what is broken:
//
//	breaks: the back-off begins anew at every login
//	caught: ./watch -run ^TestBackoff$
//	edit: watch/backoff.go
//	-	if d >= healthy {
//	+	if d >= 0 {
//
// The first line says in a sentence what no longer holds. The second says which
// tests must notice, as arguments of go test; there may be several such lines, and
// each of them must notice. Then come the edits: a file, and lines in it, where "-"
// is in front of those that are taken out, "+" of those that are put in their
// place, and a space of those that stay. The old lines must be in the file exactly
// once. There may be several edits, in several files.
//
// TestSabotagesApply, which is quick and always run, finds those that no longer
// apply, or no longer compile: adapt them to the new code, or remove them if what
// they break is not there any more. TestSabotage, which ./check long runs, applies
// them, one at a time, by the -overlay of go test, so that no file is changed. For
// one of them:
//
//	IDLEWILD_LONG=1 go test ./test/sabotage -v -run ^TestSabotage$/backoff-reset
package sabotage
