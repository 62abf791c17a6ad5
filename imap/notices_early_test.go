package imap_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// An alert in the greeting, or in the answer to the login, came before anybody
// could listen: the first loop gets it, and no later one.
func TestAlertsBeforeNotices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := imaptest.Script(t, `
			S: * OK [ALERT] the server moves on Sunday
			C: $1 CAPABILITY
			S: * CAPABILITY IMAP4rev1
			S: $1 OK done
			C: $2 LOGIN "alice" "secret"
			S: $2 OK [ALERT] the password is old
			C: $3 CAPABILITY
			S: * CAPABILITY IMAP4rev1
			S: $3 OK done`)
		c, err := imap.NewClient(t.Context(), conn, &imap.Options{Security: imap.Plaintext, InsecureLogin: true})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.Login(t.Context(), "alice", "secret"); err != nil {
			t.Fatal(err)
		}
		c.Close()
		for _, want := range []string{"the server moves on Sunday, the password is old", ""} {
			var alerts []string
			for n := range c.Notices(t.Context()) {
				if n.Kind == imap.NoticeAlert {
					alerts = append(alerts, n.Text)
				}
			}
			if got := strings.Join(alerts, ", "); got != want {
				t.Errorf("alerts %q, want %q", got, want)
			}
		}
	})
}

// What nobody listens to is not kept without bounds.
func TestAlertsNobodyHears(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		long := "* OK [ALERT] " + strings.Repeat("a", 1000)
		c := talkTo(t, "", strings.Repeat("S: * OK [ALERT] x\nS: "+long+"\n", 1000), nil)
		synctest.Wait()
		c.Close()
		alerts, size := 0, 0
		for n := range c.Notices(t.Context()) {
			if n.Kind == imap.NoticeAlert {
				alerts, size = alerts+1, size+len(n.Text)
			}
		}
		if alerts != 64 || size > 16<<10 {
			t.Errorf("%d alerts, %d bytes", alerts, size)
		}
	})
}
