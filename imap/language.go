package imap

import (
	"context"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// languages is a LANGUAGE response: those that there are, or the one that is
// used from now on.
type languages []string

// Languages returns the languages (RFC 5646 tags, such as "de" or "i-default")
// in which the server can write its texts (RFC 5255 §3). It needs the capability
// LANGUAGE.
func (c *Client) Languages(ctx context.Context) ([]string, error) {
	return c.language(ctx, nil)
}

// SetLanguage makes the server write its texts in the first of some languages
// that it can, and returns that; "default" stands for the server's own choice. If
// it can none of them, the error is a *ResponseError and nothing changes. Names
// in Namespace may be translated from then on. It needs the capability LANGUAGE.
func (c *Client) SetLanguage(ctx context.Context, tags ...string) (string, error) {
	if len(tags) == 0 {
		return "", &wire.ArgumentError{Kind: "language", Reason: "there is none"}
	}
	got, err := c.language(ctx, tags)
	if err != nil {
		return "", err
	}
	if len(got) == 0 {
		return "", nothingSaid("LANGUAGE")
	}
	return got[0], nil
}

func (c *Client) language(ctx context.Context, tags []string) (languages, error) {
	if !c.offers("LANGUAGE") {
		return nil, &UnsupportedError{Capability: "LANGUAGE", What: "LANGUAGE"}
	}
	k := &call{name: "LANGUAGE", cmd: wire.NewCommand("LANGUAGE"), foot: footprint{class: classAsk}}
	for _, tag := range tags {
		k.cmd.AString(tag)
	}
	var answer languages
	gather(k, func(l languages) bool {
		answer = l
		return true
	}, "LANGUAGE")
	if err := c.do(ctx, k); err != nil {
		return nil, err
	}
	if answer == nil {
		return nil, nothingSaid("LANGUAGE")
	}
	return answer, nil
}

// RFC 5255 §3.2, language-data. NIL, and a tag without parentheses, are
// forgiven.
func (p *parser) languageResponse(resp *response) {
	list := languages{}
	resp.data = list
	p.r.SkipSP()
	switch {
	case p.r.AtEnd() || p.r.IsNil():
		return
	case p.r.Peek() != '(':
		list = append(list, p.r.AString())
	default:
		p.r.List(func() {
			if len(list) == p.lim.Items {
				p.r.FailWith(&wire.LimitError{What: "number of languages", Max: uint64(p.lim.Items)})
				return
			}
			list = append(list, p.r.AString())
		})
	}
	resp.data = list
}
