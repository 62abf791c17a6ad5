package sim

import (
	"sync"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// rules are what the server does about commands, beside answering them.
type rules struct {
	mu  sync.Mutex
	all []*rule
}

// rule is for a command.
type rule struct {
	name  string // of the command; "login" for all that log in
	n     int64  // the n-th from now; 0: all
	until time.Time
	do    func() *imaptest.Action
}

func (r *rules) add(x *rule) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, x)
}

func (r *rules) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = nil
}

// find returns the rule that a command meets now.
func (r *rules) find(name string) *rule {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, x := range r.all {
		if !x.matches(name) || time.Now().After(x.until) {
			continue
		}
		if x.n == 0 {
			return x
		}
		if x.n--; x.n == 0 {
			r.all = append(r.all[:i:i], r.all[i+1:]...)
			return x
		}
	}
	return nil
}

func (x *rule) matches(name string) bool {
	return x.name == name || x.name == "login" && (name == "LOGIN" || name == "AUTHENTICATE")
}

// setFaults gives the server other faults; the rules stay.
func (w *world) setFaults(f imaptest.Faults) {
	f.Hook = func(c imaptest.Call) *imaptest.Action {
		if x := w.rules.find(c.Name); x != nil {
			return x.do()
		}
		if c.Name == "AUTHENTICATE" && w.provider.refuses() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.lapses = append(w.lapses, attempt{time.Now(), w.now.number})
		}
		return nil
	}
	w.srv.SetFaults(&f)
}
