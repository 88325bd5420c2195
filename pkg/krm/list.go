package krm

import (
	"bytes"
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
		APIVersion: Text(n, "apiVersion"), Kind: Text(n, "kind"),
		Namespace: Text(n, "metadata", "namespace"), Name: Text(n, "metadata", "name"),
	}
	it.Place.File = firstOf(it.Annotations, PathAnnotation, legacyPathAnnotation)
	it.Place.Index, _ = strconv.Atoi(firstOf(it.Annotations, IndexAnnotation, legacyIndexAnnotation))
	return it
}

func firstOf(m map[string]string, keys ...string) string {
	for _, k := range keys {
		if v := m[k]; v != "" {
			return v
		}
	}
	return ""
}

// Ref is the present namespace and name of the item.
func (it *Item) Ref() model.Ref {
	return model.Ref{Namespace: it.Place.Object.Namespace, Name: it.Place.Object.Name}
}

// Refs are the namespaces and names under which the item may be referred to: the present one first, then those that it
// had before kustomize renamed it.
func (it *Item) Refs() []model.Ref {
	now := it.Ref()
	names := append([]string{now.Name}, split(it.Annotations[previousNames])...)
	spaces := append([]string{now.Namespace}, split(it.Annotations[previousNamespaces])...)
	var refs []model.Ref
	for _, name := range names {
		for _, ns := range spaces {
			if r := (model.Ref{Namespace: ns, Name: name}); !slices.Contains(refs, r) {
				refs = append(refs, r)
			}
		}
	}
	return refs
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// List is a ResourceList.
type List struct {
	Items []*Item
	// FunctionConfig is nil if the list has none.
	FunctionConfig *Item

	text   []string
	root   *yaml.Node
	indent int
}

// ReadList reads a ResourceList of config.kubernetes.io/v1, v1beta1 or v1alpha1.
func ReadList(text []byte) (*List, model.Problems) {
	root, ps := Parse(text, model.Place{})
	if ps.HasErrors() {
		return nil, ps
	}
	at := model.Place{Object: model.Object{Kind: Text(root, "kind")}}
	group, version, _ := strings.Cut(Text(root, "apiVersion"), "/")
	if Text(root, "kind") != "ResourceList" || group != "config.kubernetes.io" ||
		!slices.Contains([]string{"v1", "v1beta1", "v1alpha1"}, version) {
		ps.Errorf(model.InputType, at, "standard input holds no ResourceList of config.kubernetes.io/v1; run `krm-fn render PATH` for files")
		return nil, ps
	}
	l := &List{root: root, text: strings.SplitAfter(string(text), "\n")}
	items := Get(root, "items")
	if !IsNull(items) && items.Kind != yaml.SequenceNode {
		ps.Errorf(model.InputType, at.Child("items"), "is %s; write a list", describe(items))
		return nil, ps
	}
	if items != nil {
		for i, n := range items.Content {
			if n.Kind != yaml.MappingNode {
				ps.Errorf(model.InputType, at.Child("items").Item(i), "is %s; write an object", describe(n))
				continue
			}
			l.Items = append(l.Items, NewItem(n))
		}
	}
	if fc := Get(root, "functionConfig"); !IsNull(fc) {
		if fc.Kind != yaml.MappingNode {
			ps.Errorf(model.InputType, at.Child("functionConfig"), "is %s; write an object", describe(fc))
			return nil, ps
		}
		l.FunctionConfig = NewItem(fc)
	}
	if items != nil && !ps.HasErrors() {
		l.cut(items)
	}
	return l, ps
}

// cut gives every item its lines of the text. It leaves the items to the encoder where lines do not belong to one item
// alone: in JSON, in flow style, and where aliases tie items to each other.
func (l *List) cut(items *yaml.Node) {
	if items.Style&yaml.FlowStyle != 0 || l.root.Style&yaml.FlowStyle != 0 || items.Line == 0 || items.Column == 0 || hasAlias(l.root) {
		return
	}
	col := items.Column - 1
	starts := make([]int, 0, len(l.Items)+1)
	for _, it := range l.Items {
		line := l.dashAbove(it.Node.Line-1, col)
		if line < 0 {
			return
		}
		starts = append(starts, line)
	}
	starts = append(starts, l.endOfItems(items))
	// Comments above an item belong to it, those between the key and the first dash to the first.
	if key, _ := member(l.root, "items"); key.Line < starts[0] {
		starts[0] = key.Line
	}
	for i := 1; i < len(starts); i++ {
		for starts[i] > starts[i-1]+1 && isComment(l.text[starts[i]-1], col) {
			starts[i]--
		}
	}
	for i := range l.Items {
		if starts[i] >= starts[i+1] {
			return
		}
	}
	l.indent = col
	for i, it := range l.Items {
		it.raw, it.line = l.text[starts[i]:starts[i+1]], starts[i]
	}
}

// dashAbove is the index of the nearest line at or above from that has a dash in column col, or -1.
func (l *List) dashAbove(from, col int) int {
	for i := from; i >= 0 && i < len(l.text); i-- {
		if line := l.text[i]; len(line) > col && line[col] == '-' && strings.TrimLeft(line[:col], " ") == "" {
			return i
		}
		if from-i > 1000 {
			return -1
		}
	}
	return -1
}

// endOfItems is the index of the first line after the items: that of the next key of the list, or the end of the text.
func (l *List) endOfItems(items *yaml.Node) int {
	for i := 0; i+3 < len(l.root.Content); i += 2 {
		if l.root.Content[i+1] == items {
			return l.root.Content[i+2].Line - 1
		}
	}
	end := len(l.text)
	for end > 0 && (strings.TrimSpace(l.text[end-1]) == "" || strings.HasPrefix(l.text[end-1], "...")) {
		end--
	}
	return end
}

// isComment tells whether line is a comment that cannot be part of a text block inside an item whose dash is in column
// col.
func isComment(line string, col int) bool {
	trimmed := strings.TrimLeft(line, " ")
	return strings.HasPrefix(trimmed, "#") && len(line)-len(trimmed) <= col
}

// MarkLocal gives the item the annotation that keeps it out of clusters.
func (it *Item) MarkLocal() { it.Annotate(LocalConfigAnnotation, "true") }

// Annotate sets an annotation, touching no other byte of the item's text where it can.
func (it *Item) Annotate(key, value string) {
	if it.Annotations[key] == value {
		return
	}
	it.insertAnnotation(key + ": " + strconv.Quote(value))
	meta := child(it.Node, "metadata")
	v := strNode(value)
	v.Style = yaml.DoubleQuotedStyle
	set(child(meta, "annotations"), key, v)
	it.Annotations = TextMap(meta, "annotations")
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

// insertAnnotation puts line into the text of the item, below the key annotations or metadata. Where the metadata is not
// written with one key a line, or has the annotation with another value, the item gives up its text and will be encoded.
func (it *Item) insertAnnotation(line string) {
	key, _, _ := strings.Cut(line, ":")
	metaKey, meta := member(it.Node, "metadata")
	annKey, ann := member(meta, "annotations")
	lines := []string{"annotations:", "  " + line}
	below, block := metaKey, meta
	if annKey != nil {
		lines, below, block = []string{line}, annKey, ann
	}
	raw := it.raw
	it.raw = nil
	if raw == nil || block == nil || block.Kind != yaml.MappingNode || len(block.Content) == 0 ||
		block.Content[0].Line <= below.Line || Get(ann, key) != nil {
		return
	}
	at := below.Line - it.line
	if at <= 0 || at >= len(raw) {
		return
	}
	eol := "\n"
	if strings.HasSuffix(raw[at-1], "\r\n") {
		eol = "\r\n"
	}
	pad := strings.Repeat(" ", block.Content[0].Column-1)
	for i := range lines {
		lines[i] = pad + lines[i] + eol
	}
	it.raw = slices.Concat(raw[:at], lines, raw[at:])
}

// Bytes gives the list with items and results in place of its own, and everything else as it was read.
func (l *List) Bytes(items []*Item, results []byte) ([]byte, error) {
	var b bytes.Buffer
	wroteItems := false
	end := len(l.root.Content)
	for i := 0; i < end; i += 2 {
		key := l.root.Content[i]
		switch {
		case key.Value == "results":
		case key.Value == "items":
			wroteItems = true
			if err := l.writeItems(&b, items); err != nil {
				return nil, err
			}
		default:
			if err := writeMember(&b, key, l.root.Content[i+1]); err != nil {
				return nil, err
			}
		}
	}
	if !wroteItems {
		if err := l.writeItems(&b, items); err != nil {
			return nil, err
		}
	}
	b.Write(results)
	return b.Bytes(), nil
}

func (l *List) writeItems(b *bytes.Buffer, items []*Item) error {
	if len(items) == 0 {
		b.WriteString("items: []\n")
		return nil
	}
	b.WriteString("items:\n")
	for _, it := range items {
		if it.raw != nil {
			for _, line := range it.raw {
				b.WriteString(line)
			}
			if last := it.raw[len(it.raw)-1]; !strings.HasSuffix(last, "\n") {
				b.WriteByte('\n')
			}
			continue
		}
		text, err := EncodeNode(it.Node)
		if err != nil {
			return err
		}
		writeDashed(b, text, l.indent)
	}
	return nil
}

// writeDashed writes text as an element of a block list whose dashes are in column indent.
func writeDashed(b *bytes.Buffer, text []byte, indent int) {
	pad, first := strings.Repeat(" ", indent), true
	for line := range bytes.Lines(text) {
		switch {
		case first:
			b.WriteString(pad + "- ")
			first = false
		case len(bytes.TrimSpace(line)) > 0:
			b.WriteString(pad + "  ")
		}
		b.Write(line)
	}
}

func writeMember(b *bytes.Buffer, key, val *yaml.Node) error {
	text, err := EncodeNode(&yaml.Node{Kind: yaml.MappingNode, Tag: mapTag, Content: []*yaml.Node{key, val}})
	b.Write(text)
	return err
}
