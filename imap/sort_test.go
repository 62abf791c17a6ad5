package imap_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/search"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

func esorting(q imap.Query, opts *imap.SearchOptions, keys ...imap.SortKey) func(*testing.T, *imap.Client, *imap.Mailbox) any {
	return func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
		return resultOf(m.ESort(t.Context(), q, keys, opts))
	}
}

func TestSort(t *testing.T) {
	everything := &imap.SearchOptions{All: true, Min: true, Max: true, Count: true}
	feb := time.Date(1994, 2, 1, 0, 0, 0, 0, time.UTC)
	runScripts(t, []scriptTest{
		{"RFC 5256 §3", "SORT", `
			C: $2 UID SORT (SUBJECT) US-ASCII SINCE 01-Feb-1994
			S: * SORT 2 84 882
			S: $2 OK SORT completed
			C: $3 UID SORT (SUBJECT REVERSE DATE) US-ASCII ALL
			S: * SORT 5 3 4 1 2
			S: $3 OK SORT completed
			C: $4 UID SORT (SUBJECT) US-ASCII TEXT "not in mailbox"
			S: * SORT
			S: $4 OK SORT completed`, func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
			return []any{
				both(m.Sort(t.Context(), search.Since(feb), imap.SortSubject)),
				both(m.Sort(t.Context(), nil, imap.SortSubject, imap.SortDate.Reverse())),
				both(m.Sort(t.Context(), search.Text("not in mailbox"), imap.SortSubject)),
			}
		}, "[[2 84 882] [5 3 4 1 2] []]"},
		{"in many lines, with a mod-sequence: RFC 7162 §3.1.6", "SORT CONDSTORE", `
			C: $2 UID SORT (ARRIVAL) US-ASCII MODSEQ 12
			S: * SORT 5 3 (MODSEQ 10)
			S: * 7 EXISTS
			S: * SORT 4 (MODSEQ 12)
			S: $2 OK SORT completed`, esorting(search.ModSeq(12), nil, imap.SortArrival), "uids=3:5 order=[5 3 4] min=5 max=4 count=3 modseq=12"},
		{"RFC 5957 §3", "SORT SORT=DISPLAY", `
			C: $2 UID SORT (DISPLAYFROM REVERSE DISPLAYTO) US-ASCII SEEN
			S: * SORT 3 1
			S: $2 OK`, esorting(search.Seen, nil, imap.SortDisplayFrom, imap.SortDisplayTo.Reverse()), "uids=1,3 order=[3 1] min=3 max=1 count=2"},
		{"text in UTF-8", "SORT LITERAL+", `
			C: $2 UID SORT (DATE) UTF-8 SUBJECT {2+}
			C!: \xc3\xa9\r\n
			S: * SORT 3 1
			S: $2 OK`, esorting(search.Subject("é"), nil, imap.SortDate), "uids=1,3 order=[3 1] min=3 max=1 count=2"},
		{"a charset that the server lacks", "SORT LITERAL+", `
			C: $2 UID SORT (DATE) UTF-8 SUBJECT {2+}
			C!: \xc3\xa9\r\n
			S: $2 NO [BADCHARSET (US-ASCII)] no`, esorting(search.Subject("é"), nil, imap.SortDate),
			"imap: UID SORT: NO [BADCHARSET] no (the server does not search in UTF-8, only in US-ASCII; look for ASCII text)"},
		{"options without ESORT", "SORT", `
			C: $2 UID SORT (DATE) US-ASCII ALL
			S: * SORT 9 2 7
			S: $2 OK`, esorting(nil, &imap.SearchOptions{Min: true, Partial: imap.Partial{First: 2, Last: 5}}, imap.SortDate), "uids=2,7 order=[2 7] min=9 max=7 count=3"},
		{"RFC 5267 §3.3", "SORT ESORT", `
			C: $2 UID SORT RETURN (MIN MAX ALL COUNT) (REVERSE DATE) US-ASCII UNDELETED UNKEYWORD $Junk
			S: * ESEARCH (TAG "$2") UID ALL 23765,23764,23763,23761:23762 COUNT 5 MIN 23765 MAX 23762
			S: $2 OK Sort completed`, esorting(search.And(search.Undeleted, search.Unkeyword(imap.FlagJunk)), everything, imap.SortDate.Reverse()),
			"uids=23761:23765 order=[23765 23764 23763 23761 23762] min=23765 max=23762 count=5"},
		{"a part of the order", "SORT ESORT CONTEXT=SORT", `
			C: $2 UID SORT RETURN (PARTIAL 1:10) (SIZE) US-ASCII ALL
			S: * ESEARCH (TAG "$2") UID PARTIAL (1:10 42,9,34,13,15,4,2,7,23,82)
			S: $2 OK`, esorting(nil, &imap.SearchOptions{Partial: imap.Partial{First: 1, Last: 10}}, imap.SortSize),
			"uids=2,4,7,9,13,15,23,34,42,82 order=[42 9 34 13 15 4 2 7 23 82]"},
		{"a part from the end", "SORT ESORT CONTEXT=SORT", `
			C: $2 UID SORT RETURN (ALL) (SIZE) US-ASCII ALL
			S: * ESEARCH (TAG "$2") UID ALL 42,9,34
			S: $2 OK`, esorting(nil, &imap.SearchOptions{Partial: imap.Partial{First: -2, Last: -1}}, imap.SortSize),
			"uids=9,34 order=[9 34] min=42 max=34 count=3"},
		{"RFC 6203 §5, by relevancy", "SORT ESORT SEARCH=FUZZY", `
			C: $2 UID SORT RETURN (ALL RELEVANCY) (RELEVANCY) US-ASCII FUZZY SUBJECT "Helo"
			S: * ESEARCH (TAG "$2") UID ALL 5,10,1 RELEVANCY (99 42 4)
			S: $2 OK`, esorting(search.Fuzzy(search.Subject("Helo")), &imap.SearchOptions{Relevancy: true}, imap.SortRelevancy),
			"uids=1,5,10 order=[5 10 1] min=5 max=1 count=3 relevancy=[99 42 4]"},
		{"ESORT answered plainly", "SORT ESORT", `
			C: $2 UID SORT RETURN (COUNT) (DATE) US-ASCII ALL
			S: * SORT 9 2 7
			S: $2 OK`, esorting(nil, &imap.SearchOptions{Count: true}, imap.SortDate), "uids=2,7,9 order=[9 2 7] min=9 max=7 count=3"},
		{"ESORT not answered", "SORT ESORT", `
			C: $2 UID SORT RETURN (COUNT) (DATE) US-ASCII ALL
			S: $2 OK
			C: $3 UID SORT (DATE) US-ASCII ALL
			S: * SORT 9 2 7
			S: $3 OK`, esorting(nil, &imap.SearchOptions{Count: true}, imap.SortDate), "uids=2,7,9 order=[9 2 7] min=9 max=7 count=3"},
		{"a message twice", "SORT", `
			C: $2 UID SORT (DATE) US-ASCII ALL
			S: * SORT 9 2 9
			S: $2 OK`, esorting(nil, nil, imap.SortDate), "imap: the server's sorted answer names a message twice, or too many"},
		{"too many", "SORT ESORT", `
			C: $2 UID SORT RETURN (ALL COUNT) (DATE) US-ASCII ALL
			S: * ESEARCH (TAG "$2") UID ALL 1:4294967295 COUNT 4294967295
			S: $2 OK`, esorting(nil, &imap.SearchOptions{All: true, Count: true}, imap.SortDate), "imap: the server's sorted answer names a message twice, or too many"},
		{"refused", "SORT", `
			C: $2 UID SORT (DATE) US-ASCII ALL
			S: $2 BAD no`, esorting(nil, nil, imap.SortDate), "imap: UID SORT: BAD no"},
		{"garbage", "SORT", `
			C: $2 UID SORT (DATE) US-ASCII ALL
			S: * SORT 9 2 x
			S: $2 OK`, esorting(nil, nil, imap.SortDate), `imap: UID SORT: the answer cannot be read: imap: syntax error at byte 11: want a number near "x"`},
		{"a SEARCH is no answer", "SORT", `
			C: $2 UID SORT (DATE) US-ASCII ALL
			S: * SEARCH 9 2
			S: * ESEARCH UID ALL 4
			S: * SORT 3
			S: $2 OK`, esorting(nil, nil, imap.SortDate), "uids=3 order=[3] min=3 max=3 count=1"},
		{"bad arguments", "SORT", "", func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
			return []error{
				second(m.Sort(t.Context(), nil)),
				second(m.Sort(t.Context(), nil, "DATE) UTF-8 ALL\r\nA9 LOGOUT")),
				second(m.Sort(t.Context(), nil, "")),
				second(m.ESort(t.Context(), nil, []imap.SortKey{imap.SortDate}, &imap.SearchOptions{Save: true})),
				second(m.Sort(t.Context(), search.Subject("\x00"), imap.SortDate)),
			}
		}, `[imap: bad sort key: there is none imap: bad atom "DATE) UTF-8 ALL\r\nA9 LOGOUT": it must not hold spaces, controls, 8 bit bytes or any of (){%*"\] imap: bad atom: it is empty imap: bad search option: a sorted result cannot be saved imap: bad string "\x00": IMAP strings cannot hold NUL]`},
		{"what the server lacks", "", "", func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
			return []error{
				second(m.Sort(t.Context(), nil, imap.SortDate)),
				second(m.Thread(t.Context(), nil, imap.ThreadRefs)),
				second(m.SearchContext(t.Context(), nil, nil)),
				second(m.SortContext(t.Context(), nil, []imap.SortKey{imap.SortDate}, nil)),
			}
		}, "[imap: UID SORT: the server does not offer SORT imap: UID THREAD: the server does not offer THREAD=REFS imap: SearchContext: the server does not offer CONTEXT=SEARCH imap: SortContext: the server does not offer CONTEXT=SORT]"},
		{"what the server's SORT lacks", "SORT", "", func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
			return []error{
				second(m.Sort(t.Context(), nil, imap.SortDisplayTo.Reverse())),
				second(m.Sort(t.Context(), nil, imap.SortRelevancy)),
				second(m.Sort(t.Context(), search.Older(time.Hour), imap.SortDate)),
			}
		}, "[imap: UID SORT: the server does not offer SORT=DISPLAY imap: UID SORT: the server does not offer SEARCH=FUZZY imap: UID SORT: the server does not offer WITHIN]"},
	})
	if k := imap.SortDate.Reverse().Reverse(); k != imap.SortDate {
		t.Error(k)
	}
}

