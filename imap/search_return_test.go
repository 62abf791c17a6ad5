package imap_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/search"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// resultOf is a SearchResult in short.
func resultOf(r *imap.SearchResult, err error) any {
	if err != nil {
		return err
	}
	var b strings.Builder
	add := func(ok bool, name string, v any) {
		if ok {
			fmt.Fprint(&b, " ", name, "=", v)
		}
	}
	add(!r.UIDs.Empty(), "uids", r.UIDs)
	add(r.Order != nil, "order", r.Order)
	add(r.Min > 0, "min", r.Min)
	add(r.Max > 0, "max", r.Max)
	add(r.Count > 0, "count", r.Count)
	add(r.ModSeq > 0, "modseq", r.ModSeq)
	add(r.Relevancy != nil, "relevancy", r.Relevancy)
	add(r.Saved != imap.SavedResult{}, "saved", r.Saved.UIDs())
	return strings.TrimSpace(b.String())
}

// esearching is a script's call of ESearch.
func esearching(q imap.Query, opts *imap.SearchOptions) func(*testing.T, *imap.Client, *imap.Mailbox) any {
	return func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
		return resultOf(m.ESearch(t.Context(), q, opts))
	}
}

func TestESearch(t *testing.T) {
	everything := &imap.SearchOptions{All: true, Min: true, Max: true, Count: true}
	runScripts(t, []scriptTest{
		{"RFC 4731 §3.1, MIN COUNT", "ESEARCH", `
			C: $2 UID SEARCH RETURN (MIN COUNT) FLAGGED SINCE 01-Feb-1994 NOT FROM "Smith"
			S: * ESEARCH (TAG "$2") UID MIN 2 COUNT 3
			S: $2 OK SEARCH completed`,
			esearching(search.And(search.Flagged, search.Since(time.Date(1994, 2, 1, 0, 0, 0, 0, time.UTC)), search.Not(search.From("Smith"))),
				&imap.SearchOptions{Min: true, Count: true}), "min=2 count=3"},
		{"RFC 4731 §3.1, nothing found", "ESEARCH", `
			C: $2 UID SEARCH RETURN (MIN) SEEN
			S: * ESEARCH (TAG "$2") UID
			S: $2 OK SEARCH completed`,
			esearching(search.Seen, &imap.SearchOptions{Min: true}), ""},
		{"RFC 4731 §3.1, MIN MAX", "ESEARCH", `
			C: $2 UID SEARCH RETURN (MIN MAX) FLAGGED
			S: * ESEARCH (TAG "$2") UID MIN 7 MAX 3800
			S: $2 OK SEARCH completed`,
			esearching(search.Flagged, &imap.SearchOptions{Min: true, Max: true}), "min=7 max=3800"},
		{"all of it", "IMAP4rev2", `
			C: $2 UID SEARCH RETURN (MIN MAX ALL COUNT) ALL
			S: * ESEARCH (TAG "$2") UID MIN 2 MAX 11 ALL 2,10:11 COUNT 3
			S: $2 OK SEARCH completed`, esearching(nil, everything), "uids=2,10:11 min=2 max=11 count=3"},
		{"in parts", "ESEARCH", `
			C: $2 UID SEARCH RETURN (ALL) ALL
			S: * ESEARCH (TAG "$2") UID ALL 10:11
			S: * ESEARCH (TAG "$2") UID ALL 2
			S: $2 OK SEARCH completed`, esearching(nil, nil), "uids=2,10:11 min=2 max=11 count=3"},
		{"without ESEARCH", "", `
			C: $2 UID SEARCH SEEN
			S: * SEARCH 10 2 11
			S: $2 OK SEARCH completed`, esearching(search.Seen, everything), "uids=2,10:11 min=2 max=11 count=3"},
		{"without ESEARCH, nothing", "", `
			C: $2 UID SEARCH SEEN
			S: * SEARCH
			S: $2 OK SEARCH completed`, esearching(search.Seen, everything), ""},
		{"RFC 7162 §3.1.10, MODSEQ", "ESEARCH CONDSTORE", `
			C: $2 UID SEARCH RETURN (MIN MAX) MODSEQ "/flags/\\Draft" all 620162338
			S: * ESEARCH (TAG "$2") UID MIN 2 MAX 23 MODSEQ 917162488
			S: $2 OK Search complete`,
			esearching(search.FlagModSeq(imap.FlagDraft, "", 620162338), &imap.SearchOptions{Min: true, Max: true}), "min=2 max=23 modseq=917162488"},
		{"RFC 7162 §3.1.5, MODSEQ plainly", "CONDSTORE", `
			C: $2 UID SEARCH MODSEQ 620162338
			S: * SEARCH 2 5 6 7 11 12 18 19 20 23 (MODSEQ 917162500)
			S: $2 OK Search complete`, esearching(search.ModSeq(620162338), nil), "uids=2,5:7,11:12,18:20,23 min=2 max=23 count=10 modseq=917162500"},

		{"RFC 9394 §3.1, from the end", "ESEARCH PARTIAL", `
			C: $2 UID SEARCH RETURN (PARTIAL -1:-100) UNDELETED UNKEYWORD $Junk
			S: * ESEARCH (TAG "$2") UID PARTIAL (-1:-100 200:250,252:300)
			S: $2 OK Completed.`,
			esearching(search.And(search.Undeleted, search.Unkeyword(imap.FlagJunk)), &imap.SearchOptions{Partial: imap.Partial{First: -1, Last: -100}}), "uids=200:250,252:300"},
		{"RFC 5267 §4.4, beyond the end", "ESEARCH CONTEXT=SEARCH", `
			C: $2 UID SEARCH RETURN (COUNT PARTIAL 24000:24500) UNDELETED
			S: * ESEARCH (TAG "$2") UID PARTIAL (24000:24500 NIL) COUNT 23764
			S: $2 OK Completed.`,
			esearching(search.Undeleted, &imap.SearchOptions{Count: true, Partial: imap.Partial{First: 24000, Last: 24500}}), "count=23764"},
		{"from the end, of a server with contexts alone", "ESEARCH CONTEXT=SEARCH", `
			C: $2 UID SEARCH RETURN (ALL) ALL
			S: * ESEARCH (TAG "$2") UID ALL 1:5,7
			S: $2 OK`, esearching(nil, &imap.SearchOptions{Partial: imap.Partial{First: -2, Last: -4}}), "uids=3:5 min=1 max=7 count=6"},
		{"a range without ESEARCH", "", `
			C: $2 UID SEARCH ALL
			S: * SEARCH 7 1 2 3
			S: $2 OK`, esearching(nil, &imap.SearchOptions{Partial: imap.Partial{First: 2, Last: 9}}), "uids=2:3,7 min=1 max=7 count=4"},
		{"a range longer than was asked for", "PARTIAL ESEARCH", `
			C: $2 UID SEARCH RETURN (PARTIAL 1:2) ALL
			S: * ESEARCH (TAG "$2") UID PARTIAL (1:2 1:3)
			S: $2 OK
			C: $3 UID SEARCH ALL
			S: * SEARCH 1 2 3
			S: $3 OK`, esearching(nil, &imap.SearchOptions{Partial: imap.Partial{First: 1, Last: 2}}), "uids=1:2 min=1 max=3 count=3"},

		{"RFC 6203 §4, RELEVANCY", "ESEARCH SEARCH=FUZZY", `
			C: $2 UID SEARCH RETURN (ALL RELEVANCY) FUZZY TEXT "Helo"
			S: * ESEARCH (TAG "$2") UID ALL 1,5,10 RELEVANCY (4 99 42)
			S: $2 OK SEARCH completed`, esearching(search.Fuzzy(search.Text("Helo")), &imap.SearchOptions{Relevancy: true}),
			"uids=1,5,10 min=1 max=10 count=3 relevancy=[4 99 42]"},
		{"scores in another order", "ESEARCH SEARCH=FUZZY", `
			C: $2 UID SEARCH RETURN (ALL RELEVANCY) FUZZY SEEN
			S: * ESEARCH (TAG "$2") UID ALL 5,10,1 RELEVANCY (99 42 4)
			S: $2 OK SEARCH completed`, esearching(search.Fuzzy(search.Seen), &imap.SearchOptions{Relevancy: true}),
			"uids=1,5,10 min=1 max=10 count=3 relevancy=[4 99 42]"},
		{"scores for others", "ESEARCH SEARCH=FUZZY", `
			C: $2 UID SEARCH RETURN (ALL RELEVANCY) FUZZY SEEN
			S: * ESEARCH (TAG "$2") UID ALL 1,5 RELEVANCY (4 99 42)
			S: $2 OK SEARCH completed`, esearching(search.Fuzzy(search.Seen), &imap.SearchOptions{Relevancy: true}), "uids=1,5 min=1 max=5 count=2"},
		{"a score of 101", "ESEARCH SEARCH=FUZZY", `
			C: $2 UID SEARCH RETURN (ALL RELEVANCY) FUZZY SEEN
			S: * ESEARCH (TAG "$2") UID ALL 1 RELEVANCY (101)
			S: $2 OK SEARCH completed`, esearching(search.Fuzzy(search.Seen), &imap.SearchOptions{Relevancy: true}), "uids=1 min=1 max=1 count=1"},
		{"a hint", "ESEARCH CONTEXT=SEARCH", `
			C: $2 UID SEARCH RETURN (CONTEXT COUNT) UNDELETED UNKEYWORD $Junk
			S: * ESEARCH (TAG "$2") COUNT 23765
			S: $2 OK Search completed.`,
			esearching(search.And(search.Undeleted, search.Unkeyword("$Junk")), &imap.SearchOptions{Context: true, Count: true}), "count=23765"},
		{"a hint to a server that takes none", "ESEARCH", `
			C: $2 UID SEARCH RETURN (COUNT) ALL
			S: * ESEARCH (TAG "$2") COUNT 2
			S: $2 OK`, esearching(nil, &imap.SearchOptions{Context: true, Count: true}), "count=2"},
	})
}

