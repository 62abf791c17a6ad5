package test

import (
	"fmt"
	"maps"
	"math/rand"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
)

// TestLiveSorted: our server sorts and threads as Dovecot and Cyrus do.
func TestLiveSorted(t *testing.T) {
	ours := imaptestServer(t, 0)
	for _, sv := range servers[:2] {
		t.Run(sv.name, func(t *testing.T) {
			theirs := sv.get(t)
			for seed := range 3 {
				letters := correspondence(seed, 25)
				name := fmt.Sprintf("Sorted%s%d", sv.name, seed)
				want, got := sortedBy(t, theirs, name, letters), sortedBy(t, ours, name, letters)
				for how := range maps.Keys(want) {
					if got[how] != want[how] {
						t.Errorf("seed %d, %s:\n%s  ours\n%s  %s", seed, how, got[how], want[how], sv.name)
					}
				}
			}
		})
	}
}

// correspondence is letters that refer to each other, and to some that are not
// there, in all ways.
func correspondence(seed, n int) []string {
	r := rand.New(rand.NewSource(int64(seed)))
	of := func(words ...string) string { return words[r.Intn(len(words))] }
	person := func() string {
		return of("Bob <zz@example.org>", "alice@example.org", `"Carl X" <carl@example.org>`, "=?utf-8?q?J=C3=B6rg?= <joerg@example.org>", "group: a@b.example, c@d.example;")
	}
	var letters []string
	for i := range n {
		refs := ""
		for range r.Intn(3) {
			refs += fmt.Sprintf(" <%d.%d@x>", seed, r.Intn(n+n/5))
		}
		if refs != "" {
			refs = of("References:", "In-Reply-To:") + refs + "\r\n"
		}
		subject := of("Minutes", "Re: Minutes", "re: [team] minutes (fwd)", "Fwd: Agenda", "Agenda", "[list] Agenda",
			"=?utf-8?q?Caf=C3=A9?=", "Re: =?utf-8?q?Caf=C3=A9?=", "", "Re:", "Re[2]: Lunch", "[Fwd: Lunch]")
		letters = append(letters, fmt.Sprintf("Message-ID: <%d.%d@x>\r\nDate: %02d Jan 2026 %02d:00:00 +0%d00\r\nFrom: %s\r\nTo: %s\r\nCc: %s\r\nSubject: %s\r\n%s\r\n%s\r\n",
			seed, i, 1+r.Intn(5), r.Intn(24), r.Intn(9), person(), person(), person(), subject, refs, strings.Repeat("x", r.Intn(30))))
	}
	return letters
}

// sortedBy is how a server sorts and threads letters.
func sortedBy(t *testing.T, s *server, name string, letters []string) map[string]string {
	t.Helper()
	c, err := s.dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Create(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	for _, l := range letters {
		if _, err := c.Append(t.Context(), name, strings.NewReader(l), int64(len(l)), nil); err != nil {
			t.Fatal(err)
		}
	}
	box, err := c.Select(t.Context(), name, nil)
	if err != nil {
		t.Fatal(err)
	}
	results := map[string]string{}
	for _, k := range []imap.SortKey{imap.SortDate, imap.SortSubject, imap.SortFrom, imap.SortTo, imap.SortCc, imap.SortSize, imap.SortDisplayFrom, imap.SortDisplayTo} {
		for _, k := range []imap.SortKey{k, k.Reverse()} {
			order, err := box.Sort(t.Context(), nil, k)
			if err != nil || len(order) != len(letters) {
				t.Error(k, order, err)
			}
			results[string(k)] = fmt.Sprint(order)
		}
	}
	for _, by := range []imap.ThreadAlgorithm{imap.ThreadReferences, imap.ThreadOrderedSubject} {
		threads, err := box.Thread(t.Context(), nil, by)
		if err != nil || len(threads) == 0 {
			t.Error(by, err)
		}
		var b strings.Builder
		for _, x := range threads {
			for depth, m := range x.All() {
				fmt.Fprintf(&b, "%s%d ", strings.Repeat(">", depth), m.UID)
			}
		}
		results[string(by)] = b.String()
	}
	return results
}
