package imaptest

import (
	"fmt"
	"testing"
	"time"
)

// findable is a small correspondence, delivered in this order.
func findable() []string {
	letter := func(n int, date, from, subject, refs string) string {
		if refs != "" {
			refs = "References: " + refs + "\n"
		}
		return fmt.Sprintf("Message-ID: <%d@x>\nDate: %s\nFrom: %s\nTo: Zoe <zoe@example.org>\nSubject: %s\n%s\nbody %d\n", n, date, from, subject, refs, n)
	}
	return []string{
		letter(1, "Tue, 06 Jan 2026 10:00:00 +0000", "Bob <zz@example.org>", "Minutes", ""),
		letter(2, "Mon, 05 Jan 2026 10:00:00 +0000", "alice@example.org", "Agenda", ""),
		letter(3, "Wed, 07 Jan 2026 10:00:00 +0000", "Carl <carl@example.org>", "Re: minutes", "<1@x>"),
		letter(4, "Wed, 07 Jan 2026 12:00:00 +0200", "Dora <dora@example.org>", "[team] RE: Minutes (fwd)", "<1@x> <9@x>"),
		letter(5, "Thu, 08 Jan 2026 10:00:00 +0000", "Emil <emil@example.org>", "Lunch", "<8@x>"),
		letter(6, "Fri, 09 Jan 2026 10:00:00 +0000", "Emil <emil@example.org>", "Dinner", "<8@x>"),
	}
}

