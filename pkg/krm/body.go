package krm

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm/fastyaml"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// body is the object of an item, in the form in which it takes the least memory. A body never changes: annotate returns
// another one, so that copies of an item share theirs.
type body interface {
	// node returns the object, which must not be changed.
	node() *yaml.Node
	// look calls f with the object. The nodes may be gone when it returns.
	look(f func(n *yaml.Node))
	// field returns the value at a path of fields, nil if there is none; has reports whether there is one that is not null.
	field(path []string) *yaml.Node
	has(path []string) bool
	// appendTo appends the object as a YAML document to out.
	appendTo(out []byte) ([]byte, error)
	// annotate returns the body with annotations in the metadata of what stands at a path in the object.
	annotate(added []annotation, path ...string) body
}

// annotation is one that an item was given.
type annotation = fastyaml.Annotation

// nodeBody is an object that was made of nodes, or read where only the YAML library understands it.
type nodeBody struct{ n *yaml.Node }

func (b nodeBody) node() *yaml.Node               { return b.n }
func (b nodeBody) look(f func(n *yaml.Node))      { f(b.n) }
func (b nodeBody) field(path []string) *yaml.Node { return at(b.n, path) }
func (b nodeBody) has(path []string) bool         { return !IsNull(b.field(path)) }

func (b nodeBody) appendTo(out []byte) ([]byte, error) {
	text, err := EncodeNode(b.n)
	return append(out, text...), err
}

func (b nodeBody) annotate(added []annotation, path ...string) body {
	n := fork(b.n, path)
	annotated(at(n, path), added)
	return nodeBody{n}
}

// documentBody is the text of a document that can be read quickly: nodes take ten times its memory. added are annotations
// that are not in the text.
type documentBody struct {
	text  string
	added []annotation
}

func (b *documentBody) node() *yaml.Node {
	docs, _, _ := fastyaml.Parse(b.text)
	return annotated(element(docs), b.added)
}

func (b *documentBody) look(f func(n *yaml.Node)) {
	withNodes(b.text, func(docs []Document, _ bool) { f(annotated(element(docs), b.added)) })
}

func (b *documentBody) field(path []string) *yaml.Node { return at(b.node(), path) }
func (b *documentBody) has(path []string) bool         { return !IsNull(b.field(path)) }

func (b *documentBody) appendTo(out []byte) ([]byte, error) {
	n, err := readAgain(b.text)
	if err != nil {
		return out, err
	}
	return nodeBody{annotated(n, b.added)}.appendTo(out)
}

func (b *documentBody) annotate(added []annotation, path ...string) body {
	if len(path) == 0 {
		return &documentBody{b.text, slices.Concat(b.added, added)}
	}
	n, err := readAgain(b.text)
	if err != nil {
		return b
	}
	return nodeBody{annotated(n, b.added)}.annotate(added, path...)
}

// listedBody is the text of an item in its list, from its dash on and indented as there, so that it can be written as it was.
type listedBody struct {
	text string
	// change is what is different now, nil for nothing.
	change *change
	// parsed is the object where the text can't be read quickly, else nil.
	parsed *yaml.Node
}

// source returns the text as it is now.
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
	withNodes(b.source(), func(docs []Document, _ bool) { f(element(docs)) })
}

func (b *listedBody) field(path []string) *yaml.Node { return at(b.node(), path) }
func (b *listedBody) has(path []string) bool         { return !IsNull(b.field(path)) }

func (b *listedBody) appendTo(out []byte) ([]byte, error) {
	n, err := readAgain(b.source())
	if err != nil {
		return out, err
	}
	return nodeBody{n}.appendTo(out)
}

// annotate touches no other byte of the text where it can.
func (b *listedBody) annotate(added []annotation, path ...string) body {
	for i, a := range added {
		next := b.withAnnotation(a, path)
		if next != nil {
			b = next
			continue
		}
		n, err := b.parsed, error(nil)
		if n == nil {
			n, err = readAgain(b.source())
		}
		if err != nil {
			return b
		}
		return nodeBody{n}.annotate(added[i:], path...)
	}
	return b
}

// withAnnotation returns the body with one more line, or a value in place of another one; nil if that is not possible.
func (b *listedBody) withAnnotation(a annotation, path []string) (next *listedBody) {
	try := func(n *yaml.Node, read reading) {
		holder := at(n, path)
		if c := withLine(b.source(), holder, a); c != nil {
			setAnnotation(holder, a)
			next = b.with(*c, n, read)
		}
	}
	if b.parsed != nil {
		try(fork(b.parsed, path), withNodes)
	} else {
		withIdentity(b.source(), func(docs []Document, _ bool) { try(element(docs), withIdentity) })
	}
	return next
}

// with returns the body with a change of its text, nil if that says anything else than n then.
func (b *listedBody) with(c change, n *yaml.Node, read reading) (changed *listedBody) {
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

// element returns the only document or, where that is a list, the only element of it.
func element(docs []Document) *yaml.Node {
	if len(docs) != 1 {
		return nil
	}
	return itself(docs[0].Root)
}

// onlyElement returns the only element of the only document, which is a list; nil if there is anything else.
func onlyElement(docs []Document) *yaml.Node {
	if len(docs) != 1 || docs[0].Root.Kind != yaml.SequenceNode || len(docs[0].Root.Content) != 1 {
		return nil
	}
	return docs[0].Root.Content[0]
}

// readAgain reads the object in a text with its comments.
func readAgain(text string) (*yaml.Node, error) {
	docs, ps := ParseAll(text, model.Place{})
	if n := element(docs); n != nil {
		return n, nil
	}
	return nil, fmt.Errorf("cannot be read again: %v", ps)
}

// fork returns a copy of n in which the annotations of what stands at a path can be changed; all else is shared.
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
