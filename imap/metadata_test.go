package imap_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// The RFC's own conversations (RFC 5464 §4.2 and §4.3), errata heeded.
func TestMetadata(t *testing.T) {
	c := talkTo(t, "METADATA", `
		C: $1 GETMETADATA "" /shared/comment
		S: * METADATA "" (/shared/comment "Shared comment")
		S: $1 OK GETMETADATA complete
		C: $2 GETMETADATA INBOX (/shared/comment /private/comment)
		S: * METADATA "INBOX" (/shared/comment "Shared comment")
		S: * METADATA "INBOX" (/private/comment "My own comment")
		S: $2 OK GETMETADATA complete
		C: $3 GETMETADATA (MAXSIZE 1024) INBOX (/shared/comment /private/comment)
		S: * METADATA "INBOX" (/private/comment "My own comment")
		S: $3 OK [METADATA LONGENTRIES 2199] GETMETADATA complete
		C: $4 GETMETADATA (DEPTH 1) INBOX /private/filters/values
		S: * METADATA "INBOX" (/private/filters/values/small "SMALLER 5000" /private/filters/values/boss "FROM \"boss@example.com\"")
		S: $4 OK GETMETADATA complete
		C: $5 SETMETADATA INBOX (/private/comment {32}
		S: + ready for data
		C!: My new comment across\r\ntwo lines
		C: )
		S: $5 OK SETMETADATA complete
		C: $6 SETMETADATA INBOX (/private/comment NIL /shared/comment "")
		S: $6 OK SETMETADATA complete
		C: $7 SETMETADATA INBOX (/private/comment ~{3}
		S: + go
		C!: a\0b
		C: )
		S: $7 NO [METADATA TOOMANY] SETMETADATA failed
		C: $8 SETMETADATA INBOX (/private/comment "x")
		S: $8 NO [METADATA MAXSIZE 1024] SETMETADATA failed
		C: $9 GETMETADATA (MAXSIZE 5 DEPTH infinity) INBOX /private
		S: * METADATA INBOX (/private/comment NIL /private/a ~{3}
		S!: a\0b /private/b {0}\r\n /private/c plain)\r\n
		S: $9 OK done
	`, nil)
	ctx := t.Context()
	m, err := c.GetMetadata(ctx, "", nil, "/shared/comment")
	if v, ok := m.Value("/SHARED/comment"); err != nil || !ok || string(v) != "Shared comment" {
		t.Fatal(m, err)
	}
	m, err = c.GetMetadata(ctx, "INBOX", nil, "/shared/comment", "/private/comment")
	if err != nil || len(m.Entries) != 2 {
		t.Fatal(m, err)
	}
	m, err = c.GetMetadata(ctx, "INBOX", &imap.MetadataOptions{MaxSize: 1024}, "/shared/comment", "/private/comment")
	if err != nil || len(m.Entries) != 1 || m.LongEntries != 2199 {
		t.Fatal(m, err)
	}
	m, err = c.GetMetadata(ctx, "INBOX", &imap.MetadataOptions{Depth: imap.MetadataBelow}, "/private/filters/values")
	if v, _ := m.Value("/private/filters/values/boss"); err != nil || string(v) != `FROM "boss@example.com"` {
		t.Fatal(m, err)
	}
	if err = c.SetMetadata(ctx, "INBOX", imap.MetadataEntry{Name: "/private/comment", Value: []byte("My new comment across\r\ntwo lines")}); err != nil {
		t.Fatal(err)
	}
	if err = c.SetMetadata(ctx, "INBOX", imap.MetadataEntry{Name: "/private/comment"}, imap.MetadataEntry{Name: "/shared/comment", Value: []byte{}}); err != nil {
		t.Fatal(err)
	}
	err = c.SetMetadata(ctx, "INBOX", imap.MetadataEntry{Name: "/private/comment", Value: []byte("a\x00b")})
	if !errors.Is(err, imap.CodeMetadataTooMany) || !errors.Is(err, imap.CodeMetadata) || errors.Is(err, imap.CodeMetadataNoPrivate) {
		t.Fatal(err)
	}
	if _, ok := imap.MetadataMaxSize(err); ok {
		t.Fatal("a size from nowhere")
	}
	err = c.SetMetadata(ctx, "INBOX", imap.MetadataEntry{Name: "/private/comment", Value: []byte("x")})
	if n, ok := imap.MetadataMaxSize(err); !ok || n != 1024 {
		t.Fatal(err)
	}
	m, err = c.GetMetadata(ctx, "INBOX", &imap.MetadataOptions{MaxSize: 5, Depth: imap.MetadataAll}, "/private")
	want := []imap.MetadataEntry{{Name: "/private/comment"}, {Name: "/private/a", Value: []byte("a\x00b")}, {Name: "/private/b", Value: []byte{}}, {Name: "/private/c", Value: []byte("plain")}}
	if err != nil || !reflect.DeepEqual(m.Entries, want) {
		t.Fatalf("%v %v", m, err)
	}
}

