package sim

import (
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// Generate makes a plan of a seed. The same seed is the same plan, until the
// simulation itself is changed.
func Generate(seed uint64) *Plan {
	g := &generator{rand.New(rand.NewPCG(seed, 1))}
	p := &Plan{World: g.world(seed)}
	for range 8 + g.IntN(30) {
		s := g.step(p.World)
		s.After = g.while()
		p.Steps = append(p.Steps, s)
	}
	return p
}

// generator chooses.
type generator struct{ *rand.Rand }

func pick[T any](g *generator, of ...T) T { return of[g.IntN(len(of))] }

func (g *generator) world(seed uint64) World {
	return World{
		OnReset:     pick(g, "", "resume", "baseline", "replay"),
		Listen:      pick(g, "", "", "", "", "poll"),
		Changes:     g.IntN(2) == 0,
		Connections: pick(g, 0, 0, 1, 2),
		Seed:        seed,
		Server:      pick(g, slices.Sorted(maps.Keys(personalities))...),
		Mailboxes:   1 + g.IntN(len(boxNames)),
		From:        pick(g, "all", "now"),
		Scan:        Span(pick(g, 0, 0, 0, 2*time.Minute)),
		MaxWait:     Span(pick(g, 0, 0, 0, 10*time.Second)),
		Commit:      pick(g, append(commits, "each", "each", "each")...),
		Shuffle:     g.IntN(3) == 0,
		Split:       pick(g, 0, 0, 0, 7, 200),
		Tokens:      g.IntN(4) == 0,
	}
}

// while is the time between two steps, mostly short, often none.
func (g *generator) while() Span {
	most := pick(g, 0, 0, time.Millisecond, time.Second, time.Minute, 10*time.Minute, 10*time.Minute, time.Hour)
	return Span(time.Duration(g.Float64() * float64(most)))
}

// weighed is a kind of step and how often it comes, in parts of all.
type weighed struct {
	weight int
	make   func(*generator, World) Step
}

var steps = []weighed{
	{20, (*generator).mail},
	{8, (*generator).others},
	{6, (*generator).mailbox},
	{10, (*generator).network},
	{8, (*generator).server},
	{6, (*generator).program},
	{6, (*generator).moment},
	{3, func(g *generator, _ World) Step { return Step{Do: "calm", For: 0} }},
	{1, (*generator).poison},
}

func (g *generator) step(w World) Step {
	all := 0
	for _, s := range steps {
		all += s.weight
	}
	n := g.IntN(all)
	for _, s := range steps {
		if n -= s.weight; n < 0 {
			return s.make(g, w)
		}
	}
	panic("unreachable")
}

func (g *generator) box(w World) string { return pick(g, w.watched()...) }

func (g *generator) mail(w World) Step {
	n := 1 + g.Int64N(5)
	if g.IntN(60) == 0 {
		n = 90 + g.Int64N(600)
	}
	return Step{Do: "deliver", Box: g.box(w), N: n, Seed: g.Uint64() >> 32}
}

func (g *generator) poison(w World) Step {
	return Step{
		Do: "poison", Box: g.box(w), N: 1 + g.Int64N(2), Seed: g.Uint64() >> 32,
		Text: pick(g, slices.Sorted(maps.Keys(poisons))...),
	}
}

func (g *generator) others(w World) Step {
	s := Step{Do: pick(g, "remove", "remove", "flag", "flag", "move", "copy"), Box: g.box(w), Seed: g.Uint64() >> 32}
	s.Text = pick(g, "", "", "newest", "all")
	switch s.Do {
	case "move":
		s.To = pick(g, append([]string{spareNames[0]}, w.watched()...)...)
	case "copy":
		s.To = g.box(w)
	}
	return s
}

// evictions are what becomes of sessions whose mailbox is taken away.
var evictions = []string{"", "late", "closed", "no", "quiet", "told"}

func (g *generator) mailbox(w World) Step {
	s := Step{Do: "rebuild", Box: g.box(w), Seed: g.Uint64() >> 32, To: pick(g, evictions...)}
	for _, letter := range []string{"k", "s", "d", "i"} {
		if g.IntN(4) == 0 {
			s.Text += letter
		}
	}
	if s.Box == "INBOX" {
		return s
	}
	switch do := pick(g, "rebuild", "recreate", "rename", "rename", "delete", "create", "lock"); do {
	case "recreate", "delete", "create":
		return Step{Do: do, Box: s.Box}
	case "rename":
		s = Step{Do: do, Box: s.Box, To: pick(g, "Old", "Old", g.box(w))}
		if g.IntN(2) == 0 {
			s.Box, s.To = s.To, s.Box
		}
		return s
	case "lock":
		return Step{Do: do, Box: s.Box, Text: pick(g, "open", "noselect", "forbidden")}
	}
	return s
}

func (g *generator) network(World) Step {
	s := Step{Do: pick(g, "cut", "vanish", "cutat", "cutat", "cutat", "stall", "lag", "refuse")}
	switch s.Do {
	case "cutat":
		s.Text = pick(g, "in", "in", "out")
		s.N = 1 + g.Int64N(pick[int64](g, 50, 500, 5000, 20000))
		s.For = Span(time.Hour)
	case "stall":
		s.For = Span(g.Int64N(int64(5 * time.Minute)))
	case "lag":
		s.N = 1 + g.Int64N(5000)
		s.For = Span(g.Int64N(int64(10 * time.Minute)))
	case "refuse":
		s.Text = pick(g, "refused", "dns", "hang")
		s.For = Span(g.Int64N(int64(30 * time.Minute)))
	}
	return s
}

// commandNames are what the server may be odd about.
var commandNames = []string{
	"login", "EXAMINE", "UID FETCH", "UID SEARCH", "IDLE", "NOOP", "STATUS", "LIST", "ENABLE", "NOTIFY", "CAPABILITY", "LOGOUT",
}

func (g *generator) server(w World) Step {
	if w.Tokens && g.IntN(3) == 0 {
		return Step{Do: "token", Text: pick(g, tokenTroubles...), For: Span(g.Int64N(int64(pick(g, time.Minute, 2*time.Hour))))}
	}
	s := Step{Do: pick(g, "restart", "command", "command", "command", "command", "login", "lie", "lie")}
	switch s.Do {
	case "restart":
		s.Text = pick(g, "", "server is going down", "[UNAVAILABLE] maintenance")
		s.For = Span(g.Int64N(int64(2 * time.Minute)))
	case "command":
		s.Box, s.N = pick(g, commandNames...), 1+g.Int64N(4)
		s.Text = pick(g, "cut", "cutreply", "bye", "no", "bad", "slow", "alert")
		s.For, s.Seed = Span(time.Hour), g.Uint64()>>20
	case "login":
		s.Text = pick(g, "denied", "limit", "throttled", "outage")
		s.For = Span(g.Int64N(int64(pick(g, time.Minute, time.Hour))))
	case "lie":
		s.Text = pick(g, g.lies()...)
	}
	return s
}

// lies are all that there are, in order.
func (g *generator) lies() []string { return slices.Sorted(maps.Keys(lies)) }

func (g *generator) program(World) Step {
	s := Step{Do: pick(g, "die", "die", "die", "disk", "commit", "body", "slow")}
	switch s.Do {
	case "die":
		s.Text = pick(g, "now", "leave", "yield", "handled", "saved")
		s.N = 1 + g.Int64N(3)
		s.For = Span(g.Int64N(int64(pick(g, time.Second, time.Minute, 2*time.Hour))))
	case "disk":
		s.N = 1 + g.Int64N(4)
	case "commit":
		s.Text = pick(g, commits...)
	case "body":
		s.Text = pick(g, "", "fetch", "select")
	case "slow":
		s.N = g.Int64N(20_000)
	}
	return s
}

// moment is something that happens just when a command comes.
func (g *generator) moment(w World) Step {
	then := pick(g, (*generator).mail, (*generator).mail, (*generator).others, (*generator).mailbox)(g, w)
	if then.Do == "move" || then.Do == "copy" {
		then = g.mail(w)
	}
	return Step{
		Do: "at", Box: pick(g, commandNames...), N: 1 + g.Int64N(3), For: Span(time.Hour), Then: &then,
	}
}
