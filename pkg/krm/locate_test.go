package krm

import (
	"bufio"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// mark stands in the texts of these tests where the position is. It is taken out before they are read.
const mark = "§"

// marked returns a text without its mark, and the position of that.
func marked(t *testing.T, text string) (plain string, line, column int) {
	t.Helper()
	before, after, ok := strings.Cut(text, mark)
	if !ok || strings.Contains(after, mark) {
		t.Fatalf("not one mark in %q", text)
	}
	last := before[strings.LastIndexByte(before, '\n')+1:]
	return before + after, 1 + strings.Count(before, "\n"), 1 + len([]rune(last))
}

// placeIn returns the place of a path in the ConfigMap a.
func placeIn(file string, begin, line int32, path ...any) model.Place {
	p := model.Place{Object: model.Object{APIVersion: "v1", Kind: "ConfigMap", Name: "a"}, File: file, Begin: begin, Line: line}
	for _, step := range path {
		switch s := step.(type) {
		case int:
			p = p.Item(s)
		case string:
			p = p.Child(s)
		}
	}
	return p
}

type locateCase struct {
	text string
	line int32
	path []any
	want model.Source // Its line and column are those of the mark.
	slow bool         // Of a file, only the nodes are kept, so that the column in a text is unknown.
}

const head = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"

// locateDocuments are texts of files.
var locateDocuments = map[string]locateCase{
	"a field":                 {text: head + "data:\n  §b: c\n", path: []any{"data", "b"}},
	"the object":              {text: "§" + head},
	"a missing field":         {text: head + "§data:\n  b: c\n", path: []any{"data", "x", 3, "y"}},
	"a missing one below":     {text: "§" + head + "data: {}\n", path: []any{"spec"}},
	"an element":              {text: head + "list:\n- b\n- §c: d\n", path: []any{"list", 1}},
	"no such element":         {text: head + "§list:\n- b\n", path: []any{"list", 7}},
	"a field of an element":   {text: head + "list:\n- {b: c, §\"d/e\": 5}\n", path: []any{"list", 0, "d/e"}},
	"not the first document":  {text: "# one\n---\n\nkind: A\napiVersion: b\n---\n# more\n" + head + "data:\n  §b: c\n", path: []any{"data", "b"}},
	"comments and blanks":     {text: "\n# a\n\n" + head + "\n# b\ndata:\n\n  # c\n  §b: c\n", path: []any{"data", "b"}},
	"a List":                  {text: "kind: List\napiVersion: v1\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n  data:\n    §b: c\n", path: []any{"data", "b"}},
	"JSON":                    {text: "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\",\n \"metadata\": {\"name\": \"a\"},\n\t\"é\": 1, \"data\": {\"c\": \"d\", §\"b\": 1}}\n", path: []any{"data", "b"}},
	"JSON behind an object":   {text: "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"a\"}, §\"data\": {}}\n", path: []any{"data", "b"}},
	"JSON, an element":        {text: "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"a\"},\n\"list\": [1,\n [],\n §{\"b\": 2}]}", path: []any{"list", 2}},
	"CRLF":                    {text: strings.ReplaceAll("# x\n---\n"+head+"data:\n  b: |\n    x\n  §c: c\n", "\n", "\r\n"), path: []any{"data", "c"}},
	"a tab":                   {text: head + "data:\n  x: \"a\tb\"\n  y: {a: \"\t\", §b: c}\n", path: []any{"data", "y", "b"}},
	"other letters":           {text: head + "data: {\"é中📦\": x, §b: c}\n", path: []any{"data", "b"}},
	"an alias":                {text: head + "one: &x\n  §b: c\ndata: *x\n", path: []any{"data", "b"}},
	"what holds an alias":     {text: head + "one: &x [1]\n§data: *x\n", path: []any{"data", "b"}},
	"a merged key":            {text: head + "one: &x\n  §b: c\ndata:\n  <<: *x\n  d: e\n", path: []any{"data", "b"}},
	"a null":                  {text: head + "data:\n  §b:\n  c: d\n", path: []any{"data", "b"}},
	"in a literal block":      {text: head + "data:\n  t: |\n    x: y\n    z:\n    - §b: c\n", path: []any{"data", "t", "z", 0, "b"}},
	"a line of one":           {text: head + "data:\n  t: |\n    x: y\n\n    §z: 1\n", line: 3, path: []any{"data", "t"}},
	"a line of a value":       {text: head + "data:\n  t: |\n    x:\n      §z: 1\n", line: 2, path: []any{"data", "t", "x"}},
	"a line that is no YAML":  {text: head + "data:\n  t: |+\n      a = b\n        §c = [\n", line: 2, path: []any{"data", "t"}},
	"missing in a text":       {text: head + "data:\n  t: |\n    a:\n      §x:\n        y: 1\n", path: []any{"data", "t", "a", "x", "z"}},
	"of a text, the key":      {text: head + "data:\n  §t: |\n    a: 1\n", path: []any{"data", "t", "b"}},
	"a text in JSON":          {text: head + "data:\n  t: |\n    {\"a\": 1,\n     §\"b\": 2}\n", path: []any{"data", "t", "b"}},
	"an indented literal":     {text: head + "data:\n  t: |2\n      x\n    §y\n", line: 2, path: []any{"data", "t"}, slow: true},
	"blanks before a literal": {text: head + "data:\n  t: |\n\n    §y: 1\n", line: 2, path: []any{"data", "t", "y"}},
	"a quoted text": {
		text: head + "data:\n  §t: \"a: b\\nc: d\\n\"\n", line: 2, path: []any{"data", "t", "c"}, want: model.Source{Inside: true},
	},
	"a folded text": {
		text: head + "data:\n  §t: >\n    a: b\n\n    c: d\n", line: 2, path: []any{"data", "t", "c"}, want: model.Source{Inside: true},
	},
}

func TestLocateInFiles(t *testing.T) {
	for name, tc := range locateDocuments {
		t.Run(name, func(t *testing.T) {
			text, line, column := marked(t, tc.text)
			p, ps := ReadStream(strings.NewReader(text), "a.yaml")
			if ps.HasErrors() || len(p.Items) == 0 {
				t.Fatal(ps)
			}
			place := placeIn("a.yaml", 0, tc.line, tc.path...)
			place.Index = p.Items[len(p.Items)-1].Place.Index
			problems := model.Problems{{Place: place}}
			Sources{Items: p.Items}.Locate(problems)
			want := tc.want
			want.File, want.Line, want.Column = "a.yaml", line, column
			if tc.slow {
				want.Column = 0
			}
			if diff := cmp.Diff(want, problems[0].Source); diff != "" {
				t.Errorf("(-want +got):\n%s\n%s", diff, text)
			}
		})
	}
}

// In a literal block through an alias, the lines are those of the block. Its columns are unknown, since only nodes are kept.
func TestLocateInAnAliasOfALiteralBlock(t *testing.T) {
	text := head + "one: &x |\n  a: b\n  c: d\ndata:\n  t: *x\n"
	p, _ := ReadStream(strings.NewReader(text), "a.yaml")
	ps := model.Problems{{Place: placeIn("a.yaml", 0, 0, "data", "t", "c")}}
	Sources{Items: p.Items}.Locate(ps)
	if diff := cmp.Diff(model.Source{File: "a.yaml", Line: 7}, ps[0].Source); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// listOf makes a ResourceList whose last item is a document.
func listOf(doc string, indent int) string {
	var b strings.Builder
	b.WriteString("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n# the items\nitems:\n")
	for i, d := range []string{strings.ReplaceAll(head, "name: a", "name: first"), doc} {
		if i == 1 {
			b.WriteString("# a comment above the item\n")
		}
		w := bufio.NewWriter(&b)
		writeDashed(w, []byte(d), indent)
		_ = w.Flush()
	}
	return b.String()
}

func TestLocateInLists(t *testing.T) {
	for name, tc := range locateDocuments {
		if strings.Contains(tc.text, "---") || strings.HasPrefix(tc.text, "{") || strings.HasPrefix(tc.text, "\n") || strings.Contains(tc.text, "\r") {
			continue
		}
		for _, indent := range []int{0, 2} {
			t.Run(fmt.Sprintf("%s, indented by %d", name, indent), func(t *testing.T) {
				for layout, change := range map[string]func(string) string{
					"as kustomize writes it": func(s string) string { return s },
					"otherwise":              func(s string) string { return "---\n" + s },
				} {
					text, line, column := marked(t, change(listOf(tc.text, indent)))
					l, ps := ReadList(strings.NewReader(text))
					if ps.HasErrors() {
						t.Fatal(ps)
					}
					problems := model.Problems{{Place: placeIn("", 0, tc.line, tc.path...)}}
					Sources{Items: l.Items, Stream: true}.Locate(problems)
					want := tc.want
					want.Stream, want.Line, want.Column = true, line, column
					if diff := cmp.Diff(want, problems[0].Source); diff != "" {
						t.Errorf("%s (-want +got):\n%s\n%s", layout, diff, text)
					}
				}
			})
		}
	}
}

func TestLocateTellsCopiesApart(t *testing.T) {
	text := strings.Repeat(head+"---\n", 3)
	p, _ := ReadStream(strings.NewReader(text), "a.yaml")
	var ps model.Problems
	for _, it := range p.Items {
		it.Place.Index = 0
		ps.Errorf("a/b", it.Place.Child("kind"), "x")
	}
	Sources{Items: p.Items}.Locate(ps)
	for i, want := range []int{2, 7, 12} {
		if got := ps[i].Source.Line; got != want {
			t.Errorf("copy %d: line %d, want %d", i, got, want)
		}
	}
}

func TestLocateOtherPlaces(t *testing.T) {
	files := map[string]string{
		"swagger.yaml":  "openapi: 3.0.3\nx-wso2-mode:\n  sidcar\n",
		"resource.yaml": "a: b\n---\n" + head + "data:\n  b: c\n",
	}
	api := model.Object{APIVersion: "v1", Kind: "Deployment", Name: "d"}
	p, _ := ReadStream(strings.NewReader(head+"data:\n  b: c\n"), "in.yaml")
	ps := model.Problems{
		{Place: model.Place{File: "swagger.yaml", Field: "x-wso2-mode", Line: 3}},
		{Place: model.Place{File: "swagger.yaml", Field: "info.version"}},
		{Place: model.Place{File: "swagger.yaml", Field: "openapi"}},
		{Place: model.Place{File: "resource.yaml", Index: 1, Object: p.Items[0].Place.Object, Field: "data.b"}},
		{Place: model.Place{Object: api, Field: "spec.replicas"}},
		{Place: model.Place{File: "syntax.yaml", Line: 4}},
		{Place: model.Place{File: "no-such.yaml", Field: "a"}},
		{},
	}
	Sources{
		Items: p.Items,
		ReadFile: func(name string) ([]byte, error) {
			if files[name] == "" {
				return nil, fmt.Errorf("no %s", name)
			}
			return []byte(files[name]), nil
		},
		Origin: func(o model.Object) (model.Place, bool) { return p.Items[0].Place.Child("data").Child("b"), o == api },
	}.Locate(ps)
	var got []string
	for _, p := range ps {
		got = append(got, p.Where())
	}
	want := []string{
		"swagger.yaml:3:3: x-wso2-mode", "swagger.yaml: info.version", "swagger.yaml:1:1: openapi",
		"resource.yaml:8:3: ConfigMap a: data.b", "in.yaml:6:3: Deployment d: spec.replicas", "syntax.yaml:4",
		"no-such.yaml: a", "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A List in a ResourceList stays one item.
func TestLocateInAListOfAList(t *testing.T) {
	text := "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: v1\n  kind: ConfigMapList\n  items:\n" +
		"  - apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: a}\n    data:\n      b: c\n"
	l, _ := ReadList(strings.NewReader(text))
	ps := model.Problems{{Place: placeIn("", 0, 0, "data", "b")}}
	Sources{Items: l.Items, Stream: true}.Locate(ps)
	if got, want := ps[0].Where(), "standard input:11:7: ConfigMap a: data.b"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLocateIsBounded(t *testing.T) {
	p, _ := ReadStream(strings.NewReader(head), "a.yaml")
	ps := make(model.Problems, 2*mostLocated)
	for i := range ps {
		ps[i].Place = placeIn("a.yaml", 0, 0, "kind")
	}
	Sources{Items: p.Items}.Locate(ps)
	if ps[mostLocated-1].Source.Line != 2 || ps[mostLocated].Source.Line != 0 {
		t.Errorf("lines %d and %d", ps[mostLocated-1].Source.Line, ps[mostLocated].Source.Line)
	}
}
