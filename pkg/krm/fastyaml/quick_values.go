package fastyaml

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// value reads the value at an offset of the current line, in a collection in a column, and moves to the next line.
func (p *Parser) value(at, column int) *yaml.Node {
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
	// A deeper line would continue the scalar.
	p.advance()
	if p.column > column {
		p.fail()
	}
	return n
}

// scalar reads the scalar from at to end, which only a comment can follow; nil if it is not a simple one.
func (p *Parser) scalar(at, end int) *yaml.Node {
	if isQuote(p.text[at]) {
		n, after := p.quoted(at, end)
		if after = p.skip(after); n == nil || after < end && (p.text[after] != '#' || !p.isEmpty(after)) {
			return nil
		}
		return n
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
	n := p.node(yaml.ScalarNode, tagOf(text), at)
	n.Value = text
	return n
}

func isQuote(c byte) bool { return c == '"' || c == '\'' }

// quoted reads the quoted string at an offset, and returns the offset after it. It returns nil for a string that has escapes or
// does not end before end.
func (p *Parser) quoted(at, end int) (n *yaml.Node, after int) {
	i := strings.IndexByte(p.text[at+1:end], p.text[at])
	if i < 0 {
		return nil, end
	}
	text := p.text[at+1 : at+1+i]
	style := yaml.DoubleQuotedStyle
	if p.text[at] == '\'' {
		style = yaml.SingleQuotedStyle
	} else if strings.IndexByte(text, '\\') >= 0 {
		return nil, end
	}
	n = p.node(yaml.ScalarNode, StrTag, at)
	n.Value, n.Style = text, style
	return n, at + 2 + i
}

// isPlain reports whether text can be written without quotes, according to its first characters.
func (p *Parser) isPlain(text string) bool {
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

// tagOf returns the tag of a scalar without quotes.
func tagOf(text string) string {
	if isWord(text) {
		return StrTag
	}
	n := yaml.Node{Kind: yaml.ScalarNode, Value: text}
	return n.ShortTag()
}

// flow reads a collection in flow style on one line, and moves at behind it; nil if it contains anything except words,
// numbers, and quoted strings.
func (p *Parser) flow(at *int, depth int) *yaml.Node {
	const deepest = 10
	open := p.text[*at]
	n := p.node(yaml.SequenceNode, SeqTag, *at)
	if n.Style = yaml.FlowStyle; open == '{' {
		n.Kind, n.Tag = yaml.MappingNode, MapTag
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
		if *at == p.end {
			return nil
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

func (p *Parser) flowScalar(at *int) *yaml.Node {
	from := *at
	if isQuote(p.text[from]) {
		n, after := p.quoted(from, p.end)
		if *at = after; after < p.end && p.text[after] == p.text[from] {
			return nil
		}
		return n
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

// literal reads the literal block with its header at an offset, in a collection in a column, and moves to the line after it.
func (p *Parser) literal(at, column int) *yaml.Node {
	n := p.node(yaml.ScalarNode, StrTag, at)
	n.Style = yaml.LiteralStyle
	header := strings.TrimRight(p.text[at:p.end], " ")
	if header != "|" && header != "|-" && header != "|+" {
		p.fail()
		return nil
	}
	block := literalBlock{node: n, at: at, header: header}
	indent := -1
	for p.next < len(p.text) {
		end, next := p.following()
		line := p.text[p.next:end]
		spaces := len(line) - len(strings.TrimLeft(line, " "))
		blank := spaces == len(line)
		if indent < 0 && !blank {
			if indent = spaces; indent <= column || line[spaces] == '\t' {
				p.fail()
				return nil
			}
			if !p.rawLiterals {
				block.text.Grow(p.blockSize(indent))
			}
		}
		switch {
		case blank && (indent < 0 && spaces > 0 || end == next && end > p.next):
			p.fail() // Spaces that might count, and spaces at the end of the text.
			return nil
		case blank && (indent < 0 || spaces <= indent):
			block.breaks++
		case spaces < indent:
			return p.endLiteral(&block)
		default:
			block.add(line[indent:], p.rawLiterals)
			if end < next {
				block.breaks = 1
			}
		}
		p.line++
		p.next = next
	}
	return p.endLiteral(&block)
}

// literalBlock is a literal block with its header at an offset.
type literalBlock struct {
	node   *yaml.Node
	at     int
	header string
	// text is the content without the line breaks at the end; filled reports whether there is any.
	text   strings.Builder
	breaks int
	filled bool
}

// add adds the line breaks and a line. For a raw block, it only records that there is a line.
func (b *literalBlock) add(line string, rawLiterals bool) {
	if !rawLiterals {
		for range b.breaks {
			b.text.WriteByte('\n')
		}
		b.text.WriteString(line)
	}
	b.breaks, b.filled = 0, true
}

// following returns the offset where the next line ends, and the offset of the line after it.
func (p *Parser) following() (end, next int) {
	if i := strings.IndexByte(p.text[p.next:], '\n'); i >= 0 {
		return p.next + i, p.next + i + 1
	}
	return len(p.text), len(p.text)
}

// blockSize returns the size of a literal block with an indentation, or a little more if it has blank lines.
func (p *Parser) blockSize(indent int) int {
	size, pad := 0, strings.Repeat(" ", indent)
	for line := range strings.Lines(p.text[p.next:]) {
		switch {
		case strings.HasPrefix(line, pad):
			size += len(line) - indent
		case strings.TrimLeft(line, " ") == "\n":
			size++
		default:
			return size
		}
	}
	return size
}

func (p *Parser) endLiteral(b *literalBlock) *yaml.Node {
	switch {
	case !b.filled:
		p.fail() // Empty blocks are rare, and their rules are complex.
		return nil
	case p.rawLiterals:
		b.node.Value = p.text[b.at:p.next]
		p.advance()
		return b.node
	case b.header == "|":
		b.breaks = min(b.breaks, 1)
	case b.header == "|-":
		b.breaks = 0
	}
	b.add("", false)
	b.node.Value = b.text.String()
	p.advance()
	return b.node
}
