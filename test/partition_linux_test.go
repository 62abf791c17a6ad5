package test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/watch"
)

// TestB01_Partition: in a network of its own, all that the client sends vanishes
// without a sign, FIN, RST or ICMP. Each of the three that look for it finds it
// alone.
func TestB01_Partition(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("network namespaces are root's")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("with CI set, no live test may be left out: no ip: apt-get install iproute2")
		}
		t.Skip("no ip: apt-get install iproute2")
	}
	for _, finder := range finders {
		t.Run(finder.name, func(t *testing.T) {
			t.Parallel()
			cmd := inRole(t, "partition", finder.name)
			cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
			out, err := cmd.CombinedOutput()
			if errors.Is(err, syscall.EPERM) {
				t.Skip("no network namespaces here")
			}
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			t.Logf("%s", bytes.TrimSpace(out))
		})
	}
}

var partitionRoles = map[string]func(args []string) error{
	"partition":        partitionRole,
	"partition server": partitionServerRole,
}

const hour = time.Hour

// finders are what finds a connection on which nothing arrives any more: dial
// is how it is made, and a Watcher looks so often.
var finders = []struct {
	name     string
	dialer   net.Dialer
	timeouts imap.Timeouts
	scan     time.Duration
}{
	{"keepalive", net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: time.Second, Interval: time.Second, Count: 2}},
		imap.Timeouts{}, hour},
	{"user timeout", net.Dialer{KeepAlive: -1, Control: userTimeout(2_000)},
		imap.Timeouts{IdleStop: hour, Command: hour, Stall: hour}, 500 * time.Millisecond},
	{"the watch", net.Dialer{KeepAlive: -1},
		imap.Timeouts{IdleStop: time.Second}, 500 * time.Millisecond},
}

// userTimeout is what imap's own dialer does, with less patience.
func userTimeout(ms int) func(network, address string, conn syscall.RawConn) error {
	const tcpUserTimeout = 0x12
	return func(_, _ string, conn syscall.RawConn) error {
		return conn.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, ms) })
	}
}

const (
	clientIP = "10.99.0.1"
	serverIP = "10.99.0.2"

	clientMAC = "02:00:00:00:00:01"
	serverMAC = "02:00:00:00:00:02"
	nobody    = "02:00:00:00:00:99" // no machine has it
)

// ip configures the network of this process.
func ip(args string) error {
	if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", args, err, out)
	}
	return nil
}

// partitionServerRole is a mail server in a network of its own. It is told what
// to do by lines: "go", when it has been connected, "cut" and "mend", and "deliver".
func partitionServerRole([]string) error {
	in := bufio.NewScanner(os.Stdin)
	in.Scan() // go
	if err := errors.Join(ip("addr add "+serverIP+"/24 dev partition1"), ip("link set partition1 up")); err != nil {
		return err
	}
	l, err := net.Listen("tcp", serverIP+":143")
	if err != nil {
		return err
	}
	s := imaptest.NewServer(nil)
	defer s.Close()
	s.AddUser("alice", "pass")
	go func() { _ = s.Serve(l) }()
	fmt.Println("ready")
	for in.Scan() {
		switch in.Text() {
		case "cut":
			err = reach(clientIP, nobody, "partition1")
		case "mend":
			err = reach(clientIP, clientMAC, "partition1")
		case "deliver":
			_, err = s.Deliver("alice", "INBOX", []byte(message(1, 10)), nil)
		}
		if err != nil {
			return err
		}
		fmt.Println("done")
	}
	return nil
}

// reach says where packets to an address go.
func reach(ipAddress, mac, device string) error {
	return ip("neigh replace " + ipAddress + " lladdr " + mac + " dev " + device + " nud permanent")
}

// neighbour is the server's process, and the wire to it.
type neighbour struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

// connectNeighbour starts a server in another network, and connects the two.
func connectNeighbour() (*neighbour, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	n := &neighbour{cmd: exec.Command(self)}
	n.cmd.Env = append(os.Environ(), "IDLEWILD_ROLE=partition server")
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	n.cmd.Stderr = os.Stderr
	if n.in, err = n.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	n.out = bufio.NewScanner(out)
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	for _, command := range []string{
		"link add partition0 address " + clientMAC + " type veth peer name partition1 address " + serverMAC + " netns " + strconv.Itoa(n.cmd.Process.Pid),
		"addr add " + clientIP + "/24 dev partition0",
		"link set partition0 up",
		"link set lo up",
	} {
		if err := ip(command); err != nil {
			return nil, errors.Join(err, n.close())
		}
	}
	return n, n.say("go", "ready")
}

func (n *neighbour) say(line, answer string) error {
	if _, err := fmt.Fprintln(n.in, line); err != nil {
		return err
	}
	if !n.out.Scan() || n.out.Text() != answer {
		return fmt.Errorf("the server said %q, want %q", n.out.Text(), answer)
	}
	return nil
}

func (n *neighbour) close() error {
	return errors.Join(n.in.Close(), n.cmd.Wait())
}

// cut makes all packets vanish, and mend lets them through again.
func (n *neighbour) cut() error {
	return errors.Join(reach(serverIP, nobody, "partition0"), n.say("cut", "done"))
}

func (n *neighbour) mend() error {
	return errors.Join(reach(serverIP, serverMAC, "partition0"), n.say("mend", "done"))
}

// partitionRole watches a server in another network, which is taken away and
// given back, with a message in between.
func partitionRole(args []string) (err error) {
	n, err := connectNeighbour()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	for _, f := range finders {
		if f.name != args[0] {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		idle := make(chan struct{}, 100)
		w := &watch.Watcher{Scan: f.scan, MaxWait: 100 * time.Millisecond, Patient: true, Dial: watch.Login(serverIP+":143", "alice", "pass",
			&imap.Options{Security: imap.Plaintext, InsecureLogin: true, Timeouts: f.timeouts, Dial: f.dialer.DialContext,
				Trace: writerFunc(func(b []byte) {
					if bytes.Contains(b, []byte("S: + idling")) {
						idle <- struct{}{}
					}
				})})}
		return n.part(ctx, w, idle)
	}
	return fmt.Errorf("no finder %q", args[0])
}

type writerFunc func([]byte)

func (f writerFunc) Write(b []byte) (int, error) {
	f(b)
	return len(b), nil
}

// part lets a Watcher in IDLE lose the server, and says how long it takes until
// that is seen. The message of the meantime arrives afterwards.
func (n *neighbour) part(ctx context.Context, w *watch.Watcher, idle <-chan struct{}) error {
	parted := make(chan time.Time, 1)
	failed := make(chan error, 1)
	go func() {
		<-idle
		failed <- errors.Join(n.cut(), n.say("deliver", "done"))
		parted <- time.Now()
	}()
	noticed := false
	for batch, err := range w.Watch(ctx) {
		if err != nil {
			return err
		}
		for _, e := range batch.Events {
			switch e := e.(type) {
			case watch.Offline:
				if e.Reason != watch.ReasonTimeout {
					return fmt.Errorf("offline because of %s: %w", e.Reason, e.Err)
				}
				if noticed {
					continue
				}
				noticed = true
				if err := <-failed; err != nil {
					return err
				}
				fmt.Printf("noticed after %.1f s: %v\n", time.Since(<-parted).Seconds(), e.Err)
				if err := n.mend(); err != nil {
					return err
				}
			case watch.Arrived:
				if !noticed {
					return errors.New("the message came through: there was no partition")
				}
				return nil
			}
		}
	}
	return ctx.Err()
}
