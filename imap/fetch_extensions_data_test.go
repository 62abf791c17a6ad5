package imap

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// TestExtensionAttributes: what servers say for the attributes of extensions,
// the RFCs' own examples among it.
func TestExtensionAttributes(t *testing.T) {
	none := func(a Attribute) func(*Message) bool {
		return func(m *Message) bool { return !m.Has(a) && m.answered()&a != 0 }
	}
	for _, tt := range []struct {
		in    string
		check func(*Message) bool
	}{
		{`SAVEDATE "01-Jan-2015 00:00:00 +0000"`, func(m *Message) bool { return m.SaveDate.Equal(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)) }},
		{`SAVEDATE NIL`, none(HasSaveDate)},
		{`PREVIEW "Preview text!"`, func(m *Message) bool { return m.Preview == "Preview text!" }},
		{`PREVIEW {5}` + "\r\na\r\nbc", func(m *Message) bool { return m.Preview == "a\r\nbc" }},
		{`PREVIEW ""`, func(m *Message) bool { return m.Has(HasPreview) && m.Preview == "" }},
		{`PREVIEW NIL`, none(HasPreview)},
		{`PREVIEW (FUZZY "old")`, func(m *Message) bool { return m.Preview == "old" }},
		{`PREVIEW (FUZZY NIL)`, none(HasPreview)},
		{`PREVIEW "ünï"`, func(m *Message) bool { return m.Preview == "ünï" }},
		{`EMAILID (M6d99ac3275bb4e) THREADID (T64b478a75b7ea9)`, func(m *Message) bool { return m.EmailID == "M6d99ac3275bb4e" && m.ThreadID == "T64b478a75b7ea9" }},
		{`EMAILID M1 THREADID "T 1"`, func(m *Message) bool { return m.EmailID == "M1" && m.ThreadID == "T 1" }},
		{`EMAILID ( "M1" ) THREADID NIL`, func(m *Message) bool { return m.EmailID == "M1" && none(HasThreadID)(m) }},
		{`X-GM-MSGID 1278455344230334865 X-GM-THRID "1266894439832287888"`, func(m *Message) bool {
			return m.GmailMessageID == 1278455344230334865 && m.GmailThreadID == 1266894439832287888
		}},
		{`X-GM-MSGID 18446744073709551615`, func(m *Message) bool { return m.GmailMessageID == math.MaxUint64 }},
		{`X-GM-LABELS (\Inbox \Sent Important "Muy Importante")`, func(m *Message) bool {
			return reflect.DeepEqual(m.GmailLabels, []string{`\Inbox`, `\Sent`, "Important", "Muy Importante"})
		}},
		{`X-GM-LABELS ("\\Important" "\Starred" "q\"x" NIL "NIL" a&- "&AOk-t&AOk-" [x]/y%* {3}` + "\r\n) (ünï)", func(m *Message) bool {
			return reflect.DeepEqual(m.GmailLabels, []string{`\Important`, `\Starred`, `q"x`, "NIL", "a&", "été", "[x]/y%*", ") (", "ünï"})
		}},
		{`X-GM-LABELS ()`, func(m *Message) bool { return m.Has(HasGmailLabels) && len(m.GmailLabels) == 0 && m.GmailLabels != nil }},
		{`X-GM-LABELS NIL`, func(m *Message) bool { return m.Has(HasGmailLabels) && len(m.GmailLabels) == 0 }},
		{`ANNOTATION (/comment (value.priv "My comment" value.shared NIL size.priv "10"))`, func(m *Message) bool {
			return reflect.DeepEqual(m.Annotations, []Annotation{{"/comment", []AnnotationAttribute{
				{"value.priv", []byte("My comment")}, {"value.shared", nil}, {"size.priv", []byte("10")}}}})
		}},
		{`ANNOTATION (/comment (value.shared "Patch Mangler") /altsubject (value.shared ~{3}` + "\r\na\x00b))", func(m *Message) bool {
			return len(m.Annotations) == 2 && string(m.Annotations[1].Attributes[0].Value) == "a\x00b"
		}},
		{`ANNOTATION (/comment (value.priv ""))`, func(m *Message) bool { return m.Annotations[0].Attributes[0].Value != nil }},
		{`ANNOTATION ()`, func(m *Message) bool { return m.Has(HasAnnotations) && len(m.Annotations) == 0 }},
		{`FLAGS (\Seen) ANNOTATION (/comment /altsubject)`, func(m *Message) bool {
			return !m.Has(HasAnnotations) && m.onlyNews() && reflect.DeepEqual(m.AnnotationsChanged, []string{"/comment", "/altsubject"})
		}},
	} {
		if m := fetchedMessage(t, tt.in+" UID 5"); len(m.Problems) > 0 || m.UID != 5 || !tt.check(m) {
			t.Errorf("%s: %v", tt.in, dumpValue(reflect.ValueOf(m)))
		}
	}
}

// TestBadExtensionAttributes: a bad one is kept as bytes, and spoils no other.
func TestBadExtensionAttributes(t *testing.T) {
	for _, in := range []string{
		`SAVEDATE "yesterday"`, `SAVEDATE (x)`, `PREVIEW (x)`, `PREVIEW (FUZZY "x" y)`,
		`EMAILID (a b)`, `EMAILID ()`, `THREADID ("T1"`, `X-GM-MSGID x`, `X-GM-MSGID 18446744073709551616`, `X-GM-THRID -1`,
		`X-GM-LABELS x`, `X-GM-LABELS ((a))`, `ANNOTATION /comment`, `ANNOTATION (/comment (value.priv))`, `ANNOTATION ((a))`,
	} {
		name, value, _ := strings.Cut(in, " ")
		if strings.Count(in, "(") != strings.Count(in, ")") {
			continue // the end cannot be found
		}
		m := fetchedMessage(t, "FLAGS (a) "+in+" RFC822.SIZE 3")
		if len(m.Raw) != 1 || m.Raw[0].Name != name || string(m.Raw[0].Value) != value || len(m.Problems) != 1 || m.Size != 3 {
			t.Errorf("%s: %q %v", in, m.Raw, m.Problems)
		}
	}
	limit := (*wire.LimitError)(nil)
	for _, in := range []string{
		"X-GM-LABELS (" + strings.Repeat("a ", 501) + ")",
		"ANNOTATION (" + strings.Repeat("/a ", 1001) + ")",
		"ANNOTATION (/a (" + strings.Repeat("v NIL ", 1001) + "))",
	} {
		if m := fetchedMessage(t, in+" UID 5"); m.UID != 5 || len(m.Problems) != 1 || !errors.As(m.Problems[0], &limit) {
			t.Errorf("%.30s: %.100v", in, m.Problems)
		}
	}
}
