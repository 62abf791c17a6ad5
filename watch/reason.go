package watch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"strings"

	"github.com/idlewild-mail/idlewild/imap"
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
)

// ReasonOf says which Reason an error of Dial's, or of a connection, is.
func ReasonOf(err error) Reason {
	var no *imap.ResponseError
	if errors.As(err, &no) && no.Status != imap.StatusBye {
		return reasonOfNo(no)
	}
	if text, ok := imap.ByeText(err); ok {
		if no != nil && isLimit(no) || errors.Is(err, imap.ErrThrottled) || errors.Is(err, imap.ErrTooManyConnections) || limitText(text) {
			return ReasonLimit
		}
		return ReasonBye
	}
	var missing *imap.UnsupportedError
	if errors.As(err, &missing) {
		switch missing.What {
		case "LOGIN":
			return ReasonLogin
		default:
			if missing.Capability == "STARTTLS" {
				return ReasonTLS
			}
		}
	}
	if is[*imap.LoginError](err) {
		return ReasonLogin
	}
	return reasonOfNetwork(err)
}

// reasonOfNo is about a command that was refused.
func reasonOfNo(e *imap.ResponseError) Reason {
	switch {
	case isLimit(e) || limitText(e.Text):
		return ReasonLimit
	case e.Command != "LOGIN" && e.Command != "AUTHENTICATE":
		return ReasonRefused
	}
	switch e.Code {
	case imap.CodeUnavailable, imap.CodeServerBug, imap.CodeInUse:
		return ReasonRefused
	case "":
		if text := strings.ToLower(e.Text); strings.Contains(text, "server unavailable") ||
			strings.Contains(text, "temporar") || strings.Contains(text, "try again later") {
			return ReasonRefused
		}
	}
	return ReasonLogin
}

func isLimit(e *imap.ResponseError) bool {
	return e.Code == imap.CodeLimit || e.Code == imap.CodeOverQuota || errors.Is(e, imap.ErrThrottled) ||
		errors.Is(e, imap.ErrTooManyConnections) || errors.Is(e, imap.ErrNotConnected)
}

// limitText knows how else servers without [LIMIT] say it.
func limitText(text string) bool {
	text = strings.ToLower(text)
	for _, words := range []string{"too many", "throttled", "connection limit"} {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}

// reasonOfNetwork is about what happened below IMAP.
func reasonOfNetwork(err error) Reason {
	var timeout net.Error
	var network *net.OpError
	switch {
	case is[*net.DNSError](err):
		return ReasonDNS
	case isTLS(err):
		return ReasonTLS
	case errors.Is(err, imap.ErrTimeout), errors.Is(err, os.ErrDeadlineExceeded),
		errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return ReasonTimeout
	case errors.As(err, &network) && network.Op == "dial":
		return ReasonRefused
	}
	return ReasonEOF
}

func isTLS(err error) bool {
	return is[*tls.CertificateVerificationError](err) || is[tls.RecordHeaderError](err) || is[tls.AlertError](err) ||
		is[x509.UnknownAuthorityError](err) || is[x509.HostnameError](err) || is[x509.CertificateInvalidError](err) ||
		errors.Is(err, imap.ErrSTARTTLSInjection)
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
