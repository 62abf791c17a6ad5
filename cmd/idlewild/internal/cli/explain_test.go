package cli

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

func TestExplain(t *testing.T) {
	no := func(command string, code imap.Code, text string) error {
		return &imap.ResponseError{Command: command, Status: imap.StatusNo, Code: code, Text: text}
	}
	for _, tt := range []struct {
		err  error
		code int
		want string
	}{
		{no("LOGIN", imap.CodeAuthenticationFailed, "x"), exitLogin, "h:993 refuses the login of a"},
		{no("AUTHENTICATE", "", "wrong"), exitLogin, "app password"},
		{no("LOGIN", imap.CodeUnavailable, "x"), exitFailed, "try again later"},
		{no("LOGIN", imap.CodeLimit, "x"), exitFailed, "try again later"},
		{no("LOGIN", "", "Too many connections"), exitFailed, "try again later"},
		{no("EXAMINE", imap.CodeNonExistent, "x"), exitNotFound, `no mailbox "Box" at h:993: EXAMINE: NO [NONEXISTENT] x`},
		{no("EXAMINE", "", "what?"), exitNotFound, `no mailbox "Box"`},
		{no("EXAMINE", imap.CodeNoPerm, "x"), exitFailed, "cannot be opened"},
		{no("FETCH", "", "x"), exitFailed, "watching Box at h:993 failed: FETCH"},
		{&imap.ResponseError{Status: imap.StatusBye, Text: "busy"}, exitFailed, "turns us away: connect: BYE busy"},
		{&imap.UnsupportedError{Capability: "STARTTLS", What: "x"}, exitFailed, "imap+plaintext://"},
		{&outputError{syscall.EPIPE}, exitFailed, "cannot write to stdout: whoever read it has ended"},
		{&outputError{syscall.ENOSPC}, exitFailed, "cannot write to stdout: " + syscall.ENOSPC.Error()},
		{&watch.StoreError{Path: "p", Err: syscall.ENOSPC}, exitFailed, "cannot save"},
		{x509.UnknownAuthorityError{}, exitFailed, "--ca-file"},
		{x509.CertificateInvalidError{Reason: x509.Expired}, exitFailed, "run out"},
		{x509.CertificateInvalidError{Reason: x509.NotAuthorizedToSign}, exitFailed, "--ca-file"},
		{x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"}, exitFailed, "for another host"},
		{imap.ErrSTARTTLSInjection, exitFailed, "imaps://"},
		{&net.DNSError{IsNotFound: true}, exitFailed, `there is no host "h"`},
		{&net.DNSError{IsTimeout: true}, exitFailed, "is there a network?"},
		{syscall.ECONNREFUSED, exitFailed, "nobody listens"},
		{imap.ErrTimeout, exitFailed, "it does not answer"},
		{io.EOF, exitFailed, "it closed the connection"},
		{errors.New("odd"), exitFailed, "watching Box at h:993 failed: odd"},
	} {
		got := explain(target{user: "a", host: "h"}, []string{"Box"}, fmt.Errorf("watch: imap: connect to h:993: %w", tt.err))
		if !strings.Contains(got.Error(), tt.want) || exitCode(got) != tt.code {
			t.Errorf("%v: got %q with exit code %d, want %q with %d", tt.err, got, exitCode(got), tt.want, tt.code)
		}
		if !errors.Is(got, tt.err) {
			t.Errorf("%v is lost in %q", tt.err, got)
		}
	}
}
