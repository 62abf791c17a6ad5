package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

const testserverHelp = `Run an IMAP server with its mailboxes in memory, to try clients and scripts with.
It speaks IMAP4rev1 with IDLE, UIDPLUS, MOVE and more, in clear and over TLS.

The first line on stdout tells where it is, as JSON:
{"listen":"…","tls_listen":"…","ca_file":"…"}. ca_file holds the throw-away
certificate authority, for --ca-file options; it goes when the server ends. How to
watch it stands on stderr.

Exit codes: 0 ended by Ctrl-C (SIGINT), SIGTERM or SIGHUP; 1 failed; 2 wrong usage.`

type testserverOptions struct {
	listen, tlsListen string
	users             []string
	messages          int
	trace             traceFlag
}

func newTestserverCommand(e *env) *cobra.Command {
	var opts testserverOptions
	cmd := &cobra.Command{
		Use:               "testserver",
		Short:             "Run an IMAP server in memory, for tests",
		Long:              testserverHelp,
		Example:           "  idlewild testserver --user alice:pass --messages 100",
		Args:              exactly(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runTestserver(cmd.Context(), e, &opts)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.listen, "listen", "127.0.0.1:0", "`ADDRESS` for clear connections; empty: none")
	f.StringVar(&opts.tlsListen, "tls-listen", "127.0.0.1:0", "`ADDRESS` for TLS connections; empty: none")
	f.StringArrayVar(&opts.users, "user", []string{"alice:pass"}, "`NAME:PASSWORD` of a user; may be repeated")
	f.IntVar(&opts.messages, "messages", 100, "how many messages each INBOX begins with")
	opts.trace.add(cmd, "append what clients and server say to `FILE`, passwords too")
	return cmd
}

// testserverReady is the first line on stdout.
type testserverReady struct {
	Listen    string `json:"listen"`
	TLSListen string `json:"tls_listen"`
	CAFile    string `json:"ca_file"`
}

func runTestserver(ctx context.Context, e *env, opts *testserverOptions) error {
	users, err := parseUsers(opts.users)
	if err != nil {
		return err
	}
	if opts.messages < 0 {
		return usagef("--messages is %d, but cannot be less than 0", opts.messages)
	}
	if opts.listen == "" && opts.tlsListen == "" {
		return usagef("--listen and --tls-listen are both empty: nobody could reach it; leave one of them out")
	}
	ca, err := imaptest.NewCA()
	if err != nil {
		return err
	}
	trace, err := opts.trace.open()
	if err != nil {
		return err
	}
	defer trace.Close()
	server := imaptest.NewServer(&imaptest.Options{
		TLSConfig:       ca.ServerConfig(certificateHosts(opts.listen, opts.tlsListen)...),
		AllowPlainLogin: true,
		Trace:           serverTrace(trace),
	})
	defer server.Close()
	for _, u := range users {
		if err := fillInbox(server, u, opts.messages); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp("", "idlewild-testserver-") // 0700
	if err != nil {
		return fmt.Errorf("cannot store the CA: %w", err)
	}
	defer os.RemoveAll(dir)
	ready := testserverReady{CAFile: filepath.Join(dir, "ca.pem")}
	if err := os.WriteFile(ready.CAFile, ca.PEM(), 0o600); err != nil {
		return fmt.Errorf("cannot store the CA: %w", err)
	}
	failed := make(chan error, 2)
	if ready.Listen, err = serve(opts.listen, server.Serve, failed); err != nil {
		return err
	}
	if ready.TLSListen, err = serve(opts.tlsListen, server.ServeTLS, failed); err != nil {
		return err
	}
	line, err := encodeJSON(ready)
	if err != nil {
		return err
	}
	if _, err := e.stdout.Write(line); err != nil {
		return &outputError{err}
	}
	hint(e, ready, users[0])
	select {
	case <-ctx.Done():
		return server.Shutdown("the test server is stopped")
	case err := <-failed:
		return fmt.Errorf("the server stopped: %w", err)
	}
}

// hint tells people what to do with the server.
func hint(e *env, ready testserverReady, u testUser) {
	where := fmt.Sprintf("imap+plaintext://%s@%s", url.PathEscape(u.name), ready.Listen)
	if ready.Listen == "" {
		where = fmt.Sprintf("imaps://%s@%s --ca-file %s", url.PathEscape(u.name), ready.TLSListen, shellWord(ready.CAFile))
	}
	e.say("running until Ctrl-C; try, in another window:")
	e.print("IDLEWILD_PASSWORD=%s idlewild watch %s --from last:3", shellWord(u.password), where)
}

// shellWord is a text as a POSIX shell takes it for one word.
func shellWord(text string) string {
	if text != "" && !strings.ContainsAny(text, " \t\n\"'`$&|;<>()*?[]#~=%!{}\\") {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// serve starts to listen and returns the address, with the port it got.
func serve(address string, serve func(net.Listener) error, failed chan<- error) (string, error) {
	if address == "" {
		return "", nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "", fmt.Errorf("cannot listen on %s: %w", address, err)
	}
	go func() {
		if err := serve(l); err != nil && !errors.Is(err, net.ErrClosed) {
			failed <- err
		}
	}()
	return l.Addr().String(), nil
}

type testUser struct{ name, password string }

func parseUsers(flags []string) ([]testUser, error) {
	var users []testUser
	for _, f := range flags {
		name, password, ok := strings.Cut(f, ":")
		if !ok || name == "" || password == "" {
			return nil, usagef("--user %q is not of the form NAME:PASSWORD, as in alice:pass", f)
		}
		users = append(users, testUser{name, password})
	}
	return users, nil
}

// fillInbox adds the user. The newest of the messages is a minute old.
func fillInbox(server *imaptest.Server, u testUser, messages int) error {
	server.AddUser(u.name, u.password)
	to := u.name
	if !strings.Contains(to, "@") {
		to += "@example.com"
	}
	now := time.Now()
	for n := range messages {
		date := now.Add(-time.Duration(messages-n) * time.Minute)
		_, err := server.Deliver(u.name, "INBOX", sample(n, to, date), &imaptest.DeliverOptions{Date: date})
		if err != nil {
			return err
		}
	}
	return nil
}

// certificateHosts are whom the certificate is for: this machine, and where
// else the server listens.
func certificateHosts(addresses ...string) []string {
	hosts := []string{"localhost", "127.0.0.1", "::1"}
	for _, a := range addresses {
		if host, _, err := net.SplitHostPort(a); err == nil && host != "" {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// serverTrace writes what a test server sees, a line each, with the number of
// the connection and the direction in front.
func serverTrace(trace *traceFile) func(conn uint32, dir byte, data []byte) {
	if trace == nil {
		return nil
	}
	return func(conn uint32, dir byte, data []byte) {
		var b strings.Builder
		for line := range strings.Lines(string(data)) {
			fmt.Fprintf(&b, "%d %c: %s\n", conn, dir, clean(strings.TrimRight(line, "\r\n")))
		}
		_, _ = trace.Write([]byte(b.String()))
	}
}
