package imap

import "time"

// Envelope is a message's header as the server parsed it (RFC 9051 §7.5.2).
// Text is as sent, RFC 2047 words not decoded; package mail decodes it.
type Envelope struct {
	Date      string // as in the header; see Time
	Subject   string
	From      []Address
	Sender    []Address
	ReplyTo   []Address
	To        []Address
	Cc        []Address
	Bcc       []Address
	InReplyTo string
	MessageID string
}

// Address is a mail address, or the beginning or end of a group of them: then
// Host is "" and Mailbox is the group's name, or "" at its end.
type Address struct {
	Name    string
	Route   string // obsolete source route
	Mailbox string // before the @
	Host    string
}

// BodyStructure is a message's MIME structure (RFC 9051 §7.5.2). It describes
// one part; Parts has the parts inside.
type BodyStructure struct {
	Type, Subtype string // as sent; compare without regard to case
	Params        []Param
	ID            string
	Description   string
	Encoding      string
	Size          int64 // bytes, encoded
	Lines         int64 // of text and message/rfc822
	Envelope      *Envelope
	Parts         []*BodyStructure // of multipart; of message/rfc822 its one body

	// Extension data, of BODYSTRUCTURE only.
	MD5               string
	Disposition       string
	DispositionParams []Param
	Language          []string
	Location          string
	Extended          bool
}

// Param is a parameter of a media type or disposition. They stay in order.
type Param struct{ Name, Value string }

// MailboxStatus is the answer to STATUS (RFC 9051 §7.3.4). Fields that were
// not sent are nil, or zero where the server cannot mean zero.
type MailboxStatus struct {
	Mailbox       string
	RawName       string // the name on the wire
	Messages      *uint32
	Recent        *uint32
	UIDNext       UID
	UIDValidity   uint32
	Unseen        *uint32
	Deleted       *uint32
	Size          *int64 // bytes
	HighestModSeq uint64
	AppendLimit   *int64 // bytes of a message; nil: there is none, or it was not told
	MailboxID     string
	// DeletedStorage is how many KiB expunging would free, at the most.
	DeletedStorage *int64
	Raw            []RawAttribute // items that this library does not know
}

// ResponseCode is what stands in brackets in a status response
// (RFC 9051 §7.1), or its kind alone.
type ResponseCode struct {
	Code Code
	// Data is the rest, as it stands on the wire; control characters and all.
	Data string

	Flags        []Flag     // PERMANENTFLAGS
	Number       uint64     // UIDNEXT, UIDVALIDITY, UNSEEN, HIGHESTMODSEQ, MESSAGELIMIT; 0: none or bad
	Capabilities []string   // CAPABILITY
	UIDValidity  uint32     // APPENDUID, COPYUID
	Source, Dest UIDSet     // COPYUID; APPENDUID has Dest alone
	Copied       UIDMapping // COPYUID: which of Source became which of Dest
	Charsets     []string   // BADCHARSET: what the server offers instead
	Modified     UIDSet     // MODIFIED: what was left as it is
	Lowest       UID        // MESSAGELIMIT: the lowest that was processed; 0: not said
	URLMechs     []URLMech  // URLMECH
	MailboxID    string     // MAILBOXID
	Progress     *Progress  // INPROGRESS; without Command and Text
	Problem      error      // the data did not parse; Data still has it

	appended uidRanges // APPENDUID: Dest in the order of the messages
}

// Code is the kind of a response code, in upper case. It is an error, so that
// errors.Is(err, imap.CodeNonExistent) asks for it.
type Code string

