package imap_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/search"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// scripted is a client of a server that plays a script behind the selection of
// a mailbox with five messages; its tags are $2 and so on.
func scripted(t *testing.T, caps, script string, opts *imap.Options) (*imap.Client, *imap.Mailbox) {
	t.Helper()
	var o imap.Options
	if opts != nil {
		o = *opts
	}
	o.Security = imap.Plaintext
	conn := imaptest.Script(t, `
		S: * PREAUTH [CAPABILITY IMAP4rev1 `+caps+`] hello
		C: $1 SELECT INBOX
		S: * 5 EXISTS
		S: * OK [UIDNEXT 50] next
		S: $1 OK [READ-WRITE] selected
	`+script)
	c, err := imap.NewClient(t.Context(), conn, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	m, err := c.Select(t.Context(), "INBOX", nil)
	if err != nil {
		t.Fatal(err)
	}
	return c, m
}

// scriptTest is a call and what is said for it.
type scriptTest struct {
	name, caps, script string
	run                func(t *testing.T, c *imap.Client, m *imap.Mailbox) any
	want               string // fmt.Sprint of what run returns
}

func runScripts(t *testing.T, tests []scriptTest) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, m := scripted(t, test.caps, test.script, nil)
				if got := fmt.Sprint(test.run(t, c, m)); got != test.want {
					t.Errorf("got  %s\nwant %s", got, test.want)
				}
				if err := c.Err(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// both makes one value of a result and an error.
func both(v any, err error) any {
	if err != nil {
		return fmt.Sprint(v, " ", err)
	}
	return v
}

func searchAll(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
	return both(m.Search(t.Context(), search.Unseen))
}

func TestSearchAnswers(t *testing.T) {
	runScripts(t, []scriptTest{
		{"plain", "", `
			C: $2 UID SEARCH UNSEEN
			S: * SEARCH 7 3 4 5
			S: $2 OK done`, searchAll, "3:5,7"},
		{"plain, in many lines", "", `
			C: $2 UID SEARCH UNSEEN
			S: * SEARCH 7 3
			S: * 6 EXISTS
			S: * SEARCH
			S: * SEARCH 4 7
			S: $2 OK done`, searchAll, "3:4,7"},
		{"plain, nothing", "", `
			C: $2 UID SEARCH UNSEEN
			S: * SEARCH
			S: $2 OK done`, searchAll, ""},
		{"no answer at all", "", `
			C: $2 UID SEARCH UNSEEN
			S: $2 OK done`, searchAll, ""},
		{"extended", "ESEARCH", `
			C: $2 UID SEARCH RETURN (ALL) UNSEEN
			S: * ESEARCH (TAG "$2") UID ALL 1:3,9
			S: $2 OK done`, searchAll, "1:3,9"},
		{"extended by IMAP4rev2", "IMAP4rev2", `
			C: $2 UID SEARCH RETURN (ALL) UNSEEN
			S: * ESEARCH (TAG "$2") UID ALL 1:3,9
			S: $2 OK done`, searchAll, "1:3,9"},
		{"extended, nothing", "ESEARCH", `
			C: $2 UID SEARCH RETURN (ALL) UNSEEN
			S: * ESEARCH (TAG "$2") UID
			S: $2 OK done`, searchAll, ""},
		{"extended without a tag", "ESEARCH", `
			C: $2 UID SEARCH RETURN (ALL) UNSEEN
			S: * ESEARCH UID ALL 4
			S: $2 OK done`, searchAll, "4"},
		{"another's answer", "ESEARCH", `
			C: $2 UID SEARCH RETURN (ALL) UNSEEN
			S: * ESEARCH (TAG "other") UID ALL 4
			S: * ESEARCH (TAG "$2") UID ALL 5
			S: $2 OK done`, searchAll, "5"},
		{"extended, answered plainly", "ESEARCH", `
			C: $2 UID SEARCH RETURN (ALL) UNSEEN
			S: * SEARCH 4 5
			S: $2 OK done`, searchAll, "4:5"},
		{"refused", "", `
			C: $2 UID SEARCH UNSEEN
			S: $2 NO [INUSE] later`, searchAll, " imap: UID SEARCH: NO [INUSE] later"},
		{"charset", "ESEARCH LITERAL+", `
			C: $2 UID SEARCH RETURN (ALL) CHARSET UTF-8 SUBJECT {4+}
			C!: d\xc3\xa9j\r\n
			S: $2 NO [BADCHARSET (US-ASCII)] no`,
			func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
				_, err := m.Search(t.Context(), search.Subject("déj"))
				return errors.Is(err, imap.CodeBadCharset)
			}, "true"},
		{"all", "", `
			C: $2 UID SEARCH ALL
			S: * SEARCH 4
			S: $2 OK done`,
			func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
				return both(m.Search(t.Context(), nil))
			}, "4"},
	})
}

