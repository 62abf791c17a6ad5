package imap_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/search"
)

// TestSchedules runs random nestings of calls and loops on several goroutines
// against a server that splits what it says at random, while mail comes and
// goes. IDLEWILD_LONG=1 runs many; IDLEWILD_SEED=n runs one.
func TestSchedules(t *testing.T) {
	// No wait is of 0: a timer that is due when it is received from crashes Go
	// 1.26's race detector in a bubble, now and then.
	seeds, first := uint64(200), uint64(1)
	if testing.Short() {
		seeds = 30
	}
	if os.Getenv("IDLEWILD_LONG") != "" {
		seeds = 3000
	}
	if n, _ := fmt.Sscan(os.Getenv("IDLEWILD_SEED"), &first); n == 1 {
		seeds = 1
	}
	for seed := first; seed < first+seeds && !t.Failed(); seed++ {
		synctest.Test(t, func(t *testing.T) { runSchedule(t, seed, false) })
	}
}

// TestSchedulesClosed is TestSchedules with a Close, or an end by the server, in
// the midst of it: every call returns, and nothing is left.
func TestSchedulesClosed(t *testing.T) {
	for seed := uint64(1); seed <= 100 && !t.Failed(); seed++ {
		synctest.Test(t, func(t *testing.T) { runSchedule(t, seed, true) })
	}
}

// messageText is the text of a message whose number the sender chose: it tells
// itself by its Subject, and all of it is derived from that number.
func messageText(n, size int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Subject: %d %d\r\nFrom: a@b.example\r\n\r\n", n, size)
	b.WriteString(paper[n%1000*7:][:size])
	return b.Bytes()
}

// paper is what messages are cut from; it nowhere repeats itself.
var paper = func() string {
	var b strings.Builder
	for i := range 30000 {
		fmt.Fprintf(&b, "%d\r\n", i*i)
	}
	return b.String()
}()

// schedule is one run.
type schedule struct {
	t       *testing.T
	seed    uint64
	srv     *imaptest.Server
	c       *imap.Client
	mu      sync.Mutex
	box     *imap.Mailbox
	moving  bool // goroutines select other mailboxes
	closing bool // the connection is closed in the midst of it
	sent    atomic.Int64
}

func runSchedule(t *testing.T, seed uint64, closing bool) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	var faults *imaptest.Faults
	switch rnd.IntN(5) {
	case 0:
		faults = &imaptest.Faults{SplitSeed: seed}
	case 1, 2:
		faults = &imaptest.Faults{Split: 100 + rnd.IntN(5000)}
	case 3:
		faults = &imaptest.Faults{WriteDelay: time.Duration(1+rnd.IntN(20)) * time.Millisecond}
	}
	opts := &imaptest.Options{AllowPlainLogin: true, PushAlways: rnd.IntN(2) == 0}
	for _, word := range []string{"LITERAL+", "MOVE", "UNSELECT", "ESEARCH", "MULTIAPPEND", "REPLACE"} {
		if rnd.IntN(4) == 0 {
			opts.Without = append(opts.Without, word)
		}
	}
	s := &schedule{t: t, seed: seed, closing: closing, moving: rnd.IntN(4) == 0}
	s.srv = imaptest.NewServer(opts)
	defer s.srv.Close()
	s.srv.AddUser("alice", "pass")
	s.srv.SetFaults(faults)
	for range 5 + rnd.IntN(10) {
		s.deliver(rnd)
	}
	var o imap.Options
	if rnd.IntN(2) == 0 {
		o.Budget = 32 << 10
	}
	o.SpoolDir = t.TempDir()
	o.Pipeline = rnd.IntN(5)
	c, box := login(t, s.srv, &o)
	s.c, s.box = c, box
	if err := c.Create(t.Context(), "Other"); err != nil {
		t.Fatal(err)
	}
	model := func() {}
	if !s.moving && rnd.IntN(2) == 0 {
		model = s.model(box)
	}
	start := time.Now()
	stop := make(chan struct{})
	var wg, mail sync.WaitGroup
	if closing {
		after := time.Duration(1+rnd.IntN(2000)) * time.Millisecond
		politely := rnd.IntN(3)
		mail.Go(func() {
			<-time.After(after)
			switch politely {
			case 0:
				c.Close()
			case 1:
				s.srv.Disconnect("alice", "bye bye")
			default:
				_ = c.Logout(t.Context())
			}
		})
	}
	mail.Go(func() { s.mail(rand.New(rand.NewPCG(seed, 2)), stop) })
	for g := range uint64(2 + rnd.IntN(4)) {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(seed, 10+g))
			for range 8 {
				s.act(rnd, t.Context(), 3)
			}
		})
	}
	wg.Wait()
	close(stop)
	mail.Wait()
	if d := time.Since(start); d > 20*time.Minute {
		t.Errorf("seed %d: took %v", seed, d)
	}
	if !closing {
		s.quiet()
	}
	model()
	c.Close()
	if entries, _ := os.ReadDir(o.SpoolDir); len(entries) > 0 {
		t.Errorf("seed %d: left %v", seed, entries)
	}
	if t.Failed() {
		t.Logf("seed %d failed: IDLEWILD_SEED=%d", seed, seed)
	}
}

