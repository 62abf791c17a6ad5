package sasl

import (
	"bytes"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"hash"
	"strings"
	"unicode/utf8"
)

// ScramOptions are the settings of [Scram]. Nil and zeros are the safe defaults.
type ScramOptions struct {
	// Authzid is whom to act as; mostly empty, which means the user.
	Authzid string
	// Binding is what a -PLUS mechanism is bound to. The others refuse one.
	Binding *ChannelBinding
	// NotOffered says that this end could bind, but that the server offers no
	// -PLUS mechanism. A server that does offer one learns so that somebody in
	// between took it from its list, and refuses (RFC 5802 §6).
	NotOffered bool
	// MaxIterations is how often the server may have the password hashed; more
	// would be an attack on this machine's time. 0: 600,000, which takes
	// several tenths of a second.
	MaxIterations int
	// MinIterations is how often it must have it hashed at least; fewer make it
	// easy for a false server to find the password from the answer. 0: 4096,
	// which RFC 7677 §4 asks for.
	MinIterations int
}

// The names that Scram knows.
const (
	ScramSHA1       = "SCRAM-SHA-1"   // RFC 5802
	ScramSHA256     = "SCRAM-SHA-256" // RFC 7677
	ScramSHA512     = "SCRAM-SHA-512" // draft-melnikov-scram-sha-512
	ScramSHA1Plus   = "SCRAM-SHA-1-PLUS"
	ScramSHA256Plus = "SCRAM-SHA-256-PLUS"
	ScramSHA512Plus = "SCRAM-SHA-512-PLUS"
)

// Scram returns a Client for one of the SCRAM mechanisms (RFC 5802, RFC 7677):
// the password is not sent, a listener can do little with what is, and the server
// must prove that it knows the password too. The -PLUS forms also prove that
// nobody sits between the two TLS ends; they need ScramOptions.Binding.
//
// User name and password are prepared with SASLprep (RFC 4013). The Client is a
// [Verifier]: a success must not be believed before its Verify returns nil. The
// server's error value is a [*Refusal].
func Scram(mech, username, password string, opts *ScramOptions) Client {
	s := &scram{}
	if opts != nil {
		s.o = *opts
	}
	s.exchange = newExchange(strings.ToUpper(mech), s.o.Authzid, username, password)
	s.o.Authzid = ""
	if s.o.MaxIterations == 0 {
		s.o.MaxIterations = 600_000
	}
	if s.o.MinIterations == 0 {
		s.o.MinIterations = 4096
	}
	return s
}

// scram is the client of RFC 5802 §5. The messages bear their names in §7.
type scram struct {
	exchange
	o       ScramOptions
	hash    func() hash.Hash
	nonce   string // ours; set by tests
	want    []byte // ServerSignature
	stage   scramStage
	refusal *Refusal
	// said returns gs2-header, client-first-message-bare, and the password as
	// it was prepared.
	said func() (header, bare, password string)
}

type scramStage uint8

const (
	scramFirst   scramStage = iota // server-first-message comes next
	scramFinal                     // server-final-message comes next
	scramProved                    // the server has proved itself
	scramRefused                   // the server said why not
	scramBroken                    // the exchange has failed
)

// scramHash returns the hash function of a mechanism.
func scramHash(mech string) func() hash.Hash {
	switch strings.TrimSuffix(mech, "-PLUS") {
	case ScramSHA1:
		return sha1.New
	case ScramSHA256:
		return sha256.New
	case ScramSHA512:
		return sha512.New
	}
	return nil
}

// Start returns client-first-message.
func (s *scram) Start() (mech string, ir []byte, err error) {
	plus := strings.HasSuffix(s.mech, "-PLUS")
	if s.hash = scramHash(s.mech); s.hash == nil {
		return "", nil, s.fail("it is no SCRAM mechanism that is known here")
	}
	if b := s.o.Binding; plus != (b != nil) || b != nil && (!cbName(b.Type) || len(b.Data) == 0) {
		return "", nil, s.fail("a -PLUS mechanism, and no other, needs a channel binding")
	}
	authzid, username, password := s.secrets()
	if username, err = prepare(username); err != nil {
		return "", nil, s.fail("the user name " + err.Error())
	}
	if password, err = prepare(password); err != nil {
		return "", nil, s.fail("the password " + err.Error())
	}
	if !utf8.ValidString(authzid) {
		return "", nil, s.fail("the authorization identity is not UTF-8")
	}
	if err := s.start(); err != nil {
		return "", nil, err
	}
	if s.nonce == "" {
		s.nonce = rand.Text()
	}
	header := gs2Header(s.bindingFlag(), authzid)
	bare := "n=" + saslName(username) + ",r=" + s.nonce
	s.said = func() (string, string, string) { return header, bare, password }
	return s.mech, []byte(header + bare), nil
}

