package watch

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

var errDisk = errors.New("the disk is full")

// script is a life of a store: a new file, lines, values of more than a sector, a
// key that goes, and new files in place of old ones.
func script() (saves []change) {
	for i := range 24 {
		key := fmt.Sprint("key ", i%3)
		value := fmt.Sprint("1-17-", i+1, "-0")
		switch {
		case i%5 == 3:
			value += " " + strings.Repeat("tail ", 400)
		case i == 11:
			value = ""
		}
		saves = append(saves, change{key, value})
	}
	return saves
}

// kept is what must, and what may, be in a store.
type kept map[string][]string // by key; the value that was acknowledged first

func (k kept) try(c change) {
	if k[c.key] == nil {
		k[c.key] = []string{""}
	}
	k[c.key] = append(k[c.key], c.value)
}

func (k kept) acknowledge(c change) { k[c.key] = []string{c.value} }

func (k kept) check(t *testing.T, when string, d disk) {
	t.Helper()
	j, err := openJournal(d, "store")
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
next:
	for key, may := range k {
		for _, value := range may {
			if j.entries[key].value == value {
				continue next
			}
		}
		t.Fatalf("%s: %q is %.40q, and may be %.80q", when, key, j.entries[key].value, may)
	}
	for key := range j.entries {
		if k[key] == nil {
			t.Fatalf("%s: %q was never saved", when, key)
		}
	}
}

// live plays the script and returns what must be kept. A save that fails is not
// made again.
func live(t *testing.T, d disk) kept {
	t.Helper()
	k := kept{}
	j, err := openJournal(d, "store")
	if err != nil {
		t.Fatal(err)
	}
	j.worth = 4000
	for _, c := range script() {
		k.try(c)
		if err := j.save([]change{c}); err == nil {
			k.acknowledge(c)
		}
	}
	return k
}

// At whichever step the power fails, and whatever the disk makes of what was not
// synced: all that was acknowledged is there, and the store goes on.
func TestB61_PowerLoss(t *testing.T) {
	whole := newFrailDisk()
	live(t, whole)
	for dieAt := 1; dieAt <= whole.steps; dieAt++ {
		d := newFrailDisk()
		d.dieAt = dieAt
		k := live(t, d)
		for way := range ways {
			back := d.back(way)
			k.check(t, fmt.Sprintf("step %d, way %d", dieAt, way), back)
			j, err := openJournal(back, "store")
			if err != nil {
				t.Fatal(err)
			}
			if err := j.save([]change{{"more", "x"}}); err != nil {
				t.Fatal(err)
			}
			again := kept{"more": {"x"}}
			for key, may := range k {
				again[key] = may
			}
			again.check(t, fmt.Sprintf("step %d, way %d, and once more", dieAt, way), back.back(0))
		}
	}
	if whole.steps < 60 {
		t.Errorf("only %d steps", whole.steps)
	}
}

// At whichever step the disk is full or broken: that save fails, or has another
// way; those after it go well; and all that was acknowledged survives a power
// failure at any later step.
func TestB62_DiskFails(t *testing.T) {
	whole := newFrailDisk()
	live(t, whole)
	for _, long := range []int{1, 2, 4} { // how many steps fail, one after the other
		for failAt := 1; failAt <= whole.steps; failAt++ {
			fail := map[int]error{}
			for i := range long {
				fail[failAt+i] = errDisk
			}
			good := newFrailDisk()
			good.fail = fail
			live(t, good)
			for dieAt := failAt + 1; dieAt <= good.steps+1; dieAt += 2 + dieAt%7 {
				d := newFrailDisk()
				d.fail, d.dieAt = fail, dieAt
				k := live(t, d)
				for way := range ways {
					k.check(t, fmt.Sprintf("%d failed from step %d on, no power at %d, way %d",
						long, failAt, dieAt, way), d.back(way))
				}
			}
		}
	}
}

// After a failure the store is as good as before.
func TestB62_DiskFailsOnce(t *testing.T) {
	for failAt := 1; failAt < 200; failAt++ {
		d := newFrailDisk()
		d.fail = map[int]error{failAt: errDisk}
		j, err := openJournal(d, "store")
		if err != nil {
			t.Fatal(err)
		}
		j.worth = 4000
		failed := 0
		for _, c := range script() {
			was := j.entries[c.key].value
			if err := j.save([]change{c}); err != nil {
				if failed++; j.entries[c.key].value != was {
					t.Errorf("step %d: a save that failed has changed the store", failAt)
				}
			}
		}
		if failed > 1 {
			t.Errorf("step %d: %d saves failed", failAt, failed)
		}
	}
}

// A save that failed may have reached the disk nevertheless. Saving what was
// there before is then no empty act.
func TestB62_BackToTheOldValue(t *testing.T) {
	for first := 7; first < 11; first++ { // the steps of the second save, and of its undoing
		for last := first; last < 11; last++ {
			d := newFrailDisk()
			d.fail = map[int]error{}
			for step := first; step <= last; step++ {
				d.fail[step] = errDisk
			}
			j, err := openJournal(d, "store")
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []change{{"k", "one"}, {"k", "two"}, {"k", "one"}} {
				err = j.save([]change{c})
			}
			if err != nil {
				continue
			}
			for way := range ways {
				kept{"k": {"one"}}.check(t, fmt.Sprintf("steps %d to %d failed, way %d", first, last, way), d.back(way))
			}
		}
	}
}

// liar is a disk whose rename is done, and fails.
type liar struct{ *frailDisk }

func (d liar) rename(from, to string) error {
	if err := d.frailDisk.rename(from, to); err != nil {
		return err
	}
	return errDisk
}

// Where it is not known which file bears the name, nothing is added to it.
func TestB62_RenamedNevertheless(t *testing.T) {
	d := newFrailDisk()
	k := live(t, d)
	j, err := openJournal(liar{d}, "store")
	if err != nil {
		t.Fatal(err)
	}
	j.worth = 0
	for i := range 40 {
		c := change{"key 0", fmt.Sprint("1-17-", 100+i, "-0")}
		k.try(c)
		if err := j.save([]change{c}); err == nil {
			k.acknowledge(c)
		}
	}
	for way := range ways {
		k.check(t, fmt.Sprint("way ", way), d.back(way))
	}
}