// model counts messages by what a loop over Updates hears; the function that it
// returns ends the loop and compares.
func (s *schedule) model(box *imap.Mailbox) func() {
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan struct{})
	count := box.State().Exists
	go func() {
		defer close(done)
		for u, err := range box.Updates(ctx) {
			if err != nil && !errors.Is(err, context.Canceled) && !s.closing {
				s.t.Errorf("seed %d: %v", s.seed, err)
			}
			switch u := u.(type) {
			case imap.Exists:
				if u.Count < count {
					s.t.Errorf("seed %d: an EXPUNGE was lost: %d, then EXISTS %d", s.seed, count, u.Count)
				}
				count = u.Count
			case imap.Expunged:
				count--
			case imap.State:
				count = u.Exists
			}
		}
	}()
	synctest.Wait() // it listens
	return func() {
		synctest.Wait()
		cancel()
		<-done
		if know := box.State().Exists; s.c.Err() == nil && know != count {
			s.t.Errorf("seed %d: a loop counted %d messages, there are %d", s.seed, count, know)
		}
	}
}

// quiet checks, when all is over, that the client knows what the server has.
func (s *schedule) quiet() {
	if err := s.c.Err(); err != nil {
		s.t.Errorf("seed %d: %v", s.seed, err)
		return
	}
	box := s.c.Selected()
	if box == nil {
		return
	}
	if err := s.c.Noop(s.t.Context()); err != nil {
		s.t.Errorf("seed %d: %v", s.seed, err)
	}
	if err := s.c.Noop(s.t.Context()); err != nil {
		s.t.Errorf("seed %d: %v", s.seed, err)
	}
	if have, know := len(s.srv.Messages("alice", box.Name())), box.State().Exists; int(know) != have {
		s.t.Errorf("seed %d: the client knows of %d messages in %s, the server has %d", s.seed, know, box.Name(), have)
	}
}

// mail is what other people do.
func (s *schedule) mail(rnd *rand.Rand, stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(1+rnd.IntN(300)) * time.Millisecond):
		}
		all := s.srv.Messages("alice", "INBOX")
		switch n := rnd.IntN(6); {
		case n < 2 && len(all) < 30, len(all) == 0:
			s.deliver(rnd)
		case n < 4:
			_ = s.srv.SetFlags("alice", "INBOX", all[rnd.IntN(len(all))].UID, fmt.Sprintf("k%d", rnd.IntN(5)))
		case len(all) > 3:
			_ = s.srv.Remove("alice", "INBOX", all[rnd.IntN(len(all))].UID)
		}
	}
}

func randomSize(rnd *rand.Rand) int {
	if rnd.IntN(5) == 0 {
		return 66<<10 + rnd.IntN(100<<10)
	}
	return 100 + rnd.IntN(2000)
}

func (s *schedule) deliver(rnd *rand.Rand) {
	if _, err := s.srv.Deliver("alice", "INBOX", messageText(int(s.sent.Add(1)), randomSize(rnd)), nil); err != nil {
		s.t.Error(err)
	}
}

// check fails the test for an error that a call must not return.
func (s *schedule) check(what string, err error) {
	var refused *imap.ResponseError
	switch {
	case s.closing && errors.Is(err, imap.ErrClosed):
	case err == nil, errors.Is(err, errEnough), errors.Is(err, context.DeadlineExceeded):
	case s.moving && errors.Is(err, imap.ErrDeselected):
	case errors.Is(err, imap.ErrRenumbered):
	case errors.As(err, &refused) && (errors.Is(err, imap.CodeExpungeIssued) || errors.Is(err, imap.CodeNonExistent)):
	case errors.As(err, &refused) && s.moving && refused.Status == imap.StatusBad:
		s.t.Errorf("seed %d: %s: %v", s.seed, what, err)
	default:
		s.t.Errorf("seed %d: %s: %v", s.seed, what, err)
	}
}

// timed runs a call that may not take longer than a bound.
func (s *schedule) timed(what string, bound time.Duration, call func() error) {
	start := time.Now()
	s.check(what, call())
	if d := time.Since(start); d > bound {
		s.t.Errorf("seed %d: %s took %v", s.seed, what, d)
	}
}

