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

	"github.com/krm-fn/krm-fn/pkg/krm/fastyaml"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// list is the list that was cut. It is whole if each member and each item is a document by itself, as kustomize and kpt write
// them: only the texts of such items are kept. Else members without a key and nil items can only be read with all others.
func (c *cutter) list() (l *List, whole bool) {
	l = &List{indent: max(0, c.column), Items: c.reader.all()}
	whole = !c.unended && len(l.Items) > 0 && !slices.Contains(l.Items, nil)
	root := &yaml.Node{Kind: yaml.MappingNode, Tag: mapTag}
	for _, s := range c.sections {
		m := s.member()
		l.members = append(l.members, m)
		if m.key == nil || Get(root, m.key.Value) != nil || (m.key.Value == "items") != m.items {
			whole = false
			continue
		}
		root.Content = append(root.Content, m.key, m.value)
		if m.key.Value == "functionConfig" && !IsNull(m.value) {
			whole = whole && m.value.Kind == yaml.MappingNode
			l.FunctionConfig = NewItem(m.value)
			l.FunctionConfig.Place.Begin += s.above
		}
	}
	return l, whole && isResourceList(root)
}

// section is the text of a member of a list, with the comments above it; for the items, what stands above the first one.
type section struct {
	text  string
	items []string
	// above is how many lines stand above it.
	above int32
}

// member parses the section; without a key if that is no single member.
func (s section) member() member {
	docs, ps := ParseAll(s.text, model.Place{})
	if ps.HasErrors() || len(docs) != 1 || len(docs[0].Root.Content) != 2 || docs[0].Root.Kind != yaml.MappingNode ||
		docs[0].Root.Style&yaml.FlowStyle != 0 || fastyaml.IsJSON(s.text) {
		return member{}
	}
	m := member{key: docs[0].Root.Content[0], value: docs[0].Root.Content[1], text: s.text, items: s.items != nil}
	if m.key.Value == "items" && !m.items {
		m.text = "" // They stand in the text.
	}
	if m.items && !IsNull(m.value) {
		return member{}
	}
	return m
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

// all returns the items, nil for each that is not an object by itself.
func (r *itemReader) all() (items []*Item) {
	if r.size > 0 {
		r.batches[len(r.batches)-1].parse()
	}
	r.parsing.Wait()
	for _, b := range r.batches {
		items = append(items, b.items...)
	}
	return items
}

func (b *batch) parse() {
	b.items = make([]*Item, len(b.texts))
	for i, text := range b.texts {
		withIdentity(text, func(docs []Document, quickly bool) {
			if !quickly {
				docs, _ = parseSlowly(text, model.Place{})
			}
			n := onlyElement(docs)
			if n == nil || n.Kind != yaml.MappingNode {
				return
			}
			listed := listedBody{text: text}
			if !quickly {
				listed.parsed = n
			}
			b.items[i] = newItem(identify(n), listed)
		})
		if b.items[i] != nil {
			b.items[i].Place.Begin += b.above[i]
		}
	}
}

// cutSections reads a list and cuts it into its members and items at the lines where they begin, as long as it understands
// what it reads. A comment belongs to what it stands directly above, unless it is indented more than that.
func cutSections(in *bufio.Reader) (c *cutter, ok bool, err error) {
	c = &cutter{column: -1}
	for {
		at := len(c.window)
		fragment, err := in.ReadSlice('\n')
		c.window = append(c.window, fragment...)
		for errors.Is(err, bufio.ErrBufferFull) {
			fragment, err = in.ReadSlice('\n')
			c.window = append(c.window, fragment...)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return c, false, err
		}
		if c.unended = err != nil && len(c.window) > at; c.unended {
			c.window = append(c.window, '\n')
		}
		switch {
		case len(c.window) > at && !c.line(at):
			return c, false, nil
		case err != nil:
			c.flush(len(c.window))
			return c, c.isSound(), nil
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
	// started tells that there was a field, unended that the last line had no end; it has one now.
	started, unended bool
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
	if c.unended {
		return strings.TrimSuffix(b.String(), "\n"), err
	}
	return b.String(), err
}

// byteOrderMark may stand before the first line.
const byteOrderMark = "\ufeff"

// line takes the line at an offset of the window, which is the last one; false if it is not understood.
func (c *cutter) line(at int) bool {
	line := bytes.TrimRight(c.window[at:], "\r\n")
	if len(c.sections) == 0 && at == 0 {
		line = bytes.TrimPrefix(line, []byte(byteOrderMark))
	}
	rest := bytes.TrimLeft(line, " ")
	indent := len(line) - len(rest)
	if c.inItems && c.column < 0 && len(rest) > 0 && rest[0] != '#' {
		c.inItems = isDashed(rest) // Or they are not a block list.
	}
	switch {
	case len(rest) == 0:
	case rest[0] == '#':
		c.comment(indent)
		return true
	case bytes.HasPrefix(line, []byte("---")), bytes.HasPrefix(line, []byte("%YAML ")):
		if c.started {
			return false
		}
	case bytes.HasPrefix(line, []byte("...")), line[0] == '%':
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
	key, tail, _ := bytes.Cut(bytes.TrimRight(c.window[at:], "\r\n"), []byte(":"))
	name, tail := string(bytes.Trim(key, `"'`)), bytes.TrimLeft(tail, " ")
	start := c.comments[0]
	if name == "results" {
		start = at
	}
	if c.started {
		c.flush(start)
	}
	c.started, c.item, c.inItems = true, false, name == "items" && (len(tail) == 0 || tail[0] == '#')
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

func isDashed(s []byte) bool { return s[0] == '-' && (len(s) == 1 || s[1] == ' ') }

// flush ends at an offset of the window what is being read.
func (c *cutter) flush(at int) {
	part := string(c.window[:at])
	text := part
	if len(c.sections) == 0 {
		text = strings.TrimPrefix(part, byteOrderMark)
	}
	c.unusual = c.unusual || isUnusual(text)
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

// isUnusual reports whether a text holds what a parser may take for the end of a line besides \n and \r\n, what is not a
// character, or a byte order mark.
func isUnusual(text string) bool {
	for _, s := range []string{"\x00", "\u0085", "\u2028", "\u2029", byteOrderMark} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return strings.Count(text, "\r") != strings.Count(text, "\r\n") || !utf8.ValidString(text)
}
