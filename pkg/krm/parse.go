package krm

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm/fastyaml"
	"github.com/krm-fn/krm-fn/pkg/model"
)

const tooLarge = "has more than %d MiB, which is the limit"

// The limits of an input. Real inputs are far below them; larger inputs would only cost time and memory.
const (
	// MaxStream is the maximum size of a ResourceList or stream of documents, in bytes.
	MaxStream = 256 << 20
	// MaxText is the maximum size of one document, in bytes. etcd rejects objects of about 1.5 MiB.
	MaxText = 8 << 20
	// maxTokens limits the tokens of a text, and so the memory of its nodes: about 250 bytes each.
	maxTokens = 8 << 20
	// maxDepth is the maximum nesting of mappings and lists.
	maxDepth = 200
	// maxExpanded is the maximum number of nodes that the aliases of a document expand to.
	maxExpanded = 200_000
)

// Document is one parsed YAML or JSON document.
type Document = fastyaml.Document

// Parse returns the only document of text, with aliases and merge keys expanded, or a null node for a text without a value.
// The lines of problems count within text.
func Parse(text string, at model.Place) (*yaml.Node, model.Problems) {
	docs, ps := ParseAll(text, at)
	return onlyDocument(docs, ps, at)
}

// ParseValues is a faster Parse without comments.
func ParseValues(text string, at model.Place) (*yaml.Node, model.Problems) {
	docs, ps := parseValues(text, at)
	return onlyDocument(docs, ps, at)
}

// ParsePooled is ParseValues with nodes from a pool. After the caller calls done, it must not use any node of the text.
func ParsePooled(text string, at model.Place) (root *yaml.Node, done func(), ps model.Problems) {
	p := fastyaml.Pooled()
	docs, ps := parseAll(p, text, at, false)
	root, ps = onlyDocument(docs, ps, at)
	return root, p.Release, ps
}

func onlyDocument(docs []Document, ps model.Problems, at model.Place) (*yaml.Node, model.Problems) {
	switch {
	case ps.HasErrors():
		return nil, ps
	case len(docs) == 0:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: fastyaml.NullTag, Line: 1}, ps
	case len(docs) > 1:
		ps.Errorf(model.InputSyntax, at.At(docs[1].Root.Line), "contains more than one YAML document; keep only one")
		return nil, ps
	}
	return docs[0].Root, ps
}

// ParseAll returns all documents of text that are not empty.
func ParseAll(text string, at model.Place) ([]Document, model.Problems) {
	return parseAll(&fastyaml.Parser{}, text, at, true)
}

// parseValues is ParseAll without the comments.
func parseValues(text string, at model.Place) ([]Document, model.Problems) {
	return parseAll(&fastyaml.Parser{}, text, at, false)
}

func parseAll(p *fastyaml.Parser, text string, at model.Place, comments bool) ([]Document, model.Problems) {
	if ps := checkText(text, at); len(ps) > 0 {
		return nil, ps
	}
	if fastyaml.IsJSON(text) {
		docs, err := fastyaml.ParseJSONStream([]byte(text))
		if err == nil {
			return finish(docs, at)
		}
		if errors.Is(err, fastyaml.ErrTooDeep) {
			var ps model.Problems
			ps.Errorf(model.InputLimit, at.At(1), "%v", errTooDeep)
			return nil, ps
		}
	}
	if docs, commented, ok := p.Parse(text); ok && (!commented || !comments) {
		return docs, nil
	}
	return parseSlowly(text, at)
}

// parseSlowly returns all documents of text, as the YAML library reads them.
func parseSlowly(text string, at model.Place) ([]Document, model.Problems) {
	var docs []Document
	dec := yaml.NewDecoder(strings.NewReader(text))
	for i := 0; ; i++ {
		root, err := decodeNext(dec)
		if errors.Is(err, io.EOF) {
			return finish(docs, at)
		}
		if err != nil {
			line, msg := syntaxError(err)
			var ps model.Problems
			if strings.Contains(msg, "exceeded max depth") {
				ps.Errorf(model.InputLimit, at, "%v", errTooDeep)
			} else {
				ps.Errorf(model.InputSyntax, at.At(line), "is not valid YAML: %s", msg)
			}
			return nil, ps
		}
		if root != nil {
			docs = append(docs, Document{Root: root, Index: i})
		}
	}
}

// decodeNext returns the next document, or nil for a document without a value. The parser panics internally on errors. If a
// panic escapes, it is also a syntax error.
func decodeNext(dec *yaml.Decoder) (root *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	var doc yaml.Node
	if err := dec.Decode(&doc); err != nil {
		return nil, err
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) == 0 || IsNull(doc.Content[0]) {
		return nil, nil
	}
	return doc.Content[0], nil
}

func finish(docs []Document, at model.Place) ([]Document, model.Problems) {
	var ps model.Problems
	for i := range docs {
		root, err := expand(docs[i].Root)
		if err != nil {
			id := model.InputLimit
			if errors.Is(err, errMerge) {
				id = model.InputSyntax
			}
			ps.Errorf(id, at.At(docs[i].Root.Line), "%v", err)
			continue
		}
		docs[i].Root = root
	}
	if len(ps) > 0 {
		return nil, ps
	}
	return docs, nil
}

// checkText rejects text that no parser should read.
func checkText(text string, at model.Place) model.Problems {
	var ps model.Problems
	switch {
	case len(text) > MaxStream:
		ps.Errorf(model.InputLimit, at, tooLarge, MaxStream>>20)
	case strings.IndexByte(text, 0) >= 0:
		ps.Errorf(model.InputEncoding, at.At(lineOf(text, strings.IndexByte(text, 0))),
			"contains a NUL byte; save it as UTF-8 text")
	case !utf8.ValidString(text):
		ps.Errorf(model.InputEncoding, at.At(lineOf(text, invalidAt(text))), "is not UTF-8; save it as UTF-8 text")
	case tokens(text) > maxTokens:
		ps.Errorf(model.InputLimit, at, "has too many values; the limit is %d", maxTokens)
	}
	return ps
}

// tokens returns an upper bound for the number of nodes in text: each node needs one of these separators next to it.
func tokens(text string) int {
	n := 0
	for _, separator := range []string{",", ":", "[", "{", "- "} {
		n += strings.Count(text, separator)
	}
	return n
}

func invalidAt(text string) int {
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)) {
			return i
		}
	}
	return len(text)
}

func lineOf(text string, offset int) int { return 1 + strings.Count(text[:offset], "\n") }

var yamlLine = model.Pattern(`^line (\d+): `)

// syntaxError splits an error of the YAML parser into its line and its message.
func syntaxError(err error) (int, string) {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	msg = strings.TrimPrefix(msg, "unmarshal errors:\n  ")
	m := yamlLine().FindStringSubmatch(msg)
	if m == nil {
		return 0, msg
	}
	line, _ := strconv.Atoi(m[1])
	return line, strings.TrimPrefix(msg, m[0])
}
