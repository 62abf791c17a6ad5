package imap_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// one fetches one message.
func one(t *testing.T, box *imap.Mailbox, opts *imap.FetchOptions) *imap.Message {
	t.Helper()
	var got *imap.Message
	for m, err := range box.Fetch(t.Context(), imap.UID(1), opts) {
		if err != nil {
			t.Fatal(err)
		}
		if got != nil {
			t.Fatal("a second message")
		}
		got = m
	}
	if got == nil {
		t.Fatal("no message")
	}
	return got
}

func TestFetchExtensionItems(t *testing.T) {
	type o = imap.FetchOptions
	for _, tt := range []struct {
		name, caps, script string
		opts               o
		check              func(*imap.Message) bool
	}{
		{"SAVEDATE, RFC 8514 §4.2", "SAVEDATE", `
			C: $2 UID FETCH 1 (UID SAVEDATE)
			S: * 1 FETCH (UID 1 SAVEDATE "01-Jan-2015 12:00:00 +0000")`, o{SaveDate: true},
			func(m *imap.Message) bool { return m.SaveDate.Equal(time.Date(2015, 1, 1, 12, 0, 0, 0, time.UTC)) }},
		{"SAVEDATE of a mailbox that keeps none", "SAVEDATE", `
			C: $2 UID FETCH 1 (UID FLAGS SAVEDATE)
			S: * 1 FETCH (UID 1 SAVEDATE NIL FLAGS ())`, o{SaveDate: true, Flags: true},
			func(m *imap.Message) bool { return !m.Has(imap.HasSaveDate) && m.SaveDate.IsZero() }},
		{"PREVIEW, RFC 8970 §5", "PREVIEW", `
			C: $2 UID FETCH 1 (UID PREVIEW)
			S: * 1 FETCH (UID 1 PREVIEW {13}
			S: Preview text!)`, o{Preview: true},
			func(m *imap.Message) bool { return m.Preview == "Preview text!" }},
		{"PREVIEW (LAZY)", "PREVIEW", `
			C: $2 UID FETCH 1 (UID PREVIEW (LAZY))
			S: * 1 FETCH (PREVIEW NIL UID 1)`, o{LazyPreview: true},
			func(m *imap.Message) bool { return !m.Has(imap.HasPreview) && m.Preview == "" }},
		{"EMAILID and THREADID, RFC 8474 §5.3", "OBJECTID", `
			C: $2 UID FETCH 1 (UID EMAILID THREADID)
			S: * 1 FETCH (UID 1 EMAILID (M6d99ac3275bb4e) THREADID (T64b478a75b7ea9))`, o{EmailID: true, ThreadID: true},
			func(m *imap.Message) bool { return m.EmailID == "M6d99ac3275bb4e" && m.ThreadID == "T64b478a75b7ea9" }},
		{"THREADID NIL", "OBJECTID", `
			C: $2 UID FETCH 1 (UID EMAILID THREADID)
			S: * 1 FETCH (UID 1 EMAILID (M00000001))
			S: * 1 FETCH (UID 1 THREADID NIL)`, o{EmailID: true, ThreadID: true},
			func(m *imap.Message) bool { return m.EmailID == "M00000001" && !m.Has(imap.HasThreadID) }},
		{"Gmail", "X-GM-EXT-1", `
			C: $2 UID FETCH 1 (UID X-GM-MSGID X-GM-THRID X-GM-LABELS)
			S: * 1 FETCH (X-GM-THRID 1266894439832287888 X-GM-MSGID 1278455344230334865 X-GM-LABELS ("\\Inbox" "\\Sent" Important "Muy Importante") UID 1)`,
			o{GmailMessageID: true, GmailThreadID: true, GmailLabels: true},
			func(m *imap.Message) bool {
				return m.GmailMessageID == 1278455344230334865 && m.GmailThreadID == 1266894439832287888 &&
					slices.Equal(m.GmailLabels, []string{`\Inbox`, `\Sent`, "Important", "Muy Importante"})
			}},
		{"Gmail in three lines", "X-GM-EXT-1", `
			C: $2 UID FETCH 1 (UID X-GM-MSGID X-GM-LABELS)
			S: * 1 FETCH (X-GM-MSGID 1 UID 1)
			S: * 1 FETCH (FLAGS (\Seen))
			S: * 1 FETCH (X-GM-LABELS (a) UID 1)`, o{GmailMessageID: true, GmailLabels: true},
			func(m *imap.Message) bool { return m.GmailMessageID == 1 && slices.Equal(m.GmailLabels, []string{"a"}) }},
		{"BINARY.SIZE in two lines", "BINARY", `
			C: $2 UID FETCH 1 (UID BINARY.SIZE[1] BINARY.SIZE[2.1])
			S: * 1 FETCH (UID 1 BINARY.SIZE[1] 77)
			S: * 1 FETCH (UID 1 BINARY.SIZE[2.1] 0)`, o{BinarySizes: []string{"1", "2.1"}},
			func(m *imap.Message) bool {
				a, ok1 := m.BinarySize("1")
				b, ok2 := m.BinarySize("2.1")
				return ok1 && ok2 && a == 77 && b == 0
			}},
		{"others by name", "", `
			C: $2 UID FETCH 1 (UID FLAGS X-THING x-other)
			S: * 1 FETCH (UID 1 X-THING (a "b") FLAGS ())
			S: * 1 FETCH (UID 1 X-OTHER NIL)`, o{Items: []string{"X-THING", "flags", "x-other", "UID"}},
			func(m *imap.Message) bool {
				return len(m.Raw) == 2 && m.Raw[0].Name == "X-THING" && string(m.Raw[0].Value) == `(a "b")` && m.Has(imap.HasFlags)
			}},
		{"unasked ones stay raw", "", `
			C: $2 UID FETCH 1 (UID FLAGS)
			S: * 1 FETCH (UID 1 X-THING (a "b") FLAGS () PREVIEW "hi")`, o{Flags: true},
			func(m *imap.Message) bool { return len(m.Raw) == 1 && m.Preview == "hi" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, box := talk(t, tt.caps, tt.script+"\nS: $2 OK done", nil)
				if m := one(t, box, &tt.opts); len(m.Missing) > 0 || len(m.Problems) > 0 || !tt.check(m) {
					t.Errorf("%+v", m)
				}
			})
		})
	}
}

