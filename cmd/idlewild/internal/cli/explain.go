package cli

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

// explain turns why mailboxes cannot be watched into words that say what to do,
// and into an exit code.
func explain(t target, mailboxes []string, err error) error {
	mailbox := strings.Join(mailboxes, ", ")
	if e, ok := errors.AsType[*watch.MailboxError](err); ok {
		mailbox, err = e.Mailbox, e.Err
	}
	if _, ok := errors.AsType[*outputError](err); ok {
		return err
	}
	if e, ok := errors.AsType[*watch.StoreError](err); ok {
		return fmt.Errorf("cannot save how far the mailbox was read: %w", e)
	}
	if e, ok := errors.AsType[*imap.ResponseError](err); ok {
		return explainResponse(t, mailbox, e)
	}
	if e, ok := errors.AsType[*imap.UnsupportedError](err); ok {
		return explainUnsupported(t, e)
	}
	if e, ok := errors.AsType[*imap.LoginError](err); ok {
		return &exitError{exitLogin, fmt.Errorf("cannot log %s in at %s: %w", t.user, t.address(), shorten(e))}
	}
	if advice := explainTLS(err); advice != "" {
		return fmt.Errorf("cannot connect to %s: %s (%w)", t.address(), advice, shorten(err))
	}
	if advice := explainNetwork(t, err); advice != "" {
		return fmt.Errorf("cannot connect to %s: %s (%w)", t.address(), advice, shorten(err))
	}
	return fmt.Errorf("watching %s at %s failed: %w", mailbox, t.address(), shorten(err))
}

// short is an error without the names of packages and what was said already.
type short struct {
	error
	text string
}

func (e *short) Error() string { return e.text }
func (e *short) Unwrap() error { return e.error }

func shorten(err error) error { return &short{err, shortText(err.Error())} }

func shortText(text string) string {
	for {
		head, rest, ok := strings.Cut(text, ": ")
		known := head == "imap" || head == "watch" || strings.HasPrefix(head, "connect to ")
		if !ok || !known {
			return text
		}
		text = rest
	}
}

func explainResponse(t target, mailbox string, e *imap.ResponseError) error {
	switch e.Command {
	case "LOGIN", "AUTHENTICATE":
		if watch.ReasonOf(e) != watch.ReasonLogin {
			return fmt.Errorf("%s cannot log %s in now; try again later: %w", t.address(), t.user, shorten(e))
		}
		return &exitError{exitLogin, fmt.Errorf("%s refuses the login of %s; look at the user and the password "+
			"(some providers want an app password): %w", t.address(), t.user, shorten(e))}
	case "SELECT", "EXAMINE":
		if e.Status == imap.StatusNo && notFound(e.Code) {
			return &exitError{exitNotFound,
				fmt.Errorf("there is no mailbox %q at %s: %w", mailbox, t.address(), shorten(e))}
		}
		return fmt.Errorf("the mailbox %q at %s cannot be opened: %w", mailbox, t.address(), shorten(e))
	case "":
		return fmt.Errorf("%s turns us away: %w", t.address(), shorten(e))
	}
	return fmt.Errorf("watching %s at %s failed: %w", mailbox, t.address(), shorten(e))
}

// notFound says of a refused EXAMINE that it is for want of the mailbox. Many
// servers give no code then.
func notFound(code imap.Code) bool {
	return code == "" || code == imap.CodeNonExistent || code == imap.CodeTryCreate
}

func explainUnsupported(t target, e *imap.UnsupportedError) error {
	if e.Capability == "STARTTLS" {
		return fmt.Errorf("cannot connect to %s: the server offers no STARTTLS, which imap:// requires; "+
			"try imaps://, or imap+plaintext:// if nobody can listen in (%w)", t.address(), shorten(e))
	}
	if t.security == imap.Plaintext {
		return &exitError{exitLogin, fmt.Errorf("%s takes no password without TLS; "+
			"try imaps:// or imap:// (%w)", t.address(), shorten(e))}
	}
	return fmt.Errorf("the server %s cannot do what is needed: %w", t.address(), shorten(e))
}

// explainTLS returns "" if TLS is not to blame.
func explainTLS(err error) string {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "its certificate is not signed by an authority trusted here; " +
			"if you know whose it is, give that certificate with --ca-file FILE"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "its certificate is for another host; use the name that the certificate has, " +
			"or be careful: somebody may be in between"
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if e.Reason == x509.Expired {
			return "its certificate has run out, or the clock of this machine is wrong"
		}
		return "its certificate is not valid; if it is of your own making, give its authority with --ca-file FILE"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "its certificate cannot be trusted; if you know whose it is, give its authority with --ca-file FILE"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "it does not speak TLS on this port; try imap:// (STARTTLS), or look at the port"
	}
	if errors.Is(err, imap.ErrSTARTTLSInjection) {
		return "somebody between here and the server tampers with the connection; try imaps://"
	}
	return ""
}

func explainNetwork(t target, err error) string {
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		if e.IsNotFound {
			return fmt.Sprintf("there is no host %q; look at its spelling", t.host)
		}
		return "the address of the host cannot be looked up; is there a network?"
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nobody listens there; look at the port, and whether the server runs"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no way to it; is there a network?"
	case errors.Is(err, imap.ErrNotIMAP):
		return "whatever listens there does not speak IMAP; look at the port"
	case errors.Is(err, imap.ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		if t.security != imap.TLS {
			return "it does not answer; if the port is one for TLS, use imaps://"
		}
		return "it does not answer; look at the port, and for a firewall"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		if t.security != imap.TLS {
			return "it closed the connection; if the port is one for TLS, use imaps://"
		}
		return "it closed the connection; try again, or look at the port"
	}
	return ""
}
