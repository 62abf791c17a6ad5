package imap

import (
	"context"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// URLMech is a mechanism that authorizes URLs (RFC 4467 §8, URLMECH). Data is
// what the server says to it, in base64: mostly nothing.
type URLMech struct{ Name, Data string }

// URLAuth asks for the authorization of one URL.
type URLAuth struct {
	// URL is absolute and ends with ";URLAUTH=" and who may use it; see
	// MessageURL.
	URL string
	// Mechanism is one of the mailbox's URLMechs; "": INTERNAL.
	Mechanism string
}

const (
	maxURLs  = 10_000
	urlsName = "number of URLs"
)

// GenURLAuth authorizes URLs: whoever has one of those that are returned, in the
// order of the requests, and is whom its access names, can read the message with
// URLFetch, also from another account or, if it says so, none (RFC 4467 §6). They
// are secrets, valid until they expire or ResetKey is called.
//
// It needs URLAUTH.
func (c *Client) GenURLAuth(ctx context.Context, requests ...URLAuth) ([]string, error) {
	if len(requests) == 0 {
		return nil, nil
	}
	if !c.offers("URLAUTH") {
		return nil, &UnsupportedError{Capability: "URLAUTH", What: "GenURLAuth"}
	}
	k := &call{name: "GENURLAUTH", cmd: newCommand("GENURLAUTH"), foot: footprint{class: classAsk, name: "GENURLAUTH"}}
	for _, r := range requests {
		addURLAuth(k.cmd, r)
	}
	var got []string
	gather(k, func(d *authorizedURLs) bool {
		if len(got) <= len(requests) {
			got = append(got, d.urls...)
		}
		return true
	}, "GENURLAUTH")
	if err := c.do(ctx, k); err != nil {
		return nil, err
	}
	if len(got) != len(requests) {
		return nil, nothingSaid("GENURLAUTH")
	}
	return got, nil
}

// RFC 4467 §9, genurlauth
func addURLAuth(cmd *wire.Command, r URLAuth) {
	if err := validURL(r.URL); err != nil {
		cmd.Fail(err)
	}
	if !strings.Contains(strings.ToUpper(r.URL), ";URLAUTH=") {
		cmd.Fail(&wire.ArgumentError{Kind: "URL", Value: clip(r.URL), Reason: "it does not say who may use it (;URLAUTH=)"})
	}
	if r.Mechanism == "" {
		r.Mechanism = "INTERNAL"
	}
	cmd.String(r.URL).Atom(r.Mechanism)
}

// ResetKey makes all URLs void that GenURLAuth authorized for a mailbox, by some
// mechanisms or by all; with mailbox "" those for all mailboxes (RFC 4467 §6). It
// returns the mechanisms that there are now, if the server says so.
//
// It needs URLAUTH.
func (c *Client) ResetKey(ctx context.Context, mailbox string, mechanisms ...string) ([]URLMech, error) {
	if mailbox == "" && len(mechanisms) > 0 {
		return nil, &wire.ArgumentError{Kind: "mailbox name", Reason: "mechanisms are reset for one mailbox"}
	}
	if !c.offers("URLAUTH") {
		return nil, &UnsupportedError{Capability: "URLAUTH", What: "ResetKey"}
	}
	k := &call{name: "RESETKEY", cmd: newCommand("RESETKEY"), foot: footprint{class: classAsk, name: "RESETKEY"}}
	if mailbox != "" {
		k.cmd.AString(c.wireName(mailbox))
	}
	for _, name := range mechanisms {
		k.cmd.Atom(name)
	}
	if err := c.do(ctx, k); err != nil {
		return nil, err
	}
	if code := k.result.code; code != nil {
		return code.URLMechs, nil
	}
	return nil, nil
}

// authorizedURLs is a GENURLAUTH response.
type authorizedURLs struct{ urls []string }

// RFC 4467 §9, genurlauth-data
func (p *parser) genURLAuthResponse(resp *response) {
	d := &authorizedURLs{}
	for p.r.SkipSP(); !p.r.AtEnd(); p.r.SkipSP() {
		if len(d.urls) == maxURLs {
			p.r.FailWith(&wire.LimitError{What: urlsName, Max: maxURLs})
			return
		}
		d.urls = append(d.urls, p.url())
	}
	resp.data = d
}

// url reads a URL: an astring that may hold anything but spaces if it is an
// atom, as some write it.
func (p *parser) url() string {
	if c := p.r.Peek(); c == '"' || c == '{' {
		return p.r.String()
	}
	start, n := p.r.Pos(), 0
	for start+n < len(p.b) && p.at(n) > ' ' {
		n++
	}
	if n == 0 {
		p.r.Fail("a URL")
		return ""
	}
	p.seek(start + n)
	return string(p.b[start : start+n])
}

// RFC 4467 §9, resp-text-code "URLMECH"
func (p *parser) urlMechs() (mechs []URLMech) {
	for p.r.SkipSP(); !p.r.AtEnd(); p.r.SkipSP() {
		if len(mechs) == maxURLs {
			p.r.FailWith(&wire.LimitError{What: "number of mechanisms", Max: maxURLs})
			return nil
		}
		name, data, _ := strings.Cut(p.url(), "=")
		mechs = append(mechs, URLMech{Name: name, Data: data})
	}
	return mechs
}
