package peers

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	theirs "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// visitor is go-imap's client on a server of ours.
type visitor struct {
	*testing.T
	srv    *ourServer
	c      *imapclient.Client
	exists chan uint32 // every EXISTS that nobody asked for
	gone   chan uint32 // every EXPUNGE
	flags  chan *imapclient.FetchMessageBuffer
}

// TestGoIMAP has another client use every command of imaptest's server, in
// every way of connecting.
func TestGoIMAP(t *testing.T) {
	visits := []struct {
		name  string
		visit func(*visitor)
	}{
		{"Capability", visitCapability},
		{"Mailboxes", visitMailboxes},
		{"Append", visitAppend},
		{"Select", visitSelect},
		{"Fetch", visitFetch},
		{"Search", visitSearch},
		{"Store", visitStore},
		{"CopyMoveExpunge", visitCopyMoveExpunge},
		{"Idle", visitIdle},
		{"Leave", visitLeave},
	}
	for _, way := range ways {
		for _, v := range visits {
			t.Run(way.name+"/"+v.name, func(t *testing.T) {
				t.Parallel()
				s := newOurServer(t, imaptest.Options{AllowPlainLogin: way.plain})
				vis := &visitor{
					T: t, srv: s,
					exists: make(chan uint32, 100), gone: make(chan uint32, 100),
					flags: make(chan *imapclient.FetchMessageBuffer, 100),
				}
				c, err := way.dial(t, s, &imapclient.Options{UnilateralDataHandler: vis.handler()})
				if err != nil {
					t.Fatal(err)
				}
				vis.c = c
				t.Cleanup(func() { c.Close() })
				vis.ok(c.WaitGreeting())
				vis.ok(c.Login(user, password).Wait())
				v.visit(vis)
			})
		}
	}
}

func (v *visitor) handler() *imapclient.UnilateralDataHandler {
	return &imapclient.UnilateralDataHandler{
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages != nil {
				v.exists <- *d.NumMessages
			}
		},
		Expunge: func(seq uint32) { v.gone <- seq },
		Fetch: func(m *imapclient.FetchMessageData) {
			buf, err := m.Collect()
			if err != nil {
				v.Error(err)
			}
			v.flags <- buf
		},
	}
}

func (v *visitor) ok(err error) {
	v.Helper()
	if err != nil {
		v.Fatal(err)
	}
}

// no wants a NO with a code.
func (v *visitor) no(err error, code theirs.ResponseCode) {
	v.Helper()
	var e *theirs.Error
	if !errors.As(err, &e) || e.Type != theirs.StatusResponseTypeNo || e.Code != code {
		v.Errorf("got %v, want NO [%s]", err, code)
	}
}

// state wants go-imap to be in a state. It enters it after the command that
// leads there is done, and before the next is.
func (v *visitor) state(is theirs.ConnState) {
	v.Helper()
	v.ok(v.c.Noop().Wait())
	want(v, "state", v.c.State(), is)
}

