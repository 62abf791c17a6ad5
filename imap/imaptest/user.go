package imaptest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// User is one account of a Server: a password and a tree of mailboxes with the
// hierarchy separator "/". Any goroutine may use it.
type User struct {
	srv      *Server
	name     string
	commands counter

	mu         sync.Mutex // guards all below, and the mailboxes; never held while waiting
	password   string
	boxes      map[string]*mailbox
	subscribed map[string]bool
	logs       map[string][]Arrival
	logins     int                // connections logged in
	most       int                // the most there were at once
	entered    []time.Time        // logins, and
	refused    []time.Time        // those refused
	attempts   window             // to log in
	locked     time.Time          // until when nobody can log in
	recent     window             // commands
	watchers   map[*conn]struct{} // that have used NOTIFY
	quota      quotaLimits
	metadata   metadata // of the server, as this user sees it
}

func newUser(s *Server, name, password string) *User {
	u := &User{
		srv:        s,
		name:       name,
		password:   password,
		boxes:      make(map[string]*mailbox),
		subscribed: make(map[string]bool),
		logs:       make(map[string][]Arrival),
		watchers:   make(map[*conn]struct{}),
	}
	u.boxes["INBOX"] = newMailbox(u, "INBOX")
	return u
}

// Name is the name the user logs in with.
func (u *User) Name() string { return u.name }

// CreateMailbox makes a mailbox, and those above it. Attributes are shown by
// LIST, such as \Drafts or \Noselect. A mailbox that exists gets the attributes.
func (u *User) CreateMailbox(name string, attributes ...string) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	name = canonicalName(name)
	if u.boxes[name] == nil {
		if err := u.create(name); err != nil {
			return fmt.Errorf("imaptest: create %q: %w", name, err)
		}
	}
	b := u.boxes[name]
	b.attributes = nil
	u.wakeWatchers()
	for _, a := range attributes {
		if strings.EqualFold(a, `\Noselect`) {
			b.noselect = true
		} else {
			b.attributes = append(b.attributes, a)
		}
	}
	return nil
}

// Subscribe subscribes the user to a mailbox.
func (u *User) Subscribe(name string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.subscribed[canonicalName(name)] = true
	u.wakeWatchers()
}

// Mailboxes returns the names of all mailboxes, sorted.
func (u *User) Mailboxes() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.names()
}

func (u *User) setPassword(p string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.password = p
}

func (u *User) hasPassword(password string) bool { return u.secret() == password }

// secret returns the password, for mechanisms that do not send it.
func (u *User) secret() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.password
}

// login counts a connection in, if the user may have one more.
func (u *User) login(c *conn) reply {
	u.mu.Lock()
	defer u.mu.Unlock()
	opts := &u.srv.opts
	if n := opts.MaxConnections; n > 0 && u.logins >= n {
		switch {
		case opts.Limits.FakeLogin:
			c.fake = true
		case opts.Limits.TooMany != "":
			return no("", "%s", opts.Limits.TooMany)
		default:
			return no("LIMIT", "too many connections")
		}
	}
	u.enterNow()
	return ok("logged in")
}

func (u *User) logout() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.logins--
}

// The methods below are called with mu held.

func (u *User) names() []string {
	names := make([]string, 0, len(u.boxes))
	for name := range u.boxes {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// selectable returns the mailbox if it exists and can hold messages.
func (u *User) selectable(name string) *mailbox {
	b := u.boxes[canonicalName(name)]
	if b == nil || b.noselect {
		return nil
	}
	return b
}

func (u *User) hasChildren(name string) bool {
	for other := range u.boxes {
		if strings.HasPrefix(other, name+"/") {
			return true
		}
	}
	return false
}

// record writes a new message down in the mailbox's log.
func (u *User) record(b *mailbox, m *message) {
	u.logs[b.name] = append(u.logs[b.name], Arrival{
		UID:         m.uid,
		UIDValidity: b.uidValidity,
		Time:        u.srv.now(),
	})
}

// Arrival is one line of a mailbox's log: a message was added.
type Arrival struct {
	UID         uint32
	UIDValidity uint32
	Time        time.Time // when it was added, by Options.Now
}