// What was asked for and did not come is named, whatever it is.
func TestFetchExtensionsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, box := talk(t, "PREVIEW SAVEDATE OBJECTID X-GM-EXT-1 BINARY ANNOTATE-EXPERIMENT-1", `
			C: $2 UID FETCH 1 (UID SAVEDATE EMAILID THREADID X-GM-MSGID X-GM-THRID X-GM-LABELS PREVIEW ANNOTATION ("*" value) BINARY.SIZE[1] x-thing)
			S: * 1 FETCH (UID 1 X-GM-LABELS bad FLAGS ())
			S: $2 OK done`, nil)
		m := one(t, box, &imap.FetchOptions{SaveDate: true, EmailID: true, ThreadID: true, GmailMessageID: true, GmailThreadID: true,
			GmailLabels: true, Preview: true, Annotations: &imap.AnnotationQuery{}, BinarySizes: []string{"1"}, Items: []string{"x-thing"}})
		want := []string{"SAVEDATE", "EMAILID", "THREADID", "X-GM-MSGID", "X-GM-THRID", "X-GM-LABELS", "PREVIEW", "ANNOTATION", "BINARY.SIZE[1]", "X-THING"}
		if !slices.Equal(m.Missing, want) || len(m.Problems) != 1 || len(m.Raw) != 1 || string(m.Raw[0].Value) != "bad" {
			t.Errorf("%q, %+v", m.Missing, m)
		}
	})
}

func TestFetchNeedsCapability(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, box := talk(t, "", "", nil)
		type o = imap.FetchOptions
		for want, opts := range map[string]*o{
			"SAVEDATE": {SaveDate: true}, "PREVIEW": {LazyPreview: true}, "OBJECTID": {ThreadID: true}, "X-GM-EXT-1": {GmailLabels: true},
			"ANNOTATE-EXPERIMENT-1": {Annotations: &imap.AnnotationQuery{}}, "BINARY": {BinarySizes: []string{"1"}},
		} {
			for _, err := range box.Fetch(t.Context(), imap.UID(1), opts) {
				if lacks, ok := errors.AsType[*imap.UnsupportedError](err); !ok || lacks.Capability != want {
					t.Errorf("%s: %v", want, err)
				}
			}
		}
		unsupported := func(what string, err error) {
			t.Helper()
			if !errors.Is(err, imap.ErrUnsupported) {
				t.Errorf("%s: %v", what, err)
			}
		}
		unsupported("labels", box.AddGmailLabels(t.Context(), imap.UID(1), "a"))
		unsupported("annotations", box.StoreAnnotations(t.Context(), imap.UID(1), imap.Annotation{Entry: "/comment"}))
	})
}

