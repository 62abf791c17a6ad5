package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// latency is W7: READY, a line for each EXISTS, the result after s.samples.
func latency(ctx context.Context, s *settings) (result, error) {
	o, err := s.options()
	if err != nil {
		return nil, err
	}
	box, err := s.open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer box.Client().Close()
	ctx, stop := context.WithTimeout(ctx, 9*time.Minute)
	defer stop()
	cpu, n := cpuSeconds(), 0
	go func() {
		untilQuiet()
		fmt.Println("READY")
	}()
	for u, err := range box.Idle(ctx, nil) {
		if err != nil {
			return nil, fmt.Errorf("after %d events: %w", n, err)
		}
		e, ok := u.(imap.Exists)
		if !ok {
			continue
		}
		fmt.Println("EV", e.Count, clock())
		if n++; n == s.samples {
			break
		}
	}
	return result{
		"n": n, "cpu_s": cpuSeconds() - cpu, "peak_rss_kb": memory("VmHWM"), "wall_s": 0, "bytes": 0,
	}, nil
}

// crowd is the connections of W8.
type crowd struct {
	mu     sync.Mutex
	boxes  []*imap.Mailbox
	errs   []error
	events int
	last   int64 // when the last event came
	size   int
	all    chan struct{} // closed when every connection has had one
}

func (c *crowd) event() {
	at := clock()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = at
	if c.events++; c.events == c.size {
		close(c.all)
	}
}

func (c *crowd) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errs = append(c.errs, err)
}

func (c *crowd) failed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return errors.Join(c.errs...)
}

// idle is one connection's loop.
func (c *crowd) idle(ctx context.Context, box *imap.Mailbox) {
	for u, err := range box.Idle(ctx, nil) {
		if err != nil {
			if ctx.Err() == nil {
				c.fail(err)
			}
			return
		}
		if _, ok := u.(imap.Exists); ok {
			c.event()
		}
	}
}

// open opens the connections, some at a time, and starts their loops.
func (c *crowd) open(ctx context.Context, s *settings, o *imap.Options, loops *sync.WaitGroup) {
	const atOnce = 32
	turns := make(chan struct{}, c.size)
	for range c.size {
		turns <- struct{}{}
	}
	close(turns)
	var wg sync.WaitGroup
	for range atOnce {
		wg.Go(func() {
			for range turns {
				box, err := s.open(ctx, o)
				if err != nil {
					c.fail(err)
					return
				}
				loops.Go(func() { c.idle(ctx, box) })
				c.mu.Lock()
				c.boxes = append(c.boxes, box)
				c.mu.Unlock()
			}
		})
	}
	wg.Wait()
}

// manyIdle is W8: what one idle connection costs in memory.
func manyIdle(ctx context.Context, s *settings) (result, error) {
	o, err := s.options()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	runtime.GC()
	debug.FreeOSMemory()
	c := &crowd{size: s.conns, all: make(chan struct{}), boxes: make([]*imap.Mailbox, 0, s.conns)}
	before, start, cpu := memory("VmRSS"), time.Now(), cpuSeconds()
	var loops sync.WaitGroup
	defer func() {
		stop()
		loops.Wait()
		for _, box := range c.boxes {
			_ = box.Client().Close()
		}
	}()
	c.open(ctx, s, o, &loops)
	if err := c.failed(); err != nil {
		return nil, err
	}
	perConn := func(kb int) float64 { return float64(kb-before) / float64(s.conns) }
	r := result{
		"n": s.conns, "conns": s.conns, "bytes": 0, "rss_before_kb": before,
		"wall_s": time.Since(start).Seconds(), "cpu_s": cpuSeconds() - cpu,
	}
	untilQuiet()
	r["kb_per_conn_raw"] = perConn(memory("VmRSS"))
	r["kb_per_conn"] = perConn(settled())
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	r["heap_inuse"], r["stack_inuse"], r["goroutines"] = mem.HeapInuse, mem.StackInuse, runtime.NumGoroutine()
	fmt.Println("READY")

	var line string
	if _, err := fmt.Fscanln(os.Stdin, &line); err == nil && line == "push" {
		select {
		case <-c.all:
		case <-time.After(time.Minute):
		}
		c.mu.Lock()
		r["fanout_events"], r["fanout_last_ns"] = c.events, c.last
		c.mu.Unlock()
		untilQuiet()
		r["kb_per_conn_after_event"] = perConn(settled())
	}
	r["peak_rss_kb"] = memory("VmHWM")
	return r, c.failed()
}

// settled is the memory in use when what is free has been given back.
func settled() int {
	runtime.GC()
	runtime.GC()
	debug.FreeOSMemory()
	untilQuiet()
	return memory("VmRSS")
}
