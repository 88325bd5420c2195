package krm

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm/fastyaml"
	"github.com/krm-fn/krm-fn/pkg/model"
)

const listHead = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n"

// roundTrips are lists that must come out byte for byte if nothing is changed in them.
var roundTrips = map[string]string{
	"two items":              listHead + "items:\n- apiVersion: v1\n  kind: ConfigMap\n- apiVersion: v1\n  kind: Secret\n",
	"indented dashes":        listHead + "items:\n    - apiVersion: v1\n      kind: ConfigMap\n    - kind: Secret\n",
	"dashes alone":           listHead + "items:\n-\n  kind: ConfigMap\n-\n\n  kind: Secret\n",
	"comments":               "# top\n" + listHead + "# of the items\nitems: # beside\n# above\n- kind: A # beside\n  # inside\n\n# between\n\n- # at the dash\n  kind: B\n# below\n",
	"comments of members":    "# top\n\n# of the version\napiVersion: config.kubernetes.io/v1 # v1\nkind: ResourceList\nitems:\n- kind: A\n# of the configuration\nfunctionConfig: # beside\n  # inside\n  kind: ConfigMap\n# end\n",
	"indented comment below": listHead + "items:\n  - kind: A\n  # after the last item\n# above the configuration\nfunctionConfig:\n  kind: ConfigMap\n",
	"blank lines":            listHead + "\n\nitems:\n\n- kind: A\n\n\n- kind: B\n\n",
	"odd indentation":        listHead + "items:\n- kind: A\n  metadata:\n        name: a\n        labels:\n         x: y\n- {kind: B,\n    metadata: {name: b}}\n",
	"CRLF":                   strings.ReplaceAll(listHead+"items:\n- kind: A\n  data:\n    t: |\n      x\n      y\n- kind: B\n", "\n", "\r\n"),
	"block scalars":          listHead + "items:\n- kind: A\n  data:\n    a: |\n      - no item\n      # no comment\n    b: >-\n      folded\n      # neither\n    c: |2\n        deep\n- kind: B\n  data:\n    d: |+\n      kept\n\n\n- kind: C\n",
	"quoted over lines":      listHead + "items:\n- kind: A\n  data:\n    a: \"one\n      - two\n\n      # three\"\n    b: 'four\n      five'\n- kind: B\n",
	"document start":         "---\n" + listHead + "items:\n- kind: A\n",
	"directive":              "%YAML 1.1\n---\n" + listHead + "items:\n- kind: A\n",
	"byte order mark":        "\ufeff" + listHead + "items:\n- kind: A\n",
	"members in any order":   "items:\n- kind: A\nkind: ResourceList\nfunctionConfig:\n  kind: ConfigMap\napiVersion: config.kubernetes.io/v1\n",
	"unknown members":        listHead + "metadata: {name: x}\nitems:\n- kind: A\nother: [1,2]\n",
	"empty list":             listHead + "items: []\n",
	"anchor without alias":   listHead + "items:\n- kind: &k A\n- kind: B\n",
	"explicit keys":          listHead + "items:\n- ? kind\n  : A\n- kind: B\n",
	"nested lists":           listHead + "items:\n- kind: A\n  spec:\n  - - x\n    - y\n  -\n    - z\n- kind: B\n",
	"tags":                   listHead + "items:\n- !!map\n  kind: !!str A\n- kind: B\n",
}

func TestUnchangedListsKeepEveryByte(t *testing.T) {
	for name, text := range roundTrips {
		t.Run(name, func(t *testing.T) {
			l := mustReadList(t, text)
			if diff := cmp.Diff(text, string(mustBytes(t, l, l.Items, nil))); diff != "" {
				t.Errorf("(-read +written):\n%s", diff)
			}
		})
	}
}

