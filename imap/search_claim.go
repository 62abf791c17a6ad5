package imap

import (
	"slices"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// claim takes SEARCH, SORT and ESEARCH. What bears a tag is told apart by it;
// what does not is the oldest search's that has no answer.
func (s *searching) claim(r *response) bool {
	switch {
	case r.kind == kindESearch && s.expectsESearch(r.search):
	case r.kind == kindSearch && s.keys == nil:
	case r.kind == kindSort && s.keys != nil:
	default:
		return false
	}
	if s.answered && r.search.tag == "" && (s.byTag || s.call.foot.tagged) {
		return false
	}
	if r.search.tag != "" {
		s.byTag, s.box.client.esearch = true, true
	}
	if !s.call.abandoned {
		s.add(r)
	}
	return true
}

// expectsESearch says whether an ESEARCH may be the answer. One that tells how
// a result changed is none, and one without a tag is no answer to SORT.
func (s *searching) expectsESearch(d *searchData) bool {
	return len(d.changes) == 0 && (d.tag == s.call.tag || d.tag == "" && s.keys == nil)
}

// add keeps what was found. Some servers say it in many lines.
func (s *searching) add(r *response) {
	now, d := s.box.state.Epoch, r.search
	if s.keys == nil && d.relevancy == nil {
		d.order = nil // it means nothing
	}
	most := s.found.size() + d.size()
	switch {
	case s.err != nil:
		return
	case s.renumbered(now):
		s.err = ErrRenumbered
	case most > maxFound:
		s.err = &wire.LimitError{What: "number of messages found", Max: maxFound}
	case s.answered:
		s.merge(d)
	default:
		s.found = *d
	}
	s.plain = r.kind != kindESearch
	s.answered, s.epoch = true, now
}

// size is how many ranges, and scores, are kept.
func (d *searchData) size() int {
	return max(len(d.nums), len(d.order)) + len(d.part) + len(d.relevancy)
}

// merge adds another line of the answer.
func (s *searching) merge(d *searchData) {
	f := &s.found
	if !s.unsorted {
		f.order = slices.Clone(f.order) // it may be the same as nums
	}
	f.nums, s.unsorted = append(f.nums, d.nums...), true
	f.order = append(f.order, d.order...)
	f.part = append(f.part, d.part...)
	f.relevancy = append(f.relevancy, d.relevancy...)
	f.modSeq = max(f.modSeq, d.modSeq)
	if d.has.min {
		f.min, f.has.min = d.min, true
	}
	if d.has.max {
		f.max, f.has.max = d.max, true
	}
	if d.has.count {
		f.count, f.has.count = d.count, true
	}
	f.has.all = f.has.all || d.has.all
	f.has.part = f.has.part || d.has.part
}

// renumbered says whether it cannot be known which messages the numbers are:
// the server may expunge during UID SEARCH (RFC 9051 §7.5.1), and with NOTIFY
// at any time (RFC 5465 §5.3), before it looks at the numbers in the command or
// after.
func (s *searching) renumbered(now uint64) bool {
	switch {
	case s.answered:
		return s.foot.byNumber && now != s.epoch
	case s.foot.byNumber:
		return s.keyed && s.box.client.notify.expunges && now != s.began
	}
	return s.foot.numbers && now != s.began
}

// verify says whether the answer is to what was asked. What finds nothing is
// answered with nothing, but COUNT always comes (RFC 4731 §3.1).
func (s *searching) verify() error {
	f := &s.found
	if s.keys != nil && s.plain && !distinct(f.order) {
		return errUnordered
	}
	if !s.extended || s.plain {
		return nil
	}
	some := f.has.count && f.count > 0 || len(f.nums) > 0 || len(f.part) > 0 || f.has.min || f.has.max
	all := s.opts.All || !s.opts.Partial.IsZero() && !s.partial
	switch {
	case !s.answered,
		s.opts.Count && !f.has.count,
		all && some && !f.has.all,
		s.opts.Min && some && !f.has.min,
		s.opts.Max && some && !f.has.max,
		s.partial && !f.has.part,
		all && s.opts.Count && uint64(f.count) != f.nums.Len(),
		s.partial && wire.NumSet(f.part).Len() > s.opts.Partial.len():
		return errNotAsked
	}
	if s.keys != nil && (!distinct(f.order) || !distinct(f.part)) {
		return errUnordered
	}
	return nil
}

// distinct says whether no number stands twice in a list.
func distinct(order wire.NumSet) bool {
	return order.Union(nil).Len() == order.Len() && order.Len() <= maxFound
}

// kept is what the server has saved (RFC 5182 §2.4, RFC 9394 §3.3).
func (s *searching) kept() wire.NumSet {
	f := &s.found
	set := f.nums
	if !s.opts.All {
		set = f.part.Union(nil)
		if f.has.min {
			set.Add(f.min)
		}
		if f.has.max {
			set.Add(f.max)
		}
	}
	return slices.Clone(set)
}
