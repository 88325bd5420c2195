package krm

import (
	"slices"
	"sync"

	"go.yaml.in/yaml/v3"
)

// reading is what glance and skim are.
type reading func(text string, look func(docs []Document, ok bool))

// glance calls look with what quick reads. The nodes are gone when it returns: they are used again for another text.
func glance(text string, look func(docs []Document, ok bool)) {
	p := glancers.Get().(*quickParser)
	p.text = text
	docs, _, ok := p.documents()
	look(docs, ok)
	p.release()
}

// skim is glance for those who do not need what literal blocks hold, unless there are some in what identifies an object: the
// value of one is the text that it is written in, so that nothing is copied.
func skim(text string, look func(docs []Document, ok bool)) {
	p := glancers.Get().(*quickParser)
	p.text, p.rough = text, true
	docs, _, ok := p.documents()
	if slices.ContainsFunc(docs, func(d Document) bool { return identifiedByLiteral(itself(d.Root)) }) {
		p.release()
		glance(text, look)
		return
	}
	look(docs, ok)
	p.release()
}

// itself is an object that may stand in a list as its only element.
func itself(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.SequenceNode && len(n.Content) == 1 {
		return n.Content[0]
	}
	return n
}

func identifiedByLiteral(n *yaml.Node) bool {
	return hasLiteral(Get(n, "apiVersion")) || hasLiteral(Get(n, "kind")) || hasLiteral(Get(n, "metadata"))
}

func hasLiteral(n *yaml.Node) bool {
	return n != nil && (n.Style == yaml.LiteralStyle || slices.ContainsFunc(n.Content, hasLiteral))
}

var glancers = sync.Pool{New: func() any { return &quickParser{} }}

// release takes back all nodes, for another text.
func (p *quickParser) release() {
	if p.nodes != nil {
		p.full = append(p.full, p.nodes)
	}
	for _, chunk := range p.full {
		clear(chunk)
		p.free = append(p.free, chunk[:0])
	}
	*p = quickParser{free: p.free, full: p.full[:0], content: p.content[:0]}
	glancers.Put(p)
}
