package wire

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// fetchStream is what a server answers to FETCH 1:n (UID FLAGS ENVELOPE), with
// a literal in every tenth.
func fetchStream(n int) []byte {
	var b bytes.Buffer
	for i := 1; i <= n; i++ {
		subject := `"Re: the minutes of last week"`
		if i%10 == 0 {
			subject = "{29}\r\nWhat \"quotes\" do in a subject"
		}
		fmt.Fprintf(&b, `* %d FETCH (UID %d FLAGS (\Seen $Junk) INTERNALDATE "17-Jul-2026 02:44:25 -0700" RFC822.SIZE %d `+
			`ENVELOPE ("Wed, 17 Jul 2026 02:23:25 -0700 (PDT)" %s (("Terry Gray" NIL "gray" "cac.example")) `+
			`(("Terry Gray" NIL "gray" "cac.example")) NIL ((NIL NIL "imap" "cac.example")) `+
			`((NIL NIL "minutes" "cnri.example")("John Klensin" NIL "KLENSIN" "mit.example")) NIL NIL "<B%d-010@cac.example>"))`+"\r\n",
			i, 1000+i, 4286+i, subject, i)
	}
	b.WriteString("A1 OK done\r\n")
	return b.Bytes()
}

func BenchmarkFramer(b *testing.B) {
	stream := fetchStream(1000)
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	src := bytes.NewReader(nil)
	f := NewFramer(src, Limits{})
	for b.Loop() {
		src.Reset(stream)
		for n := 0; ; n++ {
			if _, err := f.Next(); err == io.EOF {
				if n != 1001 {
					b.Fatal(n)
				}
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkFramerLargeBody(b *testing.B) {
	stream := "* 1 FETCH (BODY[] {16777216}\r\n" + strings.Repeat("x", 16<<20) + ")\r\n"
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	src, p := strings.NewReader(""), make([]byte, 32<<10)
	f := NewFramer(src, Limits{})
	for b.Loop() {
		src.Reset(stream)
		if _, err := f.Next(); err != nil {
			b.Fatal(err)
		}
		for {
			if _, err := f.ReadLiteral(p); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
		if _, err := f.Continue(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReaderSkip(b *testing.B) {
	lim := Limits{}.WithDefaults()
	lines := bytes.Split(fetchStream(2), []byte("\r\n"))
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(lines[0], &lim)
		for !r.AtEnd() {
			r.Skip()
		}
		if r.Err() != nil {
			b.Fatal(r.Err())
		}
	}
}
