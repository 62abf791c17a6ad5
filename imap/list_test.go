package imap_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// shown is what List yields, in words.
func shownList(t *testing.T, c *imap.Client, pattern string, o *imap.ListOptions) string {
	t.Helper()
	var all []string
	for e, err := range c.List(t.Context(), pattern, o) {
		if err != nil {
			all = append(all, "error: "+err.Error())
			break
		}
		s := e.Mailbox + " " + strings.Join(e.Attributes, ",")
		if e.ChildInfo != nil {
			s += fmt.Sprint(" child ", e.ChildInfo)
		}
		if e.OldName != "" {
			s += " was " + e.OldName
		}
		if e.Status != nil && e.Status.Messages != nil {
			s += fmt.Sprint(" messages ", *e.Status.Messages)
		}
		if e.MyRights != "" {
			s += " rights " + string(e.MyRights)
		}
		for _, m := range e.Metadata {
			s += fmt.Sprintf(" %s %q", m.Name, m.Value)
		}
		all = append(all, s)
	}
	return strings.Join(all, "; ")
}

func TestListExtended(t *testing.T) {
	messages := []imap.StatusItem{imap.StatusMessages}
	type o = imap.ListOptions
	for _, tt := range []struct {
		name, caps, pattern string
		opts                o
		script, want        string
	}{
		// What LIST does by itself, in the RFCs' own examples.
		{"RFC 5258 §5, 2", "LIST-EXTENDED", "*", o{SelectSubscribed: true}, `
			C: $1 LIST (SUBSCRIBED) "" "*"
			S: * LIST (\Marked \NoInferiors \Subscribed) "/" "inbox"
			S: * LIST (\Subscribed \NonExistent) "/" "Fruit/Peach"
			S: $1 OK done`, `INBOX \Marked,\NoInferiors,\Subscribed; Fruit/Peach \Subscribed,\NonExistent`},
		{"RFC 5258 §5, 3 and 4", "LIST-EXTENDED", "%", o{ReturnChildren: true, SelectRemote: true}, `
			C: $1 LIST (REMOTE) "" "%" RETURN (CHILDREN)
			S: * LIST (\HasChildren \Remote) "/" "Meat"
			S: $1 OK done`, `Meat \HasChildren,\Remote`},
		{"RFC 5258 §5, 6", "LIST-EXTENDED", "INBOX", o{Patterns: []string{"Drafts", "Sent/%"}}, `
			C: $1 LIST "" (INBOX Drafts Sent/%)
			S: * LIST () "/" INBOX
			S: * LIST (\NoInferiors) "/" "Drafts"
			S: $1 OK done`, `INBOX ; Drafts \NoInferiors`},
		{"RFC 5258 §5, 9", "LIST-EXTENDED", "%", o{SelectSubscribed: true, SelectRecursiveMatch: true, ReturnSubscribed: true}, `
			C: $1 LIST (SUBSCRIBED RECURSIVEMATCH) "" "%" RETURN (SUBSCRIBED)
			S: * LIST () "/" "foo2" ("CHILDINFO" ("SUBSCRIBED"))
			S: * LIST (\Subscribed) "/" "eps2" (CHILDINFO (subscribed) X-OTHER (1 2))
			S: $1 OK done`, `foo2  child [SUBSCRIBED]; eps2 \Subscribed child [SUBSCRIBED]`},
		{"RFC 5819 §2", "LIST-EXTENDED LIST-STATUS", "%", o{ReturnStatus: []imap.StatusItem{"MESSAGES", "UNSEEN"}}, `
			C: $1 LIST "" "%" RETURN (STATUS (MESSAGES UNSEEN))
			S: * LIST () "." "INBOX"
			S: * STATUS "INBOX" (MESSAGES 17 UNSEEN 16)
			S: * LIST () "." "foo"
			S: * STATUS "foo" (MESSAGES 30 UNSEEN 29)
			S: * LIST (\NoSelect) "." "bar"
			S: $1 OK done`, `INBOX  messages 17; foo  messages 30; bar \NoSelect`},
		{"STATUS in any order", "IMAP4rev2", "%", o{ReturnStatus: messages}, `
			C: $1 LIST "" "%" RETURN (STATUS (MESSAGES))
			S: * STATUS Entw&APw-rfe (MESSAGES 1)
			S: * STATUS gone (MESSAGES 2)
			S: * LIST () "." b
			S: * LIST () "." "Entw&APw-rfe"
			S: * STATUS b (MESSAGES 3)
			S: $1 OK done`, `b  messages 3; Entwürfe  messages 1`},
		{"RFC 9590 §5", "LIST-EXTENDED LIST-METADATA", "%", o{ReturnMetadata: []string{"/shared/vendor/cmu/cyrus-imapd/color"}}, `
			C: $1 LIST "" "%" RETURN (METADATA (/shared/vendor/cmu/cyrus-imapd/color))
			S: * LIST () "." "INBOX"
			S: * METADATA "INBOX" ("/shared/vendor/cmu/cyrus-imapd/color" "#b71c1c")
			S: * LIST () "." "foo"
			S: * METADATA "foo" ("/shared/vendor/cmu/cyrus-imapd/color" NIL)
			S: $1 OK done`, `INBOX  /shared/vendor/cmu/cyrus-imapd/color "#b71c1c"; foo  /shared/vendor/cmu/cyrus-imapd/color ""`},
		{"RFC 8440 §4", "LIST-EXTENDED LIST-MYRIGHTS", "%", o{ReturnMyRights: true, ReturnChildren: true}, `
			C: $1 LIST "" "%" RETURN (CHILDREN MYRIGHTS)
			S: * LIST (\HasNoChildren) "." "INBOX"
			S: * MYRIGHTS "INBOX" lrswipkxtecda
			S: * LIST (\NonExistent) "." "bar"
			S: $1 OK done`, `INBOX \HasNoChildren rights lrswipkxtecda; bar \NonExistent`},
		{"RFC 6154 §5", "LIST-EXTENDED SPECIAL-USE", "*", o{SelectSpecialUse: true, ReturnSpecialUse: true}, `
			C: $1 LIST (SPECIAL-USE) "" "*" RETURN (SPECIAL-USE)
			S: * LIST (\Marked \Drafts) "/" MyDrafts
			S: $1 OK done`, `MyDrafts \Marked,\Drafts`},
		{"old name (RFC 9051 §6.3.9.7)", "IMAP4rev2", "x", o{}, `
			C: $1 LIST "" x
			S: * LIST () "/" "Normalized" ("OLDNAME" ("NonNormalized"))
			S: $1 OK done`, `Normalized  was NonNormalized`},

		// What it does not do is done by other means.
		{"patterns one by one", "", "%", o{Patterns: []string{"a*"}}, `
			C: $1 LIST "" "%"
			S: * LIST () "/" a
			S: $1 OK done
			C: $2 LIST "" a*
			S: * LIST () "/" a
			S: * LIST () "/" a/b
			S: $2 OK done`, `a ; a/b `},
		{"which are subscribed", "", "*", o{ReturnSubscribed: true}, `
			C: $1 LIST "" "*"
			S: * LIST (\HasNoChildren) "/" a
			S: * LIST () "/" b
			S: $1 OK done
			C: $2 LSUB "" "*"
			S: * LSUB () "/" a
			S: * LSUB () "/" gone
			S: $2 OK done`, `a \HasNoChildren,\Subscribed; b `},
		{"only the subscribed", "CHILDREN", "%", o{SelectSubscribed: true, ReturnChildren: true}, `
			C: $1 LIST "" "%"
			S: * LIST (\HasNoChildren) "/" a
			S: * LIST () "/" b
			S: $1 OK done
			C: $2 LSUB "" "%"
			S: * LSUB () "/" a
			S: * LSUB (\Noselect) "/" b
			S: * LSUB () "/" gone
			S: $2 OK done`, `a \HasNoChildren,\Subscribed; gone \Subscribed`},
		{"and those above", "", "%", o{SelectSubscribed: true, SelectRecursiveMatch: true}, `
			C: $1 LIST "" "%"
			S: * LIST (\HasChildren) "/" b
			S: $1 OK done
			C: $2 LSUB "" "%"
			S: * LSUB (\Noselect) "/" b
			S: $2 OK done`, `b \HasChildren child [SUBSCRIBED]`},
		{"STATUS of each", "", "*", o{ReturnStatus: messages}, `
			C: $1 LIST "" "*"
			S: * LIST () "/" a
			S: * LIST (\Noselect) "/" b
			S: * LIST () "/" c
			S: * LIST () "/" d
			S: $1 OK done
			C: $2 STATUS a (MESSAGES)
			C: $3 STATUS c (MESSAGES)
			C: $4 STATUS d (MESSAGES)
			S: * STATUS d (MESSAGES 4)
			S: $3 NO no rights
			S: * STATUS a (MESSAGES 1)
			S: $2 OK done
			S: $4 OK done`, `a  messages 1; b \Noselect; c ; d  messages 4`},
		{"rights and metadata of each", "ACL METADATA", "*", o{ReturnMyRights: true, ReturnMetadata: []string{"/private/comment"}}, `
			C: $1 LIST "" "*"
			S: * LIST () "/" a
			S: * LIST (\NonExistent) "/" b
			S: $1 OK done
			C: $2 MYRIGHTS a
			C: $3 GETMETADATA a /private/comment
			S: * METADATA a (/private/comment "x")
			S: * MYRIGHTS a lrs
			S: $2 OK done
			S: $3 OK done`, `a  rights lrs /private/comment "x"; b \NonExistent`},
		{"special use without LIST-EXTENDED", "SPECIAL-USE", "*", o{SelectSpecialUse: true}, `
			C: $1 LIST "" "*"
			S: * LIST (\Sent) "/" a
			S: * LIST () "/" b
			S: $1 OK done`, `a \Sent`},
		{"XLIST", "XLIST", "*", o{ReturnSpecialUse: true, ReturnStatus: messages}, `
			C: $1 XLIST "" "*"
			S: * XLIST (\HasNoChildren \Inbox) "/" "Bo&AO4-te de r&AOk-ception"
			S: * XLIST (\HasNoChildren \AllMail) "/" "[Gmail]/Tous les messages"
			S: * XLIST (\Spam) "/" x
			S: $1 OK done
			C: $2 STATUS INBOX (MESSAGES)
			any $3
			any $4
			S: * STATUS INBOX (MESSAGES 1)
			S: $2 OK done
			S: $3 NO no
			S: $4 NO no`, `INBOX \HasNoChildren,\Inbox messages 1; [Gmail]/Tous les messages \HasNoChildren,\All; x \Junk`},

		// Servers that promise too much.
		{"the ladder", "LIST-EXTENDED LIST-STATUS SPECIAL-USE", "*", o{ReturnStatus: messages, ReturnSpecialUse: true, ReturnSubscribed: true, ReturnChildren: true}, `
			C: $1 LIST "" "*" RETURN (SUBSCRIBED CHILDREN SPECIAL-USE STATUS (MESSAGES))
			S: $1 BAD what
			C: $2 LIST "" "*" RETURN (SUBSCRIBED CHILDREN SPECIAL-USE)
			S: $2 BAD what
			C: $3 LIST "" "*" RETURN (CHILDREN SPECIAL-USE)
			S: * LIST (\Sent) "/" a
			S: $3 OK done
			C: $4 LSUB "" "*"
			S: * LSUB () "/" a
			S: $4 OK done
			C: $5 STATUS a (MESSAGES)
			S: * STATUS a (MESSAGES 1)
			S: $5 OK done`, `a \Sent,\Subscribed messages 1`},
		{"Proton: LIST (SPECIAL-USE)", "LIST-EXTENDED SPECIAL-USE", "*", o{SelectSpecialUse: true}, `
			C: $1 LIST (SPECIAL-USE) "" "*"
			S: $1 BAD what
			C: $2 LIST "" "*" RETURN (SPECIAL-USE)
			S: * LIST (\Sent) "/" a
			S: * LIST () "/" b
			S: $2 OK done`, `a \Sent`},
		{"strato: nothing with RETURN", "LIST-EXTENDED", "INBOX", o{ReturnChildren: true}, `
			C: $1 LIST "" INBOX RETURN (CHILDREN)
			S: $1 OK done
			C: $2 LIST "" INBOX
			S: * LIST () "/" INBOX
			S: $2 OK done`, `INBOX `},
		{"nothing at all", "LIST-EXTENDED LIST-MYRIGHTS", "x", o{ReturnMyRights: true}, `
			C: $1 LIST "" x RETURN (MYRIGHTS)
			S: $1 OK done`, ``},
		{"BAD whatever is asked", "LIST-EXTENDED", "x", o{ReturnChildren: true}, `
			C: $1 LIST "" x RETURN (CHILDREN)
			S: $1 BAD what
			C: $2 LIST "" x
			S: $2 BAD no`, `error: imap: LIST: BAD no`},
		{"NO with a reason", "LIST-EXTENDED", "x", o{ReturnChildren: true}, `
			C: $1 LIST "" x RETURN (CHILDREN)
			S: $1 NO [NOPERM] no`, `error: imap: LIST: NO [NOPERM] no`},

		// What cannot be had.
		{"remote", "", "*", o{SelectRemote: true}, "", "error: imap: LIST: the server does not offer LIST-EXTENDED"},
		{"special use", "LIST-EXTENDED", "*", o{SelectSpecialUse: true}, "", "error: imap: LIST: the server does not offer SPECIAL-USE"},
		{"rights", "", "*", o{ReturnMyRights: true}, "", "error: imap: LIST: the server does not offer LIST-MYRIGHTS"},
		{"metadata", "", "*", o{ReturnMetadata: []string{"/a"}}, "", "error: imap: LIST: the server does not offer LIST-METADATA"},
		{"garbage", "LIST-EXTENDED LIST-STATUS", "*", o{ReturnStatus: messages}, `
			C: $1 LIST "" "*" RETURN (STATUS (MESSAGES))
			S: * LIST () "/" a
			S: * STATUS a ((
			S: $1 OK done`, "a ; error: imap: LIST: the answer cannot be read: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := talkTo(t, tt.caps, tt.script, nil)
			if got := shownList(t, c, tt.pattern, &tt.opts); got != tt.want && !(strings.HasSuffix(tt.want, ": ") && strings.HasPrefix(got, tt.want)) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// What the server turned out not to do is not asked for again.
func TestListLatch(t *testing.T) {
	c := talkTo(t, "LIST-EXTENDED LIST-STATUS", `
		C: $1 LIST "" "*" RETURN (CHILDREN STATUS (MESSAGES))
		S: $1 BAD what
		C: $2 LIST "" "*" RETURN (CHILDREN)
		S: * LIST () "/" a
		S: $2 OK done
		any $3
		S: * STATUS a (MESSAGES 1)
		S: $3 OK done
		C: $4 LIST "" "*" RETURN (CHILDREN)
		S: * LIST () "/" a
		S: $4 OK done
		any $5
		S: * STATUS a (MESSAGES 1)
		S: $5 OK done
	`, nil)
	for range 2 {
		o := &imap.ListOptions{ReturnChildren: true, ReturnStatus: []imap.StatusItem{imap.StatusMessages}}
		if got := shownList(t, c, "*", o); got != "a  messages 1" {
			t.Error(got)
		}
	}
}

func TestListArguments(t *testing.T) {
	c := talkTo(t, "LIST-EXTENDED LIST-STATUS LIST-METADATA", "", nil)
	for _, o := range []imap.ListOptions{
		{SelectRecursiveMatch: true}, {SelectRecursiveMatch: true, SelectRemote: true},
		{ReturnStatus: []imap.StatusItem{"MESSAGES) x"}}, {ReturnMetadata: []string{"no path"}}, {Patterns: []string{"a\x00"}},
	} {
		bad := (*wire.ArgumentError)(nil)
		for _, err := range c.List(t.Context(), "*", &o) {
			if !errors.As(err, &bad) {
				t.Error(err)
			}
		}
		if bad == nil {
			t.Error("sent")
		}
	}
}

// A loop that is left early, or that has something done inside it, is polite.
func TestListFillLeft(t *testing.T) {
	script := `
		C: $1 LIST "" "*"
	`
	for i := range 40 {
		script += fmt.Sprintf("S: * LIST () \"/\" m%d\n", i)
	}
	script += "S: $1 OK done\n"
	for i := range 16 {
		script += fmt.Sprintf("C: $%d STATUS m%d (MESSAGES)\n", i+2, i)
	}
	for i := range 16 {
		script += fmt.Sprintf("S: * STATUS m%d (MESSAGES %d)\nS: $%d OK done\n", i, i, i+2)
	}
	c := talkTo(t, "", script+"C: $50 NOOP\nS: $50 OK done", nil)
	o := &imap.ListOptions{ReturnStatus: []imap.StatusItem{imap.StatusMessages}}
	for e, err := range c.List(t.Context(), "*", o) {
		if err != nil || *e.Status.Messages != 0 {
			t.Fatal(err)
		}
		break
	}
	noop(t, c)
}

// With IMAP4rev2 there is no LSUB.
func TestListSubscribedRev2(t *testing.T) {
	c := talkTo(t, "IMAP4rev2 ENABLE", `
		C: $1 ENABLE IMAP4rev2
		S: * ENABLED IMAP4rev2
		S: $1 OK done
		C: $2 LIST (SUBSCRIBED) "" "*"
		S: * LIST (\Subscribed) "/" a
		S: $2 OK done
	`, nil)
	if _, err := c.Enable(t.Context(), "IMAP4rev2"); err != nil {
		t.Fatal(err)
	}
	var names []string
	for e, err := range c.ListSubscribed(t.Context(), "*", nil) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, e.Mailbox)
	}
	if !slices.Equal(names, []string{"a"}) {
		t.Error(names)
	}
}

func TestExists(t *testing.T) {
	c := talkTo(t, "", `
		C: $1 LIST "" a*
		S: * LIST () "/" a*
		S: * LIST () "/" ab
		S: $1 OK done
		C: $2 LIST "" b%
		S: * LIST () "/" bc
		S: $2 OK done
		C: $3 LIST "" gone
		S: * LIST (\NonExistent) "/" gone
		S: $3 OK done
		C: $4 LIST "" "sent items/"
		S: * LIST () "/" "Sent Items"
		S: $4 OK done
		C: $5 LIST "" inbox2
		S: $5 NO no
		C: $6 LIST "" INBOX
		S: * LIST (\Noselect) "/" inbox
		S: $6 OK done
	`, nil)
	for _, tt := range []struct {
		name    string
		want    bool
		refused bool
	}{{"a*", true, false}, {"b%", false, false}, {"gone", false, false}, {"sent items/", true, false}, {"inbox2", false, true}, {"Inbox", true, false}, {"", false, false}} {
		if got, err := c.Exists(t.Context(), tt.name); got != tt.want || (err != nil) != tt.refused {
			t.Error(tt.name, got, err)
		}
	}
}
