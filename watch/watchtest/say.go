package watchtest

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
)

// Arrive says that messages arrive, all in one batch, and returns their UIDs, the
// first of a mailbox being 1. Each is given as it is in a mailbox, header and
// text with CRLF; Message makes one, imaptest.CRLF corrects line ends. A nil one
// stands for a message that the server cannot describe: it is reported with its
// UID alone, without an Envelope, and handlers have to live with that.
func (s *Source) Arrive(mailbox string, messages ...[]byte) []imap.UID {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.box(mailbox)
	uids := b.next(len(messages))
	s.say(&step{kind: arrive, box: b, uids: uids, messages: slices.Clone(messages)})
	return slices.Clone(uids)
}

// Flag says that a message has these flags now, and no others.
func (s *Source) Flag(mailbox string, uid imap.UID, flags ...imap.Flag) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sayOf(mailbox, []imap.UID{uid}, &step{kind: flag, flags: flags})
}

// Remove says that messages are gone.
func (s *Source) Remove(mailbox string, uids ...imap.UID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sayOf(mailbox, uids, &step{kind: remove})
}

// Move says that messages are in another mailbox now, and returns their UIDs
// there. The other mailbox reports that they have arrived, in the next batch.
func (s *Source) Move(mailbox, to string, uids ...imap.UID) []imap.UID {
	s.mu.Lock()
	defer s.mu.Unlock()
	there := s.box(to).next(len(uids))
	s.sayOf(mailbox, uids, &step{kind: move, to: s.box(to), there: there})
	s.say(&step{kind: arrive, box: s.box(to), uids: there})
	return slices.Clone(there)
}

// sayOf adds a step about messages that were said to arrive.
func (s *Source) sayOf(mailbox string, uids []imap.UID, st *step) {
	st.box, st.uids = s.box(mailbox), slices.Clone(uids)
	for _, uid := range uids {
		if uid == 0 || uid > st.box.said {
			must(fmt.Errorf("no message %d has arrived in %s", uid, st.box.name))
		}
	}
	s.say(st)
}

// next gives UIDs away.
func (b *box) next(n int) (uids []imap.UID) {
	for range n {
		b.said++
		uids = append(uids, b.said)
	}
	return uids
}

// Reset says that the mailbox gets a new UIDVALIDITY; its messages keep their
// UIDs. With watch.PolicyResume, or "", those that were reported before are
// recognized; what was not committed when the program was restarted is reported
// with new IDs. With PolicyReplay all are reported again, and with PolicyBaseline
// none.
func (s *Source) Reset(mailbox string, policy watch.Policy) {
	if policy == "" {
		policy = watch.PolicyResume
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.say(&step{kind: reset, box: s.box(mailbox), policy: policy})
}

// Tell says any events, as they are, in one batch: those that are about a mailbox
// but not about its messages, such as Missing, Renamed, Stale, Recovered. With
// mailbox "" they are about the connection, as Alert and AuthFailed are, and
// there is nothing to commit.
func (s *Source) Tell(mailbox string, events ...watch.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begin()
	st := &step{kind: tell, events: slices.Clone(events)}
	if mailbox != "" {
		st.box = s.box(mailbox)
	}
	s.say(st)
}

// Disconnect says that the connection is lost, or, if it is already, that one
// more attempt fails; nil: io.ErrUnexpectedEOF. No time passes. Whatever is said
// next brings the connection back first.
func (s *Source) Disconnect(err error) {
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	s.sayPlain(&step{kind: disconnect, err: err})
}

// Connect says that the connection is back.
func (s *Source) Connect() { s.sayPlain(&step{kind: connect}) }

// End ends the Watch with an error; nil: ErrEnd. A Watch after that goes on
// behind it: so a program ends and is started again.
func (s *Source) End(err error) {
	if err == nil {
		err = ErrEnd
	}
	s.sayPlain(&step{kind: end, err: err})
}

func (s *Source) sayPlain(st *step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begin()
	s.say(st)
}

// FailCommit makes every Commit from now on fail with an error, as a Store does
// that cannot write; nil: they go well again.
func (s *Source) FailCommit(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusal = err
}

// Wait returns when a Watch has told all that was said so far, and the loop's
// body has ended, or with the error of ctx. It is for a Source that is Live,
// whose loop is in another goroutine; under testing/synctest, synctest.Wait does
// the same.
func (s *Source) Wait(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begin()
	for slices.ContainsFunc(s.log, func(st *step) bool { return !st.over }) {
		played := s.played
		s.mu.Unlock()
		select {
		case <-played:
		case <-ctx.Done():
			s.mu.Lock()
			return context.Cause(ctx)
		}
		s.mu.Lock()
	}
	return nil
}
