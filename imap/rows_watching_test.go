package imap_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

const (
	idleBegins = "\nC: $2 IDLE\nS: + idling\n"
	idleEnds   = "\nC: DONE\nS: $2 OK done\nC: $3 NOOP\nS: $3 OK done\n"
)

func TestR093_IdleStartStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "IDLE", idleBegins+"S: * 4 EXISTS"+idleEnds, nil)
		wantHeard(t, box, "exists 4")
		noop(t, c)
	})
}

// However a loop is left, by break, by its context or by a panic, DONE is sent
// and the connection is good.
func TestR094_DoneAlwaysSent(t *testing.T) {
	for name, leave := range map[string]func(*testing.T, *imap.Mailbox){
		"break": func(t *testing.T, box *imap.Mailbox) { wantHeard(t, box, "exists 4") },
		"panic": func(t *testing.T, box *imap.Mailbox) {
			defer func() { _ = recover() }()
			for range box.Idle(t.Context(), nil) {
				panic("oops")
			}
		},
		"context": func(t *testing.T, box *imap.Mailbox) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			for _, err := range box.Idle(ctx, nil) {
				cancel()
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, box := talk(t, "IDLE", idleBegins+"S: * 4 EXISTS"+idleEnds, nil)
				leave(t, box)
				noop(t, c)
			})
		})
	}
}

func TestR095_OneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "IDLE", idleBegins+"S: * 4 EXISTS\nS: * 1 RECENT\npause 1m\nS: * 2 EXPUNGE"+idleEnds, nil)
		wantHeard(t, box, "exists 4", "recent 1", "expunged 2")
		noop(t, c)
	})
}

func TestR096_Bursts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "IDLE", idleBegins+"S: * 4 EXISTS\nS: * 1 RECENT\npause 1m\nS: * 2 EXPUNGE"+idleEnds, nil)
		var got []int
		for burst, err := range box.IdleBursts(t.Context(), nil) {
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, len(burst)); len(got) == 2 {
				break
			}
		}
		if !slices.Equal(got, []int{2, 1}) {
			t.Error(got)
		}
		noop(t, c)
	})
}

// A longest time for the loop, and one for each IDLE command, which by default
// is well below the 29 minutes of RFC 2177.
func TestR097_DurationAndRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		_, box := login(t, s, nil)
		start, idles := time.Now(), 0
		s.SetFaults(&imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "IDLE" {
				idles++
			}
			return nil
		}})
		for u, err := range box.Idle(t.Context(), &imap.IdleOptions{Duration: 29 * time.Minute}) {
			t.Fatal(u, err)
		}
		if d := time.Since(start); d != 29*time.Minute || idles != 4 {
			t.Error(d, idles)
		}
		synctest.Wait()
		idles = 0
		for u, err := range box.Idle(t.Context(), &imap.IdleOptions{Duration: time.Hour, Renew: time.Hour}) {
			t.Fatal(u, err)
		}
		if idles != 3 { // a longer one is cut to 29 minutes
			t.Error(idles)
		}
	})
}

func TestR098_ParsedEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "IDLE", idleBegins+`
			S: * 4 EXISTS
			S: * 2 FETCH (FLAGS (\Seen work) UID 7)
			S: * 1 EXPUNGE
			S: * FLAGS (\Seen)`+idleEnds, nil)
		n := 0
		for u, err := range box.Idle(t.Context(), nil) {
			if err != nil {
				t.Fatal(err)
			}
			switch u := u.(type) {
			case imap.Exists:
				n += int(u.Count)
			case imap.Changed:
				if u.Message.UID != 7 || u.Message.Seq != 2 || !slices.Equal(u.Message.Flags, []imap.Flag{imap.FlagSeen, "work"}) {
					t.Errorf("%+v", u.Message)
				}
				n += 10
			case imap.Expunged:
				n += 100 * int(u.Seq)
			case imap.FlagsDefined:
				n += 1000
			}
			if n == 1114 {
				break
			}
		}
		noop(t, c)
	})
}

