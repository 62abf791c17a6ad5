package imap_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// RFC 5255 §3.2: the examples.
func TestLanguage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "LANGUAGE NAMESPACE", `
			C: $1 LANGUAGE
			S: * LANGUAGE (EN DE IT i-default)
			S: $1 OK Supported languages have been enumerated
			C: $2 LANGUAGE DE
			S: * LANGUAGE (DE)
			S: * NAMESPACE (("" "/")) (("Other Users/" "/" "TRANSLATION" ("Andere Ben&APw-tzer/"))) NIL
			S: $2 OK Sprachwechsel durch LANGUAGE-Befehl ausgefuehrt
			C: $3 LANGUAGE FR-CA FR
			S: $3 NO Ce Language n'est pas supporté
			C: $4 LANGUAGE default
			S: * LANGUAGE i-default
			S: $4 OK done
			C: $5 LANGUAGE EN
			S: $5 OK nothing said
			C: $6 LANGUAGE
			S: * LANGUAGE (((
			S: $6 OK done
			C: $7 LANGUAGE
			S: * LANGUAGE NIL
			S: $7 OK done`, nil)
		if got, err := c.Languages(t.Context()); err != nil || !slices.Equal(got, []string{"EN", "DE", "IT", "i-default"}) {
			t.Error(got, err)
		}
		if got, err := c.SetLanguage(t.Context(), "DE"); err != nil || got != "DE" {
			t.Error(got, err)
		}
		var no *imap.ResponseError
		if got, err := c.SetLanguage(t.Context(), "FR-CA", "FR"); !errors.As(err, &no) {
			t.Error(got, err)
		}
		if got, err := c.SetLanguage(t.Context(), "default"); err != nil || got != "i-default" {
			t.Error(got, err)
		}
		if got, err := c.SetLanguage(t.Context(), "EN"); err == nil {
			t.Error(got)
		}
		if got, err := c.Languages(t.Context()); err == nil {
			t.Error(got)
		}
		if got, err := c.Languages(t.Context()); err != nil || len(got) != 0 {
			t.Error(got, err)
		}
		var arg *wire.ArgumentError
		if _, err := c.SetLanguage(t.Context()); !errors.As(err, &arg) {
			t.Error(err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "IDLE", "", nil)
		if _, err := c.Languages(t.Context()); !errors.Is(err, imap.ErrUnsupported) {
			t.Error(err)
		}
		if _, err := c.SetLanguage(t.Context(), "de"); !errors.Is(err, imap.ErrUnsupported) {
			t.Error(err)
		}
	})
}

// RFC 9698 §4.
func TestJMAPAccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "JMAPACCESS OBJECTID", `
			C: $1 GETJMAPACCESS
			S: * JMAPACCESS "https://example.com/.well-known/jmap"
			S: $1 OK done
			C: $2 GETJMAPACCESS
			S: $2 OK done
			C: $3 GETJMAPACCESS
			S: * JMAPACCESS (no URL)
			S: $3 OK done
			C: $4 GETJMAPACCESS
			S: $4 NO no`, nil)
		if url, err := c.JMAPAccess(t.Context()); err != nil || url != "https://example.com/.well-known/jmap" {
			t.Error(url, err)
		}
		for range 3 {
			if url, err := c.JMAPAccess(t.Context()); err == nil {
				t.Error(url)
			}
		}
		c = talkTo(t, "IDLE", "", nil)
		if _, err := c.JMAPAccess(t.Context()); !errors.Is(err, imap.ErrUnsupported) {
			t.Error(err)
		}
	})
}

func TestRegisterApplePush(t *testing.T) {
	req := &imap.ApplePushRequest{
		AccountID:   "0715A26B-CA09-4730-A419-793000CA982E",
		DeviceToken: "2918390218931890821908309283098109381029309829018310983092892829",
		Subtopic:    "com.apple.mobilemail",
		Mailboxes:   []string{"INBOX", "Notes", "Entwürfe"},
	}
	const line = ` XAPPLEPUSHSERVICE aps-version 2 aps-account-id 0715A26B-CA09-4730-A419-793000CA982E aps-device-token "2918390218931890821908309283098109381029309829018310983092892829" aps-subtopic com.apple.mobilemail mailboxes (INBOX Notes Entw&APw-rfe)`
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "XAPPLEPUSHSERVICE", `
			C: $1`+line+`
			S: * XAPPLEPUSHSERVICE "aps-version" "2" "aps-topic" "com.apple.mail.XServer.63514a38-72c0-4bb9-8e16-a2e1b0b2b0f9" "x" "y"
			S: $1 OK done
			C: $2`+line+`
			S: * XAPPLEPUSHSERVICE aps-version 2 aps-topic com.apple.mail.XServer.1
			S: $2 OK done
			C: $3`+line+`
			S: $3 OK done
			C: $4`+line+`
			S: * XAPPLEPUSHSERVICE ((
			S: $4 OK done
			C: $5`+line+`
			S: $5 NO [LIMIT] too many devices`, nil)
		got, err := c.RegisterApplePush(t.Context(), req)
		if err != nil || got.Version != "2" || got.Topic != "com.apple.mail.XServer.63514a38-72c0-4bb9-8e16-a2e1b0b2b0f9" || len(got.Other) != 1 {
			t.Error(got, err)
		}
		got, err = c.RegisterApplePush(t.Context(), req)
		if err != nil || got.Version != "2" || got.Topic != "com.apple.mail.XServer.1" {
			t.Error(got, err)
		}
		for range 3 {
			if got, err := c.RegisterApplePush(t.Context(), req); err == nil {
				t.Error(got)
			}
		}
		c = talkTo(t, "IDLE", "", nil)
		if _, err := c.RegisterApplePush(t.Context(), req); !errors.Is(err, imap.ErrUnsupported) {
			t.Error(err)
		}
	})
}

func TestProxyAuth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "X-NETSCAPE", `
			C: $2 PROXYAUTH nobody
			S: $2 NO no such user
			C: $3 PROXYAUTH "bob smith"
			S: $3 OK now you are bob
			C: $4 STATUS INBOX (MESSAGES)
			S: * STATUS INBOX (MESSAGES 7)
			S: $4 OK done`, nil)
		if err := c.ProxyAuth(t.Context(), "nobody"); err == nil || c.Selected() != box {
			t.Fatal(err)
		}
		if err := c.ProxyAuth(t.Context(), "bob smith"); err != nil || c.Selected() != nil {
			t.Fatal(err)
		}
		if _, err := box.Search(t.Context(), nil); !errors.Is(err, imap.ErrDeselected) {
			t.Error(err)
		}
		if st, err := c.Status(t.Context(), "INBOX", imap.StatusMessages); err != nil || *st.Messages != 7 {
			t.Error(st, err)
		}
		if err := c.ProxyAuth(t.Context(), "a\x00b"); err == nil {
			t.Error("sent")
		}
	})
}
