package watch

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
)

// journal is the file of a FileStore, as journal_text.go describes it, and what
// it says. One goroutine at a time may use it.
//
// A save adds a line. Where that is not possible, or where most of the file is
// of no use any more, a new file takes the place of the old one.
type journal struct {
	disk disk
	path string // with no symbolic link in it
	journalText

	file  diskFile // nil: the next save makes a new file
	doubt bool     // a save has failed; the disk may have it nevertheless
	worth int64    // a file of this size that is mostly of no use is replaced
	rest  int64    // but not before it has this size: it could not be done
}

const worthReplacing = 1 << 20

// openJournal reads what is there; it changes nothing.
func openJournal(d disk, path string) (*journal, error) {
	j := &journal{disk: d, path: path, worth: worthReplacing}
	data, err := d.read(path)
	if errors.Is(err, fs.ErrNotExist) {
		j.entries = map[string]entry{}
		return j, nil
	}
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(data, []byte("{")) {
		j.entries, err = readVersion1(data)
		return j, err
	}
	if j.journalText, err = parseJournal(data); err != nil {
		return nil, err
	}
	if len(j.torn) == 0 && !j.open {
		j.file, err = d.extend(path)
	}
	return j, err
}

// save keeps all changes, in order, or returns why that cannot be promised.
func (j *journal) save(changes []change) error {
	if changes = j.news(changes); len(changes) == 0 {
		return nil
	}
	if err := j.look(); err != nil {
		return err
	}
	if j.file == nil || j.isWaste() {
		err := j.replace(changes)
		if j.file == nil || err == nil {
			return err
		}
		j.rest = j.size + j.size/2 // it does as it is, for a while
	}
	return j.extend(changes)
}

// news are the changes without those that change nothing.
func (j *journal) news(changes []change) []change {
	if j.doubt {
		return changes
	}
	known := map[string]string{}
	var news []change
	for _, c := range changes {
		value, ok := known[c.key]
		if !ok {
			value = j.entries[c.key].value
		}
		if c.value != value {
			known[c.key] = c.value
			news = append(news, c)
		}
	}
	return news
}

// look finds out whether the file is still ours: what is written into one that
// was deleted would be lost.
func (j *journal) look() error {
	if j.file == nil {
		return nil
	}
	size, err := j.file.at(j.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		j.leave()
		return nil
	case err == nil && size != j.size:
		err = fmt.Errorf("it has %d bytes, not %d", size, j.size)
	}
	if err != nil {
		return fmt.Errorf("somebody else has changed it (%w); nothing is saved until it is as it was, "+
			"or this program is started again", err)
	}
	return nil
}

// isWaste says whether more than half of the file is of no use.
func (j *journal) isWaste() bool {
	return j.size >= max(j.worth, j.rest) && j.size > 2*j.used
}

// leave gives the file up; the next save makes a new one.
func (j *journal) leave() {
	if j.file != nil {
		_ = j.file.Close()
		j.file = nil
	}
}

// extend adds lines to the file.
func (j *journal) extend(changes []change) error {
	var text []byte
	lines := make([]journalLine, len(changes))
	sum := j.sum
	for i, c := range changes {
		was, err := len(text), error(nil)
		if text, sum, err = appendLine(text, sum, c); err != nil {
			return err
		}
		lines[i] = journalLine{c, sum, int64(len(text) - was)}
	}
	if _, err := j.file.Write(text); err != nil {
		j.undo()
		return err
	}
	if err := j.file.Sync(); err != nil {
		// The system may have dropped what it could not write, and say next
		// time that all is well: what it keeps in memory is not to be trusted.
		j.doubt = true
		j.leave()
		return err
	}
	for _, l := range lines {
		j.add(l)
	}
	j.doubt = false
	return nil
}

// undo removes what was written in part.
func (j *journal) undo() {
	if errors.Join(j.file.Truncate(j.size), j.file.Sync()) != nil {
		j.doubt = true
		j.leave()
	}
}

// replace makes a new file in place of the old one. If it cannot be made, and
// the old one is still good, that one stays.
func (j *journal) replace(changes []change) error {
	entries := maps.Clone(j.entries)
	for _, c := range changes {
		if entries[c.key] = (entry{value: c.value}); c.value == "" {
			delete(entries, c.key)
		}
	}
	text, t, err := snapshot(entries)
	if err != nil {
		return err
	}
	j.doubt = true
	temp := j.path + ".new"
	if err := j.write(temp, text); err != nil {
		return err
	}
	if len(j.torn) > 0 { // for people to look at
		_ = j.write(j.path+".torn", j.torn)
	}
	if err := j.swap(temp); err != nil {
		return err
	}
	j.journalText, j.doubt, j.rest = t, false, 0
	j.reopen()
	return nil
}

// write makes a file that lasts, though not yet its name.
func (j *journal) write(path string, text []byte) error {
	f, err := j.disk.create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = j.disk.remove(path)
	}
	return err
}

// swap gives a new file the name of the old one. That must not be open, or some
// systems refuse.
func (j *journal) swap(temp string) error {
	wasOpen := j.file != nil
	j.leave()
	if err := j.disk.rename(temp, j.path); err != nil {
		_ = j.disk.remove(temp)
		if wasOpen {
			j.reopen()
		}
		return err
	}
	return j.disk.syncDir(filepath.Dir(j.path))
}

// reopen opens the file to add lines. If that cannot be, or it is not what we
// think it is, the next save makes another.
func (j *journal) reopen() {
	j.file, _ = j.disk.extend(j.path)
	if j.file == nil {
		return
	}
	if size, err := j.file.at(j.path); err != nil || size != j.size {
		j.leave()
	}
}
