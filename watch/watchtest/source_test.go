package watchtest_test

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
	"github.com/idlewild-mail/idlewild/watch"
	"github.com/idlewild-mail/idlewild/watch/watchtest"
)

// show is an event in a word or two.
func show(e watch.Event) string {
	switch e := e.(type) {
	case watch.Arrived:
		return fmt.Sprintf("%s arrived %d", e.Mailbox, e.UID)
	case watch.Flags:
		return fmt.Sprintf("%s flags %d %v", e.Mailbox, e.UID, e.Flags)
	case watch.Gone:
		return fmt.Sprintf("%s gone %d", e.Mailbox, e.UID)
	case watch.Moved:
		return fmt.Sprintf("%s moved %d to %s %d", e.Mailbox, e.UID, e.To, e.ToUID)
	case watch.Reset:
		return fmt.Sprintf("%s reset %s %d %d", e.Mailbox, e.Policy, e.Known, e.New)
	case watch.Skipped:
		return fmt.Sprintf("%s skipped %v %d %s", e.Mailbox, e.UIDs, e.Count, e.Reason)
	case watch.Online:
		return fmt.Sprintf("online %s %d", strings.Join(e.Mailboxes, ","), e.Attempt)
	case watch.Offline:
		return fmt.Sprintf("offline %s %s %v %d", e.Reason, e.Class, e.Retry, e.Attempt)
	}
	return string(e.Kind())
}

func showAll(events []watch.Event) (all []string) {
	for _, e := range events {
		all = append(all, show(e))
	}
	return all
}

// run runs a program that commits as commit says, and returns its batches, each
// as text, and the error at its end.
func run(ctx context.Context, src *watchtest.Source, commit func(*watch.Batch) bool) (batches []string, end error) {
	for b, err := range src.Watch(ctx) {
		if err != nil {
			return batches, err
		}
		batches = append(batches, strings.Join(showAll(b.Events), "; "))
		if commit(b) {
			if err := b.Commit(); err != nil {
				return batches, err
			}
		}
	}
	return batches, errors.New("the loop ended by itself")
}

func always(*watch.Batch) bool { return true }
func never(*watch.Batch) bool  { return false }

func want(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

func wantEnd(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, watchtest.ErrEnd) {
		t.Errorf("ended with %v", err)
	}
}

func TestScript(t *testing.T) {
	src := &watchtest.Source{Account: "alice@example.org"}
	uids := src.Arrive("inbox", mail("one"), mail("two"), mail("three"))
	src.Arrive("Lists", mail("four"))
	src.Flag("", uids[0], imap.FlagSeen)
	src.Tell("", watch.Alert{Text: "hear"})
	src.Remove("INBOX", uids[1])
	there := src.Move("INBOX", "Done", uids[2])
	src.Tell("Lists", watch.Missing{Mailbox: "Lists"})
	if len(uids) != 3 || !slices.Equal(there, []imap.UID{1}) {
		t.Errorf("UIDs: %v, %v", uids, there)
	}
	got, err := run(t.Context(), src, always)
	wantEnd(t, err)
	want(t, "batches", got, "online Done,INBOX,Lists 1",
		"INBOX arrived 1; INBOX arrived 2; INBOX arrived 3", "Lists arrived 1", `INBOX flags 1 [\Seen]`,
		"alert", "INBOX gone 2", "INBOX moved 3 to Done 1", "Done arrived 1", "missing")
	want(t, "committed", showAll(src.Committed()),
		"INBOX arrived 1", "INBOX arrived 2", "INBOX arrived 3", "Lists arrived 1", `INBOX flags 1 [\Seen]`,
		"INBOX gone 2", "INBOX moved 3 to Done 1", "Done arrived 1", "missing")
	want(t, "not committed", showAll(src.Uncommitted()))

	got, err = run(t.Context(), src, always)
	wantEnd(t, err)
	want(t, "again", got, "online Done,INBOX,Lists 1")
}

