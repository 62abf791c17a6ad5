package imap

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// AppendOptions are the settings of Append.
type AppendOptions struct {
	Flags []Flag
	Date  time.Time // the message's INTERNALDATE; zero: the server takes the time of arrival
	// Binary sends the message as a literal8: it may hold NUL, and parts with
	// Content-Transfer-Encoding: binary (RFC 3516 §4.4). It needs BINARY.
	Binary bool
	// UTF8 says that the header has UTF-8 that is not encoded (RFC 6855 §4). It
	// needs UTF8=ACCEPT, or IMAP4rev2, to have been enabled.
	UTF8 bool
	// Annotations are those that the message is to have, "value.priv" and
	// "value.shared" (RFC 5257 §4.7). They need ANNOTATE-EXPERIMENT-1.
	Annotations []Annotation
}

// AppendResult says where a message went. Both are 0 if the server lacks
// UIDPLUS or will not tell.
type AppendResult struct {
	UIDValidity uint32
	UID         UID
}

// Append adds a message of size bytes, read from message, to a mailbox
// (RFC 9051 §6.3.12). A mailbox that does not exist is a *ResponseError with
// CodeTryCreate; one that is full, with CodeOverQuota. A message above the
// server's APPENDLIMIT is a *LimitError, and nothing is sent (RFC 7889).
//
// If the mailbox is the selected one the server mostly tells so at once; Noop
// asks one that does not.
//
// message is read on the caller's goroutine, up to 1 MiB before anything is
// sent. IMAP cannot take back a literal that was begun: if message then ends
// early, errs, stands still for 10 seconds while another call waits, or ctx
// ends before all of it was read, the connection is closed. Bytes beyond size
// are not read. A message that may hold line ends other than CRLF, or NUL
// without Binary, is the caller's to mend.
func (c *Client) Append(ctx context.Context, mailbox string, message io.Reader, size int64, opts *AppendOptions) (AppendResult, error) {
	return c.appendOne(ctx, mailbox, newAppendMessage(message, size, opts))
}

func newAppendMessage(message io.Reader, size int64, opts *AppendOptions) AppendMessage {
	m := AppendMessage{Message: message, Size: size}
	if opts != nil {
		m.AppendOptions = *opts
	}
	return m
}

func (c *Client) appendOne(ctx context.Context, mailbox string, m AppendMessage) (AppendResult, error) {
	results, err := c.appendMessages(ctx, mailbox, []AppendMessage{m})
	if err != nil {
		return AppendResult{}, err
	}
	return results[0], nil
}

// appendMessages sends one APPEND.
func (c *Client) appendMessages(ctx context.Context, mailbox string, messages []AppendMessage) ([]AppendResult, error) {
	a, err := c.newAppending("append", messages)
	if err != nil {
		return nil, err
	}
	k := &call{name: "APPEND", foot: footprint{class: classAppend}}
	k.cmd = newCommand("APPEND").AString(c.wireName(mailbox))
	a.addTo(k.cmd)
	if err := a.run(ctx, k); err != nil {
		return nil, err
	}
	return a.results, nil
}

// appending is one APPEND or REPLACE under way.
type appending struct {
	c        *Client
	what     string // the call, for errors
	messages []AppendMessage
	feed     *feed
	results  []AppendResult // one a message
	told     bool           // results has what the server said
	utf8     bool           // UTF8=ACCEPT is enabled
}

// newAppending looks for what speaks against the messages before anything is
// read or sent.
func (c *Client) newAppending(what string, messages []AppendMessage) (*appending, error) {
	for i := range messages {
		if err := messages[i].check(c, what); err != nil {
			return nil, err
		}
	}
	f := newFeed(c, what, messages)
	return &appending{c: c, what: what, messages: messages, feed: f, results: make([]AppendResult, len(messages)), utf8: c.Enabled("UTF8=ACCEPT")}, nil
}

// addTo adds the messages to a command.
func (a *appending) addTo(cmd *wire.Command) {
	for i := range a.messages {
		a.messages[i].addTo(cmd, a.feed, a.utf8)
	}
}

// run sends a call with the messages and waits for its end.
func (a *appending) run(ctx context.Context, k *call) error {
	f := a.feed
	if err := f.fill(min(f.size, appendHeld)); err != nil {
		return err
	}
	k.slow, k.feed = true, f
	k.claim = func(r *response) bool {
		return r.kind == kindUntagged && a.c.aloneToAppend(k) && a.take(r.code)
	}
	k.finish = func(r *response) {
		if r.status == StatusOK {
			a.take(r.code)
		}
	}
	if err := ctx.Err(); err != nil {
		return canceled(ctx, a.what)
	}
	if err := a.c.submit(k); err != nil {
		return err
	}
	if err := f.pump(ctx, k); err != nil {
		return err
	}
	return a.c.wait(ctx, k)
}

// aloneToAppend says whether an APPENDUID without a tag can be of no other call
// than k.
func (c *Client) aloneToAppend(k *call) bool {
	for _, f := range c.flight {
		if f != k && f.feed != nil {
			return false
		}
	}
	return true
}

// take takes what APPENDUID says: the UIDs in the order of the messages
// (RFC 4315 §3). A server that tells another number of them tells none.
func (a *appending) take(code *ResponseCode) bool {
	if code == nil || code.Code != CodeAppendUID || code.Problem != nil || a.told {
		return false
	}
	a.told = true
	uids := slices.Clone(code.appended)
	for i := range a.results {
		a.results[i].UIDValidity = code.UIDValidity
	}
	switch {
	case uids.len() == uint64(len(a.results)):
		for i := range a.results {
			a.results[i].UID = uids.next()
		}
	case len(a.results) == 1:
		a.results[0].UID = code.Dest.Max()
	default:
		a.c.oddity("APPENDUID", fmt.Sprintf("%d UIDs for %d messages", uids.len(), len(a.results)))
	}
	return true
}

// next takes the first UID off the set.
func (s *uidRanges) next() UID {
	r := &(*s)[0]
	u := UID(r.First)
	if r.First == r.Last {
		*s = (*s)[1:]
	} else {
		r.First++
	}
	return u
}
