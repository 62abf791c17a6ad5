package imap

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Errors that several methods return; the package's documentation, "Errors", has
// the families. An error of a done Context wraps its cause.
var (
	// ErrClosed says that the connection is gone, by Close or by the cause
	// that the error names.
	ErrClosed = errors.New("connection closed")
	// ErrTimeout says that the server kept silent longer than it may.
	ErrTimeout = errors.New("the server does not answer")
	// ErrDeselected says that a Mailbox is no longer the selected one.
	ErrDeselected = errors.New("imap: the mailbox is no longer selected")
	// ErrReadOnly says that the mailbox was opened by Examine, or that the
	// server gives no write access.
	ErrReadOnly = errors.New("imap: the mailbox is read-only")
	// ErrRenumbered says that sequence numbers could not be carried over the
	// expunges since they were true, or that a message was expunged while the
	// server was asked which UIDs they have. Nothing was changed.
	ErrRenumbered = errors.New("imap: the messages were renumbered since; search again")
	// ErrSTARTTLSInjection says that there were bytes behind the server's
	// answer to STARTTLS, before TLS began: somebody is in between.
	ErrSTARTTLSInjection = errors.New("data was injected before TLS began")
	// ErrNotIMAP says that whatever answered does not speak IMAP.
	ErrNotIMAP = errors.New("not an IMAP server")
)

// ResponseError is a command that the server answered with NO or BAD, or a
// connection that it refused with BYE.
type ResponseError struct {
	Command string // its name, without arguments; "" for a greeting
	Status  Status
	Code    Code   // "": none
	Data    string // behind the code
	Text    string // for people; untrusted, may hold control characters
	URL     string // where to log in with a browser, of Gmail's WEBALERT; untrusted too
}

func (e *ResponseError) Error() string {
	what := e.Command
	if what == "" {
		what = "connect"
	}
	if e.Code != "" {
		return fmt.Sprintf("imap: %s: %s [%s] %s", what, e.Status, printable(string(e.Code)), printable(e.Text))
	}
	return fmt.Sprintf("imap: %s: %s %s", what, e.Status, printable(e.Text))
}

// Is makes errors.Is(err, imap.CodeNonExistent) ask for the code, and
// errors.Is(err, imap.ErrThrottled) and the like for what the words mean.
func (e *ResponseError) Is(target error) bool {
	if c, ok := target.(Code); ok {
		kind, _, _ := strings.Cut(e.Data, " ")
		return c == e.Code || strings.EqualFold(string(c), string(e.Code)+" "+kind)
	}
	return target == ErrWebLogin && e.URL != "" || target != nil && target == refusalMeans(e.Text)
}

// UnsupportedError says that the server lacks a capability that a call needs.
// errors.Is(err, ErrUnsupported) finds it.
type UnsupportedError struct {
	Capability string
	What       string // the call
}

// ErrUnsupported is what every UnsupportedError matches.
var ErrUnsupported = errors.New("imap: not supported by the server")

func (e *UnsupportedError) Error() string {
	return "imap: " + e.What + ": the server does not offer " + e.Capability
}

// Is makes errors.Is(err, ErrUnsupported) true.
func (e *UnsupportedError) Is(target error) bool { return target == ErrUnsupported }

// LimitError is wire.LimitError: a response or body was larger than allowed.
type LimitError = wire.LimitError

// closedError is what every call gets once the connection is gone.
type closedError struct {
	cause error
	bye   string // what the server said last
	code  Code   // in front of that; "": none
}

func (e *closedError) Error() string {
	s := "imap: connection closed"
	if errors.Is(e.cause, errLoggedOut) {
		return s + ": logged out"
	}
	if e.bye != "" {
		s += " by the server: " + printable(e.bye)
	}
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s
}

func (e *closedError) Is(target error) bool {
	if c, ok := target.(Code); ok {
		return c != "" && c == e.code
	}
	return target == ErrClosed || target != nil && target == refusalMeans(e.bye)
}
func (e *closedError) Unwrap() error { return e.cause }

// ByeText returns what the server's BYE said, if err is from a connection that
// the server ended so. errors.Is(err, imap.CodeUnavailable) and the like ask for
// its code.
func ByeText(err error) (text string, ok bool) {
	if e, found := errors.AsType[*closedError](err); found && e.bye != "" {
		return e.bye, true
	}
	if e, found := errors.AsType[*ResponseError](err); found && e.Status == StatusBye {
		return e.Text, true
	}
	return "", false
}

// canceled wraps the cause of a done Context.
func canceled(ctx context.Context, what string) error {
	return fmt.Errorf("imap: %s: %w", what, context.Cause(ctx))
}

// printable returns server text fit for a log or terminal: control characters
// and bidirectional overrides are replaced.
func printable(s string) string {
	clean := true
	for _, r := range s {
		if !printableRune(r) {
			clean = false
			break
		}
	}
	if clean && len(s) <= 500 {
		return s
	}
	out := make([]rune, 0, min(len(s), 500))
	for _, r := range s {
		if len(out) == 500 {
			out = append(out, '…')
			break
		}
		if !printableRune(r) {
			r = '\uFFFD'
		}
		out = append(out, r)
	}
	return string(out)
}

func printableRune(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r < 0xa0, r == '\uFFFD':
		return false
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x61c:
		return false
	}
	return true
}
