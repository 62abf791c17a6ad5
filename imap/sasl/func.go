package sasl

import "errors"

// ErrAbort is for a function given to [Func] that has no better reason to end
// the exchange.
var ErrAbort = errors.New("sasl: the exchange was given up")

// Func returns a Client for any mechanism in which the server speaks first, or
// sends an empty challenge for the client to begin, as imaplib's authenticate
// has them: answer gets each challenge and returns the response, or an error to
// cancel the exchange. What answer does to prove the server is its own matter.
//
// A mechanism with an initial response is better made as a Client of its own.
func Func(mech string, answer func(challenge []byte) (response []byte, err error)) Client {
	return &function{exchange: newExchange(mech, "", "", ""), answer: answer}
}

type function struct {
	exchange
	answer func([]byte) ([]byte, error)
}

// Start returns no initial response.
func (f *function) Start() (mech string, ir []byte, err error) {
	if f.mech == "" || f.answer == nil {
		return "", nil, f.fail("Func needs the mechanism's name and a function")
	}
	if err := f.begin(); err != nil {
		return "", nil, err
	}
	return f.mech, nil, nil
}

// Next asks the function.
func (f *function) Next(challenge []byte) ([]byte, error) {
	if !f.started {
		return nil, f.fail("the exchange was not started")
	}
	return f.answer(challenge)
}
