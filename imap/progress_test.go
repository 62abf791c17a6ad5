package imap_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/search"
)

// RFC 9585 §4: progress reaches the call that it is about, and whoever listens.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "INPROGRESS UIDPLUS", `
			C: $2 UID COPY 1:3 Archive
			S: * OK [INPROGRESS ("$2" 454 1000)] Processed 45% of the items
			pause 1s
			S: * OK [INPROGRESS ("$2" 999 1000)] Processed 99% of the items
			pause 1s
			S: * OK [INPROGRESS (NIL 1000 NIL)] Still on it
			pause 1s
			S: * OK [INPROGRESS] Still on it
			pause 1s
			S: * OK [INPROGRESS ("X9" NIL NIL)] somebody else
			pause 1s
			S: * OK [INPROGRESS ("$2" many 7)] garbage
			pause 1s
			S: $2 OK done`, nil)
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		defer wg.Wait()
		defer stop()
		var noticed []string
		wg.Go(func() {
			for n, err := range c.Notices(ctx) {
				if err == nil && n.Kind == imap.NoticeProgress {
					noticed = append(noticed, n.Progress.Command)
				}
			}
		})
		synctest.Wait()
		var heard []string
		reported := imap.WithProgress(t.Context(), func(p imap.Progress) {
			heard = append(heard, fmt.Sprint(p.Command, " ", p.Counted, " ", p.Done, "/", p.Goal, " ", p.Text))
			if c.Has("IDLE") { // any method may be called
				t.Error("IDLE")
			}
		})
		if _, err := box.Copy(reported, imap.UIDRange(1, 3), "Archive"); err != nil {
			t.Fatal(err)
		}
		want := []string{
			"UID COPY true 454/1000 Processed 45% of the items",
			"UID COPY true 999/1000 Processed 99% of the items",
			"UID COPY true 1000/0 Still on it",
			"UID COPY false 0/0 Still on it",
		}
		if !slices.Equal(heard, want) {
			t.Errorf("heard %q", heard)
		}
		stop()
		wg.Wait()
		if s := strings.Join(noticed, ","); s != "UID COPY,UID COPY,UID COPY,UID COPY," {
			t.Error(s)
		}
	})
}

// A report that takes long hears the latest next, and a cancelled call no more.
func TestProgressSlowAndCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, box := talk(t, "INPROGRESS", `
			C: $2 UID SEARCH TEXT "x"
			pause 100ms
			S: * OK [INPROGRESS ("$2" 1 9)] 1
			pause 1s
			S: * OK [INPROGRESS ("$2" 2 9)] 2
			S: * OK [INPROGRESS ("$2" 3 9)] 3
			pause 20s
			S: * OK [INPROGRESS ("$2" 4 9)] 4
			S: * SEARCH
			S: $2 OK done`, nil)
		ctx, stop := context.WithTimeout(t.Context(), 15*time.Second)
		defer stop()
		var heard []uint64
		_, err := box.Search(imap.WithProgress(ctx, func(p imap.Progress) {
			heard = append(heard, p.Done)
			<-time.After(5 * time.Second)
		}), search.Text("x"))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		<-time.After(time.Minute)
		if !slices.Equal(heard, []uint64{1, 3}) {
			t.Error(heard)
		}
	})
}

func TestRecent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := imaptest.NewServer(nil)
		defer srv.Close()
		srv.AddUser("alice", "pass")
		c, err := imap.NewClient(t.Context(), srv.Pipe(), &imap.Options{Security: imap.Plaintext, RecentLines: 4})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Login(t.Context(), "alice", "pass"); err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, line := range c.RecentLines() {
			_, text, _ := strings.Cut(line, "Z ")
			said = append(said, text)
		}
		if len(said) != 3 || said[1] != "C: A1 LOGIN ***" || !strings.HasPrefix(said[0], "S: * OK [CAPABILITY") || strings.Contains(strings.Join(said, ""), "pass ") {
			t.Errorf("%q", said)
		}
		for range 10 {
			if err := c.Noop(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		c.Close()
		last := c.RecentLines()
		if len(last) != 4 || !strings.HasSuffix(last[0], "C: A10 NOOP") || !strings.HasSuffix(last[3], "S: A11 OK NOOP completed") {
			t.Errorf("%q", last)
		}
		if !strings.HasPrefix(last[0], "2000-01-01T00:00:00.000Z ") {
			t.Errorf("%q", last[0])
		}
	})
	synctest.Test(t, func(t *testing.T) {
		if c := talkTo(t, "IDLE", "", nil); c.RecentLines() != nil {
			t.Error(c.RecentLines())
		}
	})
}

// A server that works with UTF8=ACCEPT alone gets it.
func TestUTF8Only(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := speakTo(t, "IMAP4rev1 ENABLE UTF8=ONLY", `
			C: $1 ENABLE UTF8=ACCEPT
			S: * ENABLED UTF8=ACCEPT
			S: $1 OK done
			C: $2 CREATE "Entwürfe"
			S: $2 OK done`)
		if !c.Enabled("UTF8=ACCEPT") {
			t.Fatal("not enabled")
		}
		if err := c.Create(t.Context(), "Entwürfe"); err != nil {
			t.Fatal(err)
		}
	})
	for _, answer := range []string{"$2 NO no", "$2 OK done"} {
		synctest.Test(t, func(t *testing.T) {
			conn := imaptest.Script(t, `
				S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello
				C: $1 LOGIN "a" "b"
				S: $1 OK [CAPABILITY IMAP4rev1 ENABLE UTF8=ONLY] in
				C: $2 ENABLE UTF8=ACCEPT
				S: `+answer)
			c, err := imap.NewClient(t.Context(), conn, &imap.Options{Security: imap.Plaintext})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := c.Login(t.Context(), "a", "b"); err == nil || !strings.Contains(err.Error(), "UTF8=ACCEPT") {
				t.Error(err)
			}
		})
	}
}

func TestPreauthRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			far  bool
			opts imap.Options
			want string
		}{
			{false, imap.Options{}, ""},
			{false, imap.Options{RefusePreauth: true}, "RefusePreauth"},
			{true, imap.Options{}, "may be an attack"},
			{true, imap.Options{InsecureLogin: true}, ""},
			{true, imap.Options{InsecureLogin: true, RefusePreauth: true}, "RefusePreauth"},
		} {
			conn := imaptest.Script(t, "S: * PREAUTH [CAPABILITY IMAP4rev1] hello from afar")
			if tt.far {
				conn = farConn{conn}
			}
			tt.opts.Security = imap.Plaintext
			c, err := imap.NewClient(t.Context(), conn, &tt.opts)
			switch {
			case tt.want != "":
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%+v: %v", tt, err)
				}
			case err != nil:
				t.Errorf("%+v: %v", tt, err)
			default:
				if !c.Authenticated() || c.Greeting() != "hello from afar" {
					t.Error(c.Greeting())
				}
				c.Close()
			}
		}
	})
}

// Our own server tells progress where a test's hook says so.
func TestProgressFromServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := imaptest.NewServer(&imaptest.Options{Faults: &imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name != "UID COPY" {
				return nil
			}
			return &imaptest.Action{Untagged: []string{"OK [INPROGRESS (NIL 1 2)] half of it"}, Delay: time.Second}
		}}})
		defer s.Close()
		s.AddUser("alice", "pass")
		deliver(t, s, 2, 10)
		_, box := login(t, s, nil)
		var heard []imap.Progress
		ctx := imap.WithProgress(t.Context(), func(p imap.Progress) { heard = append(heard, p) })
		if _, err := box.Copy(ctx, imap.UIDRange(1, 2), "INBOX"); err != nil {
			t.Fatal(err)
		}
		if len(heard) != 1 || heard[0].Done != 1 || heard[0].Goal != 2 || heard[0].Command != "UID COPY" {
			t.Error(heard)
		}
	})
}
