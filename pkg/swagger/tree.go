package swagger

import (
	"net/url"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// resolve gives the node that the reference "#/..." (RFC 6901 in a URI fragment) points to, and its place.
func resolve(root *yaml.Node, at model.Place, ref string) (*yaml.Node, model.Place) {
	pointer, err := url.PathUnescape(strings.TrimPrefix(ref, "#"))
	if err != nil {
		return nil, at
	}
	if pointer == "" {
		return root, at
	}
	if pointer[0] != '/' {
		return nil, at
	}
	n := root
	for _, part := range strings.Split(pointer[1:], "/") {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		switch n.Kind {
		case yaml.MappingNode:
			n, at = krm.Get(n, part), at.Child(part)
		case yaml.SequenceNode:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(n.Content) {
				return nil, at
			}
			n, at = n.Content[i], at.Item(i)
		default:
			return nil, at
		}
		if n == nil {
			return nil, at
		}
	}
	return n, at
}

// step leads from a place to one in it.
type step func(model.Place) model.Place

// find gives the first node that match finds in a mapping in n, and its place. Only that place is ever built: those of
// all nodes of a large document would cost far more than the search.
func find(n *yaml.Node, at model.Place, match func(mapping *yaml.Node) (key, found *yaml.Node)) (*yaml.Node, model.Place) {
	found, trail := search(n, match)
	if found == nil {
		return nil, at
	}
	for i := len(trail) - 1; i >= 0; i-- {
		at = trail[i](at)
	}
	return found, at.At(found.Line)
}

// search gives the steps to what it found from the last to the first.
func search(n *yaml.Node, match func(*yaml.Node) (key, found *yaml.Node)) (*yaml.Node, []step) {
	if n.Kind == yaml.MappingNode {
		if key, found := match(n); found != nil {
			return found, []step{func(p model.Place) model.Place { return p.Child(key.Value) }}
		}
	}
	for i, c := range n.Content {
		found, trail := search(c, match)
		switch {
		case found == nil:
		case n.Kind == yaml.SequenceNode:
			return found, append(trail, func(p model.Place) model.Place { return p.Item(i) })
		default:
			return found, append(trail, func(p model.Place) model.Place { return p.Child(n.Content[i-i%2].Value) })
		}
	}
	return nil, nil
}

// repeated warns of the first key that stands twice in a mapping that the reader did not look at, such as a schema.
func (r *reader) repeated() {
	key, at := find(r.doc.root, r.at, func(mapping *yaml.Node) (key, found *yaml.Node) {
		if r.checked[mapping] {
			return nil, nil
		}
		key = repeatedKey(mapping)
		return key, key
	})
	if key != nil {
		r.problems.Warnf(model.InputDuplicate, at, "stands twice; remove one of them")
	}
}

// repeatedKey gives a scalar key of the mapping n that stands there before, or nil.
func repeatedKey(n *yaml.Node) *yaml.Node {
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind == yaml.ScalarNode && seen[key.Value] {
			return key
		}
		seen[key.Value] = true
	}
	return nil
}
