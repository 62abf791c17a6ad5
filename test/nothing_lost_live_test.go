package test

import (
	"math/rand/v2"
	"testing"

	"github.com/idlewild-mail/idlewild/test/live"
	"github.com/idlewild-mail/idlewild/test/proxy"
	"github.com/idlewild-mail/idlewild/watch"
)

// realServers are those that are started for a test.
var realServers = []struct {
	name  string
	start func(t *testing.T) *live.Server
}{
	{"Dovecot", func(t *testing.T) *live.Server { return &live.StartDovecot(t, nil).Server }},
	{"Cyrus", func(t *testing.T) *live.Server { return &live.StartCyrus(t, "").Server }},
}

// harms are what happens while a thousand messages arrive: after each step, but
// for the last.
var harms = []struct {
	name string
	step int // messages
	do   func(tr *trial, nth int)
}{
	{"restarted", 250, func(tr *trial, _ int) {
		tr.hangUp()
		tr.lose(tr.d.Restart)
	}},
	{"paused", 200, func(tr *trial, nth int) {
		if nth == 1 { // until the connection is given up
			tr.lose(tr.d.Pause)
		} else { // for as long as something is asked for in vain
			before := tr.proxy.Passed()
			tr.d.Pause()
			tr.await("a question", func() bool { return tr.proxy.Passed() > before })
		}
		tr.d.Resume()
	}},
	{"cut off", 250, func(tr *trial, nth int) {
		switch nth {
		case 1:
			tr.harm(func() { tr.proxy.Set(proxy.Blackhole()) })
		case 2:
			tr.noticed()
		case 3:
			tr.proxy.Set(proxy.Faults{})
		}
	}},
	{"deaf in one direction", 200, func(tr *trial, nth int) {
		switch nth {
		case 1:
			tr.lose(func() { tr.proxy.Set(proxy.Faults{Down: proxy.Fault{Swallow: true}}) })
		case 2, 4:
			tr.proxy.Set(proxy.Faults{})
			tr.await("all that was sent", func() bool { return tr.arrived("INBOX") == len(tr.sent["INBOX"]) })
		case 3:
			tr.lose(func() { tr.proxy.Set(proxy.Faults{Up: proxy.Fault{Stall: true}}) })
		}
	}},
	{"refused", 250, func(tr *trial, nth int) {
		var err error
		switch nth {
		case 1:
			err = tr.proxy.Refuse(true)
			tr.lose(func() { tr.proxy.End(proxy.Reset) })
		case 2:
			before := tr.count(watch.KindOffline)
			tr.await("another attempt", func() bool { return tr.count(watch.KindOffline) > before })
			err = tr.proxy.Refuse(false)
		}
		if err != nil {
			tr.t.Fatal(err)
		}
	}},
	{"cut again and again", 20, func(tr *trial, nth int) {
		random := rand.New(rand.NewPCG(uint64(nth), 0))
		tr.proxy.Plan(func(int) proxy.Faults {
			how := []proxy.End{proxy.Close, proxy.Reset, proxy.HalfClose}[random.IntN(3)]
			if random.IntN(4) == 0 {
				return proxy.Faults{Up: proxy.Fault{Cut: 1 + random.Int64N(4_000), End: how, Split: 100}}
			}
			return proxy.Faults{Down: proxy.Fault{Cut: 1 + random.Int64N(50_000), End: how, Split: 1000}}
		})
		tr.lose(func() { tr.proxy.End(proxy.End(nth % 3)) })
		if nth == 1_000/20-1 {
			tr.proxy.Set(proxy.Faults{})
		}
	}},
}

// TestLiveNothingLost: a thousand messages are told once each, in order, whatever
// happens to the server and to the network meanwhile.
func TestLiveNothingLost(t *testing.T) {
	for _, server := range realServers {
		for _, harm := range harms {
			t.Run(server.name+"/"+harm.name, func(t *testing.T) {
				t.Parallel()
				tr := newTrial(t, server.start(t))
				tr.start()
				for nth := 1; nth < 1_000/harm.step; nth++ {
					tr.deliver("INBOX", harm.step)
					harm.do(tr, nth)
				}
				tr.deliver("INBOX", harm.step)
				tr.exact()
				if tr.count(watch.KindOffline) == 0 {
					t.Error("nothing has happened")
				}
				t.Log(server.name, "is", harm.name+":", tr.cost(), "\n"+tr.story())
			})
		}
	}
}

// TestLiveManyMailboxes: a thousand messages in four mailboxes, however they are
// listened to, while connections are reset and the server is restarted.
func TestLiveManyMailboxes(t *testing.T) {
	mailboxes := []string{"INBOX", "Lists", "Work", "Archive"}
	for _, server := range realServers {
		for _, mode := range []watch.Mode{watch.ModeNotify, watch.ModeRotate, watch.ModeIdle} {
			if mode == watch.ModeNotify && server.name == "Cyrus" {
				continue // it has none
			}
			t.Run(server.name+"/"+string(mode), func(t *testing.T) {
				t.Parallel()
				tr := newTrial(t, server.start(t))
				for _, name := range mailboxes[1:] {
					tr.command("CREATE "+name, "")
				}
				tr.w.Mailboxes, tr.w.Listen, tr.w.Connections = mailboxes, mode, len(mailboxes)
				tr.start()
				for nth := 1; nth <= 10; nth++ {
					for _, name := range mailboxes {
						tr.deliver(name, 25)
					}
					switch nth {
					case 2, 4, 8:
						tr.lose(func() { tr.proxy.End(proxy.Reset) })
					case 6:
						tr.hangUp()
						tr.lose(tr.d.Restart)
					}
				}
				tr.exact()
				t.Log(server.name, "by", mode, tr.cost())
			})
		}
	}
}
