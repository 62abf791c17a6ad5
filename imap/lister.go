package imap

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// lister does what a List asks for, by LIST alone if that can do it.
type lister struct {
	client   *Client
	opts     *ListOptions
	patterns []string
	ask      listWants // of LIST
	rest     listWants // by other means
	xlist    bool
}

// list returns the mailboxes, with all but what has to be asked of each.
func (l *lister) list(ctx context.Context) ([]*ListEntry, error) {
	var left listWants
	var refusal error
	empty := false
	for {
		if err := l.plan(left); err != nil {
			if empty {
				return nil, nil
			}
			return nil, firstOf(refusal, err)
		}
		entries, err := l.run(ctx)
		switch {
		case err == nil && len(entries) == 0 && l.ask != 0 && l.ask&selections == 0:
			// strato.de: LIST with RETURN finds nothing where LIST does.
			empty = true
			left |= l.ask
		case err == nil:
			if refusal != nil || left != 0 && len(entries) > 0 {
				l.latch(left)
			}
			return entries, nil
		case !refusesOptions(err) || l.ask == 0:
			return entries, err
		default:
			refusal = err
			left |= l.rung()
		}
	}
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// refusesOptions says whether an error may be due to what a LIST asked for.
func refusesOptions(err error) bool {
	refused, ok := errors.AsType[*ResponseError](err)
	return ok && (refused.Status == StatusBad || refused.Code == "")
}

// rung is what to leave out next.
func (l *lister) rung() listWants {
	for _, w := range listLadder {
		if l.ask&w != 0 {
			return w
		}
	}
	return l.ask
}

// latch remembers what the server's LIST cannot do.
func (l *lister) latch(left listWants) {
	l.client.mu.Lock()
	defer l.client.mu.Unlock()
	if left&^l.client.listRefused != 0 {
		l.client.oddity("LIST", "the server does not do what its capabilities say")
	}
	l.client.listRefused |= left
}

// plan decides what LIST is asked for, but for what is left out, and whether
// there are other means for the rest.
func (l *lister) plan(left listWants) error {
	c := l.client
	c.mu.Lock()
	defer c.mu.Unlock()
	want, can := l.opts.wants(), c.listable()&^left
	special := want & (selectSpecialUse | returnSpecialUse)
	l.xlist = special != 0 && !c.caps.any("SPECIAL-USE", "IMAP4REV2") && c.caps.has("XLIST")
	if l.xlist {
		can = 0 // it takes no options
	}
	if want&^can&selectSpecialUse != 0 {
		want |= returnSpecialUse // to see which it is
	}
	l.ask, l.rest = want&can, want&^can
	if l.rest&selectSubscribed != 0 {
		l.ask, l.rest = l.ask&^selectRecursive, l.rest|want&selectRecursive
	}
	if want&selectRecursive != 0 && want&(selectSubscribed|selectSpecialUse) == 0 {
		return &wire.ArgumentError{Kind: "ListOptions", Reason: "SelectRecursiveMatch needs another Select (RFC 5258 §3.1)"}
	}
	return l.possible(want)
}

// possible names the capability that is missing, if one is.
func (l *lister) possible(want listWants) error {
	caps := &l.client.caps
	missing := ""
	switch {
	case l.rest&selectRemote != 0, l.rest&selectRecursive != 0 && want&selectSubscribed == 0:
		missing = "LIST-EXTENDED"
	case l.rest&selectSpecialUse != 0 && !l.xlist && !caps.any("SPECIAL-USE", "IMAP4REV2"):
		missing = "SPECIAL-USE"
	case l.rest&returnMyRights != 0 && !caps.has("ACL"):
		missing = "LIST-MYRIGHTS"
	case l.rest&returnMetadata != 0 && !caps.has("METADATA"):
		missing = "LIST-METADATA"
	default:
		return nil
	}
	return &UnsupportedError{Capability: missing, What: "LIST"}
}

// run sends the commands.
func (l *lister) run(ctx context.Context) ([]*ListEntry, error) {
	all, err := l.names(ctx)
	if err != nil {
		return all, err
	}
	if l.rest&(selectSubscribed|returnSubscribed) != 0 {
		if all, err = l.subscribed(ctx, all); err != nil {
			return nil, err
		}
	}
	if l.rest&selectSpecialUse != 0 {
		all = slices.DeleteFunc(all, func(e *ListEntry) bool { return len(e.SpecialUses()) == 0 })
	}
	return all, nil
}

// names asks for the mailboxes, all patterns at once or one by one.
func (l *lister) names(ctx context.Context) ([]*ListEntry, error) {
	rounds := [][]string{l.patterns}
	if l.rest&manyPatterns != 0 {
		rounds = rounds[:0]
		for _, p := range l.patterns {
			rounds = append(rounds, []string{p})
		}
	}
	var all []*ListEntry
	for _, patterns := range rounds {
		x := &listing{client: l.client, name: "LIST", kind: kindList, opts: l.opts, ask: l.ask, foot: l.ask.footprint()}
		if l.xlist {
			x.name = "XLIST"
		}
		err := x.do(ctx, l.opts.Reference, patterns...)
		all = appendNew(all, x.entries, len(rounds) > 1)
		if err != nil {
			return all, err
		}
	}
	if l.xlist {
		for _, e := range all {
			e.fromXList()
		}
	}
	return all, nil
}

// appendNew adds mailboxes that are not there yet, if some may be.
func appendNew(all, more []*ListEntry, some bool) []*ListEntry {
	if !some || len(all) == 0 {
		return append(all, more...)
	}
	have := make(map[string]bool, len(all))
	for _, e := range all {
		have[e.Mailbox] = true
	}
	for _, e := range more {
		if !have[e.Mailbox] {
			all = append(all, e)
		}
	}
	return all
}

// subscribed asks LSUB, and does with the mailboxes what LIST would have done.
func (l *lister) subscribed(ctx context.Context, all []*ListEntry) ([]*ListEntry, error) {
	listed := make(map[string]*ListEntry, len(all))
	for _, e := range all {
		listed[e.Mailbox] = e
	}
	var chosen []*ListEntry
	for _, pattern := range l.patterns {
		x := &listing{client: l.client, name: "LSUB", kind: kindLsub, foot: footprint{class: classLsub}}
		if err := x.do(ctx, l.opts.Reference, pattern); err != nil {
			return nil, err
		}
		for _, e := range x.entries {
			above := e.Has(`\Noselect`) // only above one that is subscribed
			if known := listed[e.Mailbox]; known != nil {
				e = known
			} else {
				e.Attributes = []string{}
			}
			switch {
			case !above:
				e.add(`\Subscribed`)
			case l.rest&selectRecursive != 0:
				e.ChildInfo = []string{"SUBSCRIBED"}
			default:
				continue
			}
			chosen = append(chosen, e)
		}
	}
	if l.rest&selectSubscribed == 0 {
		return all, nil
	}
	return unique(chosen), nil
}

func unique(all []*ListEntry) []*ListEntry {
	have := make(map[string]bool, len(all))
	return slices.DeleteFunc(all, func(e *ListEntry) bool {
		twice := have[e.Mailbox]
		have[e.Mailbox] = true
		return twice
	})
}

// fromXList gives what XLIST says the words of RFC 6154. It calls INBOX what
// the user's language does.
func (e *ListEntry) fromXList() {
	e.Attributes = slices.Clone(e.Attributes)
	for i, a := range e.Attributes {
		switch strings.ToUpper(a) {
		case `\INBOX`:
			e.Mailbox, e.RawName = "INBOX", "INBOX"
		case `\ALLMAIL`:
			e.Attributes[i] = string(SpecialAll)
		case `\SPAM`:
			e.Attributes[i] = string(SpecialJunk)
		case `\STARRED`:
			e.Attributes[i] = string(SpecialFlagged)
		}
	}
}
