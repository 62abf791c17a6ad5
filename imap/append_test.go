package imap_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// msg is a message for Append.
func msg(text string, flags ...imap.Flag) imap.AppendMessage {
	return imap.AppendMessage{Message: strings.NewReader(text), Size: int64(len(text)), AppendOptions: imap.AppendOptions{Flags: flags}}
}

// RFC 3502 §3, shortened: two messages in one command.
func TestAppendAll(t *testing.T) {
	date := time.Date(1994, 2, 7, 22, 43, 4, 0, time.FixedZone("", -8*3600))
	second := msg("Subject: b\r\n\r\nbb", imap.FlagSeen)
	second.Date = date
	c := talkTo(t, "MULTIAPPEND UIDPLUS", `
		C: $1 APPEND saved-messages (\Seen $Later) {15}
		S: + Ready for literal data
		C!: Subject: a\r\n\r\na
		C:  (\Seen) " 7-Feb-1994 22:43:04 -0800" {16}
		S: + Ready for literal data
		C!: Subject: b\r\n\r\nbb
		C:  {0}
		S: + Ready for literal data
		C:
		S: * 172 EXISTS
		S: $1 OK [APPENDUID 5 9,3:4] APPEND completed
	`, nil)
	got, err := c.AppendAll(t.Context(), "saved-messages", []imap.AppendMessage{msg("Subject: a\r\n\r\na", imap.FlagSeen, "$Later"), second, msg("")}, nil)
	if err != nil || fmt.Sprint(got) != "[{5 9} {5 3} {5 4}]" {
		t.Fatal(got, err)
	}
}

func TestAppendAllPlus(t *testing.T) {
	// All at once; a number of UIDs that cannot be is no UIDs.
	for _, test := range []struct{ code, want string }{
		{"[APPENDUID 5 6:7] ", "[{5 6} {5 7}]"},
		{"[APPENDUID 5 6] ", "[{5 0} {5 0}]"},
		{"[APPENDUID 5 6:4000000000] ", "[{5 0} {5 0}]"},
		{"[APPENDUID 5] ", "[{0 0} {0 0}]"},
		{"", "[{0 0} {0 0}]"},
	} {
		c := talkTo(t, "MULTIAPPEND LITERAL+", `
			C: $1 APPEND a {1+}
			C!: x {2+}\r\nyz\r\n
			S: $1 OK `+test.code+`done
			C: $2 NOOP
			S: $2 OK done
		`, nil)
		got, err := c.AppendAll(t.Context(), "a", []imap.AppendMessage{msg("x"), msg("yz")}, nil)
		if err != nil || fmt.Sprint(got) != test.want {
			t.Error(got, err, test.want)
		}
		noop(t, c)
	}
}

// A refusal at each place; behind it the connection is as before.
func TestAppendAllRefused(t *testing.T) {
	for name, transcript := range map[string]string{
		"at the first": `
			C: $1 APPEND a {1}
			S: $1 NO [TRYCREATE] no such mailbox`,
		"at the second": `
			C: $1 APPEND a {1}
			S: + go on
			C!: x
			C:  {5000}
			S: $1 NO [TRYCREATE] too much`,
		"at the end": `
			C: $1 APPEND a {1}
			S: + go on
			C!: x
			C:  {5000}
			S: + go on
			C!: ` + strings.Repeat("y", 5000) + `
			C:
			S: $1 NO [TRYCREATE] later`,
		"inside": `
			C: $1 APPEND a {1}
			S: + go on
			S: $1 NO [TRYCREATE] never mind
			C!: x
			C:  {5000}`,
	} {
		t.Run(name, func(t *testing.T) {
			c := talkTo(t, "MULTIAPPEND", transcript+"\nC: $2 NOOP\nS: $2 OK done", nil)
			_, err := c.AppendAll(t.Context(), "a", []imap.AppendMessage{msg("x"), msg(strings.Repeat("y", 5000))}, nil)
			if !errors.Is(err, imap.CodeTryCreate) {
				t.Fatal(err)
			}
			noop(t, c)
		})
	}
}

