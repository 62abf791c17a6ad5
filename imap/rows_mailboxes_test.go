package imap_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestR046_ListParsed(t *testing.T) {
	onServer(t, nil, 1, func(t *testing.T, s *imaptest.Server, c *imap.Client, _ *imap.Mailbox) {
		ctx := t.Context()
		must(t, c.Create(ctx, "Entwürfe/Alt"), c.Subscribe(ctx, "Entwürfe"))
		var got []string
		for e, err := range c.List(ctx, "Entw*", nil) {
			must(t, err)
			got = append(got, fmt.Sprint(e.Attributes, e.Delimiter, e.Mailbox, " ", e.RawName))
		}
		want := []string{`[\HasChildren]/Entwürfe Entw&APw-rfe`, `[\HasNoChildren]/Entwürfe/Alt Entw&APw-rfe/Alt`}
		if !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
		for e, err := range c.ListSubscribed(ctx, "*", nil) {
			must(t, err)
			if e.Mailbox != "Entwürfe" || e.Delimiter != "/" {
				t.Error(e)
			}
		}
		o := &imap.ListOptions{ReturnSubscribed: true, ReturnStatus: []imap.StatusItem{imap.StatusMessages}, ReturnMyRights: true}
		if got := shownList(t, c, "INBOX", o); got != `INBOX \HasNoChildren messages 1 rights larswipkxtecd` {
			t.Error(got)
		}
	})
	// The same without any of the extensions.
	onServer(t, []string{"LIST-EXTENDED", "LIST-STATUS", "LIST-MYRIGHTS"}, 1, func(t *testing.T, s *imaptest.Server, c *imap.Client, _ *imap.Mailbox) {
		must(t, c.Subscribe(t.Context(), "INBOX"))
		o := &imap.ListOptions{SelectSubscribed: true, ReturnStatus: []imap.StatusItem{imap.StatusMessages}, ReturnMyRights: true}
		if got := shownList(t, c, "*", o); got != `INBOX \HasNoChildren,\Subscribed messages 1 rights larswipkxtecd` {
			t.Error(got)
		}
	})
}

func TestR047_XList(t *testing.T) {
	c := talkTo(t, "XLIST", `
		C: $1 XLIST "" "*"
		S: * XLIST (\HasNoChildren \Inbox) "/" "Posteingang"
		S: * XLIST (\HasNoChildren \Starred) "/" "[Gmail]/Markiert"
		S: $1 OK Success
	`, nil)
	if got := shownList(t, c, "*", &imap.ListOptions{ReturnSpecialUse: true}); got != `INBOX \HasNoChildren,\Inbox; [Gmail]/Markiert \HasNoChildren,\Flagged` {
		t.Error(got)
	}
}

func TestR048_SpecialMailboxes(t *testing.T) {
	onServer(t, nil, 0, func(t *testing.T, s *imaptest.Server, c *imap.Client, _ *imap.Mailbox) {
		ctx := t.Context()
		_, err := c.CreateMailbox(ctx, "Out", &imap.CreateOptions{Uses: []imap.SpecialUse{imap.SpecialSent}})
		must(t, err, c.Create(ctx, "Sent"), c.Create(ctx, "Entwürfe"))
		boxes, err := c.SpecialMailboxes(ctx)
		must(t, err)
		if m := boxes[imap.SpecialSent]; m.Mailbox != "Out" || m.By != imap.SpecialByAttribute {
			t.Error(m)
		}
		if m := boxes[imap.SpecialDrafts]; m.Mailbox != "Entwürfe" || m.By != imap.SpecialByName {
			t.Error(m)
		}
		if m, ok := boxes[imap.SpecialTrash]; ok {
			t.Error(m)
		}
	})
}

func TestR049_ModifiedUTF7(t *testing.T) {
	for name, raw := range map[string]string{"Entwürfe": "Entw&APw-rfe", "R&D": "R&-D", "日本語": "&ZeVnLIqe-", "😀": "&2D3eAA-"} {
		if got := wire.EncodeMailbox(name); got != raw {
			t.Errorf("%s: %s", name, got)
		}
		if got, ok := wire.DecodeMailbox(raw); got != name || !ok {
			t.Errorf("%s: %s", raw, got)
		}
	}
	const script = `
		C: $1 STATUS Entw&APw-rfe (MESSAGES)
		S: * STATUS Entw&APw-rfe (MESSAGES 1)
		S: $1 OK done`
	for name, raw := range map[string]bool{"Entwürfe": false, "Entw&APw-rfe": true} {
		c := talkTo(t, "", script, &imap.Options{RawNames: raw})
		s, err := c.Status(t.Context(), name, imap.StatusMessages)
		must(t, err)
		if s.Mailbox != name {
			t.Error(s.Mailbox)
		}
	}
}

