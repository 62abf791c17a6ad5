package imaptest

import (
	"bytes"
	"net"
	"strconv"
	"strings"
)

// command is one command as the client sent it.
type command struct {
	parser
	tag     string
	name    string // upper case; of UID commands the word after UID
	uid     bool   // it was a UID command
	action  *Action
	refused *reply // an answer already found while it was read
}

// readCommand reads one command with all its literals, asking for those that
// wait to be asked for. An error means that the connection is over.
func (c *conn) readCommand() (*command, error) {
	cmd := &command{}
	cmd.eightBit, cmd.offers = c.srv.opts.EightBit, c.can
	cmd.quotes8, cmd.utf8 = c.takesUTF8(), c.speaksUTF8()
	textLeft, dataLeft := c.srv.opts.maxLine(), c.srv.opts.maxLiteral()
	for {
		text, fault, err := c.in.line(nil, textLeft)
		if err != nil {
			return nil, err
		}
		c.trace(text)
		textLeft -= len(text)
		cmd.lines = append(cmd.lines, cmdLine{text: text})
		if fault != faultNone {
			cmd.refuse(bad("%s", string(fault)))
		}
		if len(cmd.lines) == 1 {
			c.readName(cmd)
			if !c.obey(cmd) {
				return nil, net.ErrClosed
			}
		}
		n, wait, isLiteral := literalAt(text)
		if !isLiteral || !wait && !c.can("LITERAL+") && !c.srv.only["LITERAL-"] {
			return cmd, nil
		}
		if n > dataLeft {
			cmd.refuse(no("TOOBIG", "literal of %d bytes is too large", n))
		}
		if cmd.refused != nil && wait {
			return cmd, nil
		}
		data, err := c.readLiteral(n, wait, cmd.refused != nil)
		if err != nil {
			return nil, err
		}
		dataLeft -= n
		cmd.lines[len(cmd.lines)-1].literal = data
	}
}

// readLiteral reads a literal, or skips one that is refused.
func (c *conn) readLiteral(n int64, wait, skip bool) ([]byte, error) {
	if skip {
		return nil, c.in.skip(n)
	}
	if wait {
		c.out = append(c.out, "+ go ahead\r\n"...)
	}
	data, err := c.in.literal(n)
	if err == nil {
		c.trace(data)
	}
	return data, err
}

func (c *conn) trace(data []byte) {
	if c.srv.opts.Trace != nil {
		c.srv.opts.Trace(c.id, 'C', data)
	}
}

// readName reads tag and name from the first line, and asks the hook.
func (c *conn) readName(cmd *command) {
	tag := cmd.span(isTagChar)
	if tag == "" || cmd.peek() != ' ' {
		cmd.refuse(bad("expected a tag and a command"))
		return
	}
	cmd.tag = tag
	cmd.sp()
	cmd.name = strings.ToUpper(cmd.atom())
	if cmd.name == "UID" {
		cmd.sp()
		cmd.name, cmd.uid = strings.ToUpper(cmd.atom()), true
	}
	if cmd.err != nil {
		cmd.refuse(bad("%v", cmd.err))
		return
	}
	cmd.action = c.consult(cmd)
	if a := cmd.action; a != nil && a.Reply != "" {
		cmd.refuse(a.reply())
	}
}

// refuse keeps the first reason not to execute the command.
func (cmd *command) refuse(r reply) {
	if cmd.refused == nil {
		cmd.refused = &r
	}
}

// mayExpunge says whether EXPUNGE may be sent in answer to the command. RFC 3501
// §7.4.1.
func (cmd *command) mayExpunge() bool {
	switch cmd.name {
	case "FETCH", "STORE", "SEARCH", "SORT", "THREAD":
		return cmd.uid
	}
	return true
}

// adds says whether the command adds messages.
func (cmd *command) adds() bool {
	return cmd.name == "APPEND" || cmd.name == "COPY" || cmd.name == "MOVE" || cmd.name == "REPLACE"
}

// full is the name as errors give it.
func (cmd *command) full() string {
	if cmd.uid {
		return "UID " + cmd.name
	}
	return cmd.name
}

// literalAt says whether a line ends with the announcement of a literal, and
// whether the client waits before it sends it. RFC 3501 §4.3, RFC 7888.
func literalAt(text []byte) (n int64, wait, isLiteral bool) {
	if len(text) == 0 || text[len(text)-1] != '}' {
		return 0, false, false
	}
	start := bytes.LastIndexByte(text, '{')
	if start < 0 || inQuotes(text[:start]) {
		return 0, false, false
	}
	digits := text[start+1 : len(text)-1]
	wait = !bytes.HasSuffix(digits, []byte("+"))
	if !wait {
		digits = digits[:len(digits)-1]
	}
	for _, d := range digits {
		if !isDigit(d) {
			return 0, false, false
		}
	}
	n, err := strconv.ParseInt(string(digits), 10, 63)
	return n, wait, err == nil
}

// inQuotes says whether a quoted string is open at the end of text.
func inQuotes(text []byte) bool {
	open := false
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			open = !open
		case text[i] == '\\' && open:
			i++
		}
	}
	return open
}
