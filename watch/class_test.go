package watch

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/sasl"
)

// loginTexts are what servers say to a login, as it was seen.
var loginTexts = []struct {
	line string // behind the tag
	want Class
	sure bool // it is not only believed after an hour
}{
	// Gmail
	{"NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", ClassCredential, true},
	{"NO [ALERT] Invalid credentials (Failure)", ClassCredential, true},
	{"NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)", ClassCredential, true},
	{"NO [ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)", ClassCredential, true},
	{"NO [WEBALERT https://accounts.google.com/signin/continue?sarp=1] Web login required.", ClassCredential, true},
	{"NO [ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page and enable your account for IMAP access. (Failure)", ClassCredential, true},
	{"NO [ALERT] Too many simultaneous connections. (Failure)", ClassLimit, true},
	{"NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)", ClassLimit, true},
	{"NO [UNAVAILABLE] Temporary System Error (Failure)", ClassOutage, true},
	{"NO System error (Failure)", ClassOutage, true},
	{"NO Lookup failed d6mb10", ClassOutage, true},
	{"NO Empty username or password. 6mb54", ClassCredential, true},
	{"BAD Invalid SASL argument. fa5mb4316976pjb", ClassCredential, true},
	// Exchange, Microsoft 365
	{"NO LOGIN failed.", ClassCredential, true},
	{"NO AUTHENTICATE failed.", ClassCredential, true},
	{"NO LOGIN failed. Account is blocked. Login to your account via a web browser to verify your identity.", ClassCredential, true},
	{`NO [Error="LogonFailed:BasicAuthBlocked" Proxy="x"] LOGIN failed.`, ClassCredential, true},
	{"BAD User is authenticated but not connected.", ClassLimit, false},
	{"NO Server Unavailable. 15", ClassOutage, true},
	{"NO Server Unavailable", ClassOutage, true},
	{"NO Request is throttled. Suggested Backoff Time: 299923 milliseconds", ClassLimit, true},
	{"BAD Request is throttled. Suggested Backoff Time: 89117 milliseconds", ClassLimit, true},
	// Yahoo, AOL
	{"NO [AUTHENTICATIONFAILED] LOGIN Invalid credentials", ClassCredential, true},
	{"NO [AUTHENTICATIONFAILED] AUTHENTICATE Invalid credentials", ClassCredential, true},
	{"NO [AUTHENTICATIONFAILED] (#MBR1240) Please verify your account by going to https://login.yahoo.com", ClassCredential, true},
	{"NO (#AUTH005) Too many bad auth attempts.", ClassCredential, true},
	{"NO [LIMIT] LOGIN Rate limit hit.", ClassLimit, true},
	{"NO [UNAVAILABLE] LOGIN Service is temporarily not available", ClassOutage, true},
	{"NO [SERVERBUG] LOGIN Server error - Please try again later", ClassOutage, true},
	{"NO [INUSE] LOGIN mailbox in use", ClassOutage, true},
	// iCloud, GMX, Yandex, Mail.ru, Zoho, Fastmail
	{"NO [AUTHENTICATIONFAILED] Authentication failed", ClassCredential, true},
	{"NO authentication failed", ClassCredential, true},
	{"NO [AUTHENTICATIONFAILED] LOGIN invalid credentials or IMAP is disabled sc=cYXlpv732Cg1_010534_2-1e59ad28a72c", ClassCredential, true},
	{"NO NEOBHODIM parol prilozheniya https://help.mail.ru/mail/security/protection/external / Application password is REQUIRED", ClassCredential, true},
	{"NO [AUTHENTICATIONFAILED] Invalid credentials(Failure)", ClassCredential, true},
	{"NO [ALERT] You are yet to enable IMAP for your account. Please contact your administrator (Failure)", ClassCredential, true},
	{"NO Already reached per-10 minute limit for logins", ClassLimit, true},
	// QQ, NetEase
	{"NO Login fail. Account is abnormal, service is not open, password is incorrect, login frequency limited, or system is busy.", ClassCredential, true},
	{"NO Login fail. Please using authorized code to login. More information at http://service.mail.qq.com", ClassCredential, true},
	{"NO Login Fail. Please enter your authorization code to login.", ClassCredential, true},
	{"NO LOGIN Login error password error", ClassCredential, true},
	// Dovecot
	{"NO [AUTHENTICATIONFAILED] Authentication failed.", ClassCredential, true},
	{"NO [UNAVAILABLE] Temporary authentication failure. [host:2020-06-11 13:56:19]", ClassOutage, true},
	{"NO [UNAVAILABLE] Login failed", ClassOutage, true},
	{"NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=1)", ClassLimit, true},
	{"NO [LIMIT] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)", ClassLimit, true},
	{"NO [PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.", ClassPermanent, true},
	{"NO Plaintext authentication disallowed on non-secure (SSL/TLS) connections.", ClassPermanent, true},
	{"NO [EXPIRED] Password expired", ClassCredential, true},
	{"NO [AUTHORIZATIONFAILED] Not for you", ClassCredential, true},
	{"NO [CONTACTADMIN] Account is out of order", ClassCredential, true},
	{"NO [NOPERM] IMAP is not part of your tariff", ClassCredential, true},
	{"NO [SERVERBUG] Internal login failure. Refer to server log for more information.", ClassOutage, true},
	{"NO Internal error occurred. Refer to server log for more information.", ClassOutage, true},
	// Cyrus, Stalwart, Proton, hMailServer
	{"NO Login failed: authentication failure", ClassCredential, true},
	{"NO Login failed: user not found", ClassCredential, true},
	{"NO Login failed: generic failure", ClassOutage, true},
	{"NO Login only available under a layer", ClassPermanent, true},
	{"NO no mechanism available", ClassPermanent, true},
	{"NO [LIMIT] Too many concurrent IMAP connections.", ClassLimit, true},
	{"NO too many login attempts", ClassCredential, true},
	{"NO no such user", ClassCredential, true},
	{"NO Invalid user name or password.", ClassCredential, true},
	// Nobody knows
	{"NO Zugangsdaten falsch", ClassOutage, false},
	{"NO ", ClassOutage, false},
	{"NO [ALERT] 4711", ClassOutage, false},
	{"BAD command unknown", ClassDefect, true},
}

