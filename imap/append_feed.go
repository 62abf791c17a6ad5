package imap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	appendHeld     = 1 << 20          // bytes read before the command takes its turn
	appendPatience = 10 * time.Second // for a Reader that others wait for
)

// feed carries the bytes of a command's literals, one behind the other, from
// the caller's goroutine to the pump. Its fields are guarded by the client's
// mutex, but src, which is the caller's goroutine's.
type feed struct {
	c       *Client
	what    string // the call, for errors
	src     literals
	buf     []byte // read and not yet written
	size    int64  // of all literals
	left    int64  // not yet written
	read    int64  // read from the caller's Readers
	starved time.Time
	stopped bool
	room    chan struct{} // signals that buf was taken
}

func newFeed(c *Client, what string, messages []AppendMessage) *feed {
	f := &feed{c: c, what: what, room: make(chan struct{}, 1)}
	for i := range messages {
		m := &messages[i]
		if len(m.Parts) == 0 {
			f.src.add(m.Message, m.Size)
		}
		for _, p := range m.Parts {
			if p.URL == "" {
				f.src.add(p.Text, p.Size)
			}
		}
	}
	f.size = f.src.size()
	f.left = f.size
	return f
}

// literals are the caller's Readers, each with how many bytes it owes.
type literals struct {
	all  []literalSource
	next int
}

type literalSource struct {
	src       io.Reader
	size, got int64
}

func (l *literals) add(src io.Reader, size int64) {
	l.all = append(l.all, literalSource{src: src, size: size})
}

func (l *literals) size() (n int64) {
	for i := range l.all {
		n += l.all[i].size
	}
	return n
}

// Read reads on in the first that still owes something. One that ends early is
// an error that says which.
func (l *literals) Read(p []byte) (int, error) {
	for ; l.next < len(l.all); l.next++ {
		s := &l.all[l.next]
		if s.got == s.size {
			s.src = nil
			continue
		}
		n, err := s.src.Read(p[:min(int64(len(p)), s.size-s.got)])
		s.got += int64(n)
		if err == nil || s.got == s.size {
			return n, nil
		}
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("the message ends after %d bytes of %d: %w", s.got, s.size, io.ErrUnexpectedEOF)
		}
		if len(l.all) > 1 {
			err = fmt.Errorf("literal %d of %d: %w", l.next+1, len(l.all), err)
		}
		return n, err
	}
	return 0, io.EOF
}

// Read is never called: the literals' bytes are fed.
func (f *feed) Read([]byte) (int, error) { return 0, io.EOF }

// fill reads n bytes into the buffer.
func (f *feed) fill(n int64) error {
	b := make([]byte, n)
	got, err := io.ReadFull(&f.src, b)
	f.read += int64(got)
	if err != nil {
		return fmt.Errorf("imap: %s: %w", f.what, err)
	}
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	f.buf = append(f.buf, b...)
	f.starved = time.Time{}
	f.c.changed()
	return nil
}

// pump reads the rest of what is long as the connection takes it.
func (f *feed) pump(ctx context.Context, k *call) error {
	if f.read < f.size {
		// A Reader that stands still must not keep a done ctx from being heeded.
		defer context.AfterFunc(ctx, func() {
			if f.c.unfinished(k) {
				_ = f.broken(k, canceled(ctx, f.what))
			}
		})()
	}
	for f.read < f.size {
		f.c.mu.Lock()
		stopped, waiting := f.stopped || k.state == callDone, len(f.buf) >= writeChunk
		f.c.mu.Unlock()
		if stopped {
			return nil
		}
		if !waiting {
			if err := f.fill(min(writeChunk, f.size-f.read)); err != nil {
				return f.broken(k, err)
			}
			continue
		}
		select {
		case <-f.room:
		case <-k.done:
			return nil
		case <-ctx.Done():
			return f.broken(k, canceled(ctx, f.what))
		}
	}
	return nil
}

// unfinished says whether a call has begun to be written, and not ended.
func (c *Client) unfinished(k *call) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return k.state == callWriting
}

// broken ends a call whose message cannot be had to its end.
func (f *feed) broken(k *call, err error) error {
	c := f.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if k.state == callQueued {
		c.abandon(k, err)
		return err
	}
	if k.state != callDone {
		c.failLocked(fmt.Errorf("the message broke off inside its literal: %w", err))
	}
	return err
}

// take appends up to n bytes to b.
func (f *feed) take(b []byte, n int64) []byte {
	n = min(n, int64(len(f.buf)))
	b = append(b, f.buf[:n]...)
	f.buf = f.buf[n:]
	f.left -= n
	if len(f.buf) == 0 {
		f.buf = nil
		if f.left > 0 {
			f.starved = time.Now()
		}
	}
	select {
	case f.room <- struct{}{}:
	default:
	}
	return b
}

func (f *feed) ready() bool { return len(f.buf) > 0 }

func (f *feed) stop() { f.stopped = true }

// fed says whether the call waits for its message, not for the server.
func (k *call) fed() bool { return k.hungry }

// limitFeed looks for an Append whose Reader gives nothing while others wait.
func (c *Client) limitFeed(now time.Time) time.Time {
	k := c.writing
	if k == nil || k.feed == nil || !k.hungry {
		return time.Time{}
	}
	due := k.feed.starved.Add(appendPatience)
	if len(c.queue) == 0 {
		return later(due, now.Add(appendPatience))
	}
	if !now.Before(due) {
		c.failLocked(fmt.Errorf("the Reader given to %s gave nothing for %v while another call waited: %w", k.feed.what, appendPatience, ErrTimeout))
	}
	return due
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
