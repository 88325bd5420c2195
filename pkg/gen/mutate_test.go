package gen

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
)

var mutations = flag.Int("mutations", 5, "how many mutations of every golden case to run")

// TestMutatedCases runs golden cases of which parts were dropped, doubled, moved or replaced. Whatever comes of them, it
// must be no panic, the same for any order of the items, and stay the same when it is run on its own output.
func TestMutatedCases(t *testing.T) {
	files, err := filepath.Glob("../../testdata/*/input.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(*mutations) {
			m := mutator{rand.New(rand.NewPCG(uint64(i), seed))}
			mutated := m.mutate(text)
			if mutated == nil {
				break
			}
			name := fmt.Sprintf("%s/%d", filepath.Base(filepath.Dir(file)), seed)
			t.Run(name, func(t *testing.T) { judge(t, mutated, m.rand) })
		}
	}
}

func judge(t *testing.T, text []byte, r *rand.Rand) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("panic: %v\n%s\n%s", p, debug.Stack(), text)
		}
	}()
	first, problems, ok := runOn(t, text)
	shuffled, could := shuffle(text, r)
	if could {
		other, otherProblems, _ := runOn(t, shuffled)
		if diff := cmp.Diff(problems, otherProblems); diff != "" {
			t.Errorf("the problems depend on the order of the items (-input +shuffled):\n%s\n%s", diff, text)
		}
		if diff := cmp.Diff(sortedItems(first), sortedItems(other)); diff != "" {
			t.Errorf("the output depends on the order of the items (-input +shuffled):\n%s\n%s", diff, text)
		}
	}
	if !ok || bytes.Contains(text, []byte(kustomizeID)) || bytes.Contains(text, []byte(krm.PackagePathAnnotation)) {
		return // kustomize and kpt never hand over annotations of theirs that do not fit each other.
	}
	second, _, ok := runOn(t, first)
	if !ok || !bytes.Equal(first, second) {
		t.Errorf("a run on its own output changes it (-first +second):\n%s\n%s", cmp.Diff(string(first), string(second)), text)
	}
}

func shuffle(text []byte, r *rand.Rand) ([]byte, bool) {
	list, ps := krm.ReadList(bytes.NewReader(text))
	if ps.HasErrors() || len(list.Items) < 2 {
		return nil, false
	}
	items := slices.Clone(list.Items)
	r.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	var out bytes.Buffer
	err := list.Write(&out, items, nil)
	return out.Bytes(), err == nil
}

// sortedItems are the values of the items of a ResourceList, in an order that depends on nothing but them.
func sortedItems(text []byte) []string {
	if text == nil {
		return nil
	}
	list, ps := krm.ReadList(bytes.NewReader(text))
	if ps.HasErrors() {
		return []string{ps.Sorted()[0].String()}
	}
	var out []string
	for _, it := range list.Items {
		var v any
		if err := it.Node().Decode(&v); err != nil {
			return []string{err.Error()}
		}
		out = append(out, fmt.Sprintf("%#v", v))
	}
	slices.Sort(out)
	return out
}

// mutator changes YAML at random places.
type mutator struct{ rand *rand.Rand }

func (m mutator) mutate(text []byte) []byte {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil || len(doc.Content) == 0 {
		return nil
	}
	root := doc.Content[0]
	for range 1 + m.rand.IntN(3) {
		var places []*yaml.Node
		collect(root, &places)
		m.change(places[m.rand.IntN(len(places))], places)
	}
	// A text in a ConfigMap is changed by its lines.
	if m.rand.IntN(2) == 0 {
		var places []*yaml.Node
		collect(root, &places)
		texts := slices.DeleteFunc(places, func(n *yaml.Node) bool { return strings.Count(n.Value, "\n") < 3 })
		if len(texts) > 0 {
			m.changeText(texts[m.rand.IntN(len(texts))])
		}
	}
	out, err := yaml.Marshal(&doc)
	if err != nil {
		return nil
	}
	return out
}

// collect gives all nodes below n, but for those that make it a ResourceList.
func collect(n *yaml.Node, out *[]*yaml.Node) {
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			continue
		}
		*out = append(*out, c)
		collect(c, out)
	}
}

// odd are values that stand where others belong.
var odd = []string{
	"", "~", "true", "no", "0", "-1", "1.5", "1e3", "99999999999", "x", "X_y", "a.b", "a b", "é", strings.Repeat("a", 64), "{}", "[]", "\"5\"", "v1", "2020-01-01",
	"sidecar", "shared", "serverless", "default", "shop", "products", "products.shop", "products-api", "#/x-wso2-endpoints/a", "https://a.example.com", "512Mi", "0x10", "*",
}

func (m mutator) change(n *yaml.Node, others []*yaml.Node) {
	switch m.rand.IntN(7) {
	case 0: // drop a member or an element
		if len(n.Content) > 0 {
			step := 1
			if n.Kind == yaml.MappingNode {
				step = 2
			}
			i := m.rand.IntN(len(n.Content)/step) * step
			n.Content = slices.Delete(n.Content, i, i+step)
		}
	case 1: // double one
		if n.Kind == yaml.SequenceNode && len(n.Content) > 0 {
			n.Content = append(n.Content, clone(n.Content[m.rand.IntN(len(n.Content))]))
		}
	case 2: // rename a member
		if n.Kind == yaml.MappingNode && len(n.Content) > 0 {
			k := n.Content[m.rand.IntN(len(n.Content)/2)*2]
			if k.Value != "" {
				cut := m.rand.IntN(len(k.Value))
				k.Value = strings.ToValidUTF8(k.Value[:cut]+k.Value[cut+1:], "")
			}
		}
	case 3: // put something from elsewhere here
		from := others[m.rand.IntN(len(others))]
		if !contains(from, n) {
			*n = *clone(from)
		}
	default: // an odd value
		var v yaml.Node
		if err := yaml.Unmarshal([]byte(odd[m.rand.IntN(len(odd))]), &v); err == nil && len(v.Content) > 0 {
			*n = *v.Content[0]
		}
	}
}

// clone copies n, but for what its aliases stand for.
func clone(n *yaml.Node) *yaml.Node {
	c := *n
	c.Anchor, c.Content = "", make([]*yaml.Node, len(n.Content))
	for i := range n.Content {
		c.Content[i] = clone(n.Content[i])
	}
	return &c
}

func contains(n, other *yaml.Node) bool {
	return n == other || slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return contains(c, other) })
}

func (m mutator) changeText(n *yaml.Node) {
	lines := strings.Split(n.Value, "\n")
	i := m.rand.IntN(len(lines))
	switch m.rand.IntN(4) {
	case 0:
		lines = slices.Delete(lines, i, i+1)
	case 1:
		lines = slices.Insert(lines, i, lines[m.rand.IntN(len(lines))])
	case 2:
		if key, _, ok := strings.Cut(lines[i], ": "); ok {
			lines[i] = key + ": " + odd[m.rand.IntN(len(odd))]
		}
	default:
		lines[i] = "  " + lines[i]
	}
	n.Value = strings.Join(lines, "\n")
}