func TestR050_OddNames(t *testing.T) {
	onServer(t, nil, 0, func(t *testing.T, s *imaptest.Server, c *imap.Client, _ *imap.Mailbox) {
		ctx := t.Context()
		names := []string{`a"b`, `back\slash`, "[brackets]", "123456789012345678901234567890", "two words", "NIL", "(x)", "{3}", "&", "ünï", strings.Repeat("long", 240)}
		for _, name := range names {
			must(t, c.Create(ctx, name))
			if ok, err := c.Exists(ctx, name); !ok || err != nil {
				t.Error(name, ok, err)
			}
			_, err := c.Select(ctx, name, nil)
			must(t, err, c.Rename(ctx, name, name+"2"), c.Delete(ctx, name+"2"))
		}
	})
	c := talkTo(t, "", `
		C: $1 LIST "" "*"
		S: * LIST () "/" {3}
		S: a"b
		S: * LIST () "/" 12345
		S: * LIST () "/" "a\\b\"c"
		S: * LIST () "/" [x]
		S: $1 OK done`, nil)
	if got := shownList(t, c, "*", nil); got != `a"b ; 12345 ; a\b"c ; [x] ` {
		t.Error(got)
	}
}

func TestR051_SelectParsed(t *testing.T) {
	onServer(t, nil, 2, func(t *testing.T, s *imaptest.Server, c *imap.Client, box *imap.Mailbox) {
		st := box.State()
		if st.Exists != 2 || st.UIDNext != 3 || st.UIDValidity != 1 || st.Unseen != 1 || st.ReadOnly || st.MailboxID != "F1" ||
			!slices.Contains(st.Flags, imap.FlagSeen) || !slices.Contains(st.PermanentFlags, imap.FlagAny) {
			t.Errorf("%+v", st)
		}
		box, err := c.Examine(t.Context(), "INBOX")
		must(t, err)
		if st := box.State(); !st.ReadOnly || st.Exists != 2 {
			t.Errorf("%+v", st)
		}
	})
}

func TestR052_SelectedTracked(t *testing.T) {
	onServer(t, nil, 0, func(t *testing.T, s *imaptest.Server, c *imap.Client, box *imap.Mailbox) {
		if c.Selected() != box || box.Name() != "INBOX" {
			t.Error(c.Selected())
		}
		if _, err := c.Select(t.Context(), "nowhere", nil); !errors.Is(err, imap.CodeNonExistent) || c.Selected() != nil {
			t.Error(err, c.Selected())
		}
		done, err := c.Select(t.Context(), "Done", nil)
		must(t, err)
		if c.Selected() != done {
			t.Error(c.Selected())
		}
		must(t, done.Unselect(t.Context()))
		if c.Selected() != nil {
			t.Error(c.Selected())
		}
	})
}

func TestR053_CloseAndUnselect(t *testing.T) {
	for _, without := range [][]string{nil, {"UNSELECT"}} {
		onServer(t, without, 2, func(t *testing.T, s *imaptest.Server, c *imap.Client, box *imap.Mailbox) {
			ctx := t.Context()
			must(t, box.AddFlags(ctx, imap.UID(1), imap.FlagDeleted), box.Unselect(ctx))
			if n := len(uidsOf(s, "INBOX")); n != 2 {
				t.Error("Unselect expunged:", n)
			}
			if err := box.AddFlags(ctx, imap.UID(1), imap.FlagSeen); !errors.Is(err, imap.ErrDeselected) {
				t.Error(err)
			}
			box, err := c.Select(ctx, "INBOX", nil)
			must(t, err, box.CloseAndExpunge(ctx))
			if got := uidsOf(s, "INBOX"); !slices.Equal(got, []uint32{2}) {
				t.Error(got)
			}
		})
	}
}

func TestR054_CreateRenameDeleteExists(t *testing.T) {
	onServer(t, nil, 0, func(t *testing.T, s *imaptest.Server, c *imap.Client, _ *imap.Mailbox) {
		ctx := t.Context()
		made, err := c.CreateMailbox(ctx, "A", nil)
		must(t, err, c.Rename(ctx, "A", "B"))
		st, err := c.Status(ctx, "B", imap.StatusMailboxID)
		must(t, err)
		if made.MailboxID == "" || st.MailboxID != made.MailboxID {
			t.Error(made, st)
		}
		for name, want := range map[string]bool{"A": false, "B": true, "b*": false, "inbox": true} {
			if got, err := c.Exists(ctx, name); got != want || err != nil {
				t.Error(name, got, err)
			}
		}
		if err := c.Create(ctx, "B"); !errors.Is(err, imap.CodeAlreadyExists) {
			t.Error(err)
		}
		must(t, c.Delete(ctx, "B"))
		if got, err := c.Exists(ctx, "B"); got || err != nil {
			t.Error(got, err)
		}
		if err := c.Delete(ctx, "B"); !errors.Is(err, imap.CodeNonExistent) {
			t.Error(err)
		}
	})
}

