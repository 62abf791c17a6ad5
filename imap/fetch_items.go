package imap

// fetchItems are the FETCH items without a section (RFC 9051 §6.4.5): what
// asks for one, what shows that it came, and its name on the wire.
var fetchItems = []struct {
	on   func(*FetchOptions) bool
	a    Attribute
	name string
}{
	{func(o *FetchOptions) bool { return o.Flags }, HasFlags, "FLAGS"},
	{func(o *FetchOptions) bool { return o.InternalDate }, HasInternalDate, "INTERNALDATE"},
	{func(o *FetchOptions) bool { return o.Size }, HasSize, "RFC822.SIZE"},
	{func(o *FetchOptions) bool { return o.Envelope }, HasEnvelope, "ENVELOPE"},
	{func(o *FetchOptions) bool { return o.BodyStructure }, HasBodyStructure, "BODYSTRUCTURE"},
	{func(o *FetchOptions) bool { return o.ModSeq }, HasModSeq, "MODSEQ"},
}
