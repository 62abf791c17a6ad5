package sim

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestPlanText(t *testing.T) {
	for seed := range uint64(200) {
		p := Generate(seed)
		again, err := ParsePlan([]byte("# a comment\n\n" + p.String()))
		if err != nil {
			t.Fatal(err)
		}
		if again.String() != p.String() || Generate(seed).String() != p.String() {
			t.Errorf("seed %d: %s\n%s", seed, p, again)
		}
	}
}

func TestPlanErrors(t *testing.T) {
	const world = `{"Server":"full","Mailboxes":1,"From":"all","Commit":"each"}` + "\n"
	for text, want := range map[string]string{
		"":                         `no server ""`,
		`{"Server":"x"}`:           `no server "x"`,
		`{"Server":"full"}`:        "0 mailboxes",
		world + `{"Do":"dance"}`:   `nothing is called "dance"`,
		world + `{"Dance":1}`:      "line 2",
		world + `{"After":"soon"}`: "line 2",
		world + `{"Do":"at","Then":{"Do":"dance"}}`: `"dance"`,
	} {
		if _, err := ParsePlan([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// What the server says is cut into the same responses however it arrives.
func TestFrames(t *testing.T) {
	responses := []string{
		"* 1 FETCH (UID 1 BODY[] {12}\r\nx\r\n* 2 FETC)\r\n", "* 2 FETCH (UID 2)\r\n", "* OK {a}\r\n",
		"* 3 FETCH (BODY[1] {0}\r\n BODY[2] {2}\r\n\r\n)\r\n", "+ idling\r\n", "A1 OK done\r\n",
	}
	all := strings.Join(responses, "")
	for size := 1; size <= len(all); size++ {
		var f framer
		var got []string
		for chunk := range slices.Chunk([]byte(all), size) {
			for _, r := range f.add(chunk) {
				got = append(got, string(r))
			}
		}
		if !slices.Equal(got, responses) || len(f.rest) > 0 {
			t.Errorf("in pieces of %d: %q", size, got)
		}
	}
}

// Only answers to FETCH change places, and none is lost.
func TestShuffle(t *testing.T) {
	text := strings.Split("* 1 EXISTS,* 1 FETCH a,* 2 FETCH b,* 3 FETCH c,* OK,* 4 FETCH d,A1 OK", ",")
	orders := map[string]bool{}
	for seed := range uint64(100) {
		var in [][]byte
		for _, s := range text {
			in = append(in, []byte(s))
		}
		got := shuffle(in, rand.New(rand.NewPCG(seed, 0)))
		joined := string(bytes.Join(got, []byte(",")))
		orders[joined] = true
		for _, s := range text {
			if !strings.Contains(joined, s) {
				t.Errorf("%s is without %s", joined, s)
			}
		}
		first, rest, _ := strings.Cut(joined, "* OK")
		if !strings.HasPrefix(joined, "* 1 EXISTS,") || strings.Contains(first, " d") || !strings.HasSuffix(rest, "A1 OK") {
			t.Errorf("%s: something moved too far", joined)
		}
	}
	if len(orders) < 10 {
		t.Errorf("%d orders", len(orders))
	}
}

func TestShrink(t *testing.T) {
	p := Generate(1)
	p.Steps = append(p.Steps, Step{Do: "flag", N: 77})
	small, violations := shrink(p, func(p *Plan) []Violation {
		if slices.ContainsFunc(p.Steps, func(s Step) bool { return s.N == 77 }) {
			return []Violation{{Rule: "I1"}}
		}
		return nil
	})
	if len(small.Steps) != 1 || small.Steps[0].N != 77 || len(violations) != 1 {
		t.Errorf("%s%v", small, violations)
	}
}

// A secret is seen wherever it is, also in base64.
func TestStorySecrets(t *testing.T) {
	for text, leak := range map[string]bool{
		"LOGIN alice hunter22": true, "AUTHENTICATE PLAIN AGFsaWNlAGh1bnRlcjIy": true, "hunter2": false,
	} {
		s := newStory("hunter22", "\x00alice\x00hunter22")
		s.add("log", text)
		if got := s.secret() != ""; got != leak {
			t.Errorf("%s: %v", text, got)
		}
	}
}
