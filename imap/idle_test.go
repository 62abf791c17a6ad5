package imap_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// talk plays a transcript behind a login and SELECT INBOX with 3 messages; tags
// in it begin with $2.
func talk(t *testing.T, caps, transcript string, opts *imap.Options) (*imap.Client, *imap.Mailbox) {
	t.Helper()
	c := talkTo(t, caps, `
		C: $1 SELECT INBOX
		S: * 3 EXISTS
		S: * OK [UIDVALIDITY 1] valid
		S: * OK [UIDNEXT 4] next
		S: $1 OK [READ-WRITE] done
	`+transcript, opts)
	box, err := c.Select(t.Context(), "INBOX", nil)
	if err != nil {
		t.Fatal(err)
	}
	return c, box
}

// talkTo plays a transcript behind a login.
func talkTo(t *testing.T, caps, transcript string, opts *imap.Options) *imap.Client {
	t.Helper()
	var o imap.Options
	if opts != nil {
		o = *opts
	}
	o.Security = imap.Plaintext
	conn := imaptest.Script(t, "S: * PREAUTH [CAPABILITY IMAP4rev1 "+caps+"] hello\n"+transcript)
	c, err := imap.NewClient(t.Context(), conn, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// said is an update as a word.
func said(u imap.Update) string {
	switch u := u.(type) {
	case imap.Exists:
		return fmt.Sprint("exists ", u.Count)
	case imap.Recent:
		return fmt.Sprint("recent ", u.Count)
	case imap.Expunged:
		return fmt.Sprint("expunged ", u.Seq)
	case imap.Changed:
		return fmt.Sprint("changed ", u.Message.Seq, " ", u.Message.Flags)
	case imap.Alert:
		return "alert " + u.Text
	case imap.Other:
		return "other " + u.Name
	case imap.State:
		return fmt.Sprint("state ", u.Exists)
	case imap.Overflow:
		return fmt.Sprint("overflow ", u.Dropped)
	}
	return fmt.Sprintf("%T", u)
}

// hear collects updates until there are n or the loop ends.
func hear(ctx context.Context, box *imap.Mailbox, n int, o *imap.IdleOptions) (heard []string, err error) {
	for u, err := range box.Idle(ctx, o) {
		if err != nil {
			return heard, err
		}
		if heard = append(heard, said(u)); len(heard) == n {
			break
		}
	}
	return heard, nil
}

// wantHeard is hear that fails the test if anything else comes than that.
func wantHeard(t *testing.T, box *imap.Mailbox, want ...string) {
	t.Helper()
	got, err := hear(t.Context(), box, len(want), nil)
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("heard %q, %v; want %q", got, err, want)
	}
}

func noop(t *testing.T, c *imap.Client) {
	t.Helper()
	start := time.Now()
	if err := c.Noop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Fatalf("NOOP took %v", d)
	}
}

// What a server may say around IDLE, and what the loop hears of it. Behind it a
// NOOP works.
func TestIdleHears(t *testing.T) {
	const begin = "C: $2 IDLE\n"
	const end = `
		C: DONE
		S: $2 OK done
		C: $3 NOOP
		S: $3 OK done
	`
	for _, tt := range []struct {
		name, script string
		want         []string
	}{
		{"updates before +", begin + `
			S: * 4 EXISTS
			S: * 1 RECENT
			S: + idling` + end, []string{"exists 4", "recent 1"}},
		{"+ and updates in one packet", begin + `
			S!: + idling\r\n* 4 EXISTS\r\n* 1 EXPUNGE\r\n` + end, []string{"exists 4", "expunged 1"}},
		{"everything in one packet, + last", begin + `
			S!: * 4 EXISTS\r\n* 1 EXPUNGE\r\n+ idling\r\n` + end, []string{"exists 4", "expunged 1"}},
		{"second +", begin + `
			S: + idling
			S: + still idling
			S: * 4 EXISTS` + end, []string{"exists 4"}},
		{"bare +", begin + `
			S!: +\r\n
			S: * 4 EXISTS` + end, []string{"exists 4"}},
		{"keepalive OK", begin + `
			S: + idling
			S: * OK Still here
			pause 2m
			S: * OK Still here
			pause 2m
			S: * 4 EXISTS` + end, []string{"exists 4"}},
		{"literal", begin + `
			S: + idling
			S: * XNEWS {11}
			S: * 9 EXISTS)
			S: * 4 EXISTS` + end, []string{"other XNEWS", "exists 4"}},
		{"large literal", begin + `
			S: + idling
			S: * 2 FETCH (BODY[] {70000}
			S!: ` + strings.Repeat("x", 70000) + `
			S: )
			S: * 4 EXISTS` + end, []string{"changed 2 []", "exists 4"}},
		{"flags", begin + `
			S: + idling
			S: * 2 FETCH (FLAGS (\Seen))` + end, []string{`changed 2 [\Seen]`}},
		{"alert", begin + `
			S: + idling
			S: * OK [ALERT] the disk is full` + end, []string{"alert the disk is full"}},
		{"no blank between words, and garbage", begin + `
			S: + idling
			S: *
			S: * 4
			S: ????
			S: * 4 EXISTS` + end, []string{"exists 4"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, split := range []string{"", "split 1\n", "split 3,7,2\n"} {
					if split != "" && tt.name == "large literal" {
						split = "split 4096,1,7\n"
					}
					c, box := talk(t, "IDLE", split+tt.script, nil)
					wantHeard(t, box, tt.want...)
					noop(t, c)
				}
			})
		})
	}
}

