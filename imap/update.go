package imap

import (
	"context"
	"iter"
	"slices"
)

// Update is something that the server said about the selected mailbox without
// being asked: one of Exists, Recent, Expunged, Vanished, Changed,
// HighestModSeq, FlagsDefined, Alert, MetadataChanged, Other, State or
// Overflow.
type Update interface{ update() }

// Exists says how many messages there are. It does not say that one is new: a
// message may have come while another went.
type Exists struct{ Count uint32 }

// Recent says how many messages have the \Recent flag.
type Recent struct{ Count uint32 }

// Expunged says that a message was removed; the numbers above it fell by one.
type Expunged struct{ Seq uint32 }

// Vanished says which messages were removed (RFC 7162 §3.2.10). Earlier: before
// now, in answer to a question about the past.
type Vanished struct {
	UIDs    UIDSet
	Earlier bool
}

// Changed says something about a message, mostly its flags. The Message has
// what the server said; its UID is 0 if that was not part of it. A loop may come
// to it later than to the result of a call that was told later: if both have a
// ModSeq, the higher one is the newer.
type Changed struct{ Message *Message }

// FlagsDefined says which flags the mailbox has.
type FlagsDefined struct{ Flags []Flag }

// Alert is text that the user must be shown (RFC 9051 §7.1). It is not to be
// trusted and may hold control characters.
type Alert struct{ Text string }

// Other is a response that this library does not know, as it came.
type Other struct {
	Name string // in upper case
	Raw  []byte // without the line end
}

// State comes first in a loop if something happened that its user was not told
// about, behind an Overflow, when the mailbox has become read-only, and when the
// server has said that it was Rebuilt.
type State struct{ MailboxState }

// Overflow says that a listener was too slow: so many updates were dropped in
// this place. A State follows.
type Overflow struct{ Dropped int }

func (Exists) update()       {}
func (Recent) update()       {}
func (Expunged) update()     {}
func (Vanished) update()     {}
func (Changed) update()      {}
func (FlagsDefined) update() {}
func (Alert) update()        {}
func (Other) update()        {}
func (State) update()        {}
func (Overflow) update()     {}

// otherUpdate makes an update of a response that changes no state.
func otherUpdate(r *response) Update {
	switch r.kind {
	case kindUnknown, kindData:
		if up, ok := r.data.(Update); ok {
			return up
		}
		return Other{Name: r.name, Raw: r.wire()}
	case kindFetch:
		return Changed{Message: r.msg}
	}
	return nil
}

// Notice is something about the connection as a whole.
type Notice struct {
	Kind NoticeKind
	Text string // from the server: not to be trusted, may hold control characters
	Err  error  // of NoticeClosed: wraps ErrClosed and the cause
	// Metadata says what has changed; of NoticeMetadata.
	Metadata *MetadataChanged
	Progress *Progress // of NoticeProgress
}

// NoticeKind is a kind of Notice.
type NoticeKind uint8

// The kinds of Notice.
const (
	NoticeAlert  NoticeKind = iota + 1 // text that the user must be shown
	NoticeBye                          // the server is about to close
	NoticeClosed                       // the connection is gone; the last one
	// NoticeOverQuota: a quota is exceeded, and mail may soon be refused
	// (RFC 9208 §4.3.1).
	NoticeOverQuota
	NoticeMetadata // metadata has changed
	NoticeProgress // how far a command is; see [WithProgress]
)

func (k NoticeKind) String() string {
	switch k {
	case NoticeAlert:
		return "alert"
	case NoticeBye:
		return "bye"
	case NoticeClosed:
		return "closed"
	case NoticeOverQuota:
		return "over quota"
	case NoticeMetadata:
		return "metadata"
	case NoticeProgress:
		return "progress"
	}
	return "notice"
}

// A listener may be behind by so many items, and by so many bytes of responses.
const (
	maxWaiting      = 4096
	maxWaitingBytes = 4 << 20
)

// listeners are those who want to hear of T. All is guarded by the client's
// mutex.
type listeners[T any] struct {
	all    []*listener[T]
	closed error
}

// listener has what one of them was not yet given.
type listener[T any] struct {
	items   []T
	bytes   int // of responses, about
	lent    int // of what was taken last
	dropped int
	waiting bool
	err     error
	ready   chan struct{}
}

