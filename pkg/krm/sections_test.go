package krm

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/model"
)

func TestSections(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		cut  bool
	}{
		"as kustomize writes it":   {listHead + "items:\n- kind: A\n  a: |\n    - b\n- kind: B\n", true},
		"as kpt writes it":         {listHead + "# of the items\nitems:\n  # of a\n  - kind: A\n    # in a\n  # of b\n  - kind: B\n# of the configuration\nfunctionConfig:\n  kind: C\n", true},
		"a kind in a block":        {listHead + "items:\n- kind: |-\n    A\n  a: |\n    b\n", true},
		"results":                  {listHead + "items:\n- kind: A\n# of b\nresults:\n- message: m\n", true},
		"a folded block":           {listHead + "items:\n- kind: A\n  a: >-\n    b\n    c\n- kind: B\n", true},
		"carriage returns":         {strings.ReplaceAll(listHead+"items:\n-\n  kind: A\n\n# of b\n- kind: B\n", "\n", "\r\n"), true},
		"a byte order mark":        {"\ufeff# top\n---\n" + listHead + "items:\n- kind: A\n", true},
		"a directive":              {"# top\n%YAML 1.1\n---\n" + listHead + "items:\n- kind: A\n", true},
		"a quoted key":             {listHead + "\"items\":\n- kind: A\n", true},
		"a lone carriage return":   {listHead + "items:\n- kind: A\n  b: \"c\rd\"\n", false},
		"no end":                   {listHead + "items:\n- kind: A", false},
		"an alias of another item": {listHead + "items:\n- kind: &a A\n- kind: *a\n", false},
		"an alias of its own":      {listHead + "items:\n- kind: &a A\n  b: *a\n", true},
		"a string over lines":      {listHead + "items:\n- kind: A\n  a: \"b\n- c\"\n", false},
		"a list that is no list":   {listHead + "items:\n  kind: A\n", false},
		"no items":                 {listHead + "items: []\n", false},
		"items twice":              {listHead + "items:\n- kind: A\nitems:\n- kind: B\n", false},
		"an item that is none":     {listHead + "items:\n- kind: A\n- B\n", false},
		"an error in an item":      {listHead + "items:\n- kind: A\n- kind: [\n", false},
		"a member in flow style":   {listHead + "items:\n- kind: A\n{{0}}\n", false},
		"JSON":                     {`{"apiVersion":"config.kubernetes.io/v1","kind":"ResourceList","items":[{"kind":"A"}]}` + "\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			if l := inSections(t, tc.text); (l != nil) != tc.cut {
				t.Errorf("cut: %v", l != nil)
			}
			compareSections(t, tc.text)
		})
	}
}

// inSections reads a list in sections, a few bytes at a time, and reports it if anything of the text is lost where that is
// not possible.
func inSections(t *testing.T, text string) *List {
	t.Helper()
	in := bufio.NewReaderSize(strings.NewReader(text), 16)
	c, ok, err := cutSections(in)
	if err != nil {
		t.Fatal(err)
	}
	if all, err := c.text(in); all != text || err != nil {
		t.Fatalf("%q became %q, %v", text, all, err)
	}
	if !ok {
		return nil
	}
	l, whole := c.list()
	if !whole {
		return nil
	}
	return l
}

// compareSections reports where a list that is read in sections differs from the same list read in one piece.
func compareSections(t *testing.T, text string) {
	t.Helper()
	got := inSections(t, text)
	if got == nil {
		return
	}
	docs, ps := parseSlowly(text, model.Place{})
	if ps.HasErrors() || len(docs) != 1 {
		t.Fatalf("%q: the library refuses it: %v", text, ps)
	}
	want, ps := readWhole(text, model.Place{})
	if ps.HasErrors() || len(want.Items) != len(got.Items) || len(want.members) != len(got.members) ||
		(want.FunctionConfig == nil) != (got.FunctionConfig == nil) {
		t.Fatalf("%q: %d items of %d, %d members of %d, %v", text, len(got.Items), len(want.Items), len(got.members), len(want.members), ps)
	}
	for i, m := range want.members {
		if g := got.members[i]; m.key.Value != g.key.Value {
			t.Errorf("%q: member %d is %q, not %q", text, i, g.key.Value, m.key.Value)
		}
	}
	for i, it := range want.Items {
		g := got.Items[i]
		type identity struct {
			place               model.Place
			annotations, labels map[string]string
		}
		if diff := cmp.Diff(identity{it.Place, it.Annotations, it.Labels}, identity{g.Place, g.Annotations, g.Labels},
			cmp.AllowUnexported(identity{})); diff != "" {
			t.Errorf("%q: item %d (-whole +section):\n%s", text, i, diff)
		}
		if !sameContent(it.Node(), g.Node()) {
			t.Errorf("%q: item %d holds something else", text, i)
		}
	}
	if want.FunctionConfig != nil && !sameContent(want.FunctionConfig.Node(), got.FunctionConfig.Node()) {
		t.Errorf("%q: the function configuration is another one", text)
	}
	hasResults := slices.ContainsFunc(got.members, func(m member) bool { return m.key.Value == "results" })
	if written := string(mustBytes(t, got, got.Items, nil)); written != text && !hasResults {
		t.Errorf("%q is written as %q", text, written)
	}
}

// FuzzSections checks that a list that is read in sections is the one that is read in one piece.
func FuzzSections(f *testing.F) {
	f.Add("- x")
	f.Add(listHead + "items:\n- kind: A\n- x")
	for _, text := range roundTrips {
		f.Add(text)
	}
	files, err := filepath.Glob("../../testdata/*/input.yaml")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) <= maxFuzz && len(checkText(text, model.Place{})) == 0 {
			compareSections(t, text)
		}
	})
}