// Response codes (RFC 9051 §7.1, RFC 5530 and others).
const (
	CodeAlert                Code = "ALERT"
	CodeAlreadyExists        Code = "ALREADYEXISTS"
	CodeAnnotate             Code = "ANNOTATE"    // "TOOBIG" or "TOOMANY" behind it
	CodeAnnotations          Code = "ANNOTATIONS" // what SELECT says of them
	CodeAppendUID            Code = "APPENDUID"
	CodeAuthenticationFailed Code = "AUTHENTICATIONFAILED"
	CodeAuthorizationFailed  Code = "AUTHORIZATIONFAILED"
	CodeBadEvent             Code = "BADEVENT"
	CodeBadCharset           Code = "BADCHARSET"
	CodeBadURL               Code = "BADURL"
	CodeCannot               Code = "CANNOT"
	CodeCapability           Code = "CAPABILITY"
	CodeClientBug            Code = "CLIENTBUG"
	CodeClosed               Code = "CLOSED"
	CodeCompressionActive    Code = "COMPRESSIONACTIVE" // RFC 4978
	CodeContactAdmin         Code = "CONTACTADMIN"
	CodeCopyUID              Code = "COPYUID"
	CodeCorruption           Code = "CORRUPTION"
	CodeExpired              Code = "EXPIRED"
	CodeExpungeIssued        Code = "EXPUNGEISSUED"
	CodeHighestModSeq        Code = "HIGHESTMODSEQ"
	CodeInProgress           Code = "INPROGRESS" // RFC 9585
	CodeInUse                Code = "INUSE"
	CodeLimit                Code = "LIMIT"
	CodeMailboxID            Code = "MAILBOXID"
	CodeMessageLimit         Code = "MESSAGELIMIT"
	CodeModified             Code = "MODIFIED"
	CodeNoModSeq             Code = "NOMODSEQ"
	CodeMetadata             Code = "METADATA"
	CodeNonExistent          Code = "NONEXISTENT"
	CodeNoPerm               Code = "NOPERM"
	CodeNotificationOverflow Code = "NOTIFICATIONOVERFLOW"
	CodeNotSaved             Code = "NOTSAVED"
	CodeNoUpdate             Code = "NOUPDATE"
	CodeOverQuota            Code = "OVERQUOTA"
	CodeParse                Code = "PARSE"
	CodePermanentFlags       Code = "PERMANENTFLAGS"
	CodePrivacyRequired      Code = "PRIVACYREQUIRED"
	CodeReadOnly             Code = "READ-ONLY"
	CodeReadWrite            Code = "READ-WRITE"
	CodeServerBug            Code = "SERVERBUG"
	CodeTooBig               Code = "TOOBIG"
	CodeTryCreate            Code = "TRYCREATE"
	CodeTooFew               Code = "TOOFEW"
	CodeTooMany              Code = "TOOMANY"
	CodeUIDNext              Code = "UIDNEXT"
	CodeUIDNotSticky         Code = "UIDNOTSTICKY"
	CodeUIDRequired          Code = "UIDREQUIRED"
	CodeUIDValidity          Code = "UIDVALIDITY"
	CodeUndefinedFilter      Code = "UNDEFINED-FILTER"
	CodeUnavailable          Code = "UNAVAILABLE"
	CodeUnknownCTE           Code = "UNKNOWN-CTE"
	CodeUnseen               Code = "UNSEEN"
	CodeUseAttr              Code = "USEATTR" // RFC 6154: a special use that the server will not give
	CodeURLMech              Code = "URLMECH"
)

// What METADATA says is of several kinds (RFC 5464 §4.3), which errors.Is finds
// in an error with CodeMetadata.
const (
	CodeMetadataMaxSize   Code = "METADATA MAXSIZE"   // a value is too large: see MetadataMaxSize
	CodeMetadataTooMany   Code = "METADATA TOOMANY"   // there can be no more entries
	CodeMetadataNoPrivate Code = "METADATA NOPRIVATE" // there are no private entries
)

func (c Code) Error() string { return "imap: response code " + string(c) }

// Time parses the envelope's Date leniently; ok is false if it cannot.
func (e *Envelope) Time() (t time.Time, ok bool) { return parseEnvelopeDate(e.Date) }
