package watch

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
)

var errPower = errors.New("the power is gone")

// frailDisk is a disk in memory that can fail, or lose its power, at any step.
// What was not synced may be lost then.
type frailDisk struct {
	names, safeNames map[string]*node // as the system shows them, and on the disk
	steps            int
	dieAt            int           // the step that ends half-way; 0: none
	fail             map[int]error // steps that fail
	dead             bool
}

// node is a file.
type node struct {
	cache, safe []byte
	gave        bool // a sync has failed: what was written may be there or not, for ever
}

func newFrailDisk() *frailDisk {
	return &frailDisk{names: map[string]*node{}, safeNames: map[string]*node{}}
}

// step counts, and says how this step ends. half: it takes place in part.
func (d *frailDisk) step() (half bool, err error) {
	if d.dead {
		return false, errPower
	}
	d.steps++
	if d.steps == d.dieAt {
		d.dead = true
		return true, errPower
	}
	err = d.fail[d.steps]
	return err != nil, err
}

func (d *frailDisk) read(path string) ([]byte, error) {
	n, ok := d.names[path]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return slices.Clone(n.cache), nil
}

func (d *frailDisk) create(path string) (diskFile, error) {
	if _, err := d.step(); err != nil {
		return nil, err
	}
	d.names[path] = new(node)
	return &frailFile{d, d.names[path]}, nil
}

func (d *frailDisk) extend(path string) (diskFile, error) {
	if _, err := d.step(); err != nil {
		return nil, err
	}
	n, ok := d.names[path]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return &frailFile{d, n}, nil
}

func (d *frailDisk) rename(from, to string) error {
	if _, err := d.step(); err != nil {
		return err
	}
	d.names[to] = d.names[from]
	delete(d.names, from)
	return nil
}

func (d *frailDisk) remove(path string) error {
	if _, err := d.step(); err != nil {
		return err
	}
	delete(d.names, path)
	return nil
}

func (d *frailDisk) syncDir(string) error {
	if _, err := d.step(); err != nil {
		return err
	}
	d.safeNames = maps.Clone(d.names)
	return nil
}

type frailFile struct {
	d *frailDisk
	n *node
}

func (f *frailFile) Write(p []byte) (int, error) {
	half, err := f.d.step()
	if half {
		p = p[:len(p)/2]
	} else if err != nil {
		return 0, err
	}
	f.n.cache = append(f.n.cache, p...)
	return len(p), err
}

// Sync forgets what it cannot write, and says so once, as Linux does.
func (f *frailFile) Sync() error {
	if _, err := f.d.step(); err != nil {
		f.n.gave = true
		return err
	}
	if !f.n.gave {
		f.n.safe = slices.Clone(f.n.cache)
	}
	return nil
}

func (f *frailFile) Truncate(size int64) error {
	if _, err := f.d.step(); err != nil {
		return err
	}
	f.n.cache = f.n.cache[:size:size]
	return nil
}

func (f *frailFile) Close() error { return nil }

func (f *frailFile) at(path string) (int64, error) {
	n, ok := f.d.names[path]
	switch {
	case !ok:
		return 0, fs.ErrNotExist
	case n != f.n:
		return 0, errReplaced
	}
	return int64(len(n.cache)), nil
}

// ways are in how many ways a disk can come back.
const ways = 10

// back is the disk after the power came back, in one of the ways that are
// possible: names and contents as they were shown, or as they were synced, or
// in between.
func (d *frailDisk) back(way int) *frailDisk {
	b := newFrailDisk()
	names := d.names
	if way%2 == 1 {
		names = d.safeNames
	}
	for name, n := range names {
		data := n.survives(way / 2)
		b.names[name] = &node{cache: data, safe: slices.Clone(data)}
	}
	b.safeNames = maps.Clone(b.names)
	return b
}

// survives is what is left of a file.
func (n *node) survives(way int) []byte {
	end := len(n.cache)
	if n.gave && way > 1 {
		way = 3 // the length, but not the contents
	}
	switch {
	case way == 0 || end <= len(n.safe):
		return slices.Clone(n.safe)
	case way == 1:
		return slices.Clone(n.cache)
	case way == 2:
		return slices.Clone(n.cache[:(len(n.safe)+end)/2])
	}
	data := slices.Clone(n.cache)
	from, to := len(n.safe), end
	if way == 4 { // a sector that was not written, if there is a whole one
		from = (len(n.safe) + sector) / sector * sector
		to = from + sector
		if to > end {
			return data
		}
	}
	clear(data[from:to])
	return data
}
