package imaptest

import (
	"encoding/base64"
	"slices"
	"strings"
)

// startTLS changes to TLS. What was sent after the command and before TLS is
// refused: it may be an attacker's. RFC 3501 §6.2.1.
func (c *conn) startTLS(cmd *command) reply {
	switch {
	case !cmd.end():
		return cmd.syntax()
	case c.secure:
		return bad("STARTTLS: already under TLS")
	case !c.canTLS():
		return bad("unknown command STARTTLS")
	case c.in.buffered():
		return bad("STARTTLS: data after the command, before TLS")
	}
	c.conclude(cmd, ok("begin TLS now"))
	if !c.handshake() {
		c.over = true
	}
	return reply{}
}

func (c *conn) login(cmd *command) reply {
	cmd.sp()
	name := cmd.astring()
	cmd.sp()
	password := cmd.astring()
	if !cmd.end() {
		return cmd.syntax()
	}
	if !c.mayLogin() {
		return no("PRIVACYREQUIRED", "LOGIN is disabled before TLS")
	}
	return c.admit(name, password)
}

// admit logs a user in, or says why not.
func (c *conn) admit(name, password string) reply {
	u, err := c.srv.lookup(name)
	switch {
	case err != nil && c.faults().RefuseLogin != "":
		return no("", "%s", c.faults().RefuseLogin)
	case err != nil:
		return badCredentials()
	}
	if r := u.mayTry(c); r != nil {
		return *r
	}
	if c.faults().RefuseLogin == "" && !u.hasPassword(password) {
		u.noteRefusal()
		return badCredentials()
	}
	return c.welcome(u)
}

// enter logs a user in who has proved who it is.
func (c *conn) enter(u *User) reply {
	if r := u.mayTry(c); r != nil {
		return *r
	}
	return c.welcome(u)
}

// welcome is enter for those whose attempt was counted.
func (c *conn) welcome(u *User) reply {
	r := no("", "%s", c.faults().RefuseLogin)
	if c.faults().RefuseLogin == "" {
		r = u.login(c)
	}
	if r.status != "OK" {
		u.noteRefusal()
		return r
	}
	if c.srv.opts.StaleCapabilities {
		r.code = "CAPABILITY " + c.capabilities()
	}
	c.user.Store(u)
	c.beginSession(c.token)
	if !c.srv.opts.QuietCapabilities && !c.srv.opts.StaleCapabilities {
		r.code = "CAPABILITY " + c.capabilities()
	}
	return r
}

// authenticate does SASL. RFC 3501 §6.2.2, RFC 4959.
func (c *conn) authenticate(cmd *command) reply {
	cmd.sp()
	mechanism := strings.ToUpper(cmd.atom())
	var initial []byte
	hasInitial := cmd.err == nil && !cmd.atEnd()
	if hasInitial {
		cmd.sp()
		initial = decodeInitial(cmd)
	}
	switch {
	case !cmd.end():
		return cmd.syntax()
	case hasInitial && !c.can("SASL-IR"):
		return bad("AUTHENTICATE: no initial response without SASL-IR")
	case !c.mayLogin():
		return no("PRIVACYREQUIRED", "AUTHENTICATE is disabled before TLS")
	case !c.offers(mechanism):
		return no("", "unknown mechanism %s", mechanism)
	}
	x := &exchange{c: c, initial: initial, hasInitial: hasInitial}
	return x.run(mechanism)
}

// mechanisms are the SASL mechanisms that are known.
var mechanisms = []string{
	"ANONYMOUS", "CRAM-MD5", "EXTERNAL", "LOGIN", "OAUTHBEARER", "PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS",
	"SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-512", "SCRAM-SHA-512-PLUS", "XOAUTH2",
}

// run runs one of mechanisms.
func (x *exchange) run(mechanism string) reply {
	switch mechanism {
	case "ANONYMOUS":
		return x.anonymous()
	case "CRAM-MD5":
		return x.cram()
	case "EXTERNAL":
		return x.external()
	case "LOGIN":
		return x.login()
	case "PLAIN":
		return x.plain()
	case "OAUTHBEARER", "XOAUTH2":
		return x.oauth(mechanism)
	}
	return x.scram(mechanism)
}

