package imap_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/search"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// speakTo plays a transcript behind a PREAUTH greeting with just these
// capabilities.
func speakTo(t *testing.T, caps, transcript string) *imap.Client {
	t.Helper()
	conn := imaptest.Script(t, "S: * PREAUTH [CAPABILITY "+caps+"] hello\n"+transcript)
	c, err := imap.NewClient(t.Context(), conn, &imap.Options{Security: imap.Plaintext})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestProtocol(t *testing.T) {
	for caps, want := range map[string]imap.Protocol{
		"IMAP4":                       imap.IMAP4,
		"IMAP4 IMAP4rev1":             imap.IMAP4rev1,
		"imap4REV1 IDLE":              imap.IMAP4rev1,
		"IMAP4rev1 IMAP4rev2":         imap.IMAP4rev1,
		"IMAP4rev2 AUTH=PLAIN":        imap.IMAP4rev2,
		"IMAP4 IMAP4rev2":             imap.IMAP4rev2,
		"IDLE":                        imap.IMAP4rev1,
		"IMAP4rev1 IMAP4rev2 SASL-IR": imap.IMAP4rev1,
	} {
		synctest.Test(t, func(t *testing.T) {
			if got := speakTo(t, caps, "").Protocol(); got != want {
				t.Errorf("%s: %v, want %v", caps, got, want)
			}
		})
	}
	if s := imap.IMAP4rev2.String(); s != "IMAP4rev2" {
		t.Error(s)
	}
}

// A server that speaks both is spoken to in IMAP4rev2 once that is enabled: from
// then on names are UTF-8, in quotes, and SEARCH needs no charset.
func TestIMAP4rev2Enabled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := speakTo(t, "IMAP4rev1 IMAP4rev2 LITERAL+", `
			C: $1 SELECT B&APw-cher
			S: * 1 EXISTS
			S: * 1 RECENT
			S: $1 OK [READ-WRITE] done
			C: $2 ENABLE IMAP4rev2
			S: * ENABLED IMAP4rev2
			S: $2 OK done
			C: $3 SELECT "Bücher/\\Liste"
			S: * OK [CLOSED] the other one
			S: * 17 EXISTS
			S: * LIST () "/" "Bücher/\\Liste"
			S: * OK [UIDVALIDITY 3857529045] UIDs valid
			S: * OK [UIDNEXT 4392] next
			S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
			S: * OK [PERMANENTFLAGS (\Deleted \Seen \*)] limited
			S: $3 OK [READ-WRITE] done
			C: $4 UID SEARCH RETURN (ALL) SUBJECT "Käse"
			S: * ESEARCH (TAG "$4") UID ALL 17,900,901
			S: $4 OK done
			C: $5 UID SEARCH RETURN (ALL) FLAGGED
			S: * ESEARCH (TAG "$5") UID
			S: $5 OK done
			C: $6 STATUS B&APw-cher (MESSAGES)
			S: * STATUS B&APw-cher (MESSAGES 4)
			S: $6 OK done`)
		first, err := c.Select(t.Context(), "Bücher", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Enable(t.Context(), "IMAP4rev2"); err != nil || c.Protocol() != imap.IMAP4rev2 {
			t.Fatal(err, c.Protocol())
		}
		box, err := c.Select(t.Context(), `Bücher/\Liste`, nil)
		if err != nil {
			t.Fatal(err)
		}
		if s := box.State(); s.Exists != 17 || s.Recent != 0 || s.UIDNext != 4392 || s.ReadOnly {
			t.Errorf("%+v", s)
		}
		if s := first.State(); s.Exists != 1 {
			t.Errorf("the first has %d", s.Exists)
		}
		if got, err := box.Search(t.Context(), search.Subject("Käse")); err != nil || got.String() != "17,900:901" {
			t.Error(got, err)
		}
		if got, err := box.Search(t.Context(), search.Flagged); err != nil || !got.Empty() {
			t.Error(got, err)
		}
		// What looks like modified UTF-7 is a name as any other.
		if st, err := c.Status(t.Context(), "B&APw-cher", imap.StatusMessages); err != nil || st.Mailbox != "B&APw-cher" {
			t.Error(st, err)
		}
	})
}

