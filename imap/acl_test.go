package imap_test

import (
	"errors"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// The RFC's own conversations (RFC 4314 §3).
func TestACL(t *testing.T) {
	c := talkTo(t, "ACL RIGHTS=texk", `
		C: $1 GETACL INBOX
		S: * ACL INBOX Fred rwipsldexta
		S: $1 OK Getacl complete
		C: $2 SETACL INBOX/Drafts David +lrswida
		S: $2 OK Setacl complete
		C: $3 SETACL INBOX "" -w
		S: $3 OK Setacl complete
		C: $4 SETACL INBOX $team ""
		S: $4 OK Setacl complete
		C: $5 DELETEACL INBOX -Fred
		S: $5 OK Deleteacl complete
		C: $6 LISTRIGHTS ~/Mail/saved smith
		S: * LISTRIGHTS ~/Mail/saved smith la r swicdkxte
		S: $6 OK Listrights completed
		C: $7 LISTRIGHTS archive/imap anyone
		S: * LISTRIGHTS archive.imap anyone ""
		S: $7 OK Listrights completed
		C: $8 MYRIGHTS INBOX
		S: * MYRIGHTS INBOX rwiptsldaex
		S: $8 OK Myrights complete
	`, nil)
	ctx := t.Context()
	acl, err := c.GetACL(ctx, "inbox")
	if err != nil || !reflect.DeepEqual(acl, []imap.ACLEntry{{"Fred", "rwipsldexta"}}) {
		t.Fatal(acl, err)
	}
	for _, err := range []error{
		c.SetACL(ctx, "INBOX/Drafts", "David", imap.RightsAdd, "lrswida"),
		c.SetACL(ctx, "INBOX", "", imap.RightsRemove, imap.RightWrite),
		c.SetACL(ctx, "INBOX", "$team", imap.RightsSet, ""),
		c.DeleteACL(ctx, "INBOX", "-Fred"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got, err := c.ListRights(ctx, "~/Mail/saved", "smith")
	if want := (imap.GrantableRights{Identifier: "smith", Required: "la", Optional: []imap.Rights{"r", "swicdkxte"}}); err != nil || !reflect.DeepEqual(*got, want) {
		t.Fatal(got, err)
	}
	if got, err = c.ListRights(ctx, "archive/imap", "anyone"); err != nil || got.Required != "" || got.Optional != nil {
		t.Fatal(got, err)
	}
	mine, err := c.MyRights(ctx, "INBOX")
	if err != nil || !mine.Equal("aeilprstwxd") || mine.Has("k") {
		t.Fatal(mine, err)
	}
	if c.ExtraRights() != "texk" {
		t.Error(c.ExtraRights())
	}
}

func TestACLAnswers(t *testing.T) {
	for _, tt := range []struct {
		name, line string
		want       []imap.ACLEntry
	}{
		{"none", `* ACL INBOX`, []imap.ACLEntry{}},
		{"several", `* ACL INBOX Fred rwipslxetad -Fred wetd $team w`, []imap.ACLEntry{{"Fred", "rwipslxetad"}, {"-Fred", "wetd"}, {"$team", "w"}}},
		{"unknown rights, spaces", `* ACL  "INBOX"  "a b"  lr09~ {1}\r\nx NIL `, []imap.ACLEntry{{"a b", "lr09~"}, {"x", ""}}},
		{"a name of the server's own", `* ACL Inbox/ Fred l`, []imap.ACLEntry{{"Fred", "l"}}},
		{"two mailboxes", `* ACL INBOX a l\r\n* ACL Other b l`, []imap.ACLEntry{{"a", "l"}}},
		{"two, the other first", `* ACL Other b l\r\n* ACL INBOX a l`, []imap.ACLEntry{{"a", "l"}}},
		{"no rights", `* ACL INBOX Fred`, nil},
		{"nothing", `* ACL`, nil},
		{"a list", `* ACL INBOX (Fred l)`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := talkTo(t, "ACL", "C: $1 GETACL INBOX\nS!: "+tt.line+`\r\n`+"\nS: $1 OK done\nC: $2 NOOP\nS: $2 OK done", nil)
			got, err := c.GetACL(t.Context(), "INBOX")
			if !reflect.DeepEqual(got, tt.want) || (err == nil) != (tt.want != nil) {
				t.Errorf("%q, %v", got, err)
			}
			noop(t, c)
		})
	}
}

func TestACLRefused(t *testing.T) {
	ctx := t.Context()
	c := talkTo(t, "ACL", `
		C: $1 GETACL "no such"
		S: $1 NO [NONEXISTENT] no
		C: $2 MYRIGHTS INBOX
		S: $2 OK but nothing
		C: $3 SETACL INBOX fred lq
		S: $3 BAD what is q
		`, nil)
	if _, err := c.GetACL(ctx, "no such"); !errors.Is(err, imap.CodeNonExistent) {
		t.Error(err)
	}
	if _, err := c.MyRights(ctx, "INBOX"); err == nil {
		t.Error("nothing said, no error")
	}
	refused := (*imap.ResponseError)(nil)
	if err := c.SetACL(ctx, "INBOX", "fred", imap.RightsSet, "lq"); !errors.As(err, &refused) {
		t.Error(err)
	}
	bad := (*wire.ArgumentError)(nil)
	for name, err := range map[string]error{
		"rights":     c.SetACL(ctx, "INBOX", "fred", imap.RightsSet, "l r"),
		"sign":       c.SetACL(ctx, "INBOX", "fred", imap.RightsAdd, "-l"),
		"operation":  c.SetACL(ctx, "INBOX", "fred", 7, "l"),
		"identifier": c.SetACL(ctx, "INBOX", "fr\x00d", imap.RightsSet, "l"),
		"mailbox":    c.DeleteACL(ctx, "a\x00", "fred"),
	} {
		if !errors.As(err, &bad) {
			t.Error(name, err)
		}
	}
	c = talkTo(t, "QUOTA", "", nil)
	for _, err := range []error{
		second(c.GetACL(ctx, "x")), second(c.MyRights(ctx, "x")), second(c.ListRights(ctx, "x", "y")),
		c.SetACL(ctx, "x", "y", 0, "l"), c.DeleteACL(ctx, "x", "y"),
	} {
		if !errors.Is(err, imap.ErrUnsupported) {
			t.Error(err)
		}
	}
}

// Questions about different mailboxes are asked at once; an answer goes to who
// asked, whatever the order.
func TestAsksOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "ACL QUOTA", `
			C: $1 MYRIGHTS a
			C: $2 MYRIGHTS b
			C: $3 GETQUOTA ""
			S: * QUOTA "" (STORAGE 1 2)
			S: * MYRIGHTS b lrb
			S: * MYRIGHTS a lra
			S: $2 OK done
			S: $3 OK done
			S: $1 OK done
		`, nil)
		var wg sync.WaitGroup
		for _, name := range []string{"a", "b"} {
			wg.Go(func() {
				if got, err := c.MyRights(t.Context(), name); err != nil || got != imap.Rights("lr"+name) {
					t.Error(got, err)
				}
			})
			synctest.Wait()
		}
		if q, err := c.GetQuota(t.Context(), ""); err != nil || len(q.Resources) != 1 {
			t.Error(q, err)
		}
		wg.Wait()
	})
}

func TestRights(t *testing.T) {
	r := imap.Rights("lrs9")
	for _, ok := range []bool{
		r.Has("l"), r.Has(""), r.Has("9s"), !r.Has("lw"), r.With("swl") == "lrs9w", r.Without("sx") == "lr9",
		r.Equal("9srl"), r.Equal("9srll"), !r.Equal("9sr"), !r.Equal("9srlx"), imap.Rights("srs9l").Sorted() == "9lrs",
		imap.Rights("lrk").Legacy() == "lrc", imap.Rights("ltex").Legacy() == "ld", imap.Rights("cd").Legacy() == "cd",
	} {
		if !ok {
			t.Fatal(r)
		}
	}
}
