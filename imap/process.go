package imap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// DialCommand starts a program that speaks IMAP on its standard input and
// output, such as "ssh host /usr/lib/dovecot/imap", and returns a Client of
// it. A pipe is as good as TLS: PREAUTH is accepted. Every method works as on a
// network connection. Close ends the program and waits for it.
//
// cmd must not be started yet, with its Stdin and Stdout unset.
func DialCommand(ctx context.Context, cmd *exec.Cmd, opts *Options) (*Client, error) {
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("imap: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("imap: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("imap: start %s: %w", cmd.Path, err)
	}
	o := opts.withDefaults()
	o.Security = Plaintext
	p := &process{cmd: cmd, in: in, out: out, done: make(chan struct{})}
	c := newStarted(p, p, true, o)
	if err := c.awaitGreeting(ctx); err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("imap: %s: %w", strings.Join(cmd.Args, " "), err)
	}
	if !c.capsKnown() {
		if _, err := c.Capability(ctx); err != nil {
			_ = c.Close()
			return nil, err
		}
	}
	if err := c.acceptUTF8(ctx); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// process is a child process as a connection. Nothing sets its deadlines: all
// limits are timers that close it.
type process struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  io.ReadCloser
	once sync.Once
	done chan struct{} // closed when the program has ended
}

const processGrace = 2 * time.Second // between the end of its input and kill

func (p *process) Read(b []byte) (int, error)  { return p.out.Read(b) }
func (p *process) Write(b []byte) (int, error) { return p.in.Write(b) }

// Close ends the program: its input first, then, if that is not enough, it.
func (p *process) Close() error {
	p.once.Do(func() {
		_ = p.in.Close()
		_ = p.out.Close()
		kill := time.AfterFunc(processGrace, func() { _ = p.cmd.Process.Kill() })
		go func() {
			_ = p.cmd.Wait()
			kill.Stop()
			close(p.done)
		}()
	})
	return nil
}

// wait waits for the program's end, which Close has begun.
func (p *process) wait() { <-p.done }

func (p *process) LocalAddr() net.Addr              { return processAddr(p.cmd.Path) }
func (p *process) RemoteAddr() net.Addr             { return processAddr(p.cmd.Path) }
func (p *process) SetDeadline(time.Time) error      { return errors.ErrUnsupported }
func (p *process) SetReadDeadline(time.Time) error  { return errors.ErrUnsupported }
func (p *process) SetWriteDeadline(time.Time) error { return errors.ErrUnsupported }

type processAddr string

func (processAddr) Network() string  { return "pipe" }
func (a processAddr) String() string { return string(a) }