func TestFinding(t *testing.T) {
	for _, cv := range []conversation{
		{name: "sort", box: "INBOX", mail: findable(), script: `
			C: A1 SORT (DATE) US-ASCII ALL
			S: * SORT 2 1 3 4 5 6
			S: A1 OK SORT completed
			C: A2 UID SORT (REVERSE DATE) utf-8 1:4
			S: * SORT 3 4 1 2
			S: A2 OK UID SORT completed
			C: A3 SORT (SUBJECT REVERSE DATE) US-ASCII ALL
			S: * SORT 2 6 5 3 4 1
			S: A3 OK SORT completed
			C: A4 SORT (FROM) US-ASCII ALL
			S: * SORT 2 3 4 5 6 1
			S: A4 OK SORT completed
			C: A5 SORT (DISPLAYFROM) US-ASCII ALL
			S: * SORT 2 1 3 4 5 6
			S: A5 OK SORT completed
			C: A6 SORT (SIZE CC TO ARRIVAL RELEVANCY) US-ASCII SUBJECT "lunch"
			S: * SORT 5
			S: A6 OK SORT completed
			C: A7 SORT (DATE) US-ASCII SUBJECT "nothing"
			S: * SORT
			S: A7 OK SORT completed
			C: A8 SORT (DATE) KOI8-R ALL
			S: A8 NO [BADCHARSET (US-ASCII UTF-8 ISO-8859-1)] unknown charset
			C: A9 SORT () US-ASCII ALL
			S: A9 BAD...
			C: B1 SORT (COLOUR) US-ASCII ALL
			S: B1 BAD SORT: SORT does not know the key "COLOUR"
			C: B2 SORT (DATE) ALL
			S: B2 BAD...
			C: B3 UID SORT RETURN (MIN MAX COUNT ALL) (REVERSE DATE) UTF-8 ALL
			S: * ESEARCH (TAG "B3") UID MIN 6 MAX 2 COUNT 6 ALL 6,5,3:4,1:2
			S: B3 OK UID SORT completed
			C: B4 UID SORT RETURN (PARTIAL 2:3) (REVERSE DATE) UTF-8 ALL
			S: * ESEARCH (TAG "B4") UID PARTIAL (2:3 5,3)
			S: B4 OK UID SORT completed
			C: B5 SORT RETURN (SAVE) (DATE) UTF-8 ALL
			S: B5 BAD SORT: SORT does not know the return option "SAVE"`},
		{name: "thread", box: "INBOX", mail: findable(), script: `
			C: A1 THREAD REFERENCES US-ASCII ALL
			S: * THREAD (2)(1 (3)(4))((5)(6))
			S: A1 OK THREAD completed
			C: A2 UID THREAD ORDEREDSUBJECT UTF-8 ALL
			S: * THREAD (2)(1 (3)(4))(5)(6)
			S: A2 OK UID THREAD completed
			C: A3 THREAD REFERENCES US-ASCII 3:5
			S: * THREAD ((3)(4))(5)
			S: A3 OK THREAD completed
			C: A4 THREAD ORDEREDSUBJECT US-ASCII SUBJECT "nothing"
			S: * THREAD
			S: A4 OK THREAD completed
			C: A5 THREAD REFS US-ASCII ALL
			S: * THREAD (2)(1 (3)(4))((5)(6))
			S: A5 OK THREAD completed
			C: A6 THREAD JWZ US-ASCII ALL
			S: A6 BAD THREAD does not know the algorithm "JWZ"`},
		{name: "saved", box: "INBOX", mail: findable(), script: `
			C: A1 UID SEARCH $
			S: * SEARCH
			S: A1 OK UID SEARCH completed
			C: A2 SEARCH RETURN (SAVE) SUBJECT "minutes"
			S: A2 OK SEARCH completed
			C: A3 UID SEARCH UID $ NOT FROM "Carl"
			S: * SEARCH 1 4
			S: A3 OK UID SEARCH completed
			C: A4 STORE $ +FLAGS.SILENT (\Flagged)
			S: A4 OK STORE completed
			C: A5 UID SEARCH RETURN (SAVE MIN MAX) FLAGGED
			S: * ESEARCH (TAG "A5") UID MIN 1 MAX 4
			S: A5 OK UID SEARCH completed
			C: A6 UID FETCH $ (FLAGS)
			S: * 1 FETCH (UID 1 FLAGS (\Flagged \Recent))
			S: * 4 FETCH (UID 4 FLAGS (\Flagged \Recent))
			S: A6 OK UID FETCH completed
			C: A7 STORE 1 +FLAGS.SILENT (\Deleted)
			S: A7 OK STORE completed
			C: A8 UID EXPUNGE $
			S: * 1 EXPUNGE
			S: A8 OK UID EXPUNGE completed
			C: A9 FETCH $ (UID)
			S: * 3 FETCH (UID 4)
			S: A9 OK FETCH completed
			C: B1 SEARCH RETURN (SAVE) CHARSET KOI8-R SUBJECT "x"
			S: B1 NO [BADCHARSET (US-ASCII UTF-8 ISO-8859-1)] unknown charset
			C: B2 FETCH $ (UID)
			S: B2 OK FETCH completed
			C: B3 UID SEARCH RETURN (SAVE PARTIAL -1:-2) ALL
			S: * ESEARCH (TAG "B3") UID PARTIAL (-1:-2 5:6)
			S: B3 OK UID SEARCH completed
			C: B4 UID COPY $ INBOX
			S: * 7 EXISTS
			S: * 7 RECENT
			S: B4 OK [COPYUID 1 5:6 7:8] UID COPY completed
			C: B5 FETCH $,1 (UID)
			S: B5 BAD...`},
		{name: "partial, and what is old", box: "INBOX", mail: findable(), script: `
			C: A1 UID SEARCH RETURN (PARTIAL 2:3 COUNT) ALL
			S: * ESEARCH (TAG "A1") UID PARTIAL (2:3 2:3) COUNT 6
			S: A1 OK UID SEARCH completed
			C: A2 UID SEARCH RETURN (PARTIAL 9:7) ALL
			S: * ESEARCH (TAG "A2") UID PARTIAL (9:7 NIL)
			S: A2 OK UID SEARCH completed
			C: A3 UID SEARCH RETURN (PARTIAL 1:2 ALL) ALL
			S: A3 BAD UID SEARCH: PARTIAL and ALL do not go together
			C: A4 UID SEARCH RETURN (PARTIAL 1:-2) ALL
			S: A4 BAD UID SEARCH: PARTIAL wants a range from one end
			C: A5 SEARCH YOUNGER 3600
			S: * SEARCH 1 2 3 4 5 6
			S: A5 OK SEARCH completed
			C: A6 SEARCH OLDER 3600
			S: * SEARCH
			S: A6 OK SEARCH completed
			C: A7 SEARCH OLDER 0
			S: A7 BAD SEARCH: OLDER wants at least one second
			C: A8 SEARCH RETURN (ALL RELEVANCY) FUZZY (SUBJECT "minutes")
			S: * ESEARCH (TAG "A8") ALL 1,3:4 RELEVANCY (100 100 100)
			S: A8 OK SEARCH completed`},
		{name: "filters", box: "INBOX", mail: findable(), script: `
			C: A1 SETMETADATA "" (/private/filters/values/road {19+}
			C: SUBJECT "minutes" 1 /shared/filters/values/nested "NOT FILTER ROAD 1:2" /private/filters/values/bad "COLOUR red")
			S: A1 OK SETMETADATA completed
			C: A2 SEARCH FILTER road
			S: * SEARCH 1
			S: A2 OK SEARCH completed
			C: A3 UID SEARCH OR FILTER nested 5
			S: * SEARCH 2 5
			S: A3 OK UID SEARCH completed
			C: A4 SEARCH FILTER nowhere
			S: A4 NO [UNDEFINED-FILTER nowhere] there is no such filter
			C: A5 SEARCH FILTER bad
			S: A5 BAD SEARCH: the filter bad cannot be read: SEARCH does not know the key "COLOUR"
			C: A6 SEARCH FILTER a/b
			S: A6 BAD SEARCH: bad filter name "a/b"
			C: A7 SETMETADATA "" (/private/filters/values/loop "FILTER loop")
			S: A7 OK SETMETADATA completed
			C: A8 SEARCH FILTER loop
			S: A8 BAD...`},
		{name: "contexts", box: "INBOX", mail: findable(), script: `
			C: A1 UID SEARCH RETURN (UPDATE COUNT) FLAGGED
			S: * ESEARCH (TAG "A1") UID COUNT 0
			S: A1 OK UID SEARCH completed
			C: A2 SORT RETURN (UPDATE) (REVERSE DATE) US-ASCII FLAGGED
			S: * ESEARCH (TAG "A2")
			S: A2 OK SORT completed
			C: A3 STORE 2,5 +FLAGS.SILENT (\Flagged)
			S: * ESEARCH (TAG "A1") UID ADDTO (0 2,5)
			S: * ESEARCH (TAG "A2") ADDTO (1 5)
			S: * ESEARCH (TAG "A2") ADDTO (2 2)
			S: A3 OK STORE completed
			C: A4 STORE 1,3 +FLAGS.SILENT (\Flagged)
			S: * ESEARCH (TAG "A1") UID ADDTO (0 1,3)
			S: * ESEARCH (TAG "A2") ADDTO (2 3)
			S: * ESEARCH (TAG "A2") ADDTO (3 1)
			S: A4 OK STORE completed
			C: A5 STORE 1 +FLAGS.SILENT (\Deleted)
			S: A5 OK STORE completed
			C: A6 EXPUNGE
			S: * ESEARCH (TAG "A1") UID REMOVEFROM (0 1)
			S: * ESEARCH (TAG "A2") REMOVEFROM (3 1)
			S: * 1 EXPUNGE
			S: A6 OK EXPUNGE completed
			C: A7 CANCELUPDATE "A2"
			S: A7 OK CANCELUPDATE completed, no further updates
			C: A8 STORE 1 -FLAGS.SILENT (\Flagged)
			S: * ESEARCH (TAG "A1") UID REMOVEFROM (0 2)
			S: A8 OK STORE completed
			C: A1 UID SEARCH RETURN (UPDATE) ALL
			S: A1 BAD UID SEARCH: the tag A1 is in use
			C: A9 CANCELUPDATE "A2"
			S: A9 NO nothing is told of "A2"`},
		{name: "many mailboxes", mail: findable(), prepare: func(u *User) {
			for _, name := range []string{"Work", "Work/Old", "Work/Old/2019"} {
				if err := u.CreateMailbox(name); err != nil {
					t.Fatal(err)
				}
			}
			for _, name := range []string{"Work/Old", "Work/Old/2019"} {
				deliver(t, u.srv, name, findable()[2])
			}
			u.Subscribe("Work/Old")
		}, script: `
			C: A1 ESEARCH IN (personal) SUBJECT "minutes"
			S: * ESEARCH (TAG "A1" MAILBOX INBOX UIDVALIDITY 1) UID ALL 1,3:4
			S: * ESEARCH (TAG "A1" MAILBOX Work/Old UIDVALIDITY 3) UID ALL 1
			S: * ESEARCH (TAG "A1" MAILBOX Work/Old/2019 UIDVALIDITY 4) UID ALL 1
			S: A1 OK ESEARCH completed
			C: A2 ESEARCH IN (subtree-one Work subscribed) RETURN (MIN COUNT) ALL
			S: * ESEARCH (TAG "A2" MAILBOX Work/Old UIDVALIDITY 3) UID MIN 1 COUNT 1
			S: A2 OK ESEARCH completed
			C: A3 ESEARCH IN (inboxes mailboxes (Work/Old/2019 Nowhere)) RETURN (PARTIAL -1:-1) ALL
			S: * ESEARCH (TAG "A3" MAILBOX INBOX UIDVALIDITY 1) UID PARTIAL (-1:-1 6)
			S: * ESEARCH (TAG "A3" MAILBOX Work/Old/2019 UIDVALIDITY 4) UID PARTIAL (-1:-1 1)
			S: A3 OK ESEARCH completed
			C: A4 ESEARCH IN (subtree (Work)) SUBJECT "nothing"
			S: A4 OK ESEARCH completed
			C: A5 ESEARCH ALL
			S: A5 BAD ESEARCH: no mailbox is selected
			C: A6 ESEARCH IN (selected) ALL
			S: A6 BAD ESEARCH: no mailbox is selected
			C: A7 ESEARCH IN (everywhere) ALL
			S: A7 BAD...
			C: A8 ESEARCH IN (personal) RETURN (SAVE) ALL
			S: A8 BAD...
			C: A9 ESEARCH IN (mailboxes Nowhere) COLOUR red
			S: A9 BAD...`},
	} {
		cv.plain().run(t)
	}
}

