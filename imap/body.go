package imap

import (
	"errors"
	"io"
	"iter"
)

// Body is a section of a message: an io.Reader. Small ones are in memory; a
// large one may still be arriving, and must be read before the Fetch loop goes
// on: what is left of it then is dropped, and reading it returns an error.
// Reading an unread body never makes another call wait: if somebody else needs
// the connection, the rest is kept aside. A Body is for one goroutine at a time.
type Body struct {
	// Section is what it is a part of, as the server named it.
	Section Section
	// Size is how many bytes it has in all.
	Size int64
	// Origin is where a partial answer begins; -1: it is not partial.
	Origin int64
	// Nil says that the server sent NIL: there is no such part.
	Nil bool

	section Section
	origin  int64
	data    []byte
	stream  *bodyStream
}

var errBodyGone = errors.New("imap: the body must be read before the Fetch loop goes on")

func newBody(section Section, origin int64, data []byte, isNil bool) *Body {
	return &Body{Section: section, Size: int64(len(data)), Origin: origin, Nil: isNil,
		section: section, origin: origin, data: data}
}

// Read reads on in the section. It waits for the server, for its Fetch's
// Context, and for the end of the connection.
func (b *Body) Read(p []byte) (int, error) {
	if b.stream != nil {
		return b.stream.read(p)
	}
	if len(b.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.data)
	b.data = b.data[n:]
	return n, nil
}

// WriteTo writes what is left of the section to w.
func (b *Body) WriteTo(w io.Writer) (int64, error) {
	if b.stream == nil {
		n, err := w.Write(b.data)
		b.data = b.data[n:]
		return int64(n), err
	}
	return io.CopyBuffer(w, struct{ io.Reader }{b}, make([]byte, bodyChunk))
}

// Bytes reads what is left of the section.
func (b *Body) Bytes() ([]byte, error) {
	if b.stream == nil {
		data := b.data
		b.data = nil
		return data, nil
	}
	return io.ReadAll(b)
}

// Keep reads what is left of the section into memory, so that it can be read
// after the Fetch loop has gone on too. Look at Size first.
func (b *Body) Keep() error {
	if b.stream == nil {
		return nil
	}
	data, err := io.ReadAll(b)
	if err != nil {
		return err
	}
	b.data, b.stream = data, nil
	return nil
}

// Bodies yields the message's sections in the order in which the server sent
// them.
func (m *Message) Bodies() iter.Seq2[*Body, error] {
	return func(yield func(*Body, error) bool) {
		for _, b := range m.bodies {
			if !yield(b, nil) {
				return
			}
		}
	}
}

// Body returns the message's section, nil if the server did not send it. Of
// several ranges of one section it is the one that begins at s.Offset.
func (m *Message) Body(s Section) *Body {
	for _, b := range m.bodies {
		if b.is(s) {
			return b
		}
	}
	return nil
}

// is says whether b answers s: the same section, and the same beginning.
func (b *Body) is(s Section) bool {
	origin := int64(-1)
	if s.Count > 0 {
		origin = s.Offset
	}
	return b.section.same(s) && (b.origin == origin || b.origin == -1 && b.Nil)
}
