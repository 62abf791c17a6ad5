package imap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// ProxyOptions are the settings of a way through a proxy. The zero value, and
// nil, are the defaults.
type ProxyOptions struct {
	// TLSConfig is cloned and used for TLS with a proxy of "https"; nil: the
	// system's roots, TLS 1.2. It has nothing to do with the mail server's.
	TLSConfig *tls.Config
	// Dial makes the connection to the proxy, through another proxy for
	// instance; nil: as Options.Dial.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// ProxyDial returns an Options.Dial that goes through a proxy:
//
//	opts.Dial, err = imap.ProxyDial("socks5://user:password@proxy.example.org:1080", nil)
//
// The scheme of the URL says what the proxy speaks:
//
//	socks5, socks5h   SOCKS 5 (RFC 1928), with a password if there is one (RFC 1929)
//	socks4a           SOCKS 4 with names; the user is the user ID
//	socks4            SOCKS 4; the name is looked up here, for an address of IPv4
//	http, https       CONNECT (RFC 9110 §9.3.6), with a password by Basic (RFC 7617);
//	                  https is TLS to the proxy
//
// Except for socks4 the server's name goes to the proxy, and nothing is looked up
// here. The port is 1080 for SOCKS, 80 for http and 443 for https if there is
// none. What is not allowed in a URL is percent-encoded in user and password; all
// but https sends them in clear to the proxy.
//
// The proxy sees what a router would see. TLS with the mail server goes through
// it, and the name in its certificate is checked as without it; TLS with the
// proxy protects nothing behind it, and does not count as Options.Security.
// The environment is not looked at: ProxyDial(os.Getenv("ALL_PROXY"), nil) is the
// caller's to write. An empty URL is an error, not a way around the proxy.
func ProxyDial(proxyURL string, opts *ProxyOptions) (func(ctx context.Context, network, address string) (net.Conn, error), error) {
	u, err := url.Parse(proxyURL)
	if err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("imap: the proxy's URL is not scheme://host:port or scheme://user:password@host:port; is a character of the password not percent-encoded?")
	}
	p := &proxy{scheme: u.Scheme, addr: u.Host}
	if opts != nil {
		p.ProxyOptions = *opts
	}
	if p.Dial == nil {
		p.Dial = defaultDialer().DialContext
	}
	port, known := proxyPorts(u.Scheme)
	if !known {
		return nil, fmt.Errorf("imap: no proxy of %q: want socks5, socks4a, socks4, http or https", u.Scheme)
	}
	if u.Port() == "" {
		p.addr = net.JoinHostPort(u.Hostname(), port)
	}
	if u.User != nil {
		p.login.user = u.User.Username()
		p.login.password, p.login.withPassword = u.User.Password()
		p.login.given = true
	}
	if err := p.login.check(p.scheme); err != nil {
		return nil, fmt.Errorf("imap: proxy %s: %w", p.addr, err)
	}
	return p.dial, nil
}

// proxyPorts knows the schemes, and their ports.
func proxyPorts(scheme string) (port string, known bool) {
	switch scheme {
	case "socks5", "socks5h", "socks4", "socks4a":
		return "1080", true
	case "http":
		return "80", true
	case "https":
		return "443", true
	}
	return "", false
}

// proxy is a proxy and how it is reached.
type proxy struct {
	ProxyOptions
	scheme string
	addr   string
	login  proxyLogin
}

func (p *proxy) dial(ctx context.Context, network, address string) (net.Conn, error) {
	target, err := newProxyTarget(address)
	if err != nil {
		return nil, err
	}
	if p.scheme == "socks4" {
		if target.ip, err = lookupIPv4(ctx, target); err != nil {
			return nil, err
		}
	}
	conn, err := p.Dial(ctx, network, p.addr)
	if err != nil {
		return nil, fmt.Errorf("proxy %s: %w", p.addr, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	through, err := p.pass(ctx, conn, target)
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("proxy %s: %w", p.addr, err)
	}
	return through, nil
}

// pass asks the proxy to connect to the target, and reads not one byte more than
// its answer: the next may be the server's.
func (p *proxy) pass(ctx context.Context, conn net.Conn, target proxyTarget) (net.Conn, error) {
	switch p.scheme {
	case "socks5", "socks5h":
		return opaque(conn), socks5(conn, target, p.login)
	case "socks4", "socks4a":
		return opaque(conn), socks4(conn, target, p.login)
	case "http":
		return opaque(conn), httpConnect(conn, target, p.login)
	}
	t, err := p.handshake(ctx, conn)
	if err != nil {
		return nil, err
	}
	return &tunnel{Conn: t, bottom: conn}, httpConnect(t, target, p.login)
}

func (p *proxy) handshake(ctx context.Context, conn net.Conn) (*tls.Conn, error) {
	config := p.TLSConfig.Clone()
	if config == nil {
		config = &tls.Config{}
	}
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(p.addr)
	}
	if config.NextProtos == nil {
		config.NextProtos = []string{"http/1.1"}
	}
	t := tls.Client(conn, config)
	if err := t.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("TLS with the proxy: %w", err)
	}
	return t, nil
}

// tunnel is a connection inside somebody else's TLS. It does not show that: who
// asks a connection for its ConnectionState wants to know of the mail server.
type tunnel struct {
	net.Conn
	bottom net.Conn
}

// Close does not wait for a peer that does not read.
func (t *tunnel) Close() error { return t.bottom.Close() }

// opaque hides that a connection to a proxy is TLS, if it is.
func opaque(conn net.Conn) net.Conn {
	if _, is := conn.(interface{ ConnectionState() tls.ConnectionState }); is {
		return &tunnel{Conn: conn, bottom: conn}
	}
	return conn
}

func lookupIPv4(ctx context.Context, target proxyTarget) (ip proxyIP, err error) {
	if target.ip.IsValid() {
		return target.ip, nil
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", target.host)
	if err != nil {
		return ip, err
	}
	if len(found) == 0 {
		return ip, fmt.Errorf("%s has no address of IPv4, which socks4 needs; try socks4a or socks5", target.host)
	}
	return found[0].Unmap(), nil
}
