package imap

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"maps"
	"net"
	"time"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Security says how a connection is protected.
type Security uint8

const (
	// TLS from the first byte; port 993.
	TLS Security = iota
	// StartTLS begins in clear and is upgraded before anything secret is sent;
	// it is an error if that cannot be; port 143.
	StartTLS
	// Plaintext is no protection at all; port 143.
	Plaintext
)

// Options are the settings of a connection. The zero value, and nil, are the
// safe defaults.
type Options struct {
	// Security is how Dial protects the connection; the zero value is TLS.
	Security Security
	// TLSConfig is cloned and used for TLS; nil: the system's roots, TLS 1.2.
	// The server's name is taken from the address if it has none.
	TLSConfig *tls.Config
	// Dial makes the network connection, through a proxy for instance (see
	// [ProxyDial]); nil: a net.Dialer with the keepalive that long waits need.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// InsecureLogin allows passwords, and a greeting that says that we are
	// logged in (PREAUTH), on a connection that is neither protected nor to this
	// machine.
	InsecureLogin bool
	// RefusePreauth makes it an error if the server's greeting says that we are
	// logged in already (PREAUTH), for instance because of a client certificate.
	// Otherwise that is taken where it can be believed: inside TLS, over a pipe, on
	// this machine; before STARTTLS it never is. Login then returns an error, and
	// Authenticated says true.
	RefusePreauth bool
	// RawNames leaves mailbox names as they are on the wire, which mostly is
	// modified UTF-7 ([wire.DecodeMailbox]): nothing is decoded or encoded.
	RawNames bool
	// Mechanisms, if not nil, are the only ways in which Login, Authenticate and
	// LoginWith may log in: names of SASL mechanisms, of which "LOGIN" is also
	// the command. A server that offers none of them gets no credentials, which
	// is what protects from one that was made to seem weaker than it is; see
	// [sasl.AtLeast].
	Mechanisms []string
	// Timeouts bound every wait; zeros are defaults.
	Timeouts Timeouts
	// Limits bound what the server can make the client hold; zeros are
	// defaults.
	Limits wire.Limits
	// Budget is the memory that queues and unread bodies of the connection may
	// take, in bytes; 0: 16 MiB. What is more goes to a temporary file.
	Budget int64
	// SpoolDir is where that file is made; "": os.TempDir. SpoolLimit is how
	// large it may grow, in bytes; 0: 1 GiB.
	SpoolDir   string
	SpoolLimit int64
	// Pipeline is how many commands may be under way at once; 0: 16, or fewer
	// if the server is known to take fewer.
	Pipeline int
	// CommandLine is how long a command line may be, in octets; commands on long
	// lists of messages are sent in parts. 0: as much as the server is known to
	// take, mostly 8,000.
	CommandLine int
	// Quirks overrides what is known of the server: true turns a quirk on, false
	// off, and one that is not in it is detected. Client.Quirks shows the result.
	Quirks map[Quirk]bool
	// Logger hears of what was survived, at Warn, and of connects, at Debug;
	// nil: silent. Secrets and message text never reach it.
	Logger *slog.Logger
	// Trace receives the protocol of both directions, a line each, without
	// passwords, and with the size in place of literals; nil: none. It is
	// written to by one goroutine, which neither delays nor is delayed by the
	// connection: lines that it cannot keep up with are counted and dropped.
	Trace io.Writer
	// RecentLines is how many of the last lines of that are kept, for
	// Client.RecentLines; 0: none. A line takes as much memory as it is long, at most 2 KB.
	RecentLines int
}

// Timeouts bound the waits of a connection. The zero value of each is its
// default; a negative one means no bound.
type Timeouts struct {
	Connect   time.Duration // the network connection: 30 s
	TLS       time.Duration // the handshake: 30 s
	Greeting  time.Duration // the server's first line: 60 s
	Login     time.Duration // each answer during login: 60 s
	Command   time.Duration // silence while an answer is due: 120 s, ten times that for SEARCH (but for UIDs), COPY, MOVE, EXPUNGE, APPEND
	Stall     time.Duration // standstill inside a response, or while writing: 60 s
	IdleStart time.Duration // the server's "+" to IDLE: 30 s
	IdleStop  time.Duration // its answer to DONE: 15 s
}

func (t Timeouts) withDefaults() Timeouts {
	or := func(d *time.Duration, def time.Duration) {
		if *d == 0 {
			*d = def
		} else if *d < 0 {
			*d = 1<<63 - 1
		}
	}
	or(&t.Connect, 30*time.Second)
	or(&t.TLS, 30*time.Second)
	or(&t.Greeting, 60*time.Second)
	or(&t.Login, 60*time.Second)
	or(&t.Command, 120*time.Second)
	or(&t.Stall, 60*time.Second)
	or(&t.IdleStart, 30*time.Second)
	or(&t.IdleStop, 15*time.Second)
	return t
}

// withDefaults returns a copy with all zeros filled in.
func (o *Options) withDefaults() Options {
	var v Options
	if o != nil {
		v = *o
	}
	v.Timeouts = v.Timeouts.withDefaults()
	v.Limits = v.Limits.WithDefaults()
	if v.Budget <= 0 {
		v.Budget = 16 << 20
	}
	if v.SpoolLimit <= 0 {
		v.SpoolLimit = 1 << 30
	}
	v.Quirks = maps.Clone(v.Quirks)
	if v.Logger == nil {
		v.Logger = slog.New(slog.DiscardHandler)
	}
	return v
}
