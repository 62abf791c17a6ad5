package imap_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/search"
	"github.com/idlewild-mail/idlewild/test/corpus"
)

// FuzzClient lets a server say anything to a client that has commands under
// way: no panic, nothing that waits for ever, and Close returns. Time is
// virtual, so a run is over as soon as everything waits.
func FuzzClient(f *testing.F) {
	for _, s := range clientSeeds(f) {
		f.Add([]byte(s), false)
	}
	f.Fuzz(func(t *testing.T, said []byte, hangUp bool) {
		if len(said) <= 16<<10 {
			synctest.Test(t, func(t *testing.T) { fuzzClient(t, said, hangUp) })
		}
	})
}

// clientSeeds are what the servers of the conversations and the corpus say, and
// answers to the commands that fuzzClient has under way.
func clientSeeds(f *testing.F) (seeds []string) {
	seeds = []string{
		"* 1 FETCH (UID 1 FLAGS (\\Seen) BODY[] {3}\r\nabc)\r\nA2 OK done\r\n* LIST () \"/\" x\r\nA3 OK done\r\n* SEARCH 1 2\r\nA4 OK done\r\n+ idling\r\n* 4 EXISTS\r\n",
		"A3 NO no\r\nA2 BAD what\r\nA4 OK [COPYUID 1 2 3] x\r\n* BYE gone\r\n",
		"* 1 FETCH (UID 1 BODY[] {70000}\r\n" + strings.Repeat("x", 9000),
		"A2 OK\r\nA2 OK\r\nA99 OK\r\n",
	}
	paths, err := filepath.Glob("testdata/*/*.imap")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		var said strings.Builder
		for line := range strings.Lines(string(b)) {
			if text, ok := strings.CutPrefix(line, "S: "); ok {
				for i, tag := range []string{"$1", "$2", "$3"} {
					text = strings.ReplaceAll(text, tag, []string{"A2", "A3", "A4"}[i])
				}
				said.WriteString(strings.TrimRight(text, "\n") + "\r\n")
			}
		}
		seeds = append(seeds, said.String())
	}
	for _, c := range corpus.Load(f, corpus.Attacks) {
		if len(c.Input) < 4096 {
			seeds = append(seeds, retag(c.Input, "A2"))
		}
	}
	return seeds
}

func fuzzClient(t *testing.T, said []byte, hangUp bool) {
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
	defer stop()
	conn, server := imaptest.Pipe()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer server.Close()
	wg.Go(func() { _, _ = io.Copy(io.Discard, server) })
	say := func(s string) { _, _ = server.Write([]byte(s)) }
	say("* PREAUTH [CAPABILITY IMAP4rev1 IDLE UIDPLUS ESEARCH LITERAL+] hi\r\n")
	c, err := imap.NewClient(ctx, conn, &imap.Options{Security: imap.Plaintext})
	if err != nil {
		t.Fatal(err)
	}
	box := selectInbox(ctx, t, c, say)
	// One after the other, so that each has the same tag every time.
	for _, do := range []func(){
		func() {
			for m, err := range box.Fetch(ctx, imap.UIDRange(1, 8), &imap.FetchOptions{Flags: true, Sections: []imap.Section{{}}}) {
				if err == nil {
					for b := range m.Bodies() { // also those that nobody asked for
						_, _ = io.ReadAll(b)
					}
				}
			}
		},
		func() {
			for range c.List(ctx, "*", nil) {
			}
		},
		func() { _, _ = box.Search(ctx, search.Unseen) },
		func() {
			for range box.Idle(ctx, nil) {
			}
		},
	} {
		wg.Go(do)
		synctest.Wait()
	}
	say(string(said))
	synctest.Wait()
	if hangUp {
		server.Close()
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// selectInbox selects INBOX.

func selectInbox(ctx context.Context, t *testing.T, c *imap.Client, say func(string)) *imap.Mailbox {
	type result struct {
		box *imap.Mailbox
		err error
	}
	done := make(chan result, 1)
	go func() {
		box, err := c.Select(ctx, "INBOX", nil)
		done <- result{box, err}
	}()
	synctest.Wait()
	say("* 3 EXISTS\r\n* OK [UIDNEXT 9] x\r\nA1 OK done\r\n")
	r := <-done
	if r.err != nil {
		t.Fatal(r.err)
	}
	return r.box
}
