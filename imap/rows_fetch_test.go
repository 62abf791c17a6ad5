package imap_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

const rowMail = `Date: Mon, 7 Feb 1994 21:52:25 -0800 (PST)
From: Fred Foobar <foobar@Blurdybloop.example>
Subject: afternoon meeting
To: friends: mooch@owatagu.siam.edu.example, Bob <bob@b.example>;, carl@c.example
Message-ID: <B27397-0100000@Blurdybloop.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8

Hello Joe
--b
Content-Type: message/rfc822

Subject: inner

deep
--b--
`

// rowBox is a mailbox of a server with one message, rowMail.
func rowBox(t *testing.T) *imap.Mailbox {
	t.Helper()
	s := server(t)
	date := time.Date(2024, 3, 4, 5, 6, 7, 0, time.FixedZone("", 3600))
	if _, err := s.Deliver("alice", "INBOX", imaptest.CRLF(rowMail), &imaptest.DeliverOptions{Date: date, Flags: []string{`\Flagged`, "work"}}); err != nil {
		t.Fatal(err)
	}
	_, box := login(t, s, nil)
	return box
}

func TestR069_FetchTyped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := one(t, rowBox(t), &imap.FetchOptions{Flags: true, Envelope: true, InternalDate: true, Size: true, BodyStructure: true})
		if !slices.Equal(m.Flags, []imap.Flag{imap.FlagFlagged, imap.FlagRecent, "work"}) || m.Size != int64(len(imaptest.CRLF(rowMail))) ||
			!m.InternalDate.Equal(time.Date(2024, 3, 4, 4, 6, 7, 0, time.UTC)) || m.Envelope.Subject != "afternoon meeting" ||
			m.Envelope.From[0] != (imap.Address{Name: "Fred Foobar", Mailbox: "foobar", Host: "Blurdybloop.example"}) {
			t.Errorf("%+v", m)
		}
		if at, ok := m.Envelope.Time(); !ok || !at.Equal(time.Date(1994, 2, 8, 5, 52, 25, 0, time.UTC)) {
			t.Error(at)
		}
	})
}

func TestR070_EnvelopeGroupsAndStructureTree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := one(t, rowBox(t), &imap.FetchOptions{Envelope: true, BodyStructure: true})
		want := []imap.Address{{Mailbox: "friends"}, {Mailbox: "mooch", Host: "owatagu.siam.edu.example"}, {Name: "Bob", Mailbox: "bob", Host: "b.example"}, {}, {Mailbox: "carl", Host: "c.example"}}
		if !slices.Equal(m.Envelope.To, want) {
			t.Errorf("%+v", m.Envelope.To)
		}
		b := m.BodyStructure
		if !strings.EqualFold(b.Type+"/"+b.Subtype, "multipart/mixed") || len(b.Parts) != 2 || !strings.EqualFold(b.Parts[0].Subtype, "plain") ||
			b.Parts[1].Envelope == nil || b.Parts[1].Envelope.Subject != "inner" || len(b.Parts[1].Parts) != 1 {
			t.Errorf("%+v", b)
		}
	})
}

func TestR072_NumberAndUID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		deliver(t, s, 3, 1)
		if err := s.Remove("alice", "INBOX", 1); err != nil {
			t.Fatal(err)
		}
		_, box := login(t, s, nil)
		var got [][2]uint32
		for m, err := range box.FetchSeq(t.Context(), imap.SeqRange(1, 2), nil) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, [2]uint32{m.Seq, uint32(m.UID)})
		}
		if !slices.Equal(got, [][2]uint32{{1, 2}, {2, 3}}) {
			t.Error(got)
		}
	})
}

// What one message says in several lines is one message.
func TestR073_LinesMerged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, box := talk(t, "", `
			C: $2 UID FETCH 1:2 (UID FLAGS RFC822.SIZE)
			S: * 1 FETCH (UID 1 FLAGS (\Seen))
			S: * 2 FETCH (RFC822.SIZE 2 UID 2)
			S: * 1 FETCH (UID 1 RFC822.SIZE 1)
			S: * 2 FETCH (FLAGS (a))
			S: $2 OK done`, nil)
		var got []imap.Message
		for m, err := range box.Fetch(t.Context(), imap.UIDRange(1, 2), &imap.FetchOptions{Flags: true, Size: true}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, *m)
		}
		if len(got) != 2 || got[0].Size != 1 || got[0].Flags[0] != imap.FlagSeen || got[1].Size != 2 || got[1].Flags[0] != "a" {
			t.Errorf("%+v", got)
		}
	})
}

