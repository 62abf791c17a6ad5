package imap

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/idlewild-mail/idlewild/imap/wire"
	"github.com/idlewild-mail/idlewild/test/corpus"
)

// parsed is what a response became.
type parsed struct {
	*response
	err error
}

// parseAll frames and parses all of src, as a connection does: a pending literal
// is read if a section waits for it, held if it must be, else skipped.
func parseAll(src io.Reader, lim wire.Limits) ([]parsed, error) {
	f, p := wire.NewFramer(src, lim), newParser(lim)
	var all []parsed
	for {
		wr, err := f.Next()
		if err != nil {
			return all, err
		}
		resp, err := p.parseResponse(wr)
		got := parsed{resp, err}
		if wr.Pending >= 0 {
			if err := parseLiterals(f, p, wr, &got); err != nil {
				return all, err
			}
		}
		got.pending = nil
		all = append(all, got)
	}
}

func parseLiterals(f *wire.Framer, p *parser, wr *wire.Response, got *parsed) (err error) {
	const held = 1 << 20
	for first := true; wr.Pending >= 0; {
		next := got.pending
		if got.err != nil || next == nil {
			if wr, err = f.Continue(); err != nil {
				return err
			}
			continue
		}
		if next.collect {
			more, err := f.Hold(held)
			if limit := (*wire.LimitError)(nil); errors.As(err, &limit) {
				got.err, got.pending = err, nil
				continue
			} else if err != nil {
				return err
			}
			if wr = more; first {
				got.response, got.err = p.parseResponse(wr)
				continue
			}
		} else {
			data, err := io.ReadAll(literalReader(f.ReadLiteral))
			if err != nil {
				return err
			}
			got.msg.addBody(newBody(next.section, next.origin, data, false))
			if wr, err = f.Continue(); err != nil {
				return err
			}
			first = false
		}
		got.pending, got.err = p.readMore(got.msg, wr)
	}
	return nil
}

type literalReader func([]byte) (int, error)

func (f literalReader) Read(p []byte) (int, error) { return f(p) }

// showParsed prints all that was parsed, to compare.
func showParsed(all []parsed, err error) string {
	var b strings.Builder
	for _, p := range all {
		fmt.Fprintf(&b, "%+v err=%v", dumpValue(reflect.ValueOf(p.response)), p.err)
		if p.msg != nil {
			fmt.Fprint(&b, " ", p.msg.InternalDate)
		}
		fmt.Fprintln(&b)
	}
	fmt.Fprintln(&b, "end:", err)
	return b.String()
}

// dumpValue follows pointers, which %v does not.
func dumpValue(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return dumpValue(v.Elem())
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return nil // showParsed has it
		}
		m := map[string]any{}
		for i := range v.NumField() {
			if f := v.Field(i); !f.IsZero() {
				m[v.Type().Field(i).Name] = dumpValue(f)
			}
		}
		return m
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return fmt.Sprintf("%q", v.Bytes())
		}
		s := make([]any, v.Len())
		for i := range s {
			s[i] = dumpValue(v.Index(i))
		}
		return s
	}
	return fmt.Sprint(v)
}

// knownMisses are facts of the corpus that we read in another way on purpose.
var knownMisses = map[string]string{
	"mox-fuzzseed#256 mailbox": "the name is followed by a remark of the RFC's author; we take an unquoted name to the end of the line",
	"mox-fuzzseed#257 mailbox": "the same",
	"mox-fuzzseed#547 code":    "an RFC's mistake: a UIDVALIDITY has 32 bits",
	"mox-fuzzseed#639 earlier": "the RFC's line is broken in the middle of the set",
	"mox-fuzzseed#639 uids":    "the same",
}

