package imap

import (
	"errors"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// parseLine parses one response that is whole in memory.
func parseLine(t testing.TB, line string) (*response, error) {
	t.Helper()
	return newParser(wire.Limits{}).parseResponse(&wire.Response{Bytes: []byte(line), Pending: -1})
}

func mustParseLine(t testing.TB, line string) *response {
	t.Helper()
	resp, err := parseLine(t, line)
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return resp
}

func TestResponseKinds(t *testing.T) {
	for _, tt := range []struct {
		line string
		kind respKind
		name string
		tag  string
		num  uint32
		text string
	}{
		{"+ go on", kindContinue, "", "", 0, "go on"},
		{"+", kindContinue, "", "", 0, ""},
		{"+ ", kindContinue, "", "", 0, ""},
		{"+ OK done", kindContinue, "", "", 0, "OK done"},
		{"a1 OK done", kindTagged, "OK", "a1", 0, "done"},
		{"A1 no", kindTagged, "NO", "A1", 0, ""},
		{"A]1 BAD  x", kindTagged, "BAD", "A]1", 0, " x"},
		{"* OK see {42}", kindUntagged, "OK", "", 0, "see {42}"},
		{"* bye", kindUntagged, "BYE", "", 0, ""},
		{"* PREAUTH a\x00b\rc", kindUntagged, "PREAUTH", "", 0, "a\x00b\rc"},
		{"\x00\x00* OK padded", kindUntagged, "OK", "", 0, "padded"},
		{"* 4294967295 EXISTS", kindExists, "EXISTS", "", 4294967295, ""},
		{"*  22279 EXISTS", kindExists, "EXISTS", "", 22279, ""},
		{"* 0 exists ", kindExists, "EXISTS", "", 0, ""},
		{"* 3 RECENT", kindRecent, "RECENT", "", 3, ""},
		{"* 44 EXPUNGE", kindExpunge, "EXPUNGE", "", 44, ""},
		{"* 1 FETCH ()", kindFetch, "FETCH", "", 1, ""},
		{"* 1 FETCH (UID 5 )  ", kindFetch, "FETCH", "", 1, ""},
		{"* XPIG-LATIN ow-nay", kindUnknown, "XPIG-LATIN", "", 0, ""},
		{"* 99 noop froopy", kindUnknown, "NOOP", "", 99, ""},
		{"* THREAD ", kindData, "THREAD", "", 0, ""},
		{"[COPYUID 1 2 3] Done", kindUntagged, "OK", "", 0, "Done"},
		{"* [COPYUID 1 2 3] Done", kindUntagged, "OK", "", 0, "Done"},
	} {
		r, err := parseLine(t, tt.line)
		if err != nil || r.kind != tt.kind || r.name != tt.name || r.tag != tt.tag || r.num != tt.num || r.text != tt.text {
			t.Errorf("%q: %+v, %v; want %+v", tt.line, *r, err, tt)
		}
		if (string(r.raw) == tt.line) != (tt.kind == kindUnknown) {
			t.Errorf("%q: raw %q", tt.line, r.raw)
		}
	}
}

func TestResponseErrors(t *testing.T) {
	for _, tt := range []struct {
		line      string
		name, tag string
	}{
		{"", "", ""},
		{"   ", "", ""},
		{"*", "", ""},
		{"* ", "", ""},
		{"** OK done", "", ""},
		{"*  search 1 2 3", "", ""},
		{"A1", "", "A1"},
		{"A1 FETCH (UID 1)", "FETCH", "A1"},
		{"A1 BYE gone", "BYE", "A1"},
		{"A1 OK[x", "OK[X", "A1"},
		{"A+1 OK done", "", ""},
		{"A\x01 OK done", "", ""},
		{"+OK POP3 ready", "", ""},
		{"* 4294967296 EXISTS", "EXISTS", ""},
		{"* 4294967296 FETCH (UID 1)", "FETCH", ""},
		{"* 0 EXPUNGE", "EXPUNGE", ""},
		{"* 0 UIDFETCH (FLAGS ())", "UIDFETCH", ""},
		{"* 5 EXISTS x", "EXISTS", ""},
		{"* 2 FETCH", "FETCH", ""},
		{"* 2 FETCH WHAT", "FETCH", ""},
		{"* 1 FETCH (UID 5 X-Y \"abc)", "FETCH", ""},
		{"* VANISHED 0", "VANISHED", ""},
		{"* VANISHED 1:*", "VANISHED", ""},
		{"* VANISHED", "VANISHED", ""},
		{"* VANISHED (EARLIER)", "VANISHED", ""},
		{"* FLAGS (\\Seen x{3})", "FLAGS", ""},
		{"* SEARCH 1 0", "SEARCH", ""},
		{"* SEARCH 1 4294967296", "SEARCH", ""},
		{"* ESEARCH MIN 0", "ESEARCH", ""},
		{"* LIST () \"/\"", "LIST", ""},
		{"* LIST () \"/\" \"abc", "LIST", ""},
		{"* LIST () \"/\" ~{3}\r\na\x00b", "LIST", ""},
		{"* STATUS x MESSAGES 5", "STATUS", ""},
		{"[Error=\"x\"] y", "", ""},
		{"[ALERT] y", "", ""},
	} {
		r, err := parseLine(t, tt.line)
		if !isContained(err) || r.kind != kindUnknown || r.name != tt.name || r.tag != tt.tag || string(r.raw) != tt.line {
			t.Errorf("%q: %+v, %v; want %+v", tt.line, *r, err, tt)
		}
	}
}

// isContained says whether err is of one of the types that parsers return.
func isContained(err error) bool {
	syntax, limit := (*wire.SyntaxError)(nil), (*wire.LimitError)(nil)
	return errors.As(err, &syntax) || errors.As(err, &limit)
}

func TestTagLimit(t *testing.T) {
	if _, err := parseLine(t, strings.Repeat("x", 64)+" OK"); err != nil {
		t.Error(err)
	}
	limit := (*wire.LimitError)(nil)
	if _, err := parseLine(t, strings.Repeat("x", 65)+" OK"); !errors.As(err, &limit) {
		t.Error(err)
	}
}

func TestTruncatedResponses(t *testing.T) {
	p := newParser(wire.Limits{})
	for _, tt := range []struct {
		line string
		kind respKind
		name string
	}{
		{"A1 OK [UIDNEXT 5] lon", kindTagged, "OK"},
		{"* BYE lon", kindUntagged, "BYE"},
		{"* OK [CAPABILITY IMAP4rev1 A", kindUntagged, "OK"},
		{"* SEARCH 1 2", kindUnknown, "SEARCH"},
		{"* 1 FETCH (FLAGS (a b", kindUnknown, "FETCH"},
		{"* X-UNKNOWN abc", kindUnknown, "X-UNKNOWN"},
		{"+ abc", kindUnknown, ""},
	} {
		r, err := p.parseResponse(&wire.Response{Bytes: []byte(tt.line), Pending: -1, Truncated: true})
		limit := (*wire.LimitError)(nil)
		if r.kind != tt.kind || r.name != tt.name || errors.As(err, &limit) != (tt.kind == kindUnknown) {
			t.Errorf("%q: %+v, %v", tt.line, *r, err)
		}
	}
}

// TestPendingElsewhere: a large literal outside FETCH is refused where it
// makes no sense, and must be held where nobody knows.
func TestPendingElsewhere(t *testing.T) {
	p := newParser(wire.Limits{})
	r, err := p.parseResponse(&wire.Response{Bytes: []byte(`* LIST () "/" {4294967295}`), Pending: 4294967295})
	limit := (*wire.LimitError)(nil)
	if r.kind != kindUnknown || r.pending != nil || !errors.As(err, &limit) || limit.Size != 4294967295 {
		t.Errorf("LIST: %+v, %v", *r, err)
	}
	r, err = p.parseResponse(&wire.Response{Bytes: []byte(`* X-METADATA "" (/x {100000}`), Pending: 100000})
	if r.kind != kindUnknown || r.pending == nil || !r.pending.collect || r.pending.size != 100000 || err != nil {
		t.Errorf("X-METADATA: %+v, %v", *r, err)
	}
}

// TestParserKeepsNothing: an idle connection must not hold its last response.
func TestParserKeepsNothing(t *testing.T) {
	p := newParser(wire.Limits{})
	line := `* 1 FETCH (UID 5 FLAGS (a) ENVELOPE (NIL "s" (("n" NIL "a" "b")) NIL NIL NIL NIL NIL NIL NIL) BODY ("TEXT" "PLAIN" ("a" "b") NIL NIL "7BIT" 1 1))`
	if _, err := p.parseResponse(&wire.Response{Bytes: []byte(line), Pending: -1}); err != nil {
		t.Fatal(err)
	}
	for _, a := range p.addrs[:cap(p.addrs)] {
		if a != (Address{}) {
			t.Error("an address is kept")
		}
	}
	for _, a := range p.params[:cap(p.params)] {
		if a != (Param{}) {
			t.Error("a parameter is kept")
		}
	}
	if p.b != nil {
		t.Error("the response is kept")
	}
}