func TestSearchByNumber(t *testing.T) {
	runScripts(t, []scriptTest{
		{"numbers are carried over expunges", "", `
			C: $2 SEARCH UNSEEN
			S: * SEARCH 2 4 5
			S: $2 OK done
			C: $3 NOOP
			S: * 1 EXPUNGE
			S: * 3 EXPUNGE
			S: $3 OK done
			C: $4 UID SEARCH 1,3
			S: * SEARCH 30 10
			S: $4 OK done`,
			func(t *testing.T, c *imap.Client, m *imap.Mailbox) any {
				set, err := m.SearchSeq(t.Context(), search.Unseen)
				if err != nil || set.String() != "2,4:5" {
					t.Error(set, err)
				}
				if err := c.Noop(t.Context()); err != nil {
					t.Error(err)
				}
				return both(m.UIDs(t.Context(), set))
			}, "10,30"},
		{"all of them are gone", "", `
			C: $2 SEARCH ALL
			S: * SEARCH 2
			S: $2 OK done
			C: $3 NOOP
			S: * 2 EXPUNGE
			S: $3 OK done`,
			func(t *testing.T, c *imap.Client, m *imap.Mailbox) any {
				set, err := m.SearchSeq(t.Context(), nil)
				if err != nil {
					t.Error(err)
				}
				if err := c.Noop(t.Context()); err != nil {
					t.Error(err)
				}
				_, err = m.UIDs(t.Context(), set)
				return errors.Is(err, imap.ErrRenumbered)
			}, "true"},
		{"expunged before the answer", "", `
			C: $2 UID SEARCH 1,3
			S: * 1 EXPUNGE
			S: * SEARCH 10 30
			S: $2 OK done`,
			func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
				_, err := m.UIDs(t.Context(), imap.SeqSetOf(1, 3))
				return errors.Is(err, imap.ErrRenumbered)
			}, "true"},
		{"expunged behind the answer", "", `
			C: $2 UID SEARCH 1,3
			S: * SEARCH 10 30
			S: * 1 EXPUNGE
			S: $2 OK done`,
			func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
				return both(m.UIDs(t.Context(), imap.SeqSetOf(1, 3)))
			}, "10,30"},
		{"expunged behind numbers found", "", `
			C: $2 SEARCH ALL
			S: * SEARCH 2 4
			S: * 1 EXPUNGE
			S: $2 OK done
			C: $3 UID SEARCH 1,3
			S: * SEARCH 10 30
			S: $3 OK done`,
			func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
				set, err := m.SearchSeq(t.Context(), nil)
				if err != nil {
					t.Error(err)
				}
				return both(m.UIDs(t.Context(), set))
			}, "10,30"},
		{"no numbers", "", "", func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
			return both(m.UIDs(t.Context(), imap.SeqSet{}))
		}, ""},
	})
}

// Two searches are under way at once only once the server has shown that its
// answers bear tags; then these may come in any order.
func TestSearchesOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, m := scripted(t, "ESEARCH", `
			C: $2 UID SEARCH RETURN (ALL) UNSEEN
			S: * ESEARCH (TAG "$2") UID ALL 1
			S: $2 OK done
			C: $3 UID SEARCH RETURN (ALL) SEEN
			C: $4 UID SEARCH RETURN (ALL) DRAFT
			S: * ESEARCH (TAG "$4") UID ALL 4
			S: * ESEARCH (TAG "$3") UID ALL 3
			S: $4 OK done
			S: $3 OK done
		`, nil)
		if _, err := m.Search(t.Context(), search.Unseen); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for i, q := range []imap.Query{search.Seen, search.Draft} {
			wg.Go(func() {
				if got, err := m.Search(t.Context(), q); got.String() != fmt.Sprint(3+i) {
					t.Error(q, got, err)
				}
			})
			synctest.Wait()
		}
		wg.Wait()
	})
}

// Until then the second waits, so that all the lines are the first one's.
func TestSearchesWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, m := scripted(t, "ESEARCH", `
			C: $2 UID SEARCH RETURN (ALL) SEEN
			pause 1s
			S: * SEARCH 3
			S: * SEARCH 5
			S: $2 OK done
			C: $3 UID SEARCH RETURN (ALL) DRAFT
			S: * SEARCH 4
			S: $3 OK done
		`, nil)
		var wg sync.WaitGroup
		for want, q := range map[string]imap.Query{"3,5": search.Seen, "4": search.Draft} {
			wg.Go(func() {
				<-time.After(time.Duration(5 - len(want))) // in this order
				if got, err := m.Search(t.Context(), q); got.String() != want {
					t.Error(q, got, err)
				}
			})
		}
		wg.Wait()
	})
}

// A server that goes back to answers without tags gives them in order.
func TestSearchesWithoutTags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, m := scripted(t, "ESEARCH", `
			C: $2 UID SEARCH RETURN (ALL) UNSEEN
			S: * ESEARCH (TAG "$2") UID ALL 1
			S: $2 OK done
			C: $3 UID SEARCH RETURN (ALL) SEEN
			C: $4 UID SEARCH RETURN (ALL) DRAFT
			S: * SEARCH 3
			S: * SEARCH 4
			S: $3 OK done
			S: $4 OK done
		`, nil)
		if _, err := m.Search(t.Context(), search.Unseen); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for i, q := range []imap.Query{search.Seen, search.Draft} {
			wg.Go(func() {
				if got, err := m.Search(t.Context(), q); got.String() != fmt.Sprint(3+i) {
					t.Error(q, got, err)
				}
			})
			synctest.Wait()
		}
		wg.Wait()
	})
}

// What waits for its turn is not sent to another mailbox.
func TestDeselectedWhileQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := scripted(t, "", `
			C: $2 NAMESPACE
			pause 1s
			S: $2 OK done
			C: $3 SELECT Other
			S: $3 OK [READ-WRITE] selected
		`, nil)
		var wg sync.WaitGroup
		for _, call := range []func() error{
			func() error { return second(c.Do(t.Context(), wire.NewCommand("NAMESPACE"))) },
			func() error { return second(c.Select(t.Context(), "Other", nil)) },
			func() error { return deselected(second(m.Search(t.Context(), nil))) },
			func() error { return deselected(m.AddFlags(t.Context(), imap.UID(1), imap.FlagSeen)) },
			func() error { return deselected(m.Check(t.Context())) },
		} {
			wg.Go(func() {
				if err := call(); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		wg.Wait()
	})
}

func deselected(err error) error {
	if errors.Is(err, imap.ErrDeselected) {
		return nil
	}
	return fmt.Errorf("not deselected: %w", err)
}

func TestSearchArguments(t *testing.T) {
	runScripts(t, []scriptTest{
		{"NUL", "", "", func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
			_, err := m.Search(t.Context(), search.Subject("a\x00b"))
			_, ok := errors.AsType[*wire.ArgumentError](err)
			return ok
		}, "true"},
	})
}

func move(to string, uids ...imap.UID) func(*testing.T, *imap.Client, *imap.Mailbox) any {
	return func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
		r, err := m.Move(t.Context(), imap.UIDSetOf(uids...), to)
		return moved(r, err)
	}
}