// A server that answers something else than it was asked for is asked plainly,
// from then on.
func TestESearchIgnored(t *testing.T) {
	plainly := `
		S: $2 OK
		C: $3 UID SEARCH SEEN
		S: * SEARCH 3 4
		S: $3 OK
		C: $4 UID SEARCH SEEN
		S: * SEARCH 3 4
		S: $4 OK`
	twice := func(opts *imap.SearchOptions) func(*testing.T, *imap.Client, *imap.Mailbox) any {
		return func(t *testing.T, c *imap.Client, m *imap.Mailbox) any {
			first := esearching(search.Seen, opts)(t, c, m)
			if again := esearching(search.Seen, opts)(t, c, m); again != first {
				t.Error(again)
			}
			return first
		}
	}
	want := "uids=3:4 min=3 max=4 count=2"
	runScripts(t, []scriptTest{
		{"COUNT alone", "ESEARCH", `
			C: $2 UID SEARCH RETURN (ALL) SEEN
			S: * ESEARCH (TAG "$2") COUNT 2` + plainly, twice(nil), want},
		{"nothing at all", "ESEARCH", `
			C: $2 UID SEARCH RETURN (ALL) SEEN` + plainly, twice(nil), want},
		{"without COUNT", "ESEARCH", `
			C: $2 UID SEARCH RETURN (COUNT) SEEN
			S: * ESEARCH (TAG "$2") UID` + plainly, twice(&imap.SearchOptions{Count: true}), want},
		{"a COUNT that is wrong", "ESEARCH", `
			C: $2 UID SEARCH RETURN (ALL COUNT) SEEN
			S: * ESEARCH (TAG "$2") UID ALL 1:3 COUNT 2` + plainly, twice(&imap.SearchOptions{Count: true, All: true}), want},
		{"MAX for MIN", "ESEARCH", `
			C: $2 UID SEARCH RETURN (MIN) SEEN
			S: * ESEARCH (TAG "$2") UID MAX 4` + plainly, twice(&imap.SearchOptions{Min: true}), want},
		{"ALL for PARTIAL", "ESEARCH PARTIAL", `
			C: $2 UID SEARCH RETURN (PARTIAL 1:5) SEEN
			S: * ESEARCH (TAG "$2") UID ALL 4:90` + plainly, twice(&imap.SearchOptions{Partial: imap.Partial{First: 1, Last: 5}}), want},
		{"and SAVE", "ESEARCH SEARCHRES", `
			C: $2 UID SEARCH RETURN (SAVE ALL) SEEN
			S: * ESEARCH (TAG "$2") COUNT 2
			S: $2 OK`, esearching(search.Seen, &imap.SearchOptions{Save: true}), "imap: UID SEARCH: the server said OK, but not what was asked for"},
	})
}

