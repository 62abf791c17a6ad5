package imap

import (
	"context"
	"errors"
)

// checked searches. If the answer is not what was asked for, it asks once more,
// plainly, and remembers that of the server.
func (s *searching) checked(ctx context.Context) error {
	err := s.ask(ctx)
	if again := errors.Is(err, errNotAsked); !again {
		return err
	}
	if s.opts.Save || s.live != nil {
		return nothingSaid(s.name)
	}
	c := s.box.client
	c.mu.Lock()
	if !c.plainly && s.keys == nil {
		c.plainly = true
		c.oddity("answer to "+s.name+" RETURN", "not what was asked for; asking plainly from now on")
	}
	c.mu.Unlock()
	s.plainly = true
	s.forget()
	return s.ask(ctx)
}

// forget makes the search as good as new.
func (s *searching) forget() {
	s.found, s.err = searchData{}, nil
	s.answered, s.byTag, s.unsorted = false, false, false
}

// errNotAsked says that the server did not answer what it was asked.
var errNotAsked = errors.New("imap: the answer is to another question")
