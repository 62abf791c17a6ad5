package imap

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/idlewild-mail/idlewild/imap/wire"
	"github.com/idlewild-mail/idlewild/test/corpus"
)

// parseSamples are responses with all that the parsers know.
var parseSamples = []string{
	`* 12 FETCH (FLAGS (\Seen x) INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 4286 MODSEQ (5) UID 9 ENVELOPE ("d" "s" (("Terry Gray" NIL "gray" "x")) NIL NIL NIL NIL NIL NIL "<m>") BODY ("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 3028 92) X-A (1 "2" {1}` + "\r\n3))\r\n",
	"* 1 FETCH (BODY[1.HEADER.FIELDS (A \"B\")]<5> {3}\r\nabc BINARY[1] ~{2}\r\na\x00 BINARY.SIZE[1] 7 RFC822 {4}\r\nab\r\n)\r\n",
	`* 1 FETCH (BODYSTRUCTURE ((("TEXT" "PLAIN" NIL NIL NIL "7BIT" 1 1 NIL ("inline" ("a" "b")) ("en") "l" 5)("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 10 ("d" "s") ("TEXT" "PLAIN") 5) "MIXED" ("B" "x") NIL NIL)("MIXED") "REPORT"))` + "\r\n",
	`* 1 FETCH (ENVELOPE ("d" "a "b" c" (("x"y" NIL "q" "qq.com\"))) UID 5 BODY[1])` + "\r\n",
	`A1 OK [COPYUID 7 304,319:320 3956:3958] done` + "\r\n" + `* OK [PERMANENTFLAGS ([x] \*)] y` + "\r\n* NO [BADCHARSET ({5}\r\nUTF-8)] z\r\n",
	`* LIST (\HasNoChildren) "/" "Entw&APw-rfe" ("CHILDINFO" ("SUBSCRIBED"))` + "\r\n* LIST () \"/\" Sent Items\r\n* LSUB () NIL {3}\r\na b\r\n",
	`* STATUS Sent Items (MESSAGES 5 UIDNEXT 6 MAILBOXID (F) X (1 (2)))` + "\r\n* SEARCH 1 2 (MODSEQ 5)\r\n* ESEARCH (TAG \"a\") UID ALL 5,3:4 PARTIAL (1:2 NIL)\r\n",
	"* SORT 5 3 4 (MODSEQ 7)\r\n* THREAD (2)(3 6 (4 23)(44 7 96))((3)(5))\r\n* ESEARCH (TAG \"a\" MAILBOX b UIDVALIDITY 3) UID PARTIAL (-1:-2 5,3:4) RELEVANCY (1 100)\r\n* ESEARCH (TAG \"a\") UID ADDTO (1 5,3 0 7) REMOVEFROM (2 9:8)\r\n",
	"* VANISHED (EARLIER) 1:5,7\r\n* CAPABILITY IMAP4rev1 X\r\n* FLAGS (a \\Seen)\r\n* 5 EXISTS\r\n* 3 EXPUNGE\r\n+ go\r\n* BYE\r\n* METADATA \"\" (/a {1}\r\nx)\r\n",
	`* ACL INBOX Fred rwipsldexta -bob {2}` + "\r\nlr\r\n" + `* LISTRIGHTS a/b smith la r swicdkxte` + "\r\n* MYRIGHTS \"x y\" lr\r\n",
	`* QUOTA "" (STORAGE 10 512 X -1 (2))` + "\r\n* QUOTAROOT INBOX \"\" {1}\r\na\r\n* METADATA INBOX /a /b\r\n* METADATA \"\" (/a NIL /b ~{2}\r\na\x00 /c d)\r\n",
	`* ANNOTATION "INBOX" "/comment" ("value.priv" "x" "y" NIL) "/b"` + "\r\n* OK [MAILBOXID (F1)] z\r\n* XLIST (\\Inbox) \"/\" x (OLDNAME (\"y\") CHILDINFO (a (b)))\r\n",
	"* GENURLAUTH \"imap://j@x/INBOX/;uid=2;urlauth=anonymous:internal:9\" imap://a/%b*;c {3}\r\na b\r\n* OK [URLMECH INTERNAL X=P3==] y\r\nA1 OK [APPENDUID 5 9,3:4] z\r\n",
	"* URLFETCH \"a\" {3}\r\nx\r\n b NIL c (BODYPARTSTRUCTURE (\"TEXT\" \"PLAIN\")) (BINARY ~{1}\r\n\x00) d (BODY \"e\" BINARY NIL) f\r\n",
}

// TestTruncations: every beginning, and every hole, is survived.
func TestTruncations(t *testing.T) {
	for _, s := range parseSamples {
		for i := range len(s) {
			checkParse(t, []byte(s[:i]+"\r\n"))
			checkParse(t, []byte(s[i:]))
			checkParse(t, []byte(s[:i]+s[i+1:]))
		}
	}
}

// checkParse parses b in several ways, which must have the same result.
func checkParse(t testing.TB, b []byte) {
	t.Helper()
	lim := wire.Limits{Line: 1 << 10, LongLine: 4 << 10, SetLine: 4 << 10, Held: 8 << 10, Skip: 16 << 10, Depth: 16}
	all, err := parseAll(bytes.NewReader(b), lim)
	want := showParsed(all, err)
	rng := rand.New(rand.NewPCG(uint64(len(b)), 7))
	if got := showParsed(parseAll(&inChunks{b: b, rng: rng}, lim)); got != want {
		t.Errorf("%q:\n%s\nin chunks:\n%s", b, want, got)
	}
	for _, p := range all {
		if p.err != nil && !isContained(p.err) {
			t.Errorf("%q: an error of another kind: %v", b, p.err)
		}
		if p.err != nil && p.kind != kindUnknown && p.msg == nil {
			t.Errorf("%q: an error with a value: %+v", b, p)
		}
		if p.msg != nil && (p.msg.Has(HasUID) && p.msg.UID == 0 || p.msg.Size < 0 || p.name == "FETCH" && p.msg.Seq == 0 && p.msg.UID == 0) {
			t.Errorf("%q: impossible numbers: %+v", b, p.msg)
		}
	}
	// Large literals streamed: no panic, and the same number of responses.
	lim.Inline = 1
	streamed, err2 := parseAll(bytes.NewReader(b), lim)
	if limit := (*wire.LimitError)(nil); !errors.As(err, &limit) && !errors.As(err2, &limit) && len(streamed) != len(all) {
		t.Errorf("%q: %d responses, streamed %d:\n%s\n%s", b, len(all), len(streamed), want, showParsed(streamed, err2))
	}
}

func FuzzParseResponse(f *testing.F) {
	for _, s := range parseSamples {
		f.Add([]byte(s))
	}
	for _, file := range []string{corpus.Responses, corpus.RFCExamples, corpus.Attacks} {
		for _, c := range corpus.Load(f, file) {
			if len(c.Input) < 4096 {
				f.Add(c.Input)
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 64<<10 {
			return
		}
		checkParse(t, b)
	})
}
