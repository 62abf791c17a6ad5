package imap

import (
	"context"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// searching is one SEARCH or SORT, asked once, or a second time plainly.
type searching struct {
	box     *Mailbox
	name    string
	foot    footprint
	opts    SearchOptions
	query   *question
	keyed   bool      // the query has sequence numbers in it
	numbers *SeqSet   // to be found, in place of a query
	keys    []SortKey // of SORT
	live    *SearchContext
	plainly bool // RETURN (RFC 4731) is not to be used
	uncut   bool // PARTIAL is not to be used
	below   UID  // only messages below it: where the server stopped before; 0: all
	call    *call

	began    uint64 // the epoch when it was written
	epoch    uint64 // of the answer
	extended bool   // it was written with RETURN
	partial  bool   // it was written with PARTIAL
	answered bool
	byTag    bool // the answer bore the tag
	plain    bool // the answer is SEARCH or SORT
	found    searchData
	saved    *savedRef
	unsorted bool
	err      error
}

// searching makes a search, or says why there can be none.
func (m *Mailbox) searching(name string, q Query, opts *SearchOptions) (*searching, error) {
	s := &searching{box: m, name: name, opts: opts.withDefaults()}
	if err := s.opts.check(); err != nil {
		return nil, err
	}
	var err error
	if s.query, err = newQuestion(q); err != nil {
		return nil, err
	}
	s.keyed = s.query.numbers
	s.foot.class, s.foot.numbers = classSearch, s.query.numbers
	s.foot.saves, s.foot.usesSaved = s.opts.Save, len(s.query.keys.SavedRefs()) > 0
	if err := m.check(m.usable); err != nil {
		return nil, err
	}
	return s, s.supported()
}

// supported returns what the server lacks, if anything.
func (s *searching) supported() error {
	needs := *s.query
	if s.opts.Save {
		needs.needs = append(needs.needs, "SEARCHRES")
	}
	if s.opts.Relevancy {
		needs.needs = append(needs.needs, "SEARCH=FUZZY")
	}
	return s.box.client.supported(&needs, s.name)
}

// ask sends the command once.
func (s *searching) ask(ctx context.Context) error {
	k := &call{name: s.name, foot: s.foot, slow: !s.query.quick || len(s.keys) > 0}
	s.call = k
	k.prepare = s.prepare
	k.written = s.written
	k.claim = s.claim
	k.finish = s.finish
	c := s.box.client
	c.mu.Lock()
	k.foot.tagged = s.tagged()
	c.mu.Unlock()
	if err := s.box.do(ctx, k); err != nil {
		return explainCharset(k, err, s.charset())
	}
	return s.err
}

// charset is what the query is in, as SORT and THREAD must say and SEARCH need
// not. Servers that only know US-ASCII get that whenever it will do.
func (s *searching) charset() string {
	if s.query.charset {
		return "UTF-8"
	}
	return "US-ASCII"
}

// prepare builds the command when its turn has come.
func (s *searching) prepare() (*wire.Command, error) {
	if err := s.box.usable(); err != nil {
		return nil, err
	}
	if s.foot.numbers {
		if err := s.box.numbered(); err != nil {
			return nil, err
		}
	}
	if err := s.box.mayAsk(s.query); err != nil {
		return nil, err
	}
	foot := &s.call.foot
	// What was let go because its answer bears a tag must ask for such a one.
	s.extended = foot.tagged || s.extends()
	foot.tagged = s.extended && s.box.client.esearch
	cmd := wire.NewCommand(s.name)
	if s.extended {
		cmd.Atom("RETURN").List(func() { s.returns(cmd) })
	}
	if s.keys != nil {
		addSortKeys(cmd, s.keys)
		cmd.Atom(s.charset()).Arguments(s.query.keys)
		return cmd, nil
	}
	if s.numbers == nil {
		s.query.appendTo(cmd, s.box.client, s.among())
		return cmd, nil
	}
	if among := s.among(); among != nil {
		cmd.Atom("UID").Set(among)
	}
	set, err := s.box.carry(*s.numbers)
	if err != nil {
		return nil, err
	}
	return cmd.Set(set), nil
}

// among is the UIDs among which is searched; nil: all.
func (s *searching) among() wire.NumSet {
	switch {
	case s.below > 1:
		return wire.NumSet{{First: 1, Last: uint32(s.below) - 1}}
	case s.name == "UID SEARCH" && s.box.client.quirk(QuirkSearchNumbers):
		return wire.NumSet{{First: 1, Last: wire.Star}}
	}
	return nil
}

// returns writes the return options (RFC 9051 §9, search-return-opt).
func (s *searching) returns(cmd *wire.Command) {
	o := s.opts
	s.partial = !o.Partial.IsZero() && !s.uncut && s.cuts()
	for _, option := range []struct {
		on   bool
		name string
	}{
		{o.Save, "SAVE"},
		{s.live != nil, "UPDATE"},
		{o.Context && s.contexts(), "CONTEXT"},
		{o.Min, "MIN"},
		{o.Max, "MAX"},
		{o.All || !o.Partial.IsZero() && !s.partial, "ALL"},
		{o.Count, "COUNT"},
		{o.Relevancy, "RELEVANCY"},
	} {
		if option.on {
			cmd.Atom(option.name)
		}
	}
	if s.partial {
		o.Partial.appendTo(cmd)
	}
}

// extends says whether the command is sent with RETURN.
func (s *searching) extends() bool {
	c := s.box.client
	switch {
	case s.plainly:
		return false
	case s.live != nil || s.opts.Save:
		return true
	case s.keys != nil: // SORT without options is older, and as good
		return c.caps.any("ESORT", "CONTEXT=SORT") && s.opts != SearchOptions{All: true}
	}
	return !c.plainly && c.extendsSearch()
}

// contexts says whether the server has contexts for the command.
func (s *searching) contexts() bool {
	if s.keys != nil {
		return s.box.client.caps.has("CONTEXT=SORT")
	}
	return s.box.client.caps.has("CONTEXT=SEARCH")
}

// cuts says whether the server returns the range that is asked for. Those with
// contexts alone know none from the end.
func (s *searching) cuts() bool {
	fromEnd := s.opts.Partial.First < 0
	return s.box.client.caps.has("PARTIAL") && (s.keys == nil || s.contexts()) || s.contexts() && !fromEnd
}

// extendsSearch says whether SEARCH is asked for ESEARCH.
func (c *Client) extendsSearch() bool { return c.caps.any("ESEARCH", "IMAP4REV2") }

// tagged says whether the answer will bear the command's tag. The server may
// say so and not do it, so that one such answer has to be seen first.
func (s *searching) tagged() bool { return s.box.client.esearch && s.extends() }

// written runs when the command goes out.
func (s *searching) written() {
	s.began = s.box.state.Epoch
	if s.opts.Save {
		s.box.saved = nil // undefined until the answer (RFC 5182 §2.1)
	}
	if s.live != nil {
		s.box.openContext(s.live, s.call.tag)
	}
}

// finish runs at the tagged reply.
func (s *searching) finish(r *response) {
	if !s.answered {
		s.epoch = s.box.state.Epoch
	}
	if s.unsorted {
		s.found.nums = s.found.nums.Union(nil)
	}
	if r.status == StatusOK && s.err == nil {
		s.err = s.verify()
	}
	if r.status != StatusOK || s.err != nil {
		return
	}
	if s.opts.Save {
		s.saved = &savedRef{box: s.box, set: s.kept()}
		s.box.saved = s.saved
	}
}
