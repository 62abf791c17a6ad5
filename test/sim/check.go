package sim

import (
	"time"

	"github.com/idlewild-mail/idlewild/imap"
)

// check says whether something is wrong. (I1, I2, I8, I9)
func (w *world) check() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refresh()
	w.compare()
	w.checkTime()
	w.checkPace()
	return len(w.wrong) > 0
}

// mostDenied is how many refused logins there may be in an hour of one life.
const mostDenied = 3

// mostDials is how many attempts to connect there may be in an hour of one life:
// pauses are half of MaxWait on average, and shorter at the beginning.
func (w World) mostDials() int {
	longest := 5 * time.Minute
	if w.MaxWait > 0 {
		longest = w.MaxWait.d()
	}
	return (60 + int(3*time.Hour/longest)) * w.connections() * max(personalities[w.Server].dials, 1)
}

// connections is how many there are at most.
func (w World) connections() int {
	if w.Connections > 0 {
		return min(w.Connections, w.Mailboxes)
	}
	return min(3, w.Mailboxes)
}

// checkPace looks for too many attempts to connect.
func (w *world) checkPace() {
	if n := crowd(w.dials); n > w.plan.World.mostDials() {
		w.wronged("I8", "%d attempts to connect in an hour", n)
	}
	if n := crowd(w.denied); n > mostDenied {
		w.wronged("I8", "%d refused logins in an hour", n)
	}
}

// crowd is how many attempts there were in the last hour of the last life.
func crowd(all []attempt) (n int) {
	for i := len(all) - 1; i >= 0 && all[i].life == all[len(all)-1].life && time.Since(all[i].at) < time.Hour; i-- {
		n++
	}
	return n
}

// checkEnd is for what holds in the end: of what came and went while the mailbox
// was followed, it was told, or told that it was not. (I10)
func (w *world) checkEnd() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.checkPicture()
	for p, m := range w.all {
		for _, box := range w.plan.World.watched() {
			r := w.realms[realmKey{box, p.validity}]
			if r == nil || r.since.IsZero() || m.box != w.where(box) || m.died.IsZero() || !m.born.After(r.since) || m.uid >= r.cursor {
				continue
			}
			if f := w.fate(telling{box, p}); f.yielded == 0 && !f.skipped && !w.excused(box, m) {
				w.wronged("I10", "%s came at %s and went at %s, and nothing was said of it", m, m.born.Sub(w.story.began), m.died.Sub(w.story.began))
			}
		}
	}
}

// dialing notes an attempt to connect.
func (w *world) dialing(l *life) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dials = append(w.dials, attempt{time.Now(), l.number})
}

func uid(p place) imap.UID { return imap.UID(p.uid) }