// A value may be larger than what fits a name, as it was asked for.
func TestMetadataLarge(t *testing.T) {
	big := strings.Repeat("0123456789", 20_000)
	c := talkTo(t, "METADATA", `
		C: $1 GETMETADATA INBOX /shared/big
		S: * METADATA INBOX (/shared/big {200000}
		S!: `+big+` /shared/small x)\r\n
		S: $1 OK done
	`, nil)
	m, err := c.GetMetadata(t.Context(), "INBOX", nil, "/shared/big")
	if v, _ := m.Value("/shared/big"); err != nil || string(v) != big || len(m.Entries) != 2 {
		t.Fatal(len(v), err)
	}
}

// What changes is told to whoever idles, and with the notices (RFC 5464
// §4.4.2). It is no answer to anything.
func TestMetadataChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, box := talk(t, "METADATA IDLE", `
			C: $2 IDLE
			S: + idling
			S: * METADATA "" /shared/comment
			S: * METADATA INBOX /shared/comment /private/comment
			C: DONE
			S: $2 OK done
			C: $3 GETMETADATA INBOX /private/comment
			S: * METADATA INBOX /private/comment
			S: $3 OK done
		`, nil)
		heard := make(chan imap.Notice, 9)
		go func() {
			defer close(heard)
			for n := range c.Notices(t.Context()) {
				heard <- n
			}
		}()
		synctest.Wait()
		var all []imap.MetadataChanged
		for u, err := range box.Idle(t.Context(), nil) {
			m, ok := u.(imap.MetadataChanged)
			if err != nil || !ok {
				t.Fatal(u, err)
			}
			if all = append(all, m); len(all) == 2 {
				break
			}
		}
		want := []imap.MetadataChanged{{Entries: []string{"/shared/comment"}}, {Mailbox: "INBOX", Entries: []string{"/shared/comment", "/private/comment"}}}
		if !reflect.DeepEqual(all, want) {
			t.Error(all)
		}
		if m, err := c.GetMetadata(t.Context(), "INBOX", nil, "/private/comment"); err != nil || len(m.Entries) != 0 {
			t.Error(m, err)
		}
		c.Close()
		if n := <-heard; n.Kind != imap.NoticeMetadata || !reflect.DeepEqual(*n.Metadata, want[0]) {
			t.Error(n)
		}
		for range heard {
		}
	})
}

func TestMetadataRefused(t *testing.T) {
	ctx := t.Context()
	c := talkTo(t, "METADATA-SERVER", `
		C: $1 GETMETADATA "" /shared/comment
		S: * METADATA "" (/shared/comment)
		S: $1 OK done
		C: $2 GETMETADATA "" /shared/comment
		S: * METADATA "" (/shared/comment "cut short"
		S: $2 OK done
		C: $3 NOOP
		S: $3 OK done`, nil)
	for range 2 {
		if m, err := c.GetMetadata(ctx, "", nil, "/shared/comment"); err == nil {
			t.Error(m)
		}
	}
	if _, err := c.GetMetadata(ctx, "INBOX", nil, "/shared/comment"); !errors.Is(err, imap.ErrUnsupported) {
		t.Error(err)
	}
	if err := c.SetMetadata(ctx, "INBOX", imap.MetadataEntry{Name: "/shared/comment"}); !errors.Is(err, imap.ErrUnsupported) {
		t.Error(err)
	}
	bad := (*wire.ArgumentError)(nil)
	for _, name := range []string{"", "comment", "/a b", "/a//b", "/a/", "/a\r\n", "/*", "/ä"} {
		if _, err := c.GetMetadata(ctx, "", nil, name); !errors.As(err, &bad) {
			t.Error(name, err)
		}
		if err := c.SetMetadata(ctx, "", imap.MetadataEntry{Name: name}); !errors.As(err, &bad) {
			t.Error(name, err)
		}
	}
	for _, o := range []imap.MetadataOptions{{MaxSize: -1}, {Depth: "1) ("}} {
		if _, err := c.GetMetadata(ctx, "", &o, "/shared/a"); !errors.As(err, &bad) {
			t.Error(o, err)
		}
	}
	noop(t, c)
	c = talkTo(t, "ACL", "", nil)
	if _, err := c.GetMetadata(ctx, "", nil, "/shared/comment"); !errors.Is(err, imap.ErrUnsupported) {
		t.Error(err)
	}
}

