package sabotage

import (
	"errors"
	"strings"
	"testing"
)

const example = `breaks: the sum
caught: ./sums -run ^TestSum$|TestMore -sums.n=3
caught: ./all -run TestAll
edit: sums/sum.go
 func sum(a, b int) int {
-	return a + b
+	return a - b
edit: sums/more.go
-	once()
+	twice()
+	twice()
`

func TestParse(t *testing.T) {
	s, err := Parse("sum", example)
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "sum" || s.Breaks != "the sum" || len(s.Caught) != 2 || len(s.Edits) != 2 {
		t.Errorf("%+v", s)
	}
	if got := s.Caught[0].String(); got != "./sums -run ^TestSum$|TestMore -sums.n=3" {
		t.Error(got)
	}
	want := Edit{"sums/sum.go", "func sum(a, b int) int {\n\treturn a + b\n", "func sum(a, b int) int {\n\treturn a - b\n"}
	if s.Edits[0] != want {
		t.Errorf("%+v", s.Edits[0])
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct{ name, old, new, want string }{
		{"no sentence", "breaks: the sum\n", "", "needs breaks:"},
		{"no tests", "caught: ./sums -run ^TestSum$|TestMore -sums.n=3\ncaught: ./all -run TestAll\n", "", "needs breaks:"},
		{"no edit", example[strings.Index(example, "edit:"):], "", "needs breaks:"},
		{"tests without package", "./all -run TestAll", "TestAll", "line 3: want PACKAGE"},
		{"not a Go file", "sums/sum.go", "sums/sum.txt", `line 4: "sums/sum.txt" is not a Go file`},
		{"a test", "sums/sum.go", "sums/sum_test.go", "is not a Go file, or a test"},
		{"outside", "sums/sum.go", "a/../../sum.go", "is not a Go file"},
		{"no mark", "-	return", "=	return", `line 6: a line of an edit begins with +, - or a space, not "="`},
		{"nothing changes", "a - b", "a + b", "must take lines out"},
		{"nothing is replaced", "-	once()\n", "", "must take lines out"},
		{"a line of nothing", "the sum\n", "the sum\nfoo\n", "line 2: want breaks:"},
		{"an empty line", "-	once()\n", "-	once()\n\n", "line 10: want breaks:"},
	} {
		_, err := Parse("sum", strings.Replace(example, tt.old, tt.new, 1))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want something with %q", tt.name, err, tt.want)
		}
	}
}

func TestApply(t *testing.T) {
	s, err := Parse("sum", example)
	if err != nil {
		t.Fatal(err)
	}
	before := map[string]string{
		"sums/sum.go":  "package sums\n\nfunc sum(a, b int) int {\n\treturn a + b\n}\n\nfunc other(a, b int) int {\n\treturn a + b\n}\n",
		"sums/more.go": "package sums\n\nfunc more() {\n\tonce()\n}\n",
	}
	read := func(file string) (string, error) {
		if text, ok := before[file]; ok {
			return text, nil
		}
		return "", errors.New("no such file")
	}
	after, err := s.Apply(read)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(before["sums/sum.go"], "a + b", "a - b", 1); after["sums/sum.go"] != want {
		t.Errorf("%q, want %q", after["sums/sum.go"], want)
	}
	if want := "package sums\n\nfunc more() {\n\ttwice()\n\ttwice()\n}\n"; after["sums/more.go"] != want {
		t.Errorf("%q, want %q", after["sums/more.go"], want)
	}

	for _, tt := range []struct{ name, text, want string }{
		{"gone", "package sums\n", "0 times in sums/more.go"},
		{"twice", "\tonce()\n\tonce()\n", "2 times in sums/more.go"},
		{"part of a line", "\tx := 1;\tonce()\n", "0 times in sums/more.go"},
	} {
		before["sums/more.go"] = tt.text
		if _, err := s.Apply(read); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want something with %q", tt.name, err, tt.want)
		}
	}
	delete(before, "sums/more.go")
	if _, err := s.Apply(read); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
}
