package search

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// set stands for imap.UIDSet and imap.SeqSet.
type set string

func (s set) NumSet() wire.NumSet {
	n, _ := wire.ParseNumSet(string(s))
	return n
}

// other is a query of another package.
type other struct{}

func (other) AppendTo(c *wire.Command) { c.Atom("X-A").Atom("X-B") }

// rendered is the command behind "A1 SEARCH ", "↵" where it waits.
func rendered(q Query) (string, error) {
	c := wire.NewCommand("SEARCH")
	q.AppendTo(c)
	segs, err := c.Render("A1", wire.Synchronizing)
	var b strings.Builder
	for _, s := range segs {
		b.Write(s.Data)
		if s.Sync {
			b.WriteString("↵")
		}
	}
	return strings.TrimPrefix(strings.TrimSuffix(b.String(), "\r\n"), "A1 SEARCH "), err
}

var july = time.Date(2026, time.July, 5, 23, 30, 0, 0, time.FixedZone("", -11*3600))

var queries = []struct {
	q    Query
	want string
}{
	{All, "ALL"}, {Answered, "ANSWERED"}, {Deleted, "DELETED"}, {Draft, "DRAFT"}, {Flagged, "FLAGGED"},
	{New, "NEW"}, {Old, "OLD"}, {Recent, "RECENT"}, {Seen, "SEEN"}, {Unanswered, "UNANSWERED"},
	{Undeleted, "UNDELETED"}, {Undraft, "UNDRAFT"}, {Unflagged, "UNFLAGGED"}, {Unseen, "UNSEEN"},
	{Key("SAVEDATESUPPORTED"), "SAVEDATESUPPORTED"},

	{Bcc("a"), `BCC "a"`}, {Body("a b"), `BODY "a b"`}, {Cc(""), `CC ""`}, {From("SMITH"), `FROM "SMITH"`},
	{Subject(`"\`), `SUBJECT "\"\\"`}, {Text("NIL"), `TEXT "NIL"`}, {To("a@b"), `TO "a@b"`},
	{Subject("café"), "SUBJECT {5}\r\n↵café"},
	{Header("X-Foo", ""), `HEADER X-Foo ""`},
	{Header("Message-ID", "<a@b>"), `HEADER Message-ID "<a@b>"`},
	{Header("a(b", "é"), "HEADER \"a(b\" {2}\r\n↵é"},

	{Before(july), "BEFORE 05-Jul-2026"}, {On(july), "ON 05-Jul-2026"}, {Since(july), "SINCE 05-Jul-2026"},
	{SentBefore(july), "SENTBEFORE 05-Jul-2026"}, {SentOn(july), "SENTON 05-Jul-2026"},
	{SentSince(july.UTC()), "SENTSINCE 06-Jul-2026"},
	{On(time.Date(999, 12, 31, 0, 0, 0, 0, time.UTC)), "ON 31-Dec-0999"},

	{Larger(0), "LARGER 0"}, {Smaller(1<<63 - 1), "SMALLER 9223372036854775807"},
	{Keyword("$Junk"), "KEYWORD $Junk"}, {Unkeyword(Key("a]")), "UNKEYWORD a]"},
	{UIDs(set("3,1:2,9:*")), "UID 1:3,9:*"}, {Numbers(set("1:*")), "1:*"},

	{Older(72 * time.Hour), "OLDER 259200"}, {Younger(1500 * time.Millisecond), "YOUNGER 1"},
	{SavedBefore(july), "SAVEDBEFORE 05-Jul-2026"}, {SavedOn(july), "SAVEDON 05-Jul-2026"},
	{SavedSince(july), "SAVEDSINCE 05-Jul-2026"}, {SaveDateSupported(), "SAVEDATESUPPORTED"},
	{Fuzzy(Body("IMAP")), `FUZZY BODY "IMAP"`}, {Fuzzy(And(Seen, Draft)), "FUZZY (SEEN DRAFT)"},
	{Fuzzy(Or(Seen, Draft)), "FUZZY OR SEEN DRAFT"}, {Not(Fuzzy(Seen)), "NOT FUZZY SEEN"},
	{Filter("on-the-road"), "FILTER on-the-road"}, {Or(Filter("saved"), Seen), "OR FILTER saved SEEN"},
	{ModSeq(620162338), "MODSEQ 620162338"}, {ModSeq(0), "MODSEQ 0"},
	{FlagModSeq(`\Draft`, "", 620162338), `MODSEQ "/flags/\\Draft" all 620162338`},
	{FlagModSeq("$Junk", Shared, 1), `MODSEQ "/flags/$Junk" shared 1`},
	{EmailID("M6d99ac3275bb4e"), "EMAILID M6d99ac3275bb4e"}, {ThreadID(Key("T-_1")), "THREADID T-_1"},
	{Annotation("/comment", "value", "IMAP4"), `ANNOTATION "/comment" "value" "IMAP4"`},
	{Annotation("/*", "value.shared", "é"), "ANNOTATION \"/*\" \"value.shared\" {2}\r\n↵é"},
	{GmailRaw("has:attachment in:unread"), `X-GM-RAW "has:attachment in:unread"`}, {GmailRaw("é"), "X-GM-RAW {2}\r\n↵é"},
	{GmailLabel("foo bar"), `X-GM-LABELS "foo bar"`}, {GmailLabel(`\Important`), `X-GM-LABELS "\\Important"`},
	{GmailLabel("Café & Co"), `X-GM-LABELS "Caf&AOk- &- Co"`},
	{GmailMessageID(1278455344230334865), "X-GM-MSGID 1278455344230334865"}, {GmailThreadID(1266894439832287888), "X-GM-THRID 1266894439832287888"},
	{Not(And(Older(time.Second), GmailRaw("x"))), `NOT (OLDER 1 X-GM-RAW "x")`},

	{And(), "ALL"},
	{And(Seen), "SEEN"},
	{And(Seen, And(Draft, Old), From("a")), `SEEN DRAFT OLD FROM "a"`},
	{And(other{}, Seen), "X-A X-B SEEN"},
	{Or(), "NOT ALL"},
	{Or(Seen), "SEEN"},
	{Or(Seen, Draft), "OR SEEN DRAFT"},
	{Or(Seen, Draft, Old), "OR SEEN OR DRAFT OLD"},
	{Or(Seen, Draft, Old, New), "OR OR SEEN DRAFT OR OLD NEW"},
	{Or(And(Seen, Draft), Or(From("a"), And(To("b")))), `OR (SEEN DRAFT) OR FROM "a" TO "b"`},
	{Or(other{}, And()), "OR (X-A X-B) ALL"},
	{Not(Seen), "NOT SEEN"},
	{Not(Not(Seen)), "NOT NOT SEEN"},
	{Not(From("a")), `NOT FROM "a"`},
	{Not(And(Seen, Draft)), "NOT (SEEN DRAFT)"},
	{Not(And(Seen)), "NOT SEEN"},
	{Not(Or(Seen, And(Draft, Old))), "NOT OR SEEN (DRAFT OLD)"},
	{Not(UIDs(set("5"))), "NOT UID 5"},
	{Not(Numbers(set("5"))), "NOT 5"},
	{Not(other{}), "NOT (X-A X-B)"},
	{And(Or(Seen, Draft), Not(And(Old, Not(And(New, Since(july)))))), "OR SEEN DRAFT NOT (OLD NOT (NEW SINCE 05-Jul-2026))"},
	{And(Unseen, Or(Subject("é"), Header("List-Id", "x"))), "UNSEEN OR SUBJECT {2}\r\n↵é HEADER List-Id \"x\""},
}

func TestQuery(t *testing.T) {
	for _, tt := range queries {
		if got, err := rendered(tt.q); got != tt.want || err != nil {
			t.Errorf("got %q, %v\nwant %q", got, err, tt.want)
		}
		// Again, the same: a query is a value.
		if got, _ := rendered(tt.q); got != tt.want {
			t.Errorf("again %q", got)
		}
		if tt.q != tt.q {
			t.Errorf("%s is not itself", tt.want)
		}
	}
	if And(Seen, From("a"), UIDs(set("1"))) != And(Seen, From("a"), UIDs(set("1"))) || From("a") == To("a") || Since(july) != Since(july.Add(time.Minute)) {
		t.Error("queries do not compare")
	}
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		q    Query
		want string
	}{
		{Larger(-1), `imap: bad size "-1": it is negative`},
		{Smaller(-1 << 63), `imap: bad size "-9223372036854775808": it is negative`},
		{Keyword(""), "imap: bad flag: it is empty"},
		{Keyword(`\Seen`), "imap: bad keyword: a flag with a backslash has a key of its own, such as SEEN"},
		{Unkeyword("a b"), `imap: bad flag "a b": it must not hold spaces, controls, 8 bit bytes or any of (){%*"\]`},
		{Keyword("a\r\nb"), `imap: bad flag "a\r\nb": it must not hold spaces, controls, 8 bit bytes or any of (){%*"\]`},
		{Keyword("*"), `imap: bad flag "*": it must not hold spaces, controls, 8 bit bytes or any of (){%*"\]`},
		{Key("SEEN DELETED"), `imap: bad atom "SEEN DELETED": it must not hold spaces, controls, 8 bit bytes or any of (){%*"\]`},
		{Key(""), "imap: bad atom: it is empty"},
		{Header("", "a"), "imap: bad header field name: it is empty"},
		{Header("a:", "b"), "imap: bad header field name: want printable ASCII without spaces and colons"},
		{Header("a\r\n", "b"), "imap: bad header field name: want printable ASCII without spaces and colons"},
		{Header("é", "b"), "imap: bad header field name: want printable ASCII without spaces and colons"},
		{From("a\x00b"), `imap: bad string "a\x00b": IMAP strings cannot hold NUL`},
		{From("a\xff"), "imap: bad string: text to search for must be UTF-8"},
		{UIDs(set("")), "imap: bad number set: it is empty"},
		{Numbers(set("")), "imap: bad number set: it is empty"},
		{Since(time.Time{}), `imap: bad date: it is the zero time`},
		{On(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)), `imap: bad date "10000": the year must have four digits`},
		{Since(time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)), `imap: bad date "-1": the year must have four digits`},
		{Older(999 * time.Millisecond), `imap: bad age "999ms": want from 1 to 4294967295 seconds`},
		{Younger(-time.Hour), `imap: bad age "-1h0m0s": want from 1 to 4294967295 seconds`},
		{Younger(1 << 32 * time.Second), `imap: bad age "1193046h28m16s": want from 1 to 4294967295 seconds`},
		{Filter("a/b"), `imap: bad filter name "a/b": it must not hold a slash`},
		{Filter(""), "imap: bad atom: it is empty"},
		{Filter("a b"), `imap: bad atom "a b": it must not hold spaces, controls, 8 bit bytes or any of (){%*"\]`},
		{ModSeq(1 << 63), "imap: bad mod-sequence: it has 63 bits"},
		{FlagModSeq("a b", "", 1), `imap: bad flag "a b": want a flag such as \Seen or $Junk`},
		{FlagModSeq("", "", 1), `imap: bad flag: want a flag such as \Seen or $Junk`},
		{FlagModSeq("a", "priv shared", 1), `imap: bad atom "priv shared": it must not hold spaces, controls, 8 bit bytes or any of (){%*"\]`},
		{EmailID(""), "imap: bad object identifier: want 1 to 255 letters, digits, _ and -"},
		{EmailID("a b"), "imap: bad object identifier: want 1 to 255 letters, digits, _ and -"},
		{ThreadID("a\"b"), "imap: bad object identifier: want 1 to 255 letters, digits, _ and -"},
		{ThreadID(strings.Repeat("a", 256)), "imap: bad object identifier: want 1 to 255 letters, digits, _ and -"},
		{Annotation("comment", "value", "a"), `imap: bad annotation entry "comment": want ASCII that begins with a slash`},
		{Annotation("/comment", "VALUE", "a"), `imap: bad annotation attribute "VALUE": want value, value.priv or value.shared`},
		{Annotation("/comment", "value", "\x00"), `imap: bad string "\x00": IMAP strings cannot hold NUL`},
		{GmailRaw("\xff"), "imap: bad string: text to search for must be UTF-8"},
		{GmailLabel(""), "imap: bad label: it is empty"},
		{Fuzzy(nil), "imap: bad query: it is nil"},
		{And(nil, Seen), "imap: bad query: it is nil"},
		{Or(Seen, nil), "imap: bad query: it is nil"},
		{Not(nil), "imap: bad query: it is nil"},
	} {
		for _, q := range []Query{tt.q, And(Seen, tt.q), Not(tt.q), Or(And(Draft, tt.q), Seen)} {
			got, err := rendered(q)
			var arg *wire.ArgumentError
			if got != "" || !errors.As(err, &arg) || err.Error() != tt.want {
				t.Errorf("got %q, %v\nwant %s", got, err, tt.want)
			}
		}
	}
}