func moved(r imap.CopyResult, err error) any {
	var pairs []string
	for from, to := range r.UIDs.All() {
		pairs = append(pairs, fmt.Sprint(from, "→", to))
	}
	return both(fmt.Sprintf("%d%v", r.UIDValidity, pairs), err)
}

func TestCopyUIDs(t *testing.T) {
	cp := func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
		r, err := m.Copy(t.Context(), imap.UIDSetOf(1, 2, 3), "Ärger")
		return moved(r, err)
	}
	runScripts(t, []scriptTest{
		{"tagged", "", `
			C: $2 UID COPY 1:3 &AMQ-rger
			S: $2 OK [COPYUID 9 1:3 11:13] done`, cp, "9[1→11 2→12 3→13]"},
		{"untagged", "", `
			C: $2 UID COPY 1:3 &AMQ-rger
			S: * OK [COPYUID 9 1:3 11:13] copied
			S: $2 OK done`, cp, "9[1→11 2→12 3→13]"},
		{"twice", "", `
			C: $2 UID COPY 1:3 &AMQ-rger
			S: * OK [COPYUID 9 1:3 11:13] copied
			S: $2 OK [COPYUID 9 1:3 11:13] done`, cp, "9[1→11 2→12 3→13]"},
		{"not said", "", `
			C: $2 UID COPY 1:3 &AMQ-rger
			S: $2 OK done`, cp, "0[]"},
		{"of messages that were not asked for", "", `
			C: $2 UID COPY 1:3 &AMQ-rger
			S: * OK [COPYUID 9 4 11] copied
			S: $2 OK done`, cp, "0[]"},
		{"refused", "", `
			C: $2 UID COPY 1:3 &AMQ-rger
			S: $2 NO [TRYCREATE] none`, cp, "0[] imap: UID COPY: NO [TRYCREATE] none"},
		{"moved", "MOVE", `
			C: $2 UID MOVE 1:2,7 Old
			S: * OK [COPYUID 9 1:2,7 11:13] moved
			S: * 1 EXPUNGE
			S: * 1 EXPUNGE
			S: $2 OK done`, move("Old", 1, 2, 7), "9[1→11 2→12 7→13]"},
		{"moved in parts", "MOVE", `
			C: $2 UID MOVE 1:2,7 Old
			S: * OK [COPYUID 9 7 11] moved
			S: * OK [COPYUID 9 1:2 12:13] moved
			S: $2 OK done`, move("Old", 1, 2, 7), "9[1→12 2→13 7→11]"},
		{"moved in part", "MOVE", `
			C: $2 UID MOVE 1:2,7 Old
			S: * OK [COPYUID 9 1:2 12:13] moved
			S: $2 NO [OVERQUOTA] full`, move("Old", 1, 2, 7), "9[1→12 2→13] imap: UID MOVE: NO [OVERQUOTA] full"},
		{"moved by IMAP4rev2", "IMAP4rev2", `
			C: $2 UID MOVE 1 Old
			S: $2 OK done`, move("Old", 1), "0[]"},
	})
}

// Two copies of different messages may be answered in either order.
func TestCopyUIDsOfTwo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, m := scripted(t, "", `
			C: $2 UID COPY 1 A
			C: $3 UID COPY 2 B
			S: * OK [COPYUID 9 2 20] copied
			S: * OK [COPYUID 8 1 10] copied
			S: $2 OK done
			S: $3 OK done
		`, nil)
		var wg sync.WaitGroup
		for i, want := range []string{"8[1→10]", "9[2→20]"} {
			wg.Go(func() {
				r, err := m.Copy(t.Context(), imap.UID(i+1), string(rune('A'+i)))
				if got := moved(r, err); got != want {
					t.Errorf("got %v, want %s", got, want)
				}
			})
			synctest.Wait()
		}
		wg.Wait()
	})
}

func TestMoveWithoutMove(t *testing.T) {
	runScripts(t, []scriptTest{
		{"known messages", "UIDPLUS", `
			C: $2 UID COPY 1:2 Old
			S: $2 OK [COPYUID 9 1:2 11:12] done
			C: $3 UID STORE 1:2 +FLAGS.SILENT (\Deleted)
			S: $3 OK done
			C: $4 UID EXPUNGE 1:2
			S: * 1 EXPUNGE
			S: $4 OK done`, move("Old", 1, 2), "9[1→11 2→12]"},
		{"messages that may be to come", "UIDPLUS", `
			C: $2 UID SEARCH UID 1:2,100
			S: * SEARCH 1 2
			S: $2 OK done
			C: $3 UID COPY 1:2 Old
			S: $3 OK done
			C: $4 UID STORE 1:2 +FLAGS.SILENT (\Deleted)
			S: $4 OK done
			C: $5 UID EXPUNGE 1:2
			S: $5 OK done`, move("Old", 1, 2, 100), "0[]"},
		{"one was not copied", "UIDPLUS", `
			C: $2 UID COPY 1:2 Old
			S: $2 OK [COPYUID 9 1 11] done
			C: $3 UID STORE 1 +FLAGS.SILENT (\Deleted)
			S: $3 OK done
			C: $4 UID EXPUNGE 1
			S: $4 OK done`, move("Old", 1, 2), "9[1→11]"},
		{"not copied", "UIDPLUS", `
			C: $2 UID COPY 1:2 Old
			S: $2 NO [TRYCREATE] none`, move("Old", 1, 2), "0[] imap: UID COPY: NO [TRYCREATE] none"},
		{"not removed", "UIDPLUS", `
			C: $2 UID COPY 1 Old
			S: $2 OK [COPYUID 9 1 11] done
			C: $3 UID STORE 1 +FLAGS.SILENT (\Deleted)
			S: $3 NO cannot`, move("Old", 1),
			"9[1→11] imap: the messages were copied, and not removed: imap: UID STORE: NO cannot"},
		{"without UIDPLUS", "", "", move("Old", 1), "0[] imap: Move: the server does not offer MOVE or UIDPLUS"},
	})
}

