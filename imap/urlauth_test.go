package imap_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

const rump = "imap://joe@example.com/INBOX/;uid=20/;section=1.2;urlauth=submit+fred"

// RFC 4467 §6: the examples.
func TestGenURLAuth(t *testing.T) {
	c := talkTo(t, "URLAUTH", `
		C: $1 GENURLAUTH "`+rump+`" INTERNAL
		S: * GENURLAUTH "`+rump+`:internal:91354a473744909de610943775f92038"
		S: $1 OK GENURLAUTH completed
		C: $2 GENURLAUTH "`+rump+`" INTERNAL "`+rump+`" XSAMPLE
		S: * GENURLAUTH `+rump+`:internal:1 `+rump+`:xsample:2
		S: $2 OK GENURLAUTH completed
		C: $3 GENURLAUTH "`+rump+`" INTERNAL
		S: $3 OK and nothing
		C: $4 GENURLAUTH "`+rump+`" INTERNAL
		S: * GENURLAUTH "
		S: $4 OK and garbage
		C: $5 GENURLAUTH "`+rump+`" INTERNAL
		S: $5 BAD no
	`, nil)
	got, err := c.GenURLAuth(t.Context(), imap.URLAuth{URL: rump})
	if err != nil || !slices.Equal(got, []string{rump + ":internal:91354a473744909de610943775f92038"}) {
		t.Fatal(got, err)
	}
	got, err = c.GenURLAuth(t.Context(), imap.URLAuth{URL: rump}, imap.URLAuth{URL: rump, Mechanism: "XSAMPLE"})
	if err != nil || !slices.Equal(got, []string{rump + ":internal:1", rump + ":xsample:2"}) {
		t.Fatal(got, err)
	}
	if _, err := c.GenURLAuth(t.Context(), imap.URLAuth{URL: rump}); err == nil {
		t.Fatal("no error")
	}
	if _, err := c.GenURLAuth(t.Context(), imap.URLAuth{URL: rump}); err == nil {
		t.Fatal("no error")
	}
	if _, err := c.GenURLAuth(t.Context(), imap.URLAuth{URL: rump}); err == nil {
		t.Fatal("no error")
	}
	var argument *wire.ArgumentError
	for _, r := range []imap.URLAuth{{}, {URL: "imap://a/b"}, {URL: rump + "\r\nx"}, {URL: rump, Mechanism: "a b"}} {
		if _, err := c.GenURLAuth(t.Context(), r); !errors.As(err, &argument) {
			t.Errorf("%v: %v", r, err)
		}
	}
}

func TestResetKey(t *testing.T) {
	c := talkTo(t, "URLAUTH", `
		C: $1 RESETKEY
		S: $1 OK done
		C: $2 RESETKEY INBOX INTERNAL XSAMPLE
		S: $2 OK [URLMECH INTERNAL XSAMPLE=P34OKhO7VEkCbsiYY8rGEg==] done
		C: $3 SELECT INBOX
		S: * 0 EXISTS
		S: * OK [URLMECH INTERNAL] mechs
		S: $3 OK done
	`, nil)
	if got, err := c.ResetKey(t.Context(), ""); got != nil || err != nil {
		t.Fatal(got, err)
	}
	got, err := c.ResetKey(t.Context(), "INBOX", "INTERNAL", "XSAMPLE")
	if err != nil || fmt.Sprint(got) != "[{INTERNAL } {XSAMPLE P34OKhO7VEkCbsiYY8rGEg==}]" {
		t.Fatal(got, err)
	}
	box, err := c.Select(t.Context(), "INBOX", nil)
	if err != nil || fmt.Sprint(box.State().URLMechs) != "[{INTERNAL }]" {
		t.Fatal(err, box.State().URLMechs)
	}
	var argument *wire.ArgumentError
	if _, err := c.ResetKey(t.Context(), "", "INTERNAL"); !errors.As(err, &argument) {
		t.Fatal(err)
	}
}

