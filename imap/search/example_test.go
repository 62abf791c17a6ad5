package search_test

import (
	"fmt"
	"time"

	"github.com/idlewild-mail/idlewild/imap/search"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

func Example() {
	lastWeek := time.Date(2026, time.July, 5, 0, 0, 0, 0, time.Local)
	query := search.And(
		search.Unseen,
		search.Since(lastWeek),
		search.Or(search.From("alice@example.org"), search.Subject("minutes")),
		search.Not(search.Keyword("$Junk")),
	)

	// This is what box.Search sends.
	c := wire.NewCommand("UID SEARCH")
	query.AppendTo(c)
	fmt.Println(c)
	// Output:
	// UID SEARCH UNSEEN SINCE 05-Jul-2026 OR FROM "alice@example.org" SUBJECT "minutes" NOT KEYWORD $Junk
}

func ExampleHeader() {
	c := wire.NewCommand("UID SEARCH")
	search.And(search.Header("List-Id", ""), search.Larger(1<<20)).AppendTo(c)
	fmt.Println(c)
	// Output:
	// UID SEARCH HEADER List-Id "" LARGER 1048576
}
