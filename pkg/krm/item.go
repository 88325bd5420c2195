package krm

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unique"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm/fastyaml"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// The annotations that orchestrators set on the items of a ResourceList
// (https://github.com/kubernetes-sigs/kustomize/blob/master/cmd/config/docs/api-conventions/functions-spec.md).
const (
	PathAnnotation  = "internal.config.kubernetes.io/path"
	IndexAnnotation = "internal.config.kubernetes.io/index"
	// Before kustomize 4.3, the annotations had these names.
	legacyPathAnnotation  = "config.kubernetes.io/path"
	legacyIndexAnnotation = "config.kubernetes.io/index"
	// kustomize records the names and namespaces of an object before it adds prefixes, suffixes, and the namespace.
	previousNames      = "internal.config.kubernetes.io/previousNames"
	previousNamespaces = "internal.config.kubernetes.io/previousNamespaces"
	prefixes           = "internal.config.kubernetes.io/prefixes"
	suffixes           = "internal.config.kubernetes.io/suffixes"
	// PackagePathAnnotation is the absolute path of the kpt package that contains an item.
	PackagePathAnnotation = "internal.config.kubernetes.io/package-path"
	// LocalConfigAnnotation marks an object that is never applied to a cluster.
	LocalConfigAnnotation = "config.kubernetes.io/local-config"
)

// Item is one object of a list or file, with its bytes until it is changed.
type Item struct {
	Place model.Place
	// Annotations and Labels are from the metadata. For a typed object, they do not include the annotations of SetPlace, so
	// all objects of a workload share them.
	Annotations, Labels map[string]string
	body                body
}

// NewItem returns an item of the object at n.
func NewItem(n *yaml.Node) *Item { return newItem(identify(n), nodeBody{n}) }

// newItem returns an item with a body in the same piece of memory.
func newItem[B any, P interface {
	*B
	body
}](it Item, b B) *Item {
	both := &struct {
		Item
		b B
	}{it, b}
	both.body = P(&both.b)
	return &both.Item
}

// identify returns an item with the identity of the object at n.
func identify(n *yaml.Node) Item {
	it := Item{Annotations: TextMap(n, "metadata", "annotations"), Labels: TextMap(n, "metadata", "labels")}
	it.Place.Object = model.Object{
		APIVersion: shared(short(Text(n, "apiVersion"))), Kind: shared(short(Text(n, "kind"))),
		Namespace: shared(short(Text(n, "metadata", "namespace"))), Name: detached(short(Text(n, "metadata", "name"))),
	}
	it.Place.File, it.Place.Begin = it.FilePath(), int32(n.Line)
	it.Place.Index, _ = strconv.Atoi(firstOf(it.Annotations, IndexAnnotation, legacyIndexAnnotation))
	return it
}

// detached returns a copy of a string, which does not keep the memory of the text around it. It does not copy a long string,
// because the copy might take more memory than the text.
func detached(s string) string {
	if len(s) > longestName {
		return s
	}
	return strings.Clone(s)
}

// shared returns the only copy of a string that many objects have.
func shared(s string) string {
	if len(s) > longestName {
		return s
	}
	return unique.Make(s).Value()
}

// longestName is the maximum length of an object name.
const longestName = 253

// short shortens a name that is too long for Kubernetes, because names appear in every message. The result is not valid either.
func short(s string) string { return model.Shorten(s, longestName) }

func firstOf(m map[string]string, keys ...string) string {
	for _, k := range keys {
		if v := m[k]; v != "" {
			return v
		}
	}
	return ""
}

// FilePath returns the path of the file in which an orchestrator keeps the item; "" if unknown.
func (it *Item) FilePath() string {
	return firstOf(it.Annotations, PathAnnotation, legacyPathAnnotation)
}

// Node returns the object, without comments. It must not be changed.
func (it *Item) Node() *yaml.Node {
	c := it.body.content()
	if c.node != nil {
		return c.node
	}
	docs, _, _ := fastyaml.Parse(c.text)
	return annotated(element(docs), c.added)
}

// Field returns the value at a path of fields, or nil. For a typed object, it creates only the nodes of that value.
func (it *Item) Field(path ...string) *yaml.Node {
	if b, ok := it.body.(*typedBody); ok {
		return b.field(path)
	}
	return at(it.Node(), path)
}

// Has reports whether the value at a path of fields exists and is not null.
func (it *Item) Has(path ...string) bool {
	if b, ok := it.body.(*typedBody); ok {
		_, ok := b.value(path)
		return ok
	}
	return !IsNull(it.Field(path...))
}

// Decode is Decode for the object of the item. Nodes in out are not valid after it returns.
func (it *Item) Decode(out any) (ps model.Problems) {
	c := it.body.content()
	if c.node != nil {
		return Decode(c.node, it.Place, out)
	}
	fastyaml.WithNodes(c.text, func(docs []Document, _ bool) { ps = Decode(annotated(element(docs), c.added), it.Place, out) })
	return ps
}

// Mentions reports whether the object might contain a word. It is uncertain without a text, and for a text with escapes.
func (it *Item) Mentions(word string) bool {
	text := it.body.content().text
	return text == "" || strings.Contains(text, word) || strings.Contains(text, "\\")
}

// AppendTo appends the item as a YAML document to out.
func (it *Item) AppendTo(out []byte) ([]byte, error) {
	if b, ok := it.body.(*typedBody); ok {
		obj := b.make()
		if out, ok := fastyaml.Emit(out, obj, b.additions(obj)); ok {
			return out, nil
		}
	}
	n, err := it.body.content().whole()
	if err == nil {
		var text []byte
		if text, err = EncodeNode(n); err == nil {
			return append(out, text...), nil
		}
	}
	return out, fmt.Errorf("%s %w", it.Place, err)
}

// Text returns the item as YAML.
func (it *Item) Text() []byte {
	text, _ := it.AppendTo(nil)
	return text
}

// Ref returns the current namespace and name of the item.
func (it *Item) Ref() model.Ref {
	return model.Ref{Namespace: it.Place.Object.Namespace, Name: it.Place.Object.Name}
}

// Refs returns the namespaces and names that can refer to the item: the current one, then the ones before kustomize renamed
// it.
func (it *Item) Refs() []model.Ref {
	refs := []model.Ref{it.Ref()}
	// Each list has one entry for every step.
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

// RenamedLike reports whether kustomize added the same prefixes and suffixes to both items, so that they are from the same
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

// Clone returns a copy that can be changed.
func (it *Item) Clone() *Item {
	c := *it
	return &c
}
