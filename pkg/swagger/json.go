package swagger

import (
	"bytes"
	"encoding/json"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
)

// asJSON returns the document as JSON for kin-openapi, whose own YAML parser would expand aliases without limit. It writes the
// versions, which are often unquoted numbers, as strings. It omits fields next to a $ref, except on paths: OpenAPI 3.0 ignores
// them, and for 3.1, kin-openapi would copy the target.
func (d *Document) asJSON() []byte {
	w := jsonWriter{texts: map[*yaml.Node]string{}, omitted: map[*yaml.Node]bool{}, pathItems: d.pathItems()}
	if d.version == swagger2 {
		w.texts[krm.Get(d.root, "swagger")] = string(swagger2)
		w.omitFormats(d.root)
	} else {
		// kin-openapi ignores a version with a patch level that it does not know.
		w.texts[krm.Get(d.root, "openapi")] = string(d.version) + ".0"
	}
	info := krm.Get(d.root, "info")
	for _, key := range []string{"title", "version"} {
		if n := krm.Get(info, key); n != nil && n.Kind == yaml.ScalarNode && !krm.IsNull(n) {
			w.texts[n] = n.Value
		}
	}
	w.value(d.root)
	return w.buf.Bytes()
}

// pathItems returns the values of paths.
func (d *Document) pathItems() map[*yaml.Node]bool {
	items := map[*yaml.Node]bool{}
	if paths := krm.Get(d.root, "paths"); paths != nil {
		for _, n := range paths.Content {
			items[n] = true
		}
	}
	return items
}

type jsonWriter struct {
	buf   bytes.Buffer
	texts map[*yaml.Node]string
	// omitted contains values to omit with their keys.
	omitted, pathItems map[*yaml.Node]bool
}

// omitFormats omits collectionFormat of the items of parameters and headers, which kin-openapi does not know
// (https://spec.openapis.org/oas/v2.0.html#items-object).
func (w *jsonWriter) omitFormats(n *yaml.Node) {
	owners := []*yaml.Node{n}
	if krm.Text(n, "in") == "" {
		owners = nil
	}
	if headers := krm.Get(n, "headers"); headers != nil {
		owners = append(owners, headers.Content...)
	}
	for _, owner := range owners {
		for items := krm.Get(owner, "items"); items != nil; items = krm.Get(items, "items") {
			format := krm.Get(items, "collectionFormat")
			w.omitted[format] = slices.Contains([]string{"csv", "ssv", "tsv", "pipes"}, krm.Text(format))
		}
	}
	for _, c := range n.Content {
		w.omitFormats(c)
	}
}

func (w *jsonWriter) value(n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		onlyRef := krm.Text(n, "$ref") != "" && !w.pathItems[n]
		w.buf.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if key.Kind != yaml.ScalarNode || onlyRef && key.Value != "$ref" || w.omitted[n.Content[i+1]] {
				continue
			}
			w.string(key.Value)
			w.buf.WriteByte(':')
			w.value(n.Content[i+1])
			w.buf.WriteByte(',')
		}
		w.end('}')
	case yaml.SequenceNode:
		w.buf.WriteByte('[')
		for _, c := range n.Content {
			w.value(c)
			w.buf.WriteByte(',')
		}
		w.end(']')
	default:
		w.scalar(n)
	}
}

// end replaces the comma after the last member or element.
func (w *jsonWriter) end(bracket byte) {
	if last := w.buf.Len() - 1; w.buf.Bytes()[last] == ',' {
		w.buf.Truncate(last)
	}
	w.buf.WriteByte(bracket)
}

func (w *jsonWriter) scalar(n *yaml.Node) {
	if text, ok := w.texts[n]; ok {
		w.string(text)
		return
	}
	text, v := []byte(n.Value), any(nil)
	switch n.ShortTag() {
	case "!!int", "!!float", "!!bool", "!!null":
		if !json.Valid(text) && n.Decode(&v) == nil {
			var err error
			if text, err = json.Marshal(v); err != nil {
				text = []byte("null") // infinity
			}
		}
		if json.Valid(text) {
			w.buf.Write(text)
			return
		}
	}
	w.string(n.Value)
}

func (w *jsonWriter) string(s string) {
	text, _ := json.Marshal(s) // A string has no error.
	w.buf.Write(text)
}
