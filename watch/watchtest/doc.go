// Package watchtest lets programs test what they do with the batches of a
// watch.Watcher: without a server of theirs, without waiting, and with all that
// can go wrong.
//
// A [Source] has the Watch method of a watch.Watcher, so it goes wherever the
// program takes one:
//
//	type watcher interface {
//		Watch(ctx context.Context) iter.Seq2[*watch.Batch, error]
//	}
//
//	func serve(ctx context.Context, w watcher) error { ... }
//
// The test says what happens, lets the program run, and looks at what was
// committed:
//
//	src := new(watchtest.Source)
//	src.Arrive("INBOX", watchtest.Message(imap.Envelope{Subject: "Hello"}, "Hi."))
//	src.Disconnect(nil)
//	src.Arrive("INBOX", ...)
//	if err := serve(ctx, src); !errors.Is(err, watchtest.ErrEnd) {
//		t.Error(err)
//	}
//	if left := src.Uncommitted(); len(left) > 0 {
//		t.Errorf("not committed: %v", left)
//	}
//
// To start the program again after an error, as after a crash, call serve again:
// Watch begins with what was not committed. That is the test worth having: a
// message whose handling failed must come again, and one that comes again, with
// the same ID, must do no harm.
//
// A program whose loop runs for ever, in a goroutine, is tested with Source.Live,
// best inside testing/synctest, where synctest.Wait tells when all is handled.
//
// Batch.Open works: behind a Source is an imaptest.Server with the messages that
// were said to arrive. What a Source does not do is to find out what has happened
// in a mailbox by itself; that is what a watch.Watcher is for, which can be had
// with Source.Server as well, or any imaptest.Server.
package watchtest
