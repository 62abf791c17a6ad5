package imap

import (
	"slices"
	"strings"
)

// Quirk names a fault of some servers, or a limit of theirs, for which the
// client does something else than usual. Oddities that can be read without
// doing anything else are read always, from any server, and have no name.
//
// Quirks are found by what the server says of itself; Client.Quirks tells
// which and why, and Options.Quirks overrides it.
type Quirk string

// The quirks. What each does is in its QuirkReport, and in docs/quirks.md.
const (
	QuirkIDBeforeSelect    Quirk = "id-before-select"
	QuirkSilentEnable      Quirk = "silent-enable"
	QuirkEarlyCapability   Quirk = "early-capability"
	QuirkFakeLogin         Quirk = "fake-login"
	QuirkBisectFetch       Quirk = "bisect-fetch"
	QuirkNoCharset         Quirk = "no-charset"
	QuirkExpungeNumbers    Quirk = "expunge-numbers"
	QuirkTrailingDelimiter Quirk = "trailing-delimiter"
	QuirkDeleteSelected    Quirk = "delete-selected"
	QuirkBadNamespace      Quirk = "bad-namespace"
	QuirkBadUIDPlus        Quirk = "bad-uidplus"
	QuirkBadESearch        Quirk = "bad-esearch"
	QuirkBadLiteral8       Quirk = "bad-literal8"
	QuirkBadListExtended   Quirk = "bad-list-extended"
	QuirkSearchNumbers     Quirk = "search-numbers"
	QuirkNoPlusTLS13       Quirk = "no-plus-tls13"
	QuirkNotifyUTF8        Quirk = "notify-utf8"
)

// QuirkReport is a quirk that a connection has.
type QuirkReport struct {
	Quirk  Quirk
	Server string // which server has it; "" if only Options.Quirks says so
	Why    string // what it was detected by; the server's words in it are not to be trusted
	Effect string // what the client does
	Link   string // where it was reported
}

// quirkKind is what is known of a quirk.
type quirkKind struct {
	quirk  Quirk
	effect string
	link   string
	hides  []string // capabilities that are not to be believed
}

// quirkKinds has all quirks.
var quirkKinds = []quirkKind{
	{QuirkIDBeforeSelect, "ID is sent before the first SELECT or EXAMINE, which is refused otherwise (NO Unsafe Login)",
		"https://github.com/pimalaya/himalaya/issues/651", nil},
	{QuirkSilentEnable, "a tagged OK to ENABLE without an ENABLED response counts as enabled",
		"https://github.com/jstedfast/MailKit/issues/1871", nil},
	{QuirkEarlyCapability, "capabilities are asked for again after login, whatever came before",
		"https://github.com/Foundry376/Mailspring-Sync/issues/91", nil},
	{QuirkFakeLogin, `a login is tried by LIST "" ""; if that is refused as "authenticated but not connected", so is the login`,
		"https://github.com/jstedfast/MailKit/issues/1494", nil},
	{QuirkBisectFetch, "a FETCH that is refused is asked again in halves, so that one bad message does not cost the others",
		"https://github.com/jstedfast/MailKit/issues/358", nil},
	{QuirkNoCharset, "SEARCH is sent without CHARSET",
		"https://github.com/jstedfast/MailKit/issues/358", nil},
	{QuirkExpungeNumbers, "after an EXPUNGE sequence numbers are not carried over (ErrRenumbered): the server may not have renumbered in between",
		"https://github.com/jstedfast/MailKit/issues/358", nil},
	{QuirkTrailingDelimiter, "CREATE is sent without a trailing hierarchy delimiter",
		"https://github.com/jstedfast/MailKit", nil},
	{QuirkDeleteSelected, "a selected mailbox is left before it is deleted, else the server ends the connection",
		"https://github.com/horde/Imap_Client", nil},
	{QuirkBadNamespace, "NAMESPACE counts as not offered", "https://github.com/jstedfast/MailKit/issues/1512", []string{"NAMESPACE"}},
	{QuirkBadUIDPlus, "UIDPLUS counts as not offered", "https://github.com/roundcube/roundcubemail", []string{"UIDPLUS"}},
	{QuirkBadESearch, "ESEARCH counts as not offered: plain SEARCH is sent", "https://github.com/horde/Imap_Client", []string{"ESEARCH"}},
	{QuirkBadLiteral8, "BINARY and CATENATE count as not offered", "https://github.com/horde/Imap_Client", []string{"BINARY", "CATENATE"}},
	{QuirkBadListExtended, "LIST-EXTENDED counts as not offered: plain LIST is sent", "https://github.com/jstedfast/MailKit/issues/1957",
		[]string{"LIST-EXTENDED", "LIST-STATUS"}},
	{QuirkSearchNumbers, "UID SEARCH names UID 1:*, else it may be answered with sequence numbers", "https://github.com/nextcloud/mail/issues/9454", nil},
	{QuirkNoPlusTLS13, "LoginWith takes no mechanism with channel binding (-PLUS) over TLS 1.3: the server binds to tls-unique, which only TLS 1.2 has",
		"https://www.rfc-editor.org/rfc/rfc9266", nil},
	{QuirkNotifyUTF8, "NOTIFY has names that are not ASCII in UTF-8 too, since the server does not know them otherwise, and how it spells them in STATUS is not learned",
		"https://github.com/dovecot/core/blob/main/src/imap/cmd-notify.c", nil},
}

