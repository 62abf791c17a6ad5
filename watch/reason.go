package watch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/sasl"
)

// Reason is why there is no connection, in one word.
type Reason string

// The reasons.
const (
	ReasonEOF     Reason = "eof"     // it was closed without a word, or for a reason not in this list
	ReasonBye     Reason = "bye"     // the server said BYE
	ReasonTimeout Reason = "timeout" // the server does not answer
	ReasonRefused Reason = "refused" // nobody listens, or the server said no to something other than the login
	ReasonLogin   Reason = "login"   // the credentials, or the account, are not accepted
	ReasonLimit   Reason = "limit"   // too many connections, too much traffic
	ReasonTLS     Reason = "tls"     // no trust: a certificate, or what is in between
	ReasonDNS     Reason = "dns"     // the host's name is not known
	ReasonToken   Reason = "token"   // there is no access token to log in with
	ReasonPanic   Reason = "panic"   // the program is at fault
)

// ReasonOf says which Reason an error of Dial's, or of a connection, is.
func ReasonOf(err error) Reason { return judge(err).reason }

// judge looks at an error, from the outermost meaning to the innermost: a fault
// of ours, no token, what the server said, what the client would not do, what
// happened below IMAP.
func judge(err error) verdict {
	switch {
	case is[*panicError](err):
		return verdict{class: ClassDefect, reason: ReasonPanic}
	case errors.Is(err, ErrReauthorize):
		return verdict{class: ClassReauthorize, reason: ReasonToken}
	}
	if e, ok := errors.AsType[*TokenError](err); ok {
		return verdict{class: e.class(), reason: ReasonToken}
	}
	if w, code, text, ok := refused(err); ok {
		return judgeRefusal(err, w, code, text)
	}
	if v, ok := judgeClient(err); ok {
		return v
	}
	return judgeNetwork(err)
}

// refused returns what a server said that refuses.
func refused(err error) (w where, code imap.Code, text string, ok bool) {
	no, found := errors.AsType[*imap.ResponseError](err)
	if bye, isBye := imap.ByeText(err); isBye {
		if found {
			code = no.Code
		}
		return atBye, byeCode(err, code), bye, true
	}
	switch {
	case !found:
		return 0, "", "", false
	case no.Command == "LOGIN" || no.Command == "AUTHENTICATE":
		w = atLogin
	case no.Command == "":
		w = atBye // a greeting
	default:
		w = atCommand
	}
	return w, no.Code, no.Text, true
}

// byeCode finds the code of a BYE, if it is one that matters here.
func byeCode(err error, code imap.Code) imap.Code {
	for _, r := range refusalRows {
		if code == "" && r.code != "" && r.where&atBye != 0 && errors.Is(err, r.code) {
			return r.code
		}
	}
	return code
}

// judgeRefusal asks the table, and takes the rest by what it answers.
func judgeRefusal(err error, w where, code imap.Code, text string) verdict {
	v := verdict{class: ClassOutage}
	no, _ := errors.AsType[*imap.ResponseError](err)
	switch r := rowFor(w, code, text); {
	case r != nil:
		v.class, v.doubt = r.class, r.doubt
	case no != nil && no.URL != "":
		v.class = ClassCredential // it wants to be visited with a browser
	case no != nil && no.Status == imap.StatusBad && w != atBye:
		v.class = ClassDefect
	case w == atLogin:
		v.doubt = true
	}
	v.reason = reasonFor(v, w)
	return v
}

// reasonFor is the Reason of a refusal.
func reasonFor(v verdict, w where) Reason {
	switch {
	case v.class == ClassLimit:
		return ReasonLimit
	case w == atBye:
		return ReasonBye
	case w == atLogin && (v.class != ClassOutage || v.doubt):
		return ReasonLogin
	}
	return ReasonRefused
}

// judgeClient is about what the client itself would not do.
func judgeClient(err error) (verdict, bool) {
	var missing *imap.UnsupportedError
	switch {
	case errors.Is(err, imap.ErrMechanismDowngrade):
		return verdict{class: ClassPermanent, reason: ReasonLogin}, true
	case errors.As(err, &missing) && missing.What == "LOGIN":
		return verdict{class: ClassPermanent, reason: ReasonLogin}, true
	case missing != nil && missing.Capability == "STARTTLS":
		return verdict{class: ClassPermanent, reason: ReasonTLS}, true
	case is[*net.AddrError](err), errors.Is(err, errNoClient):
		return verdict{class: ClassPermanent, reason: ReasonRefused}, true
	case is[*imap.LoginError](err), is[*sasl.Error](err): // the server could not prove who it is, or makes no sense
		return verdict{class: ClassCredential, reason: ReasonLogin}, true
	}
	return verdict{}, false
}

// judgeNetwork is about what happened below IMAP.
func judgeNetwork(err error) verdict {
	var timeout net.Error
	var network *net.OpError
	v := verdict{class: ClassOutage}
	switch {
	case is[*net.DNSError](err):
		v.reason = ReasonDNS
	case isTLS(err):
		v.class, v.reason = ClassPermanent, ReasonTLS
	case errors.Is(err, imap.ErrTimeout), errors.Is(err, os.ErrDeadlineExceeded),
		errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		v.reason = ReasonTimeout
	case errors.As(err, &network) && network.Op == "dial":
		v.reason = ReasonRefused
	default:
		v.reason = ReasonEOF
	}
	return v
}

// alerts are those of TLS that say that the two sides do not fit (RFC 8446 §6.2).
// The rest is damage on the way, or trouble of the server's.
var alerts = []string{
	"handshake failure", "bad certificate", "unsupported certificate", "revoked certificate", "expired certificate",
	"unknown certificate", "unknown certificate authority", "access denied", "protocol version not supported",
	"insufficient security level", "inappropriate fallback", "unrecognized name", "certificate required",
	"no application protocol",
}

// isAlert says whether one side has refused the other one's TLS.
func isAlert(err error) bool {
	e, ok := errors.AsType[*net.OpError](err)
	return ok && (e.Op == "remote error" || e.Op == "local error") && slices.Contains(alerts, strings.TrimPrefix(e.Err.Error(), "tls: "))
}

// isTLS says whether TLS came to nothing because the two sides do not trust or
// understand each other. A connection that broke meanwhile is none.
func isTLS(err error) bool {
	return is[*tls.CertificateVerificationError](err) || is[tls.RecordHeaderError](err) || isAlert(err) || is[x509.SystemRootsError](err) ||
		is[x509.UnknownAuthorityError](err) || is[x509.HostnameError](err) || is[x509.CertificateInvalidError](err) ||
		errors.Is(err, imap.ErrSTARTTLSInjection)
}

// isUnknownHost says whether the name service is sure that there is no such host.
func isUnknownHost(err error) bool {
	e, ok := errors.AsType[*net.DNSError](err)
	return ok && e.IsNotFound
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