// What is not committed comes again, with the same IDs; what is gone by then is
// accounted for.
func TestRestart(t *testing.T) {
	src := new(watchtest.Source)
	uids := src.Arrive("INBOX", mail("one"), mail("two"))
	src.Arrive("INBOX", mail("three"))
	src.Remove("INBOX", uids[1])
	src.End(errors.New("the store is full"))
	src.Arrive("INBOX", mail("four"))
	want(t, "at first", showAll(src.Uncommitted()),
		"INBOX arrived 1", "INBOX arrived 2", "INBOX arrived 3", "INBOX gone 2", "INBOX arrived 4")

	var first, second []watch.Event
	got, err := run(t.Context(), src, func(b *watch.Batch) bool { first = append(first, b.Events...); return false })
	if err == nil || errors.Is(err, watchtest.ErrEnd) || !strings.Contains(err.Error(), "the store is full") {
		t.Errorf("ended with %v", err)
	}
	want(t, "batches", got, "online INBOX 1", "INBOX arrived 1; INBOX arrived 2", "INBOX arrived 3", "INBOX gone 2")
	want(t, "committed", showAll(src.Committed()))

	got, err = run(t.Context(), src, func(b *watch.Batch) bool { second = append(second, b.Events...); return true })
	wantEnd(t, err)
	want(t, "again", got, "online INBOX 1", "INBOX skipped 2 1 expunged; INBOX arrived 1", "INBOX arrived 3", "INBOX gone 2", "INBOX arrived 4")
	if a, b := first[1].(watch.Arrived), second[2].(watch.Arrived); a.ID != b.ID || a.ID == "" {
		t.Errorf("IDs %q and %q", a.ID, b.ID)
	}
	want(t, "committed", showAll(src.Committed()),
		"INBOX skipped 2 1 expunged", "INBOX arrived 1", "INBOX arrived 3", "INBOX gone 2", "INBOX arrived 4")
}

// A commit covers the batches before it in its mailbox, and no others; it cannot
// come after a later one.
func TestCommit(t *testing.T) {
	src := new(watchtest.Source)
	for _, mailbox := range []string{"A", "B", "A", "B", "A"} {
		src.Arrive(mailbox, mail("m"))
	}
	var batches []*watch.Batch
	_, err := run(t.Context(), src, func(b *watch.Batch) bool { batches = append(batches, b); return false })
	wantEnd(t, err)
	broken := errors.New("the disk is full")
	src.FailCommit(broken)
	if err := batches[3].Commit(); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	src.FailCommit(nil)
	for _, b := range []*watch.Batch{batches[3], batches[0], batches[3]} {
		if err := b.Commit(); err != nil {
			t.Error(err)
		}
	}
	if err := batches[1].Commit(); !errors.Is(err, watch.ErrBackward) {
		t.Errorf("backward: %v", err)
	}
	want(t, "committed", showAll(src.Committed()), "A arrived 1", "A arrived 2")
	want(t, "not committed", showAll(src.Uncommitted()), "B arrived 1", "B arrived 2", "A arrived 3")
	if c := batches[5].Cursor; c.UIDNext != 4 || c.UIDValidity != batches[1].Cursor.UIDValidity {
		t.Errorf("cursor %v", c)
	}
	got, err := run(t.Context(), src, always)
	wantEnd(t, err)
	want(t, "again", got, "online A,B 1", "B arrived 1", "B arrived 2", "A arrived 3")
}

// Parts of a batch are committed, and the rest comes again.
func TestCommitFirst(t *testing.T) {
	src := new(watchtest.Source)
	src.Arrive("A", mail("m"))
	src.Arrive("A", mail("m"), mail("m"), mail("m"))
	src.Arrive("A", mail("m"))
	first := func(n int) func(b *watch.Batch) bool {
		return func(b *watch.Batch) bool {
			if len(b.Events) > 1 {
				for i := range n + 1 {
					if err := b.CommitFirst(i); err != nil {
						t.Error(err)
					}
				}
			}
			return false
		}
	}
	_, err := run(t.Context(), src, first(2))
	wantEnd(t, err)
	want(t, "committed", showAll(src.Committed()), "A arrived 1", "A arrived 2", "A arrived 3")
	want(t, "not committed", showAll(src.Uncommitted()), "A arrived 4", "A arrived 5")
	got, err := run(t.Context(), src, first(1))
	wantEnd(t, err)
	want(t, "again", got, "online A 1", "A arrived 4", "A arrived 5")
	_, err = run(t.Context(), src, always)
	wantEnd(t, err)
	want(t, "committed", showAll(src.Committed()), "A arrived 1", "A arrived 2", "A arrived 3", "A arrived 4", "A arrived 5")

	src.Arrive("A", mail("m"), mail("m"))
	_, err = run(t.Context(), src, first(2))
	wantEnd(t, err)
	want(t, "not committed", showAll(src.Uncommitted()))
}

