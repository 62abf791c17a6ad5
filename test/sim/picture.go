package sim

import (
	"maps"
	"slices"
	"strings"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

// A picture is what somebody who handles all events knows of the mailboxes: by
// message, its flags.
type picture map[telling]string

// draw adds what an event says. strangers says whether there may be messages
// that have not arrived.
func (p picture) draw(e watch.Event, strangers bool) {
	switch e := e.(type) {
	case watch.Arrived:
		p[telling{e.Mailbox, place{e.UIDValidity, uint32(e.UID)}}] = flagText(e.Flags)
	case watch.Flags:
		t := telling{e.Mailbox, place{e.UIDValidity, uint32(e.UID)}}
		if _, known := p[t]; known || strangers {
			p[t] = flagText(e.Flags)
		}
	case watch.Gone:
		delete(p, telling{e.Mailbox, place{e.UIDValidity, uint32(e.UID)}})
	case watch.Moved:
		delete(p, telling{e.Mailbox, place{e.UIDValidity, uint32(e.UID)}})
	case watch.Reset: // perhaps not for the first time
		maps.DeleteFunc(p, func(t telling, _ string) bool { return t.box == e.Mailbox })
	case watch.Skipped: // it was told in an earlier life, which could not save that
		for uid := range e.UIDs.All() {
			delete(p, telling{e.Mailbox, place{e.UIDValidity, uint32(uid)}})
		}
	}
}

// flagText is flags in order, as the ledger has them.
func flagText[F ~string](flags []F) string {
	var words []string
	for _, f := range flags {
		if !strings.EqualFold(string(f), `\Recent`) {
			words = append(words, strings.ToLower(string(f)))
		}
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// changed checks what is told of messages that were there before: that they are
// gone, and where they are.
func (w *world) changed(e watch.Event) {
	if !w.plan.World.Changes {
		w.wronged("I2", "%s, though changes are not asked for", describe(e))
	}
	switch e := e.(type) {
	case watch.Gone:
		w.mustBeGone(e, e.Mailbox, e.UIDValidity, e.UID)
	case watch.Moved:
		from := w.mustBeGone(e, e.Mailbox, e.UIDValidity, e.UID)
		to := w.all[place{e.ToUIDValidity, uint32(e.ToUID)}]
		if from != nil && (to == nil || to.token != from.token) {
			w.wronged("I2", "%s, but there is %v", describe(e), to)
		}
	}
}

// mustBeGone checks that a message is not there any more, and was once.
func (w *world) mustBeGone(e watch.Event, box string, validity uint32, uid imap.UID) *message {
	w.refresh()
	m := w.all[place{validity, uint32(uid)}]
	if m == nil || m.died.IsZero() && m.box == w.where(box) {
		w.wronged("I2", "%s, but there is %v", describe(e), m)
		return nil
	}
	return m
}

// remembers says whether the Watcher can know all that has changed: it has not
// been restarted, or the server tells.
func (w *world) remembers() bool {
	lies := slices.ContainsFunc(w.plan.Steps, func(s Step) bool { return s.Do == "lie" && strings.Contains(s.Text, "modseq") })
	return w.lives == 1 || personalities[w.plan.World.Server].tells && !lies
}

// secretive says whether the server refuses to tell even the flags of a message,
// and those of others with it.
func (w *world) secretive() bool {
	return slices.ContainsFunc(w.plan.Steps, func(s Step) bool { return s.Do == "poison" && s.Text == "refused" })
}

// checkPicture compares the picture with the mailboxes.
func (w *world) checkPicture() {
	if !w.plan.World.Changes || !w.remembers() || w.secretive() {
		return
	}
	for _, box := range w.plan.World.watched() {
		there := w.alive[w.where(box)]
		for p, m := range there {
			t := telling{box, p}
			if flags, ok := w.picture[t]; ok && flags != m.flags || !ok && w.fate(t).yielded == w.lives {
				w.wronged("picture", "%s has the flags %q; the events said %q (%t)", m, m.flags, flags, ok)
			}
		}
		now := w.srv.UIDValidity(user, serverName(w.where(box)))
		for t := range w.picture {
			if t.box == box && t.validity == now && there[t.place] == nil {
				w.wronged("picture", "%s %d/%d is gone, and was not told to be", box, t.validity, t.uid)
			}
		}
	}
}
