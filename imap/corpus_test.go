package imap_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/wire"
	"github.com/idlewild-mail/idlewild/test/corpus"
)

// corpusPeer is a client on a fake that says cases of the corpus. A new one is
// made when the connection has ended, and now and then, since a connection
// takes only so much nonsense.
type corpusPeer struct {
	t    *testing.T
	say  func(f *fake, s string)
	c    *imap.Client
	box  *imap.Mailbox
	f    *fake
	used int

	mu    sync.Mutex
	verb  string // the command that is answered by it
	input string // TAG in it is the command's tag
}

const corpusTurns = 40 // cases a connection

// ready makes sure that there is a connection.
func (p *corpusPeer) ready() {
	p.t.Helper()
	if p.used++; p.c != nil && p.c.Err() == nil && p.used%corpusTurns != 0 {
		return
	}
	p.close()
	p.c, p.box, p.f = connect(p.t, nil, func(f *fake, tag, command string) bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.input == "" || !strings.HasPrefix(command, p.verb) {
			return false
		}
		s := strings.ReplaceAll(p.input, "TAG", tag)
		p.input = ""
		p.say(f, s)
		return true
	})
}

// close ends the connection; ready makes a new one.
func (p *corpusPeer) close() {
	if p.c != nil {
		p.c.Close()
	}
	p.c = nil
}

// answer makes input the answer to the next command that begins with verb.
func (p *corpusPeer) answer(verb, input string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.verb, p.input = verb, input
}

// asAnswer returns a case's bytes with TAG where the tag in flight must stand,
// and whether they have a tagged reply.
func asAnswer(t *testing.T, c *corpus.Case) (text string, tagged bool) {
	text = strings.ReplaceAll(string(c.Input), "TAG", "Tag") // TAG "…" of ESEARCH is handled below
	var tag string
	if c.Fact(t, "tag", &tag) && strings.HasPrefix(text, tag+" ") {
		return "TAG" + text[len(tag):], true
	}
	if c.AttackClass != "" {
		if strings.HasPrefix(c.Name, "tag/reply to command not sent") {
			text = strings.Replace(text, "A2 ", "A9999 ", 1)
		}
		text = retag([]byte(text), "TAG")
		for _, status := range []string{"TAG OK", "TAG NO", "TAG BAD"} {
			tagged = tagged || strings.HasPrefix(text, status) || strings.Contains(text, "\r\n"+status)
		}
	}
	return text, tagged
}

// sayInPieces returns what writes a string in pieces; large ones byte by byte
// would take all day, so those are cut at a prime.
func sayInPieces(size func() int) func(f *fake, s string) {
	return func(f *fake, s string) {
		for len(s) > 0 {
			n := size()
			if len(s) > 4<<10 {
				n = 997
			}
			n = min(n, len(s))
			f.say(s[:n])
			s = s[n:]
		}
	}
}

var corpusModes = map[string]func() func(f *fake, s string){
	"whole": func() func(*fake, string) { return func(f *fake, s string) { f.say(s) } },
	"bytes": func() func(*fake, string) { return sayInPieces(func() int { return 1 }) },
	"chunks": func() func(*fake, string) {
		rng := rand.New(rand.NewPCG(3, 4))
		return sayInPieces(func() int { return 1 + rng.IntN(40) })
	},
}

func allCases(t *testing.T) (all []corpus.Case) {
	for _, file := range []string{corpus.Responses, corpus.RFCExamples, corpus.Attacks} {
		all = append(all, corpus.Load(t, file)...)
	}
	return all
}

// corpusEnds are the cases that are good and yet end the connection.
var corpusEnds = map[string]string{
	"BYE":                           "the server says that it ends the connection",
	"continuation/flood":            "it asks for that",
	"tag/reply to command not sent": "it asks for that",
}

