package imap_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// RFC 8508 §3.4, and what follows from it.
func TestReplace(t *testing.T) {
	c, box := talk(t, "REPLACE UIDPLUS", `
		C: $2 UID REPLACE 2 Drafts (\Seen \Draft) {1}
		S: + Ready for literal data
		C: x
		S: * OK [APPENDUID 1 2000] Replacement Message ready
		S: * 2 EXPUNGE
		S: $2 OK Replace completed
		C: $3 UID REPLACE 3 Drafts {1}
		S: $3 NO [OVERQUOTA] no room
		C: $4 UID REPLACE 3 Drafts {1}
		S: + Ready for literal data
		C: x
		S: $4 OK [APPENDUID 1 2001] with a tag
	`, nil)
	o := &imap.ReplaceOptions{AppendOptions: imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen, imap.FlagDraft}}}
	r, err := box.Replace(t.Context(), 2, "Drafts", strings.NewReader("x"), 1, o)
	if err != nil || r.UID != 2000 || r.UIDValidity != 1 || box.State().Exists != 2 {
		t.Fatal(r, err, box.State().Exists)
	}
	if _, err = box.Replace(t.Context(), 3, "Drafts", strings.NewReader("x"), 1, nil); !errors.Is(err, imap.CodeOverQuota) {
		t.Fatal(err)
	}
	if r, err = box.Replace(t.Context(), 3, "Drafts", strings.NewReader("x"), 1, nil); err != nil || r.UID != 2001 {
		t.Fatal(r, err)
	}
	var argument *wire.ArgumentError
	for _, uid := range []imap.UID{0, imap.MaxUID} {
		if _, err := box.Replace(t.Context(), uid, "Drafts", strings.NewReader("x"), 1, nil); !errors.As(err, &argument) {
			t.Error(err)
		}
	}
	if _, err := box.Replace(t.Context(), 1, "Drafts", nil, 1, nil); !errors.As(err, &argument) {
		t.Error(err)
	}
	_ = c
}

// Two at once: the second waits, since an APPENDUID without a tag could be of
// either.
func TestReplaceTwo(t *testing.T) {
	_, box := talk(t, "REPLACE LITERAL+", `
		C: $2 UID REPLACE 1 a {1+}
		C: x
		pause 1s
		S: * OK [APPENDUID 1 10] there
		S: $2 OK done
		C: $3 UID REPLACE 2 a {1+}
		C: y
		S: * OK [APPENDUID 1 11] there
		S: $3 OK done
	`, nil)
	got := make(chan imap.UID, 2)
	begun := make(chan struct{})
	go func() {
		r, err := box.Replace(t.Context(), 1, "a", &told{strings.NewReader("x"), begun}, 1, nil)
		if err != nil {
			t.Error(err)
			r = imap.AppendResult{}
		}
		got <- r.UID
	}()
	<-begun
	r, err := box.Replace(t.Context(), 2, "a", strings.NewReader("y"), 1, nil)
	first := <-got
	if err != nil || first+r.UID != 21 {
		t.Fatal(first, r, err)
	}
}

// told says that its Reader was asked.
type told struct {
	r   *strings.Reader
	now chan struct{}
}

func (r *told) Read(p []byte) (int, error) {
	defer close(r.now)
	return r.r.Read(p)
}

func TestReplaceFallback(t *testing.T) {
	const steps = `
		C: $2 APPEND Drafts (\Draft) {1+}
		C: x
		S: $2 OK [APPENDUID 1 7] done
		C: $3 UID STORE 2 +FLAGS.SILENT (\Deleted)
	`
	o := &imap.ReplaceOptions{AppendOptions: imap.AppendOptions{Flags: []imap.Flag{imap.FlagDraft}}, Fallback: true}
	_, box := talk(t, "UIDPLUS LITERAL+", steps+`
		S: $3 OK done
		C: $4 UID EXPUNGE 2
		S: * 2 EXPUNGE
		S: $4 OK done
	`, nil)
	if _, err := box.Replace(t.Context(), 2, "Drafts", strings.NewReader("x"), 1, nil); !errors.Is(err, imap.ErrUnsupported) {
		t.Fatal(err)
	}
	r, err := box.Replace(t.Context(), 2, "Drafts", strings.NewReader("x"), 1, o)
	if err != nil || r.UID != 7 {
		t.Fatal(r, err)
	}
	// What fails behind the first step says where the new message is.
	_, box = talk(t, "UIDPLUS LITERAL+", steps+`
		S: $3 NO [NOPERM] not you
	`, nil)
	r, err = box.Replace(t.Context(), 2, "Drafts", strings.NewReader("x"), 1, o)
	if !errors.Is(err, imap.CodeNoPerm) || r.UID != 7 || !strings.Contains(err.Error(), "not removed") {
		t.Fatal(r, err)
	}
	// Never a plain EXPUNGE.
	_, box = talk(t, "", "", nil)
	if _, err := box.Replace(t.Context(), 2, "Drafts", strings.NewReader("x"), 1, o); !errors.Is(err, imap.ErrUnsupported) || !strings.Contains(err.Error(), "UIDPLUS") {
		t.Fatal(err)
	}
}

