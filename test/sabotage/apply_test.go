package sabotage

import (
	"encoding/json"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../.." // of the module

// load reads the list.
func load(t *testing.T) (list []*Sabotage) {
	t.Helper()
	files, err := filepath.Glob("list/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no sabotages: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Parse(strings.TrimSuffix(filepath.Base(file), ".txt"), string(text))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	return list
}

func readFile(file string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
	return string(text), err
}

// Every sabotage in the list applies to the code as it is, and the result
// compiles.
func TestSabotagesApply(t *testing.T) {
	list := load(t)
	var packages []string
	for _, s := range list {
		for _, e := range s.Edits {
			packages = append(packages, path.Dir(e.File))
		}
	}
	slices.Sort(packages)
	c := newCompiler(t, slices.Compact(packages))
	for _, s := range list {
		files, err := s.Apply(readFile)
		if err != nil {
			t.Error(err)
			continue
		}
		for file, text := range files {
			for _, err := range c.errors(file, text) {
				t.Errorf("%s: it does not compile: %v", s.Name, err)
			}
		}
	}
}

// compiler checks types of changed files. It looks at bodies of functions only in
// the file that was changed, so that a check takes milliseconds.
type compiler struct {
	fset     *token.FileSet
	importer types.Importer
	packages map[string]listed
	stripped map[string]*ast.File // by name, without bodies
}

// listed is what go list says of a package.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

func newCompiler(t *testing.T, dirs []string) *compiler {
	t.Helper()
	args := []string{"list", "-deps", "-export", "-json=ImportPath,Dir,Export,GoFiles"}
	for _, dir := range dirs {
		args = append(args, "./"+dir)
	}
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Stderr = root, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	c := &compiler{fset: token.NewFileSet(), packages: map[string]listed{}, stripped: map[string]*ast.File{}}
	exports := map[string]string{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		if dir, err := filepath.Rel(here, p.Dir); err == nil {
			c.packages[filepath.ToSlash(dir)] = p
		}
	}
	c.importer = importer.ForCompiler(c.fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	return c
}

// errors are those of a file's text, in its package. Of a file that is for another
// system it sees only whether it is Go.
func (c *compiler) errors(file, text string) (errs []error) {
	changed, err := parser.ParseFile(c.fset, file, text, parser.SkipObjectResolution)
	if err != nil {
		return []error{err}
	}
	p := c.packages[path.Dir(file)]
	if !slices.Contains(p.GoFiles, path.Base(file)) {
		return nil
	}
	files := []*ast.File{changed}
	for _, name := range p.GoFiles {
		if name == path.Base(file) {
			continue
		}
		other, err := c.strip(filepath.Join(p.Dir, name))
		if err != nil {
			return []error{err}
		}
		files = append(files, other)
	}
	conf := types.Config{Importer: c.importer, Error: func(err error) {
		if e, ok := err.(types.Error); !ok || c.fset.File(e.Pos).Name() == file {
			errs = append(errs, err)
		}
	}}
	_, _ = conf.Check(p.ImportPath, c.fset, files, nil)
	return errs
}

// strip parses a file and leaves the bodies out.
func (c *compiler) strip(name string) (*ast.File, error) {
	if file := c.stripped[name]; file != nil {
		return file, nil
	}
	file, err := parser.ParseFile(c.fset, name, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Type.TypeParams == nil {
			f.Body = nil
		}
	}
	c.stripped[name] = file
	return file, nil
}

// What does not compile is seen.
func TestCompiler(t *testing.T) {
	const file = "test/sabotage/parse.go"
	c := newCompiler(t, []string{path.Dir(file)})
	good, err := readFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, old, new, want string }{
		{"as it is", "", "", ""},
		{"not Go", "package sabotage", "package", "expected"},
		{"a name that is not there", "e.Old += text", "e.Old += text2", "undefined: text2"},
		{"an import too many", "s := &Sabotage{Name: name}", "s, slices := &Sabotage{Name: name}, 1", "slices"},
		{"a variable too many", "s := &Sabotage{Name: name}", "s := &Sabotage{Name: name}\n\tx := 1", "declared and not used: x"},
	} {
		errs := c.errors(file, strings.Replace(good, tt.old, tt.new, 1))
		if tt.want == "" && len(errs) > 0 {
			t.Errorf("%s: %v", tt.name, errs)
		}
		if tt.want != "" && (len(errs) == 0 || !strings.Contains(errs[0].Error(), tt.want)) {
			t.Errorf("%s: %v, want something with %q", tt.name, errs, tt.want)
		}
	}
}
