package test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/search"
)

// messageProofs are of what can be asked about messages, and of adding them.
var messageProofs = []proof{
	{ext: "PREVIEW", needs: []string{"PREVIEW"}, run: provePreview},
	{ext: "SAVEDATE", needs: []string{"SAVEDATE"}, run: proveSaveDate},
	{ext: "OBJECTID", needs: []string{"OBJECTID"}, run: proveObjectID},
	{ext: "ANNOTATE-EXPERIMENT-1", needs: []string{"ANNOTATE-EXPERIMENT-1"}, run: proveAnnotate},
	{ext: "BINARY", needs: []string{"BINARY|IMAP4rev2"}, run: proveBinary},
	{ext: "MULTIAPPEND", needs: []string{"MULTIAPPEND"}, run: proveMultiAppend},
	{ext: "X-GM-EXT-1", needs: []string{"X-GM-EXT-1"}, run: proveGmail},
	{ext: "URLAUTH", needs: []string{"URLAUTH"}, run: proveURLAuth},
	{ext: "REPLACE", needs: []string{"REPLACE"}, run: proveReplace},
	{ext: "APPENDLIMIT", run: proveAppendLimit},
	{ext: "CATENATE", needs: []string{"CATENATE"}, run: proveCatenate},
}

// only fetches the one message of a mailbox.
func only(t *testing.T, e *env, box *imap.Mailbox, opts *imap.FetchOptions) *imap.Message {
	t.Helper()
	var one *imap.Message
	for m, err := range box.Fetch(e.ctx, imap.UIDRange(1, imap.MaxUID), opts) {
		if err != nil {
			t.Fatal(err)
		}
		if one != nil {
			t.Fatal("more than one message")
		}
		one = m
		for _, err := range m.Bodies() {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if one == nil {
		t.Fatal("no message")
	}
	if len(one.Problems) > 0 || len(one.Missing) > 0 {
		t.Errorf("problems %v, missing %v", one.Problems, one.Missing)
	}
	return one
}

func provePreview(t *testing.T, e *env) {
	m := only(t, e, e.open(t, mail("one")), &imap.FetchOptions{Preview: true})
	if !m.Has(imap.HasPreview) {
		e.unproved = true // NIL: Cyrus has none for a message that was not indexed
		return
	}
	if !strings.HasPrefix(m.Preview, "Text of one") {
		t.Errorf("%q", m.Preview)
	}
}

func proveSaveDate(t *testing.T, e *env) {
	name := e.box(t)
	long := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	text := mail("one")
	if _, err := e.c.Append(e.ctx, name, strings.NewReader(text), int64(len(text)), &imap.AppendOptions{Date: long}); err != nil {
		t.Fatal(err)
	}
	m := only(t, e, e.sel(t, name), &imap.FetchOptions{SaveDate: true, InternalDate: true})
	if !m.InternalDate.Equal(long) || m.SaveDate.Before(long.AddDate(20, 0, 0)) {
		t.Error(m.InternalDate, m.SaveDate)
	}
}

func proveObjectID(t *testing.T, e *env) {
	name, other := e.box(t), e.box(t)
	e.append(t, name, mail("one"))
	box := e.sel(t, name)
	was := only(t, e, box, &imap.FetchOptions{EmailID: true, ThreadID: true})
	if _, err := box.Copy(e.ctx, was.UID, other); err != nil {
		t.Fatal(err)
	}
	st, err := e.c.Status(e.ctx, other, imap.StatusMailboxID)
	if err != nil || st.MailboxID == "" {
		t.Error(st, err)
	}
	is := only(t, e, e.sel(t, other), &imap.FetchOptions{EmailID: true, ThreadID: true})
	if was.EmailID == "" || was.EmailID != is.EmailID || was.ThreadID != is.ThreadID {
		t.Errorf("%q %q, the copy %q %q", was.EmailID, was.ThreadID, is.EmailID, is.ThreadID)
	}
}

func proveAnnotate(t *testing.T, e *env) {
	box := e.open(t, mail("one"))
	m := only(t, e, box, nil)
	err := box.StoreAnnotations(e.ctx, m.UID, imap.Annotation{Entry: "/comment", Attributes: []imap.AnnotationAttribute{{Name: "value.priv", Value: []byte("a \"note\"")}}})
	if err != nil {
		t.Fatal(err)
	}
	m = only(t, e, box, &imap.FetchOptions{Annotations: &imap.AnnotationQuery{Entries: []string{"/comment"}, Attributes: []string{"value.priv"}}})
	if len(m.Annotations) != 1 || len(m.Annotations[0].Attributes) != 1 || string(m.Annotations[0].Attributes[0].Value) != `a "note"` {
		t.Errorf("%+v", m.Annotations)
	}
}

const encoded = "From: a@b.example\r\nSubject: coded\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n" +
	"Content-Transfer-Encoding: base64\r\n\r\nAAEC/v8=\r\n"

func proveBinary(t *testing.T, e *env) {
	section := imap.Section{Part: "1", Binary: true}
	m := only(t, e, e.open(t, encoded), &imap.FetchOptions{Sections: []imap.Section{section}, BinarySizes: []string{"1"}})
	b, err := io.ReadAll(m.Body(section))
	if err != nil || string(b) != "\x00\x01\x02\xfe\xff" {
		t.Errorf("%q %v", b, err)
	}
	if n, ok := m.BinarySize("1"); !ok || n != 5 {
		t.Error(n, ok)
	}
}

func proveMultiAppend(t *testing.T, e *env) {
	name := e.box(t)
	var all []imap.AppendMessage
	for i, subject := range []string{"one", "two", "three"} {
		text := mail(subject)
		all = append(all, imap.AppendMessage{Message: strings.NewReader(text), Size: int64(len(text)),
			AppendOptions: imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen, imap.FlagFlagged, imap.FlagDraft}[i : i+1]}})
	}
	r, err := e.c.AppendAll(e.ctx, name, all, nil)
	if err != nil || len(r) != 3 {
		t.Fatal(r, err)
	}
	box := e.sel(t, name)
	found, err := box.Search(e.ctx, search.And(search.Flagged, search.Subject("two")))
	if err != nil || found.Len() != 1 || !found.Contains(r[1].UID) {
		t.Error(found, r, err)
	}
}

