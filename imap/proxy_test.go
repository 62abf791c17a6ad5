package imap_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// testProxy is a proxy that leads all connections to one place. It speaks what
// the first octet shows.
type testProxy struct {
	user, password string // "": nobody is asked
	up             func() (net.Conn, error)

	mu    sync.Mutex
	asked []string
	wg    sync.WaitGroup
}

// listen serves on a port, inside TLS if wrapped.
func (p *testProxy) listen(t *testing.T, wrap func(net.Listener) net.Listener) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = l.Addr().String()
	if wrap != nil {
		l = wrap(l)
	}
	p.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			p.wg.Go(func() { p.serve(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.wg.Wait()
	})
	return addr
}

func (p *testProxy) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	first, err := in.Peek(1)
	if err != nil {
		return
	}
	handler := map[byte]func(*bufio.Reader, io.Writer) (string, error){4: p.socks4, 5: p.socks5}[first[0]]
	if handler == nil {
		handler = p.connect
	}
	ok, err := handler(in, conn)
	if err != nil {
		return
	}
	up, err := p.up()
	if err != nil {
		return
	}
	defer up.Close()
	if _, err := io.WriteString(conn, ok); err != nil {
		return
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _ = io.Copy(up, in)
		up.Close()
	})
	_, _ = io.Copy(conn, up)
	conn.Close()
	wg.Wait()
}

func (p *testProxy) note(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, target)
}

func (p *testProxy) took() (asked []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked, p.asked = p.asked, nil
	return asked
}

var errTestProxy = errors.New("refused")

func (p *testProxy) connect(in *bufio.Reader, out io.Writer) (string, error) {
	r, err := http.ReadRequest(in)
	if err != nil || r.Method != http.MethodConnect {
		return "", errTestProxy
	}
	login := "Basic " + base64.StdEncoding.EncodeToString([]byte(p.user+":"+p.password))
	if p.user != "" && r.Header.Get("Proxy-Authorization") != login {
		fmt.Fprint(out, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n")
		return "", errTestProxy
	}
	p.note(r.Host)
	return "HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n", nil
}

func (p *testProxy) socks4(in *bufio.Reader, out io.Writer) (string, error) {
	var head [8]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return "", err
	}
	user, err := in.ReadString(0)
	if err != nil {
		return "", err
	}
	if strings.TrimSuffix(user, "\x00") != p.user {
		fmt.Fprint(out, "\x00\x5d\x00\x00\x00\x00\x00\x00")
		return "", errTestProxy
	}
	host := net.IP(head[4:8]).String()
	if head[4] == 0 && head[5] == 0 && head[6] == 0 && head[7] != 0 {
		if host, err = in.ReadString(0); err != nil {
			return "", err
		}
	}
	p.note(fmt.Sprintf("%s:%d", strings.TrimSuffix(host, "\x00"), binary.BigEndian.Uint16(head[2:])))
	return "\x00\x5a\x00\x00\x00\x00\x00\x00", nil
}

func (p *testProxy) socks5(in *bufio.Reader, out io.Writer) (string, error) {
	var head [2]byte
	_, _ = io.ReadFull(in, head[:])
	methods := make([]byte, head[1])
	if _, err := io.ReadFull(in, methods); err != nil {
		return "", err
	}
	switch {
	case p.user == "" && bytes.IndexByte(methods, 0) >= 0:
		fmt.Fprint(out, "\x05\x00")
	case p.user != "" && bytes.IndexByte(methods, 2) >= 0:
		fmt.Fprint(out, "\x05\x02")
		want := fmt.Sprintf("\x01%c%s%c%s", len(p.user), p.user, len(p.password), p.password)
		got := make([]byte, len(want))
		if _, err := io.ReadFull(in, got); err != nil || string(got) != want {
			fmt.Fprint(out, "\x01\x01")
			return "", errTestProxy
		}
		fmt.Fprint(out, "\x01\x00")
	default:
		fmt.Fprint(out, "\x05\xff")
		return "", errTestProxy
	}
	return p.socks5Request(in)
}

