package imap_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/sasl"
	"github.com/idlewild-mail/idlewild/imap/search"
)

// A quirk case is a file testdata/<server>/<case>.imap: a transcript for
// imaptest.Script behind a head of comment lines:
//
//	# row: what the server does wrong, in a sentence
//	# how: tolerance                 or: quirk <name>
//	# link: where it was reported
//	# hello: text                    the greeting, its capabilities behind IMAP4rev1 in "caps", and a login go before the transcript
//	# caps: IDLE UIDPLUS
//	# host: imap.example.org         that was dialed
//	# inbox                          SELECT INBOX with 3 messages goes before it too
//	# off: quirk                     Options.Quirks turns it off
//	# on: quirk                      or on
//	# do: step                       what is done through the public client, see quirkSteps
//	# want: line                     what the steps say, in order
//	# ends                           the connection has ended afterwards; else NOOP works
type quirkCase struct {
	server, name        string
	row, how, link      string
	hello, caps, host   string
	inbox, ends, preset bool
	quirks              map[imap.Quirk]bool
	do, want            []string
	transcript          string
	path                string
}

// quirkCases reads all of them.
func quirkCases(t testing.TB) (all []*quirkCase) {
	t.Helper()
	paths, err := filepath.Glob("testdata/*/*.imap")
	if err != nil || len(paths) == 0 {
		t.Fatal("no cases", err)
	}
	for _, path := range paths {
		all = append(all, readQuirkCase(t, path))
	}
	return all
}

func readQuirkCase(t testing.TB, path string) *quirkCase {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c := &quirkCase{
		server: filepath.Base(filepath.Dir(path)), name: strings.TrimSuffix(filepath.Base(path), ".imap"),
		path: path, transcript: string(b), quirks: map[imap.Quirk]bool{},
	}
	lines := bufio.NewScanner(strings.NewReader(c.transcript))
	for lines.Scan() {
		line, comment := strings.CutPrefix(lines.Text(), "# ")
		if !comment {
			continue
		}
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch key {
		case "row":
			c.row = value
		case "how":
			c.how = value
		case "link":
			c.link = value
		case "hello":
			c.hello, c.preset = value, true
		case "caps":
			c.caps = value
		case "host":
			c.host = value
		case "inbox":
			c.inbox = true
		case "ends":
			c.ends = true
		case "on", "off":
			c.quirks[imap.Quirk(value)] = key == "on"
		case "do":
			c.do = append(c.do, value)
		case "want":
			c.want = append(c.want, value)
		default:
			t.Fatalf("%s: what is %q?", path, line)
		}
	}
	if c.row == "" || c.how == "" || len(c.do) == 0 {
		t.Fatalf("%s: it must have row, how and do", path)
	}
	return c
}

// script is the whole transcript.
func (c *quirkCase) script() string {
	s := ""
	if c.preset {
		caps := strings.TrimSpace("IMAP4rev1 " + c.caps)
		s = "S: * OK [CAPABILITY " + caps + "] " + c.hello + "\nC: $90 LOGIN \"u\" \"p\"\nS: $90 OK [CAPABILITY " + caps + "] in\n"
	}
	if c.inbox {
		s += "C: $91 SELECT INBOX\nS: * 3 EXISTS\nS: * OK [UIDVALIDITY 1] valid\nS: * OK [UIDNEXT 4] next\nS: $91 OK [READ-WRITE] done\n"
	}
	s += c.transcript
	if !c.ends {
		s += "\nC: $99 NOOP\nS: $99 OK alive\n"
	}
	return s
}

// connect makes the client, logged in if the case has a hello.
func (c *quirkCase) connect(ctx context.Context, conn net.Conn) (*imap.Client, error) {
	host := c.host
	if host == "" {
		host = "localhost"
	}
	opts := &imap.Options{Security: imap.Plaintext, InsecureLogin: true, Quirks: c.quirks}
	opts.Dial = func(context.Context, string, string) (net.Conn, error) { return conn, nil }
	client, err := imap.Dial(ctx, host, opts)
	if err != nil || !c.preset {
		return client, err
	}
	return client, client.Login(ctx, "u", "p")
}

