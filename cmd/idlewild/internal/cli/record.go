package cli

import (
	"time"
)

// The names of events. docs: DESIGN.md §8.
const (
	eventArrived = "arrived"
	eventOffline = "offline"
	eventOnline  = "online"
	eventReset   = "reset"
	eventAlert   = "alert"
	eventSummary = "summary"
)

// head begins every JSON line. Scripts depend on the fields of all records:
// they are only ever added.
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
}

type arrivedRecord struct {
	head
	ID          string   `json:"id"`
	Mailbox     string   `json:"mailbox"`
	UIDValidity uint32   `json:"uidvalidity"`
	UID         uint32   `json:"uid"`
	Flags       []string `json:"flags"`
	Size        int64    `json:"size"`
	Envelope    envelope `json:"envelope"`
}

type offlineRecord struct {
	head
	Mailbox   string `json:"mailbox"`
	Reason    string `json:"reason"`
	Error     string `json:"error"`
	RetryInMS int64  `json:"retry_in_ms"`
	Attempt   int    `json:"attempt"`
}

type onlineRecord struct {
	head
	Mailbox string `json:"mailbox"`
	Mode    string `json:"mode"`
	Attempt int    `json:"attempt"`
}

type resetRecord struct {
	head
	Mailbox        string `json:"mailbox"`
	OldUIDValidity uint32 `json:"old_uidvalidity"`
	UIDValidity    uint32 `json:"uidvalidity"`
	Policy         string `json:"policy"`
}

type alertRecord struct {
	head
	Mailbox string `json:"mailbox"`
	Text    string `json:"text"`
}
