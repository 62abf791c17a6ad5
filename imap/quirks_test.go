package imap_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/imap"
)

var updateQuirks = flag.Bool("quirks.update", false, "write what is into testdata and docs/quirks.md, in place of what is wanted")

// TestQuirkCases plays a conversation with each kind of odd server.
func TestQuirkCases(t *testing.T) {
	for _, c := range quirkCases(t) {
		t.Run(c.server+"/"+c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				said := c.play(t)
				if *updateQuirks {
					c.update(t, said)
				} else if !slices.Equal(said, c.want) {
					t.Errorf("said:\n%s\nwant:\n%s", strings.Join(said, "\n"), strings.Join(c.want, "\n"))
				}
			})
		})
	}
}

// update writes what was said into the case.
func (c *quirkCase) update(t *testing.T, said []string) {
	var out []string
	for line := range strings.Lines(c.transcript) {
		if strings.HasPrefix(line, "# want: ") {
			continue
		}
		out = append(out, line)
	}
	last := 0
	for i, line := range out {
		if strings.HasPrefix(line, "# do: ") {
			last = i + 1
		}
	}
	var want []string
	for _, line := range said {
		want = append(want, "# want: "+line+"\n")
	}
	out = slices.Insert(out, last, want...)
	if err := os.WriteFile(c.path, []byte(strings.Join(out, "")), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestQuirksHaveCases: every named quirk has a conversation that shows it, and
// every one that a case names is known.
func TestQuirksHaveCases(t *testing.T) {
	shown := map[imap.Quirk]bool{}
	for _, c := range quirkCases(t) {
		q, named := strings.CutPrefix(c.how, "quirk ")
		if !named && c.how != "tolerance" {
			t.Errorf("%s: how is %q", c.path, c.how)
		}
		if shown[imap.Quirk(q)] = true; named && imap.EffectOf(imap.Quirk(q)) == "" {
			t.Errorf("%s: no quirk has the name %q", c.path, q)
		}
	}
	for _, k := range imap.AllQuirks() {
		if !shown[k] {
			t.Errorf("no case shows %s", k)
		}
	}
}
