package test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
)

// iniServer is the server that the IMAPClient configuration file in LIVE_INI
// names, in its section DEFAULT: host, port, ssl, starttls, ssl_verify_cert,
// ssl_check_hostname, ssl_ca_file, username, password.
func iniServer(t *testing.T) *server {
	path := os.Getenv("LIVE_INI")
	if path == "" {
		t.SkipNow()
	}
	conf, err := readINI(path)
	if err != nil {
		t.Fatal(err)
	}
	addr, opts, err := conf.dialing()
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return &server{addr: addr, opts: *opts, user: conf["username"], password: conf["password"], lasting: true}
}

// ini is the section DEFAULT of a file, keys in lower case.
type ini map[string]string

func readINI(path string) (ini, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	conf, section := ini{}, ""
	for lines, n := bufio.NewScanner(f), 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
		case line[0] == '[':
			section = strings.Trim(line, "[] ")
		case section == "DEFAULT":
			i := strings.IndexAny(line, "=:")
			if i < 0 {
				return nil, fmt.Errorf("%s:%d: want key = value", path, n)
			}
			conf[strings.ToLower(strings.TrimSpace(line[:i]))] = strings.TrimSpace(line[i+1:])
		}
	}
	for key, env := range map[string]string{"username": "imapclient_username", "password": "imapclient_password"} {
		if conf[key] == "" {
			conf[key] = os.Getenv(env)
		}
	}
	for _, key := range []string{"host", "username", "password"} {
		if conf[key] == "" {
			return nil, fmt.Errorf("%s: no %s in [DEFAULT]", path, key)
		}
	}
	return conf, nil
}

func (conf ini) dialing() (addr string, opts *imap.Options, err error) {
	opts = &imap.Options{TLSConfig: &tls.Config{}}
	implicit := conf.on("ssl", true)
	port := 143
	switch {
	case conf.on("starttls", false):
		opts.Security = imap.StartTLS
	case !implicit:
		opts.Security, opts.InsecureLogin = imap.Plaintext, true
	default:
		port = 993
	}
	if conf["port"] != "" {
		if port, err = strconv.Atoi(conf["port"]); err != nil {
			return "", nil, fmt.Errorf("port: %w", err)
		}
	}
	if !conf.on("ssl_verify_cert", true) || !conf.on("ssl_check_hostname", true) {
		opts.TLSConfig.InsecureSkipVerify = true
	}
	if ca := conf["ssl_ca_file"]; ca != "" {
		if rest, home := strings.CutPrefix(ca, "~/"); home {
			ca = filepath.Join(os.Getenv("HOME"), rest)
		}
		pem, err := os.ReadFile(ca)
		if err != nil {
			return "", nil, err
		}
		opts.TLSConfig.RootCAs = x509.NewCertPool()
		if !opts.TLSConfig.RootCAs.AppendCertsFromPEM(pem) {
			return "", nil, fmt.Errorf("no certificate in %s", ca)
		}
	}
	return net.JoinHostPort(conf["host"], strconv.Itoa(port)), opts, nil
}

func (conf ini) on(key string, def bool) bool {
	switch strings.ToLower(conf[key]) {
	case "1", "yes", "true", "on":
		return true
	case "0", "no", "false", "off":
		return false
	}
	return def
}
