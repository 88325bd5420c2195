package krm

import (
	"slices"
	"strconv"
	"strings"

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
	Node  *yaml.Node
	Place model.Place
	// Annotations and Labels are those of its metadata.
	Annotations, Labels map[string]string
	// raw is the text of the item in its list, from its dash on, indented as there; nil if the node must be encoded.
	raw []string
	// line is the line of raw[0] in the list.
	line int
}

// NewItem reads the identity of the object at n.
func NewItem(n *yaml.Node) *Item {
	it := &Item{
		Node:        n,
		Annotations: TextMap(n, "metadata", "annotations"),
		Labels:      TextMap(n, "metadata", "labels"),
	}
	it.Place.Object = model.Object{
		APIVersion: short(Text(n, "apiVersion")), Kind: short(Text(n, "kind")),
		Namespace: short(Text(n, "metadata", "namespace")), Name: short(Text(n, "metadata", "name")),
	}
	it.Place.File = it.FilePath()
	it.Place.Index, _ = strconv.Atoi(firstOf(it.Annotations, IndexAnnotation, legacyIndexAnnotation))
	return it
}

// short cuts a name that is longer than any that Kubernetes accepts, since names stand in every message. What is left
// is no valid name either.
func short(s string) string {
	const most = 253
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "..."
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

// Text is the item as YAML.
func (it *Item) Text() []byte {
	text, err := EncodeNode(it.Node)
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
	c.Node = deepCopy(it.Node)
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

// MarkLocal gives the item the annotation that keeps it out of clusters.
func (it *Item) MarkLocal() { it.Annotate(LocalConfigAnnotation, "true") }

// Annotate sets an annotation, touching no other byte of the item's text where it can.
func (it *Item) Annotate(key, value string) {
	if it.Annotations[key] != value {
		it.annotate(it.Node, key, value)
		it.Annotations = TextMap(it.Node, "metadata", "annotations")
	}
}

// AnnotateTemplate sets an annotation of the pods that a workload makes, touching no other byte of the item's text where
// it can. An item without a pod template stays as it is.
func (it *Item) AnnotateTemplate(key, value string) {
	template := Get(Get(it.Node, "spec"), "template")
	if template != nil && template.Kind == yaml.MappingNode && TextMap(template, "metadata", "annotations")[key] != value {
		it.annotate(template, key, value)
	}
}

// annotate sets an annotation in the metadata of holder, which is a mapping in the item.
func (it *Item) annotate(holder *yaml.Node, key, value string) {
	raw, line := it.withLine(holder, key, strconv.Quote(value)), it.line
	v := strNode(value)
	v.Style = yaml.DoubleQuotedStyle
	set(child(child(holder, "metadata"), "annotations"), key, v)
	it.raw = nil
	if n := reparse(raw); n != nil && slices.Equal(plainText(n), plainText(it.Node)) {
		it.Node, it.raw, it.line = n, raw, 0
		return
	}
	it.line = line
}

// reparse reads the text of an item back, nil if it is none.
func reparse(raw []string) *yaml.Node {
	if raw == nil {
		return nil
	}
	n, ps := Parse([]byte(strings.Join(raw, "")), model.Place{})
	if ps.HasErrors() || n.Kind != yaml.SequenceNode || len(n.Content) != 1 {
		return nil
	}
	return n.Content[0]
}

// plainText lists the keys and values below n, without style, comments and, since an inserted line comes first where an
// appended one comes last, order.
func plainText(n *yaml.Node) []string {
	var all []string
	var walk func(n *yaml.Node, path string)
	walk = func(n *yaml.Node, path string) {
		all = append(all, path+" "+n.ShortTag()+" "+n.Value)
		for i, c := range n.Content {
			switch {
			case n.Kind != yaml.MappingNode:
				walk(c, path+"/"+strconv.Itoa(i))
			case i%2 == 1:
				walk(c, path+"/"+n.Content[i-1].Value)
			}
		}
	}
	walk(n, "")
	slices.Sort(all)
	return all
}

// withLine gives the text of the item with one more annotation below the key annotations or metadata of holder, or with
// another value of one that is there; nil where the metadata is not written with one key a line.
func (it *Item) withLine(holder *yaml.Node, key, value string) []string {
	metaKey, meta := find(holder, "metadata")
	annKey, ann := find(meta, "annotations")
	if old := Get(ann, key); old != nil {
		return it.withValue(old, value)
	}
	line := key + ": " + value
	lines, below, block := []string{"annotations:", "  " + line}, metaKey, meta
	if annKey != nil {
		lines, below, block = []string{line}, annKey, ann
	}
	if it.raw == nil || block == nil || block.Kind != yaml.MappingNode || len(block.Content) == 0 ||
		block.Content[0].Line <= below.Line {
		return nil
	}
	at := below.Line - it.line
	if at <= 0 || at >= len(it.raw) {
		return nil
	}
	eol := "\n"
	if strings.HasSuffix(it.raw[at-1], "\r\n") {
		eol = "\r\n"
	}
	pad := strings.Repeat(" ", max(0, block.Content[0].Column-1))
	for i := range lines {
		lines[i] = pad + lines[i] + eol
	}
	return slices.Concat(it.raw[:at], lines, it.raw[at:])
}

// withValue gives the text of the item with value in place of a scalar that is written plainly or in double quotes, nil
// if it is not.
func (it *Item) withValue(old *yaml.Node, value string) []string {
	at, col := old.Line-1-it.line, old.Column-1
	if at < 0 || at >= len(it.raw) || col < 0 || col > len(it.raw[at]) {
		return nil
	}
	before, rest := it.raw[at][:col], it.raw[at][col:]
	for _, written := range []string{strconv.Quote(old.Value), old.Value} {
		if after, ok := strings.CutPrefix(rest, written); ok {
			raw := slices.Clone(it.raw)
			raw[at] = before + value + after
			return raw
		}
	}
	return nil
}

// SetPlace says in which file of which package an orchestrator shall put the item.
func (it *Item) SetPlace(path, packagePath string) {
	it.Annotate(PathAnnotation, path)
	it.Annotate(IndexAnnotation, "0")
	if packagePath != "" {
		it.Annotate(PackagePathAnnotation, packagePath)
	}
}

// KeepPlace gives the item all annotations by which orchestrators know old, so that it replaces old where that is kept.
func (it *Item) KeepPlace(old *Item) {
	annotations := Get(Get(old.Node, "metadata"), "annotations")
	if annotations == nil {
		return
	}
	for i := 0; i+1 < len(annotations.Content); i += 2 {
		if key := annotations.Content[i].Value; ofOrchestrator(key) {
			it.Annotate(key, annotations.Content[i+1].Value)
		}
	}
}

func ofOrchestrator(key string) bool {
	prefix, _, _ := strings.Cut(key, "/")
	return prefix == "internal.config.kubernetes.io" || prefix == "config.k8s.io" || prefix == "kustomize.config.k8s.io" ||
		key == legacyPathAnnotation || key == legacyIndexAnnotation
}
