package cli

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/idlewild-mail/idlewild/imap/imaptest"
)

// accident is something that costs the connection.
type accident struct {
	name, words string
	quick       bool // it comes without a pause before
	make        func(r *rand.Rand, f *imaptest.Faults)
	strike      func(s *imaptest.Server)
	hold        time.Duration // how long it goes on once the connection is lost
}

// weather is something that is wrong meanwhile, and later, but costs nothing.
type weather struct {
	name, words string
	make        func(r *rand.Rand, f *imaptest.Faults)
}

// accidents begins with those that are noticed at once.
func accidents() []accident {
	cut := func(s *imaptest.Server) { s.Disconnect(demoUser, "") }
	return []accident{
		{name: "cut", words: "the connection is cut", strike: cut},
		{name: "bye", words: "the server says goodbye",
			strike: func(s *imaptest.Server) { s.Disconnect(demoUser, "restarting, be right back") }},
		{name: "half-open", words: "the connection dies without a word",
			strike: func(s *imaptest.Server) { s.BlackholeUser(demoUser) }},
		{name: "cut-response", words: "the connection is cut inside a response",
			make: func(r *rand.Rand, f *imaptest.Faults) { f.CutAfter = 1 + r.Int64N(3000) }},
		{name: "cut-command", words: "the connection is cut inside a command",
			make: func(r *rand.Rand, f *imaptest.Faults) { f.CutAfterRead = 1 + r.Int64N(60) }},
		{name: "cut-reply", words: "the connection is cut in place of an answer",
			make: func(_ *rand.Rand, f *imaptest.Faults) {
				f.Hook = atCommand("UID FETCH", imaptest.Action{CutReply: true})
			}},
		{name: "stall", words: "the server stops inside a response",
			make: func(r *rand.Rand, f *imaptest.Faults) { f.StallAfter = 1 + r.Int64N(3000) }},
		{name: "refused", words: "connections are refused", strike: cut, hold: 400 * time.Millisecond,
			make: func(_ *rand.Rand, f *imaptest.Faults) { f.RefuseConnect = true }},
		{name: "bye-greeting", words: "the server turns everybody away", strike: cut, hold: 300 * time.Millisecond,
			make: func(_ *rand.Rand, f *imaptest.Faults) { f.ByeOnConnect = "[UNAVAILABLE] in maintenance" }},
		{name: "no-login", words: "logins are refused: the server cannot ask for passwords", strike: cut, hold: 300 * time.Millisecond,
			make: func(_ *rand.Rand, f *imaptest.Faults) {
				f.RefuseLogin = "[UNAVAILABLE] Temporary authentication failure"
			}},
		{name: "slow-greeting", words: "the server is slow to greet", strike: cut, hold: 200 * time.Millisecond,
			make: func(r *rand.Rand, f *imaptest.Faults) {
				f.GreetingDelay = time.Duration(r.Int64N(int64(200 * time.Millisecond)))
			}},
		{name: "forgotten", words: "the network forgets the connection",
			make: func(_ *rand.Rand, f *imaptest.Faults) { f.Forget, f.ForgetReset = 50*time.Millisecond, true }},
		{name: "bye-examine", words: "the server goes down while the mailbox is opened", strike: cut,
			make: func(_ *rand.Rand, f *imaptest.Faults) {
				f.Hook = atCommand("EXAMINE", imaptest.Action{Bye: "shutting down"})
			}},
	}
}

// atCommand has something done at the first command of a name.
func atCommand(name string, what imaptest.Action) func(imaptest.Call) *imaptest.Action {
	var done atomic.Bool
	return func(c imaptest.Call) *imaptest.Action {
		if c.Name != name || done.Swap(true) {
			return nil
		}
		return &what
	}
}

func weathers() []weather {
	return []weather{
		{}, {}, {}, // nothing
		{"bytes", "every answer comes in pieces of 7 bytes", func(_ *rand.Rand, f *imaptest.Faults) { f.Split = 7 }},
		{"pieces", "answers come in pieces of any size", func(r *rand.Rand, f *imaptest.Faults) { f.SplitSeed = r.Uint64() }},
		{"mute", "IDLE tells nothing", func(_ *rand.Rand, f *imaptest.Faults) { f.MuteIdle = true }},
		{"held", "news is told to those who ask only", func(_ *rand.Rand, f *imaptest.Faults) { f.HoldExists = true }},
		{"phantoms", "messages are announced that are not there", func(_ *rand.Rand, f *imaptest.Faults) {
			f.Storm, f.StormBy = 50*time.Millisecond, 3
		}},
		{"late", "messages are told late", func(_ *rand.Rand, f *imaptest.Faults) { f.ExistsLag = 200 * time.Millisecond }},
		{"no-uidnext", "UIDNEXT is not told", func(_ *rand.Rand, f *imaptest.Faults) { f.NoUIDNext = true }},
		{"low-uidnext", "UIDNEXT is told too low", func(r *rand.Rand, f *imaptest.Faults) { f.UIDNextLag = 1 + r.Uint32N(20) }},
		{"backwards", "messages are listed backwards", func(_ *rand.Rand, f *imaptest.Faults) { f.FetchBackwards = true }},
		{"no-idle", "there is no IDLE", func(_ *rand.Rand, f *imaptest.Faults) { f.DropCapabilities = []string{"IDLE", "IMAP4REV2"} }},
	}
}
