package imap_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// heapNow is what is reachable.
func heapNow() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// allocated is how much memory do takes in all, whether kept or not.
func allocated(do func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// survives says a case in answer to a NOOP. However it ends, it ends within
// the limits of time, and with little memory.
func survives(t *testing.T, name string, input string, most int64) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c, box, _ := connect(t, nil, saying("NOOP", input+"\r\nTAG OK done\r\n"))
		before := box.State()
		start := time.Now()
		n := allocated(func() { _ = c.Noop(t.Context()) })
		if n > most {
			t.Errorf("%s: %d bytes allocated", name, n)
		}
		if d := time.Since(start); d > 5*time.Minute {
			t.Errorf("%s: it took %v", name, d)
		}
		if err := c.Noop(t.Context()); err != nil && !errors.Is(err, imap.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
		if s := box.State(); s.Exists != before.Exists || s.UIDValidity != before.UIDValidity || s.UIDNext != before.UIDNext {
			t.Errorf("%s: %+v", name, s)
		}
	})
}

func TestA40_HugeLiterals(t *testing.T) {
	for _, a := range attacks(t, "memory") {
		survives(t, a.Name, string(a.Input), 1<<20)
	}
	// In answer to a FETCH that asked for it.
	for _, size := range []string{"4294967295", "9223372036854775807", "9223372036854775808"} {
		synctest.Test(t, func(t *testing.T) {
			c, box, _ := connect(t, nil, saying("UID FETCH", "* 1 FETCH (UID 5 BODY[] {"+size+"}\r\nx"))
			var last error
			n := allocated(func() {
				for m, err := range box.Fetch(t.Context(), imap.UID(5), &imap.FetchOptions{Sections: []imap.Section{{}}}) {
					if last = err; err == nil {
						_, err := io.Copy(io.Discard, m.Body(imap.Section{}))
						if err == nil {
							t.Errorf("{%s}: a body that came whole", size)
						}
					}
				}
			})
			if n > 2<<20 || last == nil {
				t.Errorf("{%s}: %d bytes, %v", size, n, last)
			}
			if err := c.Noop(t.Context()); err == nil {
				t.Errorf("{%s}: the connection goes on", size)
			}
		})
	}
	t.Run("lost answers are reported", func(t *testing.T) {
		big := strings.Repeat("x", 70<<10)
		for say, do := range map[string]func(c *imap.Client, box *imap.Mailbox) error{
			fmt.Sprintf("* LIST () \"/\" {%d}\r\n%s\r\n* LIST () \"/\" b\r\nTAG OK done\r\n", len(big), big): func(c *imap.Client, _ *imap.Mailbox) (err error) {
				n := 0
				for _, err = range c.List(context.Background(), "*", nil) {
					n++
				}
				if n != 2 { // b, and the error
					err = nil
				}
				return err
			},
			"* SEARCH 1 2 x3\r\nTAG OK done\r\n": func(_ *imap.Client, box *imap.Mailbox) error {
				_, err := box.Search(context.Background(), nil)
				return err
			},
			"* ESEARCH (TAG \"TAG\") UID ALL 0\r\nTAG OK done\r\n": func(_ *imap.Client, box *imap.Mailbox) error {
				_, err := box.Search(context.Background(), nil)
				return err
			},
			"* SEARCH" + strings.Repeat(" 12345678", 2<<20) + "\r\nTAG OK done\r\n": func(_ *imap.Client, box *imap.Mailbox) error {
				_, err := box.Search(context.Background(), nil)
				return err
			},
			"* 1 FETCH garbage\r\n* 2 FETCH (UID 6 FLAGS ())\r\nTAG OK done\r\n": func(_ *imap.Client, box *imap.Mailbox) (err error) {
				n := 0
				for _, err = range box.Fetch(context.Background(), imap.UIDRange(5, 6), nil) {
					n++
				}
				if n != 2 {
					err = nil
				}
				return err
			},
		} {
			synctest.Test(t, func(t *testing.T) {
				first := true
				c, box, _ := connect(t, nil, func(f *fake, tag, command string) bool {
					if command == "NOOP" || !first || strings.Contains(command, "INBOX") || strings.HasPrefix(command, "LOGIN") {
						return false
					}
					first = false
					f.say(strings.ReplaceAll(say, "TAG", tag))
					return true
				})
				if err := do(c, box); err == nil || errors.Is(err, imap.ErrClosed) {
					t.Errorf("%.60q: %v", say, err)
				}
				if err := c.Noop(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
	})
}

func TestA41_ManyAttributes(t *testing.T) {
	survives(t, "attributes", "* 1 FETCH (UID 1"+strings.Repeat(" X-A 1", 100_000)+")", 8<<20)
	survives(t, "literals", "* 1 FETCH (UID 1"+strings.Repeat(" X-A {1}\r\nx", 20_000)+")", 4<<20)
	survives(t, "flags", "* 1 FETCH (UID 1 FLAGS ("+strings.Repeat("a ", 100_000)+"b))", 4<<20)
	t.Run("unasked", func(t *testing.T) { // large literals in what nobody asked for are not kept
		lit := strings.Repeat("x", 1<<20)
		say := fmt.Sprintf("* 1 FETCH (UID 1 X-A {%d}\r\n%s)\r\n", len(lit), lit)
		synctest.Test(t, func(t *testing.T) {
			c, box, f := connect(t, nil, nil)
			busy, release := make(chan bool), make(chan bool)
			go func() {
				for range box.Idle(t.Context(), nil) { // its user sleeps
					close(busy)
					<-release
					return
				}
			}()
			<-time.After(time.Second)
			f.say("* 51 EXISTS\r\n")
			<-busy
			before := heapNow()
			for range 60 {
				f.say(say)
			}
			synctest.Wait()
			if n := heapNow() - before; n > 24<<20 {
				t.Errorf("%d MiB are kept for a listener that sleeps", n>>20)
			}
			close(release)
			if err := c.Noop(t.Context()); err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("incomplete", func(t *testing.T) { // bodies that wait for the rest of their message
		lit := strings.Repeat("x", 1<<20)
		synctest.Test(t, func(t *testing.T) {
			c, box, _ := connect(t, &imap.Options{Budget: 8 << 20}, func(f *fake, tag, command string) bool {
				if !strings.HasPrefix(command, "UID FETCH") {
					return false
				}
				before := heapNow()
				for uid := 1; uid <= 64; uid++ {
					f.say(fmt.Sprintf("* %d FETCH (UID %d BODY[] {%d}\r\n", uid, uid, len(lit)), lit, ")\r\n")
				}
				synctest.Wait()
				if n := heapNow() - before; n > 24<<20 {
					t.Errorf("%d MiB are kept", n>>20)
				}
				f.say(tag + " OK done\r\n")
				return true
			})
			seen := map[imap.UID]bool{}
			var last error
			for m, err := range box.Fetch(t.Context(), imap.UIDRange(1, 64), &imap.FetchOptions{Envelope: true, Sections: []imap.Section{{}}, Slice: 64}) {
				if last = err; err == nil {
					seen[m.UID] = len(m.Missing) == 1
				}
			}
			if len(seen) != 64 && last == nil {
				t.Errorf("%d messages, and no error", len(seen))
			}
			if err := c.Noop(t.Context()); err != nil {
				t.Error(err)
			}
		})
	})
}

// the time rises as the size does, however it is cut.
func TestA42_Linear(t *testing.T) {
	// What is allocated is counted, not time: bytes that are moved again and
	// again show in both.
	run := func(n int) uint64 {
		var before, after runtime.MemStats
		body := strings.Repeat("0123456789abcde\n", n/16)
		text := fmt.Sprintf("* 1 FETCH (UID 5 BODY[] {%d}\r\n%s)\r\n", len(body), body)
		client, server := imaptest.Pipe()
		f := newFake(server)
		go func() {
			f.say("* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n")
			f.serve(func(tag, command string) bool {
				if !strings.HasPrefix(command, "UID FETCH") {
					return false
				}
				for s := text; len(s) > 0; s = s[min(len(s), 256):] {
					f.say(s[:min(len(s), 256)])
				}
				f.say(tag + " OK done\r\n")
				return true
			})
		}()
		c, err := imap.NewClient(t.Context(), client, &imap.Options{Security: imap.Plaintext})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		box, err := c.Select(t.Context(), "INBOX", nil)
		if err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&before)
		_, bodies, err := fetchAll(t, box, imap.UID(5), &imap.FetchOptions{Sections: []imap.Section{{}}})
		runtime.ReadMemStats(&after)
		if err != nil || len(bodies) != 1 || bodies[0] != body {
			t.Errorf("%d bytes: %v", n, err)
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	run(1 << 20)
	small, large := run(1<<20), run(4<<20)
	if large > 8*small {
		t.Errorf("1 MiB: %d bytes allocated, 4 MiB: %d", small, large)
	}
}

func TestA43_Nesting(t *testing.T) {
	for _, a := range attacks(t, "nesting") {
		survives(t, a.Name, string(a.Input), 4<<20)
	}
	a := attack(t, "nesting/bodystructure multipart 50")
	synctest.Test(t, func(t *testing.T) {
		c, box, _ := connect(t, nil, saying("NOOP", string(a.Input)+"TAG OK done\r\n"))
		ups := updates(t, c, box, func() { _ = c.Noop(t.Context()) })
		if len(ups) != 1 || ups[0].(imap.Changed).Message.BodyStructure == nil {
			t.Errorf("%+v", ups)
		}
	})
}

func TestA44_SetExpansion(t *testing.T) {
	for _, a := range attacks(t, "set-expansion") {
		if a.Name == "set-expansion/VANISHED" || a.Name == "set/very many singles" {
			survivesVanished(t, a.Name, string(a.Input))
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			say := strings.ReplaceAll(string(a.Input), `TAG "A1"`, `TAG "TAG"`)
			if !strings.HasPrefix(say, "A1 ") {
				say += "TAG OK done\r\n"
			}
			handle := func(f *fake, tag, command string) bool {
				if !strings.HasPrefix(command, "UID COPY") && !strings.HasPrefix(command, "UID SEARCH") && !strings.HasPrefix(command, "APPEND") {
					return false
				}
				f.say(strings.ReplaceAll(retag([]byte(say), tag), "TAG", tag))
				return true
			}
			c, box, _ := connect(t, nil, handle)
			n := allocated(func() {
				res, err := box.Copy(t.Context(), imap.UIDRange(1, imap.MaxUID), "b")
				if want := a.Name == "set-expansion/COPYUID"; err != nil || want != (res.UIDs.Len() > 1<<31) {
					t.Errorf("%s: %d, %v", a.Name, res.UIDs.Len(), err)
				}
				set, err := box.Search(t.Context(), nil)
				if want := a.Name == "set-expansion/ESEARCH ALL"; err != nil || want != (set.Len() > 1<<31) {
					t.Errorf("%s: %d, %v", a.Name, set.Len(), err)
				}
				if _, err := c.Append(t.Context(), "b", strings.NewReader("x"), 1, nil); err != nil {
					t.Errorf("%s: %v", a.Name, err)
				}
			})
			if n > 1<<20 {
				t.Errorf("%s: %d bytes", a.Name, n)
			}
			if err := c.Noop(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func survivesVanished(t *testing.T, name, input string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c, box, _ := connect(t, nil, saying("NOOP", input+"TAG OK done\r\n"))
		n := allocated(func() {
			ups := updates(t, c, box, func() { _ = c.Noop(t.Context()) })
			if len(ups) != 1 || ups[0].(imap.Vanished).UIDs.Len() == 0 {
				t.Errorf("%s: %v", name, ups)
			}
		})
		if n > 1<<20 {
			t.Errorf("%s: %d bytes", name, n)
		}
	})
}

func TestA45_Numbers(t *testing.T) {
	for _, a := range attacks(t, "numbers") {
		synctest.Test(t, func(t *testing.T) {
			c, box, _ := connect(t, nil, saying("NOOP", string(a.Input)+"TAG OK done\r\n"))
			before := box.State()
			for _, u := range updates(t, c, box, func() {
				if err := c.Noop(t.Context()); err != nil {
					t.Errorf("%s: %v", a.Name, err)
				}
			}) {
				if _, other := u.(imap.Other); other {
					continue
				}
				ch, ok := u.(imap.Changed)
				if !ok || len(ch.Message.Problems) == 0 || ch.Message.Has(imap.HasSize) || ch.Message.Has(imap.HasModSeq) {
					t.Errorf("%s: %+v", a.Name, u)
				}
			}
			if s := box.State(); fmt.Sprint(s) != fmt.Sprint(before) {
				t.Errorf("%s: %+v, was %+v", a.Name, s, before)
			}
			// The same while a mailbox is opened.
			c, _, _ = connect(t, nil, saying("SELECT b", "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 9] x\r\n"+string(a.Input)+"TAG OK done\r\n"))
			box, err := c.Select(t.Context(), "b", nil)
			if err != nil {
				t.Fatalf("%s: %v", a.Name, err)
			}
			if s := box.State(); s.Exists != 3 || s.UIDValidity != 7 && s.UIDValidity != 0 || s.UIDNext != 9 && s.UIDNext != 0 {
				t.Errorf("%s: %+v", a.Name, s)
			}
		})
	}
}

func TestA46_Floods(t *testing.T) {
	closes := map[string]string{
		"continuations": "+ \r\n", "empty lines": "\r\n", "garbage": "hello world\r\n", "unknown tags": "ZZ OK x\r\n",
		"stars": "** OK\r\n", "endless line": strings.Repeat("x", 100),
	}
	for name, say := range closes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := new(levels)
				c, _, f := connect(t, &imap.Options{Logger: slog.New(log), Limits: wire.Limits{Skip: 1 << 20}}, nil)
				before := heapNow()
				for range 200 {
					f.say(strings.Repeat(say, 1000))
					synctest.Wait() // it was read: what is held is held by the client
				}
				<-c.Done()
				if n := heapNow() - before; n > 10<<20 { // of 20 MB that are sent
					t.Errorf("%d bytes", n)
				}
				if n := len(log.texts(slog.LevelInfo)); n > 250 {
					t.Errorf("%d lines logged", n)
				}
			})
		})
	}
	t.Run("corpus", func(t *testing.T) {
		for _, a := range attacks(t, "continuation") {
			if strings.Contains(a.Name, "flood") {
				synctest.Test(t, func(t *testing.T) {
					c, _, f := connect(t, nil, nil)
					f.say(string(a.Input))
					<-c.Done()
				})
			}
		}
		for _, a := range attacks(t, "line-length") {
			survives(t, a.Name, string(a.Input), 4<<20)
		}
	})
	t.Run("spoilt data", func(t *testing.T) { // survived; but not logged for ever
		synctest.Test(t, func(t *testing.T) {
			log := new(levels)
			c, _, f := connect(t, &imap.Options{Logger: slog.New(log)}, nil)
			f.say(strings.Repeat("* 0 EXPUNGE\r\n", 5000))
			if err := c.Noop(t.Context()); err != nil {
				t.Error(err)
			}
			if n := len(log.texts(slog.LevelInfo)); n > 250 || n == 0 {
				t.Errorf("%d lines logged", n)
			}
		})
	})
	t.Run("before login", func(t *testing.T) {
		for _, say := range []string{"* OK x\r\n", "* LIST () \"/\" a\r\n", strings.Repeat("x", 100), "{100}\r\n", "* LIST {10000000}\r\nxxxxxxxxxx"} {
			for _, greeting := range []string{"* OK [CAPABILITY IMAP4rev1] hi\r\n", ""} {
				synctest.Test(t, func(t *testing.T) {
					client, server := imaptest.Pipe()
					sent := 0
					go func() {
						_, _ = server.Write([]byte(greeting))
						block := []byte(strings.Repeat(say, 1+4096/len(say)))
						for {
							n, err := server.Write(block)
							if sent += n; err != nil {
								return
							}
						}
					}()
					c, err := imap.NewClient(t.Context(), client, &imap.Options{Security: imap.Plaintext})
					if err == nil {
						<-c.Done()
						c.Close()
					}
					synctest.Wait()
					if sent > 2<<20 { // of which 1 MiB may be in the pipe
						t.Errorf("%q: %d bytes were read", say[:10], sent)
					}
				})
			}
		}
	})
	t.Run("in IDLE", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, box, f := connect(t, nil, nil)
			var before int64
			kinds := map[string]int{}
			lost := 0
			go func() {
				<-time.After(time.Minute)
				f.say("* 51 EXISTS\r\n")
			}()
			for u, err := range box.Idle(t.Context(), nil) {
				if err != nil {
					break
				}
				kinds[fmt.Sprintf("%T", u)]++
				if o, ok := u.(imap.Overflow); ok {
					lost = o.Dropped
				}
				if s, ok := u.(imap.State); ok && kinds["imap.Overflow"] > 0 {
					if s.Exists != 52 {
						t.Errorf("%+v", s)
					}
					break
				}
				if kinds["imap.Exists"] == 1 && before == 0 {
					before = heapNow()
					for range 100 {
						f.say(strings.Repeat("* 1 FETCH (FLAGS ())\r\n", 1000))
					}
					f.say("* 52 EXISTS\r\n")
					synctest.Wait()
					if n := heapNow() - before; n > 8<<20 {
						t.Errorf("%d MiB", n>>20)
					}
				}
			}
			if kinds["imap.Overflow"] != 1 || lost+kinds["imap.Changed"] != 100_001 && lost+kinds["imap.Changed"] != 100_000 {
				t.Errorf("%v, %d lost", kinds, lost)
			}
			if err := c.Noop(t.Context()); err != nil {
				t.Error(err)
			}
		})
	})
}

func TestA48_Counts(t *testing.T) {
	t.Run("EXISTS", func(t *testing.T) { // 4 billion messages of which none is there
		synctest.Test(t, func(t *testing.T) {
			c, box, f := connect(t, nil, saying("NOOP", "* 4294967295 EXISTS\r\nTAG OK done\r\n"))
			if err := c.Noop(t.Context()); err != nil {
				t.Fatal(err)
			}
			before := len(f.commands())
			n := allocated(func() {
				all, _, err := fetchAll(t, box, imap.UIDRange(1, imap.MaxUID), nil)
				if len(all) > 0 || err != nil {
					t.Errorf("%d, %v", len(all), err)
				}
			})
			if n > 1<<20 || len(f.commands())-before > 3 {
				t.Errorf("%d bytes, %d commands", n, len(f.commands())-before)
			}
		})
	})
	t.Run("SEARCH", func(t *testing.T) { // many found: fetched by and by
		synctest.Test(t, func(t *testing.T) {
			var ids strings.Builder
			for i := range 200_000 {
				fmt.Fprintf(&ids, " %d", 2*i+1)
			}
			c, box, f := connect(t, nil, saying("UID SEARCH", "* SEARCH"+ids.String()+"\r\nTAG OK done\r\n"))
			set, err := box.Search(t.Context(), nil)
			if err != nil || set.Len() != 200_000 {
				t.Fatal(set.Len(), err)
			}
			n := 0
			for range box.Fetch(t.Context(), set, nil) {
				n++
			}
			for _, s := range f.commands() {
				if len(s) > 16<<10 {
					t.Errorf("a command of %d bytes", len(s))
				}
			}
			if err := c.Noop(t.Context()); err != nil || n != 0 {
				t.Error(n, err)
			}
		})
	})
	t.Run("LIST", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			const most = 100_000
			c, _, _ := connect(t, nil, func(f *fake, tag, command string) bool {
				if !strings.HasPrefix(command, "LIST") {
					return false
				}
				for range most/1000 + 1 {
					f.say(strings.Repeat("* LIST () \"/\" a\r\n", 1000))
				}
				f.say(tag + " OK done\r\n")
				return true
			})
			n := 0
			var last error
			for _, err := range c.List(t.Context(), "*", nil) {
				n++
				last = err
			}
			var limit *imap.LimitError
			if !errors.As(last, &limit) || n != most+1 {
				t.Errorf("%d, %v", n, last)
			}
			if err := c.Noop(t.Context()); err != nil {
				t.Error(err)
			}
		})
	})
}
