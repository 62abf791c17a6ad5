package imap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Dial connects to a server, protects the connection as Options.Security
// says, and reads the greeting. addr is a host, or host:port; the port's
// default is 993 with TLS and 143 without. The Context ends the dialing only.
func Dial(ctx context.Context, addr string, opts *Options) (*Client, error) {
	o := opts.withDefaults()
	addr, host, err := splitAddr(addr, o.Security)
	if err != nil {
		return nil, err
	}
	dial := o.Dial
	if dial == nil {
		dial = defaultDialer().DialContext
	}
	dctx, cancel := context.WithTimeout(ctx, o.Timeouts.Connect)
	defer cancel()
	conn, err := dial(dctx, "tcp", addr)
	if err != nil {
		if dctx.Err() != nil && ctx.Err() == nil {
			err = fmt.Errorf("no connection within %v: %w", o.Timeouts.Connect, errors.Join(ErrTimeout, err))
		}
		return nil, fmt.Errorf("imap: connect to %s: %w", addr, err)
	}
	c, err := newClient(ctx, conn, host, o)
	if err != nil {
		return nil, fmt.Errorf("imap: connect to %s: %w", addr, bare(err))
	}
	_, c.port, _ = net.SplitHostPort(addr)
	return c, nil
}

// bare takes the prefix of the package from an error that gets it again.
func bare(err error) error {
	if e, ok := err.(*closedError); ok && e.cause != nil && e.bye == "" {
		return &bareClosed{e}
	}
	return err
}

// bareClosed is a closedError that shows its cause alone.
type bareClosed struct{ *closedError }

func (e *bareClosed) Error() string { return strings.TrimPrefix(e.cause.Error(), "imap: ") }

// defaultDialer keeps a connection that waits for hours alive, and notices
// within minutes when the peer has gone.
func defaultDialer() *net.Dialer {
	return &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 60 * time.Second, Interval: 15 * time.Second, Count: 4,
	}, Control: dialControl}
}

// splitAddr adds the port if there is none.
func splitAddr(addr string, security Security) (full, host string, err error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		host, port = strings.Trim(addr, "[]"), "993"
		if security != TLS {
			port = "143"
		}
		if strings.Count(addr, ":") == 1 || addr == "" {
			return "", "", fmt.Errorf("imap: bad address %q: want host or host:port", addr)
		}
	}
	if host == "" || port == "" {
		return "", "", fmt.Errorf("imap: bad address %q: want host or host:port", addr)
	}
	return net.JoinHostPort(host, port), host, nil
}

// newClient makes a Client of an open connection: TLS, greeting, STARTTLS.
func newClient(ctx context.Context, conn net.Conn, host string, o Options) (*Client, error) {
	config, err := tlsConfig(o, host)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	top, secured := conn, false
	if _, ok := conn.(interface{ ConnectionState() tls.ConnectionState }); ok {
		secured = true
	}
	if o.Security == TLS {
		if top, err = handshake(ctx, conn, config, o.Timeouts.TLS); err != nil {
			_ = conn.Close()
			return nil, err
		}
		secured = true
	}
	bottom := conn
	if t, ok := conn.(interface{ NetConn() net.Conn }); ok && o.Security == Plaintext {
		bottom = t.NetConn() // closing a tls.Conn waits for a peer that does not read
	}
	c := newStarted(bottom, top, secured, o)
	c.host = host
	if err := c.awaitGreeting(ctx); err != nil {
		_ = c.Close()
		return nil, err
	}
	if o.Security == StartTLS {
		if err := c.startTLS(ctx, config); err != nil {
			_ = c.Close()
			return nil, err
		}
	}
	if !c.capsKnown() {
		if _, err := c.Capability(ctx); err != nil {
			_ = c.Close()
			return nil, err
		}
	}
	if err := c.acceptUTF8(ctx); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Client) capsKnown() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.caps.known()
}

