package peers

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	theirs "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/search"
)

// TestGoIMAPExtensions has go-imap's client use the extensions that it knows.
// (SEARCHRES is not among them: it never sends SAVE.)
func TestGoIMAPExtensions(t *testing.T) {
	for _, x := range []struct {
		name  string
		needs string // a capability
		visit func(*visitor)
	}{
		{"Binary", "BINARY", visitBinary},
		{"ListExtended", "LIST-EXTENDED", visitListExtended},
		{"ListStatus", "LIST-STATUS", visitListStatus},
		{"Sort", "SORT", visitSort},
		{"Thread", "THREAD=REFERENCES", visitThread},
		{"Quota", "QUOTA", visitQuota},
		{"Metadata", "METADATA", visitMetadata},
		{"ACL", "ACL", visitACL},
		{"CondStore", "CONDSTORE", visitCondStore},
		{"Unauthenticate", "UNAUTHENTICATE", visitUnauthenticate},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			s := newOurServer(t, imaptest.Options{AllowPlainLogin: true})
			vis := &visitor{T: t, srv: s, exists: make(chan uint32, 100), gone: make(chan uint32, 100), flags: make(chan *imapclient.FetchMessageBuffer, 100)}
			vis.c = theirClient(t, s.Pipe())
			caps, err := vis.c.Capability().Wait()
			vis.ok(err)
			if !caps.Has(theirs.Cap(x.needs)) {
				t.Fatalf("imaptest does not offer %s", x.needs)
			}
			x.visit(vis)
		})
	}
}

func (v *visitor) open(box string) {
	v.Helper()
	_, err := v.c.Select(box, nil).Wait()
	v.ok(err)
}

func visitBinary(v *visitor) {
	v.deliver("INBOX", nested)
	v.deliver("INBOX", text("Content-Transfer-Encoding: base64", "", "AAEC/v8="))
	v.open("INBOX")
	html := &theirs.FetchItemBinarySection{Part: []int{1, 2}, Peek: true}
	all, err := v.c.Fetch(theirs.UIDSetNum(1), &theirs.FetchOptions{
		// no range: go-imap asks for one, and does not understand the answer
		BinarySection:     []*theirs.FetchItemBinarySection{html},
		BinarySectionSize: []*theirs.FetchItemBinarySectionSize{{Part: []int{1, 2}}},
	}).Collect()
	v.ok(err)
	m := all[0]
	want(v, "BINARY", string(m.FindBinarySection(html)), "<p>html text</p>")
	if len(m.BinarySectionSize) != 1 || m.BinarySectionSize[0].Size != 16 {
		v.Errorf("BINARY.SIZE: %+v", m.BinarySectionSize)
	}
	one := &theirs.FetchItemBinarySection{Part: []int{1}, Peek: true}
	all, err = v.c.Fetch(theirs.UIDSetNum(2), &theirs.FetchOptions{BinarySection: []*theirs.FetchItemBinarySection{one}}).Collect()
	v.ok(err)
	want(v, "a literal8", all[0].FindBinarySection(one), []byte{0, 1, 2, 0xfe, 0xff})
}

func (v *visitor) tree() {
	v.Helper()
	for _, n := range []string{"Work", "Work/2026", "Other"} {
		v.ok(v.c.Create(n, nil).Wait())
	}
	v.ok(v.c.Subscribe("Work/2026").Wait())
	v.deliver("Work", text("Subject: a", "", "a"))
}

func (v *visitor) listed(pattern string, o *theirs.ListOptions) map[string]*theirs.ListData {
	v.Helper()
	all, err := v.c.List("", pattern, o).Collect()
	v.ok(err)
	m := map[string]*theirs.ListData{}
	for _, l := range all {
		m[l.Mailbox] = l
	}
	return m
}

func visitListExtended(v *visitor) {
	v.tree()
	got := v.listed("*", &theirs.ListOptions{SelectSubscribed: true})
	if len(got) != 1 || got["Work/2026"] == nil || !slices.Contains(got["Work/2026"].Attrs, theirs.MailboxAttrSubscribed) {
		v.Errorf("SUBSCRIBED: %+v", got)
	}
	got = v.listed("%", &theirs.ListOptions{SelectSubscribed: true, SelectRecursiveMatch: true})
	if got["Work"] == nil || got["Work"].ChildInfo == nil || !got["Work"].ChildInfo.Subscribed || got["Other"] != nil {
		v.Errorf("RECURSIVEMATCH: %+v", got)
	}
	got = v.listed("*", &theirs.ListOptions{ReturnSubscribed: true, ReturnChildren: true})
	if len(got) != 4 || !slices.Contains(got["Work/2026"].Attrs, theirs.MailboxAttrSubscribed) || !slices.Contains(got["Work"].Attrs, theirs.MailboxAttrHasChildren) {
		v.Errorf("RETURN: %+v", got)
	}
}

