package imap

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// proxyHeader is how long an answer to CONNECT may be, in octets.
const proxyHeader = 16 << 10

// httpConnect asks a proxy of HTTP for a connection (RFC 9110 §9.3.6).
func httpConnect(conn io.ReadWriter, target proxyTarget, login proxyLogin) error {
	request := "CONNECT " + target.address + " HTTP/1.1\r\nHost: " + target.address + "\r\n"
	if login.given {
		request += "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(login.user+":"+login.password)) + "\r\n"
	}
	if _, err := io.WriteString(conn, request+"\r\n"); err != nil {
		return err
	}
	left := proxyHeader
	for {
		status, err := httpHeader(conn, &left)
		if err != nil {
			return err
		}
		if code, err := httpStatus(status); err != nil || code >= 200 {
			return err
		}
	}
}

// httpHeader reads a header up to the empty line, and not one octet of what is
// behind it. It returns the first line.
func httpHeader(conn io.Reader, left *int) (status string, err error) {
	for first := true; ; first = false {
		line, err := httpLine(conn, left)
		switch {
		case err != nil:
			return "", err
		case first:
			status = line
		case line == "":
			return status, nil
		}
	}
}

// httpLine reads a line, octet by octet: there is nothing to give back.
func httpLine(conn io.Reader, left *int) (string, error) {
	var line []byte
	for b := make([]byte, 1); ; *left-- {
		if *left <= 0 {
			return "", fmt.Errorf("its answer to CONNECT is longer than %d octets", proxyHeader)
		}
		if err := proxyRead(conn, b); err != nil {
			return "", err
		}
		if b[0] == '\n' {
			return strings.TrimSuffix(string(line), "\r"), nil
		}
		line = append(line, b[0])
	}
}

// httpStatus takes a status line apart; what is neither 1xx nor 2xx is an error.
// A Content-Length of 2xx says nothing here.
func httpStatus(line string) (code int, err error) {
	version, rest, _ := strings.Cut(line, " ")
	number, text, _ := strings.Cut(rest, " ")
	code, err = strconv.Atoi(number)
	if !strings.HasPrefix(version, "HTTP/1.") || err != nil || len(number) != 3 {
		return 0, errors.New("it does not speak HTTP")
	}
	switch {
	case code >= 100 && code < 300 && code != 101:
		return code, nil
	case code == 407:
		return code, fmt.Errorf("it wants another user or password: %d %s", code, printable(text))
	}
	return code, fmt.Errorf("it does not connect to there: %d %s", code, printable(text))
}