func TestCorpusFacts(t *testing.T) {
	total, equal := 0, 0
	for _, file := range []string{corpus.Responses, corpus.RFCExamples} {
		fileTotal, fileEqual := total, equal
		for _, c := range corpus.Load(t, file) {
			all, err := parseAll(bytes.NewReader(c.Input), wire.Limits{})
			if c.OK() && (err != io.EOF || len(all) != 1) {
				t.Errorf("%v: %d responses, then %v", &c, len(all), err)
				continue
			}
			if !c.OK() {
				continue
			}
			for name := range c.Facts {
				total++
				got, ok := factHolds(t, &c, name, all[0])
				key := c.Name + " " + name
				_, known := knownMisses[key]
				switch {
				case ok && known:
					t.Errorf("%s: no longer missed", key)
				case ok:
					equal++
				case known:
					t.Logf("known miss: %s: %s", key, knownMisses[key])
				default:
					t.Errorf("missed: %s: %q: got %v, want %s (err %v)", key, c.Input, got, c.Facts[name], all[0].err)
				}
			}
		}
		t.Logf("%s: %d of %d facts", file, equal-fileEqual, total-fileTotal)
	}
	if equal*100 < total*99 {
		t.Errorf("%d of %d facts", equal, total)
	}
	t.Logf("all: %d of %d facts (%.2f%%)", equal, total, 100*float64(equal)/float64(total))
}

// factHolds compares one fact with what was parsed, and returns what was.
func factHolds(t *testing.T, c *corpus.Case, name string, p parsed) (got any, ok bool) {
	raw := c.Facts[name]
	var want any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&want); err != nil {
		t.Fatal(err)
	}
	str := func(v any) string {
		if v == nil {
			return ""
		}
		return fmt.Sprint(v)
	}
	switch name {
	case "type":
		got = p.name
		if p.kind == kindContinue {
			got = "+"
		}
		return got, strings.EqualFold(str(got), str(want))
	case "tag":
		return p.tag, p.tag == str(want)
	case "text":
		return p.text, p.text == str(want)
	case "num":
		return p.num, str(p.num) == str(want)
	case "code":
		return codeHolds(p.code, want.(map[string]any))
	case "capabilities":
		return p.caps, equalFold(p.caps, want)
	case "ids":
		return p.search.nums, idsHold(p.search.nums, want.([]any))
	case "modseq":
		if p.search != nil {
			return p.search.modSeq, str(p.search.modSeq) == str(want) || want == nil && p.search.modSeq == 0
		}
		return p.msg.ModSeq, str(p.msg.ModSeq) == str(want)
	case "attrs":
		if p.list != nil {
			return p.list.Attributes, equalFold(p.list.Attributes, want)
		}
		return p.msg, attributesHold(p.msg, want.(map[string]any))
	case "x_gm_labels":
		return p.msg.GmailLabels, p.msg.Has(HasGmailLabels) && str(p.msg.GmailLabels) == str(want)
	case "delim":
		return p.list.Delimiter, p.list.Delimiter == str(want)
	case "mailbox":
		name, raw := "", ""
		if p.mbox != nil {
			name, raw = p.mbox.Mailbox, p.mbox.RawName
		} else {
			name, raw = p.list.Mailbox, p.list.RawName
		}
		return name, name == str(want) || name == "INBOX" && raw == want
	case "status":
		return p.mbox, statusHolds(p.mbox, want.(map[string]any))
	case "uids", "earlier":
		if name == "earlier" {
			return p.early, p.early == want
		}
		return p.set, p.set.String() == str(want)
	case "data":
		return dataHolds(p, want)
	case "flags":
		if p.kind == kindFlags {
			return p.flags, equalFold(p.flags, want)
		}
		return p.msg.Flags, equalFold(p.msg.Flags, want)
	case "threads":
		_, ok := p.data.(*threadData)
		return p.data, ok // what is in it is compared by the live test
	case "unknown":
		return p.kind, p.kind == kindUnknown && p.err == nil
	}
	if p.msg == nil {
		return nil, false
	}
	switch name {
	case "seq":
		return p.msg.Seq, str(p.msg.Seq) == str(want)
	case "uid":
		return p.msg.UID, p.msg.Has(HasUID) && str(uint32(p.msg.UID)) == str(want)
	case "rfc822_size":
		return p.msg.Size, p.msg.Has(HasSize) && str(p.msg.Size) == str(want)
	case "internaldate":
		if want == nil {
			return p.msg.InternalDate, !p.msg.Has(HasInternalDate) && len(p.msg.Problems) == 0
		}
		return p.msg.InternalDate, FormatInternalDate(p.msg.InternalDate) == str(want)
	case "envelope":
		return p.msg.Envelope, p.msg.Envelope != nil && envelopeHolds(p.msg.Envelope, want.(map[string]any))
	case "body", "bodystructure":
		return p.msg.BodyStructure, p.msg.BodyStructure != nil && bodyHolds(p.msg.BodyStructure, want.(map[string]any))
	case "sections", "section_len":
		return p.msg.bodies, sectionsHold(p.msg, want.(map[string]any))
	}
	t.Errorf("%v: fact %s is not compared", c, name)
	return nil, false
}

