package krm

import (
	"errors"
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm/fastyaml"
)

// The short tags of the YAML core schema.
const (
	strTag   = fastyaml.StrTag
	intTag   = fastyaml.IntTag
	floatTag = fastyaml.FloatTag
	boolTag  = fastyaml.BoolTag
	nullTag  = fastyaml.NullTag
	timeTag  = "!!timestamp"
	seqTag   = fastyaml.SeqTag
	mapTag   = fastyaml.MapTag
	mergeTag = "!!merge"
)

var (
	errTooDeep  = fmt.Errorf("is nested deeper than %d levels", maxDepth)
	errMerge    = errors.New("merges something that is not a mapping")
	errTooLarge = fmt.Errorf("expands to more than %d values through aliases", maxExpanded)
)

// EncodeNode writes n as a YAML document, indented by two and with lists at the column of their key, as kustomize and
// kubectl do.
func EncodeNode(n *yaml.Node) ([]byte, error) { return fastyaml.Encode(n) }

// ToNode turns a typed Kubernetes object into nodes: fields in the order of its type, apiVersion before kind, and none of
// the fields that Go encodes although they are empty.
func ToNode(obj any) (*yaml.Node, error) { return fastyaml.ToNode(obj) }

// Get gives the value of key in the mapping n, or nil.
func Get(n *yaml.Node, key string) *yaml.Node {
	_, v := find(n, key)
	return v
}

// find gives the key and the value of a member of the mapping n, or nil and nil.
func find(n *yaml.Node, key string) (k, v *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}

// set gives the mapping m the member key.
func set(m *yaml.Node, key string, v *yaml.Node) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			m.Content[i+1] = v
			return
		}
	}
	m.Content = append(m.Content, strNode(key), v)
}

// child gives the mapping at key of the mapping m, making it if there is none.
func child(m *yaml.Node, key string) *yaml.Node {
	if c := Get(m, key); c != nil && c.Kind == yaml.MappingNode {
		return c
	}
	c := &yaml.Node{Kind: yaml.MappingNode, Tag: mapTag}
	set(m, key, c)
	return c
}

func strNode(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: strTag, Value: s} }

// Text gives the scalar at path, or "" if there is none.
func Text(n *yaml.Node, path ...string) string {
	for _, key := range path {
		n = Get(n, key)
	}
	if n == nil || n.Kind != yaml.ScalarNode || isNull(n) {
		return ""
	}
	return n.Value
}

// TextMap gives the scalars of the mapping at path.
func TextMap(n *yaml.Node, path ...string) map[string]string {
	for _, key := range path {
		n = Get(n, key)
	}
	if n == nil || n.Kind != yaml.MappingNode {
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

// IsNull tells whether n is absent or a null.
func IsNull(n *yaml.Node) bool { return n == nil || isNull(n) }

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == nullTag }

// expand gives n without aliases and merge keys. A tree without any comes back as it is.
func expand(n *yaml.Node) (*yaml.Node, error) {
	aliases, err := inspect(n, 0)
	if err != nil || !aliases {
		return n, err
	}
	budget := maxExpanded
	return copyExpanded(n, 0, &budget)
}

// inspect checks the depth of n and tells whether anything in it has to be expanded.
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
		if c.Style&yaml.LiteralStyle == 0 { // The lines of a literal block are where it is written.
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

// merge replaces the merge keys of m (https://yaml.org/type/merge.html): keys of m itself win, then earlier sources.
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
		if !has[merged[i].Value] {
			has[merged[i].Value] = true
			m.Content = append(m.Content, merged[i], merged[i+1])
		}
	}
	return nil
}