// SORT and THREAD have no tags: nothing that searches is under way with them.
func TestSortOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, m := scripted(t, "ESEARCH SORT THREAD=REFS", `
			C: $2 UID SEARCH RETURN (ALL) SEEN
			S: * ESEARCH (TAG "$2") UID ALL 1
			S: $2 OK
			C: $3 UID SORT (DATE) US-ASCII ALL
			pause 1s
			S: * SORT 3 1
			S: $3 OK
			C: $4 UID SORT (SIZE) US-ASCII ALL
			pause 1s
			S: * SORT 1 3
			S: $4 OK
			C: $5 UID THREAD REFS US-ASCII ALL
			pause 1s
			S: * THREAD (1 3)
			S: $5 OK
			C: $6 UID SEARCH RETURN (ALL) DRAFT
			S: * ESEARCH (TAG "$6") UID ALL 1
			S: $6 OK
		`, nil)
		if _, err := m.Search(t.Context(), search.Seen); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for _, run := range []struct {
			f    func() any
			want string
		}{
			{func() any { return both(m.Sort(t.Context(), nil, imap.SortDate)) }, "[3 1]"},
			{func() any { return both(m.Sort(t.Context(), nil, imap.SortSize)) }, "[1 3]"},
			{func() any { return threadsOf(m.Thread(t.Context(), nil, imap.ThreadRefs)) }, "(1 3)"},
			{func() any { return both(m.Search(t.Context(), search.Draft)) }, "1"},
		} {
			wg.Go(func() {
				if got := fmt.Sprint(run.f()); got != run.want {
					t.Errorf("%s, want %s", got, run.want)
				}
			})
			synctest.Wait()
		}
		wg.Wait()
	})
}