// Nothing that a caller passes gets onto the line as it is.
func TestFetchItemsCannotInject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, box := talk(t, "BINARY ANNOTATE-EXPERIMENT-1 X-GM-EXT-1", "", nil)
		for _, item := range []string{"", "A B", "A)", "(A", "A\r\nA1 LOGOUT", "A\x00", `A"`, "{3}", "BODY[]", "RFC822", "rfc822.text", "BODY", "ALL", "fast", "X<0>"} {
			for _, err := range box.Fetch(t.Context(), imap.UID(1), &imap.FetchOptions{Items: []string{item}}) {
				if _, ok := errors.AsType[*wire.ArgumentError](err); !ok {
					t.Errorf("%q: %v", item, err)
				}
			}
		}
		for _, part := range []string{"1]", "1 2", "1\r\n"} {
			for _, err := range box.Fetch(t.Context(), imap.UID(1), &imap.FetchOptions{BinarySizes: []string{part}}) {
				if _, ok := errors.AsType[*wire.ArgumentError](err); !ok {
					t.Errorf("%q: %v", part, err)
				}
			}
		}
		bad := func(err error) {
			t.Helper()
			if _, ok := errors.AsType[*wire.ArgumentError](err); !ok {
				t.Error(err)
			}
		}
		bad(box.SetGmailLabels(t.Context(), imap.UID(1), "a\x00b"))
		bad(box.StoreAnnotations(t.Context(), imap.UID(1), imap.Annotation{Entry: "/comment"}))
		bad(box.StoreAnnotations(t.Context(), imap.UID(1), imap.Annotation{Entry: "/c\x00", Attributes: []imap.AnnotationAttribute{{Name: "value.priv"}}}))
	})
}

func TestGmailLabels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, box := talk(t, "X-GM-EXT-1", `
			C: $2 UID STORE 1:2 +X-GM-LABELS ("\\Starred" foo "two words" caf&AOk- "q\"x")
			S: * 1 FETCH (X-GM-LABELS ("\\Starred" foo) UID 1)
			S: * 3 FETCH (FLAGS (\Seen) UID 3)
			S: * 2 FETCH (UID 2 X-GM-LABELS (foo "caf&AOk-") FLAGS ())
			S: * 2 FETCH (UID 2 X-GM-LABELS (bar))
			S: $2 OK done
			C: $3 UID STORE 1 -X-GM-LABELS.SILENT (foo)
			S: $3 OK done
			C: $4 UID STORE 1 X-GM-LABELS.SILENT ()
			S: $4 NO [CANNOT] no
			C: $5 UID STORE 1 +X-GM-LABELS.SILENT ("NIL")
			S: $5 BAD no`, nil)
		labels := []string{`\Starred`, "foo", "two words", "café", `q"x`}
		got, err := box.StoreGmailLabels(t.Context(), imap.UIDRange(1, 2), imap.StoreAdd, labels, nil)
		if err != nil || len(got) != 2 || got[1].UID != 2 || !slices.Equal(got[0].GmailLabels, []string{`\Starred`, "foo"}) ||
			!slices.Equal(got[1].GmailLabels, []string{"bar"}) {
			t.Fatal(got, err)
		}
		if err := box.RemoveGmailLabels(t.Context(), imap.UID(1), "foo"); err != nil {
			t.Fatal(err)
		}
		if err := box.SetGmailLabels(t.Context(), imap.UID(1)); !errors.Is(err, imap.CodeCannot) {
			t.Fatal(err)
		}
		if err := box.AddGmailLabels(t.Context(), imap.UID(1), "NIL"); err == nil {
			t.Fatal("no error")
		}
		// Nothing to do is nothing to send.
		if err := errors.Join(box.AddGmailLabels(t.Context(), imap.UIDSet{}, "a"), box.AddGmailLabels(t.Context(), imap.UID(1))); err != nil {
			t.Fatal(err)
		}
	})
}

