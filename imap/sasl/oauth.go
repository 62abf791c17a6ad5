package sasl

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// XOAuth2 returns a Client for the mechanism XOAUTH2, Google's and Microsoft's
// own way to log in with an OAuth 2.0 access token. What the server says when it
// refuses is a [*Refusal].
//
// The user name may not hold control characters; a token is visible ASCII.
func XOAuth2(username, token string) Client { return XOAuth2Vendor(username, token, "") }

// XOAuth2Vendor is XOAuth2 with the vendor field that Yahoo asks its partners
// for.
func XOAuth2Vendor(username, token, vendor string) Client {
	x := &oauth{exchange: newExchange("XOAUTH2", "", username, token)}
	x.message = func() string {
		_, username, token := x.secrets()
		if vendor != "" {
			return "user=" + username + "\x01auth=Bearer " + token + "\x01vendor=" + vendor + "\x01\x01"
		}
		return "user=" + username + "\x01auth=Bearer " + token + "\x01\x01"
	}
	x.bad = func() string {
		_, username, _ := x.secrets()
		switch {
		case username == "":
			return "the user name is empty"
		case hasControl(vendor):
			return "the vendor holds a control character"
		}
		return ""
	}
	return x
}

// OAuthBearer returns a Client for the mechanism OAUTHBEARER (RFC 7628), which
// logs in with an OAuth 2.0 access token. authzid is whom to act as, mostly the
// mail address; it may be empty, which means whom the token is for. host and
// port are those that were dialed, as servers may check them; "" and 0 leave
// them out. What the server says when it refuses is a [*Refusal].
func OAuthBearer(authzid, token, host string, port int) Client {
	x := &oauth{exchange: newExchange("OAUTHBEARER", authzid, "", token), farewell: []byte{1}}
	x.message = func() string {
		authzid, _, token := x.secrets()
		m := gs2Header("n", authzid) + "\x01"
		if host != "" {
			m += "host=" + host + "\x01"
		}
		if port != 0 {
			m += "port=" + strconv.Itoa(port) + "\x01"
		}
		return m + "auth=Bearer " + token + "\x01\x01"
	}
	x.bad = func() string {
		if hasControl(host) || port < 0 || port > 65535 {
			return "the host or the port makes no sense"
		}
		return ""
	}
	return x
}

// oauth is one message, and an answer to why it was refused.
type oauth struct {
	exchange
	message  func() string
	bad      func() string // what is wrong besides user and token
	farewell []byte        // what answers a refusal
	refusal  *Refusal
}

// Start returns the whole message, with the token.
func (x *oauth) Start() (mech string, ir []byte, err error) {
	authzid, username, token := x.secrets()
	switch bad := x.bad(); {
	case bad != "":
		return "", nil, x.fail(bad)
	case hasControl(username) || hasControl(authzid):
		return "", nil, x.fail("the user name holds a control character")
	case token == "":
		return "", nil, x.fail("the token is empty")
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return "", nil, x.fail("the token is not visible ASCII; is there a line end behind it?")
	}
	if err := x.begin(); err != nil {
		return "", nil, err
	}
	return x.mech, []byte(x.message()), nil
}

// Next takes note of why the server refuses. It must be answered, or the server
// waits for ever; the refusal proper comes then.
func (x *oauth) Next(challenge []byte) ([]byte, error) {
	if !x.started || x.refusal != nil {
		return nil, x.fail("unexpected challenge")
	}
	x.refusal = parseRefusal(x.mech, challenge)
	return append([]byte{}, x.farewell...), nil
}

// Verify returns the server's refusal, if it sent one.
func (x *oauth) Verify() error {
	if x.refusal != nil {
		return x.refusal
	}
	return nil
}

// parseRefusal reads RFC 7628 §3.2.2's JSON. Google sends the status as a
// string of digits, others may send a number.
func parseRefusal(mech string, challenge []byte) *Refusal {
	r := &Refusal{Mech: mech, Text: string(challenge[:min(len(challenge), maxRefusal)])}
	if len(challenge) > maxRefusal {
		return r
	}
	var fields struct {
		Status        any    `json:"status"`
		Schemes       string `json:"schemes"`
		Scope         string `json:"scope"`
		Configuration string `json:"openid-configuration"`
	}
	_ = json.Unmarshal(challenge, &fields) // what does not parse is in Text
	switch status := fields.Status.(type) {
	case string:
		r.Status = status
	case float64:
		r.Status = fmt.Sprint(status)
	}
	r.Schemes, r.Scope, r.Configuration = fields.Schemes, fields.Scope, fields.Configuration
	return r
}
