package idlewild_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// house is the picture of the whole repository, top floor first: what each
// package may import. Arrows go down only, so every name under "of ours" has its
// own row further down. A package that is not built yet keeps its row; a package
// without a row is a failure: give it one, on the right floor.
//
//   - "of ours": packages of this repository, by directory. "x/..." stands for
//     every row of the tree x, "library" for every package users may import.
//   - "not ours": modules (or trees of them) besides the standard library.
//   - "tests also": see testsMay.
var house = []layer{
	// package                           of ours                     not ours                            tests also
	{"peers/...", "library test/...", "*", ""},
	{"examples/...", "library", "golang.org/x/text", ""},
	{"cmd/idlewild", "cmd/idlewild/internal/cli", "", ""},
	{cmd + "cli", "library " + cmd + "shell " + cmd + "relay " + cmd + "keyring", "github.com/spf13 golang.org/x/term golang.org/x/text " + width, ""},
	{cmd + "relay", "watch mailbox account mail imap", "github.com/nats-io github.com/prometheus golang.org/x/time golang.org/x/sync", "imap/search"},
	{cmd + "keyring", "account", "github.com/zalando/go-keyring", ""},
	{cmd + "shell", "", "golang.org/x/term golang.org/x/sys " + width, ""},

	{"test/...", "library test/live test/proxy test/corpus test/oneproc", "golang.org/x/text", ""},
	{"test/live", "", "", "library"}, // real servers: independent of our own client
	{"test/proxy", "", "", ""},
	{"test/corpus", "", "", "library"},
	{"test/oneproc", "", "", ""},

	{"mailbox", "imap imap/search mail", "golang.org/x/text", ""},
	{"watch/watchtest", "watch imap imap/imaptest", "", ""},
	{"watch", "imap imap/sasl imap/search", "", ""},
	{"account/oauth", "account imap imap/sasl", "golang.org/x/oauth2", ""},
	{"account", "imap imap/sasl", "golang.org/x/oauth2 github.com/BurntSushi/toml golang.org/x/text", ""},
	{"imap/search", "imap imap/wire", "golang.org/x/text", ""},
	{"imap", "imap/wire imap/sasl", "golang.org/x/text", "imap/search"},
	{"imap/wire", "", "", ""},
	{"imap/sasl", "", "golang.org/x/text", ""},
	{"mail", "", "golang.org/x/text", ""},
	{"imap/imaptest", "", "", "imap imap/search watch"}, // a server sharing the client's parser would share its errors
	{".", "", "", "library"},
}

const (
	cmd   = "cmd/idlewild/internal/"
	width = "github.com/mattn/go-runewidth github.com/clipperhouse" // go-runewidth and what it stands on
)

// testsMay says what a _test.go file may import besides what its package may:
// everything further down from there, the helpers, and its own row's "tests
// also" (such as a value type of the floor above that an example shows). Nothing
// else: a test that needs a higher floor belongs on that floor.
var testsMay = struct{ ours, library, cmd string }{
	ours:    "imap/imaptest test/live test/corpus test/oneproc",
	library: "github.com/google/go-cmp",
	cmd:     "github.com/google/go-cmp github.com/rogpeppe/go-internal",
}

// onlyFiles lists, for a package, imports that only some of its files may have:
// in imap the files that dial and own the connection, and options.go, which names
// their types in fields. Parsers take a *wire.Reader and return values.
var onlyFiles = []struct{ pkg, imports, files string }{
	{"imap", "net crypto/tls os/exec", "dial.go transport.go process.go client.go starttls.go options.go channel_binding.go proxy.go"},
}

// never lists standard packages (and the trees below them) that a package does
// without: syntax starts nothing, waits for nothing, and knows no clock.
var never = []struct{ pkg, imports string }{
	{"imap/wire", "net time context sync os log/slog"},
}

const modulePath = "github.com/idlewild-mail/idlewild"

type layer struct{ pkg, ours, notOurs, testsAlso string }

func TestLayers(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); name != "." && (strings.ContainsAny(base[:1], "._") || base == "testdata" || base == "vendor") {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		src, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		seen++
		for _, problem := range checkFile(filepath.ToSlash(name), src) {
			t.Error(problem)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 2 {
		t.Errorf("only %d Go files found: is this test in the root of the repository?", seen)
	}
}

// ARCHITECTURE.md has maps of the large packages: every file is on one, by its
// name or by a pattern, and every name and pattern on it is one of a file.
func TestMaps(t *testing.T) {
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"imap", "watch"} {
		_, section, _ := strings.Cut(string(text), "# The files of "+dir+"\n")
		section, _, _ = strings.Cut(section, "\nTests: ")
		checkMap(t, dir, section)
	}
}

