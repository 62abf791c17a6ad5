package imap

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"

	"github.com/idlewild-mail/idlewild/imap/sasl"
)

// ChannelBindings returns what a login can be bound to on this connection, the
// kind that servers are most likely to know first; none without TLS.
//
// With TLS 1.3 that is tls-exporter (RFC 9266), and tls-server-end-point (RFC
// 5929) where a proxy ends TLS in front of the server. With TLS 1.2 it is
// tls-unique first, and those that need it are left out if the connection lacks
// the extended master secret (RFC 7627).
func (c *Client) ChannelBindings() []sasl.ChannelBinding {
	state, ok := c.TLS()
	if !ok {
		return nil
	}
	return channelBindings(&state)
}

// usableBindings are those that the server can be expected to know: one with
// QuirkNoPlusTLS13 has none of its own over TLS 1.3 that a client could have.
func (c *Client) usableBindings() []sasl.ChannelBinding {
	if state, ok := c.TLS(); ok && state.Version >= tls.VersionTLS13 && c.hasQuirk(QuirkNoPlusTLS13) {
		return nil
	}
	return c.ChannelBindings()
}

func channelBindings(state *tls.ConnectionState) (all []sasl.ChannelBinding) {
	add := func(kind string, data []byte) {
		if len(data) > 0 {
			all = append(all, sasl.ChannelBinding{Type: kind, Data: data})
		}
	}
	// In TLS 1.2 this is an error without the extended master secret.
	if exported, err := state.ExportKeyingMaterial("EXPORTER-Channel-Binding", nil, 32); err == nil {
		if state.Version < tls.VersionTLS13 {
			add("tls-unique", state.TLSUnique)
		}
		add("tls-exporter", exported)
	}
	if len(state.PeerCertificates) > 0 {
		add("tls-server-end-point", endPoint(state.PeerCertificates[0]))
	}
	return all
}

// endPoint is RFC 5929 §4.1: the certificate's hash, by the hash function of its
// signature, but none weaker than SHA-256. Where that is not one function, as for
// Ed25519, there is no value.
func endPoint(cert *x509.Certificate) []byte {
	switch cert.SignatureAlgorithm {
	case x509.MD5WithRSA, x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1,
		x509.SHA256WithRSA, x509.SHA256WithRSAPSS, x509.ECDSAWithSHA256, x509.DSAWithSHA256:
		sum := sha256.Sum256(cert.Raw)
		return sum[:]
	case x509.SHA384WithRSA, x509.SHA384WithRSAPSS, x509.ECDSAWithSHA384:
		sum := sha512.Sum384(cert.Raw)
		return sum[:]
	case x509.SHA512WithRSA, x509.SHA512WithRSAPSS, x509.ECDSAWithSHA512:
		sum := sha512.Sum512(cert.Raw)
		return sum[:]
	}
	return nil
}
