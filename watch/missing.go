package watch

import (
	"context"
	"errors"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// absence is about a mailbox that cannot be looked at.
type absence struct {
	reason   MissingReason
	since    time.Time
	tried    time.Time // last
	again    time.Time // when to try
	wait     time.Duration
	refusals int
}

const (
	missingFirst       = time.Minute     // doubled up to Scan while the mailbox is not there
	passingFirst       = 5 * time.Second // likewise, if it should pass by itself
	parkAfter          = 3               // refusals; then it is tried
	parkedWait         = time.Hour       // so often
	mostContradictions = 3               // contradictions of the server's about UIDs
	contradictionSpan  = 2 * time.Hour   // within that time
)

// openFailed is told that a mailbox could not be opened. The error that it
// returns ends the session; nil: the mailbox is missing, and the others go on.
func (s *session) openFailed(ctx context.Context, b *box, err error) error {
	if !s.isMailboxError(b, err) {
		if !s.began && is[*imap.ResponseError](err) {
			return &MailboxError{b.name, err} // of several, whoever is told wants to know which
		}
		return err
	}
	reason, seen := s.whyMissing(ctx, b, err)
	if seen != nil {
		return seen
	}
	if reason == MissingNonExistent || reason == MissingUnselectable {
		if moved, err := s.follow(ctx, b); moved || err != nil {
			return err
		}
	}
	if !s.began && !s.patient {
		return fatalError{&MailboxError{b.name, err}}
	}
	return s.miss(ctx, b, reason, err)
}

// miss notes that a mailbox cannot be looked at, and tells it once for each
// reason.
func (s *session) miss(ctx context.Context, b *box, reason MissingReason, err error) error {
	now := time.Now()
	if b.missing == nil {
		b.missing = &absence{since: now}
	}
	b.hinted, b.visited, b.retried = false, false, false
	told := b.missing.reason == reason
	b.missing.reason, b.missing.tried = reason, now
	b.missing.again = now.Add(b.missing.pause(s.scanEvery, passes(err)))
	if told {
		return nil
	}
	b.showMissing(reason)
	s.log.Warn("watch: mailbox is missing", "mailbox", b.name, "reason", reason, "error", err)
	return s.emitOf(ctx, b, b.cursor, Missing{Mailbox: b.name, Reason: reason, Err: err, Retry: b.missing.wait})
}

// pause is how long to wait now. To ask for a mailbox that is not there is as
// cheap as a look at one that is; but what the server refuses without a reason,
// it will refuse again.
func (a *absence) pause(scan time.Duration, passes bool) time.Duration {
	first := missingFirst
	if passes {
		first = passingFirst
	}
	a.wait = min(max(2*a.wait, first), max(scan, first))
	switch {
	case a.reason == MissingRefused && !passes:
		if a.refusals++; a.refusals >= parkAfter {
			a.wait = parkedWait
		}
	case a.reason == MissingContradictory:
		a.wait = parkedWait
	}
	return a.wait
}

// whyMissing asks what is wrong with a mailbox, where the server did not say.
func (s *session) whyMissing(ctx context.Context, b *box, err error) (MissingReason, error) {
	switch codeOf(err) {
	case imap.CodeNonExistent:
		if there, selectable, err := s.list(ctx, b.current); err != nil || !there || selectable {
			return MissingNonExistent, err
		}
		return MissingUnselectable, nil // a name that others are below
	case imap.CodeNoPerm:
		return MissingForbidden, nil
	}
	there, selectable, listErr := s.list(ctx, b.current)
	switch {
	case listErr != nil:
		return "", listErr
	case !there:
		return MissingNonExistent, nil
	case !selectable:
		return MissingUnselectable, nil
	}
	return MissingRefused, nil
}

// list says whether LIST has a name, and as a mailbox that can be selected. A
// server that does not answer LIST has it.
func (s *session) list(ctx context.Context, name string) (there, selectable bool, _ error) {
	defer func() { s.listed = time.Now() }()
	q := s.question(0)
	defer q.end()
	// A wildcard in the name cannot be escaped, but matches itself too.
	for e, err := range s.client.List(ctx, name, nil) {
		if err != nil {
			if s.refused(ctx, err) {
				return true, true, nil
			}
			return false, false, err
		}
		if canonical(e.Mailbox) == canonical(name) && !e.Has(`\NonExistent`) {
			return true, e.Selectable(), nil
		}
	}
	return false, false, nil
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
	b.sight.Lock()
	defer b.sight.Unlock()
	b.shown.Missing = reason
}

// lookFailed is told that the server said no about a mailbox that was open. It is
// opened again, which says what is wrong; if that was done just now, it is
// missing.
func (s *session) lookFailed(ctx context.Context, b *box, err error) error {
	s.open, b.hinted = nil, true
	if b.retried {
		return s.miss(ctx, b, MissingRefused, err)
	}
	b.retried = true
	return nil
}

// contradicted is told that messages do not have UIDs in their order. It may be
// another mailbox, so it is opened again and its messages are compared.
func (s *session) contradicted(ctx context.Context, b *box, err error) error {
	s.log.Warn("watch: the server contradicts itself", "mailbox", b.name, "error", err)
	s.open = nil
	if errors.Is(err, errQuarantine) {
		return s.miss(ctx, b, MissingContradictory, err)
	}
	b.suspect, b.disorder, b.hinted, b.visited = true, true, true, false
	return nil
}

// quarantined counts how often a mailbox is another one though the server says
// that it is not. After some times in a row nothing that it says is believed.
func (b *box) quarantined() bool {
	now := time.Now()
	if now.Sub(b.doubted) > contradictionSpan {
		b.doubts = 0
	}
	b.doubted = now
	b.doubts++
	return b.doubts > mostContradictions
}