// Strings that try to be more than a string.
func TestA30_Search(t *testing.T) {
	for _, tt := range []struct{ s, want string }{
		{"a\r\nA2 EXPUNGE", "{13}\r\n↵a\r\nA2 EXPUNGE"},
		{`" DELETED "`, `"\" DELETED \""`},
		{`\`, `"\\"`},
		{"{5}", `"{5}"`},
		{"{5}\r\n", "{5}\r\n↵{5}\r\n"},
		{") DELETED (", `") DELETED ("`},
	} {
		for key, of := range map[string]func(string) Query{"BCC": Bcc, "BODY": Body, "CC": Cc, "FROM": From, "SUBJECT": Subject, "TEXT": Text, "TO": To, "HEADER A": func(s string) Query { return Header("A", s) }} {
			if got, err := rendered(of(tt.s)); got != key+" "+tt.want || err != nil {
				t.Errorf("%s %q: %q, %v", key, tt.s, got, err)
			}
		}
	}
}

func TestCharsetAndNumbers(t *testing.T) {
	for _, tt := range []struct {
		q                Query
		charset, numbers bool
	}{
		{Seen, false, false},
		{other{}, false, false},
		{From("a"), false, false},
		{From("é"), true, false},
		{Header("a", "é"), true, false},
		{UIDs(set("1")), false, false},
		{Numbers(set("1")), false, true},
		{Not(Numbers(set("1"))), false, true},
		{Not(Text("é")), true, false},
		{And(Seen, Or(Draft, Text("é")), Numbers(set("1"))), true, true},
		{Or(Seen, And(Draft, Not(Numbers(set("1"))))), false, true},
		{Or(Seen, Draft), false, false},
	} {
		if got := charset(tt.q); got != tt.charset {
			t.Errorf("%+v: Charset %v", tt.q, got)
		}
		if got := usesNumbers(tt.q); got != tt.numbers {
			t.Errorf("%+v: UsesNumbers %v", tt.q, got)
		}
	}
	for _, q := range []any{And(Seen, Old), Or(Seen, Old), Not(Seen)} {
		if _, ok := q.(CharsetQuery); !ok {
			t.Errorf("%T has no Charset", q)
		}
		if _, ok := q.(NumbersQuery); !ok {
			t.Errorf("%T has no UsesNumbers", q)
		}
	}
}

func TestNeeds(t *testing.T) {
	for _, tt := range []struct {
		q    Query
		want string
	}{
		{Seen, "[]"},
		{other{}, "[]"},
		{Or(Seen, From("é")), "[]"},
		{Older(time.Hour), "[WITHIN]"},
		{SavedOn(july), "[SAVEDATE]"},
		{SaveDateSupported(), "[SAVEDATE]"},
		{Filter("a"), "[FILTERS]"},
		{ModSeq(1), "[CONDSTORE]"},
		{FlagModSeq("a", "", 1), "[CONDSTORE]"},
		{EmailID("a"), "[OBJECTID]"},
		{ThreadID("a"), "[OBJECTID]"},
		{Annotation("/a", "value", "a"), "[ANNOTATE-EXPERIMENT-1]"},
		{GmailRaw("a"), "[X-GM-EXT-1]"},
		{GmailLabel("a"), "[X-GM-EXT-1]"},
		{GmailMessageID(1), "[X-GM-EXT-1]"},
		{GmailThreadID(1), "[X-GM-EXT-1]"},
		{Fuzzy(Seen), "[SEARCH=FUZZY]"},
		{Fuzzy(Older(time.Hour)), "[SEARCH=FUZZY WITHIN]"},
		{And(Older(time.Hour), Or(Seen, Not(Younger(time.Hour))), ModSeq(1)), "[CONDSTORE WITHIN]"},
	} {
		if got := fmt.Sprint(Needs(tt.q)); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.q, got, tt.want)
		}
	}
	// What an extension's key has in it counts as well.
	if !charset(Fuzzy(Text("é"))) || !usesNumbers(Fuzzy(Numbers(set("1")))) || !usesNumbers(Not(Filter("a"))) || !charset(GmailRaw("é")) || charset(GmailLabel("é")) {
		t.Error("charset or numbers forgotten")
	}
}

// Many operands nest no deeper than they have to.
func TestOrDepth(t *testing.T) {
	many := make([]Query, 1000)
	for i := range many {
		many[i] = Larger(int64(i))
	}
	var depth func(q Query) int
	depth = func(q Query) int {
		if o, ok := q.(or); ok {
			return 1 + max(depth(o.a), depth(o.b))
		}
		return 0
	}
	if got := depth(Or(many...)); got != 10 {
		t.Errorf("depth %d", got)
	}
	got, err := rendered(Or(many...))
	if strings.Count(got, "OR ") != 999 || !strings.HasSuffix(got, "LARGER 999") || err != nil {
		t.Error(err)
	}
}
