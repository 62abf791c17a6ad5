package test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/test/live"
	"github.com/idlewild-mail/idlewild/watch"
)

// watchRole is a program that follows INBOX and writes down what it was told, and
// then what it has committed, each so that it lasts: on the server at args[0], whose
// authority is in the file args[1], with the store args[2] and the log args[3].
func watchRole(args []string) error {
	pem, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	store, err := watch.OpenFileStore(args[2])
	if err != nil {
		return err
	}
	log, err := os.OpenFile(args[3], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	note := func(format string, args ...any) error {
		if _, err := fmt.Fprintf(log, format, args...); err != nil {
			return err
		}
		return log.Sync()
	}
	w := &watch.Watcher{Account: "user1@localhost", Store: store, Patient: true, From: watch.All(), MaxWait: 100 * time.Millisecond,
		Dial: watch.Login(args[0], trialUser, live.Password,
			&imap.Options{TLSConfig: &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}})}
	for batch, err := range w.Watch(context.Background()) {
		if err != nil {
			return err
		}
		for _, e := range batch.Events {
			if a, ok := e.(watch.Arrived); ok {
				if err := note("told %d %s\n", a.UID, a.ID); err != nil {
					return err
				}
			}
		}
		if err := batch.Commit(); err != nil {
			return err
		}
		if batch.Mailbox != "" {
			if err := note("kept %d\n", batch.Cursor.UIDNext); err != nil {
				return err
			}
		}
	}
	return nil
}

// TestLiveKilled: the program that watches is killed again and again while a
// thousand messages arrive. None is missing, and only what was not committed is
// told again, with the ID that it had.
func TestLiveKilled(t *testing.T) {
	for _, server := range realServers {
		t.Run(server.name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t, server.start(t))
			defer tr.hangUp()
			log := filepath.Join(t.TempDir(), "log")
			random := rand.New(rand.NewPCG(1, 0))
			for n := 1; n <= 10; n++ {
				stop := tr.launch(log)
				tr.deliver("INBOX", 100)
				want := (n-1)*100 + 1 + random.IntN(99)
				if n == 10 {
					want = 1000
				}
				tr.await(fmt.Sprint(want, " messages"), func() bool { return len(readLog(t, log).ids) >= want })
				stop()
			}
			told := readLog(t, log)
			for _, uid := range tr.sent["INBOX"] {
				if told.ids[uid] == "" {
					t.Errorf("UID %d was never told", uid)
				}
			}
			if len(told.ids) != 1000 {
				t.Errorf("%d messages were told", len(told.ids))
			}
			t.Logf("%s: killed 9 times, %d told again, in %.1f s", server.name, told.again, time.Since(tr.began).Seconds())
		})
	}
}

// launch starts the program; it is killed by stop.
func (tr *trial) launch(log string) (stop func()) {
	tr.t.Helper()
	cmd := inRole(tr.t, "watch", tr.proxy.Addr(), tr.d.CAFile(), tr.path, log)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		tr.t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		_ = cmd.Process.Kill()
		if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
			tr.t.Errorf("the program ended by itself: %v: %s", err, said.Bytes())
		}
	}
	tr.t.Cleanup(stop)
	return stop
}

// toldLog is what the program has written down.
type toldLog struct {
	ids   map[uint32]string
	again int
}

// readLog checks that nothing was told again that was committed before, nor with
// another ID.
func readLog(t *testing.T, path string) toldLog {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	l := toldLog{ids: map[uint32]string{}}
	kept := uint32(0)
	for line := range strings.Lines(string(data)) {
		var uid uint32
		var id string
		if !strings.HasSuffix(line, "\n") {
			break // it is being written
		}
		if n, _ := fmt.Sscanf(line, "kept %d", &uid); n == 1 {
			kept = uid
			continue
		}
		if _, err := fmt.Sscanf(line, "told %d %s", &uid, &id); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if uid < kept {
			t.Errorf("UID %d is told, below %d, which was committed", uid, kept)
		}
		if before := l.ids[uid]; before != "" {
			l.again++
			if before != id {
				t.Errorf("UID %d is %s, and was %s", uid, id, before)
			}
		}
		l.ids[uid] = id
	}
	return l
}