func equalFold[S ~string](got []S, want any) bool {
	if s, ok := want.(string); ok {
		want = toAny(strings.Fields(s))
	}
	list, _ := want.([]any)
	return len(got) == len(list) && slices.EqualFunc(got, list, func(g S, w any) bool {
		return strings.EqualFold(string(g), fmt.Sprint(w))
	})
}

func toAny(s []string) (all []any) {
	for _, v := range s {
		all = append(all, v)
	}
	return all
}

func idsHold(got wire.NumSet, want []any) bool {
	var set wire.NumSet
	for _, v := range want {
		n, _ := v.(json.Number).Int64()
		set.Add(uint32(n))
	}
	return got.String() == set.String()
}

func attributesHold(m *Message, want map[string]any) bool {
	got := m.Raw
	add := func(name string, v any) { got = append(got, RawAttribute{Name: name, Value: fmt.Append(nil, v)}) }
	add("X-GM-MSGID", m.GmailMessageID)
	add("X-GM-THRID", m.GmailThreadID)
	add("EMAILID", m.EmailID)
	add("THREADID", m.ThreadID)
	for name, v := range want {
		text := fmt.Sprint(v)
		if v == nil {
			text = "" // as of what came as NIL
		}
		i := slices.IndexFunc(got, func(a RawAttribute) bool { return a.Name == name })
		if i < 0 || strings.Trim(string(got[i].Value), "()") != text {
			return false
		}
	}
	return true
}

// codeHolds compares a code; what has fields of its own, by them.
func codeHolds(c *ResponseCode, want map[string]any) (any, bool) {
	if c == nil || !strings.EqualFold(string(c.Code), want["name"].(string)) {
		return c, false
	}
	if want["malformed_payload"] == true {
		raw, _ := want["raw"].(string)
		return c, c.Data == raw && (c.Problem != nil || !typedCode(c.Code))
	}
	data, stated := want["data"]
	if !stated {
		return c, c.Data == ""
	}
	if c.Problem != nil {
		return c, false
	}
	switch v := data.(type) {
	case map[string]any:
		if fmt.Sprint(c.UIDValidity) != fmt.Sprint(v["uidvalidity"]) || c.Dest.String() != normalSet(v["assigned_uids"]) {
			return c, false
		}
		source, ok := v["source_uids"]
		return c, !ok || c.Source.String() == normalSet(source) && c.Copied.Len() == c.Source.Len()
	case json.Number:
		if c.Code == CodeUIDNext || c.Code == CodeUIDValidity || c.Code == CodeUnseen || c.Code == CodeHighestModSeq {
			return c.Number, fmt.Sprint(c.Number) == v.String()
		}
		return c.Data, c.Data == v.String()
	case []any:
		switch c.Code {
		case CodeCapability:
			return c, equalFold(c.Capabilities, v)
		case CodePermanentFlags:
			return c, equalFold(c.Flags, v)
		case CodeBadCharset:
			return c, equalFold(c.Charsets, v)
		}
	case string:
		if c.Code == CodeCapability {
			return c, equalFold(c.Capabilities, v)
		}
		return c, strings.Trim(c.Data, "()") == strings.Trim(v, "()")
	}
	return c, false
}

