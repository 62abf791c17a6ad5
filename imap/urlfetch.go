package imap

import (
	"context"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// URLFetchOptions refine a URLFetch. Both need URLAUTH=BINARY (RFC 5524).
type URLFetchOptions struct {
	// Binary asks for the content decoded, in place of as it is stored. What
	// the server cannot decode comes as Nil.
	Binary bool
	// Structure asks for the structure of the part as well.
	Structure bool
}

// URLContent is what a URL stands for.
type URLContent struct {
	URL string
	// Data is the content. Nil says that the server gave none: the URL is void
	// or has expired, the message is gone, or the content cannot be decoded.
	Data []byte
	Nil  bool
	// Structure is that of the part, if it was asked for and told.
	Structure *BodyStructure
	// Problem is what was wrong with the server's answer, if it was survived.
	Problem error
}

// URLFetch reads what URLs stand for that GenURLAuth authorized, in their order
// (RFC 4467 §6). The caller must be whom the URL's access names; the mailbox may
// be somebody else's. All of it is held in memory, up to Limits.Held.
//
// It needs URLAUTH.
func (c *Client) URLFetch(ctx context.Context, urls []string, opts *URLFetchOptions) ([]*URLContent, error) {
	if len(urls) == 0 {
		return nil, nil
	}
	if opts == nil {
		opts = &URLFetchOptions{}
	}
	need := "URLAUTH"
	if opts.Binary || opts.Structure {
		need = "URLAUTH=BINARY"
	}
	if !c.offers(need) {
		return nil, &UnsupportedError{Capability: need, What: "URLFetch"}
	}
	f := &urlFetch{most: c.opts.Limits.Held}
	if err := c.do(ctx, f.call(urls, opts)); err != nil {
		return nil, err
	}
	if f.err != nil {
		return nil, f.err
	}
	return f.answers(urls)
}

// urlFetch is one URLFETCH under way.
type urlFetch struct {
	got  []*URLContent
	most int64 // bytes
	size int64
	err  error
}

// RFC 4467 §9, urlfetch; RFC 5524 §5
func (f *urlFetch) call(urls []string, opts *URLFetchOptions) *call {
	k := &call{name: "URLFETCH", cmd: newCommand("URLFETCH"), foot: footprint{class: classAsk, name: "URLFETCH"}, large: true}
	for _, url := range urls {
		if err := validURL(url); err != nil {
			k.cmd.Fail(err)
		}
		if !opts.Binary && !opts.Structure {
			k.cmd.Secret(url)
			continue
		}
		k.cmd.List(func() {
			k.cmd.Secret(url)
			if opts.Structure {
				k.cmd.Atom("BODYPARTSTRUCTURE")
			}
			if opts.Binary {
				k.cmd.Atom("BINARY")
			} else {
				k.cmd.Atom("BODY")
			}
		})
	}
	gather(k, f.take, "URLFETCH")
	return k
}

func (f *urlFetch) take(d *urlContents) bool {
	for _, u := range d.urls {
		f.size += int64(len(u.Data)+len(u.URL)) + 100
	}
	if f.size > f.most {
		f.got, f.err = nil, &wire.LimitError{What: "answer to URLFETCH", Max: uint64(f.most)}
	}
	if f.err == nil {
		f.got = append(f.got, d.urls...)
	}
	return true
}

// answers puts what came into the order of what was asked for. A server may
// spell a URL in its own way; then its place tells which it is.
func (f *urlFetch) answers(urls []string) ([]*URLContent, error) {
	if len(f.got) == 0 {
		return nil, nothingSaid("URLFETCH")
	}
	byURL := make(map[string]*URLContent, len(f.got))
	for _, u := range f.got {
		if old := byURL[u.URL]; old == nil || old.Nil {
			byURL[u.URL] = u
		}
	}
	out := make([]*URLContent, len(urls))
	for i, url := range urls {
		switch u := byURL[url]; {
		case u != nil:
			out[i] = u
		case len(f.got) == len(urls) && !asked(urls, f.got[i].URL):
			out[i] = f.got[i]
		default:
			out[i] = &URLContent{URL: url, Nil: true}
		}
	}
	return out, nil
}

func asked(urls []string, url string) bool {
	for _, u := range urls {
		if u == url {
			return true
		}
	}
	return false
}

// urlContents is a URLFETCH response.
type urlContents struct{ urls []*URLContent }

// RFC 4467 §9, urlfetch-data
func (p *parser) urlFetchResponse(resp *response) {
	d := &urlContents{}
	for p.r.SkipSP(); !p.r.AtEnd(); p.r.SkipSP() {
		if len(d.urls) == maxURLs {
			p.r.FailWith(&wire.LimitError{What: urlsName, Max: maxURLs})
			return
		}
		d.urls = append(d.urls, p.urlData())
	}
	resp.data = d
}

// RFC 4467 §9, url-full SP nstring; RFC 5524 §5, urldata-ext
func (p *parser) urlData() *URLContent {
	u := &URLContent{URL: p.url()}
	p.r.SkipSP()
	switch {
	case p.r.Peek() == '(':
		u.Nil = true
		for p.r.Peek() == '(' {
			p.urlMetadata(u)
			p.r.SkipSP()
		}
	case p.r.AtEnd() || p.r.IsNil():
		u.Nil = true
	default:
		u.Data = p.r.StringBytes()
	}
	return u
}

// urlMetadata reads a list of what is told of a URL: one thing as RFC 5524 has
// it, or all of them as Dovecot does. One that does not parse costs itself and
// those behind it in the list.
func (p *parser) urlMetadata(u *URLContent) {
	start, depth := p.r.Pos(), p.r.Depth()
	p.r.List(func() { p.urlMetadataEl(u) })
	err := p.r.Err()
	if err == nil {
		return
	}
	p.r.Recover(start, depth)
	if p.r.Skip(); p.r.Err() == nil {
		u.Problem = err
	}
}

// RFC 5524 §5, url-metadata-el
func (p *parser) urlMetadataEl(u *URLContent) {
	switch name := string(p.r.Name()); name {
	case "BODYPARTSTRUCTURE":
		p.r.SkipSP()
		if p.r.IsNil() {
			return
		}
		if b := p.bodyRoot(); p.r.Err() == nil {
			u.Structure = b
		}
	case "BINARY", "BODY":
		p.r.SkipSP()
		if p.r.IsNil() {
			return
		}
		if b := p.r.StringBytes(); p.r.Err() == nil {
			u.Data, u.Nil = b, false
		}
	default:
		p.r.Fail("BODY, BINARY or BODYPARTSTRUCTURE")
	}
}
