package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/idlewild-mail/idlewild/watch"
)

// subjects is a file with a line a message, which begins with its ID. Which are
// there it remembers.
type subjects struct {
	file *os.File
	ids  map[string]bool
}

// openLog opens the file. Half a line at its end is from a program that was
// killed: it is cut off, since its message comes again.
func openLog(path string) (*subjects, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	s := &subjects{file, map[string]bool{}}
	if err := s.read(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return s, nil
}

func (s *subjects) read() error {
	r, whole := bufio.NewReader(s.file), int64(0)
	for {
		line, err := r.ReadString('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		id, _, _ := strings.Cut(line, " ")
		s.ids[id] = true
		whole += int64(len(line))
	}
	if err := s.file.Truncate(whole); err != nil {
		return err
	}
	_, err := s.file.Seek(whole, io.SeekStart)
	return err
}

// add writes a message that is not there yet.
func (s *subjects) add(m watch.Arrived) error {
	if s.ids[m.ID] {
		return nil
	}
	subject := ""
	if m.Envelope != nil { // nil: the server cannot describe the message
		subject = m.Envelope.Subject
	}
	if _, err := fmt.Fprintf(s.file, "%s %s %d %q\n", m.ID, m.Mailbox, m.UID, subject); err != nil {
		return err
	}
	s.ids[m.ID] = true
	return nil
}

// Close closes the file.
func (s *subjects) Close() error { return s.file.Close() }
