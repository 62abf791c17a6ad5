package cli

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"github.com/idlewild-mail/idlewild/imap"
)

func TestClean(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"plain", "plain"},
		{"Grüße 🍜 会議", "Grüße 🍜 会議"},
		{"👩\u200d👧", "👩\u200d👧"},
		{"\x1b[31mred", `\x1b[31mred`},
		{"a\x00b\x7f", `a\x00b\x7f`},
		{"a\r\nb\tc", `a\r\nb\tc`},
		{"\u009b2J", `\x9b2J`},
		{"\x9b2J", `\x9b2J`},
		{"\u202efdp.exe", `\u202efdp.exe`},
		{"\u2066x\u2069", `\u2066x\u2069`},
		{"a\u2028b", `a\u2028b`},
		{"\ufeff\u200b", `\ufeff\u200b`},
		{"\U000e0041", `\U000e0041`},
		{"ok\xff", `ok\xff`},
		{"\ufffd", "\ufffd"},
	} {
		if got := clean(tt.in); got != tt.want {
			t.Errorf("clean(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// Whatever a server says, neither form of output has what a terminal obeys.
func TestA76_NothingHiddenIsPrinted(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 76))
	for range 3000 {
		s := func() string { return nasty(r) }
		h := newHead(eventArrived, s(), time.Now())
		addresses := []imap.Address{{Name: s(), Mailbox: s(), Host: s()}, {Mailbox: s()}}
		header := decodeEnvelope(&imap.Envelope{
			Subject: s(), Date: s(), MessageID: s(), From: addresses, To: addresses,
		})
		m := message{h, s(), s(), 1, 2}
		c := connectionOf(h, []string{s(), s(), s()}[r.IntN(4)%3:])
		for _, rec := range []record{
			arrivedRecord{m, []string{s()}, 3, header, s()}, flagsRecord{m, []string{s(), s()}, 4}, goneRecord{m},
			movedRecord{m, s(), 5, 6}, resetRecord{h, s(), s(), 1, 2, s(), 3, 4}, skippedRecord{h, s(), s(), 1, s(), 2, s(), s()}, skippedRecord{h, s(), s(), 1, s(), 2, reasonCommand, s()},
			missingRecord{h, s(), s(), s(), 5}, renamedRecord{h, s(), s()}, staleRecord{h, s(), 5}, recoveredRecord{h, s(), 5},
			offlineRecord{c, s(), s(), s(), 5, 1, false}, onlineRecord{connection: c, Mode: s(), Attempt: 1},
			alertRecord{h, s(), s()}, authFailedRecord{h, s(), s(), 3, 5}, reauthorizeRecord{h, s(), 5},
		} {
			for _, one := range each(rec) {
				text, err := encodeJSON(one)
				if err != nil {
					t.Fatal(err)
				}
				if !json.Valid(text) || strings.Count(string(text), "\n") != 1 {
					t.Fatalf("seed %d: not one line of JSON: %q", seed, text)
				}
				mustBeHarmless(t, seed, strings.TrimSuffix(string(text), "\n"))
			}
			mustBeHarmless(t, seed, rec.line(style{}, 0))
			columns := 1 + r.IntN(120)
			onScreen := rec.line(style{accounts: r.IntN(2) == 0}, columns)
			mustBeHarmless(t, seed, onScreen)
			_, whole := rec.(alertRecord) // it is never cut
			if skipped, ok := rec.(skippedRecord); ok {
				whole = skipped.Reason == reasonCommand
			}
			if w := runewidth.StringWidth(onScreen); w > columns && !whole {
				t.Fatalf("seed %d: %d columns of %d: %q", seed, w, columns, onScreen)
			}
		}
		var message strings.Builder
		(&env{stderr: &message}).say("%s", s())
		mustBeHarmless(t, seed, strings.TrimSuffix(message.String(), "\n"))
	}
}

func mustBeHarmless(t *testing.T, seed uint64, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Fatalf("seed %d: not UTF-8: %q", seed, s)
	}
	for _, c := range s {
		if c < ' ' || c >= 0x7f && c < 0xa0 || c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069 {
			t.Fatalf("seed %d: %U in %q", seed, c, s)
		}
	}
}

// nasty makes strings of what hurts, in raw bytes and in encoded words.
func nasty(r *rand.Rand) string {
	pieces := []string{
		"\x1b]0;owned\a", "\x1b[2J", "\r", "\n", "\x00", "\x7f", "\x9b", "\u0085", "\u009b31m", "\u202e", "\u2066",
		"\u2069", "\xff", "\xc3", "\ufeff", "a", " ", "wide 会議", "🍜", "\\", "\"", "<", "=?utf-8?q?=1B[31m?=",
		"=?utf-8?b?G1tIAAo=?=", "=?iso-8859-1?q?=9B31m=85?=", "=?no-such?q?x?=", "=?utf-8?q?=E2=80=AE?=", "=?",
		"=?utf-7?q?+Ags-?=", "=?utf-16?q?=00=1B?=", string(rune(r.IntN(0x3000))),
	}
	var b strings.Builder
	for range r.IntN(6) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}
