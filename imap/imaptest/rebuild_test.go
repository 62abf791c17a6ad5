package imaptest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// numbered is a message that differs from others.
func numbered(n int) string { return fmt.Sprintf("Subject: %d\nMessage-ID: <%d@x>\n\nHi\n", n, n) }

func TestRebuild(t *testing.T) {
	long := time.Date(2020, 2, 3, 4, 5, 6, 0, time.UTC)
	for _, row := range []struct {
		name string
		opts RebuildOptions
		want string // validity, the subjects by UID, whether the dates and the ids are the old ones
	}{
		{"plain", RebuildOptions{}, "2: 1=1 2=2 3=3 4=5 dates ids"},
		{"kept UIDs", RebuildOptions{KeepUIDs: true, UIDValidity: 7}, "7: 1=1 2=2 3=3 5=5 dates ids"},
		{"lost", RebuildOptions{Lost: []uint32{1, 3}}, "2: 1=2 2=5 dates ids"},
		{"shuffled", RebuildOptions{Shuffle: 1, NewDates: true}, "2: 1=2 2=3 3=1 4=5 ids"},
		{"new ids", RebuildOptions{NewIDs: true}, "2: 1=1 2=2 3=3 4=5 dates"},
	} {
		t.Run(row.name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, srv *Server) {
				for n := 1; n <= 5; n++ {
					deliver(t, srv, "INBOX", numbered(n))
				}
				must(t, srv.Remove("alice", "INBOX", 4))
				before := ids(t, srv)
				must(t, srv.Rebuild("alice", "INBOX", &row.opts))
				got := fmt.Sprintf("%d:", srv.UIDValidity("alice", "INBOX"))
				dates := true
				for _, m := range srv.Messages("alice", "INBOX") {
					subject, _, _ := strings.Cut(string(m.Body()[9:]), "\r")
					got += fmt.Sprintf(" %d=%s", m.UID, subject)
					dates = dates && m.Date.Equal(long)
				}
				if dates {
					got += " dates"
				}
				if after := ids(t, srv); !slices.ContainsFunc(after, func(id string) bool { return !slices.Contains(before, id) }) {
					got += " ids"
				}
				if got != row.want {
					t.Errorf("got  %s\nwant %s", got, row.want)
				}
			})
		})
	}
}

// ids returns the object identifiers of INBOX and of its messages.
func ids(t *testing.T, srv *Server) (all []string) {
	tk := loggedIn(t, srv, "INBOX")
	fmt.Fprintf(tk.conn, "A1 FETCH 1:* EMAILID\r\nA2 STATUS INBOX (MAILBOXID)\r\n")
	for {
		line, err := tk.in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(line, "A2") {
			break
		}
		if i := strings.Index(line, "ID ("); i >= 0 {
			all = append(all, strings.TrimSpace(line[i:]))
		}
	}
	return all
}

func TestRebuildUnderSessions(t *testing.T) {
	for how, script := range map[Eviction]string{
		EvictBye: "S: * BYE mailbox was rebuilt, its UIDVALIDITY has changed\nexpect-close",
		EvictTold: `
			S: * OK [UIDVALIDITY 2] the mailbox was rebuilt
			S: * OK [UIDNEXT 3] predicted next UID
			S: * 3 EXPUNGE
			S: * 3 EXISTS
			S: * 1 RECENT
			C: DONE
			S: A1 OK...
			C: A2 FETCH 1:* UID
			S: * 1 FETCH (UID 1)
			S: * 2 FETCH (UID 2)
			S: * 3 FETCH (UID 3)
			S: A2 OK...`,
		EvictQuiet: `
			C: DONE
			S: A1 OK...
			C: A2 UID SEARCH ALL
			S: * SEARCH 1 2 4
			S: A2 OK...
			C: A3 STATUS INBOX (MESSAGES UIDVALIDITY)
			S: * STATUS INBOX (MESSAGES 3 UIDVALIDITY 2)
			S: A3 OK...`,
	} {
		t.Run(string(how), func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, srv *Server) {
				for n := 1; n <= 4; n++ {
					deliver(t, srv, "INBOX", numbered(n))
				}
				must(t, srv.Remove("alice", "INBOX", 3))
				tk := loggedIn(t, srv, "INBOX")
				tk.talk("C: A1 IDLE\nS: + idling")
				synctest.Wait()
				must(t, srv.Rebuild("alice", "INBOX", &RebuildOptions{Sessions: how, Lost: []uint32{1}}))
				synctest.Wait()
				deliver(t, srv, "INBOX", hello)
				tk.talk(script)
			})
		})
	}
}

func TestRebuildErrors(t *testing.T) {
	srv := NewServer(nil)
	defer srv.Close()
	srv.AddUser("alice", "secret")
	for _, err := range []error{
		srv.Rebuild("alice", "INBOX", &RebuildOptions{UIDValidity: 1}),
		srv.Rebuild("alice", "INBOX", &RebuildOptions{KeepUIDs: true, Shuffle: 1}),
		srv.Rebuild("alice", "Work", nil),
	} {
		if err == nil {
			t.Error("no error where one is due")
		}
	}
}