func TestStoreAnswers(t *testing.T) {
	runScripts(t, []scriptTest{
		{"merged", "", `
			C: $2 UID STORE 1:2,9 +FLAGS (\Flagged $Forwarded)
			S: * 1 FETCH (UID 1 FLAGS (\Seen))
			S: * 3 FETCH (UID 5 FLAGS (\Draft))
			S: * 2 FETCH (FLAGS (\Flagged) UID 2)
			S: * 1 FETCH (UID 1 FLAGS (\Seen \Flagged) MODSEQ (7))
			S: * 2 FETCH (UID 2)
			S: $2 OK done`,
			func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
				got, err := m.Store(t.Context(), imap.UIDSetOf(1, 2, 9), imap.StoreAdd, []imap.Flag{imap.FlagFlagged, imap.FlagForwarded}, nil)
				var s []string
				for _, msg := range got {
					s = append(s, fmt.Sprint(msg.UID, msg.Flags, msg.ModSeq))
				}
				return both(s, err)
			}, `[1 [\Seen \Flagged] 7 2 [\Flagged] 0]`},
		{"flags with brackets", "", `
			C: $2 UID STORE 1 +FLAGS.SILENT (OIB-Seen-[Google] \Seen)
			S: $2 OK done`,
			func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
				return m.AddFlags(t.Context(), imap.UID(1), "OIB-Seen-[Google]", imap.FlagSeen)
			}, "<nil>"},
		{"removed and set", "", `
			C: $2 UID STORE 1 -FLAGS.SILENT (\Seen)
			S: $2 OK done
			C: $3 UID STORE 5:* FLAGS.SILENT ()
			S: $3 OK done`,
			func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
				return errors.Join(m.RemoveFlags(t.Context(), imap.UID(1), imap.FlagSeen), m.SetFlags(t.Context(), imap.UIDRange(5, imap.MaxUID)))
			}, "<nil>"},
		{"a bad flag", "", "", func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
			return m.AddFlags(t.Context(), imap.UID(1), "a b")
		}, "imap: bad flag \"a b\": it must not hold spaces, controls, 8 bit bytes or any of (){%*\"\\]"},
		{"by number", "", `
			C: $2 UID SEARCH 2
			S: * SEARCH 20
			S: $2 OK done
			C: $3 UID STORE 20 +FLAGS.SILENT (\Seen)
			S: $3 OK done`,
			func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
				return both(m.StoreSeq(t.Context(), imap.SeqSetOf(2), imap.StoreAdd, []imap.Flag{imap.FlagSeen}, &imap.StoreOptions{Silent: true}))
			}, "[]"},
	})
}

// What nobody asked for reaches those who listen, also during a Store.
func TestStoreLeavesOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, m := scripted(t, "IDLE", `
			C: $2 UID STORE 1 +FLAGS (\Seen)
			S: * 3 FETCH (UID 5 FLAGS (\Draft))
			S: * 1 FETCH (UID 1 FLAGS (\Seen))
			S: $2 OK done
		`, nil)
		ctx, cancel := context.WithCancel(t.Context())
		var got []string
		var wg sync.WaitGroup
		wg.Go(func() {
			for u := range m.Updates(ctx) {
				if changed, ok := u.(imap.Changed); ok {
					got = append(got, fmt.Sprintf("%d%v", changed.Message.UID, changed.Message.Flags))
				}
			}
		})
		synctest.Wait()
		if _, err := m.Store(t.Context(), imap.UID(1), imap.StoreAdd, []imap.Flag{imap.FlagSeen}, nil); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		cancel()
		wg.Wait()
		if want := []string{`5[\Draft]`}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func listed(t *testing.T, c *imap.Client, pattern string) any {
	var names []string
	for e, err := range c.List(t.Context(), pattern, nil) {
		if err != nil {
			return fmt.Sprintf("%q %v", names, err)
		}
		names = append(names, e.Mailbox)
	}
	return fmt.Sprintf("%q", names)
}

func TestListAnswers(t *testing.T) {
	all := func(t *testing.T, c *imap.Client, _ *imap.Mailbox) any { return listed(t, c, "*") }
	runScripts(t, []scriptTest{
		{"names", "", `
			C: $2 LIST "" "*"
			S: * LIST (\HasChildren) "/" inbox
			S: * LIST () "/" "Entw&APw-rfe"
			S: * LSUB () "/" "no"
			S: * 6 EXISTS
			S: * LIST () NIL "[Gmail]/R&AOk-sum&AOk-"
			S: $2 OK done`, all, `["INBOX" "Entwürfe" "[Gmail]/Résumé"]`},
		{"refused behind some", "", `
			C: $2 LIST "" "*"
			S: * LIST () "/" a
			S: $2 NO no`, all, `["a"] imap: LIST: NO no`},
		{"patterns", "", `
			C: $2 LIST "" INBOX
			S: $2 OK done
			C: $3 LIST "" Entw&APw-rfe/%
			S: $3 OK done
			C: $4 LIST "" ""
			S: $4 OK done
			C: $5 LSUB a/ "b c"
			S: * LIST () "/" x
			S: * LSUB (\Noselect) "/" "a/b c"
			S: $5 OK done`,
			func(t *testing.T, c *imap.Client, _ *imap.Mailbox) any {
				listed(t, c, "InBox")
				listed(t, c, "Entwürfe/%")
				listed(t, c, "")
				var names []string
				for e, err := range c.ListSubscribed(t.Context(), "b c", &imap.ListOptions{Reference: "a/"}) {
					if err != nil {
						t.Error(err)
						break
					}
					names = append(names, e.Mailbox)
				}
				return names
			}, "[a/b c]"},
		{"a command inside the loop, and break", "", `
			C: $2 LIST "" "*"
			S: * LIST () "/" a
			S: * LIST () "/" b
			S: $2 OK done
			C: $3 STATUS a (MESSAGES)
			S: * STATUS a (MESSAGES 7)
			S: $3 OK done`,
			func(t *testing.T, c *imap.Client, _ *imap.Mailbox) any {
				for e, err := range c.List(t.Context(), "*", nil) {
					if err != nil {
						return err
					}
					s, err := c.Status(t.Context(), e.Mailbox, imap.StatusMessages)
					if err != nil {
						return err
					}
					return *s.Messages
				}
				return nil
			}, "7"},
		{"NUL", "", "", func(t *testing.T, c *imap.Client, _ *imap.Mailbox) any {
			return strings.Contains(listed(t, c, "a\x00b").(string), "cannot hold NUL")
		}, "true"},
	})
}

