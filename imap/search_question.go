package imap

import (
	"errors"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// question is a query as it is sent. It is made on the caller's goroutine: a
// query is the user's code.
type question struct {
	keys    *wire.Command // as arguments
	charset bool          // something in it is not ASCII
	numbers bool          // sequence numbers are in it
	quick   bool          // no message is to be looked at
	needs   []string
}

func newQuestion(q Query) (*question, error) {
	x := &question{keys: wire.NewCommand("SEARCH")}
	if q == nil {
		x.keys.Atom("ALL")
		x.quick = true
		return x, nil
	}
	q.AppendTo(x.keys)
	if c, ok := q.(interface{ Charset() bool }); ok {
		x.charset = c.Charset()
	}
	if n, ok := q.(interface{ UsesNumbers() bool }); ok {
		x.numbers = n.UsesNumbers()
	}
	if n, ok := q.(interface{ Quick() bool }); ok {
		x.quick = n.Quick()
	}
	if n, ok := q.(interface{ Needs() []string }); ok {
		x.needs = n.Needs()
	}
	return x, x.keys.Err()
}

// supported returns what the server lacks for the query, if anything.
func (c *Client) supported(x *question, what string) error {
	for _, name := range x.needs {
		if !c.offers(append(impliers(name), name)...) {
			return &UnsupportedError{Capability: name, What: what}
		}
	}
	return nil
}

// impliers are the capabilities that a capability comes with.
func impliers(name string) []string {
	switch name {
	case "CONDSTORE": // RFC 7162 §3.2
		return []string{"QRESYNC"}
	case "SEARCHRES", "ESEARCH": // RFC 9051 appendix E
		return []string{"IMAP4REV2"}
	}
	return nil
}

// appendTo writes the query as SEARCH has it, among some UIDs; nil: all.
func (x *question) appendTo(cmd *wire.Command, c *Client, among wire.NumSet) {
	if x.charset && !c.quirk(QuirkNoCharset) {
		cmd.Charset("UTF-8")
	}
	if among != nil {
		cmd.Atom("UID").Set(among)
	}
	cmd.Arguments(x.keys)
}

// mayAsk says why a query cannot be sent now, or nil.
func (m *Mailbox) mayAsk(x *question) error {
	if x.numbers {
		if err := m.numbered(); err != nil {
			return err
		}
	}
	return m.stillSaved(x.keys)
}

// CharsetError says that the server does not know the charset of a search. It
// wraps the *ResponseError with CodeBadCharset.
type CharsetError struct {
	Charset string   // that was sent
	Offered []string // those that the server knows, if it said so
	Err     *ResponseError
}

func (e *CharsetError) Error() string {
	s := e.Err.Error() + " (the server does not search in " + e.Charset
	if len(e.Offered) > 0 {
		s += ", only in " + printable(strings.Join(e.Offered, ", "))
	}
	if e.Charset == "UTF-8" {
		s += "; look for ASCII text"
	}
	return s + ")"
}

// Unwrap returns the server's answer.
func (e *CharsetError) Unwrap() error { return e.Err }

// explainCharset makes a CharsetError of BADCHARSET.
func explainCharset(k *call, err error, charset string) error {
	refused, ok := errors.AsType[*ResponseError](err)
	if !ok || refused.Code != CodeBadCharset {
		return err
	}
	e := &CharsetError{Charset: charset, Err: refused}
	if k.answered() && k.result.code != nil {
		e.Offered = k.result.code.Charsets
	}
	return e
}

// searchError says what is wrong with an answer.
func searchError(name, what string) error { return errors.New("imap: " + name + ": " + what) }
