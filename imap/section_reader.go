package imap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
)

// sectionRange is how many bytes of a section are asked for at once.
const sectionRange = 1 << 20

var (
	errReaderClosed = errors.New("imap: the SectionReader is closed")
	errNoRanges     = errors.New("the server does not answer with the range that was asked for")
)

// SectionReader reads one section of one message, range by range. It is for one
// goroutine at a time.
type SectionReader struct {
	ctx     context.Context
	box     *Mailbox
	uid     UID
	section Section // Offset: where the next range begins; Count: what is wanted yet, 0: all

	body  *Body // of the present range; nil: none is open
	asked int64 // of it
	got   int64 // of it
	last  bool  // there is nothing behind it
	stop  func()
	err   error // what Read returns from now on
}

// OpenSection returns a reader of a section of a message, without marking the
// message as seen. The section is asked for in ranges of a mebibyte
// (RFC 9051 §6.4.5, <partial>), each when the one before was read: so no other
// command waits long behind a large one, and Close in its midst costs little.
// What is small, or wanted of many messages, is better had by Fetch.
//
// Reading begins at s.Offset, to go on where an earlier reader ended, and ends
// after s.Count bytes, if that is not 0. Nothing is sent before the first Read.
// The caller owes it a Close. An error of Read stays.
func (m *Mailbox) OpenSection(ctx context.Context, uid UID, s Section) *SectionReader {
	r := &SectionReader{ctx: ctx, box: m, uid: uid, section: s}
	if s.Offset < 0 || s.Count < 0 {
		r.err = fmt.Errorf("imap: %v: an offset or a count is negative", s)
	}
	return r
}

// Read reads on in the section, and waits for the server to send it.
func (r *SectionReader) Read(p []byte) (int, error) {
	for r.err == nil && len(p) > 0 {
		if r.body == nil {
			r.err = r.open()
			continue
		}
		if left := r.section.Count - r.got; r.section.Count > 0 && int64(len(p)) > left {
			p = p[:left]
		}
		n, err := r.body.Read(p)
		r.got += int64(n)
		switch {
		case err != nil && err != io.EOF:
			r.err = err
		case err == io.EOF || r.section.Count > 0 && r.got == r.section.Count:
			r.err = r.next()
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, r.err
}

// Close ends the reading. It sends nothing, and waits for nothing.
func (r *SectionReader) Close() error {
	r.leave()
	r.err = errReaderClosed
	return nil
}

func (r *SectionReader) leave() {
	if r.stop != nil {
		r.stop()
	}
	r.body, r.stop = nil, nil
}

// open asks for the next range.
func (r *SectionReader) open() error {
	ask := r.section
	ask.Count = sectionRange
	if r.section.Count > 0 {
		ask.Count = min(ask.Count, r.section.Count)
	}
	next, stop := iter.Pull2(r.box.Fetch(r.ctx, r.uid, &FetchOptions{Sections: []Section{ask}}))
	r.stop = stop
	m, err, ok := next()
	switch {
	case !ok:
		return fmt.Errorf("imap: UID %d: there is no such message", r.uid)
	case err != nil:
		return err
	}
	b := m.Body(ask)
	if b == nil {
		return fmt.Errorf("imap: UID %d: the server did not send %v", r.uid, ask)
	}
	r.body, r.asked, r.got = b, ask.Count, 0
	return r.check(b, ask)
}

// check sees to it that the answer is the range. Exchange answers with all of
// the section, and no origin, when it likes.
func (r *SectionReader) check(b *Body, ask Section) error {
	switch {
	case b.Nil && ask.Offset == 0:
		return fmt.Errorf("imap: UID %d: the server says that there is no %v", r.uid, r.section)
	case b.Nil || b.Origin == ask.Offset:
		return nil
	case b.Origin < 0 && b.Size > ask.Count:
		r.last = true
		_, err := io.CopyN(io.Discard, b, ask.Offset)
		return err // io.EOF: there is nothing behind what was read before
	case b.Origin < 0 && ask.Offset == 0:
		return nil
	}
	return fmt.Errorf("imap: UID %d: %v: %w", r.uid, ask, errNoRanges)
}

// next goes on behind a range.
func (r *SectionReader) next() error {
	r.leave()
	r.section.Offset += r.got
	if r.section.Count > 0 {
		if r.section.Count -= r.got; r.section.Count == 0 {
			return io.EOF
		}
	}
	if r.last || r.got < r.asked {
		return io.EOF
	}
	return nil
}
