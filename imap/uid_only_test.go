package imap_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/search"
)

// RFC 9586: the examples, by UID.
func TestUIDOnly(t *testing.T) {
	c, box := selected(t, "UIDONLY ENABLE CONDSTORE UIDPLUS IDLE", "UIDONLY", `
		C: $1 SELECT INBOX
		S: * 3 EXISTS
		S: * OK [UIDVALIDITY 4] x
		S: * OK [UIDNEXT 25998] x
		S: $1 OK [READ-WRITE] SELECT completed
		C: $2 UID FETCH 25900:26300 (UID FLAGS)
		S: * 25996 UIDFETCH (FLAGS (\Seen))
		S: * 25997 UIDFETCH (FLAGS (\Flagged \Answered))
		S: $2 OK FETCH completed
		C: $3 UID STORE 25997 (UNCHANGEDSINCE 12121231000) +FLAGS.SILENT ($Processed)
		S: * 25997 UIDFETCH (MODSEQ (12121231001))
		S: $3 OK STORE completed
		C: $4 UID EXPUNGE 25996:25997
		S: * VANISHED 25996:25997
		S: $4 OK done
		C: $5 UID FETCH 30000:* (UID BODY.PEEK[])
		S: * 25995 UIDFETCH (BODY[] {5}
		S: hello)
		S: $5 OK done
		C: $6 NOOP
		S: * 25995 UIDFETCH (FLAGS (\Seen))
		S: $6 BAD [UIDREQUIRED] Message numbers are not allowed
	`, nil)
	ctx := t.Context()
	all, _, err := fetchAll(t, box, imap.UIDRange(25900, 26300), &imap.FetchOptions{Flags: true})
	if err != nil || len(all) != 2 || all[1].UID != 25997 || all[1].Seq != 0 || len(all[1].Flags) != 2 {
		t.Error(all, err)
	}
	all, err = box.Store(ctx, imap.UID(25997), imap.StoreAdd, []imap.Flag{"$Processed"}, &imap.StoreOptions{Silent: true, UnchangedSince: 12121231000})
	if err != nil || len(all) != 1 || all[0].ModSeq != 12121231001 {
		t.Error(all, err)
	}
	if err := box.ExpungeUIDs(ctx, imap.UIDRange(25996, 25997)); err != nil {
		t.Error(err)
	}
	if n := box.State().Exists; n != 1 {
		t.Errorf("%d exist", n)
	}
	for m, err := range box.Fetch(ctx, imap.UIDRange(30000, imap.MaxUID), &imap.FetchOptions{Sections: []imap.Section{{}}}) {
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(m.Body(imap.Section{})); m.UID != 25995 || string(b) != "hello" || err != nil {
			t.Error(m.UID, string(b), err)
		}
	}
	for name, call := range map[string]func() error{
		"SearchSeq":   func() error { _, err := box.SearchSeq(ctx, nil); return err },
		"UIDs":        func() error { _, err := box.UIDs(ctx, imap.SeqRange(1, 2)); return err },
		"StoreSeq":    func() error { _, err := box.StoreSeq(ctx, imap.SeqRange(1, 2), imap.StoreAdd, nil, nil); return err },
		"search keys": func() error { _, err := box.Search(ctx, search.Numbers(imap.SeqRange(1, 2))); return err },
		"FetchSeq": func() error {
			for _, err := range box.FetchSeq(ctx, imap.SeqRange(1, 2), nil) {
				return err
			}
			return nil
		},
	} {
		if err := call(); !errors.Is(err, imap.ErrUIDOnly) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := c.Noop(ctx); !errors.Is(err, imap.CodeUIDRequired) {
		t.Error(err)
	}
}

// A body that streams, and one that is too large for a line, come by UIDFETCH
// as well.
func TestUIDOnlyLargeBody(t *testing.T) {
	const size = 300 << 10
	_, box := selected(t, "UIDONLY ENABLE", "UIDONLY", fmt.Sprintf(`
		C: $1 SELECT INBOX
		S: * 3 EXISTS
		S: $1 OK [READ-WRITE] SELECT completed
		C: $2 UID FETCH 7 (UID FLAGS BODY.PEEK[])
		S: * 7 UIDFETCH (BODY[] {%d}
		S: %s FLAGS ())
		S: $2 OK FETCH completed
	`, size, strings.Repeat("x", size)), nil)
	_, bodies, err := fetchAll(t, box, imap.UID(7), &imap.FetchOptions{Flags: true, Sections: []imap.Section{{}}})
	if err != nil || len(bodies) != 1 || len(bodies[0]) != size {
		t.Error(len(bodies), err)
	}
}

// RFC 10022.
func TestUIDBatches(t *testing.T) {
	_, box := talk(t, "UIDBATCHES", `
		C: $2 UIDBATCHES 2000
		S: * UIDBATCHES (TAG "$2") 215295:99696,99695:20351,20350:7830,7829:1
		S: $2 OK UIDBATCHES Completed
		C: $3 UIDBATCHES 2000 10:20
		S: * UIDBATCHES (TAG "$3")
		S: $3 OK UIDBATCHES Completed
		C: $4 UIDBATCHES 500 1:1
		S: * UIDBATCHES (TAG "$4") 99695
		S: $4 OK UIDBATCHES Completed
		C: $5 UIDBATCHES 1
		S: $5 NO [TOOFEW] Minimum batch size is 500
		C: $6 UIDBATCHES 500
		S: * UIDBATCHES (TAG "$6") 5:,3
		S: $6 OK done
		C: $7 UIDBATCHES 500
		S: $7 OK done
		C: $8 UIDBATCHES 500
		S: * UIDBATCHES (TAG "another") 5
		S: $8 OK done
	`, nil)
	for _, tt := range []struct {
		size uint32
		opts *imap.UIDBatchesOptions
		want string
	}{
		{2000, nil, "[99696:215295 20351:99695 7830:20350 1:7829] <nil>"},
		{2000, &imap.UIDBatchesOptions{First: 10, Last: 20}, "[] <nil>"},
		{500, &imap.UIDBatchesOptions{First: 1, Last: 1}, "[99695] <nil>"},
		{1, nil, "[] imap: UIDBATCHES: NO [TOOFEW] Minimum batch size is 500"},
		{500, nil, "[] imap: UIDBATCHES: the answer cannot be read"},
		{500, nil, "[] imap: UIDBATCHES: the server said OK, but not what was asked for"},
		{500, nil, "[] imap: UIDBATCHES: the server said OK, but not what was asked for"},
		{0, nil, "[] imap: bad UIDBATCHES"},
		{500, &imap.UIDBatchesOptions{First: 2}, "[] imap: bad UIDBATCHES"},
		{500, &imap.UIDBatchesOptions{First: 2, Last: 1}, "[] imap: bad UIDBATCHES"},
	} {
		got, err := box.UIDBatches(t.Context(), tt.size, tt.opts)
		if s := fmt.Sprint(got, err); !strings.HasPrefix(s, tt.want) {
			t.Errorf("%d %v:\ngot  %s\nwant %s", tt.size, tt.opts, s, tt.want)
		}
	}
	_, box = talk(t, "IDLE", "", nil)
	if _, err := box.UIDBatches(t.Context(), 500, nil); !errors.Is(err, imap.ErrUnsupported) {
		t.Error(err)
	}
}
