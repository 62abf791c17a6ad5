package cli

import (
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
)

func TestParseURL(t *testing.T) {
	for _, tt := range []struct {
		url, address, account, mailbox string
		security                       imap.Security
	}{
		{"imaps://alice@imap.example.org/INBOX", "imap.example.org:993", "alice@imap.example.org", "INBOX", imap.TLS},
		{"imaps://alice@imap.example.org", "imap.example.org:993", "alice@imap.example.org", "", imap.TLS},
		{"imaps://alice@imap.example.org/", "imap.example.org:993", "alice@imap.example.org", "", imap.TLS},
		{"imap://alice@imap.example.org", "imap.example.org:143", "alice@imap.example.org", "", imap.StartTLS},
		{"imap+plaintext://a@localhost:1143/A/B/c", "localhost:1143", "a@localhost", "A/B/c", imap.Plaintext},
		{"IMAPS://a@Example.ORG", "example.org:993", "a@example.org", "", imap.TLS},
		{"imaps://alice%40example.org@imap.example.org/x", "imap.example.org:993", "alice@example.org@imap.example.org", "x", imap.TLS},
		{"imaps://alice@example.org@imap.example.org/x", "imap.example.org:993", "alice@example.org@imap.example.org", "x", imap.TLS},
		{"imaps://a%3Ab@h/Sent%20Mail", "h:993", "a:b@h", "Sent Mail", imap.TLS},
		{"imaps://a@h/Gel%C3%B6scht", "h:993", "a@h", "Gelöscht", imap.TLS},
		{"imaps://a@h/Gelöscht", "h:993", "a@h", "Gelöscht", imap.TLS},
		{"imaps://a@h/a+b", "h:993", "a@h", "a+b", imap.TLS},
		{"imaps://a@h/a%2Fb", "h:993", "a@h", "a/b", imap.TLS},
		{"imaps://a@h/%25", "h:993", "a@h", "%", imap.TLS},
		{"imaps://a@h/INBOX/", "h:993", "a@h", "INBOX", imap.TLS},
		{"imaps://a@[::1]:1993/x", "[::1]:1993", "a@::1", "x", imap.TLS},
		{"imaps://a@[2001:db8::1]", "[2001:db8::1]:993", "a@2001:db8::1", "", imap.TLS},
		{"imaps://a@192.0.2.1:65535", "192.0.2.1:65535", "a@192.0.2.1", "", imap.TLS},
		{"imaps://a@h/x@y:z", "h:993", "a@h", "x@y:z", imap.TLS},
	} {
		got, err := parseURL(tt.url)
		if err != nil {
			t.Errorf("%s: %v", tt.url, err)
			continue
		}
		if got.address() != tt.address || got.account() != tt.account || got.mailbox != tt.mailbox || got.security != tt.security {
			t.Errorf("%s: got %s %s %q %v", tt.url, got.address(), got.account(), got.mailbox, got.security)
		}
	}
}

func TestParseURLErrors(t *testing.T) {
	for _, tt := range []struct{ url, want string }{
		{"", "it does not begin with imaps://; the form is imaps://user@host[:port]/MAILBOX"},
		{"alice@imap.example.org", "it does not begin with imaps://"},
		{"gone", "gone is an event; --events takes several with commas"},
		{"http://a@h/x", `the scheme is "http", but imaps`},
		{"pop3://a@h", `the scheme is "pop3"`},
		{"imaps://imap.example.org/INBOX", "the user is missing; the form is"},
		{"imaps://@h", "the user is missing"},
		{"imaps://a@", "the host is missing"},
		{"imaps://a@:993/x", "the host is missing"},
		{"imaps://a:Geheim@h", "--password-command"},
		{"imaps://a:@h", "a password in it"},
		{"imaps://:Geheim@h", "a password in it"},
		{"imaps://a:Geheim/x@h", "the user is missing"},
		{"imaps://a;AUTH=PLAIN@h", "not supported"},
		{"imaps://a%zz@h", "the user has a %"},
		{"imaps://a%0D%0A@h", "the user has control characters"},
		{"imaps://a@h/%00", "the mailbox has control characters"},
		{"imaps://a@h/%ff", "the mailbox is not UTF-8"},
		{"imaps://a@h/100%", "the mailbox has a %"},
		{"imaps://a@h/x?y", "? is written %3F"},
		{"imaps://a@h/x#y", "# is written %23"},
		{"imaps://a@h/x;UIDVALIDITY=1", "; is written %3B"},
		{"imaps://a@h:0", `the port "0" is not a number from 1 to 65535`},
		{"imaps://a@h:65536", `the port "65536"`},
		{"imaps://a@h:", `the port ""`},
		{"imaps://a@h:imap", `the port "imap"`},
		{"imaps://a@h:-1", `the port "-1"`},
		{"imaps://a@::1", "in brackets"},
		{"imaps://a@2001:db8::x", "in brackets"},
		{"imaps://a@[::1", "not an IPv6 address"},
		{"imaps://a@[127.0.0.1]", "not an IPv6 address"},
		{"imaps://a@h h", "characters that no host name has"},
		{"imaps://a@h\x1b[2J", "characters that no host name has"},
		{"imaps://a@müller.example", "xn--"},
	} {
		_, err := parseURL(tt.url)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: got %v, want something with %q", tt.url, err, tt.want)
			continue
		}
		if exitCode(err) != exitUsage {
			t.Errorf("%q: exit code %d", tt.url, exitCode(err))
		}
		if strings.Contains(err.Error(), "Geheim") {
			t.Errorf("%q: the error shows the password: %v", tt.url, err)
		}
	}
}