// The IDLE line is the command and nothing else, byte by byte.
func TestIdleOnTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "IDLE", `
			C!: A2 IDLE\r\n
			S: + go
			S: * 4 EXISTS
			C!: DONE\r\n
			S: A2 OK done
			C!: A3 NOOP\r\n
			S: A3 OK done`, nil)
		wantHeard(t, box, "exists 4")
		noop(t, c)
	})
}

func TestIdleUpdatesBehindDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "IDLE", `
			C: $2 IDLE
			S: + idling
			S: * 4 EXISTS
			C: DONE
			S: * 5 EXISTS
			S: * 1 EXPUNGE
			S: $2 OK done
			C: $3 NOOP
			S: $3 OK done
			C: $4 IDLE
			S: + idling
			S: * 6 EXISTS
			C: DONE
			S: $4 OK done
			C: $5 NOOP
			S: $5 OK done`, nil)
		wantHeard(t, box, "exists 4")
		noop(t, c)
		// What came behind DONE is in the next loop's State.
		wantHeard(t, box, "state 4", "exists 6")
		noop(t, c)
	})
}

// A loop that goes on hears what comes between DONE and the reply.
func TestIdleInterruptedHearsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "IDLE", `
			C: $2 IDLE
			S: + idling
			S: * 4 EXISTS
			C: DONE
			S: * 5 EXISTS
			S: $2 OK done
			C: $3 NOOP
			S: * 6 EXISTS
			S: $3 OK done
			C: $4 IDLE
			S: + idling
			S: * 7 EXISTS
			C: DONE
			S: $4 OK done
			C: $5 NOOP
			S: $5 OK done`, nil)
		var got []string
		for u, err := range box.Idle(t.Context(), nil) {
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, said(u)); len(got) == 1 {
				noop(t, c)
			}
			if len(got) == 4 {
				break
			}
		}
		if want := []string{"exists 4", "exists 5", "exists 6", "exists 7"}; !slices.Equal(got, want) {
			t.Fatalf("%q", got)
		}
		noop(t, c)
	})
}

// Duration ends the loop in the midst of a line, and nothing of it is lost.
func TestIdleDurationInsideALine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "IDLE", `
			C: $2 IDLE
			S: + idling
			S!: * 4 EX
			pause 3s
			S!: IST
			pause 3s
			S!: S\r\n
			C: DONE
			S: $2 OK done
			C: $3 NOOP
			S: $3 OK done`, nil)
		start := time.Now()
		got, err := hear(t.Context(), box, 9, &imap.IdleOptions{Duration: time.Second})
		if err != nil || len(got) != 0 || time.Since(start) != time.Second {
			t.Fatal(got, err, time.Since(start))
		}
		if err := c.Noop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := box.State().Exists; n != 4 {
			t.Fatal(n)
		}
	})
}

func TestIdleRefused(t *testing.T) {
	for _, status := range []string{"NO", "BAD"} {
		t.Run(status, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, box := talk(t, "IDLE", `
					C: $2 IDLE
					S: * 4 EXISTS
					S: $2 `+status+` [LIMIT] not now
					C: $3 NOOP
					S: $3 OK done`, nil)
				got, err := hear(t.Context(), box, 9, nil)
				e, ok := errors.AsType[*imap.ResponseError](err)
				if !ok || e.Status != imap.Status(status) || !errors.Is(err, imap.CodeLimit) || e.Command != "IDLE" {
					t.Fatal(got, err)
				}
				if !slices.Equal(got, []string{"exists 4"}) {
					t.Fatal(got)
				}
				noop(t, c)
				<-time.After(time.Hour) // and it is not tried again
			})
		})
	}
}

