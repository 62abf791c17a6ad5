package imap

import (
	"context"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// SearchIn says which mailboxes MultiSearch searches (RFC 7377 §2.2): all that
// it names. A mailbox is better not named twice.
type SearchIn struct {
	Selected   bool     // the one that is selected on this connection
	Inboxes    bool     // those to which mail is delivered
	Personal   bool     // all in the user's own namespaces
	Subscribed bool     // those that the user is subscribed to
	Subtree    []string // these and all below them
	SubtreeOne []string // these and those one level below
	Mailboxes  []string // these alone; wildcards mean nothing
}

// MailboxResult is what a search found in one mailbox.
type MailboxResult struct {
	Mailbox     string
	UIDValidity uint32
	SearchResult
}

// maxResults is how many mailboxes one answer may be about.
const maxResults = maxListed

// MultiSearch searches several mailboxes without selecting them (RFC 7377). It
// returns those in which something was found, in the order of the server's
// answers. A nil query finds all; sequence numbers in it mean something in each
// mailbox anew. It needs the capability MULTISEARCH. If the server stopped half
// way, the results so far are returned with a *ResponseError with CodeLimit, be
// its Status OK or NO.
func (c *Client) MultiSearch(ctx context.Context, q Query, in *SearchIn, opts *SearchOptions) ([]*MailboxResult, error) {
	s := &multiSearching{client: c, opts: opts.withDefaults(), byName: map[string]*searching{}}
	if in != nil {
		s.in = *in
	}
	if err := s.check(q); err != nil {
		return nil, err
	}
	return s.do(ctx)
}

// multiSearching is one ESEARCH under way.
type multiSearching struct {
	client *Client
	in     SearchIn
	opts   SearchOptions
	query  *question
	call   *call
	cuts   bool // PARTIAL was sent

	names  []string // the mailboxes, as they came
	byName map[string]*searching
	size   int64 // about how much memory they take
	err    error
}

func (s *multiSearching) check(q Query) (err error) {
	in := &s.in
	if !in.Selected && !in.Inboxes && !in.Personal && !in.Subscribed && len(in.Subtree)+len(in.SubtreeOne)+len(in.Mailboxes) == 0 {
		return &wire.ArgumentError{Kind: "search source", Reason: "there is none"}
	}
	if s.opts.Save {
		return &wire.ArgumentError{Kind: "search option", Reason: "a result of several mailboxes cannot be saved"}
	}
	if err := s.opts.check(); err != nil {
		return err
	}
	if s.query, err = newQuestion(q); err != nil {
		return err
	}
	needs := *s.query
	needs.needs = append(needs.needs[:len(needs.needs):len(needs.needs)], "MULTISEARCH")
	if s.opts.Relevancy {
		needs.needs = append(needs.needs, "SEARCH=FUZZY")
	}
	return s.client.supported(&needs, "ESEARCH")
}

func (s *multiSearching) do(ctx context.Context) ([]*MailboxResult, error) {
	foot := footprint{class: classSearch, tagged: true, usesSaved: len(s.query.keys.SavedRefs()) > 0}
	k := &call{name: "ESEARCH", foot: foot, slow: true, prepare: s.prepare}
	k.claim = s.claim
	s.call = k
	err := explainCharset(k, s.client.do(ctx, k), "UTF-8")
	switch {
	case err != nil && !k.answered():
		return nil, err
	case err == nil && s.err != nil:
		return nil, s.err
	case err == nil && k.result.code != nil && k.result.code.Code == CodeLimit:
		err = &ResponseError{Command: k.name, Status: k.result.status, Code: CodeLimit, Data: k.result.code.Data, Text: k.result.text}
	case err == nil && k.cutShort():
		err = k.incomplete()
	}
	results, bad := s.results()
	if bad != nil {
		return nil, bad
	}
	return results, err
}

// prepare builds the command when its turn has come.
func (s *multiSearching) prepare() (*wire.Command, error) {
	c := s.client
	if len(s.query.keys.SavedRefs()) > 0 {
		if c.box == nil {
			return nil, ErrNotSaved
		}
		if err := c.box.stillSaved(s.query.keys); err != nil {
			return nil, err
		}
	}
	cmd := wire.NewCommand("ESEARCH").Atom("IN")
	cmd.List(func() { s.in.appendTo(cmd, &c.names) })
	one := s.one()
	if s.cuts = !s.opts.Partial.IsZero() && one.cuts(); !s.cuts {
		one.uncut = true
	}
	cmd.Atom("RETURN").List(func() { one.returns(cmd) })
	s.query.appendTo(cmd, c, nil)
	return cmd, nil
}

// one is the search in one mailbox, as if it were made alone.
func (s *multiSearching) one() *searching {
	return &searching{box: &Mailbox{client: s.client}, name: "ESEARCH", opts: s.opts, query: s.query, extended: true, partial: s.cuts}
}

// RFC 7377 §4, source-mbox
func (in *SearchIn) appendTo(cmd *wire.Command, names *mailboxNames) {
	for _, source := range []struct {
		on   bool
		word string
	}{
		{in.Selected, "selected"}, {in.Inboxes, "inboxes"}, {in.Personal, "personal"}, {in.Subscribed, "subscribed"},
	} {
		if source.on {
			cmd.Atom(source.word)
		}
	}
	for _, source := range []struct {
		word string
		list []string
	}{
		{"subtree", in.Subtree}, {"subtree-one", in.SubtreeOne}, {"mailboxes", in.Mailboxes},
	} {
		if len(source.list) == 0 {
			continue
		}
		cmd.Atom(source.word).List(func() {
			for _, name := range source.list {
				cmd.AString(names.wire(name))
			}
		})
	}
}

// claim takes what bears the tag, or, where no other search is under way, bears
// none.
func (s *multiSearching) claim(r *response) bool {
	if r.kind != kindESearch || len(r.search.changes) > 0 {
		return false
	}
	d := r.search
	if d.tag != s.call.tag && (d.tag != "" || d.mailbox == "" || !s.client.alone(s.call)) {
		return false
	}
	s.client.names.learn(d.mailbox, d.raw)
	if !s.call.abandoned && s.err == nil {
		s.add(r)
	}
	return true
}

func (s *multiSearching) add(r *response) {
	d := r.search
	key := d.mailbox
	s.size += int64(512 + len(key) + len(d.raw) + 8*(len(d.nums)+len(d.order)+len(d.part)) + len(d.relevancy))
	one := s.byName[key]
	switch {
	case d.raw == "":
		s.err = searchError("ESEARCH", "the server does not say in which mailbox it found messages")
	case one != nil && one.found.uidValidity != d.uidValidity:
		s.err = searchError("ESEARCH", "the UIDVALIDITY of a mailbox changed meanwhile")
	case len(s.names) == maxResults:
		s.err = &wire.LimitError{What: "number of mailboxes", Max: maxResults}
	case s.size > s.client.opts.Limits.Held:
		s.err = &wire.LimitError{What: "answer to ESEARCH", Max: uint64(s.client.opts.Limits.Held)}
	case one != nil:
		one.merge(d)
	default:
		one = s.one()
		one.found, one.answered = *d, true
		s.byName[key] = one
		s.names = append(s.names, strings.Clone(key))
	}
}

// results checks the answers and gives them their shape.
func (s *multiSearching) results() ([]*MailboxResult, error) {
	all := make([]*MailboxResult, 0, len(s.names))
	for _, name := range s.names {
		one := s.byName[name]
		if one.unsorted {
			one.found.nums = one.found.nums.Union(nil)
		}
		if one.verify() != nil {
			return nil, nothingSaid("ESEARCH")
		}
		r := &MailboxResult{Mailbox: name, UIDValidity: one.found.uidValidity, SearchResult: *one.result()}
		if r.Count > 0 || r.Min > 0 || r.Max > 0 || !r.UIDs.Empty() {
			all = append(all, r)
		}
	}
	return all, nil
}
