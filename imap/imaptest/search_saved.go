package imaptest

import "slices"

// "$", the last result that was saved. RFC 5182.

// isSaved says whether the set is "$". No other has a 0 in it.
func (s numSet) isSaved() bool { return len(s) == 1 && s[0] == numRange{} }

// expand returns the set with "*" and "$" replaced by what they are now.
func (v *view) expand(set numSet, uid bool) numSet {
	if !set.isSaved() {
		return set.normal(v.last(uid))
	}
	if uid {
		return v.saved
	}
	var numbers numSet
	for i, m := range v.messages {
		if v.saved.contains(m.uid) {
			numbers = numbers.add(uint32(i + 1))
		}
	}
	return numbers
}

// kept returns the UIDs that SAVE keeps. RFC 5182 §2.4, RFC 9394 §3.3.
func (o *returnOptions) kept(found []hit) (set numSet) {
	keep := found
	if !o.all && !o.count && (o.min || o.max || o.partial) {
		keep = nil
		if o.partial {
			keep = append(keep, o.part(found)...)
		}
		if o.min && len(found) > 0 {
			keep = append(keep, found[0])
		}
		if o.max && len(found) > 0 {
			keep = append(keep, found[len(found)-1])
		}
		slices.SortFunc(keep, func(a, b hit) int { return a.place - b.place })
		keep = slices.CompactFunc(keep, func(a, b hit) bool { return a.place == b.place })
	}
	return setOf(keep, true)
}

// silent says whether SAVE is all that was asked for.
func (o *returnOptions) silent() bool {
	return !o.min && !o.max && !o.all && !o.count && !o.partial
}

// notSaved empties "$" if a search that was to be saved is refused with NO.
func (c *conn) notSaved(o *returnOptions, r reply) reply {
	if o != nil && o.save && r.status == "NO" {
		c.view.saved = nil
	}
	return r
}
