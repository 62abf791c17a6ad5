package imaptest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// CA is a certificate authority made for one test. Its certificates are valid
// from 1999 on, because the clock of testing/synctest starts in 2000. It does
// not change once made, so any goroutine may use it.
type CA struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewCA makes an authority with a fresh P-256 key.
func NewCA() (*CA, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("imaptest: make CA key: %w", err)
	}
	tmpl := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: "imaptest throw-away CA"},
		NotBefore:             time.Date(1998, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2998, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("imaptest: make CA certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("imaptest: read CA certificate: %w", err)
	}
	return &CA{cert: cert, key: key}, nil
}

// PEM returns the authority's certificate, as a file for --ca options holds it.
func (ca *CA) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.cert.Raw})
}

// Pool returns a new pool that trusts this authority and no other.
func (ca *CA) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	return pool
}

// ServerConfig returns a server's configuration with a certificate for hosts,
// which are names or IP addresses; without hosts, for localhost, 127.0.0.1 and
// ::1. It panics when no certificate can be made for them.
func (ca *CA) ServerConfig(hosts ...string) *tls.Config {
	from := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
	to := time.Date(2997, 1, 1, 0, 0, 0, 0, time.UTC)
	return ca.config(hosts, from, to)
}

// ExpiredConfig is ServerConfig with a certificate that ran out in 1999.
func (ca *CA) ExpiredConfig(hosts ...string) *tls.Config {
	from := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
	return ca.config(hosts, from, from.AddDate(0, 6, 0))
}

// ClientConfig returns a client's configuration that trusts this authority and
// expects the server to be host.
func (ca *CA) ClientConfig(host string) *tls.Config {
	return &tls.Config{RootCAs: ca.Pool(), ServerName: host, MinVersion: tls.VersionTLS12}
}

// ClientCertificate returns a certificate for a client to show, with a name as
// its common name. A server asks for it with ClientAuth in its configuration,
// and ClientCAs of Pool. It panics when none can be made.
func (ca *CA) ClientCertificate(name string) tls.Certificate {
	from := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
	cert, err := ca.issue([]string{name}, from, from.AddDate(998, 0, 0))
	if err != nil {
		panic(fmt.Sprintf("imaptest: certificate for %q: %v", name, err))
	}
	return cert
}

func (ca *CA) config(hosts []string, from, to time.Time) *tls.Config {
	if len(hosts) == 0 {
		hosts = []string{"localhost", "127.0.0.1", "::1"}
	}
	cert, err := ca.issue(hosts, from, to)
	if err != nil {
		panic(fmt.Sprintf("imaptest: certificate for %q: %v", hosts, err))
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
}

func (ca *CA) issue(hosts []string, from, to time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	tmpl := &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{CommonName: hosts[0]},
		NotBefore:    from,
		NotAfter:     to,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			tmpl.IPAddresses = append(tmpl.IPAddresses, ip)
		} else {
			tmpl.DNSNames = append(tmpl.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, ca.cert, &key.PublicKey, ca.key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der, ca.cert.Raw}, PrivateKey: key}, nil
}

func serial() *big.Int {
	var b [8]byte
	rand.Read(b[:]) // never fails
	b[0] |= 1
	return new(big.Int).SetBytes(b[:])
}