// FETCH that nobody asked for is no answer, and not lost either.
func TestR074_UnsolicitedApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, box := talk(t, "", `
			C: $2 UID FETCH 1 (UID RFC822.SIZE)
			S: * 3 FETCH (UID 3 FLAGS (\Deleted))
			S: * 1 FETCH (FLAGS (\Seen) UID 1)
			S: * 1 FETCH (UID 1 RFC822.SIZE 9)
			S: $2 OK done
			C: $3 NOOP
			S: * 2 FETCH (FLAGS (x))
			S: $3 OK done`, nil)
		var heard []string
		done := make(chan struct{})
		go func() {
			defer close(done)
			for u, err := range box.Updates(t.Context()) {
				if err != nil {
					return
				}
				if heard = append(heard, said(u)); len(heard) == 3 {
					return
				}
			}
		}()
		synctest.Wait()
		if m := one(t, box, &imap.FetchOptions{Size: true}); m.UID != 1 || m.Size != 9 {
			t.Errorf("%+v", m)
		}
		noop(t, box.Client())
		<-done
		if !slices.Equal(heard, []string{`changed 3 [\Deleted]`, `changed 1 [\Seen]`, "changed 2 [x]"}) {
			t.Errorf("%q", heard)
		}
	})
}

func TestR075_InternalDateBothWays(t *testing.T) {
	at := time.Date(2007, 2, 9, 17, 8, 8, 0, time.FixedZone("", -(4*3600+30*60)))
	text := imap.FormatInternalDate(at)
	if text != " 9-Feb-2007 17:08:08 -0430" {
		t.Error(text)
	}
	for _, s := range []string{text, strings.TrimSpace(text), "09-feb-2007 17:08:08 -0430"} {
		back, err := imap.ParseInternalDate(s)
		if _, offset := back.Zone(); err != nil || !back.Equal(at) || offset != -16200 {
			t.Error(s, back, err)
		}
	}
	if _, err := imap.ParseInternalDate("yesterday"); err == nil {
		t.Error("no error")
	}
	// The zone is the server's; whoever wants another has it.
	if utc := at.UTC(); !utc.Equal(at) || utc.Hour() != 21 {
		t.Error(utc)
	}
}

// One command a message, one for all, or so many at a time.
func TestR076_OneAllBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		deliver(t, s, 10, 1)
		_, box := login(t, s, nil)
		commands := 0
		s.SetFaults(&imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "UID FETCH" {
				commands++
			}
			return nil
		}})
		for slice, want := range map[int]int{1: 10, 4: 3, 0: 1, 100: 1} {
			commands = 0
			n := 0
			for _, err := range box.Fetch(t.Context(), imap.UIDRange(1, 10), &imap.FetchOptions{Flags: true, Slice: slice}) {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			if n != 10 || commands != want {
				t.Errorf("slices of %d: %d messages, %d commands", slice, n, commands)
			}
		}
	})
}

// A body larger than the memory that the client may use comes through.
func TestR077_Streams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		const size = 40 << 20
		deliver(t, s, 1, size)
		_, box := login(t, s, &imap.Options{Budget: 1 << 20, SpoolLimit: 1})
		n := int64(0)
		for m, err := range box.Fetch(t.Context(), imap.UID(1), &imap.FetchOptions{Sections: []imap.Section{{Kind: imap.Text}}}) {
			if err != nil {
				t.Fatal(err)
			}
			b := m.Body(imap.Section{Kind: imap.Text})
			if n, err = io.Copy(io.Discard, b); err != nil || b.Size != n {
				t.Fatal(n, b.Size, err)
			}
		}
		if n < size {
			t.Error(n)
		}
	})
}

func TestR078_PeekUnlessAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		deliver(t, s, 1, 1)
		_, box := login(t, s, nil)
		seen := func() bool { return slices.Contains(s.Messages("alice", "INBOX")[0].Flags, `\Seen`) }
		one(t, box, &imap.FetchOptions{Sections: []imap.Section{{}}})
		if seen() {
			t.Error("reading marks as seen")
		}
		one(t, box, &imap.FetchOptions{Sections: []imap.Section{{}}, MarkSeen: true})
		if !seen() {
			t.Error("MarkSeen does not")
		}
		read, err := box.Client().Examine(t.Context(), "INBOX")
		if err != nil {
			t.Fatal(err)
		}
		if err := read.AddFlags(t.Context(), imap.UID(1), "x"); !errors.Is(err, imap.ErrReadOnly) {
			t.Error(err)
		}
	})
}