func TestURLFetch(t *testing.T) {
	url, other := rump+":internal:1", "imap://joe@example.com/other"
	big := strings.Repeat("x", 300<<10)
	c := talkTo(t, "URLAUTH URLAUTH=BINARY", `
		C: $1 URLFETCH "`+url+`"
		S: * URLFETCH "`+url+`" {28}
		S!: Si vis pacem, para bellum.\r\n\r\n
		S: $1 OK URLFETCH completed
		C: $2 URLFETCH "`+url+`" "`+other+`"
		S: * URLFETCH `+other+` NIL
		S: * URLFETCH "`+url+`" "text"
		S: $2 OK done
		C: $3 URLFETCH ("`+url+`" BODYPARTSTRUCTURE BINARY) ("`+other+`" BODYPARTSTRUCTURE BINARY)
		S: * URLFETCH "`+url+`" (BODYPARTSTRUCTURE ("TEXT" "PLAIN" () NIL NIL "BASE64" 38 1)) (BINARY ~{3}
		S!: a\0b) "`+other+`" (BINARY NIL) (X "y")\r\n
		S: $3 OK done
		C: $4 URLFETCH "`+url+`"
		S: * URLFETCH "`+url+`" {307200}
		S!: `+big+`\r\n
		S: $4 OK done
		C: $5 URLFETCH "`+url+`"
		S: $5 OK nothing
		C: $6 URLFETCH "`+url+`"
		S: * URLFETCH "`+strings.ToUpper(url)+`" "spelled differently"
		S: $6 OK done
		C: $7 URLFETCH ("`+url+`" BODYPARTSTRUCTURE BINARY)
		S: * URLFETCH "`+url+`" (BODYPARTSTRUCTURE ("TEXT" "PLAIN" () NIL NIL "BASE64" 38 1) BINARY ~{3}
		S!: a\0b)\r\n
		S: $7 OK as Dovecot says it
	`, nil)
	fetch := func(o *imap.URLFetchOptions, urls ...string) []*imap.URLContent {
		t.Helper()
		got, err := c.URLFetch(t.Context(), urls, o)
		if err != nil || len(got) != len(urls) {
			t.Fatal(got, err)
		}
		return got
	}
	if got := fetch(nil, url); string(got[0].Data) != "Si vis pacem, para bellum.\r\n" || got[0].Nil {
		t.Fatalf("%+v", got[0])
	}
	if got := fetch(nil, url, other); string(got[0].Data) != "text" || !got[1].Nil || got[1].URL != other {
		t.Fatalf("%+v %+v", got[0], got[1])
	}
	got := fetch(&imap.URLFetchOptions{Binary: true, Structure: true}, url, other)
	if string(got[0].Data) != "a\x00b" || got[0].Structure == nil || got[0].Structure.Subtype != "PLAIN" || got[0].Problem != nil {
		t.Fatalf("%+v", got[0])
	}
	if !got[1].Nil || got[1].Problem == nil || got[1].Structure != nil {
		t.Fatalf("%+v", got[1])
	}
	if got := fetch(nil, url); !bytes.Equal(got[0].Data, []byte(big)) {
		t.Fatal(len(got[0].Data))
	}
	if _, err := c.URLFetch(t.Context(), []string{url}, nil); err == nil {
		t.Fatal("no error")
	}
	if got := fetch(nil, url); string(got[0].Data) != "spelled differently" {
		t.Fatalf("%+v", got[0])
	}
	got = fetch(&imap.URLFetchOptions{Binary: true, Structure: true}, url)
	if string(got[0].Data) != "a\x00b" || got[0].Structure == nil || got[0].Problem != nil {
		t.Fatalf("%+v", got[0])
	}
}

// What is more than may be held costs the call alone.
func TestURLFetchTooLarge(t *testing.T) {
	o := &imap.Options{}
	o.Limits.Held = 100 << 10
	c := talkTo(t, "URLAUTH", `
		C: $1 URLFETCH "/a"
		S: * URLFETCH "/a" {204800}
		S!: `+strings.Repeat("x", 200<<10)+`\r\n
		S: $1 OK done
		C: $2 URLFETCH "/a"
		S: * URLFETCH "/a" {65536}
		S!: `+strings.Repeat("x", 64<<10)+`\r\n
		S: * URLFETCH "/a" {65536}
		S!: `+strings.Repeat("x", 64<<10)+`\r\n
		S: $2 OK done
		C: $3 NOOP
		S: * URLFETCH "/a" {102400}
		S!: `+strings.Repeat("x", 100<<10)+`\r\n
		S: $3 OK done
	`, o)
	var limit *imap.LimitError
	for range 2 {
		if _, err := c.URLFetch(t.Context(), []string{"/a"}, nil); !errors.As(err, &limit) {
			t.Fatal(err)
		}
	}
	noop(t, c)
}

func TestURLAuthUnsupported(t *testing.T) {
	c := talkTo(t, "", "", nil)
	_, gen := c.GenURLAuth(t.Context(), imap.URLAuth{URL: rump})
	_, reset := c.ResetKey(t.Context(), "")
	_, fetch := c.URLFetch(t.Context(), []string{rump}, nil)
	for _, err := range []error{gen, reset, fetch} {
		if !errors.Is(err, imap.ErrUnsupported) || !strings.Contains(err.Error(), "URLAUTH") {
			t.Error(err)
		}
	}
	c = talkTo(t, "URLAUTH", "", nil)
	if _, err := c.URLFetch(t.Context(), []string{rump}, &imap.URLFetchOptions{Binary: true}); !errors.Is(err, imap.ErrUnsupported) || !strings.Contains(err.Error(), "URLAUTH=BINARY") {
		t.Error(err)
	}
	var argument *wire.ArgumentError
	for _, bad := range []string{"", "a b", "a\r\nb", "ü"} {
		if _, err := c.URLFetch(t.Context(), []string{bad}, nil); !errors.As(err, &argument) {
			t.Error(bad, err)
		}
	}
}

// Authorized URLs are as good as passwords: no trace has them.
func TestURLAuthTrace(t *testing.T) {
	var trace bytes.Buffer
	c := talkTo(t, "URLAUTH", `
		C: $1 GENURLAUTH "`+rump+`" INTERNAL
		S: * GENURLAUTH "`+rump+`:internal:51c8e7"
		S: $1 OK done
		C: $2 URLFETCH "`+rump+`:internal:51c8e7"
		S: * URLFETCH "`+rump+`:internal:51c8e7" "text"
		S: $2 OK done
	`, &imap.Options{Trace: &trace})
	urls, err := c.GenURLAuth(t.Context(), imap.URLAuth{URL: rump})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.URLFetch(t.Context(), urls, nil); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	if s := trace.String(); strings.Contains(s, "51c8e7") || !strings.Contains(s, "URLFETCH ***") {
		t.Fatal(s)
	}
}
