package live

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// patience bounds one command. It is no measure of speed: only a server
// that is stuck needs it.
const patience = 2 * time.Minute

// Append stores a message, byte for byte (line ends are yours to write as CRLF),
// and returns its UID. A mailbox that does not exist is created.
func (d *Server) Append(user, mailbox, message string) (uid uint32) {
	d.tb.Helper()
	err := d.talk(user, func(c *Conversation) (err error) {
		uid, err = c.Append(mailbox, message)
		return err
	})
	if err != nil {
		d.tb.Fatalf("live: append to %s of %s: %v", mailbox, user, err)
	}
	return uid
}

// Command logs in on a connection of its own, selects the mailbox unless it is
// "", gives one command (without a tag), and returns the untagged responses to
// it, literals included, line ends not. Any answer but OK fails the test.
func (d *Server) Command(user, mailbox, command string) (responses []string) {
	d.tb.Helper()
	err := d.talk(user, func(c *Conversation) (err error) {
		if mailbox != "" {
			if _, err = c.Command("SELECT " + quote(mailbox)); err != nil {
				return err
			}
		}
		responses, err = c.Command(command)
		return err
	})
	if err != nil {
		d.tb.Fatalf("live: %s by %s: %v", command, user, err)
	}
	return responses
}

// talk calls f with a connection on which user has logged in.
func (d *Server) talk(user string, f func(*Conversation) error) error {
	c, err := d.Talk(user)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := f(c); err != nil {
		return err
	}
	_, err = c.Command("LOGOUT")
	return err
}

// Talk returns a connection of its own on which user has logged in.
func (d *Server) Talk(user string) (*Conversation, error) {
	conn, err := net.DialTimeout("tcp", d.Addr(), patience)
	if err != nil {
		return nil, err
	}
	c := &Conversation{conn: conn, r: bufio.NewReader(conn)}
	if err := c.begin(user); err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

// Conversation is the least IMAP that a test needs besides the client that it is
// about: one command after the other, for one goroutine. Its owner owes it a
// Close.
type Conversation struct {
	conn net.Conn
	r    *bufio.Reader
	tags int
}

// Close ends the connection without a word.
func (c *Conversation) Close() error { return c.conn.Close() }

func (c *Conversation) begin(user string) error {
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if greeting, err := c.readResponse(); err != nil || !strings.HasPrefix(greeting, "* OK") {
		return fmt.Errorf("greeting %q: %w", greeting, err)
	}
	_, err := c.Command("LOGIN " + quote(user) + " " + quote(Password))
	return err
}

var appendUID = regexp.MustCompile(`\[APPENDUID \d+ (\d+)\]`)

// Append stores a message, in a mailbox that it creates if there is none, and
// returns its UID.
func (c *Conversation) Append(mailbox, message string) (uid uint32, err error) {
	command := fmt.Sprintf("APPEND %s {%d}", quote(mailbox), len(message))
	_, status, err := c.exchange(command, message)
	if err == nil && strings.Contains(status, "[TRYCREATE]") {
		if _, err = c.Command("CREATE " + quote(mailbox)); err != nil {
			return 0, err
		}
		_, status, err = c.exchange(command, message)
	}
	if err != nil {
		return 0, err
	}
	found := appendUID.FindStringSubmatch(status)
	if found == nil {
		return 0, fmt.Errorf("the server said %q", status)
	}
	n, err := strconv.ParseUint(found[1], 10, 32)
	return uint32(n), err
}

// Command gives one command (without a tag) and returns the untagged responses
// to it, literals included, line ends not. Any answer but OK is an error.
func (c *Conversation) Command(command string) ([]string, error) {
	responses, status, err := c.exchange(command, "")
	if err == nil && !strings.HasPrefix(status, "OK") {
		err = fmt.Errorf("the server said %q", status)
	}
	return responses, err
}

// exchange sends a command, and the literal when the server asks for it, and
// reads to the tagged response, which it returns without the tag.
func (c *Conversation) exchange(command, literal string) (responses []string, status string, err error) {
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, "", err
	}
	c.tags++
	tag := fmt.Sprintf("L%d ", c.tags)
	if _, err := io.WriteString(c.conn, tag+command+"\r\n"); err != nil {
		return nil, "", err
	}
	for {
		response, err := c.readResponse()
		if err != nil {
			return responses, "", err
		}
		if status, ok := strings.CutPrefix(response, tag); ok {
			return responses, status, nil
		}
		if strings.HasPrefix(response, "+") {
			if _, err := io.WriteString(c.conn, literal+"\r\n"); err != nil {
				return responses, "", err
			}
			continue
		}
		responses = append(responses, response)
	}
}

var literalSize = regexp.MustCompile(`\{(\d+)\}\r\n$`)

// readResponse reads a line and, where it ends in a literal, what continues it.
func (c *Conversation) readResponse() (string, error) {
	var b strings.Builder
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return "", err
		}
		b.WriteString(line)
		size := literalSize.FindStringSubmatch(line)
		if size == nil {
			return strings.TrimSuffix(b.String(), "\r\n"), nil
		}
		n, err := strconv.ParseInt(size[1], 10, 64)
		if err != nil {
			return "", err
		}
		if _, err := io.CopyN(&b, c.r, n); err != nil {
			return "", err
		}
	}
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
