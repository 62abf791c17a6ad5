package imap

import "time"

// Message is what one FETCH told about a message. Fields that were not asked
// for, or that the server did not send, are zero; Has tells a zero from a
// missing one. A Message belongs to whoever received it.
type Message struct {
	Seq           uint32 // its number when the server said it; 0 if unknown
	UID           UID
	Flags         []Flag
	Envelope      *Envelope
	BodyStructure *BodyStructure
	InternalDate  time.Time // in the server's zone
	Size          int64     // RFC822.SIZE, bytes
	ModSeq        uint64

	// SaveDate is when the message came into this mailbox (RFC 8514), in the
	// server's zone. A mailbox that does not keep it has none: then Has says no.
	SaveDate time.Time
	// Preview is some text of the message, at most 256 characters (RFC 8970);
	// "": there is none worth showing. Has says no if the server did not have
	// it at hand.
	Preview string
	// EmailID is the same for all copies of a message, ThreadID for those that
	// belong together (RFC 8474). A server without threads has no ThreadID.
	EmailID, ThreadID string
	// GmailMessageID, GmailThreadID and GmailLabels are those of X-GM-EXT-1.
	// Labels are decoded names of mailboxes, or `\Inbox` and such.
	GmailMessageID, GmailThreadID uint64
	GmailLabels                   []string
	// Annotations are those that were asked for (RFC 5257).
	Annotations []Annotation
	// AnnotationsChanged are the entries that somebody changed, when the server
	// tells so unasked.
	AnnotationsChanged []string

	// Raw has the attributes that this library does not know, those of
	// FetchOptions.Items among them, and those that did not parse, as they stand
	// on the wire.
	Raw []RawAttribute
	// Problems says what was odd about the server's answer.
	Problems []Problem
	// Missing names what was asked for and never came.
	Missing []string

	has         Attribute
	nils        Attribute // answered with NIL: there is none
	epoch       uint64    // of Seq
	bodies      []*Body
	binarySizes []binarySize
	held        int // bytes of the responses that it is merged from, while it waits for more
}

// Attribute names a part of a Message; they combine by |.
type Attribute uint64

// The attributes of a Message.
const (
	HasUID Attribute = 1 << iota
	HasFlags
	HasEnvelope
	HasBodyStructure
	HasInternalDate
	HasSize
	HasModSeq
	HasSaveDate
	HasPreview
	HasEmailID
	HasThreadID
	HasGmailMessageID
	HasGmailThreadID
	HasGmailLabels
	HasAnnotations
	HasAnnotationsChanged
)

// Has says whether the server sent all of these attributes. One that it
// answered with NIL, as there is none, it did not send; Missing does not name
// it.
func (m *Message) Has(a Attribute) bool { return m.has&a == a }

// RawAttribute is an item of an answer that is kept as bytes, because this library
// does not know it or could not read it.
type RawAttribute struct {
	Name  string // in upper case, with its section if it has one
	Value []byte
}

// Problem is something in a response that broke the rules and was survived.
type Problem struct {
	Where string // the attribute or response code
	Err   error
}

func (p Problem) Error() string { return "imap: in " + p.Where + ": " + p.Err.Error() }

// Unwrap returns p.Err.
func (p Problem) Unwrap() error { return p.Err }

// Section says which part of a message, or which range of it (RFC 9051
// §6.4.5, BODY[<section>]<<partial>>). The zero Section is the whole message.
type Section struct {
	// Part is the number of a part, such as "1.2"; "": the message itself.
	Part string
	// Kind says what of it.
	Kind SectionKind
	// Fields are the header field names of HeaderFields and HeaderFieldsNot.
	Fields []string
	// Offset and Count ask for Count bytes from Offset on; Count 0: to the end,
	// and then Offset must be 0.
	Offset, Count int64
	// Binary asks for the part decoded, BINARY[…] (RFC 3516); Kind must be Whole.
	Binary bool
}

// SectionKind says what of a part.
type SectionKind uint8

// The kinds of section.
const (
	Whole           SectionKind = iota // all of the part, or of the message
	Header                             // the header, of the message or of a message/rfc822 part
	HeaderFields                       // some of its fields
	HeaderFieldsNot                    // all but some of its fields
	Text                               // without the header
	MIME                               // the part's own MIME header
)

// response is one server response, parsed: a value with no connection in it.
type response struct {
	kind   respKind
	name   string // in upper case; of kindUnknown and of status responses
	tag    string // of a tagged response
	status Status
	code   *ResponseCode // nil: none
	text   string
	num    uint32 // EXISTS, RECENT, EXPUNGE, FETCH: the number
	msg    *Message
	size   int    // of the response, bytes
	bytes  []byte // the response, until the next one is read
	news   bool   // claimed, and told to the listeners all the same
	list   *ListEntry
	mbox   *MailboxStatus
	search *searchData
	flags  []Flag
	caps   []string
	set    UIDSet // VANISHED
	data   any    // of kindData: what its parser made of it
	early  bool   // VANISHED (EARLIER)
	raw    []byte // of kindUnknown: a copy of the response
	// pending is set if the response stopped at a literal that is not in
	// memory: the section that it is. The caller passes what follows the
	// literal to parser.readMore.
	pending *pendingBody
}

// respKind is a kind of response.
type respKind uint8

const (
	kindUnknown  respKind = iota
	kindTagged            // A1 OK …
	kindUntagged          // * OK …, NO, BAD, BYE, PREAUTH
	kindContinue          // + …
	kindExists
	kindRecent
	kindExpunge
	kindFetch
	kindVanished
	kindFlags
	kindCapability
	kindEnabled
	kindList
	kindLsub
	kindStatus
	kindSearch
	kindESearch
	kindSort
	kindData // of an extension
)

// pendingBody is a section whose literal is still on the wire.
type pendingBody struct {
	section Section
	origin  int64 // the <n> of a partial answer; -1: it is none
	size    int64
	// collect says that the literal stands in no section (the string of an
	// ENVELOPE, an unknown attribute), so that it cannot be streamed: the
	// caller must hold it and parse the response it then gets from the start.
	collect bool
}

// Status is the condition of a status response.
type Status string

// The conditions (RFC 9051 §7.1).
const (
	StatusOK      Status = "OK"
	StatusNo      Status = "NO"
	StatusBad     Status = "BAD"
	StatusBye     Status = "BYE"
	StatusPreauth Status = "PREAUTH"
)
