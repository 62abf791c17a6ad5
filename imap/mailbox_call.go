package imap

import (
	"context"
	"fmt"
	"strings"

	"github.com/idlewild-mail/idlewild/imap/wire"
)

// call makes a call for the mailbox: build adds the arguments, under the mutex,
// when the command's turn has come and the mailbox is still selected.
func (m *Mailbox) call(name string, foot footprint, build func(*wire.Command)) *call {
	k := &call{name: name, foot: foot}
	k.prepare = func() (*wire.Command, error) {
		if err := m.usable(); err != nil {
			return nil, err
		}
		cmd := wire.NewCommand(name)
		if build != nil {
			build(cmd)
		}
		return cmd, nil
	}
	return k
}

// do sends a call for the mailbox and waits for its end.
func (m *Mailbox) do(ctx context.Context, k *call) error {
	if err := m.check(m.usable); err != nil {
		return err
	}
	return m.client.do(ctx, k)
}

// writable returns why the mailbox cannot be changed, if so.
func (m *Mailbox) writable() error {
	if err := m.usable(); err != nil {
		return err
	}
	if m.state.ReadOnly {
		return ErrReadOnly
	}
	return nil
}

// check asks a condition under the mutex.
func (m *Mailbox) check(condition func() error) error {
	m.client.mu.Lock()
	defer m.client.mu.Unlock()
	return condition()
}

// offers says whether the server offers one of some capabilities.
func (c *Client) offers(names ...string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.caps.any(names...)
}

// any says whether one of some capabilities is there.
func (s *capabilities) any(names ...string) bool {
	for _, name := range names {
		if s.has(name) {
			return true
		}
	}
	return false
}

// among returns those of some capabilities that are there.
func (s *capabilities) among(names []string) (some []string) {
	for _, name := range names {
		if s.has(name) {
			some = append(some, name)
		}
	}
	return some
}

// concerned is the set for a footprint. One with "*" may concern any message:
// n:* is also the highest, be it below n (RFC 9051 §9, seq-range).
func concerned(set wire.NumSet) wire.NumSet {
	if set.Dynamic() {
		return nil
	}
	return set
}

// nothingSaid is a command that the server answered with OK, and without the
// data that was asked for.
func nothingSaid(name string) error {
	return fmt.Errorf("imap: %s: the server said OK, but not what was asked for", name)
}

// capabilityValue returns what stands behind the name in a capability such as
// "RIGHTS=texk"; ok is false if there is none.
func (c *Client) capabilityValue(name string) (value string, ok bool) {
	values := c.capabilityValues(name)
	if len(values) == 0 {
		return "", false
	}
	return values[0], true
}

// capabilityValues is capabilityValue for capabilities that stand there several
// times, such as "QUOTA=RES-STORAGE".
func (c *Client) capabilityValues(name string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var values []string
	for _, s := range c.caps.list {
		if len(s) >= len(name) && strings.EqualFold(s[:len(name)], name) {
			values = append(values, s[len(name):])
		}
	}
	return values
}
