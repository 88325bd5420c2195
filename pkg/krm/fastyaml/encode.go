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

// Encode returns n as a YAML document with an indentation of two and lists at the column of their key, as kustomize and
// kubectl write it.
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

// explicitNulls spells out the nulls of n that the library writes as empty strings: keys, and nulls in flow style.
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

// ToNode converts a typed Kubernetes object to nodes. Fields have the order of the type, with apiVersion first. Empty fields
// that Go encodes anyway are removed.
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
		removeEmpty(get(n, "spec"), key)
	}
	return n, nil
}

// Fields that Go encodes even if they are empty: members of the spec, and members of the mappings with one name.
var (
	emptyInSpec      = []string{"strategy", "namespaceSelector"}
	withEmptyMembers = "tlsConfig"
	emptyMembers     = []string{"ca", "cert"}
)

// removeEmpty removes a member of a mapping if it is an empty mapping.
func removeEmpty(m *yaml.Node, key string) {
	if v := get(m, key); v != nil && v.Kind == yaml.MappingNode && len(v.Content) == 0 {
		remove(m, key)
	}
}

// base60 matches a sexagesimal number of YAML 1.1, such as 1:30 for 90.
var base60 = regexp.MustCompile(`^[-+]?\d[\d_]*(:[0-5]?\d)+(\.[\d_]*)?$`)

// plain gives n the style of a manifest, without empty members: no quotes, unless a YAML 1.1 parser, such as the one in kubectl,
// would not read a string.
func plain(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.Tag == StrTag {
		n.Style = styleOf(n.Value)
	}
	if len(n.Content) == 0 && n.Kind != yaml.ScalarNode {
		n.Style = yaml.FlowStyle
	}
	moveFirst(n, "apiVersion")
	for _, key := range emptyMembers {
		removeEmpty(get(n, withEmptyMembers), key)
	}
	for _, c := range n.Content {
		plain(c)
	}
}

// styleOf returns the style of a string in a manifest.
func styleOf(s string) yaml.Style {
	if !isWord(s) && (isNonString(s) || base60.MatchString(s)) {
		return yaml.DoubleQuotedStyle
	}
	return 0
}

// isNonString reports whether a YAML 1.1 parser reads unquoted text as something other than a string. Text with several
// lines is written as a block.
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
	if i := IndexOf(m, key); i > 0 {
		m.Content = slices.Concat(m.Content[i:i+2], m.Content[:i], m.Content[i+2:])
	}
}

func remove(m *yaml.Node, key string) {
	if i := IndexOf(m, key); i >= 0 {
		m.Content = slices.Delete(m.Content, i, i+2)
	}
}

// IndexOf returns the index of key in the content of the mapping n; -1 if n does not have it.
func IndexOf(n *yaml.Node, key string) int {
	if n == nil || n.Kind != yaml.MappingNode {
		return -1
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return i
		}
	}
	return -1
}

func get(n *yaml.Node, key string) *yaml.Node {
	if i := IndexOf(n, key); i >= 0 {
		return n.Content[i+1]
	}
	return nil
}
