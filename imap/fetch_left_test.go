package imap_test

import (
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
)

// A Fetch that was left still awaits its answer. What another one is told of the
// same message meanwhile is the other's.
func TestFetchBesideOneThatWasLeft(t *testing.T) {
	_, box := talk(t, "", `
		C: $2 UID FETCH 1:2 (UID FLAGS INTERNALDATE)
		S: * 1 FETCH (UID 1 FLAGS () INTERNALDATE "01-Jan-2026 00:00:00 +0000")
		C: $3 UID FETCH 2 (UID FLAGS)
		S: * 2 FETCH (UID 2 FLAGS (\Seen))
		S: $3 OK done
		S: * 2 FETCH (UID 2 FLAGS (\Seen) INTERNALDATE "01-Jan-2026 00:00:00 +0000")
		S: $2 OK done
		C: $4 NOOP
		S: $4 OK done
	`, nil)
	for _, err := range box.Fetch(t.Context(), imap.UIDRange(1, 2), &imap.FetchOptions{Flags: true, InternalDate: true}) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	found := 0
	for m, err := range box.Fetch(t.Context(), imap.UID(2), &imap.FetchOptions{Flags: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if m.UID == 2 && len(m.Flags) == 1 {
			found++
		}
	}
	if found != 1 {
		t.Errorf("found it %d times", found)
	}
	if err := box.Client().Noop(t.Context()); err != nil {
		t.Error(err)
	}
}