func normalSet(v any) string {
	s, err := wire.ParseNumSet(fmt.Sprint(v))
	if err != nil {
		return err.Error()
	}
	return s.String()
}

func statusHolds(s *MailboxStatus, want map[string]any) bool {
	for name, v := range want {
		got := "missing"
		num := func(n *uint32) {
			if n != nil {
				got = fmt.Sprint(*n)
			}
		}
		switch name {
		case "MESSAGES":
			num(s.Messages)
		case "RECENT":
			num(s.Recent)
		case "UNSEEN":
			num(s.Unseen)
		case "DELETED":
			num(s.Deleted)
		case "UIDNEXT":
			got = fmt.Sprint(uint32(s.UIDNext))
		case "UIDVALIDITY":
			got = fmt.Sprint(s.UIDValidity)
		case "HIGHESTMODSEQ":
			got = fmt.Sprint(s.HighestModSeq)
		case "SIZE":
			if s.Size != nil {
				got = fmt.Sprint(*s.Size)
			}
		case "DELETED-STORAGE":
			if s.DeletedStorage != nil {
				got = fmt.Sprint(*s.DeletedStorage)
			}
		case "APPENDLIMIT":
			if s.AppendLimit != nil {
				got = fmt.Sprint(*s.AppendLimit)
			}
		case "MAILBOXID":
			got = s.MailboxID
			if list, ok := v.([]any); ok {
				v = list[0]
			}
		default: // kept as bytes
			if !slices.ContainsFunc(s.Raw, func(a RawAttribute) bool { return a.Name == name }) {
				return false
			}
			continue
		}
		if got != fmt.Sprint(v) {
			return false
		}
	}
	return true
}

func dataHolds(p parsed, want any) (any, bool) {
	m, _ := want.(map[string]any)
	switch p.kind {
	case kindVanished:
		return p.set, p.set.String() == m["uids"] && p.early == m["earlier"]
	case kindESearch:
		d := p.search
		if tag, _ := m["tag"].(string); d.tag != tag || d.uid != m["uid"] {
			return d, false
		}
		for _, item := range m["data"].([]any) {
			name, v := item.([]any)[0], item.([]any)[1]
			got := ""
			switch name {
			case "MIN":
				got = fmt.Sprint(d.min)
			case "MAX":
				got = fmt.Sprint(d.max)
			case "COUNT":
				got = fmt.Sprint(d.count)
			case "MODSEQ":
				got = fmt.Sprint(d.modSeq)
			case "ALL":
				got, v = d.nums.String(), normalSet(v)
			case "PARTIAL":
				v, got = v.(map[string]any)["results"], d.part.String()
				if v == nil {
					v = ""
				} else {
					v = normalSet(v)
				}
			default:
				return d, false
			}
			if got != fmt.Sprint(v) {
				return d, false
			}
		}
		return d, true
	}
	switch d := p.data.(type) {
	case ID:
		return d, idHolds(d, m)
	case *aclData, *Quota, *quotaRootData:
		return d, adminHolds(d, want)
	case *Namespaces:
		return d, namespacesHold(d.Personal, m["personal"]) && namespacesHold(d.Other, m["other"]) && namespacesHold(d.Shared, m["shared"])
	}
	return p.kind, false
}

func idHolds(id ID, want map[string]any) bool {
	for _, f := range id {
		if v, ok := want[f.Name]; !ok || f.Nil != (v == nil) || !f.Nil && v != f.Value {
			return false
		}
	}
	return len(id) == len(want)
}

func namespacesHold(got []Namespace, want any) bool {
	return slices.EqualFunc(got, want.([]any), func(n Namespace, v any) bool {
		m := v.(map[string]any)
		extensions := m["extensions"].(map[string]any)
		for _, e := range n.Extensions {
			if fmt.Sprint(extensions[e.Name]) != fmt.Sprint(e.Values) {
				return false
			}
		}
		return n.Prefix == m["prefix"] && n.Delimiter == m["delim"] && len(n.Extensions) == len(extensions)
	})
}

