package sasl

// Login returns a Client for the obsolete mechanism LOGIN, which some servers
// still offer in place of PLAIN, and which is no safer
// (draft-murchison-sasl-login). The server asks for the user name, then for the
// password; what words it asks in makes no difference, a third question is an
// *[Error]. So is, at Start, an empty user name or password, or a NUL in one.
func Login(username, password string) Client {
	return &login{exchange: newExchange("LOGIN", "", username, password)}
}

type login struct {
	exchange
	asked int
}

// Start returns no initial response: the server asks.
func (l *login) Start() (mech string, ir []byte, err error) {
	if err := l.start(); err != nil {
		return "", nil, err
	}
	return l.mech, nil, nil
}

// Next answers with the user name, then with the password.
func (l *login) Next([]byte) ([]byte, error) {
	if !l.started {
		return nil, l.fail("the exchange was not started")
	}
	_, username, password := l.secrets()
	l.asked++
	switch l.asked {
	case 1:
		return []byte(username), nil
	case 2:
		return []byte(password), nil
	}
	return nil, l.fail("unexpected challenge")
}
