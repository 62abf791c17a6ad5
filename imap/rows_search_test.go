package imap_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/search"
)

// onLetters runs f with a client of a server of ours, and a small
// correspondence in INBOX.
func onLetters(t *testing.T, o imaptest.Options, f func(t *testing.T, s *imaptest.Server, c *imap.Client, box *imap.Mailbox)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := imaptest.NewServer(&o)
		defer s.Close()
		s.AddUser("alice", "pass")
		for i, l := range []struct{ from, subject, refs, flag string }{
			{"Bob <bob@example.org>", "Minutes", "", `\Seen`},
			{"alice@example.org", "Agenda \\ \"May\"", "", `\Flagged`},
			{"Carl <carl@example.org>", "Re: Minutes", "<0@x>", "$Junk"},
			{"=?utf-8?q?J=C3=B6rg?= <joerg@example.org>", "=?utf-8?q?Caf=C3=A9?=", "", ""},
			{"Bob <bob@example.org>", "Re: Minutes", "<2@x>", `\Seen`},
		} {
			text := fmt.Sprintf("Message-ID: <%d@x>\nDate: %02d Jan 2026 10:00:00 +0000\nFrom: %s\nTo: alice@example.org\nSubject: %s\nReferences: %s\n\nletter %d%s\n",
				i, 9-i, l.from, l.subject, l.refs, i, strings.Repeat("!", 100*i))
			if _, err := s.Deliver("alice", "INBOX", imaptest.CRLF(text), &imaptest.DeliverOptions{Flags: []string{l.flag}[:min(len(l.flag), 1)]}); err != nil {
				t.Fatal(err)
			}
		}
		c, box := login(t, s, nil)
		defer c.Close()
		f(t, s, c, box)
	})
}

// found is what a query finds, in short.
func found(t *testing.T, box *imap.Mailbox, q imap.Query) string {
	t.Helper()
	set, err := box.Search(t.Context(), q)
	if err != nil {
		return err.Error()
	}
	return set.String()
}

func TestR058_SearchByUIDAndNumber(t *testing.T) {
	onLetters(t, imaptest.Options{}, func(t *testing.T, s *imaptest.Server, c *imap.Client, box *imap.Mailbox) {
		if err := s.Remove("alice", "INBOX", 1); err != nil {
			t.Fatal(err)
		}
		if err := c.Noop(t.Context()); err != nil {
			t.Fatal(err)
		}
		seqs, err := box.SearchSeq(t.Context(), search.Seen)
		if uids := found(t, box, search.Seen); uids != "5" || seqs.String() != "4" || err != nil {
			t.Error(uids, seqs, err)
		}
	})
}

func TestR059_TypedCriteria(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 1, d, 23, 59, 0, 0, time.UTC) }
	onLetters(t, imaptest.Options{}, func(t *testing.T, _ *imaptest.Server, _ *imap.Client, box *imap.Mailbox) {
		for _, tt := range []struct {
			q    imap.Query
			want string
		}{
			{search.Subject(`\ "May"`), "2"},
			{search.SentSince(day(8)), "1:2"},
			{search.SentOn(day(7)), "3"},
			{search.SentBefore(day(6)), "5"},
			{search.Larger(500), "5"},
			{search.And(search.From("bob"), search.Not(search.Or(search.Subject("re:"), search.Flagged))), "1"},
			{search.Or(search.And(search.Seen, search.Subject("Re")), search.Keyword(imap.FlagJunk), search.Flagged), "2:3,5"},
			{search.Header("References", "<0@x>"), "3"},
		} {
			if got := found(t, box, tt.q); got != tt.want {
				t.Errorf("%+v: %s, want %s", tt.q, got, tt.want)
			}
		}
	})
}

func TestR060_QueryBuilder(t *testing.T) {
	onLetters(t, imaptest.Options{}, func(t *testing.T, _ *imaptest.Server, _ *imap.Client, box *imap.Mailbox) {
		q := search.And(search.UIDs(imap.UIDRange(2, imap.MaxUID)), search.Not(search.UIDs(imap.UIDSetOf(4))), search.Header("Message-ID", "@x"))
		if got := found(t, box, q); got != "2:3,5" || q != search.And(search.UIDs(imap.UIDRange(2, imap.MaxUID)), search.Not(search.UIDs(imap.UIDSetOf(4))), search.Header("Message-ID", "@x")) {
			t.Error(got)
		}
	})
}

