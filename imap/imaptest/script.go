package imaptest

import (
	"bytes"
	"errors"
	"net"
)

// Script plays a transcript as the server and returns the client's end of the
// connection. At the end of the test it fails the test if the client said
// anything else than the transcript has, or less, or more.
//
// A transcript is written as RFCs print conversations, one thing a line.
// Indentation, empty lines and lines that start with # mean nothing.
//
//	S: text        the server says the text and CRLF
//	C: text        the client has to say exactly the text and CRLF
//	S!: text       the server says the text, with \r \n \t \0 \\ \" \xNN, and no more
//	C!: text       the client has to say exactly these bytes
//	any            the client says any one line; "any $1" takes its tag
//	pause 50ms     the server waits; "stall 5s" is the same
//	stall          the server swallows everything until the client closes
//	split 3,7,2    what the server says goes out in pieces of these sizes, over and
//	               over, each written on its own; "split off" ends that
//	halfclose      the server says nothing more, but listens
//	cut            the server closes the connection
//	expect-close   the client closes the connection now
//	starttls       the server begins TLS, with Peer.CA's certificate for localhost; as
//	               the first line it makes the connection a TLS one from the start
//	repeat 3       the lines up to "end" are played 3 times, without a number until
//	               the client closes
//
// A client's line that starts with $1, $2 and so on takes whatever tag the
// client uses; lines after it that have $1 in them mean that tag. In a repeat
// the tags are taken anew every time. Other tags are plain text, and C!: lines
// know no tags.
//
// When the client does something else, the connection is closed, so that the
// client comes to an end as well. After the last line the connection stays open
// until the client closes it; if the client idles then, it may say DONE first.
// What the server says to a client that has closed
// already counts as said.
func Script(t TB, transcript string) net.Conn {
	t.Helper()
	return NewScript(t, transcript).Conn
}

// Peer is a server that plays a transcript. Make it with NewScript.
type Peer struct {
	Conn net.Conn // the client's end
	CA   *CA      // who signs the server's certificate in starttls

	player *player
	played chan struct{} // closed after the last step, with err set
	ended  chan struct{} // closed when the client has closed too, with late set
	err    error
	late   error
	waited chan struct{} // holds one token, until Wait takes it
}

// NewScript is Script for tests that want to ask the peer as well.
func NewScript(t TB, transcript string) *Peer {
	t.Helper()
	script, err := ParseTranscript(transcript)
	if err != nil {
		t.Fatalf("%v", err)
		return nil
	}
	ca, err := NewCA()
	if err != nil {
		t.Fatalf("%v", err)
		return nil
	}
	client, server := Pipe()
	p := &Peer{
		Conn:   client,
		CA:     ca,
		player: newPlayer(script, server, &PlayOptions{TLS: ca.ServerConfig()}),
		played: make(chan struct{}),
		ended:  make(chan struct{}),
		waited: make(chan struct{}, 1),
	}
	p.waited <- struct{}{}
	go p.run()
	t.Cleanup(func() {
		t.Helper()
		if err := p.finish(); err != nil {
			t.Errorf("%v", err)
		}
	})
	return p
}

func (p *Peer) run() {
	defer close(p.ended)
	p.err = p.player.play()
	close(p.played)
	if p.err == nil {
		p.late = p.player.drain()
	}
	p.player.conn.Close()
}

// Wait waits until the script has been played to its end, and returns what the
// client did wrong. The test does not fail of it again; it still fails if the
// client says more than the script has.
func (p *Peer) Wait() error {
	<-p.played
	select {
	case <-p.waited:
	default:
	}
	return p.err
}

// Received returns everything the client has said so far, decrypted.
func (p *Peer) Received() []byte {
	p.player.mu.Lock()
	defer p.player.mu.Unlock()
	return bytes.Clone(p.player.received)
}

// finish ends the conversation and returns the errors nobody has been told.
func (p *Peer) finish() error {
	close(p.player.quit)
	p.Conn.Close()
	<-p.ended
	select {
	case <-p.waited:
		return errors.Join(p.err, p.late)
	default:
		return p.late
	}
}