// said makes an error of what a server says behind the tag, by saying it.
func said(t *testing.T, command, line string) error {
	t.Helper()
	s := imaptest.NewServer(nil)
	defer s.Close()
	s.AddUser("alice", "secret")
	s.SetFaults(&imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
		if c.Name == command {
			return &imaptest.Action{Reply: line}
		}
		return nil
	}})
	c, err := imap.Dial(t.Context(), "imap.example.org", &imap.Options{Security: imap.Plaintext, InsecureLogin: true, Dial: s.Dial})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if command == "LOGIN" {
		return c.Login(t.Context(), "alice", "secret")
	}
	if err := c.Login(t.Context(), "alice", "secret"); err != nil {
		t.Fatal(err)
	}
	return c.Noop(t.Context())
}

func TestB50_RefusedLogins(t *testing.T) {
	for _, tt := range loginTexts {
		err := said(t, "LOGIN", tt.line)
		if err == nil {
			t.Errorf("%s: no error", tt.line)
			continue
		}
		if got := ClassOf(err); got != tt.want || judge(err).doubt == tt.sure {
			t.Errorf("%s: %s (doubt: %v), want %s", tt.line, got, judge(err).doubt, tt.want)
		}
		if (tt.want == ClassCredential) != (ReasonOf(err) == ReasonLogin) && tt.want != ClassPermanent && tt.sure && tt.want != ClassDefect {
			t.Errorf("%s: the reason is %s", tt.line, ReasonOf(err))
		}
	}
}

