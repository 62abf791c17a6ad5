package test

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/test/live"
	"github.com/idlewild-mail/idlewild/test/proxy"
	"github.com/idlewild-mail/idlewild/watch"
)

// picture is what a consumer knows of a mailbox: the flags of its messages.
type picture map[imap.UID]string

// draw is what a consumer does with an event.
func (tr *trial) draw(e watch.Event) {
	switch e := e.(type) {
	case watch.Arrived:
		tr.pictureOf(e.Mailbox)[e.UID] = drawnFlags(e.Flags)
	case watch.Flags:
		tr.pictureOf(e.Mailbox)[e.UID] = drawnFlags(e.Flags)
	case watch.Gone:
		delete(tr.pictureOf(e.Mailbox), e.UID)
	case watch.Moved:
		delete(tr.pictureOf(e.Mailbox), e.UID)
	}
}

func (tr *trial) pictureOf(mailbox string) picture {
	if tr.pictures == nil {
		tr.pictures = map[string]picture{}
	}
	if tr.pictures[mailbox] == nil {
		tr.pictures[mailbox] = picture{}
	}
	return tr.pictures[mailbox]
}

// drawnFlags is a set of flags, but for \Recent, which is about sessions.
func drawnFlags(flags []imap.Flag) string {
	var names []string
	for _, f := range flags {
		if name := strings.ToLower(string(f)); name != `\recent` {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

var fetched = regexp.MustCompile(`^\* \d+ FETCH \(UID (\d+) FLAGS \(([^)]*)\)\)$|^\* \d+ FETCH \(FLAGS \(([^)]*)\) UID (\d+)\)$`)

// real is the picture that the server itself has.
func (tr *trial) real(mailbox string) picture {
	tr.t.Helper()
	p := picture{}
	for _, line := range tr.command("UID FETCH 1:* (UID FLAGS)", mailbox) {
		m := fetched.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		var uid imap.UID
		fmt.Sscan(m[1]+m[4], &uid)
		var flags []imap.Flag
		for _, name := range strings.Fields(m[2] + m[3]) {
			flags = append(flags, imap.Flag(name))
		}
		p[uid] = drawnFlags(flags)
	}
	return p
}

// command gives a command in a mailbox, as another client.
func (tr *trial) command(command, mailbox string) []string {
	tr.t.Helper()
	return tr.d.Command(trialUser, mailbox, command)
}

// TestLivePicture: other clients flag, move and delete messages in several
// mailboxes, the network fails meanwhile, and the picture that the events draw is
// the server's in the end. One connection listens to all: by NOTIFY where there is
// that, else in turn.
func TestLivePicture(t *testing.T) {
	mailboxes := []string{"INBOX", "Lists", "Work"}
	for _, server := range realServers {
		t.Run(server.name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t, server.start(t))
			for _, name := range mailboxes[1:] {
				tr.command("CREATE "+name, "")
			}
			tr.w.Mailboxes, tr.w.Changes, tr.w.Connections = mailboxes, true, 1
			tr.start()
			want := watch.ModeRotate
			if server.name == "Dovecot" {
				want = watch.ModeNotify
			}
			if got := tr.w.Mode(); got != want {
				t.Errorf("the mode is %s, want %s", got, want)
			}
			random := rand.New(rand.NewPCG(1, 0))
			for step := 1; step <= 12; step++ {
				for _, name := range mailboxes {
					tr.deliver(name, 10)
				}
				tr.meddle(random, mailboxes)
				switch step {
				case 3, 9:
					tr.lose(func() { tr.proxy.End(proxy.Reset) })
				case 6:
					tr.harm(func() { tr.proxy.Set(proxy.Blackhole()) })
				case 8:
					tr.noticed()
					tr.proxy.Set(proxy.Faults{})
				}
			}
			for _, name := range mailboxes {
				real := tr.real(name)
				drawn := func() (p picture) {
					tr.mu.Lock()
					defer tr.mu.Unlock()
					return maps.Clone(tr.pictureOf(name))
				}
				if len(real) < 50 {
					t.Errorf("%s: only %d messages are left", name, len(real))
				}
				tr.until(func() bool { return maps.Equal(drawn(), real) }, func() {
					t.Fatalf("%s: the picture is\n%v\nwant\n%v\n%s", name, drawn(), real, tr.story())
				})
			}
			tr.unique()
			t.Log(server.name+":", tr.cost())
		})
	}
}

// meddle is what other clients do: some flags, a move, a deletion.
func (tr *trial) meddle(random *rand.Rand, mailboxes []string) {
	tr.t.Helper()
	for _, name := range mailboxes {
		uid := func() int { return 1 + random.IntN(len(tr.sent[name])) }
		c, err := tr.d.Talk(trialUser)
		if err != nil {
			tr.t.Fatal(err)
		}
		for _, command := range []string{
			"SELECT " + name,
			fmt.Sprintf(`UID STORE %d:%d +FLAGS (\Seen)`, uid(), uid()),
			fmt.Sprintf(`UID STORE %d -FLAGS (\Seen)`, uid()),
			fmt.Sprintf(`UID STORE %d FLAGS (\Flagged $Odd)`, uid()),
			fmt.Sprintf(`UID MOVE %d %s`, uid(), mailboxes[random.IntN(len(mailboxes))]),
			fmt.Sprintf(`UID STORE %d +FLAGS (\Deleted)`, uid()),
			"EXPUNGE",
			"LOGOUT",
		} {
			if _, err := c.Command(command); err != nil {
				tr.t.Fatalf("%s in %s: %v", command, name, err)
			}
		}
		c.Close()
	}
}

// TestLiveMute measures promise P6: a server whose IDLE tells nothing, since
// something in between swallows it, and mail that is found nevertheless.
func TestLiveMute(t *testing.T) {
	for _, server := range realServers {
		t.Run(server.name, func(t *testing.T) {
			t.Parallel()
			d := server.start(t)
			tr := newTrial(t, d)
			p, err := proxy.New(d.Addr(), 1) // in clear: lines are to be seen
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(p.Close)
			p.Set(proxy.Faults{Down: proxy.Fault{Filter: func(line []byte) []byte {
				if bytes.HasPrefix(line, []byte("* ")) && (bytes.Contains(line, []byte(" EXISTS")) || bytes.Contains(line, []byte(" RECENT"))) {
					return []byte("* OK nothing to see here\r\n")
				}
				return line
			}}})
			tr.proxy = p
			tr.w.Dial = watch.Login(p.Addr(), trialUser, live.Password, &imap.Options{Security: imap.Plaintext, Timeouts: impatient()})
			tr.w.Scan = time.Second
			tr.start()
			var worst time.Duration
			for n := 1; n <= 3; n++ {
				tr.deliver("INBOX", 1)
				sent := time.Now()
				tr.await("the message", func() bool { return tr.arrived("INBOX") >= n })
				worst = max(worst, time.Since(sent))
			}
			tr.exact()
			if n := tr.count(watch.KindOffline); n > 0 {
				t.Errorf("offline %d times: it was not the scan\n%s", n, tr.story())
			}
			t.Logf("%s: found within %v, with a scan every %v, a poll every %v once it is known to be mute, and a bound of %v",
				server.name, worst.Round(time.Millisecond), tr.w.Scan, tr.w.Poll, tr.w.Bound())
		})
	}
}