func visitListStatus(v *visitor) {
	v.tree()
	got := v.listed("*", &theirs.ListOptions{ReturnStatus: &theirs.StatusOptions{NumMessages: true, UIDNext: true}})
	w := got["Work"]
	if len(got) != 4 || w.Status == nil || w.Status.NumMessages == nil || *w.Status.NumMessages != 1 || w.Status.UIDNext != 2 {
		v.Errorf("%+v", got)
	}
}

// threads delivers a conversation, its answer first, and another message.
func (v *visitor) threads() {
	v.Helper()
	v.deliver("INBOX", text("Subject: Re: b", "From: zoe@example.org", "Date: Fri, 02 Jan 2026 03:04:05 +0000", "Message-ID: <2@x>", "References: <1@x>", "", "yy"))
	v.deliver("INBOX", text("Subject: b", "From: ann@example.org", "Date: Thu, 01 Jan 2026 03:04:05 +0000", "Message-ID: <1@x>", "", "x"))
	v.deliver("INBOX", text("Subject: a", "From: max@example.org", "Date: Wed, 31 Dec 2025 03:04:05 +0000", "Message-ID: <3@x>", "", "zzz and more"))
	v.open("INBOX")
}

func visitSort(v *visitor) {
	v.threads()
	for _, s := range []struct {
		key  imapclient.SortKey
		uids []uint32
	}{
		{imapclient.SortKeyDate, []uint32{3, 2, 1}},
		{imapclient.SortKeyFrom, []uint32{2, 3, 1}},
		{imapclient.SortKeySubject, []uint32{3, 1, 2}},
		{imapclient.SortKeyArrival, []uint32{1, 2, 3}},
	} {
		got, err := v.c.UIDSort(&imapclient.SortOptions{SearchCriteria: &theirs.SearchCriteria{}, SortCriteria: []imapclient.SortCriterion{{Key: s.key}}}).Wait()
		v.ok(err)
		want(v, string(s.key), got, s.uids)
	}
	got, err := v.c.Sort(&imapclient.SortOptions{SearchCriteria: &theirs.SearchCriteria{Text: []string{"zoe"}}, SortCriteria: []imapclient.SortCriterion{{Key: imapclient.SortKeyDate, Reverse: true}}}).Wait()
	v.ok(err)
	want(v, "one of them", got, []uint32{1})
}

func visitThread(v *visitor) {
	v.threads()
	got, err := v.c.UIDThread(&imapclient.ThreadOptions{Algorithm: theirs.ThreadReferences, SearchCriteria: &theirs.SearchCriteria{}}).Wait()
	v.ok(err)
	if len(got) != 2 || !slices.Equal(got[0].Chain, []uint32{3}) || !slices.Equal(got[1].Chain, []uint32{2, 1}) {
		v.Errorf("%+v", got)
	}
}

func visitQuota(v *visitor) {
	roots, err := v.c.GetQuotaRoot("INBOX").Wait()
	v.ok(err)
	if len(roots) == 0 {
		v.Fatal("INBOX has no quota root")
	}
	again, err := v.c.GetQuota(roots[0].Root).Wait()
	v.ok(err)
	want(v, "GETQUOTA", again, &roots[0])
}

func visitMetadata(v *visitor) {
	hello := []byte("hello \"there\"")
	v.ok(v.c.SetMetadata("INBOX", map[string]*[]byte{"/private/comment": &hello}).Wait())
	got, err := v.c.GetMetadata("INBOX", []string{"/private/comment"}, nil).Wait()
	v.ok(err)
	if b := got.Entries["/private/comment"]; b == nil || !bytes.Equal(*b, hello) {
		v.Errorf("%+v", got)
	}
	v.ok(v.c.SetMetadata("INBOX", map[string]*[]byte{"/private/comment": nil}).Wait())
	got, err = v.c.GetMetadata("INBOX", []string{"/private/comment"}, nil).Wait()
	v.ok(err)
	if b := got.Entries["/private/comment"]; b != nil && len(*b) > 0 {
		v.Errorf("%q is still there", *b)
	}
}

func visitACL(v *visitor) {
	v.srv.AddUser("bob", password)
	mine, err := v.c.MyRights("INBOX").Wait()
	v.ok(err)
	if !strings.ContainsRune(string(mine.Rights), 'a') {
		v.Errorf("no right to administer: %s", mine.Rights)
	}
	v.ok(v.c.SetACL("INBOX", "bob", theirs.RightModificationReplace, theirs.RightSet("lr")).Wait())
	acl, err := v.c.GetACL("INBOX").Wait()
	v.ok(err)
	want(v, "bob's rights", string(acl.Rights["bob"]), "lr")
}