func envelopeHolds(e *Envelope, want map[string]any) bool {
	for name, v := range want {
		var got string
		var list []Address
		switch name {
		case "date":
			got = e.Date
		case "subject":
			got = e.Subject
		case "in_reply_to":
			got = e.InReplyTo
		case "message_id":
			got = e.MessageID
		case "from":
			list = e.From
		case "sender":
			list = e.Sender
		case "reply_to":
			list = e.ReplyTo
		case "to":
			list = e.To
		case "cc":
			list = e.Cc
		case "bcc":
			list = e.Bcc
		}
		if s, _ := v.(string); s != got {
			return false
		}
		wantList, _ := v.([]any)
		if !slices.EqualFunc(list, wantList, addressHolds) {
			return false
		}
	}
	return true
}

func addressHolds(a Address, want any) bool {
	m := want.(map[string]any)
	s := func(k string) string { v, _ := m[k].(string); return v }
	return a == Address{Name: s("name"), Route: s("adl"), Mailbox: s("mailbox"), Host: s("host")}
}

func bodyHolds(b *BodyStructure, want map[string]any) bool {
	for name, v := range want {
		ok := false
		switch name {
		case "type":
			ok = strings.EqualFold(b.Type, v.(string))
		case "subtype":
			ok = strings.EqualFold(b.Subtype, v.(string))
		case "encoding":
			ok = strings.EqualFold(b.Encoding, v.(string))
		case "params":
			ok = paramsHold(b.Params, v)
		case "id":
			ok = b.ID == v
		case "description":
			ok = b.Description == v
		case "md5":
			ok = b.MD5 == v
		case "location":
			ok = b.Location == v
		case "size":
			ok = fmt.Sprint(b.Size) == fmt.Sprint(v)
		case "lines":
			ok = fmt.Sprint(b.Lines) == fmt.Sprint(v)
		case "language":
			ok = equalFold(b.Language, v)
		case "disposition":
			m := v.(map[string]any)
			ok = strings.EqualFold(b.Disposition, m["type"].(string)) && paramsHold(b.DispositionParams, m["params"])
		case "parts":
			ok = slices.EqualFunc(b.Parts, v.([]any), func(b *BodyStructure, v any) bool { return bodyHolds(b, v.(map[string]any)) })
		case "envelope":
			ok = b.Envelope != nil && envelopeHolds(b.Envelope, v.(map[string]any))
		case "body":
			ok = len(b.Parts) == 1 && bodyHolds(b.Parts[0], v.(map[string]any))
		}
		if !ok {
			return false
		}
	}
	return true
}

func paramsHold(got []Param, want any) bool {
	m, _ := want.(map[string]any)
	for _, p := range got {
		if m[strings.ToUpper(p.Name)] != p.Value {
			return false
		}
	}
	return len(got) == len(m)
}

// sectionsHold compares the sections by name, and their bytes or sizes.
func sectionsHold(m *Message, want map[string]any) bool {
	for name, v := range want {
		i := slices.IndexFunc(m.bodies, func(b *Body) bool {
			s := b.section.String()
			if b.origin >= 0 {
				s += fmt.Sprintf("<%d>", b.origin)
			}
			switch name {
			case "RFC822":
				name = "BODY[]"
			case "RFC822.HEADER":
				name = "BODY[HEADER]"
			case "RFC822.TEXT":
				name = "BODY[TEXT]"
			}
			return strings.EqualFold(s, name)
		})
		if i < 0 {
			return false
		}
		data := bodyData(m.bodies[i])
		if s, ok := v.(string); ok && s != string(data) || !ok && fmt.Sprint(len(data)) != fmt.Sprint(v) {
			return false
		}
	}
	return true
}

