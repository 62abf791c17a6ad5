package imap_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// What a server may answer to one FETCH of flags, size and a section, and what
// becomes of it.
func TestFetchAnswers(t *testing.T) {
	type want struct {
		flags   []imap.Flag
		size    int64
		text    string
		missing []string
		odd     int // problems
		heard   []string
	}
	for _, tt := range []struct {
		name, script string
		want         want
	}{
		{"in three parts", `
			S: * 1 FETCH (UID 1 FLAGS (\Seen))
			S: * 1 FETCH (UID 1 RFC822.SIZE 9)
			S: * 1 FETCH (BODY[TEXT] "abc" UID 1)`,
			want{[]imap.Flag{`\Seen`}, 9, "abc", nil, 0, []string{`changed 1 [\Seen]`}}},
		{"the UID in the first part only", `
			S: * 1 FETCH (UID 1 RFC822.SIZE 9)
			S: * 1 FETCH (FLAGS (\Seen))
			S: * 1 FETCH (BODY[TEXT] "abc")`,
			want{[]imap.Flag{`\Seen`}, 9, "abc", nil, 0, []string{`changed 1 [\Seen]`}}},
		{"nothing is overwritten with nothing", `
			S: * 1 FETCH (UID 1 RFC822.SIZE 9 FLAGS (\Seen))
			S: * 1 FETCH (UID 1 BODY[TEXT] "abc")`,
			want{[]imap.Flag{`\Seen`}, 9, "abc", nil, 0, nil}},
		{"something is missing", `
			S: * 1 FETCH (UID 1 FLAGS ())
			S: * 1 FETCH (UID 1 BODY[TEXT] "abc")`,
			want{nil, 0, "abc", []string{"RFC822.SIZE"}, 0, []string{"changed 1 []"}}},
		{"the section is missing", `
			S: * 1 FETCH (UID 1 FLAGS () RFC822.SIZE 9)`,
			want{nil, 9, "", []string{"BODY[TEXT]"}, 0, nil}},
		{"under another name", `
			S: * 1 FETCH (UID 1 FLAGS () RFC822.SIZE 9 BODY[1] "abc")`,
			want{nil, 9, "abc", nil, 1, nil}},
		{"in another case", `
			S: * 1 FETCH (UID 1 FLAGS () RFC822.SIZE 9 body[text] "abc")`,
			want{nil, 9, "abc", nil, 0, nil}},
		{"flags of others and later flags are news", `
			S: * 2 FETCH (UID 2 FLAGS (a))
			S: * 1 FETCH (UID 1 FLAGS () RFC822.SIZE 9 BODY[TEXT] "abc")
			S: * 1 FETCH (UID 1 FLAGS (b))`,
			want{nil, 9, "abc", nil, 0, []string{"changed 2 [a]", "changed 1 [b]"}}},
		{"numbers that an EXPUNGE moved", `
			S: * 2 FETCH (UID 1 RFC822.SIZE 9)
			S: * 1 EXPUNGE
			S: * 2 FETCH (FLAGS (other))
			S: * 1 FETCH (UID 1 FLAGS (a) BODY[TEXT] "abc")`,
			want{[]imap.Flag{"a"}, 9, "abc", nil, 0, []string{"expunged 1", "changed 2 [other]"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, box := talk(t, "", "any $2\n"+tt.script+"\nS: $2 OK done", nil)
				var heard []string
				go func() {
					for u, err := range box.Updates(t.Context()) {
						if err != nil {
							return
						}
						heard = append(heard, said(u))
					}
				}()
				synctest.Wait()
				n := 0
				section := imap.Section{Kind: imap.Text}
				for m, err := range box.Fetch(t.Context(), imap.UID(1), &imap.FetchOptions{Flags: true, Size: true, Sections: []imap.Section{section}}) {
					if err != nil {
						t.Fatal(err)
					}
					n++
					text := ""
					if b := m.Body(section); b != nil {
						got, _ := b.Bytes()
						text = string(got)
					}
					if m.UID != 1 || !slices.Equal(m.Flags, tt.want.flags) || m.Size != tt.want.size || text != tt.want.text ||
						!slices.Equal(m.Missing, tt.want.missing) || len(m.Problems) != tt.want.odd {
						t.Errorf("%+v, %q", m, text)
					}
				}
				if n != 1 {
					t.Errorf("%d messages", n)
				}
				synctest.Wait()
				if !slices.Equal(heard, tt.want.heard) {
					t.Errorf("heard %q", heard)
				}
			})
		})
	}
}

// NO to one slice does not keep the others away.
func TestFetchSlices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		deliver(t, s, 1300, 1)
		_, box := login(t, s, nil)
		n := 0
		s.SetFaults(&imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "UID FETCH" {
				if n++; n == 2 {
					return &imaptest.Action{Reply: "NO [SERVERBUG] not these"}
				}
			}
			return nil
		}})
		var uids []imap.UID
		var last error
		for m, err := range box.Fetch(t.Context(), imap.UIDRange(1, imap.MaxUID), nil) {
			if last = err; err == nil {
				uids = append(uids, m.UID)
			}
		}
		if len(uids) != 800 || uids[499] != 500 || uids[500] != 1001 || !errors.Is(last, imap.CodeServerBug) || !strings.Contains(last.Error(), "UID 501:1000") {
			t.Fatal(len(uids), last)
		}
	})
}

// break and panic in the loop's body leave what is under way, and send nothing
// more.
func TestFetchLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(t)
		deliver(t, s, 3000, 1)
		c, box := login(t, s, nil)
		n := 0
		s.SetFaults(&imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == "UID FETCH" {
				n++
			}
			return nil
		}})
		for range box.Fetch(t.Context(), imap.UIDRange(1, imap.MaxUID), nil) {
			break
		}
		noop(t, c)
		func() {
			defer func() { _ = recover() }()
			for range box.Fetch(t.Context(), imap.UIDRange(1, imap.MaxUID), nil) {
				panic("oops")
			}
		}()
		noop(t, c)
		if n > 4 {
			t.Fatal(n)
		}
	})
}
