package krm

import (
	"errors"
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm/fastyaml"
)

const (
	timeTag  = "!!timestamp"
	mergeTag = "!!merge"
)

var (
	errTooDeep  = fmt.Errorf("is nested deeper than %d levels", maxDepth)
	errMerge    = errors.New("merges something that is not a mapping")
	errTooLarge = fmt.Errorf("expands to more than %d values through aliases", maxExpanded)
)

// EncodeNode returns n as a YAML document in the format of kustomize and kubectl.
func EncodeNode(n *yaml.Node) ([]byte, error) { return fastyaml.Encode(n) }

// ToNode converts a typed Kubernetes object to nodes, without the empty fields that Go encodes anyway.
func ToNode(obj any) (*yaml.Node, error) { return fastyaml.ToNode(obj) }

// Get returns the value of key in the mapping n, or nil.
func Get(n *yaml.Node, key string) *yaml.Node {
	_, v := find(n, key)
	return v
}

// Last returns the value of the last member key of the mapping n, or nil. An API server keeps the last of several.
func Last(n *yaml.Node, key string) *yaml.Node {
	var last *yaml.Node
	for i := 0; n != nil && n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			last = n.Content[i+1]
		}
	}
	return last
}

// find returns the key and the value of a member of the mapping n, or nil and nil.
func find(n *yaml.Node, key string) (k, v *yaml.Node) {
	if i := fastyaml.IndexOf(n, key); i >= 0 {
		return n.Content[i], n.Content[i+1]
	}
	return nil, nil
}

// Members finds members of mappings of any size. It remembers the positions of their keys.
type Members map[*yaml.Node]map[string]int

// Find returns the key and the value of the first member of the mapping n with a key, or nil and nil.
func (m Members) Find(n *yaml.Node, key string) (k, v *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		return nil, nil
	}
	if m[n] == nil {
		m[n] = make(map[string]int, len(n.Content)/2)
		for i := len(n.Content) - 2; i >= 0; i -= 2 {
			m[n][n.Content[i].Value] = i
		}
	}
	if i, ok := m[n][key]; ok {
		return n.Content[i], n.Content[i+1]
	}
	return nil, nil
}

// at returns the value at a path of keys below n.
func at(n *yaml.Node, path []string) *yaml.Node {
	for _, name := range path {
		n = Get(n, name)
	}
	return n
}

// set sets the member key of the mapping m.
func set(m *yaml.Node, key string, v *yaml.Node) {
	if i := fastyaml.IndexOf(m, key); i >= 0 {
		m.Content[i+1] = v
		return
	}
	m.Content = append(m.Content, strNode(key), v)
}

// child returns the mapping at key of the mapping m. It adds a missing one.
func child(m *yaml.Node, key string) *yaml.Node {
	if c := Get(m, key); c != nil && c.Kind == yaml.MappingNode {
		return c
	}
	c := &yaml.Node{Kind: yaml.MappingNode, Tag: fastyaml.MapTag}
	set(m, key, c)
	return c
}

func strNode(s string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: fastyaml.StrTag, Value: s}
}

// Text returns the scalar at path, or "".
func Text(n *yaml.Node, path ...string) string {
	if n = at(n, path); IsNull(n) || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

// TextMap returns the scalars of the mapping at path.
func TextMap(n *yaml.Node, path ...string) map[string]string {
	if n = at(n, path); n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	m := make(map[string]string, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i+1].Kind == yaml.ScalarNode {
			m[shared(n.Content[i].Value)] = detached(n.Content[i+1].Value)
		}
	}
	return m
}

// IsNull reports whether n is absent or null.
func IsNull(n *yaml.Node) bool {
	return n == nil || n.Kind == yaml.ScalarNode && n.ShortTag() == fastyaml.NullTag
}

// expand returns n without aliases and merge keys, or n itself if it has none.
func expand(n *yaml.Node) (*yaml.Node, error) {
	aliases, err := inspect(n, 0)
	if err != nil || !aliases {
		return n, err
	}
	budget := maxExpanded
	return copyExpanded(n, 0, &budget)
}

// inspect checks the depth of n, and reports whether n must be expanded.
func inspect(n *yaml.Node, depth int) (aliases bool, err error) {
	if depth > maxDepth {
		return false, errTooDeep
	}
	if n.Kind == yaml.AliasNode {
		return true, nil
	}
	for i, c := range n.Content {
		a, err := inspect(c, depth+1)
		if err != nil {
			return false, err
		}
		aliases = aliases || a || n.Kind == yaml.MappingNode && i%2 == 0 && c.Tag == mergeTag
	}
	return aliases, nil
}

func copyExpanded(n *yaml.Node, depth int, budget *int) (*yaml.Node, error) {
	*budget--
	if *budget < 0 {
		return nil, errTooLarge
	}
	if depth > maxDepth {
		return nil, errTooDeep
	}
	if n.Kind == yaml.AliasNode {
		c, err := copyExpanded(n.Alias, depth+1, budget)
		if err != nil {
			return nil, err
		}
		if c.Style&yaml.LiteralStyle == 0 { // A literal block has its own lines.
			c.Line, c.Column = n.Line, n.Column
		}
		return c, nil
	}
	c := *n
	c.Anchor, c.Content = "", make([]*yaml.Node, len(n.Content))
	for i := range n.Content {
		child, err := copyExpanded(n.Content[i], depth+1, budget)
		if err != nil {
			return nil, err
		}
		c.Content[i] = child
	}
	if c.Kind == yaml.MappingNode {
		return &c, merge(&c)
	}
	return &c, nil
}

// merge replaces the merge keys of m (https://yaml.org/type/merge.html). Keys of m take precedence, then earlier sources.
func merge(m *yaml.Node) error {
	var own, merged []*yaml.Node
	for i := 0; i+1 < len(m.Content); i += 2 {
		k, v := m.Content[i], m.Content[i+1]
		if k.Tag != mergeTag {
			own = append(own, k, v)
			continue
		}
		sources := []*yaml.Node{v}
		if v.Kind == yaml.SequenceNode {
			sources = v.Content
		}
		for _, s := range sources {
			if s.Kind != yaml.MappingNode {
				return errMerge
			}
			merged = append(merged, s.Content...)
		}
	}
	m.Content = own
	has := map[string]bool{}
	for i := 0; i < len(own); i += 2 {
		has[own[i].Value] = true
	}
	for i := 0; i+1 < len(merged); i += 2 {
		if key := merged[i].Value; !has[key] {
			has[key] = true
			m.Content = append(m.Content, merged[i], merged[i+1])
		}
	}
	return nil
}
