package cli

import (
	"encoding/json"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
)

func TestDecodeWords(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"plain", "plain"},
		{"=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"},
		{"=?UTF-8?B?R3LDvMOfZQ==?= there", "Grüße there"},
		{"=?iso-8859-1?q?caf=E9?= =?iso-8859-1?q?_x?=", "café x"},
		{"=?iso-2022-jp?b?GyRCMnE1RBsoQg==?=", "会議"},
		{"=?windows-1251?b?z/Do4uXy?=", "Привет"},
		{"=?gb2312?b?xOO6ww==?=", "你好"},
		{"=?utf-8*en?q?tongue?=", "tongue"},
		{"=?no-such?q?x?= =?utf-8?q?y?=", "=?no-such?q?x?= y"},
		{"=?utf-8?b?!!!?= after", "=?utf-8?b?!!!?= after"},
		{"=? not =? one", "=? not =? one"},
		{"folded\r\n line", "folded line"},
	} {
		if got := decodeWords(tt.in); got != tt.want {
			t.Errorf("decodeWords(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestDecodeEnvelope(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   *imap.Envelope
		want string
	}{
		{"nil", nil, `{"subject":"","from":[],"to":[],"date":null,"message_id":""}`},
		{"empty", &imap.Envelope{}, `{"subject":"","from":[],"to":[],"date":null,"message_id":""}`},
		{"whole", &imap.Envelope{
			Subject: "=?utf-8?q?=C3=A4?=", Date: "Tue, 1 Jul 2003 10:52:37 +0200", MessageID: "<a@b>",
			From: []imap.Address{{Name: "=?utf-8?q?Zo=C3=AB?=", Mailbox: "zoe", Host: "example.org"}},
		}, `{"subject":"ä","from":[{"name":"Zoë","address":"zoe@example.org"}],"to":[],` +
			`"date":"2003-07-01T10:52:37+02:00","message_id":"<a@b>"}`},
		{"group", &imap.Envelope{Date: "whenever", To: []imap.Address{
			{Mailbox: "undisclosed"}, {Mailbox: "a", Host: "h"}, {}, {Mailbox: "b", Host: "h"},
		}}, `{"subject":"","from":[],"to":[{"name":"","address":"a@h"},{"name":"","address":"b@h"}],"date":null,"message_id":""}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := json.Marshal(decodeEnvelope(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			var a, b any
			_, _ = json.Unmarshal(got, &a), json.Unmarshal([]byte(tt.want), &b)
			ja, _ := json.Marshal(a)
			jb, _ := json.Marshal(b)
			if string(ja) != string(jb) {
				t.Errorf("got  %s\nwant %s", ja, jb)
			}
		})
	}
}
