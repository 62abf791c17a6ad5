package test

import (
	"errors"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
)

// adminProofs are of rights, limits and what is kept beside the mail.
var adminProofs = []proof{
	{ext: "ACL", needs: []string{"ACL"}, run: proveACL},
	{ext: "QUOTA", needs: []string{"QUOTA"}, run: proveQuota},
	{ext: "METADATA", needs: []string{"METADATA"}, run: proveMetadata},
	{ext: "NOTIFY", needs: []string{"NOTIFY"}, run: proveNotify},
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

func proveMetadata(t *testing.T, e *env) {
	name := e.box(t)
	note := imap.MetadataEntry{Name: "/private/comment", Value: []byte("a \"note\"\r\nof two lines")}
	if err := e.c.SetMetadata(e.ctx, name, note); err != nil {
		t.Fatal(err)
	}
	read := func() []byte {
		md, err := e.c.GetMetadata(e.ctx, name, nil, note.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range md.Entries {
			if x.Name == note.Name {
				return x.Value
			}
		}
		return nil
	}
	if got := read(); string(got) != string(note.Value) {
		t.Errorf("%q", got)
	}
	if err := e.c.SetMetadata(e.ctx, name, imap.MetadataEntry{Name: note.Name}); err != nil {
		t.Fatal(err)
	}
	if got := read(); got != nil {
		t.Errorf("removed, but %q", got)
	}
}

func proveNotify(t *testing.T, e *env) {
	name, selected := e.box(t), e.open(t)
	_, err := e.c.Notify(e.ctx, &imap.NotifyOptions{Groups: []imap.NotifyGroup{
		{Mailboxes: imap.NotifySelectedDelayed, Events: []imap.NotifyEvent{imap.NotifyMessageNew, imap.NotifyMessageExpunge}},
		{Mailboxes: imap.NotifyNamed, Names: []string{name}, Events: []imap.NotifyEvent{imap.NotifyMessageNew, imap.NotifyMessageExpunge}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		other, err := e.s.dial(e.ctx)
		for _, to := range []string{name, selected.Name()} {
			if m := mail("news"); err == nil {
				_, err = other.Append(e.ctx, to, strings.NewReader(m), int64(len(m)), nil)
			}
		}
		if err == nil {
			err = other.Logout(e.ctx)
		}
		if err == nil {
			err = e.c.Noop(e.ctx) // Dovecot tells nothing of the selected one before
		}
		done <- err
	}()
	heard := map[string]bool{}
	for ev, err := range e.c.Events(e.ctx) {
		if err != nil {
			t.Fatal(err)
		}
		switch ev := ev.(type) {
		case imap.StatusChanged:
			heard[ev.Status.Mailbox] = true
		case imap.SelectedChanged:
			if x, ok := ev.Update.(imap.Exists); ok && x.Count == 1 {
				heard[selected.Name()] = true
			}
		}
		if heard[name] && heard[selected.Name()] {
			break
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