// threadsOf writes threads down again.
func threadsOf(threads []*imap.Thread, err error) any {
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, t := range threads {
		b.WriteString("(")
		writeThread(&b, t)
		b.WriteString(")")
	}
	return b.String()
}

func writeThread(b *strings.Builder, t *imap.Thread) {
	if t.UID != 0 {
		fmt.Fprint(b, t.UID)
	}
	switch {
	case len(t.Children) == 1:
		b.WriteString(" ")
		writeThread(b, t.Children[0])
	case len(t.Children) > 1:
		if t.UID != 0 {
			b.WriteString(" ")
		}
		for _, c := range t.Children {
			b.WriteString("(")
			writeThread(b, c)
			b.WriteString(")")
		}
	}
}

func threading(q imap.Query, by imap.ThreadAlgorithm) func(*testing.T, *imap.Client, *imap.Mailbox) any {
	return func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
		return threadsOf(m.Thread(t.Context(), q, by))
	}
}

func TestThread(t *testing.T) {
	const long = "(166)(167)(168)(169)(172)((170)(179))(171)(173)((174)(175)(176)(178)(181)(180))((177)(183)(182)(188 (184)(189))(185 186)(187))(190)"
	answered := func(answer string) string {
		return "C: $2 UID THREAD REFERENCES US-ASCII ALL\nS: " + answer + "\nS: $2 OK THREAD completed"
	}
	const caps = "THREAD=REFERENCES THREAD=ORDEREDSUBJECT"
	all := threading(nil, imap.ThreadReferences)
	runScripts(t, []scriptTest{
		{"RFC 5256 §3, ORDEREDSUBJECT", caps, `
			C: $2 UID THREAD ORDEREDSUBJECT US-ASCII SINCE 05-Mar-2000
			S: * THREAD (166)(167)(168)(169)(172)(170)(171)(173)(174 (175)(176)(178)(181)(180))(179)
			S: $2 OK THREAD completed`, threading(search.Since(time.Date(2000, 3, 5, 0, 0, 0, 0, time.UTC)), imap.ThreadOrderedSubject),
			"(166)(167)(168)(169)(172)(170)(171)(173)(174 (175)(176)(178)(181)(180))(179)"},
		{"RFC 5256 §3, nothing", caps, `
			C: $2 UID THREAD ORDEREDSUBJECT US-ASCII TEXT "gewp"
			S: * THREAD
			S: $2 OK THREAD completed`, threading(search.Text("gewp"), imap.ThreadOrderedSubject), ""},
		{"RFC 5256 §3, REFERENCES", caps, answered("* THREAD " + long), all, long},
		{"RFC 5256 §4", caps, answered("* THREAD (2)(3 6 (4 23)(44 7 96))"), all, "(2)(3 6 (4 23)(44 7 96))"},
		{"RFC 5256 §4, without a parent", caps, answered("* THREAD ((3)(5))"), all, "((3)(5))"},
		{"in two lines", caps, answered("* THREAD (2)\nS: * 9 EXISTS\nS: * THREAD (3 (4)(5))"), all, "(2)(3 (4)(5))"},
		{"spaces", caps, answered("* THREAD  ( 2 3 ) ((4) (5) )  "), all, "(2 3)((4)(5))"},
		{"NIL", caps, answered("* THREAD NIL"), all, ""},
		{"a name in another case", "THREAD=REFS", "C: $2 UID THREAD refs US-ASCII ALL\nS: * THREAD (1)\nS: $2 OK", threading(nil, "refs"), "(1)"},
		{"a message twice", caps, answered("* THREAD (2)(3 2)"), all, "imap: the server's sorted answer names a message twice, or too many"},
		{"not closed", caps, answered("* THREAD (2)(3"), all, `imap: UID THREAD: the answer cannot be read: imap: syntax error at byte 14: want the end of a thread, found the end`},
		{"a zero", caps, answered("* THREAD (0)"), all, `imap: UID THREAD: the answer cannot be read: imap: syntax error at byte 10: want a number that is not zero near "0)"`},
		{"a charset", caps + " LITERAL+", `
			C: $2 UID THREAD REFERENCES UTF-8 SUBJECT {2+}
			C!: \xc3\xa9\r\n
			S: $2 NO [BADCHARSET] no`, threading(search.Subject("é"), imap.ThreadReferences), "imap: UID THREAD: NO [BADCHARSET] no (the server does not search in UTF-8; look for ASCII text)"},
		{"a bad name", caps, "", threading(nil, "A B"), `imap: bad atom "A B": it must not hold spaces, controls, 8 bit bytes or any of (){%*"\]`},
		{"numbers that may have changed", caps, `
			C: $2 UID THREAD REFERENCES US-ASCII 1:3
			S: * 1 EXPUNGE
			S: * THREAD (2)
			S: $2 OK`, threading(search.Numbers(imap.SeqRange(1, 3)), imap.ThreadReferences), imap.ErrRenumbered.Error()},
	})
}

