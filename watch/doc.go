// Package watch follows mailboxes for ever and loses nothing.
//
// A [Watcher] connects, reports every message that arrives, and connects again
// when the connection is lost:
//
//	store, err := watch.OpenFileStore("/var/lib/me/cursors")
//	w := &watch.Watcher{
//		Account: "alice@imap.example.org",
//		Store:   store,
//		Dial:    watch.Login("imap.example.org", "alice", password, nil),
//	}
//	for batch, err := range w.Watch(ctx) {
//		if err != nil {
//			return err // ctx is done, or the first connection failed
//		}
//		for _, e := range batch.Events {
//			if m, ok := e.(watch.Arrived); ok {
//				handle(m)
//			}
//		}
//		if err := batch.Commit(); err != nil {
//			return err
//		}
//	}
//
// # What is promised
//
// Every message that is in the mailbox when it is looked at, and whose UID is
// not below the [Cursor], is reported once in order of UID, as often as the
// program is restarted and the connection lost. What was not committed before
// the program ended is reported again, with the same [Arrived.ID]: that is
// at-least-once. A receiver that keeps IDs for a while makes it exactly-once.
//
// The server's notifications (IDLE, RFC 2177) only say when to look. What has
// arrived is found by a scan: the messages from the cursor on are asked for,
// and taken when the server has said that those were all. A scan is also made
// every Watcher.Scan whatever the server says or does not say in between;
// that finds what a server forgot to announce, and a connection that is dead
// without having been closed. So a message is reported within Scan plus half
// a minute even so, and within moments otherwise.
//
// A message that comes and goes while nobody looks is never reported. The
// mailbox is opened by EXAMINE and nothing in it is changed.
//
// # Who runs what
//
// The loop's body runs on the caller's goroutine. Each connection has a
// goroutine of its own, and one that gathers the server's alerts; they have ended
// when the loop has. While the body runs, the connection that its batch came
// from rests, so a slow body is back-pressure and needs no queue.
package watch