func proveCatenate(t *testing.T, e *env) {
	name := e.box(t)
	uid := e.append(t, name, mail("one"))
	box := e.sel(t, name)
	if err := box.Unselect(e.ctx); err != nil {
		t.Fatal(err)
	}
	url := imap.MessageURL{Mailbox: name, UIDValidity: box.State().UIDValidity, UID: uid, Section: imap.Section{Kind: imap.Text}}
	r, err := e.c.Catenate(e.ctx, name, []imap.CatenatePart{
		imap.CatenateText("From: c@d.example\r\nSubject: two\r\n\r\n"), imap.CatenateURL(url.String())}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for m, err := range e.sel(t, name).Fetch(e.ctx, r.UID, &imap.FetchOptions{Sections: []imap.Section{{Kind: imap.Text}}}) {
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(m.Body(imap.Section{Kind: imap.Text})); err != nil || string(b) != "Text of one.\r\n" {
			t.Errorf("%q %v", b, err)
		}
	}
	url.UID += 1000
	if _, err := e.c.Catenate(e.ctx, name, []imap.CatenatePart{imap.CatenateURL(url.String())}, nil); !errors.Is(err, imap.CodeBadURL) {
		t.Error(err)
	}
	if !slices.Contains(e.c.Capabilities(), "CATENATE") {
		t.Error("the capability went")
	}
}

func proveURLAuth(t *testing.T, e *env) {
	name := e.box(t)
	uid := e.append(t, name, mail("one"))
	valid := e.sel(t, name).State().UIDValidity
	url := imap.MessageURL{User: e.s.user, Host: "localhost", Mailbox: name, UIDValidity: valid, UID: uid,
		Section: imap.Section{Kind: imap.Text}, Access: "authuser"}
	urls, err := e.c.GenURLAuth(e.ctx, imap.URLAuth{URL: url.String()})
	if refused := (*imap.ResponseError)(nil); errors.As(err, &refused) && refused.Status == imap.StatusNo && e.s.name == "Cyrus" {
		t.Log(err) // Debian's has no database of keys
		e.unproved = true
		return
	}
	if err != nil || len(urls) != 1 {
		t.Fatal(urls, err)
	}
	got, err := e.c.URLFetch(e.ctx, urls, nil)
	if err != nil || len(got) != 1 || string(got[0].Data) != "Text of one.\r\n" {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := e.c.ResetKey(e.ctx, name); err != nil {
		t.Fatal(err)
	}
	if got, err := e.c.URLFetch(e.ctx, urls, nil); err == nil && len(got) == 1 && len(got[0].Data) > 0 {
		t.Errorf("after ResetKey: %+v", got)
	}
}

func proveReplace(t *testing.T, e *env) {
	box := e.open(t, mail("draft"))
	old := only(t, e, box, nil).UID
	text := mail("better")
	r, err := box.Replace(e.ctx, old, box.Name(), strings.NewReader(text), int64(len(text)), nil)
	if err != nil || r.UID <= old {
		t.Fatal(r, err)
	}
	if m := only(t, e, box, &imap.FetchOptions{Envelope: true}); m.Envelope.Subject != "better" || m.UID != r.UID {
		t.Errorf("%+v", m)
	}
}

func proveGmail(t *testing.T, e *env) {
	box := e.open(t, mail("one"), mail("two"))
	one, err := box.Search(e.ctx, search.Subject("one"))
	if err != nil {
		t.Fatal(err)
	}
	if err := box.AddGmailLabels(e.ctx, one, "Größe", "to do"); err != nil {
		t.Fatal(err)
	}
	found, err := box.Search(e.ctx, search.GmailLabel("Größe"))
	if err != nil || !found.Equal(one) {
		t.Error(found, err)
	}
	for m, err := range box.Fetch(e.ctx, one, &imap.FetchOptions{GmailLabels: true, GmailMessageID: true, GmailThreadID: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(m.GmailLabels, "Größe") || !slices.Contains(m.GmailLabels, "to do") || m.GmailMessageID == 0 || m.GmailThreadID == 0 {
			t.Errorf("%+v", m)
		}
	}
	if err := box.RemoveGmailLabels(e.ctx, one, "Größe"); err != nil {
		t.Error(err)
	}
}

// proveAppendLimit: what is too large is not sent at all.
func proveAppendLimit(t *testing.T, e *env) {
	limit, ok := e.c.AppendLimit()
	if !ok {
		e.unproved = true
		return
	}
	var large *imap.LimitError
	_, err := e.c.Append(e.ctx, e.box(t), strings.NewReader(""), limit+1, nil)
	if !errors.As(err, &large) || large.Max != uint64(limit) {
		t.Error(err)
	}
}
