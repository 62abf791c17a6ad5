package cli

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/idlewild-mail/idlewild/imap"
)

const urlForm = "imaps://user@host[:port]/MAILBOX"

// target is what a URL names.
type target struct {
	security   imap.Security
	user, host string
	port       string // "": the scheme's own
	mailbox    string // "": the URL has none
}

// account is how events name the account.
func (t target) account() string { return t.user + "@" + t.host }

// address is host and port, as a dialer wants them.
func (t target) address() string {
	port := t.port
	if port == "" {
		port = "143"
		if t.security == imap.TLS {
			port = "993"
		}
	}
	return net.JoinHostPort(t.host, port)
}

// loopback says of a host that it is this machine.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// parseURL parses the URL of a mailbox. Its errors never repeat what stands
// before the @, as that may be a password.
func parseURL(s string) (target, error) {
	var t target
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		if slices.Contains(eventNames(), strings.TrimSuffix(s, ",")) {
			return t, urlError("%s is an event; --events takes several with commas, without spaces", s)
		}
		return t, urlError("it does not begin with imaps://")
	}
	switch strings.ToLower(scheme) {
	case "imaps":
		t.security = imap.TLS
	case "imap":
		t.security = imap.StartTLS
	case "imap+plaintext":
		t.security = imap.Plaintext
	default:
		return t, urlError("the scheme is %q, but imaps (TLS), imap (STARTTLS), or "+
			"imap+plaintext (no protection) is expected", scheme)
	}
	authority, path, _ := strings.Cut(rest, "/")
	at := strings.LastIndexByte(authority, '@')
	if err := t.setUser(authority[:max(at, 0)]); err != nil {
		return t, err
	}
	if err := t.setHost(authority[at+1:]); err != nil {
		return t, err
	}
	return t, t.setMailbox(path)
}

func urlError(format string, args ...any) error {
	return usagef("bad URL: "+format+"; the form is "+urlForm, args...)
}

func (t *target) setUser(s string) error {
	if strings.Contains(s, ":") {
		return usagef("bad URL: a password in it would be seen in process lists and shell histories; " +
			"leave it out, and use --password-command, --password-file, IDLEWILD_PASSWORD, or the prompt")
	}
	if name, _, found := strings.Cut(s, ";"); found {
		return urlError("options behind the user %q, such as ;AUTH=, are not supported", name)
	}
	if s == "" {
		return urlError("the user is missing")
	}
	user, err := unescape(s)
	if err != nil {
		return urlError("the user %v", err)
	}
	t.user = user
	return nil
}

func (t *target) setHost(s string) error {
	host, port := s, ""
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		host, port = s[:i], s[i+1:]
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
				return urlError("an IPv6 address stands in brackets, as in [2001:db8::1]")
			}
			return urlError("the port %q is not a number from 1 to 65535", port)
		}
	}
	inner, bracketed := strings.CutPrefix(host, "[")
	switch {
	case bracketed:
		inner, closed := strings.CutSuffix(inner, "]")
		inner = strings.Replace(inner, "%25", "%", 1) // RFC 6874: a zone
		if ip, err := netip.ParseAddr(inner); err != nil || !closed || !ip.Is6() {
			return urlError("%q is not an IPv6 address", host)
		}
		host = inner
	case host == "":
		return urlError("the host is missing")
	case strings.Contains(host, ":"):
		return urlError("an IPv6 address stands in brackets, as in [2001:db8::1]")
	case strings.ContainsFunc(host, notInHost):
		return urlError("the host %q has characters that no host name has "+
			"(write an international name in its xn-- form)", host)
	}
	t.host, t.port = strings.ToLower(host), port
	return nil
}

func notInHost(r rune) bool {
	return r <= ' ' || r >= utf8.RuneSelf || strings.ContainsRune(`"#%/<>?@[\]^{|}`+"`", r)
}

func (t *target) setMailbox(s string) error {
	if i := strings.IndexAny(s, "?#;"); i >= 0 {
		return urlError("in the mailbox, %c is written %%%02X", s[i], s[i])
	}
	name, err := unescape(strings.TrimSuffix(s, "/"))
	if err != nil {
		return urlError("the mailbox %v", err)
	}
	t.mailbox = name
	return nil
}

// unescape undoes percent-encoding.
func unescape(s string) (string, error) {
	plain, err := url.PathUnescape(s)
	switch {
	case err != nil:
		return "", errorText("has a % that two hex digits do not follow (write % itself as %25)")
	case !utf8.ValidString(plain):
		return "", errorText("is not UTF-8")
	case strings.ContainsFunc(plain, unicode.IsControl):
		return "", errorText("has control characters")
	}
	return plain, nil
}

// errorText is an error that is part of a sentence.
type errorText string

func (e errorText) Error() string { return string(e) }