// IDLE refused after it had worked: the client backs off with NOOP and tries
// again.
func TestIdleRefusedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "IDLE", `
			C: $2 IDLE
			S: + idling
			C: DONE
			S: $2 OK done
			C: $3 IDLE
			S: $3 NO [LIMIT] not now
			C: $4 NOOP
			S: * 4 EXISTS
			S: $4 OK done
			C: $5 IDLE
			S: $5 NO [LIMIT] not now
			C: $6 NOOP
			S: $6 OK done
			C: $7 IDLE
			S: + idling
			S: * 5 EXISTS
			C: DONE
			S: $7 OK done
			C: $8 NOOP
			S: $8 OK done`, nil)
		start := time.Now()
		got, err := hear(t.Context(), box, 2, &imap.IdleOptions{Renew: time.Minute})
		if err != nil || !slices.Equal(got, []string{"exists 4", "exists 5"}) {
			t.Fatal(got, err)
		}
		if d := time.Since(start) - time.Minute; d < 3*time.Second || d > 4*time.Second {
			t.Fatalf("backed off for %v", d)
		}
		noop(t, c)
	})
}

func TestIdleWithoutCapability(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "", `
			C: $2 NOOP
			S: $2 OK done`, nil)
		_, err := hear(t.Context(), box, 1, nil)
		if !errors.Is(err, imap.ErrUnsupported) {
			t.Fatal(err)
		}
		noop(t, c)
	})
}

// The server ends IDLE by itself: at once entered again if it lasted, else
// after a pause with NOOP.
func TestIdleEndedByServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "IDLE", `
			C: $2 IDLE
			S: + idling
			pause 2s
			S: $2 OK enough
			C: $3 IDLE
			S: + idling
			S: * 4 EXISTS
			S: $3 OK enough
			C: $4 NOOP
			S: $4 OK done
			C: $5 IDLE
			S: + idling
			pause 1m
			S: * 5 EXISTS
			C: DONE
			S: $5 OK done
			C: $6 NOOP
			S: $6 OK done`, nil)
		start := time.Now()
		got, err := hear(t.Context(), box, 2, nil)
		if err != nil || !slices.Equal(got, []string{"exists 4", "exists 5"}) {
			t.Fatal(got, err)
		}
		if d := time.Since(start) - 62*time.Second; d < time.Second || d > 2*time.Second {
			t.Fatalf("backed off for %v", d)
		}
		noop(t, c)
	})
}

// The pause grows to a minute and no further.
func TestIdleBackOffGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, box := talk(t, "IDLE", `
			repeat 12
			C: $2 IDLE
			S: + idling
			S: $2 OK enough
			C: $3 NOOP
			S: $3 OK done
			end
			C: $4 IDLE
			S: + idling
			S: * 4 EXISTS`, nil)
		start := time.Now()
		wantHeard(t, box, "exists 4")
		// 1+2+4+8+16+32+6×60
		if d := time.Since(start); d < 423*time.Second || d > 425*time.Second {
			t.Fatal(d)
		}
	})
}

func TestIdleBye(t *testing.T) {
	for _, tail := range []string{"cut", "stall"} {
		synctest.Test(t, func(t *testing.T) {
			c, box := talk(t, "IDLE", `
				C: $2 IDLE
				S: + idling
				S: * 4 EXISTS
				S: * BYE Autologout
				`+tail, nil)
			start := time.Now()
			got, err := hear(t.Context(), box, 9, nil)
			text, ok := imap.ByeText(err)
			if !errors.Is(err, imap.ErrClosed) || !ok || text != "Autologout" || !slices.Equal(got, []string{"exists 4"}) {
				t.Fatal(got, err)
			}
			if d := time.Since(start); d > 5*time.Second {
				t.Fatal(d)
			}
			if err := c.Noop(t.Context()); !errors.Is(err, imap.ErrClosed) {
				t.Fatal(err)
			}
		})
	}
}