func (p *testProxy) socks5Request(in *bufio.Reader) (string, error) {
	var head [4]byte
	if _, err := io.ReadFull(in, head[:]); err != nil || string(head[:3]) != "\x05\x01\x00" {
		return "", errTestProxy
	}
	size := map[byte]int{1: 4, 4: 16}[head[3]]
	if head[3] == 3 {
		n, _ := in.ReadByte()
		size = int(n)
	}
	host := make([]byte, size+2)
	if _, err := io.ReadFull(in, host); err != nil {
		return "", err
	}
	name, port := string(host[:size]), binary.BigEndian.Uint16(host[size:])
	if head[3] != 3 {
		name = net.IP(name).String()
	}
	p.note(net.JoinHostPort(name, fmt.Sprint(port)))
	return "\x05\x00\x00\x03\x05proxy\x04\x38", nil
}

// proxied is a proxy in front of a mail server.
func proxied(t *testing.T, secure bool) (p *testProxy, ca *imaptest.CA) {
	t.Helper()
	ca = newCA(t)
	_, addr := served(t, &imaptest.Options{TLSConfig: ca.ServerConfig()}, secure)
	return &testProxy{up: func() (net.Conn, error) { return net.Dial("tcp", addr) }}, ca
}

func TestR007_Proxy(t *testing.T) {
	for _, tt := range []struct{ scheme, user, password, host, asked string }{
		{"http", "", "", "localhost", "localhost:993"},
		{"http", "bob", "p:a/s@s", "localhost", "localhost:993"},
		{"https", "", "", "localhost", "localhost:993"},
		{"https", "bob", "päss", "localhost", "localhost:993"},
		{"socks5", "", "", "localhost", "localhost:993"},
		{"socks5h", "bob", "p:a/s@s", "localhost", "localhost:993"},
		{"socks5", "", "", "192.0.2.7:1993", "192.0.2.7:1993"},
		{"socks5", "", "", "[2001:db8::7]:1993", "[2001:db8::7]:1993"},
		{"http", "", "", "[2001:db8::7]:1993", "[2001:db8::7]:1993"},
		{"socks4a", "", "", "localhost", "localhost:993"},
		{"socks4a", "bob", "", "192.0.2.7", "192.0.2.7:993"},
		{"socks4", "bob", "", "192.0.2.7", "192.0.2.7:993"},
		{"socks4", "", "", "localhost", "127.0.0.1:993"},
	} {
		t.Run(tt.scheme+" "+tt.user+" "+tt.host, func(t *testing.T) {
			p, ca := proxied(t, true)
			p.user, p.password = tt.user, tt.password
			var wrap func(net.Listener) net.Listener
			if tt.scheme == "https" {
				wrap = func(l net.Listener) net.Listener { return tls.NewListener(l, ca.ServerConfig("proxy.test")) }
			}
			u := url.URL{Scheme: tt.scheme, Host: p.listen(t, wrap)}
			if tt.user != "" {
				u.User = url.User(tt.user)
			}
			if tt.password != "" {
				u.User = url.UserPassword(tt.user, tt.password)
			}
			dial, err := imap.ProxyDial(u.String(), &imap.ProxyOptions{TLSConfig: ca.ClientConfig("proxy.test")})
			if err != nil {
				t.Fatal(err)
			}
			c, err := imap.Dial(t.Context(), tt.host, &imap.Options{Dial: dial, TLSConfig: ca.ClientConfig("localhost")})
			if err != nil {
				t.Fatal(err)
			}
			if asked := p.took(); len(asked) != 1 || asked[0] != tt.asked {
				t.Error(asked)
			}
			worksFor(t, c)
		})
	}
}

