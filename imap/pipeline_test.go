package imap_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/wire"
)

// Promise 6: commands under way at once, answered in any order, with lines of
// all of them and others in between, get each what is theirs.
func TestPipelinedAnswers(t *testing.T) {
	for seed := range uint64(200) {
		synctest.Test(t, func(t *testing.T) { pipelined(t, seed) })
		if t.Failed() {
			t.Fatal("seed", seed)
		}
	}
}

func pipelined(t *testing.T, seed uint64) {
	conn, srv := imaptest.Pipe()
	rnd := rand.New(rand.NewPCG(seed, 0))
	var wg sync.WaitGroup
	wg.Go(func() {
		defer srv.Close()
		fmt.Fprintf(srv, "* PREAUTH [CAPABILITY IMAP4rev1 ESEARCH IDLE UIDPLUS] hello\r\n")
		answerAll(bufio.NewReader(srv), func(s string) { fmt.Fprint(srv, s) }, rnd)
	})
	defer wg.Wait()
	c, err := imap.NewClient(t.Context(), conn, &imap.Options{Security: imap.Plaintext})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	box, err := c.Select(t.Context(), "INBOX", nil)
	if err != nil {
		t.Fatal(err)
	}
	// The server shows that it tags its ESEARCH.
	if got, err := box.Search(t.Context(), imapUID(7)); err != nil || got.String() != "7" {
		t.Fatal(got, err)
	}
	var heard []string
	ready := make(chan struct{})
	var listener sync.WaitGroup
	listener.Go(func() {
		close(ready)
		for u, err := range box.Updates(t.Context()) {
			if err != nil {
				return
			}
			if c, is := u.(imap.Changed); is && c.Message.UID == 90 {
				heard = append(heard, said(u))
			}
		}
	})
	<-ready
	synctest.Wait()
	var calls sync.WaitGroup
	expect := func(what string, call func() (string, error), want string) {
		calls.Go(func() {
			if got, err := call(); err != nil || got != want {
				t.Errorf("seed %d: %s: %q, %v; want %q", seed, what, got, err, want)
			}
		})
	}
	tasks := []func(){}
	for i := range imap.UID(4) {
		uid := 10*i + 10
		tasks = append(tasks, func() {
			expect("FETCH", func() (s string, err error) {
				for m, e := range box.Fetch(t.Context(), imap.UIDRange(uid, uid+1), &imap.FetchOptions{Size: true, Sections: []imap.Section{{Kind: imap.Text}}}) {
					if err = e; e == nil {
						b, _ := m.Body(imap.Section{Kind: imap.Text}).Bytes()
						s += fmt.Sprint(m.UID, " ", m.Size, " ", string(b), len(m.Missing), ";")
					}
				}
				return s, err
			}, fmt.Sprintf("%d %d text %d0;%d %d text %d0;", uid, uid*100, uid, uid+1, uid*100+100, uid+1))
			expect("SEARCH", func() (string, error) {
				set, err := box.Search(t.Context(), imapUID(uid))
				return set.String(), err
			}, fmt.Sprint(uid))
			expect("STATUS", func() (string, error) {
				st, err := c.Status(t.Context(), fmt.Sprint("Box", uid), imap.StatusMessages)
				if err != nil {
					return "", err
				}
				return fmt.Sprint(st.Mailbox, " ", *st.Messages), nil
			}, fmt.Sprintf("Box%d %d", uid, uid))
			expect("NOOP", func() (string, error) { return "", c.Noop(t.Context()) }, "")
		})
	}
	rnd2 := rand.New(rand.NewPCG(seed, 3))
	rnd2.Shuffle(len(tasks), func(i, j int) { tasks[i], tasks[j] = tasks[j], tasks[i] })
	for _, task := range tasks {
		task()
	}
	calls.Wait()
	synctest.Wait()
	c.Close()
	listener.Wait()
	if len(heard) == 0 {
		return
	}
	var first int
	_, _ = fmt.Sscanf(heard[0], "changed 9 [n%d]", &first) // some came before the listener
	for i, h := range heard {
		if want := fmt.Sprintf("changed 9 [n%d]", first+i); h != want {
			t.Errorf("seed %d: update %d is %q, want %q", seed, i, h, want)
			break
		}
	}
}

type imapUID imap.UID

// answerAll gathers what the client pipelines, and then answers it in an order
// of its own.
func answerAll(in *bufio.Reader, write func(string), rnd *rand.Rand) {
	news := 0
	for {
		var answers [][]string
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			answers = append(answers, answerTo(strings.TrimRight(line, "\r\n")))
			if in.Buffered() == 0 {
				synctest.Wait()
				break
			}
		}
		var out strings.Builder
		for len(answers) > 0 {
			for rnd.IntN(2) == 0 {
				switch rnd.IntN(4) {
				case 0:
					fmt.Fprintf(&out, "* %d EXISTS\r\n", 200+news)
				case 1:
					out.WriteString("* XODD (thing 1)\r\n")
				case 2:
					out.WriteString("* OK [XCODE] text\r\n")
				default:
					fmt.Fprintf(&out, "* 9 FETCH (FLAGS (n%d) UID 90)\r\n", news)
					news++
				}
			}
			i := rnd.IntN(len(answers))
			out.WriteString(answers[i][0])
			if answers[i] = answers[i][1:]; len(answers[i]) == 0 {
				answers = slices.Delete(answers, i, i+1)
			}
		}
		write(out.String())
	}
}

// answerTo is the lines that answer a command; each is one response.
func answerTo(line string) []string {
	words := strings.Fields(line)
	tag, rest := words[0], strings.Join(words[1:], " ")
	done := tag + " OK done\r\n"
	var a, b int
	switch {
	case strings.HasPrefix(rest, "SELECT"):
		return []string{"* 200 EXISTS\r\n", "* OK [UIDNEXT 500] next\r\n", done}
	case strings.HasPrefix(rest, "UID FETCH"):
		if n, _ := fmt.Sscanf(words[3], "%d:%d", &a, &b); n != 2 {
			return []string{tag + " BAD " + rest + "\r\n"}
		}
		var lines []string
		for uid := a; uid <= b; uid++ { // in two parts
			text := fmt.Sprint("text ", uid)
			lines = append(lines,
				fmt.Sprintf("* %d FETCH (UID %d RFC822.SIZE %d)\r\n", uid, uid, a*100+100*(uid-a)),
				fmt.Sprintf("* %d FETCH (UID %d BODY[TEXT] {%d}\r\n%s)\r\n", uid, uid, len(text), text))
		}
		return append(lines, done)
	case strings.HasPrefix(rest, "UID SEARCH"):
		return []string{fmt.Sprintf("* ESEARCH (TAG %q) UID ALL %s\r\n", tag, words[len(words)-1]), done}
	case strings.HasPrefix(rest, "STATUS"):
		return []string{fmt.Sprintf("* STATUS %s (MESSAGES %s)\r\n", words[2], strings.TrimPrefix(words[2], "Box")), done}
	}
	return []string{done}
}

// AppendTo writes the query UID n.
func (u imapUID) AppendTo(cmd *wire.Command) { cmd.Atom("UID").Number(uint64(u)) }
