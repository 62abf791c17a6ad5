package watch

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// A scan asks for the messages from the cursor on, and believes the answer
// when it is complete. The cursor then goes behind the highest UID that was
// seen, and to the UIDNEXT that the mailbox had when it was opened, which is
// always earlier than the question. It never goes to a UIDNEXT that the server
// told later: a message below it may not have been in the answer.
//
// Mostly there are few messages or none, and one question has them all. If
// there are many, the UIDs are asked for first and the messages in windows,
// each of which is complete for itself: memory is bounded whatever the mailbox
// holds.

// describe is what is asked about a message.
func describe() *imap.FetchOptions {
	return &imap.FetchOptions{Flags: true, Envelope: true, InternalDate: true, Size: true}
}

// scan reports what has arrived.
func (c *connection) scan(ctx context.Context) error {
	first, hinted := c.scanned.IsZero(), c.hinted
	c.hinted = false
	c.scanned = time.Now()
	before := c.cursor
	state := c.box.State() // what is told from here on is news: the next wait begins with it
	from := max(c.cursor.UIDNext, 1)
	var err error
	if from == imap.MaxUID {
		return nil // there are no higher ones
	}
	if c.uidNext > from && c.uidNext-from > scanWindow && state.Exists > scanWindow {
		err = c.scanWindows(ctx)
	} else {
		err = c.scanOnce(ctx, from)
	}
	found := c.cursor.UIDNext > before.UIDNext
	c.slowDown(hinted && !found)
	c.trust(first, hinted, found)
	return err
}

// slowDown sets how soon the next scan may be: soon after one that was worth
// it, so that mail is not held up by the mail before it; later and later after
// news that came to nothing.
func (c *connection) slowDown(vain bool) {
	c.rest = max(2*c.rest, shortestRest)
	if !vain {
		c.rest = shortestRest
	}
	c.rest = min(c.rest, c.Burst)
}

// scanOnce scans with one question, unless the answer is large.
func (c *connection) scanOnce(ctx context.Context, from imap.UID) error {
	found, err := c.messages(ctx, imap.UIDRange(from, imap.MaxUID), describe(), scanWindow)
	if errors.Is(err, errMany) {
		return c.scanWindows(ctx)
	}
	if err != nil {
		return err
	}
	return c.report(ctx, found, c.uidNext)
}

// scanWindows scans in parts.
func (c *connection) scanWindows(ctx context.Context) error {
	there, err := c.box.Search(ctx, nil)
	if err != nil {
		return err
	}
	if from := c.cursor.UIDNext; from > 1 {
		there = there.Without(imap.UIDRange(1, from-1))
	}
	var uids []imap.UID
	for uid := range there.All() {
		if uids = append(uids, uid); len(uids) < scanWindow {
			continue
		}
		if err := c.scanWindow(ctx, uids); err != nil {
			return err
		}
		uids = uids[:0]
	}
	if len(uids) > 0 {
		if err := c.scanWindow(ctx, uids); err != nil {
			return err
		}
	}
	return c.report(ctx, nil, c.uidNext)
}

// scanWindow reports some messages that exist, in ascending order. All that
// was there below the last of them is among them, or was reported before.
func (c *connection) scanWindow(ctx context.Context, uids []imap.UID) error {
	found, err := c.messages(ctx, imap.UIDSetOf(uids...), describe(), 0)
	if err != nil {
		return err
	}
	return c.report(ctx, found, uids[len(uids)-1]+1)
}

// errMany says that there are more messages than are to be held at once.
var errMany = errors.New("many messages")

// messages fetches messages from the cursor on, in order of UID. If the server
// refuses to describe some, they come without description. most is how many
// may come; 0: any number.
func (c *connection) messages(
	ctx context.Context, uids imap.UIDSet, opts *imap.FetchOptions, most int,
) ([]*imap.Message, error) {
	found := map[imap.UID]*imap.Message{}
	err := c.collect(ctx, found, uids, opts, most)
	var refused *imap.ResponseError
	if errors.As(err, &refused) && c.client.Err() == nil {
		c.Logger.Warn("watch: the server cannot describe some messages", "error", err)
		err = c.collect(ctx, found, uids, &imap.FetchOptions{Flags: true}, most)
	}
	if err != nil {
		return nil, err
	}
	all := make([]*imap.Message, 0, len(found))
	for _, m := range found {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b *imap.Message) int { return int(int64(a.UID) - int64(b.UID)) })
	return all, nil
}

// collect adds messages to found that are not in it.
func (c *connection) collect(
	ctx context.Context, found map[imap.UID]*imap.Message, uids imap.UIDSet, opts *imap.FetchOptions, most int,
) error {
	for m, err := range c.box.Fetch(ctx, uids, opts) {
		if err != nil {
			return err
		}
		// "n:*" brings the highest message also if it is below n.
		if m.UID < c.cursor.UIDNext || m.UID == 0 || m.UID == imap.MaxUID || found[m.UID] != nil {
			continue
		}
		if most > 0 && len(found) == most {
			return errMany
		}
		found[m.UID] = m
	}
	return nil
}

// report yields messages that have arrived. All below next are among them.
func (c *connection) report(ctx context.Context, found []*imap.Message, next imap.UID) error {
	for part := range slices.Chunk(found, largestEvents) {
		if err := ctx.Err(); err != nil {
			return err
		}
		events := make([]Event, len(part))
		for i, m := range part {
			events[i] = c.arrived(m)
		}
		to := c.cursor
		to.UIDNext = part[len(part)-1].UID + 1
		if err := c.emit(c.box, to, events...); err != nil {
			return err
		}
	}
	c.cursor.UIDNext = max(c.cursor.UIDNext, next)
	return nil
}

func (c *connection) arrived(m *imap.Message) Arrived {
	return Arrived{
		ID:      EventID(c.Account, c.Mailbox, c.cursor.UIDValidity, m.UID, KindArrived),
		Mailbox: c.Mailbox, UIDValidity: c.cursor.UIDValidity, UID: m.UID,
		Flags: m.Flags, Size: m.Size, Envelope: m.Envelope, InternalDate: m.InternalDate,
	}
}

// trust draws a conclusion from a scan: a server that has announced nothing,
// where something has come, is asked more often from now on, until it has
// announced something.
func (c *connection) trust(first, hinted, found bool) {
	switch {
	case !found || first || !c.mayIdle():
	case hinted && c.mute:
		c.mute = false
	case !hinted && !c.mute:
		c.mute = true
		c.Logger.Warn("watch: the server did not announce mail; it is asked more often", "every", c.Poll)
	}
}