var errEnough = errors.New("enough")

// act does one random thing; loops do more inside.
func (s *schedule) act(rnd *rand.Rand, ctx context.Context, depth int) {
	if s.t.Failed() || ctx.Err() != nil {
		return
	}
	if rnd.IntN(6) == 0 {
		inner, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		defer time.AfterFunc(time.Duration(1+rnd.IntN(200))*time.Millisecond, func() { cancel(errEnough) }).Stop()
		ctx = inner
	}
	if rnd.IntN(3) == 0 {
		<-time.After(time.Duration(1+rnd.IntN(100)) * time.Millisecond)
	}
	s.mu.Lock()
	box := s.box
	s.mu.Unlock()
	n := 14
	if depth <= 0 {
		n = 9
	}
	const short = 8 * time.Second // the server needs little time; a park that runs out is ten seconds
	some := imap.UIDRange(imap.UID(1+rnd.IntN(30)), imap.UID(20+rnd.IntN(40)))
	switch rnd.IntN(n) {
	case 0:
		s.timed("NOOP", short, func() error { return s.c.Noop(ctx) })
	case 1:
		s.timed("SEARCH", short, func() error {
			_, err := box.Search(ctx, search.All)
			return err
		})
	case 2:
		s.timed("STORE", short, func() error { return box.AddFlags(ctx, some, imap.Flag(fmt.Sprint("s", rnd.IntN(5)))) })
	case 3:
		s.timed("MOVE", short, func() error {
			_, err := box.Move(ctx, imap.UID(1+rnd.IntN(40)), "Other")
			return err
		})
	case 4:
		s.append(rnd, ctx, box)
	case 5:
		s.timed("STATUS", short, func() error {
			st, err := s.c.Status(ctx, "Other")
			if err == nil && st.Mailbox != "Other" {
				return fmt.Errorf("STATUS of %q", st.Mailbox)
			}
			return err
		})
	case 6:
		s.timed("LIST", short, func() error {
			n := 0
			for _, err := range s.c.List(ctx, "*", nil) {
				if err != nil {
					return err
				}
				n++
			}
			if n != 2 {
				return fmt.Errorf("LIST told of %d", n)
			}
			return nil
		})
	case 7:
		if s.moving && rnd.IntN(2) == 0 {
			s.timed("SELECT", short, func() error {
				box, err := s.c.Select(ctx, []string{"INBOX", "Other"}[rnd.IntN(2)], nil)
				if err == nil {
					s.mu.Lock()
					s.box = box
					s.mu.Unlock()
				}
				return err
			})
			return
		}
		s.timed("SEARCH by number", short, func() error {
			set, err := box.SearchSeq(ctx, search.All)
			if err == nil && !set.Empty() && rnd.IntN(2) == 0 {
				_, err = box.UIDs(ctx, set)
			}
			return err
		})
	case 8, 9, 10:
		s.fetch(rnd, ctx, box, some, depth)
	case 11, 12:
		s.idle(rnd, ctx, box, depth)
	case 13:
		s.bursts(rnd, ctx, box, depth)
	}
}

// append puts one message in, or several, or one in the place of another.
func (s *schedule) append(rnd *rand.Rand, ctx context.Context, box *imap.Mailbox) {
	const short = 8 * time.Second
	how := rnd.IntN(4)
	var all []imap.AppendMessage
	var texts [][]byte
	for range 1 + how%3 {
		text := messageText(int(s.sent.Add(1)), randomSize(rnd))
		texts = append(texts, text)
		all = append(all, imap.AppendMessage{Message: bytes.NewReader(text), Size: int64(len(text))})
	}
	if how == 3 {
		s.timed("REPLACE", short, func() error {
			r, err := box.Replace(ctx, imap.UID(1+rnd.IntN(40)), "INBOX", all[0].Message, all[0].Size, &imap.ReplaceOptions{Fallback: true})
			if errors.Is(err, imap.CodeNonExistent) {
				return nil
			}
			if err == nil {
				s.appended(r.UID, texts[0])
			}
			return err
		})
		return
	}
	s.timed("APPEND", short, func() error {
		r, err := s.c.AppendAll(ctx, "INBOX", all, &imap.AppendAllOptions{OneByOne: true})
		if err == nil {
			for i := range all {
				s.appended(r[i].UID, texts[i])
			}
		}
		return err
	})
}

