package sim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// action is something that may happen.
type action struct {
	do func(*world, Step) error

	// wait is how long the Watcher may wait once the trouble is over that this is,
	// for Step.For; nil: mail must be told in time whatever this does.
	wait func(World) time.Duration
}

func (w *world) deliver(s Step) error {
	for i := range s.N {
		token := fmt.Sprintf("m%x-%d", s.Seed, i)
		if s.Text == "twin" { // the same message again
			token = "twin"
		}
		if _, err := w.srv.Deliver(user, serverName(s.Box), mail(token, int(s.Seed%2000)), nil); err != nil {
			return err
		}
	}
	return nil
}

// poison delivers messages that the server cannot describe, as Text says.
func (w *world) poison(s Step) error {
	p, ok := poisons[s.Text]
	if !ok {
		return fmt.Errorf("no poison %q", s.Text)
	}
	for i := range s.N {
		token := fmt.Sprintf("p%x-%d", s.Seed, i)
		w.mu.Lock()
		w.poisoned[token] = true
		w.mu.Unlock()
		uid, err := w.srv.Deliver(user, serverName(s.Box), mail(token, 100), nil)
		if err != nil {
			return err
		}
		if err := w.srv.Poison(user, serverName(s.Box), uid, &p); err != nil {
			return err // it is gone already
		}
	}
	return nil
}

// poisons are what may be wrong with a message.
var poisons = map[string]imaptest.Poison{
	"refused": {Refuse: "[SERVERBUG] internal error"},
	"text":    {Refuse: "[SERVERBUG] internal error", RefuseText: true},
	"garbage": {Envelope: "((NIL"},
	"size":    {Size: 1 << 40},
	"nothing": {Envelope: "NIL", Structure: "NIL"},
	deadly:    {Envelope: "{9999}\r\n"}, // what follows is swallowed, and then the server says no more
}

const deadly = "deadly"

// some chooses messages: a part of them, or all, or the newest.
func (w *world) some(s Step) (uids []uint32) {
	r := rand.New(rand.NewPCG(s.Seed, 3))
	all := w.srv.Messages(user, serverName(s.Box))
	for i, info := range all {
		if s.Text == "all" || s.Text == "newest" && i == len(all)-1 || s.Text == "" && r.IntN(3) == 0 {
			uids = append(uids, info.UID)
		}
	}
	return uids
}

func (w *world) remove(s Step) error {
	if uids := w.some(s); len(uids) > 0 {
		return w.srv.Remove(user, serverName(s.Box), uids...)
	}
	return nil
}

func (w *world) flag(s Step) error {
	sets := [][]string{{}, {`\Seen`}, {`\Seen`, `\Flagged`}, {"$Work"}}
	for _, uid := range w.some(s) {
		if err := w.srv.SetFlags(user, serverName(s.Box), uid, sets[(s.Seed+uint64(uid))%4]...); err != nil {
			return err
		}
	}
	return nil
}

// move moves or copies, as another client does.
func (w *world) move(s Step) (err error) {
	uids, to := w.some(s), serverName(s.To)
	switch {
	case len(uids) == 0:
	case s.Do == "copy":
		_, err = w.srv.Copy(user, serverName(s.Box), to, uids...)
	default:
		_, err = w.srv.Move(user, serverName(s.Box), to, uids...)
	}
	return err
}

// rebuild gives a mailbox a new UIDVALIDITY. Text has the letters of what is
// special: k for keeping the UIDs, s for another order, d for new dates, i for
// new identities; To is what becomes of sessions.
func (w *world) rebuild(s Step) error {
	has := func(letter string) bool { return strings.Contains(s.Text, letter) }
	opts := &imaptest.RebuildOptions{
		Sessions: imaptest.Eviction(s.To), KeepUIDs: has("k"), NewDates: has("d"), NewIDs: has("i"),
	}
	if has("s") && !has("k") {
		opts.Shuffle = s.Seed | 1
	}
	before := w.srv.UIDValidity(user, serverName(s.Box))
	err := w.srv.Rebuild(user, serverName(s.Box), opts)
	w.mu.Lock()
	defer w.mu.Unlock()
	unseen := w.blurred[before] && !w.followed(before) // two rebuilds in a row are as one
	w.blurred[w.srv.UIDValidity(user, serverName(s.Box))] = has("d") || has("i") || unseen
	return err
}

// recreate deletes a mailbox and makes another one of the name.
func (w *world) recreate(s Step) error {
	if err := w.free(s.Box); err != nil {
		return err
	}
	if err := w.srv.DeleteMailbox(user, serverName(s.Box)); err != nil {
		return err
	}
	return w.srv.CreateMailbox(user, serverName(s.Box))
}

func (w *world) create(s Step) error { return w.srv.CreateMailbox(user, serverName(s.Box)) }

