package test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/test/live"
	"github.com/idlewild-mail/idlewild/test/proxy"
	"github.com/idlewild-mail/idlewild/watch"
)

// trial is a Watcher that follows a real server through a proxy, while mail
// arrives on another way and things go wrong. Its methods are for the goroutine
// of the test.
type trial struct {
	t     *testing.T
	d     *live.Server
	proxy *proxy.Proxy
	w     *watch.Watcher
	path  string // of the store
	began time.Time

	post *live.Conversation // which mail arrives by; nil: none yet
	sent map[string][]uint32

	offline int           // times, before the last harm
	harmed  time.Duration // when that was, since began
	slowest time.Duration // from a harm to its being noticed

	mu       sync.Mutex
	events   []happened
	told     map[string][]watch.Arrived // by mailbox
	pictures map[string]picture
	more     chan struct{} // something of the above has changed
}

// happened is an Online or Offline.
type happened struct {
	at    time.Duration
	event watch.Event
}

// Limits that are short enough to see them, and that nothing depends on: who is
// too slow for them is offline once more. They are for a server that is near.
func impatient() imap.Timeouts {
	return imap.Timeouts{Connect: 5 * time.Second, TLS: 2 * time.Second, Greeting: 2 * time.Second,
		Login: 2 * time.Second, Command: 2 * time.Second, Stall: 2 * time.Second,
		IdleStart: time.Second, IdleStop: time.Second}
}

const trialUser = "user1"

// newTrial prepares a Watcher that commits what it is told. It is changed, and
// then started.
func newTrial(t *testing.T, d *live.Server) *trial {
	p, err := proxy.New(d.TLSAddr(), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	tr := &trial{t: t, d: d, proxy: p, path: filepath.Join(t.TempDir(), "cursors.json"), began: time.Now(),
		sent: map[string][]uint32{}, told: map[string][]watch.Arrived{}, more: make(chan struct{}, 1)}
	tr.w = &watch.Watcher{
		Account: "user1@localhost", Patient: true,
		Dial: watch.Login(p.Addr(), trialUser, live.Password, &imap.Options{TLSConfig: d.TLSConfig(), Timeouts: impatient()}),
		Scan: 500 * time.Millisecond, Poll: 250 * time.Millisecond, Burst: 100 * time.Millisecond, MaxWait: 100 * time.Millisecond,
	}
	return tr
}

// start begins to watch, and returns when there is a connection.
func (tr *trial) start() {
	tr.t.Helper()
	store, err := watch.OpenFileStore(tr.path)
	if err != nil {
		tr.t.Fatal(err)
	}
	tr.w.Store = store
	ctx, cancel := context.WithCancel(tr.t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- tr.watch(ctx) }()
	tr.t.Cleanup(func() {
		cancel()
		if err := <-stopped; err != nil {
			tr.t.Error(err)
		}
		store.Close()
		if tr.post != nil {
			tr.post.Close()
		}
	})
	tr.await("a connection", tr.online)
}

// watch is the program that is tried.
func (tr *trial) watch(ctx context.Context) error {
	for batch, err := range tr.w.Watch(ctx) {
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		for _, e := range batch.Events {
			tr.note(e)
		}
		if err := batch.Commit(); err != nil {
			return err
		}
		select {
		case tr.more <- struct{}{}:
		default:
		}
	}
	return nil
}

func (tr *trial) note(e watch.Event) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.draw(e)
	switch e := e.(type) {
	case watch.Arrived:
		tr.told[e.Mailbox] = append(tr.told[e.Mailbox], e)
	case watch.Online, watch.Offline:
		tr.events = append(tr.events, happened{time.Since(tr.began), e})
	}
}

// count is how often the Watcher went online, or offline, so far.
func (tr *trial) count(kind watch.Kind) (n int) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, h := range tr.events {
		if h.event.Kind() == kind {
			n++
		}
	}
	return n
}

// arrived is how many messages of a mailbox were told.
func (tr *trial) arrived(mailbox string) int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return len(tr.told[mailbox])
}

// await returns when something holds.
func (tr *trial) await(what string, holds func() bool) {
	tr.t.Helper()
	tr.until(holds, func() {
		tr.t.Helper()
		tr.t.Fatalf("waited in vain for: %s\n%s", what, tr.story())
	})
}

// until looks whenever the Watcher has told something, and now and then besides,
// and calls fail if it takes a minute.
func (tr *trial) until(holds func() bool, fail func()) {
	tr.t.Helper()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for !holds() {
		select {
		case <-tr.more:
		case <-again.C:
		case <-limit.C:
			fail()
		}
	}
}

// harm does something that must cost the connection that there is, and noticed
// returns when the Watcher has seen that.
func (tr *trial) harm(do func()) {
	tr.t.Helper()
	tr.await("a connection", func() bool {
		tr.offline = tr.count(watch.KindOffline)
		return tr.online()
	})
	tr.harmed = time.Since(tr.began)
	do()
}

// online says whether there seems to be a connection for each mailbox, which has
// its place then.
func (tr *trial) online() bool {
	all := tr.w.Status().Mailboxes
	for _, m := range all {
		if !m.Online || m.Cursor.IsZero() {
			return false
		}
	}
	return len(all) > 0
}

