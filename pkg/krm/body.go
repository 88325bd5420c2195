package krm

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm/fastyaml"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// body is the object of an item, in the form that takes the least memory. A body never changes: annotate returns a new one, so
// copies of an item share their body.
type body interface {
	content() content
	// annotate returns the body with an annotation in the metadata of the value at a path in the object; nil if only nodes can
	// have it.
	annotate(a annotation, path []string) body
}

// content is an object: its node, or a text that the fast parser can read, because nodes take ten times its memory.
type content struct {
	node *yaml.Node
	err  error
	text string
	// added contains the annotations that are not in the text.
	added []annotation
}

// whole returns the object with its comments.
func (c content) whole() (*yaml.Node, error) {
	if c.node != nil {
		return c.node, c.err
	}
	docs, ps := ParseAll(c.text, model.Place{})
	if n := element(docs); n != nil {
		return annotated(n, c.added), nil
	}
	return nil, fmt.Errorf("cannot be read again: %v", ps)
}

// annotate sets an annotation. It keeps all other bytes of the item's text if possible.
func (it *Item) annotate(a annotation, path ...string) {
	next := it.body.annotate(a, path)
	if next == nil {
		n, err := it.body.content().whole()
		if err != nil {
			return
		}
		n = fork(n, path)
		setAnnotation(at(n, path), a)
		next = nodeBody{n}
	}
	it.body = next
}

// annotation is an annotation that was added to an item.
type annotation = fastyaml.Annotation

// nodeBody is an object that was created from nodes, or that only the YAML library can read.
type nodeBody struct{ n *yaml.Node }

func (b nodeBody) content() content                   { return content{node: b.n} }
func (b nodeBody) annotate(annotation, []string) body { return nil }

// documentBody is the text of a document that the fast parser can read, and the annotations that are not in the text.
type documentBody struct {
	text  string
	added []annotation
}

func (b *documentBody) content() content { return content{text: b.text, added: b.added} }

func (b *documentBody) annotate(a annotation, path []string) body {
	if len(path) > 0 {
		return nil
	}
	return &documentBody{b.text, append(slices.Clip(b.added), a)}
}

// listedBody is the text of an item in its list, starting at the dash, with the indentation of the list, so that it can be
// written as it was.
type listedBody struct {
	text string
	// change is the change since the text was read; nil for none.
	change *change
	// parsed is the object if only the YAML library can read the text; otherwise nil.
	parsed *yaml.Node
}

// source returns the changed text.
func (b *listedBody) source() string {
	if b.change != nil {
		return b.change.apply(b.text)
	}
	return b.text
}

func (b *listedBody) content() content {
	if b.parsed != nil {
		return content{node: b.parsed}
	}
	return content{text: b.source()}
}

// annotate returns the body with one more line or a replaced value.
func (b *listedBody) annotate(a annotation, path []string) (next body) {
	try := func(n *yaml.Node, read nodeReader) {
		holder := at(n, path)
		if text := withLine(b.source(), holder, a); text != "" {
			setAnnotation(holder, a)
			if changed := b.with(text, n, read); changed != nil {
				next = changed
			}
		}
	}
	if b.parsed != nil {
		try(fork(b.parsed, path), fastyaml.WithNodes)
	} else {
		withIdentity(b.source(), func(docs []Document, _ bool) { try(element(docs), withIdentity) })
	}
	return next
}

// with returns the body with a changed text; nil if the content then differs from n.
func (b *listedBody) with(raw string, n *yaml.Node, read nodeReader) (changed *listedBody) {
	read(raw, func(docs []Document, quickly bool) {
		if !quickly {
			var ps model.Problems
			if docs, ps = ParseAll(raw, model.Place{}); ps.HasErrors() {
				return
			}
		}
		got := onlyElement(docs)
		switch {
		case got == nil || !sameContent(got, n):
		case !quickly:
			changed = &listedBody{text: raw, parsed: got}
		default:
			changed = &listedBody{text: b.text, change: newChange(b.text, raw)}
		}
	})
	return changed
}

// element returns the only document, or the only element of that if it is a list.
func element(docs []Document) *yaml.Node {
	if len(docs) != 1 {
		return nil
	}
	return itself(docs[0].Root)
}

// onlyElement returns the only element of the list that is the only document; nil if there is anything else.
func onlyElement(docs []Document) *yaml.Node {
	if len(docs) != 1 || docs[0].Root.Kind != yaml.SequenceNode || len(docs[0].Root.Content) != 1 {
		return nil
	}
	return docs[0].Root.Content[0]
}

// fork returns a copy of n in which the annotations of the value at a path can be changed. Everything else is shared.
func fork(n *yaml.Node, path []string) *yaml.Node {
	c := *n
	root := &c
	n = root
	for _, key := range slices.Concat(path, []string{"metadata", "annotations"}) {
		n.Content = slices.Clone(n.Content)
		old := Get(n, key)
		if old == nil {
			return root
		}
		c := *old
		n.Content[slices.Index(n.Content, old)] = &c
		n = &c
	}
	n.Content = slices.Clone(n.Content)
	return root
}

// annotated sets annotations in n.
func annotated(n *yaml.Node, added []annotation) *yaml.Node {
	for _, a := range added {
		setAnnotation(n, a)
	}
	return n
}
