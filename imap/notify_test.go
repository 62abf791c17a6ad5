package imap_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/search"
)

// happened is an event as words.
func happened(e imap.Event) string {
	switch e := e.(type) {
	case imap.SelectedChanged:
		if u, ok := e.Update.(imap.Changed); ok {
			n := 0
			for range u.Message.Bodies() {
				n++
			}
			return fmt.Sprint(e.Mailbox, ": changed ", u.Message.UID, " ", u.Message.Flags, " ", n)
		}
		return e.Mailbox + ": " + said(e.Update)
	case imap.StatusChanged:
		s := e.Status
		text := fmt.Sprint("status ", s.Mailbox, " next ", s.UIDNext, " validity ", s.UIDValidity, " modseq ", s.HighestModSeq)
		if s.Messages != nil {
			text += fmt.Sprint(" messages ", *s.Messages)
		}
		return text
	case imap.NameChanged:
		return fmt.Sprint("name ", e.Entry.Mailbox, " old ", e.OldName, " ", e.Gone(), e.NoAccess(), e.Subscribed())
	case imap.MetadataChanged:
		return fmt.Sprint("metadata ", e.Mailbox, " ", e.Entries)
	case imap.NotifyEnded:
		return "ended " + e.Text
	case imap.Other:
		return "other " + e.Name
	case imap.Overflow:
		return fmt.Sprint("overflow ", e.Dropped)
	}
	return fmt.Sprintf("%T", e)
}

// events collects n events.
func events(t *testing.T, c *imap.Client, n int) (all []string) {
	t.Helper()
	for e, err := range c.Events(t.Context()) {
		if err != nil {
			t.Fatal(err, all)
		}
		if all = append(all, happened(e)); len(all) == n {
			break
		}
	}
	return all
}

func wantEvents(t *testing.T, c *imap.Client, want ...string) {
	t.Helper()
	if got := events(t, c, len(want)); !slices.Equal(got, want) {
		t.Fatalf("got  %q\nwant %q", got, want)
	}
}

var (
	arrivals  = []imap.NotifyEvent{imap.NotifyMessageNew, imap.NotifyMessageExpunge}
	selection = imap.NotifyGroup{Mailboxes: imap.NotifySelected, Events: arrivals}
)

