package imaptest

import (
	"fmt"
	"strings"
)

const (
	leastBatch  = 500     // messages in a batch
	mostBatched = 100_000 // messages that are counted for one command
)

// uidBatches: RFC 10022.
func (c *conn) uidBatches(cmd *command) reply {
	cmd.sp()
	size := int(cmd.number())
	first, last := 1, 0
	if cmd.accept(' ') {
		first = int(cmd.number())
		cmd.expect(':')
		last = int(cmd.number())
		if cmd.err == nil && (first == 0 || first > last) {
			cmd.fail("batches are numbered from 1 up")
		}
	}
	if !cmd.end() {
		return cmd.syntax()
	}
	total := len(c.view.messages)
	switch {
	case size < leastBatch:
		return no("TOOFEW", "a batch has at least %d messages", leastBatch)
	case last == 0 && total > mostBatched, last != 0 && (last-first+1)*size > mostBatched:
		return no("TOOMANY", "no more than %d messages are counted", mostBatched)
	}
	var ranges []string
	for n, end := 1, total; end > 0; n, end = n+1, end-size {
		if n < first || last != 0 && n > last {
			continue
		}
		low := uint32(1) // the last batch reaches down to the beginning
		if end > size {
			low = c.view.messages[end-size-1].uid + 1
		}
		ranges = append(ranges, fmt.Sprintf("%d:%d", c.view.messages[end-1].uid, low))
	}
	line := fmt.Sprintf("UIDBATCHES (TAG %q)", cmd.tag)
	if len(ranges) > 0 {
		line += " " + strings.Join(ranges, ",")
	}
	c.untagged("%s", line)
	return ok("UIDBATCHES completed")
}
