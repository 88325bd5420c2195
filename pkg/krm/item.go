package krm

import (
	"fmt"
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
	body                body
}

// NewItem makes an item of the object at n.
func NewItem(n *yaml.Node) *Item { return identify(n).of(nodeBody{n}) }

// of makes an item with a body.
func (it Item) of(b body) *Item {
	it.body = b
	return &it
}

// newItem is of for a body that takes memory: both are in one piece of it.
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

// identify reads the identity of the object at n.
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

// Node is the object, without comments. It must not be changed.
func (it *Item) Node() *yaml.Node { return it.body.node() }

// Field is the value at a path of fields, nil if there is none. Of an item that was made of a typed object it makes the
// nodes of that value alone.
func (it *Item) Field(path ...string) *yaml.Node { return it.body.field(path) }

// Has reports whether there is a value at a path of fields that is not null.
func (it *Item) Has(path ...string) bool { return it.body.has(path) }

// Decode is Decode for the object of the item. Nodes that out may take are gone when it returns.
func (it *Item) Decode(out any) (ps model.Problems) {
	it.body.look(func(n *yaml.Node) { ps = Decode(n, it.Place, out) })
	return ps
}

// Mentions reports whether a word may stand in the object. It is not certain where there is no text, or one with escapes.
func (it *Item) Mentions(word string) bool {
	text := ""
	switch b := it.body.(type) {
	case *documentBody:
		text = b.text
	case *listedBody:
		if b.parsed == nil {
			text = b.source()
		}
	}
	return text == "" || strings.Contains(text, word) || strings.Contains(text, "\\")
}

// AppendTo appends the item as a YAML document to out.
func (it *Item) AppendTo(out []byte) ([]byte, error) {
	out, err := it.body.appendTo(out)
	if err != nil {
		err = fmt.Errorf("%s %w", it.Place, err)
	}
	return out, err
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
	return &c
}
