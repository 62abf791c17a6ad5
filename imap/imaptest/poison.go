package imaptest

import (
	"fmt"
	"strconv"
)

// Poison is what is wrong with one message. It goes with the message wherever it
// is copied or moved to, also when UIDVALIDITY changes. The zero value is nothing.
type Poison struct {
	// Refuse is the text of a NO to every FETCH that asks for the message, with
	// others or alone, for all of them. With RefuseText only those are refused
	// that ask for more than UID, FLAGS, MODSEQ and object identifiers.
	Refuse     string
	RefuseText bool

	Literal   int    // literals are announced as longer than they are by so many bytes; shorter if negative
	NilBody   bool   // sections are NIL
	Size      int64  // what RFC822.SIZE says; 0: the size
	Envelope  string // what ENVELOPE says, as it stands on the wire; empty: the envelope
	Structure string // what BODY and BODYSTRUCTURE say, as it stands on the wire; empty: the structure
}

// Poison lets a message be fetched as p says; nil: as it is.
func (s *Server) Poison(user, name string, uid uint32, p *Poison) error {
	return s.with(user, name, func(b *mailbox) error {
		m := b.find(uid)
		if m == nil {
			return fmt.Errorf("imaptest: no message %d in %s", uid, name)
		}
		if p != nil {
			own := *p
			p = &own
		}
		m.body.poison.Store(p)
		s.poisoned.Store(true)
		return nil
	})
}

// poison returns why a FETCH is refused for one of the messages, or nil.
func (c *conn) poison(places []int, items []fetchItem) *reply {
	if !c.srv.poisoned.Load() {
		return nil
	}
	for _, i := range places {
		p := c.view.messages[i].body.poison.Load()
		if p != nil && p.Refuse != "" && (!p.RefuseText || asksText(items)) {
			r := no("", "%s", p.Refuse)
			return &r
		}
	}
	return nil
}

// asksText says whether items are asked for that take a look at the message.
func asksText(items []fetchItem) bool {
	for _, it := range items {
		switch it.kind {
		case fetchFlags, fetchUID, fetchModSeq, fetchExtension:
		default:
			return true
		}
	}
	return false
}

// sayPoisoned says the value of an item as the poison has it. It reports whether
// it did.
func (c *conn) sayPoisoned(m *message, it fetchItem) bool {
	p := m.body.poison.Load()
	switch {
	case p == nil:
		return false
	case it.kind == fetchSection && p.NilBody:
		c.out = append(c.out, "NIL"...)
	case it.kind == fetchSection && p.Literal != 0:
		data, _ := m.body.cut(it)
		c.out = append(c.out, '{')
		c.out = strconv.AppendInt(c.out, int64(max(len(data)+p.Literal, 0)), 10)
		c.out = append(c.out, "}\r\n"...)
		c.flush()
		c.send(data)
	case it.kind == fetchSize && p.Size != 0:
		c.out = strconv.AppendInt(c.out, p.Size, 10)
	case it.kind == fetchEnvelope && p.Envelope != "":
		c.out = append(c.out, p.Envelope...)
	case (it.kind == fetchBody || it.kind == fetchStructure) && p.Structure != "":
		c.out = append(c.out, p.Structure...)
	default:
		return false
	}
	return true
}