// LITERAL- lets 4096 bytes go at once, and no more (RFC 7888 §5).
func TestAppendLiteralMinus(t *testing.T) {
	c := talkTo(t, "LITERAL- MULTIAPPEND", `
		C: $1 APPEND a {4096+}
		C!: `+strings.Repeat("x", 4096)+`
		C:  {4097}
		S: + go on
		C!: `+strings.Repeat("y", 4097)+`
		C:
		S: $1 OK done
		C: $2 APPEND a {1+}
		C!: x
		C:  {4097}
		S: $2 NO [OVERQUOTA] refused before it was asked for
		C: $3 NOOP
		S: $3 OK done
	`, nil)
	if _, err := c.AppendAll(t.Context(), "a", []imap.AppendMessage{msg(strings.Repeat("x", 4096)), msg(strings.Repeat("y", 4097))}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := c.AppendAll(t.Context(), "a", []imap.AppendMessage{msg("x"), msg(strings.Repeat("y", 4097))}, nil); !errors.Is(err, imap.CodeOverQuota) {
		t.Fatal(err)
	}
	noop(t, c)
}

func TestAppendAllOneByOne(t *testing.T) {
	c := talkTo(t, "UIDPLUS LITERAL+", `
		C: $1 APPEND a {1+}
		C: x
		S: $1 OK [APPENDUID 1 7] done
		C: $2 APPEND a {1+}
		C: y
		S: $2 NO [OVERQUOTA] full
	`, nil)
	two := []imap.AppendMessage{msg("x"), msg("y")}
	if _, err := c.AppendAll(t.Context(), "a", two, nil); !errors.Is(err, imap.ErrUnsupported) || !strings.Contains(err.Error(), "MULTIAPPEND") {
		t.Fatal(err)
	}
	if got, err := c.AppendAll(t.Context(), "a", nil, nil); got != nil || err != nil {
		t.Fatal(got, err)
	}
	got, err := c.AppendAll(t.Context(), "a", two, &imap.AppendAllOptions{OneByOne: true})
	if !errors.Is(err, imap.CodeOverQuota) || fmt.Sprint(got) != "[{1 7}]" || !strings.Contains(err.Error(), "2 of 2") {
		t.Fatal(got, err)
	}
}

// What cannot be sent is refused before anything is.
func TestAppendArguments(t *testing.T) {
	c := talkTo(t, "APPENDLIMIT=10 MULTIAPPEND CATENATE", "C: $1 NOOP\nS: $1 OK done", nil)
	var argument *wire.ArgumentError
	for name, m := range map[string]imap.AppendMessage{
		"no reader":      {Size: 3},
		"huge":           {Message: strings.NewReader("x"), Size: 1<<63 - 1},
		"no size":        {Message: strings.NewReader("x"), Size: -1},
		"both":           {Message: strings.NewReader("x"), Size: 1, Parts: []imap.CatenatePart{imap.CatenateText("x")}},
		"binary parts":   {Parts: []imap.CatenatePart{imap.CatenateText("x")}, AppendOptions: imap.AppendOptions{Binary: true}},
		"UTF8 parts":     {Parts: []imap.CatenatePart{imap.CatenateText("x")}, AppendOptions: imap.AppendOptions{UTF8: true}},
		"empty part":     {Parts: []imap.CatenatePart{{}}},
		"double part":    {Parts: []imap.CatenatePart{{URL: "/a", Size: 1}}},
		"URL with space": {Parts: []imap.CatenatePart{imap.CatenateURL("/a b")}},
		"URL with CRLF":  {Parts: []imap.CatenatePart{imap.CatenateURL("/a\r\nb")}},
		"bad flag":       msg("x", "a b"),
	} {
		if _, err := c.AppendAll(t.Context(), "a", []imap.AppendMessage{msg("x"), m}, nil); !errors.As(err, &argument) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.Catenate(t.Context(), "a", nil, nil); !errors.As(err, &argument) {
		t.Error(err)
	}
	var limit *imap.LimitError
	for _, m := range []imap.AppendMessage{msg("12345678901"), {Parts: []imap.CatenatePart{imap.CatenateText("123456"), imap.CatenateText("123456")}}} {
		if _, err := c.AppendAll(t.Context(), "a", []imap.AppendMessage{m}, nil); !errors.As(err, &limit) || limit.Max != 10 || limit.Size < 11 {
			t.Error(err)
		}
	}
	if n, ok := c.AppendLimit(); n != 10 || !ok {
		t.Error(n, ok)
	}
	binary := msg("x")
	binary.Binary = true
	if _, err := c.AppendAll(t.Context(), "a", []imap.AppendMessage{binary}, nil); !errors.Is(err, imap.ErrUnsupported) || !strings.Contains(err.Error(), "BINARY") {
		t.Error(err)
	}
	noop(t, c)
	plain := talkTo(t, "APPENDLIMIT", "", nil)
	if _, err := plain.Catenate(t.Context(), "a", []imap.CatenatePart{imap.CatenateText("x")}, nil); !errors.Is(err, imap.ErrUnsupported) || !strings.Contains(err.Error(), "CATENATE") {
		t.Error(err)
	}
	if n, ok := plain.AppendLimit(); n != 0 || ok {
		t.Error(n, ok)
	}
}

// RFC 3516 §5 and RFC 7888: a literal8, asked for and not.
func TestAppendBinary(t *testing.T) {
	c := talkTo(t, "BINARY", `
		C: $1 APPEND a ~{3}
		S: + go on
		C!: a\0b\r\n
		S: $1 OK done
	`, nil)
	if _, err := c.Append(t.Context(), "a", strings.NewReader("a\x00b"), 3, &imap.AppendOptions{Binary: true}); err != nil {
		t.Fatal(err)
	}
	c = talkTo(t, "BINARY LITERAL+", `
		C: $1 APPEND a ~{3+}
		C!: a\0b\r\n
		S: $1 NO [UNKNOWN-CTE] cannot convert
	`, nil)
	if _, err := c.Append(t.Context(), "a", strings.NewReader("a\x00b"), 3, &imap.AppendOptions{Binary: true}); !errors.Is(err, imap.CodeUnknownCTE) {
		t.Fatal(err)
	}
}

// RFC 6855 §4: a header in UTF-8 as it is.
func TestAppendUTF8(t *testing.T) {
	const text = "Subject: ä\r\n\r\n"
	m := msg(text, imap.FlagSeen)
	m.UTF8 = true
	c := talkTo(t, "ENABLE UTF8=ACCEPT LITERAL+ MULTIAPPEND", `
		C: $1 ENABLE UTF8=ACCEPT
		S: * ENABLED UTF8=ACCEPT
		S: $1 OK done
		C: $2 APPEND a (\Seen) UTF8 (~{15+}
		C!: `+"Subject: ä"+`\r\n\r\n
		C: ) {1+}
		C: x
		S: $2 OK [APPENDUID 1 7:8] done
	`, nil)
	if _, err := c.AppendAll(t.Context(), "a", []imap.AppendMessage{m, msg("x")}, nil); !errors.Is(err, imap.ErrUnsupported) || !strings.Contains(err.Error(), "UTF8=ACCEPT") {
		t.Fatal(err)
	}
	if _, err := c.Enable(t.Context(), "UTF8=ACCEPT"); err != nil {
		t.Fatal(err)
	}
	got, err := c.AppendAll(t.Context(), "a", []imap.AppendMessage{m, msg("x")}, nil)
	if err != nil || got[1].UID != 8 {
		t.Fatal(got, err)
	}
	// IMAP4rev2 takes it without more ado.
	c = talkTo(t, "ENABLE IMAP4rev2", `
		C: $1 ENABLE IMAP4rev2
		S: * ENABLED IMAP4rev2
		S: $1 OK done
		C: $2 APPEND a {15+}
		C!: `+"Subject: ä"+`\r\n\r\n
		C:
		S: $2 OK done
	`, nil)
	if _, err := c.Enable(t.Context(), "IMAP4rev2"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Append(t.Context(), "a", strings.NewReader(text), int64(len(text)), &imap.AppendOptions{UTF8: true}); err != nil {
		t.Fatal(err)
	}
}

// An APPENDUID that comes before the tagged reply counts, if it can be of no
// other APPEND.
func TestAppendUIDUntagged(t *testing.T) {
	c := talkTo(t, "LITERAL+", `
		C: $1 APPEND a {1+}
		C: x
		S: * OK [APPENDUID 1 7] there
		S: $1 OK done
	`, nil)
	if r, err := c.Append(t.Context(), "a", strings.NewReader("x"), 1, nil); err != nil || r.UID != 7 {
		t.Fatal(r, err)
	}
}

// A message of several that breaks off says which; before anything is sent that
// costs nothing.
func TestAppendAllReaders(t *testing.T) {
	c := talkTo(t, "MULTIAPPEND LITERAL+", "C: $1 NOOP\nS: $1 OK done", nil)
	short := msg("xx")
	short.Size = 3
	_, err := c.AppendAll(t.Context(), "a", []imap.AppendMessage{msg("x"), short, msg("z")}, nil)
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "literal 2 of 3") || errors.Is(err, imap.ErrClosed) {
		t.Fatal(err)
	}
	noop(t, c)
}

// Messages of any size on both sides of what is read ahead, to a server that
// asks for each and to one that does not; and one that breaks off inside.
func TestAppendAllLarge(t *testing.T) {
	for _, caps := range []string{"", "LITERAL+"} {
		synctest.Test(t, func(t *testing.T) {
			sizes := []int64{0, 1, 3 << 20, 0, 100_000, 64 << 10, 1<<20 + 1, 7}
			mark := func(i int) byte { return byte('a' + i) }
			conn, server := imaptest.Pipe()
			f := newFake(server)
			got := make(chan []string, 1)
			go func() {
				f.say("* PREAUTH [CAPABILITY IMAP4rev1 MULTIAPPEND " + caps + "] hello\r\n")
				tag, rest, _ := f.command()
				got <- strings.Split(rest, "\r\n")
				f.say("* OK [APPENDUID 1 1:8] there\r\n", tag+" OK done\r\n")
				f.serve(nil)
			}()
			c, err := imap.NewClient(t.Context(), conn, &imap.Options{Security: imap.Plaintext})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			var all []imap.AppendMessage
			for i, n := range sizes {
				all = append(all, imap.AppendMessage{Message: only(mark(i)), Size: n})
			}
			results, err := c.AppendAll(t.Context(), "a", all, nil)
			if err != nil || len(results) != 8 || results[7].UID != 8 {
				t.Fatal(results, err)
			}
			for i, piece := range (<-got)[1:] {
				n := int64(strings.Count(piece, string(mark(i))))
				if n != sizes[i] {
					t.Errorf("message %d: %d of %d bytes", i, n, sizes[i])
				}
			}
			all[6].Message = io.MultiReader(io.LimitReader(only('x'), 1000), failing{})
			if _, err = c.AppendAll(t.Context(), "a", all, nil); !errors.Is(err, errCause) || !strings.Contains(err.Error(), "literal 7 of 8") {
				t.Fatal(err)
			}
			<-c.Done()
		})
	}
}

// only is a Reader without end of one byte.
type only byte

func (b only) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(b)
	}
	return len(p), nil
}

