package watch

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/idlewild-mail/idlewild/imap"
)

// Cursor is a place in a mailbox: messages with UIDs below UIDNext have been
// dealt with. The zero Cursor is no place.
//
// As text, and in JSON, it is "1-" and the three numbers, as in
// "1-1748779991-4711-0"; the zero Cursor is "".
type Cursor struct {
	// UIDValidity says which life of the mailbox UIDNext is about; 0: whichever
	// there is.
	UIDValidity uint32
	// UIDNext is the lowest UID that has not been dealt with; 0: no place.
	UIDNext imap.UID
	// ModSeq is up to which mod-sequence changes were told (RFC 7162), with
	// Watcher.Changes; 0: unknown.
	ModSeq uint64
}

// IsZero says whether c is no place at all.
func (c Cursor) IsZero() bool { return c == Cursor{} }

func (c Cursor) String() string {
	if c.IsZero() {
		return ""
	}
	return fmt.Sprintf("1-%d-%d-%d", c.UIDValidity, c.UIDNext, c.ModSeq)
}

// MarshalText returns c as text.
func (c Cursor) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (c *Cursor) UnmarshalText(text []byte) error {
	v, err := ParseCursor(string(text))
	if err == nil {
		*c = v
	}
	return err
}

// ParseCursor reads what String wrote.
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	part := strings.Split(s, "-")
	if len(part) != 4 || part[0] != "1" {
		return Cursor{}, fmt.Errorf("watch: bad cursor %q: want 1-UIDVALIDITY-UIDNEXT-MODSEQ", s)
	}
	validity, err1 := strconv.ParseUint(part[1], 10, 32)
	next, err2 := strconv.ParseUint(part[2], 10, 32)
	modSeq, err3 := strconv.ParseUint(part[3], 10, 64)
	if err := errors.Join(err1, err2, err3); err != nil {
		return Cursor{}, fmt.Errorf("watch: bad cursor %q: %w", s, err)
	}
	return Cursor{uint32(validity), imap.UID(next), modSeq}, nil
}
