package imaptest

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Whatever is done to the mailboxes of many sessions at once, the server goes on,
// and who comes then sees what there is.
func TestChaos(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inBubble(t, &Options{PushAlways: seed%2 == 1}, func(t *testing.T, srv *Server) {
				stop := make(chan struct{})
				var clients sync.WaitGroup
				for n := range uint64(4) {
					clients.Go(func() { confusedClient(srv, rand.New(rand.NewPCG(seed, n)), stop) })
				}
				administrate(srv, rand.New(rand.NewPCG(seed, 99)))
				close(stop)
				clients.Wait()
				srv.SetFaults(nil)
				if srv.Mailboxes("alice")[0] != "INBOX" {
					t.Error("INBOX is gone")
				}
				want := "* SEARCH"
				for _, m := range srv.Messages("alice", "INBOX") {
					want += fmt.Sprint(" ", m.UID)
				}
				loggedIn(t, srv, "INBOX").talk("C: A1 UID SEARCH ALL\nS: " + want + "\nS: A1 OK...")
			})
		})
	}
}

// confusedClient says this and that, and does not listen, again and again.
func confusedClient(srv *Server, random *rand.Rand, stop <-chan struct{}) {
	says := []string{
		"SELECT INBOX", "EXAMINE Work", "SELECT Job", "NOOP", "UID FETCH 1:* (FLAGS MODSEQ BODY[])", `UID STORE 1:* +FLAGS (\Deleted)`,
		"EXPUNGE", "UID MOVE 1:3 Work", "CLOSE", "IDLE\r\nDONE", "IDLE", "DONE", "UID SEARCH ALL", "ENABLE QRESYNC", "CHECK", "DELETE Work", "CREATE Work",
		"NOTIFY SET (SELECTED (MessageNew MessageExpunge FlagChange)) (PERSONAL (MessageNew MessageExpunge MailboxName))", "UNSELECT",
	}
	for {
		conn := srv.Pipe()
		var reader sync.WaitGroup
		reader.Go(func() { io.Copy(io.Discard, conn) })
		fmt.Fprint(conn, "L LOGIN alice secret\r\n")
		for range 30 {
			select {
			case <-stop:
				conn.Close()
				reader.Wait()
				return
			case <-time.After(time.Duration(random.IntN(1000)+1) * time.Millisecond):
			}
			if _, err := fmt.Fprintf(conn, "A %s\r\n", says[random.IntN(len(says))]); err != nil {
				break
			}
		}
		conn.Close()
		reader.Wait()
	}
}

// administrate does to the mailboxes all that can be done.
func administrate(srv *Server, random *rand.Rand) {
	kinds := []Eviction{EvictBye, EvictLate, EvictClosed, EvictNo, EvictQuiet, EvictTold}
	kind := func() Eviction { return kinds[random.IntN(len(kinds))] }
	boxes := []string{"INBOX", "Work", "Job"}
	box := func() string { return boxes[random.IntN(len(boxes))] }
	messages := slices.Repeat([][]byte{CRLF(hello)}, 5)
	acts := []func(){
		func() { srv.DeliverAll("alice", box(), messages, nil) },
		func() { srv.Deliver("alice", box(), messages[0], nil) },
		func() { srv.Rebuild("alice", box(), &RebuildOptions{Sessions: kind(), Shuffle: random.Uint64N(2)}) },
		func() { srv.Evict("alice", box(), kind()) },
		func() { srv.SetFaults(&Faults{Evict: kind(), ExistsLag: time.Second, Vanished: "1:9"}) },
		func() { srv.SetFaults(&Faults{Evict: kind(), Storm: 10 * time.Millisecond, IdleTimeout: time.Second}) },
		func() {
			srv.SetFaults(&Faults{Forget: time.Second, CloseSilent: 2 * time.Second, Split: 3, FetchApart: true})
		},
		func() { srv.SetFaults(&Faults{CutAfterRead: 100, NoModSeq: true, HoldUntilSelect: true}) },
		func() { srv.CreateMailbox("alice", box()) },
		func() { srv.DeleteMailbox("alice", box()) },
		func() { srv.RenameMailbox("alice", box(), box()) },
		func() { srv.SetSelectable("alice", "Work", random.IntN(2) == 0) },
		func() { srv.SetRights("alice", "Job", []string{"", "lr", "lrswipkxtea"}[random.IntN(3)]) },
		func() { srv.ResetModSeq("alice", box()) },
		func() {
			if all := srv.Messages("alice", "INBOX"); len(all) > 1 {
				srv.Move("alice", "INBOX", box(), all[0].UID, all[1].UID)
			}
		},
		srv.Blackhole,
		srv.Freeze,
		srv.Thaw,
		func() { srv.Stats() },
		func() { srv.DisconnectAll("now") },
	}
	for range 400 {
		<-time.After(time.Duration(random.IntN(200)+1) * time.Millisecond)
		acts[random.IntN(len(acts))]()
	}
	srv.Thaw()
	synctest.Wait()
}
