package imap

import (
	"context"
	"slices"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Enable asks the server to turn extensions on that change what it sends, such
// as "IMAP4rev2", "QRESYNC" or "UTF8=ACCEPT" (RFC 5161), and returns those that
// it did, as it spells them. It takes what the server does not know without an
// error. What the server says is on and nobody asked for does not count. Nothing can be turned off again. It is best called between login and
// the first Select, as some servers refuse it later.
//
// IMAP4rev2 and UTF8=ACCEPT make mailbox names go over the wire in UTF-8. A
// server that works only so and speaks IMAP4rev1 (UTF8=ONLY, RFC 9755 §7) gets
// UTF8=ACCEPT enabled by itself behind login; it shows in Enabled.
// Without the capability ENABLE, or IMAP4rev2, it is an *UnsupportedError.
func (c *Client) Enable(ctx context.Context, capabilities ...string) ([]string, error) {
	if len(capabilities) == 0 {
		return nil, nil
	}
	if !c.offers("ENABLE", "IMAP4REV2") {
		return nil, &UnsupportedError{Capability: "ENABLE", What: "Enable"}
	}
	var got []string
	k := &call{name: "ENABLE", cmd: wire.NewCommand("ENABLE"), foot: footprint{class: classBarrier}}
	for _, name := range capabilities {
		k.cmd.Atom(name)
	}
	k.claim = func(r *response) bool {
		if r.kind != kindEnabled {
			return false
		}
		now := chosen(r.caps, capabilities, got)
		got = append(got, now...)
		c.enable(now)
		return true
	}
	k.finish = func(r *response) {
		if r.status == StatusOK && got == nil && c.quirk(QuirkSilentEnable) {
			got = c.caps.among(capabilities)
			c.enable(got)
		}
	}
	if err := c.do(ctx, k); err != nil {
		return nil, err
	}
	return got, nil
}

// chosen are those that the server says it has enabled, if they were asked for,
// or came with what was, and were not said before. A server that turns on what
// nobody asked for would have names and numbers read otherwise than the caller
// means them.
func chosen(said, asked, before []string) (now []string) {
	is := func(name string) func(string) bool {
		return func(s string) bool { return strings.EqualFold(s, name) }
	}
	for _, name := range said {
		wanted := slices.ContainsFunc(asked, is(name)) ||
			strings.EqualFold(name, "CONDSTORE") && slices.ContainsFunc(asked, is("QRESYNC"))
		if wanted && !slices.ContainsFunc(before, is(name)) && !slices.ContainsFunc(now, is(name)) {
			now = append(now, name)
		}
	}
	return now
}

// Enabled says whether Enable has turned an extension on. Case does not matter.
// QRESYNC turns CONDSTORE on (RFC 7162 §3.2.3).
func (c *Client) Enabled(capability string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.enabled.has(strings.ToUpper(capability))
}

// enabledSet has the names of what was enabled, in upper case.
type enabledSet map[string]struct{}

func (s enabledSet) has(name string) bool {
	_, ok := s[name]
	return ok
}

// enable notes what is on from now on. It runs on the reader under the mutex.
func (c *Client) enable(names []string) {
	if c.enabled == nil {
		c.enabled = make(enabledSet)
	}
	for _, name := range names {
		name = strings.ToUpper(name)
		c.enabled[name] = struct{}{}
		if name == "QRESYNC" {
			c.enabled["CONDSTORE"] = struct{}{}
		}
	}
	c.settleUTF8()
}