func TestDisconnect(t *testing.T) {
	src := new(watchtest.Source)
	src.Arrive("INBOX", mail("one"))
	src.Disconnect(nil)
	src.Disconnect(&imap.ResponseError{Status: imap.StatusNo, Command: "LOGIN", Code: imap.CodeAuthenticationFailed})
	src.Arrive("INBOX", mail("two"))
	src.Disconnect(context.DeadlineExceeded)
	src.Connect()
	src.Connect()
	src.Disconnect(nil)
	var open []bool
	got, err := run(t.Context(), src, func(b *watch.Batch) bool { open = append(open, b.Open != nil); return true })
	wantEnd(t, err)
	want(t, "batches", got, "online INBOX 1", "INBOX arrived 1", "offline eof outage 1s 1", "offline login credential 2s 2",
		"online INBOX 3", "INBOX arrived 2", "offline timeout outage 1s 1", "online INBOX 2", "offline eof outage 1s 1")
	if fmt.Sprint(open) != "[true true false false true true false true false]" {
		t.Errorf("open: %v", open)
	}
}

// A first connection that fails, in a program that is not Patient.
func TestEndAtFirst(t *testing.T) {
	src := new(watchtest.Source)
	src.End(imap.ErrTimeout)
	src.Arrive("INBOX", mail("one"))
	got, err := run(t.Context(), src, always)
	if !errors.Is(err, imap.ErrTimeout) || len(got) != 0 {
		t.Errorf("%q, %v", got, err)
	}
	got, err = run(t.Context(), src, always)
	wantEnd(t, err)
	want(t, "again", got, "online INBOX 1", "INBOX arrived 1")
}

func TestReset(t *testing.T) {
	for _, tt := range []struct {
		policy         watch.Policy
		commit         func(*watch.Batch) bool
		batches, again []string
	}{
		{"", always, []string{"INBOX reset resume 2 0", "INBOX arrived 3"}, nil},
		{"", never, []string{"INBOX reset resume 2 0", "INBOX arrived 3"},
			[]string{"INBOX reset resume 0 3", "INBOX arrived 1; INBOX arrived 2", "INBOX arrived 3"}},
		{watch.PolicyReplay, always, []string{"INBOX reset replay 0 0", "INBOX arrived 1; INBOX arrived 2", "INBOX arrived 3"}, nil},
		{watch.PolicyReplay, never, []string{"INBOX reset replay 0 0", "INBOX arrived 1; INBOX arrived 2", "INBOX arrived 3"},
			[]string{"INBOX reset replay 0 0", "INBOX arrived 1; INBOX arrived 2", "INBOX arrived 3"}},
		{watch.PolicyBaseline, always, []string{"INBOX reset baseline 0 0; INBOX skipped 1:2 2 baseline", "INBOX arrived 3"}, nil},
		{watch.PolicyBaseline, never, []string{"INBOX reset baseline 0 0; INBOX skipped 1:2 2 baseline", "INBOX arrived 3"},
			[]string{"INBOX reset baseline 0 0; INBOX skipped 1:2 2 baseline", "INBOX arrived 3"}},
	} {
		src := new(watchtest.Source)
		src.Arrive("INBOX", mail("one"), mail("two"))
		src.Reset("INBOX", tt.policy)
		src.Arrive("INBOX", mail("three"))
		ids, before := map[string]bool{}, uint32(0)
		got, err := run(t.Context(), src, func(b *watch.Batch) bool {
			for _, e := range b.Events {
				if e, ok := e.(watch.Arrived); ok {
					if ids[e.ID] {
						t.Errorf("%s: %d has an ID of old", tt.policy, e.UID)
					}
					ids[e.ID] = true
				}
				if e, ok := e.(watch.Reset); ok && (e.OldUIDValidity != before || e.UIDValidity == before || e.UIDValidity != b.Cursor.UIDValidity) {
					t.Errorf("%+v, %v", e, b.Cursor)
				}
			}
			before = b.Cursor.UIDValidity
			return tt.commit(b)
		})
		wantEnd(t, err)
		want(t, string(tt.policy), got, append([]string{"online INBOX 1", "INBOX arrived 1; INBOX arrived 2"}, tt.batches...)...)
		got, err = run(t.Context(), src, always)
		wantEnd(t, err)
		want(t, string(tt.policy)+" again", got, append([]string{"online INBOX 1"}, tt.again...)...)
	}
}

