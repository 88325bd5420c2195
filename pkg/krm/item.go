package krm

import (
	"slices"
	"strconv"
	"strings"
	"unique"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// Annotations that orchestrators set on the items of a ResourceList
// (https://github.com/kubernetes-sigs/kustomize/blob/master/cmd/config/docs/api-conventions/functions-spec.md).
const (
	PathAnnotation  = "internal.config.kubernetes.io/path"
	IndexAnnotation = "internal.config.kubernetes.io/index"
	// Before kustomize 4.3 the same annotations had these names.
	legacyPathAnnotation  = "config.kubernetes.io/path"
	legacyIndexAnnotation = "config.kubernetes.io/index"
	// kustomize records the names and namespaces that an object had before its prefixes, suffixes and namespace.
	previousNames      = "internal.config.kubernetes.io/previousNames"
	previousNamespaces = "internal.config.kubernetes.io/previousNamespaces"
	prefixes           = "internal.config.kubernetes.io/prefixes"
	suffixes           = "internal.config.kubernetes.io/suffixes"
	// PackagePathAnnotation is the absolute path of the kpt package that holds an item.
	PackagePathAnnotation = "internal.config.kubernetes.io/package-path"
	// LocalConfigAnnotation marks an object that is never applied to a cluster.
	LocalConfigAnnotation = "config.kubernetes.io/local-config"
)

// Item is one object of a list or file, with its bytes as long as nothing changes it.
type Item struct {
	Place model.Place
	// Annotations and Labels are those of its metadata. Of a typed object, the annotations are without the place that it was
	// given: so all objects of a workload share them.
	Annotations, Labels map[string]string
	// text is what the object was read from. listed tells that it is the text of the item in its list, from its dash on, indented
	// as there, so that it can be written as it was; else it is that of its document. line is its line in the text in which the
	// lines of node count, and change what is different now, nil for nothing.
	text   string
	listed bool
	line   int32
	change *change
	// node is the object, nil where the quick parser reads it from the text again: nodes take ten times the memory of a text.
	node *yaml.Node
	// typed makes the object that the item stands for, nil if it was read.
	typed func() Object
	// added are annotations that are not yet in the object or the text, place tells of those that say where it is kept.
	added []annotation
	place func() (path, packagePath string)
}

// NewItem reads the identity of the object at n.
func NewItem(n *yaml.Node) *Item {
	it := &Item{
		node:        n,
		Annotations: TextMap(n, "metadata", "annotations"),
		Labels:      TextMap(n, "metadata", "labels"),
	}
	it.Place.Object = model.Object{
		APIVersion: shared(short(Text(n, "apiVersion"))), Kind: shared(short(Text(n, "kind"))),
		Namespace: shared(short(Text(n, "metadata", "namespace"))), Name: detached(short(Text(n, "metadata", "name"))),
	}
	it.Place.File, it.Place.Begin = it.FilePath(), int32(n.Line)
	it.Place.Index, _ = strconv.Atoi(firstOf(it.Annotations, IndexAnnotation, legacyIndexAnnotation))
	return it
}

// detached gives a string its own memory, so that it does not keep all of the text that it stands in. A long one stays as
// it is: its copy could take more than its text.
func detached(s string) string {
	if len(s) > longestName {
		return s
	}
	return strings.Clone(s)
}

// shared is detached for what many objects have: it is there once.
func shared(s string) string {
	if len(s) > longestName {
		return s
	}
	return unique.Make(s).Value()
}

// longestName is that of an object.
const longestName = 253

// short cuts a name that is longer than any that Kubernetes accepts, since names stand in every message. What is left
// is no valid name either.
func short(s string) string {
	if len(s) > longestName {
		return strings.ToValidUTF8(s[:longestName], "") + "..."
	}
	return s
}

func firstOf(m map[string]string, keys ...string) string {
	for _, k := range keys {
		if v := m[k]; v != "" {
			return v
		}
	}
	return ""
}

// FilePath is the path of the file in which an orchestrator keeps the item, "" if it says none.
func (it *Item) FilePath() string {
	return firstOf(it.Annotations, PathAnnotation, legacyPathAnnotation)
}

// source is the text of the item as it is now.
func (it *Item) source() string {
	if it.change != nil {
		return it.change.apply(it.text)
	}
	return it.text
}

// forget leaves it to Node to read the object from its text again, if that can be done quickly.
func (it *Item) forget(text string) { it.node, it.text, it.line = nil, text, 0 }

// Node is the object, without comments. It must not be changed.
func (it *Item) Node() *yaml.Node {
	switch {
	case it.typed != nil:
		n, err := it.object()
		if err != nil {
			return &yaml.Node{Kind: yaml.MappingNode, Tag: mapTag}
		}
		return n
	case it.node == nil:
		docs, _, _ := quick(it.source())
		n := element(docs)
		for _, a := range it.additions() {
			setAnnotation(n, a.key, a.value)
		}
		return n
	}
	return it.node
}

// Decode is Decode for the object of the item. Nodes that out may take are gone when it returns.
func (it *Item) Decode(out any) (ps model.Problems) {
	if it.typed != nil || it.node != nil || len(it.added) > 0 {
		return Decode(it.Node(), it.Place, out)
	}
	glance(it.source(), func(docs []Document, _ bool) { ps = Decode(element(docs), it.Place, out) })
	return ps
}

// Mentions tells whether a word may stand in the object. It is not certain where there is no text, or one with escapes.
func (it *Item) Mentions(word string) bool {
	if it.node != nil || it.text == "" {
		return true
	}
	text := it.source()
	return strings.Contains(text, word) || strings.Contains(text, "\\")
}

// element is the only document or, where that is a list, the only element of it.
func element(docs []Document) *yaml.Node {
	if len(docs) != 1 {
		return nil
	}
	return itself(docs[0].Root)
}

// Text is the item as YAML.
func (it *Item) Text() []byte {
	text, err := it.AppendTo(nil)
	if err != nil {
		return nil
	}
	return text
}

// Ref is the present namespace and name of the item.
func (it *Item) Ref() model.Ref {
	return model.Ref{Namespace: it.Place.Object.Namespace, Name: it.Place.Object.Name}
}

// Refs are the namespaces and names under which the item may be referred to: the present one first, then those that it
// had before kustomize renamed it.
func (it *Item) Refs() []model.Ref {
	refs := []model.Ref{it.Ref()}
	// There is one entry in each list for every step.
	spaces := split(it.Annotations[previousNamespaces])
	for i, name := range split(it.Annotations[previousNames]) {
		r := model.Ref{Namespace: it.Place.Object.Namespace, Name: name}
		if i < len(spaces) {
			r.Namespace = spaces[i]
		}
		if !slices.Contains(refs, r) {
			refs = append(refs, r)
		}
	}
	return refs
}

// RenamedLike tells whether kustomize gave both items the same prefixes and suffixes, so that they come from the same
// kustomization.
func (it *Item) RenamedLike(other *Item) bool {
	return it.Annotations[prefixes] == other.Annotations[prefixes] && it.Annotations[suffixes] == other.Annotations[suffixes]
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// Clone gives a copy that can be changed.
func (it *Item) Clone() *Item {
	c := *it
	if it.node != nil {
		c.node = deepCopy(it.node)
	}
	return &c
}

func deepCopy(n *yaml.Node) *yaml.Node {
	c := *n
	c.Content = make([]*yaml.Node, len(n.Content))
	for i := range n.Content {
		c.Content[i] = deepCopy(n.Content[i])
	}
	return &c
}
