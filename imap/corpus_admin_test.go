package imap

import "fmt"

// adminHolds compares what ACL, QUOTA and QUOTAROOT say with a fact.
func adminHolds(data, want any) bool {
	switch d := data.(type) {
	case *aclData:
		list, _ := want.([]any)
		for i, item := range list {
			m, _ := item.(map[string]any)
			e := d.entries[i]
			if e.Identifier != m["user"] || string(e.Rights) != m["rights"] || d.name != m["mailbox"] {
				return false
			}
		}
		return len(list) == len(d.entries)
	case *Quota:
		m, _ := want.(map[string]any)
		u := d.Resources[0]
		return d.Root == m["mailbox"] && fmt.Sprint(u.Usage) == m["usage"] && fmt.Sprint(u.Limit) == m["quota"]
	case *quotaRootData:
		m, _ := want.(map[string]any)
		return d.name == m["mailbox"] && fmt.Sprint(d.roots) == fmt.Sprint(m["quotaroots"])
	}
	return false
}
