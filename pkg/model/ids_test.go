package model

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// declared maps the names of the constants in ids.go to their IDs.
func declared(t *testing.T) map[string]ID {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "ids.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]ID{}
	for _, d := range file.Decls {
		decl, ok := d.(*ast.GenDecl)
		if !ok || decl.Tok != token.CONST {
			continue
		}
		for _, s := range decl.Specs {
			spec := s.(*ast.ValueSpec)
			for i, name := range spec.Names {
				text, err := strconv.Unquote(spec.Values[i].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				ids[name.Name] = ID(text)
			}
		}
	}
	return ids
}

func TestRegistryHasEveryIDOnce(t *testing.T) {
	constants := map[ID]string{}
	for name, id := range declared(t) {
		if other, twice := constants[id]; twice {
			t.Errorf("%s and %s are both %s", name, other, id)
		}
		constants[id] = name
	}
	seen := map[ID]bool{}
	var groups []string
	for _, e := range Registry {
		if seen[e.ID] {
			t.Errorf("%s appears twice in the registry", e.ID)
		}
		seen[e.ID] = true
		if constants[e.ID] == "" {
			t.Errorf("%s has no constant", e.ID)
		}
		for _, text := range []string{e.What, e.Fix} {
			if len(text) < 5 || !strings.HasSuffix(text, ".") {
				t.Errorf("%s: %q is no sentence", e.ID, text)
			}
		}
		order := slices.Clone(e.Severities)
		slices.SortFunc(order, func(a, b Severity) int { return rank(a) - rank(b) })
		if len(e.Severities) == 0 || !slices.Equal(order, e.Severities) {
			t.Errorf("%s: severities are %v; write those there are, errors first", e.ID, e.Severities)
		}
		group := path.Dir(string(e.ID))
		if len(groups) == 0 || groups[len(groups)-1] != group {
			if slices.Contains(groups, group) {
				t.Errorf("%s stands apart from its group", e.ID)
			}
			groups = append(groups, group)
		}
	}
	for id, name := range constants {
		if !seen[id] {
			t.Errorf("%s (%s) is not in the registry", id, name)
		}
	}
}

// TestRegistryKnowsEveryProblem reads the source of the module: where a problem is reported with an ID of this package,
// the registry must know its severity, and no ID must be without use.
func TestRegistryKnowsEveryProblem(t *testing.T) {
	ids := declared(t)
	known := map[ID][]Severity{}
	for _, e := range Registry {
		known[e.ID] = e.Severities
	}
	used := map[ID]bool{}
	root := os.DirFS("../..")
	for _, dir := range []string{"cmd", "pkg"} {
		err := fs.WalkDir(root, dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || path.Dir(name) == "pkg/model" {
				return err
			}
			text, err := fs.ReadFile(root, name)
			if err != nil {
				return err
			}
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, name, text, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if name := selected(n); ids[name] != "" {
					used[ids[name]] = true
				}
				id, severity := reported(n)
				if ids[id] != "" && severity != "" && !slices.Contains(known[ids[id]], severity) {
					t.Errorf("%s: %s is reported as %s; add that to the registry", fset.Position(n.Pos()), ids[id], severity)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var unused []ID
	for _, e := range Registry {
		if !used[e.ID] {
			unused = append(unused, e.ID)
		}
	}
	if diff := cmp.Diff([]ID(nil), unused); diff != "" {
		t.Errorf("IDs that nothing reports:\n%s", diff)
	}
}

// reported gives the constant and the severity of a call or literal that reports a problem with both.
func reported(n ast.Node) (id string, s Severity) {
	switch n := n.(type) {
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.SelectorExpr); ok && len(n.Args) > 2 {
			methods := map[string]Severity{"Errorf": Error, "Valuef": Error, "Warnf": Warning, "Infof": Info}
			return selected(n.Args[0]), methods[f.Sel.Name]
		}
	case *ast.CompositeLit:
		severities := map[string]Severity{"Error": Error, "Warning": Warning, "Info": Info}
		for _, e := range n.Elts {
			kv, ok := e.(*ast.KeyValueExpr)
			if !ok {
				continue
			}
			switch key, ok := kv.Key.(*ast.Ident); {
			case ok && key.Name == "ID":
				id = selected(kv.Value)
			case ok && key.Name == "Severity":
				s = severities[selected(kv.Value)]
			}
		}
	}
	return id, s
}

// selected is the name of a selector on this package.
func selected(n ast.Node) string {
	if s, ok := n.(*ast.SelectorExpr); ok {
		if x, ok := s.X.(*ast.Ident); ok && x.Name == "model" {
			return s.Sel.Name
		}
	}
	return ""
}
