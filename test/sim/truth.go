package sim

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// user is who has the mailboxes.
const user = "alice"

// boxNames are the mailboxes of a world, the first few of which are watched.
var boxNames = [...]string{"INBOX", "Work", "Lists/Go", "Entwürfe"}

// spareNames are never watched: mail is moved there, and mailboxes are renamed
// to them.
var spareNames = [...]string{"Archive", "Old"}

// serverName is a mailbox's name as the server has it, in modified UTF-7, and
// boxName the reverse.
func serverName(box string) string   { return strings.ReplaceAll(box, "ü", "&APw-") }
func boxName(atServer string) string { return strings.ReplaceAll(atServer, "&APw-", "ü") }

// place is where a message is: there is never another one in the same place,
// since this server gives no UIDVALIDITY twice, whatever the mailbox's name.
type place struct {
	validity uint32
	uid      uint32
}

// message is a message in a place.
type message struct {
	place
	box   string // where it is, or was last
	token string // names the message wherever it goes
	size  int
	flags string
	born  time.Time // when it came there
	died  time.Time // zero: it is there
}

func (m *message) String() string {
	return fmt.Sprintf("%s %d/%d %q", m.box, m.validity, m.uid, m.token)
}

// ledger is what the server ever had. It is read off the server after
// everything that is done to it.
type ledger struct {
	srv   *imaptest.Server
	all   map[place]*message
	alive map[string]map[place]*message // by mailbox
}

func newLedger(srv *imaptest.Server) *ledger {
	return &ledger{srv: srv, all: map[place]*message{}, alive: map[string]map[place]*message{}}
}

// refresh writes down what has changed.
func (l *ledger) refresh() {
	there := map[string]bool{}
	for _, name := range l.srv.Mailboxes(user) {
		there[boxName(name)] = true
		l.refreshBox(boxName(name))
	}
	for box := range l.alive {
		if !there[box] {
			l.refreshBox(box)
		}
	}
}

// refreshBox writes down what has changed in a mailbox.
func (l *ledger) refreshBox(box string) {
	validity := l.srv.UIDValidity(user, serverName(box))
	there := map[place]*message{}
	for _, info := range l.srv.Messages(user, serverName(box)) {
		p := place{validity, info.UID}
		m := l.all[p]
		if m == nil {
			m = &message{place: p, token: tokenOf(info.Body()), size: info.Size}
			l.all[p] = m
		}
		if m.box != box {
			m.box, m.born = box, time.Now()
		}
		m.died, m.flags = time.Time{}, flagText(info.Flags)
		there[p] = m
	}
	for p, m := range l.alive[box] {
		if there[p] == nil && m.box == box {
			m.died = time.Now()
		}
	}
	l.alive[box] = there
}

// A message's subject is its token.

const tokenHeader = "Subject: "

// mail is a message with a token, about as long as asked.
func mail(token string, size int) []byte {
	head := "From: Bob <bob@example.org>\r\nTo: alice@example.org\r\n" +
		tokenHeader + token + "\r\nMessage-ID: <" + token + "@example.org>\r\n\r\nHello.\r\n"
	return append([]byte(head), bytes.Repeat([]byte("It goes on and on.\r\n"), max(0, size-len(head))/20)...)
}

func tokenOf(body []byte) string {
	_, rest, _ := bytes.Cut(body, []byte(tokenHeader))
	token, _, _ := bytes.Cut(rest, []byte("\r\n"))
	return string(token)
}
