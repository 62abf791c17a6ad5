// Package watch follows mailboxes for ever and loses nothing.
//
// A [Watcher] connects, reports every message that arrives, and connects again
// when the connection is lost:
//
//	store, err := watch.OpenFileStore("/var/lib/me/cursors")
//	if err != nil {
//		return err // another process has it, or it is damaged
//	}
//	defer store.Close()
//	w := &watch.Watcher{
//		Account: "alice@imap.example.org",
//		Store:   store,
//		Dial:    watch.Login("imap.example.org", "alice", password, nil),
//	}
//	for batch, err := range w.Watch(ctx) {
//		if err != nil {
//			return err // ctx is done, the first connection failed, or the Store
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
// The guide docs/watching.md has the choices one by one, each with its Go.
//
// # What is promised
//
// Every message that is in the mailbox when it is looked at, and whose UID is
// not below the [Cursor], is reported, in order of UID, and once however often the
// connection is lost. What was not committed before the program ended is reported
// again, with the same [Arrived.ID]: that is at-least-once. A receiver that keeps
// IDs for a while makes it exactly-once.
//
// The server's notifications (IDLE, RFC 2177) only say when to look. What has
// arrived is found by a scan: the messages from the cursor on are asked for,
// and taken when the server has said that those were all. A scan is also made
// every Watcher.Scan whatever the server says or does not say in between;
// that finds what a server forgot to announce, and a connection that is dead
// without having been closed. So a message is reported within Scan plus half
// a minute even so, and within moments otherwise.
//
// A message that comes and goes while nobody looks is never reported, but counted
// ([Skipped]): with QRESYNC and Changes exactly, else with every UID that may have
// been one. The mailbox is opened by EXAMINE and nothing in it is changed.
//
// # Changes
//
// With Watcher.Changes a watch tells [Flags], [Gone] and [Moved] too, of every
// message below the cursor, whether it was there at first or has arrived. Who
// keeps the flags of each [Arrived], and changes them by what follows, has the
// mailbox as it is.
//
// What the server tells says when to look here too. How it looks depends on the
// server, and can be seen in the log: with QRESYNC (RFC 7162) the server is asked
// what changed since [Cursor.ModSeq]; with CONDSTORE, whose flags did, and SEARCH
// says who is still there; and else the flags of all messages are asked for, of
// the newest 100,000 if there are more. That is done when a change is announced,
// whenever the mailbox is opened again (every Watcher.Scan), and with mod-sequences
// also whenever a server without IDLE is polled. That a message is gone is believed
// when SEARCH does not find it, whatever else the server says. If mod-sequences
// begin anew or are lost, all flags are compared.
//
// After a restart, what changed meanwhile is told: flags where the server has
// mod-sequences, and without them not; messages that are gone if the server has
// QRESYNC, or they are among those remembered (Watcher.Memory, with a Store). Flags
// may be told that are as they were before, of messages that arrived just before
// the program ended for instance. A message is Moved if the server has lasting
// identities of messages (OBJECTID, X-GM-EXT-1), and it has arrived in another
// mailbox of the Watcher since it did here; on several connections, within two
// seconds. Else it is Gone.
//
// # When a mailbox is rebuilt
//
// A server that has lost its index, was restored or replaced, gives a mailbox
// another UIDVALIDITY: then UIDs mean nothing any more. That is always told, by
// [Reset], and then [Watcher.OnReset] is done. By default, PolicyResume, the
// messages that are there now are compared with those that are remembered, and
// what is not recognized is reported: what came at that time is not lost, and
// what was there before is not reported again.
//
// A message is recognized by its EMAILID (RFC 8474) or X-GM-MSGID, or else by
// Message-ID, INTERNALDATE and size, which are asked of every message that
// arrives. What was there before is learned in the background, newest first, so a
// mailbox that is rebuilt within seconds of the beginning is known in part.
// The newest Watcher.Memory messages are remembered. In a larger mailbox what
// stands before them in the old order is held to be old too. Where nothing is
// remembered, all is reported again, and the Reset says PolicyReplay. A server
// that gives out new identities and new dates at once cannot be seen through: all
// messages are new there.
//
// What is remembered is stored with the cursor, in the same Save, and now and then
// under a key of its own. Without a Store it lasts as long as the Watch.
//
// Event IDs are made of UIDVALIDITY and UID. Where a server uses a UIDVALIDITY
// again for other messages, does not tell one, or says that UIDs do not last, the
// one in events and cursors is made up, so that no two messages ever have one
// ID. Such a mailbox is believed to be the same as long as its newest messages
// are.
//
// A mailbox that is deleted, may not be read, or is refused, is [Missing]. The
// others go on, and it is tried again and again. One that is renamed is followed
// where the server tells which one it is (OBJECTID, or NOTIFY), see [Renamed];
// what is made under its old name later is another mailbox, and not followed.
//
// # Who runs what
//
// The loop's body runs on the caller's goroutine. Each connection has a
// goroutine of its own, and one that gathers the server's alerts; they have ended
// when the loop has. While the body runs, the connection that its batch came
// from rests, so a slow body is back-pressure and needs no queue. A mailbox with
// much mail gives way to the others of its connection every ten seconds.
package watch
