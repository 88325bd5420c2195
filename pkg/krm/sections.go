package krm

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm/fastyaml"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// cutter cuts a list into sections, see cutSections.
type cutter struct {
	sections []section
	// window is the text of the current member or item so far; item reports whether it is an item, and inItems whether it is
	// below the key of the items.
	window        []byte
	item, inItems bool
	// column is the column of the dashes; -1 if unknown.
	column int
	// comments contains the offsets in the window where the comments directly above the line begin: comments without
	// indentation, and comments that are indented up to column.
	comments [2]int
	// started reports whether there was a field, unended whether the line break of the last line was missing and was added.
	started, unended bool
	// unusual reports whether there are characters with a special meaning; tokens counts the tokens.
	unusual bool
	tokens  int
	// above is the number of lines above the window.
	above int32
	// problems says why the input cannot be a list.
	problems model.Problems
}

// list returns the list that was cut. It is whole if each member and each item is a valid document on its own, as kustomize and
// kpt write them. Otherwise, members without a key and nil items can only be read together with all others.
func (c *cutter) list() (l *List, whole bool) {
	l = &List{indent: max(0, c.column), Items: c.items()}
	whole = !c.unended && len(l.Items) > 0 && !slices.Contains(l.Items, nil)
	root := &yaml.Node{Kind: yaml.MappingNode, Tag: fastyaml.MapTag}
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

// part is a text of the list, and the number of lines above it.
type part struct {
	text  string
	above int32
}

// section is the text of a member of a list, with the comments above it; for the items, the text above the first one.
type section struct {
	part
	items []part
}

// member parses the section. The member has no key if the section is not a single member.
func (s section) member() member {
	docs, ps := ParseAll(s.text, model.Place{})
	if ps.HasErrors() || len(docs) != 1 || len(docs[0].Root.Content) != 2 || docs[0].Root.Kind != yaml.MappingNode ||
		docs[0].Root.Style&yaml.FlowStyle != 0 || fastyaml.IsJSON(s.text) {
		return member{}
	}
	m := member{key: docs[0].Root.Content[0], value: docs[0].Root.Content[1], text: s.text, items: s.items != nil}
	if m.key.Value == "items" && !m.items {
		m.text = "" // The text contains the items.
	}
	if m.items && !IsNull(m.value) {
		return member{}
	}
	return m
}

// items returns the items; nil for each text that is not an object on its own.
func (c *cutter) items() []*Item {
	var parts []part
	for _, s := range c.sections {
		parts = append(parts, s.items...)
	}
	items := make([]*Item, len(parts))
	Parallel(len(parts), func(i int) { items[i] = parts[i].item() })
	return items
}

// item returns the item in the text; nil if that is not an object on its own.
func (p part) item() (it *Item) {
	if !strings.Contains(p.text, ":") {
		return nil
	}
	withIdentity(p.text, func(docs []Document, quickly bool) {
		if !quickly {
			docs, _ = parseSlowly(p.text, model.Place{})
		}
		n := onlyElement(docs)
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		listed := listedBody{text: p.text}
		if !quickly {
			listed.parsed = n
		}
		it = newItem(identify(n), listed)
		it.Place.Begin += p.above
	})
	return it
}

// cutSections reads a list and cuts it into its members and items at the lines where they begin. It stops at a line that it does
// not understand. A comment belongs to the line below it, unless it is indented more than that line.
func cutSections(in *bufio.Reader) (c *cutter, ok bool, err error) {
	c = &cutter{column: -1}
	for {
		at, err := len(c.window), bufio.ErrBufferFull
		for errors.Is(err, bufio.ErrBufferFull) {
			var fragment []byte
			fragment, err = in.ReadSlice('\n')
			if c.window = append(c.window, fragment...); len(c.window) > MaxText && !c.inFlowStyle() {
				break
			}
		}
		tooLarge := len(c.window) > MaxText && !c.inFlowStyle()
		ended := errors.Is(err, io.EOF)
		if err != nil && !ended && !tooLarge {
			return c, false, err
		}
		if c.unended = ended && len(c.window) > at; c.unended {
			c.window = append(c.window, '\n')
		}
		switch {
		case tooLarge:
			begin := standardInput.At(int(c.above) + 1)
			c.refuse(begin, model.InputLimit, "begins a member or an item of more than %d MiB", MaxText>>20)
			return c, false, nil
		case len(c.window) > at && !c.line(at):
			return c, false, nil
		case c.tokens > maxTokens:
			c.refuse(standardInput, model.InputLimit, "has too many values; the limit is %d", maxTokens)
			return c, false, nil
		case len(c.sections) > maxMembers:
			c.refuse(standardInput, model.InputLimit, "has more than %d fields, which no ResourceList has", maxMembers)
			return c, false, nil
		case ended:
			c.flush(len(c.window))
			return c, !c.unusual && c.tokens <= maxTokens, nil
		}
	}
}

// maxMembers limits the members of a list; the format defines six.
const maxMembers = 1000

// refuse ends the reading of an input that cannot be a list. Problems of its encoding explain most of them.
func (c *cutter) refuse(at model.Place, id model.ID, format string, args ...any) {
	if c.problems = checkText(string(c.window), standardInput); len(c.problems) == 0 {
		c.problems.Errorf(id, at, format, args...)
	}
}

// inFlowStyle reports whether the list is JSON or in flow style, so that it is not cut.
func (c *cutter) inFlowStyle() bool {
	return len(c.sections) == 0 && fastyaml.IsJSON(string(c.window[:min(len(c.window), 100)]))
}

// text returns everything that was cut, and the rest of the input.
func (c *cutter) text(rest io.Reader) (string, error) {
	var b strings.Builder
	for _, s := range c.sections {
		_, _ = b.WriteString(s.text)
		for _, item := range s.items {
			_, _ = b.WriteString(item.text)
		}
	}
	_, _ = b.Write(c.window)
	_, err := io.Copy(&b, rest)
	if c.unended {
		return strings.TrimSuffix(b.String(), "\n"), err
	}
	return b.String(), err
}

// flowCharacters can begin a mapping whose first line is not a member.
const flowCharacters = "{\"'?!&*|>"

// byteOrderMark can be at the start of the first line.
const byteOrderMark = "\ufeff"

// line handles the last line of the window, at an offset. It returns false if it does not understand the line.
func (c *cutter) line(at int) bool {
	line := bytes.TrimRight(c.window[at:], "\r\n")
	if len(c.sections) == 0 && at == 0 {
		line = bytes.TrimPrefix(line, []byte(byteOrderMark))
	}
	rest := bytes.TrimLeft(line, " ")
	indent := len(line) - len(rest)
	if !c.started && !c.mayStart(line, rest) {
		return false
	}
	c.inItems = c.inItems && (c.column >= 0 || isListStart(rest))
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
		c.dash(at, indent)
	case indent == 0 && line[0] != '-' && bytes.Contains(line, []byte(":")):
		c.field(at)
	}
	c.comments = [2]int{len(c.window), len(c.window)}
	return true
}

