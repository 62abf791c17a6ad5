package imaptest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// extensionKey: the keys of SAVEDATE (RFC 8514 §4.3), OBJECTID (RFC 8474 §6)
// and Gmail.
func (s *searcher) extensionKey(name string) criterion {
	switch {
	case name == "SAVEDATESUPPORTED" && s.p.can("SAVEDATE"):
		return func(*candidate) bool { return true }
	case strings.HasPrefix(name, "SAVED") && s.p.can("SAVEDATE"):
		return s.dateKeyOf(strings.TrimPrefix(name, "SAVED"), func(m *candidate) time.Time { return m.saved })
	case (name == "EMAILID" || name == "THREADID") && s.p.can("OBJECTID"):
		s.p.sp()
		id := s.p.atom()
		if name == "EMAILID" {
			return func(m *candidate) bool { return m.body.emailID() == id }
		}
		return func(m *candidate) bool { return m.body.threadID() == id }
	case strings.HasPrefix(name, "X-GM-") && s.p.can("X-GM-EXT-1"):
		return s.gmailKey(name)
	}
	return nil
}

func (s *searcher) gmailKey(name string) criterion {
	switch name {
	case "X-GM-MSGID", "X-GM-THRID":
		s.p.sp()
		id, err := strconv.ParseUint(s.p.atom(), 10, 64)
		if err != nil {
			s.p.fail("%s wants a number", name)
		}
		if name == "X-GM-MSGID" {
			return func(m *candidate) bool { return m.body.gmailID() == id }
		}
		return func(m *candidate) bool { return number(m.body.thread()) == id }
	case "X-GM-LABELS":
		s.p.sp()
		label := s.p.label()
		return func(m *candidate) bool { return m.labelled(label) }
	case "X-GM-RAW":
		s.p.sp()
		return s.rawGmail(s.p.astring())
	}
	return nil
}

// rawGmail knows of Gmail's own language words, which have to be in the message,
// and label:.
func (s *searcher) rawGmail(query string) criterion {
	words := strings.Fields(query)
	return func(m *candidate) bool {
		for _, w := range words {
			if label, ok := strings.CutPrefix(w, "label:"); ok {
				if !m.labelled(label) {
					return false
				}
			} else if !strings.Contains(strings.ToLower(string(m.body.data)), strings.ToLower(w)) {
				return false
			}
		}
		return true
	}
}

func (m *candidate) labelled(label string) bool {
	u := m.view.box.user
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Contains(m.body.labels, label)
}