func endsConnection(t *testing.T, c *corpus.Case) bool {
	var kind string
	c.Fact(t, "type", &kind)
	upper := bytes.ToUpper(c.Input)
	return kind == "BYE" || bytes.HasPrefix(upper, []byte("* BYE")) || bytes.Contains(upper, []byte("\n* BYE")) ||
		c.Name == "continuation/flood" || strings.HasPrefix(c.Name, "tag/reply to command not sent")
}

// TestCorpusLive says every case to a live client, whole, byte by byte and in
// chunks. Nothing panics, waits for ever or takes memory without bounds, and
// the connection goes on after what is good.
func TestCorpusLive(t *testing.T) {
	cases := allCases(t)
	for _, mode := range slices.Sorted(maps.Keys(corpusModes)) {
		t.Run(mode, func(t *testing.T) {
			good, well, bad, survived, ended := 0, 0, 0, 0, 0
			synctest.Test(t, func(t *testing.T) {
				p := &corpusPeer{t: t, say: corpusModes[mode]()}
				for i := range cases {
					c := &cases[i]
					if c.Greeting() || c.Encoding != "" {
						continue
					}
					p.ready()
					text, tagged := asAnswer(t, c)
					if !tagged {
						if !bytes.HasSuffix(c.Input, []byte("\n")) {
							text += "\r\n"
						}
						text += "TAG OK done\r\n"
					}
					p.answer("NOOP", text)
					start := time.Now()
					run := func() {
						_ = p.c.Noop(t.Context())
					}
					if n := allocated(run); n > 8<<20 && mode == "whole" {
						t.Errorf("%v: %d MiB were allocated", c, n>>20)
					}
					err := p.c.Noop(t.Context())
					if err != nil {
						p.close()
					}
					if d := time.Since(start); d > 10*time.Minute {
						t.Errorf("%v: it took %v", c, d)
					}
					if err != nil && !errors.Is(err, imap.ErrClosed) {
						t.Errorf("%v: %v", c, err)
					}
					switch {
					case !c.OK():
						if bad++; err == nil {
							survived++
						}
					case endsConnection(t, c):
						if ended++; err == nil {
							t.Errorf("%v: the connection goes on", c)
						}
					default:
						if good++; err == nil {
							well++
						} else {
							t.Errorf("%v: %.80q: the connection has ended: %v", c, c.Input, err)
						}
					}
				}
			})
			t.Logf("%s: after %d of %d good cases (%.1f%%) NOOP works; %d more end the connection (%v); of %d bad ones %d were survived",
				mode, well, good, 100*float64(well)/float64(good), ended, slices.Sorted(maps.Keys(corpusEnds)), bad, survived)
			if well*100 < good*99 {
				t.Errorf("%d of %d", well, good)
			}
		})
	}
}

// TestCorpusUnsolicited says every good case that has no tag while nothing is
// under way, and again in IDLE.
func TestCorpusUnsolicited(t *testing.T) {
	good, well := 0, 0
	synctest.Test(t, func(t *testing.T) {
		p := &corpusPeer{t: t}
		for _, c := range allCases(t) {
			text, tagged := asAnswer(t, &c)
			if tagged || !c.OK() || c.Greeting() || c.Encoding != "" || endsConnection(t, &c) || !strings.HasSuffix(text, "\n") {
				continue
			}
			p.ready()
			good++
			p.f.say(text)
			synctest.Wait()
			first := p.c.Noop(t.Context())
			n := 0
			for range p.box.Idle(t.Context(), &imap.IdleOptions{Duration: time.Second}) {
				if n++; n == 1 {
					p.f.say(text)
				}
			}
			go func() {
				<-time.After(time.Second / 2)
				p.f.say(text)
			}()
			for _, err := range p.box.Idle(t.Context(), &imap.IdleOptions{Duration: time.Second}) {
				if err != nil {
					t.Errorf("%v: Idle: %v", &c, err)
				}
			}
			if err := errors.Join(first, p.c.Noop(t.Context())); err == nil {
				well++
			} else {
				t.Errorf("%v: %.80q: %v", &c, c.Input, err)
				p.close()
			}
		}
		p.close()
	})
	t.Logf("after %d of %d good cases (%.1f%%) NOOP works", well, good, 100*float64(well)/float64(good))
	if well*100 < good*99 {
		t.Error("too few")
	}
}

