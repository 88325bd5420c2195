package fastyaml

import "sync"

// WithNodes calls f with what Parse reads. The nodes are gone when it returns: they are used again for another text.
func WithNodes(text string, f func(docs []Document, ok bool)) { Pooled().with(text, f) }

// WithNodesRawLiterals is WithNodes for those who do not need what literal blocks hold: the value of one is the text that it
// is written in, so that nothing is copied.
func WithNodesRawLiterals(text string, f func(docs []Document, ok bool)) {
	p := Pooled()
	p.rawLiterals = true
	p.with(text, f)
}

func (p *Parser) with(text string, f func(docs []Document, ok bool)) {
	docs, _, ok := p.Parse(text)
	f(docs, ok)
	p.Release()
}

var parsers = sync.Pool{New: func() any { return &Parser{} }}

// Pooled returns a parser with the memory of others.
func Pooled() *Parser { return parsers.Get().(*Parser) }

// Release takes back all nodes, for another text.
func (p *Parser) Release() {
	if p.nodes != nil {
		p.full = append(p.full, p.nodes)
	}
	for _, chunk := range p.full {
		clear(chunk)
		p.free = append(p.free, chunk[:0])
	}
	*p = Parser{free: p.free, full: p.full[:0], content: p.content[:0]}
	parsers.Put(p)
}