func TestSearchUnsupported(t *testing.T) {
	save := &imap.SearchOptions{Save: true}
	for _, tt := range []struct {
		caps string
		q    imap.Query
		opts *imap.SearchOptions
		want string
	}{
		{"ESEARCH", nil, save, "SEARCHRES"},
		{"ESEARCH", nil, &imap.SearchOptions{Relevancy: true}, "SEARCH=FUZZY"},
		{"", search.Fuzzy(search.Seen), nil, "SEARCH=FUZZY"},
		{"", search.Not(search.Older(time.Hour)), nil, "WITHIN"},
		{"", search.And(search.Seen, search.SavedOn(time.Now())), nil, "SAVEDATE"},
		{"", search.Filter("a"), nil, "FILTERS"},
		{"", search.EmailID("a"), nil, "OBJECTID"},
		{"", search.ModSeq(1), nil, "CONDSTORE"},
		{"", search.Annotation("/comment", "value", "a"), nil, "ANNOTATE-EXPERIMENT-1"},
		{"", search.GmailRaw("a"), nil, "X-GM-EXT-1"},
	} {
		synctest.Test(t, func(t *testing.T) {
			_, m := scripted(t, tt.caps, "", nil)
			var missing *imap.UnsupportedError
			if _, err := m.ESearch(t.Context(), tt.q, tt.opts); !errors.As(err, &missing) || missing.Capability != tt.want {
				t.Errorf("%v: %v", tt.want, err)
			}
		})
	}
	for _, tt := range []struct {
		opts imap.SearchOptions
		want string
	}{
		{imap.SearchOptions{All: true, Partial: imap.Partial{First: 1, Last: 2}}, "imap: bad search option: Partial does not go with All"},
		{imap.SearchOptions{Save: true, Count: true, Partial: imap.Partial{First: 1, Last: 2}}, "imap: bad search option: Partial does not go with Save and Count, which is to keep all messages"},
		{imap.SearchOptions{Partial: imap.Partial{First: 1, Last: -2}}, `imap: bad partial range "1:-2": both ends count from the first, 1 and up, or both from the last, -1 and down`},
		{imap.SearchOptions{Partial: imap.Partial{First: 0, Last: 2}}, `imap: bad partial range "0:2": both ends count from the first, 1 and up, or both from the last, -1 and down`},
		{imap.SearchOptions{Partial: imap.Partial{First: 1 << 40, Last: 2}}, `imap: bad partial range "1099511627776:2": both ends count from the first, 1 and up, or both from the last, -1 and down`},
	} {
		synctest.Test(t, func(t *testing.T) {
			_, m := scripted(t, "ESEARCH SEARCHRES PARTIAL", "", nil)
			if _, err := m.ESearch(t.Context(), nil, &tt.opts); err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestSearchCharset(t *testing.T) {
	refused := func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
		_, err := m.Search(t.Context(), search.Subject("déj"))
		var e *imap.CharsetError
		if !errors.As(err, &e) || !errors.Is(err, imap.CodeBadCharset) || e.Charset != "UTF-8" {
			t.Errorf("%#v", err)
		}
		return err
	}
	runScripts(t, []scriptTest{
		{"what the server knows is told", "LITERAL+", `
			C: $2 UID SEARCH CHARSET UTF-8 SUBJECT {4+}
			C!: d\xc3\xa9j\r\n
			S: $2 NO [BADCHARSET (US-ASCII "ISO-8859-1")] no`, refused,
			"imap: UID SEARCH: NO [BADCHARSET] no (the server does not search in UTF-8, only in US-ASCII, ISO-8859-1; look for ASCII text)"},
		{"it tells nothing", "LITERAL+", `
			C: $2 UID SEARCH CHARSET UTF-8 SUBJECT {4+}
			C!: d\xc3\xa9j\r\n
			S: $2 NO [BADCHARSET] no`, refused,
			"imap: UID SEARCH: NO [BADCHARSET] no (the server does not search in UTF-8; look for ASCII text)"},
		{"refused before the literal", "", `
			C: $2 UID SEARCH CHARSET UTF-8 SUBJECT {4}
			S: $2 NO [BADCHARSET (US-ASCII)] no`, refused,
			"imap: UID SEARCH: NO [BADCHARSET] no (the server does not search in UTF-8, only in US-ASCII; look for ASCII text)"},
		{"RFC 6855 §3: none behind UTF8=ACCEPT", "LITERAL+ ENABLE UTF8=ACCEPT", `
			C: $2 ENABLE UTF8=ACCEPT
			S: * ENABLED UTF8=ACCEPT
			S: $2 OK
			C: $3 UID SEARCH SUBJECT "déj"
			S: * SEARCH 7
			S: $3 OK`, func(t *testing.T, c *imap.Client, m *imap.Mailbox) any {
			if _, err := c.Enable(t.Context(), "UTF8=ACCEPT"); err != nil {
				return err
			}
			return both(m.Search(t.Context(), search.Subject("déj")))
		}, "7"},
		{"a filter that there is not", "FILTERS", `
			C: $2 UID SEARCH FILTER on-the-road SUBJECT "a"
			S: $2 NO [UNDEFINED-FILTER on-the-road] no such filter`, func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
			_, err := m.Search(t.Context(), search.And(search.Filter("on-the-road"), search.Subject("a")))
			return errors.Is(err, imap.CodeUndefinedFilter)
		}, "true"},
	})
}

// RFC 5182: the server keeps the result, and "$" stands for it.
func TestSavedResult(t *testing.T) {
	const saved = `
		C: $2 UID SEARCH RETURN (SAVE ALL) KEYWORD $Junk
		S: * ESEARCH (TAG "$2") UID ALL 3,5,9
		S: $2 OK SEARCH completed, result saved
	`
	junk := search.Keyword(imap.FlagJunk)
	save := func(t *testing.T, m *imap.Mailbox) imap.SavedResult {
		s, err := m.SearchSaved(t.Context(), junk)
		if err != nil || s.UIDs().String() != "3,5,9" || !s.Current() {
			t.Fatal(s, err)
		}
		return s
	}
	const caps = "ESEARCH SEARCHRES UIDPLUS MOVE"
	runScripts(t, []scriptTest{
		{"in all commands", caps, saved + `
			C: $3 UID FETCH $ (UID FLAGS)
			S: * 3 FETCH (UID 3 FLAGS ())
			S: * 4 FETCH (UID 4 FLAGS ())
			S: * 5 FETCH (UID 9 FLAGS ())
			S: $3 OK
			C: $4 UID COPY $ "Junk Mail"
			S: $4 OK [COPYUID 7 3,5,9 1:3] COPY completed
			C: $5 UID STORE $ +FLAGS.SILENT (\Deleted)
			S: $5 OK
			C: $6 UID EXPUNGE $
			S: $6 OK
			C: $7 UID MOVE $ Junk
			S: $7 OK
			C: $8 UID SEARCH RETURN (ALL) UID $ SMALLER 4096
			S: * ESEARCH (TAG "$8") UID ALL 3
			S: $8 OK
			C: $9 UID SEARCH RETURN (ALL) OR NOT (UID $) DRAFT
			S: * ESEARCH (TAG "$9") UID ALL 4
			S: $9 OK`, func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
			s := save(t, m)
			var got []any
			for msg, err := range m.Fetch(t.Context(), s, nil) {
				if err != nil {
					return err
				}
				got = append(got, msg.UID)
			}
			r, err := m.Copy(t.Context(), s, "Junk Mail")
			got = append(got, r.UIDs.Len(), err)
			got = append(got, m.AddFlags(t.Context(), s, imap.FlagDeleted), m.ExpungeUIDs(t.Context(), s))
			got = append(got, second(m.Move(t.Context(), s, "Junk")))
			got = append(got, both(m.Search(t.Context(), search.And(s, search.Smaller(4096)))))
			return append(got, both(m.Search(t.Context(), search.Or(search.Not(s), search.Draft))))
		}, "[3 9 3 <nil> <nil> <nil> <nil> 3 4]"},
		{"replaced by another", caps, saved + `
			C: $3 UID SEARCH RETURN (SAVE MIN) SEEN
			S: * ESEARCH (TAG "$3") UID MIN 2
			S: $3 OK
			C: $4 UID STORE 3,5,9 +FLAGS.SILENT (\Seen)
			S: $4 OK
			C: $5 UID STORE $ +FLAGS.SILENT (\Seen)
			S: $5 OK`, func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
			s := save(t, m)
			r, err := m.ESearch(t.Context(), search.Seen, &imap.SearchOptions{Save: true, Min: true})
			if err != nil || r.Saved.UIDs().String() != "2" || s.Current() || !r.Saved.Current() {
				t.Error(r, err)
			}
			_, err = m.Search(t.Context(), search.Not(s))
			return []any{err, m.AddFlags(t.Context(), s, imap.FlagSeen), m.AddFlags(t.Context(), r.Saved, imap.FlagSeen)}
		}, "[imap: no such search result is saved in this mailbox; search again <nil> <nil>]"},
		{"refused: RFC 5182 §2.5", caps, saved + `
			C: $3 UID SEARCH RETURN (SAVE ALL) KEYWORD $Junk
			S: $3 NO [NOTSAVED] too many
			C: $4 UID COPY 3,5,9 a
			S: $4 OK`, func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
			s := save(t, m)
			_, err := m.SearchSaved(t.Context(), junk)
			return []any{errors.Is(err, imap.CodeNotSaved), s.Current(), second(m.Copy(t.Context(), s, "a"))}
		}, "[true false <nil>]"},
		{"a search that saves nothing changes nothing", caps, saved + `
			C: $3 UID SEARCH RETURN (ALL) SEEN
			S: * ESEARCH (TAG "$3") UID ALL 1
			S: $3 OK
			C: $4 UID COPY $ a
			S: $4 OK`, func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
			s := save(t, m)
			if _, err := m.Search(t.Context(), search.Seen); err != nil {
				return err
			}
			return second(m.Copy(t.Context(), s, "a"))
		}, "<nil>"},
		{"all that was found, with COUNT; RFC 5182 §2.4", caps, `
			C: $2 UID SEARCH RETURN (SAVE MIN MAX ALL COUNT) SEEN
			S: * ESEARCH (TAG "$2") UID MIN 2 MAX 21 COUNT 8 ALL 2,10:15,21
			S: $2 OK`, esearching(search.Seen, &imap.SearchOptions{Save: true, Min: true, Max: true, Count: true}),
			"uids=2,10:15,21 min=2 max=21 count=8 saved=2,10:15,21"},
		{"the first and the last", caps, `
			C: $2 UID SEARCH RETURN (SAVE MIN MAX) SEEN
			S: * ESEARCH (TAG "$2") UID MIN 2 MAX 21
			S: $2 OK`, esearching(search.Seen, &imap.SearchOptions{Save: true, Min: true, Max: true}), "min=2 max=21 saved=2,21"},
		{"a range: RFC 9394 §3.3", caps + " PARTIAL", `
			C: $2 UID SEARCH RETURN (SAVE PARTIAL -1:-2) SEEN
			S: * ESEARCH (TAG "$2") UID PARTIAL (-1:-2 9,12)
			S: $2 OK`, esearching(search.Seen, &imap.SearchOptions{Save: true, Partial: imap.Partial{First: -1, Last: -2}}), "uids=9,12 saved=9,12"},
		{"nothing was found", caps, `
			C: $2 UID SEARCH RETURN (SAVE ALL) SEEN
			S: * ESEARCH (TAG "$2") UID
			S: $2 OK`, func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
			s, err := m.SearchSaved(t.Context(), search.Seen)
			return []any{s.UIDs(), s.Current(), err, m.AddFlags(t.Context(), s, imap.FlagSeen)}
		}, "[ true <nil> <nil>]"},
		{"of another mailbox, and of none", caps + " ANNOTATE-EXPERIMENT-1 X-GM-EXT-1", saved + `
			C: $3 SELECT INBOX
			S: * 5 EXISTS
			S: $3 OK [READ-WRITE] selected`, func(t *testing.T, c *imap.Client, m *imap.Mailbox) any {
			s := save(t, m)
			again, err := c.Select(t.Context(), "INBOX", nil)
			if err != nil {
				return err
			}
			for _, s := range []imap.SavedResult{s, {}} {
				for name, err := range map[string]error{
					"store":   again.AddFlags(t.Context(), s, imap.FlagSeen),
					"copy":    second(again.Copy(t.Context(), s, "a")),
					"move":    second(again.Move(t.Context(), s, "a")),
					"expunge": again.ExpungeUIDs(t.Context(), s),
					"steps":   second(again.CopyAndDelete(t.Context(), s, "a", imap.RemoveCopied)),
					"labels":  again.AddGmailLabels(t.Context(), s, "a"),
					"notes":   again.StoreAnnotations(t.Context(), s, imap.Annotation{Entry: "/comment"}),
					"search":  second(again.Search(t.Context(), s)),
				} {
					if !errors.Is(err, imap.ErrNotSaved) {
						t.Error(name, err)
					}
				}
				for _, err := range again.Fetch(t.Context(), s, nil) {
					if !errors.Is(err, imap.ErrNotSaved) {
						t.Error(err)
					}
				}
			}
			return s.Current()
		}, "false"},
	})
}

