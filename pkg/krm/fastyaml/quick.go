package fastyaml

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Document is one document of a text.
type Document struct {
	// Root is the top node: a mapping in all documents that matter here. Its line numbers count within the text.
	Root *yaml.Node
	// Index is the number of the document in its text, from 0; empty documents count.
	Index int
	// Text is the document itself where Parse can read it again, else "".
	Text string
}

// Parser reads YAML that is written as most people write manifests, in a fraction of the time that the YAML library
// takes: block mappings and lists, scalars on one line, literal blocks, and short collections in flow style. It makes the
// nodes that the library makes, without the comments. Whatever it does not recognize, errors included, it leaves to the
// library, by giving up.
type Parser struct {
	text string
	// ascii tells that a byte is a column.
	ascii bool
	// next is the offset of the line after the current one.
	next int
	// The current line: its number, the offsets of its begin, of what stands in it and of its end, and the column of that,
	// from 0. At the end of a document, column is -1.
	line, begin, start, end, column int
	// separated tells that the current document ended with a separator.
	separated bool
	// rawLiterals leaves literal blocks as they are written.
	rawLiterals bool
	// comments tells that there was one.
	comments bool
	failed   bool
	depth    int
	// nodes are allocated in chunks: this is the one in use; full and free are others.
	nodes      []yaml.Node
	full, free [][]yaml.Node
	// content are the nodes of the collections that are being read.
	content []*yaml.Node
}

const (
	// quickDepth and quickKey are bounds up to which the library reads on.
	quickDepth = 100
	quickKey   = 500
	// Nodes are allocated so many at a time, few at first.
	fewNodes, manyNodes = 16, 107
)

// Parse reads the documents of text, without comments, and reports whether there are any. It is not ok where it gives up.
func Parse(text string) (docs []Document, comments, ok bool) { return (&Parser{}).Parse(text) }

// Parse is Parse with the nodes of p.
func (p *Parser) Parse(text string) (docs []Document, comments, ok bool) {
	p.text = text
	return p.documents()
}

func (p *Parser) documents() (docs []Document, comments, ok bool) {
	p.ascii = true
	if !p.readable() {
		return nil, false, false
	}
	for index, first := 0, true; ; first = false {
		from := p.next
		p.separated = false
		p.advance()
		if p.column >= 0 {
			root := p.block()
			if p.failed || p.column >= 0 {
				return nil, false, false
			}
			docs = append(docs, Document{Root: root, Index: index, Text: p.text[from:p.begin]})
		} else if p.failed {
			return nil, false, false
		}
		// What stands before the first separator is a document only if there is something.
		if !first || len(docs) > 0 {
			index++
		}
		if !p.separated {
			return docs, p.comments, true
		}
	}
}

// readable tells whether there are only characters that mean nothing but themselves to the library's reader.
func (p *Parser) readable() bool {
	for i := 0; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c >= ' ' && c < 0x7f, c == '\n', c == '\t':
		case c < utf8.RuneSelf:
			return false
		default:
			p.ascii = false
			r, size := utf8.DecodeRuneInString(p.text[i:])
			// Above the control characters, without line breaks of YAML 1.1, the byte order mark and what is no character.
			if r < 0xa0 || r == utf8.RuneError || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xfffe || r == 0xffff {
				return false
			}
			i += size - 1
		}
	}
	return true
}

// advance goes to the next line that holds something.
func (p *Parser) advance() {
	for p.next < len(p.text) {
		p.begin, p.start = p.next, p.next
		p.line++
		p.end = len(p.text)
		p.next = len(p.text)
		if i := strings.IndexByte(p.text[p.begin:], '\n'); i >= 0 {
			p.end = p.begin + i
			p.next = p.end + 1
		}
		for p.start < p.end && p.text[p.start] == ' ' {
			p.start++
		}
		if p.start == p.end {
			continue
		}
		p.column = p.start - p.begin
		switch c := p.text[p.start]; {
		case c == '#':
			p.comments = true
			continue
		case c == '\t':
			p.fail()
		case p.column == 0 && c == '-' && strings.TrimRight(p.text[p.start:p.end], " ") == "---":
			p.separated, p.column = true, -1
		case p.column == 0 && (c == '%' || p.marker("---") || p.marker("...")):
			p.fail()
		}
		return
	}
	p.begin, p.column = len(p.text), -1
}

func (p *Parser) marker(s string) bool { return strings.HasPrefix(p.text[p.start:p.end], s) }

// fail gives up: nothing is read any more.
func (p *Parser) fail() {
	p.failed = true
	p.next, p.column = len(p.text), -1
}

