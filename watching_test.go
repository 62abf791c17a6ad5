package idlewild_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// docs/watching.md is one file of Go: what stands there as declarations, and its
// statements, each in a function that has these variables.
const (
	watchingImports = `package p

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"iter"
	"log"
	"testing"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/watch"
	"github.com/idlewild-mail/idlewild/watch/watchtest"
)
`
	watchingScope = `func _(ctx context.Context, password string, w *watch.Watcher, batch *watch.Batch, db *sql.DB,
	handle func(watch.Arrived) error, notify func(string)) error {
`
)

func TestWatching(t *testing.T) {
	const guide = "docs/watching.md"
	blocks := goBlocks(t, guide)
	if len(blocks) < 8 {
		t.Fatalf("%d pieces of Go", len(blocks))
	}
	var b strings.Builder
	b.WriteString(watchingImports)
	for _, block := range blocks {
		code := fmt.Sprintf("//line %s:%d\n%s", guide, block.line, block.text)
		if !block.declares() {
			code = watchingScope + "{\n" + code + "}\nreturn nil\n}\n"
		}
		b.WriteString(code)
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "guide.go", b.String(), parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	if err := typeChecker(t, fset, "database/sql", "testing")(file); err != nil {
		t.Error(err)
	}
}

// The guide's functions are run by a test, word by word.
func TestWatchingIsRun(t *testing.T) {
	const file = "watch/watchtest/guide_test.go"
	run, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range goBlocks(t, "docs/watching.md") {
		if strings.HasPrefix(block.text, "func ") && !strings.Contains(string(run), block.text) {
			t.Errorf("docs/watching.md:%d: this is not in %s", block.line, file)
		}
	}
}

// goBlock is a piece of Go in a text: its lines, and where the first one is.
type goBlock struct {
	line int
	text string
}

func (b goBlock) declares() bool {
	for _, word := range []string{"func ", "type ", "//"} {
		if strings.HasPrefix(b.text, word) {
			return true
		}
	}
	return false
}

func goBlocks(t *testing.T, name string) (blocks []goBlock) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	inside := false
	for i, line := range strings.Split(string(data), "\n") {
		switch {
		case !inside && line == "```go":
			inside = true
			blocks = append(blocks, goBlock{line: i + 2})
		case inside && line == "```":
			inside = false
		case inside:
			blocks[len(blocks)-1].text += line + "\n"
		}
	}
	return blocks
}
