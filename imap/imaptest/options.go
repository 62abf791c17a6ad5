package imaptest

import (
	"crypto/tls"
	"time"
)

// Options says how a Server behaves. The zero value is a well-behaved server
// with every extension it knows, without TLS, that takes passwords in clear
// because there is no other way to log in.
type Options struct {
	// Greeting replaces the whole greeting after "* ". Empty: an OK with the
	// capabilities.
	Greeting string

	// GreetingText replaces what the greeting says after its status and the
	// capabilities. Empty: "imaptest ready".
	GreetingText string

	// ID is what ID answers: names and values in turn. Nil: the name imaptest;
	// empty: NIL.
	ID []string

	// IDFirst is the text of a NO to SELECT and EXAMINE as long as the client has
	// not sent ID. Empty: they need no ID.
	IDFirst string

	// Preauth is the name of a user who is logged in from the start, with a
	// PREAUTH greeting. Empty: clients log in.
	Preauth string

	// TLSConfig is for ServeTLS, PipeTLS and STARTTLS. Nil: none of them works.
	TLSConfig *tls.Config

	// AllowPlainLogin accepts passwords before TLS although TLSConfig is set.
	// False: LOGINDISABLED is advertised and meant, until STARTTLS.
	AllowPlainLogin bool

	// Mechanisms are the SASL mechanisms offered. Nil: PLAIN and LOGIN. Also
	// known are CRAM-MD5, SCRAM-SHA-1, -256 and -512 with their -PLUS forms
	// under TLS, which are bound by tls-exporter or tls-server-end-point;
	// XOAUTH2 and OAUTHBEARER, whose token is the user's password; EXTERNAL,
	// where the client has shown a certificate whose common name is a user's;
	// and ANONYMOUS, if there is a user of that name.
	Mechanisms []string

	// Without takes capabilities away, and what they stand for: with "IDLE" in
	// it, IDLE is an unknown command.
	Without []string

	// With adds words to the capability list. The server does nothing more for
	// them than to say so.
	With []string

	// Offers are the capabilities after login, in this order, in place of those of
	// a server that has all: what is not among them, or among Early, is an unknown
	// command. Words that this server does not know are said and no more. What
	// other options say, such as AUTH= and MESSAGELIMIT=, is added. Nil: all.
	Offers []string

	// Early are the capabilities that are told before login, as Offers are after
	// it. Nil: those that make sense then.
	Early []string

	// StaleCapabilities tells those from before login again in the reply to
	// logging in.
	StaleCapabilities bool

	// SilentEnable leaves out the untagged ENABLED.
	SilentEnable bool

	// Gmail adds Gmail's X-GM-EXT-1: numbers of messages and threads, and labels,
	// which are kept, but put no message into a mailbox.
	Gmail bool

	// QuietCapabilities leaves the capabilities out of the greeting and of the
	// replies to logging in, so that a client has to ask.
	QuietCapabilities bool

	// IdleKeepalive is how often "* OK Still here" is said in IDLE. Zero: never.
	IdleKeepalive time.Duration

	// PushAlways announces new messages whenever they come, also when no
	// command is in progress, as some servers do. False: only in IDLE and in
	// answer to commands.
	PushAlways bool

	// EightBit accepts bytes above 127 in quoted strings, as many servers do.
	// False: a syntax error, as RFC 3501 has it.
	EightBit bool

	// MaxLine and MaxLiteral limit the text of one command, and one literal in
	// it. Zero: 64 KiB and 64 MiB.
	MaxLine    int
	MaxLiteral int64

	// AppendLimit is the largest message that APPEND takes, said as
	// APPENDLIMIT=n. Zero: it is not said, and MaxLiteral is all.
	AppendLimit int64

	// JMAP is the URL of a session resource of JMAP (RFC 9698), which is all that
	// there is of it. Empty: no JMAPACCESS.
	JMAP string

	// Submitters are the users who may fetch URLs with the access "submit+",
	// as servers for message submission do. RFC 4467 §3.
	Submitters []string

	// MessageLimit is how many messages one command works on; the rest is left,
	// and the reply says so (RFC 9738). Zero: no limit.
	MessageLimit int

	// Removals is how many removals a mailbox remembers for QRESYNC. Of what was
	// before, a client is told all UIDs that are not there. Zero: all; negative:
	// none.
	Removals int

	// MaxConnections limits the connections of one user; more logins are refused
	// with [LIMIT], or as Limits says. Zero: no limit.
	MaxConnections int

	// Limits are what else a user is limited to.
	Limits Limits

	// Seed decides what Limits leave to chance. The same seed, and connections made
	// in the same order, give the same.
	Seed uint64

	// Faults are the faults to begin with. Nil: none.
	Faults *Faults

	// Habits are faults that the server always has: those that SetFaults sets are
	// added to them. Nil: none.
	Habits *Faults

	// Now is the clock for internal dates. Nil: time.Now.
	Now func() time.Time

	// Trace is told what every connection says: dir is 'C' with one line or
	// literal of the client's, or 'S' with as much as the server wrote at once.
	// It is called from many goroutines and must not keep data. Nil: nobody.
	Trace func(conn uint32, dir byte, data []byte)
}

func (o *Options) greetingText() string {
	if o.GreetingText == "" {
		return "imaptest ready"
	}
	return o.GreetingText
}

func (o *Options) maxLine() int {
	if o.MaxLine > 0 {
		return o.MaxLine
	}
	return 64 << 10
}

func (o *Options) maxLiteral() int64 {
	if o.MaxLiteral > 0 {
		return o.MaxLiteral
	}
	return 64 << 20
}

func (o *Options) mechanisms() []string {
	if o.Mechanisms == nil {
		return []string{"PLAIN", "LOGIN"}
	}
	return o.Mechanisms
}