// What is not a reply to a login.
func TestB50_OtherErrors(t *testing.T) {
	no := func(command, status, code, text string) error {
		return &imap.ResponseError{Command: command, Status: imap.Status(status), Code: imap.Code(code), Text: text}
	}
	network := func(op string, err error) error { return &net.OpError{Op: op, Net: "tcp", Err: err} }
	for _, tt := range []struct {
		err  error
		want Class
	}{
		// Refused greetings, and BYE.
		{no("", "BYE", "", "Autologout; idle for too long"), ClassOutage},
		{no("", "BYE", "", "Session expired, please login again."), ClassOutage},
		{no("", "BYE", "", "Session invalidated - AccessTokenExpired"), ClassOutage},
		{no("", "BYE", "", "Server shutting down."), ClassOutage},
		{no("", "BYE", "", "Connection closed. 14"), ClassOutage},
		{no("", "BYE", "", "Internal error occurred. Refer to server log for more information."), ClassOutage},
		{no("", "BYE", "UNAVAILABLE", "Maintenance"), ClassOutage},
		{no("", "BYE", "LIMIT", ""), ClassLimit},
		{no("", "BYE", "", "Too many connections from your IP"), ClassLimit},
		{no("", "BYE", "", "Too many authentication failures"), ClassCredential},
		{no("", "BYE", "", "User is authenticated but not connected."), ClassLimit},
		{no("", "BYE", "", "Too many invalid IMAP commands."), ClassDefect},
		{no("", "NO", "", "LOGOUT Intrusion prevention active for 192.0.2.1"), ClassLimit},
		// Commands.
		{no("UID FETCH", "NO", "LIMIT", "UID FETCH Rate limit hit."), ClassLimit},
		{no("UID FETCH", "NO", "UNAVAILABLE", "UID FETCH Server error while fetching messages"), ClassOutage},
		{no("EXAMINE", "NO", "SERVERBUG", "SELECT Server error - Please try again later"), ClassOutage},
		{no("EXAMINE", "NO", "", "SELECT Unsafe Login. Please contact kefu@188.com for help"), ClassCredential},
		{no("EXAMINE", "NO", "AUTHENTICATIONFAILED", "odd"), ClassOutage},
		{no("IDLE", "BAD", "", "User is authenticated but not connected."), ClassLimit},
		{no("UID SEARCH", "BAD", "", "Error in IMAP command UID SEARCH: Unknown argument"), ClassDefect},
		{no("NOOP", "BAD", "", "Command received in Invalid state."), ClassOutage},
		{no("EXAMINE", "NO", "NONEXISTENT", "no such mailbox"), ClassOutage},
		// Below IMAP.
		{network("dial", syscall.ECONNREFUSED), ClassOutage},
		{network("read", syscall.ECONNRESET), ClassOutage},
		{&net.DNSError{Err: "no such host", IsNotFound: true}, ClassOutage},
		{&net.DNSError{Err: "server misbehaving", IsTemporary: true}, ClassOutage},
		{&net.AddrError{Err: "missing port in address"}, ClassPermanent},
		{io.EOF, ClassOutage},
		{os.ErrDeadlineExceeded, ClassOutage},
		{context.DeadlineExceeded, ClassOutage},
		{imap.ErrTimeout, ClassOutage},
		{imap.ErrNotIMAP, ClassOutage},
		{errors.New("a Dial of somebody's"), ClassOutage},
		// No trust.
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, ClassPermanent},
		{fmt.Errorf("dial: %w", x509.CertificateInvalidError{Reason: x509.Expired}), ClassPermanent},
		{x509.HostnameError{Certificate: &x509.Certificate{}}, ClassPermanent},
		{tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, ClassPermanent},
		{imap.ErrSTARTTLSInjection, ClassPermanent},
		{&imap.UnsupportedError{Capability: "STARTTLS", What: "TLS"}, ClassPermanent},
		{&imap.UnsupportedError{Capability: "LOGIN (it says LOGINDISABLED)", What: "LOGIN"}, ClassPermanent},
		{&imap.LoginError{Err: imap.ErrMechanismDowngrade}, ClassPermanent},
		{&imap.LoginError{Err: &sasl.Error{Mech: "SCRAM-SHA-256", Reason: "the server does not know the password"}}, ClassCredential},
		// Ours.
		{&panicError{"index out of range", nil}, ClassDefect},
		{fmt.Errorf("x: %w", &panicError{io.EOF, nil}), ClassDefect},
		{errNoClient, ClassPermanent},
	} {
		if got := ClassOf(tt.err); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.err, got, tt.want)
		}
	}
}

// [UNAVAILABLE] is an outage, whatever else the server says.
func TestB54_UnavailableIsAnOutage(t *testing.T) {
	for _, text := range []string{
		"Login failed", "LOGIN failed.", "AUTHENTICATE failed.", "Authentication failed", "Invalid credentials (Failure)",
		"Temporary authentication failure.", "Account is locked for maintenance", "",
	} {
		err := said(t, "LOGIN", "NO [UNAVAILABLE] "+text)
		if ClassOf(err) != ClassOutage || judge(err).doubt || ReasonOf(err) != ReasonRefused {
			t.Errorf("%v: %s, %s", err, ClassOf(err), ReasonOf(err))
		}
		if isRefusedLogin(err) {
			t.Errorf("%v: the credentials are blamed", err)
		}
	}
	if err := said(t, "NOOP", "NO [UNAVAILABLE] Login failed"); ClassOf(err) != ClassOutage {
		t.Error(err)
	}
}

func TestB52_TooManyConnections(t *testing.T) {
	for _, line := range []string{
		"NO [ALERT] Too many simultaneous connections. (Failure)",
		"NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)",
		"BAD User is authenticated but not connected.",
	} {
		if err := said(t, "LOGIN", line); !isTooManyConnections(err) || ClassOf(err) != ClassLimit {
			t.Errorf("%s: %s", line, ClassOf(err))
		}
	}
	for _, line := range []string{
		"NO [LIMIT] LOGIN Rate limit hit.", "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
		"NO Request is throttled. Suggested Backoff Time: 299923 milliseconds",
	} {
		if err := said(t, "LOGIN", line); isTooManyConnections(err) {
			t.Error(line)
		}
	}
	if isTooManyConnections(io.EOF) || isTooManyConnections(nil) {
		t.Error("no server said so")
	}
}

