package swagger

import (
	"bytes"
	"encoding/json"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
)

// asJSON returns the document as JSON for kin-openapi, whose own YAML parser would expand aliases without limit. It writes the
// versions, which are often unquoted numbers, as strings. It omits fields next to a $ref, except on paths: OpenAPI 3.0 ignores
// them, and for 3.1, kin-openapi would copy the target.
func (d *Document) asJSON() []byte {
	w := jsonWriter{texts: map[*yaml.Node]string{}, pathItems: d.pathItems()}
	if d.version == swagger2 {
		w.texts[krm.Get(d.root, "swagger")] = string(swagger2)
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
	buf       bytes.Buffer
	texts     map[*yaml.Node]string
	pathItems map[*yaml.Node]bool
}

func (w *jsonWriter) value(n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		w.mapping(n)
	case yaml.SequenceNode:
		w.buf.WriteByte('[')
		for i, c := range n.Content {
			if i > 0 {
				w.buf.WriteByte(',')
			}
			w.value(c)
		}
		w.buf.WriteByte(']')
	default:
		w.scalar(n)
	}
}

func (w *jsonWriter) mapping(n *yaml.Node) {
	onlyRef := krm.Text(n, "$ref") != "" && !w.pathItems[n]
	w.buf.WriteByte('{')
	first := true
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || onlyRef && key.Value != "$ref" {
			continue
		}
		if !first {
			w.buf.WriteByte(',')
		}
		first = false
		w.string(key.Value)
		w.buf.WriteByte(':')
		w.value(n.Content[i+1])
	}
	w.buf.WriteByte('}')
}

func (w *jsonWriter) scalar(n *yaml.Node) {
	if text, ok := w.texts[n]; ok {
		w.string(text)
		return
	}
	var v any
	switch n.ShortTag() {
	case "!!int", "!!float", "!!bool", "!!null":
		if json.Valid([]byte(n.Value)) {
			w.buf.WriteString(n.Value)
			return
		}
		if n.Decode(&v) == nil {
			text, err := json.Marshal(v)
			if err != nil {
				text = []byte("null") // infinity
			}
			w.buf.Write(text)
			return
		}
	}
	w.string(n.Value)
}

func (w *jsonWriter) string(s string) {
	text, err := json.Marshal(s)
	if err != nil {
		text = []byte(`""`)
	}
	w.buf.Write(text)
}