// RFC 5465 §3.1, the example, with what the RFC's own grammar wants added.
func TestNotifyExample(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := talk(t, "NOTIFY", `
			C: $2 NOTIFY SET STATUS (SELECTED (MessageNew (UID BODY.PEEK[HEADER.FIELDS (From To Subject)]) MessageExpunge)) (SUBTREE Lists (MessageNew MessageExpunge))
			S: * STATUS Lists/Lemonade (UIDVALIDITY 4 UIDNEXT 9999 MESSAGES 500)
			S: * STATUS Lists/Im2000 (UIDVALIDITY 901 UIDNEXT 1 MESSAGES 0)
			S: $2 OK done
			S: * STATUS Lists/Lemonade (UIDVALIDITY 4 UIDNEXT 10000 MESSAGES 501)
			S: * 127 EXISTS
			S: * 127 FETCH (UID 127001 BODY[HEADER.FIELDS (From To Subject)] {77}
			S: Subject: Re: good morning
			S: From: alice@example.org
			S: To: bob@example.org
			S: 
			S: )
			C: $3 STATUS misc (UIDVALIDITY UIDNEXT MESSAGES)
			S: * STATUS misc (UIDVALIDITY 1 UIDNEXT 999 MESSAGES 555)
			S: $3 OK STATUS completed
			C: $4 NOTIFY SET (SELECTED (MessageNew MessageExpunge)) (SUBTREE (Lists "Other Lists") (MessageNew MessageExpunge)) (MAILBOXES misc (MessageNew MessageExpunge))
			S: $4 OK done
			S: * STATUS misc (UIDNEXT 999 MESSAGES 554)
			C: $5 NOTIFY NONE
			S: $5 OK done`, nil)
		fetch := &imap.FetchOptions{Sections: []imap.Section{{Kind: imap.HeaderFields, Fields: []string{"From", "To", "Subject"}}}}
		group := imap.NotifyGroup{Mailboxes: imap.NotifySelected, Events: arrivals, Fetch: fetch}
		lists := imap.NotifyGroup{Mailboxes: imap.NotifySubtree, Names: []string{"Lists"}, Events: arrivals}
		found, err := c.Notify(t.Context(), &imap.NotifyOptions{Status: true, Groups: []imap.NotifyGroup{group, lists}})
		if err != nil || len(found) != 2 || found[0].Mailbox != "Lists/Lemonade" || found[0].UIDNext != 9999 || *found[1].Messages != 0 {
			t.Fatal(found, err)
		}
		synctest.Wait() // what comes before the loop is kept for it
		wantEvents(t, c, "status Lists/Lemonade next 10000 validity 4 modseq 0 messages 501",
			"INBOX: exists 127", "INBOX: changed 127001 [] 1")
		if _, err := c.Status(t.Context(), "misc", imap.StatusUIDValidity, imap.StatusUIDNext, imap.StatusMessages); err != nil {
			t.Fatal(err)
		}
		lists.Names = append(lists.Names, "Other Lists")
		misc := imap.NotifyGroup{Mailboxes: imap.NotifyNamed, Names: []string{"misc"}, Events: arrivals}
		found, err = c.Notify(t.Context(), &imap.NotifyOptions{Groups: []imap.NotifyGroup{selection, lists, misc}})
		if err != nil || found != nil {
			t.Fatal(found, err)
		}
		// The answer to STATUS cannot be told from news.
		wantEvents(t, c, "status misc next 999 validity 1 modseq 0 messages 555", "status misc next 999 validity 0 modseq 0 messages 554")
		if _, err := c.Notify(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	})
}

// RFC 5465 §5: the examples of what is told.
func TestNotifyTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "NOTIFY", `
			C: $1 NOTIFY SET (INBOXES (MessageNew MessageExpunge FlagChange AnnotationChange)) (PERSONAL (MailboxName SubscriptionChange MailboxMetadataChange)) (SUBSCRIBED NONE) (MAILBOXES "" (ServerMetadataChange X-Event))
			S: $1 OK done
			S: * STATUS Lists/Lemonade (HIGHESTMODSEQ 65666665 UIDVALIDITY 101)
			S: * LIST () "/" "NewMailbox"
			S: * LIST (\NonExistent) "." "INBOX.DeletedMailbox"
			S: * LIST () "/" "NewMailbox" ("OLDNAME" ("OldMailbox"))
			S: * LIST () "/" B (OLDNAME ("Caf&AOk-"))
			S: * LIST () "/" C ("OLDNAME" NIL)
			S: * LIST (\Subscribed) "/" "SubscribedMailbox"
			S: * LIST (\NoAccess) "/" Secret
			S: * METADATA "INBOX" /shared/comment
			S: * METADATA "" /shared/comment /private/x
			S: * XNEWS 1
			S: * OK [NOTIFICATIONOVERFLOW] too much`, nil)
		all := append(slices.Clone(arrivals), imap.NotifyFlagChange, imap.NotifyAnnotationChange)
		_, err := c.Notify(t.Context(), &imap.NotifyOptions{Groups: []imap.NotifyGroup{
			{Mailboxes: imap.NotifyInboxes, Events: all},
			{Mailboxes: imap.NotifyPersonal, Events: []imap.NotifyEvent{imap.NotifyMailboxName, imap.NotifySubscriptionChange, imap.NotifyMailboxMetadataChange}},
			{Mailboxes: imap.NotifySubscribed},
			{Mailboxes: imap.NotifyNamed, Names: []string{""}, Events: []imap.NotifyEvent{imap.NotifyServerMetadataChange, "X-Event"}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		wantEvents(t, c, "status Lists/Lemonade next 0 validity 101 modseq 65666665",
			"name NewMailbox old  false false false",
			"name INBOX.DeletedMailbox old  true false false",
			"name NewMailbox old OldMailbox false false false",
			"name B old Café false false false",
			"name C old  false false false",
			"name SubscribedMailbox old  false false true",
			"name Secret old  false true false",
			"metadata INBOX [/shared/comment]",
			"metadata  [/shared/comment /private/x]",
			"other XNEWS",
			"ended too much")
	})
}

func TestNotifyRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := talk(t, "NOTIFY", `
			C: $2 NOTIFY SET (SELECTED (MessageNew MessageExpunge))
			S: $2 NO [BADEVENT (MessageNew MessageExpunge FlagChange)] not that
			C: $3 NOTIFY SET (SELECTED (MessageNew MessageExpunge))
			S: $3 NO [NOTIFICATIONOVERFLOW] too much
			C: $4 NOTIFY SET (SELECTED (MessageNew MessageExpunge))
			S: $4 BAD what`, nil)
		opts := &imap.NotifyOptions{Groups: []imap.NotifyGroup{selection}}
		_, err := c.Notify(t.Context(), opts)
		bad, ok := errors.AsType[*imap.BadEventError](err)
		if !ok || !slices.Equal(bad.Supported, []imap.NotifyEvent{"MessageNew", "MessageExpunge", "FlagChange"}) || !errors.Is(err, imap.CodeBadEvent) {
			t.Fatal(err)
		}
		if _, ok := errors.AsType[*imap.ResponseError](err); !ok {
			t.Fatal(err)
		}
		if _, err := c.Notify(t.Context(), opts); !errors.Is(err, imap.CodeNotificationOverflow) {
			t.Fatal(err)
		}
		if _, err := c.Notify(t.Context(), opts); err == nil {
			t.Fatal("no error")
		}
	})
}

