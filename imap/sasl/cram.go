package sasl

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/hex"
)

// CramMD5 returns a Client for the mechanism CRAM-MD5 (RFC 2195), which does not
// send the password, but lets whoever listens, and the server, try passwords at
// leisure. SCRAM is better in all ways; over TLS, so is PLAIN.
//
// Nothing is normalized. A NUL in the user name or password, or an empty one,
// is an *[Error] of Start.
func CramMD5(username, password string) Client {
	return &cram{exchange: newExchange("CRAM-MD5", "", username, password)}
}

type cram struct {
	exchange
	answered bool
}

// Start returns no initial response: the server asks.
func (c *cram) Start() (mech string, ir []byte, err error) {
	if err := c.start(); err != nil {
		return "", nil, err
	}
	return c.mech, nil, nil
}

// Next answers the one challenge with the user name and a digest of it.
func (c *cram) Next(challenge []byte) ([]byte, error) {
	switch {
	case !c.started:
		return nil, c.fail("the exchange was not started")
	case c.answered:
		return nil, c.fail("unexpected challenge")
	case len(challenge) == 0:
		return nil, c.fail("the challenge is empty")
	}
	c.answered = true
	_, username, password := c.secrets()
	mac := hmac.New(md5.New, []byte(password))
	mac.Write(challenge)
	return hex.AppendEncode([]byte(username+" "), mac.Sum(nil)), nil
}
