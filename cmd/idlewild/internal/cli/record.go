package cli

import (
	"slices"
	"time"

	"github.com/idlewild-mail/idlewild/watch"
)

// The names of events that are not watch's alone.
const (
	eventArrived = "arrived"
	eventSkipped = "skipped"
	eventSummary = "summary"
	eventFault   = "fault"
)

// head begins every JSON line. Scripts depend on the fields of all records:
// they are only ever added. docs/events.md describes them all.
type head struct {
	Event   string `json:"event"`
	Time    string `json:"time"`
	Account string `json:"account"`
}

func newHead(event, account string, at time.Time) head {
	return head{event, at.UTC().Format("2006-01-02T15:04:05.000Z07:00"), account}
}

// record is something that can be put out, as JSON or for people.
type record interface {
	// line is what people see of it, in at most so many columns if they are not 0.
	line(s style, columns int) string
	about() about
}

// about is what a record is about, as far as it is about that.
type about struct {
	head
	id, mailbox      string
	uidValidity, uid uint32
}

func (h head) about() about { return about{head: h} }

// message is what the records of a message's events have in common.
type message struct {
	head
	ID          string `json:"id"`
	Mailbox     string `json:"mailbox"`
	UIDValidity uint32 `json:"uidvalidity"`
	UID         uint32 `json:"uid"`
}

func (m message) about() about { return about{m.head, m.ID, m.Mailbox, m.UIDValidity, m.UID} }

type arrivedRecord struct {
	message
	Flags    []string `json:"flags"`
	Size     int64    `json:"size"`
	Envelope envelope `json:"envelope"`
	Cursor   string   `json:"cursor"` // the place behind the message
}

type flagsRecord struct {
	message
	Flags  []string `json:"flags"`
	ModSeq uint64   `json:"modseq"`
}

type goneRecord struct{ message }

type movedRecord struct {
	message
	To            string `json:"to"`
	ToUIDValidity uint32 `json:"to_uidvalidity"`
	ToUID         uint32 `json:"to_uid"`
}

type resetRecord struct {
	head
	ID             string `json:"id"`
	Mailbox        string `json:"mailbox"`
	OldUIDValidity uint32 `json:"old_uidvalidity"`
	UIDValidity    uint32 `json:"uidvalidity"`
	Policy         string `json:"policy"`
	Known          int    `json:"known"`
	New            int    `json:"new"`
}

func (r resetRecord) about() about { return about{r.head, r.ID, r.Mailbox, r.UIDValidity, 0} }

// skippedRecord says that something is not reported, or that a command has not
// taken it.
type skippedRecord struct {
	head
	ID          string `json:"id"`
	Mailbox     string `json:"mailbox"`
	UIDValidity uint32 `json:"uidvalidity"`
	UIDs        string `json:"uids"` // a set, as in "4:6,9"
	Count       int    `json:"count"`
	Reason      string `json:"reason"`
	Error       string `json:"error"`
}

// reasonCommand is why an event was skipped that the command of --exec never took.
const reasonCommand = "command"

func (r skippedRecord) about() about { return about{r.head, r.ID, r.Mailbox, r.UIDValidity, 0} }

type missingRecord struct {
	head
	Mailbox   string `json:"mailbox"`
	Reason    string `json:"reason"`
	Error     string `json:"error"`
	RetryInMS int64  `json:"retry_in_ms"`
}

type renamedRecord struct {
	head
	Mailbox string `json:"mailbox"`
	To      string `json:"to"`
}

type staleRecord struct {
	head
	Mailbox string `json:"mailbox"`
	ForMS   int64  `json:"for_ms"`
}

type recoveredRecord struct {
	head
	Mailbox string `json:"mailbox"`
	AfterMS int64  `json:"after_ms"`
}

func (r missingRecord) about() about   { return about{head: r.head, mailbox: r.Mailbox} }
func (r renamedRecord) about() about   { return about{head: r.head, mailbox: r.Mailbox} }
func (r staleRecord) about() about     { return about{head: r.head, mailbox: r.Mailbox} }
func (r recoveredRecord) about() about { return about{head: r.head, mailbox: r.Mailbox} }

// connection is the part of a record about a connection: whose it is. For people
// it is one line for all its mailboxes; where programs read it, it is a record for
// each, so that they can go by the mailbox.
type connection struct {
	head
	Mailbox   string `json:"mailbox"`
	mailboxes []string
}

func (c connection) about() about { return about{head: c.head, mailbox: c.Mailbox} }

type offlineRecord struct {
	connection
	Reason    string `json:"reason"`
	Class     string `json:"class"`
	Error     string `json:"error"`
	RetryInMS int64  `json:"retry_in_ms"`
	Attempt   int    `json:"attempt"`
	Expected  bool   `json:"expected"`
}

type onlineRecord struct {
	connection
	Mode    string `json:"mode"`
	Attempt int    `json:"attempt"`
	Cursor  string `json:"cursor,omitempty"` // where Mailbox goes on

	cursors []watch.Cursor // of the connection's mailboxes
}

// each is a record as programs read it: mostly one.
func each(r record) []record {
	switch r := r.(type) {
	case onlineRecord:
		return eachMailbox(r.mailboxes, func(name string) record {
			r.Mailbox, r.Cursor = name, ""
			if i := slices.Index(r.mailboxes, name); i >= 0 && i < len(r.cursors) {
				r.Cursor = r.cursors[i].String()
			}
			return r
		})
	case offlineRecord:
		return eachMailbox(r.mailboxes, func(name string) record { r.Mailbox = name; return r })
	}
	return []record{r}
}

func eachMailbox(mailboxes []string, with func(name string) record) (all []record) {
	for _, name := range mailboxes {
		all = append(all, with(name))
	}
	return all
}

type alertRecord struct {
	head
	Mailbox string `json:"mailbox"`
	Text    string `json:"text"`
}

func (r alertRecord) about() about { return about{head: r.head, mailbox: r.Mailbox} }

type authFailedRecord struct {
	head
	Error     string `json:"error"`
	Help      string `json:"help"`
	Refusals  int    `json:"refusals"`
	RetryInMS int64  `json:"retry_in_ms"`
}

type reauthorizeRecord struct {
	head
	Error     string `json:"error"`
	RetryInMS int64  `json:"retry_in_ms"`
}

// faultRecord says what a demo does to the watcher.
type faultRecord struct {
	head
	Name  string `json:"fault"`
	Words string `json:"text"`
}

// crowdRecord is several messages in one line, for people only.
type crowdRecord struct{ all []arrivedRecord }

func (r crowdRecord) about() about { return r.all[0].about() }
