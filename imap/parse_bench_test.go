package imap

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// fetchLines are n answers to FETCH (UID FLAGS INTERNALDATE RFC822.SIZE
// ENVELOPE), as a large mailbox gives them.
func fetchLines(n int) []byte {
	var b bytes.Buffer
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, `* %d FETCH (UID %d FLAGS (\Seen \Answered $Forwarded Project%d) INTERNALDATE "%2d-Jul-2024 02:44:%02d +0200" RFC822.SIZE %d `+
			`ENVELOPE ("Wed, 17 Jul 2024 02:23:%02d +0200 (CEST)" "=?utf-8?q?Re=3A_the_matter_of?= number %d" `+
			`(("Terry Gray" NIL "gray" "cac.example.edu")) (("Terry Gray" NIL "gray" "cac.example.edu")) (("Terry Gray" NIL "gray" "cac.example.edu")) `+
			`((NIL NIL "imap" "cac.example.edu") ("Someone Else" NIL "else" "example.org")) ((NIL NIL "minutes" "CNRI.example.va.us") ("John Klensin" NIL "KLENSIN" "MIT.example.edu")) NIL `+
			`"<B27396-0100000@cac.example.edu>" "<B%d-0100000@cac.example.edu>"))`+"\r\n",
			i, 1000+3*i, i%4, 1+i%28, i%60, 2000+i*7%90000, i%60, i, i)
	}
	return b.Bytes()
}

func BenchmarkFetchEnvelope(b *testing.B) {
	lines := bytes.SplitAfter(fetchLines(1000), []byte("\n"))[:1000]
	benchResponses(b, lines)
}

func BenchmarkFetchFlags(b *testing.B) {
	var lines [][]byte
	for i := 1; i <= 1000; i++ {
		lines = append(lines, fmt.Appendf(nil, `* %d FETCH (UID %d FLAGS (\Seen))`+"\r\n", i, 2*i))
	}
	benchResponses(b, lines)
}

func BenchmarkFetchBodyStructure(b *testing.B) {
	line := `* 1 FETCH (UID 1 BODYSTRUCTURE ((("TEXT" "PLAIN" ("CHARSET" "iso-8859-1") NIL NIL "QUOTED-PRINTABLE" 69 1 NIL NIL NIL)` +
		`("TEXT" "HTML" ("CHARSET" "iso-8859-1") NIL NIL "QUOTED-PRINTABLE" 455 12 NIL NIL NIL) "ALTERNATIVE" ("BOUNDARY" "b1") NIL NIL)` +
		`("APPLICATION" "PDF" ("NAME" "a.pdf") NIL NIL "BASE64" 407975 NIL ("attachment" ("filename" "a.pdf")) NIL) "MIXED" ("BOUNDARY" "b2") NIL NIL))` + "\r\n"
	benchResponses(b, [][]byte{[]byte(line)})
}

func benchResponses(b *testing.B, lines [][]byte) {
	p := newParser(wire.Limits{})
	b.ReportAllocs()
	b.SetBytes(int64(len(lines[0])))
	for i := 0; b.Loop(); i++ {
		line := bytes.TrimRight(lines[i%len(lines)], "\r\n")
		resp, err := p.parseResponse(&wire.Response{Bytes: line, Pending: -1})
		if err != nil || len(resp.msg.Problems) > 0 {
			b.Fatal(err, resp.msg)
		}
	}
}

// BenchmarkFetchFramed is the same with framing, an operation a message.
func BenchmarkFetchFramed(b *testing.B) {
	data := fetchLines(1000)
	b.ReportAllocs()
	for n := 0; n < b.N; {
		f, p := wire.NewFramer(bytes.NewReader(data), wire.Limits{}), newParser(wire.Limits{})
		for ; n < b.N; n++ {
			wr, err := f.Next()
			if err == io.EOF {
				break
			}
			if _, err = p.parseResponse(wr); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	var line strings.Builder
	line.WriteString("* SEARCH")
	for i := range 10000 {
		fmt.Fprintf(&line, " %d", 5+3*i)
	}
	p := newParser(wire.Limits{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.parseResponse(&wire.Response{Bytes: []byte(line.String()), Pending: -1}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestFetchAllocations holds the price of a message: its Message, response,
// text, envelope, addresses and flags.
func TestFetchAllocations(t *testing.T) {
	line := bytes.TrimRight(fetchLines(1), "\r\n")
	p := newParser(wire.Limits{})
	n := testing.AllocsPerRun(200, func() {
		if _, err := p.parseResponse(&wire.Response{Bytes: line, Pending: -1}); err != nil {
			t.Fatal(err)
		}
	})
	if n > 7 {
		t.Errorf("%v allocations a message", n)
	}
}
