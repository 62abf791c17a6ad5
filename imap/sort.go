package imap

import (
	"context"
	"errors"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// SortKey is what SORT orders by (RFC 5256 §3). Any atom will do; these are the
// known ones.
type SortKey string

// The keys. Text is compared without regard to case, addresses by the mailbox
// of the first one, subjects without "Re:" and the like.
const (
	SortArrival     SortKey = "ARRIVAL" // the internal date
	SortCc          SortKey = "CC"
	SortDate        SortKey = "DATE" // of the header
	SortFrom        SortKey = "FROM"
	SortSize        SortKey = "SIZE"
	SortSubject     SortKey = "SUBJECT"
	SortTo          SortKey = "TO"
	SortDisplayFrom SortKey = "DISPLAYFROM" // by the name shown (RFC 5957); needs SORT=DISPLAY
	SortDisplayTo   SortKey = "DISPLAYTO"   // by the name shown (RFC 5957); needs SORT=DISPLAY
	SortRelevancy   SortKey = "RELEVANCY"   // the best first (RFC 6203); needs SEARCH=FUZZY
)

const reverse = "REVERSE "

// Reverse returns the key in descending order.
func (k SortKey) Reverse() SortKey {
	if back, ok := strings.CutPrefix(string(k), reverse); ok {
		return SortKey(back)
	}
	return reverse + k
}

// errUnordered says that a sorted answer makes no sense.
var errUnordered = errors.New("imap: the server's sorted answer names a message twice, or too many")

// Sort returns the UIDs of the messages that a query finds, in order: by the
// first key, then the second, and so on, and at last by their place in the
// mailbox (RFC 5256 §3). A nil query finds all. It needs the capability SORT.
// If the server does not know the charset, the error is a [*CharsetError].
func (m *Mailbox) Sort(ctx context.Context, q Query, keys ...SortKey) ([]UID, error) {
	r, err := m.ESort(ctx, q, keys, nil)
	if err != nil {
		return nil, err
	}
	return r.Order, nil
}

// ESort is Sort that returns what opts say (RFC 5267 §3); first, last and
// ranges are those of the order. A server that lacks ESORT is asked for all
// messages, and what opts ask for is taken from these. A sorted result cannot
// be saved.
func (m *Mailbox) ESort(ctx context.Context, q Query, keys []SortKey, opts *SearchOptions) (*SearchResult, error) {
	s, err := m.sorting(q, keys, opts)
	if err != nil {
		return nil, err
	}
	if err := s.do(ctx); err != nil {
		return nil, err
	}
	return s.result(), nil
}

func (m *Mailbox) sorting(q Query, keys []SortKey, opts *SearchOptions) (*searching, error) {
	switch {
	case len(keys) == 0:
		return nil, &wire.ArgumentError{Kind: "sort key", Reason: "there is none"}
	case opts != nil && opts.Save:
		return nil, &wire.ArgumentError{Kind: "search option", Reason: "a sorted result cannot be saved"}
	}
	cmd := wire.NewCommand("SORT")
	if addSortKeys(cmd, keys); cmd.Err() != nil {
		return nil, cmd.Err()
	}
	s, err := m.searching("UID SORT", q, opts)
	if err != nil {
		return nil, err
	}
	s.keys = keys
	needs := question{needs: []string{"SORT"}}
	for _, k := range keys {
		switch k := SortKey(strings.TrimPrefix(string(k), reverse)); k {
		case SortDisplayFrom, SortDisplayTo:
			needs.needs = append(needs.needs, "SORT=DISPLAY")
		case SortRelevancy:
			needs.needs = append(needs.needs, "SEARCH=FUZZY")
		}
	}
	return s, m.client.supported(&needs, s.name)
}

// RFC 5256 §5, sort-criteria
func addSortKeys(cmd *wire.Command, keys []SortKey) {
	cmd.List(func() {
		for _, k := range keys {
			key, reversed := strings.CutPrefix(string(k), reverse)
			if reversed {
				cmd.Atom("REVERSE")
			}
			cmd.Atom(key)
		}
	})
}

// RFC 5256 §4, SORT response; RFC 7162 §3.1.6 lets a mod-sequence follow
func (p *parser) sortResponse(resp *response) { p.searchResponse(resp) }