// play runs a case and returns what its steps said.
func (c *quirkCase) play(t *testing.T) []string {
	t.Helper()
	conn := imaptest.Script(t, c.script())
	p := &quirkPlayer{ctx: t.Context()}
	var err error
	if p.c, err = c.connect(t.Context(), conn); err != nil {
		p.fail("connect", err)
		if p.c == nil {
			return p.said
		}
	}
	defer p.c.Close()
	if c.inbox {
		if p.box, err = p.c.Select(t.Context(), "INBOX", nil); err != nil {
			p.fail("select", err)
		}
	}
	for _, step := range c.do {
		p.step(t, step)
	}
	if !c.ends {
		if err := p.c.Noop(t.Context()); err != nil {
			t.Errorf("NOOP afterwards: %v", err)
		}
	} else if p.c.Err() == nil {
		<-p.c.Done()
	}
	if n := p.c.Stats(); n.Problems > 0 {
		p.say("stats: %d problems", n.Problems)
	}
	return p.said
}

// quirkPlayer does steps.
type quirkPlayer struct {
	ctx  context.Context
	c    *imap.Client
	box  *imap.Mailbox
	said []string
}

func (p *quirkPlayer) say(format string, args ...any) {
	p.said = append(p.said, strings.TrimRight(fmt.Sprintf(format, args...), " "))
}

func (p *quirkPlayer) fail(what string, err error) {
	kinds := ""
	for _, k := range []error{imap.ErrThrottled, imap.ErrTooManyConnections, imap.ErrAppPassword, imap.ErrWebLogin, imap.ErrIMAPDisabled,
		imap.ErrNotConnected, imap.ErrUnsupported, imap.ErrClosed, imap.ErrRenumbered} {
		if errors.Is(err, k) {
			kinds += " <" + strings.TrimPrefix(k.Error(), "imap: ") + ">"
		}
	}
	if e, ok := errors.AsType[*imap.ResponseError](err); ok && e.URL != "" {
		kinds += " at " + e.URL
	}
	if d := imap.Backoff(err); d > 0 {
		kinds += " wait " + d.String()
	}
	p.say("%s: error %v%s", what, err, kinds)
}

