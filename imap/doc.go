// Package imap is an IMAP client (RFC 3501, RFC 9051).
//
//	c, err := imap.Dial(ctx, "imap.example.org", nil)   // TLS, verified
//	defer c.Close()
//	err = c.LoginWith(ctx, sasl.Password("alice", password))
//	inbox, err := c.Select(ctx, "INBOX", nil)
//	unread, err := inbox.Search(ctx, search.Unseen)
//	for m, err := range inbox.Fetch(ctx, unread, &imap.FetchOptions{Envelope: true}) {
//		…
//	}
//
// Methods of [Client] need no mailbox to be open, methods of [Mailbox] work in the
// one that is. Options may be nil; their zero values are the safe choice. A method
// that needs an extension says which, and returns an [*UnsupportedError] before
// anything is sent if the server does not offer it.
//
// # Connections and login
//
// [Dial] uses TLS on port 993; [Options] has STARTTLS, plaintext and a dialer of
// one's own. [NewClient] takes any net.Conn, [DialCommand] a program. An authority
// that the system does not trust goes into Options.TLSConfig.
//
// [Client.LoginWith] takes the strongest mechanism that the server offers, for a
// password, a token or a certificate; see package sasl. Some extensions have to be
// turned on, right behind it:
//
//	on, err := c.Enable(ctx, "QRESYNC", "UTF8=ACCEPT")
//
// # Mailboxes
//
// Names are UTF-8, with the server's own delimiter between levels. [Client.List]
// has them, with as much of each as [ListOptions] ask for; [Client.SpecialMailboxes]
// finds the one for drafts or sent mail; [Client.Status] tells of one.
//
//	for box, err := range c.List(ctx, "*", &imap.ListOptions{
//		ReturnStatus: []imap.StatusItem{imap.StatusUnseen},
//	}) {
//		…
//	}
//
// # Messages
//
// Messages are named by [UID]; methods take a UID, a [UIDSet], or what the server
// has kept of a search, a [SavedResult]. Sequence numbers change whenever a message
// is removed, by whomever; methods that take them end in Seq, and turn them into
// UIDs first.
//
// [Mailbox.Fetch] reads, in the server's order, and marks nothing as seen;
// [Mailbox.OpenSection] reads one large part. [Mailbox.Store] with AddFlags,
// RemoveFlags and SetFlags, and Copy, Move and ExpungeUIDs change;
// [Client.Append] adds.
//
//	for m, err := range inbox.Fetch(ctx, uids, &imap.FetchOptions{
//		Flags: true, Sections: []imap.Section{{Kind: imap.Header}, {Part: "1"}},
//	}) {
//		text, err := m.Body(imap.Section{Part: "1"}).Bytes()
//		…
//	}
//
// # Finding messages
//
// Queries are values of package search. [Mailbox.Search] returns a set,
// [Mailbox.Sort] an order, [Mailbox.Thread] conversations; [Mailbox.ESearch] and
// [Mailbox.ESort] count, cut out a range, or let the server keep the result.
//
//	uids, err := inbox.Sort(ctx, search.From("bob"), imap.SortDate.Reverse())
//
// # Staying in step
//
// Who keeps a copy of a mailbox keeps its UIDVALIDITY and HIGHESTMODSEQ with it,
// enables QRESYNC, and gives both to Select as a [Resync]: [Mailbox.Resync] then
// says what vanished and what changed. New messages are asked for by UID. From
// then on a loop over Idle or Updates tells all that happens, in order, and
// [HighestModSeq] in it which changes are complete; what is said while no loop
// listens is kept for the next one. [MailboxState] says what the number may be
// used for. With CONDSTORE alone, ChangedSince of [FetchOptions] tells changes,
// and Search which messages are left. examples/sync is a whole program.
//
// # Watching
//
// [Mailbox.Idle] yields what happens in the selected mailbox, for as long as one
// likes; [Mailbox.Poll] asks a server without IDLE. [Client.Notify] makes the
// server tell of other mailboxes too, and [Client.Events] yields what it tells (RFC
// 5465). [Client.Notices] is about the connection as a whole.
//
//	for u, err := range inbox.Idle(ctx, nil) {
//		switch u := u.(type) {
//		case imap.Exists:
//			…
//		}
//	}
//
// Package watch reconnects as well, and remembers where it was.
//
// # One connection, many callers
//
// Any method of a Client or a Mailbox may be called from any goroutine at any
// time, also in the body of a loop over Fetch, Idle or List of the same
// connection. Commands are sent in the order of the calls, without waiting for
// each other where the protocol allows it. IDLE is left for a command and
// entered again.
//
// A Context ends the wait for a call, not the connection: the command's answer
// is dropped when it comes. The call may have taken effect. Every wait is
// bounded, also without a Context ([Timeouts]).
//
// What may be long is an iterator that yields a value and an error. The value is
// nil when the error is not, and an error is the last thing that is yielded.
// Leaving a loop early is always polite. Ranging over an iterator again sends
// the command again.
//
// # Odd servers
//
// A server is not trusted. Everything that it sends has a limit
// ([wire.Limits]), and a response that breaks the rules costs that response and
// nothing else. What was odd about a message is in [Message.Problems]; texts of
// the server may hold control characters and are not to be printed as they are.
// What is done otherwise for a server that is known, [Client.Quirks] tells.
// [Client.Do] sends a command that this package does not have.
//
// # Errors
//
// The server said no: a [*ResponseError], and the connection is as good as
// before. errors.Is asks it for a [Code], or for what its words mean, such as
// [ErrThrottled]. Logging in failed: a [*LoginError]. The connection is gone: an
// error that wraps [ErrClosed] and the cause. The server lacks something:
// [ErrUnsupported]. An argument cannot be sent: [wire.ArgumentError]; then nothing
// was. More than is allowed: a [*LimitError]. Some of many messages were done: a
// [*PartialError].
//
//	var e *imap.ResponseError
//	switch {
//	case errors.Is(err, imap.CodeNonExistent): // no such mailbox
//	case errors.Is(err, imap.ErrClosed): // dial again
//	case errors.As(err, &e): // e.Text is the server's reason
//	}
package imap
