package watch

import (
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// Event is what a Watcher concludes: one of the types below whose method Kind
// returns a Kind. Switch over the type, and let pass what you do not know: kinds
// will be added.
type Event interface {
	// Kind is the event's name, the same everywhere in Idlewild.
	Kind() Kind
}

// Kind is the name of a kind of event.
type Kind string

// The kinds of event.
const (
	KindArrived     Kind = "arrived"
	KindFlags       Kind = "flags"
	KindGone        Kind = "gone"
	KindMoved       Kind = "moved"
	KindReset       Kind = "reset"
	KindMissing     Kind = "missing"
	KindRenamed     Kind = "renamed"
	KindStale       Kind = "stale"
	KindRecovered   Kind = "recovered"
	KindOnline      Kind = "online"
	KindOffline     Kind = "offline"
	KindAlert       Kind = "alert"
	KindAuthFailed  Kind = "auth_failed"
	KindReauthorize Kind = "reauthorize"
	KindSkipped     Kind = "skipped"
)

// Arrived says that a message is in the mailbox that was not reported before.
type Arrived struct {
	// ID is the same whenever and wherever this message is reported, and no
	// other event's: 64 lower-case hexadecimal digits. See EventID.
	ID          string
	Mailbox     string
	UIDValidity uint32
	// Message has what Watcher.Fetch asks for, as the server told it. It is never
	// nil: a message that the server cannot describe is reported nevertheless,
	// with its UID alone.
	*imap.Message
	// Truncated says that the Sections that were asked for are not there, since
	// the message is larger than Watcher.MaxBody, or the server told wrong sizes of
	// it or of those with it.
	Truncated bool
}

// Flags says that a message's flags are others than before, or may be: after
// some time without connection, servers may tell of one that changed back too.
type Flags struct {
	ID          string // as of Arrived; another one at every change
	Mailbox     string
	UIDValidity uint32
	UID         imap.UID
	Flags       []imap.Flag // all that are set now
	ModSeq      uint64      // of this change (RFC 7162); 0: the server has none
}

// Gone says that a message is no longer in the mailbox: it was expunged, or
// moved to a place that is not known.
type Gone struct {
	ID          string // as of Arrived
	Mailbox     string
	UIDValidity uint32
	UID         imap.UID
}

// Moved says that a message is no longer in the mailbox, and in which other one
// of the Watcher's mailboxes it is now. That is known only from servers with
// lasting identities of messages (OBJECTID, X-GM-EXT-1). The message has also
// arrived there.
type Moved struct {
	ID            string // as of Arrived
	Mailbox       string
	UIDValidity   uint32
	UID           imap.UID
	To            string
	ToUIDValidity uint32
	ToUID         imap.UID
}

// Reset says that the mailbox got a new UIDVALIDITY: the server has rebuilt it,
// or it was deleted and made again, and what is known of its UIDs is void. It is
// never silent. UIDValidity is made up, and 2^31 or higher, if the server's was
// used for other messages before, or means nothing.
type Reset struct {
	ID             string // as of Arrived
	Mailbox        string
	OldUIDValidity uint32
	UIDValidity    uint32
	// Policy is what is done about it: Watcher.OnReset, or PolicyReplay where
	// nothing is remembered.
	Policy Policy
	// Known is how many messages were recognized, and are not reported again;
	// New how many were not. Both are 0 if nothing was compared.
	Known, New int
}

// Policy says what is done about a Reset.
type Policy string

// The policies.
const (
	// PolicyResume reports the messages that are new, and no others: they are
	// recognized by EMAILID, X-GM-MSGID, or Message-ID, date and size. A message
	// that is not recognized for certain is reported.
	PolicyResume Policy = "resume"
	// PolicyBaseline reports what comes from now on. What came while the mailbox
	// was rebuilt is not reported, but skipped.
	PolicyBaseline Policy = "baseline"
	// PolicyReplay reports all messages of the new mailbox as arrived. Their IDs
	// are new ones, so those that were reported before are reported again.
	PolicyReplay Policy = "replay"
)

// Missing says that a mailbox cannot be looked at. The others still are.
type Missing struct {
	Mailbox string
	Reason  MissingReason
	Err     error         // what the server said
	Retry   time.Duration // when it is tried again
}

// MissingReason says why a mailbox cannot be looked at.
type MissingReason string

// The reasons.
const (
	MissingNonExistent  MissingReason = "nonexistent"  // it was deleted, or never was
	MissingUnselectable MissingReason = "unselectable" // it holds other mailboxes only
	MissingForbidden    MissingReason = "forbidden"    // the right to read it was taken away
	MissingRefused      MissingReason = "refused"      // the server says no again and again
	// MissingContradictory: the server gives several messages the same UID, or
	// UIDs that fall, again and again. Nothing that it says of the mailbox can be
	// relied on, so that it is tried once an hour only.
	MissingContradictory MissingReason = "contradictory"
)

// Renamed says that the mailbox has another name now. The Watcher follows it; it
// is still called by its first name in events, and in the Store.
type Renamed struct {
	Mailbox string
	To      string
}

// Stale says that it is not known what is new in the mailbox: For so long it
// could not be looked at, which is longer than Watcher.Bound promises.
type Stale struct {
	Mailbox string
	For     time.Duration
}

// Recovered says that a mailbox that was Stale or Missing was looked at again,
// and how long that had not been so.
type Recovered struct {
	Mailbox string
	After   time.Duration
}

// Online says that there is a connection, for these mailboxes.
type Online struct {
	Mailboxes []string
	// Cursors are where each of Mailboxes goes on; zero: it is Missing. From there
	// on nothing is missed, so a program without a Store keeps those that it has
	// none of yet.
	Cursors []Cursor
	Mode    Mode
	Attempt int // how many attempts it took, from 1 on
}

// Offline says that there is no connection: it was lost, or an attempt failed.
type Offline struct {
	Mailboxes []string
	Reason    Reason
	Class     Class         // what kind of trouble it is, which decides Retry
	Err       error         // the cause
	Retry     time.Duration // when the next attempt is made
	Attempt   int           // how many failed since a connection has lasted
	// Expected says that the server is known to end connections like that: it is
	// no failure, and Attempt does not rise.
	Expected bool
}

// Alert is text of the server's that the user must be shown (RFC 9051 §7.1). It
// is not to be trusted and may hold control characters. What the server repeats is
// told once an hour on each connection.
type Alert struct{ Text string }

// AuthFailed says that the server refuses the login, not for the first time: the
// password was changed, the account is locked, or IMAP is turned off. It is
// tried again more and more rarely, so that the account is not locked out. It
// comes with an Offline, and once until a connection has lasted again.
type AuthFailed struct {
	Err      error         // what the server said; errors.Is finds imap.ErrAppPassword and the like
	Refusals int           // since a connection has lasted
	Retry    time.Duration // when the next attempt is made
	Help     string        // what can be done, in English
}

// Reauthorize says that there will be no access token until the user has signed
// in again. Meanwhile it is tried every hour, or when Tokens.Set is called. It
// comes with an Offline, and once until a connection has lasted again.
type Reauthorize struct {
	Err   error         // of Tokens.Refresh
	Retry time.Duration // when the next attempt is made
}

// Skipped says that these UIDs were given to messages, or may have been, of
// which none was there when they were looked for: they came and went in between,
// or the Reason tells otherwise. It is how a gap is never silent.
type Skipped struct {
	ID          string // as of Arrived; UID is the highest of UIDs
	Mailbox     string
	UIDValidity uint32
	UIDs        imap.UIDSet
	Count       int
	Reason      SkippedReason
}

// SkippedReason says why messages were not reported.
type SkippedReason string

// The reasons.
const (
	SkippedExpunged SkippedReason = "expunged" // gone before they were looked at
	SkippedBaseline SkippedReason = "baseline" // there at a Reset, with PolicyBaseline
)

// Kind returns KindArrived.
func (Arrived) Kind() Kind { return KindArrived }

// Kind returns KindFlags.
func (Flags) Kind() Kind { return KindFlags }

// Kind returns KindGone.
func (Gone) Kind() Kind { return KindGone }

// Kind returns KindMoved.
func (Moved) Kind() Kind { return KindMoved }

// Kind returns KindReset.
func (Reset) Kind() Kind { return KindReset }

// Kind returns KindMissing.
func (Missing) Kind() Kind { return KindMissing }

// Kind returns KindRenamed.
func (Renamed) Kind() Kind { return KindRenamed }

// Kind returns KindStale.
func (Stale) Kind() Kind { return KindStale }

// Kind returns KindRecovered.
func (Recovered) Kind() Kind { return KindRecovered }

// Kind returns KindOnline.
func (Online) Kind() Kind { return KindOnline }

// Kind returns KindOffline.
func (Offline) Kind() Kind { return KindOffline }

// Kind returns KindAlert.
func (Alert) Kind() Kind { return KindAlert }

// Kind returns KindAuthFailed.
func (AuthFailed) Kind() Kind { return KindAuthFailed }

// Kind returns KindReauthorize.
func (Reauthorize) Kind() Kind { return KindReauthorize }

// Kind returns KindSkipped.
func (Skipped) Kind() Kind { return KindSkipped }