// RFC 4469 §4: the examples.
func TestCatenate(t *testing.T) {
	c := talkTo(t, "CATENATE", `
		C: $1 APPEND Drafts (\Seen \Draft $MDNSent) CATENATE (TEXT {4}
		S: + Ready for literal data
		C!: text
		C:  URL "/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER" TEXT {5}
		S: + Ready for literal data
		C!: \r\n--x
		C:  URL "/Drafts;UIDVALIDITY=385759045/;UID=30")
		S: $1 OK catenate append completed
		C: $2 APPEND Drafts CATENATE (URL "/Drafts")
		S: $2 NO [BADURL /Drafts] CATENATE append has failed, one message expunged
		C: $3 APPEND Drafts CATENATE (TEXT {1}
		S: $3 NO [TOOBIG] Resulting message is too big
		C: $4 APPEND Drafts CATENATE (URL "/a")
		S: $4 NO [BADURL "/a] nonsense
	`, nil)
	_, err := c.Catenate(t.Context(), "Drafts", []imap.CatenatePart{
		imap.CatenateText("text"),
		imap.CatenateURL("/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER"),
		imap.CatenateText("\r\n--x"),
		imap.CatenateURL("/Drafts;UIDVALIDITY=385759045/;UID=30"),
	}, &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen, imap.FlagDraft, imap.FlagMDNSent}})
	if err != nil {
		t.Fatal(err)
	}
	var refused *imap.ResponseError
	_, err = c.Catenate(t.Context(), "Drafts", []imap.CatenatePart{imap.CatenateURL("/Drafts")}, nil)
	if !errors.Is(err, imap.CodeBadURL) || !errors.As(err, &refused) || refused.Data != "/Drafts" {
		t.Fatal(err)
	}
	if _, err := c.Catenate(t.Context(), "Drafts", []imap.CatenatePart{imap.CatenateText("x")}, nil); !errors.Is(err, imap.CodeTooBig) {
		t.Fatal(err)
	}
	if _, err := c.Catenate(t.Context(), "Drafts", []imap.CatenatePart{imap.CatenateURL("/a")}, nil); !errors.Is(err, imap.CodeBadURL) {
		t.Fatal(err)
	}
}

