package test

import (
	"context"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
)

// notifyProofs are of NOTIFY with all that it can be asked for.
var notifyProofs = []proof{
	{ext: "NOTIFY", needs: []string{"NOTIFY", "IDLE"}, run: proveNotifyFetch},
	{ext: "NOTIFY", needs: []string{"NOTIFY"}, run: proveNotifyNames},
}

// await loops over events until what is wanted has come.
func await(t *testing.T, e *env, want func(imap.Event) bool) {
	t.Helper()
	for ev, err := range e.c.Events(e.ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if want(ev) {
			return
		}
	}
}

// What is new in the selected mailbox comes with what was asked for; so do its
// flags, and that it is gone. Dovecot tells that only in IDLE and in answer to
// commands, so there is a loop over Idle beside the one over Events.
func proveNotifyFetch(t *testing.T, e *env) {
	box := e.open(t)
	other := e.more(t)
	_, err := e.c.Notify(e.ctx, &imap.NotifyOptions{Groups: []imap.NotifyGroup{{
		Mailboxes: imap.NotifySelected,
		Events:    []imap.NotifyEvent{imap.NotifyMessageNew, imap.NotifyMessageExpunge, imap.NotifyFlagChange},
		Fetch:     &imap.FetchOptions{Envelope: true},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(e.ctx)
	idle := make(chan struct{})
	defer func() { cancel(); <-idle }()
	go func() {
		defer close(idle)
		for _, err := range box.Idle(ctx, nil) {
			if err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		}
	}()
	m := mail("news")
	if _, err := other.Append(e.ctx, box.Name(), strings.NewReader(m), int64(len(m)), nil); err != nil {
		t.Fatal(err)
	}
	await(t, e, func(ev imap.Event) bool {
		s, _ := ev.(imap.SelectedChanged)
		c, ok := s.Update.(imap.Changed)
		return ok && s.Mailbox == box.Name() && c.Message.UID != 0 && c.Message.Envelope != nil && c.Message.Envelope.Subject == "news"
	})
	theirs, err := other.Select(e.ctx, box.Name(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := theirs.AddFlags(e.ctx, imap.UIDRange(1, imap.MaxUID), imap.FlagDeleted); err != nil {
		t.Fatal(err)
	}
	await(t, e, func(ev imap.Event) bool {
		s, _ := ev.(imap.SelectedChanged)
		c, ok := s.Update.(imap.Changed)
		return ok && len(c.Message.Flags) > 0
	})
	if err := theirs.Expunge(e.ctx); err != nil {
		t.Fatal(err)
	}
	await(t, e, func(ev imap.Event) bool {
		s, _ := ev.(imap.SelectedChanged)
		x, ok := s.Update.(imap.Expunged)
		return ok && x.Seq == 1
	})
	cancel()
	<-idle
	if n := box.State().Exists; n != 0 {
		t.Error(n)
	}
	if _, err := e.c.Notify(e.ctx, nil); err != nil {
		t.Error(err)
	}
}

// Names that come, change and go, and subscriptions.
func proveNotifyNames(t *testing.T, e *env) {
	name := e.box(t)
	other := e.more(t)
	found, err := e.c.Notify(e.ctx, &imap.NotifyOptions{Status: true, Groups: []imap.NotifyGroup{
		{Mailboxes: imap.NotifyNamed, Names: []string{name}, Events: []imap.NotifyEvent{imap.NotifyMessageNew, imap.NotifyMessageExpunge}},
		{Mailboxes: imap.NotifyPersonal, Events: []imap.NotifyEvent{imap.NotifyMailboxName, imap.NotifySubscriptionChange}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	told := false // Dovecot tells of others too
	for _, s := range found {
		told = told || s.Mailbox == name && s.UIDNext != 0 && s.UIDValidity != 0 && s.Messages != nil
	}
	if !told {
		t.Errorf("nothing of %s", name)
	}
	is := func(want string, check func(imap.NameChanged) bool) func(imap.Event) bool {
		return func(ev imap.Event) bool {
			n, ok := ev.(imap.NameChanged)
			return ok && n.Entry.Mailbox == want && check(n)
		}
	}
	made, renamed := name+"-x", name+"-y"
	for _, step := range []struct {
		do   func() error
		want func(imap.Event) bool
	}{
		{func() error { return other.Create(e.ctx, made) }, is(made, func(n imap.NameChanged) bool { return !n.Gone() })},
		{func() error { return other.Subscribe(e.ctx, made) }, is(made, func(n imap.NameChanged) bool { return n.Subscribed() })},
		{func() error { return other.Unsubscribe(e.ctx, made) }, is(made, func(n imap.NameChanged) bool { return !n.Subscribed() })},
		{func() error { return other.Rename(e.ctx, made, renamed) }, is(renamed, func(n imap.NameChanged) bool { return n.OldName == made })},
		{func() error { return other.Delete(e.ctx, renamed) }, is(renamed, imap.NameChanged.Gone)},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		await(t, e, step.want)
	}
}
