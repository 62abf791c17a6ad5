package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// sink is where the events of all mailboxes come together. Any goroutine may
// use it.
type sink struct {
	env            *env
	out            *output
	hook           *hook           // nil: there is no command
	count          int             // how many arrived events are wanted; 0: no limit
	printed, taken map[string]bool // kinds of events
	quiet          *quiet          // nil: everything is printed

	status status

	mu      sync.Mutex
	ended   bool
	skipped int
}

func newSink(e *env, plan *watchPlan, opts *watchOptions, hook *hook) *sink {
	s := &sink{
		env: e, out: newOutput(e, opts.json), hook: hook, count: opts.count, printed: plan.printed, taken: plan.taken,
	}
	if opts.quiet {
		s.quiet = &quiet{}
		s.out.columns = nil // no live line
	}
	return s
}

// show puts out a record. It says whether it is the last one wanted; whoever
// comes after that waits for the end.
func (s *sink) show(ctx context.Context, r record) (last bool, err error) {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		<-ctx.Done()
		return false, errInterrupted
	}
	defer s.mu.Unlock()
	arrived := s.status.note(r)
	if err := s.print(r); err != nil {
		s.ended = true
		return false, err
	}
	if _, ok := r.(arrivedRecord); ok {
		s.ended = arrived == s.count
	}
	return s.ended, nil
}

// print puts out a record if it is one to be seen.
func (s *sink) print(r record) error {
	if s.quiet != nil {
		if s.quiet.tells(r) {
			s.env.print("%s", r.line(s.out.style, 0))
		}
		return nil
	}
	if !s.printed[r.about().Event] {
		return nil
	}
	return s.out.emit(r)
}

// run has the command deal with a record, if it is one for it, which taken says.
// No error: it is dealt with, or will never be, which was said.
func (s *sink) run(ctx context.Context, r record) (taken bool, err error) {
	if s.hook == nil || !s.taken[r.about().Event] {
		return false, nil
	}
	for _, r := range each(r) {
		if err := s.runOne(ctx, r); err != nil {
			return false, err
		}
	}
	return true, nil
}

func (s *sink) runOne(ctx context.Context, r record) error {
	in, err := newHookInput(r)
	if err != nil {
		return err
	}
	err = s.hook.handle(ctx, in)
	skipped, ok := errors.AsType[*skippedError](err)
	if !ok {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skipped++
	if !s.out.terminal() || s.quiet != nil { // else the line below is seen by the same eyes
		s.env.say("SKIPPED %s: %v; it will not be tried again", in.what, skipped)
	}
	if s.quiet != nil {
		return nil
	}
	about := r.about()
	return s.out.emit(skippedRecord{
		head: newHead(eventSkipped, about.Account, time.Now()), ID: about.id, Mailbox: about.mailbox,
		UIDValidity: about.uidValidity, UIDs: strconv.FormatUint(uint64(about.uid), 10), Count: 1,
		Reason: reasonCommand, Error: skipped.Error(),
	})
}

// verdict is the error, at the end, of a run that has skipped something.
func (s *sink) verdict() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.skipped == 0 {
		return nil
	}
	events := "1 event was skipped, because the command failed for it"
	if s.skipped > 1 {
		events = fmt.Sprintf("%d events were skipped, because the command failed for them", s.skipped)
	}
	return &exitError{exitSkipped, errors.New(events)}
}