// What changes "$" and what may use it are not under way at once.
func TestSavedResultOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, m := scripted(t, "ESEARCH SEARCHRES", `
			C: $2 UID SEARCH RETURN (SAVE ALL) SEEN
			S: * ESEARCH (TAG "$2") UID ALL 3,5
			S: $2 OK
			C: $3 UID COPY $ a
			pause 1s
			S: $3 OK
			C: $4 UID SEARCH RETURN (SAVE ALL) DRAFT
			pause 1s
			S: * ESEARCH (TAG "$4") UID ALL 4
			S: $4 OK
			C: $5 UID COPY 3,5 b
			S: $5 OK
		`, nil)
		s, err := m.SearchSaved(t.Context(), search.Seen)
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 3)
		for _, f := range []func() error{
			func() error { return second(m.Copy(t.Context(), s, "a")) },
			func() error { return second(m.SearchSaved(t.Context(), search.Draft)) },
			func() error { return second(m.Copy(t.Context(), s, "b")) },
		} {
			go func() { done <- f() }()
			synctest.Wait()
		}
		for range cap(done) {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
}

// A query of another package.
type rawQuery func(*wire.Command)

func (q rawQuery) AppendTo(c *wire.Command) { q(c) }

// A "$" that stands for no result of this library is not sent.
func TestSavedByOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, m := scripted(t, "ESEARCH SEARCHRES", "", nil)
		_, err := m.Search(t.Context(), rawQuery(func(c *wire.Command) { c.Saved("mine") }))
		if !errors.Is(err, imap.ErrNotSaved) {
			t.Error(err)
		}
	})
}

