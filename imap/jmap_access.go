package imap

import (
	"context"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// jmapAccess is a JMAPACCESS response: the URL of a JMAP session.
type jmapAccess string

// JMAPAccess returns the URL of the JMAP session resource at which the same mail
// is to be had, with the same credentials and the same identifiers of messages
// and mailboxes (RFC 9698). Whether to trust it is the caller's to decide: it is
// whatever the server says. It needs the capability JMAPACCESS.
func (c *Client) JMAPAccess(ctx context.Context) (url string, err error) {
	if !c.offers("JMAPACCESS") {
		return "", &UnsupportedError{Capability: "JMAPACCESS", What: "JMAPAccess"}
	}
	k := &call{name: "GETJMAPACCESS", cmd: wire.NewCommand("GETJMAPACCESS"), foot: footprint{class: classAsk}}
	gather(k, func(d jmapAccess) bool {
		url = string(d)
		return true
	}, "JMAPACCESS")
	if err := c.do(ctx, k); err != nil {
		return "", err
	}
	if url == "" {
		return "", nothingSaid("GETJMAPACCESS")
	}
	return url, nil
}

// RFC 9698 §6, jmapaccess-response
func (p *parser) jmapAccessResponse(resp *response) {
	p.r.SkipSP()
	resp.data = jmapAccess(p.r.AString())
}
