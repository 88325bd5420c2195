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

	members []member
	// indent is the column of the dashes.
	indent int
}

// member is a member of the list itself.
type member struct {
	key, value *yaml.Node
	// text is the member as it was read, with the comments above it; for the items, what stands above the first one.
	// It is nil if the member must be encoded.
	text []string
}

// ReadList reads a ResourceList of config.kubernetes.io/v1, v1beta1 or v1alpha1.
func ReadList(text []byte) (*List, model.Problems) {
	at := model.Place{File: "standard input"}
	docs, ps := ParseAll(text, at)
	if ps.HasErrors() {
		return nil, ps
	}
	at = model.Place{Object: model.Object{Kind: "ResourceList"}}
	if len(docs) != 1 || !isResourceList(docs[0].Root) {
		ps.Errorf(model.InputType, model.Place{}, "standard input holds no ResourceList of config.kubernetes.io/v1; "+
			"run `krm-fn render PATH` for files")
		return nil, ps
	}
	root := docs[0].Root
	l := &List{}
	items := Get(root, "items")
	l.readItems(items, at.Child("items"), &ps)
	if fc := Get(root, "functionConfig"); !IsNull(fc) {
		if fc.Kind != yaml.MappingNode {
			ps.Errorf(model.InputType, at.Child("functionConfig"), "is %s; write an object", describe(fc))
			return nil, ps
		}
		l.FunctionConfig = NewItem(fc)
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		l.members = append(l.members, member{key: root.Content[i], value: root.Content[i+1]})
	}
	if !ps.HasErrors() {
		l.cut(strings.SplitAfter(string(text), "\n"), docs[0].written)
	}
	return l, ps
}

func isResourceList(n *yaml.Node) bool {
	group, version, _ := strings.Cut(Text(n, "apiVersion"), "/")
	return Text(n, "kind") == "ResourceList" && group == "config.kubernetes.io" &&
		slices.Contains([]string{"v1", "v1beta1", "v1alpha1"}, version)
}

func (l *List) readItems(items *yaml.Node, at model.Place, ps *model.Problems) {
	if IsNull(items) {
		return
	}
	if items.Kind != yaml.SequenceNode {
		ps.Errorf(model.InputType, at, "is %s; write a list", describe(items))
		return
	}
	for i, n := range items.Content {
		if n.Kind != yaml.MappingNode {
			ps.Errorf(model.InputType, at.Item(i), "is %s; write an object", describe(n))
			continue
		}
		l.Items = append(l.Items, NewItem(n))
	}
}

// Bytes gives the list with items and results in place of its own, and everything else as it was read.
func (l *List) Bytes(items []*Item, results []byte) ([]byte, error) {
	var b bytes.Buffer
	wroteItems := false
	for _, m := range l.members {
		switch {
		case m.key.Value == "results":
			continue
		case m.key.Value == "items":
			wroteItems = true
			if err := l.writeItems(&b, m, items); err != nil {
				return nil, err
			}
		case m.text != nil:
			writeLines(&b, m.text)
		default:
			if err := writeMember(&b, m.key, m.value); err != nil {
				return nil, err
			}
		}
	}
	if !wroteItems {
		if err := l.writeItems(&b, member{}, items); err != nil {
			return nil, err
		}
	}
	b.Write(results)
	return b.Bytes(), nil
}

// writeItems writes items below the key of m.
func (l *List) writeItems(b *bytes.Buffer, m member, items []*Item) error {
	switch {
	case len(items) == 0:
		b.WriteString("items: []\n")
		return nil
	case len(m.text) > 0:
		writeLines(b, m.text)
	default:
		b.WriteString("items:\n")
	}
	for _, it := range items {
		if it.raw != nil {
			writeLines(b, it.raw)
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

// writeLines writes lines of the input; only the last one of all may lack its end.
func writeLines(b *bytes.Buffer, lines []string) {
	for _, line := range lines {
		b.WriteString(line)
		if !strings.HasSuffix(line, "\n") && line != "" {
			b.WriteByte('\n')
		}
	}
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
