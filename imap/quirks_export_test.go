package imap

import "strconv"

// AllQuirks are the names of all quirks.
func AllQuirks() (all []Quirk) {
	for _, k := range quirkKinds {
		all = append(all, k.quirk)
	}
	return all
}

// EffectOf is what a quirk does.
func EffectOf(q Quirk) string {
	if k := kindOf(q); k != nil {
		return k.effect
	}
	return ""
}

// ServersWith are the servers that have a quirk.
func ServersWith(q Quirk) (names []string) {
	for _, s := range knownServers {
		for _, has := range s.quirks {
			if has == q {
				names = append(names, s.name)
			}
		}
	}
	return names
}

// LinkOf is where a quirk was reported.
func LinkOf(q Quirk) string {
	if k := kindOf(q); k != nil {
		return k.link
	}
	return ""
}

// ServerLimits are the servers with limits of their own: name, octets, numbers,
// commands, and IDLE.
func ServerLimits() (rows [][]string) {
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	for _, s := range knownServers {
		if s.pace == (pace{}) {
			continue
		}
		idle := ""
		if s.pace.idle > 0 {
			idle = s.pace.idle.String()
		}
		rows = append(rows, []string{s.name, number(s.pace.octets), number(s.pace.ids), number(s.pace.pipeline), idle})
	}
	return rows
}
