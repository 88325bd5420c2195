package krm

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// cut gives every member of the list and every item its lines of the text, so that what is not changed can be written as
// it was read. It leaves to the encoder what does not stand in lines of its own: JSON and flow style, what refers to an
// anchor elsewhere, and a last line without an end. Where a line does not look as expected, it leaves everything. root is
// the list with its aliases.
func (l *List) cut(text splitText, root *yaml.Node) {
	if root.Style&yaml.FlowStyle != 0 || root.Line == 0 || root.Column != 1 || len(root.Content) != 2*len(l.members) ||
		slices.ContainsFunc(text.all, unusual) {
		return
	}
	starts := make([]int, 0, len(l.members)+1)
	for i, m := range l.members {
		start := m.key.Line - 1
		if i == 0 {
			start = 0
		} else if m.key.Value != "results" {
			start = commentsAbove(text.all, start, starts[i-1], 0)
		}
		if i > 0 && start <= starts[i-1] {
			return
		}
		starts = append(starts, start)
	}
	starts = append(starts, len(text.all))
	for i := range l.members {
		m := &l.members[i]
		written := root.Content[2*i+1]
		if m.key.Value == "items" && written.Kind == yaml.SequenceNode {
			l.cutItems(m, written, span{text, starts[i], starts[i+1]})
		} else if part := (span{text, starts[i], starts[i+1]}); part.ended() && selfContained(written) {
			m.text = part.String()
		}
	}
}

// splitText has the lines of a text, each with its end, and their offsets in it.
type splitText struct {
	text    string
	all     []string
	offsets []int
}

func newLines(text string) splitText {
	l := splitText{text: text, all: strings.SplitAfter(text, "\n")}
	l.offsets = make([]int, 1, len(l.all)+1)
	for i, line := range l.all {
		l.offsets = append(l.offsets, l.offsets[i]+len(line))
	}
	return l
}

// span is the lines from start to end of a text.
type span struct {
	splitText
	start, end int
}

func (s span) String() string { return s.text[s.offsets[s.start]:s.offsets[s.end]] }

// ended tells whether the last line has an end. Without one, a text block in it has none either.
func (s span) ended() bool { return s.end < len(s.all) || s.all[s.end-1] == "" }

// cutItems gives the items of the member m, which has the lines of all, theirs.
func (l *List) cutItems(m *member, items *yaml.Node, all span) {
	if len(l.Items) == 0 || len(l.Items) != len(items.Content) || items.Style&yaml.FlowStyle != 0 || items.Line <= m.key.Line {
		return
	}
	col := items.Column - 1
	starts := make([]int, 0, len(l.Items)+1)
	for i, n := range items.Content {
		line := dashAbove(all.all, n.Line-1, col)
		switch {
		case i == 0:
			line = commentsAbove(all.all, line, m.key.Line, col)
		case line > starts[i-1]:
			line = commentsAbove(all.all, line, starts[i-1]+1, col)
		}
		if line < m.key.Line || i > 0 && line <= starts[i-1] {
			return
		}
		starts = append(starts, line)
	}
	starts = append(starts, all.end)
	l.indent, m.text = col, span{all.splitText, all.start, starts[0]}.String()
	for i, it := range l.Items {
		if s := (span{all.splitText, starts[i], starts[i+1]}); s.ended() && selfContained(items.Content[i]) {
			it.text, it.listed, it.line = s.String(), true, int32(s.start)
		}
	}
}

// selfContained tells whether all aliases in n refer to anchors in n.
func selfContained(n *yaml.Node) bool {
	inside := map[*yaml.Node]bool{}
	var aliases []*yaml.Node
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		if n.Anchor != "" {
			inside[n] = true
		}
		if n.Kind == yaml.AliasNode {
			aliases = append(aliases, n.Alias)
		}
		for _, c := range n.Content {
			walk(c)
		}
	}
	walk(n)
	return !slices.ContainsFunc(aliases, func(a *yaml.Node) bool { return !inside[a] })
}

// unusual tells whether the YAML parser sees more lines in line than one, or the end of the document.
func unusual(line string) bool {
	return strings.ContainsAny(line, "\u0085\u2028\u2029") || strings.HasPrefix(line, "...") ||
		strings.Contains(strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), "\r")
}

// dashAbove is the index of the nearest line at or above from that has a dash in column col, or -1.
func dashAbove(text []string, from, col int) int {
	for i := from; i >= 0 && i < len(text); i-- {
		if line := text[i]; len(line) > col && line[col] == '-' && strings.TrimLeft(line[:col], " ") == "" {
			return i
		}
	}
	return -1
}

// commentsAbove is the index of the first of the comments directly above line, not above least. A comment that is
// indented no more than col cannot be part of a text block above it.
func commentsAbove(text []string, line, least, col int) int {
	for line > least {
		above := strings.TrimLeft(text[line-1], " ")
		if !strings.HasPrefix(above, "#") || len(text[line-1])-len(above) > col {
			break
		}
		line--
	}
	return line
}
