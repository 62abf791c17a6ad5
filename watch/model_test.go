package watch_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// TestModel lets a random world happen, and then good weather, and compares
// what was told with what the server knows. The seed is in the test's name.
func TestModel(t *testing.T) {
	seeds := 60
	if testing.Short() {
		seeds = 20
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			opts := new(imaptest.Options)
			switch seed % 5 {
			case 1:
				opts.Without = []string{"IDLE"}
			case 2:
				opts.PushAlways = true
			case 3:
				opts.IdleKeepalive = 2 * time.Minute
			case 4:
				opts.Without = []string{"ESEARCH", "UIDPLUS", "CONDSTORE", "QRESYNC"}
			}
			inWith(t, opts, func(w *world) {
				m := &model{world: w, rand: rand.New(rand.NewPCG(uint64(seed), 1)), runs: []int{0}}
				m.w.Store = new(memory)
				m.w.Patient = true
				m.w.Rand = seeded(uint64(seed))
				m.happen(40)
				m.check()
			})
		})
	}
}

type model struct {
	*world
	sent   int
	lazily bool // something was not committed at once
	rand   *rand.Rand
	runs   []int // where, among the events, each start of the program is
	resets int
}

// happen does random things, and then lets the weather clear.
func (m *model) happen(steps int) {
	m.start()
	for range steps {
		m.step()
		m.after(time.Duration(m.rand.Int64N(int64([]time.Duration{
			time.Millisecond, time.Second, time.Minute, 10 * time.Minute,
		}[m.rand.IntN(4)]))))
	}
	m.faults(imaptest.Faults{})
	m.lazy.Store(false)
	m.after(time.Hour)
}

// deliver delivers messages that can be told apart.
func (m *model) deliver(n int) {
	for range n {
		m.sent++
		text := imaptest.CRLF(fmt.Sprintf("From: bob@example.org\nMessage-ID: <%d@example.org>\n\nHi there.\n", m.sent))
		if _, err := m.srv.Deliver("alice", "INBOX", text, nil); err != nil {
			m.t.Fatal(err)
		}
	}
}

func (m *model) step() {
	switch m.rand.IntN(14) {
	case 0, 1, 2, 3:
		m.deliver(1 + m.rand.IntN(5))
	case 4:
		m.deliver(m.rand.IntN(700))
	case 5:
		for _, info := range m.srv.Messages("alice", "INBOX") {
			if m.rand.IntN(3) == 0 {
				_ = m.srv.Remove("alice", "INBOX", info.UID)
			}
		}
	case 6:
		m.srv.Disconnect("alice", []string{"", "going down"}[m.rand.IntN(2)])
	case 7:
		m.srv.Blackhole()
	case 8:
		if m.resets++; m.resets <= 2 {
			_ = m.srv.Rebuild("alice", "INBOX", m.rebuild())
		}
	case 9:
		m.stop()
		m.after(time.Duration(m.rand.Int64N(int64(time.Hour))))
		m.runs = append(m.runs, len(m.events))
		m.start()
	case 10:
		m.lazy.Store(m.rand.IntN(2) == 0)
		m.lazily = m.lazily || m.lazy.Load()
	default:
		m.faults(m.fault())
	}
}

// rebuild is a random way to be rebuilt.
func (m *model) rebuild() *imaptest.RebuildOptions {
	opts := &imaptest.RebuildOptions{
		Sessions: []imaptest.Eviction{
			imaptest.EvictBye, imaptest.EvictLate, imaptest.EvictClosed, imaptest.EvictNo, imaptest.EvictQuiet, imaptest.EvictTold,
		}[m.rand.IntN(6)],
		NewIDs: m.rand.IntN(2) == 0,
	}
	if m.rand.IntN(3) == 0 {
		opts.Shuffle = m.rand.Uint64() | 1
	}
	for _, info := range m.srv.Messages("alice", "INBOX") {
		if m.rand.IntN(20) == 0 {
			opts.Lost = append(opts.Lost, info.UID)
		}
	}
	return opts
}

// fault is a random weather.
func (m *model) fault() imaptest.Faults {
	names := []string{"LOGIN", "EXAMINE", "UID FETCH", "UID SEARCH", "IDLE", "NOOP"}
	name := names[m.rand.IntN(len(names))]
	switch m.rand.IntN(9) {
	case 0:
		return imaptest.Faults{RefuseConnect: true}
	case 1:
		return imaptest.Faults{MuteIdle: true}
	case 2:
		return imaptest.Faults{HoldExists: true}
	case 3:
		return imaptest.Faults{RefuseIdle: "no"}
	case 4:
		return imaptest.Faults{Split: 1 + m.rand.IntN(7)}
	case 5:
		return imaptest.Faults{CutAfter: 1 + m.rand.Int64N(20_000)}
	case 6:
		return cut(name, 1+m.rand.Int64N(4), m.rand.IntN(2) == 0)
	case 7:
		delay := time.Duration(m.rand.Int64N(int64(3 * time.Minute)))
		return imaptest.Faults{Hook: func(c imaptest.Call) *imaptest.Action {
			if c.Name == name {
				return &imaptest.Action{Delay: delay}
			}
			return nil
		}}
	}
	return imaptest.Faults{}
}

// place is a message's in the life of a mailbox.
type place struct {
	validity uint32
	uid      imap.UID
}

// check compares.
func (m *model) check() {
	m.stop()
	// Every five minutes, or every one where IDLE is refused; and a few more after
	// losses, news and floods.
	if n, most := m.srv.Stats().Commands["NOOP"], int(2*time.Since(m.began)/time.Minute)+500; n > most {
		m.t.Errorf("NOOP was sent %d times in %v", n, time.Since(m.began))
	}
	exists, told := map[place]bool{}, map[place]string{}
	messages := map[string]string{} // IDs of events by Message-ID
	for _, a := range m.srv.Log("alice", "INBOX") {
		exists[place{a.UIDValidity, imap.UID(a.UID)}] = true
	}
	ids := map[string]place{}
	var last place
	for i, x := range m.events {
		if slices.Contains(m.runs, i) {
			last = place{}
		}
		a, ok := x.event.(watch.Arrived)
		if !ok {
			continue
		}
		p := place{a.UIDValidity, a.UID}
		if p.validity == last.validity && p.uid <= last.uid {
			m.t.Errorf("%v after %v", p, last)
		}
		last = p
		if id, again := told[p]; again && id != a.ID {
			m.t.Errorf("%v has two IDs", p)
		}
		if other, again := ids[a.ID]; again && other != p {
			m.t.Errorf("%v and %v have one ID", p, other)
		}
		told[p], ids[a.ID] = a.ID, p
		if a.Envelope == nil {
			continue // the server could not describe it
		}
		message := a.Envelope.MessageID
		if id := messages[message]; id != "" && id != a.ID && !m.lazily {
			m.t.Errorf("%s was told again as %v", message, p)
		}
		messages[message] = a.ID
		// A rebuilt mailbox has messages that were not delivered again.
		if m.resets == 0 && !exists[p] {
			m.t.Errorf("%v never was", p)
		}
	}
	lost, validity := 0, m.srv.UIDValidity("alice", "INBOX")
	for _, info := range m.srv.Messages("alice", "INBOX") {
		id := messageID.FindString(string(info.Body()))
		if messages[id] == "" && told[place{validity, imap.UID(info.UID)}] == "" {
			lost++
		}
	}
	if lost > 0 {
		m.t.Errorf("%d messages lost; %d resets, %d times offline", lost, m.resets, len(all[watch.Offline](m.world)))
	}
}

var messageID = regexp.MustCompile(`<[0-9]+@example.org>`)
