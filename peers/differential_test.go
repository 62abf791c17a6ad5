package peers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"mime"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	theirs "github.com/emersion/go-imap/v2"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// oddMessages is one mailbox of the kind that people have.
var oddMessages = []struct {
	name string
	text []byte
}{
	{"plain", text("From: Ann <ann@example.org>", "To: bob@example.org", "Subject: hello", "Date: Fri, 02 Jan 2026 03:04:05 +0100", "Message-ID: <plain@example.org>", "", "Hello there.", "Bye.")},
	{"nested", nested},
	{"8bit-utf8", text("From: Jürgen Groß <jg@example.org>", "Subject: Grüße aus Köln", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", "Schöne Grüße")},
	{"8bit-latin1", text("From: J\xfcrgen <jg@example.org>", "Subject: Gr\xfc\xdfe", "", "Sch\xf6ne Gr\xfc\xdfe")},
	{"rfc2047", text("From: =?UTF-8?B?SsO8cmdlbg==?= <jg@example.org>", "To: =?iso-8859-1?Q?Andr=E9?= =?iso-8859-1?Q?_Pirard?= <ap@example.org>", "Subject: =?utf-8?Q?a=20=C3=A9?=", " =?utf-8?Q?t=C3=A9?= plain =?utf-8?B?w6k=?=", "", "x")},
	{"unknown-charset", text("From: a@example.org", "Subject: =?x-no-such?Q?abc?= def", "", "x")},
	{"long-headers", text("From: a@example.org", "Subject: "+strings.Repeat("very long words ", 200)+"end", "To: "+strings.Repeat("Somebody Important <somebody@example.org>,\r\n ", 150)+"last@example.org", "X-Long: "+strings.Repeat("y", 20000), "", "x")},
	{"empty-body", text("From: a@example.org", "Subject: nothing", "")},
	{"header-only", []byte("From: a@example.org\r\nSubject: no empty line\r\n")},
	{"no-header", text("", "Only a body.", "Two lines.")},
	{"nothing", nil},
	{"groups", text("From: a@example.org", "To: undisclosed-recipients:;", "Cc: \"The Team\": Ann <ann@example.org>, bob@example.org;, c@example.org", "Subject: groups", "", "x")},
	{"message", text("From: a@example.org", "Subject: Fwd", "Content-Type: message/rfc822", "Content-Disposition: inline", "", "From: Inner <inner@example.org>", "To: x@example.org", "Subject: inner", "Date: Fri, 02 Jan 2026 03:04:05 +0000", "Content-Type: multipart/mixed; boundary=b", "", "--b", "", "one", "--b", "Content-Type: application/pdf", "", "two", "--b--")},
	{"digest", text("From: a@example.org", "Subject: digest", "Content-Type: multipart/digest; boundary=\"d d\"", "", "--d d", "", "Subject: first", "", "1", "--d d", "", "Subject: second", "", "2", "--d d--")},
	{"quotes", text(`From: "Quo \"ted\" \\ back" <"odd local"@example.org>`, "To: bob@example.org (Bob (the) builder)", `Subject: "quoted" \ and back`, `In-Reply-To: <a@example.org> <b@example.org>`, "", "x")},
	{"odd-date", text("From: a@example.org", "Date: Fri, 2 Jan 26 03:04 EST (winter)", "Subject: odd date", "", "x")},
	{"bad-date", text("From: a@example.org", "Date: yesterday", "Subject: bad date", "", "x")},
	{"odd-message-id", text("From: a@example.org", "Message-ID: no brackets at all", "In-Reply-To: your message of Monday", "Subject: odd ids", "", "x")},
	{"no-boundary", text("From: a@example.org", "Subject: multipart without a boundary", "Content-Type: multipart/mixed", "", "--?", "", "x")},
	{"unterminated", text("From: a@example.org", "Subject: cut off", "Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: text/plain", "", "first", "--b", "Content-Type: text/html", "", "<p>sec")},
	{"parameters", text("From: a@example.org", "Subject: parameters", "Content-Type: APPLICATION/Octet-Stream; NAME*=utf-8''na%C3%AFve.bin; x=\"a b; c\"", "Content-Disposition: Attachment; filename*0=\"long\"; filename*1=\"name.bin\"; size=3", "Content-Language: en, fr-CA", "Content-Location: cid:x", "Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==", "Content-Transfer-Encoding: BASE64", "", "AAAA")},
	{"bad-type", text("From: a@example.org", "Subject: no real type", "Content-Type: text", "", "x")},
	{"twice", text("From: a@example.org", "From: b@example.org", "Subject: one", "Subject: two", "To: c@example.org", "To: d@example.org", "", "x")},
	{"line-ends", []byte("From: a@example.org\r\nSubject: bare\r\n\r\nlf\nlf\n\rcr\r and 8 bit \x80\xff\r\n")},
}

// A reading is one message as one client saw it on one server: the fields, in
// a form that both clients' values can be brought to.
type reading map[string]string

var sectionsRead = []struct {
	name string
	ours imap.Section
	them theirs.FetchItemBodySection
}{
	{"BODY[]", imap.Section{}, theirs.FetchItemBodySection{}},
	{"BODY[HEADER]", imap.Section{Kind: imap.Header}, theirs.FetchItemBodySection{Specifier: "HEADER"}},
	{"BODY[TEXT]", imap.Section{Kind: imap.Text}, theirs.FetchItemBodySection{Specifier: "TEXT"}},
	{"BODY[HEADER.FIELDS]", imap.Section{Kind: imap.HeaderFields, Fields: []string{"Subject", "from"}}, theirs.FetchItemBodySection{Specifier: "HEADER", HeaderFields: []string{"Subject", "from"}}},
	{"BODY[1]", imap.Section{Part: "1"}, theirs.FetchItemBodySection{Part: []int{1}}},
	{"BODY[1.MIME]", imap.Section{Part: "1", Kind: imap.MIME}, theirs.FetchItemBodySection{Part: []int{1}, Specifier: "MIME"}},
	{"BODY[2]", imap.Section{Part: "2"}, theirs.FetchItemBodySection{Part: []int{2}}},
	{"BODY[1.1]", imap.Section{Part: "1.1"}, theirs.FetchItemBodySection{Part: []int{1, 1}}},
	{"BODY[3.HEADER]", imap.Section{Part: "3", Kind: imap.Header}, theirs.FetchItemBodySection{Part: []int{3}, Specifier: "HEADER"}},
	{"BODY[]<3.7>", imap.Section{Offset: 3, Count: 7}, theirs.FetchItemBodySection{Partial: &theirs.SectionPartial{Offset: 3, Size: 7}}},
}

// readOurs reads a message with our client.
func readOurs(t *testing.T, conn net.Conn, uid uint32) reading {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	c, err := imap.NewClient(ctx, conn, &imap.Options{Security: imap.Plaintext, InsecureLogin: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login(ctx, user, password); err != nil {
		t.Fatal(err)
	}
	box, err := c.Examine(ctx, "INBOX")
	if err != nil {
		t.Fatal(err)
	}
	o := &imap.FetchOptions{Flags: true, Envelope: true, BodyStructure: true, InternalDate: true, Size: true}
	for _, s := range sectionsRead {
		o.Sections = append(o.Sections, s.ours)
	}
	r := reading{}
	for m, err := range box.Fetch(ctx, imap.UID(uid), o) {
		if err != nil {
			t.Logf("our client, UID %d: %v", uid, err)
			r["error"] = "failed"
			break
		}
		for _, p := range m.Problems {
			r["problems"] += p.Error() + "\n"
		}
		for b, err := range m.Bodies() {
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(b)
			if err != nil {
				t.Fatal(err)
			}
			// as the server names it: case and length of a range may differ
			r[ourSection(b)] = string(text)
		}
		r["flags"] = flagText(m.Flags)
		r["size"] = fmt.Sprint(m.Size)
		r["date received"] = m.InternalDate.Format(time.RFC3339)
		r.ourEnvelope("", m.Envelope)
		r["structure"] = ourStructure(m.BodyStructure)
	}
	return r
}

// readTheirs reads a message with go-imap.
func readTheirs(t *testing.T, conn net.Conn, uid uint32) reading {
	t.Helper()
	c := theirClient(t, conn)
	defer c.Close()
	if _, err := c.Select("INBOX", &theirs.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		t.Fatal(err)
	}
	o := &theirs.FetchOptions{
		UID: true, Flags: true, Envelope: true, InternalDate: true, RFC822Size: true,
		BodyStructure: &theirs.FetchItemBodyStructure{Extended: true},
	}
	for _, s := range sectionsRead {
		ask := s.them
		ask.Peek = true
		o.BodySection = append(o.BodySection, &ask)
	}
	all, err := c.Fetch(theirs.UIDSetNum(theirs.UID(uid)), o).Collect()
	if err != nil {
		t.Logf("their client, UID %d: %v", uid, err)
		return reading{"error": "failed"}
	}
	r := reading{}
	for _, m := range all {
		for i, s := range sectionsRead {
			r[s.name] = string(m.FindBodySection(o.BodySection[i]))
		}
		r["flags"] = flagText(m.Flags)
		r["size"] = fmt.Sprint(m.RFC822Size)
		r["date received"] = m.InternalDate.Format(time.RFC3339)
		r.theirEnvelope("", m.Envelope)
		r["structure"] = theirStructure(m.BodyStructure)
	}
	return r
}

// ourSection is the name in sectionsRead of what the server sent.
func ourSection(b *imap.Body) string {
	for _, s := range sectionsRead {
		if s.ours.Part == b.Section.Part && s.ours.Kind == b.Section.Kind && s.ours.Offset == max(b.Origin, 0) {
			return s.name
		}
	}
	return b.Section.String()
}

func flagText[F ~string](flags []F) string {
	var l []string
	for _, f := range flags {
		if !strings.EqualFold(string(f), `\Recent`) {
			l = append(l, strings.ToLower(string(f)))
		}
	}
	slices.Sort(l)
	return strings.Join(l, " ")
}

// decoded is what go-imap makes of RFC 2047 words; ours leaves them alone.
func decoded(s string) string {
	if d, err := new(mime.WordDecoder).DecodeHeader(s); err == nil {
		return d
	}
	return s
}

func (r reading) ourEnvelope(prefix string, e *imap.Envelope) {
	if e == nil {
		r[prefix+"envelope"] = "none"
		return
	}
	if t, ok := e.Time(); ok {
		r[prefix+"date"] = t.UTC().Format(time.RFC3339)
	}
	r[prefix+"subject"] = decoded(e.Subject)
	r[prefix+"in-reply-to"] = strings.NewReplacer("<", "", ">", "").Replace(e.InReplyTo)
	r[prefix+"message-id"] = strings.Trim(e.MessageID, "<>")
	for name, list := range map[string][]imap.Address{
		"from": e.From, "sender": e.Sender, "reply-to": e.ReplyTo, "to": e.To, "cc": e.Cc, "bcc": e.Bcc,
	} {
		for _, a := range list {
			r[prefix+name] += fmt.Sprintf("%q <%s@%s>, ", decoded(a.Name), a.Mailbox, a.Host)
		}
	}
}

func (r reading) theirEnvelope(prefix string, e *theirs.Envelope) {
	if e == nil {
		r[prefix+"envelope"] = "none"
		return
	}
	if !e.Date.IsZero() {
		r[prefix+"date"] = e.Date.UTC().Format(time.RFC3339)
	}
	r[prefix+"subject"] = e.Subject
	r[prefix+"in-reply-to"] = strings.Join(e.InReplyTo, " ")
	r[prefix+"message-id"] = e.MessageID
	for name, list := range map[string][]theirs.Address{
		"from": e.From, "sender": e.Sender, "reply-to": e.ReplyTo, "to": e.To, "cc": e.Cc, "bcc": e.Bcc,
	} {
		for _, a := range list {
			r[prefix+name] += fmt.Sprintf("%q <%s@%s>, ", a.Name, a.Mailbox, a.Host)
		}
	}
}

// shape is a part of a structure, written down.
type shape struct {
	kind, id, description, encoding string
	params                          map[string]string
	size, lines                     int64
	envelope                        reading
	parts                           []string
	disposition                     string
	dispositionParams               map[string]string
	language                        []string
	location                        string
}

func (s shape) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "(%s %v id=%q %q %s %d bytes %d lines", strings.ToLower(s.kind), s.params, s.id, s.description, strings.ToLower(s.encoding), s.size, s.lines)
	for _, k := range slices.Sorted(maps.Keys(s.envelope)) {
		if s.envelope[k] != "" {
			fmt.Fprintf(&b, " %s=%q", k, s.envelope[k])
		}
	}
	fmt.Fprintf(&b, " %s%v %v %q", strings.ToLower(s.disposition), s.dispositionParams, s.language, s.location)
	for _, p := range s.parts {
		b.WriteString("\n" + p)
	}
	return b.String() + ")"
}

func ourParams(params []imap.Param) map[string]string {
	m := map[string]string{}
	for _, p := range params {
		m[strings.ToLower(p.Name)] = p.Value
	}
	return m
}

func theirParams(params map[string]string) map[string]string {
	m := map[string]string{}
	for k, v := range params {
		m[strings.ToLower(k)] = v
	}
	return m
}

func ourStructure(b *imap.BodyStructure) string {
	if b == nil {
		return "none"
	}
	s := shape{
		kind: b.Type + "/" + b.Subtype, id: b.ID, description: b.Description, encoding: b.Encoding,
		params: ourParams(b.Params), size: b.Size, lines: b.Lines,
		disposition: b.Disposition, dispositionParams: ourParams(b.DispositionParams),
		language: b.Language, location: b.Location,
	}
	if b.Envelope != nil {
		s.envelope = reading{}
		s.envelope.ourEnvelope("", b.Envelope)
	}
	for _, p := range b.Parts {
		s.parts = append(s.parts, ourStructure(p))
	}
	return s.String()
}

func theirStructure(bs theirs.BodyStructure) string {
	var s shape
	switch b := bs.(type) {
	case *theirs.BodyStructureMultiPart:
		s.kind = b.MediaType()
		s.params = map[string]string{}
		if b.Extended != nil {
			s.params = theirParams(b.Extended.Params)
			s.language, s.location = b.Extended.Language, b.Extended.Location
		}
		for _, p := range b.Children {
			s.parts = append(s.parts, theirStructure(p))
		}
	case *theirs.BodyStructureSinglePart:
		s = shape{
			kind: b.MediaType(), id: b.ID, description: b.Description, encoding: b.Encoding,
			params: theirParams(b.Params), size: int64(b.Size),
		}
		if b.Text != nil {
			s.lines = b.Text.NumLines
		}
		if m := b.MessageRFC822; m != nil {
			s.lines, s.envelope = m.NumLines, reading{}
			s.envelope.theirEnvelope("", m.Envelope)
			s.parts = []string{theirStructure(m.BodyStructure)}
		}
		if b.Extended != nil {
			s.language, s.location = b.Extended.Language, b.Extended.Location
		}
	default:
		return "none"
	}
	s.dispositionParams = map[string]string{}
	if d := bs.Disposition(); d != nil {
		s.disposition, s.dispositionParams = d.Value, theirParams(d.Params)
	}
	return s.String()
}

// flagsOf and receivedOf are those of the i-th message.
func flagsOf(i int) []string {
	return [][]string{nil, {`\Seen`}, {`\Seen`, `\Answered`, "$Forwarded"}, {`\Flagged`, "Custom-Word"}, {`\Draft`, `\Deleted`}}[i%5]
}

func receivedOf(i int) time.Time {
	zone := time.FixedZone("", []int{0, 3600, -12600, 14 * 3600}[i%4])
	return time.Date(2020, 1, 1+i, 23, 59, 58, 0, zone)
}

// TestDifferential reads one mailbox with two clients on two servers. Where two
// readings differ, the table below says why.
func TestDifferential(t *testing.T) {
	ours := newOurServer(t, imaptest.Options{AllowPlainLogin: true})
	dialTheirs := newTheirServer(t)
	writer := theirClient(t, dialTheirs())
	for i, m := range oddMessages {
		if _, err := ours.Deliver(user, "INBOX", m.text, &imaptest.DeliverOptions{Flags: flagsOf(i), Date: receivedOf(i)}); err != nil {
			t.Fatal(err)
		}
		o := &theirs.AppendOptions{Time: receivedOf(i)}
		for _, f := range flagsOf(i) {
			o.Flags = append(o.Flags, theirs.Flag(f))
		}
		if uid := put(t, writer, "INBOX", m.text, o); int(uid) != i+1 {
			t.Fatalf("%s got UID %d", m.name, uid)
		}
	}
	used := map[difference]bool{}
	check := func(what, message string, a, b reading) {
		fields := maps.Clone(a)
		maps.Copy(fields, b)
		for _, field := range slices.Sorted(maps.Keys(fields)) {
			if a[field] == b[field] {
				continue
			}
			d, ok := explanation(what, message, field)
			if !ok {
				t.Errorf("not explained: %s, %s, %s\n   %.1500q\n   %.1500q", what, message, field, a[field], b[field])
			}
			used[d] = true
		}
	}
	for i, m := range oddMessages {
		uid := uint32(i + 1)
		oursHere, theirsHere := readOurs(t, ours.Pipe(), uid), readTheirs(t, ours.Pipe(), uid)
		oursThere, theirsThere := readOurs(t, dialTheirs(), uid), readTheirs(t, dialTheirs(), uid)
		check("clients on imaptest", m.name, oursHere, theirsHere)
		check("clients on imapmem", m.name, oursThere, theirsThere)
		check("servers", m.name, oursHere.withoutDefaults(), oursThere.withoutDefaults())
		checkTruth(t, m.name, oursHere, m.text, i)
	}
	for _, e := range explained {
		for m := range strings.FieldsSeq(e.messages) {
			for f := range strings.FieldsSeq(e.fields) {
				if d := (difference{e.what, m, f}); !used[d] {
					t.Errorf("explained, but not different any more: %+v", d)
				}
			}
		}
	}
}

// checkTruth compares our client on imaptest with what was delivered.
func checkTruth(t *testing.T, name string, r reading, text []byte, i int) {
	t.Helper()
	for field, want := range map[string]string{
		"BODY[]":        string(text),
		"BODY[]<3.7>":   string(text[min(3, len(text)):min(10, len(text))]),
		"size":          fmt.Sprint(len(text)),
		"flags":         flagText(flagsOf(i)),
		"date received": receivedOf(i).Format(time.RFC3339),
		"error":         "",
		"problems":      "",
	} {
		if r[field] != want {
			t.Errorf("%s, %s: got %.200q, want %.200q", name, field, r[field], want)
		}
	}
	header, body, split := bytes.Cut(append([]byte("\r\n"), text...), []byte("\r\n\r\n"))
	if split {
		header = append(bytes.TrimPrefix(header, []byte("\r\n")), "\r\n\r\n"...)
		if bytes.HasPrefix(text, []byte("\r\n")) {
			header = []byte("\r\n")
		}
		if r["BODY[HEADER]"] != string(header) || r["BODY[TEXT]"] != string(body) {
			t.Errorf("%s: header and body are not the message:\n%.300q\n%.300q", name, r["BODY[HEADER]"], r["BODY[TEXT]"])
		}
	}
}

type difference struct{ what, message, field string }

// explained says why readings differ. "clients on x": ours and go-imap, reading
// from the server x. "servers": imaptest and imapmemserver, read by our client.
// Every message and field in a row must differ; * is any message, all is any
// field.
var explained = []struct{ what, messages, fields, why string }{
	{"clients on imaptest", "odd-date", "date",
		"go-imap takes EST for UTC, as net/mail does with zones it does not know; ours knows the zones of RFC 5322"},
	{"clients on imaptest", "odd-message-id", "message-id in-reply-to",
		"go-imap drops what has no angle brackets; ours hands out what the server sent"},

	{"servers", "*", "BODY[1.1]",
		"a message of one part has a part 1 and no 1.1: imaptest says NIL, imapmemserver repeats part 1"},
	{"servers", "header-only nothing", "BODY[] BODY[HEADER] BODY[1.MIME]",
		"imapmemserver writes the header anew, and adds the empty line that is missing"},
	{"servers", "nested", "to", "imapmemserver leaves out where groups begin and end"},
	{"servers", "groups", "to cc", "imapmemserver leaves out where groups begin and end"},
	{"servers", "8bit-latin1", "from sender reply-to",
		"imapmemserver drops addresses with a name that is not UTF-8"},
	{"servers", "odd-date", "date", "imapmemserver writes the date anew, with EST for UTC"},
	{"servers", "odd-message-id", "message-id in-reply-to", "imapmemserver drops what has no angle brackets"},
	{"servers", "message", "BODY[2]",
		"a message of type message/rfc822 is part 1, what is in it 1.1 and 1.2: imapmemserver counts 1 and 2 as well"},
	{"servers", "unterminated", "BODY[2] structure",
		"of a part that is cut off imapmemserver gives nothing, and does not count the line end"},
	{"servers", "digest", "structure",
		"parts of a multipart/digest without a type are messages (RFC 2046 §5.1.5); imapmemserver says text/plain"},
	{"servers", "parameters", "structure", "imapmemserver decodes parameters of RFC 2231, imaptest sends them as they are"},
	{"servers", "bad-type", "structure", `of "Content-Type: text" imapmemserver makes text/, imaptest text/plain`},
	{"servers", "no-boundary", "all", "imapmemserver closes the connection"},
}

// explanation returns the row's difference, with * and all as they stand there.
func explanation(what, message, field string) (difference, bool) {
	for _, e := range explained {
		for m := range strings.FieldsSeq(e.messages) {
			for f := range strings.FieldsSeq(e.fields) {
				if e.what == what && (m == "*" || m == message) && (f == "all" || f == field) {
					return difference{what, m, f}, true
				}
			}
		}
	}
	return difference{what, message, field}, false
}

// withoutDefaults leaves out the charset that imaptest adds to text parts that
// have none, and imapmemserver does not. RFC 2045 §5.2.
func (r reading) withoutDefaults() reading {
	r = maps.Clone(r)
	r["structure"] = strings.ReplaceAll(r["structure"], "map[charset:us-ascii]", "map[]")
	return r
}
