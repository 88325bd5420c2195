package swagger

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// tree finds the targets of references.
type tree struct {
	root *yaml.Node
	// Documents can have as many references as paths.
	members krm.Members
}

// resolve returns the node that the reference "#/..." points to, and its place; nil if there is none.
func (t *tree) resolve(ref string, at model.Place) (*yaml.Node, model.Place) {
	parts, ok := pointer(ref)
	if !ok {
		return nil, at
	}
	n := t.root
	for _, part := range parts {
		if i, err := strconv.Atoi(part); err == nil && n.Kind == yaml.SequenceNode {
			at = at.Item(i)
		} else {
			at = at.Child(model.Shorten(part, longestKey))
		}
		if n = t.child(n, part); n == nil {
			return nil, at
		}
	}
	return n, at
}

// pointer returns the parts of a reference "#/..." (RFC 6901, section 6).
func pointer(ref string) (parts []string, ok bool) {
	path, err := url.PathUnescape(strings.TrimPrefix(ref, "#"))
	switch {
	case err != nil:
		return nil, false
	case path == "":
		return nil, true
	case path[0] != '/':
		return nil, false
	}
	parts = strings.Split(path[1:], "/")
	for i, part := range parts {
		parts[i] = unescape.Replace(part)
	}
	return parts, true
}

var (
	unescape = strings.NewReplacer("~1", "/", "~0", "~")
	escape   = strings.NewReplacer("~", "~0", "/", "~1")
)

// child returns the member or element of n that one part of a pointer names, or nil.
func (t *tree) child(n *yaml.Node, part string) *yaml.Node {
	if n.Kind == yaml.SequenceNode {
		if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i]
		}
		return nil
	}
	_, value := t.members.Find(n, part)
	return value
}

// finder returns the key or value of a member of a mapping and its name; nil if it does not exist.
type finder func(mapping *yaml.Node) (found *yaml.Node, name string)

// in returns the first node below n that f finds, and its place. Values with a key in skip are not searched. It only builds that
// place: the places of all nodes of a large document would cost far more than the search.
func (f finder) in(n *yaml.Node, at model.Place, skip ...string) (*yaml.Node, model.Place) {
	found, path := f.search(n, skip)
	if found == nil {
		return nil, at
	}
	for _, s := range slices.Backward(path) {
		if s.Index >= 0 {
			at = at.Item(s.Index)
		} else {
			at = at.Child(s.Key)
		}
	}
	return found, at.At(found.Line)
}

// search returns the node that it found, and the steps to it from the last to the first.
func (f finder) search(n *yaml.Node, skip []string) (*yaml.Node, []model.Step) {
	mapping := n.Kind == yaml.MappingNode
	if mapping {
		if found, name := f(n); found != nil {
			return found, []model.Step{{Key: name, Index: -1}}
		}
	}
	for i, c := range n.Content {
		step := model.Step{Index: i}
		if mapping {
			step = model.Step{Key: n.Content[i-i%2].Value, Index: -1}
		}
		if mapping && i%2 == 1 && slices.Contains(skip, step.Key) {
			continue
		}
		if found, path := f.search(c, skip); found != nil {
			return found, append(path, step)
		}
	}
	return nil, nil
}

// repeated warns of the first duplicate key in a mapping that the reader did not read, such as a schema.
func (r *reader) repeated() {
	key, at := finder(func(mapping *yaml.Node) (*yaml.Node, string) {
		if r.checked[mapping] {
			return nil, ""
		}
		return repeatedKey(mapping)
	}).in(r.doc.root, r.at)
	if key != nil {
		r.problems.Warnf(model.InputDuplicate, at, "appears more than once; remove one of them")
	}
}

// repeatedKey returns the first duplicate scalar key of a mapping, or nil.
func repeatedKey(mapping *yaml.Node) (key *yaml.Node, name string) {
	const few = 16
	if len(mapping.Content) <= 2*few {
		for i := 2; i+1 < len(mapping.Content); i += 2 {
			key := mapping.Content[i]
			for j := 0; j < i && key.Kind == yaml.ScalarNode; j += 2 {
				if mapping.Content[j].Value == key.Value {
					return key, key.Value
				}
			}
		}
		return nil, ""
	}
	seen := make(map[string]bool, len(mapping.Content)/2)
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key := mapping.Content[i]
		if key.Kind == yaml.ScalarNode && seen[key.Value] {
			return key, key.Value
		}
		seen[key.Value] = true
	}
	return nil, ""
}
