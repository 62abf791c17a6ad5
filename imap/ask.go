package imap

import (
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// ask is a question about one mailbox, answered by responses of one kind.
// Questions that are answered differently, or that concern different mailboxes,
// may be under way at once.
type ask struct {
	*call
	client    *Client
	name, raw string // of the mailbox: as the caller has it, as it is sent
	kind      string // the name of the responses
	exact     bool   // an answer bore the name that was asked for
}

// boxed is the name of a mailbox that a response is about.
type boxed struct{ name, raw string }

func (b *boxed) box() *boxed { return b }

// ask makes a question whose arguments are still to be added to cmd.
func (c *Client) ask(command, kind, mailbox string) *ask {
	a := &ask{client: c, name: canonicalName(mailbox), raw: c.wireName(mailbox), kind: kind}
	// Servers may hold names that differ in case alone for the same.
	foot := footprint{class: classAsk, name: kind + " " + strings.ToLower(a.raw)}
	a.call = &call{name: command, cmd: wire.NewCommand(command), foot: foot, answers: []string{kind}}
	return a
}

// answered makes a question take the responses of type T that are about its
// mailbox.
func answered[T interface{ box() *boxed }](a *ask, take func(T)) {
	a.claim = func(r *response) bool {
		d, ok := r.data.(T)
		if !ok || !a.about(d.box()) {
			return false
		}
		if !a.abandoned {
			take(d)
		}
		return true
	}
}

// about says whether data about a mailbox answers the question: a server may
// spell a name in a way of its own, which does no harm while nothing else of
// the kind is asked.
func (a *ask) about(b *boxed) bool {
	a.client.names.learn(b.name, b.raw)
	if b.name == a.name || b.raw == a.raw {
		a.exact = true
		return true
	}
	if a.exact {
		return false
	}
	for _, f := range a.client.flight {
		if f != a.call && strings.HasPrefix(f.foot.name, a.kind+" ") {
			return false
		}
	}
	a.client.oddity(a.kind+" under another name", b.raw)
	return true
}

// named reads a mailbox name behind the name of a response.
func (p *parser) named(b *boxed) {
	p.r.SP()
	b.name, b.raw = p.mailbox()
}
