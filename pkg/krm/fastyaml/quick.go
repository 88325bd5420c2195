package fastyaml

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Document is one document of a text.
type Document struct {
	// Root is the top node, usually a mapping. Its lines count within the text.
	Root *yaml.Node
	// Index is the number of the document in its text, from 0. Empty documents also count.
	Index int
	// Text is the text of the document if Parse can read it again; otherwise "".
	Text string
}

// Parser reads YAML. It returns the same nodes as the library, without comments. It gives up on anything that it does not
// recognize, including errors; see the package comment.
type Parser struct {
	text string
	// ascii reports whether every byte is one column.
	ascii bool
	// next is the offset of the line after the current one.
	next int
	// The current line: its number, the offsets of its beginning, of its content, and of its end, and the column of its
	// content, from 0. At the end of a document, column is -1.
	line, begin, start, end, column int
	// separated reports whether the current document ended with a separator.
	separated bool
	// rawLiterals leaves literal blocks as written.
	rawLiterals bool
	// comments reports whether there was a comment.
	comments bool
	failed   bool
	depth    int
	// nodes is the chunk in use; full and free are other chunks.
	nodes      []yaml.Node
	full, free [][]yaml.Node
	// content contains the nodes of the collections that are being read.
	content []*yaml.Node
}

const (
	// quickDepth and quickKey are limits; the library reads deeper nesting and longer keys.
	quickDepth = 100
	quickKey   = 500
	// The size of the first and of the largest chunk of nodes.
	fewNodes, manyNodes = 16, 107
)

// Parse returns the documents of text, and reports whether there are comments. It returns false for ok if it gives up.
func Parse(text string) (docs []Document, comments, ok bool) { return (&Parser{}).Parse(text) }

// Parse is Parse with the nodes of p.
func (p *Parser) Parse(text string) (docs []Document, comments, ok bool) {
	p.text, p.ascii = text, true
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
		// The part before the first separator is a document only if it has content.
		if !first || len(docs) > 0 {
			index++
		}
		if !p.separated {
			return docs, p.comments, true
		}
	}
}

// readable reports whether the text has only characters without a special meaning for the reader of the library.
func (p *Parser) readable() bool {
	for i := 0; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c >= ' ' && c < 0x7f, c == '\n', c == '\t':
		case c < utf8.RuneSelf:
			return false
		default:
			p.ascii = false
			r, size := utf8.DecodeRuneInString(p.text[i:])
			// Not control characters, line breaks of YAML 1.1, byte order marks, or invalid characters.
			if r < 0xa0 || r == utf8.RuneError || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xfffe || r == 0xffff {
				return false
			}
			i += size - 1
		}
	}
	return true
}

// advance moves to the next line with content.
func (p *Parser) advance() {
	for p.next < len(p.text) {
		p.begin = p.next
		p.line++
		p.end, p.next = p.following()
		p.start = p.skip(p.begin)
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

// fail gives up; nothing more is read.
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

// more replaces the current chunk of nodes.
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

// collect moves the nodes that were read since mark to n.
func (p *Parser) collect(n *yaml.Node, mark int) *yaml.Node {
	if len(p.content) > mark {
		n.Content = append(make([]*yaml.Node, 0, len(p.content)-mark), p.content[mark:]...)
		p.content = p.content[:mark]
	}
	p.depth--
	return n
}

// block reads the mapping or list that starts on the current line.
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

// isDash reports whether the content of the current line starts with the dash of a list.
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

// skip returns the offset after the spaces at an offset of the current line.
func (p *Parser) skip(at int) int {
	for at < p.end && p.text[at] == ' ' {
		at++
	}
	return at
}

// isEmpty reports whether only a comment follows an offset. A comment has a space before it.
func (p *Parser) isEmpty(at int) bool {
	if at < p.end && p.text[at] == '#' && p.text[at-1] == ' ' {
		p.comments = true
		return true
	}
	return at == p.end
}

// keyEnd returns the offset of the colon after the key at an offset; -1 if there is no key.
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
