package sasl

import "unicode/utf8"

// External returns a Client for the mechanism EXTERNAL (RFC 4422 appendix A): the
// server knows who this is already, mostly by the certificate that was shown in
// the TLS handshake. authzid is whom to act as; empty: whoever the certificate
// says.
func External(authzid string) Client {
	return &external{exchange: newExchange("EXTERNAL", authzid, "", "")}
}

type external struct{ exchange }

// Start returns the authorization identity, which may be empty.
func (e *external) Start() (mech string, ir []byte, err error) {
	authzid, _, _ := e.secrets()
	if !utf8.ValidString(authzid) {
		return "", nil, e.fail("the authorization identity is not UTF-8")
	}
	if err := e.begin(); err != nil {
		return "", nil, err
	}
	return e.mech, []byte(authzid), nil
}

// Next always fails: EXTERNAL has no challenges.
func (e *external) Next([]byte) ([]byte, error) { return nil, e.fail("unexpected challenge") }

// Anonymous returns a Client for the mechanism ANONYMOUS (RFC 4505), for mailboxes
// that are open to everybody. trace is what the server may note down about the
// visitor, such as a mail address; it may be empty, and has at most 255
// characters, none of them a control character.
func Anonymous(trace string) Client {
	return &anonymous{exchange: newExchange("ANONYMOUS", "", trace, "")}
}

type anonymous struct{ exchange }

// Start returns the trace.
func (a *anonymous) Start() (mech string, ir []byte, err error) {
	_, trace, _ := a.secrets()
	if !utf8.ValidString(trace) || utf8.RuneCountInString(trace) > 255 || hasControl(trace) {
		return "", nil, a.fail("the trace must be at most 255 characters of UTF-8 without control characters")
	}
	if err := a.begin(); err != nil {
		return "", nil, err
	}
	return a.mech, []byte(trace), nil
}

// Next always fails: ANONYMOUS has no challenges.
func (a *anonymous) Next([]byte) ([]byte, error) { return nil, a.fail("unexpected challenge") }

func hasControl(s string) bool {
	for _, r := range s {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return true
		}
	}
	return false
}
