package imap

import (
	"reflect"
	"testing"
)

func TestStatus(t *testing.T) {
	num := func(n uint32) *uint32 { return &n }
	size := func(n int64) *int64 { return &n }
	for _, tt := range []struct {
		in   string
		want MailboxStatus
	}{
		{`blurdybloop (MESSAGES 231 UIDNEXT 44292)`, MailboxStatus{Mailbox: "blurdybloop", RawName: "blurdybloop", Messages: num(231), UIDNext: 44292}},
		{`inbox (recent 0 UNSEEN 0 DELETED 4 SIZE 9223372036854775807 HIGHESTMODSEQ 7011231777 UIDVALIDITY 1)`,
			MailboxStatus{Mailbox: "INBOX", RawName: "inbox", Recent: num(0), Unseen: num(0), Deleted: num(4), Size: size(1<<63 - 1), HighestModSeq: 7011231777, UIDValidity: 1}},
		{`a (APPENDLIMIT 257890 MAILBOXID (F2))`, MailboxStatus{Mailbox: "a", RawName: "a", AppendLimit: size(257890), MailboxID: "F2"}},
		{`a (APPENDLIMIT NIL MAILBOXID F2)`, MailboxStatus{Mailbox: "a", RawName: "a", MailboxID: "F2"}},
		{`a ()  `, MailboxStatus{Mailbox: "a", RawName: "a"}},
		{`a`, MailboxStatus{Mailbox: "a", RawName: "a"}},
		{`"a b"( MESSAGES "5" )`, MailboxStatus{Mailbox: "a b", RawName: "a b", Messages: num(5)}},
		{"{3}\r\na\"( (MESSAGES 5)", MailboxStatus{Mailbox: `a"(`, RawName: `a"(`, Messages: num(5)}},
		{`Sent Items (MESSAGES 5)`, MailboxStatus{Mailbox: "Sent Items", RawName: "Sent Items", Messages: num(5)}},
		{`Sent (old) items (MESSAGES 5 X (1))`, MailboxStatus{Mailbox: "Sent (old) items", RawName: "Sent (old) items", Messages: num(5), Raw: []RawAttribute{{"X", []byte("(1)")}}}},
		{`a (MESSAGES -1 UNSEEN 4294967296 UIDNEXT 4294967296 RECENT 7)`, MailboxStatus{Mailbox: "a", RawName: "a", Recent: num(7),
			Raw: []RawAttribute{{"MESSAGES", []byte("-1")}, {"UNSEEN", []byte("4294967296")}, {"UIDNEXT", []byte("4294967296")}}}},
		{`a (deleted-storage 8 x (1 (2) "3)"))`, MailboxStatus{Mailbox: "a", RawName: "a", DeletedStorage: size(8), Raw: []RawAttribute{{"X", []byte(`(1 (2) "3)")`)}}}},
	} {
		if s := mustParseLine(t, "* STATUS "+tt.in).mbox; !reflect.DeepEqual(*s, tt.want) {
			t.Errorf("%s: %v", tt.in, dumpValue(reflect.ValueOf(s)))
		}
	}
}
