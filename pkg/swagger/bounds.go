package swagger

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// The bounds of a document that is judged as a whole. kin-openapi reads the text of a value again on every level that
// holds it, visits the target of a reference for every reference to it, follows all references anew from every place
// that has a schema, and copies targets outside of the components, so that a document of one kilobyte could take it
// hours. Within these bounds it takes seconds at most.
const (
	maxNodes   = 200_000
	maxNesting = 100
	maxWeight  = 3_000_000 // the sum of the depths of all nodes
	maxVisits  = 3_000_000 // nodes that are reached through references
	maxCopied  = 1_000     // targets outside of the components
)

// survey measures what judging a document costs.
type survey struct {
	root *yaml.Node
	// components has the node of each component by the reference to it.
	components map[string]*yaml.Node
	// inner are the references within schemas that have a name, outer all others and those to these schemas: from
	// each of them validation follows all references anew.
	inner, outer []string
	targets      map[string]*target

	nodes, weight, depth, visits, copied int
}

// target is what a reference points to.
type target struct {
	size int
	refs []string
	// copied tells that the target is copied for every reference to it.
	copied bool
	// closure is the number of nodes that can be reached from here, 0 if it was not counted yet.
	closure int
}

// judgeable tells whether the document keeps the bounds.
func judgeable(d *Document) bool {
	s := survey{root: d.root, components: map[string]*yaml.Node{}, targets: map[string]*target{}}
	s.measure(d.root, 1)
	if s.nodes > maxNodes || s.depth > maxNesting || s.weight > maxWeight {
		return false
	}
	s.collect(d.version)
	for _, ref := range s.inner {
		if s.visits += s.target(ref).size; s.visits > maxVisits || s.copied > maxCopied {
			return false
		}
	}
	for _, ref := range s.outer {
		if s.visits += s.closure(ref); s.visits > maxVisits || s.copied > maxCopied {
			return false
		}
	}
	return !s.copiesOfCopies()
}

func (s *survey) measure(n *yaml.Node, depth int) {
	s.nodes++
	s.weight += depth
	s.depth = max(s.depth, depth)
	for _, c := range n.Content {
		s.measure(c, depth+1)
	}
}

// collect finds the components and the references.
func (s *survey) collect(v specVersion) {
	for i := 0; i+1 < len(s.root.Content); i += 2 {
		key, value := s.root.Content[i].Value, s.root.Content[i+1]
		switch {
		case v == swagger2 && slices.Contains([]string{"definitions", "parameters", "responses"}, key):
			s.section("#/"+key+"/", value)
		case v != swagger2 && key == "components":
			for j := 0; j+1 < len(value.Content); j += 2 {
				s.section("#/components/"+value.Content[j].Value+"/", value.Content[j+1])
			}
		default:
			s.outer = references(value, s.outer)
		}
	}
}

// shared are the places of components that all references share.
var shared = []string{"#/definitions/", "#/parameters/", "#/responses/", "#/components/schemas/", "#/components/parameters/",
	"#/components/headers/", "#/components/requestBodies/", "#/components/responses/", "#/components/securitySchemes/",
	"#/components/examples/", "#/components/links/", "#/components/callbacks/"}

func (s *survey) section(prefix string, n *yaml.Node) {
	if n.Kind != yaml.MappingNode || !slices.Contains(shared, prefix) {
		s.outer = references(n, s.outer)
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		ref := prefix + strings.NewReplacer("~", "~0", "/", "~1").Replace(n.Content[i].Value)
		s.components[ref] = n.Content[i+1]
		if prefix == "#/definitions/" || prefix == "#/components/schemas/" {
			s.outer = append(s.outer, ref)
			s.inner = references(n.Content[i+1], s.inner)
		} else {
			s.outer = references(n.Content[i+1], s.outer)
		}
	}
}

// references appends the references in n to refs.
func references(n *yaml.Node, refs []string) []string {
	if ref := krm.Text(n, "$ref"); ref != "" {
		refs = append(refs, ref)
	}
	for _, c := range n.Content {
		refs = references(c, refs)
	}
	return refs
}

func (s *survey) target(ref string) *target {
	if t := s.targets[ref]; t != nil {
		return t
	}
	t := &target{}
	s.targets[ref] = t
	n := s.components[ref]
	if n == nil || krm.Text(n, "$ref") != "" {
		t.copied = true
		s.copied++
		n, _ = resolve(s.root, model.Place{}, ref)
	}
	if n != nil {
		t.size = size(n)
		t.refs = references(n, nil)
	}
	return t
}

func size(n *yaml.Node) int {
	total := 1
	for _, c := range n.Content {
		total += size(c)
	}
	return total
}

func (s *survey) closure(ref string) int {
	first := s.target(ref)
	if first.closure > 0 {
		return first.closure
	}
	seen := map[*target]bool{first: true}
	for queue := []*target{first}; len(queue) > 0; queue = queue[1:] {
		first.closure += queue[0].size + 1
		for _, ref := range queue[0].refs {
			if t := s.target(ref); !seen[t] {
				seen[t] = true
				queue = append(queue, t)
			}
		}
	}
	return first.closure
}

// copiesOfCopies tells whether anything that is copied refers to something that is copied: the number of copies could
// then grow exponentially.
func (s *survey) copiesOfCopies() bool {
	for _, t := range s.targets {
		if !t.copied {
			continue
		}
		for _, ref := range t.refs {
			if s.target(ref).copied {
				return true
			}
		}
	}
	return false
}
