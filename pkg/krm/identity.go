package krm

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm/fastyaml"
)

// reading is withNodes or withIdentity.
type reading func(text string, look func(docs []Document, ok bool))

// withNodes calls look with the nodes of a text; they are gone when it returns.
func withNodes(text string, look func(docs []Document, ok bool)) { fastyaml.WithNodes(text, look) }

// withIdentity is withNodes for those who do not need what literal blocks hold, unless there are some in what identifies an
// object: the value of one is the text that it is written in.
func withIdentity(text string, look func(docs []Document, ok bool)) {
	literal := false
	fastyaml.WithNodesRawLiterals(text, func(docs []Document, ok bool) {
		literal = slices.ContainsFunc(docs, func(d Document) bool { return identifiedByLiteral(itself(d.Root)) })
		if !literal {
			look(docs, ok)
		}
	})
	if literal {
		withNodes(text, look)
	}
}

// itself is an object that may stand in a list as its only element.
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
