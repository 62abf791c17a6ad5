package imap

import (
	"context"
	"fmt"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// do searches, and goes on where the server stopped (RFC 9738).
func (s *searching) do(ctx context.Context) error {
	err := s.checked(ctx)
	if err == nil && s.call.cutShort() && !s.opts.Partial.IsZero() && !s.uncut {
		s.uncut = true // a range of a part of the result is none of the whole
		s.forget()
		err = s.checked(ctx)
	}
	for err == nil && s.call.cutShort() {
		err = s.goOn(ctx)
	}
	return err
}

// goOn searches the messages below those that the server has looked at.
func (s *searching) goOn(ctx context.Context) error {
	if s.keys != nil || s.opts.Save || s.opts.Relevancy || s.live != nil {
		return s.call.incomplete()
	}
	lowest := s.call.limited.Lowest
	if s.below != 0 && lowest >= s.below {
		return s.call.stuck()
	}
	found, epoch, plain := s.found, s.epoch, s.plain
	s.below = lowest
	s.forget()
	if err := s.checked(ctx); err != nil {
		return err
	}
	switch {
	case s.foot.byNumber && s.epoch != epoch:
		return ErrRenumbered
	case s.plain != plain:
		return s.call.incomplete() // what is known of one part is not of the other
	}
	s.join(&found)
	return s.err
}

// join adds what was found among higher UIDs.
func (s *searching) join(above *searchData) {
	f := &s.found
	if f.size()+above.size() > maxFound {
		s.err = &wire.LimitError{What: "number of messages found", Max: maxFound}
		return
	}
	f.nums, f.order = f.nums.Union(above.nums), nil
	f.count += above.count
	f.modSeq = max(f.modSeq, above.modSeq)
	if !f.has.min {
		f.min = above.min
	}
	if above.has.max {
		f.max = above.max
	}
	f.has.min, f.has.max = f.has.min || above.has.min, f.has.max || above.has.max
}

// cutShort says whether the server looked at some of the messages only.
func (k *call) cutShort() bool { return k.limited != nil && k.limited.Lowest > 1 }

// incomplete is the error of an answer about some of the messages that cannot
// be added to.
func (k *call) incomplete() error {
	return fmt.Errorf("imap: %s: the server looked at some of the messages only and said %w", k.name, CodeMessageLimit)
}