func want(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func receive[T any](v *visitor, what string, from <-chan T) (x T) {
	v.Helper()
	select {
	case x = <-from:
	case <-time.After(patience):
		v.Fatalf("no %s came", what)
	}
	return x
}

func text(lines ...string) []byte { return []byte(strings.Join(lines, "\r\n") + "\r\n") }

func visitCapability(v *visitor) {
	caps, err := v.c.Capability().Wait()
	v.ok(err)
	for _, c := range []theirs.Cap{
		"IMAP4rev1", "SASL-IR", "LITERAL+", "ID", "ENABLE", "IDLE", "NAMESPACE",
		"UIDPLUS", "MOVE", "UNSELECT", "ESEARCH", "CHILDREN", "SPECIAL-USE",
	} {
		if !caps.Has(c) {
			v.Errorf("no %s", c)
		}
	}
	if caps.Has("LOGINDISABLED") || caps.Has("STARTTLS") {
		v.Error("STARTTLS or LOGINDISABLED after login")
	}
	ns, err := v.c.Namespace().Wait()
	v.ok(err)
	want(v, "personal namespace", ns.Personal, []theirs.NamespaceDescriptor{{Delim: '/'}})
	_, err = v.c.ID(&theirs.IDData{Name: "peers"}).Wait()
	v.ok(err)
	_, err = v.c.Enable("METADATA").Wait()
	v.ok(err)
	v.ok(v.c.Noop().Wait())
}

func visitMailboxes(v *visitor) {
	c := v.c
	names := []string{"Work", "Work/2026", "Entwürfe & mehr", "台北", `a "quoted" \name`}
	for _, n := range names {
		v.ok(c.Create(n, nil).Wait())
	}
	v.no(c.Create("Work", nil).Wait(), theirs.ResponseCodeAlreadyExists)
	list := func(ref, pattern string) []string {
		v.Helper()
		all, err := c.List(ref, pattern, nil).Collect()
		v.ok(err)
		var got []string
		for _, l := range all {
			if l.Delim != '/' {
				v.Errorf("%s: delimiter %q", l.Mailbox, l.Delim)
			}
			got = append(got, l.Mailbox)
		}
		slices.Sort(got)
		return got
	}
	all := append([]string{"INBOX"}, names...)
	slices.Sort(all)
	want(v, `LIST "" *`, list("", "*"), all)
	want(v, `LIST "" Work/%`, list("", "Work/%"), []string{"Work/2026"})
	want(v, `LIST Work/ *`, list("Work/", "*"), []string{"Work/2026"})
	want(v, `LIST "" W%`, list("", "W%"), []string{"Work"})
	work, err := c.List("", "Work", nil).Collect()
	v.ok(err)
	if len(work) != 1 || !slices.Contains(work[0].Attrs, theirs.MailboxAttrHasChildren) {
		v.Errorf("Work has no children: %+v", work)
	}
	root, err := c.List("", "", nil).Collect()
	v.ok(err)
	if len(root) != 1 || root[0].Delim != '/' {
		v.Errorf(`LIST "" "": %+v`, root)
	}

	put(v, c, "台北", text("Subject: one", "", "1"), nil)
	put(v, c, "台北", text("Subject: two", "", "2"), &theirs.AppendOptions{Flags: []theirs.Flag{theirs.FlagSeen}})
	st, err := c.Status("台北", &theirs.StatusOptions{
		NumMessages: true, UIDNext: true, UIDValidity: true, NumUnseen: true,
	}).Wait()
	v.ok(err)
	two, one := uint32(2), uint32(1)
	want(v, "STATUS", st, &theirs.StatusData{
		Mailbox: "台北", NumMessages: &two, NumUnseen: &one, UIDNext: 3,
		UIDValidity: v.srv.UIDValidity(user, "&U,BTFw-"),
	})

	v.ok(c.Rename("Work", "Büro", nil).Wait())
	want(v, "LIST Büro*", list("", "Büro*"), []string{"Büro", "Büro/2026"})
	v.ok(c.Delete("Büro/2026").Wait())
	v.no(c.Delete("Büro/2026").Wait(), theirs.ResponseCodeNonExistent)
	_, err = c.Status("Büro/2026", &theirs.StatusOptions{NumMessages: true}).Wait()
	v.no(err, theirs.ResponseCodeNonExistent)

	v.ok(c.Subscribe("台北").Wait())
	v.ok(c.Subscribe("INBOX").Wait())
	v.ok(c.Unsubscribe("INBOX").Wait())
	// go-imap asks for subscriptions with LIST-EXTENDED only.
	want(v, "LSUB", lsub(v), []string{`* LSUB () "/" &U,BTFw-`})
}

// lsub asks as telnet would, and returns the answers.
func lsub(v *visitor) (lines []string) {
	v.Helper()
	conn := tls.Client(v.srv.PipeTLS(), v.srv.ca.ClientConfig("localhost"))
	defer conn.Close()
	_, err := fmt.Fprintf(conn, "a LOGIN %s %s\r\nb LSUB \"\" *\r\nc LOGOUT\r\n", user, password)
	v.ok(err)
	said, err := io.ReadAll(conn)
	v.ok(err)
	for l := range strings.Lines(string(said)) {
		if strings.HasPrefix(l, "* LSUB") {
			lines = append(lines, strings.TrimSpace(l))
		}
	}
	return lines
}

func visitAppend(v *visitor) {
	c := v.c
	if !c.Caps().Has("LITERAL+") {
		v.Fatal("no LITERAL+")
	}
	date := time.Date(2001, 2, 3, 4, 5, 6, 0, time.FixedZone("", -(3*60+30)*60))
	big := bytes.Repeat([]byte("0123456789abcdef0123456789abcdef0123456789\r\n"), 30000) // 1.3 MB
	messages := [][]byte{
		text("Subject: hello", "", "there"),
		{},
		append([]byte("Subject: eight bit \xe4\xf6\xfc\r\n\r\n"), 0x80, 0xff, '\r', '\n'),
		append([]byte("Subject: big\r\n\r\n"), big...),
	}
	flags := []theirs.Flag{theirs.FlagSeen, theirs.FlagFlagged, "$Forwarded", "custom"}
	for i, m := range messages {
		uid := put(v, c, "INBOX", m, &theirs.AppendOptions{Flags: flags, Time: date})
		if int(uid) != i+1 {
			v.Errorf("message %d: UID %d", i, uid)
		}
	}
	stored := v.srv.Messages(user, "INBOX")
	if len(stored) != len(messages) {
		v.Fatalf("%d messages stored", len(stored))
	}
	for i, m := range stored {
		if !bytes.Equal(m.Body(), messages[i]) {
			v.Errorf("message %d changed on its way", i)
		}
		if !m.Date.Equal(date) {
			v.Errorf("message %d: date %v", i, m.Date)
		}
		want(v, "flags", sorted(m.Flags), sorted([]string{`\Seen`, `\Flagged`, "$Forwarded", "custom"}))
	}
	cmd := c.Append("Nowhere", 3, nil)
	_, err := io.WriteString(cmd, "abc")
	v.ok(err)
	v.ok(cmd.Close())
	_, err = cmd.Wait()
	v.no(err, theirs.ResponseCodeTryCreate)
	v.ok(c.Noop().Wait()) // still in step
}

func sorted[S ~[]E, E ~string](s S) S {
	s = slices.Clone(s)
	slices.Sort(s)
	return s
}

func visitSelect(v *visitor) {
	for range 3 {
		v.deliver("INBOX", text("Subject: hello", "", "there"))
	}
	d, err := v.c.Select("inbox", nil).Wait()
	v.ok(err)
	if d.NumMessages != 3 || d.UIDNext != 4 || d.UIDValidity != v.srv.UIDValidity(user, "INBOX") {
		v.Errorf("SELECT: %+v", d)
	}
	if !slices.Contains(d.PermanentFlags, theirs.FlagWildcard) || !slices.Contains(d.Flags, theirs.FlagSeen) {
		v.Errorf("flags %v, permanent %v", d.Flags, d.PermanentFlags)
	}
	v.state(theirs.ConnStateSelected)
	_, err = v.c.Select("Nowhere", nil).Wait()
	v.no(err, theirs.ResponseCodeNonExistent)
	_, err = v.c.Select("INBOX", &theirs.SelectOptions{ReadOnly: true}).Wait()
	v.ok(err)
	if err := v.c.Store(theirs.SeqSetNum(1), &theirs.StoreFlags{
		Op: theirs.StoreFlagsAdd, Flags: []theirs.Flag{theirs.FlagSeen},
	}, nil).Close(); err == nil {
		v.Error("STORE after EXAMINE works")
	}
	if f := v.srv.Messages(user, "INBOX")[0].Flags; len(f) > 0 {
		v.Errorf("EXAMINE let flags be set: %v", f)
	}
}

func (v *visitor) deliver(box string, message []byte, flags ...string) uint32 {
	v.Helper()
	uid, err := v.srv.Deliver(user, box, message, &imaptest.DeliverOptions{
		Flags: flags, Date: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	})
	v.ok(err)
	return uid
}

var nested = text(
	"Date: Fri, 02 Jan 2026 03:04:05 +0100",
	"From: =?UTF-8?Q?J=C3=BCrgen?= <juergen@example.org>, \"Doe, Jane\" <jane@example.org>",
	"Sender: bot@example.org",
	"Reply-To: replies@example.org",
	"To: friends: a@example.org, B <b@example.org>;",
	"Cc: c@example.org",
	"Bcc: d@example.org",
	"Subject: =?ISO-8859-1?Q?caf=E9?= and more",
	"In-Reply-To: <0@example.org>",
	"Message-ID: <1@example.org>",
	"MIME-Version: 1.0",
	"Content-Type: multipart/mixed; boundary=outer",
	"",
	"preamble",
	"--outer",
	"Content-Type: multipart/alternative; boundary=inner",
	"",
	"--inner",
	"Content-Type: text/plain; charset=utf-8; format=flowed",
	"",
	"plain",
	"text",
	"--inner",
	"Content-Type: text/html",
	"Content-Transfer-Encoding: quoted-printable",
	"",
	"<p>html=20text</p>",
	"--inner--",
	"--outer",
	"Content-Type: image/png; name=p.png",
	"Content-ID: <i@example.org>",
	"Content-Description: a picture",
	"Content-Disposition: attachment; filename=p.png",
	"Content-Language: en, de",
	"Content-Location: http://example.org/p.png",
	"Content-Transfer-Encoding: base64",
	"",
	"iVBORw0KGgo=",
	"--outer",
	"Content-Type: message/rfc822",
	"",
	"From: inner@example.org",
	"Subject: inside",
	"",
	"inner body",
	"--outer--",
	"epilogue",
)

func visitFetch(v *visitor) {
	c := v.c
	v.deliver("INBOX", nested, `\Seen`, "$Junk")
	_, err := c.Select("INBOX", nil).Wait()
	v.ok(err)
	sections := []struct {
		ask  *theirs.FetchItemBodySection
		want string
	}{
		{&theirs.FetchItemBodySection{Peek: true}, string(nested)},
		{&theirs.FetchItemBodySection{Specifier: "HEADER", Peek: true}, string(nested[:bytes.Index(nested, []byte("preamble"))])},
		{&theirs.FetchItemBodySection{Specifier: "TEXT", Peek: true}, string(nested[bytes.Index(nested, []byte("preamble")):])},
		{&theirs.FetchItemBodySection{Specifier: "HEADER", HeaderFields: []string{"cc", "MESSAGE-ID", "X-None"}, Peek: true}, "Cc: c@example.org\r\nMessage-ID: <1@example.org>\r\n\r\n"},
		{&theirs.FetchItemBodySection{Part: []int{1, 1}, Peek: true}, "plain\r\ntext"},
		{&theirs.FetchItemBodySection{Part: []int{1, 2}, Specifier: "MIME", Peek: true}, "Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"},
		{&theirs.FetchItemBodySection{Part: []int{2}, Peek: true}, "iVBORw0KGgo="},
		{&theirs.FetchItemBodySection{Part: []int{3}, Peek: true}, "From: inner@example.org\r\nSubject: inside\r\n\r\ninner body"},
		{&theirs.FetchItemBodySection{Part: []int{3}, Specifier: "HEADER", Peek: true}, "From: inner@example.org\r\nSubject: inside\r\n\r\n"},
		{&theirs.FetchItemBodySection{Part: []int{3}, Specifier: "TEXT", Peek: true}, "inner body"},
		{&theirs.FetchItemBodySection{Part: []int{3, 1}, Peek: true}, "inner body"},
		{&theirs.FetchItemBodySection{Partial: &theirs.SectionPartial{Offset: 6, Size: 20}, Peek: true}, string(nested[6:26])},
		{&theirs.FetchItemBodySection{Specifier: "TEXT", Partial: &theirs.SectionPartial{Offset: 1 << 20, Size: 10}, Peek: true}, ""},
	}
	o := &theirs.FetchOptions{
		UID: true, Flags: true, InternalDate: true, RFC822Size: true, Envelope: true,
		BodyStructure: &theirs.FetchItemBodyStructure{Extended: true},
	}
	for _, s := range sections {
		o.BodySection = append(o.BodySection, s.ask)
	}
	all, err := c.Fetch(theirs.SeqSet{{Start: 1, Stop: 0}}, o).Collect()
	v.ok(err)
	if len(all) != 1 {
		v.Fatalf("%d messages", len(all))
	}
	m := all[0]
	for _, s := range sections {
		if got := m.FindBodySection(s.ask); string(got) != s.want {
			v.Errorf("section %+v: got %q, want %q", *s.ask, got, s.want)
		}
	}
	if m.SeqNum != 1 || m.UID != 1 || m.RFC822Size != int64(len(nested)) ||
		!m.InternalDate.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) {
		v.Errorf("number %d, UID %d, size %d, date %v", m.SeqNum, m.UID, m.RFC822Size, m.InternalDate)
	}
	want(v, "flags", sorted(m.Flags), []theirs.Flag{"$Junk", `\Recent`, theirs.FlagSeen})
	if !m.Envelope.Date.Equal(time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC)) {
		v.Errorf("Date %v", m.Envelope.Date)
	}
	m.Envelope.Date = time.Time{}
	addr := func(name, mailbox string) theirs.Address {
		return theirs.Address{Name: name, Mailbox: mailbox, Host: "example.org"}
	}
	want(v, "envelope", m.Envelope, &theirs.Envelope{
		Subject:   "café and more",
		From:      []theirs.Address{addr("Jürgen", "juergen"), addr("Doe, Jane", "jane")},
		Sender:    []theirs.Address{addr("", "bot")},
		ReplyTo:   []theirs.Address{addr("", "replies")},
		To:        []theirs.Address{{Mailbox: "friends"}, addr("", "a"), addr("B", "b"), {}},
		Cc:        []theirs.Address{addr("", "c")},
		Bcc:       []theirs.Address{addr("", "d")},
		InReplyTo: []string{"0@example.org"},
		MessageID: "1@example.org",
	})
	checkNested(v, m.BodyStructure)

	// What is not a peek sets \Seen, and is told.
	v.deliver("INBOX", text("Subject: x", "", "y"))
	receive(v, "EXISTS", func() <-chan uint32 { v.ok(c.Noop().Wait()); return v.exists }())
	if err := c.Fetch(theirs.UIDSetNum(2), &theirs.FetchOptions{BodySection: []*theirs.FetchItemBodySection{{Specifier: "TEXT"}}}).Close(); err != nil {
		v.Error(err)
	}
	want(v, "flags after BODY[TEXT]", v.srv.Messages(user, "INBOX")[1].Flags, []string{`\Seen`})
	// a set that has no message in it
	none, err := c.Fetch(theirs.UIDSetNum(77), o).Collect()
	v.ok(err)
	want(v, "FETCH of nothing", len(none), 0)
}

