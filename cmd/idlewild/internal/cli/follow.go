package cli

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

// errEnough says that --count events were put out.
var errEnough = errors.New("enough")

// follower watches one mailbox.
type follower struct {
	sink    *sink
	mailbox string
	watcher *watch.Watcher
}

// run returns nil when ctx is done, errEnough, or why it had to end.
func (f *follower) run(ctx context.Context) error {
	for batch, err := range f.watcher.Watch(ctx) {
		if err != nil && ctx.Err() != nil {
			return nil
		}
		if err == nil {
			err = f.sink.take(ctx, f, batch)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// commit saves that everything up to and with this message is done; with the
// last event of a batch that is all of the batch.
func (f *follower) commit(ctx context.Context, batch *watch.Batch, last int) error {
	if last == len(batch.Events)-1 || f.watcher.Store == nil {
		return batch.Commit()
	}
	e, ok := batch.Events[last].(watch.Arrived)
	if !ok {
		return nil
	}
	cursor := watch.Cursor{UIDValidity: e.UIDValidity, UIDNext: e.UID + 1}
	return f.watcher.Store.Save(context.WithoutCancel(ctx), watch.Key(f.watcher.Account, f.mailbox), cursor.String())
}

// sink is where the events of all mailboxes come together, one batch at a time.
type sink struct {
	out     *output
	account string
	count   int                 // how many arrived events are wanted; 0: no limit
	seen    func(arrivedRecord) // after each one; nil: nobody asks

	status status

	mu    sync.Mutex
	ended bool
}

// take puts out a batch and then commits it.
func (s *sink) take(ctx context.Context, f *follower, batch *watch.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return errEnough
	}
	for i, event := range batch.Events {
		r := s.record(f.mailbox, event)
		if r == nil {
			continue
		}
		arrived := s.status.note(f.mailbox, r)
		if err := s.out.emit(r); err != nil {
			s.ended = true
			return err
		}
		a, ok := r.(arrivedRecord)
		if !ok {
			continue
		}
		if s.seen != nil {
			s.seen(a)
		}
		if arrived == s.count {
			s.ended = true
			if err := f.commit(ctx, batch, i); err != nil {
				return err
			}
			return errEnough
		}
	}
	return batch.Commit()
}

// record makes an event ready to be put out; nil if it is of a kind unknown here.
func (s *sink) record(mailbox string, event watch.Event) record {
	h := newHead(string(event.Kind()), s.account, time.Now())
	switch e := event.(type) {
	case watch.Arrived:
		return arrivedRecord{
			head: h, ID: e.ID, Mailbox: e.Mailbox, UIDValidity: e.UIDValidity, UID: uint32(e.UID),
			Flags: flagNames(e.Flags), Size: e.Size, Envelope: decodeEnvelope(e.Envelope),
		}
	case watch.Offline:
		return offlineRecord{h, mailbox, string(e.Reason), errorString(e.Err), e.Retry.Milliseconds(), e.Attempt}
	case watch.Online:
		return onlineRecord{h, mailbox, string(e.Mode), e.Attempt}
	case watch.Reset:
		return resetRecord{h, mailbox, e.OldUIDValidity, e.UIDValidity, string(e.Policy)}
	case watch.Alert:
		return alertRecord{h, mailbox, e.Text}
	}
	return nil
}

func flagNames(flags []imap.Flag) []string {
	names := make([]string, 0, len(flags))
	for _, f := range flags {
		names = append(names, string(f))
	}
	return names
}

func errorString(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