// A search that was let go beside another because its answer will bear a tag
// asks for such an answer, also if the server has just shown that it is not to
// be trusted with that.
func TestSearchPlainlyAmongOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, m := scripted(t, "ESEARCH", `
			C: $2 UID SEARCH RETURN (ALL) ALL
			S: * ESEARCH (TAG "$2") UID ALL 1
			S: $2 OK
			C: $3 UID SEARCH RETURN (ALL) SEEN
			C: $4 UID SEARCH RETURN (ALL) DRAFT
			pause 1s
			S: * ESEARCH (TAG "$3") COUNT 2
			S: $3 OK
			C: $5 UID SEARCH RETURN (ALL) FLAGGED
			pause 1s
			S: * ESEARCH (TAG "$5") UID ALL 6
			S: $5 OK
			S: * ESEARCH (TAG "$4") UID ALL 4
			S: $4 OK
			C: $6 UID SEARCH SEEN
			S: * SEARCH 2 3
			S: $6 OK
		`, &imap.Options{Pipeline: 2})
		if _, err := m.Search(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		var results [3]string
		var wg sync.WaitGroup
		for i, q := range []imap.Query{search.Seen, search.Draft, search.Flagged} {
			wg.Go(func() { results[i] = fmt.Sprint(both(m.Search(t.Context(), q))) })
			synctest.Wait()
		}
		wg.Wait()
		if s := strings.Join(results[:], " "); s != "2:3 4 6" {
			t.Error(s)
		}
	})
}
