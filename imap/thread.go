package imap

import (
	"context"
	"iter"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// ThreadAlgorithm is how THREAD finds what belongs together (RFC 5256 §3). Any
// atom will do; each needs a capability THREAD=algorithm.
type ThreadAlgorithm string

// The algorithms.
const (
	ThreadOrderedSubject ThreadAlgorithm = "ORDEREDSUBJECT" // by subject, then by date
	ThreadReferences     ThreadAlgorithm = "REFERENCES"     // by References and In-Reply-To, then by subject
	ThreadRefs           ThreadAlgorithm = "REFS"           // as REFERENCES, but never by subject
)

// Thread is a message and those that answer it.
type Thread struct {
	// UID is 0 for a message that is not there, or was not found, to which
	// several others are answers.
	UID      UID
	Children []*Thread
}

// All yields the thread's messages and how deep each stands below the first,
// in the order of a conversation that is read from top to bottom.
func (t *Thread) All() iter.Seq2[int, *Thread] {
	return func(yield func(int, *Thread) bool) {
		type place struct {
			depth int
			t     *Thread
		}
		for todo := []place{{0, t}}; len(todo) > 0; {
			p := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if !yield(p.depth, p.t) {
				return
			}
			for i := len(p.t.Children) - 1; i >= 0; i-- {
				todo = append(todo, place{p.depth + 1, p.t.Children[i]})
			}
		}
	}
}

// UIDs returns the messages of the thread.
func (t *Thread) UIDs() UIDSet {
	var nums []uint32
	for _, m := range t.All() {
		if m.UID != 0 {
			nums = append(nums, uint32(m.UID))
		}
	}
	return UIDSet{wire.NumSetOf(nums...)}
}

// Thread returns the messages that a query finds as conversations (RFC 5256
// §3). A nil query finds all. It needs the capability THREAD=algorithm. If the
// server does not know the charset, the error is a [*CharsetError].
func (m *Mailbox) Thread(ctx context.Context, q Query, by ThreadAlgorithm) ([]*Thread, error) {
	query, err := newQuestion(q)
	if err != nil {
		return nil, err
	}
	if err := wire.NewCommand("THREAD").Atom(string(by)).Err(); err != nil {
		return nil, err
	}
	query.needs = append(query.needs[:len(query.needs):len(query.needs)], "THREAD="+strings.ToUpper(string(by)))
	if err := m.client.supported(query, "UID THREAD"); err != nil {
		return nil, err
	}
	t := &threading{box: m, by: by, query: query}
	if err := t.do(ctx); err != nil {
		return nil, err
	}
	return t.found.trees(), nil
}

// threading is one THREAD under way.
type threading struct {
	box      *Mailbox
	by       ThreadAlgorithm
	query    *question
	began    uint64 // the epoch when it was written
	answered bool
	found    threadData
	err      error
}

func (t *threading) do(ctx context.Context) error {
	foot := footprint{class: classSearch, numbers: t.query.numbers, usesSaved: len(t.query.keys.SavedRefs()) > 0}
	charset := "US-ASCII" // all servers know it, and some nothing else
	if t.query.charset {
		charset = "UTF-8"
	}
	k := t.box.call("UID THREAD", foot, func(cmd *wire.Command) {
		if err := t.box.mayAsk(t.query); err != nil {
			cmd.Fail(err)
		}
		cmd.Atom(string(t.by)).Atom(charset).Arguments(t.query.keys)
	})
	k.slow = true
	k.written = func() { t.began = t.box.state.Epoch }
	gather(k, t.add, "THREAD")
	if err := t.box.do(ctx, k); err != nil {
		return explainCharset(k, err, charset)
	}
	if t.err == nil && k.cutShort() {
		return k.incomplete()
	}
	if t.err == nil && !t.found.distinct() {
		return errUnordered
	}
	return t.err
}

// add keeps what was found. An EXPUNGE before the answer may have changed what
// the numbers of the query mean.
func (t *threading) add(d *threadData) bool {
	switch {
	case t.err != nil:
	case t.query.numbers && !t.answered && t.box.state.Epoch != t.began:
		t.err = ErrRenumbered
	case len(t.found.nodes)+len(d.nodes) > maxThreaded:
		t.err = &wire.LimitError{What: "number of messages in threads", Max: maxThreaded}
	default:
		t.found.nodes = append(t.found.nodes, d.nodes...)
	}
	t.answered = true
	return true
}
