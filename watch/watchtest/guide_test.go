package watchtest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
	"github.com/idlewild-mail/idlewild/watch/watchtest"
)

// What follows stands in docs/watching.md, word by word.

func save(ctx context.Context, batch *watch.Batch, m watch.Arrived, file io.Writer) error {
	if batch.Open == nil {
		return errors.New("there is no connection now")
	}
	r := batch.Open.OpenSection(ctx, m.UID, imap.Section{})
	defer r.Close()
	_, err := io.Copy(file, r)
	return err
}

func done(ctx context.Context, batch *watch.Batch, uids imap.UIDSet) error {
	if batch.Open == nil {
		return errors.New("there is no connection now")
	}
	box, err := batch.Open.Client().Select(ctx, batch.Open.Name(), nil)
	if err != nil {
		return err
	}
	return box.AddFlags(ctx, uids, imap.FlagSeen)
}

func count(ctx context.Context, w watcher, seen map[string]int) error {
	for batch, err := range w.Watch(ctx) {
		if err != nil {
			return err
		}
		for _, e := range batch.Events {
			if m, ok := e.(watch.Arrived); ok {
				seen[m.ID]++
			}
		}
		if err := batch.Commit(); err != nil {
			return err
		}
	}
	return nil
}

func TestCount(t *testing.T) {
	src := new(watchtest.Source)
	hello := watchtest.Message(imap.Envelope{Subject: "Hello"}, "Hi.")
	src.Arrive("INBOX", hello)
	src.Disconnect(nil)
	src.Arrive("INBOX", nil) // a message that the server cannot describe
	seen := map[string]int{}
	src.FailCommit(io.ErrShortWrite)
	if err := count(t.Context(), src, seen); !errors.Is(err, io.ErrShortWrite) {
		t.Fatal(err)
	}
	src.FailCommit(nil)
	if err := count(t.Context(), src, seen); !errors.Is(err, watchtest.ErrEnd) {
		t.Fatal(err)
	}
	if len(seen) != 2 || len(src.Uncommitted()) != 0 {
		t.Errorf("seen %v, left %v", seen, src.Uncommitted())
	}
}

// The body of the loop reads a message, and then marks it.
func TestGuideOpen(t *testing.T) {
	src := new(watchtest.Source)
	text := watchtest.Message(imap.Envelope{Subject: "Hello"}, "Hi.")
	uids := src.Arrive("INBOX", text)
	src.Arrive("INBOX", text)
	for batch, err := range src.Watch(t.Context()) {
		if err != nil {
			if !errors.Is(err, watchtest.ErrEnd) {
				t.Fatal(err)
			}
			break
		}
		for _, e := range batch.Events {
			m, ok := e.(watch.Arrived)
			if !ok {
				continue
			}
			var file bytes.Buffer
			if err := save(t.Context(), batch, m, &file); err != nil || !bytes.Contains(file.Bytes(), []byte("Subject: Hello\r\n")) {
				t.Errorf("%q, %v", &file, err)
			}
			if err := done(t.Context(), batch, imap.UIDSetOf(m.UID)); err != nil {
				t.Error(err)
			}
		}
	}
	c, err := src.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	box, err := c.Examine(t.Context(), "INBOX")
	if err != nil {
		t.Fatal(err)
	}
	for m, err := range box.Fetch(t.Context(), uids[0], &imap.FetchOptions{Flags: true}) {
		if err != nil || !slices.Contains(m.Flags, imap.FlagSeen) {
			t.Errorf("%v, %v", m, err)
		}
	}
}
