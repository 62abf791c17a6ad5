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
// # One connection, many callers
//
// Any method of a [Client] or a [Mailbox] may be called from any goroutine at
// any time, also in the body of a loop over Fetch, Idle or List of the same
// connection. Commands are sent in the order of the calls, without waiting for
// each other where the protocol allows it. IDLE is left for a command and
// entered again.
//
// A Context ends the wait for a call, not the connection: the command's answer
// is dropped when it comes. The call may have taken effect. Every wait is
// bounded, also without a Context ([Timeouts]).
//
// # Many mailboxes
//
// [Client.Notify] makes the server tell of other mailboxes than the selected
// one, and [Client.Events] yields what it tells (RFC 5465).
//
// # Loops
//
// What may be long is an iterator that yields a value and an error. The value is
// nil when the error is not, and an error is the last thing that is yielded.
// Leaving a loop early is always polite. Ranging over an iterator again sends
// the command again.
//
// # Messages and numbers
//
// Messages are named by [UID]; methods take a UID or a [UIDSet]. Sequence
// numbers change whenever a message is removed, by whomever; methods that take
// them end in Seq, and turn them into UIDs first.
//
// # Servers
//
// A server is not trusted. Everything that it sends has a limit
// ([wire.Limits]), and a response that breaks the rules costs that response and
// nothing else. What was odd about a message is in [Message.Problems]; texts of
// the server may hold control characters and are not to be printed as they are.
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
// and Search which messages are left.
//
// # Errors
//
// The server said no: a [*ResponseError], whose [Code] errors.Is can ask for.
// The connection is gone: an error that wraps [ErrClosed] and the cause. The
// server lacks something: [ErrUnsupported]. An argument cannot be sent:
// [wire.ArgumentError]; then nothing was.
package imap
