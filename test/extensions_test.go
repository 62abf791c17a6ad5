package test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var updateDocs = flag.Bool("update-docs", false, "write docs/extensions.md from this run")

const extensionsFile = "../docs/extensions.md"

// extension is a row of docs/extensions.md.
type extension struct {
	name string // as the RFC, or the capability, has it
	rfc  string
	api  string // what of package imap, imap/search or imap/sasl it is used by, separated by ", "
	// transcripts names tests that play the RFC's own examples, or a server's
	// bytes, for what no server here offers.
	transcripts string
}

// matrix is which server proved what.
type matrix struct {
	result map[[2]string]bool // by server and row: all its proofs passed
	ran    map[string]bool    // servers
}

func newMatrix() *matrix {
	return &matrix{result: map[[2]string]bool{}, ran: map[string]bool{}}
}

func (m *matrix) note(server, row string, ok bool) {
	key := [2]string{server, row}
	if before, known := m.result[key]; known {
		ok = ok && before
	}
	m.result[key], m.ran[server] = ok, true
}

func (m *matrix) proved(server string) (rows []string) {
	for key, ok := range m.result {
		if key[0] == server && ok {
			rows = append(rows, key[1])
		}
	}
	slices.Sort(rows)
	return rows
}

// where says on which servers a row was proved; somebody's own is not told.
func (m *matrix) where(row string) string {
	var on []string
	for _, s := range servers {
		if s.name != "LIVE_INI" && m.result[[2]string{s.name, row}] {
			on = append(on, s.name)
		}
	}
	if len(on) == 0 {
		return "transcript only"
	}
	return strings.Join(on, ", ")
}

// page is docs/extensions.md as this run has it.
func (m *matrix) page() string {
	var b strings.Builder
	b.WriteString(extensionsHead)
	for _, x := range extensions {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", x.name, x.rfc, "`"+strings.Join(strings.Split(x.api, ", "), "` `")+"`", m.where(x.name))
	}
	return b.String()
}

const extensionsHead = `# Extensions

What of IMAP there is in Go, and where it was seen to work. This page is made by the suite that runs against
real servers (Dovecot 2.3 and Cyrus 3.6 of Debian 12) and against ` + "`imap/imaptest`" + `, and is checked by it:
` + "`go test ./test -run TestLiveSuite -update-docs`" + ` writes it. "Transcript only" means that none of the three
offers the extension: then the RFC's own examples are played, by a test that the row names in test/extensions_table_test.go.

| Extension | RFC | In Go | Proved on |
| --- | --- | --- | --- |
`

// compare holds the page against the run, if all servers took part.
func (m *matrix) compare(t *testing.T) {
	if *updateDocs {
		if err := os.WriteFile(extensionsFile, []byte(m.page()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if t.Failed() || !m.ran["Dovecot"] || !m.ran["Cyrus"] || !m.ran["imaptest"] {
		return
	}
	have, err := os.ReadFile(extensionsFile)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(m.page(), "\n")
	for i, line := range strings.Split(string(have), "\n") {
		if i >= len(want) || line != want[i] {
			t.Errorf("docs/extensions.md, line %d: %s\nthis run has: %s", i+1, line, want[min(i, len(want)-1)])
		}
	}
	if len(want) != strings.Count(string(have), "\n")+1 {
		t.Errorf("docs/extensions.md has another number of lines than this run (%d)", len(want))
	}
}

// Every row names what exists: an API, proofs or transcripts.
func TestExtensionsTable(t *testing.T) {
	api := map[string]bool{}
	for _, dir := range []string{"../imap", "../imap/search", "../imap/sasl"} {
		exported(t, dir, api)
	}
	tests := map[string]bool{}
	for _, pattern := range []string{"../imap/*_test.go", "../imap/sasl/*_test.go", "../imap/search/*_test.go"} {
		testNames(t, pattern, tests)
	}
	proved := map[string]bool{}
	for _, p := range proofs {
		proved[p.ext] = true
		if !slices.ContainsFunc(extensions, func(x extension) bool { return x.name == p.ext }) {
			t.Errorf("a proof of %s, which has no row", p.ext)
		}
	}
	for _, x := range extensions {
		for name := range strings.SplitSeq(x.api, ", ") {
			if !api[name] {
				t.Errorf("%s: there is no %s", x.name, name)
			}
		}
		if x.transcripts == "" && !proved[x.name] {
			t.Errorf("%s: neither proved nor played", x.name)
		}
		for name := range strings.FieldsSeq(x.transcripts) {
			if !tests[name] {
				t.Errorf("%s: there is no %s", x.name, name)
			}
		}
	}
}

// exported collects the exported names of a package: "Dial", "Client.List",
// "ListOptions.Status"; those of search and sasl with the package in front.
func exported(t *testing.T, dir string, names map[string]bool) {
	t.Helper()
	prefix := ""
	if base := filepath.Base(dir); base != "imap" {
		prefix = base + "."
	}
	for _, file := range parsed(t, filepath.Join(dir, "*.go")) {
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				names[prefix+receiver(d)+d.Name.Name] = true
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch s := spec.(type) {
					case *ast.TypeSpec:
						names[prefix+s.Name.Name] = true
						if st, ok := s.Type.(*ast.StructType); ok {
							for _, f := range st.Fields.List {
								for _, n := range f.Names {
									names[prefix+s.Name.Name+"."+n.Name] = true
								}
							}
						}
					case *ast.ValueSpec:
						for _, n := range s.Names {
							names[prefix+n.Name] = true
						}
					}
				}
			}
		}
	}
}

func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	switch x := d.Recv.List[0].Type.(type) {
	case *ast.StarExpr:
		if id, ok := x.X.(*ast.Ident); ok {
			return id.Name + "."
		}
	case *ast.Ident:
		return x.Name + "."
	}
	return "?."
}

func testNames(t *testing.T, pattern string, names map[string]bool) {
	t.Helper()
	for _, file := range parsed(t, pattern) {
		for _, decl := range file.Decls {
			if d, ok := decl.(*ast.FuncDecl); ok && strings.HasPrefix(d.Name.Name, "Test") {
				names[d.Name.Name] = true
			}
		}
	}
}

func parsed(t *testing.T, pattern string) (files []*ast.File) {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatal(pattern, err)
	}
	for _, path := range paths {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}
