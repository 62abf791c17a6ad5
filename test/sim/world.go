package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// world is a plan that is being carried out.
type world struct {
	plan    *Plan
	srv     *imaptest.Server
	user    *imaptest.User
	net     *network
	disk    *disk
	story   *story
	trace   bool
	actions map[string]*action
	habits
	rules    rules
	provider provider

	stop chan struct{} // closed when the program is not to be started again
	over chan struct{} // closed when it has ended

	mu     sync.Mutex // guards all below; nobody waits with it held
	now    *life
	ending bool
	books
	wrong []Violation
}

// Violation is an invariant that did not hold.
type Violation struct {
	Rule string // I1 to I10, or another word
	Text string
	At   time.Duration // since the beginning
}

func (v Violation) String() string { return fmt.Sprintf("%s: %s (at %s)", v.Rule, v.Text, v.At) }

// Result is what came of a plan.
type Result struct {
	Violations []Violation
	Story      string // the last of what happened
	Told       int    // messages
	Kinds      map[watch.Kind]int
	Lives      int
	Dials      int
}

// Run carries out a plan, in a bubble of testing/synctest. With trace, the
// protocol is in the story too; that takes time.
func Run(p *Plan, trace bool) *Result {
	w := newWorld(p, trace)
	go w.program()
	w.happen()
	w.end()
	w.mu.Lock()
	defer w.mu.Unlock()
	return &Result{
		Violations: w.wrong, Story: w.story.String(),
		Told: w.told, Kinds: w.kinds, Lives: w.lives, Dials: len(w.dials),
	}
}

func newWorld(p *Plan, trace bool) *world {
	opts := personalities[p.World.Server].options()
	if p.World.Tokens {
		opts.Mechanisms = []string{"XOAUTH2"}
	}
	w := &world{
		plan: p, story: newStory(password, "\x00"+user+"\x00"+password), srv: imaptest.NewServer(opts),
		disk: &disk{values: map[string]string{}}, actions: actions(),
		stop: make(chan struct{}), over: make(chan struct{}),
	}
	w.user = w.srv.AddUser(user, password)
	for _, name := range append(boxNames[1:p.World.Mailboxes:p.World.Mailboxes], spareNames[:]...) {
		if err := w.user.CreateMailbox(serverName(name)); err != nil {
			w.fail("sim", "%v", err)
		}
	}
	w.net = &network{
		srv: w.srv, links: map[*link]struct{}{}, rand: rand.New(rand.NewPCG(p.World.Seed, 0)),
		shuffle: p.World.Shuffle, split: p.World.Split,
	}
	w.habits.h.commit = p.World.Commit
	w.books.open(w.srv, personalities[p.World.Server].slack)
	w.setFaults(imaptest.Faults{})
	w.trace = trace
	w.tell("world", "%s", p.World)
	return w
}

func (w World) String() string { return line(w) }

// happen is what the plan says, and then good weather.
func (w *world) happen() {
	for _, s := range w.plan.Steps {
		w.after(s.After.d())
		if w.check() {
			return
		}
		w.do(s)
		if w.check() {
			return
		}
	}
	w.goodWeather()
}

// after lets time pass.
func (w *world) after(d time.Duration) {
	if d <= 0 {
		return
	}
	<-time.After(d)
	synctest.Wait()
}

