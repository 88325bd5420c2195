package krm

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// readSections reads a ResourceList that is laid out as kustomize and kpt write one: each member, and each item, begins on
// a line of its own, and is a document by itself. Its items are read one by one, on all cores, and only their texts are
// kept. Any other list, and any with an error in it, gives nil: it is read as a whole.
func readSections(text string) *List {
	sections, column, ok := cutSections(text)
	if !ok {
		return nil
	}
	l := &List{indent: column}
	root := &yaml.Node{Kind: yaml.MappingNode, Tag: mapTag}
	for _, s := range sections {
		key, value := s.member()
		if key == nil || Get(root, key.Value) != nil {
			return nil
		}
		root.Content = append(root.Content, key, value)
		l.members = append(l.members, member{key: key, value: value, text: s.text})
		switch {
		case key.Value == "items":
			if l.Items, ok = readItems(s.items); !ok {
				return nil
			}
		case key.Value == "functionConfig" && !IsNull(value):
			if value.Kind != yaml.MappingNode {
				return nil
			}
			l.FunctionConfig = NewItem(value)
		}
	}
	if !isResourceList(root) || len(l.Items) == 0 {
		return nil
	}
	return l
}

// section is the text of a member of a list, with the comments above it; for the items, what stands above the first one.
type section struct {
	text  string
	items []string
}

// member parses the key and the value; nil if that is no single member.
func (s section) member() (key, value *yaml.Node) {
	docs, ps := ParseAll([]byte(s.text), model.Place{})
	if ps.HasErrors() || len(docs) != 1 || docs[0].Root != docs[0].written || len(docs[0].Root.Content) != 2 ||
		docs[0].Root.Kind != yaml.MappingNode {
		return nil, nil
	}
	key, value = docs[0].Root.Content[0], docs[0].Root.Content[1]
	if key.Value == "items" && (s.items == nil || !IsNull(value)) || key.Value != "items" && s.items != nil {
		return nil, nil
	}
	return key, value
}

// readItems parses the texts of items; false if one of them is no object by itself.
func readItems(texts []string) ([]*Item, bool) {
	items := make([]*Item, len(texts))
	Parallel(len(texts), func(i int) {
		glance(texts[i], func(docs []Document, ok bool) {
			if ok {
				if items[i] = onlyItem(docs, texts[i]); items[i] != nil {
					items[i].forget(texts[i])
				}
				return
			}
			if docs, ps := parseSlowly([]byte(texts[i]), model.Place{}); !ps.HasErrors() {
				items[i] = onlyItem(docs, texts[i])
			}
		})
	})
	for _, it := range items {
		if it == nil {
			return nil, false
		}
	}
	return items, true
}

// onlyItem is the item that a text holds, nil if that is not the only thing in it.
func onlyItem(docs []Document, text string) *Item {
	if len(docs) != 1 || docs[0].Root != docs[0].written || docs[0].Root.Kind != yaml.SequenceNode ||
		len(docs[0].Root.Content) != 1 || docs[0].Root.Content[0].Kind != yaml.MappingNode {
		return nil
	}
	it := NewItem(docs[0].Root.Content[0])
	it.raw = text
	return it
}

// cutSections cuts a list into its members and items at the lines where they begin, and gives the column of the dashes. A
// comment belongs to what it stands directly above, unless it is indented more than that.
func cutSections(text string) (sections []section, column int, ok bool) {
	if strings.ContainsAny(text, "\r\u0085\u2028\u2029\ufeff") || !strings.HasSuffix(text, "\n") {
		return nil, 0, false
	}
	c := cutter{text: text, column: -1}
	for at := 0; at < len(text); {
		end := at + strings.IndexByte(text[at:], '\n') + 1
		if !c.line(at, text[at:end]) {
			return nil, 0, false
		}
		at = end
	}
	c.flush(len(text))
	return c.sections, c.column, len(c.sections) > 0
}

type cutter struct {
	text     string
	sections []section
	// begin is where the member or item that is being read begins, item tells that it is an item, and inItems that it stands
	// below the key of the items.
	begin         int
	item, inItems bool
	// column is that of the dashes, -1 if it is not known.
	column int
	// comments is where the comments directly above the line begin, by their indentation: up to 0, and up to column.
	comments [2]int
	started  bool
}

// line takes the line at an offset; false if it is not understood.
func (c *cutter) line(at int, line string) bool {
	rest := strings.TrimLeft(line, " ")
	indent := len(line) - len(rest)
	switch {
	case rest[0] == '#':
		c.comment(at+len(line), indent)
		return true
	case rest == "\n":
	case indent == 0 && (strings.HasPrefix(line, "---") && at > 0 || strings.HasPrefix(line, "...") || line[0] == '%'):
		return false
	case c.inItems && isDashed(rest) && (c.column < 0 || indent == c.column):
		if c.column < 0 {
			c.column = indent
			c.comments[1] = c.firstComment(at)
		}
		c.flush(c.comments[1])
		c.item = true
	case indent == 0 && line[0] != '-':
		c.field(at, line)
	case c.inItems && c.column < 0, c.inItems && indent <= c.column, indent == 0 && at > 0 && !c.started:
		return false
	}
	c.comments = [2]int{at + len(line), at + len(line)}
	return true
}

// comment takes a comment that ends at an offset.
func (c *cutter) comment(end, indent int) {
	if indent > 0 {
		c.comments[0] = end
	}
	if indent > c.column && c.column >= 0 {
		c.comments[1] = end
	}
}

// field takes the line at an offset that begins a field of the list.
func (c *cutter) field(at int, line string) {
	start := c.comments[0]
	if strings.HasPrefix(line, "results:") {
		start = at
	}
	if c.started {
		c.flush(start)
	}
	c.started, c.item = true, false
	tail, isItems := strings.CutPrefix(line, "items:")
	tail = strings.TrimLeft(tail, " ")
	c.inItems = isItems && (tail == "\n" || tail[0] == '#')
}

// firstComment is where the comments directly above the first dash, at an offset, begin that are not indented more than it.
func (c *cutter) firstComment(at int) int {
	for at > 0 {
		above := strings.LastIndexByte(c.text[:at-1], '\n') + 1
		line := strings.TrimLeft(c.text[above:at], " ")
		if line[0] != '#' || at-above-len(line) > c.column {
			break
		}
		at = above
	}
	return at
}

func isDashed(s string) bool { return s[0] == '-' && (s[1] == ' ' || s[1] == '\n') }

// flush ends at an offset what is being read.
func (c *cutter) flush(at int) {
	part := c.text[c.begin:at]
	if c.item {
		last := &c.sections[len(c.sections)-1]
		last.items = append(last.items, part)
	} else {
		c.sections = append(c.sections, section{text: part})
	}
	c.begin = at
}
