package watch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

func TestReasonOf(t *testing.T) {
	no := func(command, code, text string) error {
		return fmt.Errorf("dial: %w", &imap.ResponseError{Command: command, Status: imap.StatusNo, Code: imap.Code(code), Text: text})
	}
	bye := func(code, text string) error {
		return &imap.ResponseError{Status: imap.StatusBye, Code: imap.Code(code), Text: text}
	}
	network := func(op string, err error) error { return &net.OpError{Op: op, Net: "tcp", Err: err} }
	for _, tt := range []struct {
		err  error
		want Reason
	}{
		{no("LOGIN", "AUTHENTICATIONFAILED", "no"), ReasonLogin},
		{no("AUTHENTICATE", "EXPIRED", ""), ReasonLogin},
		{no("LOGIN", "AUTHORIZATIONFAILED", ""), ReasonLogin},
		{no("LOGIN", "CONTACTADMIN", ""), ReasonLogin},
		{no("LOGIN", "PRIVACYREQUIRED", ""), ReasonLogin},
		{no("LOGIN", "ALERT", "Application-specific password required"), ReasonLogin},
		{no("LOGIN", "", "Invalid credentials (Failure)"), ReasonLogin},
		{no("LOGIN", "UNAVAILABLE", "Temporary authentication failure"), ReasonRefused},
		{no("LOGIN", "SERVERBUG", "Internal error"), ReasonRefused},
		{no("LOGIN", "INUSE", ""), ReasonRefused},
		{no("LOGIN", "", "Server Unavailable. 15"), ReasonRefused},
		{no("UID FETCH", "", "Server Unavailable. 15"), ReasonLimit},
		{no("LOGIN", "", "Server Unavailable"), ReasonRefused},
		{no("LOGIN", "LIMIT", "too many"), ReasonLimit},
		{no("LOGIN", "", "Too many simultaneous connections. (Failure)"), ReasonLimit},
		{no("AUTHENTICATE", "", "User is authenticated but not connected."), ReasonLimit},
		{no("EXAMINE", "OVERQUOTA", ""), ReasonLimit},
		{no("UID FETCH", "", "Request is throttled. Suggested Backoff Time: 1000 milliseconds"), ReasonLimit},
		{no("EXAMINE", "NONEXISTENT", ""), ReasonRefused},
		{no("EXAMINE", "AUTHENTICATIONFAILED", ""), ReasonRefused},
		{&imap.UnsupportedError{Capability: "LOGIN (it says LOGINDISABLED)", What: "LOGIN"}, ReasonLogin},
		{&imap.UnsupportedError{Capability: "STARTTLS", What: "TLS"}, ReasonTLS},
		{bye("", "Autologout"), ReasonBye},
		{bye("LIMIT", ""), ReasonLimit},
		{bye("", "Maximum number of connections from user+IP exceeded"), ReasonLimit},
		{network("dial", syscall.ECONNREFUSED), ReasonRefused},
		{network("dial", syscall.EHOSTUNREACH), ReasonRefused},
		{network("dial", &net.DNSError{Err: "no such host", Name: "x", IsTimeout: true}), ReasonDNS},
		{network("read", syscall.ECONNRESET), ReasonEOF},
		{network("read", os.ErrDeadlineExceeded), ReasonTimeout},
		{network("dial", syscall.ETIMEDOUT), ReasonTimeout},
		{fmt.Errorf("x: %w", imap.ErrTimeout), ReasonTimeout},
		{context.DeadlineExceeded, ReasonTimeout},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, ReasonTLS},
		{tls.RecordHeaderError{Msg: "x"}, ReasonTLS},
		{imap.ErrSTARTTLSInjection, ReasonTLS},
		{io.EOF, ReasonEOF},
		{imap.ErrClosed, ReasonEOF},
		{errors.New("something else"), ReasonEOF},
	} {
		if got := ReasonOf(tt.err); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.err, got, tt.want)
		}
	}
}

func TestPace(t *testing.T) {
	lost := io.EOF
	p := pace{max: 5 * time.Minute, rand: func() float64 { return 1 }}
	for i, want := range []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300} {
		if off := p.next(lost); off.Retry != time.Duration(want)*time.Second || off.Attempt != i+1 {
			t.Errorf("%d: %+v", i, off)
		}
	}
	refused := &imap.ResponseError{Command: "LOGIN", Status: imap.StatusNo, Code: imap.CodeAuthenticationFailed}
	for i, want := range []time.Duration{5 * time.Minute, 30 * time.Minute, time.Hour, time.Hour} {
		if off := p.next(refused); off.Retry != want || off.Attempt != 12+i {
			t.Errorf("login %d: %+v", i, off)
		}
	}
	p.reset()
	if off := p.next(lost); off.Retry != time.Second || off.Attempt != 1 {
		t.Errorf("after reset: %+v", off)
	}
	p.rand = func() float64 { return 0 }
	if off := p.next(lost); off.Retry != 100*time.Millisecond {
		t.Errorf("full jitter: %+v", off)
	}
	p.max = 20 * time.Millisecond
	p.rand = func() float64 { return 1 }
	if off := p.next(lost); off.Retry != 20*time.Millisecond {
		t.Errorf("short MaxWait: %+v", off)
	}
}

func TestSuggested(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"Request is throttled. Suggested Backoff Time: 299923 milliseconds": 299923 * time.Millisecond,
		"Suggested Backoff Time: 99999999999999 milliseconds":               15 * time.Minute,
		"Suggested Backoff Time: -5 milliseconds":                           0,
		"Suggested Backoff Time: soon":                                      0,
		"":                                                                  0,
	} {
		e := &imap.ResponseError{Command: "LOGIN", Status: imap.StatusNo, Text: text}
		if got := suggested(e); got != want {
			t.Errorf("%q: %v", text, got)
		}
		p := pace{max: time.Second, rand: func() float64 { return 0 }}
		if off := p.next(e); off.Retry < want {
			t.Errorf("%q: retry in %v", text, off.Retry)
		}
	}
}
