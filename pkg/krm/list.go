package krm

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm/fastyaml"
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

// member is a top-level member of the list.
type member struct {
	key, value *yaml.Node
	// text is the member as it was read, with the comments above it; for the items, the text above the first one.
	// It is "" if the member must be encoded.
	text string
	// items reports whether items follow the text.
	items bool
}

var standardInput = model.Place{File: model.StandardInput}

// ReadList reads a ResourceList of config.kubernetes.io/v1, v1beta1, or v1alpha1.
func ReadList(r io.Reader) (*List, model.Problems) {
	at := standardInput
	in := bufio.NewReaderSize(io.LimitReader(r, MaxStream+1), 1<<16)
	c, ok, err := cutSections(in)
	var cut *List
	if ok {
		var whole bool
		if cut, whole = c.list(); whole {
			return cut, nil
		}
	}
	if len(c.problems) > 0 {
		return nil, c.problems
	}
	text := ""
	if err == nil {
		text, err = c.text(in)
	}
	if err != nil {
		var ps model.Problems
		ps.Errorf(model.InputFile, at, "%v", reason(err))
		return nil, ps
	}
	if ps := checkText(text, at); len(ps) > 0 {
		return nil, ps
	}
	l, ps := readWhole(text, at)
	if cut != nil && !ps.HasErrors() {
		l.keepTexts(cut)
	}
	return l, ps
}

// noList is the message for an input that is not a list.
const noList = "standard input does not contain a ResourceList of config.kubernetes.io/v1; run `krm-fn render PATH` for files"

// readWhole reads a list as one document.
func readWhole(text string, at model.Place) (*List, model.Problems) {
	docs, ps := ParseAll(text, at)
	if ps.HasErrors() {
		return nil, ps
	}
	at = model.Place{Object: model.Object{Kind: "ResourceList"}}
	if len(docs) != 1 || !isResourceList(docs[0].Root) {
		ps.Errorf(model.InputType, model.Place{}, noList)
		return nil, ps
	}
	root := docs[0].Root
	l := &List{}
	items := Get(root, "items")
	l.readItems(items, at.Child("items"), &ps)
	if fc := Get(root, "functionConfig"); !IsNull(fc) {
		if !isKind(fc, yaml.MappingNode, at.Child("functionConfig"), &ps) {
			return nil, ps
		}
		l.FunctionConfig = NewItem(fc)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key := root.Content[i]
		again := seen[key.Value]
		if seen[key.Value] = true; again {
			ps.Errorf(model.InputDuplicate, at.Child(key.Value), "appears more than once; remove one of them")
			ps[len(ps)-1].Source = model.Source{Stream: true, Line: key.Line, Column: key.Column}
		}
		l.members = append(l.members, member{key: key, value: root.Content[i+1]})
	}
	return l, ps
}

// keepTexts keeps the texts of the sections that have the same content on their own. It leaves to the encoder JSON and flow
// style, references to an anchor elsewhere, and a last text block without a line break.
func (l *List) keepTexts(cut *List) {
	if len(cut.members) != len(l.members) || len(cut.Items) != len(l.Items) {
		return
	}
	l.indent = cut.indent
	for i, m := range cut.members {
		if old := &l.members[i]; m.key != nil && sameContent(m.key, old.key) && (m.items || sameContent(m.value, old.value)) {
			old.text = m.text
		}
	}
	for i, it := range cut.Items {
		if it != nil && sameContent(it.Node(), l.Items[i].Node()) {
			l.Items[i] = it
		}
	}
}

// isKind reports whether n is a list or an object, and adds a problem if it is not.
func isKind(n *yaml.Node, kind yaml.Kind, at model.Place, ps *model.Problems) bool {
	if n.Kind == kind {
		return true
	}
	want := "an object"
	if kind == yaml.SequenceNode {
		want = "a list"
	}
	ps.Errorf(model.InputType, at, "is %s; use %s", Describe(n), want)
	(*ps)[len(*ps)-1].Source = model.Source{Stream: true, Line: n.Line, Column: n.Column}
	return false
}