// Names that are not encoded as they should be go back as they came.
func TestIrregularNames(t *testing.T) {
	list := func(f func(t *testing.T, c *imap.Client) error) func(*testing.T, *imap.Client, *imap.Mailbox) any {
		return func(t *testing.T, c *imap.Client, _ *imap.Mailbox) any {
			names := listed(t, c, "*")
			return fmt.Sprint(names, " ", f(t, c))
		}
	}
	runScripts(t, []scriptTest{
		{"8 bit", "LITERAL+", `
			C: $2 LIST "" "*"
			S!: * LIST () "/" "Caf\xe9"\r\n
			S: $2 OK done
			C: $3 DELETE {4+}
			C!: Caf\xe9\r\n
			S: $3 OK done`,
			list(func(t *testing.T, c *imap.Client) error { return c.Delete(t.Context(), "Caf\xe9") }), `["Caf\xe9"] <nil>`},
		{"bare ampersand", "", `
			C: $2 LIST "" "*"
			S: * LIST () "/" "R&D"
			S: $2 OK done
			C: $3 DELETE R&D
			S: $3 OK done
			C: $4 DELETE A&-B
			S: $4 OK done`,
			list(func(t *testing.T, c *imap.Client) error {
				return errors.Join(c.Delete(t.Context(), "R&D"), c.Delete(t.Context(), "A&B"))
			}), `["R&D"] <nil>`},
		{"ASCII in base64", "", `
			C: $2 LIST "" "*"
			S: * LIST () "/" &AGE-b
			S: $2 OK done
			C: $3 RENAME &AGE-b c
			S: $3 OK done`,
			list(func(t *testing.T, c *imap.Client) error { return c.Rename(t.Context(), "ab", "c") }), `["ab"] <nil>`},
		{"the regular one came later", "", `
			C: $2 LIST "" "*"
			S: * LIST () "/" &AGE-b
			S: * LIST () "/" ab
			S: $2 OK done
			C: $3 DELETE ab
			S: $3 OK done`,
			list(func(t *testing.T, c *imap.Client) error { return c.Delete(t.Context(), "ab") }), `["ab" "ab"] <nil>`},
		{"line ends in a literal", "", `
			C: $2 LIST "" "*"
			S: * LIST () "/" {4}
			S: a
			S: b
			S: $2 OK done
			C: $3 SUBSCRIBE {4}
			S: + go on
			C!: a\r\nb\r\n
			S: $3 OK done`,
			list(func(t *testing.T, c *imap.Client) error { return c.Subscribe(t.Context(), "a\r\nb") }), `["a\r\nb"] <nil>`},
		{"of STATUS", "", `
			C: $2 LIST "" "*"
			S: $2 OK done
			C: $3 STATUS ab (MESSAGES)
			S: * STATUS &AGE-b (MESSAGES 1)
			S: $3 OK done
			C: $4 DELETE &AGE-b
			S: $4 OK done`,
			list(func(t *testing.T, c *imap.Client) error {
				return errors.Join(second(c.Status(t.Context(), "ab", imap.StatusMessages)), c.Delete(t.Context(), "ab"))
			}), `[] <nil>`},
	})
}

func TestMailboxNameArguments(t *testing.T) {
	runScripts(t, []scriptTest{
		{"encoded", "", `
			C: $2 CREATE INBOX
			S: $2 NO [ALREADYEXISTS] it exists
			C: $3 CREATE "&AA0ACg- \"x\""
			S: $3 OK done
			C: $4 UNSUBSCRIBE "NIL"
			S: $4 OK done`,
			func(t *testing.T, c *imap.Client, _ *imap.Mailbox) any {
				return errors.Is(c.Create(t.Context(), "inBox"), imap.CodeAlreadyExists) &&
					c.Create(t.Context(), "\r\n \"x\"") == nil && c.Unsubscribe(t.Context(), "NIL") == nil
			}, "true"},
		{"NUL", "", "", func(t *testing.T, c *imap.Client, m *imap.Mailbox) any {
			for i, err := range []error{
				c.Create(t.Context(), "a\x00"), c.Rename(t.Context(), "a", "\x00"),
				second(c.Status(t.Context(), "a\x00")), second(m.Copy(t.Context(), imap.UID(1), "\x00")),
			} {
				if _, ok := errors.AsType[*wire.ArgumentError](err); !ok {
					t.Error(i, err)
				}
			}
			return nil
		}, "<nil>"},
	})
}

func second[T any](_ T, err error) error { return err }

func TestStatusAnswers(t *testing.T) {
	ask := func(name string, items ...imap.StatusItem) func(*testing.T, *imap.Client, *imap.Mailbox) any {
		return func(t *testing.T, c *imap.Client, _ *imap.Mailbox) any {
			s, err := c.Status(t.Context(), name, items...)
			if err != nil {
				return err
			}
			return fmt.Sprint(s.Mailbox, *s.Messages)
		}
	}
	runScripts(t, []scriptTest{
		{"the usual items", "", `
			C: $2 STATUS Sent (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)
			S: * STATUS Sent (MESSAGES 3 UIDNEXT 4 UIDVALIDITY 1 UNSEEN 0)
			S: $2 OK done`, ask("Sent"), "Sent3"},
		{"inbox", "", `
			C: $2 STATUS INBOX (MESSAGES)
			S: * STATUS "Inbox" (MESSAGES 3)
			S: $2 OK done`, ask("inbox", imap.StatusMessages), "INBOX3"},
		{"another first", "", `
			C: $2 STATUS Sent (MESSAGES)
			S: * STATUS Other (MESSAGES 9)
			S: * STATUS Sent (MESSAGES 3)
			S: $2 OK done`, ask("Sent", imap.StatusMessages), "Sent3"},
		{"another last", "", `
			C: $2 STATUS Sent (MESSAGES)
			S: * STATUS Sent (MESSAGES 3)
			S: * STATUS Other (MESSAGES 9)
			S: $2 OK done`, ask("Sent", imap.StatusMessages), "Sent3"},
		{"in the server's spelling", "", `
			C: $2 STATUS sent (MESSAGES)
			S: * STATUS Sent (MESSAGES 3)
			S: $2 OK done`, ask("sent", imap.StatusMessages), "Sent3"},
		{"refused with an answer", "", `
			C: $2 STATUS sent (MESSAGES)
			S: * STATUS Sent (MESSAGES 3)
			S: $2 NO [NONEXISTENT] none`, ask("sent", imap.StatusMessages), "imap: STATUS: NO [NONEXISTENT] none"},
		{"nothing", "", `
			C: $2 STATUS Sent (MESSAGES)
			S: $2 OK done`, ask("Sent", imap.StatusMessages), "imap: STATUS: the server said OK, but not what was asked for"},
		{"a bad item", "", "", func(t *testing.T, c *imap.Client, _ *imap.Mailbox) any {
			_, err := c.Status(t.Context(), "a", "x y")
			_, ok := errors.AsType[*wire.ArgumentError](err)
			return ok
		}, "true"},
	})
}

