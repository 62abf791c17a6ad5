package test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
)

// listProofs are of what LIST and STATUS tell.
var listProofs = []proof{
	{ext: "LIST-EXTENDED", needs: []string{"LIST-EXTENDED|IMAP4rev2"}, run: proveListExtended},
	{ext: "LIST-STATUS", needs: []string{"LIST-STATUS|IMAP4rev2"}, run: proveListStatus},
	{ext: "LIST-MYRIGHTS", needs: []string{"LIST-MYRIGHTS"}, run: proveListMyRights},
	{ext: "LIST-METADATA", needs: []string{"LIST-METADATA"}, run: proveListMetadata},
	{ext: "CHILDREN", needs: []string{"CHILDREN"}, run: proveChildren},
	{ext: "SPECIAL-USE", needs: []string{"SPECIAL-USE|IMAP4rev2"}, run: proveSpecialUse},
	{ext: "CREATE-SPECIAL-USE", needs: []string{"CREATE-SPECIAL-USE"}, run: proveCreateSpecialUse},
	{ext: "STATUS=SIZE", needs: []string{"STATUS=SIZE|IMAP4rev2"}, run: proveStatusSize},
}

// listed returns what a List of this run's mailboxes yields.
func (e *env) listed(t *testing.T, pattern string, opts *imap.ListOptions) map[string]*imap.ListEntry {
	t.Helper()
	all := map[string]*imap.ListEntry{}
	for l, err := range e.c.List(e.ctx, pattern, opts) {
		if err != nil {
			t.Fatal(err)
		}
		if all[l.Mailbox] != nil {
			t.Errorf("%s is listed twice", l.Mailbox)
		}
		all[l.Mailbox] = l
	}
	return all
}

func proveListExtended(t *testing.T, e *env) {
	a, b, c := e.box(t), e.box(t), e.box(t)
	if err := e.c.Subscribe(e.ctx, b); err != nil {
		t.Fatal(err)
	}
	all := e.listed(t, a, &imap.ListOptions{Patterns: []string{b}, ReturnSubscribed: true, ReturnChildren: true})
	if all[a] == nil || all[b] == nil || all[c] != nil || all[a].Has(`\Subscribed`) || !all[b].Has(`\Subscribed`) || !all[a].Has(`\HasNoChildren`) {
		t.Errorf("%+v %+v", all[a], all[b])
	}
	mine := e.listed(t, e.root+"*", &imap.ListOptions{SelectSubscribed: true})
	if len(mine) != 1 || mine[b] == nil {
		t.Errorf("%v", mine)
	}
	if err := e.c.Unsubscribe(e.ctx, b); err != nil {
		t.Error(err)
	}
}

func proveListStatus(t *testing.T, e *env) {
	a, b := e.box(t), e.box(t)
	e.append(t, b, mail("one"))
	all := e.listed(t, e.root+"*", &imap.ListOptions{ReturnStatus: []imap.StatusItem{imap.StatusMessages, imap.StatusUIDNext}})
	for name, want := range map[string]uint32{a: 0, b: 1} {
		if l := all[name]; l == nil || l.Status == nil || l.Status.Messages == nil || *l.Status.Messages != want || l.Status.UIDNext == 0 {
			t.Errorf("%s: %+v", name, l)
		}
	}
}

func proveListMyRights(t *testing.T, e *env) {
	name := e.box(t)
	all := e.listed(t, name, &imap.ListOptions{ReturnMyRights: true})
	if all[name] == nil || !all[name].MyRights.Has(imap.RightLookup+imap.RightRead) {
		t.Errorf("%+v", all[name])
	}
}

func proveListMetadata(t *testing.T, e *env) {
	name := e.box(t)
	note := imap.MetadataEntry{Name: "/private/comment", Value: []byte("a note")}
	if err := e.c.SetMetadata(e.ctx, name, note); err != nil {
		t.Fatal(err)
	}
	all := e.listed(t, name, &imap.ListOptions{ReturnMetadata: []string{note.Name}})
	if l := all[name]; l == nil || len(l.Metadata) != 1 || string(l.Metadata[0].Value) != "a note" {
		t.Errorf("%+v", l)
	}
}

func proveChildren(t *testing.T, e *env) {
	name := e.box(t)
	all := e.listed(t, e.root[:len(e.root)-1], nil)
	if l := all[e.root[:len(e.root)-1]]; l == nil || !l.Has(`\HasChildren`) {
		t.Errorf("%+v, above %s", l, name)
	}
}

// The suite's servers have mailboxes for special uses, or let the next proof
// make one.
func proveSpecialUse(t *testing.T, e *env) {
	if e.s.lasting {
		e.unproved = true
		return
	}
	if e.c.Has("CREATE-SPECIAL-USE") {
		e.special(t, imap.SpecialSent)
	} else if err := e.c.Create(e.ctx, "Sent"); err != nil && !errors.Is(err, imap.CodeAlreadyExists) {
		t.Fatal(err)
	}
	found, err := e.c.SpecialMailboxes(e.ctx)
	if err != nil {
		t.Fatal(err)
	}
	sent, ok := found[imap.SpecialSent]
	if !ok || sent.By != imap.SpecialByAttribute && e.c.Has("CREATE-SPECIAL-USE") {
		t.Errorf("%+v", found)
	}
	names := e.listed(t, "*", &imap.ListOptions{SelectSpecialUse: true})
	if ok && sent.By == imap.SpecialByAttribute && names[sent.Mailbox] == nil {
		t.Errorf("%v", names)
	}
}

// special makes a mailbox for a use.
func (e *env) special(t *testing.T, use imap.SpecialUse) (name string) {
	t.Helper()
	name = "idlewild " + strings.TrimPrefix(string(use), "\\") // Cyrus has special uses at the top only, and keeps them
	if _, err := e.c.CreateMailbox(e.ctx, name, &imap.CreateOptions{Uses: []imap.SpecialUse{use}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c, err := e.s.dial(context.WithoutCancel(e.ctx))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.Delete(context.WithoutCancel(e.ctx), name); err != nil {
			t.Log(err)
		}
	})
	return name
}

func proveCreateSpecialUse(t *testing.T, e *env) {
	if e.s.lasting {
		e.unproved = true // somebody's own mailbox may have the use
		return
	}
	name := e.special(t, imap.SpecialArchive)
	all := e.listed(t, name, &imap.ListOptions{ReturnSpecialUse: true})
	if l := all[name]; l == nil || !slices.Contains(l.SpecialUses(), imap.SpecialArchive) {
		t.Errorf("%+v", l)
	}
}

func proveStatusSize(t *testing.T, e *env) {
	name := e.box(t)
	text := mail("one")
	e.append(t, name, text)
	st, err := e.c.Status(e.ctx, name, imap.StatusSize)
	if err != nil || st.Size == nil || *st.Size != int64(len(text)) {
		t.Errorf("%+v %v", st, err)
	}
}