func checkNested(v *visitor, bs theirs.BodyStructure) {
	v.Helper()
	var got []string
	bs.Walk(func(path []int, p theirs.BodyStructure) bool {
		got = append(got, fmt.Sprint(path, " ", strings.ToLower(p.MediaType())))
		return true
	})
	want(v, "structure", got, []string{
		"[] multipart/mixed", "[1] multipart/alternative", "[1 1] text/plain",
		"[1 2] text/html", "[2] image/png", "[3] message/rfc822",
	})
	outer, ok := bs.(*theirs.BodyStructureMultiPart)
	if !ok || len(outer.Children) != 3 {
		v.Fatalf("not three parts: %+v", bs)
	}
	plain := outer.Children[0].(*theirs.BodyStructureMultiPart).Children[0].(*theirs.BodyStructureSinglePart)
	want(v, "parameters", plain.Params, map[string]string{"charset": "utf-8", "format": "flowed"})
	want(v, "size and lines", [2]int64{int64(plain.Size), plain.Text.NumLines}, [2]int64{11, 1})
	png := outer.Children[1].(*theirs.BodyStructureSinglePart)
	want(v, "image", png, &theirs.BodyStructureSinglePart{
		Type: png.Type, Subtype: png.Subtype, Params: map[string]string{"name": "p.png"},
		ID: "<i@example.org>", Description: "a picture", Encoding: png.Encoding, Size: 12,
		Extended: &theirs.BodyStructureSinglePartExt{
			Disposition: &theirs.BodyStructureDisposition{Value: "attachment", Params: map[string]string{"filename": "p.png"}},
			Language:    []string{"en", "de"},
			Location:    "http://example.org/p.png",
		},
	})
	if !strings.EqualFold(png.Encoding, "base64") {
		v.Errorf("encoding %q", png.Encoding)
	}
	inner := outer.Children[2].(*theirs.BodyStructureSinglePart).MessageRFC822
	if inner == nil || inner.Envelope.Subject != "inside" || inner.BodyStructure.MediaType() != "text/plain" {
		v.Errorf("message in the message: %+v", inner)
	}
}

