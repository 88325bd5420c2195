package fastyaml

import "sync"

// WithNodes calls f with the results of Parse. The nodes are not valid after f returns, because they are reused.
func WithNodes(text string, f func(docs []Document, ok bool)) { Pooled().with(text, f) }

// WithNodesRawLiterals is WithNodes without decoded literal blocks: the value of a block is its text as written, so nothing
// is copied.
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

// Pooled returns a parser that reuses the memory of released ones.
func Pooled() *Parser { return parsers.Get().(*Parser) }

// Release makes the memory of all nodes available for another text.
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