// Nothing is lost that comes before "+", or between DONE and its answer.
func TestR099_BeforePlusAndBehindDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "IDLE", `
			C: $2 IDLE
			S: * 4 EXISTS
			S: + idling
			C: DONE
			S: * 5 EXISTS
			S: $2 OK done
			C: $3 NOOP
			S: $3 OK done
			C: $4 NOOP
			S: $4 OK done`, nil)
		wantHeard(t, box, "exists 4")
		noop(t, c)
		for u, err := range box.Updates(t.Context()) {
			if err != nil || said(u) != "state 5" {
				t.Error(u, err)
			}
			break
		}
		noop(t, c)
	})
}

func TestR100_SplitLinesAndLiterals(t *testing.T) {
	for _, split := range []string{"1", "2,3", "5,1,11"} {
		synctest.Test(t, func(t *testing.T) {
			c, box := talk(t, "IDLE", "split "+split+"\n"+idleBegins+`
				S: * 2 FETCH (FLAGS (\Seen) ENVELOPE (NIL {13}
				S: * 9 EXISTS
				S: x NIL NIL NIL NIL NIL NIL NIL NIL))
				S: * 4 EXISTS`+idleEnds, nil)
			wantHeard(t, box, `changed 2 [\Seen]`, "exists 4")
			noop(t, c)
		})
	}
}

// A connection that was closed is told at once, one that died with the next
// renewal.
func TestR101_DeadConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, box := talk(t, "IDLE", idleBegins+"cut", nil)
		heard, err := hear(t.Context(), box, 9, nil)
		if len(heard) > 0 || !errors.Is(err, imap.ErrClosed) {
			t.Error(heard, err)
		}
		_, box = talk(t, "IDLE", idleBegins+"stall", nil)
		start := time.Now()
		_, err = hear(t.Context(), box, 9, nil)
		if d := time.Since(start); !errors.Is(err, imap.ErrClosed) || !errors.Is(err, imap.ErrTimeout) || d > 10*time.Minute {
			t.Error(err, d)
		}
	})
}

func TestR102_DoneBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "IDLE", idleBegins+"S: * 4 EXISTS\nC: DONE\nstall", nil)
		wantHeard(t, box, "exists 4")
		start := time.Now()
		err := c.Noop(t.Context())
		if d := time.Since(start); !errors.Is(err, imap.ErrTimeout) || d > 20*time.Second {
			t.Error(err, d)
		}
	})
}

// Another goroutine's command does not end the loop, nor wait for it.
func TestR103_Interrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		c, box := login(t, s, nil)
		heard := make(chan string, 9)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			for u, err := range box.Idle(ctx, nil) {
				if err == nil {
					heard <- fmt.Sprintf("%T", u)
				}
			}
		}()
		synctest.Wait()
		noop(t, c)
		if _, err := c.Status(t.Context(), "INBOX"); err != nil {
			t.Error(err)
		}
		deliver(t, s, 1, 1)
		if got := <-heard; got != "imap.Exists" {
			t.Error(got)
		}
		cancel()
		<-done
		noop(t, c)
	})
}

// A server that ends IDLE by itself is asked again; one that says BYE ends the
// loop with what it said.
func TestR104_EndedByTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "IDLE", idleBegins+`
			S: * 4 EXISTS
			pause 5m
			S: $2 OK enough
			C: $3 IDLE
			S: + idling
			S: * 5 EXISTS
			S: * BYE going down
			cut`, nil)
		heard, err := hear(t.Context(), box, 9, nil)
		if text, ok := imap.ByeText(err); !ok || text != "going down" || !slices.Equal(heard, []string{"exists 4", "exists 5"}) {
			t.Error(heard, err)
		}
		if err := c.Noop(t.Context()); !errors.Is(err, imap.ErrClosed) {
			t.Error(err)
		}
	})
}

