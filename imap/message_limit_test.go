package imap_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/search"
)

// RFC 9738: what the server left undone is done in further commands, and the
// results are joined.
func TestMessageLimit(t *testing.T) {
	uids := func(all []*imap.Message) (s string) {
		for _, m := range all {
			s += fmt.Sprint(m.UID, " ")
		}
		return s
	}
	fetch := func(set imap.UIDSet, opts imap.FetchOptions) func(*testing.T, *imap.Mailbox) any {
		return func(t *testing.T, box *imap.Mailbox) any {
			all, _, err := fetchAll(t, box, set, &opts)
			return fmt.Sprint(uids(all), err)
		}
	}
	for _, tt := range []struct {
		name, script string
		run          func(*testing.T, *imap.Mailbox) any
		want         string
	}{
		{"FETCH", `
			C: $2 UID FETCH 1:* (UID FLAGS)
			S: * 3 FETCH (UID 30 FLAGS ())
			S: * 2 FETCH (UID 20 FLAGS ())
			S: $2 OK [MESSAGELIMIT 2 20] FETCH completed with 2 partial results
			C: $3 UID FETCH 1:19 (UID FLAGS)
			S: * 1 FETCH (UID 10 FLAGS ())
			S: $3 OK done
		`, fetch(imap.UIDRange(1, imap.MaxUID), imap.FetchOptions{Flags: true}), "30 20 10 <nil>"},
		{"FETCH, said before", `
			C: $2 UID FETCH 1:* (UID FLAGS)
			S: * 3 FETCH (UID 30 FLAGS ())
			S: * NO [MESSAGELIMIT 1 30] FETCH completed with 1 partial result
			S: $2 OK [HIGHESTMODSEQ 5] done
			C: $3 UID FETCH 1:29 (UID FLAGS)
			S: * 1 FETCH (UID 10 FLAGS ())
			S: $3 OK done
		`, fetch(imap.UIDRange(1, imap.MaxUID), imap.FetchOptions{Flags: true}), "30 10 <nil>"},
		{"FETCH, refused", `
			C: $2 UID FETCH 1:* (UID FLAGS)
			S: $2 NO [MESSAGELIMIT 2] FETCH exceeds the maximum 2-message limit
			C: $3 UID SEARCH UID 1:*
			S: * SEARCH 10 20 30
			S: $3 OK done
			C: $4 UID FETCH 10,20 (UID FLAGS)
			C: $5 UID FETCH 30 (UID FLAGS)
			S: * 1 FETCH (UID 10 FLAGS ())
			S: * 2 FETCH (UID 20 FLAGS ())
			S: $4 OK done
			S: * 3 FETCH (UID 30 FLAGS ())
			S: $5 OK done
		`, fetch(imap.UIDRange(1, imap.MaxUID), imap.FetchOptions{Flags: true}), "10 20 30 <nil>"},
		{"FETCH that gets nowhere", `
			C: $2 UID FETCH 5 (UID FLAGS)
			S: $2 OK [MESSAGELIMIT 1 9] x
		`, fetch(imap.UIDSetOf(5), imap.FetchOptions{Flags: true}), "imap: UID FETCH: the server did nothing and said imap: response code MESSAGELIMIT"},
		{"FETCH of changes", `
			C: $2 UID FETCH 1:* (UID FLAGS MODSEQ) (CHANGEDSINCE 7)
			S: * 3 FETCH (UID 30 FLAGS () MODSEQ (8))
			S: $2 OK [MESSAGELIMIT 1 30] x
			C: $3 UID FETCH 1:29 (UID FLAGS MODSEQ) (CHANGEDSINCE 7)
			S: $3 OK done
		`, fetch(imap.UIDRange(1, imap.MaxUID), imap.FetchOptions{Flags: true, ChangedSince: 7}), "30 <nil>"},
		{"FETCH of a range that is too large", `
			C: $2 UID FETCH 1:* (UID FLAGS) (PARTIAL -1:-9)
			S: * 3 FETCH (UID 30 FLAGS ())
			S: $2 OK [MESSAGELIMIT 1 30] x
		`, fetch(imap.UIDRange(1, imap.MaxUID), imap.FetchOptions{Flags: true, Partial: imap.Partial{First: -1, Last: -9}}),
			"30 imap: UID FETCH: the server told only of a part: imap: response code MESSAGELIMIT"},
		{"SEARCH", `
			C: $2 UID SEARCH UNSEEN
			S: * SEARCH 23221 25996 25997
			S: $2 OK [MESSAGELIMIT 1000 23221] SEARCH completed with 1000 partial results
			C: $3 UID SEARCH UID 1:23220 UNSEEN
			S: * SEARCH 7
			S: $3 OK [MESSAGELIMIT 1000 7] x
			C: $4 UID SEARCH UID 1:6 UNSEEN
			S: * SEARCH
			S: $4 OK done
		`, func(t *testing.T, box *imap.Mailbox) any { return both(box.Search(t.Context(), search.Unseen)) }, "7,23221,25996:25997"},
		{"SEARCH that gets nowhere", `
			C: $2 UID SEARCH ALL
			S: * SEARCH 5
			S: $2 OK [MESSAGELIMIT 1 5] x
			C: $3 UID SEARCH UID 1:4 ALL
			S: $3 OK [MESSAGELIMIT 1 5] x
		`, func(t *testing.T, box *imap.Mailbox) any { return second(box.Search(t.Context(), nil)) },
			"imap: UID SEARCH: the server did nothing and said imap: response code MESSAGELIMIT"},
		{"STORE", `
			C: $2 UID STORE 1:* +FLAGS (\Seen)
			S: * 3 FETCH (UID 30 FLAGS (\Seen))
			S: $2 OK [MESSAGELIMIT 1 30] STORE completed for the last 1 message
			C: $3 UID STORE 1:29 +FLAGS (\Seen)
			S: * 1 FETCH (UID 10 FLAGS (\Seen))
			S: $3 OK done
		`, func(t *testing.T, box *imap.Mailbox) any {
			all, err := box.Store(t.Context(), imap.UIDRange(1, imap.MaxUID), imap.StoreAdd, []imap.Flag{imap.FlagSeen}, nil)
			return fmt.Sprint(uids(all), err)
		}, "30 10 <nil>"},
		{"STORE with MODIFIED", `
			C: $2 UID STORE 1:40 (UNCHANGEDSINCE 5) +FLAGS.SILENT (\Seen)
			S: * NO [MESSAGELIMIT 1 30] x
			S: $2 OK [MODIFIED 30] x
			C: $3 UID STORE 1:29 (UNCHANGEDSINCE 5) +FLAGS.SILENT (\Seen)
			S: $3 OK [MODIFIED 7] done
		`, func(t *testing.T, box *imap.Mailbox) any {
			_, err := box.Store(t.Context(), imap.UIDRange(1, 40), imap.StoreAdd, []imap.Flag{imap.FlagSeen}, &imap.StoreOptions{Silent: true, UnchangedSince: 5})
			var left *imap.ModifiedError
			if !errors.As(err, &left) {
				return err
			}
			return left.UIDs
		}, "7,30"},
		{"COPY", `
			C: $2 UID COPY 18000:21000 Trash
			S: $2 NO [MESSAGELIMIT 2 20001] Too many messages to copy, try a smaller subset
			C: $3 UID SEARCH UID 18000:21000
			S: * SEARCH 18001 18002 20001 20002 20003
			S: $3 OK done
			C: $4 UID COPY 18001:18002 Trash
			S: $4 OK [COPYUID 9 18001:18002 1:2] done
			C: $5 UID COPY 20001:20002 Trash
			S: $5 OK [COPYUID 9 20001:20002 3:4] done
			C: $6 UID COPY 20003 Trash
			S: $6 NO [OVERQUOTA] full
		`, func(t *testing.T, box *imap.Mailbox) any {
			r, err := box.Copy(t.Context(), imap.UIDRange(18000, 21000), "Trash")
			return fmt.Sprint(r.UIDValidity, r.UIDs, err)
		}, "9 {[{18001 1 2} {20001 3 2}]} imap: UID COPY: NO [OVERQUOTA] full; failed: UID 20003; done: UID 18000:20002,20004:21000"},
		{"MOVE", `
			C: $2 UID MOVE 18000:21000 Trash
			S: * OK [COPYUID 9 20001 1] x
			S: * 3 EXPUNGE
			S: $2 OK [MESSAGELIMIT 1 20001] MOVE completed for the last 1 message
			C: $3 UID MOVE 18000:20000 Trash
			S: * OK [COPYUID 9 18007 2] x
			S: * 2 EXPUNGE
			S: $3 OK done
		`, func(t *testing.T, box *imap.Mailbox) any {
			r, err := box.Move(t.Context(), imap.UIDRange(18000, 21000), "Trash")
			return fmt.Sprint(r.UIDValidity, r.UIDs, err)
		}, "9 {[{18007 2 1} {20001 1 1}]} <nil>"},
		{"UID EXPUNGE", `
			C: $2 UID EXPUNGE 11000:13000
			S: * 3 EXPUNGE
			S: $2 OK [MESSAGELIMIT 1 11627] UID EXPUNGE completed for the last 1 message
			C: $3 UID EXPUNGE 11000:11626
			S: $3 OK done
		`, func(t *testing.T, box *imap.Mailbox) any {
			return box.ExpungeUIDs(t.Context(), imap.UIDRange(11000, 13000))
		}, "<nil>"},
		{"EXPUNGE", `
			C: $2 EXPUNGE
			S: * 3 EXPUNGE
			S: $2 OK [MESSAGELIMIT 1 11627] x
			C: $3 EXPUNGE
			S: $3 OK [MESSAGELIMIT 1 11627] x
		`, func(t *testing.T, box *imap.Mailbox) any { return box.Expunge(t.Context()) },
			"imap: EXPUNGE: the server did nothing and said imap: response code MESSAGELIMIT"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, box := talk(t, "CONDSTORE UIDPLUS MOVE PARTIAL", tt.script, nil)
			if got := fmt.Sprint(tt.run(t, box)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if err := c.Err(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A limit that the server tells beforehand is kept to.
func TestMessageLimitKnown(t *testing.T) {
	c, box := talk(t, "MESSAGELIMIT=2 UIDPLUS MOVE", `
		C: $2 UID FETCH 5:6 (UID FLAGS)
		C: $3 UID FETCH 7:8 (UID FLAGS)
		S: * 1 FETCH (UID 5 FLAGS ())
		S: $2 OK done
		S: $3 OK done
		C: $4 UID SEARCH UID 5:8
		S: * SEARCH 5 6 8
		S: $4 OK done
		C: $5 UID MOVE 5:6 Trash
		S: * OK [COPYUID 9 5:6 1:2] x
		S: $5 OK done
		C: $6 UID MOVE 8 Trash
		S: * OK [COPYUID 9 8 3] x
		S: $6 OK done
	`, nil)
	if n := c.MessageLimit(); n != 2 {
		t.Errorf("limit %d", n)
	}
	if all, _, err := fetchAll(t, box, imap.UIDRange(5, 8), nil); err != nil || len(all) != 1 {
		t.Error(all, err)
	}
	r, err := box.Move(t.Context(), imap.UIDRange(5, 8), "Trash")
	if got := fmt.Sprint(r.UIDs, err); got != "{[{5 1 2} {8 3 1}]} <nil>" {
		t.Error(got)
	}
	if n := talkTo(t, "MESSAGELIMIT=x", "", nil).MessageLimit(); n != 0 {
		t.Errorf("limit %d", n)
	}
}
