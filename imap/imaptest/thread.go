package imaptest

import (
	"slices"
	"strings"
	"time"
)

// thread is THREAD and UID THREAD. RFC 5256 §3.
func (c *conn) thread(cmd *command) reply {
	cmd.sp()
	algorithm := upper(cmd.atom())
	cmd.sp()
	q, refused := c.question(cmd, c.view, true)
	if refused != nil {
		return *refused
	}
	found, limited := c.matches(c.view, q)
	var threads []*node
	switch {
	case algorithm == "ORDEREDSUBJECT" && c.can("THREAD=ORDEREDSUBJECT"):
		threads = orderedSubject(found)
	case algorithm == "REFERENCES" && c.can("THREAD=REFERENCES"):
		threads = references(found)
	case algorithm == "REFS" && c.can("THREAD=REFS"):
		threads = refs(found)
	default:
		return bad("THREAD does not know the algorithm %q", algorithm)
	}
	c.out = append(c.out, "* THREAD"...)
	if len(threads) > 0 {
		c.out = append(c.out, ' ')
	}
	for _, t := range threads {
		c.out = append(t.append(append(c.out, '('), cmd.uid), ')')
	}
	c.crlf()
	if q.modseq {
		c.noticeModSeq()
	}
	return c.limit(cmd, ok("%s completed", cmd.full()), limited)
}

// node is a message, or one that is missing, and those below it.
type node struct {
	hit      *hit // nil: it is missing
	parent   *node
	children []*node
}

// append writes the thread. RFC 5256 §4, thread-list.
func (n *node) append(dst []byte, uid bool) []byte {
	for {
		if n.hit != nil {
			dst = appendUint(dst, n.hit.number(uid))
		}
		if len(n.children) != 1 {
			break
		}
		if n.hit != nil {
			dst = append(dst, ' ')
		}
		n = n.children[0]
	}
	if len(n.children) > 0 && n.hit != nil {
		dst = append(dst, ' ')
	}
	for _, child := range n.children {
		dst = append(child.append(append(dst, '('), uid), ')')
	}
	return dst
}

func (n *node) adopt(child *node) {
	child.parent = n
	n.children = append(n.children, child)
}

// isBelow says whether n is other or stands below it.
func (n *node) isBelow(other *node) bool {
	for ; n != nil; n = n.parent {
		if n == other {
			return true
		}
	}
	return false
}

// when is the date of a thread: that of its first message that is there.
func (n *node) when() (time.Time, int) {
	for n.hit == nil {
		n = n.children[0]
	}
	return n.hit.sentDate(), n.hit.place
}

func byDate(a, b *node) int {
	at, ap := a.when()
	bt, bp := b.when()
	if n := at.Compare(bt); n != 0 {
		return n
	}
	return ap - bp
}

// orderedSubject puts messages with the same subject under the first of them.
func orderedSubject(found []hit) []*node {
	nodes := make([]*node, len(found))
	for i := range found {
		nodes[i] = &node{hit: &found[i]}
	}
	slices.SortStableFunc(nodes, byDate)
	roots := nodes[:0:0]
	first := map[string]*node{}
	for _, n := range nodes {
		subject, _ := baseSubject(n.hit.field("Subject"))
		subject = strings.ToLower(subject)
		if root := first[subject]; root != nil {
			root.adopt(n)
			continue
		}
		first[subject] = n
		roots = append(roots, n)
	}
	return roots
}

// references puts messages under those that they answer. RFC 5256 §3,
// REFERENCES, whose steps are named here.
func references(found []hit) []*node {
	t := threader{byID: map[string]*node{}}
	for i := range found {
		t.add(&found[i]) // (1)
	}
	roots := prune(t.roots()) // (2), (3)
	roots = sortThreads(roots)
	roots = bySubject(roots) // (5)
	return sortThreads(roots)
}

// refs is REFERENCES without the subjects, where the thread that was last written
// to comes last (draft-ietf-morg-inthread §4).
func refs(found []hit) []*node {
	t := threader{byID: map[string]*node{}}
	for i := range found {
		t.add(&found[i])
	}
	roots := sortThreads(prune(t.roots()))
	slices.SortStableFunc(roots, func(a, b *node) int { return a.latest().Compare(b.latest()) })
	return roots
}

// latest is when the last message of a thread came.
func (n *node) latest() (last time.Time) {
	if n.hit != nil {
		last = n.hit.date
	}
	for _, child := range n.children {
		if at := child.latest(); at.After(last) {
			last = at
		}
	}
	return last
}

