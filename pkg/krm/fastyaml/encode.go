package fastyaml

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	yaml11 "go.yaml.in/yaml/v2"
	"go.yaml.in/yaml/v3"
)

// The short tags of the YAML core schema.
const (
	StrTag   = "!!str"
	IntTag   = "!!int"
	FloatTag = "!!float"
	BoolTag  = "!!bool"
	NullTag  = "!!null"
	SeqTag   = "!!seq"
	MapTag   = "!!map"
)

// Encode writes n as a YAML document, indented by two and with lists at the column of their key, as kustomize and
// kubectl do.
func Encode(n *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	enc.CompactSeqIndent()
	if err := enc.Encode(explicitNulls(n, false)); err != nil {
		return nil, err
	}
	return b.Bytes(), enc.Close()
}

// explicitNulls writes out the nulls of n that would be shown as empty strings: keys, and everything in flow style.
func explicitNulls(n *yaml.Node, flow bool) *yaml.Node {
	if flow && n.Kind == yaml.ScalarNode && n.Value == "" && n.ShortTag() == NullTag {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: NullTag, Value: "null"}
	}
	flow = flow || n.Style&yaml.FlowStyle != 0
	for i, c := range n.Content {
		key := n.Kind == yaml.MappingNode && i%2 == 0
		n.Content[i] = explicitNulls(c, flow || key)
	}
	return n
}

// ToNode turns a typed Kubernetes object into nodes: fields in the order of its type, apiVersion before kind, and none of
// the fields that Go encodes although they are empty.
func ToNode(obj any) (*yaml.Node, error) {
	text, err := json.Marshal(obj)
	if err != nil {
		return nil, err
	}
	n, err := ParseJSON(text)
	if err != nil {
		return nil, err
	}
	plain(n)
	remove(n, "status")
	for _, key := range emptyInSpec {
		if spec := get(n, "spec"); len(content(get(spec, key))) == 0 {
			remove(spec, key)
		}
	}
	removeEmpty(n, withEmptyMembers, emptyMembers...)
	return n, nil
}

// What Go encodes although it is empty: members of the spec, and members of the mappings of a name.
var (
	emptyInSpec      = []string{"strategy", "namespaceSelector"}
	withEmptyMembers = "tlsConfig"
	emptyMembers     = []string{"ca", "cert"}
)

// removeEmpty removes members without content from all mappings of a name.
func removeEmpty(n *yaml.Node, name string, members ...string) {
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && c.Value == name {
			for _, key := range members {
				if v := get(n.Content[i+1], key); v != nil && v.Kind == yaml.MappingNode && len(v.Content) == 0 {
					remove(n.Content[i+1], key)
				}
			}
		}
		removeEmpty(c, name, members...)
	}
}

func content(n *yaml.Node) []*yaml.Node {
	if n == nil {
		return nil
	}
	return n.Content
}

// base60 is a number of YAML 1.1, such as 1:30 for 90.
var base60 = regexp.MustCompile(`^[-+]?\d[\d_]*(:[0-5]?\d)+(\.[\d_]*)?$`)

// plain gives n the style of a manifest: no quotes, except where a YAML 1.1 parser, such as that of kubectl, would take the string for
// something else.
func plain(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.Tag == StrTag {
		n.Style = styleOf(n.Value)
	}
	if len(n.Content) == 0 && n.Kind != yaml.ScalarNode {
		n.Style = yaml.FlowStyle
	}
	if n.Kind == yaml.MappingNode {
		moveFirst(n, "apiVersion")
	}
	for _, c := range n.Content {
		plain(c)
	}
}

// styleOf is the style of a string in a manifest.
func styleOf(s string) yaml.Style {
	if !isWord(s) && (isNonString(s) || base60.MatchString(s)) {
		return yaml.DoubleQuotedStyle
	}
	return 0
}

// isNonString tells whether a parser of YAML 1.1 takes a text without quotes for anything but a string. One of several lines
// is written as a block.
func isNonString(s string) bool {
	if s == "" || strings.Contains(s, "\n") {
		return false
	}
	var v any
	if yaml11.Unmarshal([]byte(s), &v) != nil {
		return false
	}
	_, ok := v.(string)
	return !ok
}

func moveFirst(m *yaml.Node, key string) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			pair := slices.Clone(m.Content[i : i+2])
			m.Content = slices.Concat(pair, m.Content[:i], m.Content[i+2:])
			return
		}
	}
}

func remove(m *yaml.Node, key string) {
	if m == nil {
		return
	}
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			m.Content = slices.Delete(m.Content, i, i+2)
			return
		}
	}
}

// get returns the value of key in the mapping n, or nil.
func get(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}