// Two STATUS of different mailboxes are told apart by the name.
func TestStatusOverlaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := scripted(t, "", `
			C: $2 STATUS a (MESSAGES)
			C: $3 STATUS b (MESSAGES)
			S: * STATUS b (MESSAGES 2)
			S: * STATUS a (MESSAGES 1)
			S: $2 OK done
			S: $3 OK done
			C: $4 STATUS A (MESSAGES)
			S: * STATUS A (MESSAGES 4)
			S: $4 OK done
		`, nil)
		var wg sync.WaitGroup
		for name, want := range map[string]uint32{"a": 1, "b": 2, "A": 4} {
			wg.Go(func() {
				<-time.After(time.Duration(want)) // in this order
				s, err := c.Status(t.Context(), name, imap.StatusMessages)
				if err != nil || *s.Messages != want {
					t.Error(name, s, err)
				}
			})
		}
		wg.Wait()
	})
}

func TestCapability(t *testing.T) {
	runScripts(t, []scriptTest{
		{"learned", "OLD", `
			C: $2 CAPABILITY
			S: * CAPABILITY IMAP4rev1 NEW
			S: $2 OK done`,
			func(t *testing.T, c *imap.Client, _ *imap.Mailbox) any {
				list, err := c.Capability(t.Context())
				return both(fmt.Sprint(list, c.Has("new"), c.Has("OLD")), err)
			}, "[IMAP4rev1 NEW] true false"},
		{"CHECK", "", `
			C: $2 CHECK
			S: $2 OK done`,
			func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any { return m.Check(t.Context()) }, "<nil>"},
		{"no CHECK", "", `
			C: $2 CAPABILITY
			S: * CAPABILITY IMAP4rev2
			S: $2 OK done
			C: $3 NOOP
			S: $3 OK done`,
			func(t *testing.T, c *imap.Client, m *imap.Mailbox) any {
				if _, err := c.Capability(t.Context()); err != nil {
					return err
				}
				return m.Check(t.Context())
			}, "<nil>"},
	})
}

func TestDo(t *testing.T) {
	do := func(cmd *wire.Command) func(*testing.T, *imap.Client, *imap.Mailbox) any {
		return func(t *testing.T, c *imap.Client, _ *imap.Mailbox) any {
			r, err := c.Do(t.Context(), cmd)
			if r == nil {
				return err
			}
			var lines []string
			for _, l := range r.Lines {
				lines = append(lines, l.Name+":"+string(l.Raw))
			}
			return both(fmt.Sprintf("%s %s %q", r.Status, r.Text, lines), err)
		}
	}
	ns := wire.NewCommand("NAMESPACE")
	runScripts(t, []scriptTest{
		{"lines", "", `
			C: $2 NAMESPACE
			S: * NAMESPACE (("" "/")) NIL NIL
			S: * 6 EXISTS
			S: * OK still here
			S: * LIST () "/" a
			S: $2 OK [X-CODE] done`, do(ns), `OK done ["NAMESPACE:* NAMESPACE ((\"\" \"/\")) NIL NIL" "LIST:* LIST () \"/\" a"]`},
		{"refused", "", `
			C: $2 NAMESPACE
			S: $2 BAD what`, do(ns), `BAD what [] imap: NAMESPACE: BAD what`},
		{"a literal", "", `
			C: $2 X {1}
			S: + go on
			C!: \xff\r\n
			S: $2 OK done`, do(wire.NewCommand("X").String("\xff")), `OK done []`},
		{"SELECT", "", "", do(wire.NewCommand("select").Atom("a")), `imap: bad command "select": it changes the state of the connection`},
		{"a bad one", "", "", do(wire.NewCommand("X").Atom("a b")), `imap: bad atom "a b": it must not hold spaces, controls, 8 bit bytes or any of (){%*"\]`},
		{"a stream", "", "", do(wire.NewCommand("X").Literal(strings.NewReader("a"), 1)), `imap: bad command "X": it has a streamed literal`},
	})
}

