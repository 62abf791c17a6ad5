package test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/test/live"
)

// What List does by other commands, where the server lacks its options, is what
// a server does that has them.
func TestLiveListByOtherMeans(t *testing.T) {
	d := live.StartDovecot(t, nil)
	ctx := within(t)
	dial := func(quirks map[imap.Quirk]bool) *imap.Client {
		c, err := imap.Dial(ctx, d.TLSAddr(), &imap.Options{TLSConfig: d.TLSConfig(), Quirks: quirks})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if err := c.Login(ctx, "bob", "pass"); err != nil {
			t.Fatal(err)
		}
		return c
	}
	able, unable := dial(nil), dial(map[imap.Quirk]bool{imap.QuirkBadListExtended: true})
	if !able.Has("LIST-EXTENDED") || !able.Has("LIST-STATUS") {
		t.Skip("this Dovecot has no LIST-EXTENDED")
	}
	for _, name := range []string{"a", "a/b", "a/b/c", "Größe", "x y"} {
		if err := able.Create(ctx, name); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"a/b", "Größe", "INBOX"} {
		if err := able.Subscribe(ctx, name); err != nil {
			t.Fatal(err)
		}
	}
	// Until there is something in it, Dovecot's INBOX half exists.
	if _, err := able.Append(ctx, "INBOX", strings.NewReader(message(1, 100)), int64(len(message(1, 100))), nil); err != nil {
		t.Fatal(err)
	}
	status := []imap.StatusItem{imap.StatusMessages, imap.StatusUIDValidity}
	for _, o := range []imap.ListOptions{
		{Patterns: []string{"a/%", "a*"}, ReturnChildren: true},
		{ReturnSubscribed: true, ReturnChildren: true},
		{SelectSubscribed: true, ReturnChildren: true},
		{SelectSubscribed: true, ReturnStatus: status},
		{ReturnStatus: status, ReturnSubscribed: true},
	} {
		for _, pattern := range []string{"*", "%", "a/%", "nowhere"} {
			want, got := listing(t, able, pattern, &o), listing(t, unable, pattern, &o)
			if !slices.Equal(got, want) {
				t.Errorf("%s %+v\nby other means %q\nby itself      %q", pattern, o, got, want)
			}
		}
	}
}

// listing is what List says in words that do not depend on the server's taste.
func listing(t *testing.T, c *imap.Client, pattern string, o *imap.ListOptions) []string {
	var all []string
	for e, err := range c.List(within(t), pattern, o) {
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			break
		}
		s := e.Mailbox
		if o.ReturnSubscribed || o.SelectSubscribed {
			s += fmt.Sprint(" subscribed ", e.Has(`\Subscribed`))
		}
		if o.ReturnChildren {
			s += fmt.Sprint(" children ", e.Has(`\HasChildren`), e.Has(`\HasNoChildren`))
		}
		if e.Status != nil && e.Status.Messages != nil {
			s += fmt.Sprint(" status ", *e.Status.Messages, e.Status.UIDValidity)
		}
		all = append(all, strings.ToLower(s))
	}
	slices.Sort(all)
	return all
}
