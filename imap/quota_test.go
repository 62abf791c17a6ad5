package imap_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// The RFC's own conversations (RFC 9208 §4.1).
func TestQuota(t *testing.T) {
	c := talkTo(t, "QUOTA QUOTASET QUOTA=RES-STORAGE QUOTA=RES-MESSAGE", `
		C: $1 GETQUOTA !partition/sda4
		S: * QUOTA "!partition/sda4" (STORAGE 104 10923847)
		S: $1 OK Getquota complete
		C: $2 GETQUOTAROOT INBOX
		S: * QUOTAROOT INBOX "#user/alice" "!partition/sda4"
		S: * QUOTA "#user/alice" (MESSAGE 42 1000)
		S: * QUOTA "!partition/sda4" (STORAGE 104 9223372036854775807)
		S: $2 OK Getquotaroot complete
		C: $3 GETQUOTAROOT comp.mail.mime
		S: * QUOTAROOT comp.mail.mime
		S: $3 OK Getquotaroot complete
		C: $4 SETQUOTA #user/alice (STORAGE 510)
		S: * QUOTA "#user/alice" (STORAGE 58 512)
		S: $4 OK Rounded quota
		C: $5 SETQUOTA !partition/sda4 (STORAGE 99999999)
		S: $5 NO Cannot change system limit
	`, nil)
	ctx := t.Context()
	disk, err := c.GetQuota(ctx, "!partition/sda4")
	want := &imap.Quota{Root: "!partition/sda4", Resources: []imap.QuotaUsage{{"STORAGE", 104, 10923847}}}
	if err != nil || !reflect.DeepEqual(disk, want) {
		t.Fatal(disk, err)
	}
	roots, err := c.GetQuotaRoot(ctx, "INBOX")
	want.Resources[0].Limit = 1<<63 - 1
	if err != nil || len(roots) != 2 || roots[0].Root != "#user/alice" || !reflect.DeepEqual(roots[1], want) {
		t.Fatal(roots, err)
	}
	if u, ok := roots[0].Of(imap.QuotaMessage); !ok || u.Usage != 42 || u.Limit != 1000 {
		t.Fatal(u, ok)
	}
	if _, ok := roots[0].Of(imap.QuotaStorage); ok {
		t.Fatal("a limit from nowhere")
	}
	if roots, err = c.GetQuotaRoot(ctx, "comp.mail.mime"); err != nil || len(roots) != 0 {
		t.Fatal(roots, err)
	}
	set, err := c.SetQuota(ctx, "#user/alice", imap.QuotaLimit{imap.QuotaStorage, 510})
	if err != nil || set.Resources[0].Limit != 512 {
		t.Fatal(set, err)
	}
	if _, err = c.SetQuota(ctx, "!partition/sda4", imap.QuotaLimit{"STORAGE", 99999999}); err == nil {
		t.Fatal("no error")
	}
	if got := c.QuotaResources(); !slices.Equal(got, []imap.QuotaResource{"STORAGE", "MESSAGE"}) {
		t.Fatal(got)
	}
}

func TestQuotaAnswers(t *testing.T) {
	for _, tt := range []struct {
		name, lines string
		want        []*imap.Quota
	}{
		{"root without a word", `* QUOTAROOT INBOX a\r\n`, []*imap.Quota{{Root: "a"}}},
		{"another root", `* QUOTAROOT INBOX a\r\n* QUOTA b (STORAGE 1 2)\r\n`, []*imap.Quota{{Root: "a"}}},
		{"a line each", `* QUOTAROOT INBOX a\r\n* QUOTAROOT INBOX b a\r\n* QUOTA a (storage 1 2)\r\n* QUOTA a (MESSAGE 3 4)\r\n* QUOTA a (STORAGE 5 6)\r\n`,
			[]*imap.Quota{{Root: "a", Resources: []imap.QuotaUsage{{"STORAGE", 5, 6}, {"MESSAGE", 3, 4}}}, {Root: "b"}}},
		{"no list, spaces", `* QUOTAROOT  INBOX  ""  NIL \r\n* QUOTA  "" \r\n* QUOTA NIL ( STORAGE  "1"  2 )\r\n`,
			[]*imap.Quota{{}, {Root: "NIL", Resources: []imap.QuotaUsage{{"STORAGE", 1, 2}}}}},
		{"odd numbers", `* QUOTAROOT INBOX a\r\n* QUOTA a (X -1 unlimited STORAGE 1 9223372036854775808 Y 1.5 2 MESSAGE 3 4)\r\n`,
			[]*imap.Quota{{Root: "a", Resources: []imap.QuotaUsage{{"MESSAGE", 3, 4}},
				Raw: []imap.RawAttribute{{"X", []byte("-1 unlimited")}, {"STORAGE", []byte("1 9223372036854775808")}, {"Y", []byte("1.5 2")}}}}},
		{"nothing", ``, nil},
		{"garbage", `* QUOTAROOT INBOX a\r\n* QUOTA a STORAGE 1 2\r\n`, nil},
		{"half", `* QUOTAROOT INBOX a\r\n* QUOTA a (STORAGE 1)\r\n`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := talkTo(t, "QUOTA", "C: $1 GETQUOTAROOT INBOX\nS!: "+tt.lines+"\nS: $1 OK done\nC: $2 NOOP\nS: $2 OK done", nil)
			got, err := c.GetQuotaRoot(t.Context(), "INBOX")
			if !reflect.DeepEqual(got, tt.want) || (err == nil) != (tt.want != nil) {
				t.Errorf("%+v, %v", got, err)
			}
			noop(t, c)
		})
	}
}