// quirkSteps are what a case can do.
var quirkSteps = map[string]func(p *quirkPlayer, arg string) error{
	"login": func(p *quirkPlayer, _ string) error { return p.c.Login(p.ctx, "u", "p") },
	"select": func(p *quirkPlayer, arg string) (err error) {
		if p.box, err = p.c.Select(p.ctx, arg, nil); err != nil {
			return err
		}
		s := p.box.State()
		p.say("select: %s, %d messages, UIDVALIDITY %d, UIDNEXT %d, unseen %d, keeps %q", s.Name, s.Exists, s.UIDValidity, s.UIDNext, s.Unseen, s.PermanentFlags)
		return nil
	},
	"state": func(p *quirkPlayer, _ string) error {
		s := p.box.State()
		p.say("state: %d messages, flags %q, keeps %q", s.Exists, s.Flags, s.PermanentFlags)
		return nil
	},
	"fetch":  (*quirkPlayer).fetch,
	"search": (*quirkPlayer).search,
	"list":   func(p *quirkPlayer, arg string) error { return p.list(p.c.List(p.ctx, arg, nil)) },
	"lsub":   func(p *quirkPlayer, arg string) error { return p.list(p.c.ListSubscribed(p.ctx, arg, nil)) },
	"list-special": func(p *quirkPlayer, arg string) error {
		return p.list(p.c.List(p.ctx, arg, &imap.ListOptions{SelectSpecialUse: true}))
	},
	"list-status": func(p *quirkPlayer, arg string) error {
		for e, err := range p.c.List(p.ctx, arg, &imap.ListOptions{ReturnStatus: []imap.StatusItem{imap.StatusMessages}, ReturnSpecialUse: true}) {
			if err != nil {
				return err
			}
			n := "no"
			if e.Status != nil {
				n = count(e.Status.Messages)
			}
			p.say("mailbox: %q %v, %s messages", e.Mailbox, e.Attributes, n)
		}
		return nil
	},
	"resync": func(p *quirkPlayer, arg string) (err error) {
		opts := &imap.SelectOptions{CondStore: true, Resync: &imap.Resync{UIDValidity: 1, ModSeq: 7}}
		if p.box, err = p.c.Select(p.ctx, arg, opts); err != nil {
			return err
		}
		s := p.box.State()
		p.say("resync: %s, %d messages, HIGHESTMODSEQ %d", s.Name, s.Exists, s.HighestModSeq)
		return nil
	},
	"esearch": func(p *quirkPlayer, arg string) error {
		r, err := p.box.ESearch(p.ctx, nil, &imap.SearchOptions{Min: true, Max: true, Count: true})
		if err == nil {
			p.say("found: %d, from %d to %d", r.Count, r.Min, r.Max)
		}
		return err
	},
	"quota": func(p *quirkPlayer, arg string) error {
		q, err := p.c.GetQuota(p.ctx, arg)
		if err == nil {
			p.say("quota: %+v", q.Resources)
		}
		return err
	},
	"sasl-login": func(p *quirkPlayer, _ string) error {
		err := p.c.Authenticate(p.ctx, sasl.Login("u", "p"))
		if err == nil {
			p.say("logged in")
		}
		return err
	},
	"status": func(p *quirkPlayer, arg string) error {
		s, err := p.c.Status(p.ctx, arg)
		if err == nil {
			p.say("status: %s, %s messages, %s unseen, UIDNEXT %d, UIDVALIDITY %d", s.Mailbox, count(s.Messages), count(s.Unseen), s.UIDNext, s.UIDValidity)
		}
		return err
	},
	"notify": func(p *quirkPlayer, arg string) error {
		found, err := p.c.Notify(p.ctx, &imap.NotifyOptions{Status: true, Groups: []imap.NotifyGroup{{
			Mailboxes: imap.NotifyNamed, Names: strings.Split(arg, ", "),
			Events: []imap.NotifyEvent{imap.NotifyMessageNew, imap.NotifyMessageExpunge},
		}}})
		for _, s := range found {
			p.say("notify: %s, %s messages", s.Mailbox, count(s.Messages))
		}
		return err
	},
	"store": func(p *quirkPlayer, arg string) error {
		uids, flag, _ := strings.Cut(arg, " ")
		all, err := p.box.Store(p.ctx, set(uids), imap.StoreAdd, []imap.Flag{imap.Flag(flag)}, nil)
		for _, m := range all {
			p.say("stored: %d %q", m.UID, m.Flags)
		}
		return err
	},
	"copy": func(p *quirkPlayer, arg string) error {
		uids, to, _ := strings.Cut(arg, " ")
		r, err := p.box.Copy(p.ctx, set(uids), to)
		p.say("copied: %v", pairs(r))
		return err
	},
	"move": func(p *quirkPlayer, arg string) error {
		uids, to, _ := strings.Cut(arg, " ")
		r, err := p.box.Move(p.ctx, set(uids), to)
		p.say("moved: %v", pairs(r))
		return err
	},
	"expunge": func(p *quirkPlayer, arg string) error { return p.box.ExpungeUIDs(p.ctx, set(arg)) },
	"append": func(p *quirkPlayer, arg string) error {
		r, err := p.c.Append(p.ctx, arg, strings.NewReader("Hi\r\n"), 4, nil)
		if err == nil {
			p.say("appended: %d in %d", r.UID, r.UIDValidity)
		}
		return err
	},
	"create": func(p *quirkPlayer, arg string) error {
		err := p.c.Create(p.ctx, arg)
		if err == nil {
			p.say("created")
		}
		return err
	},
	"delete": func(p *quirkPlayer, arg string) error { return p.c.Delete(p.ctx, arg) },
	"noop":   func(p *quirkPlayer, _ string) error { return p.c.Noop(p.ctx) },
	"enable": func(p *quirkPlayer, arg string) error {
		got, err := p.c.Enable(p.ctx, strings.Fields(arg)...)
		p.say("enabled: %q", got)
		return err
	},
	"id": func(p *quirkPlayer, _ string) error {
		id, err := p.c.ID(p.ctx, nil)
		if err == nil {
			p.say("id: %v", id)
		}
		return err
	},
	"namespace": func(p *quirkPlayer, _ string) error {
		n, err := p.c.Namespace(p.ctx)
		if err == nil {
			p.say("namespace: %+v", *n)
		}
		return err
	},
	"idle": func(p *quirkPlayer, arg string) error {
		n := 1
		fmt.Sscan(arg, &n)
		heard, err := hear(p.ctx, p.box, n, nil)
		p.say("heard: %q", heard)
		return err
	},
	"has": func(p *quirkPlayer, arg string) error {
		p.say("has %s: %v", arg, p.c.Has(arg))
		return nil
	},
	"capabilities": func(p *quirkPlayer, _ string) error {
		p.say("capabilities: %v", p.c.Capabilities())
		return nil
	},
	"quirks": func(p *quirkPlayer, _ string) error {
		for _, q := range p.c.Quirks() {
			p.say("quirk: %s, of %s, because %s", q.Quirk, q.Server, q.Why)
		}
		return nil
	},
}