func visitSearch(v *visitor) {
	c := v.c
	v.deliver("INBOX", text("Subject: apple", "From: ann@example.org", "Date: Thu, 01 Jan 2026 10:00:00 +0000", "", "red"))
	v.deliver("INBOX", text("Subject: pear", "From: bob@example.org", "X-Odd: yes", "", "green"), `\Seen`)
	v.deliver("INBOX", nested, `\Flagged`, "$Junk")
	v.ok(v.srv.Remove(user, "INBOX", v.deliver("INBOX", text("", "gone"))))
	v.deliver("INBOX", append(text("Subject: big", ""), bytes.Repeat([]byte("x"), 5000)...), `\Deleted`, `\Answered`)
	_, err := c.Select("INBOX", nil).Wait()
	v.ok(err)
	day := func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }
	for _, s := range []struct {
		name string
		find theirs.SearchCriteria
		uids []theirs.UID
	}{
		{"all", theirs.SearchCriteria{}, []theirs.UID{1, 2, 3, 5}},
		{"seen", theirs.SearchCriteria{Flag: []theirs.Flag{theirs.FlagSeen}}, []theirs.UID{2}},
		{"unseen", theirs.SearchCriteria{NotFlag: []theirs.Flag{theirs.FlagSeen}}, []theirs.UID{1, 3, 5}},
		{"keyword", theirs.SearchCriteria{Flag: []theirs.Flag{"$Junk"}}, []theirs.UID{3}},
		{"deleted answered", theirs.SearchCriteria{Flag: []theirs.Flag{theirs.FlagDeleted, theirs.FlagAnswered}}, []theirs.UID{5}},
		{"subject", theirs.SearchCriteria{Header: []theirs.SearchCriteriaHeaderField{{Key: "Subject", Value: "APP"}}}, []theirs.UID{1}},
		{"from", theirs.SearchCriteria{Header: []theirs.SearchCriteriaHeaderField{{Key: "From", Value: "bob"}}}, []theirs.UID{2}},
		{"header exists", theirs.SearchCriteria{Header: []theirs.SearchCriteriaHeaderField{{Key: "X-Odd"}}}, []theirs.UID{2}},
		{"body", theirs.SearchCriteria{Body: []string{"green"}}, []theirs.UID{2}},
		{"text", theirs.SearchCriteria{Text: []string{"ann@"}}, []theirs.UID{1}},
		{"utf-8 subject", theirs.SearchCriteria{Header: []theirs.SearchCriteriaHeaderField{{Key: "Subject", Value: "café"}}}, []theirs.UID{3}},
		{"quote in a string", theirs.SearchCriteria{Body: []string{`"\`}}, nil},
		{"larger", theirs.SearchCriteria{Larger: 4000}, []theirs.UID{5}},
		{"smaller", theirs.SearchCriteria{Smaller: 200}, []theirs.UID{1, 2}},
		{"since", theirs.SearchCriteria{Since: day(2)}, []theirs.UID{1, 2, 3, 5}},
		{"before", theirs.SearchCriteria{Before: day(2)}, nil},
		{"on", theirs.SearchCriteria{Since: day(2), Before: day(3)}, []theirs.UID{1, 2, 3, 5}},
		{"sent since", theirs.SearchCriteria{SentSince: day(2)}, []theirs.UID{3}},
		{"sent before", theirs.SearchCriteria{SentBefore: day(2)}, []theirs.UID{1}},
		{"numbers", theirs.SearchCriteria{SeqNum: []theirs.SeqSet{{{Start: 3, Stop: 0}}}}, []theirs.UID{3, 5}},
		{"uids", theirs.SearchCriteria{UID: []theirs.UIDSet{{{Start: 2, Stop: 4}}}}, []theirs.UID{2, 3}},
		{"not", theirs.SearchCriteria{Not: []theirs.SearchCriteria{{Flag: []theirs.Flag{theirs.FlagFlagged}}}}, []theirs.UID{1, 2, 5}},
		{"or", theirs.SearchCriteria{Or: [][2]theirs.SearchCriteria{{
			{Body: []string{"red"}}, {Flag: []theirs.Flag{theirs.FlagDeleted}},
		}}}, []theirs.UID{1, 5}},
	} {
		d, err := c.UIDSearch(&s.find, nil).Wait()
		if err != nil {
			v.Errorf("%s: %v", s.name, err)
			continue
		}
		want(v, s.name, d.AllUIDs(), s.uids)
		e, err := c.UIDSearch(&s.find, &theirs.SearchOptions{ReturnAll: true, ReturnCount: true, ReturnMin: true, ReturnMax: true}).Wait()
		if err != nil {
			v.Errorf("%s, ESEARCH: %v", s.name, err)
			continue
		}
		want(v, s.name+", ESEARCH", e.AllUIDs(), s.uids)
		least, most := theirs.UID(0), theirs.UID(0)
		if len(s.uids) > 0 {
			least, most = slices.Min(s.uids), slices.Max(s.uids)
		}
		want(v, s.name+", COUNT MIN MAX", [3]uint32{e.Count, e.Min, e.Max},
			[3]uint32{uint32(len(s.uids)), uint32(least), uint32(most)})
	}
	d, err := c.Search(&theirs.SearchCriteria{UID: []theirs.UIDSet{theirs.UIDSetNum(5)}}, nil).Wait()
	v.ok(err)
	want(v, "SEARCH by number", d.AllSeqNums(), []uint32{4})
}

func visitStore(v *visitor) {
	c := v.c
	v.deliver("INBOX", text("Subject: a", "", "a"), "old")
	v.deliver("INBOX", text("Subject: b", "", "b"))
	_, err := c.Select("INBOX", nil).Wait()
	v.ok(err)
	store := func(set theirs.NumSet, op theirs.StoreFlagsOp, silent bool, flags ...theirs.Flag) []*imapclient.FetchMessageBuffer {
		v.Helper()
		l, err := c.Store(set, &theirs.StoreFlags{Op: op, Silent: silent, Flags: flags}, nil).Collect()
		v.ok(err)
		return l
	}
	l := store(theirs.SeqSetNum(1, 2), theirs.StoreFlagsAdd, false, theirs.FlagSeen, "$Done")
	if len(l) != 2 || !slices.Contains(l[0].Flags, theirs.FlagSeen) || !slices.Contains(l[1].Flags, "$Done") {
		v.Errorf("STORE told %+v", l)
	}
	store(theirs.UIDSetNum(1), theirs.StoreFlagsDel, false, "old")
	if l := store(theirs.UIDSetNum(2), theirs.StoreFlagsSet, true, theirs.FlagDraft); len(l) != 0 {
		v.Errorf("a silent STORE told %+v", l)
	}
	m := v.srv.Messages(user, "INBOX")
	want(v, "flags 1", sorted(m[0].Flags), []string{"$Done", `\Seen`})
	want(v, "flags 2", m[1].Flags, []string{`\Draft`})
	// somebody else changes flags
	v.ok(v.srv.SetFlags(user, "INBOX", 1, `\Flagged`))
	v.ok(c.Noop().Wait())
	f := receive(v, "FETCH", v.flags)
	if f.SeqNum != 1 || !slices.Contains(f.Flags, theirs.FlagFlagged) {
		v.Errorf("FETCH of somebody else's flags: %+v", f)
	}
}

func visitCopyMoveExpunge(v *visitor) {
	c := v.c
	v.ok(c.Create("To", nil).Wait())
	for i := range 6 {
		v.deliver("INBOX", text(fmt.Sprint("Subject: ", i+1), "", "x"), "kept")
	}
	validity := v.srv.UIDValidity(user, "To")
	_, err := c.Select("INBOX", nil).Wait()
	v.ok(err)
	cp, err := c.Copy(theirs.UIDSetNum(2, 4), "To").Wait()
	v.ok(err)
	want(v, "COPYUID", cp, &theirs.CopyData{
		UIDValidity: validity, SourceUIDs: theirs.UIDSetNum(2, 4), DestUIDs: theirs.UIDSetNum(1, 2),
	})
	mv, err := c.Move(theirs.SeqSetNum(1), "To").Wait()
	v.ok(err)
	want(v, "MOVE's COPYUID", mv, &imapclient.MoveData{
		UIDValidity: validity, SourceUIDs: theirs.UIDSetNum(1), DestUIDs: theirs.UIDSetNum(3),
	})
	want(v, "EXPUNGE of MOVE", receive(v, "EXPUNGE", v.gone), uint32(1))
	_, err = c.Copy(theirs.SeqSetNum(1), "Nowhere").Wait()
	v.no(err, theirs.ResponseCodeTryCreate)

	v.ok(c.Store(theirs.UIDSetNum(2, 3, 6), &theirs.StoreFlags{Op: theirs.StoreFlagsAdd, Flags: []theirs.Flag{theirs.FlagDeleted}}, nil).Close())
	seqs, err := c.UIDExpunge(theirs.UIDSetNum(3, 4)).Collect()
	v.ok(err)
	want(v, "UID EXPUNGE", seqs, []uint32{2})
	seqs, err = c.Expunge().Collect()
	v.ok(err)
	want(v, "messages expunged", len(seqs), 2)
	uids := func(box string) (l []uint32) {
		for _, m := range v.srv.Messages(user, box) {
			l = append(l, m.UID)
			if !slices.Contains(m.Flags, "kept") {
				v.Errorf("%s %d lost its flag", box, m.UID)
			}
		}
		return l
	}
	want(v, "INBOX", uids("INBOX"), []uint32{4, 5})
	want(v, "To", uids("To"), []uint32{1, 2, 3})
}

func visitIdle(v *visitor) {
	c := v.c
	v.deliver("INBOX", text("Subject: a", "", "a"))
	_, err := c.Select("INBOX", nil).Wait()
	v.ok(err)
	for round := range 2 {
		idle, err := c.Idle()
		v.ok(err)
		for i := range 3 {
			v.deliver("INBOX", text("Subject: new", "", "new"))
			want(v, "EXISTS", receive(v, "EXISTS", v.exists), uint32(2+i+2*round))
		}
		v.ok(v.srv.Remove(user, "INBOX", v.srv.Messages(user, "INBOX")[1].UID))
		want(v, "EXPUNGE", receive(v, "EXPUNGE", v.gone), uint32(2))
		v.ok(v.srv.SetFlags(user, "INBOX", 1, `\Seen`, fmt.Sprint("round", round)))
		if f := receive(v, "FETCH", v.flags); f.SeqNum != 1 || !slices.Contains(f.Flags, theirs.FlagSeen) {
			v.Errorf("FETCH in IDLE: %+v", f)
		}
		v.ok(idle.Close())
		v.ok(idle.Wait())
	}
	v.ok(c.Noop().Wait())
	want(v, "messages", c.Mailbox().NumMessages, uint32(5))
}

func visitLeave(v *visitor) {
	c := v.c
	for range 3 {
		v.deliver("INBOX", text("Subject: a", "", "a"), `\Deleted`)
	}
	_, err := c.Select("INBOX", nil).Wait()
	v.ok(err)
	v.ok(c.Unselect().Wait())
	v.state(theirs.ConnStateAuthenticated)
	want(v, "messages after UNSELECT", len(v.srv.Messages(user, "INBOX")), 3)
	if _, err := c.UIDSearch(&theirs.SearchCriteria{}, nil).Wait(); err == nil {
		v.Error("SEARCH after UNSELECT works")
	}
	_, err = c.Select("INBOX", &theirs.SelectOptions{ReadOnly: true}).Wait()
	v.ok(err)
	v.ok(c.UnselectAndExpunge().Wait())
	want(v, "messages after EXAMINE and CLOSE", len(v.srv.Messages(user, "INBOX")), 3)
	_, err = c.Select("INBOX", nil).Wait()
	v.ok(err)
	v.ok(c.UnselectAndExpunge().Wait())
	want(v, "messages after CLOSE", len(v.srv.Messages(user, "INBOX")), 0)
	v.ok(c.Logout().Wait())
	select {
	case <-c.Closed():
	case <-time.After(patience):
		v.Error("the connection stays open after LOGOUT")
	}
}

// Logins that fail, and by other means.
func TestGoIMAPLogin(t *testing.T) {
	s := newOurServer(t, imaptest.Options{AllowPlainLogin: true})
	for _, m := range []struct {
		name string
		by   func(*imapclient.Client) error
		code theirs.ResponseCode // "": it works
	}{
		{"wrong password", func(c *imapclient.Client) error { return c.Login(user, "wrong").Wait() }, theirs.ResponseCodeAuthenticationFailed},
		{"PLAIN", func(c *imapclient.Client) error { return c.Authenticate(sasl.NewPlainClient("", user, password)) }, ""},
		{"PLAIN, wrong", func(c *imapclient.Client) error { return c.Authenticate(sasl.NewPlainClient("", user, "")) }, theirs.ResponseCodeAuthenticationFailed},
		{"LOGIN", func(c *imapclient.Client) error { return c.Authenticate(sasl.NewLoginClient(user, password)) }, ""},
	} {
		t.Run(m.name, func(t *testing.T) {
			c := imapclient.New(s.Pipe(), nil)
			defer c.Close()
			err := m.by(c)
			var e *theirs.Error
			switch {
			case m.code == "" && err != nil:
				t.Error(err)
			case m.code != "" && (!errors.As(err, &e) || e.Code != m.code):
				t.Errorf("got %v, want [%s]", err, m.code)
			}
		})
	}
}

// Certificates are checked: without the CA there is no connection.
func TestGoIMAPUnknownCA(t *testing.T) {
	s := newOurServer(t, imaptest.Options{})
	addr := s.listen(t, s.ServeTLS)
	other, err := imaptest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	var unknown x509.UnknownAuthorityError
	_, err = imapclient.DialTLS(addr, &imapclient.Options{TLSConfig: other.ClientConfig("localhost")})
	if !errors.As(err, &unknown) {
		t.Errorf("another CA: %v", err)
	}
	var name x509.HostnameError
	_, err = imapclient.DialTLS(addr, &imapclient.Options{TLSConfig: s.ca.ClientConfig("other.example")})
	if !errors.As(err, &name) {
		t.Errorf("another name: %v", err)
	}
}

// Pipe by itself, with the server at the other end made by hand.
func TestGoIMAPPipe(t *testing.T) {
	client, server := imaptest.Pipe()
	s := newOurServer(t, imaptest.Options{AllowPlainLogin: true})
	l := &oneListener{conn: server, done: make(chan struct{})}
	go func() { _ = s.Serve(l) }()
	c := theirClient(t, client)
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		t.Error(err)
	}
	if err := c.Logout().Wait(); err != nil {
		t.Error(err)
	}
}

// oneListener accepts one connection.
type oneListener struct {
	conn net.Conn
	done chan struct{}
	once sync.Once
}

func (l *oneListener) Accept() (net.Conn, error) {
	if c := l.conn; c != nil {
		l.conn = nil
		return c, nil
	}
	<-l.done
	return nil, net.ErrClosed
}

func (l *oneListener) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *oneListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }
