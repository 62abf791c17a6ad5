package imaptest

import (
	"reflect"
	"time"
)

// Faults says how a server, or a wrapped connection, misbehaves. The zero value
// misbehaves in no way. Fields of one kind are read together; those of different
// kinds may be combined at will.
type Faults struct {
	// Bytes. On a server these work on what the client's parser sees, above TLS;
	// WrapConn works where it is put.

	Split        int           // every write in pieces of so many bytes; 0: whole
	SplitSeed    uint64        // every write in pieces of random size; 0: whole
	WriteDelay   time.Duration // before every piece; 0: none
	CutAfter     int64         // close after so many bytes written; 0: never
	CutAfterRead int64         // close after so many bytes read; 0: never
	StallAfter   int64         // after so many bytes written, nothing more is, though the connection lives; 0: never
	Drip         time.Duration // after StallAfter, one byte each time this has passed; 0: nothing

	// The network in between. The time counts from the last byte of either
	// side, or from SetFaults if that is later.

	Forget      time.Duration // a connection silent so long is forgotten: what is said then is swallowed; 0: never
	ForgetReset bool          // what the client says on a forgotten connection is answered by closing it
	CloseSilent time.Duration // a connection silent so long is closed; 0: never

	// Connecting and commands. The rest works on servers only.

	RefuseConnect    bool          // Dial fails; accepted connections are closed at once
	HandshakeDelay   time.Duration // before the TLS handshake; negative: for ever
	ByeOnConnect     string        // text of a BYE in place of the greeting
	GreetingDelay    time.Duration // before the greeting; negative: for ever
	RefuseLogin      string        // text of a NO to every login, with its code if any
	DropCapabilities []string      // neither said nor supported
	BeforeTagged     []string      // untagged lines, without "* ", before every tagged reply

	// When news is told.

	RefuseIdle      string        // text of a NO to IDLE
	NoIdlePlus      bool          // IDLE begins, but "+" is not said
	IdleTimeout     time.Duration // the server ends an IDLE as old as that with the tagged OK, without DONE; 0: never
	MuteIdle        bool          // IDLE is accepted, and nothing reported in it
	MuteIdleAfter   time.Duration // nothing is reported any more in an IDLE that is as old as that; 0: always something
	HoldExists      bool          // news is told in answer to NOOP and CHECK only
	HoldUntilSelect bool          // news is seen when the mailbox is selected again, and by nothing else
	ExistsLag       time.Duration // sessions are not told of a message before it is as old as that, and do not see it
	Storm           time.Duration // EXISTS is said each time this has passed, in IDLE and if PushAlways; 0: only when it is due
	StormBy         int           // by how many messages that EXISTS is too high
	Evict           Eviction      // what becomes of sessions whose mailbox is deleted or made \Noselect

	// What is told.

	NoUIDNext      bool   // SELECT and STATUS leave it out
	ZeroUIDNext    bool   // it is said to be 0
	UIDNextLag     uint32 // it is said to be lower by so much, but not below 1
	NoModSeq       bool   // mailboxes have no mod-sequences: NOMODSEQ
	ModSeqLag      uint64 // HIGHESTMODSEQ is said to be lower by so much, but not below 1
	Vanished       string // UIDs, as a set, that every VANISHED (EARLIER) names too, and that is always said
	SearchNumbers  bool   // UID SEARCH without RETURN that names no UIDs is answered with sequence numbers
	FetchBackwards bool   // FETCH answers for the last message first
	FetchApart     bool   // every item of a message comes in a response of its own

	// SayUID is what FETCH says in place of a UID. It is called by many
	// goroutines at once. Nil: the UID.
	SayUID func(uid uint32) uint32

	// Hook is asked before every command what to do about it; nil means to go
	// on. It is called when the first line of the command is read, by many
	// goroutines at once.
	Hook func(Call) *Action

	since    time.Time     // when they began
	over     chan struct{} // closed when others took their place
	vanished numSet
}

// SetFaults changes the faults of all connections, the live ones too, from now
// on: what counts bytes and time counts from now on. Nil: no faults. Those of
// Options.Habits stay unless f has others in their place.
func (s *Server) SetFaults(f *Faults) {
	g := s.habitual(f)
	if old := s.faults.Swap(g); old != nil {
		close(old.over)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	if g.Storm > 0 {
		s.wg.Go(func() { s.storm(g) })
	}
	for c := range s.conns {
		c.watchSilence(g)
	}
}

// habitual returns a copy of f, completed by the habits of the server.
func (s *Server) habitual(f *Faults) *Faults {
	g := &Faults{}
	if f != nil {
		*g = *f
	}
	g.since, g.over = time.Now(), make(chan struct{})
	if s.opts.Habits != nil {
		have, habits := reflect.ValueOf(g).Elem(), reflect.ValueOf(s.opts.Habits).Elem()
		for i := range have.NumField() {
			if field := have.Field(i); field.CanSet() && field.IsZero() {
				field.Set(habits.Field(i))
			}
		}
	}
	g.vanished = uidSet(g.Vanished)
	return g
}

// current returns the faults of the server; never nil.
func (s *Server) current() *Faults { return s.faults.Load() }
