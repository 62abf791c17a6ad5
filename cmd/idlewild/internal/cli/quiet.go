package cli

import (
	"sync"

	"github.com/idlewild-mail/idlewild/watch"
)

// quiet says what --quiet tells all the same. A connection that is lost and
// comes back at once is none of it. Any goroutine may use it.
type quiet struct {
	mu      sync.Mutex
	trouble map[string]bool // accounts whose trouble was told
}

// tells says of a record whether it is a problem, or the end of one.
func (q *quiet) tells(r record) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	account := r.about().Account
	switch r := r.(type) {
	case offlineRecord:
		class := watch.Class(r.Class)
		if r.Expected || r.Attempt < 2 && class == watch.ClassOutage {
			return false
		}
		if q.trouble == nil {
			q.trouble = make(map[string]bool)
		}
		q.trouble[account] = true
		return true
	case onlineRecord:
		told := q.trouble[account]
		delete(q.trouble, account)
		return told
	case missingRecord, renamedRecord, staleRecord, recoveredRecord, resetRecord, alertRecord, authFailedRecord, reauthorizeRecord:
		return true
	case skippedRecord:
		return r.Reason != string(watch.SkippedExpunged)
	}
	return false
}
