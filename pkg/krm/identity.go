package krm

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm/fastyaml"
)

// nodeReader is fastyaml.WithNodes or withIdentity.
type nodeReader func(text string, look func(docs []Document, ok bool))

// withIdentity calls look with the nodes of a text, in which literal blocks are raw, unless they are in the identity of an
// object.
func withIdentity(text string, look func(docs []Document, ok bool)) {
	literal := false
	fastyaml.WithNodesRawLiterals(text, func(docs []Document, ok bool) {
		literal = slices.ContainsFunc(docs, func(d Document) bool { return identifiedByLiteral(itself(d.Root)) })
		if !literal {
			look(docs, ok)
		}
	})
	if literal {
		fastyaml.WithNodes(text, look)
	}
}

// itself returns n, or its only element if it is a list.
func itself(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.SequenceNode && len(n.Content) == 1 {
		return n.Content[0]
	}
	return n
}

func identifiedByLiteral(n *yaml.Node) bool {
	return hasLiteral(Get(n, "apiVersion")) || hasLiteral(Get(n, "kind")) || hasLiteral(Get(n, "metadata"))
}

func hasLiteral(n *yaml.Node) bool {
	return n != nil && (n.Style == yaml.LiteralStyle || slices.ContainsFunc(n.Content, hasLiteral))
}