func TestR061_TextBeyondASCII(t *testing.T) {
	onLetters(t, imaptest.Options{}, func(t *testing.T, _ *imaptest.Server, _ *imap.Client, box *imap.Mailbox) {
		if got := found(t, box, search.And(search.Subject("café"), search.From("jörg"))); got != "4" {
			t.Error(got)
		}
		order, err := box.Sort(t.Context(), search.Subject("CAFÉ"), imap.SortDate)
		if err != nil || !slices.Equal(order, []imap.UID{4}) {
			t.Error(order, err)
		}
	})
}

// The charset is named where a query needs one, and only there.
func TestR062_CharsetWhereNeeded(t *testing.T) {
	_, box := talk(t, "LITERAL+ SORT", `
		C: $2 UID SEARCH SUBJECT "a"
		S: * SEARCH 1
		S: $2 OK
		C: $3 UID SEARCH CHARSET UTF-8 SUBJECT {2+}
		C!: \xc3\xa9\r\n
		S: * SEARCH 2
		S: $3 OK
		C: $4 UID SORT (DATE) US-ASCII SUBJECT "a"
		S: * SORT 3
		S: $4 OK
		C: $5 UID SORT (DATE) UTF-8 SUBJECT {2+}
		C!: \xc3\xa9\r\n
		S: * SORT 4
		S: $5 OK
	`, nil)
	got := found(t, box, search.Subject("a")) + found(t, box, search.Subject("é"))
	for _, text := range []string{"a", "é"} {
		order, err := box.Sort(t.Context(), search.Subject(text), imap.SortDate)
		if got += fmt.Sprint(order); err != nil {
			t.Error(err)
		}
	}
	if got != "12[3][4]" {
		t.Error(got)
	}
}

func TestR063_ReadableErrors(t *testing.T) {
	onLetters(t, imaptest.Options{Without: []string{"WITHIN"}}, func(t *testing.T, _ *imaptest.Server, _ *imap.Client, box *imap.Mailbox) {
		for want, q := range map[string]imap.Query{
			`imap: UID SEARCH: BAD UID SEARCH: SEARCH does not know the key "COLOUR"`:                          search.Key("COLOUR"),
			`imap: bad atom "SEEN DELETED": it must not hold spaces, controls, 8 bit bytes or any of (){%*"\]`: search.Key("SEEN DELETED"),
			`imap: bad size "-1": it is negative`:                                                              search.Larger(-1),
			`imap: UID SEARCH: the server does not offer WITHIN`:                                               search.Older(time.Hour),
			`imap: bad string: text to search for must be UTF-8`:                                               search.Subject("\xff"),
			`imap: bad number set: it is empty`:                                                                search.UIDs(imap.UIDSet{}),
		} {
			if got := found(t, box, q); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		}
	})
}

func TestR064_GmailSearch(t *testing.T) {
	onLetters(t, imaptest.Options{Gmail: true}, func(t *testing.T, _ *imaptest.Server, _ *imap.Client, box *imap.Mailbox) {
		if got := found(t, box, search.And(search.GmailRaw("letter bob"), search.Not(search.Subject("re:")))); got != "1" {
			t.Error(got)
		}
		for m, err := range box.Fetch(t.Context(), imap.UID(3), &imap.FetchOptions{GmailMessageID: true, GmailThreadID: true}) {
			if err != nil {
				t.Fatal(err)
			}
			if got := found(t, box, search.GmailMessageID(m.GmailMessageID)); got != "3" {
				t.Error(got)
			}
			if got := found(t, box, search.GmailThreadID(m.GmailThreadID)); !strings.Contains(got, "3") {
				t.Error(got)
			}
		}
		if err := box.AddGmailLabels(t.Context(), imap.UIDSetOf(2, 4), "Café & Co"); err != nil {
			t.Fatal(err)
		}
		if a, b := found(t, box, search.GmailLabel("Café & Co")), found(t, box, search.GmailLabel("no such label")); a != "2,4" || b != "" {
			t.Error(a, b)
		}
	})
}