func TestThreadWalk(t *testing.T) {
	deep := &imap.Thread{UID: 1}
	last := deep
	for n := 2; n <= 1_000_000; n++ { // as deep as a stack must not be
		last.Children = []*imap.Thread{{UID: imap.UID(n)}}
		last = last.Children[0]
	}
	if set := deep.UIDs(); set.String() != "1:1000000" {
		t.Error(set)
	}
	tree := &imap.Thread{Children: []*imap.Thread{{UID: 3, Children: []*imap.Thread{{UID: 9}}}, {UID: 5}}}
	var got []string
	for depth, m := range tree.All() {
		got = append(got, fmt.Sprint(depth, ":", m.UID))
	}
	if s := strings.Join(got, " "); s != "0:0 1:3 2:9 1:5" || tree.UIDs().String() != "3,5,9" {
		t.Error(s, tree.UIDs())
	}
	for range tree.All() {
		break
	}
}

// changesOf collects changes until the loop ends.
func changesOf(t *testing.T, x *imap.SearchContext, n int) (all []string, last error) {
	for c, err := range x.Changes(t.Context()) {
		if err != nil {
			return all, err
		}
		sign := "+"
		if c.Removed {
			sign = "-"
		}
		if all = append(all, fmt.Sprint(sign, c.Position, ":", c.UIDs)); len(all) == n {
			break
		}
	}
	return all, nil
}