// RFC 5256 §2.1.
func TestBaseSubject(t *testing.T) {
	for subject, want := range map[string]string{
		"Minutes": "Minutes", "Re: Minutes": "Minutes", "RE[2]: Minutes": "Minutes", "Fwd: fw: Re: Minutes": "Minutes",
		"[list] Re: [x] Minutes  of\tMay (fwd) (FWD)": "Minutes of May", "[Fwd: Re: Minutes]": "Minutes", "[only]": "[only]",
		"=?utf-8?q?Re=3A_caf=C3=A9?=": "café", "Reading": "Reading", "": "", "Re:": "", "[a": "[a", "[a[b] c": "[a[b] c",
	} {
		if got, _ := baseSubject(subject); got != want {
			t.Errorf("%q: %q, want %q", subject, got, want)
		}
	}
	for range 3 { // threads of what refers to itself and in circles end
		mails := []string{"Message-ID: <a@x>\nReferences: <b@x> <a@x>\nSubject: 1\n\n", "Message-ID: <b@x>\nReferences: <a@x>\nSubject: 2\n\n", "Message-ID: <a@x>\nSubject: 3\n\n"}
		var found []hit
		for i, m := range mails {
			found = append(found, hit{place: i, message: &message{uid: uint32(i + 1), date: time.Unix(int64(i), 0), body: &body{data: []byte(m)}}})
		}
		n := 0
		var count func([]*node)
		count = func(nodes []*node) {
			for _, x := range nodes {
				if x.hit != nil {
					n++
				}
				count(x.children)
			}
		}
		if count(references(found)); n != 3 {
			t.Errorf("%d messages", n)
		}
		if count(refs(found)); n != 6 {
			t.Errorf("%d messages", n)
		}
	}
}

