package imap

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestResponseCodes(t *testing.T) {
	set := func(s string) UIDSet {
		u, err := ParseUIDSet(s)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	for _, tt := range []struct {
		line string
		code *ResponseCode
		text string
	}{
		{"x", nil, "x"},
		{"[UIDVALIDITY 5 text", nil, "[UIDVALIDITY 5 text"},
		{"done [CAPABILITY IMAP4rev1]", nil, "done [CAPABILITY IMAP4rev1]"},
		{"[] x", nil, "[] x"},
		{"[42] x", nil, "[42] x"},
		{`[Error="Microsoft.WrongServerException" Service=Imap4] AUTHENTICATE completed.`, nil,
			`[Error="Microsoft.WrongServerException" Service=Imap4] AUTHENTICATE completed.`},
		{"[ALERT] x", &ResponseCode{Code: CodeAlert}, "x"},
		{"[ALERT]", &ResponseCode{Code: CodeAlert}, ""},
		{"[ALERT]x", &ResponseCode{Code: CodeAlert}, "x"},
		{"[IMAP4rev1]  ", &ResponseCode{Code: "IMAP4REV1"}, " "},
		{"[CLOSED shouldn't be here] x", &ResponseCode{Code: CodeClosed, Data: "shouldn't be here"}, "x"},
		{`[X-FOO (a "b]c" {3})] x`, &ResponseCode{Code: "X-FOO", Data: `(a "b]c" {3})`}, "x"},
		{`[X-FOO "a\"]b"] x`, &ResponseCode{Code: "X-FOO", Data: `"a\"]b"`}, "x"},
		{`[X-FOO don"t] x`, &ResponseCode{Code: "X-FOO", Data: `don"t`}, "x"},
		{`[X-FOO (a] x`, &ResponseCode{Code: "X-FOO", Data: `(a`}, "x"},
		{"[X-FOO {9}] x", &ResponseCode{Code: "X-FOO", Data: "{9}"}, "x"},
		{"[uidvalidity 12] x", &ResponseCode{Code: CodeUIDValidity, Data: "12", Number: 12}, "x"},
		{"[UIDNEXT  4392 ] x", &ResponseCode{Code: CodeUIDNext, Data: " 4392 ", Number: 4392}, "x"},
		{"[HIGHESTMODSEQ 9223372036854775807]", &ResponseCode{Code: CodeHighestModSeq, Data: "9223372036854775807", Number: 1<<63 - 1}, ""},
		{`[PERMANENTFLAGS ([x] \*)] ok`, &ResponseCode{Code: CodePermanentFlags, Data: `([x] \*)`, Flags: []Flag{"[x]", FlagAny}}, "ok"},
		{`[PERMANENTFLAGS (a[b \seen)] ok`, &ResponseCode{Code: CodePermanentFlags, Data: `(a[b \seen)`, Flags: []Flag{"a[b", FlagSeen}}, "ok"},
		{`[PERMANENTFLAGS (a]b)] ok`, &ResponseCode{Code: CodePermanentFlags, Data: `(a]b)`, Flags: []Flag{"a]b"}}, "ok"},
		{"[PERMANENTFLAGS ()]", &ResponseCode{Code: CodePermanentFlags, Data: "()", Flags: []Flag{}}, ""},
		{"[CAPABILITY IMAP4rev1 +  ID ] x", &ResponseCode{Code: CodeCapability, Data: "IMAP4rev1 +  ID ", Capabilities: []string{"IMAP4rev1", "+", "ID"}}, "x"},
		{`[BADCHARSET (US-ASCII "[a]")] x`, &ResponseCode{Code: CodeBadCharset, Data: `(US-ASCII "[a]")`, Charsets: []string{"US-ASCII", "[a]"}}, "x"},
		{"[BADCHARSET ({3}\r\n]]] x)] y", &ResponseCode{Code: CodeBadCharset, Data: "({3}\r\n]]] x)", Charsets: []string{"]]]", "x"}}, "y"},
		{"[BADCHARSET UTF-8] x", &ResponseCode{Code: CodeBadCharset, Data: "UTF-8", Charsets: []string{"UTF-8"}}, "x"},
		{"[BADCHARSET] x", &ResponseCode{Code: CodeBadCharset}, "x"},
		{"[APPENDUID 38505 3955] x", &ResponseCode{Code: CodeAppendUID, Data: "38505 3955", UIDValidity: 38505, Dest: set("3955"), appended: uidRanges{{First: 3955, Last: 3955}}}, "x"},
		{"[APPENDUID 2 4,6:7,9] x", &ResponseCode{Code: CodeAppendUID, Data: "2 4,6:7,9", UIDValidity: 2, Dest: set("4,6:7,9"), appended: uidRanges{{First: 4, Last: 4}, {First: 6, Last: 7}, {First: 9, Last: 9}}}, "x"},
	} {
		r := mustParseLine(t, "A1 OK "+tt.line)
		if !reflect.DeepEqual(r.code, tt.code) || r.text != tt.text {
			t.Errorf("%q:\n%+v, %q\n%+v, %q", tt.line, r.code, r.text, tt.code, tt.text)
		}
	}
}

// TestResponseCodeProblems: what does not parse has no value, but is there.
func TestResponseCodeProblems(t *testing.T) {
	for _, line := range []string{
		"[UIDVALIDITY 0]", "[UIDVALIDITY 4294967296]", "[UIDVALIDITY]", "[UIDVALIDITY -1]", "[UIDVALIDITY 5x]",
		"[UIDNEXT 0]", "[UIDNEXT 99999999999999999999]", "[UNSEEN 0]", "[UNSEEN 1 2]",
		"[HIGHESTMODSEQ 0]", "[HIGHESTMODSEQ 9223372036854775808]",
		"[PERMANENTFLAGS (a]", "[PERMANENTFLAGS x]",
		"[APPENDUID 1 0]", "[APPENDUID 0 1]", "[APPENDUID 1 *]", "[APPENDUID 1]",
		"[COPYUID]", "[COPYUID 701  ]", "[COPYUID 1 1:* 5:*]", "[COPYUID 1 1:10 101:110 extra]",
		"[COPYUID 1 1:4294967295 1:3]", "[COPYUID 1 1:3 4,4,5]", "[COPYUID 1 7,7 4,5]", "[COPYUID 1 1, 2]",
	} {
		c := mustParseLine(t, "* OK "+line+" text").code
		if c == nil || c.Problem == nil || !isContained(c.Problem) {
			t.Errorf("%s: %+v", line, c)
			continue
		}
		c.Problem = nil
		if !reflect.DeepEqual(c, &ResponseCode{Code: c.Code, Data: c.Data}) {
			t.Errorf("%s: has a value: %+v", line, c)
		}
	}
}

// TestCodeLinear: quotes that are never closed are not followed again and again.
func TestCodeLinear(t *testing.T) {
	start := time.Now()
	mustParseLine(t, "* OK [X "+strings.Repeat(`"\`, 32000)+"] text")
	if d := time.Since(start); d > 30*time.Second {
		t.Error(d)
	}
}