func TestNotifyBadArguments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type g = imap.NotifyGroup
		c, _ := talk(t, "NOTIFY", "", nil)
		for name, groups := range map[string][]g{
			"two selected":    {selection, {Mailboxes: imap.NotifySelectedDelayed, Events: arrivals}},
			"only new":        {{Mailboxes: imap.NotifyPersonal, Events: arrivals[:1]}},
			"only expunge":    {{Mailboxes: imap.NotifyPersonal, Events: arrivals[1:]}},
			"flags alone":     {{Mailboxes: imap.NotifyPersonal, Events: []imap.NotifyEvent{imap.NotifyFlagChange}}},
			"names, selected": {{Mailboxes: imap.NotifySelected, Events: append(slices.Clone(arrivals), imap.NotifyMailboxName)}},
			"no names":        {{Mailboxes: imap.NotifyNamed, Events: arrivals}},
			"names":           {{Mailboxes: imap.NotifyPersonal, Names: []string{"a"}, Events: arrivals}},
			"fetch":           {{Mailboxes: imap.NotifyPersonal, Events: arrivals, Fetch: &imap.FetchOptions{}}},
			"fetch, seen":     {{Mailboxes: imap.NotifySelected, Events: arrivals, Fetch: &imap.FetchOptions{MarkSeen: true}}},
			"kind":            {{Mailboxes: 77}},
			"event":           {{Mailboxes: imap.NotifyPersonal, Events: []imap.NotifyEvent{"a b"}}},
			"name":            {{Mailboxes: imap.NotifyNamed, Names: []string{"a\x00"}, Events: arrivals}},
		} {
			if _, err := c.Notify(t.Context(), &imap.NotifyOptions{Groups: groups}); !isArgumentError(err) {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err := c.Notify(t.Context(), &imap.NotifyOptions{Groups: []g{{Events: arrivals, Fetch: &imap.FetchOptions{Preview: true}}}})
		if lacks, ok := errors.AsType[*imap.UnsupportedError](err); !ok || lacks.Capability != "PREVIEW" {
			t.Error(err)
		}
		c, _ = talk(t, "", "", nil)
		if _, err := c.Notify(t.Context(), nil); !errors.Is(err, imap.ErrUnsupported) {
			t.Error(err)
		}
	})
}