// appended looks whether INBOX has that message under that UID, unless it has
// gone.
func (s *schedule) appended(uid imap.UID, text []byte) {
	for _, m := range s.srv.Messages("alice", "INBOX") {
		if imap.UID(m.UID) == uid && !bytes.Equal(m.Body(), text) {
			s.t.Errorf("seed %d: UID %d is not the message that was appended", s.seed, uid)
		}
	}
	if uid == 0 {
		s.t.Errorf("seed %d: no UID", s.seed)
	}
}

// inside is what a loop's body does.
func (s *schedule) inside(rnd *rand.Rand, ctx context.Context, depth int) {
	if rnd.IntN(2) == 0 {
		s.act(rnd, ctx, depth-1)
	}
}

func (s *schedule) fetch(rnd *rand.Rand, ctx context.Context, box *imap.Mailbox, uids imap.UIDSet, depth int) {
	o := &imap.FetchOptions{Flags: rnd.IntN(2) == 0, Size: true, Envelope: rnd.IntN(2) == 0}
	bodies := rnd.IntN(3) > 0
	if bodies {
		o.Sections = []imap.Section{{}}
	}
	if rnd.IntN(4) == 0 {
		o.MarkSeen = bodies
	}
	left := rnd.IntN(20)
	seen := map[imap.UID]bool{}
	for m, err := range box.Fetch(ctx, uids, o) {
		if err != nil {
			s.check("FETCH", err)
			continue
		}
		if seen[m.UID] {
			s.t.Errorf("seed %d: message %d came twice", s.seed, m.UID)
		}
		seen[m.UID] = true
		if len(m.Missing) > 0 || len(m.Problems) > 0 {
			s.t.Errorf("seed %d: message %d: missing %v, %v", s.seed, m.UID, m.Missing, m.Problems)
		}
		if bodies {
			s.inside(rnd, ctx, depth)
			if err := checkBody(rnd, m); err != nil {
				s.check(fmt.Sprintf("body of message %d", m.UID), err)
			}
		}
		s.inside(rnd, ctx, depth)
		if left--; left < 0 {
			break
		}
	}
}

// checkBody reads a body, in whole or in part or not, and compares.
func checkBody(rnd *rand.Rand, m *imap.Message) error {
	b := m.Body(imap.Section{})
	if b == nil {
		return errors.New("no body")
	}
	var got []byte
	var err error
	switch rnd.IntN(3) {
	case 0:
		return nil
	case 1:
		if got, err = b.Bytes(); err != nil {
			return err
		}
		if int64(len(got)) != m.Size {
			return fmt.Errorf("%d bytes of %d", len(got), m.Size)
		}
	default:
		got = make([]byte, rnd.IntN(int(m.Size)+1))
		if _, err = io.ReadFull(b, got); err != nil {
			return err
		}
	}
	var n, size int
	if _, err := fmt.Sscanf(string(got), "Subject: %d %d\r\n", &n, &size); err != nil || !strings.Contains(string(got[:min(len(got), 80)]), "\r\n") {
		return nil // too short to tell
	}
	if want := messageText(n, size); !bytes.Equal(got, want[:min(len(got), len(want))]) {
		return errors.New("wrong bytes")
	}
	if m.Envelope != nil && m.Envelope.Subject != fmt.Sprint(n, " ", size) {
		return fmt.Errorf("subject %q", m.Envelope.Subject)
	}
	return nil
}

func (s *schedule) idle(rnd *rand.Rand, ctx context.Context, box *imap.Mailbox, depth int) {
	left := rnd.IntN(5)
	o := &imap.IdleOptions{Duration: time.Duration(1+rnd.IntN(3000)) * time.Millisecond, Renew: time.Second}
	loop := box.Idle(ctx, o)
	if rnd.IntN(4) == 0 {
		limited, cancel := context.WithTimeout(ctx, o.Duration)
		defer cancel()
		loop = box.Updates(limited)
	}
	start := time.Now()
	for _, err := range loop {
		s.check("IDLE", err)
		if d := time.Since(start); d > o.Duration+time.Second && err != nil {
			s.t.Errorf("seed %d: IDLE took %v", s.seed, d)
		}
		s.inside(rnd, ctx, depth)
		start = time.Now()
		if left--; left < 0 {
			break
		}
	}
}

func (s *schedule) bursts(rnd *rand.Rand, ctx context.Context, box *imap.Mailbox, depth int) {
	left := rnd.IntN(5)
	o := &imap.IdleOptions{Duration: time.Duration(1+rnd.IntN(3000)) * time.Millisecond}
	for burst, err := range box.IdleBursts(ctx, o) {
		s.check("IDLE", err)
		if err == nil && (len(burst) == 0 || slices.Contains(burst, nil)) {
			s.t.Errorf("seed %d: empty burst", s.seed)
		}
		s.inside(rnd, ctx, depth)
		if left--; left < 0 {
			break
		}
	}
}
