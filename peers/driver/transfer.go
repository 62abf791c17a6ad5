package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/search"
)

// measured opens one connection, and measures what do does with it: how many
// items came, and how many bytes of text.
func measured(
	ctx context.Context, s *settings, pipeline int,
	do func(*imap.Mailbox) (n int, bytes int64, err error),
) (result, error) {
	o, err := s.options()
	if err != nil {
		return nil, err
	}
	o.Pipeline = pipeline
	box, err := s.open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer box.Client().Close()
	m := startMeter()
	n, bytes, err := do(box)
	if err != nil {
		return nil, err
	}
	return m.stop(n, bytes), nil
}

// fetchData is W1 and W2: what lists and threads are made of, of every message.
func fetchData(o imap.FetchOptions) func(context.Context, *settings) (result, error) {
	o.Slice = oneCommand
	return func(ctx context.Context, s *settings) (result, error) {
		return measured(ctx, s, 0, func(box *imap.Mailbox) (n int, _ int64, err error) {
			for m, err := range box.Fetch(ctx, imap.UIDRange(1, imap.MaxUID), &o) {
				if err != nil {
					return n, 0, err
				}
				const all = imap.HasUID | imap.HasFlags | imap.HasInternalDate | imap.HasSize | imap.HasEnvelope
				if !m.Has(all) || o.BodyStructure && m.BodyStructure == nil {
					return n, 0, fmt.Errorf("message %d is not complete: %v", m.Seq, m.Problems)
				}
				n++
			}
			return n, 0, nil
		})
	}
}

// bodies reads the text of messages, as a program that stores them would.
func bodies(ctx context.Context, box *imap.Mailbox, set imap.UIDs, buf []byte) (n int, size int64, err error) {
	o := &imap.FetchOptions{Sections: []imap.Section{{}}, Slice: oneCommand}
	for m, err := range box.Fetch(ctx, set, o) {
		if err != nil {
			return n, size, err
		}
		for b, err := range m.Bodies() {
			if err != nil {
				return n, size, err
			}
			// Without the short cuts of io.Copy: the bytes are to be seen.
			k, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{b}, buf)
			if err != nil {
				return n, size, err
			}
			n, size = n+1, size+k
		}
	}
	return n, size, nil
}

const (
	copyBuffer = 64 << 10
	oneCommand = 1 << 30 // messages a command: the workloads are single commands
)

// fetchAllBodies is W3: one command.
func fetchAllBodies(ctx context.Context, s *settings) (result, error) {
	return measured(ctx, s, 0, func(box *imap.Mailbox) (int, int64, error) {
		return bodies(ctx, box, imap.UIDRange(1, imap.MaxUID), make([]byte, copyBuffer))
	})
}

// fetchEachBody is W4: 20 large messages, a command each.
func fetchEachBody(ctx context.Context, s *settings) (result, error) {
	return measured(ctx, s, 0, func(box *imap.Mailbox) (n int, size int64, err error) {
		buf := make([]byte, copyBuffer)
		for uid := imap.UID(1); uid <= 20; uid++ {
			k, b, err := bodies(ctx, box, uid, buf)
			if err != nil {
				return n, size, err
			}
			n, size = n+k, size+b
		}
		return n, size, nil
	})
}

// searchAll is W5.
func searchAll(ctx context.Context, s *settings) (result, error) {
	return measured(ctx, s, 0, func(box *imap.Mailbox) (int, int64, error) {
		found, err := box.Search(ctx, search.All)
		if err != nil {
			return 0, 0, err
		}
		uids := make([]imap.UID, 0, found.Len())
		for uid := range found.All() {
			uids = append(uids, uid)
		}
		return len(uids), 0, nil
	})
}

// noops is W6: each is waited for.
func noops(ctx context.Context, s *settings) (result, error) {
	return measured(ctx, s, 0, func(box *imap.Mailbox) (int, int64, error) {
		for i := range s.count {
			if err := box.Client().Noop(ctx); err != nil {
				return i, 0, err
			}
		}
		return s.count, 0, nil
	})
}

// pipelinedNoops is W6P: as many callers as commands under way.
func pipelinedNoops(ctx context.Context, s *settings) (result, error) {
	const window = 500
	return measured(ctx, s, window, func(box *imap.Mailbox) (int, int64, error) {
		var left, done atomic.Int64
		left.Store(int64(s.count))
		errs := make(chan error, window)
		var wg sync.WaitGroup
		for range window {
			wg.Go(func() {
				for left.Add(-1) >= 0 {
					if err := box.Client().Noop(ctx); err != nil {
						errs <- err
						return
					}
					done.Add(1)
				}
			})
		}
		wg.Wait()
		select {
		case err := <-errs:
			return 0, 0, err
		default:
			return int(done.Load()), 0, nil
		}
	})
}