func (tr *trial) noticed() {
	tr.t.Helper()
	tr.await("offline", func() bool { return tr.count(watch.KindOffline) > tr.offline })
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, h := range tr.events {
		if _, off := h.event.(watch.Offline); off && h.at >= tr.harmed {
			tr.slowest = max(tr.slowest, h.at-tr.harmed)
			return
		}
	}
}

func (tr *trial) lose(do func()) {
	tr.t.Helper()
	tr.harm(do)
	tr.noticed()
}

// deliver appends messages.
func (tr *trial) deliver(mailbox string, n int) {
	tr.t.Helper()
	if tr.post == nil {
		c, err := tr.d.Talk(trialUser)
		if err != nil {
			tr.t.Fatal(err)
		}
		tr.post = c
	}
	for range n {
		uid, err := tr.post.Append(mailbox, message(len(tr.sent[mailbox])+1, 100))
		if err != nil {
			tr.t.Fatal(err)
		}
		tr.sent[mailbox] = append(tr.sent[mailbox], uid)
	}
}

// hangUp ends the connection that mail arrives by, before the server is stopped.
func (tr *trial) hangUp() {
	if tr.post != nil {
		tr.post.Close()
		tr.post = nil
	}
}

// exact checks that all messages were told, once each, in order, as what they
// are, and that there are no others.
func (tr *trial) exact() {
	tr.t.Helper()
	for mailbox, sent := range tr.sent {
		tr.await(fmt.Sprintf("%d messages in %s", len(sent), mailbox), func() bool { return tr.arrived(mailbox) >= len(sent) })
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for mailbox, sent := range tr.sent {
		there := uidsOf(tr.t, tr.d.Command(trialUser, mailbox, "UID SEARCH ALL"))
		if !slices.Equal(there, sent) {
			tr.t.Fatalf("%s: the server has %d messages, want %d", mailbox, len(there), len(sent))
		}
		told := tr.told[mailbox]
		for i, a := range told {
			if i >= len(sent) || uint32(a.UID) != sent[i] {
				tr.t.Fatalf("%s: message %d of %d is UID %d: lost, repeated or out of order\n%s", mailbox, i+1, len(told), a.UID, tr.storyLocked())
			}
			if a.Envelope == nil { // connections were lost over it, which looks like its own fault
				tr.t.Logf("%s: UID %d is told without description", mailbox, a.UID)
				continue
			}
			if want := fmt.Sprintf("%d@b.example", i+1); strings.Trim(a.Envelope.MessageID, "<>") != want {
				tr.t.Fatalf("%s: UID %d is told as %+v, want %s", mailbox, a.UID, a.Envelope, want)
			}
		}
	}
	tr.uniqueLocked()
}

// unique checks that no message was told twice.
func (tr *trial) unique() {
	tr.t.Helper()
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.uniqueLocked()
}

func (tr *trial) uniqueLocked() {
	tr.t.Helper()
	ids := map[string]bool{}
	for mailbox, told := range tr.told {
		for _, a := range told {
			if ids[a.ID] {
				tr.t.Errorf("%s: UID %d is told twice", mailbox, a.UID)
			}
			ids[a.ID] = true
		}
	}
}

// uidsOf reads the answer to UID SEARCH.
func uidsOf(t *testing.T, responses []string) (uids []uint32) {
	t.Helper()
	for _, r := range responses {
		list, ok := strings.CutPrefix(r, "* SEARCH")
		for _, word := range strings.Fields(list) {
			n, err := strconv.ParseUint(word, 10, 32)
			if !ok || err != nil {
				t.Fatalf("%q: %v", r, err)
			}
			uids = append(uids, uint32(n))
		}
	}
	return uids
}

// story says when the Watcher was offline and online.
func (tr *trial) story() string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.storyLocked()
}

func (tr *trial) storyLocked() string {
	var b strings.Builder
	for _, h := range tr.events {
		fmt.Fprintf(&b, "%8.3f s  %s", h.at.Seconds(), h.event.Kind())
		switch e := h.event.(type) {
		case watch.Offline:
			fmt.Fprintf(&b, " %s, retry in %v: %v", e.Reason, e.Retry.Round(time.Millisecond), e.Err)
		case watch.Online:
			fmt.Fprintf(&b, " %s", e.Mode)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// cost says how often the connection was lost, and how long there was none.
func (tr *trial) cost() string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	lost, worst, total := 0, time.Duration(0), time.Duration(0)
	since := time.Duration(-1)
	for _, h := range tr.events {
		switch h.event.(type) {
		case watch.Offline:
			if since < 0 {
				since = h.at
				lost++
			}
		case watch.Online:
			if since >= 0 {
				total += h.at - since
				worst = max(worst, h.at-since)
			}
			since = -1
		}
	}
	told := 0
	for _, a := range tr.told {
		told += len(a)
	}
	return fmt.Sprintf("%d messages in %.1f s; lost %d times, noticed within %.2f s, offline %.2f s at most, %.2f s in all",
		told, time.Since(tr.began).Seconds(), lost, tr.slowest.Seconds(), worst.Seconds(), total.Seconds())
}