// A server that speaks nothing but IMAP4rev2 need not be asked for it.
func TestIMAP4rev2Only(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		long := strings.Repeat("x ", 2049)[:4097]
		c := speakTo(t, "IMAP4rev2", `
			C: $1 CREATE "Entwürfe"
			S: $1 OK done
			C: $2 LIST "" "*"
			S: * LIST (\NonExistent) "/" "Entwürfe & mehr"
			S: * LIST () "/" INBOX
			S: $2 OK done
			C: $3 CREATE {1001+}
			C!: `+long[:1001]+`\r\n
			S: $3 OK done
			C: $4 CREATE {4097}
			S: $4 NO [CANNOT] too long`)
		if err := c.Create(t.Context(), "Entwürfe"); err != nil {
			t.Fatal(err)
		}
		var names []string
		for e, err := range c.List(t.Context(), "*", nil) {
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, e.Mailbox)
		}
		if s := strings.Join(names, "|"); s != "Entwürfe & mehr|INBOX" {
			t.Error(s)
		}
		// Its literals are those of LITERAL-.
		if err := c.Create(t.Context(), long[:1001]); err != nil {
			t.Fatal(err)
		}
		if err := c.Create(t.Context(), long); err == nil {
			t.Fatal("created")
		}
	})
}

// RFC 1730: what such a server has works, what it lacks is its own error.
func TestIMAP4(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := speakTo(t, "IMAP4 AUTH=KERBEROS_V4", `
			C: $1 SELECT INBOX
			S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
			S: * 18 EXISTS
			S: * 2 RECENT
			S: * OK [UNSEEN 17] Message 17 is the first unseen
			S: * OK [UIDVALIDITY 3857529045] UIDs valid
			S: $1 OK [READ-WRITE] done
			C: $2 UID STORE 5 FLAGS (\Seen)
			S: * 3 STORE
			S: * 3 FETCH (FLAGS (\Seen) UID 5)
			S: $2 OK done
			C: $3 UID COPY 5 MEETING
			S: * 3 COPY
			S: $3 OK done
			C: $4 UID SEARCH SUBJECT "x"
			S: * SEARCH 2 84
			S: $4 OK done
			C: $5 STATUS INBOX (MESSAGES)
			S: $5 BAD unknown command
			C: $6 FIND ALL.MAILBOXES *
			S: * MAILBOX INBOX
			S: * MAILBOX old.mail
			S: $6 OK done`)
		if c.Protocol() != imap.IMAP4 {
			t.Fatal(c.Protocol())
		}
		box, err := c.Select(t.Context(), "INBOX", nil)
		if err != nil {
			t.Fatal(err)
		}
		if s := box.State(); s.Exists != 18 || s.Recent != 2 || s.UIDNext != 0 {
			t.Errorf("%+v", s)
		}
		flags, err := box.Store(t.Context(), imap.UID(5), imap.StoreSet, []imap.Flag{imap.FlagSeen}, nil)
		if err != nil || len(flags) != 1 || flags[0].UID != 5 {
			t.Error(flags, err)
		}
		if _, err := box.Copy(t.Context(), imap.UID(5), "MEETING"); err != nil {
			t.Error(err)
		}
		if got, err := box.Search(t.Context(), search.Subject("x")); err != nil || got.String() != "2,84" {
			t.Error(got, err)
		}
		var refused *imap.ResponseError
		if _, err := c.Status(t.Context(), "INBOX", imap.StatusMessages); !errors.As(err, &refused) || refused.Status != imap.StatusBad {
			t.Error(err)
		}
		r, err := c.Do(t.Context(), wire.NewCommand("FIND").Atom("ALL.MAILBOXES").Star())
		if err != nil || len(r.Lines) != 2 || string(r.Lines[1].Raw) != "* MAILBOX old.mail" {
			t.Error(r, err)
		}
	})
}

// A name that was spelled oddly in modified UTF-7 has one spelling in UTF-8.
func TestEnableForgetsSpellings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := speakTo(t, "IMAP4rev1 ENABLE UTF8=ACCEPT", `
			C: $1 LIST "" "%"
			S: * LIST () "/" "&AGEA5A-"
			S: $1 OK done
			C: $2 SUBSCRIBE &AGEA5A-
			S: $2 OK done
			C: $3 ENABLE UTF8=ACCEPT
			S: * ENABLED UTF8=ACCEPT
			S: $3 OK done
			C: $4 STATUS "aä" (MESSAGES)
			S: * STATUS "aä" (MESSAGES 1)
			S: $4 OK done`)
		for e, err := range c.List(t.Context(), "%", nil) {
			if err != nil || e.Mailbox != "aä" {
				t.Fatal(e, err)
			}
		}
		if err := c.Subscribe(t.Context(), "aä"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Enable(t.Context(), "UTF8=ACCEPT"); err != nil {
			t.Fatal(err)
		}
		if st, err := c.Status(t.Context(), "aä", imap.StatusMessages); err != nil || *st.Messages != 1 {
			t.Error(st, err)
		}
	})
}