func (s *listeners[T]) join() *listener[T] {
	l := &listener[T]{ready: make(chan struct{}, 1), err: s.closed}
	s.all = append(s.all, l)
	return l
}

func (s *listeners[T]) leave(l *listener[T]) {
	for i, x := range s.all {
		if x == l {
			s.all = append(s.all[:i], s.all[i+1:]...)
			return
		}
	}
}

// add adds an item that stands for size bytes of a response; one of no size is
// never dropped.
func (s *listeners[T]) add(item T, size int) {
	for _, l := range s.all {
		l.add(item, size)
	}
}

func (l *listener[T]) add(item T, size int) {
	if len(l.items) == 0 {
		l.bytes = 0
	}
	if size > 0 && (len(l.items) >= maxWaiting || l.bytes > maxWaitingBytes) {
		l.dropped++
		return
	}
	l.items = append(l.items, item)
	l.bytes += size
	l.signal()
}

// take takes what there is.
func (l *listener[T]) take() []T {
	items := l.items
	if l.items = nil; len(items) > 0 {
		l.lent = l.bytes
	}
	return items
}

// giveBack puts before what there is what was taken and not used. It may not be
// more than a listener may be behind, else a loop that is left early each time
// would have more and more.
func (l *listener[T]) giveBack(items []T) {
	all := append(slices.Clip(items), l.items...)
	if over := len(all) - maxWaiting; over > 0 && len(items) <= maxWaiting {
		clear(all[maxWaiting:])
		all = all[:maxWaiting]
		l.dropped += over
	}
	if len(l.items) == 0 {
		l.bytes = 0
	}
	if l.items = all; len(items) > 0 {
		l.bytes += l.lent
	}
}

// takeOver takes what other has and did not give.
func (l *listener[T]) takeOver(other *listener[T]) {
	l.items, l.bytes, l.dropped = other.items, other.bytes, other.dropped
	other.items, other.bytes, other.dropped = nil, 0, 0
}

func (s *listeners[T]) close(err error) {
	if s.closed == nil {
		s.closed = err
	}
	for _, l := range s.all {
		l.end(err)
	}
}

// waiting says whether somebody waits for an item now.
func (s *listeners[T]) waiting() bool {
	for _, l := range s.all {
		if l.waiting {
			return true
		}
	}
	return false
}

func (l *listener[T]) end(err error) {
	if l.err == nil {
		l.err = err
	}
	l.signal()
}

func (l *listener[T]) signal() {
	select {
	case l.ready <- struct{}{}:
	default:
	}
}

// earlyAlerts are those that came before anybody could listen: with the greeting
// for instance. The zero value is ready; it is guarded by the client's mutex.
type earlyAlerts struct {
	items []Notice
	bytes int
	over  bool // somebody has listened
}

const (
	maxEarly      = 64
	maxEarlyBytes = 16 << 10
)

func (e *earlyAlerts) add(n Notice) {
	if !e.over && len(e.items) < maxEarly && e.bytes+len(n.Text) <= maxEarlyBytes {
		e.items, e.bytes = append(e.items, n), e.bytes+len(n.Text)
	}
}

func (e *earlyAlerts) take() []Notice {
	items := e.items
	*e = earlyAlerts{over: true}
	return items
}

// Notices yields what concerns the connection as a whole: alerts, quotas that
// are exceeded, changed metadata, the progress of commands, BYE, and at last
// that the connection is gone. It ends with that, with ctx's error, or by break.
// The first loop begins with the alerts that came before it, those in the greeting
// and in the answer to the login too, of which 16 KiB are kept.
func (c *Client) Notices(ctx context.Context) iter.Seq2[Notice, error] {
	return func(yield func(Notice, error) bool) {
		c.mu.Lock()
		l := c.notices.join()
		l.items = c.early.take()
		c.mu.Unlock()
		defer func() {
			c.mu.Lock()
			c.notices.leave(l)
			c.mu.Unlock()
		}()
		for {
			c.mu.Lock()
			items, err := l.items, l.err
			l.items = nil
			c.mu.Unlock()
			for _, n := range items {
				if !yield(n, nil) {
					return
				}
			}
			switch {
			case len(items) > 0:
				continue
			case err != nil:
				return
			}
			select {
			case <-l.ready:
			case <-ctx.Done():
				yield(Notice{}, canceled(ctx, "notices"))
				return
			}
		}
	}
}
