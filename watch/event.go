package watch

import (
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// Event is what a Watcher concludes: one of Arrived, Reset, Online, Offline or
// Alert. Switch over the type, and let pass what you do not know: kinds will be
// added.
type Event interface {
	// Kind is the event's name, the same everywhere in Idlewild.
	Kind() Kind
}

// Kind is the name of a kind of event.
type Kind string

// The kinds of event.
const (
	KindArrived Kind = "arrived"
	KindReset   Kind = "reset"
	KindOnline  Kind = "online"
	KindOffline Kind = "offline"
	KindAlert   Kind = "alert"
)

// Arrived says that a message is in the mailbox that was not reported before.
type Arrived struct {
	// ID is the same whenever and wherever this message is reported, and no
	// other event's: 64 lower-case hexadecimal digits. See EventID.
	ID          string
	Mailbox     string
	UIDValidity uint32
	UID         imap.UID
	// The rest is as the server told it, and zero where it did not: a message
	// that the server cannot describe is reported nevertheless.
	Flags        []imap.Flag
	Size         int64
	Envelope     *imap.Envelope
	InternalDate time.Time
}

// Reset says that the mailbox got a new UIDVALIDITY: the server has rebuilt it,
// or it was deleted and made again, and what is known of its UIDs is void.
type Reset struct {
	ID             string // as of Arrived
	Mailbox        string
	OldUIDValidity uint32
	UIDValidity    uint32
	Policy         Policy
}

// Policy says what is done about a Reset.
type Policy string

// PolicyReplay reports all messages of the new mailbox as arrived. Their IDs
// are new ones, so those that were reported before are reported again; none is
// lost. It is the only policy yet.
const PolicyReplay Policy = "replay"

// Online says that there is a connection and the mailbox is open.
type Online struct {
	Mode    Mode
	Attempt int // how many attempts it took, from 1 on
}

// Mode is how news comes.
type Mode string

// The modes.
const (
	ModeIdle Mode = "idle" // the server tells
	ModePoll Mode = "poll" // the server is asked every Watcher.Poll
)

// Offline says that there is no connection: it was lost, or an attempt failed.
type Offline struct {
	Reason  Reason
	Err     error         // the cause
	Retry   time.Duration // when the next attempt is made
	Attempt int           // how many failed since it last went well, from 1 on
}

// Alert is text of the server's that the user must be shown (RFC 9051 §7.1). It
// is not to be trusted and may hold control characters.
type Alert struct{ Text string }

// Kind returns KindArrived.
func (Arrived) Kind() Kind { return KindArrived }

// Kind returns KindReset.
func (Reset) Kind() Kind { return KindReset }

// Kind returns KindOnline.
func (Online) Kind() Kind { return KindOnline }

// Kind returns KindOffline.
func (Offline) Kind() Kind { return KindOffline }

// Kind returns KindAlert.
func (Alert) Kind() Kind { return KindAlert }
