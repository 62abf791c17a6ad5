package wire

import "bytes"

// Bytes adds a string, or a literal8 if b holds NUL (RFC 3516 §4.4), which a
// server takes where its extension says so.
func (c *Command) Bytes(b []byte) *Command {
	if bytes.IndexByte(b, 0) < 0 {
		return c.String(string(b))
	}
	c.space()
	c.parts = append(c.parts, part{data: bytes.Clone(b), literal: true, binary: true, size: int64(len(b))})
	return c
}