// RFC 5257 §4.3 to §4.5: the examples.
func TestAnnotations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, box := talk(t, "ANNOTATE-EXPERIMENT-1", `
			C: $2 UID FETCH 1 (UID ANNOTATION (/comment value))
			S: * 1 FETCH (FLAGS (\Seen) ANNOTATION (/comment /altsubject))
			S: * 1 FETCH (UID 1 ANNOTATION (/comment (value.priv "My comment" value.shared "Group note")))
			S: $2 OK Fetch complete
			C: $3 UID FETCH 1 (UID ANNOTATION ((/comment /%) (value.priv size.priv)))
			S: * 1 FETCH (UID 1 ANNOTATION (/comment (value.priv "My comment" size.priv "10") /vendor/foobar/label.priv (value.priv NIL size.priv "0")))
			S: $3 OK Fetch complete
			C: $4 UID STORE 1 ANNOTATION (/comment (value.priv "My new comment" value.shared "foo's bar") /altsubject (value.priv NIL))
			S: $4 OK Store complete
			C: $5 UID STORE 1 ANNOTATION ("/a b" (value.priv ~{3}
			S: + go on
			C!: a\0b))\r\n
			S: $5 NO [ANNOTATE TOOBIG] too big`, nil)
		type v = imap.AnnotationAttribute
		m := one(t, box, &imap.FetchOptions{Annotations: &imap.AnnotationQuery{Entries: []string{"/comment"}}})
		want := []imap.Annotation{{Entry: "/comment", Attributes: []v{{"value.priv", []byte("My comment")}, {"value.shared", []byte("Group note")}}}}
		if !reflect.DeepEqual(m.Annotations, want) || len(m.Missing) > 0 {
			t.Errorf("%+v", m)
		}
		m = one(t, box, &imap.FetchOptions{Annotations: &imap.AnnotationQuery{Entries: []string{"/comment", "/%"}, Attributes: []string{"value.priv", "size.priv"}}})
		if len(m.Annotations) != 2 || m.Annotations[1].Attributes[0].Value != nil {
			t.Errorf("%+v", m)
		}
		err := box.StoreAnnotations(t.Context(), imap.UID(1),
			imap.Annotation{Entry: "/comment", Attributes: []v{{"value.priv", []byte("My new comment")}, {"value.shared", []byte("foo's bar")}}},
			imap.Annotation{Entry: "/altsubject", Attributes: []v{{"value.priv", nil}}})
		if err != nil {
			t.Fatal(err)
		}
		err = box.StoreAnnotations(t.Context(), imap.UID(1), imap.Annotation{Entry: "/a b", Attributes: []v{{"value.priv", []byte("a\x00b")}}})
		if refused, ok := errors.AsType[*imap.ResponseError](err); !ok || !errors.Is(err, imap.CodeAnnotate) || refused.Data != "TOOBIG" {
			t.Fatal(err)
		}
	})
}

// A change of annotations that the server tells is news, and no answer.
func TestAnnotationNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "ANNOTATE-EXPERIMENT-1", `
			C: $2 NOOP
			S: * 2 FETCH (UID 2 ANNOTATION (/comment))
			S: $2 OK done`, nil)
		heard := make(chan string, 9)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for u, err := range box.Updates(t.Context()) {
				if err != nil {
					return
				}
				if u, ok := u.(imap.Changed); ok {
					heard <- fmt.Sprint(u.Message.UID, u.Message.AnnotationsChanged)
					return
				}
			}
		}()
		synctest.Wait()
		noop(t, c)
		<-done
		if got := <-heard; got != "2 [/comment]" {
			t.Error(got)
		}
	})
}

// RFC 5257 §4.2: the example.
func TestSelectAnnotate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "ANNOTATE-EXPERIMENT-1 CONDSTORE", `
			C: $1 SELECT INBOX (ANNOTATE)
			S: * FLAGS (\Answered \Flagged \Draft \Deleted \Seen)
			S: * 10268 EXISTS
			S: * OK [ANNOTATIONS 20480 NOPRIVATE]
			S: $1 OK [READ-WRITE] Completed
			C: $2 SELECT INBOX (CONDSTORE ANNOTATE)
			S: * OK [ANNOTATIONS NONE] no
			S: $2 OK done
			C: $3 SELECT INBOX
			S: * OK [ANNOTATIONS READ-ONLY] no
			S: $3 OK done
			C: $4 SELECT INBOX
			S: $4 OK done`, nil)
		for i, want := range []*imap.AnnotationSupport{{MaxSize: 20480, NoPrivate: true}, {None: true}, {}, nil} {
			box, err := c.Select(t.Context(), "INBOX", &imap.SelectOptions{Annotate: i < 2, CondStore: i == 1})
			if err != nil {
				t.Fatal(err)
			}
			if got := box.State().Annotations; !reflect.DeepEqual(got, want) {
				t.Errorf("%d: %+v", i, got)
			}
		}
		c = talkTo(t, "", "", nil)
		if _, err := c.Select(t.Context(), "INBOX", &imap.SelectOptions{Annotate: true}); !errors.Is(err, imap.ErrUnsupported) {
			t.Error(err)
		}
	})
}

// RFC 5257 §4.7: the example.
func TestAppendAnnotations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := talkTo(t, "ANNOTATE-EXPERIMENT-1", `
			C: $1 APPEND drafts (\Draft) ANNOTATION (/comment (value.priv "Don't send until I say so")) {5}
			S: + Ready for literal data
			C: hello
			S: $1 OK APPEND completed`, nil)
		opts := &imap.AppendOptions{Flags: []imap.Flag{imap.FlagDraft}, Annotations: []imap.Annotation{
			{Entry: "/comment", Attributes: []imap.AnnotationAttribute{{Name: "value.priv", Value: []byte("Don't send until I say so")}}}}}
		if _, err := c.Append(t.Context(), "drafts", strings.NewReader("hello"), 5, opts); err != nil {
			t.Fatal(err)
		}
		c = talkTo(t, "", "", nil)
		if _, err := c.Append(t.Context(), "drafts", strings.NewReader("hello"), 5, opts); !errors.Is(err, imap.ErrUnsupported) {
			t.Error(err)
		}
	})
}