func TestR065_SortAndThread(t *testing.T) {
	onLetters(t, imaptest.Options{}, func(t *testing.T, _ *imaptest.Server, _ *imap.Client, box *imap.Mailbox) {
		for want, keys := range map[string][]imap.SortKey{
			"[5 4 3 2 1]": {imap.SortDate},
			"[1 2 3 4 5]": {imap.SortSize},
			"[2 4 5 3 1]": {imap.SortSubject, imap.SortDate},
			"[2 1 5 3 4]": {imap.SortFrom},
			"[4 3 5 1 2]": {imap.SortDisplayFrom.Reverse(), imap.SortDate},
		} {
			order, err := box.Sort(t.Context(), nil, keys...)
			if got := fmt.Sprint(order); got != want || err != nil {
				t.Errorf("%v: %s %v, want %s", keys, got, err, want)
			}
		}
		for by, want := range map[imap.ThreadAlgorithm]string{
			imap.ThreadReferences:     "(4)(2)(1 3 5)",
			imap.ThreadOrderedSubject: "(5 (3)(1))(4)(2)",
		} {
			if got := threadsOf(box.Thread(t.Context(), nil, by)); got != want {
				t.Errorf("%s: %v, want %s", by, got, want)
			}
		}
	})
}

func TestR066_ModSeqAndAge(t *testing.T) {
	onLetters(t, imaptest.Options{}, func(t *testing.T, s *imaptest.Server, _ *imap.Client, box *imap.Mailbox) {
		<-time.After(2 * time.Hour)
		if err := s.SetFlags("alice", "INBOX", 2, `\Answered`); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Deliver("alice", "INBOX", imaptest.CRLF("Subject: new\n\nnew\n"), nil); err != nil {
			t.Fatal(err)
		}
		if a, b := found(t, box, search.Older(time.Hour)), found(t, box, search.Younger(time.Hour)); a != "1:5" || b != "6" {
			t.Error(a, b)
		}
		all, err := box.ESearch(t.Context(), search.ModSeq(1), nil)
		if err != nil || all.ModSeq == 0 {
			t.Fatal(all, err)
		}
		last, err := box.ESearch(t.Context(), search.ModSeq(all.ModSeq-1), nil)
		if err != nil || last.UIDs.String() != "2,6" || last.ModSeq != all.ModSeq {
			t.Error(last, err)
		}
		none, err := box.ESearch(t.Context(), search.FlagModSeq(imap.FlagSeen, "", all.ModSeq+1), nil)
		if err != nil || !none.UIDs.Empty() || none.ModSeq != 0 {
			t.Error(none, err)
		}
	})
}

// A page of a sorted result, backwards, is one command; where the server lacks
// the extensions the client makes it of a longer answer.
func TestR067_SortedPages(t *testing.T) {
	for _, without := range [][]string{nil, {"CONTEXT=SORT"}, {"ESORT", "CONTEXT=SORT"}} {
		onLetters(t, imaptest.Options{Without: without}, func(t *testing.T, _ *imaptest.Server, _ *imap.Client, box *imap.Mailbox) {
			for want, page := range map[string]imap.Partial{
				"[1 2]": {First: 1, Last: 2},
				"[3 4]": {First: 3, Last: 4},
				"[5]":   {First: 5, Last: 6},
				"[]":    {First: 7, Last: 8},
				"[4 5]": {First: -1, Last: -2},
			} {
				r, err := box.ESort(t.Context(), nil, []imap.SortKey{imap.SortDate.Reverse()}, &imap.SearchOptions{Partial: page, Count: true})
				if err != nil || fmt.Sprint(r.Order) != want || r.Count != 5 {
					t.Errorf("%v %v: %+v %v, want %s", without, page, r, err, want)
				}
			}
		})
	}
}

func TestR068_NumbersToUIDs(t *testing.T) {
	onLetters(t, imaptest.Options{}, func(t *testing.T, s *imaptest.Server, c *imap.Client, box *imap.Mailbox) {
		if err := s.Remove("alice", "INBOX", 2, 3); err != nil {
			t.Fatal(err)
		}
		if err := c.Noop(t.Context()); err != nil {
			t.Fatal(err)
		}
		uids, err := box.UIDs(t.Context(), imap.SeqRange(2, 3))
		if err != nil || uids.String() != "4:5" {
			t.Error(uids, err)
		}
	})
}

