package imap

import (
	"context"
	"errors"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

var (
	errCompressed    = errors.New("imap: COMPRESS: the connection is compressed already")
	errCompressEarly = errors.New("imap: COMPRESS: nobody is logged in yet; a compressed password is easier to guess by its length")
)

// Compress makes both sides deflate what they send from now on (RFC 4978),
// inside TLS. It pays on slow links and for much text; it costs the server
// memory for each connection, and the client up to 40 KiB, less while little
// has come. Nothing in a message is secret from somebody who can put text of
// their own beside it and see how long the result is (CRIME), so it is never
// done unasked.
//
// It is to be called once, after login. It needs the capability
// COMPRESS=DEFLATE.
func (c *Client) Compress(ctx context.Context) error {
	if c.Compressed() {
		return errCompressed
	}
	if !c.offers("COMPRESS=DEFLATE") {
		return &UnsupportedError{Capability: "COMPRESS=DEFLATE", What: "Compress"}
	}
	k := &call{name: "COMPRESS", foot: footprint{class: classBarrier}, upgrade: c.startDeflate}
	k.prepare = func() (*wire.Command, error) {
		switch {
		case c.inflate != nil:
			return nil, errCompressed
		case c.phase != authenticated:
			return nil, errCompressEarly
		}
		return wire.NewCommand("COMPRESS").Atom("DEFLATE"), nil
	}
	return c.do(ctx, k)
}

// Compressed says whether Compress was done.
func (c *Client) Compressed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.inflate != nil
}

// startDeflate runs on the reader at the OK to COMPRESS, with nothing else in
// flight. What has come behind the OK is compressed.
func (c *Client) startDeflate() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inflate = newInflater(c.in.src, c.framer.Reset(c.in))
	c.in.src = c.inflate
	c.out = &deflater{w: c.out}
	return nil
}

// endDeflate is what startDeflate is undone by (RFC 8437 §4.1).
func (c *Client) endDeflate() {
	if c.inflate == nil {
		return
	}
	c.in.src = c.inflate.remainder()
	c.out = c.out.(*deflater).w
	c.inflate = nil
}
