package cli

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/sasl"
)

// connectFlags are the flags of every command that connects to a server.
type connectFlags struct {
	password passwordFlags
	trace    traceFlag
	caFile   string
}

func (c *connectFlags) add(cmd *cobra.Command) {
	c.password.add(cmd)
	cmd.Flags().StringVar(&c.caFile, "ca-file", "",
		"PEM `FILE` with the authorities to trust, not the system's")
	c.trace.add(cmd, "append the protocol to `FILE`, without passwords and bodies")
}

// connector connects and logs in, again and again. Any goroutine may use it.
type connector struct {
	target   target
	password secret
	opts     imap.Options
}

func newConnector(
	ctx context.Context, e *env, t target, flags *connectFlags, trace *traceFile,
) (*connector, error) {
	config, err := tlsConfig(flags.caFile)
	if err != nil {
		return nil, err
	}
	password, err := flags.password.password(ctx, e, t)
	if err != nil {
		return nil, err
	}
	return &connector{target: t, password: password, opts: imap.Options{
		Security:      t.security,
		InsecureLogin: t.security == imap.Plaintext, // asked for by name
		TLSConfig:     config,
		Trace:         trace.writer(),
	}}, nil
}

// tlsConfig returns nil, the default, without a file.
func tlsConfig(caFile string) (*tls.Config, error) {
	if caFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("cannot read the --ca-file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("the --ca-file %s has no certificate in PEM form (-----BEGIN CERTIFICATE-----)", caFile)
	}
	return &tls.Config{RootCAs: pool}, nil
}

// dial connects and logs in.
func (c *connector) dial(ctx context.Context) (*imap.Client, error) {
	client, err := imap.Dial(ctx, c.target.address(), &c.opts)
	if err != nil {
		return nil, err
	}
	if err := c.logIn(ctx, client); err != nil {
		_ = client.Close()
		return nil, err
	}
	return client, nil
}

// logIn uses the strongest mechanism that the server offers.
func (c *connector) logIn(ctx context.Context, client *imap.Client) error {
	if client.Authenticated() { // PREAUTH
		return nil
	}
	return client.LoginWith(ctx, sasl.Password(c.target.user, c.password.reveal()))
}