// What REFS does otherwise than REFERENCES: subjects join nothing, and the thread
// with the newest message is the last.
func TestRefs(t *testing.T) {
	var found []hit
	for i, m := range []string{
		"Message-ID: <a@x>\nDate: Mon, 05 Jan 2026 10:00:00 +0000\nSubject: plan\n\n",
		"Message-ID: <b@x>\nDate: Tue, 06 Jan 2026 10:00:00 +0000\nSubject: Re: plan\n\n",
		"Message-ID: <c@x>\nDate: Wed, 07 Jan 2026 10:00:00 +0000\nReferences: <a@x>\nSubject: x\n\n",
	} {
		found = append(found, hit{place: i, message: &message{uid: uint32(i + 1), date: time.Unix(int64(i), 0), body: &body{data: []byte(m)}}})
	}
	for want, threads := range map[string][]*node{"(1 (2)(3))": references(found), "(2)(1 3)": refs(found)} {
		got := ""
		for _, n := range threads {
			got += "(" + string(n.append(nil, true)) + ")"
		}
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// RFC 9698 §3.
func TestJMAPAccess(t *testing.T) {
	jmap := &Options{JMAP: "https://example.com/.well-known/jmap"}
	for _, cv := range []conversation{
		{name: "offered", opts: jmap, script: `
			C: A1 GETJMAPACCESS
			S: * JMAPACCESS "https://example.com/.well-known/jmap"
			S: A1 OK GETJMAPACCESS completed
			C: A2 GETJMAPACCESS now
			S: A2 BAD...`},
		{name: "not offered", script: `
			C: A1 GETJMAPACCESS
			S: A1 BAD...`},
	} {
		cv.run(t)
	}
}