func (w *world) delete(s Step) error {
	if err := w.free(s.Box); err != nil {
		return err
	}
	return w.srv.DeleteMailbox(user, serverName(s.Box))
}

func (w *world) rename(s Step) error {
	if err := w.free(s.Box); err != nil {
		return err
	}
	return w.srv.RenameMailbox(user, serverName(s.Box), serverName(s.To))
}

const allRights = "lrswipkxtea"

// free says whether a mailbox is not locked, since locks are known by its name.
func (w *world) free(box string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.locked[box] {
		return fmt.Errorf("%s is locked", box)
	}
	return nil
}

// lock makes a mailbox impossible to select, as Text says, or possible again.
func (w *world) lock(s Step) error {
	w.mu.Lock()
	w.locked[s.Box] = s.Text != "open"
	w.mu.Unlock()
	name := serverName(s.Box)
	switch s.Text {
	case "open":
		return errors.Join(w.srv.SetSelectable(user, name, true), w.srv.SetRights(user, name, allRights))
	case "noselect":
		return w.srv.SetSelectable(user, name, false)
	}
	return w.srv.SetRights(user, name, "l")
}

// restart is the server's.
func (w *world) restart(s Step) error {
	w.net.set(func(x *weather) { x.refuse, x.refuseUntil = "refused", time.Now().Add(s.For.d()) })
	w.srv.Disconnect(user, s.Text)
	return nil
}

