package test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/test/live"
)

// proof is a test that runs on every server that offers what it needs. A
// server that does not is no failure: docs/extensions.md says which did.
type proof struct {
	ext   string   // the row of docs/extensions.md that it proves
	needs []string // capabilities, all of them, before or after login; {"A|B"}: one of them
	run   func(t *testing.T, e *env)
}

// proofs is the suite. The files suite_..._test.go have its parts.
var proofs = slices.Concat(
	baseProofs,
	adminProofs,
	notifyProofs,
	listProofs,
	appendProofs,
	messageProofs,
	searchProofs,
	syncProofs,
	loginProofs(),
	sessionProofs,
)

// env is what a proof works with: a connection of its own, and mailboxes that
// go when it ends.
type env struct {
	s    *server
	c    *imap.Client
	ctx  context.Context
	root string // above all mailboxes of this run, with the delimiter behind it
	// unproved says that the server answered, but with nothing to judge by.
	unproved bool
}

// box makes a mailbox and returns its name.
func (e *env) box(t *testing.T) string {
	t.Helper()
	e.s.boxes++
	name := fmt.Sprintf("%sbox %d", e.root, e.s.boxes)
	if err := e.c.Create(e.ctx, name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c, err := e.s.dial(context.WithoutCancel(e.ctx))
		if err == nil {
			defer c.Close()
			err = c.Delete(context.WithoutCancel(e.ctx), name)
		}
		if err != nil {
			t.Logf("%s stays: %v", name, err)
		}
	})
	return name
}

// open makes a mailbox with messages in it and selects it.
func (e *env) open(t *testing.T, messages ...string) *imap.Mailbox {
	t.Helper()
	name := e.box(t)
	for _, m := range messages {
		e.append(t, name, m)
	}
	return e.sel(t, name)
}

func (e *env) sel(t *testing.T, name string) *imap.Mailbox {
	t.Helper()
	box, err := e.c.Select(e.ctx, name, nil)
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func (e *env) append(t *testing.T, name, message string, flags ...imap.Flag) imap.UID {
	t.Helper()
	r, err := e.c.Append(e.ctx, name, strings.NewReader(message), int64(len(message)), &imap.AppendOptions{Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	return r.UID
}

// more is another connection of the same user.
func (e *env) more(t *testing.T) *imap.Client {
	t.Helper()
	return e.logIn(t, e.s.user)
}

func (e *env) logIn(t *testing.T, user string) *imap.Client {
	t.Helper()
	c, err := e.s.dialAs(e.ctx, user)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// mail is a message about a subject.
func mail(subject string) string {
	return "From: Ann <ann@example.org>\r\nTo: Bob <bob@example.org>\r\nSubject: " + subject +
		"\r\nDate: Tue, 3 Feb 2026 04:05:06 +0100\r\nMessage-ID: <" + subject + "@example.org>\r\n\r\nText of " + subject + ".\r\n"
}

// offered says whether the server has all that a proof needs.
func (p *proof) offered(capabilities map[string]bool) bool {
	for _, need := range p.needs {
		if !slices.ContainsFunc(strings.Split(strings.ToUpper(need), "|"), func(name string) bool { return capabilities[name] }) {
			return false
		}
	}
	return true
}

// TestLiveSuite runs every proof on every server. It prints which rows each
// server proved and which it does not offer; docs/extensions.md is made from it.
func TestLiveSuite(t *testing.T) {
	table := newMatrix()
	for _, sv := range servers {
		if sv.name == "LIVE_INI" && os.Getenv(sv.name) == "" {
			continue
		}
		t.Run(sv.name, func(t *testing.T) {
			s := sv.get(t)
			s.name = sv.name
			runSuite(t, s, proofs, table)
		})
	}
	table.compare(t)
}

// TestR114_LiveSuiteByINI runs the part that every server must pass on one that an INI file
// names, as ./check live does with LIVE_INI.
func TestR114_LiveSuiteByINI(t *testing.T) {
	d := live.StartDovecot(t, nil)
	file := filepath.Join(t.TempDir(), "live.ini")
	text := fmt.Sprintf("[DEFAULT]\n# a comment\nhost: localhost\nport = %d\nssl_ca_file = %s\nusername = user1\npassword = %s\n[other]\nhost = x\n",
		d.TLSPort(), d.CAFile(), live.Password)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("LIVE_INI", file)
	t.Run("suite", func(t *testing.T) {
		s := iniServer(t)
		s.name = "LIVE_INI"
		runSuite(t, s, baseProofs, newMatrix())
	})
	if left := d.Command("user1", "", `LIST "" "idlewild*"`); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func runSuite(t *testing.T, s *server, proofs []proof, table *matrix) {
	ctx := within(t)
	c, err := s.dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	root := throwAway(t, ctx, c)
	offers := s.capabilities(t, ctx, c)
	for _, p := range proofs {
		if !p.offered(offers) {
			continue
		}
		judged := true
		ok := t.Run(strings.ReplaceAll(p.ext, " ", "_"), func(t *testing.T) {
			e := &env{s: s, ctx: within(t), root: root}
			if e.c, err = s.dial(e.ctx); err != nil {
				t.Fatal(err)
			}
			defer e.c.Close()
			p.run(t, e)
			judged = !e.unproved
			if err := e.c.Err(); err != nil {
				t.Errorf("the connection did not survive: %v", err)
			}
		})
		if judged {
			table.note(s.name, p.ext, ok)
		}
	}
	t.Logf("%s proved: %s\nnot offered: %s", s.name, strings.Join(table.proved(s.name), ", "), strings.Join(notOffered(offers), ", "))
}

// capabilities are those that the server tells before login, and after.
func (s *server) capabilities(t *testing.T, ctx context.Context, c *imap.Client) map[string]bool {
	t.Helper()
	before, err := s.connect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer before.Close()
	all := map[string]bool{}
	for _, name := range slices.Concat(before.Capabilities(), c.Capabilities()) {
		all[strings.ToUpper(name)] = true
	}
	return all
}

// notOffered names the rows that a server has nothing for.
func notOffered(offers map[string]bool) (names []string) {
	for _, p := range proofs {
		if !p.offered(offers) && !slices.Contains(names, p.ext) {
			names = append(names, p.ext)
		}
	}
	return names
}

// throwAway makes the one mailbox under which everything happens, and sees to
// its end.
func throwAway(t *testing.T, ctx context.Context, c *imap.Client) (prefix string) {
	t.Helper()
	delimiter, personal := "/", ""
	if ns, err := c.Namespace(ctx); err == nil && len(ns.Personal) > 0 {
		delimiter, personal = ns.Personal[0].Delimiter, ns.Personal[0].Prefix
	} else {
		for l, err := range c.List(ctx, "INBOX", nil) {
			if err == nil {
				delimiter = l.Delimiter
			}
		}
	}
	name := personal + "idlewild-" + strings.ToLower(rand.Text()[:8])
	if delimiter == "" {
		return name + "-" // a flat hierarchy
	}
	if err := c.Create(ctx, name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Delete(context.WithoutCancel(ctx), name); err != nil {
			t.Errorf("%s stays: %v", name, err)
		}
	})
	return name + delimiter
}
