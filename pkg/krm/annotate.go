package krm

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// MarkLocal gives the item the annotation that keeps it out of clusters.
func (it *Item) MarkLocal() { it.Annotate(LocalConfigAnnotation, "true") }

// Annotate sets an annotation, touching no other byte of the item's text where it can.
func (it *Item) Annotate(key, value string) { it.annotateAll(annotation{key, value}) }

func (it *Item) annotateAll(list ...annotation) {
	list = slices.DeleteFunc(list, func(a annotation) bool { return it.Annotations[a.key] == a.value })
	if len(list) == 0 {
		return
	}
	if it.typed != nil || it.node == nil && !it.listed {
		it.added = slices.Concat(it.added, list)
	} else {
		for _, a := range list {
			it.annotate(a)
		}
	}
	it.remember(list)
}

// remember puts annotations into those of the item, leaving the map to others who have it.
func (it *Item) remember(more []annotation) {
	all := make(map[string]string, len(it.Annotations)+len(more))
	maps.Copy(all, it.Annotations)
	for _, a := range more {
		all[a.key] = a.value
	}
	it.Annotations = all
}

// AnnotateTemplate sets an annotation of the pods that a workload makes, touching no other byte of the item's text where
// it can. An item without a pod template stays as it is.
func (it *Item) AnnotateTemplate(key, value string) {
	template := Get(Get(it.Node(), "spec"), "template")
	if template != nil && template.Kind == yaml.MappingNode && TextMap(template, "metadata", "annotations")[key] != value {
		it.annotate(annotation{key, value}, "spec", "template")
	}
}

// annotate sets an annotation in the metadata of what is at a path in the item.
func (it *Item) annotate(a annotation, path ...string) {
	if it.node != nil || len(it.added) > 0 {
		it.annotateNode(it.Node(), a, path, glance)
		return
	}
	skim(it.source(), func(docs []Document, _ bool) { it.annotateNode(element(docs), a, path, skim) })
}

// annotateNode sets an annotation in n, which is the node of the item, and in its text. read is how n was read.
func (it *Item) annotateNode(n *yaml.Node, a annotation, path []string, read reading) {
	holder := at(n, path)
	change := it.withLine(holder, a.key, strconv.Quote(a.value))
	setAnnotation(holder, a.key, a.value)
	if change != nil && it.alter(*change, n, read) {
		return
	}
	if it.node == nil {
		// What is written anew keeps its comments.
		docs, _ := parseSlowly(it.source(), model.Place{})
		n = element(docs)
		setAnnotation(at(n, path), a.key, a.value)
	}
	it.text, it.listed, it.change, it.node = "", false, nil, n
}

// at is the value at a path of keys below n.
func at(n *yaml.Node, path []string) *yaml.Node {
	for _, name := range path {
		n = Get(n, name)
	}
	return n
}

func setAnnotation(holder *yaml.Node, key, value string) {
	v := strNode(value)
	v.Style = yaml.DoubleQuotedStyle
	set(child(child(holder, "metadata"), "annotations"), key, v)
}

// alter makes a change to the text of the item, unless it says anything else than n then.
func (it *Item) alter(c change, n *yaml.Node, read reading) (done bool) {
	raw := c.apply(it.source())
	read(raw, func(docs []Document, quickly bool) {
		if !quickly {
			var ps model.Problems
			if docs, ps = ParseAll(raw, model.Place{}); ps.HasErrors() {
				return
			}
		}
		if len(docs) != 1 || docs[0].Root.Kind != yaml.SequenceNode || len(docs[0].Root.Content) != 1 ||
			!sameContent(docs[0].Root.Content[0], n) {
			return
		}
		switch {
		case !quickly:
			it.text, it.change, it.node, it.line = raw, nil, docs[0].Root.Content[0], 0
		case it.change == nil:
			it.change = &c
			it.forget(it.text)
		default:
			it.change = newChange(it.text, raw)
			it.forget(it.text)
		}
		done = true
	})
	return done
}

