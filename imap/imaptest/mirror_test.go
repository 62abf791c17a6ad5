package imaptest

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// mirror is a client that keeps count of a mailbox by what it is told, and finds
// out whether it was told right.
type mirror struct {
	conn  net.Conn
	in    *bufio.Reader
	rnd   *rand.Rand
	count int
	uids  map[int]int // by sequence number, as far as known
	tag   int
}

// Several clients change one mailbox at random, while mail comes and goes and
// connections are lost. Every client's numbers have to be right at every moment.
func TestMirrors(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, srv *Server) { mirrors(t, srv, seed) })
		})
	}
}

func mirrors(t *testing.T, srv *Server, seed uint64) {
	var wg sync.WaitGroup
	for i := range uint64(4) {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(seed, i))
			for range 3 {
				if err := mirrorOnce(srv, rnd); err != nil {
					t.Errorf("client %d: %v", i, err)
				}
			}
		})
	}
	wg.Go(func() {
		rnd := rand.New(rand.NewPCG(seed, 100))
		for range 300 {
			<-time.After(time.Duration(rnd.IntN(50)) * time.Millisecond)
			switch all := srv.Messages("alice", "INBOX"); {
			case rnd.IntN(50) == 0:
				srv.Disconnect("alice", "go away")
			case rnd.IntN(2) == 0 || len(all) == 0:
				srv.Deliver("alice", "INBOX", CRLF(hello), nil)
			case rnd.IntN(2) == 0:
				srv.Remove("alice", "INBOX", all[rnd.IntN(len(all))].UID)
			default:
				srv.SetFlags("alice", "INBOX", all[0].UID, `\Flagged`)
			}
		}
	})
	wg.Wait()
	synctest.Wait()
	if n := srv.Connections(); n != 0 {
		t.Errorf("%d connections left", n)
	}
}

// mirrorOnce is one connection; to be sent away is no error.
func mirrorOnce(srv *Server, rnd *rand.Rand) error {
	m := &mirror{conn: srv.Pipe(), rnd: rnd, uids: make(map[int]int)}
	defer m.conn.Close()
	m.in = bufio.NewReader(m.conn)
	if err := m.ask("LOGIN alice secret"); err != nil {
		return ignoreEnd(err)
	}
	if err := m.ask("SELECT INBOX"); err != nil {
		return ignoreEnd(err)
	}
	for range 60 {
		<-time.After(time.Duration(rnd.IntN(40)) * time.Millisecond)
		if err := m.act(); err != nil {
			return ignoreEnd(err)
		}
	}
	return ignoreEnd(m.ask("LOGOUT"))
}

func ignoreEnd(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// act does something at random.
func (m *mirror) act() error {
	n := 1 + m.rnd.IntN(max(m.count, 1))
	switch m.rnd.IntN(9) {
	case 0:
		return m.ask("NOOP")
	case 1:
		return m.ask("EXPUNGE")
	case 2:
		return m.ask("UID SEARCH ALL")
	case 3:
		return m.ask("IDLE")
	case 4:
		return m.ask("APPEND INBOX {1+}\r\nx")
	}
	if m.count == 0 {
		return nil
	}
	switch m.rnd.IntN(5) {
	case 0:
		return m.ask(fmt.Sprintf("STORE %d +FLAGS (\\Deleted)", n))
	case 1:
		return m.ask(fmt.Sprintf("MOVE %d INBOX", n))
	case 2:
		return m.ask(fmt.Sprintf("COPY %d INBOX", n))
	}
	return m.ask("FETCH 1:* UID")
}

// ask gives a command and follows the answer.
func (m *mirror) ask(text string) error {
	m.tag++
	tag := fmt.Sprintf("T%d ", m.tag)
	fmt.Fprintf(m.conn, "%s%s\r\n", tag, text)
	for {
		line, err := m.in.ReadString('\n')
		if err != nil {
			return io.EOF
		}
		line = strings.TrimSpace(line)
		switch {
		case line == "+ idling":
			<-time.After(time.Duration(m.rnd.IntN(300)) * time.Millisecond)
			io.WriteString(m.conn, "DONE\r\n")
		case strings.HasPrefix(line, tag+"BAD"):
			return fmt.Errorf("%q: %s (count %d)", text, line, m.count)
		case strings.HasPrefix(line, tag):
			return nil
		}
		if err := m.note(text, line); err != nil {
			return fmt.Errorf("%q: %w", text, err)
		}
	}
}

// note takes in one untagged line.
func (m *mirror) note(text, line string) error {
	var n, uid int
	if _, err := fmt.Sscanf(line, "* %d FETCH (UID %d)", &n, &uid); err == nil {
		if known := m.uids[n]; known != 0 && known != uid || n > m.count {
			return fmt.Errorf("message %d of %d has UID %d and had %d", n, m.count, uid, known)
		}
		m.uids[n] = uid
		return nil
	}
	switch _, _ = fmt.Sscanf(line, "* %d", &n); {
	case strings.HasSuffix(line, " EXISTS"):
		if n < m.count {
			return fmt.Errorf("%d messages after %d", n, m.count)
		}
		m.count = n
	case strings.HasSuffix(line, " EXPUNGE"):
		if n < 1 || n > m.count || strings.HasPrefix(text, "FETCH") || strings.HasPrefix(text, "STORE") {
			return fmt.Errorf("%s of %d", line, m.count)
		}
		for i := n; i < m.count; i++ {
			m.uids[i] = m.uids[i+1]
		}
		delete(m.uids, m.count)
		m.count--
	case strings.Contains(line, " FETCH ") && n > m.count:
		return fmt.Errorf("%s of %d", line, m.count)
	}
	return nil
}