// TestCorpusErrors: what breaks the RFC so that it must not count is not
// taken for a value.
func TestCorpusErrors(t *testing.T) {
	for _, file := range []string{corpus.Responses, corpus.Attacks} {
		for _, c := range corpus.Load(t, file) {
			if c.OK() || c.Encoding != "" || file == corpus.Responses && c.ErrorBasis != "rfc" {
				continue
			}
			all, err := parseAll(bytes.NewReader(c.Input), wire.Limits{})
			why, tolerated := toleratedErrors[c.Name]
			if refused := err != io.EOF || slices.ContainsFunc(all, refused); refused == tolerated {
				t.Errorf("%v: %.80q: refused %v, want %v (%s): %.200s", &c, c.Input, refused, !tolerated, why, showParsed(all, err))
			}
		}
	}
}

// refused says whether a response was not taken at its word.
func refused(p parsed) bool {
	return p.err != nil || p.kind == kindUnknown || p.code != nil && p.code.Problem != nil ||
		p.msg != nil && len(p.msg.Problems) > 0
}

// toleratedErrors are cases that a parser can or need not refuse.
var toleratedErrors = map[string]string{
	"codec/test_response_incomplete_failed":   "nothing came: the stream ended between two responses",
	"codec/test_greeting_incomplete_failed#7": "NO is no greeting, but a response: the connection's business",
	"framing/bare CR inside text":             "the CR is text, the response is one: what the case asks for",
	"framing/NUL before tag":                  "NULs between responses are padding",
	"starttls/response injected behind OK":    "the connection's business, like the following",
	"starttls/OK sent before command":         "",
	"starttls/PREAUTH greeting":               "",
	"starttls/capability stripped":            "",
	"starttls/NO":                             "",
	"starttls/BAD":                            "",
	"sasl/scram huge iterations":              "",
	"sasl/scram nonce not prefixed":           "",
	"sasl/OK without server signature":        "",
	"sasl/not base64":                         "",
}

// TestCorpusChunks: however the bytes arrive, the result is the same.
func TestCorpusChunks(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, file := range []string{corpus.Responses, corpus.RFCExamples, corpus.Attacks} {
		for _, c := range corpus.Load(t, file) {
			want := showParsed(parseAll(bytes.NewReader(c.Input), wire.Limits{}))
			for name, src := range map[string]io.Reader{
				"byte by byte": iotest.OneByteReader(bytes.NewReader(c.Input)),
				"in chunks":    &inChunks{b: c.Input, rng: rng},
			} {
				if got := showParsed(parseAll(src, wire.Limits{})); got != want {
					t.Errorf("%v, %s:\n%.500s\nwhole:\n%.500s", &c, name, got, want)
				}
			}
		}
	}
}

// inChunks reads b in pieces of random size.
type inChunks struct {
	b   []byte
	rng *rand.Rand
}

func (c *inChunks) Read(p []byte) (int, error) {
	if len(c.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), 1+c.rng.IntN(40))], c.b)
	c.b = c.b[n:]
	return n, nil
}

// TestCorpusStreamed: a section that is read from the wire is the same as one
// that was in memory, and so is what stands around it.
func TestCorpusStreamed(t *testing.T) {
	for _, file := range []string{corpus.Responses, corpus.RFCExamples} {
		for _, c := range corpus.Load(t, file) {
			all, err := parseAll(bytes.NewReader(c.Input), wire.Limits{})
			if slices.ContainsFunc(all, func(p parsed) bool { return p.err != nil || p.kind != kindFetch }) {
				continue
			}
			want := showParsed(all, err)
			if got := showParsed(parseAll(bytes.NewReader(c.Input), wire.Limits{Inline: 1})); got != want {
				t.Errorf("%v:\n%s\nin memory:\n%s", &c, got, want)
			}
		}
	}
}

// TestCorpusAttacksFast: nothing takes long, and nothing panics.
func TestCorpusAttacksFast(t *testing.T) {
	for _, c := range corpus.Load(t, corpus.Attacks) {
		start := time.Now()
		_, _ = parseAll(bytes.NewReader(c.Input), wire.Limits{})
		if d := time.Since(start); d > 30*time.Second {
			t.Errorf("%v took %v", &c, d)
		}
	}
}
