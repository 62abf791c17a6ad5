package imap_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// what nobody asked for is not on, whatever the server says is.
func TestA36_EnabledUnasked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const said = "* ENABLED UTF8=ACCEPT IMAP4rev2 UIDONLY CONDSTORE\r\n"
		c, _, f := connect(t, nil, func(f *fake, tag, command string) bool {
			switch {
			case strings.HasPrefix(command, "CAPABILITY"):
				f.say("* CAPABILITY IMAP4rev1 ENABLE CONDSTORE QRESYNC UTF8=ACCEPT\r\n" + tag + " OK done\r\n")
			case command == "NOOP":
				f.say(said + tag + " OK done\r\n")
			case strings.HasPrefix(command, "ENABLE"):
				f.say(strings.Repeat(said, 100) + "* ENABLED qresync\r\n" + tag + " OK done\r\n")
			default:
				return false
			}
			return true
		})
		if _, err := c.Capability(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := c.Noop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c.Enabled("CONDSTORE") {
			t.Error("enabled by NOOP")
		}
		got, err := c.Enable(t.Context(), "QRESYNC")
		if err != nil || !slices.Equal(got, []string{"CONDSTORE", "qresync"}) {
			t.Errorf("%q, %v", got, err)
		}
		for _, name := range []string{"UTF8=ACCEPT", "IMAP4REV2", "UIDONLY"} {
			if c.Enabled(name) {
				t.Errorf("%s is on", name)
			}
		}
		if c.Protocol() != imap.IMAP4rev1 {
			t.Error(c.Protocol())
		}
		_ = c.Create(t.Context(), "ä")
		if all := f.commands(); !strings.HasSuffix(all[len(all)-1], " CREATE &AOQ-") {
			t.Errorf("%q", all[len(all)-1])
		}
	})
}

// an ID that nobody asked for changes neither what the server is taken
// for nor what is done about it.
func TestA65_IDUnasked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, _ := connect(t, nil, saying("NOOP", "* ID (\"name\" \"yahoo\" \"vendor\" \"aol\")\r\nTAG OK done\r\n"))
		if err := c.Noop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c.ServerID() != nil || len(c.Quirks()) > 0 {
			t.Error(c.ServerID(), c.Quirks())
		}
	})
}

// plain text behind the OK to COMPRESS is not taken for data.
func TestA47_PlainTextBehindCompress(t *testing.T) {
	for _, behind := range []string{"* 99 EXISTS\r\n", "* BYE\r\n", "A4 OK done\r\n", strings.Repeat("\x00", 100), "\x03\x00* 99 EXISTS\r\n"} {
		synctest.Test(t, func(t *testing.T) {
			c, box, _ := connect(t, nil, func(f *fake, tag, command string) bool {
				switch {
				case strings.HasPrefix(command, "CAPABILITY"):
					f.say("* CAPABILITY IMAP4rev1 COMPRESS=DEFLATE\r\n" + tag + " OK done\r\n")
				case strings.HasPrefix(command, "COMPRESS"):
					f.say(tag + " OK now\r\n" + behind)
				default:
					return false
				}
				return true
			})
			if _, err := c.Capability(t.Context()); err != nil {
				t.Fatal(err)
			}
			_ = c.Compress(t.Context())
			if err := c.Noop(t.Context()); !errors.Is(err, imap.ErrClosed) {
				t.Errorf("%q: %v", behind, err)
			}
			if n := box.State().Exists; n != 50 {
				t.Errorf("%q: %d messages", behind, n)
			}
		})
	}
}

