package imap

import (
	"context"
	"fmt"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// PartialError says how far a call came that took several commands: one on
// more messages than the server takes in one command line. What it wraps is
// why the rest was not done.
type PartialError struct {
	Done    UIDSet // the server said OK to these
	Failed  UIDSet // the command on these failed; whether anything was done is up to Err
	Untried UIDSet // nothing was sent about these
	Err     error
}

func (e *PartialError) Error() string {
	text := e.Err.Error()
	for _, p := range []struct {
		what string
		uids UIDSet
	}{{"failed", e.Failed}, {"not tried", e.Untried}, {"done", e.Done}} {
		if !p.uids.Empty() {
			text += fmt.Sprintf("; %s: UID %v", p.what, p.uids.set)
		}
	}
	return text
}

func (e *PartialError) Unwrap() error { return e.Err }

// shortest is the room that a command always gives a set; what does not leave
// that much has arguments of that size itself.
const shortest = 100

// room is how long the text of a set may be in a command with so many octets
// beside it, and how many ranges it may have (0: any number).
func (c *Client) room(beside int) (octets, ranges int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.roomLocked(beside)
}

func (c *Client) roomLocked(beside int) (octets, ranges int) {
	octets = usualOctets
	if n := c.quirks.pace.octets; n > 0 {
		octets = n
	}
	if c.opts.CommandLine > 0 {
		octets = c.opts.CommandLine
	}
	const tag = 32 // and command, space and line end
	return max(octets-beside-tag, shortest), c.quirks.pace.ids
}

// inPartsOf runs a command on a set in as many parts as it takes, one after the
// other, up to the first error: no line is longer than the server takes, and
// what the server left out or refused as too many at once (RFC 9738) is asked
// for again. beside is how many octets a command has beside its name and the
// set. run may return no call. With one command, the error is that command's;
// with several, a *PartialError. The set may go as "$".
func (m *Mailbox) inPartsOf(ctx context.Context, set wire.NumSet, saved *savedRef, beside int, run func(part wire.NumSet) (*call, error)) error {
	return m.inSuchParts(ctx, []wire.NumSet{set}, 0, saved, beside, run)
}

// inSuchParts is inPartsOf for a set that was cut already, and for parts of so
// many messages at most; 0: any number. No list of the parts is made: a server
// may say that there are four thousand million.
func (m *Mailbox) inSuchParts(ctx context.Context, todo []wire.NumSet, most uint64, saved *savedRef, beside int, run func(part wire.NumSet) (*call, error)) error {
	var done wire.NumSet
	for len(todo) > 0 {
		if len(todo[0]) == 0 {
			todo = todo[1:]
			continue
		}
		octets, ranges := m.client.room(beside)
		part, tail := todo[0].CutText(octets, ranges)
		if m.isSaved(todo[0], saved) {
			part, tail = todo[0], nil
		}
		if most > 0 && part.Len() > most {
			part, tail = todo[0].Cut(most)
		}
		todo[0] = tail
		k, err := run(part)
		left, fewer, err := m.leftOf(ctx, k, part, err)
		if err != nil {
			return partial(done, part, todo, err)
		}
		if fewer > 0 {
			most = fewer
		}
		done, todo = joinSets(done, part.Minus(left)), append([]wire.NumSet{left}, todo...)
	}
	return nil
}

// partial is the error of a part.
func partial(done, part wire.NumSet, todo []wire.NumSet, err error) error {
	var untried wire.NumSet
	for _, set := range todo {
		untried = joinSets(untried, set)
	}
	if len(done) == 0 && len(untried) == 0 {
		return err
	}
	return &PartialError{Done: UIDSet{done}, Failed: UIDSet{part}, Untried: UIDSet{untried}, Err: whole(err)}
}

// whole is an error without what it says of parts.
func whole(err error) error {
	if p, ok := err.(*PartialError); ok {
		return p.Err
	}
	return err
}

// joinSets joins answers about parts.
func joinSets(a, b wire.NumSet) wire.NumSet {
	if len(a) == 0 {
		return b
	}
	return a.Union(b)
}
