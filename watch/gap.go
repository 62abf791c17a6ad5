package watch

import (
	"context"

	"github.com/idlewild-mail/idlewild/imap"
)

// noteScan is called when a scan was complete. If the server said which UID was
// next, none from the cursor on had been given out when the mailbox was opened, so
// whatever becomes of those has a higher mod-sequence than the mailbox had then.
func (b *box) noteScan() {
	if n := b.opening.next; b.known != nil && n != 0 && n == b.uidNext && n <= b.cursor.UIDNext {
		b.knows().scanned = b.opening.modSeq
	}
}

// happened is the part of a gap, that is of UIDs that no message has, which
// messages had. Where the server cannot tell for certain it is all of it: a gap
// is counted rather too large than too small.
func (s *session) happened(ctx context.Context, b *box, gap imap.UIDSet) imap.UIDSet {
	if !s.changes || gap.Empty() || s.open != b || s.rung(b) != rungQResync || b.knows().scanned == 0 {
		return gap
	}
	var vanished imap.UIDSet
	opts := &imap.FetchOptions{Flags: true, ChangedSince: b.knows().scanned, Vanished: &vanished}
	for _, err := range s.messages(ctx, gap, opts) {
		if err != nil {
			return gap
		}
	}
	return gap.And(vanished)
}