// The tagged reply behind a BYE reaches its caller.
func TestByeLeavesTheReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := talk(t, "IDLE", `
			C: $2 NOOP
			S: * BYE soon
			pause 1s
			S: $2 OK done
			cut`, nil)
		if err := c.Noop(t.Context()); err != nil {
			t.Fatal(err)
		}
		var kinds []imap.NoticeKind
		for n, err := range c.Notices(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, n.Kind)
		}
		<-c.Done()
		if text, _ := imap.ByeText(c.Err()); text != "soon" {
			t.Fatal(c.Err())
		}
	})
}

func TestIdleEOF(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, box := talk(t, "IDLE", `
			C: $2 IDLE
			S: + idling
			S: * 4 EXISTS
			cut`, nil)
		got, err := hear(t.Context(), box, 9, nil)
		if !errors.Is(err, imap.ErrClosed) || !slices.Equal(got, []string{"exists 4"}) {
			t.Fatal(got, err)
		}
	})
}

// A peer that says nothing any more is given up within bounds.
func TestIdleSilentPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, box := talk(t, "IDLE", `
			C: $2 IDLE
			stall`, nil)
		start := time.Now()
		_, err := hear(t.Context(), box, 9, nil)
		if !errors.Is(err, imap.ErrTimeout) || !errors.Is(err, imap.ErrClosed) || time.Since(start) != 30*time.Second {
			t.Fatal(err, time.Since(start))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "IDLE", `
			C: $2 IDLE
			S: + idling
			S: * 4 EXISTS
			C: DONE
			stall`, nil)
		wantHeard(t, box, "exists 4")
		start := time.Now()
		err := c.Noop(t.Context())
		if !errors.Is(err, imap.ErrTimeout) || time.Since(start) != 15*time.Second {
			t.Fatal(err, time.Since(start))
		}
	})
	// The renewal finds it out without anybody asking.
	synctest.Test(t, func(t *testing.T) {
		_, box := talk(t, "IDLE", `
			C: $2 IDLE
			S: + idling
			stall`, nil)
		start := time.Now()
		_, err := hear(t.Context(), box, 9, nil)
		if !errors.Is(err, imap.ErrTimeout) || time.Since(start) != 9*time.Minute+15*time.Second {
			t.Fatal(err, time.Since(start))
		}
	})
}

func TestIdleRenews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "IDLE", `
			repeat 6
			C: $2 IDLE
			S: + idling
			pause 9m
			C: DONE
			S: $2 OK done
			end
			C: $3 IDLE
			S: + idling
			pause 7m
			S: * 4 EXISTS
			C: DONE
			S: $3 OK done
			C: $4 NOOP
			S: $4 OK done`, nil)
		start := time.Now()
		wantHeard(t, box, "exists 4")
		if d := time.Since(start); d != 61*time.Minute {
			t.Fatal(d)
		}
		noop(t, c)
	})
	// At most 29 minutes, whatever was asked for; the smallest of all loops.
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		var renewed []time.Duration
		start := time.Now()
		s.SetFaults(&imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "IDLE" {
				renewed = append(renewed, time.Since(start))
			}
			return nil
		}})
		_, box := login(t, s, nil)
		if _, err := hear(t.Context(), box, 1, &imap.IdleOptions{Renew: 5 * time.Hour, Duration: 61 * time.Minute}); err != nil {
			t.Fatal(err)
		}
		if want := []time.Duration{0, 29 * time.Minute, 58 * time.Minute}; len(renewed) != 3 || renewed[1]-renewed[0] != want[1] || renewed[2]-renewed[0] != want[2] {
			t.Fatal(renewed)
		}
		renewed = nil
		start = time.Now()
		var wg sync.WaitGroup
		for _, renew := range []time.Duration{20, 4} {
			wg.Go(func() {
				if _, err := hear(t.Context(), box, 1, &imap.IdleOptions{Renew: renew * time.Minute, Duration: 10 * time.Minute}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(renewed) != 3 {
			t.Fatal(renewed)
		}
	})
}

func TestIdleBurstGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "IDLE", `
			C: $2 IDLE
			S: + idling
			S: * 4 EXISTS
			pause 99ms
			S: * 5 EXISTS
			pause 99ms
			S: * 6 EXISTS
			pause 101ms
			S: * 7 EXISTS
			S: * 1 RECENT
			pause 1s
			S: * 1 EXPUNGE
			C: DONE
			S: $2 OK done
			C: $3 NOOP
			S: $3 OK done`, nil)
		var got []string
		for burst, err := range box.IdleBursts(t.Context(), nil) {
			if err != nil {
				t.Fatal(err)
			}
			var words []string
			for _, u := range burst {
				words = append(words, said(u))
			}
			if got = append(got, strings.Join(words, ",")); len(got) == 3 {
				break
			}
		}
		if want := []string{"exists 4,exists 5,exists 6", "exists 7,recent 1", "expunged 1"}; !slices.Equal(got, want) {
			t.Fatalf("%q", got)
		}
		noop(t, c)
	})
}

