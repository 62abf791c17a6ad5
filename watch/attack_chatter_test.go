package watch_test

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// trap swallows the first command with a word in it, and all that follows on that
// connection.
type trap struct {
	word   []byte
	says   string // by the server every now and then; "": nothing
	counts bool   // a %d in it stands for a number that grows
	said   atomic.Int64
	set    atomic.Bool
	sprung atomic.Bool
}

// trapped is a connection that may fall into a trap.
type trapped struct {
	net.Conn
	*trap
	stuck  chan struct{}
	closed chan struct{}
	end    sync.Once
}

func (t *trap) wrap(conn net.Conn) net.Conn {
	return &trapped{Conn: conn, trap: t, stuck: make(chan struct{}), closed: make(chan struct{})}
}

func (c *trapped) isStuck() bool {
	select {
	case <-c.stuck:
		return true
	default:
		return false
	}
}

func (c *trapped) Write(p []byte) (int, error) {
	if c.set.Load() && bytes.Contains(p, c.word) && c.sprung.CompareAndSwap(false, true) {
		close(c.stuck)
		_ = c.Conn.SetReadDeadline(time.Now()) // who reads comes back
	}
	if c.isStuck() {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

func (c *trapped) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if !c.isStuck() {
		return n, err
	}
	if c.says == "" {
		<-c.closed
		return 0, net.ErrClosed
	}
	select {
	case <-time.After(7 * time.Second):
		text := c.says
		if c.counts {
			text = strings.ReplaceAll(text, "%d", fmt.Sprint(c.said.Add(1)))
		}
		return copy(p, text), nil
	case <-c.closed:
		return 0, net.ErrClosed
	}
}

func (c *trapped) SetReadDeadline(t time.Time) error {
	if c.isStuck() {
		return nil
	}
	return c.Conn.SetReadDeadline(t)
}

func (c *trapped) Close() error {
	c.end.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

const (
	stillHere = "* OK still here\r\n"
	toldAgain = "* LIST () NIL Box9\r\n* STATUS Box0 (MESSAGES 0)\r\n* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 9 INTERNALDATE \"01-Jan-2000 00:00:00 +0000\"" +
		" ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL))\r\n"
)

// unanswered are the commands that a Watcher waits for.
var unanswered = []struct {
	word    string
	mode    watch.Mode
	changes bool
	provoke func(w *world)
}{
	{word: "UID FETCH", mode: watch.ModeIdle},
	{word: "UID SEARCH", mode: watch.ModeIdle, provoke: func(w *world) {
		w.deliver(2)
		w.must(w.srv.Remove("alice", "INBOX", 1)) // the gap is asked about
	}},
	{word: "EXAMINE", mode: watch.ModeIdle},
	{word: "NOOP", mode: watch.ModeIdle},
	{word: "DONE", mode: watch.ModeIdle},
	{word: " IDLE", mode: watch.ModeIdle, provoke: (*world).disconnect},
	{word: "NOOP", mode: watch.ModePoll},
	{word: "ENABLE", mode: watch.ModeIdle, changes: true, provoke: (*world).disconnect},
	{word: "UID FETCH 1:", mode: watch.ModeIdle, changes: true, provoke: func(w *world) { w.deliver(1) }},
	{word: "STATUS", mode: watch.ModeRotate},
	{word: "LIST", mode: watch.ModeRotate, provoke: func(w *world) {
		w.must(w.srv.DeleteMailbox("alice", "Box1"))
	}},
	{word: "NOTIFY", mode: watch.ModeNotify, provoke: (*world).disconnect},
	{word: "UNSELECT", mode: watch.ModeNotify},
	{word: "STATUS", mode: watch.ModeNotify},
}

func (w *world) disconnect() { w.srv.Disconnect("alice", "") }

// A server that does not answer a command is left in time for Bound, whichever
// command it is, and whether it says something else meanwhile, the same again and
// again, or nothing at all.
func TestP6_Unanswered(t *testing.T) {
	for _, tt := range unanswered {
		for how, says := range map[string]string{
			"silence": "", "chatter": stillHere, "again": toldAgain,
		} {
			t.Run(string(tt.mode)+" "+tt.word+" "+how, func(t *testing.T) {
				inWith(t, &imaptest.Options{}, func(w *world) {
					w.w.Listen, w.w.Changes, w.w.Store = tt.mode, tt.changes, new(memory)
					if tt.mode == watch.ModeRotate || tt.mode == watch.ModeNotify {
						w.boxes(2)
					}
					tr := &trap{word: []byte(tt.word), says: says}
					w.through("test", tr.wrap)
					w.faults(imaptest.Faults{MuteIdle: true, HoldExists: true})
					w.start()
					w.after(time.Minute)
					tr.set.Store(true)
					if tt.provoke != nil {
						tt.provoke(w)
					}
					for range 20 {
						w.deliver(1)
						w.after(30 * time.Second)
					}
					w.after(w.w.Bound())
					if !tr.sprung.Load() || len(w.uids()) == 0 {
						t.Errorf("the command was sent: %v; %d messages were told", tr.sprung.Load(), len(w.uids()))
						return
					}
					if d := w.delay("alice", "INBOX"); d > w.w.Bound() {
						t.Errorf("a message was told after %v; the bound is %v", d, w.w.Bound())
					}
				})
			})
		}
	}
}

// An answer that never ends, though there is always more of it, is left too.
func TestUnendingAnswer(t *testing.T) {
	inWith(t, &imaptest.Options{Without: []string{"OBJECTID"}}, func(w *world) {
		tr := &trap{word: []byte("UID FETCH"), counts: true, says: "* %d FETCH (UID %d FLAGS () RFC822.SIZE 9" +
			" INTERNALDATE \"01-Jan-2000 00:00:00 +0000\" ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL))\r\n"}
		w.through("test", tr.wrap)
		tr.set.Store(true)
		w.deliver(400)
		w.w.Patient = true
		w.start()
		w.after(11 * time.Minute)
		w.exact(400)
		if n := tr.said.Load(); n < 60 {
			t.Errorf("it was left after %d messages", n)
		}
	})
}

// A login that is never answered is given up too, and tried again.
func TestUnansweredLogin(t *testing.T) {
	in(t, func(w *world) {
		tr := &trap{word: []byte("LOGIN"), says: stillHere}
		w.through("test", tr.wrap)
		w.start()
		w.after(time.Minute)
		tr.set.Store(true)
		w.disconnect()
		w.deliver(1)
		w.after(10 * time.Minute)
		w.exact(1)
		offs := all[watch.Offline](w)
		if !tr.sprung.Load() || len(offs) != 2 || offs[1].Reason != watch.ReasonTimeout {
			t.Errorf("offline: %+v", offs)
		}
	})
}
