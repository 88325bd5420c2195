package krm

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// maxFuzz keeps single runs short: what is slow by its size is another test's matter.
const maxFuzz = 64 << 10

// FuzzReadList checks that whatever is read as a ResourceList is written as one with the same items, byte for byte where
// the list keeps them, and that writing it again changes nothing.
func FuzzReadList(f *testing.F) {
	for _, text := range roundTrips {
		f.Add([]byte(text))
	}
	seeds, err := filepath.Glob("../../testdata/*/input.yaml")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range seeds {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > maxFuzz {
			return
		}
		l, ps := ReadList(bytes.NewReader(text))
		if ps.HasErrors() {
			return
		}
		for i, it := range l.Items {
			if b, ok := it.body.(*listedBody); ok && !strings.Contains(string(text)+"\n", b.text) {
				t.Errorf("the text of item %d is not that of the list", i)
			}
		}
		first := mustBytes(t, l, l.Items, nil)
		again := sameItems(t, l.Items, first)
		if again == nil || len(l.Items) == 0 {
			return // An empty list is written without the comments of its key.
		}
		if second := mustBytes(t, again, again.Items, nil); !bytes.Equal(first, second) {
			t.Errorf("writing it again changes it (-first +second):\n%s", cmp.Diff(string(first), string(second)))
		}
		for _, it := range l.Items {
			it.Annotate("example.com/k", "v: 'w'")
		}
		sameItems(t, l.Items, mustBytes(t, l, l.Items, nil))
		if len(l.Items) > 1 {
			reversed := slices.Concat(l.Items[1:], l.Items[:1])
			sameItems(t, reversed, mustBytes(t, l, reversed, nil))
		}
	})
}

// sameItems reads text and reports it if its items are not those given.
func sameItems(t *testing.T, items []*Item, text []byte) *List {
	t.Helper()
	l, ps := ReadList(bytes.NewReader(text))
	if ps.HasErrors() {
		t.Errorf("what was written cannot be read: %v\n%s", ps, text)
		return nil
	}
	if len(l.Items) != len(items) {
		t.Errorf("%d items became %d:\n%s", len(items), len(l.Items), text)
		return nil
	}
	for i := range items {
		var want, got any
		if err := items[i].Node().Decode(&want); err != nil {
			continue // The YAML decoder refuses more than the parser, such as mappings as keys.
		}
		if err := l.Items[i].Node().Decode(&got); err != nil {
			t.Errorf("item %d cannot be decoded any more: %v\n%s", i, err, text)
		} else if !sameValue(want, got) {
			t.Errorf("item %d changed from %#v to %#v:\n%s", i, want, got, text)
		}
	}
	return l
}

// sameValue compares decoded values; a NaN is the same as another one.
func sameValue(a, b any) bool {
	if reflect.DeepEqual(a, b) {
		return true
	}
	return cmp.Equal(a, b, cmp.Comparer(func(x, y float64) bool { return x == y || x != x && y != y }))
}

// FuzzDecode checks that the strict decoder takes any text, and that what it decodes without a problem is what
// encoding gives back.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		"name: a\ncount: 0x10\non: TRUE\nratio: 2\nlabels: {a: b}\nlist: [x]\n",
		`{"name": "\ud83d\udce6", "count": 1e3, "list": [null]}`,
		"metrics:\n- type: Pods\n  pods:\n    metric: {name: x, selector: {matchLabels: {a: b}}}\n    target: {type: AverageValue, averageValue: 100m}\n",
		"metrics:\n- &m {type: Resource, resource: {name: cpu, target: {averageUtilization: 5, type: Utilization}}}\n- *m\n",
		"name: 2020-01-01\nlist: {a: b}\n? [x]\n: y\nname: b\n",
		"metrics: [{type: External, external: {target: {value: 1e-2000000000}}}]",
		"name: !!binary aGk=\ncount: !!int '5'\nlabels: {<<: {a: b}}\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > maxFuzz {
			return
		}
		n, ps := Parse(string(text), model.Place{Line: 1})
		if ps.HasErrors() {
			return
		}
		var first, second decodeTarget
		ps = Decode(n, model.Place{Line: 1}, &first)
		for _, p := range ps {
			if p.Message == "" || p.Severity != model.Error {
				t.Errorf("a problem says nothing: %#v", p)
			}
		}
		node, err := ToNode(first)
		if err != nil {
			t.Fatal(err)
		}
		out, err := EncodeNode(node)
		if err != nil {
			t.Fatal(err)
		}
		n, ps = Parse(string(out), model.Place{})
		if ps.HasErrors() {
			t.Fatalf("what was encoded cannot be parsed: %v\n%s", ps, out)
		}
		if ps := Decode(n, model.Place{}, &second); len(ps) > 0 {
			t.Fatalf("what was encoded cannot be decoded: %v\n%s", ps, out)
		}
		if a, b := canonical(t, first), canonical(t, second); a != b {
			t.Errorf("decoding, encoding and decoding gives %s, not %s", b, a)
		}
	})
}

// canonical writes v, so that quantities of the same amount are the same.
func canonical(t *testing.T, v decodeTarget) string {
	t.Helper()
	n, err := ToNode(v)
	if err != nil {
		t.Fatal(err)
	}
	text, err := EncodeNode(n)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