// Updates without end do not keep IdleBursts beyond its Duration.
func TestIdleBurstsDuration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		_, box := login(t, s, nil)
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(50 * time.Millisecond):
					deliver(t, s, 1, 1)
				}
			}
		})
		start := time.Now()
		n := 0
		for burst, err := range box.IdleBursts(t.Context(), &imap.IdleOptions{Duration: 10 * time.Second}) {
			if err != nil {
				t.Fatal(err)
			}
			n += len(burst)
		}
		close(stop)
		wg.Wait()
		if d := time.Since(start); d > 11*time.Second || n < 100 {
			t.Fatal(d, n)
		}
		// ctx ends it as well, with what there is and the error.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		deliver(t, s, 1, 1)
		n = 0
		var last error
		for burst, err := range box.IdleBursts(ctx, nil) {
			n, last = n+len(burst), err
		}
		if n == 0 || !errors.Is(last, context.DeadlineExceeded) {
			t.Fatal(n, last)
		}
	})
}

// break, ctx and Duration leave the connection usable, at once.
func TestIdleLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		c, box := login(t, s, nil)
		for range 3 {
			deliver(t, s, 1, 1)
			for range box.Idle(t.Context(), nil) {
				break
			}
			noop(t, c)
			start := time.Now()
			if got, err := hear(t.Context(), box, 99, &imap.IdleOptions{Duration: time.Minute}); err != nil || time.Since(start) != time.Minute {
				t.Fatal(got, err)
			}
			noop(t, c)
			ctx, cancel := context.WithCancelCause(t.Context())
			cause := errors.New("enough")
			time.AfterFunc(time.Minute, func() { cancel(cause) })
			if _, err := hear(ctx, box, 99, nil); !errors.Is(err, cause) {
				t.Fatal(err)
			}
			noop(t, c)
			if _, err := hear(ctx, box, 99, nil); !errors.Is(err, cause) {
				t.Fatal(err)
			}
		}
		// In a panic too.
		func() {
			defer func() { _ = recover() }()
			deliver(t, s, 1, 1)
			for range box.Idle(t.Context(), nil) {
				panic("oops")
			}
		}()
		noop(t, c)
	})
}

func TestIdleInterruptedFromOutside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		c, box := login(t, s, nil)
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				for j := range 20 {
					<-time.After(time.Duration(i*7+j) * time.Millisecond)
					start := time.Now()
					if err := c.Noop(t.Context()); err != nil || time.Since(start) > time.Second {
						t.Error(err, time.Since(start))
					}
					deliver(t, s, 1, 1)
				}
			})
		}
		last := uint32(0)
		for u, err := range box.Idle(t.Context(), nil) {
			if err != nil {
				t.Fatal(err)
			}
			switch u := u.(type) {
			case imap.Exists:
				last = u.Count
			case imap.State:
				last = u.Exists
			}
			if last == 160 {
				break
			}
		}
		wg.Wait()
		noop(t, c)
	})
}

// Commands in a row do not make the client enter and leave IDLE between them.
func TestIdleLingers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		idles := 0
		s.SetFaults(&imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "IDLE" {
				idles++
			}
			return nil
		}})
		c, box := login(t, s, nil)
		go func() {
			<-time.After(time.Minute)
			for range 100 {
				if err := c.Noop(t.Context()); err != nil {
					t.Error(err)
				}
				<-time.After(10 * time.Millisecond)
			}
		}()
		if _, err := hear(t.Context(), box, 99, &imap.IdleOptions{Duration: 5 * time.Minute}); err != nil {
			t.Fatal(err)
		}
		if idles != 2 {
			t.Fatal(idles)
		}
	})
}

