package imaptest

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"hash"
	"strconv"
	"strings"
)

const scramIterations = 4096

// scramExchange is the server's half of SCRAM (RFC 5802). Passwords are taken as
// they are: what SASLprep would change is not for this server.
type scramExchange struct {
	x        *exchange
	hash     func() hash.Hash
	plus     bool
	gs2      string // gs2-header of the client
	binding  string // of the gs2-header: n, y, or the type
	username string
	bare     string // client-first-message-bare
	nonce    string // the client's
}

// scram: RFC 5802 §5, RFC 7677.
func (x *exchange) scram(mechanism string) reply {
	s := &scramExchange{x: x}
	name, plus := strings.CutSuffix(mechanism, "-PLUS")
	s.plus = plus
	s.hash = map[string]func() hash.Hash{
		"SCRAM-SHA-1": sha1.New, "SCRAM-SHA-256": sha256.New, "SCRAM-SHA-512": sha512.New,
	}[name]
	first := x.ask("")
	if x.failed != nil {
		return *x.failed
	}
	if why := s.clientFirst(first); why != "" {
		return s.refuse(why)
	}
	salt := []byte(rand.Text()[:16])
	nonce := s.nonce + rand.Text()
	serverFirst := "r=" + nonce + ",s=" + base64.StdEncoding.EncodeToString(salt) + ",i=" + strconv.Itoa(scramIterations)
	final := x.ask(serverFirst)
	if x.failed != nil {
		return *x.failed
	}
	return s.finish(salt, nonce, serverFirst, final)
}

// refuse tells the reason in a challenge, then says NO.
func (s *scramExchange) refuse(why string) reply {
	s.x.ask("e=" + why)
	if s.x.c.over {
		return reply{}
	}
	return badCredentials()
}

// clientFirst takes client-first-message apart. It returns an error value.
func (s *scramExchange) clientFirst(text string) (why string) {
	flag, rest, _ := strings.Cut(text, ",")
	authzid, bare, ok := strings.Cut(rest, ",")
	if !ok {
		return "other-error"
	}
	s.gs2, s.bare = flag+","+authzid+",", bare
	if why := s.flag(flag); why != "" {
		return why
	}
	fields := strings.Split(bare, ",")
	switch {
	case strings.HasPrefix(fields[0], "m="):
		return "extensions-not-supported"
	case len(fields) < 2 || !strings.HasPrefix(fields[0], "n=") || !strings.HasPrefix(fields[1], "r=") || len(fields[1]) < 3:
		return "other-error"
	}
	s.nonce = fields[1][2:]
	if s.username, ok = saslName(fields[0][2:]); !ok || s.username == "" {
		return "invalid-username-encoding"
	}
	if authzid == "" {
		return ""
	}
	other, ok := saslName(strings.TrimPrefix(authzid, "a="))
	if !ok || !strings.HasPrefix(authzid, "a=") || other != s.username {
		return "other-error" // no user may act for another
	}
	return ""
}

// flag looks at gs2-cbind-flag.
func (s *scramExchange) flag(flag string) (why string) {
	kind, binds := strings.CutPrefix(flag, "p=")
	s.binding = kind
	switch {
	case binds != s.plus:
		return "channel-bindings-dont-match"
	case binds && s.x.c.bindingData(kind) == nil:
		return "unsupported-channel-binding-type"
	case !binds && flag != "n" && flag != "y":
		return "other-error"
	case flag == "y" && s.x.c.offersPlus():
		return "server-does-support-channel-binding"
	}
	return ""
}

func (c *conn) offersPlus() bool {
	for _, name := range mechanisms {
		if strings.HasSuffix(name, "-PLUS") && c.offers(name) {
			return true
		}
	}
	return false
}

// saslName takes the escapes out of a name.
func saslName(s string) (name string, ok bool) {
	plain := strings.NewReplacer("=2C", "", "=3D", "").Replace(s)
	return strings.NewReplacer("=2C", ",", "=3D", "=").Replace(s), !strings.Contains(plain, "=")
}

// finish looks at client-final-message, and proves who we are.
func (s *scramExchange) finish(salt []byte, nonce, serverFirst, final string) reply {
	withoutProof, proof, ok := cutLast(final, ",p=")
	fields := strings.Split(withoutProof, ",")
	if !ok || len(fields) < 2 || !strings.HasPrefix(fields[0], "c=") || fields[1] != "r="+nonce {
		return s.refuse("other-error")
	}
	bound := s.gs2
	if s.plus {
		bound += string(s.x.c.bindingData(s.binding))
	}
	if fields[0] != "c="+base64.StdEncoding.EncodeToString([]byte(bound)) {
		return s.refuse("channel-bindings-dont-match")
	}
	u, err := s.x.c.srv.lookup(s.username)
	if err != nil {
		return s.refuse("unknown-user")
	}
	salted, err := pbkdf2.Key(s.hash, u.secret(), salt, scramIterations, s.hash().Size())
	if err != nil {
		return s.refuse("other-error")
	}
	auth := s.bare + "," + serverFirst + "," + withoutProof
	if !s.proves(salted, auth, proof) {
		return s.refuse("invalid-proof")
	}
	signature := s.mac(s.mac(salted, "Server Key"), auth)
	answer := s.x.ask("v=" + base64.StdEncoding.EncodeToString(signature))
	switch {
	case s.x.failed != nil:
		return *s.x.failed
	case answer != "":
		return bad("SCRAM: the last answer has to be empty")
	}
	return s.x.c.enter(u)
}

// proves looks at ClientProof as RFC 5802 §3 has it: the key that it gives away
// hashes to what is stored.
func (s *scramExchange) proves(salted []byte, auth, proof string) bool {
	key, err := base64.StdEncoding.Strict().DecodeString(proof)
	if err != nil || len(key) != s.hash().Size() {
		return false
	}
	h := s.hash()
	h.Write(s.mac(salted, "Client Key"))
	stored := h.Sum(nil)
	subtle.XORBytes(key, key, s.mac(stored, auth))
	h.Reset()
	h.Write(key)
	return hmac.Equal(h.Sum(nil), stored)
}

func (s *scramExchange) mac(key []byte, text string) []byte {
	h := hmac.New(s.hash, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// bindingData returns what a login is bound to, nil if the kind is not known.
func (c *conn) bindingData(kind string) []byte {
	if c.tls == nil {
		return nil
	}
	switch kind {
	case "tls-exporter": // RFC 9266
		state := c.tls.ConnectionState()
		data, err := state.ExportKeyingMaterial("EXPORTER-Channel-Binding", nil, 32)
		if err != nil {
			return nil
		}
		return data
	case "tls-server-end-point": // RFC 5929 §4, for the certificates that CA makes
		own := c.srv.tlsConfig().Certificates
		if len(own) == 0 {
			return nil
		}
		cert, err := x509.ParseCertificate(own[0].Certificate[0])
		if err != nil || cert.SignatureAlgorithm != x509.ECDSAWithSHA256 && cert.SignatureAlgorithm != x509.SHA256WithRSA {
			return nil
		}
		sum := sha256.Sum256(cert.Raw)
		return sum[:]
	}
	return nil
}
