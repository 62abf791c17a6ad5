// Package corpus reads testdata/corpus: bytes that IMAP servers send, each with
// what a client must make of them. The README there says what the fields mean
// and where the data is from.
package corpus

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

// The files of the corpus, as Load takes them.
const (
	Responses   = "responses"    // one response or greeting each, with facts
	RFCExamples = "rfc-examples" // lines printed in RFCs
	Attacks     = "attacks"      // hostile and edge-case bytes
)

// A Case is some bytes and what must be made of them. Fields that a case does
// not have are zero.
type Case struct {
	Source string `json:"source"` // the project it is from
	Name   string `json:"case"`   // unique within its source
	Kind   string `json:"kind"`   // the sort of response
	Input  []byte `json:"input_b64"`

	Expect      string `json:"expect"` // "ok" or "error", see OK
	ExpectBasis string `json:"expect_basis"`
	ErrorKind   string `json:"error_kind"`
	// ErrorBasis is "rfc" if the bytes must never be taken as a valid value, and
	// "source-choice" if a tolerant client may accept them.
	ErrorBasis string   `json:"error_basis"`
	Disputed   []string `json:"disputed"` // who judges otherwise

	Entry    string `json:"entry"`    // "greeting": the connection opens with it
	Encoding string `json:"encoding"` // "raw-deflate": feed it below COMPRESS
	Quirk    bool   `json:"quirk"`    // breaks the RFC, occurs in the wild
	Wrapped  bool   `json:"wrapped"`  // a fragment of the grammar, made whole

	AttackClass       string   `json:"attack_class"`
	RequiredBehaviour string   `json:"required_behaviour"`
	ClientTurns       []string `json:"client_turns"` // sent by the client before

	Facts     map[string]json.RawMessage `json:"facts"` // see Fact
	FactsFrom string                     `json:"facts_from"`
}

// OK reports whether a client must read the case and go on. Otherwise it must
// report an error, or tolerate the bytes in a documented way.
func (c *Case) OK() bool { return c.Expect == "ok" }

// Greeting reports whether the bytes open the connection.
func (c *Case) Greeting() bool { return c.Entry == "greeting" }

// String names the case for t.Run and messages.
func (c *Case) String() string { return c.Source + "/" + c.Name }

// Fact decodes the named fact into the value that v points to. It reports
// whether the case states that fact; if not, v is left alone. A fact of another
// shape than v fails the test.
func (c *Case) Fact(tb testing.TB, name string, v any) bool {
	tb.Helper()
	raw, ok := c.Facts[name]
	if !ok {
		return false
	}
	if err := json.Unmarshal(raw, v); err != nil {
		tb.Fatalf("corpus: %v: fact %s is %s: %v", c, name, raw, err)
	}
	return true
}

// Load returns the cases of one file, in its order. What it cannot read or does
// not know fails the test. Each call returns values of its own.
func Load(tb testing.TB, name string) []Case {
	tb.Helper()
	dir, err := findDir()
	if err != nil {
		tb.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, name+".jsonl"))
	if err != nil {
		tb.Fatalf("corpus: %v", err)
	}
	cases, err := decode(data)
	if err != nil {
		tb.Fatalf("corpus: %s: %v", name, err)
	}
	return cases
}

func decode(data []byte) (cases []Case, err error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	for dec.More() {
		var c Case
		if err := dec.Decode(&c); err != nil {
			return nil, fmt.Errorf("case %d: %w", len(cases)+1, err)
		}
		if !slices.Contains([]string{"ok", "error"}, c.Expect) {
			return nil, fmt.Errorf("case %d: expect is %q", len(cases)+1, c.Expect)
		}
		cases = append(cases, c)
	}
	return cases, nil
}

// findDir finds the data from where this file was compiled, else (-trimpath) by
// going up from the working directory.
func findDir() (string, error) {
	var starts []string
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		starts = append(starts, filepath.Dir(file))
	}
	if wd, err := os.Getwd(); err == nil {
		starts = append(starts, wd)
	}
	for _, dir := range starts {
		for {
			found := filepath.Join(dir, "testdata", "corpus")
			if _, err := os.Stat(filepath.Join(found, Responses+".jsonl")); err == nil {
				return found, nil
			}
			parent := filepath.Dir(dir)
			if parent == dir {
				break
			}
			dir = parent
		}
	}
	return "", fmt.Errorf("corpus: no testdata/corpus above any of %q", starts)
}
