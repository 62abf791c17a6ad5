// Package sim lets whole worlds happen to package watch, and checks that it
// keeps its promises in each of them.
//
// A seed decides a world: what kind of server there is, how the Watcher is set,
// how the program that uses it behaves, and a plan of what happens. Mail comes,
// other clients flag, move and remove it, mailboxes are rebuilt, messages cannot
// be described, connections are cut at any byte or vanish, the server stalls,
// refuses and lies, the program dies at any step and starts again with what is on
// its disk. All is real but the clock, the network and the disk: the
// [watch.Watcher], the client, and the server of imaptest, in a bubble of
// testing/synctest.
//
// # What is checked
//
// After each step, at every batch and whenever a cursor is saved:
//
//   - I1: a message that is there when it is looked for is handled in the end, or
//     it is said that it is skipped.
//   - I2: nothing is told that never was, or as something that it is not.
//   - I3: the same is told with the same ID, everything else with another one;
//     what a saved cursor is past of is not told again.
//   - I4: messages are told in the order of their UIDs.
//   - I5: a saved cursor never goes back under one UIDVALIDITY, and never past a
//     message that is there and was not handled.
//   - I6: the password is in no event, error, log line or trace.
//   - I7: Watch ends when it is told to, nothing it began goes on (synctest sees
//     to that), and batches are of a bounded size.
//   - I8: there are not more attempts to connect than the documented pace makes,
//     and never more than three refused logins an hour, beside those with a token
//     that had lapsed, if the one that replaced it was accepted.
//   - I9: a message is told within Watcher.Bound of the moment from which it was
//     there and a session could be made, also when IDLE is silent. What keeps
//     sessions from being made excuses for as long as it lasts, and then for the
//     longest pause that is documented for it (time.go), and no longer.
//   - I10: what is skipped is named.
//
// The program that uses the Watcher handles a batch after it has got it, and it
// may die in between: what was told, but not handled before the death, counts as
// not told. That is what finds a cursor that is saved too early.
//
// # When a seed fails
//
// The test says how to run it again, shows the end of the story, and looks for a
// shorter plan that fails too. With -sim.keep that is written to
// testdata/regressions, from where it is run for ever:
//
//	go test ./test/sim -run TestSim -sim.seed=4711 -sim.keep
//	go test ./test/sim -run TestSim -sim.first=1000 -sim.count=5000
//
// A seed fixes the plan, and what is chosen at random while it is carried out.
// It does not fix the order in which Go runs goroutines that could run at the
// same moment. So a seed that failed may pass the next time: run it often, with
// -count and with -race, and keep its file, which is run several times each time.
//
// # Where is what
//
// A [Plan] is data (plan.go); generate.go makes one of a seed, shrink.go makes it
// shorter. world.go carries it out, with actions.go (all that may happen),
// personality.go (servers), network.go and frames.go (what is in between),
// rules.go (what the server does about commands), tokens.go, disk.go, life.go (the
// program) and handler.go (its loop's body). truth.go is what the server had,
// books.go what was told, check.go and time.go compare. What is known of watch's
// shape is in api.go.
package sim