// A program that runs for ever, in virtual time.
func TestLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &watchtest.Source{Live: true}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		var handled []string
		go func() {
			ended <- serve(ctx, src, func(e watch.Arrived) error {
				<-time.After(time.Hour) // it is a slow one
				handled = append(handled, e.Envelope.Subject)
				return nil
			})
		}()
		synctest.Wait()
		src.Arrive("INBOX", mail("one"))
		src.Disconnect(nil)
		src.Arrive("INBOX", mail("two"))
		if err := src.Wait(ctx); err != nil {
			t.Error(err)
		}
		want(t, "handled", handled, "one", "two")
		src.Arrive("INBOX", mail("three"))
		short, end := context.WithTimeout(ctx, time.Minute)
		defer end()
		if err := src.Wait(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waited: %v", err)
		}
		<-time.After(time.Hour)
		synctest.Wait()
		want(t, "handled", handled, "one", "two", "three")
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		want(t, "not committed", showAll(src.Uncommitted()))
	})
}

// Many goroutines say what happens, and commit, at once.
func TestConcurrent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &watchtest.Source{Live: true}
		ctx, cancel := context.WithCancel(t.Context())
		seen := make(chan *watch.Batch)
		go func() {
			defer close(seen)
			for b, err := range src.Watch(ctx) {
				if err == nil {
					seen <- b
				}
			}
		}()
		for i := range 8 {
			go func() {
				for range 5 {
					src.Arrive(fmt.Sprint("box", i), mail("m"))
				}
			}()
		}
		arrived := 0
		for arrived < 40 {
			b := <-seen
			if b.Mailbox == "" {
				continue
			}
			arrived += len(b.Events)
			go b.Commit()
		}
		synctest.Wait()
		if got := len(src.Committed()); got != 40 {
			t.Errorf("%d committed", got)
		}
		cancel()
		for range seen {
		}
	})
}

// A handler that works on the mailbox by itself.
func TestServer(t *testing.T) {
	src := &watchtest.Source{Fetch: &imap.FetchOptions{Sections: []imap.Section{{}}, MarkSeen: true}}
	uids := src.Arrive("INBOX", mail("one"), mail("two"))
	src.Flag("INBOX", uids[0], imap.FlagFlagged)
	src.Remove("INBOX", uids[0])
	if err := src.Server().CreateMailbox(watchtest.User, "Done"); err != nil {
		t.Fatal(err)
	}
	got, err := run(t.Context(), src, func(b *watch.Batch) bool {
		if b.Mailbox == "" {
			return false
		}
		if name := b.Open.Name(); name != "INBOX" {
			t.Errorf("open: %s", name)
		}
		e, ok := b.Events[0].(watch.Arrived)
		if !ok {
			return true
		}
		if text, err := e.Body(imap.Section{}).Bytes(); err != nil || !strings.Contains(string(text), "Subject: one\r\n") {
			t.Errorf("%q, %v", text, err)
		}
		c, err := src.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		box, err := c.Select(t.Context(), "INBOX", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := box.Move(t.Context(), imap.UIDSetOf(e.UID), "Done"); err != nil {
			t.Error(err)
		}
		if _, err := b.Open.Client().Select(t.Context(), "Done", nil); err != nil {
			t.Error(err)
		}
		return true
	})
	wantEnd(t, err)
	want(t, "batches", got, "online INBOX 1", "INBOX arrived 1; INBOX arrived 2", `INBOX flags 1 [\Flagged]`, "INBOX gone 1")
	if there := src.Server().Messages(watchtest.User, "Done"); len(there) != 1 || len(there[0].Flags) != 0 {
		t.Errorf("Done: %+v", there)
	}
}

// Messages that cannot be described, and that are too large.
func TestArrived(t *testing.T) {
	src := &watchtest.Source{MaxBody: 200_000, Fetch: &imap.FetchOptions{Envelope: true, Sections: []imap.Section{{}}}}
	sizes := []int{100, 150_000, 250_000}
	raw := [][]byte{nil}
	for _, size := range sizes {
		raw = append(raw, watchtest.Message(imap.Envelope{Subject: "s"}, strings.Repeat("x", size)))
	}
	src.Arrive("INBOX", raw...)
	var got []watch.Arrived
	for range 2 { // the second time after a restart
		got = nil
		_, err := run(t.Context(), src, func(b *watch.Batch) bool {
			for _, e := range b.Events {
				if a, ok := e.(watch.Arrived); ok {
					got = append(got, a)
				}
			}
			return false
		})
		wantEnd(t, err)
		if len(got) != 4 {
			t.Fatalf("%d arrived", len(got))
		}
		for i, e := range got {
			large := i == 3
			if e.UID != imap.UID(i+1) || e.Truncated != large || (e.Envelope == nil) != (i == 0) {
				t.Errorf("%d: %+v", i+1, e)
			}
			if i == 0 || large {
				continue
			}
			if text, err := e.Body(imap.Section{}).Bytes(); err != nil || string(text) != string(raw[i]) {
				t.Errorf("%d: %d bytes of %d, %v", i+1, len(text), len(raw[i]), err)
			}
		}
	}
}

// Breaking out of the loop, or a panic in its body, leaves nothing behind.
func TestLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := new(watchtest.Source)
		src.Arrive("INBOX", mail("one"))
		for range src.Watch(t.Context()) {
			break
		}
		func() {
			defer func() { _ = recover() }()
			for b := range src.Watch(t.Context()) {
				if b.Mailbox != "" {
					panic("of the handler")
				}
			}
		}()
		got, err := run(t.Context(), src, always)
		wantEnd(t, err)
		want(t, "batches", got, "online INBOX 1", "INBOX arrived 1")
		synctest.Wait()
		if n := src.Server().Connections(); n != 0 {
			t.Errorf("%d connections are left", n)
		}
	})
}

