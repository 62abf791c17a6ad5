package sasl

import "strings"

// ChannelBinding is what a -PLUS mechanism binds a login to: a value that both
// ends of one TLS connection know and nobody in between can have (RFC 5056).
// Package imap has those of a connection ready.
type ChannelBinding struct {
	// Type is its registered name: "tls-exporter" (RFC 9266), which is the one
	// for TLS 1.3, "tls-server-end-point" or "tls-unique" (RFC 5929).
	Type string
	Data []byte
}

// gs2Header begins what SCRAM's and OAUTHBEARER's clients say (RFC 5801 §4).
func gs2Header(flag, authzid string) string {
	if authzid == "" {
		return flag + ",,"
	}
	return flag + ",a=" + saslName(authzid) + ","
}

// saslName escapes a name (RFC 5801 §4, saslname).
func saslName(s string) string {
	return strings.NewReplacer("=", "=3D", ",", "=2C").Replace(s)
}
