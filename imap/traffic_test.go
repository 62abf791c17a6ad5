package imap_test

import (
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

func TestTraffic(t *testing.T) {
	c, err := imap.NewClient(t.Context(), imaptest.Script(t, `
		S!: * PREAUTH [CAPABILITY IMAP4rev1] hello\r\n
		C!: A1 NOOP\r\n
		S!: A1 OK done\r\n
		C!: A2 APPEND a {3}\r\n
		S!: + go\r\n
		C!: xyz\r\n
		S!: A2 OK done\r\n
	`), &imap.Options{Security: imap.Plaintext})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	noop(t, c)
	if _, err := c.Append(t.Context(), "a", strings.NewReader("xyz"), 3, nil); err != nil {
		t.Fatal(err)
	}
	want := imap.Traffic{
		Sent:     uint64(len("A1 NOOP\r\nA2 APPEND a {3}\r\nxyz\r\n")),
		Received: uint64(len("* PREAUTH [CAPABILITY IMAP4rev1] hello\r\nA1 OK done\r\n+ go\r\nA2 OK done\r\n")),
		Commands: 2,
	}
	if got := c.Traffic(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	c.Close()
	if got := c.Traffic(); got != want {
		t.Errorf("closed: %+v", got)
	}
}
