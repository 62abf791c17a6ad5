package test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/search"
)

// sessionProofs are of what concerns the connection as a whole.
var sessionProofs = []proof{
	{ext: "COMPRESS=DEFLATE", needs: []string{"COMPRESS=DEFLATE"}, run: proveCompress},
	{ext: "IMAP4rev2", needs: []string{"IMAP4rev2"}, run: func(t *testing.T, e *env) { proveUTF8(t, e, "IMAP4rev2") }},
	{ext: "JMAPACCESS", needs: []string{"JMAPACCESS"}, run: proveJMAPAccess},
	{ext: "LANGUAGE", needs: []string{"LANGUAGE"}, run: proveLanguage},
	{ext: "UNAUTHENTICATE", needs: []string{"UNAUTHENTICATE"}, run: proveUnauthenticate},
	{ext: "UTF8=ACCEPT, UTF8=ONLY", needs: []string{"UTF8=ACCEPT", "ENABLE"}, run: func(t *testing.T, e *env) { proveUTF8(t, e, "UTF8=ACCEPT") }},
}

// proveCompress: large and small, both ways, and IDLE.
func proveCompress(t *testing.T, e *env) {
	name := e.box(t)
	if err := e.c.Compress(e.ctx); err != nil || !e.c.Compressed() {
		t.Fatal(err)
	}
	long := mail("long") + strings.Repeat("All work and no play makes Jack a dull boy.\r\n", 8000)
	e.append(t, name, long)
	box := e.sel(t, name)
	var lengths []int
	for m, err := range box.Fetch(e.ctx, imap.UIDRange(1, imap.MaxUID), &imap.FetchOptions{Sections: []imap.Section{{}}}) {
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(m.Body(imap.Section{}))
		if err != nil {
			t.Fatal(err)
		}
		lengths = append(lengths, len(b))
	}
	if !slices.Equal(lengths, []int{len(long)}) {
		t.Error(lengths, len(long))
	}
	other := e.more(t)
	done := make(chan error, 1)
	go func() {
		_, err := other.Append(e.ctx, name, strings.NewReader(mail("x")), int64(len(mail("x"))), nil)
		done <- err
	}()
	for _, err := range box.Idle(e.ctx, nil) {
		if err != nil {
			t.Fatal(err)
		}
		if box.State().Exists == 2 {
			break
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if err := e.c.Noop(e.ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// proveUTF8: names and searches in UTF-8, and the same mailbox seen by who has
// not enabled it.
func proveUTF8(t *testing.T, e *env, enable string) {
	if got, err := e.c.Enable(e.ctx, enable); err != nil || len(got) != 1 || !strings.EqualFold(got[0], enable) {
		t.Fatal(got, err)
	}
	name := e.box(t) + " Größe & 日本語"
	if err := e.c.Create(e.ctx, name); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.c.Delete(e.ctx, name); err != nil {
			t.Error(err)
		}
	}()
	e.append(t, name, mail("=?utf-8?q?Gr=C3=BC=C3=9Fe?="))
	box := e.sel(t, name)
	if found, err := box.Search(e.ctx, search.Subject("Grüße")); err != nil || found.Len() != 1 {
		t.Error(found, err)
	}
	for _, c := range []*imap.Client{e.c, e.more(t)} {
		var listed []string
		for l, err := range c.List(e.ctx, e.root+"*日本語", nil) {
			if err != nil {
				t.Fatal(err)
			}
			listed = append(listed, l.Mailbox)
		}
		if c == e.c && !slices.Equal(listed, []string{name}) {
			t.Errorf("listed %q", listed)
		}
		if st, err := c.Status(e.ctx, name, imap.StatusUIDNext); err != nil || st.Mailbox != name {
			t.Error(st, err)
		}
	}
	if err := box.Unselect(e.ctx); err != nil {
		t.Error(err)
	}
}

func proveLanguage(t *testing.T, e *env) {
	all, err := e.c.Languages(e.ctx)
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	if got, err := e.c.SetLanguage(e.ctx, all[0]); err != nil || !strings.EqualFold(got, all[0]) {
		t.Error(got, err)
	}
	if got, err := e.c.SetLanguage(e.ctx, "x-nobody-speaks-this"); err == nil {
		t.Error(got)
	}
}

// proveUnauthenticate logs out of the user and not of the connection, also with
// compression.
func proveUnauthenticate(t *testing.T, e *env) {
	if e.c.Has("COMPRESS=DEFLATE") {
		if err := e.c.Compress(e.ctx); err != nil {
			t.Fatal(err)
		}
	}
	e.open(t, mail("x"))
	if err := e.c.Unauthenticate(e.ctx); err != nil {
		t.Fatal(err)
	}
	if e.c.Authenticated() || e.c.Compressed() || e.c.Selected() != nil {
		t.Error("something is left of the user")
	}
	if err := e.c.Noop(e.ctx); err != nil {
		t.Error(err)
	}
}

func proveJMAPAccess(t *testing.T, e *env) {
	if url, err := e.c.JMAPAccess(e.ctx); err != nil || !strings.HasPrefix(url, "https://") {
		t.Error(url, err)
	}
}