func checkMap(t *testing.T, dir, section string) {
	used := map[string]bool{}
	for i, name := range strings.Split(section, "`") {
		if i%2 == 1 && strings.HasSuffix(name, ".go") && !strings.Contains(name, "<") {
			used[name] = false
		}
	}
	files, err := filepath.Glob(dir + "/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range files {
		name, found := filepath.Base(file), false
		for pattern := range used {
			if ok, _ := path.Match(pattern, name); ok {
				used[pattern], found = true, true
			}
		}
		if !found && !strings.HasSuffix(name, "_test.go") {
			t.Errorf("%s is not on the map in ARCHITECTURE.md, \"The files of %s\"", file, dir)
		}
	}
	for pattern, found := range used {
		if !found {
			t.Errorf("ARCHITECTURE.md, \"The files of %s\": there is no %s", dir, pattern)
		}
	}
}

// Packages that test in virtual time import test/oneproc, which says why.
func TestVirtualTime(t *testing.T) {
	virtual, oneproc := map[string]bool{}, map[string]bool{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			switch imported, _ := strconv.Unquote(spec.Path.Value); imported {
			case "testing/synctest":
				virtual[filepath.Dir(name)] = true
			case modulePath + "/test/oneproc":
				oneproc[filepath.Dir(name)] = true
			}
		}
		return nil
	})
	if err != nil || len(virtual) == 0 {
		t.Fatal(len(virtual), err)
	}
	for dir := range virtual {
		if !oneproc[dir] {
			t.Errorf("%s has tests with testing/synctest, and none imports %s/test/oneproc", dir, modulePath)
		}
	}
}

// The table itself: every name has a row, and arrows go down.
func TestLayersTable(t *testing.T) {
	for i, l := range house {
		for _, name := range expand(l.ours) {
			j := slices.IndexFunc(house, func(l layer) bool { return l.pkg == name })
			if j < 0 {
				t.Errorf("%s may import %s, which has no row", l.pkg, name)
			} else if j <= i {
				t.Errorf("%s may import %s, which is not below it", l.pkg, name)
			}
		}
	}
}