// kindOf returns what is known of a quirk, or nil.
func kindOf(q Quirk) *quirkKind {
	if i := slices.IndexFunc(quirkKinds, func(k quirkKind) bool { return k.quirk == q }); i >= 0 {
		return &quirkKinds[i]
	}
	return nil
}

// Quirks returns the quirks that the server is known to have, why they are
// thought to be there, and what is done about them. There are more once the
// server has told its capabilities and its ID.
func (c *Client) Quirks() []QuirkReport {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.quirks.found)
}

// Recognized returns the names of the servers and services that this one is
// known to be, such as "Dovecot", "Gmail" or "Exchange": first what it says of
// itself, then what the name of the host says. Nil: it is none that is known.
// There may be more once the server has told its capabilities and its ID. Any
// goroutine may ask, also when the connection is gone.
func (c *Client) Recognized() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.quirks.names)
}

// quirkState is what is known of the server's faults and limits. It is guarded
// by the client's mutex.
type quirkState struct {
	greeting string // the text of it
	id       string // name, vendor and version from the server's ID, in lower case
	caps     []string
	names    []string // of the servers that it is
	found    []QuirkReport
	pace     pace
}

// quirk says whether the server has a quirk.
func (c *Client) quirk(q Quirk) bool {
	return slices.ContainsFunc(c.quirks.found, func(r QuirkReport) bool { return r.Quirk == q })
}

// hasQuirk is quirk for those who do not hold the mutex.
func (c *Client) hasQuirk(q Quirk) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.quirk(q)
}

// detect looks at what the server said of itself, under the mutex, whenever
// there is more of it.
func (c *Client) detect() {
	s := &c.quirks
	s.caps, s.id = c.caps.list, strings.ToLower(strings.TrimSpace(c.serverID.Get("name")+" "+c.serverID.Get("vendor")+" "+c.serverID.Get("version")))
	s.names, s.found, s.pace = nil, nil, pace{}
	for _, hit := range s.servers(c.host) {
		if !slices.Contains(s.names, hit.server.name) {
			s.names = append(s.names, hit.server.name)
		}
		s.pace = s.pace.with(hit.server.pace)
		for _, q := range hit.server.quirks {
			s.add(q, hit.server.name, hit.why)
		}
	}
	for _, k := range quirkKinds {
		if on, said := c.opts.Quirks[k.quirk]; said && on {
			s.remove(k.quirk)
			s.add(k.quirk, "", "Options.Quirks")
		} else if said {
			s.remove(k.quirk)
		}
	}
	c.caps.hidden = s.hidden()
}

func (s *quirkState) add(q Quirk, server, why string) {
	if k := kindOf(q); k != nil && !slices.ContainsFunc(s.found, func(r QuirkReport) bool { return r.Quirk == q }) {
		s.found = append(s.found, QuirkReport{Quirk: q, Server: server, Why: why, Effect: k.effect, Link: k.link})
	}
}

func (s *quirkState) remove(q Quirk) {
	s.found = slices.DeleteFunc(s.found, func(r QuirkReport) bool { return r.Quirk == q })
}

// hidden are the capabilities that are not to be believed.
func (s *quirkState) hidden() map[string]struct{} {
	var names map[string]struct{}
	for _, r := range s.found {
		for _, name := range kindOf(r.Quirk).hides {
			if names == nil {
				names = make(map[string]struct{})
			}
			names[name] = struct{}{}
		}
	}
	return names
}

// hit is a server that was recognized.
type hit struct {
	server *knownServer
	why    string
}

// servers returns what the server is: one product, by its ID if that is known,
// else by the greeting, else by a capability that it has; and the services that
// the host name says.
func (s *quirkState) servers(host string) (hits []hit) {
	for _, by := range []func(*knownServer) string{s.byID, s.byGreeting, s.byCapability} {
		if hits = recognized(by); len(hits) > 0 {
			break
		}
	}
	byHost := func(k *knownServer) string {
		for _, h := range k.hosts {
			if host = strings.ToLower(host); host == h || strings.HasSuffix(host, "."+h) {
				return "the host name " + host
			}
		}
		return ""
	}
	return append(hits, recognized(byHost)...)
}

// recognized returns the servers for which by says why.
func recognized(by func(*knownServer) string) (hits []hit) {
	for i := range knownServers {
		if why := by(&knownServers[i]); why != "" {
			hits = append(hits, hit{&knownServers[i], why})
		}
	}
	return hits
}

func (s *quirkState) byID(k *knownServer) string {
	for _, pattern := range k.id {
		if s.id != "" && matches(s.id, pattern) {
			return "its ID says " + printable(s.id)
		}
	}
	return ""
}

func (s *quirkState) byCapability(k *knownServer) string {
	for _, name := range k.caps {
		if slices.ContainsFunc(s.caps, func(c string) bool { return strings.EqualFold(c, name) }) {
			return "the capability " + name
		}
	}
	return ""
}

func (s *quirkState) byGreeting(k *knownServer) string {
	for _, pattern := range k.greeting {
		if matches(s.greeting, pattern) {
			return "the greeting says " + printable(s.greeting)
		}
	}
	return ""
}

// matches says whether all words of the pattern, parted by "*", are in text, in
// order.
func matches(text, pattern string) bool {
	for word := range strings.SplitSeq(pattern, "*") {
		_, rest, found := strings.Cut(text, word)
		if !found {
			return false
		}
		text = rest
	}
	return true
}