// NOTIFY and IDLE live together; without the selected mailbox, and when the
// server gives up, IDLE would hear nothing, and says so.
func TestNotifyAndIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "NOTIFY IDLE", `
			C: $2 NOTIFY SET (SELECTED (MessageNew MessageExpunge))
			S: * 4 EXISTS
			S: $2 OK done
			C: $3 IDLE
			S: + idling
			S: * 5 EXISTS
			S: * STATUS Other (MESSAGES 1 UIDNEXT 2)
			S: * OK [NOTIFICATIONOVERFLOW] too much
			C: DONE
			S: $3 OK done
			C: $4 NOTIFY SET (SELECTED-DELAYED (MessageNew MessageExpunge))
			S: $4 OK done
			C: $5 IDLE
			S: + idling
			S: * 6 EXISTS
			C: DONE
			S: $5 OK done
			C: $6 NOTIFY SET (PERSONAL (MessageNew MessageExpunge))
			S: $6 OK done`, nil)
		if _, err := c.Notify(t.Context(), &imap.NotifyOptions{Groups: []imap.NotifyGroup{selection}}); err != nil {
			t.Fatal(err)
		}
		heard, err := hear(t.Context(), box, 9, nil)
		if !errors.Is(err, imap.ErrNotNotified) || !slices.Equal(heard, []string{"state 4", "exists 5"}) {
			t.Fatal(heard, err)
		}
		if heard, err := hear(t.Context(), box, 9, nil); !errors.Is(err, imap.ErrNotNotified) {
			t.Fatal(heard, err)
		}
		delayed := imap.NotifyGroup{Mailboxes: imap.NotifySelectedDelayed, Events: arrivals}
		if _, err := c.Notify(t.Context(), &imap.NotifyOptions{Groups: []imap.NotifyGroup{delayed}}); err != nil {
			t.Fatal(err)
		}
		wantHeard(t, box, "exists 6")
		wantEvents(t, c, "INBOX: exists 4", "INBOX: exists 5", "status Other next 2 validity 0 modseq 0 messages 1", "ended too much", "INBOX: exists 6")
		others := imap.NotifyGroup{Mailboxes: imap.NotifyPersonal, Events: arrivals}
		if _, err := c.Notify(t.Context(), &imap.NotifyOptions{Groups: []imap.NotifyGroup{others}}); err != nil {
			t.Fatal(err)
		}
		if heard, err := hear(t.Context(), box, 9, nil); !errors.Is(err, imap.ErrNotNotified) {
			t.Fatal(heard, err)
		}
	})
}

