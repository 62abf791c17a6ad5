package watchtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// Source is a stand-in for a watch.Watcher: Watch yields what the test says,
// step by step, and the Source keeps account of what is committed. The zero
// Source is ready: a script that ends. Its fields must not be changed, nor the
// Source copied, once it is used; its methods may be called by any goroutine at
// any time, but inside a testing/synctest bubble by those of the bubble only.
//
// Each call of Arrive, Flag, Remove, Move, Reset and Tell says what the next
// batch of a mailbox is, and happens when that batch is about to be yielded:
// only then is the message there for Batch.Open, or gone. Mailboxes come into
// being when they are named first; "" is INBOX.
//
// What the test says wrongly, such as to remove a message that never came, is a
// panic that says so.
type Source struct {
	// Account is that of the events' IDs, as Watcher.Account.
	Account string

	// Fetch is what is asked of messages that arrive, as Watcher.Fetch; nil:
	// flags, envelope, date and size.
	Fetch *imap.FetchOptions

	// MaxBody is how large a message may be, in bytes, for the Sections of Fetch
	// to be read, as Watcher.MaxBody; 0: 1 MiB.
	MaxBody int64

	// Live makes Watch wait for what the test will say, as a real one does, until
	// its Context is done. False: when there is nothing more, it ends with
	// ErrEnd.
	Live bool

	mu        sync.Mutex
	server    *imaptest.Server
	boxes     map[string]*box
	log       []*step       // in the order in which they are told
	added     chan struct{} // is closed when there is more in the log
	played    chan struct{} // is closed when a Watch has come to the end of the log
	committed []watch.Event
	refusal   error // of Commit
}

// ErrEnd ends the Watch of a Source that has nothing more to tell.
var ErrEnd = errors.New("the test has nothing more to tell")

// The user of the Server whose mailboxes they are.
const (
	User     = "alice"
	Password = "secret"
)

// box is a mailbox.
type box struct {
	name     string
	said     imap.UID            // the highest that the test was told
	actual   map[imap.UID]uint32 // the UIDs of what has arrived, by those that the test was told
	bare     map[imap.UID]bool   // those that the server cannot describe
	validity uint32
}

// Server returns the server that stands behind Batch.Open, for a closer look at
// what a handler does there, and for further mailboxes. To put messages into a
// mailbox that is watched, use Arrive.
func (s *Source) Server() *imaptest.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begin()
	return s.server
}

// begin makes what the zero Source lacks.
func (s *Source) begin() {
	if s.server != nil {
		return
	}
	s.server = imaptest.NewServer(nil)
	s.server.AddUser(User, Password)
	s.boxes = map[string]*box{}
	s.added, s.played = make(chan struct{}), make(chan struct{})
}

// Dial connects to the Server and logs in, as Watcher.Dial does: for handlers
// with a connection of their own, which they have to close.
func (s *Source) Dial(ctx context.Context) (*imap.Client, error) {
	c, err := imap.Dial(ctx, "watchtest:143", &imap.Options{
		Security: imap.Plaintext, InsecureLogin: true, Dial: s.Server().Dial,
	})
	if err != nil {
		return nil, err
	}
	if err := c.Login(ctx, User, Password); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// box finds or makes a mailbox.
func (s *Source) box(name string) *box {
	s.begin()
	if name == "" || strings.EqualFold(name, "INBOX") {
		name = "INBOX"
	}
	b := s.boxes[name]
	if b == nil {
		if s.server.UIDValidity(User, name) == 0 {
			must(s.server.CreateMailbox(User, name))
		}
		b = &box{name: name, actual: map[imap.UID]uint32{}, bare: map[imap.UID]bool{}, validity: s.server.UIDValidity(User, name)}
		for _, m := range s.server.Messages(User, name) { // the test's own, from before
			b.said = imap.UID(m.UID)
			b.actual[b.said] = m.UID
		}
		s.boxes[name] = b
	}
	return b
}

// must panics with what the test has said wrongly.
func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("watchtest: %v", err))
	}
}

// say adds a step.
func (s *Source) say(st *step) {
	s.log = append(s.log, st)
	close(s.added)
	s.added = make(chan struct{})
}
