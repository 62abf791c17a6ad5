package watch

import (
	"context"
	"errors"

	"github.com/idlewild-mail/idlewild/imap"
)

// One message must not keep the others back: there are servers that refuse to
// describe a message, and messages that servers describe so wrongly that the
// connection is lost. The first are found by asking for halves. The second are
// found by asking for one message after the other once two connections were lost
// over a mailbox; what three connections are lost over then is asked for its
// flags only, and then not at all. It is reported in any case. Three, since a
// network that fails all the time does so over some message too.

const (
	carefulAfter = 2       // connections lost while messages were described
	lessAfter    = 3       // connections lost over one message
	heldBytes    = 8 << 20 // of Sections, in one batch, by the sizes that the server tells
	mostHeld     = 4       // times as much is held if those were wrong
)

// trouble is about messages that cannot be described.
type trouble struct {
	lost    int      // connections lost while messages were described, in a row
	under   imap.UID // the one message that is being described; 0: several, or none
	several bool     // several are
	passed  int      // messages that were described since a connection was lost
}

func (t *trouble) careful() bool { return t.lost >= carefulAfter }

// relieve notes that messages were described, or refused, and the connection was
// not lost over it. One that has not answered is given up.
func (t *trouble) relieve(c *imap.Client, err error) {
	if c.Err() == nil && !errors.Is(err, imap.ErrTimeout) {
		t.several, t.under = false, 0
	}
}

// careful says whether messages that have arrived are described one by one.
func (b *box) careful() bool { return b.trouble.careful() }

// window is how many messages to ask for at once.
func (b *box) window() int {
	if b.careful() {
		return 1 // so that it shows which message it is
	}
	return scanWindow
}

// passed notes that messages were reported. What connections were lost over was
// in the window that comes next, and is behind us when there were so many.
func (b *box) passed(n int) {
	if b.trouble.passed += n; b.trouble.passed >= scanWindow {
		b.described()
	}
}

// died notes that the session has ended.
func (b *box) died() {
	for _, t := range []*trouble{&b.trouble, &b.unlearned} {
		if t.under != 0 {
			if b.deadly == nil {
				b.deadly = map[imap.UID]int{}
			}
			b.deadly[t.under]++
		}
		if t.under != 0 || t.several {
			t.lost++
			t.passed = 0
		}
		t.under, t.several = 0, false
	}
}

// described notes that there is no trouble: a scan is complete, or has come far.
func (b *box) described() { b.trouble = trouble{} }

// learned notes that there is no trouble with what was to be recognized. Less than
// all of it is no proof: the next question may be the one that is never answered.
func (b *box) learned() { b.unlearned = trouble{} }

// description is what is asked of messages at first.
func (s *session) description() *imap.FetchOptions {
	opts := *s.asks()
	if len(opts.Sections) > 0 {
		opts.Sections, opts.Size = nil, true
	}
	return &opts
}

// refused says whether the server refuses to answer for what was asked, or its
// answer cannot be read, while the connection is good: it may answer for less. One
// that does not answer is no longer asked.
func (s *session) refused(ctx context.Context, err error) bool {
	return err != nil && ctx.Err() == nil && s.client.Err() == nil &&
		!errors.Is(err, imap.ErrDeselected) && !errors.Is(err, imap.ErrTimeout) && !errors.Is(err, errMany) &&
		!errors.Is(err, errRebuilt) && !errors.Is(err, errContradiction) && ClassOf(err) != ClassLimit
}

// describe fetches messages of which the UIDs are known. Those that are gone are
// left out.
func (s *session) describe(ctx context.Context, b *box, uids []imap.UID) ([]*imap.Message, error) {
	if b.careful() && len(uids) == 1 {
		return s.describeOne(ctx, b, uids[0])
	}
	found := map[imap.UID]*imap.Message{}
	err := s.collect(ctx, b, found, imap.UIDSetOf(uids...), s.description(), 0)
	if !s.refused(ctx, err) {
		return inOrder(found), err
	}
	if len(uids) == 1 {
		return s.describeLess(ctx, b, uids[0])
	}
	half := len(uids) / 2
	low, err := s.describe(ctx, b, uids[:half])
	if err != nil {
		return nil, err
	}
	high, err := s.describe(ctx, b, uids[half:])
	return append(low, high...), err
}

// describeOne is describe for a message that a connection may be lost over.
func (s *session) describeOne(ctx context.Context, b *box, uid imap.UID) ([]*imap.Message, error) {
	switch tried := b.deadly[uid]; {
	case tried < lessAfter:
		found := map[imap.UID]*imap.Message{}
		b.trouble.under = uid
		err := s.collect(ctx, b, found, imap.UIDSetOf(uid), s.description(), 0)
		if s.refused(ctx, err) {
			return s.describeLess(ctx, b, uid)
		}
		return inOrder(found), err
	case tried == lessAfter:
		return s.describeLess(ctx, b, uid)
	}
	s.log.Warn("watch: a message that connections are lost over is reported without description", "mailbox", b.name, "uid", uid)
	return []*imap.Message{{UID: uid}}, nil
}

// describeLess asks for a message's flags only, and if that is too much, for
// nothing.
func (s *session) describeLess(ctx context.Context, b *box, uid imap.UID) ([]*imap.Message, error) {
	found := map[imap.UID]*imap.Message{}
	if b.careful() {
		b.trouble.under = uid
	}
	err := s.collect(ctx, b, found, imap.UIDSetOf(uid), &imap.FetchOptions{Flags: true}, 0)
	if err != nil && !s.refused(ctx, err) {
		return nil, err
	}
	if err != nil {
		// It may be the mailbox that is refused, and not the message.
		if _, err := s.findUIDs(ctx, imap.UIDSetOf(uid)); err != nil {
			return nil, err
		}
	}
	s.log.Warn("watch: the server cannot describe a message", "mailbox", b.name, "uid", uid, "error", err)
	if err != nil {
		return []*imap.Message{{UID: uid}}, nil
	}
	return inOrder(found), nil
}
