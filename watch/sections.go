package watch

import (
	"context"
	"iter"

	"github.com/idlewild-mail/idlewild/imap"
)

// parts are the messages in batches that are to be held at once.
func (s *session) parts(found []*imap.Message) iter.Seq[[]*imap.Message] {
	return func(yield func([]*imap.Message) bool) {
		for len(found) > 0 {
			n, size := 0, int64(0)
			for n < min(len(found), largestEvents) {
				if len(s.fetch.Sections) > 0 && found[n].Size <= s.maxBody {
					size += found[n].Size
				}
				if n > 0 && size > heldBytes {
					break
				}
				n++
			}
			if !yield(found[:n:n]) {
				return
			}
			found = found[n:]
		}
	}
}

// withSections makes arrivals of messages, with the sections that are wanted of
// those that are not too large.
func (s *session) withSections(ctx context.Context, b *box, part []*imap.Message) ([]Arrived, error) {
	arrived := make([]Arrived, len(part))
	var small []imap.UID
	for i, m := range part {
		arrived[i] = s.arrived(b, m)
		if len(s.fetch.Sections) == 0 || !m.Has(imap.HasSize) {
			continue
		}
		if arrived[i].Truncated = m.Size > s.maxBody; !arrived[i].Truncated {
			small = append(small, m.UID)
		}
	}
	if len(small) == 0 {
		return arrived, nil
	}
	whole, err := s.sections(ctx, b, small)
	if err != nil {
		return nil, err
	}
	for i := range arrived {
		if m := whole[arrived[i].UID]; m != nil {
			arrived[i].Message = m
		} else {
			arrived[i].Truncated = true // it was too large after all, or is gone
		}
	}
	return arrived, nil
}

// sections fetches messages with their sections, and holds them.
func (s *session) sections(ctx context.Context, b *box, uids []imap.UID) (whole map[imap.UID]*imap.Message, err error) {
	whole = map[imap.UID]*imap.Message{}
	if b.careful() {
		return whole, nil
	}
	b.trouble.several = true
	defer func() { b.trouble.relieve(s.client, err) }()
	room := max(mostHeld*heldBytes, s.maxBody)
	for m, err := range s.messages(ctx, imap.UIDSetOf(uids...), s.asks()) {
		if s.refused(ctx, err) {
			break
		}
		if err != nil {
			return nil, err
		}
		held, err := hold(m, min(s.maxBody, room))
		if err != nil {
			return nil, err
		}
		if held >= 0 {
			whole[m.UID], room = m, room-held
		}
	}
	return whole, nil
}

// hold keeps a message's sections in memory, unless they are larger than the
// server has said: then it keeps none, and returns -1.
func hold(m *imap.Message, most int64) (size int64, err error) {
	for body := range m.Bodies() {
		if size += body.Size; size > most {
			return -1, nil
		}
	}
	for body := range m.Bodies() {
		if err := body.Keep(); err != nil {
			return -1, err
		}
	}
	return size, nil
}
