package imap_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/imap"
)

// RFC 2342 §5 and RFC 9051 §6.3.10: the examples, and what servers make of
// them.
func TestNamespaceAnswers(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{`* NAMESPACE (("" "/")) NIL NIL`, `[{ / []}] [] []`},
		{`* NAMESPACE NIL NIL (("" "."))`, `[] [] [{ . []}]`},
		{`* NAMESPACE (("" "/")) NIL (("Public Folders/" "/"))`, `[{ / []}] [] [{Public Folders/ / []}]`},
		{`* NAMESPACE (("" "/")) (("~" "/")) (("#shared/" "/")("#public/" "/")("#ftp/" "/")("#news." "."))`,
			`[{ / []}] [{~ / []}] [{#shared/ / []} {#public/ / []} {#ftp/ / []} {#news. . []}]`},
		{`* NAMESPACE (("INBOX." ".")) NIL  NIL`, `[{INBOX. . []}] [] []`},
		{`* NAMESPACE (("" "/")("#mh/" "/" "X-PARAM" ("FLAG1" "FLAG2"))) NIL NIL`, `[{ / []} {#mh/ / [{X-PARAM [FLAG1 FLAG2]}]}] [] []`},
		{`* NAMESPACE (("" "/")("#mh/" "/" "X-PARAM" ("FLAG1" "FLAG2")))`, `[{ / []} {#mh/ / [{X-PARAM [FLAG1 FLAG2]}]}] [] []`},
		// RFC 5255 §3.4.1
		{`* NAMESPACE (("" "/")) (("Other Users/" "/" "TRANSLATION" ("Andere Ben&APw-tzer/"))) (("Public Folders/" "/" "TRANSLATION" ("Gemeinsame Postf&AM8-cher/")))`,
			`[{ / []}] [{Other Users/ / [{TRANSLATION [Andere Ben&APw-tzer/]}]}] [{Public Folders/ / [{TRANSLATION [Gemeinsame Postf&AM8-cher/]}]}]`},
		{`* NAMESPACE (("&ANY-ffentlich." ".")) nil nil`, `[{Öffentlich. . []}] [] []`},
		{`* NAMESPACE (("" "\\")) NIL NIL`, `[{ \ []}] [] []`},
		{`* NAMESPACE (("" "\")) NIL NIL`, `[{ \ []}] [] []`},
		{`* NAMESPACE (("" NIL)) NIL NIL`, `[{  []}] [] []`},
		{`* NAMESPACE ((NIL "/")) NIL NIL`, `[{ / []}] [] []`},
		{`* NAMESPACE (("" "/" )( "x/"  "/")) NIL NIL `, `[{ / []} {x/ / []}] [] []`},
		{`* NAMESPACE`, `[] [] []`},
		{`* NAMESPACE () () ()`, `[] [] []`},
		{`* NAMESPACE (("" "/" X-ONE alone)) NIL NIL`, `[{ / [{X-ONE [alone]}]}] [] []`},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := talkTo(t, "NAMESPACE", "C: $1 NAMESPACE\nS: "+tt.line+"\nS: $1 OK done", nil)
			got, err := c.Namespace(t.Context())
			if err != nil {
				t.Fatalf("%s: %v", tt.line, err)
			}
			if s := fmt.Sprint(got.Personal, got.Other, got.Shared); s != tt.want {
				t.Errorf("%s:\n%s; want\n%s", tt.line, s, tt.want)
			}
		})
	}
}

func TestNamespaceRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "IDLE", "", nil)
		if _, err := c.Namespace(t.Context()); !errors.Is(err, imap.ErrUnsupported) {
			t.Fatal(err)
		}
		c = talkTo(t, "NAMESPACE", `
			C: $1 NAMESPACE
			S: * NAMESPACE (("" "/"))(("" "/")) garbage
			S: $1 OK done
			C: $2 NAMESPACE
			S: * NAMESPACE ((((
			S: $2 OK done
			C: $3 NAMESPACE
			S: $3 OK done
			C: $4 NAMESPACE
			S: $4 NO [UNAVAILABLE] no
			C: $5 NOOP
			S: $5 OK done`, nil)
		for range 4 {
			if got, err := c.Namespace(t.Context()); err == nil {
				t.Error(got)
			}
		}
		noop(t, c)
	})
}