// offers says whether a mechanism is offered here and now, and known.
func (c *conn) offers(mechanism string) bool {
	switch {
	case !slices.Contains(mechanisms, mechanism) || !c.can("AUTH="+mechanism):
		return false
	case mechanism == "EXTERNAL" && c.certificate() == "":
		return false
	case strings.HasSuffix(mechanism, "-PLUS") && c.tls == nil:
		return false
	}
	return slices.ContainsFunc(c.srv.opts.mechanisms(), func(m string) bool { return strings.EqualFold(m, mechanism) })
}

// decodeInitial reads an initial response; = stands for an empty one.
func decodeInitial(cmd *command) []byte {
	text := cmd.span(func(c byte) bool { return c > ' ' && c < 0x7f })
	if text == "=" {
		return nil
	}
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || text == "" {
		cmd.fail("initial response is not base64")
	}
	return data
}

// exchange is a running AUTHENTICATE.
type exchange struct {
	c          *conn
	initial    []byte
	hasInitial bool
	failed     *reply
}

// ask sends a challenge and returns the client's answer. After a failure it
// does nothing; the reply is in failed.
func (x *exchange) ask(challenge string) string {
	if x.failed != nil {
		return ""
	}
	if x.hasInitial {
		x.hasInitial = false
		return string(x.initial)
	}
	c := x.c
	c.out = append(c.out, "+ "...)
	c.out = base64.StdEncoding.AppendEncode(c.out, []byte(challenge))
	c.crlf()
	line, fault, err := c.in.line(nil, c.srv.opts.maxLine())
	c.trace(line)
	switch {
	case err != nil:
		c.over = true
		x.failed = &reply{}
	case fault != faultNone:
		x.fail(bad("%s", string(fault)))
	case string(line) == "*":
		x.fail(bad("AUTHENTICATE cancelled"))
	default:
		data, err := base64.StdEncoding.Strict().DecodeString(string(line))
		if err != nil {
			x.fail(bad("AUTHENTICATE: the answer is not base64"))
		}
		return string(data)
	}
	return ""
}

func (x *exchange) fail(r reply) {
	if x.failed == nil {
		x.failed = &r
	}
}

// finish logs in with what the exchange brought.
func (x *exchange) finish(name, password string) reply {
	if x.failed != nil {
		return *x.failed
	}
	return x.c.admit(name, password)
}

// plain: RFC 4616.
func (x *exchange) plain() reply {
	parts := strings.Split(x.ask(""), "\x00")
	if x.failed == nil && len(parts) != 3 {
		x.fail(bad("PLAIN: expected authzid NUL authcid NUL password"))
	}
	if x.failed != nil {
		return *x.failed
	}
	if parts[0] != "" && parts[0] != parts[1] {
		return no("AUTHORIZATIONFAILED", "no user may act for another")
	}
	return x.finish(parts[1], parts[2])
}

func (x *exchange) login() reply {
	name := x.ask("Username:")
	password := x.ask("Password:")
	return x.finish(name, password)
}

// oauth does XOAUTH2 and OAUTHBEARER (RFC 7628): the token is the password. A
// refusal comes as a challenge first, which the client has to answer.
func (x *exchange) oauth(mechanism string) reply {
	text := x.ask("")
	if x.failed != nil {
		return *x.failed
	}
	name, token := oauthFields(mechanism, text)
	if token == "" {
		return bad("%s: expected a user and a bearer token", mechanism)
	}
	x.c.token = true
	r := x.finish(name, token)
	if r.status == "NO" && x.failed == nil {
		x.ask(`{"status":"invalid_token","schemes":"bearer"}`)
		if x.c.over {
			return reply{}
		}
	}
	return r
}

// oauthFields takes the user and the token out of a response.
func oauthFields(mechanism, text string) (user, token string) {
	fields := strings.Split(text, "\x01")
	if mechanism == "OAUTHBEARER" {
		if gs2 := strings.Split(fields[0], ","); len(gs2) > 1 {
			user = strings.TrimPrefix(gs2[1], "a=")
		}
	} else {
		user = strings.TrimPrefix(fields[0], "user=")
	}
	for _, f := range fields[1:] {
		if t, found := strings.CutPrefix(f, "auth=Bearer "); found {
			token = t
		}
	}
	return user, token
}
