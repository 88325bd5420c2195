package krm

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// locatedText is the text of an item in which problems are located.
type locatedText struct {
	// innerText is the text of the item, without lines if there are only nodes.
	innerText
	// above is the number of lines above line 1 of the nodes.
	above int
	// opaque reports whether values are encoded, so lines do not count in them.
	opaque bool
	inner  map[*yaml.Node]*innerText
}

func newLocatedText(it *Item) *locatedText {
	t := &locatedText{inner: map[*yaml.Node]*innerText{}, opaque: it.Place.Object.Kind == "Secret"}
	text := ""
	switch b := it.body.(type) {
	case *documentBody:
		text = b.text
	case *listedBody:
		text = b.text
	}
	if docs, _ := parseValues(text, model.Place{}); len(docs) == 1 {
		t.innerText = newInnerText(text, itself(docs[0].Root))
	} else {
		t.innerText = newInnerText("", it.Node())
	}
	t.above = int(it.Place.Begin) - t.root.Line
	return t
}

// source returns the position of a place in the item.
func (t *locatedText) source(at model.Place) model.Source {
	key, value, rest := t.follow(model.Steps(at.Field))
	s := model.Source{Line: t.above + key.Line, Column: key.Column}
	if value.Kind == yaml.ScalarNode && (len(rest) > 0 || at.Line > 0) {
		if value.Style&yaml.LiteralStyle != 0 && !t.opaque {
			in := t.textOf(value)
			if line, column := in.position(rest, int(at.Line)); line > 0 {
				s.Line, s.Column = t.above+value.Line+line, 0
				if in.indent >= 0 && column > 0 {
					s.Column = in.indent + column
				}
				return s
			}
		}
		s.Inside = at.Line > 0
	}
	return s
}

// textOf returns the text in a literal block.
func (t *locatedText) textOf(block *yaml.Node) *innerText {
	in := t.inner[block]
	if in == nil {
		in = new(newInnerText(block.Value, nil))
		if docs, _ := parseValues(block.Value, model.Place{}); len(docs) == 1 {
			in.root = docs[0].Root
		}
		for i, line := range in.lines {
			if outer := t.line(block.Line + 1 + i); strings.TrimSpace(line) != "" && outer != "" {
				in.indent = margin(outer) - margin(line)
				break
			}
		}
		t.inner[block] = in
	}
	return in
}

// innerText is a text with its nodes.
type innerText struct {
	lines []string
	// root is nil if the text is not a single document.
	root *yaml.Node
	// indent is the indentation of the text in the outer text; -1 if unknown.
	indent int
	// members finds the members of its nodes.
	members Members
}

func newInnerText(text string, root *yaml.Node) innerText {
	return innerText{strings.Split(text, "\n"), root, -1, Members{}}
}

// SetLines sets the lines of those problems without one that are at fields below base, whose value is root.
func SetLines(ps model.Problems, base model.Place, root *yaml.Node) {
	t := newInnerText("", root)
	for i := range ps {
		at := &ps[i].Place
		if below, ok := strings.CutPrefix(at.Field, base.Field); ok && at.Line == 0 {
			key, _, _ := t.follow(model.Steps(strings.TrimPrefix(below, ".")))
			at.Line = int32(key.Line)
		}
	}
}

// line returns the line with a number, or "".
func (t *innerText) line(number int) string {
	if number >= 1 && number <= len(t.lines) {
		return t.lines[number-1]
	}
	return ""
}

func margin(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// position returns the position of the value at a path; 0 if no part of the path exists. If the line is known, position only
// finds the column.
func (t *innerText) position(path []model.Step, known int) (line, column int) {
	if t.root == nil {
		return known, t.firstColumn(known)
	}
	key, value, rest := t.follow(path)
	switch known {
	case 0:
		if len(path) > 0 && len(rest) == len(path) {
			return 0, 0
		}
		return key.Line, key.Column
	case key.Line:
		return known, key.Column
	case value.Line:
		return known, value.Column
	}
	return known, t.firstColumn(known)
}

// firstColumn returns the column of the first character of a line; 0 if there is none.
func (t *innerText) firstColumn(number int) int {
	line := t.line(number)
	start := strings.TrimLeft(line, " \t")
	if start == "" {
		return 0
	}
	return utf8.RuneCountInString(line[:len(line)-len(start)]) + 1
}

// follow follows a path as far as possible. It returns the key, or the element, where the path ends, its value, and the rest of
// the path.
func (t *innerText) follow(path []model.Step) (key, value *yaml.Node, rest []model.Step) {
	key, value = t.root, t.root
	for i, step := range path {
		k, v := t.step(value, step)
		if v == nil {
			return key, value, path[i:]
		}
		key, value = k, v
	}
	return key, value, nil
}

func (t *innerText) step(n *yaml.Node, s model.Step) (k, v *yaml.Node) {
	switch {
	case s.Index < 0:
		return t.members.Find(n, s.Key)
	case n.Kind == yaml.SequenceNode && s.Index < len(n.Content):
		return n.Content[s.Index], n.Content[s.Index]
	}
	return nil, nil
}
