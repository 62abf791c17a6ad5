package imap

import "github.com/idlewild-mail/idlewild/imap/wire"

// class is what a command is to others on the same connection: two commands
// are under way at once only if mayOverlap says so of their classes. The rules
// are RFC 9051 §5.5 and §7.5 (ambiguity), RFC 7162 §3.2.10, and the kinds of
// answer that cannot be told apart.
type class uint8

const (
	classFree    class = iota // NOOP, CHECK: answers nothing of its own
	classBarrier              // alone: LOGIN, SELECT, STARTTLS, unknown commands
	classFetch                // reads messages
	classStore                // changes flags; FETCH that marks as seen
	classSearch
	classCopy
	classMove
	classExpunge    // UID EXPUNGE
	classExpungeAll // EXPUNGE
	classAppend
	classList
	classLsub
	classStatus
	classNames // CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE
	classCapability
	classAsk // GETACL, GETQUOTA and others: about no message, answered by kind
	numClasses
)

// overlap is whether two commands may be under way at once.
type overlap uint8

const (
	never    overlap = iota
	disjoint         // if they concern different messages, or mailboxes
	always
)

// overlapTable is symmetric; the row is one command, the column the other.
//
//	free barrier fetch store search copy move expunge all append list lsub status names capability ask
var overlapTable = [numClasses][numClasses]overlap{
	classFree:       {always, never, always, always, always, always, always, always, always, always, always, always, always, always, always, always},
	classBarrier:    {},
	classFetch:      {always, never, always, disjoint, always, always, disjoint, disjoint, never, always, always, always, always, always, always, always},
	classStore:      {always, never, disjoint, disjoint, never, disjoint, disjoint, disjoint, never, always, always, always, never, always, always, always},
	classSearch:     {always, never, always, never, disjoint, always, never, never, never, never, always, always, always, always, always, always},
	classCopy:       {always, never, always, disjoint, always, always, disjoint, disjoint, never, always, always, always, never, never, always, always},
	classMove:       {always, never, disjoint, disjoint, never, disjoint, disjoint, disjoint, never, never, always, always, never, never, always, always},
	classExpunge:    {always, never, disjoint, disjoint, never, disjoint, disjoint, disjoint, never, always, always, always, never, always, always, always},
	classExpungeAll: {always, never, never, never, never, never, never, never, never, always, always, always, never, always, always, always},
	classAppend:     {always, never, always, always, never, always, never, always, always, always, always, always, never, never, always, always},
	classList:       {always, never, always, always, always, always, always, always, always, always, never, always, never, never, always, always},
	classLsub:       {always, never, always, always, always, always, always, always, always, always, always, never, always, never, always, always},
	classStatus:     {always, never, always, never, always, never, never, never, never, never, never, always, disjoint, never, always, always},
	classNames:      {always, never, always, always, always, never, never, always, always, never, never, never, never, never, always, never},
	classCapability: {always, never, always, always, always, always, always, always, always, always, always, always, always, always, never, always},
	classAsk:        {always, never, always, always, always, always, always, always, always, always, always, always, always, never, always, disjoint},
}

// footprint is what a call touches.
type footprint struct {
	class class
	uids  wire.NumSet // messages, for disjoint; nil with a message class: all
	done  wire.NumSet // of a Fetch: those already answered
	// name is of STATUS the mailbox, in lower case, and of a question the kind
	// of the answer with the mailbox; "": any.
	name string
	// tells: it is a LIST that brings the answers to STATUS and to questions too.
	tells bool
	// numbers: its arguments or its answer are sequence numbers.
	numbers bool
	// byNumber: the command is FETCH, STORE or SEARCH without UID, during
	// which the server sends no EXPUNGE (RFC 9051 §7.5.1).
	byNumber bool
	// tagged: its answer bears its tag (ESEARCH), so that two can be told apart.
	tagged bool
	// appends: its answer has an APPENDUID that bears no tag (REPLACE).
	appends bool
	// saves: it changes what "$" stands for; usesSaved: it may have "$" in it.
	saves, usesSaved bool
}

// messages is what the call still concerns.
func (f *footprint) messages() wire.NumSet {
	if len(f.done) == 0 {
		return f.uids
	}
	return f.uids.Minus(f.done)
}

// asks says whether it is STATUS or a question.
func (f *footprint) asks() bool { return f.class == classStatus || f.class == classAsk }

// mayFollow says whether f may be written while g is under way.
func (f *footprint) mayFollow(g *footprint) bool {
	if f.numbers && !g.byNumber || f.tells && g.asks() || g.tells && f.asks() || f.appends && g.appends {
		return false
	}
	if f.saves && (g.saves || g.usesSaved) || g.saves && f.usesSaved {
		return false
	}
	switch overlapTable[f.class][g.class] {
	case always:
		return true
	case never:
		return false
	}
	switch f.class {
	case classStatus, classAsk:
		return f.name != g.name && f.name != "" && g.name != ""
	case classSearch:
		return f.tagged && g.tagged
	}
	if f.uids == nil || g.uids == nil {
		return false
	}
	return !f.uids.Intersects(g.messages())
}