func TestSearchContext(t *testing.T) {
	junk := search.And(search.Deleted, search.Keyword(imap.FlagJunk))
	count := &imap.SearchOptions{Count: true}
	const begin = `
		C: $2 UID SEARCH RETURN (UPDATE COUNT) DELETED KEYWORD $Junk
		S: * ESEARCH (TAG "$2") COUNT 74
		S: $2 OK Search completed, will notify.
	`
	open := func(t *testing.T, m *imap.Mailbox) *imap.SearchContext {
		x, err := m.SearchContext(t.Context(), junk, count)
		if err != nil || x.Result.Count != 74 {
			t.Fatal(x, err)
		}
		return x
	}
	const caps = "ESEARCH CONTEXT=SEARCH CONTEXT=SORT SORT ESORT"
	runScripts(t, []scriptTest{
		{"RFC 5267 §4.3", caps, begin + `
			C: $3 NOOP
			S: * 4 FETCH (FLAGS (\Deleted \Seen))
			S: * ESEARCH (TAG "$2") UID ADDTO (0 32768:32769)
			S: * ESEARCH (TAG "$2") UID REMOVEFROM (0 32768) ADDTO (0 7)
			S: * ESEARCH (TAG "other") UID REMOVEFROM (0 9)
			S: $3 OK
			C: $4 CANCELUPDATE "$2"
			S: * ESEARCH (TAG "$2") UID ADDTO (0 5)
			S: $4 OK No further updates.`, func(t *testing.T, c *imap.Client, m *imap.Mailbox) any {
			x := open(t, m)
			if err := c.Noop(t.Context()); err != nil {
				return err
			}
			all, err := changesOf(t, x, 2)
			more, err2 := changesOf(t, x, 1)
			closed := []error{x.Close(t.Context()), x.Close(t.Context())}
			rest, err3 := changesOf(t, x, 1)
			return fmt.Sprint(all, err, more, err2, closed, rest, err3)
		}, "[+0:32768:32769 -0:32768] <nil> [+0:7] <nil> [<nil> <nil>] [] <nil>"},
		{"RFC 5267 §4.3.3: three ways to say the same", caps, `
			C: $2 UID SORT RETURN (UPDATE ALL) (DATE) US-ASCII ALL
			S: * ESEARCH (TAG "$2") UID ALL 2734:2735
			S: $2 OK
			C: $3 NOOP
			S: * ESEARCH (TAG "$2") UID ADDTO (1 2733 1 2732 1 2731)
			S: * ESEARCH (TAG "$2") UID REMOVEFROM (1 2731:2733)
			S: * ESEARCH (TAG "$2") UID ADDTO (1 2733) ADDTO (1 2731:2732)
			S: * ESEARCH (TAG "$2") UID REMOVEFROM (2 2732:2733 1 2731)
			S: * ESEARCH (TAG "$2") UID ADDTO (1 2731:2733)
			S: * ESEARCH (TAG "$2") UID ADDTO (2 9,7:8) REMOVEFROM (3 7,8)
			S: $3 OK`, func(t *testing.T, c *imap.Client, m *imap.Mailbox) any {
			x, err := m.SortContext(t.Context(), nil, []imap.SortKey{imap.SortDate}, nil)
			if err != nil {
				return err
			}
			if err := c.Noop(t.Context()); err != nil {
				return err
			}
			list, said, n := slices.Clone(x.Result.Order), []string{}, 0
			for change, err := range x.Changes(t.Context()) {
				if list, err = change.Apply(list); err != nil {
					return err
				}
				said = append(said, fmt.Sprint(list))
				if n++; n == 12 {
					break
				}
			}
			return fmt.Sprint(said[2], said[3], said[5], said[7], said[8], said[10], said[11])
		}, "[2731 2732 2733 2734 2735][2734 2735][2731 2732 2733 2734 2735][2734 2735][2731 2732 2733 2734 2735][2731 9 7 8 2732 2733 2734 2735][2731 9 2732 2733 2734 2735]"},
		{"RFC 5267 §4.3.1: refused", caps, `
			C: $2 UID SORT RETURN (UPDATE COUNT) (DATE) US-ASCII KEYWORD $Junk
			S: * ESEARCH (TAG "$2") COUNT 74
			S: * NO [NOUPDATE "$2"] Too many contexts
			S: $2 OK Search completed, will not notify.`, func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
			x, err := m.SortContext(t.Context(), search.Keyword(imap.FlagJunk), []imap.SortKey{imap.SortDate}, count)
			_, later := changesOf(t, x, 1)
			return []any{errors.Is(err, imap.CodeNoUpdate), x.Result.Count, errors.Is(later, imap.CodeNoUpdate), x.Close(t.Context())}
		}, "[true 74 true <nil>]"},
		{"a change that cannot be read", caps, begin + `
			C: $3 NOOP
			S: * ESEARCH (TAG "$2") UID ADDTO (0 1)
			S: * ESEARCH (TAG "$2") UID ADDTO (0)
			S: * ESEARCH (TAG "$2") UID ADDTO (0 2)
			S: $3 OK`, func(t *testing.T, c *imap.Client, m *imap.Mailbox) any {
			x := open(t, m)
			if err := c.Noop(t.Context()); err != nil {
				return err
			}
			all, err := changesOf(t, x, 9)
			return fmt.Sprint(all, errors.Is(err, imap.ErrOutOfStep))
		}, "[+0:1] true"},
		{"too many to keep", caps, begin + `
			C: $3 NOOP
			S: * ESEARCH (TAG "$2") UID ADDTO (` + strings.TrimSpace(strings.Repeat("0 1 ", 5000)) + `)
			S: $3 OK`, func(t *testing.T, c *imap.Client, m *imap.Mailbox) any {
			x := open(t, m)
			if err := c.Noop(t.Context()); err != nil {
				return err
			}
			all, err := changesOf(t, x, 9999)
			return fmt.Sprint(len(all), errors.Is(err, imap.ErrOutOfStep))
		}, "4096 true"},
		{"another mailbox", caps + " UNSELECT", begin + `
			C: $3 UNSELECT
			S: $3 OK`, func(t *testing.T, c *imap.Client, m *imap.Mailbox) any {
			x := open(t, m)
			if err := m.Unselect(t.Context()); err != nil {
				return err
			}
			_, err := changesOf(t, x, 1)
			return []any{errors.Is(err, imap.ErrDeselected), x.Close(t.Context())}
		}, "[true <nil>]"},
		{"no answer", caps, `
			C: $2 UID SEARCH RETURN (UPDATE COUNT) DELETED KEYWORD $Junk
			S: $2 OK
			C: $3 CANCELUPDATE "$2"
			S: $3 OK`, func(t *testing.T, c *imap.Client, m *imap.Mailbox) any {
			_, err := m.SearchContext(t.Context(), junk, count)
			synctest.Wait()
			return err
		}, "imap: UID SEARCH: the server said OK, but not what was asked for"},
	})
}

// Changes come into the middle of other searches, also of those that are not
// told apart by tags.
func TestSearchContextAmongSearches(t *testing.T) {
	runScripts(t, []scriptTest{{"", "ESEARCH CONTEXT=SEARCH UNSELECT", `
		C: $2 UID SEARCH RETURN (UPDATE ALL) SEEN
		S: * ESEARCH (TAG "$2") UID ADDTO (0 9)
		S: * ESEARCH (TAG "$2") UID ALL 1:2
		S: * ESEARCH (TAG "$2") UID ADDTO (0 3)
		S: $2 OK
		C: $3 UID SEARCH RETURN (ALL) DRAFT
		S: * ESEARCH (TAG "$2") UID REMOVEFROM (0 1)
		S: * ESEARCH UID ADDTO (0 8)
		S: * ESEARCH (TAG "$3") UID ALL 7
		S: * ESEARCH (TAG "$2") UID ADDTO (0 4)
		S: $3 OK`, func(t *testing.T, c *imap.Client, m *imap.Mailbox) any {
		x, err := m.SearchContext(t.Context(), search.Seen, nil)
		if err != nil {
			return err
		}
		draft, err := m.Search(t.Context(), search.Draft)
		all, _ := changesOf(t, x, 4)
		return fmt.Sprint(x.Result.UIDs, draft, err, all)
	}, "1:2 7 <nil> [+0:9 +0:3 -0:1 +0:4]"}})
}

