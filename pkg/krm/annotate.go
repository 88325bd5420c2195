package krm

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// MarkLocal sets the annotation that keeps the item out of clusters.
func (it *Item) MarkLocal() { it.Annotate(LocalConfigAnnotation, "true") }

// Annotate sets an annotation. It keeps all other bytes of the item's text if possible.
func (it *Item) Annotate(key, value string) {
	if it.Annotations[key] == value {
		return
	}
	it.annotate(annotation{Key: key, Value: value})
	// Other items might share the map.
	if it.Annotations = maps.Clone(it.Annotations); it.Annotations == nil {
		it.Annotations = map[string]string{}
	}
	it.Annotations[key] = value
}

// AnnotateTemplate sets an annotation of the pod template, if the item has one. It keeps all other bytes of the item's text
// if possible.
func (it *Item) AnnotateTemplate(key, value string) {
	template := Get(Get(it.Node(), "spec"), "template")
	if template != nil && template.Kind == yaml.MappingNode && TextMap(template, "metadata", "annotations")[key] != value {
		it.annotate(annotation{Key: key, Value: value}, "spec", "template")
	}
}

func setAnnotation(holder *yaml.Node, a annotation) {
	v := strNode(a.Value)
	v.Style = yaml.DoubleQuotedStyle
	set(child(child(holder, "metadata"), "annotations"), a.Key, v)
}

// sameContent reports whether a and b have the same keys and values. It ignores style, comments, and the order of keys, because
// an inserted line comes first and an appended one last.
func sameContent(a, b *yaml.Node) bool {
	if a.Kind != b.Kind || a.ShortTag() != b.ShortTag() || a.Value != b.Value || len(a.Content) != len(b.Content) {
		return false
	}
	if a.Kind != yaml.MappingNode {
		return slices.EqualFunc(a.Content, b.Content, sameContent)
	}
	taken := make([]bool, len(b.Content))
	same := func(i, j int) bool {
		return !taken[j] && sameContent(a.Content[i], b.Content[j]) && sameContent(a.Content[i+1], b.Content[j+1])
	}
	for i := 0; i+1 < len(a.Content); i += 2 {
		j := i
		for step := 0; !same(i, j); step += 2 {
			if step == len(b.Content) {
				return false
			}
			j = step
		}
		taken[j] = true
	}
	return true
}

// withLine returns a text with an annotation in the metadata of holder, which was read from the text. It returns "" if the
// metadata does not have one key per line.
func withLine(text string, holder *yaml.Node, a annotation) string {
	metaKey, meta := find(holder, "metadata")
	annKey, ann := find(meta, "annotations")
	if old := Get(ann, a.Key); old != nil {
		return withValue(text, old, strconv.Quote(a.Value))
	}
	line := a.Key + ": " + strconv.Quote(a.Value)
	lines, below, block := []string{"annotations:", "  " + line}, metaKey, meta
	if annKey != nil {
		lines, below, block = []string{line}, annKey, ann
	}
	if block == nil || block.Kind != yaml.MappingNode || len(block.Content) == 0 || block.Content[0].Line <= below.Line {
		return ""
	}
	at := lineStart(text, below.Line)
	if at <= 0 || at == len(text) {
		return ""
	}
	eol := "\n"
	if strings.HasSuffix(text[:at], "\r\n") {
		eol = "\r\n"
	}
	pad := strings.Repeat(" ", max(0, block.Content[0].Column-1))
	for i := range lines {
		lines[i] = pad + lines[i] + eol
	}
	return text[:at] + strings.Join(lines, "") + text[at:]
}

// withValue returns a text in which value replaces a plain or double-quoted scalar; "" for any other scalar.
func withValue(text string, old *yaml.Node, value string) string {
	start := lineStart(text, old.Line-1)
	if start < 0 {
		return ""
	}
	line, _, _ := strings.Cut(text[start:], "\n")
	col := old.Column - 1
	if col < 0 || col > len(line) {
		return ""
	}
	for _, written := range []string{strconv.Quote(old.Value), old.Value} {
		if strings.HasPrefix(line[col:], written) {
			return text[:start+col] + value + text[start+col+len(written):]
		}
	}
	return ""
}

// lineStart returns the offset of a line of text, from 0; -1 if the line does not exist.
func lineStart(text string, line int) int {
	at := 0
	for ; line > 0; line-- {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			return -1
		}
		at += i + 1
	}
	return at + line // A line below 0 does not exist either.
}

// Placer returns the file and the package in which an orchestrator puts an object; "" for no package.
type Placer func(o model.Object) (path, packagePath string)

// SetPlace sets the function that places the item. For a typed object, it is called when the object is written, and also applies
// to clones of the item.
func (it *Item) SetPlace(place Placer) {
	if b, ok := it.body.(*typedBody); ok {
		b.place = place
		return
	}
	for _, a := range annotationsOf(place, it.Place.Object) {
		it.Annotate(a.Key, a.Value)
	}
}

func annotationsOf(place Placer, o model.Object) []annotation {
	path, packagePath := place(o)
	all := []annotation{{Key: PathAnnotation, Value: path}, {Key: IndexAnnotation, Value: "0"}}
	if packagePath != "" {
		all = append(all, annotation{Key: PackagePathAnnotation, Value: packagePath})
	}
	return all
}

// KeepPlace copies the annotations of orchestrators from old, so that the item replaces old.
func (it *Item) KeepPlace(old *Item) {
	annotations := Get(Get(old.Node(), "metadata"), "annotations")
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

// change replaces a part of a text.
type change struct {
	from, to int
	by       string
}

func (c change) apply(text string) string { return text[:c.from] + c.by + text[c.to:] }

// newChange returns the change from one text to another.
func newChange(before, after string) *change {
	c := change{}
	for c.from < min(len(before), len(after)) && before[c.from] == after[c.from] {
		c.from++
	}
	same := 0
	for same < min(len(before), len(after))-c.from && before[len(before)-1-same] == after[len(after)-1-same] {
		same++
	}
	c.to, c.by = len(before)-same, strings.Clone(after[c.from:len(after)-same])
	return &c
}