func visitCondStore(v *visitor) {
	v.threads()
	d, err := v.c.Select("INBOX", &theirs.SelectOptions{CondStore: true}).Wait()
	v.ok(err)
	if d.HighestModSeq == 0 {
		v.Fatalf("%+v", d)
	}
	v.ok(v.c.Store(theirs.UIDSetNum(2), &theirs.StoreFlags{Op: theirs.StoreFlagsAdd, Flags: []theirs.Flag{theirs.FlagSeen}}, nil).Close())
	all, err := v.c.Fetch(theirs.UIDSet{{Start: 1, Stop: 0}}, &theirs.FetchOptions{UID: true, ModSeq: true, ChangedSince: d.HighestModSeq}).Collect()
	v.ok(err)
	if len(all) != 1 || all[0].UID != 2 || all[0].ModSeq <= d.HighestModSeq {
		v.Errorf("%+v", all)
	}
}

func visitUnauthenticate(v *visitor) {
	v.ok(v.c.Unauthenticate().Wait())
	v.ok(v.c.Login(user, password).Wait())
	v.open("INBOX")
}

// TestTheirExtensions has our client use the extensions of go-imap's server.
func TestTheirExtensions(t *testing.T) {
	dial := newTheirServer(t, theirs.CapIMAP4rev2, theirs.CapNamespace, theirs.CapESearch, theirs.CapSearchRes,
		theirs.CapListExtended, theirs.CapListStatus, theirs.CapMove, theirs.CapStatusSize, theirs.CapBinary,
		theirs.CapChildren, theirs.CapSpecialUse, theirs.CapCreateSpecialUse, theirs.CapLiteralPlus)
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	c, err := imap.NewClient(ctx, dial(), &imap.Options{Security: imap.Plaintext, InsecureLogin: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ok(c.Login(ctx, user, password))
	ns, err := c.Namespace(ctx)
	if ok(err); len(ns.Personal) != 1 || ns.Personal[0].Delimiter != "/" {
		t.Errorf("%+v", ns)
	}
	ok(c.Create(ctx, "Work"))
	ok(c.Create(ctx, "Work/2026"))
	ok(c.Subscribe(ctx, "Work/2026"))
	var all []imap.AppendMessage
	for _, m := range [][]byte{nested, text("Subject: two", "Content-Transfer-Encoding: base64", "", "AAEC/v8="), text("Subject: three", "", "x")} {
		all = append(all, imap.AppendMessage{Message: bytes.NewReader(m), Size: int64(len(m)), AppendOptions: imap.AppendOptions{Flags: []imap.Flag{imap.FlagFlagged}}})
	}
	added, err := c.AppendAll(ctx, "INBOX", all, &imap.AppendAllOptions{OneByOne: true})
	if ok(err); len(added) != 3 || added[2].UID != 3 {
		t.Fatal(added)
	}
	names := map[string]*imap.ListEntry{}
	for l, err := range c.List(ctx, "*", &imap.ListOptions{ReturnSubscribed: true, ReturnStatus: []imap.StatusItem{imap.StatusMessages, imap.StatusSize}}) {
		ok(err)
		names[l.Mailbox] = l
	}
	if s := names["INBOX"]; len(names) != 3 || s.Status == nil || s.Status.Messages == nil || *s.Status.Messages != 3 || !slices.Contains(names["Work/2026"].Attributes, `\Subscribed`) {
		t.Errorf("%+v", names)
	}
	box, err := c.Select(ctx, "INBOX", nil)
	ok(err)
	found, err := box.Search(ctx, search.And(search.Flagged, search.Subject("t")))
	if ok(err); found.String() != "2:3" {
		t.Error(found)
	}
	part := imap.Section{Part: "1", Binary: true}
	for m, err := range box.Fetch(ctx, imap.UID(2), &imap.FetchOptions{Sections: []imap.Section{part}, BinarySizes: []string{"1"}}) {
		ok(err)
		b, err := io.ReadAll(m.Body(part))
		if ok(err); len(b) == 0 || len(m.Problems) > 0 {
			t.Errorf("%q %v", b, m.Problems)
		}
	}
	moved, err := box.Move(ctx, imap.UIDRange(1, 2), "Work")
	if to, found := moved.UIDs.Dest(2); err != nil || !found || to != 2 {
		t.Error(moved, err)
	}
	// imapmemserver tells of each that is gone twice, with numbers that cannot be.
	if box, err = c.Select(ctx, "INBOX", nil); err != nil || box.State().Exists != 1 {
		t.Fatal(box.State(), err)
	}
	if _, err := box.Move(ctx, imap.UID(3), "Nowhere"); err == nil {
		t.Error("moved to nowhere")
	}
	ok(c.Noop(ctx))
}
