package imaptest

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
)

var utf7Base64 = base64.RawStdEncoding

// URLAUTH: RFC 4467. The one mechanism is INTERNAL: a keyed hash of the URL. A
// mailbox has a key of its own, made when it is first needed.

// genURLAuth is GENURLAUTH.
func (c *conn) genURLAuth(cmd *command) reply {
	var urls []string
	internal := true
	for first := true; first || cmd.err == nil && !cmd.atEnd(); first = false {
		cmd.sp()
		urls = append(urls, cmd.astring())
		cmd.sp()
		internal = strings.EqualFold(cmd.atom(), "INTERNAL") && internal
	}
	switch {
	case !cmd.end():
		return cmd.syntax()
	case !internal:
		return bad("GENURLAUTH: the only mechanism is INTERNAL")
	}
	u := c.user.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	for i, url := range urls {
		at, err := parseURL(url)
		if err != nil || !at.absolute || at.user != u.name || at.mechanism != "" || !knownAccess(at.access) {
			return bad("GENURLAUTH: cannot authorize such a URL")
		}
		b := u.selectable(at.mailbox)
		if b == nil {
			return no("NONEXISTENT", "there is no such mailbox")
		}
		if b.urlKey == nil {
			b.urlKey = make([]byte, 32)
			rand.Read(b.urlKey)
		}
		urls[i] = url + ":internal:" + b.sign(at.rump)
	}
	c.out = append(c.out, "* GENURLAUTH"...)
	for _, url := range urls {
		c.out = append(c.out, ' ')
		c.out = appendString(c.out, url)
	}
	c.crlf()
	return ok("GENURLAUTH completed")
}

// sign is the token of a URL; the first byte tells the algorithm. RFC 4467 §4.
func (b *mailbox) sign(rump string) string {
	h := hmac.New(sha256.New, b.urlKey)
	h.Write([]byte(rump))
	return "02" + hex.EncodeToString(h.Sum(nil))
}

func knownAccess(access string) bool {
	kind, user, named := strings.Cut(access, "+")
	switch strings.ToLower(kind) {
	case "anonymous", "authuser":
		return !named
	case "user", "submit":
		return user != ""
	}
	return false
}

// resetKey is RESETKEY: all URLs of a mailbox, or of all, are void.
func (c *conn) resetKey(cmd *command) reply {
	name := ""
	if cmd.err == nil && !cmd.atEnd() {
		cmd.sp()
		name = cmd.mailboxName()
		for cmd.err == nil && !cmd.atEnd() {
			cmd.sp()
			if mechanism := cmd.atom(); !strings.EqualFold(mechanism, "INTERNAL") {
				cmd.fail("unknown mechanism %s", mechanism)
			}
		}
	}
	if !cmd.end() {
		return cmd.syntax()
	}
	u := c.user.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	if name == "" {
		for _, b := range u.boxes {
			b.urlKey = nil
		}
		return ok("RESETKEY completed")
	}
	b := u.selectable(name)
	if b == nil {
		return no("NONEXISTENT", "there is no such mailbox")
	}
	b.urlKey = nil
	return okCode("URLMECH INTERNAL", "RESETKEY completed")
}

// urlQuery is a URL of URLFETCH with what to tell of it; nothing: the content.
type urlQuery struct {
	url  string
	tell []string
}

// urlFetch is URLFETCH. RFC 4467 §6, RFC 5524.
func (c *conn) urlFetch(cmd *command) reply {
	var queries []urlQuery
	for first := true; first || cmd.err == nil && !cmd.atEnd(); first = false {
		cmd.sp()
		queries = append(queries, c.urlQuery(cmd))
	}
	if !cmd.end() {
		return cmd.syntax()
	}
	for _, q := range queries {
		m, at := c.authorized(q.url)
		c.out = append(c.out, "* URLFETCH "...)
		c.out = appendString(c.out, q.url)
		c.out = append(c.out, ' ')
		c.sayURL(m, at, q.tell)
		c.crlf()
		if !c.mayFlush() {
			return reply{}
		}
	}
	return ok("URLFETCH completed")
}

// urlQuery reads a URL, or a list of one with parameters. RFC 5524 §5.
func (c *conn) urlQuery(cmd *command) (q urlQuery) {
	if cmd.peek() != '(' || !c.can("URLAUTH=BINARY") {
		q.url = cmd.astring()
		return q
	}
	cmd.list(2, func() {
		if q.url == "" {
			q.url = cmd.astring()
			return
		}
		param := strings.ToUpper(cmd.atom())
		known := slices.Contains([]string{"BODY", "BINARY", "BODYPARTSTRUCTURE"}, param)
		if cmd.err == nil && (!known || slices.Contains(q.tell, param)) {
			cmd.fail("URLFETCH does not take %s here", param)
		}
		q.tell = append(q.tell, param)
	})
	if cmd.err == nil && slices.Contains(q.tell, "BODY") && slices.Contains(q.tell, "BINARY") {
		cmd.fail("URLFETCH takes BODY or BINARY, not both")
	}
	return q
}

// authorized returns the message of a URL, if this session may see it, else nil.
func (c *conn) authorized(url string) (*message, messageURL) {
	at, err := parseURL(url)
	if err != nil || !at.absolute || !strings.EqualFold(at.mechanism, "internal") || !c.mayFollow(at) {
		return nil, at
	}
	owner, err := c.srv.lookup(at.user)
	if err != nil {
		return nil, at
	}
	owner.mu.Lock()
	defer owner.mu.Unlock()
	b := owner.selectable(at.mailbox)
	if b == nil || b.urlKey == nil || !hmac.Equal([]byte(b.sign(at.rump)), []byte(at.token)) {
		return nil, at
	}
	return at.find(owner), at
}

// mayFollow says whether the URL is meant for this session, now.
func (c *conn) mayFollow(at messageURL) bool {
	if !at.expire.IsZero() && c.srv.now().After(at.expire) || at.partial && !c.can("URL-PARTIAL") {
		return false
	}
	kind, user, _ := strings.Cut(at.access, "+")
	name := c.user.Load().name
	switch strings.ToLower(kind) {
	case "anonymous", "authuser":
		return true
	case "user":
		return user == name
	case "submit":
		return slices.Contains(c.srv.opts.Submitters, name)
	}
	return false
}

// sayURL says what a URL stands for; a nil message is NIL.
func (c *conn) sayURL(m *message, at messageURL, tell []string) {
	if m == nil {
		c.out = append(c.out, "NIL"...)
		return
	}
	it := at.item()
	it.section = at.section
	if len(tell) == 0 {
		c.sayBytes(m.body.cut(it))
		return
	}
	for i, what := range tell {
		if i > 0 {
			c.out = append(c.out, ' ')
		}
		c.out = append(c.out, '(')
		c.out = append(c.out, what...)
		c.out = append(c.out, ' ')
		switch what {
		case "BODY":
			c.sayBytes(m.body.cut(it))
		case "BINARY":
			data, found, known := m.body.decoded(it.section)
			c.sayBinary(it.cut(data), found && known && at.section.part == "")
		case "BODYPARTSTRUCTURE":
			c.out = m.body.appendPartStructure(c.out, at.section)
		}
		c.out = append(c.out, ')')
	}
}

// appendPartStructure writes the structure of a part, NIL if there is none.
func (b *body) appendPartStructure(dst []byte, s section) []byte {
	p := parsePart(b.data, false, 0)
	if len(s.path) > 0 {
		p = p.find(s.path)
	}
	if p == nil || s.part != "" {
		return append(dst, "NIL"...)
	}
	return bytes.TrimSpace(p.appendBody(dst, true))
}