// What our client and our server say to each other, which were written apart.
func TestFindingTogether(t *testing.T) {
	onLetters(t, imaptest.Options{}, func(t *testing.T, s *imaptest.Server, c *imap.Client, box *imap.Mailbox) {
		ctx := t.Context()
		saved, err := box.SearchSaved(ctx, search.From("bob"))
		if err != nil || saved.UIDs().String() != "1,5" {
			t.Fatal(saved.UIDs(), err)
		}
		if err := box.AddFlags(ctx, saved, imap.FlagFlagged); err != nil {
			t.Error(err)
		}
		if got := found(t, box, search.And(search.Flagged, search.Not(saved))); got != "2" {
			t.Error(got)
		}
		r, err := box.ESearch(ctx, search.Fuzzy(search.Text("minutes")), &imap.SearchOptions{Partial: imap.Partial{First: -1, Last: -2}, Count: true, Min: true, Relevancy: true})
		if got := resultOf(r, err); got != "uids=3,5 min=1 count=3 relevancy=[100 100]" {
			t.Error(got)
		}
		if got := found(t, box, search.Filter("nowhere")); got != "imap: UID SEARCH: NO [UNDEFINED-FILTER] there is no such filter" {
			t.Error(got)
		}
		if err := c.SetMetadata(ctx, "", imap.MetadataEntry{Name: "/private/filters/values/bobs", Value: []byte(`FROM "bob" NOT SUBJECT "re:"`)}); err != nil {
			t.Fatal(err)
		}
		if got := found(t, box, search.Or(search.Filter("bobs"), search.UIDs(imap.UIDSetOf(4)))); got != "1,4" {
			t.Error(got)
		}
		if err := c.Create(ctx, "Entwürfe"); err != nil {
			t.Fatal(err)
		}
		if _, err := box.Copy(ctx, saved, "Entwürfe"); err != nil {
			t.Error(err)
		}
		if got := multi(search.From("bob"), &imap.SearchIn{Selected: true, Mailboxes: []string{"Entwürfe"}}, &imap.SearchOptions{Count: true})(t, c, box); got != "INBOX/1 count=2; Entwürfe/2 count=2" {
			t.Error(got)
		}
	})
}

// Results that are kept up to date, over IDLE and over commands.
func TestContextsTogether(t *testing.T) {
	onLetters(t, imaptest.Options{}, func(t *testing.T, s *imaptest.Server, c *imap.Client, box *imap.Mailbox) {
		ctx := t.Context()
		unseen, err := box.SearchContext(ctx, search.Unseen, nil)
		if err != nil {
			t.Fatal(err)
		}
		sorted, err := box.SortContext(ctx, search.Unseen, []imap.SortKey{imap.SortDate}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(sorted.Result.Order, []imap.UID{4, 3, 2}) || unseen.Result.UIDs.String() != "2:4" {
			t.Fatal(sorted.Result, unseen.Result)
		}
		for range box.Idle(ctx, &imap.IdleOptions{Duration: time.Second}) {
			if err := s.SetFlags("alice", "INBOX", 3, `\Seen`); err != nil {
				t.Fatal(err)
			}
			break
		}
		if _, err := s.Deliver("alice", "INBOX", imaptest.CRLF("Date: 1 Jan 2020 10:00:00 +0000\nSubject: new\n\nnew\n"), nil); err != nil {
			t.Fatal(err)
		}
		for _, f := range []func() error{
			func() error { return s.SetFlags("alice", "INBOX", 3, `\Seen`) },
			func() error { return box.AddFlags(ctx, imap.UID(2), imap.FlagDeleted) },
			func() error { return box.RemoveFlags(ctx, imap.UID(1), imap.FlagSeen) },
			func() error { return box.ExpungeUIDs(ctx, imap.UID(2)) },
			func() error { return c.Noop(ctx) },
		} {
			if err := f(); err != nil {
				t.Fatal(err)
			}
		}
		for _, x := range []struct {
			x    *imap.SearchContext
			list []imap.UID
			q    []imap.SortKey
		}{
			{unseen, []imap.UID{2, 3, 4}, []imap.SortKey{imap.SortArrival}},
			{sorted, sorted.Result.Order, []imap.SortKey{imap.SortDate}},
		} {
			if err := x.x.Close(ctx); err != nil {
				t.Error(err)
			}
			for change, err := range x.x.Changes(ctx) {
				if err == nil {
					x.list, err = change.Apply(x.list)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			want, err := box.Sort(ctx, search.Unseen, x.q...)
			if err != nil || !slices.Equal(x.list, want) || len(want) != 3 {
				t.Errorf("%v, want %v (%v)", x.list, want, err)
			}
		}
		if _, err := box.SearchContext(ctx, search.Unseen, &imap.SearchOptions{Save: true}); err != nil {
			t.Error(err)
		}
		var refused error
		for range 10 {
			if _, err := box.SearchContext(ctx, search.Unseen, nil); err != nil {
				refused = err
			}
		}
		if !errors.Is(refused, imap.CodeNoUpdate) {
			t.Error(refused)
		}
	})
}
