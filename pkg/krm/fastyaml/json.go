package fastyaml

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// IsJSON reports whether text begins like a JSON object or list. JSON needs a JSON parser, because YAML rejects some of its
// escapes (surrogate pairs).
func IsJSON(text string) bool {
	text = strings.TrimLeft(strings.TrimPrefix(text, "\xef\xbb\xbf"), " \t\r\n")
	return text != "" && (text[0] == '{' || text[0] == '[')
}

// ErrTooDeep is the error of ParseJSON for values that are nested deeper than any object.
var ErrTooDeep = fmt.Errorf("is nested deeper than %d levels", maxNesting)

const maxNesting = 400

// ParseJSON returns the nodes of one JSON value, with lines and columns.
func ParseJSON(text []byte) (*yaml.Node, error) {
	docs, err := ParseJSONStream(text)
	if err != nil {
		return nil, err
	}
	if len(docs) != 1 {
		return nil, errors.New("not one value")
	}
	return docs[0].Root, nil
}

// ParseJSONStream returns the values of a text that are not null, each as a document. kubectl also reads objects without a
// separator (YAMLOrJSONDecoder in k8s.io/apimachinery/pkg/util/yaml).
func ParseJSONStream(text []byte) (docs []Document, err error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	p := jsonParser{dec: json.NewDecoder(bytes.NewReader(text)), text: text, line: 1, column: 1}
	p.dec.UseNumber()
	for i := 0; len(bytes.TrimLeft(text[p.read:], " \t\r\n")) > 0; i++ {
		n, err := p.value(0)
		if err != nil {
			return nil, err
		}
		if n.Tag != NullTag {
			docs = append(docs, Document{Root: n, Index: i})
		}
	}
	return docs, nil
}

type jsonParser struct {
	dec  *json.Decoder
	text []byte
	// line and column are the position of the offset read, from 1.
	line, column, read int
}

func (p *jsonParser) value(depth int) (*yaml.Node, error) {
	if depth > maxNesting {
		return nil, ErrTooDeep
	}
	tok, err := p.dec.Token()
	if err != nil {
		return nil, err
	}
	gap := bytes.IndexFunc(p.text[p.read:], func(r rune) bool { return !strings.ContainsRune(" \t\r\n,:", r) })
	p.advance(p.read + gap)
	n := &yaml.Node{Kind: yaml.ScalarNode, Line: p.line, Column: p.column}
	p.advance(int(p.dec.InputOffset()))
	switch v := tok.(type) {
	case json.Delim:
		return p.collection(n, v, depth)
	case string:
		n.Tag, n.Value, n.Style = StrTag, v, yaml.DoubleQuotedStyle
	case json.Number:
		n.Tag, n.Value = IntTag, v.String()
		if strings.ContainsAny(n.Value, ".eE") {
			n.Tag = FloatTag
		}
	case bool:
		n.Tag, n.Value = BoolTag, fmt.Sprint(v)
	default:
		n.Tag, n.Value = NullTag, "null"
	}
	return n, nil
}

// advance moves on to an offset.
func (p *jsonParser) advance(to int) {
	passed := p.text[p.read:to]
	if i := bytes.LastIndexByte(passed, '\n'); i >= 0 {
		p.line += bytes.Count(passed, []byte("\n"))
		p.column, passed = 1, passed[i+1:]
	}
	p.column += utf8.RuneCount(passed)
	p.read = to
}

func (p *jsonParser) collection(n *yaml.Node, open json.Delim, depth int) (*yaml.Node, error) {
	n.Kind, n.Tag = yaml.SequenceNode, SeqTag
	if open == '{' {
		n.Kind, n.Tag = yaml.MappingNode, MapTag
	}
	for p.dec.More() {
		child, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		n.Content = append(n.Content, child)
	}
	_, err := p.dec.Token()
	p.advance(int(p.dec.InputOffset()))
	return n, err
}