// MULTIAPPEND and CATENATE together.
func TestAppendAllCatenate(t *testing.T) {
	c := talkTo(t, "CATENATE MULTIAPPEND LITERAL+", `
		C: $1 APPEND a CATENATE (URL "/b" TEXT {1+}
		C: x) (\Seen) {1+}
		C: y CATENATE (URL "/c")
		S: $1 OK [APPENDUID 1 1:3] done
	`, nil)
	got, err := c.AppendAll(t.Context(), "a", []imap.AppendMessage{
		{Parts: []imap.CatenatePart{imap.CatenateURL("/b"), imap.CatenateText("x")}},
		msg("y", imap.FlagSeen),
		{Parts: []imap.CatenatePart{imap.CatenateURL("/c")}},
	}, nil)
	if err != nil || fmt.Sprint(got) != "[{1 1} {1 2} {1 3}]" {
		t.Fatal(got, err)
	}
}

func TestMessageURL(t *testing.T) {
	for _, test := range []struct {
		url  imap.MessageURL
		want string
	}{
		{imap.MessageURL{Mailbox: "inbox", UIDValidity: 1, UID: 20, Section: imap.Section{Part: "1.2"}}, "/INBOX;UIDVALIDITY=1/;UID=20/;SECTION=1.2"},
		{imap.MessageURL{Mailbox: "Drafts", UIDValidity: 385759045, UID: 20, Section: imap.Section{Part: "1", Kind: imap.MIME}}, "/Drafts;UIDVALIDITY=385759045/;UID=20/;SECTION=1.MIME"},
		{imap.MessageURL{Mailbox: "a/b c;d?e#f%", UID: 1}, "/a/b%20c%3Bd%3Fe%23f%25/;UID=1"},
		{imap.MessageURL{Mailbox: "Grüße", UID: 1}, "/Gr%C3%BC%C3%9Fe/;UID=1"},
		{imap.MessageURL{Mailbox: "a", UID: 1, Section: imap.Section{Kind: imap.HeaderFields, Fields: []string{"To", "From"}}}, "/a/;UID=1/;SECTION=HEADER.FIELDS%20(To%20From)"},
		{imap.MessageURL{Mailbox: "a", UID: 1, Offset: 0, Count: 1024}, "/a/;UID=1/;PARTIAL=0.1024"},
		{imap.MessageURL{Mailbox: "a", UID: 1, Offset: 5}, "/a/;UID=1/;PARTIAL=5"},
		{imap.MessageURL{User: "joe@x;y", Host: "example.com:143", Mailbox: "INBOX", UID: 20, Section: imap.Section{Part: "1.2"}, Expire: "2026-03-04T05:06:07Z", Access: "submit+fred"},
			"imap://joe%40x%3By@example.com:143/INBOX/;UID=20/;SECTION=1.2;EXPIRE=2026-03-04T05:06:07Z;URLAUTH=submit+fred"},
		{imap.MessageURL{Mailbox: "a\r\nb\x00\"", UID: 1}, "/a%0D%0Ab%00%22/;UID=1"},
	} {
		if got := test.url.String(); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

// ctx is heeded between two messages, when the server does not ask for the
// next: nothing is left half sent that could be finished.
func TestAppendAllCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "MULTIAPPEND", `
			C: $1 APPEND a {1}
			S: + go on
			C!: x
			C:  {1}
			pause 1m
			S: + go on
			C: y
			S: $1 OK done
			C: $2 NOOP
			S: $2 OK done
		`, nil)
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		if _, err := c.AppendAll(ctx, "a", []imap.AppendMessage{msg("x"), msg("y")}, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		if err := c.Noop(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// A refusal that comes inside a literal which the server has asked for: it reads
// on to the end of the literal, so that is sent, and nothing behind it.
func TestAppendRefusedInside(t *testing.T) {
	for _, test := range []struct{ caps, announces, rest string }{
		{"", "{3145728}", ""},
		{"LITERAL+", "{3145728+}", " {1+}\r\ny"},
	} {
		synctest.Test(t, func(t *testing.T) {
			const size = 3 << 20
			conn, server := imaptest.PipeSize(64 << 10)
			f := newFake(server)
			served := make(chan string, 1)
			go func() {
				defer server.Close()
				f.say("* PREAUTH [CAPABILITY IMAP4rev1 MULTIAPPEND " + test.caps + "] hello\r\n")
				line, _ := f.line()
				if test.caps == "" {
					f.say("+ go on\r\n")
				}
				_, _ = io.CopyN(io.Discard, f.r, 1000)
				f.say("A1 NO [OVERQUOTA] no room\r\n")
				_, _ = io.CopyN(io.Discard, f.r, size-1000)
				got := line
				for range 2 + strings.Count(test.rest, "\r\n") {
					more, _ := f.line()
					got += "|" + more
				}
				f.say("A2 OK done\r\n")
				_, _ = f.r.ReadByte()
				served <- got
			}()
			c, err := imap.NewClient(t.Context(), conn, &imap.Options{Security: imap.Plaintext})
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.AppendAll(t.Context(), "a", []imap.AppendMessage{{Message: zeros{}, Size: size}, msg("y")}, nil)
			if !errors.Is(err, imap.CodeOverQuota) {
				t.Fatal(err)
			}
			noop(t, c)
			_ = c.Close()
			want := "A1 APPEND a " + test.announces + "| {1}|A2 NOOP"
			if test.caps != "" {
				want = "A1 APPEND a " + test.announces + "| {1+}|y|A2 NOOP"
			}
			if got := <-served; got != want {
				t.Fatalf("got %q, want %q", got, want)
			}
		})
	}
}