// TestCorpusGreetings greets with the cases that are greetings.
func TestCorpusGreetings(t *testing.T) {
	for _, mode := range slices.Sorted(maps.Keys(corpusModes)) {
		n := 0
		for _, c := range allCases(t) {
			if !c.Greeting() {
				continue
			}
			n++
			synctest.Test(t, func(t *testing.T) {
				client, server := imaptest.Pipe()
				f := newFake(server)
				go func() {
					corpusModes[mode]()(f, string(c.Input))
					if !c.OK() {
						_ = server.(interface{ CloseWrite() error }).CloseWrite()
					}
					f.serve(nil)
				}()
				start := time.Now()
				cl, err := imap.NewClient(t.Context(), client, &imap.Options{Security: imap.Plaintext})
				if d := time.Since(start); d > 5*time.Minute {
					t.Errorf("%v: it took %v", &c, d)
				}
				if err == nil {
					defer cl.Close()
				}
				bye := bytes.HasPrefix(bytes.ToUpper(c.Input), []byte("* BYE"))
				if good := c.OK() && !bye; good != (err == nil) && c.AttackClass == "" {
					t.Errorf("%v: %q: %v", &c, c.Input, err)
				}
				var text string
				if c.Fact(t, "text", &text) && bye && c.OK() {
					if got, ok := imap.ByeText(err); !ok || got != text {
						t.Errorf("%v: BYE %q, %v", &c, got, err)
					}
				}
				var code struct {
					Name string
					Data any
				}
				if err == nil && c.Fact(t, "code", &code) && strings.EqualFold(code.Name, "CAPABILITY") {
					if got := strings.Join(cl.Capabilities(), " "); !strings.EqualFold(got, capsText(code.Data)) {
						t.Errorf("%v: capabilities %q, want %q", &c, got, capsText(code.Data))
					}
				}
			})
		}
		t.Logf("%s: %d greetings", mode, n)
	}
}

func capsText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	var all []string
	for _, x := range v.([]any) {
		all = append(all, fmt.Sprint(x))
	}
	return strings.Join(all, " ")
}

// shown is what the public API made of a case.
type shown struct {
	msg     *imap.Message
	bodies  map[string]string // by section
	list    *imap.ListEntry
	status  *imap.MailboxStatus
	found   wire.NumSet
	isSet   bool
	change  bool // of the result of a search context
	order   []imap.UID
	threads []*imap.Thread
	caps    []string
	reply   *imap.Reply
	bye     string
	update  imap.Update
	err     error
}

var (
	fetchStart = regexp.MustCompile(`(?i)^\* *\d+ +FETCH +\(`)
	searchTag  = regexp.MustCompile(`(?i)\(Tag "?[^")]*"?`)
)