func TestQuotaRefused(t *testing.T) {
	ctx := t.Context()
	c := talkTo(t, "QUOTA", `
		C: $1 GETQUOTA x
		S: $1 OK but nothing
		C: $2 SETQUOTA "" ()
		S: $2 OK done
		C: $3 GETQUOTA ""
		S: * QUOTA "" ()
		S: $3 OK done
		C: $4 GETQUOTA short
		S: * QUOTA "a longer name" (STORAGE 1 2)
		S: $4 OK done
		C: $5 GETQUOTAROOT x
		S: * QUOTA x (STORAGE 1 2)
		S: $5 OK done
		`, nil)
	if _, err := c.GetQuota(ctx, "x"); err == nil {
		t.Error("nothing said, no error")
	}
	if q, err := c.SetQuota(ctx, ""); err != nil || len(q.Resources) != 0 {
		t.Error(q, err)
	}
	if q, err := c.GetQuota(ctx, "short"); err != nil || q.Root != "a longer name" {
		t.Error(q, err)
	}
	if q, err := c.GetQuotaRoot(ctx, "x"); err == nil {
		t.Error(q)
	}
	bad := (*wire.ArgumentError)(nil)
	if _, err := c.SetQuota(ctx, "", imap.QuotaLimit{"STORAGE", -1}); !errors.As(err, &bad) {
		t.Error(err)
	}
	if _, err := c.SetQuota(ctx, "", imap.QuotaLimit{"two words", 1}); !errors.As(err, &bad) {
		t.Error(err)
	}
	c = talkTo(t, "QUOTA=RES-STORAGE QUOTA", "", nil)
	if _, err := c.SetQuota(ctx, "", imap.QuotaLimit{"STORAGE", 1}); !errors.Is(err, imap.ErrUnsupported) {
		t.Error(err)
	}
	c = talkTo(t, "ACL", "", nil)
	for _, err := range []error{second(c.GetQuota(ctx, "x")), second(c.GetQuotaRoot(ctx, "x")), second(c.SetQuota(ctx, "x"))} {
		if !errors.Is(err, imap.ErrUnsupported) {
			t.Error(err)
		}
	}
}

// A quota that was exceeded softly is told out of the blue (RFC 9208 §4.3.1).
func TestOverQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "QUOTA", `
			C: $1 NOOP
			S: * NO [OVERQUOTA] Soft quota has been exceeded
			S: $1 OK done
			C: $2 CREATE x
			S: $2 NO [OVERQUOTA] Too many mailboxes
		`, nil)
		heard := make(chan imap.Notice, 9)
		go func() {
			defer close(heard)
			for n := range c.Notices(t.Context()) {
				heard <- n
			}
		}()
		synctest.Wait()
		noop(t, c)
		if err := c.Create(t.Context(), "x"); !errors.Is(err, imap.CodeOverQuota) {
			t.Error(err)
		}
		c.Close()
		if n := <-heard; n.Kind != imap.NoticeOverQuota || n.Text != "Soft quota has been exceeded" {
			t.Error(n)
		}
		for range heard {
		}
	})
}