func TestMoveWays(t *testing.T) {
	for name, test := range map[string]struct{ caps, transcript string }{
		"MOVE": {"MOVE XMOVE", `
			C: $2 UID MOVE 1:2 Done
			S: * OK [COPYUID 5 1:2 11:12] moved
			S: * 1 EXPUNGE
			S: * 1 EXPUNGE
			S: $2 OK done`},
		"in parts": {"MOVE", `
			C: $2 UID MOVE 1:2 Done
			S: * OK [COPYUID 5 2 12] moved
			S: * 2 EXPUNGE
			S: * OK [COPYUID 5 1 11] moved
			S: * 1 EXPUNGE
			S: $2 OK done`},
		"XMOVE": {"XMOVE UIDPLUS", `
			C: $2 UID XMOVE 1:2 Done
			S: * 1 EXPUNGE
			S: * 1 EXPUNGE
			S: $2 OK [COPYUID 5 1:2 11:12] done`},
		"steps": {"UIDPLUS", `
			C: $2 UID COPY 1:2 Done
			S: $2 OK [COPYUID 5 1:2 11:12] done
			C: $3 UID STORE 1:2 +FLAGS.SILENT (\Deleted)
			S: $3 OK done
			C: $4 UID EXPUNGE 1:2
			S: * 1 EXPUNGE
			S: * 1 EXPUNGE
			S: $4 OK done`},
	} {
		t.Run(name, func(t *testing.T) {
			_, box := talk(t, test.caps, test.transcript, nil)
			r, err := box.Move(t.Context(), imap.UIDRange(1, 2), "Done")
			if err != nil || r.UIDValidity != 5 || r.UIDs.Len() != 2 || box.State().Exists != 1 {
				t.Fatal(r, err, box.State().Exists)
			}
			if to, ok := r.UIDs.Dest(2); !ok || to != 12 {
				t.Fatal(to, ok)
			}
		})
	}
}

func TestCopyAndDelete(t *testing.T) {
	_, box := talk(t, "", `
		C: $2 UID COPY 1 Done
		S: $2 OK done
		C: $3 UID STORE 1 +FLAGS.SILENT (\Deleted)
		S: $3 OK done
		C: $4 UID COPY 2 Done
		S: $4 OK done
		C: $5 UID STORE 2 +FLAGS.SILENT (\Deleted)
		S: $5 OK done
		C: $6 EXPUNGE
		S: * 2 EXPUNGE
		S: $6 OK done
		C: $7 UID COPY 3 Done
		S: $7 NO [TRYCREATE] no such mailbox
	`, nil)
	if _, err := box.CopyAndDelete(t.Context(), imap.UID(1), "Done", imap.RemoveCopied); !errors.Is(err, imap.ErrUnsupported) {
		t.Fatal(err)
	}
	if _, err := box.CopyAndDelete(t.Context(), imap.UIDSet{}, "Done", imap.RemoveLater); err != nil {
		t.Fatal(err)
	}
	if _, err := box.CopyAndDelete(t.Context(), imap.UID(1), "Done", imap.RemoveLater); err != nil {
		t.Fatal(err)
	}
	if _, err := box.CopyAndDelete(t.Context(), imap.UID(2), "Done", imap.RemoveMarked); err != nil {
		t.Fatal(err)
	}
	if _, err := box.CopyAndDelete(t.Context(), imap.UID(3), "Done", imap.RemoveMarked); !errors.Is(err, imap.CodeTryCreate) {
		t.Fatal(err)
	}
	// What the server did not copy is not removed.
	_, box = talk(t, "UIDPLUS", `
		C: $2 UID COPY 1:3 Done
		S: $2 OK [COPYUID 5 1,3 11,13] done
		C: $3 UID STORE 1,3 +FLAGS.SILENT (\Deleted)
		S: $3 OK done
		C: $4 UID EXPUNGE 1,3
		S: $4 OK done
	`, nil)
	if _, err := box.CopyAndDelete(t.Context(), imap.UIDRange(1, 3), "Done", imap.RemoveCopied); err != nil {
		t.Fatal(err)
	}
}

// A connection that ends anywhere in a move loses no message.
func TestMoveInterrupted(t *testing.T) {
	for _, without := range [][]string{{"MOVE", "XMOVE"}, nil} {
		for cut := int64(1); cut < 260; cut += 5 {
			synctest.Test(t, func(t *testing.T) {
				s := imaptest.NewServer(&imaptest.Options{Without: without})
				defer s.Close()
				alice := s.AddUser("alice", "pass")
				deliver(t, s, 3, 1)
				if err := alice.CreateMailbox("Done"); err != nil {
					t.Fatal(err)
				}
				c, box := login(t, s, nil)
				s.SetFaults(&imaptest.Faults{CutAfter: cut})
				_, err := box.Move(t.Context(), imap.UIDRange(1, 3), "Done")
				if err != nil && !errors.Is(err, imap.ErrClosed) {
					t.Fatal(err)
				}
				_ = c.Close()
				for i := range 3 {
					if !has(s, "INBOX", i) && !has(s, "Done", i) {
						t.Fatalf("cut after %d bytes: message %d is lost (%v)", cut, i, err)
					}
				}
			})
		}
	}
}

// has says whether a mailbox has message i of those delivered.
func has(s *imaptest.Server, mailbox string, i int) bool {
	for _, m := range s.Messages("alice", mailbox) {
		if bytes.HasPrefix(m.Body(), fmt.Appendf(nil, "Subject: message %d\r\n", i)) {
			return true
		}
	}
	return false
}

// A canceled Replace whose message is in memory runs to its end.
func TestReplaceCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "REPLACE", `
			C: $2 UID REPLACE 2 a {1}
			pause 1m
			S: + go on
			C: x
			S: * OK [APPENDUID 1 2000] there
			S: * 2 EXPUNGE
			S: $2 OK done
			C: $3 NOOP
			S: $3 OK done
		`, nil)
		ctx := soon(t)
		if _, err := box.Replace(ctx, 2, "a", strings.NewReader("x"), 1, nil); !errors.Is(err, context.Cause(ctx)) {
			t.Fatal(err)
		}
		if err := c.Noop(t.Context()); err != nil || box.State().Exists != 2 {
			t.Fatal(err)
		}
	})
}
