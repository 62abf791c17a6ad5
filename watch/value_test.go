package watch_test

import (
	"encoding/json"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

func TestCursorText(t *testing.T) {
	for _, c := range []watch.Cursor{
		{}, {UIDNext: 1}, {UIDValidity: 1<<32 - 1, UIDNext: imap.MaxUID, ModSeq: 1<<64 - 1}, {ModSeq: 1},
	} {
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var got watch.Cursor
		if err := json.Unmarshal(b, &got); err != nil || got != c {
			t.Errorf("%s: %v, %v", b, got, err)
		}
	}
	if s := (watch.Cursor{UIDValidity: 1748779991, UIDNext: 4711}).String(); s != "1-1748779991-4711-0" {
		t.Error(s)
	}
	for _, s := range []string{"1", "1-2-3", "2-1-1-1", "1-x-1-1", "1-1-4294967296-1", "1-1--1-1", "1-1-1-1-1", "1-1-1-+1", " "} {
		if c, err := watch.ParseCursor(s); err == nil {
			t.Errorf("%q: %v", s, c)
		}
	}
}

// The IDs may never change: receivers remember them.
func TestEventID(t *testing.T) {
	for _, tt := range []struct {
		account, mailbox string
		validity         uint32
		uid              imap.UID
		kind             watch.Kind
		want             string
	}{
		{"alice@imap.example.org", "INBOX", 1748779991, 4711, watch.KindArrived, "b8a7edd82cd2a5deecb537c8a1b59d13a831ee31b6b0f42a060ca2283ef91ba4"},
		{"alice@imap.example.org", "inbox", 1748779991, 4711, watch.KindArrived, "b8a7edd82cd2a5deecb537c8a1b59d13a831ee31b6b0f42a060ca2283ef91ba4"},
		{"alice@imap.example.org", "INBOX", 1748779991, 4711, watch.KindGone, "5533943bbe42881548c16e4e04e7a3a3a14eb8cf5f643cd58e3c84413894de04"},
		{"alice@imap.example.org", "INBOX", 1748779991, 4711, watch.KindMoved, "e759272db2e904e006d67dd5da78cb45e3769ace42ae97c8de5de3c5b4103891"},
		{"alice@imap.example.org", "INBOX", 1748779991, 4711, "flags:90071992547409", "059b8c26e634f724a4ee860107e4637eb05cb22bcd8fdaad93cb747817ff7ce0"},
		{"alice@imap.example.org", "INBOX", 1748779991, 4711, `flags:$junk \seen`, "58c4044f6d87747a215263b7ccea495e2830af124a805352b669998d6f37be07"},
		{"", "Entwürfe/2026", 4294967295, 0, watch.KindReset, "e3e730475fbf708cde3200654eb387a22a66554722761e893ec31132d0482f8f"},
	} {
		if got := watch.EventID(tt.account, tt.mailbox, tt.validity, tt.uid, tt.kind); got != tt.want {
			t.Errorf("%+v: %s", tt, got)
		}
	}
	if watch.EventID("a", "bc", 1, 1, "k") == watch.EventID("ab", "c", 1, 1, "k") {
		t.Error("lengths do not count")
	}
}
