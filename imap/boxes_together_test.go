package imap_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// Many ask about many mailboxes on one connection, with and without what makes
// LIST tell it all; everybody gets the answer to their own question.
func TestBoxesTogether(t *testing.T) {
	for _, without := range [][]string{nil, {"LIST-EXTENDED", "LIST-STATUS", "LIST-MYRIGHTS", "LIST-METADATA"}} {
		onServer(t, without, 1, func(t *testing.T, s *imaptest.Server, c *imap.Client, box *imap.Mailbox) {
			ctx := t.Context()
			const n = 20
			names := make([]string, n)
			for i := range names {
				names[i] = fmt.Sprintf("box%02d", i)
				must(t, c.Create(ctx, names[i]), c.SetMetadata(ctx, names[i], imap.MetadataEntry{Name: "/private/comment", Value: []byte(names[i])}),
					c.SetACL(ctx, names[i], fmt.Sprint("user", i), imap.RightsSet, "lr"))
			}
			o := &imap.ListOptions{ReturnStatus: []imap.StatusItem{imap.StatusUIDValidity}, ReturnMyRights: true, ReturnMetadata: []string{"/private/comment"}}
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() {
					seen := 0
					for e, err := range c.List(ctx, "box*", o) {
						if err != nil {
							t.Error(err)
							return
						}
						if e.Status == nil || e.Status.Mailbox != e.Mailbox || !e.MyRights.Has("lra") || len(e.Metadata) != 1 || string(e.Metadata[0].Value) != e.Mailbox {
							t.Errorf("%+v", e)
						}
						seen++
					}
					if seen != n {
						t.Error(seen)
					}
				})
			}
			for i, name := range names {
				wg.Go(func() {
					m, err := c.GetMetadata(ctx, name, nil, "/private/comment")
					if err != nil {
						t.Error(err)
						return
					}
					if v, _ := m.Value("/private/comment"); string(v) != name {
						t.Errorf("%s: %s", name, v)
					}
					acl, err := c.GetACL(ctx, name)
					if err != nil {
						t.Error(err)
						return
					}
					if len(acl) != 2 || acl[1].Identifier != fmt.Sprint("user", i) {
						t.Error(name, acl)
					}
					if st, err := c.Status(ctx, name, imap.StatusMessages); err != nil || st.Mailbox != name {
						t.Error(name, st, err)
					}
					if _, err := c.GetQuotaRoot(ctx, name); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		})
	}
}