// do does a step.
func (w *world) do(s Step) {
	w.tell("step", "%s", s)
	a := w.actions[s.Do]
	if a.wait != nil {
		w.mu.Lock()
		w.trouble(s.For.d(), a.wait(w.plan.World))
		w.mu.Unlock()
	}
	if err := a.do(w, s); err != nil {
		w.tell("step", "that was impossible: %v", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refresh()
}

// goodWeather lets all come right, and checks that it did.
func (w *world) goodWeather() {
	w.do(Step{Do: "calm"})
	for _, box := range w.plan.World.watched() {
		w.do(Step{Do: "create", Box: box})
		w.do(Step{Do: "lock", Box: box, Text: "open"})
	}
	w.mu.Lock()
	wait := time.Until(w.calm())
	w.mu.Unlock()
	for _, d := range []time.Duration{wait, w.bound()} {
		w.after(d)
		if w.check() {
			return
		}
	}
	for i, box := range w.plan.World.watched() {
		w.do(Step{Do: "deliver", Box: box, N: int64(1 + i), Seed: uint64(i)})
	}
	w.after(w.bound() + time.Second)
	if w.check() {
		return
	}
	for i, box := range w.plan.World.watched() {
		w.do(Step{Do: "flag", Box: box, Seed: uint64(i)})
		w.do(Step{Do: "remove", Box: box, Seed: uint64(i)})
	}
	w.after(2 * w.bound())
	if !w.check() {
		w.checkEnd()
	}
}

// scan is how often each mailbox is looked at.
func (w World) scan() time.Duration {
	if w.Scan > 0 {
		return w.Scan.d()
	}
	return 5 * time.Minute
}

// bound is Watcher.Bound, and what it may take to find out which messages
// connections are lost over.
func (w *world) bound() time.Duration {
	return w.plan.World.scan() + 30*time.Second + w.plan.deadly()
}

// deadly is how long messages may keep others back over which connections are
// lost: three for each of them, and two until each is asked for alone, to
// recognize those of a mailbox that was rebuilt, and again for what is new. Their
// copies are as deadly.
func (p *Plan) deadly() (d time.Duration) {
	copies := int64(1)
	for _, s := range p.Steps {
		switch {
		case s.Do == "copy":
			copies *= 2
		case s.Do == "poison" && s.Text == deadly:
			d += time.Duration(4+3*s.N) * (deadlyWait + afterOutage(p.World))
		}
	}
	return d * time.Duration(min(copies, 16))
}

// refuses says whether FETCH is refused as often in a row as it takes to hold that
// a message cannot be described: with others, among fewer, alone, and its flags.
func (p *Plan) refuses() bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Do == "command" && s.Box == "UID FETCH" && s.N >= 4 })
}

const deadlyWait = 2 * time.Minute // for the rest of an answer

// patience is how long it may take to end a life, in which the network may be
// anything.
const patience = 10 * time.Minute

// end stops everything, and waits for it.
func (w *world) end() {
	w.mu.Lock()
	w.ending = true
	now := w.now
	w.mu.Unlock()
	close(w.stop)
	if now != nil {
		now.cancel()
	}
	select {
	case <-w.over:
	case <-time.After(patience):
		w.fail("I7", "Watch has not ended %s after its Context", patience)
		w.net.close()
		<-w.over
	}
	w.net.close()
	w.srv.Close()
	synctest.Wait()
	if text := w.story.secret(); text != "" {
		w.fail("I6", "%s", text)
	}
}

func (w *world) fail(rule, format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wronged(rule, format, args...)
}

// wronged is fail with mu held.
func (w *world) wronged(rule, format string, args ...any) {
	v := Violation{rule, fmt.Sprintf(format, args...), time.Since(w.story.began)}
	if len(w.wrong) < 5 {
		w.wrong = append(w.wrong, v)
	}
	w.story.add("WRONG", v.String())
}

func (w *world) tell(kind, format string, args ...any) {
	w.story.add(kind, fmt.Sprintf(format, args...))
}

// ends is about a Watch that ended by itself.
func (l *life) ends(err error) {
	l.tell("life", "Watch: %v", err)
	if l.ctx.Err() == nil && !isOurs(err) {
		l.fail("API", "Watch ended: %v", err)
	}
	l.story.watchText("an error of Watch", err.Error())
}

// yielded writes down what was told.
func (l *life) yielded(life *life, b *watch.Batch) {
	l.world.mu.Lock()
	defer l.world.mu.Unlock()
	l.world.book(life, b)
}

// handled writes down that the handler is done with it.
func (l *life) handled(b *watch.Batch) {
	l.world.mu.Lock()
	defer l.world.mu.Unlock()
	l.world.settle(b)
}
