package imap_test

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/search"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Long lists of UIDs go in as many commands as the server's line length takes.
func TestR087_LongListsInChunks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := imaptest.NewServer(&imaptest.Options{MaxLine: 1000})
		defer s.Close()
		s.AddUser("alice", "pass")
		deliver(t, s, 600, 10)
		c, box := login(t, s, &imap.Options{CommandLine: 1000})
		defer c.Close()
		ctx := t.Context()
		if err := c.Create(ctx, "Done"); err != nil {
			t.Fatal(err)
		}
		long := oddUIDs(300) // 1, 3, … 599
		if err := box.AddFlags(ctx, long, imap.FlagFlagged); err != nil {
			t.Fatal(err)
		}
		flagged, err := box.Search(ctx, search.Flagged)
		if err != nil || flagged.String() != long.String() {
			t.Fatal(flagged, err)
		}
		if found, err := box.Search(ctx, search.UIDs(long)); err != nil || found.String() != long.String() {
			t.Fatal(found, err)
		}
		n := 0
		for m, err := range box.Fetch(ctx, long, nil) {
			if err != nil || !long.Contains(m.UID) {
				t.Fatal(m, err)
			}
			n++
		}
		r, err := box.Copy(ctx, long, "Done")
		if err != nil || n != 300 || r.UIDs.Len() != 300 {
			t.Fatal(n, r.UIDs.Len(), err)
		}
		if r, err = box.Move(ctx, long, "Done"); err != nil || r.UIDs.Len() != 300 {
			t.Fatal(r.UIDs.Len(), err)
		}
		if left := box.State().Exists; left != 300 || len(s.Messages("alice", "Done")) != 600 {
			t.Errorf("%d messages are left", left)
		}
	})
}

// The kinds of error that Python's libraries have classes for are told apart
// with errors.Is and errors.As.
func TestR111_ErrorClasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := imaptest.NewServer(&imaptest.Options{Without: []string{"ACL", "QUOTA"}})
		defer s.Close()
		s.AddUser("alice", "pass")
		deliver(t, s, 1, 10)
		ctx := t.Context()
		conn, err := imap.NewClient(ctx, s.Pipe(), &imap.Options{Security: imap.Plaintext})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		var refused *imap.ResponseError
		if err := conn.Login(ctx, "alice", "wrong"); !errors.As(err, &refused) || refused.Command != "LOGIN" || refused.Status != imap.StatusNo {
			t.Errorf("login: %v", err)
		}
		c, box := login(t, s, nil)
		defer c.Close()
		if _, err := c.Select(ctx, "nowhere", nil); !errors.Is(err, imap.CodeNonExistent) {
			t.Errorf("the server's no: %v", err)
		}
		if _, err := box.Search(ctx, nil); !errors.Is(err, imap.ErrDeselected) {
			t.Errorf("state: %v", err)
		}
		examined, err := c.Examine(ctx, "INBOX")
		if err != nil {
			t.Fatal(err)
		}
		if err := examined.AddFlags(ctx, imap.UID(1), imap.FlagSeen); !errors.Is(err, imap.ErrReadOnly) {
			t.Errorf("read-only: %v", err)
		}
		var missing *imap.UnsupportedError
		if _, err := c.GetACL(ctx, "INBOX"); !errors.Is(err, imap.ErrUnsupported) || !errors.As(err, &missing) || missing.Capability != "ACL" {
			t.Errorf("capability: %v", err)
		}
		var bad *wire.ArgumentError
		if _, err := examined.Search(ctx, search.Keyword("not an atom")); !errors.As(err, &bad) {
			t.Errorf("criteria: %v", err)
		}
		s.SetFaults(&imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			switch c.Name {
			case "NOOP":
				return &imaptest.Action{Bye: "so long"}
			case "STATUS":
				return &imaptest.Action{Untagged: []string{"STATUS INBOX what"}, Reply: "OK done"}
			}
			return nil
		}})
		var syntax *wire.SyntaxError
		if _, err := c.Status(ctx, "INBOX"); !errors.As(err, &syntax) || errors.Is(err, imap.ErrClosed) {
			t.Errorf("protocol: %v", err)
		}
		err = c.Noop(ctx)
		if text, ok := imap.ByeText(err); !errors.Is(err, imap.ErrClosed) || !ok || text != "so long" {
			t.Errorf("abort: %v", err)
		}
		if err := c.Noop(ctx); !errors.Is(err, imap.ErrClosed) {
			t.Errorf("after the end: %v", err)
		}
	})
}

// The test server is told what to do: mail comes in, commands are held up, the
// connection is cut.
func TestR115_ProgrammableServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := imaptest.NewServer(nil)
		defer s.Close()
		s.AddUser("alice", "pass")
		c, box := login(t, s, nil)
		defer c.Close()
		deliver(t, s, 2, 10)
		if err := c.Noop(t.Context()); err != nil || box.State().Exists != 2 {
			t.Fatal(box.State().Exists, err)
		}
		s.SetFaults(&imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "CHECK" {
				return &imaptest.Action{Delay: time.Minute}
			}
			return nil
		}})
		start := time.Now()
		if err := box.Check(t.Context()); err != nil || time.Since(start) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		s.SetFaults(&imaptest.Faults{CutAfter: 5})
		if err := c.Noop(t.Context()); !errors.Is(err, imap.ErrClosed) {
			t.Errorf("cut: %v", err)
		}
	})
}

// What was said is written where Options.Trace says, without passwords.
func TestR116_ProtocolTrace(t *testing.T) {
	var trace bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		s := imaptest.NewServer(nil)
		defer s.Close()
		s.AddUser("alice", "open sesame")
		c, err := imap.NewClient(t.Context(), s.Pipe(), &imap.Options{Security: imap.Plaintext, Trace: &trace})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Login(t.Context(), "alice", "open sesame"); err != nil {
			t.Fatal(err)
		}
		c.Close()
	})
	if out := trace.Bytes(); !bytes.Contains(out, []byte("LOGIN")) || !bytes.Contains(out, []byte("* OK")) || bytes.Contains(out, []byte("sesame")) {
		t.Errorf("%s", out)
	}
}

// A user's test needs no server: a transcript is one.
func TestR117_MockForTests(t *testing.T) {
	c, err := imap.NewClient(t.Context(), imaptest.Script(t, `
		S: * PREAUTH [CAPABILITY IMAP4rev1] hello
		C: $1 STATUS INBOX (UNSEEN)
		S: * STATUS INBOX (UNSEEN 7)
		S: $1 OK done
	`), &imap.Options{Security: imap.Plaintext})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	st, err := c.Status(t.Context(), "INBOX", imap.StatusUnseen)
	if err != nil || *st.Unseen != 7 {
		t.Fatal(st, err)
	}
}