func TestR055_Subscribe(t *testing.T) {
	onServer(t, nil, 0, func(t *testing.T, s *imaptest.Server, c *imap.Client, _ *imap.Mailbox) {
		ctx := t.Context()
		must(t, c.Subscribe(ctx, "Done"))
		o := &imap.ListOptions{SelectSubscribed: true}
		if got := shownList(t, c, "*", o); got != `Done \Subscribed,\HasNoChildren` {
			t.Error(got)
		}
		must(t, c.Unsubscribe(ctx, "Done"))
		if got := shownList(t, c, "*", o); got != "" {
			t.Error(got)
		}
	})
}

func TestR056_StatusParsed(t *testing.T) {
	onServer(t, nil, 2, func(t *testing.T, s *imaptest.Server, c *imap.Client, _ *imap.Mailbox) {
		st, err := c.Status(t.Context(), "INBOX", imap.StatusMessages, imap.StatusUIDNext, imap.StatusUIDValidity, imap.StatusUnseen,
			imap.StatusRecent, imap.StatusSize, imap.StatusDeleted, imap.StatusDeletedStorage, imap.StatusMailboxID, imap.StatusHighestModSeq)
		must(t, err)
		if *st.Messages != 2 || st.UIDNext != 3 || st.UIDValidity != 1 || *st.Unseen != 2 || *st.Recent != 0 || *st.Size == 0 ||
			*st.Deleted != 0 || *st.DeletedStorage != 0 || st.MailboxID != "F1" || st.HighestModSeq == 0 {
			t.Errorf("%+v", st)
		}
	})
	c := talkTo(t, "", `
		C: $1 STATUS x (MESSAGES X-ANY APPENDLIMIT)
		S: * STATUS x (MESSAGES 1 X-ANY (a "b") APPENDLIMIT NIL)
		S: $1 OK done`, nil)
	st, err := c.Status(t.Context(), "x", "MESSAGES", "X-ANY", imap.StatusAppendLimit)
	must(t, err)
	if st.Raw[0].Name != "X-ANY" || string(st.Raw[0].Value) != `(a "b")` || st.AppendLimit != nil {
		t.Errorf("%+v", st)
	}
}

// A mailbox that was to be writable, and is not, is noticed when it is opened,
// and also when that changes later.
func TestR057_ReadOnlyDowngrade(t *testing.T) {
	onServer(t, nil, 1, func(t *testing.T, s *imaptest.Server, c *imap.Client, _ *imap.Mailbox) {
		ctx := t.Context()
		must(t, c.SetACL(ctx, "INBOX", "alice", imap.RightsSet, "lr"))
		box, err := c.Select(ctx, "INBOX", nil)
		must(t, err)
		if !box.State().ReadOnly {
			t.Error("not noticed")
		}
		for _, err := range []error{
			box.AddFlags(ctx, imap.UID(1), imap.FlagSeen), second(box.Move(ctx, imap.UID(1), "Done")), box.Expunge(ctx),
		} {
			if !errors.Is(err, imap.ErrReadOnly) {
				t.Error(err)
			}
		}
		if _, err := c.Select(ctx, "INBOX", &imap.SelectOptions{Writable: true}); !errors.Is(err, imap.ErrReadOnly) || c.Selected() != nil {
			t.Error(err, c.Selected())
		}
		if _, err := c.Select(ctx, "Done", &imap.SelectOptions{Writable: true}); err != nil {
			t.Error(err)
		}
	})
	c, box := talk(t, "", `
		C: $2 NOOP
		S: * OK [READ-ONLY] somebody took it
		S: $2 OK done`, nil)
	noop(t, c)
	if err := box.AddFlags(t.Context(), imap.UID(1), imap.FlagSeen); !errors.Is(err, imap.ErrReadOnly) || !box.State().ReadOnly {
		t.Error(err)
	}
}

// A loop over Idle hears of it too.
func TestReadOnlyHeard(t *testing.T) {
	c, box := talk(t, "IDLE", `
		C: $2 IDLE
		S: + idling
		S: * OK [READ-ONLY] somebody took it
		S: * OK [READ-ONLY] still
		S: * 4 EXISTS
		C: DONE
		S: $2 OK done
		C: $3 NOOP
		S: $3 OK done`, nil)
	wantHeard(t, box, "state 3", "exists 4")
	noop(t, c)
}

// A server that rebuilds the selected mailbox says so by a code, which changes no
// State: everything here is about the UIDs that the mailbox was selected with.
func TestRebuiltHeard(t *testing.T) {
	c, box := talk(t, "IDLE", `
		C: $2 IDLE
		S: + idling
		S: * OK [UIDVALIDITY 99] rebuilt
		S: * OK [UIDVALIDITY 100] and again
		S: * 4 EXISTS
		C: DONE
		S: $2 OK done
		C: $3 NOOP
		S: $3 OK done`, nil)
	if box.Rebuilt() {
		t.Error("rebuilt from the beginning")
	}
	was := box.State().UIDValidity
	wantHeard(t, box, "state 3", "exists 4")
	if !box.Rebuilt() || box.State().UIDValidity != was {
		t.Errorf("%v, %d", box.Rebuilt(), box.State().UIDValidity)
	}
	noop(t, c)
}
