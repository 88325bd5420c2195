package krm

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// readSections reads a ResourceList that is laid out as kustomize and kpt write one: each member, and each item, begins on
// a line of its own, and is a document by itself. Its items are read one by one, and only their texts are kept. Any other
// list, and any with an error in it, gives nil: it is read as a whole.
func readSections(c *cutter) (l *List) {
	items, ok := c.reader.all()
	l = &List{indent: c.column}
	root := &yaml.Node{Kind: yaml.MappingNode, Tag: mapTag}
	for _, s := range c.sections {
		key, value := s.member()
		if key == nil || Get(root, key.Value) != nil {
			return nil
		}
		root.Content = append(root.Content, key, value)
		l.members = append(l.members, member{key: key, value: value, text: s.text})
		switch {
		case key.Value == "items":
			l.Items = items
		case key.Value == "functionConfig" && !IsNull(value):
			if value.Kind != yaml.MappingNode {
				return nil
			}
			l.FunctionConfig = NewItem(value)
			l.FunctionConfig.Place.Begin += s.above
		}
	}
	if !ok || !isResourceList(root) || len(l.Items) == 0 {
		return nil
	}
	return l
}

// section is the text of a member of a list, with the comments above it; for the items, what stands above the first one.
type section struct {
	text  string
	items []string
	// above is how many lines stand above it.
	above int32
}

// member parses the key and the value; nil if that is no single member.
func (s section) member() (key, value *yaml.Node) {
	docs, ps := ParseAll(s.text, model.Place{})
	if ps.HasErrors() || len(docs) != 1 || docs[0].Root != docs[0].written || len(docs[0].Root.Content) != 2 ||
		docs[0].Root.Kind != yaml.MappingNode || docs[0].Root.Style&yaml.FlowStyle != 0 {
		return nil, nil
	}
	key, value = docs[0].Root.Content[0], docs[0].Root.Content[1]
	if key.Value == "items" && (s.items == nil || !IsNull(value)) || key.Value != "items" && s.items != nil {
		return nil, nil
	}
	return key, value
}

// itemReader parses the texts of items while more of them are read, some at a time on another core.
type itemReader struct {
	batches []*batch
	// size is that of the texts in the last batch, which is not parsed yet.
	size    int
	parsing sync.WaitGroup
}

// batch are items of a list, one after the other; nil ones are no objects by themselves.
type batch struct {
	texts []string
	// above has how many lines stand above each.
	above []int32
	items []*Item
}

// batchSize is how many bytes of texts are parsed at a time.
const batchSize = 1 << 18

func (r *itemReader) add(text string, above int32) {
	if r.size == 0 {
		r.batches = append(r.batches, &batch{})
	}
	last := r.batches[len(r.batches)-1]
	last.texts, last.above = append(last.texts, text), append(last.above, above)
	if r.size += len(text); r.size >= batchSize {
		r.parsing.Go(last.parse)
		r.size = 0
	}
}

// all gives the items; false if one of them is no object by itself.
func (r *itemReader) all() (items []*Item, ok bool) {
	if r.size > 0 {
		r.batches[len(r.batches)-1].parse()
	}
	r.parsing.Wait()
	for _, b := range r.batches {
		items = append(items, b.items...)
	}
	return items, !slices.Contains(items, nil)
}

func (b *batch) parse() {
	b.items = make([]*Item, len(b.texts))
	for i, text := range b.texts {
		skim(text, func(docs []Document, ok bool) {
			if ok {
				if b.items[i] = onlyItem(docs, text); b.items[i] != nil {
					b.items[i].forget(text)
				}
				return
			}
			if docs, ps := parseSlowly(text, model.Place{}); !ps.HasErrors() {
				b.items[i] = onlyItem(docs, text)
			}
		})
		if b.items[i] != nil {
			b.items[i].Place.Begin += b.above[i]
		}
	}
}

// onlyItem is the item that a text holds, nil if that is not the only thing in it.
func onlyItem(docs []Document, text string) *Item {
	if len(docs) != 1 || docs[0].Root != docs[0].written || docs[0].Root.Kind != yaml.SequenceNode ||
		len(docs[0].Root.Content) != 1 || docs[0].Root.Content[0].Kind != yaml.MappingNode {
		return nil
	}
	it := NewItem(docs[0].Root.Content[0])
	it.text, it.listed = text, true
	return it
}

// cutSections reads a list and cuts it into its members and items at the lines where they begin, as long as it understands
// what it reads. A comment belongs to what it stands directly above, unless it is indented more than that.
func cutSections(in *bufio.Reader) (c *cutter, ok bool, err error) {
	c = &cutter{column: -1}
	for {
		at := len(c.window)
		fragment, err := in.ReadSlice('\n')
		c.window = append(c.window, fragment...)
		for errors.Is(err, bufio.ErrBufferFull) && len(c.window) <= MaxText {
			fragment, err = in.ReadSlice('\n')
			c.window = append(c.window, fragment...)
		}
		switch {
		case len(c.window) > MaxText: // One that large is no object of a cluster.
			return c, false, nil
		case err == nil:
			if !c.line(at) {
				return c, false, nil
			}
		case !errors.Is(err, io.EOF):
			return c, false, err
		case len(c.window) > at: // The last line has no end.
			return c, false, nil
		default:
			c.flush(at)
			ok = c.isSound()
			return c, ok, nil
		}
	}
}