// STARTTLS goes through a proxy as well.
func TestProxyStartTLS(t *testing.T) {
	p, ca := proxied(t, false)
	dial, err := imap.ProxyDial("socks5://"+p.listen(t, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := imap.Dial(t.Context(), "localhost", &imap.Options{Dial: dial, Security: imap.StartTLS, TLSConfig: ca.ClientConfig("localhost")})
	if err != nil {
		t.Fatal(err)
	}
	worksFor(t, c)
}

// The server speaks first, and its greeting comes in one piece with the proxy's
// answer: nothing of it is lost.
func TestProxyGreetingBehindAnswer(t *testing.T) {
	for url, answers := range map[string][]string{
		"http://p":    {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"},
		"socks4a://p": {"\x00\x5a\x00\x00\x00\x00\x00\x00"},
		"socks5://p":  {"\x05\x00", "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"},
		"socks5h://p": {"\x05\x00", "\x05\x00\x00\x03\x00\x00\x00"},
	} {
		client, server := imaptest.Pipe()
		answers[len(answers)-1] += "* OK [CAPABILITY IMAP4rev1] hello\r\n"
		var wg sync.WaitGroup
		wg.Go(func() {
			for _, answer := range answers {
				_, _ = server.Read(make([]byte, 1000))
				_, _ = io.WriteString(server, answer)
			}
		})
		dial, err := imap.ProxyDial(url, &imap.ProxyOptions{Dial: func(context.Context, string, string) (net.Conn, error) { return client, nil }})
		if err != nil {
			t.Fatal(err)
		}
		c, err := imap.Dial(t.Context(), "mail.example.org", &imap.Options{Dial: dial, Security: imap.Plaintext})
		if err != nil {
			t.Errorf("%s: %v", url, err)
		} else {
			if g := c.Greeting(); !strings.HasSuffix(g, "hello") {
				t.Errorf("%s: %q", url, g)
			}
			c.Close()
		}
		server.Close()
		wg.Wait()
	}
}

// TLS with the proxy is not TLS with the server: no password is sent over it.
func TestProxyTLSProtectsNothing(t *testing.T) {
	p, ca := proxied(t, false)
	addr := p.listen(t, func(l net.Listener) net.Listener { return tls.NewListener(l, ca.ServerConfig("proxy.test")) })
	dial, err := imap.ProxyDial("https://"+addr, &imap.ProxyOptions{TLSConfig: ca.ClientConfig("proxy.test")})
	if err != nil {
		t.Fatal(err)
	}
	c, err := imap.Dial(t.Context(), "mail.example.org", &imap.Options{Dial: dial, Security: imap.Plaintext})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, ok := c.TLS(); ok {
		t.Error("TLS")
	}
	if err := c.Login(t.Context(), "alice", "pass"); err == nil {
		t.Error("the password was sent")
	}
}

// The proxy of these tests serves a client that we did not write.
func TestProxyOfTheTests(t *testing.T) {
	web := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
	defer web.Close()
	p := &testProxy{user: "bob", password: "secret", up: func() (net.Conn, error) { return net.Dial("tcp", web.Listener.Addr().String()) }}
	addr := p.listen(t, nil)
	for _, scheme := range []string{"http", "socks5"} {
		transport := web.Client().Transport.(*http.Transport).Clone()
		transport.Proxy = http.ProxyURL(&url.URL{Scheme: scheme, Host: addr, User: url.UserPassword("bob", "secret")})
		res, err := (&http.Client{Transport: transport}).Get("https://example.com/")
		if err != nil {
			t.Fatal(scheme, err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		transport.CloseIdleConnections()
		if asked := p.took(); string(body) != "hello" || len(asked) != 1 || asked[0] != "example.com:443" {
			t.Errorf("%s: %q %q", scheme, body, asked)
		}
	}
}

// What a proxy may answer, and what becomes of it. "…" in an answer is where the
// client must have said something more.
func TestProxyRefuses(t *testing.T) {
	for _, tt := range []struct{ url, answer, want string }{
		{"socks5://p", "\x05\xff", "it wants a user and password"},
		{"socks5://bob:x@p", "\x05\xff", "it takes no password"},
		{"socks5://p", "\x05\x02", "was not offered"},
		{"socks5://p", "\x05\x01", "was not offered"},
		{"socks5://bob:x@p", "\x05\x02…\x01\x01", "it refused the user or password"},
		{"socks5://p", "\x04\x00", "it does not speak SOCKS 5"},
		{"socks5://p", "HTTP/1.1 400 Bad Request\r\n\r\n", "it does not speak SOCKS 5"},
		{"socks5://p", "\x05\x00…\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00", "connection refused"},
		{"socks5://p", "\x05\x00…\x05\x02", "not allowed by its rules"},
		{"socks5://p", "\x05\x00…\x05\x63", "error 99"},
		{"socks5://p", "\x05\x00…\x05\x00\x00\x09\x00", "of a kind that is not known"},
		{"socks5://p", "\x05\x00…\x05\x00\x00\x03\xff" + strings.Repeat("x", 100), "it ended the connection"},
		{"socks5://p", "\x05", "it ended the connection"},
		{"socks4a://p", "\x00\x5b\x00\x00\x00\x00\x00\x00", "refused or failed"},
		{"socks4a://p", "\x00\x5d\x00\x00\x00\x00\x00\x00", "it refused the user ID"},
		{"socks4a://p", "\x05\x00\x00\x00\x00\x00\x00\x00", "it does not speak SOCKS 4"},
		{"socks4a://p", "", "it ended the connection"},
		{"http://p", "HTTP/1.1 407 Who?\x1b[2J\r\n\r\n", "another user or password: 407 Who?\uFFFD[2J"},
		{"http://p", "HTTP/1.0 503 Gone\r\n\r\n", "it does not connect to there: 503 Gone"},
		{"http://p", "HTTP/1.1 302 Found\r\nLocation: http://evil\r\n\r\n", "302 Found"},
		{"http://p", "HTTP/1.1 101 Switching\r\n\r\n", "101 Switching"},
		{"http://p", "* OK IMAP4rev1 ready\r\n\r\n", "it does not speak HTTP"},
		{"http://p", "HTTP/2 +20\r\n\r\n", "it does not speak HTTP"},
		{"http://p", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 20000), "longer than 16384"},
		{"http://p", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 2000), "longer than 16384"},
		{"http://p", strings.Repeat("\r\n", 20000), "it does not speak HTTP"},
		{"http://p", "HTTP/1.1 200 OK\r\n", "it ended the connection"},
	} {
		client, server := imaptest.Pipe()
		var wg sync.WaitGroup
		wg.Go(func() {
			defer server.Close()
			for part := range strings.SplitSeq(tt.answer, "…") {
				if _, err := server.Read(make([]byte, 1000)); err != nil {
					return
				}
				_, _ = io.WriteString(server, part)
			}
		})
		dial, err := imap.ProxyDial(tt.url, &imap.ProxyOptions{Dial: func(context.Context, string, string) (net.Conn, error) { return client, nil }})
		if err != nil {
			t.Fatal(err)
		}
		_, err = imap.Dial(t.Context(), "mail.example.org", &imap.Options{Dial: dial})
		if err == nil || !strings.Contains(err.Error(), "imap: connect to mail.example.org:993: proxy p:") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s, %.30q: %v, want %s", tt.url, tt.answer, err, tt.want)
		}
		wg.Wait()
		if _, err := client.Write([]byte("x")); err == nil {
			t.Errorf("%s, %.30q: the connection is left open", tt.url, tt.answer)
		}
	}
}

// A proxy that is silent, at any point, is given up when the Context ends.
func TestProxySilent(t *testing.T) {
	for _, scheme := range []string{"socks5", "socks4a", "http", "https"} {
		synctest.Test(t, func(t *testing.T) {
			client, server := imaptest.PipeSize(1)
			defer server.Close()
			dial, err := imap.ProxyDial(scheme+"://p", &imap.ProxyOptions{Dial: func(context.Context, string, string) (net.Conn, error) { return client, nil }})
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			_, err = imap.Dial(t.Context(), "mail.example.org", &imap.Options{Dial: dial})
			if !errors.Is(err, imap.ErrTimeout) || time.Since(began) != 30*time.Second {
				t.Errorf("%s: %v after %v", scheme, err, time.Since(began))
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(io.ErrNoProgress)
			if _, err := dial(ctx, "tcp", "mail.example.org:993"); !errors.Is(err, io.ErrNoProgress) {
				t.Errorf("%s: %v", scheme, err)
			}
		})
	}
}

func TestProxyURLs(t *testing.T) {
	long := strings.Repeat("x", 256)
	for _, bad := range []string{
		"", "proxy", "proxy:1080", "//proxy", "socks5://", "socks5://:1080", "ftp://proxy", "direct://proxy",
		"http://proxy/path", "http://proxy?q", "http://proxy#f", "socks5://bob:secret/x@proxy:1080", "socks5://bob:sec%ret@proxy",
		"socks4://bob:secret@proxy", "socks5://:secret@proxy", "socks5://" + long + ":x@proxy", "socks5://x:" + long + "@proxy",
		"socks4a://" + long + "@proxy", "socks4a://b%00b@proxy", "http://b%3Ab:secret@proxy", "http://proxy:http",
	} {
		dial, err := imap.ProxyDial(bad, nil)
		if err == nil || dial != nil || strings.Contains(err.Error(), "sec") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for good, want := range map[string]string{
		"SOCKS5://proxy": "proxy:1080", "socks4://proxy": "proxy:1080", "http://proxy/": "proxy:80", "https://proxy": "proxy:443",
		"http://[2001:db8::1]": "[2001:db8::1]:80", "socks5h://[2001:db8::1]:9": "[2001:db8::1]:9", "http://a%20b:%0d%0a@proxy": "proxy:80",
	} {
		var dialed string
		dial, err := imap.ProxyDial(good, &imap.ProxyOptions{Dial: func(_ context.Context, _, addr string) (net.Conn, error) {
			dialed = addr
			return nil, errTestProxy
		}})
		if err != nil {
			t.Errorf("%q: %v", good, err)
			continue
		}
		if _, err := dial(t.Context(), "tcp", "192.0.2.1:993"); !errors.Is(err, errTestProxy) || dialed != want {
			t.Errorf("%q: %q, %v", good, dialed, err)
		}
	}
}

// Nothing of an address gets into the proxy's protocol that is not one.
func TestProxyTargets(t *testing.T) {
	for _, bad := range []string{
		"", "host", ":993", "host:", "host:imaps", "host:0", "host:65536", "host:-1", "a b:993", "a\r\nX:993", "a\x00b:993", "user@host:993",
		"a/b:993", "bücher.example:993", "[::1:993", strings.Repeat("x", 256) + ":993",
	} {
		for _, scheme := range []string{"http", "socks4a", "socks5"} {
			dial, err := imap.ProxyDial(scheme+"://proxy", &imap.ProxyOptions{Dial: func(context.Context, string, string) (net.Conn, error) {
				return nil, io.ErrNoProgress
			}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := dial(t.Context(), "tcp", bad); err == nil || errors.Is(err, io.ErrNoProgress) {
				t.Errorf("%s to %q: %v", scheme, bad, err)
			}
		}
	}
	client, server := imaptest.Pipe()
	dial, err := imap.ProxyDial("http://proxy", &imap.ProxyOptions{Dial: func(context.Context, string, string) (net.Conn, error) { return client, nil }})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _ = dial(t.Context(), "tcp", "[fe80::1%eth0\r\nX: y]:993")
	})
	b := make([]byte, 1000)
	n, err := server.Read(b)
	server.Close()
	wg.Wait()
	if want := "CONNECT [fe80::1]:993 HTTP/1.1\r\nHost: [fe80::1]:993\r\n\r\n"; err != nil || string(b[:n]) != want {
		t.Errorf("%q, %v", string(b[:n]), err)
	}
}
