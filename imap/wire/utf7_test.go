package wire

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMailboxName(t *testing.T) {
	for _, tt := range []struct{ name, raw string }{
		{"", ""},
		{"INBOX", "INBOX"},
		{"~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"}, // RFC 3501 §5.1.3
		{"&", "&-"},
		{"Tom & Jerry", "Tom &- Jerry"},
		{"&&", "&-&-"},
		{"Entwürfe", "Entw&APw-rfe"},
		{"é&é", "&AOk-&-&AOk-"},
		{"éa", "&AOk-a"},
		{"é-", "&AOk--"},
		{"😀", "&2D3eAA-"},
		{"a\tb", "a&AAk-b"},
		{"\r\n", "&AA0ACg-"},
		{"\x7f", "&AH8-"},
		{"\ufffd", "&,,0-"},
		{`"\*%`, `"\*%`},
		{"İı\u0301", "&ATABMQMB-"},
	} {
		if got := EncodeMailbox(tt.name); got != tt.raw {
			t.Errorf("%q encoded: %q, want %q", tt.name, got, tt.raw)
		}
		if got, ok := DecodeMailbox(tt.raw); got != tt.name || !ok {
			t.Errorf("%q decoded: %q, %v, want %q", tt.raw, got, ok, tt.name)
		}
	}
	if got := EncodeMailbox("a\xffb"); got != "a&,,0-b" {
		t.Error(got)
	}
}

// What is not modified UTF-7 stays as it is, and what a strict encoder would
// write otherwise is read.
func TestA35_MailboxName(t *testing.T) {
	for _, tt := range []struct {
		raw, want string
		ok        bool
	}{
		{"&", "&", false},
		{"a&b", "a&b", false},
		{"&AOk", "&AOk", false},
		{"&A-", "&A-", false},
		{"&AO-", "&AO-", false},
		{"&AOkA-", "&AOkA-", false},
		{"&AO k-", "&AO k-", false},
		{"&AO/k-", "&AO/k-", false},
		{"&AOk=-", "&AOk=-", false},
		{"&AO\r\nk-", "&AO\r\nk-", false},
		{"&AO\nk-", "&AO\nk-", false},
		{"&\n-", "&\n-", false},
		{"&2D0-", "&2D0-", false},       // a high surrogate alone
		{"&3gA-", "&3gA-", false},       // a low one
		{"&3gDYPQ-", "&3gDYPQ-", false}, // the wrong way round
		{"&2D0AYQ-", "&2D0AYQ-", false}, // a high one before a letter
		{"&2D3YPd4A-", "&2D3YPd4A-", false},
		{"&AAA-", "&AAA-", false}, // NUL
		{"a\x00b", "a\x00b", false},
		{"a\xffb", "a\xffb", false},
		{"&AOk-\xff", "&AOk-\xff", false},
		{"ok &AOk- &", "ok &AOk- &", false},
		{"&AGE-&AGI-", "ab", true}, // ASCII in base64
		{"&AGEA6Q-", "aé", true},
		{"&AOk-&AOk-", "éé", true}, // two runs for one
		{"&ACY-", "&", true},
		{"Entwürfe", "Entwürfe", true}, // UTF-8 as it is
		{"é &AOk-", "é é", true},
		{"&--", "&-", true},
	} {
		if got, ok := DecodeMailbox(tt.raw); got != tt.want || ok != tt.ok {
			t.Errorf("%q: %q, %v, want %q, %v", tt.raw, got, ok, tt.want, tt.ok)
		}
	}
}

// The work for a long name is linear: it allocates in proportion, which
// anything that begins again and again would not.
func TestA35_LongName(t *testing.T) {
	for what, raw := range map[string]string{
		"one run":     "&" + strings.Repeat("AOkA", 5<<20/4) + "-",
		"many runs":   strings.Repeat("&AOk-", 1<<20),
		"ampersands":  strings.Repeat("&-", 5<<19),
		"broken":      strings.Repeat("&", 5<<20),
		"broken late": strings.Repeat("&AOk-", 1<<20) + "&",
		"plain":       strings.Repeat("a", 5<<20),
	} {
		var name string
		took := allocated(func() { name, _ = DecodeMailbox(raw) })
		if took > uint64(12*len(raw)) {
			t.Errorf("%s: %d bytes allocated for %d", what, took, len(raw))
		}
		took = allocated(func() { EncodeMailbox(name) })
		if took > uint64(12*len(raw)) {
			t.Errorf("%s: %d bytes allocated to encode %d", what, took, len(name))
		}
	}
}

func FuzzMailbox(f *testing.F) {
	for _, s := range []string{"台北", "&U,BTFw-", "&AOk", "a&b", "&-", "😀\r\n", "&2D3eAA-", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		raw := EncodeMailbox(s)
		for i := range len(raw) {
			if raw[i] < 0x20 || raw[i] > 0x7e {
				t.Fatalf("%q encoded: %q", s, raw)
			}
		}
		if got, ok := DecodeMailbox(raw); utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 && (got != s || !ok) {
			t.Fatalf("%q encoded: %q, decoded: %q, %v", s, raw, got, ok)
		}
		name, ok := DecodeMailbox(s)
		if !ok && name != s {
			t.Fatalf("%q decoded: %q", s, name)
		}
		if ok && (!utf8.ValidString(name) || strings.IndexByte(name, 0) >= 0) {
			t.Fatalf("%q decoded: %q", s, name)
		}
		if again, ok2 := DecodeMailbox(EncodeMailbox(name)); ok && (!ok2 || again != name) {
			t.Fatalf("%q decoded: %q, and again: %q", s, name, again)
		}
	})
}