type cutter struct {
	sections []section
	// reader gets the items.
	reader itemReader
	// window is what was read of the member or item that is being read; item tells that it is an item, and inItems that it
	// stands below the key of the items.
	window        []byte
	item, inItems bool
	// column is that of the dashes, -1 if it is not known.
	column int
	// comments is where the comments directly above the line begin in the window, by their indentation: up to 0, and up to
	// column.
	comments [2]int
	// begun tells that there was a line, started that there was a field.
	begun, started bool
	// unusual tells that there are characters that do not mean themselves alone, tokens how many there are.
	unusual bool
	tokens  int
	// above is how many lines stand above the window.
	above int32
}

// isSound tells whether a parser may see what was read.
func (c *cutter) isSound() bool { return !c.unusual && c.tokens <= maxTokens }

// text is all that was cut, and what comes behind it.
func (c *cutter) text(rest io.Reader) (string, error) {
	var b strings.Builder
	for _, s := range c.sections {
		_, _ = b.WriteString(s.text)
		for _, item := range s.items {
			_, _ = b.WriteString(item)
		}
	}
	_, _ = b.Write(c.window)
	_, err := io.Copy(&b, rest)
	return b.String(), err
}

// line takes the line at an offset of the window, which is the last one; false if it is not understood.
func (c *cutter) line(at int) bool {
	line := c.window[at:]
	rest := bytes.TrimLeft(line, " ")
	indent := len(line) - len(rest)
	first := !c.begun
	c.begun = true
	switch {
	case rest[0] == '#':
		c.comment(indent)
		return true
	case rest[0] == '\n':
	case indent == 0 && (bytes.HasPrefix(line, []byte("---")) && !first || bytes.HasPrefix(line, []byte("...")) || line[0] == '%'):
		return false
	case c.inItems && isDashed(rest) && (c.column < 0 || indent == c.column):
		if c.column < 0 {
			c.column = indent
			c.comments[1] = c.firstComment(at)
		}
		c.flush(c.comments[1])
		c.item = true
	case indent == 0 && line[0] != '-':
		c.field(at)
	case c.inItems && c.column < 0, c.inItems && indent <= c.column, indent == 0 && !first && !c.started:
		return false
	}
	c.comments = [2]int{len(c.window), len(c.window)}
	return true
}

// comment takes a comment, which is the last line.
func (c *cutter) comment(indent int) {
	if indent > 0 {
		c.comments[0] = len(c.window)
	}
	if indent > c.column && c.column >= 0 {
		c.comments[1] = len(c.window)
	}
}

// field takes the line at an offset, which begins a field of the list.
func (c *cutter) field(at int) {
	line := c.window[at:]
	start := c.comments[0]
	if bytes.HasPrefix(line, []byte("results:")) {
		start = at
	}
	tail, isItems := bytes.CutPrefix(line, []byte("items:"))
	tail = bytes.TrimLeft(tail, " ")
	inItems := isItems && (tail[0] == '\n' || tail[0] == '#')
	if c.started {
		c.flush(start)
	}
	c.started, c.item, c.inItems = true, false, inItems
}

// firstComment is where the comments directly above the first dash, at an offset, begin that are not indented more than it.
func (c *cutter) firstComment(at int) int {
	for at > 0 {
		above := bytes.LastIndexByte(c.window[:at-1], '\n') + 1
		line := bytes.TrimLeft(c.window[above:at], " ")
		if line[0] != '#' || at-above-len(line) > c.column {
			break
		}
		at = above
	}
	return at
}

func isDashed(s []byte) bool { return s[0] == '-' && (s[1] == ' ' || s[1] == '\n') }

// flush ends at an offset of the window what is being read.
func (c *cutter) flush(at int) {
	part := string(c.window[:at])
	c.unusual = c.unusual || isUnusual(part)
	c.tokens += tokens(part)
	if c.item {
		last := &c.sections[len(c.sections)-1]
		last.items = append(last.items, part)
		if c.isSound() {
			c.reader.add(part, c.above)
		}
	} else {
		c.sections = append(c.sections, section{text: part, above: c.above})
	}
	c.above += int32(strings.Count(part, "\n"))
	c.window = append(c.window[:0], c.window[at:]...)
	for i := range c.comments {
		c.comments[i] = max(0, c.comments[i]-at)
	}
}

// isUnusual tells whether a text holds what a parser may take for the end of a line beside \n, what is no character, or a
// byte order mark.
func isUnusual(text string) bool {
	for _, s := range []string{"\x00", "\r", "\u0085", "\u2028", "\u2029", "\ufeff"} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return !utf8.ValidString(text)
}
