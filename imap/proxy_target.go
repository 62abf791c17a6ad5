package imap

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// proxyTarget is where a proxy shall connect to.
type proxyTarget struct {
	address string // host:port
	host    string
	ip      proxyIP // if the host is one
	port    uint16
}

type proxyIP = netip.Addr

// newProxyTarget takes an address apart. What is in it goes into lines and
// fields of the proxy's protocol, so that a name has nothing in it that is not
// of names.
func newProxyTarget(address string) (t proxyTarget, err error) {
	at := strings.LastIndexByte(address, ':')
	if at < 0 {
		return t, fmt.Errorf("no port in %q", address)
	}
	port, err := strconv.ParseUint(address[at+1:], 10, 16)
	if err != nil || port == 0 {
		return t, fmt.Errorf("a proxy needs the port as a number, not %q", address[at+1:])
	}
	host := address[:at]
	if inside, ok := strings.CutPrefix(host, "["); ok && strings.HasSuffix(inside, "]") {
		host = inside[:len(inside)-1]
	}
	t = proxyTarget{host: host, port: uint16(port)}
	t.address = host + ":" + strconv.Itoa(int(t.port))
	if t.ip, err = netip.ParseAddr(host); err == nil {
		t.ip = t.ip.Unmap().WithZone("") // a zone may hold anything
		t.address = netip.AddrPortFrom(t.ip, t.port).String()
		return t, nil
	}
	if host == "" || len(host) > 255 || strings.ContainsFunc(host, notOfNames) {
		return t, fmt.Errorf("%q is no name of a host that a proxy can be told (names beyond ASCII are written xn--…)", host)
	}
	return t, nil
}

func notOfNames(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_'
}

// proxyLogin is the user and password of a proxy.
type proxyLogin struct {
	given, withPassword bool
	user, password      string
}

// check says what a proxy's protocol cannot carry.
func (l proxyLogin) check(scheme string) error {
	switch {
	case !l.given:
		return nil
	case strings.HasPrefix(scheme, "socks5"):
		if l.user == "" || len(l.user) > 255 || len(l.password) > 255 {
			return errors.New("user and password of SOCKS 5 have at most 255 octets, and the user at least one (RFC 1929)")
		}
	case strings.HasPrefix(scheme, "socks4"):
		if len(l.user) > 255 || strings.ContainsRune(l.user, 0) {
			return errors.New("the user ID of SOCKS 4 has at most 255 octets, and no NUL")
		}
		if l.withPassword {
			return errors.New("SOCKS 4 has no password")
		}
	case strings.Contains(l.user, ":"):
		return errors.New("a user of HTTP's Basic has no colon (RFC 7617)")
	}
	return nil
}
