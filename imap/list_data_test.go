package imap

import (
	"reflect"
	"testing"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

func TestList(t *testing.T) {
	for _, tt := range []struct {
		line                  string
		attrs                 []string
		delimiter, name, raw  string
		extended, extendedRaw string
	}{
		{`LIST (\Noselect) "/" ~/Mail/foo`, []string{`\Noselect`}, "/", "~/Mail/foo", "~/Mail/foo", "", ""},
		{`LSUB () "." #news.comp.mail.misc`, []string{}, ".", "#news.comp.mail.misc", "#news.comp.mail.misc", "", ""},
		{`XLIST (\Inbox) "." "inbox"`, []string{`\Inbox`}, ".", "INBOX", "inbox", "", ""},
		{`LIST () NIL INBOX`, []string{}, "", "INBOX", "INBOX", "", ""},
		{`LIST NIL "" ""`, []string{}, "", "", "", "", ""},
		{`LIST (\NonExistent \*) "\\" "a\\b"`, []string{`\NonExistent`, `\*`}, `\`, `a\b`, `a\b`, "", ""},
		{`LIST () "\" "a"`, []string{}, `\`, "a", "a", "", ""},
		{`LIST () / a`, []string{}, "/", "a", "a", "", ""},
		{"LIST () \"/\" {5}\r\na\"b]c", []string{}, "/", `a"b]c`, `a"b]c`, "", ""},
		{"LIST  ( \\a  \\b )  \"/\"  x  ", []string{`\a`, `\b`}, "/", "x", "x", "", ""},
		{`LIST(\a)"/" x`, []string{`\a`}, "/", "x", "x", "", ""},
		{`LIST () "/" 12345678901234567890123`, []string{}, "/", "12345678901234567890123", "12345678901234567890123", "", ""},
		{`LIST () "/" "Entw&APw-rfe"`, []string{}, "/", "Entwürfe", "Entw&APw-rfe", "", ""},
		{`LIST () "/" "Entwürfe"`, []string{}, "/", "Entwürfe", "Entwürfe", "", ""},
		{`LIST () "/" "&2AA-"`, []string{}, "/", "&2AA-", "&2AA-", "", ""},
		{`LIST () "/" "a&AAo-b"`, []string{}, "/", "a\nb", "a&AAo-b", "", ""},
		{`LIST () "/" Sent Items`, []string{}, "/", "Sent Items", "Sent Items", "", ""},
		{"LIST () \"/\" Tab\tand (old) ", []string{}, "/", "Tab\tand (old)", "Tab\tand (old)", "", ""},
		{`LIST () "/" "" ("CHILDINFO" ("SUBSCRIBED"))`, []string{}, "/", "", "", "CHILDINFO", `("SUBSCRIBED")`},
		{`LIST () "/" x (oldname ("a" "b"))`, []string{}, "/", "x", "x", "OLDNAME", `("a" "b")`},
		{`LIST () "/" x ()`, []string{}, "/", "x", "x", "", ""},
	} {
		e := mustParseLine(t, "* "+tt.line).list
		if !reflect.DeepEqual(e.Attributes, tt.attrs) || e.Delimiter != tt.delimiter || e.Mailbox != tt.name || e.RawName != tt.raw {
			t.Errorf("%s: %+v", tt.line, e)
		}
		if len(e.Extended) > 0 != (tt.extended != "") || len(e.Extended) > 0 && (e.Extended[0].Name != tt.extended || string(e.Extended[0].Value) != tt.extendedRaw) {
			t.Errorf("%s: %q", tt.line, e.Extended)
		}
	}
}

// TestListUTF8: with UTF8=ACCEPT an ampersand is an ampersand.
func TestListUTF8(t *testing.T) {
	p := newParser(wire.Limits{})
	p.utf8 = true
	r, err := p.parseResponse(&wire.Response{Bytes: []byte(`* LIST () "/" "R&AD-ü"`), Pending: -1})
	if err != nil || r.list.Mailbox != "R&AD-ü" {
		t.Errorf("%+v, %v", r.list, err)
	}
}
