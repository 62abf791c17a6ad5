package idlewild_test

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docs/coming-from.md has a table for each library: what its users call, and
// the line of Go that does it. Every line is compiled, in a function that has
// the variables of comingFromScope; every name that testdata/coming-from lists
// for a library must be in its table.
const comingFromScope = `package p

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/idlewild-mail/idlewild/imap"
	"github.com/idlewild-mail/idlewild/imap/imaptest"
	"github.com/idlewild-mail/idlewild/imap/sasl"
	"github.com/idlewild-mail/idlewild/imap/search"
	"github.com/idlewild-mail/idlewild/imap/wire"
	"github.com/idlewild-mail/idlewild/watch"
)

var (
	_ = errors.New
	_ = fmt.Sprint
	_ = io.EOF
	_ = slog.Default
	_ net.Conn
	_ = os.Stderr
	_ = exec.Command
	_ = strings.NewReader
	_ tls.Config
	_ = time.Now
	_ = imaptest.NewServer
	_ = sasl.Plain
	_ = search.All
	_ = wire.NewCommand
	_ = watch.Login
	_ imap.UID
)

func row(ctx context.Context, c *imap.Client, box *imap.Mailbox, uid imap.UID, uids imap.UIDSet, seqs imap.SeqSet,
	msg *imap.Message, name, other, user, password, accessToken, text string, flags []imap.Flag, labels []string,
	message io.Reader, size int64, when time.Time, opts *imap.Options, config *tls.Config, conn net.Conn,
	server *imaptest.Server, query search.Query, err error) {
`

// comingFrom is a row of a table.
type comingFrom struct {
	library string
	line    int
	theirs  string
	ours    string
	note    string
}

func TestComingFrom(t *testing.T) {
	rows := comingFromRows(t)
	fset := token.NewFileSet()
	check := typeChecker(t, fset)
	for _, r := range rows {
		snippets := spans(r.ours)
		if len(snippets) == 0 && r.note == "" {
			t.Errorf("docs/coming-from.md:%d: %s: neither Go nor a word why not", r.line, r.theirs)
		}
		for _, s := range snippets {
			file, err := parseSnippet(fset, s)
			if err == nil {
				err = check(file)
			}
			if err != nil {
				t.Errorf("docs/coming-from.md:%d: %s: %v", r.line, s, err)
			}
		}
	}
	lists, err := filepath.Glob("testdata/coming-from/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		library := strings.TrimSuffix(filepath.Base(list), ".txt")
		data, err := os.ReadFile(list)
		if err != nil {
			t.Fatal(err)
		}
		for name := range strings.FieldsSeq(string(data)) {
			if !mentioned(rows, library, name) {
				t.Errorf("docs/coming-from.md: %s's %s has no row", library, name)
			}
		}
	}
}

// comingFromRows reads the tables. A section's heading is the library's name.
func comingFromRows(t *testing.T) (rows []comingFrom) {
	t.Helper()
	data, err := os.ReadFile("docs/coming-from.md")
	if err != nil {
		t.Fatal(err)
	}
	library := ""
	for i, line := range strings.Split(string(data), "\n") {
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			library, _, _ = strings.Cut(heading, " ")
			continue
		}
		cells := cells(line)
		if len(cells) < 2 || strings.HasPrefix(cells[0], "---") || !strings.Contains(cells[0], "`") {
			continue
		}
		cells = append(cells, "")
		rows = append(rows, comingFrom{library, i + 1, cells[0], cells[1], cells[2]})
	}
	return rows
}

// cells splits a table's line. A bar inside backticks is written \|.
func cells(line string) (cells []string) {
	line = strings.TrimSpace(line)
	if !strings.HasPrefix(line, "|") {
		return nil
	}
	line = strings.ReplaceAll(strings.Trim(line, "|"), `\|`, "\x00")
	for cell := range strings.SplitSeq(line, "|") {
		cells = append(cells, strings.TrimSpace(strings.ReplaceAll(cell, "\x00", "|")))
	}
	return cells
}

var span = regexp.MustCompile("`([^`]+)`")

func spans(cell string) (all []string) {
	for _, m := range span.FindAllStringSubmatch(cell, -1) {
		all = append(all, m[1])
	}
	return all
}

// mentioned says whether a table names something in a code span of its first
// column, as a word of its own.
func mentioned(rows []comingFrom, library, name string) bool {
	word := regexp.MustCompile(`(^|[^\w])` + regexp.QuoteMeta(name) + `($|[^\w])`)
	for _, r := range rows {
		if !strings.EqualFold(r.library, library) {
			continue
		}
		for _, s := range spans(r.theirs) {
			if word.MatchString(s) {
				return true
			}
		}
	}
	return false
}

// typeChecker returns what checks a file against the packages as they are now,
// and against those of the standard library that are named.
func typeChecker(t *testing.T, fset *token.FileSet, standard ...string) func(file *ast.File) error {
	t.Helper()
	const format = "{{if .Export}}{{.ImportPath}}\t{{.Export}}{{end}}"
	cmd := exec.Command("go", append([]string{"list", "-export", "-deps", "-f", format, "./..."}, standard...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	exports := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		exports[path] = file
	}
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})
	return func(file *ast.File) error {
		var found []error
		conf := types.Config{Importer: imports, Error: func(err error) {
			if e := err.(types.Error); !strings.Contains(e.Msg, "declared and not used") {
				found = append(found, fmt.Errorf("%v: %s", fset.Position(e.Pos), e.Msg))
			}
		}}
		_, _ = conf.Check("p", fset, []*ast.File{file}, nil)
		return errors.Join(found...)
	}
}

// parseSnippet takes statements, or one expression whose value is not used.
func parseSnippet(fset *token.FileSet, snippet string) (*ast.File, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s{ %s }\n}\n", comingFromScope, snippet)
	if _, err := parser.ParseExpr(snippet); err == nil && !strings.HasSuffix(snippet, ")") {
		b.Reset()
		fmt.Fprintf(&b, "%s_ = %s\n}\n", comingFromScope, snippet)
	}
	return parser.ParseFile(fset, "row.go", b.Bytes(), parser.SkipObjectResolution)
}
