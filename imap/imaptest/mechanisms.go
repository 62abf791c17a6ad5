package imaptest

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// cram: RFC 2195.
func (x *exchange) cram() reply {
	if x.hasInitial {
		return bad("CRAM-MD5 has no initial response")
	}
	challenge := "<" + rand.Text() + "@imaptest>"
	answer := x.ask(challenge)
	if x.failed != nil {
		return *x.failed
	}
	space := strings.LastIndexByte(answer, ' ')
	if space < 0 {
		return bad("CRAM-MD5: expected a user, a space and a digest")
	}
	u, err := x.c.srv.lookup(answer[:space])
	if err != nil {
		return badCredentials()
	}
	mac := hmac.New(md5.New, []byte(u.secret()))
	mac.Write([]byte(challenge))
	if hex.EncodeToString(mac.Sum(nil)) != answer[space+1:] {
		return badCredentials()
	}
	return x.c.enter(u)
}

// external: RFC 4422 appendix A. The certificate says who it is.
func (x *exchange) external() reply {
	authzid := x.ask("")
	if x.failed != nil {
		return *x.failed
	}
	name := x.c.certificate()
	switch {
	case strings.IndexByte(authzid, 0) >= 0 || !utf8.ValidString(authzid):
		return bad("EXTERNAL: the identity is not text")
	case authzid != "" && authzid != name:
		return no("AUTHORIZATIONFAILED", "no user may act for another")
	}
	u, err := x.c.srv.lookup(name)
	if err != nil {
		return badCredentials()
	}
	return x.c.enter(u)
}

// certificate returns the common name in the client's certificate, if the TLS
// configuration had it verified.
func (c *conn) certificate() string {
	if c.tls == nil {
		return ""
	}
	chains := c.tls.ConnectionState().VerifiedChains
	if len(chains) == 0 {
		return ""
	}
	return chains[0][0].Subject.CommonName
}

// anonymous: RFC 4505.
func (x *exchange) anonymous() reply {
	trace := x.ask("")
	if x.failed != nil {
		return *x.failed
	}
	if !utf8.ValidString(trace) || utf8.RuneCountInString(trace) > 255 || strings.ContainsFunc(trace, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return bad("ANONYMOUS: the trace is not text, or too long")
	}
	u, err := x.c.srv.lookup("anonymous")
	if err != nil {
		return badCredentials()
	}
	return x.c.enter(u)
}