func TestApply(t *testing.T) {
	list := []imap.UID{2, 4, 6}
	uids := func(s string) imap.UIDSet {
		set, err := imap.ParseUIDSet(s)
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	for _, tt := range []struct {
		c    imap.ResultChange
		want string
	}{
		{imap.ResultChange{UIDs: uids("3,5")}, "[2 3 4 5 6] <nil>"},
		{imap.ResultChange{UIDs: uids("4")}, "[2 4 6] <nil>"},
		{imap.ResultChange{Removed: true, UIDs: uids("1:4")}, "[6] <nil>"},
		{imap.ResultChange{Removed: true, UIDs: uids("1:*")}, "[] <nil>"},
		{imap.ResultChange{Position: 4, UIDs: uids("1")}, "[2 4 6 1] <nil>"},
		{imap.ResultChange{Position: 5, UIDs: uids("1")}, "[2 4 6] " + imap.ErrOutOfStep.Error()},
		{imap.ResultChange{Position: 2, Removed: true, UIDs: uids("4")}, "[2 6] <nil>"},
		{imap.ResultChange{Position: 1, Removed: true, UIDs: uids("4")}, "[2 4 6] " + imap.ErrOutOfStep.Error()},
		{imap.ResultChange{Position: 3, Removed: true, UIDs: uids("6:4294967294")}, "[2 4 6] " + imap.ErrOutOfStep.Error()},
		{imap.ResultChange{UIDs: uids("1:4294967294")}, "[2 4 6] imap: number of messages found exceeds the limit of 4194304"},
		{imap.ResultChange{Position: 1, UIDs: uids("1:4294967294")}, "[2 4 6] imap: number of messages found exceeds the limit of 4194304"},
	} {
		got, err := tt.c.Apply(slices.Clone(list))
		if s := fmt.Sprint(got, err); s != tt.want {
			t.Errorf("%+v: %s, want %s", tt.c, s, tt.want)
		}
	}
}

// A caller that goes away leaves no context behind.
func TestSearchContextAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, m := scripted(t, "ESEARCH CONTEXT=SEARCH", `
			C: $2 UID SEARCH RETURN (UPDATE ALL) SEEN
			pause 2s
			S: * ESEARCH (TAG "$2") UID ALL 1:2
			S: $2 OK
			C: $3 CANCELUPDATE "$2"
			S: * ESEARCH (TAG "$2") UID ADDTO (0 4)
			S: $3 OK
			C: $4 UID SEARCH RETURN (ALL) ALL
			S: * ESEARCH (TAG "$4") UID ALL 1
			S: $4 OK
		`, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := m.SearchContext(ctx, search.Seen, nil); err == nil {
			t.Error("no error")
		}
		if set, err := m.Search(t.Context(), nil); err != nil || set.String() != "1" {
			t.Error(set, err)
		}
	})
}

// RFC 9738: the server looks at some of the messages only.
func TestSearchLimited(t *testing.T) {
	const caps = "ESEARCH SORT THREAD=REFS PARTIAL SEARCHRES MESSAGELIMIT=1000"
	runScripts(t, []scriptTest{
		{"counted in parts", caps, `
			C: $2 UID SEARCH RETURN (MIN MAX COUNT) SEEN
			S: * ESEARCH (TAG "$2") UID MIN 23300 MAX 24000 COUNT 40
			S: $2 OK [MESSAGELIMIT 1000 23221] done
			C: $3 UID SEARCH RETURN (MIN MAX COUNT) UID 1:23220 SEEN
			S: * ESEARCH (TAG "$3") UID MIN 5 MAX 9 COUNT 2
			S: $3 OK [MESSAGELIMIT 1000 4] done
			C: $4 UID SEARCH RETURN (MIN MAX COUNT) UID 1:3 SEEN
			S: * ESEARCH (TAG "$4") UID COUNT 0
			S: $4 OK`, esearching(search.Seen, &imap.SearchOptions{Min: true, Max: true, Count: true}), "min=5 max=24000 count=42"},
		{"a range", caps, `
			C: $2 UID SEARCH RETURN (PARTIAL -1:-2) SEEN
			S: * ESEARCH (TAG "$2") UID PARTIAL (-1:-2 9:10)
			S: $2 OK [MESSAGELIMIT 1000 8] done
			C: $3 UID SEARCH RETURN (ALL) SEEN
			S: * ESEARCH (TAG "$3") UID ALL 9:10
			S: $3 OK [MESSAGELIMIT 1000 8] done
			C: $4 UID SEARCH RETURN (ALL) UID 1:7 SEEN
			S: * ESEARCH (TAG "$4") UID ALL 3
			S: $4 OK`, esearching(search.Seen, &imap.SearchOptions{Partial: imap.Partial{First: -1, Last: -2}}), "uids=9:10 min=3 max=10 count=3"},
		{"what cannot be joined", caps, `
			C: $2 UID SEARCH RETURN (SAVE ALL) SEEN
			S: * ESEARCH (TAG "$2") UID ALL 9:10
			S: $2 OK [MESSAGELIMIT 1000 8] done
			C: $3 UID SORT (DATE) US-ASCII ALL
			S: * SORT 10 9
			S: $3 OK [MESSAGELIMIT 1000 8] done
			C: $4 UID THREAD REFS US-ASCII ALL
			S: * THREAD (9 10)
			S: $4 OK [MESSAGELIMIT 1000 8] done`, func(t *testing.T, _ *imap.Client, m *imap.Mailbox) any {
			var got []any
			for _, err := range []error{
				second(m.SearchSaved(t.Context(), search.Seen)),
				second(m.Sort(t.Context(), nil, imap.SortDate)),
				second(m.Thread(t.Context(), nil, imap.ThreadRefs)),
			} {
				got = append(got, errors.Is(err, imap.CodeMessageLimit))
			}
			return got
		}, "[true true true]"},
	})
}

