package imap

// Protocol is a version of IMAP.
type Protocol uint8

// The versions. A server that speaks IMAP4rev1 and IMAP4rev2 is spoken to in
// IMAP4rev1 until IMAP4rev2 is enabled.
const (
	IMAP4     Protocol = iota + 1 // RFC 1730, of 1994
	IMAP4rev1                     // RFC 3501
	IMAP4rev2                     // RFC 9051
)

func (p Protocol) String() string {
	switch p {
	case IMAP4:
		return "IMAP4"
	case IMAP4rev1:
		return "IMAP4rev1"
	case IMAP4rev2:
		return "IMAP4rev2"
	}
	return "unknown"
}

// Protocol returns the version that is spoken now. It is IMAP4rev2 once Enable
// has turned that on, and with servers that speak nothing else. One that names
// no version at all is taken to speak IMAP4rev1.
//
// With IMAP4 alone (RFC 1730) what came later is not there: STATUS, NAMESPACE,
// UIDs that are told after APPEND and COPY, and modified UTF-7 in names; the
// errors of those calls are the server's.
func (c *Client) Protocol() Protocol {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.protocol()
}

// Greeting returns the text of the server's greeting, for people: not to be
// trusted, may hold control characters.
func (c *Client) Greeting() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.quirks.greeting
}

func (c *Client) protocol() Protocol {
	rev1 := c.caps.has("IMAP4REV1")
	switch {
	case c.enabled.has("IMAP4REV2"), !rev1 && c.caps.has("IMAP4REV2"):
		return IMAP4rev2
	case !rev1 && c.caps.has("IMAP4"):
		return IMAP4
	}
	return IMAP4rev1
}

// settleUTF8 is called when it may have changed whether names, and strings in
// quotes, are UTF-8 on the wire (RFC 9051 §5.1, RFC 9755 §3).
func (c *Client) settleUTF8() {
	on := c.protocol() == IMAP4rev2 || c.enabled.has("UTF8=ACCEPT")
	if on != c.names.utf8 {
		// How a name was spelled says nothing in another encoding.
		c.names = mailboxNames{utf8: on}
	}
	c.parser.utf8 = on
}