// threader is step (1): the tree of all message identifiers.
type threader struct {
	byID map[string]*node
	all  []*node
}

func (t *threader) node(id string) *node {
	n := t.byID[id]
	if n == nil || id == "" {
		n = &node{}
		t.all = append(t.all, n)
		if id != "" {
			t.byID[id] = n
		}
	}
	return n
}

func (t *threader) add(h *hit) {
	id, refs := "", identifiers(h.field("References"))
	if ids := identifiers(h.field("Message-ID")); len(ids) > 0 {
		id = ids[0]
	}
	if len(refs) == 0 {
		refs = identifiers(h.field("In-Reply-To"))
		refs = refs[:min(len(refs), 1)]
	}
	n := t.node(id)
	if n.hit != nil { // the same identifier twice
		n = t.node("")
	}
	n.hit = h
	var above *node
	for _, ref := range refs {
		next := t.node(ref)
		if above != nil && next.parent == nil && !above.isBelow(next) {
			above.adopt(next)
		}
		above = next
	}
	if n.parent != nil {
		n.parent.children = slices.DeleteFunc(n.parent.children, func(x *node) bool { return x == n })
		n.parent = nil
	}
	if above != nil && !above.isBelow(n) {
		above.adopt(n)
	}
}

// identifiers returns the message identifiers in a field.
func identifiers(value string) (ids []string) {
	for {
		start := strings.IndexByte(value, '<')
		if start < 0 {
			return ids
		}
		end := strings.IndexByte(value[start:], '>')
		if end < 0 {
			return ids
		}
		ids = append(ids, value[start:start+end+1])
		value = value[start+end+1:]
	}
}

func (t *threader) roots() (roots []*node) {
	for _, n := range t.all {
		if n.parent == nil {
			roots = append(roots, n)
		}
	}
	return roots
}

// prune is step (3): what is missing goes, but where it holds several together.
func prune(nodes []*node) []*node { return pruneAt(nodes, true) }

func pruneAt(nodes []*node, top bool) (kept []*node) {
	for _, n := range nodes {
		n.children = pruneAt(n.children, false)
		switch {
		case n.hit != nil || top && len(n.children) > 1:
			kept = append(kept, n)
		default:
			for _, child := range n.children {
				child.parent = n.parent
			}
			kept = append(kept, n.children...)
		}
	}
	return kept
}

// sortThreads is steps (4) and (6).
func sortThreads(nodes []*node) []*node {
	for _, n := range nodes {
		n.children = sortThreads(n.children)
	}
	slices.SortStableFunc(nodes, byDate)
	return nodes
}

// bySubject is step (5): threads with the same subject are one.
func bySubject(roots []*node) []*node {
	table := map[string]*node{}
	for _, n := range roots { // (5B)
		subject, reply := n.subject()
		if subject == "" {
			continue
		}
		old := table[subject]
		switch {
		case old == nil:
			table[subject] = n
		case old.hit != nil && (n.hit == nil || old.isReply() && !reply):
			table[subject] = n
		}
	}
	var kept []*node
	joined := map[*node]*node{} // what took the place of a thread
	for _, n := range roots {   // (5C)
		subject, reply := n.subject()
		with := table[subject]
		if with == nil || with == n {
			kept = append(kept, n)
			continue
		}
		if under := joined[with]; under != nil {
			under.adopt(n)
			continue
		}
		switch {
		case with.hit == nil && n.hit == nil:
			for _, child := range n.children {
				with.adopt(child)
			}
		case with.hit == nil, reply && !with.isReply():
			with.adopt(n)
		default:
			both := &node{}
			both.adopt(with)
			both.adopt(n)
			joined[with] = both
			if i := slices.Index(kept, with); i >= 0 {
				kept[i] = both
			}
		}
	}
	for i, n := range kept { // threads that came behind those that joined them
		if both := joined[n]; both != nil {
			kept[i] = both
		}
	}
	return kept
}

// subject is that of the first message that is there. RFC 5256 §3, (5A).
func (n *node) subject() (string, bool) {
	for n.hit == nil {
		n = n.children[0]
	}
	base, reply := baseSubject(n.hit.field("Subject"))
	return strings.ToLower(base), reply
}

func (n *node) isReply() bool {
	_, reply := n.subject()
	return reply
}