// dash handles the line at an offset, which begins an item.
func (c *cutter) dash(at, indent int) {
	if c.column < 0 {
		c.column = indent
		c.comments[1] = c.firstComment(at)
	}
	c.flush(c.comments[1])
	c.item = true
}

// isListStart reports whether a line below the key of the items, with the content rest, can be in a block list.
func isListStart(rest []byte) bool { return len(rest) == 0 || rest[0] == '#' || isDashed(rest) }

// mayStart reports whether the list can start with a line, whose content is rest. It refuses an input that cannot be a mapping.
func (c *cutter) mayStart(line, rest []byte) bool {
	switch {
	case len(rest) == 0, rest[0] == '#', line[0] == '%', bytes.HasPrefix(line, []byte("---")):
		return true
	case bytes.ContainsAny(rest[:1], flowCharacters):
		return false
	case isDashed(rest), !bytes.Contains(rest, []byte(":")):
		c.refuse(model.Place{}, model.InputType, noList)
		return false
	}
	return len(rest) == len(line)
}

// comment handles a comment, which is the last line.
func (c *cutter) comment(indent int) {
	if indent > 0 {
		c.comments[0] = len(c.window)
	}
	if indent > c.column && c.column >= 0 {
		c.comments[1] = len(c.window)
	}
}

// field handles the line at an offset, which begins a field of the list.
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

// firstComment returns the offset of the comments directly above the first dash that are not indented more than the dash.
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

// flush ends the current section or item at an offset of the window.
func (c *cutter) flush(at int) {
	next := part{string(c.window[:at]), c.above}
	text := next.text
	if len(c.sections) == 0 {
		text = strings.TrimPrefix(text, byteOrderMark)
	}
	c.unusual = c.unusual || isUnusual(text)
	c.tokens += 1 + tokens(text)
	if c.item {
		last := &c.sections[len(c.sections)-1]
		last.items = append(last.items, next)
	} else {
		c.sections = append(c.sections, section{part: next})
	}
	c.above += int32(strings.Count(text, "\n"))
	c.window = append(c.window[:0], c.window[at:]...)
	for i := range c.comments {
		c.comments[i] = max(0, c.comments[i]-at)
	}
}

// isUnusual reports whether a text contains invalid characters, a byte order mark, or something other than \n and \r\n that a
// parser might read as a line break.
func isUnusual(text string) bool {
	for _, s := range []string{"\x00", "\u0085", "\u2028", "\u2029", byteOrderMark} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return strings.Count(text, "\r") != strings.Count(text, "\r\n") || !utf8.ValidString(text)
}