// With NOTIFY on, the server speaks whenever it likes: among the answers to
// STATUS and LIST, while a message is fetched, between commands.
func TestNotifyAmongAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "NOTIFY", `
			C: $2 NOTIFY SET (SELECTED (MessageNew MessageExpunge)) (PERSONAL (MessageNew MessageExpunge))
			S: $2 OK done
			C: $3 STATUS A (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)
			S: * STATUS B (MESSAGES 7 UIDNEXT 8)
			S: * STATUS A (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3 UNSEEN 0)
			S: * STATUS A (MESSAGES 2 UIDNEXT 3)
			S: $3 OK done
			C: $4 LIST "" "*"
			S: * LIST () "/" A
			S: * LIST (\NonExistent) "/" B
			S: $4 OK done
			C: $5 UID FETCH 2:3 (UID RFC822.SIZE)
			S: * 2 FETCH (UID 2 RFC822.SIZE 22)
			S: * 1 EXPUNGE
			S: * 3 EXISTS
			S: * 3 FETCH (UID 4 RFC822.SIZE 44)
			S: * 2 FETCH (UID 3 RFC822.SIZE 33)
			S: $5 OK done`, nil)
		groups := []imap.NotifyGroup{selection, {Mailboxes: imap.NotifyPersonal, Events: arrivals}}
		if _, err := c.Notify(t.Context(), &imap.NotifyOptions{Groups: groups}); err != nil {
			t.Fatal(err)
		}
		s, err := c.Status(t.Context(), "A")
		if err != nil || s.UIDValidity != 3 || s.Unseen == nil || *s.Messages != 1 {
			t.Fatal(s, err)
		}
		for _, err := range c.List(t.Context(), "*", nil) {
			if err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		for m, err := range box.Fetch(t.Context(), imap.UIDRange(2, 3), &imap.FetchOptions{Size: true}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprint(m.UID, m.Seq, m.Size))
		}
		if !slices.Equal(got, []string{"2 2 22", "3 2 33"}) || box.State().Exists != 3 {
			t.Fatal(got, box.State().Exists)
		}
		wantEvents(t, c, "status B next 8 validity 0 modseq 0 messages 7", "status A next 2 validity 3 modseq 0 messages 1",
			"status A next 3 validity 0 modseq 0 messages 2", "name A old  false false false", "name B old  true false false",
			"INBOX: expunged 1", "INBOX: exists 3", "INBOX: changed 4 [] 0")
	})
}

// Numbers may change at any time: a search for numbers then fails and does not
// mean other messages.
func TestNotifyRenumbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "NOTIFY", `
			C: $2 NOTIFY SET (SELECTED (MessageNew MessageExpunge))
			S: $2 OK done
			C: $3 SEARCH 2:3
			S: * 1 EXPUNGE
			S: * SEARCH 2
			S: $3 OK done
			C: $4 SEARCH ALL
			S: * 1 EXPUNGE
			S: * SEARCH 1
			S: $4 OK done
			C: $5 UID SEARCH 1
			S: * 1 EXPUNGE
			S: * SEARCH 3
			S: $5 OK done`, nil)
		if _, err := c.Notify(t.Context(), &imap.NotifyOptions{Groups: []imap.NotifyGroup{selection}}); err != nil {
			t.Fatal(err)
		}
		if set, err := box.SearchSeq(t.Context(), search.Numbers(imap.SeqRange(2, 3))); !errors.Is(err, imap.ErrRenumbered) {
			t.Fatal(set, err)
		}
		set, err := box.SearchSeq(t.Context(), nil)
		if err != nil || set.String() != "1" {
			t.Fatal(set, err)
		}
		if uids, err := box.UIDs(t.Context(), set); !errors.Is(err, imap.ErrRenumbered) {
			t.Fatal(uids, err)
		}
	})
}

// A loop that is too slow hears how much it missed; what an ended loop did not
// take waits for the next; the end of the connection ends it.
func TestEventsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := talk(t, "NOTIFY", `
			C: $2 NOTIFY SET (SELECTED (MessageNew MessageExpunge))
			S: * 4 EXISTS
			S: * 5 EXISTS
			S: * 6 EXISTS
			S: $2 OK done
			C: $3 NOOP
			`+strings.Repeat("S: * 7 EXISTS\n", 5000)+`
			S: $3 OK done`, nil)
		if _, err := c.Notify(t.Context(), &imap.NotifyOptions{Groups: []imap.NotifyGroup{selection}}); err != nil {
			t.Fatal(err)
		}
		wantEvents(t, c, "INBOX: exists 4")
		wantEvents(t, c, "INBOX: exists 5")
		noop(t, c)
		all := events(t, c, 4097)
		if all[0] != "INBOX: exists 6" || all[4096] != "overflow 905" {
			t.Error(all[0], all[4096])
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for e, err := range c.Events(ctx) {
			if e != nil || !errors.Is(err, context.Canceled) {
				t.Error(e, err)
			}
		}
		c.Close()
		for e, err := range c.Events(t.Context()) {
			if e != nil || !errors.Is(err, imap.ErrClosed) {
				t.Error(e, err)
			}
		}
	})
}