// sameContent tells whether a and b have the same keys and values, without style, comments and, since an inserted line
// comes first where an appended one comes last, the order of keys.
func sameContent(a, b *yaml.Node) bool {
	if a.Kind != b.Kind || a.ShortTag() != b.ShortTag() || a.Value != b.Value || len(a.Content) != len(b.Content) {
		return false
	}
	if a.Kind != yaml.MappingNode {
		return slices.EqualFunc(a.Content, b.Content, sameContent)
	}
	taken := make([]bool, len(b.Content))
	for i := 0; i+1 < len(a.Content); i += 2 {
		j := i
		for step := 0; taken[j] || !sameContent(a.Content[i], b.Content[j]) || !sameContent(a.Content[i+1], b.Content[j+1]); step += 2 {
			if step == len(b.Content) {
				return false
			}
			j = step
		}
		taken[j] = true
	}
	return true
}

// withLine is the change of the text of the item that adds one more annotation below the key annotations or metadata of
// holder, or gives another value to one that is there; nil where the metadata is not written with one key a line.
func (it *Item) withLine(holder *yaml.Node, key, value string) *change {
	if !it.listed {
		return nil
	}
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
	if block == nil || block.Kind != yaml.MappingNode || len(block.Content) == 0 || block.Content[0].Line <= below.Line {
		return nil
	}
	text := it.source()
	at := lineStart(text, below.Line-int(it.line))
	if at <= 0 || at == len(text) {
		return nil
	}
	eol := "\n"
	if strings.HasSuffix(text[:at], "\r\n") {
		eol = "\r\n"
	}
	pad := strings.Repeat(" ", max(0, block.Content[0].Column-1))
	for i := range lines {
		lines[i] = pad + lines[i] + eol
	}
	return &change{at, at, strings.Join(lines, "")}
}

// withValue is the change of the text of the item that puts value in place of a scalar that is written plainly or in double
// quotes, nil if it is not.
func (it *Item) withValue(old *yaml.Node, value string) *change {
	text := it.source()
	start := lineStart(text, old.Line-1-int(it.line))
	if start < 0 {
		return nil
	}
	line, _, _ := strings.Cut(text[start:], "\n")
	col := old.Column - 1
	if col < 0 || col > len(line) {
		return nil
	}
	for _, written := range []string{strconv.Quote(old.Value), old.Value} {
		if strings.HasPrefix(line[col:], written) {
			return &change{start + col, start + col + len(written), value}
		}
	}
	return nil
}

// lineStart is the offset of a line of text, counted from 0; -1 if there is none.
func lineStart(text string, line int) int {
	at := 0
	for ; line > 0; line-- {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			return -1
		}
		at += i + 1
	}
	if line < 0 {
		return -1
	}
	return at
}

// SetPlace has a function say in which file of which package an orchestrator shall put the item, "" for no package. For an item
// that was made of a typed object it is asked when that is written.
func (it *Item) SetPlace(place func() (path, packagePath string)) {
	if it.typed == nil {
		it.annotateAll(annotationsOf(place)...)
		return
	}
	it.place = place
}

func annotationsOf(place func() (path, packagePath string)) []annotation {
	path, packagePath := place()
	all := []annotation{{PathAnnotation, path}, {IndexAnnotation, "0"}}
	if packagePath != "" {
		all = append(all, annotation{PackagePathAnnotation, packagePath})
	}
	return all
}

// additions are the annotations that are not yet in the object or the text.
func (it *Item) additions() []annotation {
	if it.place == nil {
		return it.added
	}
	return slices.Concat(it.added, annotationsOf(it.place))
}

// KeepPlace gives the item all annotations by which orchestrators know old, so that it replaces old where that is kept.
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

// change says what stands in place of a part of a text.
type change struct {
	from, to int
	by       string
}

func (c change) apply(text string) string { return text[:c.from] + c.by + text[c.to:] }

// newChange is what leads from one text to another.
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
