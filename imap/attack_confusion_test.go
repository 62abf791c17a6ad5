package imap_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/search"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// saying returns a fake's handler that says text in answer to the first command
// that begins with name; TAG in it, and A1 at the beginning of a line, is the
// command's tag.
func saying(name, text string) func(f *fake, tag, command string) bool {
	said := false
	return func(f *fake, tag, command string) bool {
		if said || !strings.HasPrefix(command, name) {
			return false
		}
		said = true
		f.say(strings.ReplaceAll(retag([]byte(text), tag), "TAG", tag))
		return true
	}
}

// fetchAll returns what a Fetch yields, with bodies, and its last error.
func fetchAll(t testing.TB, box *imap.Mailbox, uids imap.UIDs, opts *imap.FetchOptions) (all []*imap.Message, bodies []string, last error) {
	t.Helper()
	for m, err := range box.Fetch(t.Context(), uids, opts) {
		if err != nil {
			last = err
			continue
		}
		all = append(all, m)
		text := ""
		for b, err := range m.Bodies() {
			data, rerr := b.Bytes()
			if text += string(data); err != nil || rerr != nil {
				text += fmt.Sprint(err, rerr)
			}
		}
		bodies = append(bodies, text)
	}
	return all, bodies, last
}

// updates gathers what is said while do runs and until then a NOOP is answered.
func updates(t testing.TB, c *imap.Client, box *imap.Mailbox, do func()) (all []imap.Update) {
	t.Helper()
	box.State() // so that the loop owes nothing
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for u, err := range box.Updates(ctx) {
			if err == nil {
				all = append(all, u)
			}
		}
	}()
	synctest.Wait()
	do()
	synctest.Wait()
	stop()
	<-done
	return all
}

// nasty are strings that ask to be misread.
var nasty = []string{
	"x\r\nA99 DELETE INBOX", "x\nA99 DELETE INBOX", "x\rA99 DELETE INBOX", "a\x00b", "\x00", `"`, `\`, `a\"b`, "{5}", "x {3}", "x {3+}\r\nabc", "~{3}\r\nabc",
	"&", "&AAo-", "*", "%", " ", "", "(", ")", "a)b", "]", "[x]", "\xff\xfe", "größe", "a\tb", "\x1b[2J", "NIL", "nil", "INBOX\r\n", "\r\n", strings.Repeat("y", 3000),
	"A1 OK done", "+", "\x7f", "\u202e", "\u0085", "}", "{", "{}", "a\r", "a\n",
}

