package imap_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

func TestR108_ACL(t *testing.T) {
	onServer(t, nil, 1, func(t *testing.T, s *imaptest.Server, c *imap.Client, _ *imap.Mailbox) {
		ctx := t.Context()
		must(t, c.SetACL(ctx, "Done", "bob", imap.RightsSet, "lr"), c.SetACL(ctx, "Done", "bob", imap.RightsAdd, "w"),
			c.SetACL(ctx, "Done", "bob", imap.RightsRemove, "r"), c.SetACL(ctx, "Done", "-carol", imap.RightsSet, "w"))
		acl, err := c.GetACL(ctx, "Done")
		must(t, err, c.DeleteACL(ctx, "Done", "bob"))
		if len(acl) != 3 || acl[1].Identifier != "bob" || !acl[1].Rights.Equal("lw") || acl[2].Identifier != "-carol" {
			t.Error(acl)
		}
		can, err := c.ListRights(ctx, "Done", "alice")
		must(t, err)
		if !can.Required.Equal("la") || !slices.Contains(can.Optional, imap.RightInsert) {
			t.Error(can)
		}
		must(t, c.SetACL(ctx, "Done", "alice", imap.RightsSet, "lr"))
		mine, err := c.MyRights(ctx, "Done")
		must(t, err)
		if !mine.Equal("lra") {
			t.Error(mine)
		}
		_, err = c.Append(ctx, "Done", strings.NewReader("x\r\n"), 3, nil)
		if !errors.Is(err, imap.CodeNoPerm) {
			t.Error(err)
		}
	})
}

func TestR109_Quota(t *testing.T) {
	onServer(t, nil, 1, func(t *testing.T, s *imaptest.Server, c *imap.Client, _ *imap.Mailbox) {
		ctx := t.Context()
		set, err := c.SetQuota(ctx, "", imap.QuotaLimit{Resource: imap.QuotaMessage, Limit: 1}, imap.QuotaLimit{Resource: imap.QuotaStorage, Limit: 1 << 40})
		must(t, err)
		if u, ok := set.Of(imap.QuotaStorage); !ok || u.Limit != 1<<40 {
			t.Error(set)
		}
		roots, err := c.GetQuotaRoot(ctx, "INBOX")
		must(t, err)
		if u, ok := roots[0].Of(imap.QuotaMessage); !ok || u.Usage != 1 || u.Limit != 1 || len(roots) != 1 {
			t.Error(roots)
		}
		if q, err := c.GetQuota(ctx, ""); err != nil || len(q.Resources) != 2 {
			t.Error(q, err)
		}
		_, err = c.Append(ctx, "Done", strings.NewReader("x\r\n"), 3, nil)
		if !errors.Is(err, imap.CodeOverQuota) {
			t.Error(err)
		}
		if got := c.QuotaResources(); len(got) != 3 {
			t.Error(got)
		}
	})
}

func TestR110_Annotations(t *testing.T) {
	c := talkTo(t, "ANNOTATEMORE", `
		C: $1 SETANNOTATION "INBOX" "/comment" ("value.priv" "mine")
		S: $1 OK done
		C: $2 GETANNOTATION "INBOX" "/comment" "value.priv"
		S: * ANNOTATION "INBOX" "/comment" ("value.priv" "mine")
		S: $2 OK done
	`, nil)
	must(t, c.SetAnnotation(t.Context(), "INBOX", "/comment", imap.AnnotationAttribute{Name: "value.priv", Value: []byte("mine")}))
	got, err := c.GetAnnotation(t.Context(), "INBOX", []string{"/comment"}, []string{"value.priv"})
	must(t, err)
	if len(got) != 1 || string(got[0].Attributes[0].Value) != "mine" {
		t.Error(got)
	}
	onServer(t, nil, 0, func(t *testing.T, s *imaptest.Server, c *imap.Client, _ *imap.Mailbox) {
		ctx := t.Context()
		must(t, c.SetMetadata(ctx, "INBOX", imap.MetadataEntry{Name: "/private/comment", Value: []byte("mine")}))
		m, err := c.GetMetadata(ctx, "INBOX", &imap.MetadataOptions{Depth: imap.MetadataAll}, "/private")
		must(t, err)
		if v, ok := m.Value("/private/comment"); !ok || string(v) != "mine" {
			t.Error(m)
		}
		o := &imap.ListOptions{ReturnMetadata: []string{"/private/comment"}}
		if got := shownList(t, c, "INBOX", o); got != `INBOX \HasNoChildren /private/comment "mine"` {
			t.Error(got)
		}
	})
}