// a second reply to UNAUTHENTICATE, and one to COMPRESS, is nobody's.
func TestA60_TwoReplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, _ := connect(t, nil, func(f *fake, tag, command string) bool {
			switch {
			case strings.HasPrefix(command, "CAPABILITY"):
				f.say("* CAPABILITY IMAP4rev1 UNAUTHENTICATE NAMESPACE ACL QUOTA ID\r\n" + tag + " OK done\r\n")
			case strings.HasPrefix(command, "UNAUTH"):
				f.say(tag + " OK out\r\n" + tag + " OK [CAPABILITY IMAP4rev1 X] in again\r\n" + tag + " BAD no\r\n")
			case strings.HasPrefix(command, "ID"), strings.HasPrefix(command, "NAMESPACE"), strings.HasPrefix(command, "GET"):
				f.say(tag + " NO no\r\n* ID (\"name\" \"x\")\r\n* NAMESPACE NIL NIL NIL\r\n* ACL a b c\r\n* QUOTA \"\" ()\r\n" + tag + " OK yes\r\n")
			default:
				return false
			}
			return true
		})
		if _, err := c.Capability(t.Context()); err != nil {
			t.Fatal(err)
		}
		refused := func(err error) {
			t.Helper()
			if _, ok := errors.AsType[*imap.ResponseError](err); !ok {
				t.Error(err)
			}
		}
		_, err := c.ID(t.Context(), nil)
		refused(err)
		_, err = c.Namespace(t.Context())
		refused(err)
		_, err = c.GetACL(t.Context(), "a")
		refused(err)
		_, err = c.GetQuota(t.Context(), "")
		refused(err)
		if err := c.Unauthenticate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c.Authenticated() || c.Has("X") {
			t.Error("the second reply counted")
		}
		if err := c.Login(t.Context(), "a", "b"); err != nil {
			t.Error(err)
		}
	})
}

// A short set of many UIDs is asked for at once where the mailbox is small.
func TestA48_LongRangeInASmallMailbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, box, f := connect(t, nil, nil)
		before := len(f.commands())
		for _, err := range box.Fetch(t.Context(), imap.UIDRange(1, 100_000), nil) {
			if err != nil {
				t.Fatal(err)
			}
		}
		if n := len(f.commands()) - before; n > 2 {
			t.Errorf("%d commands", n)
		}
	})
}

// A search of Do's may save another result: then "$" is not sent for the one
// before, as it would be other messages.
func TestSavedResultBehindDo(t *testing.T) {
	c, box := talk(t, "ESEARCH SEARCHRES", `
		C: $2 UID SEARCH RETURN (SAVE ALL) ALL
		S: * ESEARCH (TAG "$2") UID ALL 2:3
		S: $2 OK done
		C: $3 uid search RETURN (SAVE) SEEN
		S: $3 OK done
		C: $4 UID STORE 2:3 +FLAGS.SILENT (\Deleted)
		S: $4 OK done
	`, nil)
	saved, err := box.SearchSaved(t.Context(), nil)
	if err != nil || !saved.Current() {
		t.Fatal(err)
	}
	cmd := wire.NewCommand("uid search").Atom("RETURN")
	cmd.List(func() { cmd.Atom("SAVE") }).Atom("SEEN")
	if _, err := c.Do(t.Context(), cmd); err != nil {
		t.Fatal(err)
	}
	if saved.Current() {
		t.Error("it is still thought to be saved")
	}
	if err := box.AddFlags(t.Context(), saved, imap.FlagDeleted); err != nil {
		t.Fatal(err)
	}
}

// MODIFIED names none but the messages that were to be changed: the
// caller goes on with those.
func TestA65_ModifiedBeyondTheSet(t *testing.T) {
	_, box := talk(t, "CONDSTORE", `
		C: $2 UID STORE 2:3 (UNCHANGEDSINCE 5) +FLAGS.SILENT (\Deleted)
		S: $2 OK [MODIFIED 1,3:4294967294] done
		C: $3 UID STORE 2:3 (UNCHANGEDSINCE 5) +FLAGS.SILENT (\Deleted)
		S: $3 OK [MODIFIED 1] done
	`, nil)
	_, err := box.Store(t.Context(), imap.UIDRange(2, 3), imap.StoreAdd, []imap.Flag{imap.FlagDeleted}, &imap.StoreOptions{Silent: true, UnchangedSince: 5})
	modified, ok := errors.AsType[*imap.ModifiedError](err)
	if !ok || modified.UIDs.String() != "3" {
		t.Error(err)
	}
	_, err = box.Store(t.Context(), imap.UIDRange(2, 3), imap.StoreAdd, []imap.Flag{imap.FlagDeleted}, &imap.StoreOptions{Silent: true, UnchangedSince: 5})
	if err == nil || errors.As(err, &modified) {
		t.Error(err)
	}
}
