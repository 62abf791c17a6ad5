package imaptest

import (
	"fmt"
	"slices"
	"strings"
)

// can says whether the server has a capability, for those that can be taken
// away.
func (c *conn) can(name string) bool {
	if c.srv.caps[name] || c.srv.lacks(name) || name == "X-GM-EXT-1" && !c.srv.opts.Gmail || name == "JMAPACCESS" && c.srv.opts.JMAP == "" {
		return false
	}
	for _, dropped := range c.faults().DropCapabilities {
		if strings.EqualFold(dropped, name) {
			return false
		}
	}
	return true
}

// canTLS says whether STARTTLS would work now.
func (c *conn) canTLS() bool { return !c.secure && c.srv.tlsConfig() != nil && c.can("STARTTLS") }

// mayLogin says whether passwords may be sent now.
func (c *conn) mayLogin() bool {
	return c.secure || c.srv.opts.AllowPlainLogin || c.srv.tlsConfig() == nil
}

// sessionCapabilities are offered to those who are logged in.
var sessionCapabilities = []string{
	"ACL",
	"BINARY",
	"CATENATE",
	"CHILDREN",
	"COMPRESS=DEFLATE",
	"CONDSTORE",
	"CONTEXT=SEARCH",
	"CONTEXT=SORT",
	"CREATE-SPECIAL-USE",
	"ESEARCH",
	"ESORT",
	"FILTERS",
	"LANGUAGE",
	"LIST-EXTENDED",
	"LIST-METADATA",
	"LIST-MYRIGHTS",
	"LIST-STATUS",
	"METADATA",
	"MOVE",
	"MULTIAPPEND",
	"MULTISEARCH",
	"NAMESPACE",
	"NOTIFY",
	"OBJECTID",
	"PARTIAL",
	"PREVIEW",
	"QRESYNC",
	"QUOTA",
	"QUOTA=RES-MAILBOX",
	"QUOTA=RES-MESSAGE",
	"QUOTA=RES-STORAGE",
	"QUOTASET",
	"REPLACE",
	"RIGHTS=kxte",
	"SAVEDATE",
	"SEARCH=FUZZY",
	"SEARCHRES",
	"SORT",
	"SORT=DISPLAY",
	"SPECIAL-USE",
	"STATUS=SIZE",
	"THREAD=ORDEREDSUBJECT",
	"THREAD=REFERENCES",
	"THREAD=REFS",
	"UIDBATCHES",
	"UIDONLY",
	"UIDPLUS",
	"UNAUTHENTICATE",
	"UNSELECT",
	"URL-PARTIAL",
	"URLAUTH",
	"URLAUTH=BINARY",
	"UTF8=ACCEPT",
	"WITHIN",
	"X-GM-EXT-1",
}

// capabilities returns the capability list as it is now.
func (c *conn) capabilities() string {
	names := c.openCapabilities()
	if c.user.Load() == nil {
		names = append(names, c.loginCapabilities()...)
	} else {
		names = append(names, c.limitCapabilities()...)
	}
	kept := names[:0]
	for _, name := range names {
		if c.can(name) && c.can(needed(name)) {
			kept = append(kept, name)
		}
	}
	return strings.Join(append(kept, c.srv.opts.With...), " ")
}

// openCapabilities are those that are there whatever the options are about.
func (c *conn) openCapabilities() []string {
	opts := &c.srv.opts
	loggedIn := c.user.Load() != nil
	switch {
	case !loggedIn && opts.Early != nil:
		return slices.Clone(opts.Early)
	case opts.Offers != nil:
		return slices.Clone(opts.Offers)
	}
	names := []string{"IMAP4rev1", "SASL-IR", "LITERAL+", "ID", "ENABLE", "IDLE"}
	if loggedIn {
		names = append(names, sessionCapabilities...)
		if c.canRev2() {
			names = append(names, "IMAP4rev2")
		}
	}
	return names
}

// limitCapabilities are those that options bring.
func (c *conn) limitCapabilities() (names []string) {
	if n := c.srv.opts.MessageLimit; n > 0 {
		names = append(names, fmt.Sprintf("MESSAGELIMIT=%d", n))
	}
	if c.srv.opts.JMAP != "" {
		names = append(names, "JMAPACCESS")
	}
	if n := c.srv.opts.AppendLimit; n > 0 {
		names = append(names, fmt.Sprintf("APPENDLIMIT=%d", n))
	}
	return names
}

// lacks says whether the options leave a capability out.
func (s *Server) lacks(name string) bool {
	if s.only == nil || s.only[strings.ToUpper(name)] {
		return false
	}
	for _, prefix := range []string{"AUTH=", "MESSAGELIMIT=", "APPENDLIMIT="} {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	return name != "STARTTLS" && name != "LOGINDISABLED" && name != "JMAPACCESS"
}

// needed is the capability without which another is nothing.
func needed(name string) string {
	switch {
	case strings.HasPrefix(name, "QUOTA"):
		return "QUOTA"
	case name == "RIGHTS=kxte", name == "LIST-MYRIGHTS":
		return "ACL"
	case name == "JMAPACCESS": // RFC 9698 §3
		return "OBJECTID"
	case name == "LIST-METADATA":
		return "METADATA"
	case name == "CREATE-SPECIAL-USE":
		return "SPECIAL-USE"
	}
	return name
}

func (c *conn) loginCapabilities() []string {
	var names []string
	if c.canTLS() {
		names = append(names, "STARTTLS")
	}
	if !c.mayLogin() {
		return append(names, "LOGINDISABLED")
	}
	for _, m := range c.srv.opts.mechanisms() {
		if c.offers(strings.ToUpper(m)) {
			names = append(names, "AUTH="+m)
		}
	}
	return names
}

func (c *conn) capability(cmd *command) reply {
	if !cmd.end() {
		return cmd.syntax()
	}
	c.untagged("CAPABILITY %s", c.capabilities())
	return ok("CAPABILITY completed")
}

// upperSet returns the words in upper case, as a set.
func upperSet(words []string) map[string]bool {
	set := make(map[string]bool, len(words))
	for _, w := range words {
		set[strings.ToUpper(w)] = true
	}
	return set
}