func multi(q imap.Query, in *imap.SearchIn, opts *imap.SearchOptions) func(*testing.T, *imap.Client, *imap.Mailbox) any {
	return func(t *testing.T, c *imap.Client, _ *imap.Mailbox) any {
		results, err := c.MultiSearch(t.Context(), q, in, opts)
		var got []string
		for _, r := range results {
			got = append(got, fmt.Sprintf("%s/%d %v", r.Mailbox, r.UIDValidity, resultOf(&r.SearchResult, nil)))
		}
		if err != nil {
			got = append(got, err.Error())
		}
		return strings.Join(got, "; ")
	}
}

func TestMultiSearch(t *testing.T) {
	folders := &imap.SearchIn{Mailboxes: []string{"folder1"}, Subtree: []string{"folder2"}}
	begin := func(answer string) string {
		return `
			C: $2 ESEARCH IN (subtree (folder2) mailboxes (folder1)) RETURN (ALL) UNSEEN
			` + answer + `
			S: $2 OK done`
	}
	runScripts(t, []scriptTest{
		{"RFC 7377 §3", "MULTISEARCH", begin(`
			S: * ESEARCH (TAG "$2" MAILBOX "folder1" UIDVALIDITY 1) UID ALL 4001,4003,4005,4007,4009
			S: * ESEARCH (TAG "$2" MAILBOX "folder2/banana" UIDVALIDITY 503) UID ALL 3002,4004
			S: * ESEARCH (TAG "$2" MAILBOX "folder2/peach" UIDVALIDITY 3) UID ALL 921691`), multi(search.Unseen, folders, nil),
			"folder1/1 uids=4001,4003,4005,4007,4009 min=4001 max=4009 count=5; folder2/banana/503 uids=3002,4004 min=3002 max=4004 count=2; folder2/peach/3 uids=921691 min=921691 max=921691 count=1"},
		{"all sources", "MULTISEARCH", `
			C: $2 ESEARCH IN (selected inboxes personal subscribed subtree (a "b c") subtree-one (d) mailboxes (Entw&APw-rfe)) RETURN (MIN COUNT) ALL
			S: * ESEARCH (TAG "$2" UIDVALIDITY 1 MAILBOX Entw&APw-rfe) UID MIN 3 COUNT 2
			S: $2 OK done`, multi(nil, &imap.SearchIn{Selected: true, Inboxes: true, Personal: true, Subscribed: true, Subtree: []string{"a", "b c"},
			SubtreeOne: []string{"d"}, Mailboxes: []string{"Entwürfe"}}, &imap.SearchOptions{Min: true, Count: true}), "Entwürfe/1 min=3 count=2"},
		{"nothing", "MULTISEARCH", begin(""), multi(search.Unseen, folders, nil), ""},
		{"one mailbox in two lines", "MULTISEARCH", begin(`
			S: * ESEARCH (TAG "$2" MAILBOX a UIDVALIDITY 1) UID ALL 9
			S: * ESEARCH (TAG "$2" MAILBOX a UIDVALIDITY 1) UID ALL 3`), multi(search.Unseen, folders, nil), "a/1 uids=3,9 min=3 max=9 count=2"},
		{"a range", "MULTISEARCH PARTIAL", `
			C: $2 ESEARCH IN (personal) RETURN (PARTIAL -1:-5) ALL
			S: * ESEARCH (TAG "$2" MAILBOX a UIDVALIDITY 1) UID PARTIAL (-1:-5 3:7)
			S: $2 OK done`, multi(nil, &imap.SearchIn{Personal: true}, &imap.SearchOptions{Partial: imap.Partial{First: -1, Last: -5}}), "a/1 uids=3:7"},
		{"a range, of a server that cannot", "MULTISEARCH", `
			C: $2 ESEARCH IN (personal) RETURN (ALL) ALL
			S: * ESEARCH (TAG "$2" MAILBOX a UIDVALIDITY 1) UID ALL 1:9
			S: $2 OK done`, multi(nil, &imap.SearchIn{Personal: true}, &imap.SearchOptions{Partial: imap.Partial{First: -1, Last: -2}}), "a/1 uids=8:9 min=1 max=9 count=9"},
		{"stopped", "MULTISEARCH", `
			C: $2 ESEARCH IN (personal) RETURN (ALL) ALL
			S: * ESEARCH (TAG "$2" MAILBOX a UIDVALIDITY 1) UID ALL 1:9
			S: $2 OK [LIMIT] too many`, multi(nil, &imap.SearchIn{Personal: true}, nil), "a/1 uids=1:9 min=1 max=9 count=9; imap: ESEARCH: OK [LIMIT] too many"},
		{"refused", "MULTISEARCH", `
			C: $2 ESEARCH IN (personal) RETURN (ALL) ALL
			S: $2 NO [LIMIT] too many`, multi(nil, &imap.SearchIn{Personal: true}, nil), "imap: ESEARCH: NO [LIMIT] too many"},
		{"without tags", "MULTISEARCH", begin("S: * ESEARCH (MAILBOX a UIDVALIDITY 1) UID ALL 9"), multi(search.Unseen, folders, nil), "a/1 uids=9 min=9 max=9 count=1"},
		{"without mailboxes", "MULTISEARCH", begin(`S: * ESEARCH (TAG "$2") UID ALL 9`), multi(search.Unseen, folders, nil),
			"imap: ESEARCH: the server does not say in which mailbox it found messages"},
		{"another UIDVALIDITY", "MULTISEARCH", begin(`
			S: * ESEARCH (TAG "$2" MAILBOX a UIDVALIDITY 1) UID ALL 9
			S: * ESEARCH (TAG "$2" MAILBOX a UIDVALIDITY 2) UID ALL 3`), multi(search.Unseen, folders, nil),
			"imap: ESEARCH: the UIDVALIDITY of a mailbox changed meanwhile"},
		{"not what was asked for", "MULTISEARCH", begin(`S: * ESEARCH (TAG "$2" MAILBOX a UIDVALIDITY 1) UID COUNT 2`), multi(search.Unseen, folders, nil),
			"imap: ESEARCH: the server said OK, but not what was asked for"},
		{"garbage", "MULTISEARCH", begin(`S: * ESEARCH (TAG "$2" MAILBOX) UID COUNT 2`), multi(search.Unseen, folders, nil),
			`imap: ESEARCH: the answer cannot be read: imap: syntax error at byte 27: want a space near ") UID COUNT 2"`},
		{"not offered", "", "", multi(nil, folders, nil), "imap: ESEARCH: the server does not offer MULTISEARCH"},
		{"nowhere", "MULTISEARCH", "", multi(nil, nil, nil), "imap: bad search source: there is none"},
		{"to be saved", "MULTISEARCH SEARCHRES", "", multi(nil, folders, &imap.SearchOptions{Save: true}), "imap: bad search option: a result of several mailboxes cannot be saved"},
		{"a bad name", "MULTISEARCH", "", multi(nil, &imap.SearchIn{Mailboxes: []string{"a\x00"}}, nil), `imap: bad string "a\x00": IMAP strings cannot hold NUL`},
	})
}

func TestMultiSearchLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := scripted(t, "MULTISEARCH", `
			C: $2 ESEARCH IN (personal) RETURN (ALL) ALL
			`+strings.Repeat(`S: * ESEARCH (TAG "$2" MAILBOX `+strings.Repeat("a", 3000)+" UIDVALIDITY 1) UID ALL 9\n", 20)+`
			S: $2 OK done
		`, &imap.Options{Limits: wire.Limits{Held: 64 << 10}})
		_, err := c.MultiSearch(t.Context(), nil, &imap.SearchIn{Personal: true}, nil)
		var limit *imap.LimitError
		if !errors.As(err, &limit) {
			t.Error(err)
		}
	})
}

// RFC 7377 §3: two at once are told apart by their tags, and a search of the
// selected mailbox in between.
func TestMultiSearchOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := scripted(t, "MULTISEARCH ESEARCH", `
			C: $2 UID SEARCH RETURN (ALL) ALL
			S: * ESEARCH (TAG "$2") UID ALL 1
			S: $2 OK
			C: $3 ESEARCH IN (personal) RETURN (ALL) UNSEEN
			C: $4 ESEARCH IN (personal) RETURN (ALL) SUBJECT "chad"
			C: $5 UID SEARCH RETURN (ALL) DRAFT
			S: * ESEARCH (TAG "$3" MAILBOX "folder1" UIDVALIDITY 1) UID ALL 4001
			S: * ESEARCH (TAG "$4" MAILBOX "folder1" UIDVALIDITY 1) UID ALL 3001:3004
			S: * ESEARCH (TAG "$5") UID ALL 7
			S: * ESEARCH (TAG "$3" MAILBOX "folder2/peach" UIDVALIDITY 3) UID ALL 921691
			S: $5 OK
			S: $3 OK done
			S: * ESEARCH (TAG "$4" MAILBOX "folder2/salmon" UIDVALIDITY 1111111) UID ALL 50003
			S: $4 OK done
		`, nil)
		if _, err := m.Search(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		personal := &imap.SearchIn{Personal: true}
		for _, run := range []struct {
			f    func() any
			want string
		}{
			{func() any { return multi(search.Unseen, personal, nil)(t, c, m) }, "folder1/1 uids=4001 min=4001 max=4001 count=1; folder2/peach/3 uids=921691 min=921691 max=921691 count=1"},
			{func() any { return multi(search.Subject("chad"), personal, nil)(t, c, m) }, "folder1/1 uids=3001:3004 min=3001 max=3004 count=4; folder2/salmon/1111111 uids=50003 min=50003 max=50003 count=1"},
			{func() any { return both(m.Search(t.Context(), search.Draft)) }, "7"},
		} {
			wg.Go(func() {
				if got := fmt.Sprint(run.f()); got != run.want {
					t.Errorf("%s, want %s", got, run.want)
				}
			})
			synctest.Wait()
		}
		wg.Wait()
	})
}

// No argument gets out of its place.
func TestSearchInjection(t *testing.T) {
	const evil = "a\r\nA9 LOGOUT"
	synctest.Test(t, func(t *testing.T) {
		c, m := scripted(t, "SORT THREAD=REFS MULTISEARCH X-GM-EXT-1 FILTERS OBJECTID ANNOTATE-EXPERIMENT-1", "", nil)
		for name, err := range map[string]error{
			"sort key":   second(m.Sort(t.Context(), nil, evil)),
			"algorithm":  second(m.Thread(t.Context(), nil, evil)),
			"filter":     second(m.Search(t.Context(), search.Filter(evil))),
			"email id":   second(m.Search(t.Context(), search.EmailID(evil))),
			"annotation": second(m.Search(t.Context(), search.Annotation("/a", evil, "b"))),
			"source":     second(c.MultiSearch(t.Context(), nil, &imap.SearchIn{Mailboxes: []string{"\x00"}}, nil)),
		} {
			var bad *wire.ArgumentError
			if !errors.As(err, &bad) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