func TestItemsKeepTheirBytesInAnyOrder(t *testing.T) {
	l := mustReadList(t, listHead+"items:\n  # of a\n  - kind: A # a\n\n  # of b\n  - kind: B\n    data: |2\n      - x\n  - kind: C")
	got := string(mustBytes(t, l, []*Item{l.Items[2], l.Items[1], l.Items[0]}, nil))
	want := listHead + "items:\n  - kind: C\n  # of b\n  - kind: B\n    data: |2\n      - x\n  # of a\n  - kind: A # a\n\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestListsThatCannotKeepTheirBytesKeepTheirValues(t *testing.T) {
	for name, tc := range map[string]struct{ in, want string }{
		"JSON": {
			in:   `{"apiVersion":"config.kubernetes.io/v1","kind":"ResourceList","items":[{"kind":"A","data":{"x":"1","y":"\ud83d\udce6"}},{"kind":"B"}]}`,
			want: "\"apiVersion\": \"config.kubernetes.io/v1\"\n\"kind\": \"ResourceList\"\nitems:\n- \"kind\": \"A\"\n  \"data\":\n    \"x\": \"1\"\n    \"y\": \"\\U0001F4E6\"\n- \"kind\": \"B\"\n",
		},
		"flow style": {
			in:   "{apiVersion: config.kubernetes.io/v1, kind: ResourceList, items: [{kind: A}, {kind: B}]}",
			want: listHead + "items:\n- {kind: A}\n- {kind: B}\n",
		},
		"items in flow style": {
			in:   listHead + "items: [{kind: A},\n  {kind: B}]\n",
			want: listHead + "items:\n- {kind: A}\n- {kind: B}\n",
		},
		"line breaks of YAML 1.1": {
			in:   listHead + "items:\n- kind: A\n  a: \"x\u2028\u2028\u2028\u2028y\"\n- kind: B\n- kind: C\nfunctionConfig: {kind: ConfigMap}\n",
			want: listHead + "items:\n- kind: A\n  a: \"x\\L\\L\\L\\Ly\"\n- kind: B\n- kind: C\nfunctionConfig: {kind: ConfigMap}\n",
		},
		"an anchor of the configuration": {
			in:   listHead + "functionConfig:\n  kind: &k ConfigMap\nitems:\n- kind: *k\n",
			want: listHead + "functionConfig:\n  kind: &k ConfigMap\nitems:\n- kind: ConfigMap\n",
		},
		"no line break after a text block": {
			in:   listHead + "items:\n- kind:   A\n- data:\n    t: |\n        x",
			want: listHead + "items:\n- kind:   A\n- data:\n    t: |-\n      x\n",
		},
		"implicit nulls in flow style": {
			in:   listHead + "items: [{kind: A, labels: {a, b: }}]\n",
			want: listHead + "items:\n- {kind: A, labels: {a: null, b: null}}\n",
		},
		"no items": {in: listHead, want: listHead + "items: []\n"},
		"null":     {in: listHead + "items:\n", want: listHead + "items: []\n"},
	} {
		t.Run(name, func(t *testing.T) {
			l := mustReadList(t, tc.in)
			if diff := cmp.Diff(tc.want, string(mustBytes(t, l, l.Items, nil))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// An item that is left out must not take away an anchor that another item needs.
func TestAliasesAcrossItems(t *testing.T) {
	l := mustReadList(t, listHead+"items:\n- kind: A\n  labels: &l {x: y}\n- kind: B\n  labels: *l\n- kind: C\n  <<: {z: 1}\n")
	got := mustBytes(t, l, l.Items[1:], nil)
	want := listHead + "items:\n- kind: B\n  labels: {x: y}\n- kind: C\n  <<: {z: 1}\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	mustReadList(t, string(got))
}

func TestResultsAreReplaced(t *testing.T) {
	for name, in := range map[string]string{
		"last":   listHead + "items:\n- kind: A\nresults:\n- message: old\n",
		"first":  "results:\n- message: old\n" + listHead + "items:\n- kind: A\n",
		"middle": listHead + "results: [{message: old}]\nitems:\n- kind: A\n",
		"none":   listHead + "items:\n- kind: A\n",
	} {
		t.Run(name, func(t *testing.T) {
			l := mustReadList(t, in)
			want := listHead + "items:\n- kind: A\nresults:\n- message: new\n"
			if diff := cmp.Diff(want, string(mustBytes(t, l, l.Items, []byte("results:\n- message: new\n")))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewItemsStandInTheColumnOfTheOthers(t *testing.T) {
	l := mustReadList(t, listHead+"items:\n    - kind: A\n")
	n, err := ToNode(map[string]any{"kind": "B", "data": map[string]any{"t": "x\n\n- y\n"}})
	if err != nil {
		t.Fatal(err)
	}
	got := string(mustBytes(t, l, append(l.Items, NewItem(n)), nil))
	want := listHead + "items:\n    - kind: A\n    - data:\n        t: |\n          x\n\n          - y\n      kind: B\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if l := mustReadList(t, got); Text(l.Items[1].Node(), "data", "t") != "x\n\n- y\n" {
		t.Errorf("the text came back as %q", Text(l.Items[1].Node(), "data", "t"))
	}
}

func TestNewItemsOfAnEmptyList(t *testing.T) {
	l := mustReadList(t, listHead+"items: []\n")
	n, err := ToNode(map[string]any{"kind": "A"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(listHead+"items:\n- kind: A\n", string(mustBytes(t, l, []*Item{NewItem(n)}, nil))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadListReportsWhatIsNoList(t *testing.T) {
	const noList = "error: standard input does not contain a ResourceList of config.kubernetes.io/v1; run `krm-fn render PATH` for files [input/type]"
	for name, tc := range map[string]struct {
		in   string
		want []string
	}{
		"empty":           {in: "", want: []string{noList}},
		"comment only":    {in: "# nothing\n", want: []string{noList}},
		"another kind":    {in: "apiVersion: v1\nkind: ConfigMap\n", want: []string{noList}},
		"another version": {in: "apiVersion: config.kubernetes.io/v2\nkind: ResourceList\n", want: []string{noList}},
		"another group":   {in: "apiVersion: example.com/v1\nkind: ResourceList\n", want: []string{noList}},
		"a list":          {in: "- kind: ResourceList\n", want: []string{noList}},
		"two documents":   {in: listHead + "---\n" + listHead, want: []string{noList}},
		"items no list":   {in: listHead + "items: {a: b}\n", want: []string{"error: standard input:3:8: ResourceList: items: is a mapping; use a list [input/type]"}},
		"items a text":    {in: listHead + "items: none\n", want: []string{`error: standard input:3:8: ResourceList: items: is a string ("none"); use a list [input/type]`}},
		"no objects": {in: listHead + "items: [a, [b], 5]\nfunctionConfig: 1.5\n", want: []string{
			`error: standard input:3:9: ResourceList: items[0]: is a string ("a"); use an object [input/type]`,
			"error: standard input:3:12: ResourceList: items[1]: is a list; use an object [input/type]",
			"error: standard input:3:17: ResourceList: items[2]: is a number (5); use an object [input/type]",
			"error: standard input:4:17: ResourceList: functionConfig: is a number (1.5); use an object [input/type]",
		}},
		"syntax": {in: listHead + "items: [\n", want: []string{"error: standard input: line 3: is not valid YAML: did not find expected node content [input/syntax]"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, ps := ReadList(strings.NewReader(tc.in))
			if diff := cmp.Diff(tc.want, lines(ps)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnnotate(t *testing.T) {
	for name, tc := range map[string]struct{ item, want string }{
		"no annotations": {
			item: "- kind: A   # a\n  metadata:\n      name:  a\n",
			want: "- kind: A   # a\n  metadata:\n      annotations:\n        k: \"v\"\n      name:  a\n",
		},
		"annotations": {
			item: "- metadata:\n    annotations:\n        x:   y\n    name: a\n",
			want: "- metadata:\n    annotations:\n        k: \"v\"\n        x:   y\n    name: a\n",
		},
		"comments": {
			item: "- metadata: # m\n    # of the name\n    name: a\n    annotations: # n\n      # of x\n      x: y\n",
			want: "- metadata: # m\n    # of the name\n    name: a\n    annotations: # n\n      k: \"v\"\n      # of x\n      x: y\n",
		},
		"CRLF": {
			item: "- metadata:\r\n    name: a\r\n",
			want: "- metadata:\r\n    annotations:\r\n      k: \"v\"\r\n    name: a\r\n",
		},
		"an annotation that is the same": {
			item: "- metadata: {annotations: {k: 'v'},   name: a}\n",
			want: "- metadata: {annotations: {k: 'v'},   name: a}\n",
		},
		"an annotation of another value": {
			item: "- metadata:\n    annotations:\n      k:   w\n    name:   a\n",
			want: "- metadata:\n    annotations:\n      k:   \"v\"\n    name:   a\n",
		},
		"flow style": {
			item: "- {metadata: {name: a},   x: y}\n",
			want: "- {metadata: {name: a, annotations: {k: \"v\"}}, x: y}\n",
		},
		"metadata in flow style": {
			item: "- metadata: {name: a}\n  x:   y\n",
			want: "- metadata: {name: a, annotations: {k: \"v\"}}\n  x: y\n",
		},
		"metadata in flow style below its key": {
			item: "- metadata:\n    {name: a}\n",
			want: "- metadata: {name: a, annotations: {k: \"v\"}}\n",
		},
		"empty annotations": {
			item: "- metadata:\n    annotations: {}\n    name: a\n",
			want: "- metadata:\n    annotations: {k: \"v\"}\n    name: a\n",
		},
		"null annotations": {
			item: "- metadata:\n    annotations:\n    name: a\n",
			want: "- metadata:\n    annotations:\n      k: \"v\"\n    name: a\n",
		},
		"no metadata": {
			item: "- kind: A\n",
			want: "- kind: A\n  metadata:\n    annotations:\n      k: \"v\"\n",
		},
		"explicit keys": {
			item: "- metadata:\n    ? name\n    : a\n",
			want: "- metadata:\n    name: a\n    annotations:\n      k: \"v\"\n",
		},
		"quoted keys": {
			item: "- \"metadata\":\n    'name': a\n",
			want: "- \"metadata\":\n    annotations:\n      k: \"v\"\n    'name': a\n",
		},
		"a tag": {
			item: "- metadata: !!map\n    name: a\n",
			want: "- metadata: !!map\n    annotations:\n      k: \"v\"\n    name: a\n",
		},
		"a metadata that is not the first": {
			item: "- spec:\n    metadata:\n      name: b\n  metadata:\n    name: a\n",
			want: "- spec:\n    metadata:\n      name: b\n  metadata:\n    annotations:\n      k: \"v\"\n    name: a\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := mustReadList(t, listHead+"items:\n"+tc.item+"- kind:   Other\n")
			l.Items[0].Annotate("k", "v")
			got := string(mustBytes(t, l, l.Items, nil))
			if diff := cmp.Diff(listHead+"items:\n"+tc.want+"- kind:   Other\n", got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			again := mustReadList(t, got)
			if v := again.Items[0].Annotations["k"]; v != "v" {
				t.Errorf("the annotation came back as %q", v)
			}
			if diff := cmp.Diff(mustText(t, l.Items[0].Node()), mustText(t, again.Items[0].Node())); diff != "" {
				t.Errorf("node and text differ (-node +text):\n%s", diff)
			}
			again.Items[0].Annotate("k", "v")
			if diff := cmp.Diff(got, string(mustBytes(t, again, again.Items, nil))); diff != "" {
				t.Errorf("setting it again changes the list (-first +second):\n%s", diff)
			}
		})
	}
}

func TestAnnotateTwice(t *testing.T) {
	l := mustReadList(t, listHead+"items:\n- metadata:\n    name:   a\n")
	l.Items[0].Annotate("k", "v")
	l.Items[0].Annotate("l", `w "x"`)
	got := string(mustBytes(t, l, l.Items, nil))
	want := listHead + "items:\n- metadata:\n    annotations:\n      l: \"w \\\"x\\\"\"\n      k: \"v\"\n    name:   a\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := mustReadList(t, got).Items[0].Annotations; !cmp.Equal(got, map[string]string{"k": "v", "l": `w "x"`}) {
		t.Errorf("annotations are %v", got)
	}
}

func TestMarkLocal(t *testing.T) {
	l := mustReadList(t, listHead+"items:\n- metadata:\n    name: a\n")
	l.Items[0].MarkLocal()
	if got := l.Items[0].Annotations[LocalConfigAnnotation]; got != "true" {
		t.Errorf("the annotation is %q", got)
	}
}

func TestKeepPlaceTakesWhatOrchestratorsKnow(t *testing.T) {
	l := mustReadList(t, listHead+`items:
- metadata:
    annotations:
      internal.config.kubernetes.io/path: a/b.yaml
      config.kubernetes.io/path: a/b.yaml
      config.kubernetes.io/index: '3'
      config.k8s.io/id: '7'
      kustomize.config.k8s.io/id: x
      config.kubernetes.io/local-config: "true"
      example.com/mine: y
- metadata: {name: new}
- metadata: {name: none}
`)
	it := l.Items[1]
	it.KeepPlace(l.Items[0])
	it.KeepPlace(l.Items[2])
	want := map[string]string{
		"internal.config.kubernetes.io/path": "a/b.yaml", "config.kubernetes.io/path": "a/b.yaml",
		"config.kubernetes.io/index": "3", "config.k8s.io/id": "7", "kustomize.config.k8s.io/id": "x",
	}
	if diff := cmp.Diff(want, it.Annotations); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
}

func TestSetPlace(t *testing.T) {
	for pkg, want := range map[string]map[string]string{
		"":      {PathAnnotation: "a.yaml", IndexAnnotation: "0"},
		"/pkgs": {PathAnnotation: "a.yaml", IndexAnnotation: "0", PackagePathAnnotation: "/pkgs"},
	} {
		it := NewItem(&yaml.Node{Kind: yaml.MappingNode, Tag: fastyaml.MapTag})
		it.SetPlace(func(model.Object) (string, string) { return "a.yaml", pkg })
		if diff := cmp.Diff(want, it.Annotations); diff != "" {
			t.Errorf("package %q: annotations (-want +got):\n%s", pkg, diff)
		}
	}
}

func TestItemsKnowWhereAndWhatTheyAre(t *testing.T) {
	l := mustReadList(t, listHead+`items:
- apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: a
    namespace: b
    labels: {x: y, n: 5}
    annotations:
      internal.config.kubernetes.io/path: new.yaml
      config.kubernetes.io/path: old.yaml
      config.kubernetes.io/index: '2'
- kind: [x]
  metadata: text
`)
	want := []model.Place{
		{Object: model.Object{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "b", Name: "a"}, File: "new.yaml", Index: 2, Begin: 4},
		{Begin: 14},
	}
	if diff := cmp.Diff(want, []model.Place{l.Items[0].Place, l.Items[1].Place}); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"x": "y", "n": "5"}, l.Items[0].Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
}

func TestRefsHaveEveryNameThatAnItemHad(t *testing.T) {
	for name, tc := range map[string]struct {
		annotations map[string]string
		want        []model.Ref
	}{
		"never renamed": {nil, []model.Ref{{Namespace: "now", Name: "new"}}},
		"step by step": {
			map[string]string{previousNames: "old,old,pre-old", previousNamespaces: "default,was,was"},
			[]model.Ref{{Namespace: "now", Name: "new"}, {Namespace: "default", Name: "old"}, {Namespace: "was", Name: "old"}, {Namespace: "was", Name: "pre-old"}},
		},
		"the same twice": {
			map[string]string{previousNames: "old,old,new", previousNamespaces: "was,was,now"},
			[]model.Ref{{Namespace: "now", Name: "new"}, {Namespace: "was", Name: "old"}},
		},
		"lists of different lengths": {
			map[string]string{previousNames: "old,older", previousNamespaces: "was"},
			[]model.Ref{{Namespace: "now", Name: "new"}, {Namespace: "was", Name: "old"}, {Namespace: "now", Name: "older"}},
		},
	} {
		it := &Item{Annotations: tc.annotations, Place: model.Place{Object: model.Object{Namespace: "now", Name: "new"}}}
		if diff := cmp.Diff(tc.want, it.Refs()); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", name, diff)
		}
	}
}

func mustReadList(t *testing.T, text string) *List {
	t.Helper()
	l, ps := ReadList(strings.NewReader(text))
	if len(ps) > 0 {
		t.Fatalf("%v\n%s", ps, text)
	}
	return l
}

func mustBytes(t *testing.T, l *List, items []*Item, results []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := l.Write(&b, items, results); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func mustText(t *testing.T, n *yaml.Node) string {
	t.Helper()
	text, err := toJSON(n)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