// tlsConfig is the configuration for a host: verified, TLS 1.2 or later.
func tlsConfig(o Options, host string) (*tls.Config, error) {
	config := o.TLSConfig.Clone()
	if config == nil {
		config = &tls.Config{}
	}
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	config.Renegotiation = tls.RenegotiateNever
	if config.ServerName == "" {
		config.ServerName = host
	}
	if config.NextProtos == nil {
		config.NextProtos = []string{"imap"}
	}
	if o.Security != Plaintext && config.ServerName == "" && !config.InsecureSkipVerify {
		return nil, errors.New("imap: TLS needs the server's name: set Options.TLSConfig.ServerName")
	}
	return config, nil
}

func handshake(ctx context.Context, conn net.Conn, config *tls.Config, limit time.Duration) (net.Conn, error) {
	hctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	t := tls.Client(conn, config)
	if err := t.HandshakeContext(hctx); err != nil {
		var record tls.RecordHeaderError
		switch {
		case errors.As(err, &record):
			err = fmt.Errorf("the server does not speak TLS on this port; is it one for STARTTLS? %w", err)
		case hctx.Err() != nil && ctx.Err() == nil:
			err = fmt.Errorf("TLS handshake not done within %v: %w", limit, ErrTimeout)
		case errors.Is(err, io.EOF):
			err = fmt.Errorf("the server ended the connection during the TLS handshake: %w", err)
		}
		return nil, err
	}
	return t, nil
}

// awaitGreeting starts the reader and waits for its first response.
func (c *Client) awaitGreeting(ctx context.Context) error {
	c.workers.Add(1)
	go c.read()
	timer := time.NewTimer(c.opts.Timeouts.Greeting)
	defer timer.Stop()
	select {
	case <-c.welcome:
		return nil
	case <-c.dead:
		return c.Err()
	case <-ctx.Done():
		return canceled(ctx, "greeting")
	case <-timer.C:
		return fmt.Errorf("no greeting within %v: %w", c.opts.Timeouts.Greeting, ErrTimeout)
	}
}

// startTLS upgrades the connection (RFC 9051 §6.2.1). All that the server said
// before is forgotten.
func (c *Client) startTLS(ctx context.Context, config *tls.Config) error {
	if !c.capsKnown() {
		if _, err := c.Capability(ctx); err != nil {
			return err
		}
	}
	if !c.Has("STARTTLS") {
		return &UnsupportedError{Capability: "STARTTLS", What: "the connection must be upgraded to TLS"}
	}
	k := &call{name: "STARTTLS", cmd: newCommand("STARTTLS"), foot: footprint{class: classBarrier}, login: true}
	k.upgrade = func() error { return c.upgradeTLS(config) }
	return c.do(ctx, k)
}

// upgradeTLS runs on the reader, with nothing else in flight.
func (c *Client) upgradeTLS(config *tls.Config) error {
	if c.framer.Buffered() > 0 {
		return ErrSTARTTLSInjection
	}
	t, err := handshake(context.Background(), c.conn, config, c.opts.Timeouts.TLS)
	if record, is := errors.AsType[tls.RecordHeaderError](err); is {
		return fmt.Errorf("%w: %w", ErrSTARTTLSInjection, record)
	}
	if err != nil {
		return fmt.Errorf("STARTTLS: %w", err)
	}
	c.framer.Reset(c.in)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.in.src, c.top, c.out = t, t, t
	c.secured = true
	c.caps.forget()
	c.serverID, c.quirks.greeting, c.webAlert = nil, "", ""
	c.detect()
	return nil
}

// TLS returns the state of the TLS connection; ok is false without TLS.
func (c *Client) TLS() (state tls.ConnectionState, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t, is := c.top.(interface{ ConnectionState() tls.ConnectionState }); is {
		return t.ConnectionState(), true
	}
	return state, false
}

// local says whether the other end is on this machine, or no network at all. A
// connection that Options.Dial made may lead through a proxy on this machine.
func (c *Client) local() bool {
	addr := c.conn.RemoteAddr()
	if addr == nil || !strings.HasPrefix(addr.Network(), "tcp") {
		return true
	}
	if c.opts.Dial != nil && c.host != "" && c.host != "localhost" {
		ip := net.ParseIP(c.host)
		return ip != nil && ip.IsLoopback()
	}
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
