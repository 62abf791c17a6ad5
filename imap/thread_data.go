package imap

import "github.com/idlewild-mail/idlewild/imap/wire"

const (
	maxThreaded     = 2 << 20 // messages in an answer to THREAD
	maxThreadNested = 500     // how deep its parentheses may nest
)

// threadData is a THREAD response: its messages from top to bottom.
type threadData struct{ nodes []threadNode }

type threadNode struct{ uid, depth uint32 }

// RFC 5256 §4, THREAD response
//
//	thread-list    = "(" (thread-members / thread-nested) ")"
//	thread-members = nz-number *(SP nz-number) [SP thread-nested]
//	thread-nested  = 2*thread-list
//
// Each message is the parent of the next in its list; a list that does not
// begin with a message has a parent that is missing. Conversations nest deeper
// than other data, so the depth has a limit of its own.
func (p *parser) threadResponse(resp *response) {
	d := new(threadData)
	resp.data = d
	depths := []uint32{0} // of the next message, for each list that is open
	for p.r.SkipSP(); !p.r.AtEnd(); p.r.SkipSP() {
		at := len(depths) - 1
		switch {
		case p.r.Take('('):
			if p.r.SkipSP(); p.r.Peek() == '(' { // begins with no message
				d.add(p, 0, depths[at])
				depths = append(depths, depths[at]+1)
			} else {
				depths = append(depths, depths[at])
			}
			if len(depths) > maxThreadNested {
				p.r.FailWith(&wire.LimitError{What: "nesting of threads", Max: maxThreadNested})
			}
		case p.r.Peek() == ')' && at > 0:
			p.r.Take(')')
			depths = depths[:at]
		case at == 0:
			if !p.r.IsNil() {
				p.r.Fail("a thread")
			}
		default:
			d.add(p, p.r.NZNumber(), depths[at])
			depths[at]++
		}
	}
	if len(depths) > 1 && p.r.Err() == nil {
		p.r.Fail("the end of a thread")
	}
}

func (d *threadData) add(p *parser, uid, depth uint32) {
	if len(d.nodes) == maxThreaded {
		p.r.FailWith(&wire.LimitError{What: "number of messages in threads", Max: maxThreaded})
		return
	}
	d.nodes = append(d.nodes, threadNode{uid, depth})
}

// distinct says whether no message stands in two places.
func (d *threadData) distinct() bool {
	nums := make([]uint32, 0, len(d.nodes))
	for _, n := range d.nodes {
		if n.uid != 0 {
			nums = append(nums, n.uid)
		}
	}
	return wire.NumSetOf(nums...).Len() == uint64(len(nums))
}

// trees makes threads of the messages.
func (d *threadData) trees() []*Thread {
	var roots []*Thread
	var path []*Thread // the present message and those above it
	all := make([]Thread, len(d.nodes))
	for i, n := range d.nodes {
		t := &all[i]
		t.UID = UID(n.uid)
		path = append(path[:n.depth], t)
		if n.depth == 0 {
			roots = append(roots, t)
		} else {
			parent := path[n.depth-1]
			parent.Children = append(parent.Children, t)
		}
	}
	return roots
}