// every is one call of each method that is a command.
func every(ctx context.Context, c *imap.Client, m *imap.Mailbox) map[string]func() error {
	uid := imap.UID(1)
	return map[string]func() error{
		"NOOP":        func() error { return c.Noop(ctx) },
		"CAPABILITY":  func() error { return second(c.Capability(ctx)) },
		"CREATE":      func() error { return c.Create(ctx, "a") },
		"DELETE":      func() error { return c.Delete(ctx, "a") },
		"RENAME":      func() error { return c.Rename(ctx, "a", "b") },
		"SUBSCRIBE":   func() error { return c.Subscribe(ctx, "a") },
		"UNSUBSCRIBE": func() error { return c.Unsubscribe(ctx, "a") },
		"STATUS":      func() error { return second(c.Status(ctx, "a")) },
		"LIST": func() (err error) {
			for _, err = range c.List(ctx, "*", nil) {
			}
			return err
		},
		"LSUB": func() (err error) {
			for _, err = range c.ListSubscribed(ctx, "*", nil) {
			}
			return err
		},
		"NAMESPACE":   func() error { return second(c.Do(ctx, wire.NewCommand("NAMESPACE"))) },
		"CHECK":       func() error { return m.Check(ctx) },
		"EXPUNGE":     func() error { return m.Expunge(ctx) },
		"UID EXPUNGE": func() error { return m.ExpungeUIDs(ctx, uid) },
		"UID SEARCH":  func() error { return second(m.Search(ctx, nil)) },
		"SEARCH":      func() error { return second(m.SearchSeq(ctx, nil)) },
		"UID STORE":   func() error { return m.AddFlags(ctx, uid, imap.FlagSeen) },
		"UID COPY":    func() error { return second(m.Copy(ctx, uid, "a")) },
		"UID MOVE":    func() error { return second(m.Move(ctx, uid, "a")) },
	}
}

// needsMailbox says which of them want the mailbox to be selected.
func needsMailbox(name string) bool {
	return strings.HasPrefix(name, "UID ") || slices.Contains([]string{"CHECK", "EXPUNGE", "SEARCH"}, name)
}

func TestRefusals(t *testing.T) {
	for _, status := range []imap.Status{imap.StatusNo, imap.StatusBad} {
		synctest.Test(t, func(t *testing.T) {
			s := server(t)
			deliver(t, s, 3, 1)
			c, m := login(t, s, nil)
			for name, call := range every(t.Context(), c, m) {
				s.SetFaults(&imaptest.Faults{Hook: func(call imaptest.Call) *imaptest.Action {
					if call.Name == name {
						return &imaptest.Action{Reply: string(status) + " [SERVERBUG] for a test"}
					}
					return nil
				}})
				want := &imap.ResponseError{Command: name, Status: status, Code: imap.CodeServerBug, Text: "for a test"}
				if got, ok := errors.AsType[*imap.ResponseError](call()); !ok || !reflect.DeepEqual(got, want) {
					t.Errorf("%s: %v", name, got)
				}
				s.SetFaults(nil)
				if err := c.Noop(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// A call that is cancelled returns at once, and the connection goes on.
func TestCommandsCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		deliver(t, s, 3, 1)
		c, m := login(t, s, nil)
		ctx := new(context.Context)
		for name := range every(t.Context(), c, m) {
			s.SetFaults(&imaptest.Faults{Hook: func(call imaptest.Call) *imaptest.Action {
				if call.Name == name {
					return &imaptest.Action{Delay: time.Minute}
				}
				return nil
			}})
			limited, cancel := context.WithTimeout(t.Context(), time.Second)
			*ctx = limited
			start := time.Now()
			err := every(*ctx, c, m)[name]()
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
				t.Errorf("%s: %v after %v", name, err, time.Since(start))
			}
			if err := every(*ctx, c, m)[name](); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s with a context that is done: %v", name, err)
			}
			s.SetFaults(nil)
			if err := c.Noop(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestDeselectedAndReadOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		c, old := login(t, s, nil)
		m, err := c.Examine(t.Context(), "INBOX")
		if err != nil {
			t.Fatal(err)
		}
		for name, call := range every(t.Context(), c, old) {
			if err := call(); needsMailbox(name) && !errors.Is(err, imap.ErrDeselected) {
				t.Errorf("%s, deselected: %v", name, err)
			}
		}
		writes := []string{"UID STORE", "UID MOVE", "EXPUNGE", "UID EXPUNGE"}
		for name, call := range every(t.Context(), c, m) {
			if err := call(); slices.Contains(writes, name) != errors.Is(err, imap.ErrReadOnly) {
				t.Errorf("%s, read-only: %v", name, err)
			}
		}
		c.Close()
		for name, call := range every(t.Context(), c, m) {
			if err := call(); !errors.Is(err, imap.ErrClosed) {
				t.Errorf("%s, closed: %v", name, err)
			}
		}
	})
}

// Empty sets are nothing to ask about.
func TestEmptySets(t *testing.T) {
	runScripts(t, []scriptTest{{"none", "", "", func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
		ctx, none := t.Context(), imap.UIDSet{}
		return errors.Join(
			m.AddFlags(ctx, none, imap.FlagSeen), m.ExpungeUIDs(ctx, none),
			second(m.Copy(ctx, none, "a")), second(m.Move(ctx, none, "a")),
			second(m.CopySeq(ctx, imap.SeqSet{}, "a")), second(m.MoveSeq(ctx, imap.SeqSet{}, "a")),
			second(m.StoreSeq(ctx, imap.SeqSet{}, imap.StoreAdd, nil, nil)))
	}, "<nil>"}})
}

// A day with a server: what one command did, the next one sees.
func TestCommandsTogether(t *testing.T) {
	for _, without := range [][]string{nil, {"MOVE", "ESEARCH"}, {"UIDPLUS"}, {"MOVE", "LITERAL+"}} {
		synctest.Test(t, func(t *testing.T) {
			s := imaptest.NewServer(&imaptest.Options{AllowPlainLogin: true, Without: without})
			s.AddUser("alice", "pass")
			defer s.Close()
			deliver(t, s, 6, 1)
			c, m := login(t, s, nil)
			ctx := t.Context()
			step := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(without, err)
				}
			}
			step(c.Create(ctx, "Größe/Ключ"))
			step(c.Rename(ctx, "Größe/Ключ", "Größe/\"neu\\"))
			step(c.Subscribe(ctx, "Größe/\"neu\\"))
			if got := listed(t, c, "*"); got != `["Größe" "Größe/\"neu\\" "INBOX"]` {
				t.Error(without, got)
			}
			step(m.AddFlags(ctx, imap.UIDSetOf(1, 3), imap.FlagFlagged, "New"))
			found, err := m.Search(ctx, search.And(search.Flagged, search.Subject("message")))
			if step(err); found.String() != "1,3" {
				t.Error(without, found)
			}
			seqs, err := m.SearchSeq(ctx, search.Unflagged)
			step(err)
			r, err := m.Move(ctx, found, "Größe/\"neu\\")
			step(err)
			if !slices.Contains(without, "UIDPLUS") && r.UIDs.Len() != 2 {
				t.Error(without, r)
			}
			step(second(m.CopySeq(ctx, seqs, "Größe")))
			if n := len(s.Messages("alice", "Gr&APYA3w-e")); n != 4 {
				t.Error(without, n)
			}
			st, err := c.Status(ctx, "Größe/\"neu\\", imap.StatusMessages, imap.StatusUIDNext)
			if step(err); *st.Messages != 2 || st.UIDNext != 3 {
				t.Error(without, *st.Messages, st.UIDNext)
			}
			if n := m.State().Exists; n != 4 {
				t.Error(without, n)
			}
			step(m.AddFlags(ctx, imap.UID(2), imap.FlagDeleted))
			step(m.Expunge(ctx))
			step(m.Check(ctx))
			if n := len(s.Messages("alice", "INBOX")); n != 3 {
				t.Error(without, n)
			}
			step(c.Delete(ctx, "Größe/\"neu\\"))
			if err := c.Delete(ctx, "Größe/\"neu\\"); !errors.Is(err, imap.CodeNonExistent) {
				t.Error(without, err)
			}
			if _, err := m.Copy(ctx, imap.UID(4), "none"); !errors.Is(err, imap.CodeTryCreate) {
				t.Error(without, err)
			}
		})
	}
}