// bindingFlag is gs2-cbind-flag.
func (s *scram) bindingFlag() string {
	switch {
	case s.o.Binding != nil:
		return "p=" + s.o.Binding.Type
	case s.o.NotOffered:
		return "y"
	}
	return "n"
}

// cbName says whether a binding's type is fit to be sent.
func cbName(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") == ""
}

// Next answers server-first-message with client-final-message, and
// server-final-message with nothing.
func (s *scram) Next(challenge []byte) (response []byte, err error) {
	switch {
	case !s.started:
		return nil, s.fail("the exchange was not started")
	case s.stage > scramFinal:
		s.stage = scramBroken
		return nil, s.fail("unexpected challenge")
	}
	if value, ok := bytes.CutPrefix(challenge, []byte("e=")); ok {
		s.stage = scramRefused
		s.refusal = scramRefusal(s.mech, string(value))
		return []byte{}, nil
	}
	if s.stage == scramFirst {
		response, err = s.final(string(challenge))
		s.stage = scramFinal
	} else {
		response, err = []byte{}, s.check(challenge)
		s.stage = scramProved
	}
	if err != nil {
		s.stage = scramBroken
		return nil, err
	}
	return response, nil
}

// Verify returns nil once the server has proved that it knows the password.
func (s *scram) Verify() error {
	switch s.stage {
	case scramProved:
		return nil
	case scramRefused:
		return s.refusal
	}
	return s.fail("the server has not proved that it knows the password")
}

func scramRefusal(mech, value string) *Refusal {
	value = value[:min(len(value), maxRefusal)]
	status, _, _ := strings.Cut(value, ",")
	return &Refusal{Mech: mech, Status: status, Text: value}
}

// final returns client-final-message.
func (s *scram) final(challenge string) ([]byte, error) {
	first, err := parseServerFirst(challenge)
	if err != nil {
		return nil, s.fail(err.Error())
	}
	switch {
	case len(first.nonce) <= len(s.nonce) || !strings.HasPrefix(first.nonce, s.nonce):
		return nil, s.fail("the server's nonce does not begin with ours")
	case first.iterations < s.o.MinIterations:
		return nil, s.fail(fmt.Sprintf("the server wants %d iterations, less than the %d that are safe", first.iterations, s.o.MinIterations))
	case first.iterations > s.o.MaxIterations:
		return nil, s.fail(fmt.Sprintf("the server wants more than %d iterations, which would take too long", s.o.MaxIterations))
	}
	header, bare, password := s.said()
	salted, err := pbkdf2.Key(s.hash, password, first.salt, first.iterations, s.hash().Size())
	if err != nil {
		return nil, s.fail("cannot hash the password: " + err.Error())
	}
	withoutProof := "c=" + base64.StdEncoding.EncodeToString(s.bindingInput(header)) + ",r=" + first.nonce
	auth := bare + "," + challenge + "," + withoutProof
	s.want = s.mac(s.mac(salted, "Server Key"), auth)
	return []byte(withoutProof + ",p=" + base64.StdEncoding.EncodeToString(s.proof(salted, auth))), nil
}

// bindingInput is cbind-input.
func (s *scram) bindingInput(header string) []byte {
	if s.o.Binding == nil {
		return []byte(header)
	}
	return append([]byte(header), s.o.Binding.Data...)
}

// proof is ClientProof (RFC 5802 §3).
func (s *scram) proof(salted []byte, auth string) []byte {
	key := s.mac(salted, "Client Key")
	h := s.hash()
	h.Write(key)
	signature := s.mac(h.Sum(nil), auth)
	subtle.XORBytes(signature, signature, key)
	return signature
}

func (s *scram) mac(key []byte, text string) []byte {
	h := hmac.New(s.hash, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// check looks at server-final-message.
func (s *scram) check(challenge []byte) error {
	value, ok := bytes.CutPrefix(challenge, []byte("v="))
	if !ok {
		return s.fail("the server's last message has no signature")
	}
	value, _, _ = bytes.Cut(value, []byte(","))
	got, err := base64.StdEncoding.Strict().AppendDecode(nil, value)
	if err != nil || subtle.ConstantTimeCompare(got, s.want) != 1 {
		return s.fail("the server's signature is wrong: it does not know the password")
	}
	return nil
}
