package wire

import "fmt"

// SyntaxError says that bytes do not follow the grammar. It never quotes a
// literal, and Near is cut to a few dozen bytes.
type SyntaxError struct {
	Offset int    // where, in bytes from the start of the response
	Want   string // what the grammar asks for there
	Near   string // what stands there
}

func (e *SyntaxError) Error() string {
	if e.Near == "" {
		return fmt.Sprintf("imap: syntax error at byte %d: want %s, found the end", e.Offset, e.Want)
	}
	return fmt.Sprintf("imap: syntax error at byte %d: want %s near %q", e.Offset, e.Want, e.Near)
}

// LimitError says that the peer, or the caller, asked for more than a limit
// allows.
type LimitError struct {
	What string // what is too large: "line", "literal", "nesting", …
	Size uint64 // how large it is or claims to be; 0 if not known
	Max  uint64 // the limit
}

func (e *LimitError) Error() string {
	if e.Size == 0 {
		return fmt.Sprintf("imap: %s exceeds the limit of %d", e.What, e.Max)
	}
	return fmt.Sprintf("imap: %s of %d exceeds the limit of %d", e.What, e.Size, e.Max)
}

// ArgumentError says that a command was given an argument that IMAP cannot
// carry. Nothing was sent.
type ArgumentError struct {
	Kind   string // "atom", "flag", "mailbox", …
	Value  string // the offending value, cut; "" where it may be secret
	Reason string
}

func (e *ArgumentError) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("imap: bad %s: %s", e.Kind, e.Reason)
	}
	return fmt.Sprintf("imap: bad %s %q: %s", e.Kind, e.Value, e.Reason)
}

// clip shortens s for an error text.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
