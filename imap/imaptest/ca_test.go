package imaptest

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"testing"
	"testing/synctest"
)

func TestCA(t *testing.T) {
	ca, err := NewCA()
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(ca.PEM())
	if _, err := x509.ParseCertificate(block.Bytes); err != nil {
		t.Error(err)
	}
	tests := []struct {
		name   string
		server *tls.Config
		host   string
		ok     bool
	}{
		{"localhost", ca.ServerConfig(), "localhost", true},
		{"address", ca.ServerConfig(), "127.0.0.1", true},
		{"address of version 6", ca.ServerConfig(), "::1", true},
		{"another host", ca.ServerConfig(), "imap.example.org", false},
		{"named host", ca.ServerConfig("imap.example.org"), "imap.example.org", true},
		{"expired", ca.ExpiredConfig(), "localhost", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := shake(test.server, ca.ClientConfig(test.host))
			if (err == nil) != test.ok {
				t.Errorf("handshake: %v", err)
			}
			synctest.Test(t, func(t *testing.T) { // in the year 2000
				if err := shake(test.server, ca.ClientConfig(test.host)); (err == nil) != test.ok {
					t.Errorf("handshake in a bubble: %v", err)
				}
			})
		})
	}
}

// shake does a TLS handshake over a pipe and sends a word through it.
func shake(server, client *tls.Config) error {
	c, s := Pipe()
	go func() {
		conn := tls.Server(s, server)
		io.WriteString(conn, "hello")
		conn.Close()
	}()
	conn := tls.Client(c, client)
	defer conn.Close()
	got, err := io.ReadAll(conn)
	if err == nil && string(got) != "hello" {
		return errors.New("got " + string(got))
	}
	return err
}
