package imap_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// onServer runs f with a client of a server of ours that lacks some
// capabilities, and INBOX with n messages.
func onServer(t *testing.T, without []string, n int, f func(t *testing.T, s *imaptest.Server, c *imap.Client, box *imap.Mailbox)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := imaptest.NewServer(&imaptest.Options{Without: without, Submitters: []string{"alice"}})
		defer s.Close()
		s.AddUser("alice", "pass")
		deliver(t, s, n, 10)
		c, box := login(t, s, nil)
		defer c.Close()
		if err := c.Create(t.Context(), "Done"); err != nil {
			t.Fatal(err)
		}
		f(t, s, c, box)
	})
}

// uidsOf is which messages a mailbox of the server has.
func uidsOf(s *imaptest.Server, mailbox string) (uids []uint32) {
	for _, m := range s.Messages("alice", mailbox) {
		uids = append(uids, m.UID)
	}
	return uids
}

// A literal is not given its memory before it comes: a server that announces
// gigabytes and says nothing costs nothing.
func TestR020_LiteralReadInChunks(t *testing.T) {
	_, box := talk(t, "", `
		C: $2 UID FETCH 1 (UID BODY.PEEK[])
		S: * 1 FETCH (UID 1 BODY[] {4000000000}
		S: the beginning
		cut
	`, nil)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var last error
	for m, err := range box.Fetch(t.Context(), imap.UID(1), whole) {
		if last = err; err == nil {
			got, err := io.ReadAll(m.Body(imap.Section{}))
			if last = err; !bytes.HasPrefix(got, []byte("the beginning")) {
				t.Errorf("%q", got)
			}
		}
	}
	if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > 8<<20 {
		t.Errorf("%d bytes were allocated", after.TotalAlloc-before.TotalAlloc)
	}
	if !errors.Is(last, imap.ErrClosed) {
		t.Error(last)
	}
}

func TestR085_CopyMove(t *testing.T) {
	for _, without := range [][]string{nil, {"MOVE"}} {
		onServer(t, without, 5, func(t *testing.T, s *imaptest.Server, c *imap.Client, box *imap.Mailbox) {
			r, err := box.Copy(t.Context(), imap.UIDSetOf(2, 4), "Done")
			if to, ok := r.UIDs.Dest(4); err != nil || !ok || to != 2 || r.UIDs.Len() != 2 {
				t.Fatal(r, err)
			}
			r, err = box.Move(t.Context(), imap.UIDRange(1, 3), "Done")
			if to, ok := r.UIDs.Dest(3); err != nil || !ok || to != 5 || r.UIDs.Len() != 3 {
				t.Fatal(r, err)
			}
			if a, b := uidsOf(s, "INBOX"), uidsOf(s, "Done"); !slices.Equal(a, []uint32{4, 5}) || len(b) != 5 {
				t.Fatal(a, b)
			}
			if _, err := box.Move(t.Context(), imap.UID(4), "nowhere"); !errors.Is(err, imap.CodeTryCreate) {
				t.Fatal(err)
			}
			if _, err := box.MoveSeq(t.Context(), imap.SeqSetOf(1), "Done"); err != nil || box.State().Exists != 1 {
				t.Fatal(err)
			}
		})
	}
	// Without UIDPLUS too nothing is risked.
	onServer(t, []string{"MOVE", "UIDPLUS"}, 2, func(t *testing.T, s *imaptest.Server, c *imap.Client, box *imap.Mailbox) {
		if _, err := box.Move(t.Context(), imap.UID(1), "Done"); !errors.Is(err, imap.ErrUnsupported) || len(uidsOf(s, "Done")) != 0 {
			t.Fatal(err)
		}
		if _, err := box.CopyAndDelete(t.Context(), imap.UID(1), "Done", imap.RemoveLater); err != nil || len(uidsOf(s, "INBOX")) != 2 || len(uidsOf(s, "Done")) != 1 {
			t.Fatal(err)
		}
	})
}