// Every row can be reached, which one that fits more before it would prevent.
func TestRefusalRows(t *testing.T) {
	for i, r := range refusalRows {
		if r.words != strings.ToLower(r.words) || r.code == "" && r.words == "" || r.sure < 'A' || r.sure > 'C' {
			t.Errorf("row %d: %+v", i, r)
		}
		if r.sure == 'A' && r.link == "" {
			t.Errorf("row %d (%s): who says so?", i, r.words)
		}
		reached := false
		for _, w := range []where{atLogin, atCommand, atBye} {
			reached = reached || r.where&w != 0 && rowFor(w, r.code, r.words) == &refusalRows[i]
		}
		if !reached {
			t.Errorf("row %d (%s %q) is never reached", i, r.code, r.words)
		}
	}
}

// The conversations with odd servers, and what their refusals are.
func TestRefusalsInConversations(t *testing.T) {
	want := map[string]Class{
		"gmail/web-login": ClassCredential, "gmail/over-bandwidth": ClassLimit, "gmail/app-password": ClassCredential,
		"gmail/too-many-connections": ClassLimit, "gmail/imap-disabled": ClassCredential, "icewarp/intrusion": ClassLimit,
		"yahoo/throttled": ClassLimit, "yahoo/bisect": ClassOutage, "yahoo/capability-limit": ClassLimit,
		"coremail/unsafe-login": ClassCredential, "exchange/throttled": ClassLimit, "exchange/fake-login": ClassLimit,
		"exchange/fake-login-bye": ClassLimit, "yandex/bye-for-ever": ClassOutage, "zimbra/locked": ClassOutage,
	}
	for name, class := range want {
		f, err := os.Open(filepath.Join("../imap/testdata", name+".imap"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		seen := false
		for lines := bufio.NewScanner(f); lines.Scan() && !seen; {
			words := strings.SplitN(lines.Text(), " ", 4)
			if len(words) < 4 || words[0] != "S:" || words[2] != "NO" && words[2] != "BAD" && words[2] != "BYE" {
				continue
			}
			seen = true
			w, text, code := atLogin, words[3], ""
			switch {
			case words[1] == "*":
				w = atBye
			case !strings.HasPrefix(name, "gmail/") && !strings.HasPrefix(name, "exchange/fake"):
				w = atCommand
			}
			if inner, rest, ok := strings.Cut(strings.TrimPrefix(text, "["), "] "); ok && text[0] == '[' {
				code, _, _ = strings.Cut(inner, " ")
				text = rest
			}
			got := judgeRefusal(nil, w, imap.Code(code), text).class
			if name == "gmail/web-login" {
				got = judgeRefusal(nil, atLogin, imap.Code(code), text).class
			}
			if got != class {
				t.Errorf("%s: %s: %s, want %s", name, lines.Text(), got, class)
			}
		}
		if !seen {
			t.Errorf("%s: nothing is refused", name)
		}
	}
}

// What TLS says when the two sides do not fit, and when something was damaged.
func TestB03_TLSAlerts(t *testing.T) {
	ca, err := imaptest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	cert := ca.ServerConfig("mail.example.org").Certificates[0]
	for _, tt := range []struct {
		server *tls.Config
		want   Class
	}{
		{&tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: tls.VersionTLS12}, ClassPermanent},
		{&tls.Config{Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequireAnyClientCert}, ClassPermanent},
		{&tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return nil, errors.New("out of order")
		}}, ClassOutage},
	} {
		client, server := net.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = tls.Server(server, tt.server).Handshake()
			server.Close()
		}()
		c := tls.Client(client, &tls.Config{ServerName: "mail.example.org", InsecureSkipVerify: true, MinVersion: tls.VersionTLS13})
		err := c.Handshake()
		if err == nil { // it comes behind the client's handshake
			_, err = c.Read(make([]byte, 1))
		}
		if got := ClassOf(fmt.Errorf("imap: %w", err)); got != tt.want {
			t.Errorf("%v: %s, want %s", err, got, tt.want)
		}
		client.Close()
		<-done
	}
	for text, want := range map[string]Class{
		"tls: bad record MAC": ClassOutage, "tls: internal error": ClassOutage, "tls: certificate required": ClassPermanent,
	} {
		if got := ClassOf(&net.OpError{Op: "remote error", Err: errors.New(text)}); got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
}
