package test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/search"
)

// baseProofs are of what every server must do.
var baseProofs = []proof{
	{ext: "IMAP4rev1", run: proveMailboxes},
	{ext: "IMAP4rev1", run: proveMessages},
	{ext: "IDLE", needs: []string{"IDLE|IMAP4rev2"}, run: proveIdle},
	{ext: "MOVE", needs: []string{"MOVE|IMAP4rev2"}, run: proveMove},
	{ext: "UIDPLUS", needs: []string{"UIDPLUS|IMAP4rev2"}, run: proveUIDPlus},
	{ext: "UNSELECT", needs: []string{"UNSELECT|IMAP4rev2"}, run: proveUnselect},
	{ext: "ENABLE", needs: []string{"ENABLE|IMAP4rev2", "CONDSTORE"}, run: proveEnable},
	{ext: "ID", needs: []string{"ID"}, run: proveID},
	{ext: "NAMESPACE", needs: []string{"NAMESPACE|IMAP4rev2"}, run: proveNamespace},
}

func proveMailboxes(t *testing.T, e *env) {
	name := e.box(t)
	odd := e.root + "Größe (& mehr) – 日本語"
	if err := e.c.Create(e.ctx, odd); err != nil {
		t.Fatal(err)
	}
	renamed := e.root + "renamed"
	if err := e.c.Rename(e.ctx, odd, renamed); err != nil {
		t.Fatal(err)
	}
	if err := e.c.Subscribe(e.ctx, renamed); err != nil {
		t.Fatal(err)
	}
	var listed, subscribed []string
	for l, err := range e.c.List(e.ctx, e.root+"*", nil) {
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, l.Mailbox)
	}
	for l, err := range e.c.ListSubscribed(e.ctx, e.root+"*", nil) {
		if err != nil {
			t.Fatal(err)
		}
		subscribed = append(subscribed, l.Mailbox)
	}
	if !slices.Contains(listed, renamed) || !slices.Contains(listed, name) || slices.Contains(listed, odd) || !slices.Equal(subscribed, []string{renamed}) {
		t.Errorf("listed %q, subscribed %q", listed, subscribed)
	}
	if err := e.c.Unsubscribe(e.ctx, renamed); err != nil {
		t.Error(err)
	}
	if err := e.c.Delete(e.ctx, renamed); err != nil {
		t.Error(err)
	}
	st, err := e.c.Status(e.ctx, name)
	if err != nil || st.Messages == nil || *st.Messages != 0 || st.UIDValidity == 0 {
		t.Error(st, err)
	}
}

func proveMessages(t *testing.T, e *env) {
	name := e.box(t)
	for _, subject := range []string{"one", "two", "three"} {
		e.append(t, name, mail(subject), imap.FlagFlagged)
	}
	box := e.sel(t, name)
	if s := box.State(); s.Exists != 3 || s.UIDValidity == 0 || s.ReadOnly {
		t.Fatalf("%+v", s)
	}
	found, err := box.Search(e.ctx, search.And(search.Flagged, search.Subject("two")))
	if err != nil || found.Len() != 1 {
		t.Fatal(found, err)
	}
	n := 0
	for m, err := range box.Fetch(e.ctx, imap.UIDRange(1, imap.MaxUID), &imap.FetchOptions{Flags: true, Envelope: true,
		BodyStructure: true, InternalDate: true, Size: true, Sections: []imap.Section{{}, {Kind: imap.Text}}}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		b, err := io.ReadAll(m.Body(imap.Section{}))
		if want := mail(m.Envelope.Subject); err != nil || string(b) != want || m.Size != int64(len(want)) ||
			!slices.Contains(m.Flags, imap.FlagFlagged) || m.BodyStructure == nil || m.InternalDate.IsZero() || len(m.Problems) > 0 {
			t.Errorf("%+v %q %v", m, b, err)
		}
	}
	if n != 3 {
		t.Fatal(n)
	}
	changed, err := box.Store(e.ctx, found, imap.StoreAdd, []imap.Flag{imap.FlagSeen, "$Work"}, nil)
	if err != nil || len(changed) != 1 || !slices.Contains(changed[0].Flags, imap.Flag("$Work")) {
		t.Error(changed, err)
	}
	if err := box.AddFlags(e.ctx, found, imap.FlagDeleted); err != nil {
		t.Error(err)
	}
	if err := box.Expunge(e.ctx); err != nil {
		t.Error(err)
	}
	if s := box.State(); s.Exists != 2 {
		t.Errorf("%+v", s)
	}
}

func proveIdle(t *testing.T, e *env) {
	box, done := e.open(t), make(chan error, 1)
	go func() {
		other, err := e.s.dial(e.ctx)
		for _, subject := range []string{"one", "two"} {
			if err == nil {
				m := mail(subject)
				_, err = other.Append(e.ctx, box.Name(), strings.NewReader(m), int64(len(m)), nil)
			}
		}
		if err == nil {
			err = other.Logout(e.ctx)
		}
		done <- err
	}()
	for u, err := range box.Idle(e.ctx, nil) {
		if err != nil {
			t.Fatal(err)
		}
		if x, ok := u.(imap.Exists); ok && x.Count == 2 {
			break
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func proveMove(t *testing.T, e *env) {
	to := e.box(t)
	box := e.open(t, mail("stays"), mail("goes"))
	found, err := box.Search(e.ctx, search.Subject("goes"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := box.Move(e.ctx, found, to)
	if err != nil {
		t.Fatal(err)
	}
	if e.c.Has("UIDPLUS") && r.UIDs.Len() != 1 {
		t.Errorf("%+v", r)
	}
	if s := box.State(); s.Exists != 1 {
		t.Errorf("%+v", s)
	}
}

func proveUIDPlus(t *testing.T, e *env) {
	name := e.box(t)
	uid := e.append(t, name, mail("one"))
	other := e.append(t, name, mail("two"))
	if uid == 0 || other <= uid {
		t.Fatal(uid, other)
	}
	box := e.sel(t, name)
	r, err := box.Copy(e.ctx, imap.UIDRange(uid, other), e.box(t))
	if err != nil || r.UIDs.Len() != 2 || r.UIDValidity == 0 {
		t.Errorf("%+v %v", r, err)
	}
	if err := box.AddFlags(e.ctx, imap.UIDRange(1, imap.MaxUID), imap.FlagDeleted); err != nil {
		t.Fatal(err)
	}
	if err := box.ExpungeUIDs(e.ctx, uid); err != nil {
		t.Fatal(err)
	}
	left, err := box.Search(e.ctx, nil)
	if err != nil || left.Len() != 1 || !left.Contains(other) {
		t.Error(left, err)
	}
}

func proveUnselect(t *testing.T, e *env) {
	name := e.box(t)
	e.append(t, name, mail("one"), imap.FlagDeleted)
	if err := e.sel(t, name).Unselect(e.ctx); err != nil {
		t.Fatal(err)
	}
	if s := e.sel(t, name).State(); s.Exists != 1 {
		t.Errorf("expunged: %+v", s)
	}
}

func proveEnable(t *testing.T, e *env) {
	got, err := e.c.Enable(e.ctx, "CONDSTORE", "X-NOT-KNOWN")
	if err != nil || len(got) != 1 || !e.c.Enabled("condstore") {
		t.Error(got, err)
	}
}

func proveID(t *testing.T, e *env) {
	got, err := e.c.ID(e.ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(got)
}

func proveNamespace(t *testing.T, e *env) {
	got, err := e.c.Namespace(e.ctx)
	if err != nil || len(got.Personal) == 0 || got.Personal[0].Delimiter == "" {
		t.Error(got, err)
	}
}