func TestA30_Arguments(t *testing.T) {
	calls := map[string]func(c *imap.Client, box *imap.Mailbox, s string) error{
		"Create":      func(c *imap.Client, _ *imap.Mailbox, s string) error { return c.Create(context.Background(), s) },
		"Delete":      func(c *imap.Client, _ *imap.Mailbox, s string) error { return c.Delete(context.Background(), s) },
		"Rename from": func(c *imap.Client, _ *imap.Mailbox, s string) error { return c.Rename(context.Background(), s, "b") },
		"Rename to":   func(c *imap.Client, _ *imap.Mailbox, s string) error { return c.Rename(context.Background(), "a", s) },
		"Subscribe":   func(c *imap.Client, _ *imap.Mailbox, s string) error { return c.Subscribe(context.Background(), s) },
		"Status": func(c *imap.Client, _ *imap.Mailbox, s string) error {
			_, err := c.Status(context.Background(), s)
			return err
		},
		"StatusItem": func(c *imap.Client, _ *imap.Mailbox, s string) error {
			_, err := c.Status(context.Background(), "a", imap.StatusItem(s))
			return err
		},
		"List": func(c *imap.Client, _ *imap.Mailbox, s string) (err error) {
			for _, err = range c.List(context.Background(), s, &imap.ListOptions{Reference: s}) {
			}
			return err
		},
		"Copy": func(_ *imap.Client, m *imap.Mailbox, s string) error {
			_, err := m.Copy(context.Background(), imap.UID(1), s)
			return err
		},
		"search.Subject": func(_ *imap.Client, m *imap.Mailbox, s string) error {
			_, err := m.Search(context.Background(), search.Subject(s))
			return err
		},
		"search.Header value": func(_ *imap.Client, m *imap.Mailbox, s string) error {
			_, err := m.Search(context.Background(), search.Header("Message-ID", s))
			return err
		},
		"search.Header name": func(_ *imap.Client, m *imap.Mailbox, s string) error {
			_, err := m.Search(context.Background(), search.Header(s, "x"))
			return err
		},
		"search.Keyword": func(_ *imap.Client, m *imap.Mailbox, s string) error {
			_, err := m.Search(context.Background(), search.Keyword(s))
			return err
		},
		"flag": func(_ *imap.Client, m *imap.Mailbox, s string) error {
			return m.AddFlags(context.Background(), imap.UID(1), imap.Flag(s))
		},
		"fields": func(_ *imap.Client, m *imap.Mailbox, s string) (err error) {
			for _, err = range m.Fetch(context.Background(), imap.UID(1), &imap.FetchOptions{Sections: []imap.Section{{Kind: imap.HeaderFields, Fields: []string{s}}}}) {
			}
			return err
		},
		"part": func(_ *imap.Client, m *imap.Mailbox, s string) (err error) {
			for _, err = range m.Fetch(context.Background(), imap.UID(1), &imap.FetchOptions{Sections: []imap.Section{{Part: s}}}) {
			}
			return err
		},
		"Append": func(c *imap.Client, _ *imap.Mailbox, s string) error {
			_, err := c.Append(context.Background(), s, strings.NewReader("x"), 1, nil)
			return err
		},
		"Append flag": func(c *imap.Client, _ *imap.Mailbox, s string) error {
			_, err := c.Append(context.Background(), "a", strings.NewReader("x"), 1, &imap.AppendOptions{Flags: []imap.Flag{imap.Flag(s)}})
			return err
		},
		"Do name": func(c *imap.Client, _ *imap.Mailbox, s string) error {
			_, err := c.Do(context.Background(), wire.NewCommand(s))
			return err
		},
		"Select": func(c *imap.Client, _ *imap.Mailbox, s string) error {
			_, err := c.Select(context.Background(), s, nil)
			return err
		},
	}
	names := make([]string, 0, len(calls))
	for name := range calls {
		if name != "Select" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	names = append(names, "Select") // it changes what is selected
	synctest.Test(t, func(t *testing.T) {
		c, box, f := connect(t, nil, nil)
		sent := len(f.commands())
		for _, name := range names {
			for _, s := range nasty {
				err := calls[name](c, box, s)
				if errors.Is(err, imap.ErrClosed) {
					t.Fatalf("%s %q: %v", name, s, err)
				}
				said := f.commands()[sent:]
				sent += len(said)
				if len(said) > 1 {
					t.Errorf("%s %q: %d commands: %q", name, s, len(said), said)
				}
				for i, line := range said {
					tag, _, _ := strings.Cut(line, " ")
					if want := fmt.Sprintf("A%d", sent-len(said)+i+1); tag != want {
						t.Errorf("%s %q: command %q, want tag %s", name, s, line, want)
					}
					if strings.Contains(s, "\x00") {
						t.Errorf("%s: NUL was sent: %q", name, line)
					}
				}
				if len(said) == 0 && err == nil {
					t.Errorf("%s %q: nothing sent, no error", name, s)
				}
			}
		}
	})
	t.Run("Login", func(t *testing.T) {
		for _, s := range nasty {
			synctest.Test(t, func(t *testing.T) {
				client, server := imaptest.Pipe()
				f := newFake(server)
				go func() { f.say("* OK [CAPABILITY IMAP4rev1] hi\r\n"); f.serve(nil) }()
				c, err := imap.NewClient(t.Context(), client, &imap.Options{Security: imap.Plaintext})
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				err = c.Login(t.Context(), s, s)
				if said := f.commands(); len(said) > 1 || len(said) == 0 && err == nil || len(said) == 1 && !strings.HasPrefix(said[0], "A1 LOGIN ") {
					t.Errorf("%q: said %q, %v", s, said, err)
				}
			})
		}
	})
}

func TestA31_Atoms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box, f := connect(t, nil, nil)
		sent := len(f.commands())
		for _, s := range []string{"", "a b", "a\r\nb", "(x", "x)", "x{3}", "\"x\"", "a\x00", "x]y z", "a\\b", "*", "%x", `\`, `\\Seen`, `\Seen \Deleted`, "é"} {
			for name, do := range map[string]func() error{
				"flag":        func() error { return box.AddFlags(t.Context(), imap.UID(1), imap.Flag(s)) },
				"status item": func() error { _, err := c.Status(t.Context(), "x", imap.StatusItem(s)); return err },
				"keyword":     func() error { _, err := box.Search(t.Context(), search.Keyword(s)); return err },
			} {
				if err := do(); err == nil {
					t.Errorf("%s %q was taken", name, s)
				}
			}
		}
		if all := f.commands(); len(all) != sent {
			t.Errorf("sent %q", all[sent:])
		}
	})
}

func TestA32_NoRawCommand(t *testing.T) {
	// Do takes a built command only, and none that would change the
	// connection's state behind the Client's back.
	synctest.Test(t, func(t *testing.T) {
		c, _, f := connect(t, nil, nil)
		sent := len(f.commands())
		for _, name := range []string{"LOGIN", "starttls", "Select", "LOGOUT", "COMPRESS", "IDLE", "notify", "unauthenticate", "NOOP\r\nA9 X", "NOOP {3}"} {
			if _, err := c.Do(t.Context(), wire.NewCommand(name)); err == nil {
				t.Errorf("Do took %q", name)
			}
		}
		if all := f.commands(); len(all) != sent {
			t.Errorf("sent %q", all[sent:])
		}
	})
}

func TestA33_NonSynchronizingLiterals(t *testing.T) {
	for _, test := range []struct {
		caps string
		size int
		want string
	}{
		{"IMAP4rev1", 10, "{10}"}, {"IMAP4rev1 LITERAL-", 10, "{10+}"}, {"IMAP4rev1 LITERAL-", 4096, "{4096+}"}, {"IMAP4rev1 literal-", 4097, "{4097}"},
		{"IMAP4rev1 LITERAL+", 4097, "{4097+}"}, {"IMAP4rev1 XLITERAL+", 10, "{10}"},
	} {
		synctest.Test(t, func(t *testing.T) {
			client, server := imaptest.Pipe()
			f := newFake(server)
			go func() { f.say("* PREAUTH [CAPABILITY " + test.caps + "] hi\r\n"); f.serve(nil) }()
			c, err := imap.NewClient(t.Context(), client, &imap.Options{Security: imap.Plaintext})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := c.Append(t.Context(), "x", strings.NewReader(strings.Repeat("x", test.size)), int64(test.size), nil); err != nil {
				t.Fatal(err)
			}
			if s := f.commands()[0]; !strings.Contains(s, test.want+"\r\n") {
				t.Errorf("%s: %.60q, want %s", test.caps, s, test.want)
			}
		})
	}
}

func TestA34_RefusedLiteral(t *testing.T) {
	for _, reply := range []string{string(attack(t, "continuation/tagged NO instead of +").Input), "A1 BAD [TRYCREATE] too large\r\n"} {
		synctest.Test(t, func(t *testing.T) {
			client, server := imaptest.Pipe()
			f := newFake(server)
			said := make(chan string, 1)
			go func() {
				f.say("* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n")
				s, _ := f.line()
				tag, _, _ := strings.Cut(s, " ")
				f.say(retag([]byte(reply), tag))
				s, _ = f.line()
				tag, _, _ = strings.Cut(s, " ")
				f.say(tag + " OK done\r\n")
				said <- s
			}()
			c, err := imap.NewClient(t.Context(), client, &imap.Options{Security: imap.Plaintext})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			_, err = c.Append(t.Context(), "x", strings.NewReader("hello"), 5, nil)
			if !errors.Is(err, imap.CodeTryCreate) {
				t.Error(err)
			}
			if err := c.Noop(t.Context()); err != nil {
				t.Error(err)
			}
			if s := <-said; !strings.HasSuffix(s, " NOOP") {
				t.Errorf("behind the refusal came %q", s)
			}
		})
	}
	t.Run("sent once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client, server := imaptest.Pipe()
			f := newFake(server)
			go func() {
				f.say("* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n")
				s, _ := f.line()
				tag, _, _ := strings.Cut(s, " ")
				f.say(retag(attack(t, "continuation/second + during APPEND").Input, tag))
				f.serve(nil)
			}()
			c, err := imap.NewClient(t.Context(), client, &imap.Options{Security: imap.Plaintext})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			_, _ = c.Append(t.Context(), "x", strings.NewReader("hello"), 5, nil)
			_ = c.Noop(t.Context())
			if all := strings.Join(f.commands(), "\n"); strings.Count(all, "hello") > 1 {
				t.Errorf("said %q", all)
			}
		})
	})
}

func TestA35_NamesAreSentBackAsTheyCame(t *testing.T) {
	for _, a := range attacks(t, "mailbox-name") {
		synctest.Test(t, func(t *testing.T) {
			c, _, f := connect(t, nil, saying("LIST", string(a.Input)+"TAG OK done\r\n"))
			for e, err := range c.List(t.Context(), "*", nil) {
				if err != nil {
					t.Fatalf("%s: %v", a.Name, err)
				}
				if len(e.RawName) > 4096 { // too long to be remembered
					continue
				}
				n := len(f.commands())
				if _, err := c.Select(t.Context(), e.Mailbox, nil); err != nil {
					t.Errorf("%s: %q: %v", a.Name, e.Mailbox, err)
				}
				want := string(wire.NewCommand("SELECT").AString(e.RawName).Redacted())
				if got := f.commands()[n]; !strings.HasSuffix(got, want) {
					t.Errorf("%s: %q, want %q", a.Name, got, want)
				}
			}
		})
	}
}

func TestA36_NoUTF8Mode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, f := connect(t, nil, nil)
		offersAll(t, c, f)
		if err := c.Create(t.Context(), "größe"); err != nil {
			t.Fatal(err)
		}
		for _, s := range f.commands() {
			if strings.Contains(s, " ENABLE") {
				t.Errorf("said %q", s)
			}
		}
		if s := f.commands(); !strings.Contains(s[len(s)-1], "gr&APYA3w-e") {
			t.Errorf("said %q", s[len(s)-1])
		}
	})
}

func TestA47_NoCompression(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, f := connect(t, nil, nil)
		offersAll(t, c, f)
		for _, s := range f.commands() {
			if strings.Contains(s, " COMPRESS") {
				t.Errorf("said %q", s)
			}
		}
		// What a deflated stream would be is not inflated but refused.
		for _, a := range attacks(t, "compress") {
			_ = c.Noop(t.Context())
			f.say(string(a.Input))
		}
	})
}

// offersAll makes the server offer UTF8=ACCEPT, COMPRESS and more, and uses the
// connection.
func offersAll(t testing.TB, c *imap.Client, f *fake) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Hour)
	defer stop()
	if _, err := c.Select(ctx, "a", nil); err != nil {
		t.Fatal(err)
	}
	f.say("* CAPABILITY IMAP4rev1 UTF8=ACCEPT ENABLE COMPRESS=DEFLATE\r\n")
	if _, err := c.Capability(ctx); err != nil {
		t.Fatal(err)
	}
	if err := c.Noop(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestA60_Tags(t *testing.T) {
	cases := []struct {
		name, say string
		closes    bool
		want      string // of the NOOP's error, if it fails
	}{
		{"unknown", string(attack(t, "tag/unknown").Input) + "A1 OK done\r\n", false, ""},
		{"duplicate", string(attack(t, "tag/duplicate completion").Input), false, ""},
		{"case", string(attack(t, "tag/case differs").Input) + "A1 NO mine\r\n", false, "mine"},
		{"not sent yet", "A99 OK done\r\n", true, "before"},
		{"next", "NEXT OK done\r\n", true, "before"},
		{"in text", "* OK A1 OK done\r\nA1 NO mine\r\n", false, "mine"},
		{"in a name", "* LIST () \"/\" \"A1 OK done\"\r\nA1 NO mine\r\n", false, "mine"},
		{"longer", "A1x OK done\r\nA1 NO mine\r\n", false, "mine"},
		{"tagged BYE", string(attack(t, "framing/BYE tagged").Input), true, ""},
		{"tagged FETCH", string(attack(t, "framing/tagged FETCH").Input), true, ""},
		{"plus", "+ OK done\r\nA1 NO mine\r\n", false, "mine"},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _, _ := connect(t, nil, func(f *fake, tag, command string) bool {
					if command != "NOOP" || tag != "A3" {
						return false
					}
					text := strings.ReplaceAll(test.say, "NEXT", "A4")
					lower := strings.ReplaceAll(text, "a1 OK", "a3 OK")
					f.say(strings.ReplaceAll(retag([]byte(lower), tag), "A1 OK", "A3 OK"))
					return true
				})
				start := time.Now()
				err := c.Noop(t.Context())
				if d := time.Since(start); d > time.Minute {
					t.Errorf("it took %v: %v", d, err)
				}
				if test.closes != errors.Is(err, imap.ErrClosed) {
					t.Errorf("%v", err)
				}
				if !test.closes && (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
					t.Errorf("%v, want %q", err, test.want)
				}
				if err := c.Noop(t.Context()); (err != nil) != test.closes {
					t.Errorf("afterwards: %v", err)
				}
			})
		})
	}
	t.Run("flood", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			log := new(levels)
			c, _, f := connect(t, &imap.Options{Logger: slog.New(log)}, nil)
			go f.say(strings.Repeat(string(attack(t, "tag/unknown").Input), 10000))
			<-c.Done()
			if n := len(log.texts(slog.LevelInfo)); n > 200 {
				t.Errorf("%d lines logged", n)
			}
		})
	})
}

func TestA61_Framing(t *testing.T) {
	for _, a := range attacks(t, "framing") {
		if a.Name == "framing/BYE tagged" || a.Name == "framing/tagged FETCH" {
			continue
		}
		t.Run(a.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// The case stands between two NOOPs; whatever it is, the second
				// gets its own answer, or the connection is given up.
				c, box, _ := connect(t, nil, saying("NOOP", string(a.Input)+"\r\nTAG NO the first\r\n"))
				err := c.Noop(t.Context())
				if errors.Is(err, imap.ErrClosed) {
					if a.OK() {
						t.Errorf("closed: %v", err)
					}
					return
				}
				tagged := strings.Contains(string(a.Input), "\nA1 OK") || strings.HasPrefix(string(a.Input), "A1 OK")
				if tagged != (err == nil) && a.OK() || !a.OK() && err == nil && !strings.Contains(string(a.Input), "\nA1 OK") {
					t.Errorf("first NOOP: %v", err)
				}
				if err := c.Noop(t.Context()); err != nil {
					t.Errorf("second NOOP: %v", err)
				}
				if s := box.State(); strings.Contains(string(a.Input), "3 EXISTS") != (s.Exists == 3) {
					t.Errorf("%d messages", s.Exists)
				}
			})
		})
	}
	t.Run("literal that looks like replies", func(t *testing.T) {
		a := attack(t, "framing/literal then CRLF then tagged in body")
		synctest.Test(t, func(t *testing.T) {
			_, box, _ := connect(t, nil, saying("UID FETCH", string(a.Input)))
			_, bodies, err := fetchAll(t, box, imap.UID(7), &imap.FetchOptions{Sections: []imap.Section{{}}})
			if err != nil || len(bodies) != 1 || bodies[0] != "A3 OK FETCH completed\r\nx\r\n" {
				t.Errorf("%q, %v", bodies, err)
			}
		})
	})
}

func TestA62_FetchConfusion(t *testing.T) {
	whole := &imap.FetchOptions{Sections: []imap.Section{{}}}
	for _, test := range []struct {
		name, say string
		uids      imap.UIDs
		opts      *imap.FetchOptions
		want      []string // UID:body of what the loop gets
		changed   int      // how many updates
	}{
		{"other message", "fetch/unsolicited for other message", imap.UID(10), whole, []string{"10:abc"}, 1},
		{"wrong UID", "fetch/wrong uid answered", imap.UID(10), whole, nil, 1},
		{"no UID", "fetch/no uid in answer", imap.UID(10), whole, nil, 1},
		{"two answers", "fetch/two answers for one uid", imap.UID(10), whole, []string{"10:abc"}, 1},
		{"expunge", "fetch/expunge in the middle", imap.UIDRange(50, 60), &imap.FetchOptions{}, []string{"50:", "60:"}, 0},
		{"flags between", "* 1 FETCH (UID 10 FLAGS (\\Seen))\r\n* 1 FETCH (UID 10 BODY[] {3}\r\nabc)\r\nA1 OK done\r\n", imap.UID(10), whole, []string{"10:abc"}, 1},
		{"other section", "* 1 FETCH (UID 10 BODY[1] {3}\r\nxyz BODY[] {3}\r\nabc)\r\nA1 OK done\r\n", imap.UID(10), whole, []string{"10:abc"}, 0},
		{"UID twice", "* 1 FETCH (UID 11 BODY[] {3}\r\nabc UID 10)\r\nA1 OK done\r\n", imap.UID(10), whole, nil, -1},
		{"UID 0", "* 1 FETCH (UID 0 BODY[] {3}\r\nabc)\r\nA1 OK done\r\n", imap.UID(10), whole, nil, -1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				say := test.say
				if strings.HasPrefix(say, "fetch/") {
					say = string(attack(t, say).Input)
				}
				c, box, _ := connect(t, nil, saying("UID FETCH", say))
				var got []string
				ups := updates(t, c, box, func() {
					all, bodies, err := fetchAll(t, box, test.uids, test.opts)
					if err != nil {
						t.Error(err)
					}
					for i, m := range all {
						text := bodies[i]
						if b := m.Body(imap.Section{}); b != nil && len(bodies[i]) > 3 {
							text = strings.TrimPrefix(text, "xyz")
						}
						got = append(got, fmt.Sprintf("%d:%s", m.UID, text))
					}
				})
				if !slices.Equal(got, test.want) {
					t.Errorf("got %q, want %q", got, test.want)
				}
				n := 0
				for _, u := range ups {
					if _, ok := u.(imap.Changed); ok {
						n++
					}
				}
				if test.changed >= 0 && n != test.changed {
					t.Errorf("%d changes, want %d: %+v", n, test.changed, ups)
				}
				if err := c.Noop(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
	t.Run("duplicate UID", func(t *testing.T) { // neither of both
		synctest.Test(t, func(t *testing.T) {
			c, box, _ := connect(t, nil, saying("NOOP", string(attack(t, "fetch/duplicate attribute").Input)+"TAG OK x\r\n"))
			for _, u := range updates(t, c, box, func() { _ = c.Noop(t.Context()) }) {
				if ch, ok := u.(imap.Changed); ok && len(ch.Message.Problems) == 0 {
					t.Errorf("%+v", ch.Message)
				}
			}
		})
	})
}

func TestA63_ExpungeWhereForbidden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box, f := connect(t, nil, saying("UID FETCH", "* 5 FETCH (UID 50 FLAGS ())\r\n* 5 EXPUNGE\r\n* 5 FETCH (UID 60 FLAGS (\\Seen))\r\nTAG OK done\r\n"))
		seqs, err := box.SearchSeq(t.Context(), nil)
		if err != nil || !seqs.Empty() {
			t.Fatal(seqs, err)
		}
		all, _, err := fetchAll(t, box, imap.UIDRange(50, 60), nil)
		if err != nil || len(all) != 2 || all[0].UID != 50 || len(all[0].Flags) != 0 || all[1].UID != 60 || len(all[1].Flags) != 1 {
			t.Errorf("%+v, %v", all, err)
		}
		if s := box.State(); s.Exists != 49 {
			t.Errorf("%+v", s)
		}
		_ = f
		if err := c.Noop(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("numbers are carried over", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, box, f := connect(t, nil, saying("SEARCH", "* SEARCH 3 5 9\r\nTAG OK done\r\n"))
			seqs, err := box.SearchSeq(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			f.say("* 5 EXPUNGE\r\n")
			synctest.Wait()
			n := len(f.commands())
			if _, err := box.StoreSeq(t.Context(), seqs, imap.StoreAdd, []imap.Flag{imap.FlagSeen}, nil); err != nil {
				t.Fatal(err)
			}
			if s := strings.Join(f.commands()[n:], "\n"); !strings.Contains(s, " 3,8") {
				t.Errorf("said %q", s)
			}
		})
	})
}

func TestA64_CountsThatCannotBe(t *testing.T) {
	for _, test := range []struct {
		say    string
		exists uint32
	}{
		{string(attack(t, "expunge/beyond exists").Input), 3},
		{string(attack(t, "exists/decrease without expunge").Input), 3},
		{"* 51 EXPUNGE\r\n", 50},
		{"* 0 EXISTS\r\n* 1 EXPUNGE\r\n", 0},
		{"* 1 EXISTS\r\n* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n", 0},
		{"* 2 EXISTS\r\n* VANISHED 1:4294967295\r\n", 0},
		{"* 0 EXISTS\r\n* VANISHED 5\r\n", 0},
		{"* 50 EXISTS\r\n* VANISHED (EARLIER) 1:1000\r\n", 50},
	} {
		synctest.Test(t, func(t *testing.T) {
			c, box, f := connect(t, nil, saying("SEARCH", "* SEARCH 3 5 9\r\nTAG OK done\r\n"))
			seqs, err := box.SearchSeq(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			before := box.State()
			f.say(test.say)
			synctest.Wait()
			s := box.State()
			if s.Exists != test.exists {
				t.Errorf("%q: %d messages, want %d", test.say, s.Exists, test.exists)
			}
			if strings.Contains(test.say, "EARLIER") {
				return
			}
			if s.Epoch == before.Epoch {
				t.Errorf("%q: numbers are held to be good", test.say)
			}
			// Numbers of before are not used for other messages.
			n := len(f.commands())
			if _, err := box.StoreSeq(t.Context(), seqs, imap.StoreAdd, []imap.Flag{imap.FlagDeleted}, nil); !errors.Is(err, imap.ErrRenumbered) || len(f.commands()) != n {
				t.Errorf("%q: %v, %q", test.say, err, f.commands()[n:])
			}
			if err := c.Noop(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestA65_SpoofedCodes(t *testing.T) {
	for _, say := range []string{
		"* OK [UIDVALIDITY 666] x\r\n", "* OK [UIDNEXT 666] x\r\n", "* OK hello [UIDVALIDITY 666]\r\n", "* OK  [READ-ONLY] x\r\n", "* NO [UIDVALIDITY 666] x\r\n",
		"* LIST () \"/\" \"[UIDVALIDITY 666]\"\r\n", "* OK [CAPABILITY IMAP4rev1 EVIL] x\r\n", "* CAPABILITY IMAP4rev1 EVIL\r\n", "* OK [HIGHESTMODSEQ 666] x\r\n",
		"* OK [CLOSED] x\r\n* OK [UIDVALIDITY 666] x\r\n", "* STATUS INBOX (UIDVALIDITY 666 MESSAGES 666)\r\n", "* PREAUTH in\r\n", "* OK [UNSEEN 666] x\r\n",
		string(attack(t, "respcode/code without closing bracket").Input), string(attack(t, "respcode/CAPABILITY hidden in text").Input), string(attack(t, "respcode/code case").Input),
		"A1 OK [UIDVALIDITY 666] x\r\n", "A1 OK [CAPABILITY IMAP4rev1 EVIL] x\r\n",
	} {
		synctest.Test(t, func(t *testing.T) {
			more := ""
			if !strings.HasPrefix(say, "A1 ") {
				more = "TAG OK done\r\n"
			}
			c, box, _ := connect(t, nil, saying("NOOP", say+more))
			before, caps := box.State(), c.Capabilities()
			if err := c.Noop(t.Context()); err != nil {
				t.Fatalf("%q: %v", say, err)
			}
			if got := box.State(); fmt.Sprint(got) != fmt.Sprint(before) {
				t.Errorf("%q: %+v, was %+v", say, got, before)
			}
			if got := c.Capabilities(); !slices.Equal(got, caps) {
				t.Errorf("%q: capabilities %q", say, got)
			}
			if c.Selected() != box {
				t.Errorf("%q: the mailbox is not selected", say)
			}
		})
	}
	t.Run("opening another mailbox", func(t *testing.T) { // before [CLOSED] data is the old one's
		synctest.Test(t, func(t *testing.T) {
			n := 0
			c, old, _ := connect(t, nil, func(f *fake, tag, command string) bool {
				switch {
				case command == "CAPABILITY":
					f.say("* CAPABILITY IMAP4rev1 QRESYNC\r\n" + tag + " OK done\r\n")
					return true
				case strings.HasPrefix(command, "SELECT"):
					if n++; n == 2 {
						f.say("* 666 EXISTS\r\n* OK [UIDVALIDITY 666] x\r\n* OK [CLOSED] x\r\n* 5 EXISTS\r\n* OK [UIDVALIDITY 8] x\r\n" + tag + " OK done\r\n")
						return true
					}
				}
				return false
			})
			if _, err := c.Capability(t.Context()); err != nil {
				t.Fatal(err)
			}
			box, err := c.Select(t.Context(), "other", nil)
			if err != nil {
				t.Fatal(err)
			}
			if s := box.State(); s.Exists != 5 || s.UIDValidity != 8 {
				t.Errorf("%+v", s)
			}
			if s := old.State(); s.UIDValidity != 7 {
				t.Errorf("the old one: %+v", s)
			}
		})
	})
}

func TestA66_MalformedCodes(t *testing.T) {
	for _, code := range []string{"COPYUID 701  ", "COPYUID", "COPYUID x", "COPYUID 1 1:* 5:*", "COPYUID 1 1:3 1:2", "COPYUID 0 1 1", "COPYUID 1 1 1 1", "COPYUID 4294967296 1 1"} {
		for _, where := range []string{"tagged", "untagged"} {
			synctest.Test(t, func(t *testing.T) {
				say := "TAG OK [" + code + "] done\r\n"
				if where == "untagged" {
					say = "* OK [" + code + "] x\r\nTAG OK done\r\n"
				}
				c, box, _ := connect(t, nil, saying("UID COPY", say))
				res, err := box.Copy(t.Context(), imap.UIDRange(1, 3), "b")
				if err != nil {
					t.Errorf("%q: %v", code, err)
				}
				if res.UIDs.Len() != 0 {
					t.Errorf("%q: %v", code, res)
				}
				if err := c.Noop(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
	}
	synctest.Test(t, func(t *testing.T) {
		c, _, _ := connect(t, nil, saying("XTEST", "TAG OK [COPYUID 701  ] done\r\n"))
		r, err := c.Do(t.Context(), wire.NewCommand("XTEST"))
		if err != nil || r.Code == nil || r.Code.Problem == nil || !strings.HasPrefix(r.Code.Data, "701") || r.Text != "done" {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

func TestA67_Alerts(t *testing.T) {
	for _, name := range []string{"respcode/ALERT with escape sequences", "respcode/ALERT with bidi override"} {
		in := string(attack(t, name).Input)
		_, text, _ := strings.Cut(strings.TrimSuffix(in, "\r\n"), "] ")
		synctest.Test(t, func(t *testing.T) {
			log := new(levels)
			c, box, _ := connect(t, &imap.Options{Logger: slog.New(log)}, saying("NOOP", in+"TAG NO "+text+"\r\n"))
			ctx, stop := context.WithCancel(t.Context())
			var notices []imap.Notice
			done := make(chan struct{})
			go func() {
				defer close(done)
				for n, err := range c.Notices(ctx) {
					if err == nil {
						notices = append(notices, n)
					}
				}
			}()
			synctest.Wait()
			ups := updates(t, c, box, func() {
				err := c.Noop(t.Context())
				if err == nil || strings.ContainsAny(err.Error(), "\x1b\x07") || strings.Contains(err.Error(), "\u202e") {
					t.Errorf("%q", err)
				}
			})
			stop()
			<-done
			if len(notices) != 1 || notices[0].Kind != imap.NoticeAlert || notices[0].Text != text {
				t.Errorf("notices %+v", notices)
			}
			if len(ups) != 1 || ups[0] != (imap.Alert{Text: text}) {
				t.Errorf("updates %+v", ups)
			}
			for _, s := range log.texts(slog.LevelDebug) {
				if strings.ContainsAny(s, "\x1b\x07") || strings.Contains(s, "\u202e") {
					t.Errorf("logged %q", s)
				}
			}
		})
	}
	t.Run("flood", func(t *testing.T) { // a listener that sleeps holds a bounded number
		synctest.Test(t, func(t *testing.T) {
			c, _, f := connect(t, nil, nil)
			go func() {
				<-time.After(time.Second)
				f.say("* OK [ALERT] x\r\n")
			}()
			n, closed := 0, false
			for notice := range c.Notices(t.Context()) {
				if n++; n == 1 {
					for range 10 {
						f.say(strings.Repeat("* OK [ALERT] x\r\n", 1000))
					}
					synctest.Wait()
					c.Close()
				}
				closed = notice.Kind == imap.NoticeClosed
			}
			if n > 5000 || !closed {
				t.Errorf("%d notices, the last one that it closed: %v", n, closed)
			}
		})
	})
	t.Run("referral", func(t *testing.T) { // nothing is followed: the error says it, that is all
		for _, name := range []string{"respcode/REFERRAL", "respcode/tagged REFERRAL on login"} {
			synctest.Test(t, func(t *testing.T) {
				dials, referral := 0, attack(t, name)
				c, err := imap.Dial(t.Context(), "localhost", &imap.Options{Security: imap.Plaintext, Dial: func(context.Context, string, string) (net.Conn, error) {
					dials++
					client, server := imaptest.Pipe()
					f := newFake(server)
					go func() {
						f.say("* OK [CAPABILITY IMAP4rev1] hi\r\n")
						f.serve(func(tag, command string) bool {
							f.say(retag(referral.Input, tag))
							return true
						})
					}()
					return client, nil
				}})
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				if err := c.Login(t.Context(), "alice", "pass"); err == nil || c.Authenticated() {
					t.Errorf("logged in: %v", err)
				}
				if dials != 1 {
					t.Errorf("%d connections", dials)
				}
			})
		}
	})
}