// The draft before it (draft-daboo-imap-annotatemore-05 §5).
func TestAnnotateMore(t *testing.T) {
	c := talkTo(t, "ANNOTATEMORE", `
		C: $1 GETANNOTATION "INBOX" "/comment" "value.shared"
		S: * ANNOTATION "INBOX" "/comment" ("value.shared" "My comment")
		S: $1 OK done
		C: $2 GETANNOTATION "" ("/comment" "/motd") ("value.priv" "content-type.priv")
		S: * ANNOTATION "" "/comment" ("value.priv" NIL "content-type.priv" "text/plain") "/motd" ("value.priv" "x")
		S: $2 OK done
		C: $3 SETANNOTATION "INBOX" "/comment" ("value.priv" "My new comment" "value.shared" NIL)
		S: $3 OK done
		C: $4 SETANNOTATION "INBOX" "/comment" ("value.priv" "x")
		S: $4 NO [ANNOTATEMORE TOOMANY] failed
		C: $5 GETANNOTATION "x" "/comment" "value"
		S: * ANNOTATION "x" "/comment" "value"
		S: * ANNOTATION
		S: $5 OK done
		C: $6 NOOP
		S: $6 OK done
	`, nil)
	ctx := t.Context()
	got, err := c.GetAnnotation(ctx, "INBOX", []string{"/comment"}, []string{"value.shared"})
	want := []imap.MailboxAnnotation{{"INBOX", "/comment", []imap.AnnotationAttribute{{"value.shared", []byte("My comment")}}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatal(got, err)
	}
	got, err = c.GetAnnotation(ctx, "", []string{"/comment", "/motd"}, []string{"value.priv", "content-type.priv"})
	if err != nil || len(got) != 2 || got[0].Attributes[0].Value != nil || string(got[1].Attributes[0].Value) != "x" {
		t.Fatal(got, err)
	}
	if err := c.SetAnnotation(ctx, "INBOX", "/comment", imap.AnnotationAttribute{"value.priv", []byte("My new comment")}, imap.AnnotationAttribute{"value.shared", nil}); err != nil {
		t.Fatal(err)
	}
	if err := c.SetAnnotation(ctx, "INBOX", "/comment", imap.AnnotationAttribute{"value.priv", []byte("x")}); !errors.Is(err, imap.Code("ANNOTATEMORE")) {
		t.Fatal(err)
	}
	if _, err := c.GetAnnotation(ctx, "x", []string{"/comment"}, []string{"value"}); err == nil {
		t.Fatal("garbage, no error")
	}
	noop(t, c)
	bad := (*wire.ArgumentError)(nil)
	if err := c.SetAnnotation(ctx, "INBOX", "/comment", imap.AnnotationAttribute{"value.priv", []byte{0}}); !errors.As(err, &bad) {
		t.Error(err)
	}
	c = talkTo(t, "METADATA", "", nil)
	if err := c.SetAnnotation(ctx, "x", "/y", imap.AnnotationAttribute{}); !errors.Is(err, imap.ErrUnsupported) {
		t.Error(err)
	}
	if _, err := c.GetAnnotation(ctx, "x", []string{"/y"}, []string{"z"}); !errors.Is(err, imap.ErrUnsupported) {
		t.Error(err)
	}
}
