package imap

import (
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// overlapWant is the table as EXCHANGE and the RFCs have it, written down a
// second time: y may overlap, n may not, d if they concern different messages
// or mailboxes. Only the lower half: it is symmetric.
const overlapWant = `
free       y
barrier    nn
fetch      yny
store      yndd
search     ynynd
copy       ynydyy
move       ynddndd
expunge    ynddnddd
expungeAll ynnnnnnnn
append     ynyynynyyy
list       ynyyyyyyyyn
lsub       ynyyyyyyyyyn
status     ynynynnnnnnyd
names      ynyyynnyynnnnn
capability ynyyyyyyyyyyyyn
ask        ynyyyyyyyyyyynyd
`

func TestOverlapTable(t *testing.T) {
	rows := strings.Split(strings.TrimSpace(overlapWant), "\n")
	if len(rows) != int(numClasses) {
		t.Fatal(len(rows))
	}
	letters := map[overlap]byte{never: 'n', disjoint: 'd', always: 'y'}
	for i, row := range rows {
		fields := strings.Fields(row)
		for j := range int(numClasses) {
			got, mirrored := overlapTable[i][j], overlapTable[j][i]
			if got != mirrored {
				t.Errorf("%s × %d: %d, but %d the other way round", fields[0], j, got, mirrored)
			}
			if j <= i && letters[got] != fields[1][j] {
				t.Errorf("%s × %s: %c, want %c", fields[0], strings.Fields(rows[j])[0], letters[got], fields[1][j])
			}
		}
	}
}

func TestMayFollow(t *testing.T) {
	set := func(s string) wire.NumSet {
		set, err := wire.ParseNumSet(s)
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	fetch := footprint{class: classFetch, uids: set("1:10")}
	answered := footprint{class: classFetch, uids: set("1:10"), done: set("1:5")}
	store := func(s string) footprint { return footprint{class: classStore, uids: set(s)} }
	move := func(s string) footprint { return footprint{class: classMove, uids: set(s)} }
	status := func(s string) footprint { return footprint{class: classStatus, name: s} }
	ask := func(s string) footprint { return footprint{class: classAsk, name: s} }
	seq := footprint{class: classSearch, numbers: true, byNumber: true}
	seqTagged := footprint{class: classSearch, numbers: true, byNumber: true, tagged: true}
	uidSearch := footprint{class: classSearch}
	tagged := footprint{class: classSearch, tagged: true}
	numbersInKey := footprint{class: classSearch, numbers: true, tagged: true}
	noop := footprint{class: classFree}
	barrier := footprint{class: classBarrier}
	saving := footprint{class: classSearch, tagged: true, saves: true}
	dollar := footprint{class: classSearch, tagged: true, usesSaved: true}
	copyDollar := footprint{class: classCopy, uids: set("1"), usesSaved: true}
	sort := footprint{class: classSearch}
	seqFetch := footprint{class: classFetch, uids: set("1:10"), byNumber: true}
	for _, tt := range []struct {
		name  string
		first footprint
		then  footprint
		want  bool
	}{
		{"fetch, store of others", fetch, store("11"), true},
		{"fetch, store of the same", fetch, store("10:11"), false},
		{"fetch, store of what was answered", answered, store("3"), true},
		{"fetch, move of what was answered", answered, move("1:5"), true},
		{"fetch, move of what was not", answered, move("5:6"), false},
		{"store, store of all", store("1"), footprint{class: classStore}, false},
		{"store of all, store", footprint{class: classStore}, store("1"), false},
		{"move, move of others", move("1:3"), move("4"), true},
		{"move, expunge", move("1:3"), footprint{class: classExpungeAll}, false},
		{"fetch, fetch", fetch, fetch, true},
		{"status, status", status("a"), status("b"), true},
		{"status, the same", status("a"), status("a"), false},
		{"status of any, status", footprint{class: classStatus}, status("b"), false},
		{"question, another", ask("ACL a"), ask("ACL b"), true},
		{"question, the same", ask("ACL a"), ask("ACL a"), false},
		{"question of any, another", ask(""), ask("ACL a"), false},
		{"LIST that brings STATUS, status", (returnStatus).footprint(), status("a"), false},
		{"question, LIST that brings its answers", ask("MYRIGHTS a"), (returnMyRights).footprint(), false},
		{"LIST that brings answers, question", (returnMetadata).footprint(), ask("METADATA a"), false},
		{"LIST, question", (returnChildren).footprint(), ask("METADATA a"), true},
		{"LIST, LIST that brings STATUS", (returnChildren).footprint(), (returnStatus).footprint(), false},
		{"search, search", uidSearch, uidSearch, false},
		{"search, tagged", uidSearch, tagged, false},
		{"tagged, search", tagged, uidSearch, false},
		{"tagged, tagged", tagged, tagged, true},
		{"by number behind nothing that expunges", seqFetch, seq, true},
		{"by number behind UID FETCH", fetch, seq, false},
		{"by number behind NOOP", noop, seq, false},
		{"by number behind UID SEARCH", tagged, seqTagged, false},
		{"by number behind by number", seqTagged, seqTagged, true},
		{"numbers in the key behind by number", seqTagged, numbersInKey, true},
		{"numbers in the key behind UID SEARCH", tagged, numbersInKey, false},
		{"numbers in the key behind such", numbersInKey, numbersInKey, false},
		{"NOOP behind by number", seq, noop, true},
		{"UID FETCH behind by number", seq, fetch, true},
		{"SAVE behind SAVE", saving, saving, false},
		{"SAVE behind $", dollar, saving, false},
		{"$ behind SAVE", saving, dollar, false},
		{"$ behind $", dollar, dollar, true},
		{"COPY $ behind SAVE", saving, copyDollar, false},
		{"SAVE behind COPY $", copyDollar, saving, false},
		{"COPY $ behind a search", tagged, copyDollar, true},
		{"a search behind SAVE", saving, tagged, true},
		{"SORT behind SORT", sort, sort, false},
		{"SORT behind ESEARCH", tagged, sort, false},
		{"ESEARCH behind SORT", sort, tagged, false},
		{"barrier behind NOOP", noop, barrier, false},
		{"NOOP behind barrier", barrier, noop, false},
		{"barrier behind barrier", barrier, barrier, false},
	} {
		if got := tt.then.mayFollow(&tt.first); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
