package imap

// Flag is a message flag or keyword as the server writes it. Flags are
// compared without regard to case; parsed system flags are in the spelling of
// the constants (RFC 9051 §2.3.2).
type Flag string

// System flags, and registered keywords.
const (
	FlagSeen     Flag = `\Seen`
	FlagAnswered Flag = `\Answered`
	FlagFlagged  Flag = `\Flagged`
	FlagDeleted  Flag = `\Deleted`
	FlagDraft    Flag = `\Draft`
	FlagRecent   Flag = `\Recent`
	// FlagAny in PermanentFlags says that new keywords may be made.
	FlagAny Flag = `\*`

	FlagForwarded Flag = "$Forwarded"
	FlagMDNSent   Flag = "$MDNSent"
	FlagJunk      Flag = "$Junk"
	FlagNotJunk   Flag = "$NotJunk"
	FlagPhishing  Flag = "$Phishing"
	FlagImportant Flag = "$Important"
)