func TestR086_Delete(t *testing.T) {
	onServer(t, nil, 4, func(t *testing.T, s *imaptest.Server, c *imap.Client, box *imap.Mailbox) {
		if err := box.AddFlags(t.Context(), imap.UIDRange(1, 3), imap.FlagDeleted); err != nil {
			t.Fatal(err)
		}
		if got := uidsOf(s, "INBOX"); len(got) != 4 {
			t.Fatal(got)
		}
		if err := box.RemoveFlags(t.Context(), imap.UID(3), imap.FlagDeleted); err != nil {
			t.Fatal(err)
		}
		if err := box.ExpungeUIDs(t.Context(), imap.UIDSetOf(1, 3)); err != nil {
			t.Fatal(err)
		}
		if got := uidsOf(s, "INBOX"); !slices.Equal(got, []uint32{2, 3, 4}) || box.State().Exists != 3 {
			t.Fatal(got)
		}
		if err := box.Expunge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := uidsOf(s, "INBOX"); !slices.Equal(got, []uint32{3, 4}) || box.State().Exists != 2 {
			t.Fatal(got)
		}
	})
	onServer(t, []string{"UIDPLUS"}, 1, func(t *testing.T, s *imaptest.Server, c *imap.Client, box *imap.Mailbox) {
		if err := box.ExpungeUIDs(t.Context(), imap.UID(1)); !errors.Is(err, imap.ErrUnsupported) {
			t.Fatal(err)
		}
	})
}

func TestR088_AppendFlagsAndDate(t *testing.T) {
	onServer(t, nil, 0, func(t *testing.T, s *imaptest.Server, c *imap.Client, box *imap.Mailbox) {
		date := time.Date(2001, 2, 3, 4, 5, 6, 0, time.FixedZone("", -8*3600))
		const text = "Subject: x\r\n\r\nä\r\n"
		r, err := c.Append(t.Context(), "Done", strings.NewReader(text), int64(len(text)),
			&imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen, "$Work"}, Date: date})
		if err != nil || r.UID != 1 || r.UIDValidity != s.UIDValidity("alice", "Done") {
			t.Fatal(r, err)
		}
		m := s.Messages("alice", "Done")[0]
		if string(m.Body()) != text || !m.Date.Equal(date) || !slices.Equal(m.Flags, []string{`\Seen`, "$Work"}) {
			t.Fatalf("%+v %q", m, m.Body())
		}
		if _, err := c.Append(t.Context(), "nowhere", strings.NewReader(text), int64(len(text)), nil); !errors.Is(err, imap.CodeTryCreate) {
			t.Fatal(err)
		}
	})
}

