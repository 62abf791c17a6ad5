package sim

import "time"

// A message must be told within Watcher.Bound of the moment at which it is there
// and a session can be made, and stays so. What keeps sessions from being made is
// trouble. When it is over the Watcher may still be waiting, since it must not
// try all the time: so long is excused too, and no longer.

// trouble is a time in which mail need not be told.
type trouble struct {
	until time.Time
	wait  time.Duration // the longest pause that it may have led to
}

// troubles are those of a world, or of one mailbox.
type troubles []trouble

// begin adds trouble for so long.
func (all *troubles) begin(d, wait time.Duration) {
	now := time.Now()
	kept := (*all)[:0]
	for _, t := range *all {
		if t.until.Add(t.wait).After(now) {
			kept = append(kept, t)
		}
	}
	*all = append(kept, trouble{now.Add(d), wait})
}

// end ends all trouble.
func (all troubles) end() {
	now := time.Now()
	for i := range all {
		if all[i].until.After(now) {
			all[i].until = now
		}
	}
}

// calm is from when on nothing is to be waited for.
func (all troubles) calm() (at time.Time) {
	for _, t := range all {
		if t := t.until.Add(t.wait); t.After(at) {
			at = t
		}
	}
	return at
}

// The longest pauses, as they are documented (Watcher.MaxWait).

func afterOutage(w World) time.Duration {
	if w.MaxWait > 0 {
		return w.MaxWait.d()
	}
	return 5 * time.Minute
}

// afterMissing is for a mailbox that was not there.
func afterMissing(w World) time.Duration { return w.scan() }

// afterRefusal is for a server that said no. What it refuses again and again,
// be it a login, a command or a mailbox, is tried every hour, give or take a tenth.
func afterRefusal(World) time.Duration { return 66 * time.Minute }

// trouble begins trouble for all mailboxes.
func (w *world) trouble(d, wait time.Duration) { w.troubles.begin(d, wait+w.slack) }

// calm is from when on mail must be told within the bound.
func (w *world) calm() time.Time {
	at := latest(latest(w.troubles.calm(), w.habits.prompt()), w.back.Add(w.slack))
	if t := w.net.lastCut(); !t.IsZero() {
		at = latest(at, t.Add(afterOutage(w.plan.World)+w.slack))
	}
	return at
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// mustBeInTime checks when a message was told. (I9)
func (w *world) mustBeInTime(p pending, m *message) {
	if !p.first {
		return
	}
	if late := p.at.Sub(latest(m.born, p.calm)) - w.bound(); late > 0 {
		w.wronged("I9", "%s was told %s too late: it came %s before, in good weather for %s",
			describe(p.event), late, p.at.Sub(m.born), p.at.Sub(p.calm))
	}
}

// checkTime looks for messages that should have been told by now. (I1, I9)
func (w *world) checkTime() {
	now, bound, calm := time.Now(), w.bound(), w.calm()
	if now.Before(calm.Add(bound)) {
		return
	}
	for _, box := range w.plan.World.watched() {
		if w.locked[w.where(box)] {
			continue
		}
		late := 0
		var one *message
		for p, m := range w.alive[w.where(box)] {
			f := w.fate(telling{box, p})
			if now.After(m.born.Add(bound)) && !f.handled && !f.skipped && !w.excused(box, m) {
				one = m
				late++
			}
		}
		if late > 0 {
			w.wronged("I1/I9", "%d messages of %s not told, such as %s, which came %s ago, in good weather for %s",
				late, box, one, now.Sub(one.born), now.Sub(calm))
		}
	}
}
