package imap

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// RFC 9738 §4, resp-text-code
func (p *parser) messageLimit(c *ResponseCode) {
	p.r.SkipSP()
	c.Number = uint64(p.r.NZNumber())
	if p.r.SkipSP(); !p.r.AtEnd() {
		c.Lowest = UID(p.r.NZNumber())
	}
}

// MessageLimit is how many messages the server works on in one command (RFC
// 9738, capability MESSAGELIMIT); 0: it did not say that there is a limit.
// Methods that take a set of UIDs go on by themselves where the server stopped.
func (c *Client) MessageLimit() uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.caps.messageLimit()
}

func (s *capabilities) messageLimit() uint32 {
	for _, name := range s.list {
		if value, ok := strings.CutPrefix(strings.ToUpper(name), "MESSAGELIMIT="); ok {
			n, _ := strconv.ParseUint(value, 10, 32)
			return uint32(n)
		}
	}
	return 0
}

// limitedBy notes that the server did not do all of a command. It says so in
// the tagged reply, or before it where that has another code; then it is the
// oldest command that may be meant.
func (c *Client) limitedBy(r *response, k *call) {
	if r.code == nil || r.code.Code != CodeMessageLimit || r.code.Problem != nil {
		return
	}
	if k != nil {
		k.limited = r.code
		return
	}
	for _, f := range c.flight {
		if f.foot.class.aboutMessages() {
			f.limited = r.code
			return
		}
	}
}

func (cl class) aboutMessages() bool {
	switch cl {
	case classFetch, classStore, classSearch, classCopy, classMove, classExpunge, classExpungeAll:
		return true
	}
	return false
}

// undone is what the server left of a set: it works from the highest UID down.
func (k *call) undone(set wire.NumSet) wire.NumSet {
	if k.limited == nil || k.limited.Lowest <= 1 {
		return nil
	}
	return set.And(wire.NumSet{{First: 1, Last: uint32(k.limited.Lowest) - 1}})
}

// stuck is the error of a server that stops before it begins.
func (k *call) stuck() error {
	return fmt.Errorf("imap: %s: the server did nothing and said %w", k.name, CodeMessageLimit)
}

// leftOf returns what of a part a command left out, to be asked for again. If
// it was refused as too many at once that is all of it, and most is how many to
// ask for. A call that is nil left nothing out.
func (m *Mailbox) leftOf(ctx context.Context, k *call, part wire.NumSet, err error) (rest wire.NumSet, most uint64, _ error) {
	if k == nil {
		return nil, 0, err
	}
	if most, refused := k.refusedAbove(err); refused {
		found, findErr := m.searchSet(ctx, UIDSet{part})
		if findErr == nil && found.Len() <= most {
			findErr = err
		}
		return found.set, most, findErr
	}
	if err != nil {
		return nil, 0, err
	}
	rest = k.undone(part)
	if len(rest) > 0 && rest.Len() == part.Len() {
		return nil, 0, k.stuck()
	}
	return rest, 0, nil
}

// refusedAbove says how many messages the server would have taken, if it
// refused a command as being about too many.
func (k *call) refusedAbove(err error) (most uint64, refused bool) {
	if !isResponseError(err) || k.limited == nil {
		return 0, false
	}
	return k.limited.Number, true
}
