package krm

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// cut gives every member of the list and every item its lines of the text, so that what is not changed can be written as
// it was read. It leaves all of them to the encoder where lines do not belong to one of them alone: in JSON and in flow
// style. Where a line does not look as expected, it does the same.
func (l *List) cut(text []string, root, items *yaml.Node) {
	if root.Style&yaml.FlowStyle != 0 || root.Line == 0 || root.Column != 1 || slices.ContainsFunc(text, unusual) {
		return
	}
	starts := make([]int, 0, len(l.members)+1)
	for i, m := range l.members {
		start := m.key.Line - 1
		if i == 0 {
			start = 0
		} else if m.key.Value != "results" {
			start = commentsAbove(text, start, starts[i-1], 0)
		}
		if i > 0 && start <= starts[i-1] {
			return
		}
		starts = append(starts, start)
	}
	starts = append(starts, len(text))
	for i := range l.members {
		m := &l.members[i]
		m.text = text[starts[i]:starts[i+1]]
		if m.value == items && items != nil && !l.cutItems(m, text, starts[i], starts[i+1]) {
			m.text = nil
			for _, it := range l.Items {
				it.raw = nil
			}
		}
	}
}

// cutItems gives the items of the member m, which has the lines from start to end, theirs.
func (l *List) cutItems(m *member, text []string, start, end int) bool {
	items := m.value
	if len(l.Items) == 0 || items.Style&yaml.FlowStyle != 0 || items.Line <= m.key.Line {
		return false
	}
	col := items.Column - 1
	starts := make([]int, 0, len(l.Items)+1)
	for i, it := range l.Items {
		line := dashAbove(text, it.Node.Line-1, col)
		switch {
		case i == 0:
			line = commentsAbove(text, line, m.key.Line, col)
		case line > starts[i-1]:
			line = commentsAbove(text, line, starts[i-1]+1, col)
		}
		if line < m.key.Line || i > 0 && line <= starts[i-1] {
			return false
		}
		starts = append(starts, line)
	}
	starts = append(starts, end)
	l.indent, m.text = col, text[start:starts[0]]
	for i, it := range l.Items {
		it.raw, it.line = text[starts[i]:starts[i+1]], starts[i]
	}
	return true
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
