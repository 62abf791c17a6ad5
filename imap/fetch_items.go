package imap

import (
	"slices"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// fetchItem is a FETCH item without a section: what asks for it, what shows
// that it came, and its name on the wire.
type fetchItem struct {
	on    func(*FetchOptions) bool
	a     Attribute
	name  string
	needs []string // one of these capabilities; nil: every server has it
	// write adds the item to a command; nil: its name is all.
	write func(*wire.Command, *FetchOptions)
}

// fetchItems are those that have a field in FetchOptions (RFC 9051 §6.4.5 and
// the extensions named).
var fetchItems = []fetchItem{
	{on: func(o *FetchOptions) bool { return o.Flags }, a: HasFlags, name: "FLAGS"},
	{on: func(o *FetchOptions) bool { return o.InternalDate }, a: HasInternalDate, name: "INTERNALDATE"},
	{on: func(o *FetchOptions) bool { return o.Size }, a: HasSize, name: "RFC822.SIZE"},
	{on: func(o *FetchOptions) bool { return o.Envelope }, a: HasEnvelope, name: "ENVELOPE"},
	{on: func(o *FetchOptions) bool { return o.BodyStructure }, a: HasBodyStructure, name: "BODYSTRUCTURE"},
	{on: func(o *FetchOptions) bool { return o.ModSeq || o.ChangedSince != 0 }, a: HasModSeq, name: "MODSEQ"},
	{on: func(o *FetchOptions) bool { return o.SaveDate }, a: HasSaveDate, name: "SAVEDATE", needs: []string{"SAVEDATE"}},
	{on: func(o *FetchOptions) bool { return o.EmailID }, a: HasEmailID, name: "EMAILID", needs: []string{"OBJECTID"}},
	{on: func(o *FetchOptions) bool { return o.ThreadID }, a: HasThreadID, name: "THREADID", needs: []string{"OBJECTID"}},
	{on: func(o *FetchOptions) bool { return o.GmailMessageID }, a: HasGmailMessageID, name: "X-GM-MSGID", needs: []string{"X-GM-EXT-1"}},
	{on: func(o *FetchOptions) bool { return o.GmailThreadID }, a: HasGmailThreadID, name: "X-GM-THRID", needs: []string{"X-GM-EXT-1"}},
	{on: func(o *FetchOptions) bool { return o.GmailLabels }, a: HasGmailLabels, name: "X-GM-LABELS", needs: []string{"X-GM-EXT-1"}},
	{on: func(o *FetchOptions) bool { return o.Preview || o.LazyPreview }, a: HasPreview, name: "PREVIEW", needs: []string{"PREVIEW"}, write: writePreview},
	{on: func(o *FetchOptions) bool { return o.Annotations != nil }, a: HasAnnotations, name: "ANNOTATION", needs: []string{"ANNOTATE-EXPERIMENT-1"}, write: writeAnnotationQuery},
}

// wants is which attributes opts ask for.
func (o *FetchOptions) wants() Attribute {
	want := HasUID
	for _, it := range fetchItems {
		if it.on(o) {
			want |= it.a
		}
	}
	for _, name := range o.Items {
		if i := fetchItemNamed(name); i >= 0 {
			want |= fetchItems[i].a
		}
	}
	return want
}

func fetchItemNamed(name string) int {
	return slices.IndexFunc(fetchItems, func(it fetchItem) bool { return strings.EqualFold(it.name, name) })
}

// others are the Items that no field stands for.
func (o *FetchOptions) others() (names []string) {
	for _, name := range o.Items {
		if fetchItemNamed(name) < 0 && !strings.EqualFold(name, "UID") {
			names = append(names, name)
		}
	}
	return names
}

// supports returns an *UnsupportedError if the server lacks what opts need.
func (c *Client) supports(o *FetchOptions) error {
	for _, it := range fetchItems {
		if it.needs != nil && it.on(o) && !c.offers(it.needs...) {
			return &UnsupportedError{Capability: it.needs[0], What: "FETCH " + it.name}
		}
	}
	binary := len(o.BinarySizes) > 0
	for _, s := range o.Sections {
		binary = binary || s.Binary
	}
	if binary && !c.offers("BINARY", "IMAP4REV2") {
		return &UnsupportedError{Capability: "BINARY", What: "FETCH BINARY"}
	}
	return nil
}

// addTo adds what opts ask for, without the sections, to a FETCH command.
func (o *FetchOptions) addTo(cmd *wire.Command) {
	want := o.wants()
	cmd.Atom("UID")
	for _, it := range fetchItems {
		switch {
		case want&it.a == 0:
		case it.write != nil:
			it.write(cmd, o)
		default:
			cmd.Atom(it.name)
		}
	}
	for _, part := range o.BinarySizes {
		cmd.Section("BINARY.SIZE", part, nil, 0, 0)
	}
	for _, name := range o.others() {
		addItem(cmd, name)
	}
}

// addAll adds all that opts ask for.
func (o *FetchOptions) addAll(cmd *wire.Command) {
	o.addTo(cmd)
	for _, s := range o.Sections {
		s.appendTo(cmd, o.MarkSeen)
	}
}

// addItem adds an item by the name that the caller gave. Those that mean
// sections have a way of their own, which marks nothing as seen; macros may not
// stand in a list.
func addItem(cmd *wire.Command, name string) {
	switch upper := strings.ToUpper(name); {
	case upper == "ALL" || upper == "FAST" || upper == "FULL":
		cmd.Fail(&wire.ArgumentError{Kind: "FETCH item", Value: upper, Reason: "a macro stands for items: name those"})
	case upper == "BODY" || strings.HasPrefix(upper, "RFC822") || strings.ContainsAny(upper, "[<"):
		cmd.Fail(&wire.ArgumentError{Kind: "FETCH item", Value: upper, Reason: "use Sections or BodyStructure"})
	default:
		cmd.Atom(name)
	}
}

// extras names what was asked for beside attributes and sections, and has not
// come.
func (o *FetchOptions) extras(m *Message) (missing []string) {
	for _, part := range o.BinarySizes {
		if _, ok := m.BinarySize(part); !ok {
			missing = append(missing, "BINARY.SIZE["+part+"]")
		}
	}
	for _, name := range o.others() {
		came := func(r RawAttribute) bool { return strings.EqualFold(r.Name, name) }
		if !slices.ContainsFunc(m.Raw, came) {
			missing = append(missing, strings.ToUpper(name))
		}
	}
	return missing
}

// hasExtras says whether opts ask for such.
func (o *FetchOptions) hasExtras() bool { return len(o.BinarySizes)+len(o.Items) > 0 }

// bodies says whether sections are asked for that may be large.
func (o *FetchOptions) bodies() bool {
	for _, s := range o.Sections {
		if s.Count == 0 && (s.Kind == Whole || s.Kind == Text) {
			return true
		}
	}
	return false
}

// items writes what is asked for.
func (op *fetchOp) items(cmd *wire.Command) {
	cmd.List(func() { op.opts.addAll(cmd) })
}

// appendTo writes the section as a FETCH item.
func (s Section) appendTo(cmd *wire.Command, mark bool) {
	if !validPart(s.Part) {
		cmd.Fail(&wire.ArgumentError{Kind: "section part", Value: clip(s.Part), Reason: `want numbers from 1 with dots between, such as "1.2"`})
		return
	}
	item := "BODY.PEEK"
	switch {
	case s.Binary && mark:
		item = "BINARY"
	case s.Binary:
		item = "BINARY.PEEK"
	case mark:
		item = "BODY"
	}
	words := []string{"", "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT", "TEXT", "MIME"}
	spec := s.Part
	if w := words[min(int(s.Kind), len(words)-1)]; w != "" {
		spec = strings.TrimPrefix(spec+"."+w, ".")
	}
	fields := s.Fields
	if s.Kind != HeaderFields && s.Kind != HeaderFieldsNot {
		fields = nil
	}
	cmd.Section(item, spec, fields, s.Offset, s.Count)
}