func (p *quirkPlayer) step(t *testing.T, step string) {
	t.Helper()
	verb, arg, _ := strings.Cut(step, " ")
	do := quirkSteps[verb]
	if do == nil {
		t.Fatalf("what is %q?", step)
	}
	if p.box == nil && slices.Contains([]string{"fetch", "search", "store", "copy", "move", "expunge", "idle", "state"}, verb) {
		t.Fatal("no mailbox is selected")
	}
	if err := do(p, arg); err != nil {
		p.fail(verb, err)
	}
}

func count(n *uint32) string {
	if n == nil {
		return "no"
	}
	return fmt.Sprint(*n)
}

func set(s string) imap.UIDSet {
	uids, err := imap.ParseUIDSet(s)
	if err != nil {
		panic(err)
	}
	return uids
}

func pairs(r imap.CopyResult) string {
	var s []string
	for from, to := range r.UIDs.All() {
		s = append(s, fmt.Sprintf("%d to %d", from, to))
	}
	return fmt.Sprintf("%s in %d", strings.Join(s, ", "), r.UIDValidity)
}

// search takes "all", "text X", or "seq" for the unseen ones by number, which
// are then turned into UIDs.
func (p *quirkPlayer) search(arg string) error {
	verb, what, _ := strings.Cut(arg, " ")
	var q imap.Query
	switch verb {
	case "text":
		q = search.Text(what)
	case "seq":
		nums, err := p.box.SearchSeq(p.ctx, search.Unseen)
		if err != nil {
			return err
		}
		p.say("found by number: %v", nums)
		if what == "noop" {
			if err := p.c.Noop(p.ctx); err != nil {
				return err
			}
		}
		found, err := p.box.UIDs(p.ctx, nums)
		p.say("found: %v", found)
		return err
	}
	found, err := p.box.Search(p.ctx, q)
	p.say("found: %v", found)
	return err
}

// fetch takes a set and "flags", "envelope", "structure", "date", "size",
// "modseq", "body" or "header".
func (p *quirkPlayer) fetch(arg string) error {
	words := strings.Fields(arg)
	opts := &imap.FetchOptions{}
	for _, w := range words[1:] {
		switch w {
		case "flags":
			opts.Flags = true
		case "envelope":
			opts.Envelope = true
		case "structure":
			opts.BodyStructure = true
		case "date":
			opts.InternalDate = true
		case "size":
			opts.Size = true
		case "modseq":
			opts.ModSeq = true
		case "labels":
			opts.GmailLabels = true
		case "body":
			opts.Sections = append(opts.Sections, imap.Section{})
		case "binary":
			opts.Sections = append(opts.Sections, imap.Section{Part: "1", Binary: true})
		case "binary-size":
			opts.BinarySizes = append(opts.BinarySizes, "1")
		case "part":
			opts.Sections = append(opts.Sections, imap.Section{Count: 4})
		case "header":
			opts.Sections = append(opts.Sections, imap.Section{Kind: imap.HeaderFields, Fields: []string{"From", "Subject"}})
		}
	}
	for m, err := range p.box.Fetch(p.ctx, set(words[0]), opts) {
		if err != nil {
			return err
		}
		p.message(m, opts)
	}
	return nil
}