// show sends a case as the answer to the call that it is an answer to.
func (p *corpusPeer) show(c *corpus.Case, kind string) (s shown) {
	t, ctx := p.t, p.t.Context()
	text, tagged := asAnswer(t, c)
	if !bytes.HasSuffix(c.Input, []byte("\n")) {
		text += "\r\n"
	}
	end := "TAG OK done\r\n"
	switch kind {
	case "FETCH", "UIDFETCH":
		uid := uint32(77)
		if !c.Fact(t, "uid", &uid) {
			at := fetchStart.FindStringIndex(text)
			if at == nil {
				break
			}
			text = text[:at[1]] + "UID 77 " + text[at[1]:]
		}
		p.answer("UID FETCH", text+end)
		all, bodies, err := p.fetch(imap.UID(uid), fetchOptions(t, c))
		if s.err = err; len(all) == 1 {
			s.msg, s.bodies = all[0], bodies
			return s
		}
	case "LIST", "XLIST", "LSUB":
		verb, list := "LIST", p.c.List
		if kind == "LSUB" {
			verb, list = "LSUB", p.c.ListSubscribed
		}
		p.answer(verb, text+end)
		for e, err := range list(ctx, "*", nil) {
			if s.err = err; err == nil {
				s.list = e
			}
		}
		return s
	case "STATUS":
		var name string
		c.Fact(t, "mailbox", &name)
		p.answer("STATUS", text+end)
		s.status, s.err = p.c.Status(ctx, name)
		return s
	case "SEARCH", "ESEARCH":
		if s.change = strings.Contains(text, "ADDTO"); s.change {
			return s // that answers no search
		}
		p.answer("UID SEARCH", searchTag.ReplaceAllString(text, `(TAG "TAG"`)+end)
		set, err := p.box.Search(ctx, nil)
		s.found, s.isSet, s.err = set.NumSet(), true, err
		return s
	case "SORT", "THREAD":
		p.answer("CAPABILITY", "* CAPABILITY "+fakeCaps+"\r\nTAG OK done\r\n")
		if _, s.err = p.c.Capability(ctx); s.err != nil {
			return s
		}
	}
	switch kind {
	case "SORT":
		p.answer("UID SORT", text+end)
		s.order, s.err = p.box.Sort(ctx, nil, imap.SortDate)
		return s
	case "THREAD":
		p.answer("UID THREAD", text+end)
		s.threads, s.err = p.box.Thread(ctx, nil, imap.ThreadReferences)
		return s
	case "CAPABILITY":
		p.answer("CAPABILITY", text+end)
		s.caps, s.err = p.c.Capability(ctx)
		return s
	case "OK", "NO", "BAD":
		if !tagged { // only a tagged reply shows its code and text
			text = "TAG" + strings.TrimPrefix(text, "*")
		}
		p.answer("XTEST", text)
		s.reply, s.err = p.c.Do(ctx, wire.NewCommand("XTEST"))
		return s
	case "BYE":
		p.answer("NOOP", text+end)
		_ = p.c.Noop(ctx)
		s.err = p.c.Noop(ctx)
		<-p.c.Done()
		s.bye, _ = imap.ByeText(p.c.Err())
		return s
	}
	p.answer("NOOP", text+end)
	for _, u := range updates(t, p.c, p.box, func() { s.err = p.c.Noop(ctx) }) {
		s.update = u
	}
	if ch, ok := s.update.(imap.Changed); ok {
		s.msg = ch.Message
		s.bodies = bodiesOf(t, ch.Message)
	}
	return s
}

func (p *corpusPeer) fetch(uid imap.UID, opts *imap.FetchOptions) (all []*imap.Message, bodies map[string]string, last error) {
	for m, err := range p.box.Fetch(p.t.Context(), uid, opts) {
		if last = err; err == nil {
			all = append(all, m)
			bodies = bodiesOf(p.t, m)
		}
	}
	return all, bodies, last
}

func bodiesOf(t *testing.T, m *imap.Message) map[string]string {
	all := map[string]string{}
	for b, err := range m.Bodies() {
		data, rerr := b.Bytes()
		if err != nil || rerr != nil {
			t.Error(err, rerr)
		}
		name := b.Section.String()
		if b.Origin >= 0 {
			name += fmt.Sprintf("<%d>", b.Origin)
		}
		all[strings.ToUpper(name)] = string(data)
	}
	return all
}