// The rules can fail, and do not fail what they should let pass.
func TestLayersRules(t *testing.T) {
	for _, tt := range []struct{ name, file, src, want string }{
		{"down", "imap/fetch.go", importing("imap", modulePath+"/imap/wire"), ""},
		{"up", "imap/fetch.go", importing("imap", modulePath+"/watch"), "imap may not import watch"},
		{"up into the root", "imap/fetch.go", importing("imap", modulePath), "imap may not import ."},
		{"sideways", "imap/imaptest/a.go", importing("imaptest", modulePath+"/imap/wire"), "imap/imaptest may not import imap/wire"},
		{"tool from library", "watch/a.go", importing("watch", modulePath+"/cmd/idlewild/internal/relay"), "watch may not import cmd/idlewild/internal/relay"},
		{"past a floor", "cmd/idlewild/main.go", importing("main", modulePath+"/imap"), "cmd/idlewild may not import imap"},
		{"no row", "imap/extra/a.go", importing("extra", "fmt"), "imap/extra has no row"},
		{"not Go", "imap/a.go", "package", "expected"},

		{"x/text", "mail/a.go", importing("mail", "golang.org/x/text/unicode/norm"), ""},
		{"x/text in wire", "imap/wire/a.go", importing("wire", "golang.org/x/text/unicode/norm"), "imap/wire may not import golang.org/x/text/unicode/norm"},
		{"a name that only begins alike", "mail/a.go", importing("mail", "golang.org/x/textual"), "mail may not import golang.org/x/textual"},
		{"toml in account", "account/a.go", importing("account", "github.com/BurntSushi/toml"), ""},
		{"toml elsewhere", "mailbox/a.go", importing("mailbox", "github.com/BurntSushi/toml"), "mailbox may not import github.com/BurntSushi/toml"},
		{"cobra in cli", "cmd/idlewild/internal/cli/a.go", importing("cli", "github.com/spf13/cobra"), ""},
		{"cobra in the library", "imap/a.go", importing("imap", "github.com/spf13/cobra"), "imap may not import github.com/spf13/cobra"},
		{"live helper", "test/live/a.go", importing("live", modulePath+"/imap"), "test/live may not import imap"},
		{"simulation", "test/sim/a.go", importing("sim", modulePath+"/watch", modulePath+"/test/live"), ""},
		{"peers", "peers/bench/a.go", importing("bench", "github.com/emersion/go-imap/v2", modulePath+"/imap"), ""},

		{"test down two floors", "watch/a_test.go", importing("watch", modulePath+"/imap/wire"), ""},
		{"test with helpers", "imap/a_test.go", importing("imap_test", modulePath+"/imap/imaptest", modulePath+"/test/live", modulePath+"/imap"), ""},
		{"test also", "imap/a_test.go", importing("imap_test", modulePath+"/imap/search"), ""},
		{"test up", "imap/a_test.go", importing("imap_test", modulePath+"/watch"), "imap (test) may not import watch"},
		{"test go-cmp", "imap/a_test.go", importing("imap_test", "github.com/google/go-cmp/cmp"), ""},
		{"test testscript", "cmd/idlewild/a_test.go", importing("main_test", "github.com/rogpeppe/go-internal/testscript"), ""},
		{"test testscript in the library", "imap/a_test.go", importing("imap", "github.com/rogpeppe/go-internal/testscript"), "imap (test) may not import github.com/rogpeppe"},

		{"net in dial.go", "imap/dial.go", importing("imap", "net", "crypto/tls"), ""},
		{"net in a parser", "imap/envelope.go", importing("imap", "net"), "imap/envelope.go may not import net"},
		{"net/mail in a parser", "imap/envelope.go", importing("imap", "net/mail"), ""},
		{"net in a test", "imap/envelope_test.go", importing("imap", "net"), ""},
		{"clock in wire", "imap/wire/a.go", importing("wire", "time"), "imap/wire may not import time"},
		{"sync/atomic in wire", "imap/wire/a.go", importing("wire", "sync/atomic"), "imap/wire may not import sync/atomic"},
		{"log in wire", "imap/wire/a.go", importing("wire", "log/slog"), "imap/wire may not import log/slog"},
		{"bytes in wire", "imap/wire/a.go", importing("wire", "bytes", "io"), ""},

		{"init", "imap/a.go", "package imap; func init() {}", "init"},
		{"init is a method", "imap/a.go", "package imap; type t int; func (t) init() {}", ""},
		{"init in a test", "imap/a_test.go", "package imap; func init() {}", ""},
		{"sleep", "imap/a_test.go", `package imap; import "time"; func f() { time.Sleep(1) }`, "time.Sleep"},
		{"sleep by another name", "imap/a_test.go", `package imap; import clock "time"; var f = clock.Sleep`, "time.Sleep"},
		{"sleep in code", "imap/a.go", `package imap; import "time"; func f() { time.Sleep(1) }`, ""},
		{"someone else's Sleep", "imap/a_test.go", `package imap; func f() { time.Sleep(1) }; var time struct{ Sleep func(int) }`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(checkFile(tt.file, []byte(tt.src)), "\n")
			if tt.want == "" && got != "" {
				t.Errorf("refused: %s", got)
			}
			if !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want something with %q", got, tt.want)
			}
		})
	}
}

func importing(pkg string, imports ...string) string {
	src := "package " + pkg + "\n"
	for _, name := range imports {
		src += fmt.Sprintf("import _ %q\n", name)
	}
	return src
}

// checkFile returns what is wrong with one Go file, named by its path from the
// root of the repository.
func checkFile(name string, src []byte) (problems []string) {
	fail := func(format string, args ...any) {
		problems = append(problems, name+": "+fmt.Sprintf(format, args...))
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		fail("%v", err)
		return problems
	}
	pkg, test := path.Dir(name), strings.HasSuffix(name, "_test.go")
	row, ok := findLayer(pkg)
	if !ok {
		fail("package %s has no row in the table of layers_test.go", pkg)
		return problems
	}
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		if why := checkImport(row, pkg, path.Base(name), imported, test); why != "" {
			fail("%s", why)
		}
	}
	if test {
		if pos := findSleep(file); pos.IsValid() {
			fail("line %d: time.Sleep in a test: wait for what must happen (in a synctest bubble: <-time.After(d))", fset.Position(pos).Line)
		}
	} else if hasInit(file) {
		fail("func init: package state is made by whoever needs it")
	}
	return problems
}