func (p *Parser) node(kind yaml.Kind, tag string, at int) *yaml.Node {
	if len(p.nodes) == cap(p.nodes) {
		p.more()
	}
	p.nodes = append(p.nodes, yaml.Node{Kind: kind, Tag: tag, Line: p.line, Column: at - p.begin + 1})
	n := &p.nodes[len(p.nodes)-1]
	if !p.ascii {
		n.Column = utf8.RuneCountInString(p.text[p.begin:at]) + 1
	}
	return n
}

// more makes another chunk of nodes the current one.
func (p *Parser) more() {
	if p.nodes != nil {
		p.full = append(p.full, p.nodes)
	}
	if last := len(p.free) - 1; last >= 0 {
		p.nodes, p.free = p.free[last], p.free[:last]
		return
	}
	p.nodes = make([]yaml.Node, 0, min(max(fewNodes, 2*cap(p.nodes)), manyNodes))
}

// collect gives n the nodes that were read since mark.
func (p *Parser) collect(n *yaml.Node, mark int) *yaml.Node {
	if len(p.content) > mark {
		n.Content = append(make([]*yaml.Node, 0, len(p.content)-mark), p.content[mark:]...)
		p.content = p.content[:mark]
	}
	p.depth--
	return n
}

// block reads the mapping or list that begins on the current line.
func (p *Parser) block() *yaml.Node {
	p.depth++
	switch {
	case p.depth > quickDepth:
		p.fail()
		return nil
	case p.isDash():
		return p.list()
	}
	return p.mapping()
}

// isDash tells whether the current line begins with the dash of a list.
func (p *Parser) isDash() bool {
	return p.text[p.start] == '-' && (p.start+1 == p.end || p.text[p.start+1] == ' ')
}

func (p *Parser) list() *yaml.Node {
	n, column, mark := p.node(yaml.SequenceNode, SeqTag, p.start), p.column, len(p.content)
	for p.column == column && p.isDash() {
		dash := p.start
		p.start = p.skip(p.start + 1)
		var c *yaml.Node
		switch {
		case p.isEmpty(p.start):
			null := p.node(yaml.ScalarNode, NullTag, dash+1)
			c = null
			p.advance()
			if p.column > column {
				c = p.block()
			}
		case p.isDash() || p.keyEnd(p.start) >= 0:
			p.column = p.start - p.begin
			c = p.block()
		default:
			c = p.value(p.start, column)
		}
		if p.failed {
			return nil
		}
		p.content = append(p.content, c)
	}
	if p.column > column {
		p.fail()
	}
	return p.collect(n, mark)
}

func (p *Parser) mapping() *yaml.Node {
	n, column, mark := p.node(yaml.MappingNode, MapTag, p.start), p.column, len(p.content)
	for p.column == column {
		colon := p.keyEnd(p.start)
		if colon < 0 || colon-p.start > quickKey {
			p.fail()
			return nil
		}
		key := p.scalar(p.start, colon)
		if key == nil || key.Value == "<<" {
			p.fail()
			return nil
		}
		value := p.skip(colon + 1)
		var c *yaml.Node
		if p.isEmpty(value) {
			c = p.node(yaml.ScalarNode, NullTag, colon+1)
			p.advance()
			if p.column > column || p.column == column && p.isDash() {
				c = p.block()
			}
		} else {
			c = p.value(value, column)
		}
		if p.failed {
			return nil
		}
		p.content = append(p.content, key, c)
	}
	if p.column > column {
		p.fail()
	}
	return p.collect(n, mark)
}

// skip gives the offset of what follows the spaces at an offset, in the current line.
func (p *Parser) skip(at int) int {
	for at < p.end && p.text[at] == ' ' {
		at++
	}
	return at
}

// isEmpty tells whether nothing but a comment stands from an offset on. A comment has a space before it.
func (p *Parser) isEmpty(at int) bool {
	if at < p.end && p.text[at] == '#' && p.text[at-1] == ' ' {
		p.comments = true
		return true
	}
	return at == p.end
}

// keyEnd is the offset of the colon behind the key at an offset, -1 if there is no key.
func (p *Parser) keyEnd(at int) int {
	from := at
	switch q := p.text[at]; q {
	case '[', '{':
		return -1
	case '"', '\'':
		i := strings.IndexByte(p.text[at+1:p.end], q)
		if i < 0 {
			return -1
		}
		from = at + 1 + i + 1
		if from = p.skip(from); from == p.end || p.text[from] != ':' {
			return -1
		}
	}
	for i := from; i < p.end; i++ {
		switch {
		case p.text[i] == ':' && (i+1 == p.end || p.text[i+1] == ' '):
			return i
		case p.text[i] == '\t', p.text[i] == '#' && p.text[i-1] == ' ':
			return -1
		}
	}
	return -1
}
