package sim

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/idlewild-mail/idlewild/watch"
)

var (
	seedFlag     = flag.String("sim.seed", "", "the one seed to run, many times")
	traceFlag    = flag.Bool("sim.trace", false, "tell the story of what fails, with the protocol")
	keepFlag     = flag.Bool("sim.keep", false, "write what fails into testdata/regressions")
	firstFlag    = flag.Uint64("sim.first", 0, "the first of the seeds to run")
	noShrinkFlag = flag.Bool("sim.noshrink", false, "do not look for a shorter plan that fails")
	countFlag    = flag.Uint64("sim.count", 0, "how many seeds to run; 0: as many as are fit")
)

const regressions = "testdata/regressions"

// TestSim lets as many worlds happen as there are seeds.
func TestSim(t *testing.T) {
	first, count := *firstFlag, *countFlag
	switch {
	case *seedFlag != "":
		if _, err := fmt.Sscan(*seedFlag, &first); err != nil {
			t.Fatalf("-sim.seed=%s: %v", *seedFlag, err)
		}
		count = 1
	case count > 0:
	case testing.Short():
		count = 40
	default:
		count = 200
	}
	var all census
	for seed := first; seed < first+count; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			all.add(try(t, fmt.Sprintf("seed-%d", seed), Generate(seed)))
		})
	}
	if count >= 200 {
		t.Cleanup(func() { all.check(t) }) // when all have ended
	}
}

// census counts what happened in all worlds, which is to be everything.
type census struct {
	mu           sync.Mutex
	kinds        map[watch.Kind]int
	lives, dials int
}

func (c *census) add(r *Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kinds == nil {
		c.kinds = map[watch.Kind]int{}
	}
	for kind, n := range r.Kinds {
		c.kinds[kind] += n
	}
	c.lives += r.Lives
	c.dials += r.Dials
}

func (c *census) check(t *testing.T) {
	for _, kind := range []watch.Kind{
		watch.KindArrived, watch.KindFlags, watch.KindGone, watch.KindReset, watch.KindSkipped, watch.KindMissing,
		watch.KindStale, watch.KindRecovered, watch.KindOnline, watch.KindOffline, watch.KindAlert,
	} {
		if c.kinds[kind] == 0 {
			t.Errorf("nothing of the kind %s was told in any world", kind)
		}
	}
	t.Logf("%d lives, %d attempts to connect, events: %v", c.lives, c.dials, c.kinds)
}

// TestRegressions runs what once failed, some times: the plan is the same, but
// not the order in which goroutines run.
func TestRegressions(t *testing.T) {
	files, err := filepath.Glob(regressions + "/*.sim")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p, err := ParsePlan(text)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for i := range 3 {
			t.Run(fmt.Sprintf("%s/%d", strings.TrimSuffix(filepath.Base(file), ".sim"), i), func(t *testing.T) {
				t.Parallel()
				try(t, "", p)
			})
		}
	}
}

// try runs a plan, and says all about it if it fails.
func try(t *testing.T, name string, p *Plan) *Result {
	t.Helper()
	r := run(t, p, *traceFlag)
	if len(r.Violations) > 0 {
		explain(t, name, p, r)
	}
	return r
}

// explain says all about what failed.
func explain(t *testing.T, name string, p *Plan, r *Result) {
	t.Helper()
	if *traceFlag {
		t.Errorf("%v\nthe last of what happened:\n%s", r.Violations, r.Story)
	} else {
		t.Errorf("%v", r.Violations)
	}
	if name == "" {
		return
	}
	t.Logf("again: go test ./test/sim -run TestSim -sim.seed=%d -sim.trace", p.World.Seed)
	if *noShrinkFlag {
		return
	}
	small, violations := shrink(p, func(p *Plan) []Violation { return run(t, p, false).Violations })
	text := fmt.Sprintf("# %v\n%s", violations, small)
	file := filepath.Join(regressions, name+".sim")
	if !*keepFlag {
		t.Logf("shrunk from %d steps to %d; -sim.keep writes it to %s:\n%s", len(p.Steps), len(small.Steps), file, text)
		return
	}
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Error(err)
	}
}

// run carries out a plan in a bubble of its own.
func run(t *testing.T, p *Plan, trace bool) (r *Result) {
	t.Helper()
	synctest.Test(t, func(*testing.T) { r = Run(p, trace) })
	return r
}