// checkImport says why file of package pkg may not import imported, or "".
func checkImport(row layer, pkg, file, imported string, test bool) string {
	who := pkg
	if test {
		who += " (test)"
	}
	if imported == modulePath || strings.HasPrefix(imported, modulePath+"/") {
		target := strings.TrimPrefix(strings.TrimPrefix(imported, modulePath), "/")
		if target == "" {
			target = "."
		}
		if !mayImport(row, pkg, target, test) {
			return who + " may not import " + target
		}
		return ""
	}
	first, _, _ := strings.Cut(imported, "/")
	if strings.Contains(first, ".") {
		allowed := row.notOurs
		if test {
			allowed += " " + testsMay.library
			if strings.HasPrefix(pkg, "cmd/") {
				allowed += " " + testsMay.cmd
			}
		}
		if row.notOurs != "*" && !inTrees(imported, allowed) {
			return who + " may not import " + imported
		}
		return ""
	}
	if test {
		return ""
	}
	for _, o := range onlyFiles {
		if o.pkg == pkg && slices.Contains(strings.Fields(o.imports), imported) && !slices.Contains(strings.Fields(o.files), file) {
			return pkg + "/" + file + " may not import " + imported + ": only " + o.files + " do"
		}
	}
	for _, n := range never {
		if n.pkg == pkg && inTrees(imported, n.imports) {
			return pkg + " may not import " + imported
		}
	}
	return ""
}

func mayImport(row layer, pkg, target string, test bool) bool {
	targetRow, ok := findLayer(target)
	if !ok {
		return false
	}
	if tree, ok := strings.CutSuffix(row.pkg, "/..."); ok && inTrees(target, tree) {
		return true // packages of one row may use each other
	}
	if !test {
		return slices.Contains(expand(row.ours), targetRow.pkg)
	}
	return target == pkg || slices.Contains(below(row), targetRow.pkg) ||
		slices.Contains(expand(testsMay.ours+" "+row.testsAlso), targetRow.pkg)
}

// below returns the rows that row reaches, directly or through others.
func below(row layer) (names []string) {
	for _, name := range expand(row.ours) {
		names = append(names, name)
		if next, ok := findLayer(name); ok {
			names = append(names, below(next)...)
		}
	}
	return names
}

// findLayer returns the row of a package: its own, else that of the tree it is in.
func findLayer(pkg string) (found layer, ok bool) {
	for _, l := range house {
		if l.pkg == pkg {
			return l, true
		}
		if tree, isTree := strings.CutSuffix(l.pkg, "/..."); isTree && inTrees(pkg, tree) {
			found, ok = l, true
		}
	}
	return found, ok
}

// expand turns the words of a column into names of rows.
func expand(column string) (names []string) {
	for _, word := range strings.Fields(column) {
		tree, isTree := strings.CutSuffix(word, "/...")
		switch {
		case word == "library":
			for _, l := range house {
				if l.pkg != "." && !inTrees(l.pkg, "cmd peers examples test") {
					names = append(names, l.pkg)
				}
			}
		case isTree:
			for _, l := range house {
				if inTrees(l.pkg, tree) {
					names = append(names, l.pkg)
				}
			}
		default:
			names = append(names, word)
		}
	}
	return names
}

// inTrees reports whether name is one of the space-separated trees or inside one.
func inTrees(name, trees string) bool {
	return slices.ContainsFunc(strings.Fields(trees), func(tree string) bool {
		return name == tree || strings.HasPrefix(name, tree+"/")
	})
}

func hasInit(file *ast.File) bool {
	return slices.ContainsFunc(file.Decls, func(d ast.Decl) bool {
		f, ok := d.(*ast.FuncDecl)
		return ok && f.Recv == nil && f.Name.Name == "init"
	})
}

func findSleep(file *ast.File) (pos token.Pos) {
	clock := ""
	for _, spec := range file.Imports {
		if spec.Path.Value == `"time"` {
			clock = "time"
			if spec.Name != nil {
				clock = spec.Name.Name
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && clock != "" && sel.Sel.Name == "Sleep" && !pos.IsValid() {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == clock {
				pos = sel.Pos()
			}
		}
		return true
	})
	return pos
}