func TestR105_NoopTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, box := talk(t, "", `
			C: $2 NOOP
			S: * 4 EXISTS
			S: * 1 EXPUNGE
			S: * 2 FETCH (FLAGS (a))
			S: $2 OK done
			C: $3 NOOP
			S: $3 OK done
			C: $4 NOOP
			S: $4 BAD no`, nil)
		updates, err := box.Poll(t.Context())
		var heard []string
		for _, u := range updates {
			heard = append(heard, said(u))
		}
		if err != nil || !slices.Equal(heard, []string{"exists 4", "expunged 1", "changed 2 [a]"}) {
			t.Error(heard, err)
		}
		if updates, err := box.Poll(t.Context()); err != nil || len(updates) != 0 {
			t.Error(updates, err)
		}
		if updates, err := box.Poll(t.Context()); err == nil {
			t.Error(updates)
		}
	})
}

// Many mailboxes at once, over one connection, from a server that speaks by
// itself.
func TestR107_Notify(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		alice := s.AddUser("alice", "pass")
		for _, name := range []string{"Lists/a", "Lists/b", "Other"} {
			if err := alice.CreateMailbox(name); err != nil {
				t.Fatal(err)
			}
		}
		c, box := login(t, s, nil)
		all := append(slices.Clone(arrivals), imap.NotifyFlagChange)
		found, err := c.Notify(t.Context(), &imap.NotifyOptions{Status: true, Groups: []imap.NotifyGroup{
			{Mailboxes: imap.NotifySelected, Events: all, Fetch: &imap.FetchOptions{Flags: true, Sections: []imap.Section{{Kind: imap.HeaderFields, Fields: []string{"Subject"}}}}},
			{Mailboxes: imap.NotifySubtree, Names: []string{"Lists"}, Events: arrivals},
			{Mailboxes: imap.NotifyPersonal, Events: []imap.NotifyEvent{imap.NotifyMailboxName, imap.NotifySubscriptionChange}},
		}})
		if err != nil || len(found) != 3 {
			t.Fatal(found, err)
		}
		to := func(name string) {
			t.Helper()
			if _, err := s.Deliver("alice", name, []byte("Subject: news\r\n\r\nhi\r\n"), nil); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		to("Lists/b")
		to("Other")
		to("INBOX")
		if err := s.SetFlags("alice", "INBOX", 1, `\Seen`); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := s.Remove("alice", "INBOX", 1); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := alice.CreateMailbox("Lists/c"); err != nil {
			t.Fatal(err)
		}
		alice.Subscribe("Lists/c")
		got := events(t, c, 8)
		for i, want := range []string{"status Lists/b next 2", "INBOX: exists 1", "INBOX: recent 1", `INBOX: changed 1 [\Recent] 1`,
			`INBOX: changed 1 [\Seen \Recent] 0`, "INBOX: expunged 1", "name Lists ", "name Lists/c "} {
			if !strings.HasPrefix(got[i], want) {
				t.Errorf("%d: %q, want %q", i, got[i], want)
			}
		}
		// Other commands, IDLE and another mailbox do not disturb it.
		heard := make(chan string, 9)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			for u, err := range box.Idle(ctx, nil) {
				if err == nil {
					heard <- said(u)
				}
			}
		}()
		synctest.Wait()
		to("INBOX")
		if got := <-heard; got != "exists 1" && !strings.HasPrefix(got, "state") {
			t.Error(got)
		}
		cancel()
		<-done
		if _, err := c.Select(t.Context(), "Lists/a", nil); err != nil {
			t.Fatal(err)
		}
		if err := s.EndNotify("alice", "too much"); err != nil {
			t.Fatal(err)
		}
		last := ""
		for e, err := range c.Events(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if last = happened(e); strings.HasPrefix(last, "ended") {
				break
			}
		}
		if last != "ended too much" {
			t.Error(last)
		}
	})
}