func TestR089_MultiAppend(t *testing.T) {
	for _, without := range [][]string{nil, {"LITERAL+"}, {"MULTIAPPEND"}} {
		onServer(t, without, 2, func(t *testing.T, s *imaptest.Server, c *imap.Client, box *imap.Mailbox) {
			var all []imap.AppendMessage
			for i := range 50 {
				all = append(all, msg(fmt.Sprintf("Subject: %d\r\n\r\n%s", i, strings.Repeat("x", 3000*i)), imap.FlagSeen))
			}
			got, err := c.AppendAll(t.Context(), "INBOX", all, &imap.AppendAllOptions{OneByOne: true})
			if err != nil || len(got) != 50 {
				t.Fatal(len(got), err)
			}
			for i, m := range s.Messages("alice", "INBOX")[2:] {
				if uint32(got[i].UID) != m.UID || got[i].UIDValidity != s.UIDValidity("alice", "INBOX") || !strings.HasPrefix(string(m.Body()), fmt.Sprintf("Subject: %d\r\n", i)) || len(m.Body()) < 3000*i {
					t.Fatal(i, got[i], m.UID)
				}
			}
			if box.State().Exists != 52 {
				t.Fatal(box.State().Exists)
			}
		})
	}
	// All or nothing: the second is not to be had, so the first is not there.
	onServer(t, nil, 0, func(t *testing.T, s *imaptest.Server, c *imap.Client, box *imap.Mailbox) {
		_, err := c.AppendAll(t.Context(), "INBOX", []imap.AppendMessage{msg("x"), {Parts: []imap.CatenatePart{imap.CatenateURL("/INBOX/;UID=9")}}}, nil)
		if !errors.Is(err, imap.CodeBadURL) || len(uidsOf(s, "INBOX")) != 0 {
			t.Fatal(err)
		}
		big := imap.AppendMessage{Message: io.MultiReader(io.LimitReader(zeros{}, 2<<20), failing{}), Size: 3 << 20}
		if _, err := c.AppendAll(t.Context(), "INBOX", []imap.AppendMessage{msg("x"), big}, nil); !errors.Is(err, errCause) {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := uidsOf(s, "INBOX"); len(got) != 0 {
			t.Fatal(got)
		}
	})
}

func TestR090_LiteralPlus(t *testing.T) {
	for _, test := range []struct{ caps, says string }{
		{"LITERAL+", "{5000+}"}, {"LITERAL-", "{5000}\nS: + go on"}, {"", "{5000}\nS: + go on"},
	} {
		c := talkTo(t, test.caps, "C: $1 APPEND a "+test.says+"\nC: "+strings.Repeat("x", 5000)+"\nS: $1 OK done", nil)
		if _, err := c.Append(t.Context(), "a", strings.NewReader(strings.Repeat("x", 5000)), 5000, nil); err != nil {
			t.Error(test.caps, err)
		}
	}
	for _, caps := range []string{"LITERAL-", "IMAP4rev2"} {
		c := talkTo(t, caps, "C: $1 APPEND a {2+}\nC: xx\nS: $1 OK done", nil)
		if _, err := c.Append(t.Context(), "a", strings.NewReader("xx"), 2, nil); err != nil {
			t.Error(caps, err)
		}
	}
}

func TestR091_UIDPlusResults(t *testing.T) {
	c, box := talk(t, "UIDPLUS MOVE LITERAL+", `
		C: $2 APPEND a {1+}
		C: x
		S: $2 OK [APPENDUID 38505 3955] done
		C: $3 UID COPY 1:3 a
		S: $3 OK [COPYUID 38505 304,319:320 3956:3958] done
		C: $4 UID COPY 304,319:320 a
		S: $4 OK [COPYUID 38505 319:320,304 3956:3957,99] done
		C: $5 UID MOVE 1:4000000000 a
		S: * OK [COPYUID 5 1:2000000000 2000000001:4000000000] first half
		S: * [COPYUID 5 2000000001:4000000000 1:2000000000] in Exchange's way
		S: $5 OK done
		C: $6 UID COPY 1 a
		S: $6 OK [COPYUID 5  ] nothing was copied
	`, nil)
	a, err := c.Append(t.Context(), "a", strings.NewReader("x"), 1, nil)
	if err != nil || a != (imap.AppendResult{UIDValidity: 38505, UID: 3955}) {
		t.Fatal(a, err)
	}
	// What is about other messages is not taken.
	r, err := box.Copy(t.Context(), imap.UIDRange(1, 3), "a")
	if err != nil || r.UIDs.Len() != 0 {
		t.Fatal(r, err)
	}
	// The pairs stand in the order of the sets as sent.
	r, err = box.Copy(t.Context(), imap.UIDSetOf(304, 319, 320), "a")
	var pairs []string
	for from, to := range r.UIDs.All() {
		pairs = append(pairs, fmt.Sprint(from, ":", to))
	}
	if err != nil || strings.Join(pairs, " ") != "304:99 319:3956 320:3957" {
		t.Fatal(pairs, err)
	}
	r, err = box.Move(t.Context(), imap.UIDRange(1, 4_000_000_000), "a")
	if to, ok := r.UIDs.Dest(3_000_000_000); err != nil || !ok || to != 1_000_000_000 || r.UIDs.Len() != 4_000_000_000 {
		t.Fatal(to, err)
	}
	if r, err = box.Copy(t.Context(), imap.UID(1), "a"); err != nil || r.UIDs.Len() != 0 {
		t.Fatal(r, err)
	}
}

// BINARY, CATENATE, REPLACE and URLAUTH against a server that means them.
func TestExtensionsOfAppend(t *testing.T) {
	onServer(t, nil, 2, func(t *testing.T, s *imaptest.Server, c *imap.Client, box *imap.Mailbox) {
		binary := "Subject: x\r\nContent-Type: application/x\r\nContent-Transfer-Encoding: binary\r\n\r\n\x00\x01\xff"
		r, err := c.Append(t.Context(), "INBOX", strings.NewReader(binary), int64(len(binary)), &imap.AppendOptions{Binary: true})
		if err != nil {
			t.Fatal(err)
		}
		one := imap.Section{Part: "1", Binary: true}
		for m, err := range box.Fetch(t.Context(), r.UID, &imap.FetchOptions{Sections: []imap.Section{one}, BinarySizes: []string{"1"}}) {
			if err != nil {
				t.Fatal(err)
			}
			b, _ := m.Body(one).Bytes()
			if n, _ := m.BinarySize("1"); string(b) != "\x00\x01\xff" || n != 3 {
				t.Fatalf("%q %d", b, n)
			}
		}
		url := imap.MessageURL{Mailbox: "INBOX", UIDValidity: box.State().UIDValidity, UID: 1, Section: imap.Section{Kind: imap.Text}, Count: 4}
		r, err = c.Catenate(t.Context(), "INBOX", []imap.CatenatePart{imap.CatenateText("Subject: y\r\n\r\n"), imap.CatenateURL(url.String()), imap.CatenateText("!")}, nil)
		if err != nil {
			t.Fatal(err)
		}
		all := s.Messages("alice", "INBOX")
		if got := string(all[len(all)-1].Body()); got != "Subject: y\r\n\r\nxxxx!" {
			t.Fatalf("%q", got)
		}
		next, err := box.Replace(t.Context(), r.UID, "Done", strings.NewReader("new"), 3, nil)
		if err != nil || next.UID != 1 || slices.Contains(uidsOf(s, "INBOX"), uint32(r.UID)) || len(uidsOf(s, "Done")) != 1 {
			t.Fatal(next, err)
		}
		rump := imap.MessageURL{User: "alice", Host: "here", Mailbox: "INBOX", UID: 1, Access: "submit+alice", Expire: "2100-01-01T00:00:00Z"}
		urls, err := c.GenURLAuth(t.Context(), imap.URLAuth{URL: rump.String()})
		if err != nil || len(urls) != 1 || !strings.HasPrefix(urls[0], rump.String()+":internal:") {
			t.Fatal(urls, err)
		}
		content, err := c.URLFetch(t.Context(), []string{urls[0], rump.String()}, nil)
		if err != nil || !bytes.Equal(content[0].Data, s.Messages("alice", "INBOX")[0].Body()) || !content[1].Nil {
			t.Fatal(content, err)
		}
		content, err = c.URLFetch(t.Context(), urls, &imap.URLFetchOptions{Structure: true})
		if err != nil || content[0].Structure == nil || len(content[0].Data) == 0 || content[0].Problem != nil {
			t.Fatal(content[0], err)
		}
		if mechs, err := c.ResetKey(t.Context(), "INBOX"); err != nil || len(mechs) != 1 {
			t.Fatal(mechs, err)
		}
		if content, err = c.URLFetch(t.Context(), urls, nil); err != nil || !content[0].Nil {
			t.Fatal(content, err)
		}
		if _, err := c.Enable(t.Context(), "UTF8=ACCEPT"); err != nil {
			t.Fatal(err)
		}
		const greeting = "Subject: Grüße\r\n\r\n"
		if _, err := c.Append(t.Context(), "Done", strings.NewReader(greeting), int64(len(greeting)), &imap.AppendOptions{UTF8: true}); err != nil {
			t.Fatal(err)
		}
		if all := s.Messages("alice", "Done"); string(all[len(all)-1].Body()) != greeting {
			t.Fatalf("%q", all[len(all)-1].Body())
		}
	})
}