func TestAlertReachesNotices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "IDLE", `
			C: $2 IDLE
			S: + idling
			S: * NO [ALERT] the disk is full
			S: * 4 EXISTS
			C: DONE
			S: $2 OK done
			C: $3 NOOP
			S: $3 OK done`, nil)
		alerts := make(chan string)
		go func() {
			for n, err := range c.Notices(t.Context()) {
				if err != nil || n.Kind != imap.NoticeAlert {
					return
				}
				alerts <- n.Text
			}
		}()
		synctest.Wait()
		wantHeard(t, box, "alert the disk is full", "exists 4")
		if text := <-alerts; text != "the disk is full" {
			t.Fatal(text)
		}
		noop(t, c)
	})
}

// What a loop did not take is in the State of the next, once.
func TestIdleHandsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		c, box := login(t, s, nil)
		short := &imap.IdleOptions{Duration: time.Second}
		if got, err := hear(t.Context(), box, 99, short); err != nil || len(got) != 0 {
			t.Fatal(got, err)
		}
		deliver(t, s, 3, 1)
		noop(t, c)
		if got, _ := hear(t.Context(), box, 99, short); !slices.Equal(got, []string{"state 3"}) {
			t.Fatal(got)
		}
		if got, _ := hear(t.Context(), box, 99, short); len(got) != 0 {
			t.Fatal(got)
		}
		deliver(t, s, 1, 1)
		noop(t, c)
		if box.State().Exists != 4 { // looked at
			t.Fatal(box.State())
		}
		if got, _ := hear(t.Context(), box, 99, short); len(got) != 0 {
			t.Fatal(got)
		}
		go func() {
			<-time.After(500 * time.Millisecond)
			deliver(t, s, 5, 1)
		}()
		got, _ := hear(t.Context(), box, 1, nil)
		if len(got) != 1 {
			t.Fatal(got)
		}
		<-time.After(time.Second)
		noop(t, c)
		if got, _ := hear(t.Context(), box, 99, short); !slices.Equal(got, []string{"state 9"}) {
			t.Fatal(got)
		}
	})
}

func TestIdleOverflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "IDLE", `
			C: $2 IDLE
			S: + idling
			S: * 4 EXISTS
			pause 1s
			repeat 5000
			S: * 2 FETCH (FLAGS ())
			end
			S: * 77 EXISTS
			C: DONE
			S: $2 OK done
			C: $3 NOOP
			S: $3 OK done`, nil)
		var got []string
		for u, err := range box.Idle(t.Context(), nil) {
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, said(u)); len(got) == 1 {
				<-time.After(time.Minute)
			}
			if len(got) == 4096+3 {
				break
			}
		}
		if n := len(got); got[n-2] != "overflow 905" || got[n-1] != "state 77" || got[n-3] != "changed 2 []" {
			t.Fatalf("%q", got[len(got)-3:])
		}
		noop(t, c)
	})
}

// Several TLS records that one Read brings are all seen without a further byte.
func TestIdleOverTLS(t *testing.T) {
	ca, err := imaptest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		script, err := imaptest.ParseTranscript(`
			S: * PREAUTH [CAPABILITY IMAP4rev1 IDLE] hello
			C: $1 SELECT INBOX
			S: * 3 EXISTS
			S: $1 OK done
			C: $2 IDLE
			split 5,3,1
			S!: + idling\r\n* 4 EXISTS\r\n* 5 EXISTS\r\n
			C: DONE
			S: $2 OK done
			C: $3 NOOP
			S: $3 OK done`)
		if err != nil {
			t.Fatal(err)
		}
		client, srv := imaptest.Pipe()
		played := make(chan error, 1)
		go func() {
			gather := &gatherer{Conn: srv}
			played <- script.Play(tls.Server(gather, ca.ServerConfig()), nil)
		}()
		c, err := imap.NewClient(t.Context(), client, &imap.Options{TLSConfig: &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost"}})
		if err != nil {
			t.Fatal(err)
		}
		box, err := c.Select(t.Context(), "INBOX", nil)
		if err != nil {
			t.Fatal(err)
		}
		wantHeard(t, box, "exists 4", "exists 5")
		noop(t, c)
		c.Close()
		if err := <-played; err != nil {
			t.Fatal(err)
		}
	})
}

