package watch

import (
	"context"
	"errors"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// absence is about a mailbox that cannot be looked at.
type absence struct {
	reason MissingReason
	since  time.Time
	again  time.Time // when to try
	wait   time.Duration
}

const (
	missingFirst = time.Minute
	missingMost  = time.Hour
)

// openFailed is told that a mailbox could not be opened. The error that it
// returns ends the session; nil: the mailbox is missing, and the others go on.
func (s *session) openFailed(ctx context.Context, b *box, err error) error {
	if !s.isMailboxError(err) {
		return err
	}
	if !s.began && !s.patient {
		return fatalError{&MailboxError{b.name, err}}
	}
	now := time.Now()
	if b.missing == nil {
		b.missing = &absence{since: now, wait: missingFirst / 2}
	}
	b.hinted, b.visited = false, false
	b.missing.wait = min(2*b.missing.wait, missingMost)
	b.missing.again = now.Add(b.missing.wait)
	reason := missingReason(err)
	if b.missing.reason == reason {
		return nil
	}
	b.missing.reason = reason
	b.showMissing(reason)
	s.log.Warn("watch: mailbox is missing", "mailbox", b.name, "reason", reason, "error", err)
	return s.emitOf(ctx, b, b.cursor, Missing{Mailbox: b.name, Reason: reason, Err: err, Retry: b.missing.wait})
}

func missingReason(err error) MissingReason {
	switch {
	case is[*imap.ResponseError](err) && codeOf(err) == imap.CodeNonExistent:
		return MissingNonExistent
	case codeOf(err) == imap.CodeNoPerm:
		return MissingForbidden
	}
	return MissingRefused
}

// codeOf is the response code of a refusal; "": there is none.
func codeOf(err error) imap.Code {
	if no, ok := errors.AsType[*imap.ResponseError](err); ok {
		return no.Code
	}
	return ""
}

// found tells that a mailbox that was missing is there again.
func (s *session) found(ctx context.Context, b *box) error {
	gone := b.missing
	if gone == nil {
		return nil
	}
	b.missing = nil
	b.showMissing("")
	return s.emitOf(ctx, b, b.cursor, Recovered{Mailbox: b.name, After: time.Since(gone.since)})
}

func (b *box) showMissing(reason MissingReason) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shown.Missing = reason
}

// lookFailed is told that the server said no about a mailbox that was open. It is
// opened again, which says what is wrong; if that was done just now, it is
// missing.
func (s *session) lookFailed(ctx context.Context, b *box, err error) error {
	s.open, b.hinted = nil, true
	if b.retried {
		b.retried = false
		return s.openFailed(ctx, b, err)
	}
	b.retried = true
	return nil
}