// fetchOptions asks for what the case has.
func fetchOptions(t *testing.T, c *corpus.Case) *imap.FetchOptions {
	_, flags := c.Facts["flags"]
	_, envelope := c.Facts["envelope"]
	_, body := c.Facts["body"]
	_, structure := c.Facts["bodystructure"]
	_, size := c.Facts["rfc822_size"]
	_, modseq := c.Facts["modseq"]
	o := &imap.FetchOptions{Flags: flags, Envelope: envelope, BodyStructure: body || structure, Size: size, ModSeq: modseq}
	var date string
	if c.Facts["internaldate"] != nil && string(c.Facts["internaldate"]) != "null" {
		o.InternalDate = c.Fact(t, "internaldate", &date)
	}
	names := map[string]bool{}
	for _, fact := range []string{"sections", "section_len"} {
		var all map[string]any
		c.Fact(t, fact, &all)
		for name := range all {
			names[sectionName(name)] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		o.Sections = append(o.Sections, sectionOf(name))
	}
	return o
}

// sectionName is a section's name as the library has it.
func sectionName(name string) string {
	switch name = strings.ToUpper(name); name {
	case "RFC822":
		return "BODY[]"
	case "RFC822.HEADER":
		return "BODY[HEADER]"
	case "RFC822.TEXT":
		return "BODY[TEXT]"
	}
	return name
}

func sectionOf(name string) (s imap.Section) {
	spec, origin, _ := strings.Cut(strings.TrimPrefix(name, "BODY["), "]")
	if origin != "" {
		s.Count = 1000
	}
	word, fields, _ := strings.Cut(spec, " ")
	for _, k := range []imap.SectionKind{imap.Header, imap.HeaderFields, imap.HeaderFieldsNot, imap.Text} {
		if word == k.String() {
			s.Kind = k
		}
	}
	s.Fields = strings.Fields(strings.Trim(fields, "()"))
	return s
}

// corpusMisses are the facts that the public API shows otherwise, on purpose.
var corpusMisses = map[string]string{
	"mox-fuzzseed#256 mailbox":                                   "the name is followed by a remark of the RFC's author; an unquoted name goes to the end of the line",
	"mox-fuzzseed#257 mailbox":                                   "the same",
	"mox-fuzzseed#547 code":                                      "an RFC's mistake: a UIDVALIDITY has 32 bits",
	"resp_cond_examples/resp-cond-bye_without_SP_resp-text text": "ByeText gives BYE for one without text",
	"mox-fuzzseed#639 type":                                      "the RFC's line is broken in the middle of the set",
	"mox-fuzzseed#639 earlier":                                   "the RFC's line is broken in the middle of the set",
	"mox-fuzzseed#639 uids":                                      "the same",
}

// TestCorpusFactsLive: what the public API shows of a good case is what the
// case says.
func TestCorpusFactsLive(t *testing.T) {
	total, equal, hidden := 0, 0, map[string]int{}
	cases, works := 0, 0
	missed := map[string]bool{}
	synctest.Test(t, func(t *testing.T) {
		p := &corpusPeer{t: t, say: corpusModes["whole"]()}
		for _, c := range allCases(t) {
			var kind string
			if !c.OK() || c.Greeting() || c.Encoding != "" || len(c.Facts) == 0 || !c.Fact(t, "type", &kind) {
				continue
			}
			p.ready()
			s := p.show(&c, kind)
			if kind != "BYE" {
				cases++
				p.answer("", "")
				if err := p.c.Noop(t.Context()); err == nil {
					works++
				} else {
					t.Errorf("%v: %.80q: NOOP: %v", &c, c.Input, err)
				}
			}
			for _, name := range slices.Sorted(maps.Keys(c.Facts)) {
				got, ok, visible := s.holds(t, &c, kind, name)
				if !visible {
					hidden[kind+" "+name]++
					continue
				}
				total++
				key := c.Name + " " + name
				_, known := corpusMisses[key]
				switch {
				case ok:
					equal++
				case known:
					missed[key] = true
				default:
					t.Errorf("missed: %s: %.200q: got %+v, want %s (%v)", key, c.Input, got, c.Facts[name], s.err)
				}
			}
		}
		p.close()
	})
	t.Logf("%d of %d facts that the public API shows (%.2f%%)", equal, total, 100*float64(equal)/float64(total))
	t.Logf("after %d of %d cases (%.2f%%) NOOP works", works, cases, 100*float64(works)/float64(cases))
	for key, why := range corpusMisses {
		if missed[key] {
			t.Logf("known miss: %s: %s", key, why)
		}
	}
	t.Logf("not shown by the API: %v", hidden)
	if equal*100 < total*99 || works*100 < cases*99 {
		t.Error("too few")
	}
}

// holds compares a fact; visible is whether the public API can show it.
func (s *shown) holds(t *testing.T, c *corpus.Case, kind, name string) (got any, ok, visible bool) {
	var want any
	d := json.NewDecoder(bytes.NewReader(c.Facts[name]))
	d.UseNumber()
	if err := d.Decode(&want); err != nil {
		t.Fatal(err)
	}
	same := func(got any) (any, bool, bool) {
		return got, strings.EqualFold(fmt.Sprint(got), fmt.Sprint(want)), true
	}
	switch {
	case name == "type":
		return s.kind(kind)
	case name == "tag":
		return nil, s.reply != nil, true // it ended the command
	case s.reply != nil && name == "text":
		return s.reply.Text, s.reply.Text == want, true
	case s.reply != nil && name == "code":
		got, ok := imap.CodeHolds(s.reply.Code, want.(map[string]any))
		return got, ok, true
	case kind == "BYE" && name == "text":
		return s.bye, s.bye == want, true
	case name == "capabilities" && s.caps != nil:
		return same(s.caps)
	case kind == "SEARCH" && name == "ids":
		return s.found, imap.IDsHold(s.found, want.([]any)), true
	case kind == "SORT" && name == "ids":
		return same(s.order)
	case kind == "THREAD" && name == "threads":
		return same(threadFacts(s.threads))
	case kind == "ESEARCH" && name == "data":
		return s.esearch(want)
	case s.list != nil && name == "attrs":
		list := []any{}
		for _, a := range s.list.Attributes {
			list = append(list, a)
		}
		return same(list)
	case s.list != nil && name == "delim":
		if want == nil {
			want = ""
		}
		return s.list.Delimiter, s.list.Delimiter == want, true
	case s.list != nil && name == "mailbox":
		return s.list.Mailbox, s.list.Mailbox == want || s.list.RawName == want && s.list.Mailbox == "INBOX", true
	case s.status != nil && name == "mailbox":
		return s.status.Mailbox, s.status.Mailbox == want || s.status.RawName == want && s.status.Mailbox == "INBOX", true
	case s.status != nil && name == "status":
		return s.status, imap.StatusHolds(s.status, want.(map[string]any)), true
	case kind == "FETCH" || kind == "UIDFETCH":
		return s.message(name, want)
	}
	switch u := s.update.(type) {
	case imap.Exists:
		return same(u.Count)
	case imap.Recent:
		return same(u.Count)
	case imap.Expunged:
		return same(u.Seq)
	case imap.FlagsDefined:
		return u.Flags, flagsHold(u.Flags, want), true
	case imap.Vanished:
		switch name {
		case "uids":
			set, _ := imap.ParseUIDSet(fmt.Sprint(want))
			return u.UIDs, u.UIDs.String() == set.String(), true
		case "earlier":
			return same(u.Earlier)
		case "data":
			m := want.(map[string]any)
			return u, u.UIDs.String() == m["uids"] && u.Earlier == m["earlier"], true
		}
	}
	return nil, false, false
}

// kind says whether the API shows what kind of response it was.
func (s *shown) kind(want string) (got any, ok, visible bool) {
	switch u := s.update.(type) {
	case imap.Exists:
		return u, want == "EXISTS", true
	case imap.Recent:
		return u, want == "RECENT", true
	case imap.Expunged:
		return u, want == "EXPUNGE", true
	case imap.FlagsDefined:
		return u, want == "FLAGS", true
	case imap.Vanished:
		return u, want == "VANISHED", true
	case imap.MetadataChanged:
		return u, want == "METADATA", true
	case imap.Other:
		return u.Name, strings.EqualFold(u.Name, want), true
	}
	switch want {
	case "FETCH", "UIDFETCH":
		return s.msg, s.msg != nil, true
	case "LIST", "LSUB", "XLIST":
		return s.list, s.list != nil, true
	case "STATUS":
		return s.status, s.status != nil, true
	case "SEARCH", "ESEARCH":
		return s.found, s.isSet && s.err == nil, !s.change
	case "SORT":
		return s.order, s.err == nil, true
	case "THREAD":
		return s.threads, s.err == nil, true
	case "CAPABILITY":
		return s.caps, s.caps != nil, true
	case "OK", "NO", "BAD":
		return s.reply, s.reply != nil && string(s.reply.Status) == want, true
	case "BYE":
		return s.err, errors.Is(s.err, imap.ErrClosed), true
	}
	return s.update, false, want != "+" && want != "PREAUTH" && want != "ENABLED"
}

// threadFacts gives threads the shape of the facts: a message, and what answers it.
func threadFacts(threads []*imap.Thread) []any {
	facts := []any{}
	for _, t := range threads {
		var fact []any
		if fact = []any{any(nil)}; t.UID != 0 {
			fact[0] = t.UID
		}
		facts = append(facts, append(fact, threadFacts(t.Children)...))
	}
	return facts
}

// esearch: Search shows ALL.
func (s *shown) esearch(want any) (got any, ok, visible bool) {
	m, _ := want.(map[string]any)
	items, _ := m["data"].([]any)
	for _, item := range items {
		if item.([]any)[0] == "ALL" {
			set, err := wire.ParseNumSet(fmt.Sprint(item.([]any)[1]))
			return s.found, err == nil && s.found.String() == set.String(), true
		}
	}
	return nil, false, false
}

func flagsHold(got []imap.Flag, want any) bool {
	list, _ := want.([]any)
	return len(got) == len(list) && slices.EqualFunc(got, list, func(g imap.Flag, w any) bool {
		return strings.EqualFold(string(g), fmt.Sprint(w))
	})
}

// message compares a fact of a FETCH.
func (s *shown) message(name string, want any) (got any, ok, visible bool) {
	m := s.msg
	if m == nil {
		return nil, false, true
	}
	number := func(got any, has bool) (any, bool, bool) {
		return got, has && fmt.Sprint(got) == fmt.Sprint(want), true
	}
	switch name {
	case "seq":
		return number(m.Seq, true)
	case "uid":
		return number(uint32(m.UID), m.Has(imap.HasUID))
	case "rfc822_size":
		return number(m.Size, m.Has(imap.HasSize))
	case "modseq":
		return number(m.ModSeq, m.Has(imap.HasModSeq))
	case "flags":
		return m.Flags, flagsHold(m.Flags, want), true
	case "internaldate":
		if want == nil {
			return m.InternalDate, !m.Has(imap.HasInternalDate), true
		}
		return m.InternalDate, imap.FormatInternalDate(m.InternalDate) == want, true
	case "envelope":
		return m.Envelope, m.Envelope != nil && imap.EnvelopeHolds(m.Envelope, want.(map[string]any)), true
	case "body", "bodystructure":
		return m.BodyStructure, m.BodyStructure != nil && imap.BodyHolds(m.BodyStructure, want.(map[string]any)), true
	case "attrs":
		return m.Raw, imap.AttributesHold(m, want.(map[string]any)), true
	case "x_gm_labels":
		return m.GmailLabels, m.Has(imap.HasGmailLabels) && fmt.Sprint(m.GmailLabels) == fmt.Sprint(want), true
	case "sections", "section_len":
		for section, v := range want.(map[string]any) {
			data, found := s.bodies[sectionName(section)]
			if text, ok := v.(string); !found || ok && data != text || !ok && fmt.Sprint(len(data)) != fmt.Sprint(v) {
				return s.bodies, false, true
			}
		}
		return s.bodies, true, true
	}
	return nil, false, false
}