// Two loops at once both hear everything; a loop in a loop's body works.
func TestIdleTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		c, box := login(t, s, nil)
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				for u, err := range box.Idle(t.Context(), nil) {
					if err != nil {
						t.Error(err)
					}
					if u == (imap.Recent{Count: 5}) {
						break
					}
				}
			})
		}
		for range 5 {
			<-time.After(time.Second)
			deliver(t, s, 1, 1)
		}
		wg.Wait()
		var got []string
		go func() {
			<-time.After(time.Second)
			deliver(t, s, 1, 1)
			<-time.After(time.Second)
			deliver(t, s, 1, 1)
			<-time.After(time.Second)
			deliver(t, s, 1, 1)
		}()
		for u, err := range box.Idle(t.Context(), nil) {
			if err != nil {
				t.Fatal(err)
			}
			if _, is := u.(imap.Exists); !is {
				continue
			}
			got = append(got, said(u))
			if len(got) == 4 {
				break
			}
			if len(got) > 1 {
				continue
			}
			for u, err := range box.Idle(t.Context(), nil) {
				if err != nil {
					t.Fatal(err)
				}
				if _, is := u.(imap.Exists); is {
					got = append(got, "inner "+said(u))
					break
				}
			}
		}
		if want := []string{"exists 6", "inner exists 7", "exists 7", "exists 8"}; !slices.Equal(got, want) {
			t.Fatalf("%q", got)
		}
		noop(t, c)
	})
}

func TestIdleDeselected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		c, box := login(t, s, nil)
		if err := c.Create(t.Context(), "Other"); err != nil {
			t.Fatal(err)
		}
		// By another goroutine.
		go func() {
			<-time.After(time.Minute)
			if err := box.Unselect(t.Context()); err != nil {
				t.Error(err)
			}
		}()
		if got, err := hear(t.Context(), box, 9, nil); !errors.Is(err, imap.ErrDeselected) {
			t.Fatal(got, err)
		}
		if got, err := hear(t.Context(), box, 9, nil); !errors.Is(err, imap.ErrDeselected) {
			t.Fatal(got, err)
		}
		noop(t, c)
		// From inside the loop: the loop ends, and one over the other works.
		box, err := c.Select(t.Context(), "INBOX", nil)
		if err != nil {
			t.Fatal(err)
		}
		deliver(t, s, 1, 1)
		var other *imap.Mailbox
		var last error
		for _, err := range box.Idle(t.Context(), nil) {
			if err != nil {
				last = err
				break
			}
			if other == nil {
				if other, err = c.Select(t.Context(), "Other", nil); err != nil {
					t.Fatal(err)
				}
				if got, err := hear(t.Context(), other, 1, &imap.IdleOptions{Duration: time.Second}); err != nil || len(got) > 0 {
					t.Fatal(got, err)
				}
			}
		}
		if !errors.Is(last, imap.ErrDeselected) {
			t.Fatal(last)
		}
		noop(t, c)
		if _, err := s.Deliver("alice", "Other", imaptest.CRLF("A: b\n\nc"), nil); err != nil {
			t.Fatal(err)
		}
		if got, err := hear(t.Context(), other, 1, nil); err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
	})
}

// Updates listens without IDLE.
func TestUpdatesWithoutIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "", `
			C: $2 NOOP
			S: * 4 EXISTS
			S: * 1 EXPUNGE
			S: $2 OK done`, nil)
		var got []string
		listened := make(chan struct{})
		go func() {
			defer close(listened)
			for u, err := range box.Updates(t.Context()) {
				if err != nil {
					t.Error(err)
					return
				}
				if got = append(got, said(u)); len(got) == 2 {
					return
				}
			}
		}()
		synctest.Wait() // the loop listens
		noop(t, c)
		<-listened
		if want := []string{"exists 4", "expunged 1"}; !slices.Equal(got, want) {
			t.Fatalf("%q", got)
		}
	})
}

// Close ends all loops, and nothing is left.
func TestIdleClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		c, box := login(t, s, nil)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if _, err := hear(t.Context(), box, 9, nil); !errors.Is(err, imap.ErrClosed) {
					t.Error(err)
				}
			})
		}
		<-time.After(time.Hour)
		start := time.Now()
		c.Close()
		wg.Wait()
		if time.Since(start) > 0 {
			t.Fatal(time.Since(start))
		}
		s.Close()
		synctest.Wait()
	})
}

// gatherer gathers what is written within a millisecond into one Write.
type gatherer struct {
	net.Conn
	mu  sync.Mutex
	buf []byte
}

func (g *gatherer) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.buf) == 0 {
		time.AfterFunc(time.Millisecond, func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			_, _ = g.Conn.Write(g.buf)
			g.buf = nil
		})
	}
	g.buf = append(g.buf, p...)
	return len(p), nil
}
