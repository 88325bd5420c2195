package krm

import (
	"bytes"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// List is a ResourceList.
type List struct {
	Items []*Item
	// FunctionConfig is nil if the list has none.
	FunctionConfig *Item

	text   []string
	root   *yaml.Node
	indent int
}

// ReadList reads a ResourceList of config.kubernetes.io/v1, v1beta1 or v1alpha1.
func ReadList(text []byte) (*List, model.Problems) {
	root, ps := Parse(text, model.Place{})
	if ps.HasErrors() {
		return nil, ps
	}
	at := model.Place{Object: model.Object{Kind: Text(root, "kind")}}
	group, version, _ := strings.Cut(Text(root, "apiVersion"), "/")
	if Text(root, "kind") != "ResourceList" || group != "config.kubernetes.io" ||
		!slices.Contains([]string{"v1", "v1beta1", "v1alpha1"}, version) {
		ps.Errorf(model.InputType, at, "standard input holds no ResourceList of config.kubernetes.io/v1; "+
			"run `krm-fn render PATH` for files")
		return nil, ps
	}
	l := &List{root: root, text: strings.SplitAfter(string(text), "\n")}
	items := Get(root, "items")
	if !IsNull(items) && items.Kind != yaml.SequenceNode {
		ps.Errorf(model.InputType, at.Child("items"), "is %s; write a list", describe(items))
		return nil, ps
	}
	if items != nil {
		for i, n := range items.Content {
			if n.Kind != yaml.MappingNode {
				ps.Errorf(model.InputType, at.Child("items").Item(i), "is %s; write an object", describe(n))
				continue
			}
			l.Items = append(l.Items, NewItem(n))
		}
	}
	if fc := Get(root, "functionConfig"); !IsNull(fc) {
		if fc.Kind != yaml.MappingNode {
			ps.Errorf(model.InputType, at.Child("functionConfig"), "is %s; write an object", describe(fc))
			return nil, ps
		}
		l.FunctionConfig = NewItem(fc)
	}
	if items != nil && !ps.HasErrors() {
		l.cut(items)
	}
	return l, ps
}

// cut gives every item its lines of the text. It leaves the items to the encoder where lines do not belong to one item
// alone: in JSON, in flow style, and where aliases tie items to each other.
func (l *List) cut(items *yaml.Node) {
	if items.Style&yaml.FlowStyle != 0 || l.root.Style&yaml.FlowStyle != 0 || items.Line == 0 || items.Column == 0 ||
		hasAlias(l.root) || slices.ContainsFunc(l.text, oddBreak) {
		return
	}
	col := items.Column - 1
	starts := make([]int, 0, len(l.Items)+1)
	for _, it := range l.Items {
		line := l.dashAbove(it.Node.Line-1, col)
		if line < 0 {
			return
		}
		starts = append(starts, line)
	}
	starts = append(starts, l.endOfItems(items))
	// Comments above an item belong to it, those between the key and the first dash to the first.
	if key, _ := member(l.root, "items"); key.Line < starts[0] {
		starts[0] = key.Line
	}
	for i := 1; i < len(starts); i++ {
		for starts[i] > starts[i-1]+1 && isComment(l.text[starts[i]-1], col) {
			starts[i]--
		}
	}
	for i := range l.Items {
		if starts[i] >= starts[i+1] {
			return
		}
	}
	l.indent = col
	for i, it := range l.Items {
		it.raw, it.line = l.text[starts[i]:starts[i+1]], starts[i]
	}
}

// oddBreak tells whether the YAML parser sees more lines in line than one.
func oddBreak(line string) bool {
	return strings.ContainsAny(line, "\u0085\u2028\u2029") ||
		strings.Contains(strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), "\r")
}

// dashAbove is the index of the nearest line at or above from that has a dash in column col, or -1.
func (l *List) dashAbove(from, col int) int {
	for i := from; i >= 0 && i < len(l.text); i-- {
		if line := l.text[i]; len(line) > col && line[col] == '-' && strings.TrimLeft(line[:col], " ") == "" {
			return i
		}
		if from-i > 1000 {
			return -1
		}
	}
	return -1
}

// endOfItems is the index of the first line after the items: that of the next key of the list, or the end of the text.
func (l *List) endOfItems(items *yaml.Node) int {
	for i := 0; i+3 < len(l.root.Content); i += 2 {
		if l.root.Content[i+1] == items {
			return l.root.Content[i+2].Line - 1
		}
	}
	end := len(l.text)
	for end > 0 && (strings.TrimSpace(l.text[end-1]) == "" || strings.HasPrefix(l.text[end-1], "...")) {
		end--
	}
	return end
}

// isComment tells whether line is a comment that cannot be part of a text block inside an item whose dash is in column
// col.
func isComment(line string, col int) bool {
	trimmed := strings.TrimLeft(line, " ")
	return strings.HasPrefix(trimmed, "#") && len(line)-len(trimmed) <= col
}

// Bytes gives the list with items and results in place of its own, and everything else as it was read.
func (l *List) Bytes(items []*Item, results []byte) ([]byte, error) {
	var b bytes.Buffer
	wroteItems := false
	end := len(l.root.Content)
	for i := 0; i < end; i += 2 {
		key := l.root.Content[i]
		switch key.Value {
		case "results":
		case "items":
			wroteItems = true
			if err := l.writeItems(&b, items); err != nil {
				return nil, err
			}
		default:
			if err := writeMember(&b, key, l.root.Content[i+1]); err != nil {
				return nil, err
			}
		}
	}
	if !wroteItems {
		if err := l.writeItems(&b, items); err != nil {
			return nil, err
		}
	}
	b.Write(results)
	return b.Bytes(), nil
}

func (l *List) writeItems(b *bytes.Buffer, items []*Item) error {
	if len(items) == 0 {
		b.WriteString("items: []\n")
		return nil
	}
	b.WriteString("items:\n")
	for _, it := range items {
		if it.raw != nil {
			for _, line := range it.raw {
				b.WriteString(line)
			}
			if last := it.raw[len(it.raw)-1]; !strings.HasSuffix(last, "\n") {
				b.WriteByte('\n')
			}
			continue
		}
		text, err := EncodeNode(it.Node)
		if err != nil {
			return err
		}
		writeDashed(b, text, l.indent)
	}
	return nil
}

// writeDashed writes text as an element of a block list whose dashes are in column indent.
func writeDashed(b *bytes.Buffer, text []byte, indent int) {
	pad, first := strings.Repeat(" ", indent), true
	for line := range bytes.Lines(text) {
		switch {
		case first:
			b.WriteString(pad + "- ")
			first = false
		case len(bytes.TrimSpace(line)) > 0:
			b.WriteString(pad + "  ")
		}
		b.Write(line)
	}
}

func writeMember(b *bytes.Buffer, key, val *yaml.Node) error {
	text, err := EncodeNode(&yaml.Node{Kind: yaml.MappingNode, Tag: mapTag, Content: []*yaml.Node{key, val}})
	b.Write(text)
	return err
}
