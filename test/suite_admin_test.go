package test

import (
	"errors"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
)

// adminProofs are of rights, limits and what is kept beside the mail.
var adminProofs = []proof{
	{ext: "ACL", needs: []string{"ACL"}, run: proveACL},
	{ext: "QUOTA", needs: []string{"QUOTA"}, run: proveQuota},
}

func proveACL(t *testing.T, e *env) {
	name := e.box(t)
	mine, err := e.c.MyRights(e.ctx, name)
	if err != nil || !mine.Has(imap.RightLookup+imap.RightRead+imap.RightAdminister) {
		t.Fatal(mine, err)
	}
	if e.s.other == "" {
		return
	}
	if err := e.c.SetACL(e.ctx, name, e.s.other, imap.RightsSet, "lr"); err != nil {
		t.Fatal(err)
	}
	if err := e.c.SetACL(e.ctx, name, e.s.other, imap.RightsAdd, "s"); err != nil {
		t.Fatal(err)
	}
	entries, err := e.c.GetACL(e.ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	has := func() (r imap.Rights) {
		for _, x := range entries {
			if x.Identifier == e.s.other {
				r = x.Rights
			}
		}
		return r
	}
	if !has().Has("lrs") {
		t.Errorf("%+v", entries)
	}
	if _, err := e.c.ListRights(e.ctx, name, e.s.other); err != nil {
		t.Error(err)
	}
	if err := e.c.DeleteACL(e.ctx, name, e.s.other); err != nil {
		t.Fatal(err)
	}
	if entries, err = e.c.GetACL(e.ctx, name); err != nil || has() != "" {
		t.Errorf("%+v %v", entries, err)
	}
}

func proveQuota(t *testing.T, e *env) {
	roots, err := e.c.GetQuotaRoot(e.ctx, "INBOX")
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range roots {
		again, err := e.c.GetQuota(e.ctx, q.Root)
		if refused := (*imap.ResponseError)(nil); errors.As(err, &refused) {
			continue // Cyrus: for administrators
		}
		if err != nil || len(again.Resources) != len(q.Resources) {
			t.Errorf("%+v, %+v, %v", q, again, err)
		}
		if u, ok := q.Of(imap.QuotaStorage); ok && u.Limit <= 0 {
			t.Errorf("%+v", u)
		}
	}
}