func TestWrong(t *testing.T) {
	for what, do := range map[string]func(*watchtest.Source){
		"no message 7 has arrived in INBOX": func(s *watchtest.Source) { s.Remove("", 7) },
		"no message 1 has arrived in Done":  func(s *watchtest.Source) { s.Flag("Done", 1, imap.FlagSeen) },
	} {
		func() {
			defer func() {
				if said := fmt.Sprint(recover()); !strings.Contains(said, what) {
					t.Errorf("%q, want %q", said, what)
				}
			}()
			do(new(watchtest.Source))
		}()
	}
}

func TestMessage(t *testing.T) {
	e := imap.Envelope{
		Date: "Fri, 02 Jan 2026 00:00:00 +0000", Subject: "a\r\nBcc: evil@example.org",
		From: []imap.Address{{Name: `The "Boss"`, Mailbox: "boss", Host: "example.org"}},
		To:   []imap.Address{{Mailbox: "a", Host: "example.org"}, {Mailbox: "b", Host: "example.org"}},
		Cc:   []imap.Address{{Mailbox: "c", Host: "example.org"}}, InReplyTo: "<1@x>", MessageID: "<2@x>",
	}
	src := new(watchtest.Source)
	src.Arrive("", watchtest.Message(e, "one\ntwo\r\n"), watchtest.Message(imap.Envelope{}, ""), watchtest.Message(imap.Envelope{}, ""))
	var got []watch.Arrived
	_, err := run(t.Context(), src, func(b *watch.Batch) bool {
		for _, e := range b.Events {
			if a, ok := e.(watch.Arrived); ok {
				got = append(got, a)
			}
		}
		return true
	})
	wantEnd(t, err)
	e.Subject, e.Sender, e.ReplyTo = "a  Bcc: evil@example.org", e.From, e.From
	if have, wanted := fmt.Sprintf("%+v", *got[0].Envelope), fmt.Sprintf("%+v", e); have != wanted {
		t.Errorf("\n got %s\nwant %s", have, wanted)
	}
	if made := got[1].Envelope; made.MessageID == "" || made.Date == "" || len(made.From) != 1 || made.MessageID != got[2].Envelope.MessageID {
		t.Errorf("made up: %+v", made)
	}
	if raw := watchtest.Message(e, "one\ntwo\r\n"); string(raw) != string(imaptest.CRLF(string(raw))) || !strings.HasSuffix(string(raw), "\r\n\r\none\r\ntwo\r\n") {
		t.Errorf("%q", raw)
	}
}

// The cursors of Online are those of what is to come: a program without a Store
// begins with them.
func TestOnlineHasCursors(t *testing.T) {
	src := new(watchtest.Source)
	src.Arrive("INBOX", watchtest.Message(imap.Envelope{Subject: "one"}, "Hi."))
	src.Disconnect(nil)
	src.Arrive("INBOX", watchtest.Message(imap.Envelope{Subject: "two"}, "Hi."))
	var got []imap.UID
	for batch, err := range src.Watch(t.Context()) {
		if err != nil {
			break
		}
		if on, ok := batch.Events[0].(watch.Online); ok {
			got = append(got, on.Cursors[0].UIDNext)
		}
	}
	if want := []imap.UID{1, 2}; !slices.Equal(got, want) {
		t.Errorf("cursors: %v, want %v", got, want)
	}
}
