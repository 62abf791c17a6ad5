package sasl

// Plain returns a Client for the mechanism PLAIN (RFC 4616), which sends the
// password as it is: use it over TLS only. authzid is whom to act as, and
// mostly empty, which means username.
//
// Nothing is normalized; the three should be UTF-8. A NUL in one, or an empty
// user name or password, which the RFC does not have, is an *[Error] of Start.
func Plain(authzid, username, password string) Client {
	return &plain{newExchange("PLAIN", authzid, username, password)}
}

type plain struct{ exchange }

// Start returns the whole message: authzid, NUL, username, NUL, password.
func (p *plain) Start() (mech string, ir []byte, err error) {
	if err := p.start(); err != nil {
		return "", nil, err
	}
	authzid, username, password := p.secrets()
	return p.mech, []byte(authzid + "\x00" + username + "\x00" + password), nil
}

// Next always fails: PLAIN has no challenges.
func (p *plain) Next([]byte) ([]byte, error) { return nil, p.fail("unexpected challenge") }