func isResourceList(n *yaml.Node) bool {
	group, version, _ := strings.Cut(Text(n, "apiVersion"), "/")
	return Text(n, "kind") == "ResourceList" && group == "config.kubernetes.io" &&
		slices.Contains([]string{"v1", "v1beta1", "v1alpha1"}, version)
}

func (l *List) readItems(items *yaml.Node, at model.Place, ps *model.Problems) {
	if IsNull(items) || !isKind(items, yaml.SequenceNode, at, ps) {
		return
	}
	for i, n := range items.Content {
		if len(*ps) == mostLocated {
			return // Nobody reads more problems.
		}
		if isKind(n, yaml.MappingNode, at.Item(i), ps) {
			l.Items = append(l.Items, NewItem(n))
		}
	}
}

// Write writes the list with other items and results, and everything else as it was read.
func (l *List) Write(w io.Writer, items []*Item, results []byte) error {
	b := bufio.NewWriterSize(w, 1<<16)
	members := l.members
	if !slices.ContainsFunc(members, func(m member) bool { return m.key.Value == "items" }) {
		members = append(slices.Clip(members), member{key: strNode("items")})
	}
	for _, m := range members {
		var err error
		switch {
		case m.key.Value == "results":
		case m.key.Value == "items":
			err = l.writeItems(b, m, items)
		case m.text != "":
			writeText(b, m.text)
		default:
			err = writeMember(b, m.key, m.value)
		}
		if err != nil {
			return err
		}
	}
	_, _ = b.Write(results)
	return b.Flush()
}

// writeItems writes items below the key of m.
func (l *List) writeItems(b *bufio.Writer, m member, items []*Item) error {
	switch {
	case len(items) == 0:
		_, _ = b.WriteString("items: []\n")
		return nil
	case m.text != "":
		writeText(b, m.text)
	default:
		_, _ = b.WriteString("items:\n")
	}
	return Encode(items, func(it *Item, text []byte) error {
		if listed, ok := it.body.(*listedBody); ok {
			writeText(b, listed.source())
		} else {
			writeDashed(b, text, l.indent)
		}
		return nil
	})
}

// Encode calls write with the items and their texts, in order. Items that are written with the bytes of their list have no
// text. The items are encoded on all cores, in batches whose texts take little memory.
func Encode(items []*Item, write func(it *Item, text []byte) error) error {
	const batch = 512
	texts, errs := make([][]byte, min(batch, len(items))), make([]error, min(batch, len(items)))
	for part := range slices.Chunk(items, batch) {
		Parallel(len(part), func(i int) {
			texts[i] = texts[i][:0]
			if _, listed := part[i].body.(*listedBody); !listed {
				texts[i], errs[i] = part[i].AppendTo(texts[i])
			}
		})
		for i, it := range part {
			if errs[i] != nil {
				return errs[i]
			}
			if err := write(it, texts[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeText writes lines of the input, and adds the line break that the last one might lack.
func writeText(b *bufio.Writer, text string) {
	_, _ = b.WriteString(text)
	if !strings.HasSuffix(text, "\n") {
		_ = b.WriteByte('\n')
	}
}

// writeDashed writes text as an element of a block list whose dashes are in column indent.
func writeDashed(b *bufio.Writer, text []byte, indent int) {
	pad := strings.Repeat(" ", indent)
	lead := pad + "- "
	for line := range bytes.Lines(text) {
		if len(bytes.TrimSpace(line)) > 0 {
			_, _ = b.WriteString(lead)
		}
		lead = pad + "  "
		_, _ = b.Write(line)
	}
}

func writeMember(b io.Writer, key, val *yaml.Node) error {
	text, err := EncodeNode(&yaml.Node{Kind: yaml.MappingNode, Tag: fastyaml.MapTag, Content: []*yaml.Node{key, val}})
	if err != nil {
		return err
	}
	_, err = b.Write(text)
	return err
}
