package imap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// AppendOptions are the settings of Append.
type AppendOptions struct {
	Flags []Flag
	Date  time.Time // the message's INTERNALDATE; zero: the server takes the time of arrival
}

// AppendResult says where a message went. Both are 0 if the server lacks
// UIDPLUS or will not tell.
type AppendResult struct {
	UIDValidity uint32
	UID         UID
}

const (
	appendHeld     = 1 << 20          // bytes read before the command takes its turn
	appendPatience = 10 * time.Second // for a Reader that others wait for
)

// Append adds a message of size bytes, read from message, to a mailbox
// (RFC 9051 §6.3.12). A mailbox that does not exist is a *ResponseError with
// CodeTryCreate.
//
// message is read on the caller's goroutine, up to 1 MiB before anything is
// sent. IMAP cannot take back a literal that was begun: if message then ends
// early, errs, stands still for 10 seconds while another call waits, or ctx
// ends before all of it was read, the connection is closed. Bytes beyond size
// are not read. A message that may hold NUL, or line ends other than CRLF, is
// the caller's to mend.
func (c *Client) Append(ctx context.Context, mailbox string, message io.Reader, size int64, opts *AppendOptions) (*AppendResult, error) {
	if size < 0 {
		return nil, &wire.ArgumentError{Kind: "message size", Reason: "it must be known"}
	}
	if opts == nil {
		opts = &AppendOptions{}
	}
	f := &feed{c: c, size: size, left: size, room: make(chan struct{}, 1)}
	if err := f.fill(message, min(size, appendHeld)); err != nil {
		return nil, fmt.Errorf("imap: append: %w", err)
	}
	k := c.appendCall(mailbox, f, size, opts)
	res := &AppendResult{}
	k.finish = func(r *response) {
		if r.code != nil && r.code.Code == CodeAppendUID && r.code.Problem == nil {
			res.UIDValidity, res.UID = r.code.UIDValidity, r.code.Dest.Max()
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, canceled(ctx, "append")
	}
	if err := c.submit(k); err != nil {
		return nil, err
	}
	if err := f.pump(ctx, message, k); err != nil {
		return nil, err
	}
	if err := c.wait(ctx, k); err != nil {
		return nil, err
	}
	return res, nil
}

func (c *Client) appendCall(mailbox string, f *feed, size int64, opts *AppendOptions) *call {
	k := &call{name: "APPEND", slow: true, feed: f, foot: footprint{class: classAppend}}
	k.cmd = newCommand("APPEND").AString(c.wireName(mailbox))
	if len(opts.Flags) > 0 {
		k.cmd.List(func() {
			for _, flag := range opts.Flags {
				k.cmd.Flag(string(flag))
			}
		})
	}
	if !opts.Date.IsZero() {
		k.cmd.String(FormatInternalDate(opts.Date))
	}
	k.cmd.Literal(f, size)
	return k
}

// feed carries the bytes of a literal from the caller's goroutine to the pump.
// Its fields are guarded by the client's mutex.
type feed struct {
	c       *Client
	buf     []byte // read and not yet written
	size    int64
	left    int64 // not yet written
	read    int64 // read from the caller's Reader
	starved time.Time
	stopped bool
	room    chan struct{} // signals that buf was taken
}

// Read is never called: the literal's bytes are fed.
func (f *feed) Read([]byte) (int, error) { return 0, io.EOF }

// fill reads n bytes into the buffer.
func (f *feed) fill(src io.Reader, n int64) error {
	b := make([]byte, n)
	got, err := io.ReadFull(src, b)
	f.read += int64(got)
	if err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = fmt.Errorf("the message ends after %d bytes of %d: %w", f.read, f.size, io.ErrUnexpectedEOF)
		}
		return err
	}
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	f.buf = append(f.buf, b...)
	f.starved = time.Time{}
	f.c.changed()
	return nil
}

// pump reads the rest of a long message as the connection takes it.
func (f *feed) pump(ctx context.Context, src io.Reader, k *call) error {
	total := f.size
	if f.read < total {
		// A Reader that stands still must not keep a done ctx from being heeded.
		defer context.AfterFunc(ctx, func() {
			if f.c.unfinished(k) {
				_ = f.broken(k, context.Cause(ctx))
			}
		})()
	}
	for f.read < total {
		f.c.mu.Lock()
		stopped, waiting := f.stopped || k.state == callDone, len(f.buf) >= writeChunk
		f.c.mu.Unlock()
		if stopped {
			return nil
		}
		if !waiting {
			if err := f.fill(src, min(writeChunk, total-f.read)); err != nil {
				return f.broken(k, err)
			}
			continue
		}
		select {
		case <-f.room:
		case <-k.done:
			return nil
		case <-ctx.Done():
			return f.broken(k, context.Cause(ctx))
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

// broken ends an append whose message cannot be had to its end.
func (f *feed) broken(k *call, cause error) error {
	c := f.c
	c.mu.Lock()
	defer c.mu.Unlock()
	err := fmt.Errorf("imap: append: %w", cause)
	if k.state == callQueued {
		c.abandon(k, err)
		return err
	}
	if k.state != callDone {
		c.failLocked(fmt.Errorf("the message given to Append broke off inside its literal: %w", cause))
	}
	return err
}

// take appends up to n bytes of the literal to b.
func (f *feed) take(b []byte, n int) []byte {
	n = min(n, len(f.buf))
	b = append(b, f.buf[:n]...)
	f.buf = f.buf[n:]
	f.left -= int64(n)
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
		c.failLocked(fmt.Errorf("the Reader given to Append gave nothing for %v while another call waited: %w", appendPatience, ErrTimeout))
	}
	return due
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
