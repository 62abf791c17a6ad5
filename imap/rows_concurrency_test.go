package imap_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/imap"
)

// held is a server that answers when it is told to.
type held struct {
	t *testing.T
	c *imap.Client
	b *imap.Mailbox
	f *fake

	mu   sync.Mutex
	hold bool
	wait []string // tag and command of those that wait for their answer
	wg   sync.WaitGroup
}

func newHeld(t *testing.T) *held {
	h := &held{t: t}
	h.c, h.b, h.f = connect(t, nil, func(f *fake, tag, command string) bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.hold {
			h.wait = append(h.wait, tag+" "+command)
		}
		return h.hold
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hold = true
	return h
}

// call runs a call that has to succeed.
func (h *held) call(do func(ctx context.Context) error) {
	h.wg.Go(func() {
		if err := do(h.t.Context()); err != nil {
			h.t.Error(err)
		}
	})
	synctest.Wait()
}

// written fails unless these commands, and no others, wait for an answer.
func (h *held) written(want ...string) {
	h.t.Helper()
	synctest.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	var got []string
	for _, s := range h.wait {
		_, command, _ := strings.Cut(s, " ")
		got = append(got, command)
	}
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		h.t.Errorf("under way: %q, want %q", got, want)
	}
}

// answer answers the command that has waited longest, data first.
func (h *held) answer(data ...string) {
	h.mu.Lock()
	if len(h.wait) == 0 {
		h.mu.Unlock()
		h.t.Fatal("nothing to answer")
	}
	tag, _, _ := strings.Cut(h.wait[0], " ")
	h.wait = h.wait[1:]
	h.mu.Unlock()
	for _, line := range data {
		h.f.say(line + "\r\n")
	}
	h.f.say(tag + " OK done\r\n")
	synctest.Wait()
}

func (h *held) end() {
	for {
		h.mu.Lock()
		n := len(h.wait)
		h.mu.Unlock()
		if n == 0 {
			break
		}
		h.answer()
	}
	h.wg.Wait()
	h.c.Close()
}

func (h *held) selecting(name string) {
	h.call(func(ctx context.Context) error { _, err := h.c.Select(ctx, name, nil); return err })
}

func (h *held) fetching(uid imap.UID) {
	h.call(func(ctx context.Context) error {
		for _, err := range h.b.Fetch(ctx, uid, &imap.FetchOptions{Flags: true}) {
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Rule 1: a command that must be alone blocks all others.
func TestR023_AloneBlocksAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHeld(t)
		h.selecting("a")
		h.call(h.c.Noop)
		h.call(func(ctx context.Context) error { return h.c.Create(ctx, "b") })
		h.written("SELECT a")
		h.answer("* 3 EXISTS")
		h.written("NOOP", "CREATE b")
		h.end()
	})
}

// Rule 2: a command blocks those whose answers would look like its own; a STORE
// is answered by FETCH.
func TestR023_SameAnswersWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHeld(t)
		h.fetching(7)
		h.call(func(ctx context.Context) error { return h.b.AddFlags(ctx, imap.UID(7), imap.FlagSeen) })
		h.written("UID FETCH 7 (UID FLAGS)")
		h.answer("* 1 FETCH (UID 7 FLAGS ())")
		h.written(`UID STORE 7 +FLAGS.SILENT (\Seen)`)
		h.answer()
		list := func(ctx context.Context) error {
			for _, err := range h.c.List(ctx, "*", nil) {
				if err != nil {
					return err
				}
			}
			return nil
		}
		h.call(list)
		h.call(list)
		h.written(`LIST "" "*"`)
		h.answer()
		h.written(`LIST "" "*"`)
		h.end()
	})
}

// Rule 3: others are under way together, and each gets its own answer.
func TestR023_OthersTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHeld(t)
		h.fetching(7)
		h.call(func(ctx context.Context) error {
			st, err := h.c.Status(ctx, "other", imap.StatusMessages)
			if err == nil && *st.Messages != 5 {
				t.Errorf("%+v", st)
			}
			return err
		})
		h.call(h.c.Noop)
		h.written("UID FETCH 7 (UID FLAGS)", "STATUS other (MESSAGES)", "NOOP")
		h.answer("* STATUS other (MESSAGES 5)", "* 1 FETCH (UID 7 FLAGS ())")
		h.end()
	})
}

// Rule 4: a command that must be alone waits for all that are under way.
func TestR023_AloneWaitsForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHeld(t)
		h.call(h.c.Noop)
		h.fetching(7)
		h.selecting("a")
		h.written("NOOP", "UID FETCH 7 (UID FLAGS)")
		h.answer()
		h.written("UID FETCH 7 (UID FLAGS)")
		h.answer("* 1 FETCH (UID 7 FLAGS ())")
		h.written("SELECT a")
		h.end()
	})
}

// Three commands that must be alone, at once: aioimaplib loses two of them. They
// go out one after the other, in the order of the calls, and all return.
func TestR023_ThreeAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHeld(t)
		for _, name := range []string{"a", "b", "c"} {
			h.selecting(name)
		}
		for _, name := range []string{"a", "b", "c"} {
			h.written("SELECT " + name)
			h.answer("* 3 EXISTS")
		}
		h.written()
		if box := h.c.Selected(); box == nil || box.Name() != "c" {
			t.Error("c is not selected")
		}
		h.call(h.c.Noop)
		h.end()
	})
}
