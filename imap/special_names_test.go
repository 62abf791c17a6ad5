package imap

import (
	"strings"
	"testing"
)

// A name stands for one use, is written as it is looked for, and is no INBOX.
func TestSpecialNames(t *testing.T) {
	uses := make(map[string]SpecialUse)
	for use, names := range specialNames() {
		for _, name := range names {
			if other, twice := uses[name]; twice {
				t.Errorf("%q is %s and %s", name, other, use)
			}
			if uses[name] = use; name != strings.TrimSpace(strings.ToLower(name)) || name == "" {
				t.Errorf("%q is not in lower case", name)
			}
		}
	}
}
