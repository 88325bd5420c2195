package krm

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// locatedText is the text of an item in which problems are located.
type locatedText struct {
	// innerText is the text of the item; "" if there are only nodes.
	innerText
	// above is the number of lines above line 1 of the nodes.
	above int
	// opaque reports whether values are encoded, so lines do not count in them.
	opaque bool
	inner  map[*yaml.Node]*innerText
}

func newLocatedText(it *Item) *locatedText {
	t := &locatedText{inner: map[*yaml.Node]*innerText{}, opaque: it.Place.Object.Kind == "Secret"}
	switch b := it.body.(type) {
	case *documentBody:
		t.text = b.text
	case *listedBody:
		t.text = b.text
	}
	if docs, _ := parseValues(t.text, model.Place{}); len(docs) == 1 {
		t.root = itself(docs[0].Root)
	} else {
		t.root, t.text = it.Node(), ""
	}
	t.above = int(it.Place.Begin) - t.root.Line
	return t
}

// source returns the position of a place in the item.
func (t *locatedText) source(at model.Place) model.Source {
	key, value, rest := t.follow(model.Steps(at.Field))
	if value.Kind == yaml.ScalarNode && (len(rest) > 0 || at.Line > 0) {
		if value.Style&yaml.LiteralStyle != 0 && !t.opaque {
			in := t.textOf(value)
			if line, column := in.position(rest, int(at.Line)); line > 0 {
				return model.Source{Line: t.above + value.Line + line, Column: in.moved(column)}
			}
		}
		return model.Source{Line: t.above + key.Line, Column: key.Column, Inside: at.Line > 0}
	}
	return model.Source{Line: t.above + key.Line, Column: key.Column}
}

// textOf returns the text in a literal block.
func (t *locatedText) textOf(block *yaml.Node) *innerText {
	in := t.inner[block]
	if in == nil {
		in = &innerText{text: block.Value, indent: -1}
		if docs, _ := parseValues(in.text, model.Place{}); len(docs) == 1 {
			in.root = docs[0].Root
		}
		for i, line := range in.all() {
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
	text string
	// root is nil if the text is not a single document.
	root *yaml.Node
	// indent is the indentation of the text in the outer text; -1 if unknown.
	indent int
	lines  []string
	large  map[*yaml.Node]map[string]int
}

// SetLines sets the lines of those problems without one that are at fields below base, whose value is root.
func SetLines(ps model.Problems, base model.Place, root *yaml.Node) {
	t := innerText{root: root}
	for i := range ps {
		at := &ps[i].Place
		if below, ok := strings.CutPrefix(at.Field, base.Field); ok && at.Line == 0 {
			key, _, _ := t.follow(model.Steps(strings.TrimPrefix(below, ".")))
			at.Line = int32(key.Line)
		}
	}
}

func (t *innerText) all() []string {
	if t.lines == nil {
		t.lines = strings.Split(t.text, "\n")
	}
	return t.lines
}

// line returns the line with a number, or "".
func (t *innerText) line(number int) string {
	if all := t.all(); number >= 1 && number <= len(all) {
		return all[number-1]
	}
	return ""
}

func margin(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// moved returns the column in the outer text for a column of this text; 0 if unknown.
func (t *innerText) moved(column int) int {
	if t.indent < 0 || column == 0 {
		return 0
	}
	return t.indent + column
}

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
	const few = 100
	switch {
	case s.Index >= 0 && n.Kind == yaml.SequenceNode && s.Index < len(n.Content):
		return n.Content[s.Index], n.Content[s.Index]
	case s.Index >= 0:
		return nil, nil
	case n.Kind != yaml.MappingNode || len(n.Content) < few:
		return find(n, s.Key)
	}
	keys := t.large[n]
	if keys == nil {
		keys = make(map[string]int, len(n.Content)/2)
		for i := len(n.Content) - 2; i >= 0; i -= 2 {
			keys[n.Content[i].Value] = i
		}
		if t.large == nil {
			t.large = map[*yaml.Node]map[string]int{}
		}
		t.large[n] = keys
	}
	if i, ok := keys[s.Key]; ok {
		return n.Content[i], n.Content[i+1]
	}
	return nil, nil
}
