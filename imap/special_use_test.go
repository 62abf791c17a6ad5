package imap_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// specials is what was found, in words.
func specials(t *testing.T, c *imap.Client) string {
	t.Helper()
	boxes, err := c.SpecialMailboxes(t.Context())
	if err != nil {
		return err.Error()
	}
	var all []string
	for use, m := range boxes {
		all = append(all, fmt.Sprintf("%s %s %s", use, m.Mailbox, m.By))
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

func TestSpecialMailboxes(t *testing.T) {
	list := func(lines ...string) string {
		return "C: $1 LIST \"\" \"*\"\nS: * LIST " + strings.Join(lines, "\nS: * LIST ") + "\nS: $1 OK done\n"
	}
	for _, tt := range []struct{ name, caps, script, want string }{
		{"names of several languages", "", list(`() "/" INBOX`, `() "/" Gesendet`, `() "/" "Entw&APw-rfe"`, `() "/" CORBEILLE`, `() "/" "&Zsh8Ug-"`),
			`\Drafts Entwürfe name; \Sent Gesendet name; \Trash CORBEILLE name`},
		{"below INBOX", "", list(`() "." INBOX`, `() "." INBOX.Sent`, `() "." INBOX.Trash.Old`, `() "." inbox.Junk`),
			`\Junk inbox.Junk name; \Sent INBOX.Sent name`},
		{"not deeper", "", list(`() "/" Work/Sent`, `() "/" "Old Sent"`), ``},
		{"by attribute, whatever they are called", "", list(`(\Trash) "/" Sent`, `(\sent) "/" x`, `() "/" "Sent Items"`, `() "/" Trash`),
			`\Sent x attribute; \Trash Sent attribute`},
		{"the most usual name", "", list(`() "/" "Sent Messages"`, `() "/" "Sent Items"`, `() "/" "Gesendet"`, `(\Noselect) "/" "Sent"`),
			`\Sent Sent Items name`},
		{"one that can be selected", "", list(`(\Sent \Noselect) "/" a`, `(\Sent) "/" b`, `(\Sent) "/" c`), `\Sent b attribute`},
		{"no delimiter", "", list(`() NIL Trash`, `() NIL INBOX.Junk`), `\Trash Trash name`},
		{"a namespace", "NAMESPACE", list(`() "/" "~/Mail/Drafts"`, `() "/" "Other/Trash"`) + `
			C: $2 NAMESPACE
			S: * NAMESPACE (("~/Mail/" "/")) NIL NIL
			S: $2 OK done`, `\Drafts ~/Mail/Drafts name`},
		{"a namespace that is none", "NAMESPACE", list(`() "/" "Drafts"`) + `
			C: $2 NAMESPACE
			S: $2 BAD what`, `\Drafts Drafts name`},
		{"refused", "", `
			C: $1 LIST "" "*"
			S: $1 NO [UNAVAILABLE] later`, `imap: LIST: NO [UNAVAILABLE] later`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := specials(t, talkTo(t, tt.caps, tt.script, nil)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestCreateMailbox(t *testing.T) {
	c := talkTo(t, "CREATE-SPECIAL-USE OBJECTID", `
		C: $1 CREATE MySpecial (USE (\Drafts \Sent))
		S: $1 NO [USEATTR] \\Sent not supported
		C: $2 CREATE MyDrafts (USE (\Drafts))
		S: $2 OK MyDrafts created
		C: $3 CREATE foo
		S: $3 OK [MAILBOXID (F2212ea87-6097-4256-9d51-71338625)] Completed
		C: $4 CREATE NonNormalized
		S: * LIST () "/" "Normalized" ("OLDNAME" ("NonNormalized"))
		S: $4 OK [MAILBOXID x] done
		C: $5 CREATE bar
		S: $5 OK [MAILBOXID ((] done
	`, nil)
	ctx := t.Context()
	uses := func(all ...imap.SpecialUse) *imap.CreateOptions { return &imap.CreateOptions{Uses: all} }
	if _, err := c.CreateMailbox(ctx, "MySpecial", uses(imap.SpecialDrafts, imap.SpecialSent)); !errors.Is(err, imap.CodeUseAttr) {
		t.Error(err)
	}
	for _, tt := range []struct {
		name string
		opts *imap.CreateOptions
		want imap.CreateResult
	}{
		{"MyDrafts", uses(imap.SpecialDrafts), imap.CreateResult{Mailbox: "MyDrafts"}},
		{"foo", nil, imap.CreateResult{Mailbox: "foo", MailboxID: "F2212ea87-6097-4256-9d51-71338625"}},
		{"NonNormalized", nil, imap.CreateResult{Mailbox: "Normalized", MailboxID: "x"}},
		{"bar", nil, imap.CreateResult{Mailbox: "bar"}},
	} {
		if got, err := c.CreateMailbox(ctx, tt.name, tt.opts); err != nil || got != tt.want {
			t.Error(got, err)
		}
	}
	bad := (*wire.ArgumentError)(nil)
	for _, use := range []imap.SpecialUse{"Sent", `\Sent)`, ""} {
		if _, err := c.CreateMailbox(ctx, "x", uses(use)); !errors.As(err, &bad) {
			t.Error(use, err)
		}
	}
	c = talkTo(t, "SPECIAL-USE", "", nil)
	if _, err := c.CreateMailbox(ctx, "x", uses(imap.SpecialSent)); !errors.Is(err, imap.ErrUnsupported) {
		t.Error(err)
	}
}

// RFC 8474 §4.2.
func TestMailboxID(t *testing.T) {
	c := talkTo(t, "OBJECTID", `
		C: $1 SELECT foo
		S: * 0 EXISTS
		S: * OK [MAILBOXID (F2212ea87-6097-4256-9d51-71338625)] Ok
		S: $1 OK [READ-WRITE] Completed
	`, nil)
	box, err := c.Select(t.Context(), "foo", nil)
	if err != nil || box.State().MailboxID != "F2212ea87-6097-4256-9d51-71338625" {
		t.Fatal(err)
	}
}