// A message that comes while others are moved by hand stays where it is.
func TestMoveByHandSparesArrivals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := imaptest.NewServer(&imaptest.Options{AllowPlainLogin: true, Without: []string{"MOVE"}})
		s.AddUser("alice", "pass")
		defer s.Close()
		deliver(t, s, 3, 1)
		c, m := login(t, s, nil)
		if err := c.Create(t.Context(), "Old"); err != nil {
			t.Fatal(err)
		}
		s.SetFaults(&imaptest.Faults{Hook: func(call imaptest.Call) *imaptest.Action {
			if strings.HasPrefix(call.Name, "UID ") {
				deliver(t, s, 1, 1)
			}
			return nil
		}})
		r, err := m.Move(t.Context(), imap.UIDRange(1, imap.MaxUID), "Old")
		s.SetFaults(nil)
		old, left := s.Messages("alice", "Old"), s.Messages("alice", "INBOX")
		if err != nil || len(old)+len(left) != 7 || r.UIDs.Len() != uint64(len(old)) || len(old) < 3 || len(left) < 3 {
			t.Error(len(old), len(left), r, err)
		}
	})
}

// A list without end is cut, and the connection goes on.
func TestListLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := scripted(t, "", `
			C: $2 LIST "" "*"
			S: * LIST () "/" `+strings.Repeat("a", 400)+`
			S: * LIST () "/" `+strings.Repeat("b", 400)+`
			S: $2 OK done
			C: $3 NOOP
			S: $3 OK done
		`, &imap.Options{Limits: wire.Limits{Held: 1000}})
		n := 0
		var last error
		for e, err := range c.List(t.Context(), "*", nil) {
			if last = err; e != nil {
				n++
			}
		}
		if _, ok := errors.AsType[*imap.LimitError](last); !ok || n != 1 {
			t.Error(n, last)
		}
		if err := c.Noop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// Only so many irregular names are remembered.
func TestIrregularNamesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines strings.Builder
		for i := range 1025 {
			fmt.Fprintf(&lines, "S: * LIST () \"/\" a&b%d\n", i)
		}
		c, _ := scripted(t, "", `
			C: $2 LIST "" "*"
			`+lines.String()+`
			S: $2 OK done
			C: $3 DELETE a&-b0
			S: $3 OK done
			C: $4 DELETE a&b1
			S: $4 OK done
			C: $5 DELETE a&b1024
			S: $5 OK done
		`, nil)
		listed(t, c, "*")
		for _, name := range []string{"a&b0", "a&b1", "a&b1024"} {
			if err := c.Delete(t.Context(), name); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestMoreBySequenceNumbers(t *testing.T) {
	runScripts(t, []scriptTest{
		{"MoveSeq", "MOVE", `
			C: $2 UID SEARCH 5
			S: * SEARCH 40
			S: $2 OK done
			C: $3 UID MOVE 40 Old
			S: $3 OK [COPYUID 1 40 1] done`,
			func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
				r, err := m.MoveSeq(t.Context(), imap.SeqSetOf(5), "Old")
				return moved(r, err)
			}, "1[40→1]"},
		{"refused", "MOVE", `
			C: $2 UID SEARCH 5
			S: $2 BAD no
			C: $3 UID SEARCH 5
			S: $3 BAD no
			C: $4 UID SEARCH 5
			S: $4 BAD no`,
			func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
				set, bad := imap.SeqSetOf(5), 0
				for _, err := range []error{
					second(m.MoveSeq(t.Context(), set, "Old")), second(m.CopySeq(t.Context(), set, "Old")),
					second(m.StoreSeq(t.Context(), set, imap.StoreAdd, []imap.Flag{imap.FlagSeen}, nil)),
				} {
					if e, ok := errors.AsType[*imap.ResponseError](err); ok && e.Status == imap.StatusBad {
						bad++
					}
				}
				return bad
			}, "3"},
	})
}

func TestExpungeUIDs(t *testing.T) {
	expunge := func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
		err := m.ExpungeUIDs(t.Context(), imap.UIDRange(1, 3))
		return fmt.Sprint(err, errors.Is(err, imap.ErrUnsupported), m.State().Exists)
	}
	runScripts(t, []scriptTest{
		{"offered", "UIDPLUS", `
			C: $2 UID EXPUNGE 1:3
			S: * 1 EXPUNGE
			S: * 1 EXPUNGE
			S: $2 OK done`, expunge, "<nil> false 3"},
		{"not offered", "", "", expunge, "imap: ExpungeUIDs: the server does not offer UIDPLUS true 5"},
	})
}
