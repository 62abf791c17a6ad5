package search

import "github.com/idlewild-mail/idlewild/imap/wire"

// UIDs finds the messages whose UIDs are in set, an imap.UIDSet; for one message
// that is imap.UIDSetOf(uid). An empty set is an error when the query is sent:
// IMAP cannot say it.
func UIDs(set interface{ NumSet() wire.NumSet }) Query {
	return numbers{uid: true, set: set.NumSet().String()}
}

// Numbers finds the messages whose sequence numbers are in set, an imap.SeqSet.
// The numbers are taken as they are now, and sent as such: what an EXPUNGE in
// between makes of them is for the sender of the command to look after, see
// [NumbersQuery]. An empty set is an error when the query is sent.
func Numbers(set interface{ NumSet() wire.NumSet }) Query {
	return numbers{set: set.NumSet().String()}
}

// numbers keeps its set as text, so that it can be compared and nobody else
// can change it.
type numbers struct {
	uid bool
	set string
}

// AppendTo adds the set, behind UID if it is one of UIDs.
func (q numbers) AppendTo(c *wire.Command) {
	var set wire.NumSet
	if q.set != "" { // else Set tells what is wrong
		var err error
		if set, err = wire.ParseNumSet(q.set); err != nil {
			c.Fail(err)
			return
		}
	}
	if q.uid {
		c.Atom("UID")
	}
	c.Set(set)
}

func (q numbers) UsesNumbers() bool { return !q.uid }

// Quick says that the server need not look at the messages, nor take long.
func (q numbers) Quick() bool { return true }
