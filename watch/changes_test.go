package watch_test

import (
	"slices"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// Where changes of flags come in several batches, of which only the first is
// committed, all are told after a restart: the mod-sequence of the cursor does not
// go up before the last. Without mod-sequences nobody can tell them then.
func TestFlagsCommittedInPart(t *testing.T) {
	for _, without := range [][]string{nil, {"QRESYNC"}} {
		inWith(t, &imaptest.Options{Without: without}, func(w *world) {
			const n = 250
			w.w.Store, w.w.Changes = new(memory), true
			w.deliver(n)
			w.start()
			w.after(time.Minute)
			w.stop()
			w.forget()
			for uid := range uint32(n) {
				if err := w.srv.SetFlags("alice", "INBOX", uid+1, `\Flagged`); err != nil {
					t.Fatal(err)
				}
			}
			w.lazy.Store(true)
			w.body = func(b *watch.Batch) bool {
				if _, ok := b.Events[0].(watch.Flags); !ok {
					return true
				}
				if err := b.Commit(); err != nil {
					t.Error(err)
				}
				return false
			}
			w.start()
			w.after(time.Minute)
			w.stop()
			first := len(all[watch.Flags](w))
			w.body = nil
			w.start()
			w.after(time.Minute)
			var told []imap.UID
			for _, f := range all[watch.Flags](w) {
				told = append(told, f.UID)
			}
			slices.Sort(told)
			if told = slices.Compact(told); len(told) != n || first >= n {
				t.Errorf("without %v: the changes of %d messages were told, %d of them at first, of %d", without, len(told), first, n)
			}
		})
	}
}
