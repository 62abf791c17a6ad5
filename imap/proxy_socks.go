package imap

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// What the fields of SOCKS 5 may say (RFC 1928, RFC 1929).
const (
	socksNoLogin  = 0x00
	socksPassword = 0x02
	socksNone     = 0xFF

	socksIPv4 = 1
	socksName = 3
	socksIPv6 = 4
)

// socks5 asks a proxy of SOCKS 5 for a connection (RFC 1928 §3–§6).
func socks5(conn io.ReadWriter, target proxyTarget, login proxyLogin) error {
	hello := []byte{5, 1, socksNoLogin}
	if login.given {
		hello = []byte{5, 2, socksNoLogin, socksPassword}
	}
	if _, err := conn.Write(hello); err != nil {
		return err
	}
	var chosen [2]byte
	if err := proxyRead(conn, chosen[:]); err != nil {
		return err
	}
	if chosen[0] != 5 {
		return fmt.Errorf("it does not speak SOCKS 5 (it says %#02x)", chosen[0])
	}
	if err := socks5Login(conn, chosen[1], login); err != nil {
		return err
	}
	if _, err := conn.Write(append([]byte{5, 1, 0}, target.socks5()...)); err != nil {
		return err
	}
	return socks5Reply(conn)
}

// socks5Login does what the proxy has chosen of what was offered (RFC 1929 §2).
func socks5Login(conn io.ReadWriter, method byte, login proxyLogin) error {
	switch {
	case method == socksNoLogin:
		return nil
	case method == socksNone && !login.given:
		return errors.New("it wants a user and password, or lets nobody in from here")
	case method == socksNone:
		return errors.New("it takes no password, and wants something else")
	case method != socksPassword || !login.given:
		return fmt.Errorf("it chose a way to log in that was not offered (%#02x)", method)
	}
	m := append([]byte{1, byte(len(login.user))}, login.user...)
	m = append(append(m, byte(len(login.password))), login.password...)
	if _, err := conn.Write(m); err != nil {
		return err
	}
	var reply [2]byte
	if err := proxyRead(conn, reply[:]); err != nil {
		return err
	}
	if reply[1] != 0 {
		return errors.New("it refused the user or password")
	}
	return nil
}

// socks5 is the target as address and port of a request (RFC 1928 §5).
func (t proxyTarget) socks5() []byte {
	var b []byte
	switch {
	case t.ip.Is4():
		b = append([]byte{socksIPv4}, t.ip.AsSlice()...)
	case t.ip.Is6():
		b = append([]byte{socksIPv6}, t.ip.AsSlice()...)
	default:
		b = append([]byte{socksName, byte(len(t.host))}, t.host...)
	}
	return binary.BigEndian.AppendUint16(b, t.port)
}

// socks5Reply reads the answer to a request, whose address nobody needs (RFC
// 1928 §6).
func socks5Reply(conn io.Reader) error {
	var head [5]byte // up to the first octet of the address
	if err := proxyRead(conn, head[:2]); err != nil {
		return err
	}
	if head[0] != 5 {
		return fmt.Errorf("its answer is not of SOCKS 5 (it says %#02x)", head[0])
	}
	if head[1] != 0 {
		return errors.New("it does not connect to there: " + socks5Refusal(head[1]))
	}
	if err := proxyRead(conn, head[2:]); err != nil {
		return err
	}
	rest := 2 - 1 // the port, without the octet that is read
	switch head[3] {
	case socksIPv4:
		rest += 4
	case socksIPv6:
		rest += 16
	case socksName:
		rest += 1 + int(head[4])
	default:
		return fmt.Errorf("its answer has an address of a kind that is not known (%#02x)", head[3])
	}
	return proxyRead(conn, make([]byte, rest))
}

func socks5Refusal(code byte) string {
	switch code {
	case 1:
		return "general failure"
	case 2:
		return "not allowed by its rules"
	case 3:
		return "network unreachable"
	case 4:
		return "host unreachable"
	case 5:
		return "connection refused"
	case 6:
		return "TTL expired"
	case 7:
		return "it has no CONNECT"
	case 8:
		return "it does not know this kind of address"
	}
	return fmt.Sprintf("error %d", code)
}

// socks4 asks a proxy of SOCKS 4 for a connection; without an address it is sent
// the name, as SOCKS 4a has it.
func socks4(conn io.ReadWriter, target proxyTarget, login proxyLogin) error {
	if target.ip.Is6() {
		return errors.New("SOCKS 4 has no addresses of IPv6; try socks5")
	}
	ip := []byte{0, 0, 0, 1}
	if target.ip.IsValid() {
		ip = target.ip.AsSlice()
	}
	m := append(binary.BigEndian.AppendUint16([]byte{4, 1}, target.port), ip...)
	m = append(append(m, login.user...), 0)
	if !target.ip.IsValid() {
		m = append(append(m, target.host...), 0)
	}
	if _, err := conn.Write(m); err != nil {
		return err
	}
	var reply [8]byte
	if err := proxyRead(conn, reply[:]); err != nil {
		return err
	}
	if reply[0] != 0 {
		return fmt.Errorf("it does not speak SOCKS 4 (it says %#02x)", reply[0])
	}
	switch reply[1] {
	case 90:
		return nil
	case 91:
		return errors.New("it does not connect to there: refused or failed")
	case 92, 93:
		return errors.New("it refused the user ID")
	}
	return fmt.Errorf("it does not connect to there: error %d", reply[1])
}

// proxyRead reads exactly what belongs into b.
func proxyRead(conn io.Reader, b []byte) error {
	_, err := io.ReadFull(conn, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("it ended the connection: %w", io.ErrUnexpectedEOF)
	}
	return err
}
