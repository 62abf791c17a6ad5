package imap_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/imap"
)

func TestEnable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "ENABLE QRESYNC", `
			C: $1 ENABLE QRESYNC UTF8=ACCEPT X-Unknown
			S: * ENABLED qresync utf8=accept
			S: $1 OK done
			C: $2 STATUS "Bücher" (MESSAGES)
			S: * STATUS "Bücher" (MESSAGES 3)
			S: $2 OK done`, nil)
		got, err := c.Enable(t.Context(), "QRESYNC", "UTF8=ACCEPT", "X-Unknown")
		if err != nil || !slices.Equal(got, []string{"qresync", "utf8=accept"}) {
			t.Fatal(got, err)
		}
		for name, want := range map[string]bool{"QResync": true, "CONDSTORE": true, "UTF8=ACCEPT": true, "X-Unknown": false} {
			if c.Enabled(name) != want {
				t.Error(name, !want)
			}
		}
		if got, err := c.Status(t.Context(), "Bücher", imap.StatusMessages); err != nil || got.Mailbox != "Bücher" || *got.Messages != 3 {
			t.Fatal(got, err)
		}
	})
}

func TestEnableRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "IDLE", "", nil)
		if _, err := c.Enable(t.Context(), "QRESYNC"); !errors.Is(err, imap.ErrUnsupported) {
			t.Fatal(err)
		}
		c = talkTo(t, "ENABLE", `
			C: $1 ENABLE QRESYNC
			S: $1 BAD no`, nil)
		if got, err := c.Enable(t.Context()); err != nil || got != nil {
			t.Fatal(got, err)
		}
		if _, err := c.Enable(t.Context(), "QRESYNC"); err == nil || c.Enabled("QRESYNC") {
			t.Fatal(err)
		}
		if _, err := c.Enable(t.Context(), "two words"); err == nil {
			t.Fatal("sent")
		}
	})
}
