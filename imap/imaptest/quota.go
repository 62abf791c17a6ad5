package imaptest

import (
	"fmt"
	"strconv"
	"strings"
)

// quotaLimits are what the user's one quota root, whose name is "", allows: by
// resource, in upper case. What is not there has no limit.
type quotaLimits map[string]int64

// quotaResources are those that can be limited. RFC 9208 §5.
var quotaResources = []string{"STORAGE", "MESSAGE", "MAILBOX"}

// SetQuota limits what the user can store: resource is "STORAGE" (in KiB),
// "MESSAGE" or "MAILBOX". A limit below 0 is none. Deliver heeds no limits.
func (u *User) SetQuota(resource string, limit int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.quota == nil {
		u.quota = make(quotaLimits)
	}
	u.quota[strings.ToUpper(resource)] = limit
	if limit < 0 {
		delete(u.quota, strings.ToUpper(resource))
	}
}

// usage returns how much of a resource is used, in bytes for STORAGE.
func (u *User) usage(resource string) int64 {
	var n int64
	for _, b := range u.boxes {
		switch resource {
		case "MAILBOX":
			n++
		case "MESSAGE":
			n += int64(len(b.messages))
		default:
			n += b.size(func(*message) bool { return true })
		}
	}
	return n
}

// size is how many bytes some messages have.
func (b *mailbox) size(which func(*message) bool) int64 {
	var n int64
	for _, m := range b.messages {
		if which(m) {
			n += int64(len(m.body.data))
		}
	}
	return n
}

func kib(bytes int64) int64 { return (bytes + 1023) / 1024 }

// exceeds says why so much more cannot be stored, or nil. RFC 9208 §4.3.1.
func (c *conn) exceeds(u *User, messages int, bytes int64) *reply {
	if !c.can("QUOTA") {
		return nil
	}
	if limit, ok := u.quota["STORAGE"]; ok && kib(u.usage("STORAGE")+bytes) > limit {
		return overQuota("STORAGE")
	}
	if limit, ok := u.quota["MESSAGE"]; ok && u.usage("MESSAGE")+int64(messages) > limit {
		return overQuota("MESSAGE")
	}
	return nil
}

func overQuota(resource string) *reply {
	r := no("OVERQUOTA", "the quota of %s is exceeded", resource)
	return &r
}

func bytesOf(messages []*message) (n int64) {
	for _, m := range messages {
		n += int64(len(m.body.data))
	}
	return n
}

// getQuota: RFC 9208 §4.1.1.
func (c *conn) getQuota(cmd *command) reply {
	cmd.sp()
	root := cmd.astring()
	if !cmd.end() {
		return cmd.syntax()
	}
	u := c.user.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	if root != "" {
		return no("NONEXISTENT", "there is no such quota root")
	}
	c.sayQuota(u)
	return ok("GETQUOTA completed")
}

// getQuotaRoot: RFC 9208 §4.1.2.
func (c *conn) getQuotaRoot(cmd *command) reply {
	cmd.sp()
	name := cmd.mailboxName()
	return c.withMailbox(cmd, name, "r", func(b *mailbox) reply {
		c.about("QUOTAROOT", name)
		c.out = append(c.out, ` ""`...)
		c.crlf()
		c.sayQuota(b.user)
		return ok("GETQUOTAROOT completed")
	})
}

// setQuota: RFC 9208 §4.1.3. Every user may, so that clients can be tested.
func (c *conn) setQuota(cmd *command) reply {
	cmd.sp()
	root := cmd.astring()
	cmd.sp()
	limits := make(quotaLimits)
	cmd.list(0, func() {
		resource := strings.ToUpper(cmd.atom())
		cmd.sp()
		if !isQuotaResource(resource) {
			cmd.fail("unknown resource %s", resource)
		}
		limits[resource] = cmd.number63()
	})
	if !cmd.end() {
		return cmd.syntax()
	}
	u := c.user.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	if root != "" {
		return no("CANNOT", "there is one quota root, and its name is empty")
	}
	u.quota = limits
	c.sayQuota(u)
	return ok("SETQUOTA completed")
}

func isQuotaResource(name string) bool {
	for _, known := range quotaResources {
		if name == known {
			return true
		}
	}
	return false
}

func (c *conn) sayQuota(u *User) {
	var items []string
	for _, resource := range quotaResources {
		limit, ok := u.quota[resource]
		if !ok {
			continue
		}
		used := u.usage(resource)
		if resource == "STORAGE" {
			used = kib(used)
		}
		items = append(items, fmt.Sprintf("%s %d %d", resource, used, limit))
	}
	c.untagged(`QUOTA "" (%s)`, strings.Join(items, " "))
}

// number63 reads a number of 63 bits. RFC 9051 §9 number64.
func (p *parser) number63() int64 {
	n, err := strconv.ParseInt(p.span(isDigit), 10, 64)
	if err != nil {
		p.fail("expected a number %s", p.where())
	}
	return n
}
