package imap_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
)

// RFC 3516 §4 and what servers do with it.
func TestBinary(t *testing.T) {
	c, box := talk(t, "BINARY", `
		C: $2 UID FETCH 1 (UID BINARY.SIZE[3] BINARY.PEEK[3])
		S: * 1 FETCH (UID 1 BINARY.SIZE[3] 6 BINARY[3] ~{6}
		S!: \0\xff\r\n\0!)\r\n
		S: $2 OK done
		C: $3 UID FETCH 1 (UID BINARY.PEEK[1]<2.4>)
		S: * 1 FETCH (UID 1 BINARY[1]<2> {4}
		S: abcd)
		S: $3 OK done
		C: $4 UID FETCH 1 (UID BINARY[1])
		S: * 1 FETCH (UID 1 BINARY[1] "in quotes" FLAGS (\Seen))
		S: $4 OK done
	`, nil)
	_ = c
	three := imap.Section{Part: "3", Binary: true}
	m := fetchOnly(t, box, &imap.FetchOptions{BinarySizes: []string{"3"}, Sections: []imap.Section{three}})
	if n, ok := m.BinarySize("3"); n != 6 || !ok {
		t.Error(n, ok)
	}
	if b, err := m.Body(three).Bytes(); string(b) != "\x00\xff\r\n\x00!" || err != nil {
		t.Errorf("%q %v", b, err)
	}
	part := imap.Section{Part: "1", Binary: true, Offset: 2, Count: 4}
	m = fetchOnly(t, box, &imap.FetchOptions{Sections: []imap.Section{part}})
	if b, err := m.Body(part).Bytes(); string(b) != "abcd" || err != nil {
		t.Errorf("%q %v", b, err)
	}
	one := imap.Section{Part: "1", Binary: true}
	m = fetchOnly(t, box, &imap.FetchOptions{Sections: []imap.Section{one}, MarkSeen: true})
	if b, err := m.Body(one).Bytes(); string(b) != "in quotes" || err != nil {
		t.Errorf("%q %v", b, err)
	}
}

// fetchOnly fetches message 1.
func fetchOnly(t *testing.T, box *imap.Mailbox, o *imap.FetchOptions) (got *imap.Message) {
	t.Helper()
	for m, err := range box.Fetch(t.Context(), imap.UID(1), o) {
		if err != nil {
			t.Fatal(err)
		}
		got = m
	}
	if got == nil {
		t.Fatal("no message")
	}
	return got
}

// Servers that cannot decode a part say so in many ways; each can be told from
// an empty part, and behind it the part can be had as it is.
func TestBinaryRefused(t *testing.T) {
	one := imap.Section{Part: "1", Binary: true}
	for name, test := range map[string]struct {
		transcript string
		check      func(m *imap.Message, err error) bool
	}{
		"UNKNOWN-CTE": {`
			S: $2 NO [UNKNOWN-CTE] cannot decode x-gzip64`,
			func(m *imap.Message, err error) bool { return m == nil && errors.Is(err, imap.CodeUnknownCTE) }},
		"Cyrus: OK without data": {`
			S: * 1 FETCH (UID 1)
			S: $2 OK done`,
			func(m *imap.Message, err error) bool {
				return err == nil && m.Body(one) == nil && slices.Equal(m.Missing, []string{"BINARY[1]"})
			}},
		"Cyrus: nothing at all": {`
			S: $2 OK done`,
			func(m *imap.Message, err error) bool { return m == nil && err == nil }},
		"Dovecot: NIL": {`
			S: * 1 FETCH (UID 1 BINARY[1] NIL)
			S: $2 OK done`,
			func(m *imap.Message, err error) bool { return err == nil && m.Body(one).Nil && len(m.Missing) == 0 }},
		"Dovecot: PARSE": {`
			S: * 1 FETCH (UID 1)
			S: $2 NO [PARSE] Invalid data in MIME part`,
			func(m *imap.Message, err error) bool { return errors.Is(err, imap.CodeParse) }},
		"no value": {`
			S: * 1 FETCH (UID 1 BINARY[1] )
			S: $2 OK done`,
			func(m *imap.Message, err error) bool { return err == nil && m.Body(one).Nil && len(m.Problems) > 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			_, box := talk(t, "BINARY", "C: $2 UID FETCH 1 (UID BINARY.PEEK[1])"+test.transcript+`
				C: $3 UID FETCH 1 (UID BODY.PEEK[1])
				S: * 1 FETCH (UID 1 BODY[1] "AAAA")
				S: $3 OK done
			`, nil)
			var got *imap.Message
			var last error
			for m, err := range box.Fetch(t.Context(), imap.UID(1), &imap.FetchOptions{Sections: []imap.Section{one}}) {
				if err != nil {
					last = err
				} else {
					got = m
				}
			}
			if !test.check(got, last) {
				t.Fatalf("%+v %v", got, last)
			}
			m := fetchOnly(t, box, &imap.FetchOptions{Sections: []imap.Section{{Part: "1"}}})
			if b, err := m.Body(imap.Section{Part: "1"}).Bytes(); string(b) != "AAAA" || err != nil {
				t.Fatal(string(b), err)
			}
		})
	}
}

func TestBinaryUnsupported(t *testing.T) {
	_, box := talk(t, "", "", nil)
	for _, o := range []*imap.FetchOptions{
		{Sections: []imap.Section{{Part: "1", Binary: true}}},
		{BinarySizes: []string{"1"}},
	} {
		for _, err := range box.Fetch(t.Context(), imap.UID(1), o) {
			if !errors.Is(err, imap.ErrUnsupported) || !strings.Contains(err.Error(), "BINARY") {
				t.Error(err)
			}
		}
	}
}