// command makes the server do something odd about a command: Box is its name.
func (w *world) command(s Step) error {
	a := oddities[s.Text]
	if a == nil {
		return fmt.Errorf("no oddity %q", s.Text)
	}
	w.rules.add(&rule{name: s.Box, n: s.N, until: time.Now().Add(s.For.d()), do: func() *imaptest.Action {
		action := a(s)
		wait := afterOutage
		if action.Reply != "" {
			wait = afterRefusal
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.trouble(action.Delay, wait(w.plan.World))
		return action
	}})
	return nil
}

// oddities are what a server may do about a command.
var oddities = map[string]func(Step) *imaptest.Action{
	"cut":      func(Step) *imaptest.Action { return &imaptest.Action{Cut: true} },
	"cutreply": func(Step) *imaptest.Action { return &imaptest.Action{CutReply: true} },
	"bye":      func(Step) *imaptest.Action { return &imaptest.Action{Bye: "shutting down"} },
	"no":       func(Step) *imaptest.Action { return &imaptest.Action{Reply: "NO [SERVERBUG] not now"} },
	"bad":      func(Step) *imaptest.Action { return &imaptest.Action{Reply: "BAD what?"} },
	"slow": func(s Step) *imaptest.Action {
		return &imaptest.Action{Delay: time.Duration(s.Seed % uint64(3*time.Minute))}
	},
	"alert": func(Step) *imaptest.Action {
		return &imaptest.Action{Untagged: []string{"OK [ALERT] The disk is nearly full", "OK Still here"}}
	},
}

// at makes something happen at the moment at which the server reads a command:
// Box is its name, and Then what happens.
func (w *world) at(s Step) error {
	if s.Then == nil {
		return errors.New("nothing to do then")
	}
	w.rules.add(&rule{name: s.Box, n: s.N, until: time.Now().Add(s.For.d()), do: func() *imaptest.Action {
		w.do(*s.Then)
		return nil
	}})
	return nil
}

// login makes the server refuse logins. Text says why.
func (w *world) login(s Step) error {
	reply := refusals[s.Text]
	if reply == "" {
		return fmt.Errorf("no refusal %q", s.Text)
	}
	w.rules.add(&rule{name: "login", until: time.Now().Add(s.For.d()), do: func() *imaptest.Action {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.trouble(0, afterRefusal(w.plan.World))
		if s.Text == "denied" {
			w.denied = append(w.denied, attempt{time.Now(), w.now.number})
		}
		return &imaptest.Action{Reply: reply}
	}})
	return nil
}

// refusals of logins.
var refusals = map[string]string{
	"denied":    "NO [AUTHENTICATIONFAILED] Invalid credentials",
	"limit":     "NO [LIMIT] too many connections",
	"throttled": "NO Request is throttled. Suggested Backoff Time: 299923 milliseconds",
	"outage":    "NO [UNAVAILABLE] Temporary authentication failure",
}

// lie makes the server tell less than it should, or what it should not.
func (w *world) lie(s Step) error {
	f, ok := lies[s.Text]
	if !ok {
		return fmt.Errorf("no lie %q", s.Text)
	}
	w.setFaults(f)
	return nil
}

// lies are what a server may do, and mail must be told in time nevertheless.
var lies = map[string]imaptest.Faults{
	"":          {},
	"mute":      {MuteIdle: true},
	"mute3m":    {MuteIdleAfter: 3 * time.Minute},
	"hold":      {HoldExists: true},
	"select":    {HoldUntilSelect: true},
	"noidle":    {RefuseIdle: "not today"},
	"storm":     {Storm: 20 * time.Second, StormBy: 3},
	"nonext":    {NoUIDNext: true},
	"zeronext":  {ZeroUIDNext: true},
	"nomodseq":  {NoModSeq: true},
	"lowmodseq": {ModSeqLag: 5},
	"vanished":  {Vanished: "1:*"},
	"backwards": {FetchBackwards: true},
	"chatter":   {BeforeTagged: []string{"OK Still here", "FLAGS (\\Seen)"}},
}

// clear ends all weather and rules, and mends the disk.
func (w *world) clear(Step) error {
	w.rules.clear()
	_ = w.breakDisk(Step{})
	w.setFaults(imaptest.Faults{})
	w.net.set(func(x *weather) { *x = weather{} })
	w.provider.end()
	w.habits.change(func(h *habit) { h.slow = 0 })
	w.mu.Lock()
	l := w.now
	w.troubles.end()
	w.mu.Unlock()
	if l != nil {
		l.spare()
	}
	return nil
}

// sky is an action of the network's weather.
func sky(f func(s Step, x *weather, until time.Time)) func(*world, Step) error {
	return func(w *world, s Step) error {
		w.net.set(func(x *weather) { f(s, x, time.Now().Add(s.For.d())) })
		return nil
	}
}

// die ends the life of the program: at once, or at a point.
func (w *world) die(s Step) error {
	w.mu.Lock()
	l := w.now
	w.mu.Unlock()
	switch {
	case l == nil:
	case s.Text == "now":
		l.crash(s.For.d())
		<-l.ended
	case s.Text == "leave":
		l.leave(s.For.d())
		<-l.ended
	default:
		l.doom(s.Text, max(s.N, 1), s.For.d())
	}
	return nil
}

func (w *world) breakDisk(s Step) error {
	w.disk.mu.Lock()
	defer w.disk.mu.Unlock()
	w.disk.fails = int(s.N)
	return nil
}

func (w *world) setHabit(s Step) error {
	w.habits.change(func(h *habit) {
		switch s.Do {
		case "commit":
			h.commit = s.Text
		case "body":
			h.body = s.Text
		case "slow":
			h.slow = time.Duration(s.N) * time.Millisecond
		}
	})
	return nil
}

// actions are all that may happen.
func actions() map[string]*action {
	return map[string]*action{
		// mail
		"deliver": {do: (*world).deliver},
		"poison":  {do: (*world).poison},
		"remove":  {do: (*world).remove},
		"flag":    {do: (*world).flag},
		"move":    {do: (*world).move},
		"copy":    {do: (*world).move},
		// mailboxes
		"rebuild":  {do: (*world).rebuild, wait: afterOutage},
		"recreate": {do: (*world).recreate, wait: afterOutage},
		"rename":   {do: (*world).rename, wait: afterOutage},
		"create":   {do: (*world).create, wait: afterMissing},
		"delete":   {do: (*world).delete, wait: afterOutage},
		"lock":     {do: (*world).lock, wait: afterMissing},
		// the network
		"cut":    {do: func(w *world, s Step) error { w.net.each(0, (*link).cut); return nil }, wait: afterOutage},
		"vanish": {do: func(w *world, s Step) error { w.net.each(0, (*link).blackhole); return nil }, wait: afterOutage},
		"cutat":  {do: sky(func(s Step, x *weather, until time.Time) { x.cutAt(s, until) })}, // trouble when it does: see world.calm
		"stall":  {do: sky(func(s Step, x *weather, until time.Time) { x.until = until }), wait: afterOutage},
		"lag": {do: sky(func(s Step, x *weather, until time.Time) {
			x.slow, x.slowUntil = time.Duration(s.N)*time.Millisecond, until
		}), wait: afterOutage},
		"refuse": {do: sky(func(s Step, x *weather, until time.Time) { x.refuse, x.refuseUntil = s.Text, until }), wait: afterOutage},
		// the server; its rules make trouble when they are met
		"restart": {do: (*world).restart, wait: afterOutage},
		"command": {do: (*world).command},
		"at":      {do: (*world).at},
		"login":   {do: (*world).login},
		"lie":     {do: (*world).lie},
		"token":   {do: (*world).spoil}, // trouble when it is noticed
		"calm":    {do: (*world).clear},
		// the program; the end of its life is trouble
		"die":    {do: (*world).die},
		"disk":   {do: (*world).breakDisk},
		"commit": {do: (*world).setHabit},
		"body":   {do: (*world).setHabit},
		"slow":   {do: (*world).setHabit},
	}
}
