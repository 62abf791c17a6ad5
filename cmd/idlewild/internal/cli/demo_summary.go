package cli

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
)

// tally counts what a demo did. Any goroutine may use it.
type tally struct {
	changed chan struct{} // gets something when a message was shown

	mu      sync.Mutex
	first   map[uint32]time.Time // UID: when it was shown
	twice   int
	sent    int
	start   time.Time
	faults  int
	onlines int
	online  bool
	turned  chan struct{} // is closed when online changes
}

func newTally() *tally {
	return &tally{
		changed: make(chan struct{}, 1), first: make(map[uint32]time.Time), turned: make(chan struct{}),
	}
}

// shown notes what stands on stdout now.
func (t *tally) shown(r record) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	switch r := r.(type) {
	case arrivedRecord:
		if _, known := t.first[r.UID]; known {
			t.twice++
		} else {
			t.first[r.UID] = now
		}
	case onlineRecord:
		t.onlines++
		t.turn(true)
	case offlineRecord:
		t.turn(false)
	default:
		return
	}
	select {
	case t.changed <- struct{}{}:
	default:
	}
}

func (t *tally) turn(online bool) {
	if t.online != online {
		t.online = online
		close(t.turned)
		t.turned = make(chan struct{})
	}
}

// state says whether the watcher is online, and returns what is closed when that
// changes.
func (t *tally) state() (online bool, turned <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.online, t.turned
}

// harmed notes faults.
func (t *tally) harmed(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults += n
}

// harm is how many faults there were, and how often the watcher came back.
func (t *tally) harm() (faults, reconnects int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.faults, max(t.onlines-1, 0)
}

func (t *tally) begin(at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.start = at
}

func (t *tally) appended(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent = n
}

func (t *tally) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.first)
}

// summaryRecord is the last line of a demo.
type summaryRecord struct {
	head
	Appended   int     `json:"appended"`
	Delivered  int     `json:"delivered"`
	Missing    int     `json:"missing"`
	Duplicates int     `json:"duplicates"`
	P50        float64 `json:"p50_ms"`
	P99        float64 `json:"p99_ms"`
	Faults     int     `json:"faults"`
	Reconnects int     `json:"reconnects"`
	Seed       uint64  `json:"seed"` // of the faults; 0: no chaos
}

// summary compares what was shown with the server's own log.
func (d *demo) summary() summaryRecord {
	log := d.server.Log(demoUser, demoMailbox)
	faults, reconnects := d.tally.harm()
	d.tally.mu.Lock()
	defer d.tally.mu.Unlock()
	r := summaryRecord{
		head:     newHead(eventSummary, demoUser+"@"+demoHost, time.Now()),
		Appended: len(log), Duplicates: d.tally.twice, Faults: faults, Reconnects: reconnects,
	}
	if d.chaos != nil {
		r.Seed = d.opts.seed
	}
	var delays []time.Duration
	for _, a := range log {
		if at, ok := d.tally.first[a.UID]; ok {
			r.Delivered++
			delays = append(delays, at.Sub(a.Time))
		} else {
			r.Missing++
		}
	}
	slices.Sort(delays)
	r.P50, r.P99 = percentile(delays, 50), percentile(delays, 99)
	return r
}

// percentile is in milliseconds; 0 of nothing.
func percentile(sorted []time.Duration, percent int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	i := (len(sorted)*percent + 99) / 100
	ms := float64(sorted[max(i, 1)-1]) / float64(time.Millisecond)
	return math.Round(ms*1000) / 1000
}

// conclude puts out the summary and says whether the demo is a success.
func (d *demo) conclude() error {
	r := d.summary()
	if err := d.out.emit(r); err != nil {
		return err
	}
	if r.Missing > 0 {
		advice := "please report this, with a --trace"
		if r.Seed != 0 {
			advice += fmt.Sprintf(", made with --seed %d", r.Seed)
		}
		return fmt.Errorf("%d of %d messages are missing: %s", r.Missing, r.Appended, advice)
	}
	if r.Appended == 0 {
		return errors.New("no mail arrived: the demo was ended too soon")
	}
	return nil
}

func (r summaryRecord) line(s style, _ int) string {
	verdict := s.green("✓") + " " + s.bold(fmt.Sprintf("%d messages arrived, %d were printed, nothing is missing.",
		r.Appended, r.Delivered))
	if r.Missing > 0 {
		verdict = s.red("✗") + " " + s.bold(fmt.Sprintf("%d messages arrived, %d were printed, %d are MISSING.",
			r.Appended, r.Delivered, r.Missing))
	}
	if r.Duplicates > 0 {
		verdict += s.yellow(fmt.Sprintf(" %d came twice.", r.Duplicates))
	}
	ms := func(v float64) string { return roundTime(time.Duration(v * float64(time.Millisecond))) }
	harm := times(r.Faults, "The connection was cut") + "."
	if r.Seed != 0 {
		harm = fmt.Sprintf("There were %d faults and %d reconnects.\n  The same faults again:  idlewild demo --chaos --seed %d",
			r.Faults, r.Reconnects, r.Seed)
	}
	return strings.Join([]string{"",
		verdict,
		fmt.Sprintf("  Half of them were printed within %s of arriving, 99 %% within %s.", ms(r.P50), ms(r.P99)),
		"  " + harm,
		"",
		"  Now with yours:  " + s.cyan("idlewild watch imaps://you@imap.example.org/INBOX"),
	}, "\n")
}

func times(n int, what string) string {
	count := fmt.Sprintf("%d times", n)
	switch n {
	case 1:
		count = "once"
	case 2:
		count = "twice"
	}
	return strings.TrimSpace(what + " " + count)
}

const demoWords = `IDLE is how an IMAP server tells of new mail at once, while a connection lasts.
A line is a message: its mailbox and number there, who wrote it, its subject.`

// explain says to people what they are about to see.
func (d *demo) explain() error {
	s := d.out.style
	what := "The connection is cut twice on the way: see it come back with nothing lost."
	if d.chaos != nil {
		what = "Whatever can go wrong does, all the time (⚡): see it come back with nothing lost."
	}
	return d.out.print(s.bold("An IMAP server in this process, mail arriving, and a watcher that prints it.") + "\n" +
		s.dim(what+"\n"+demoWords) + "\n")
}

// live is the line at the bottom of the screen.
func (d *demo) live(columns int) string {
	t := d.tally
	t.mu.Lock()
	sent, shown, start := t.sent, len(t.first), t.start
	t.mu.Unlock()
	part := 0.0
	if !start.IsZero() {
		part = min(1, float64(time.Since(start))/float64(d.opts.length))
	}
	const width = 20
	done := int(part * width)
	bar := strings.Repeat("━", done)
	rest := strings.Repeat("─", width-done)
	text := fmt.Sprintf("  %d arrived · %d printed", sent, shown)
	if behind := sent - shown; behind > 0 {
		text += fmt.Sprintf(" · %d on the way", behind)
	}
	if d.chaos != nil {
		faults, reconnects := t.harm()
		text += fmt.Sprintf(" · %d faults · %d reconnects", faults, reconnects)
	}
	if columns < width+len(text) {
		return fit(text, columns)
	}
	s := d.out.style
	return s.green(bar) + s.dim(rest) + text
}

// crowded says of a batch that people see it as one line.
func (d *demo) crowded(events int) bool { return !d.opts.json && events > 4 }
