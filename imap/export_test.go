package imap

// What the tests of package imap_test share with those in here.
var (
	TLSConfigOf    = tlsConfig
	EnvelopeHolds  = envelopeHolds
	BodyHolds      = bodyHolds
	StatusHolds    = statusHolds
	CodeHolds      = codeHolds
	AttributesHold = attributesHold
	IDsHold        = idsHold
	Printable      = printable
)
