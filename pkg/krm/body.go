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
	// node returns the object, which must not be changed.
	node() *yaml.Node
	// look calls f with the object. The nodes might not be valid after f returns.
	look(f func(n *yaml.Node))
	// appendTo appends the object as a YAML document to out.
	appendTo(out []byte) ([]byte, error)
	// annotate returns the body with annotations in the metadata of the value at a path in the object.
	annotate(added []annotation, path ...string) body
}

// annotation is an annotation that was added to an item.
type annotation = fastyaml.Annotation

// nodeBody is an object that was created from nodes, or that only the YAML library can read.
type nodeBody struct{ n *yaml.Node }

func (b nodeBody) node() *yaml.Node          { return b.n }
func (b nodeBody) look(f func(n *yaml.Node)) { f(b.n) }

func (b nodeBody) appendTo(out []byte) ([]byte, error) {
	text, err := EncodeNode(b.n)
	return append(out, text...), err
}

func (b nodeBody) annotate(added []annotation, path ...string) body {
	n := fork(b.n, path)
	annotated(at(n, path), added)
	return nodeBody{n}
}

// documentBody is the text of a document that the fast parser can read: nodes take ten times its memory. added contains the
// annotations that are not in the text.
type documentBody struct {
	text  string
	added []annotation
}

func (b *documentBody) node() *yaml.Node {
	docs, _, _ := fastyaml.Parse(b.text)
	return annotated(element(docs), b.added)
}

func (b *documentBody) look(f func(n *yaml.Node)) {
	fastyaml.WithNodes(b.text, func(docs []Document, _ bool) { f(annotated(element(docs), b.added)) })
}

func (b *documentBody) appendTo(out []byte) ([]byte, error) {
	whole, err := readAgain(b.text, b.added)
	if err != nil {
		return out, err
	}
	return whole.appendTo(out)
}

func (b *documentBody) annotate(added []annotation, path ...string) body {
	if len(path) == 0 {
		return &documentBody{b.text, slices.Concat(b.added, added)}
	}
	whole, err := readAgain(b.text, b.added)
	if err != nil {
		return b
	}
	return whole.annotate(added, path...)
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

func (b *listedBody) node() *yaml.Node {
	if b.parsed != nil {
		return b.parsed
	}
	docs, _, _ := fastyaml.Parse(b.source())
	return element(docs)
}

func (b *listedBody) look(f func(n *yaml.Node)) {
	if b.parsed != nil {
		f(b.parsed)
		return
	}
	fastyaml.WithNodes(b.source(), func(docs []Document, _ bool) { f(element(docs)) })
}

func (b *listedBody) appendTo(out []byte) ([]byte, error) {
	whole, err := readAgain(b.source(), nil)
	if err != nil {
		return out, err
	}
	return whole.appendTo(out)
}

// annotate keeps all other bytes of the text if possible.
func (b *listedBody) annotate(added []annotation, path ...string) body {
	for i, a := range added {
		next := b.withAnnotation(a, path)
		if next != nil {
			b = next
			continue
		}
		whole, err := nodeBody{b.parsed}, error(nil)
		if b.parsed == nil {
			whole, err = readAgain(b.source(), nil)
		}
		if err != nil {
			return b
		}
		return whole.annotate(added[i:], path...)
	}
	return b
}

// withAnnotation returns the body with one more line or a replaced value; nil if that is not possible.
func (b *listedBody) withAnnotation(a annotation, path []string) (next *listedBody) {
	try := func(n *yaml.Node, read nodeReader) {
		holder := at(n, path)
		if c := withLine(b.source(), holder, a); c != nil {
			setAnnotation(holder, a)
			next = b.with(*c, n, read)
		}
	}
	if b.parsed != nil {
		try(fork(b.parsed, path), fastyaml.WithNodes)
	} else {
		withIdentity(b.source(), func(docs []Document, _ bool) { try(element(docs), withIdentity) })
	}
	return next
}

// with returns the body with a change of its text; nil if the content then differs from n.
func (b *listedBody) with(c change, n *yaml.Node, read nodeReader) (changed *listedBody) {
	raw := c.apply(b.source())
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
		case b.change == nil:
			changed = &listedBody{text: b.text, change: &c}
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

// readAgain reads the object in a text, including its comments, and sets annotations in it.
func readAgain(text string, added []annotation) (nodeBody, error) {
	docs, ps := ParseAll(text, model.Place{})
	if n := element(docs); n != nil {
		return nodeBody{annotated(n, added)}, nil
	}
	return nodeBody{}, fmt.Errorf("cannot be read again: %v", ps)
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
