package imap

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
