package krm

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// quickParser reads YAML that is written as most people write manifests, in a fraction of the time that the YAML library
// takes: block mappings and lists, scalars on one line, literal blocks, and short collections in flow style. It makes the
// nodes that the library makes, without the comments. Whatever it does not recognise, errors among it, it leaves to the
// library, by giving up.
type quickParser struct {
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
	// comments tells that there was one.
	comments bool
	failed   bool
	depth    int
	nodes    []yaml.Node
	// content are the nodes of the collections that are being read.
	content []*yaml.Node
}

const (
	// quickDepth and quickKey are bounds up to which the library reads on.
	quickDepth = 100
	quickKey   = 500
)

// quick reads the documents of text, without comments, and tells whether there are any. It is not ok where it gives up.
func quick(text string) (docs []Document, comments, ok bool) {
	p := quickParser{text: text, line: 0, ascii: true}
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
			docs = append(docs, Document{Root: root, Index: index, written: root, text: text[from:p.begin]})
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
func (p *quickParser) readable() bool {
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
func (p *quickParser) advance() {
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

func (p *quickParser) marker(s string) bool { return strings.HasPrefix(p.text[p.start:p.end], s) }

// fail gives up: nothing is read any more.
func (p *quickParser) fail() {
	p.failed = true
	p.next, p.column = len(p.text), -1
}

func (p *quickParser) node(kind yaml.Kind, tag string, at int) *yaml.Node {
	if len(p.nodes) == cap(p.nodes) {
		p.nodes = make([]yaml.Node, 0, 64)
	}
	p.nodes = append(p.nodes, yaml.Node{Kind: kind, Tag: tag, Line: p.line, Column: at - p.begin + 1})
	n := &p.nodes[len(p.nodes)-1]
	if !p.ascii {
		n.Column = utf8.RuneCountInString(p.text[p.begin:at]) + 1
	}
	return n
}

// collect gives n the nodes that were read since mark.
func (p *quickParser) collect(n *yaml.Node, mark int) *yaml.Node {
	if len(p.content) > mark {
		n.Content = append(make([]*yaml.Node, 0, len(p.content)-mark), p.content[mark:]...)
		p.content = p.content[:mark]
	}
	p.depth--
	return n
}

// block reads the mapping or list that begins on the current line.
func (p *quickParser) block() *yaml.Node {
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
func (p *quickParser) isDash() bool {
	return p.text[p.start] == '-' && (p.start+1 == p.end || p.text[p.start+1] == ' ')
}

func (p *quickParser) list() *yaml.Node {
	n, column, mark := p.node(yaml.SequenceNode, seqTag, p.start), p.column, len(p.content)
	for p.column == column && p.isDash() {
		dash := p.start
		p.start = p.skip(p.start + 1)
		var c *yaml.Node
		switch {
		case p.isEmpty(p.start):
			null := p.node(yaml.ScalarNode, nullTag, dash+1)
			if p.advance(); p.column > column {
				c = p.block()
			} else {
				c = null
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

func (p *quickParser) mapping() *yaml.Node {
	n, column, mark := p.node(yaml.MappingNode, mapTag, p.start), p.column, len(p.content)
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
			c = p.node(yaml.ScalarNode, nullTag, colon+1)
			if p.advance(); p.column > column || p.column == column && p.isDash() {
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
func (p *quickParser) skip(at int) int {
	for at < p.end && p.text[at] == ' ' {
		at++
	}
	return at
}

// isEmpty tells whether nothing but a comment stands from an offset on. A comment has a space before it.
func (p *quickParser) isEmpty(at int) bool {
	if at < p.end && p.text[at] == '#' && p.text[at-1] == ' ' {
		p.comments = true
		return true
	}
	return at == p.end
}

// keyEnd is the offset of the colon behind the key at an offset, -1 if there is no key.
func (p *quickParser) keyEnd(at int) int {
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

// value reads a value that begins at an offset of the current line, in a collection in a column, and goes to the next line.
func (p *quickParser) value(at, column int) *yaml.Node {
	if p.text[at] == '|' {
		return p.literal(at, column)
	}
	var n *yaml.Node
	if p.text[at] == '[' || p.text[at] == '{' {
		end := at
		n = p.flow(&end, 0)
		if n != nil && !p.isEmpty(p.skip(end)) {
			n = nil
		}
	} else {
		n = p.scalar(at, p.end)
	}
	if n == nil {
		p.fail()
		return nil
	}
	// A deeper line would go on with the scalar.
	if p.advance(); p.column > column {
		p.fail()
	}
	return n
}

// scalar reads the scalar from at to end, where nothing but a comment may follow; nil if it is not a simple one.
func (p *quickParser) scalar(at, end int) *yaml.Node {
	if q := p.text[at]; q == '"' || q == '\'' {
		i := strings.IndexByte(p.text[at+1:end], q)
		if i < 0 {
			return nil
		}
		text, rest := p.text[at+1:at+1+i], p.skip(at+2+i)
		if strings.IndexByte(text, '\\') >= 0 && q == '"' || rest < end && (p.text[rest] != '#' || !p.isEmpty(rest)) {
			return nil
		}
		return p.quoted(at, text, q)
	}
	for i := at; i < end; i++ {
		switch c := p.text[i]; {
		case c == '#' && p.text[i-1] == ' ':
			p.comments = true
			end = i
		case c == '\t', c == ':' && (i+1 == end || p.text[i+1] == ' '):
			return nil
		}
	}
	text := strings.TrimRight(p.text[at:end], " ")
	if !p.isPlain(text) {
		return nil
	}
	n := p.node(yaml.ScalarNode, "", at)
	n.Value = text
	n.Tag = tagOf(text)
	return n
}

func (p *quickParser) quoted(at int, text string, quote byte) *yaml.Node {
	n := p.node(yaml.ScalarNode, strTag, at)
	n.Value, n.Style = text, yaml.DoubleQuotedStyle
	if quote == '\'' {
		n.Style = yaml.SingleQuotedStyle
	}
	return n
}

// isPlain tells whether a text may begin as it does without quotes.
func (p *quickParser) isPlain(text string) bool {
	if text == "" || text == "<<" {
		return false
	}
	switch text[0] {
	case ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', '?', ':':
		return false
	case '-':
		return len(text) > 1 && text[1] != ' ' && text[1] != '-'
	}
	return true
}

// tagOf is the tag of a scalar without quotes.
func tagOf(text string) string {
	if isWord(text) {
		return strTag
	}
	n := yaml.Node{Kind: yaml.ScalarNode, Value: text}
	return n.ShortTag()
}

// flow reads a collection in flow style on one line, and sets at to what follows; nil if it holds anything but words,
// numbers and quoted strings.
func (p *quickParser) flow(at *int, depth int) *yaml.Node {
	const deepest = 10
	open := p.text[*at]
	n := p.node(yaml.SequenceNode, seqTag, *at)
	if n.Style = yaml.FlowStyle; open == '{' {
		n.Kind, n.Tag = yaml.MappingNode, mapTag
	}
	p.depth++
	mark := len(p.content)
	for *at = p.skip(*at + 1); *at < p.end && depth < deepest; {
		switch {
		case p.text[*at] == open+2:
			*at++
			return p.collect(n, mark)
		case len(p.content) > mark:
			if p.text[*at] != ',' {
				return nil
			}
			*at = p.skip(*at + 1)
		}
		if open == '{' {
			key := p.flowScalar(at)
			if key == nil || !strings.HasPrefix(p.text[*at:p.end], ": ") {
				return nil
			}
			p.content = append(p.content, key)
			*at = p.skip(*at + 1)
		}
		if *at == p.end {
			return nil
		}
		var c *yaml.Node
		if p.text[*at] == '[' || p.text[*at] == '{' {
			c = p.flow(at, depth+1)
		} else {
			c = p.flowScalar(at)
		}
		if c == nil {
			return nil
		}
		p.content = append(p.content, c)
		*at = p.skip(*at)
	}
	return nil
}

func (p *quickParser) flowScalar(at *int) *yaml.Node {
	from := *at
	if q := p.text[from]; q == '"' || q == '\'' {
		i := strings.IndexByte(p.text[from+1:p.end], q)
		if i < 0 {
			return nil
		}
		text := p.text[from+1 : from+1+i]
		*at = from + 2 + i
		if q == '"' && strings.IndexByte(text, '\\') >= 0 || *at < p.end && p.text[*at] == q {
			return nil
		}
		return p.quoted(from, text, q)
	}
	for *at < p.end && (isFlowWord(p.text[*at]) || p.text[*at] == ' ') {
		*at++
	}
	text := strings.TrimRight(p.text[from:*at], " ")
	*at = from + len(text)
	if text == "" || text[0] == '-' {
		return nil
	}
	n := p.node(yaml.ScalarNode, tagOf(text), from)
	n.Value = text
	return n
}

func isFlowWord(c byte) bool {
	return isLetter(c) || '0' <= c && c <= '9' || c == '_' || c == '.' || c == '/' || c == '-'
}

// literal reads a literal block whose header stands at an offset, in a collection in a column, and goes to the line behind
// it.
func (p *quickParser) literal(at, column int) *yaml.Node {
	n := p.node(yaml.ScalarNode, strTag, at)
	n.Style = yaml.LiteralStyle
	header := strings.TrimRight(p.text[at:p.end], " ")
	if header != "|" && header != "|-" && header != "|+" {
		p.fail()
		return nil
	}
	indent := -1
	var b strings.Builder
	breaks := 0
	for p.next < len(p.text) {
		end, next := len(p.text), len(p.text)
		if i := strings.IndexByte(p.text[p.next:], '\n'); i >= 0 {
			end = p.next + i
			next = end + 1
		}
		line := p.text[p.next:end]
		spaces := len(line) - len(strings.TrimLeft(line, " "))
		blank := spaces == len(line)
		if indent < 0 && !blank {
			if indent = spaces; indent <= column || line[spaces] == '\t' {
				p.fail()
				return nil
			}
			b.Grow(p.blockSize(indent))
		}
		switch {
		case blank && (indent < 0 && spaces > 0 || end == next && end > p.next):
			p.fail() // Spaces that could count, and spaces at the end of the text.
			return nil
		case blank && (indent < 0 || spaces <= indent):
			breaks++
		case spaces < indent:
			return p.endLiteral(n, &b, header, breaks)
		default:
			for ; breaks > 0; breaks-- {
				b.WriteByte('\n')
			}
			b.WriteString(line[indent:])
			if end < next {
				breaks = 1
			}
		}
		p.line++
		p.next = next
	}
	return p.endLiteral(n, &b, header, breaks)
}

// blockSize is the size of a literal block that is indented by indent, as long as no line in it is blank.
func (p *quickParser) blockSize(indent int) int {
	size, pad := 0, strings.Repeat(" ", indent)
	for rest := p.text[p.next:]; strings.HasPrefix(rest, pad); {
		i := strings.IndexByte(rest, '\n')
		if i < 0 {
			return size + len(rest) - indent
		}
		size += i + 1 - indent
		rest = rest[i+1:]
	}
	return size
}

func (p *quickParser) endLiteral(n *yaml.Node, b *strings.Builder, header string, breaks int) *yaml.Node {
	if b.Len() == 0 {
		p.fail() // A block without a text is rare, and its rules are many.
		return nil
	}
	if header == "|" {
		breaks = min(breaks, 1)
	}
	for ; breaks > 0 && header != "|-"; breaks-- {
		b.WriteByte('\n')
	}
	n.Value = b.String()
	p.advance()
	return n
}