func (p *quirkPlayer) message(m *imap.Message, opts *imap.FetchOptions) {
	s := fmt.Sprintf("message %d:", m.UID)
	for _, f := range []struct {
		a    imap.Attribute
		text func() string
	}{
		{imap.HasFlags, func() string { return fmt.Sprintf("flags %q", m.Flags) }},
		{imap.HasEnvelope, func() string { return envelopeText(m.Envelope) }},
		{imap.HasBodyStructure, func() string { return structureText(m.BodyStructure) }},
		{imap.HasInternalDate, func() string { return "date " + imap.FormatInternalDate(m.InternalDate) }},
		{imap.HasSize, func() string { return fmt.Sprint("size ", m.Size) }},
		{imap.HasModSeq, func() string { return fmt.Sprint("modseq ", m.ModSeq) }},
		{imap.HasGmailLabels, func() string { return fmt.Sprintf("labels %q", m.GmailLabels) }},
	} {
		if m.Has(f.a) {
			s += " " + f.text()
		}
	}
	for _, section := range opts.Sections {
		if b := m.Body(section); b != nil {
			data, err := io.ReadAll(b)
			s += fmt.Sprintf(" body %q", data)
			if err != nil {
				s += " " + err.Error()
			}
		}
	}
	for _, r := range m.Raw {
		s += fmt.Sprintf(" raw %s %q", r.Name, r.Value)
	}
	for _, r := range m.Problems {
		s += " problem in " + r.Where
	}
	if len(m.Missing) > 0 {
		s += fmt.Sprintf(" missing %v", m.Missing)
	}
	p.say("%s", s)
}

func addresses(name string, all []imap.Address) string {
	if len(all) == 0 {
		return ""
	}
	s := " " + name
	for _, a := range all {
		s += fmt.Sprintf(" %q<%s@%s>", a.Name, a.Mailbox, a.Host)
	}
	return s
}

func envelopeText(e *imap.Envelope) string {
	if e == nil {
		return "no envelope"
	}
	s := fmt.Sprintf("subject %q", e.Subject) + addresses("from", e.From) + addresses("sender", e.Sender) + addresses("reply-to", e.ReplyTo) +
		addresses("to", e.To) + addresses("cc", e.Cc)
	if e.MessageID != "" {
		s += " id " + e.MessageID
	}
	return s
}

func structureText(b *imap.BodyStructure) string {
	if b == nil {
		return "no structure"
	}
	s := strings.ToLower(b.Type + "/" + b.Subtype)
	for _, p := range b.Params {
		s += fmt.Sprintf(";%s=%q", strings.ToLower(p.Name), p.Value)
	}
	if b.Encoding != "" {
		s += fmt.Sprintf(" %s %d bytes", strings.ToLower(b.Encoding), b.Size)
	}
	if b.Lines > 0 {
		s += fmt.Sprintf(" %d lines", b.Lines)
	}
	if b.Disposition != "" {
		s += " as " + strings.ToLower(b.Disposition)
	}
	if len(b.Language) > 0 {
		s += fmt.Sprintf(" in %v", b.Language)
	}
	if len(b.Parts) > 0 {
		var parts []string
		for _, c := range b.Parts {
			parts = append(parts, structureText(c))
		}
		s += " [" + strings.Join(parts, " | ") + "]"
	}
	return s
}

func (p *quirkPlayer) list(entries iter.Seq2[*imap.ListEntry, error]) error {
	for e, err := range entries {
		if err != nil {
			return err
		}
		p.say("mailbox: %q under %q %v", e.Mailbox, e.Delimiter, e.Attributes)
	}
	return nil
}
