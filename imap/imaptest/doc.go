// Package imaptest is an IMAP server for tests and demonstrations, with
// everything that is needed to make it misbehave.
//
//   - [Server] keeps mailboxes in memory and speaks IMAP4rev1 with the common
//     extensions, well enough for any real client. It serves sockets, and
//     in-memory connections that work under testing/synctest.
//   - [Script] plays a transcript of C: and S: lines, as RFCs print them, and
//     fails the test when the client says anything else.
//   - [Server.Deliver], [Server.Move], [Server.DeleteMailbox], [Server.Rebuild] and
//     the like do what other clients and administrators do.
//   - [Faults] and [WrapConn] split, delay, swallow and cut, tell wrong numbers and
//     no news; [Poison] does so for one message, [Server.Blackhole] for the network.
//   - [Personalities] are servers that behave as known providers do: what they
//     offer, how long they let sessions live ([Limits]), where they are odd.
//   - [Server.Stats] says what clients have done: logins, sessions, commands.
//   - [Pipe] is a buffered in-memory connection; [CA] issues certificates for
//     tests.
//
// The package shares no code with any IMAP client, on purpose: a fake that
// shares the client's parser shares its errors.
//
// A typical test:
//
//	srv := imaptest.NewServer(nil)
//	defer srv.Close()
//	srv.AddUser("alice", "secret")
//	conn := srv.Pipe() // already being served
//	// ... the client works on conn ...
//	srv.Deliver("alice", "INBOX", message, nil)
package imaptest
