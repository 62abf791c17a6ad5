package sim

import (
	"slices"
)

// mostTries bounds shrinking.
const mostTries = 150

// shrink leaves steps out of a plan, many at a time and then one by one, as
// long as it still fails, and returns what is left and how that fails.
func shrink(p *Plan, run func(*Plan) []Violation) (small *Plan, violations []Violation) {
	small = p
	tries := 0
	fails := func(q *Plan) bool {
		for range 2 { // goroutines may take another order
			if tries++; tries > mostTries {
				return false
			}
			if v := run(q); len(v) > 0 {
				violations = v
				return true
			}
		}
		return false
	}
	for size := len(small.Steps) / 2; size > 0; size /= 2 {
		for at := 0; at+size <= len(small.Steps); {
			q := &Plan{World: small.World, Steps: slices.Concat(small.Steps[:at], small.Steps[at+size:])}
			if fails(q) {
				small = q
			} else {
				at += size
			}
		}
	}
	if violations == nil {
		violations = []Violation{{Rule: "sim", Text: "it failed once, and not again when it was to be shrunk"}}
	}
	return small, violations
}
