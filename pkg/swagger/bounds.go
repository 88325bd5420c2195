package swagger

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
)

// The bounds of a document that is judged as a whole. kin-openapi reads the text of a value again on every level that
// holds it, visits the target of a reference for every reference to it, follows all references anew from every place
// that has a schema, and copies targets outside of the components, so that a document of one kilobyte could take it
// hours. Within these bounds it takes seconds at most.
const (
	maxSize    = 200_000
	maxNesting = 100
	maxWeight  = 3_000_000 // the size of all values, each as often as it is read
	maxVisits  = 3_000_000 // the size of what is reached through references
	maxCopied  = 1_000     // targets outside of the components
)

// survey measures what judging a document costs, and finds the references that lead nowhere.
type survey struct {
	doc  *Document
	tree tree
	// components has the node of each component by the reference to it.
	components map[string]*yaml.Node
	// inner are the references within schemas that have a name, outer all others, and named those that there could be
	// to these schemas. From each of the outer and the named validation follows all references anew.
	inner, outer, named []string
	targets             map[string]*target

	size, weight, depth, visits, copied int
	// bases tells that a schema has an $id, against which references are resolved.
	bases bool
}

// target is what a reference points to. A target that is a reference is not one; it leads to one.
type target struct {
	size int
	refs []string
	// copied tells that the target is copied for every reference to it, endless that the reference leads to too many
	// others, unclear that kin-openapi resolves it in a way of its own or not at all, missing that it leads nowhere.
	copied, endless, unclear, missing bool
	// closure is the size of all that can be reached from here, 0 if it was not added up yet.
	closure int
}

// look surveys a document, and says why it cannot be judged, or "".
func look(d *Document) (*survey, string) {
	s := &survey{doc: d, tree: newTree(d.root), components: map[string]*yaml.Node{}, targets: map[string]*target{}}
	s.measure(d.root, 1, 1)
	if s.size > maxSize || s.depth > maxNesting || s.weight > maxWeight {
		return nil, "it is too large"
	}
	s.collect()
	for _, ref := range s.inner {
		if s.visits += s.target(ref).size; s.visits > maxVisits || s.copied > maxCopied {
			return nil, "it has too many references"
		}
	}
	for _, ref := range slices.Concat(s.outer, s.named) {
		if s.visits += s.closure(ref); s.visits > maxVisits || s.copied > maxCopied {
			return nil, "it has too many references"
		}
	}
	if s.multiplies() {
		return s, "its references refer to each other"
	}
	return s, ""
}

// measure adds up n, whose text is read so many times.
func (s *survey) measure(n *yaml.Node, times, depth int) {
	s.size += own(n)
	s.weight += times * own(n)
	s.depth = max(s.depth, depth)
	for i, c := range n.Content {
		s.bases = s.bases || c.Value == "$id" && n.Kind == yaml.MappingNode && i%2 == 0
		if i%2 == 1 && n.Content[i-1].Value == "additionalProperties" {
			s.measure(c, times+5, depth+1) // is read, written and read again
		} else {
			s.measure(c, times+1, depth+1)
		}
	}
}

// collect finds the components and the references.
func (s *survey) collect() {
	v, root := s.doc.version, s.doc.root
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i].Value, root.Content[i+1]
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
var shared = []string{
	"#/definitions/", "#/parameters/", "#/responses/", "#/components/schemas/", "#/components/parameters/",
	"#/components/headers/", "#/components/requestBodies/", "#/components/responses/", "#/components/securitySchemes/",
	"#/components/examples/", "#/components/links/", "#/components/callbacks/",
}

func (s *survey) section(prefix string, n *yaml.Node) {
	if n.Kind != yaml.MappingNode || !slices.Contains(shared, prefix) {
		s.outer = references(n, s.outer)
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		ref := prefix + escape.Replace(n.Content[i].Value)
		s.components[ref] = n.Content[i+1]
		if prefix == "#/definitions/" || prefix == "#/components/schemas/" {
			s.named = append(s.named, ref)
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
	n := s.lookup(ref, t)
	for hops := 0; krm.Text(n, "$ref") != ""; hops++ {
		if hops == maxHops {
			t.endless = true
			return t
		}
		var next target
		n = s.lookup(krm.Text(n, "$ref"), &next)
		t.copied = t.copied || next.copied
		t.unclear = t.unclear || next.unclear
	}
	if n != nil {
		t.size = size(n)
		t.refs = references(n, nil)
	}
	if t.copied {
		t.size *= 4 // is written and read again
		s.copied++
	}
	return t
}

func (s *survey) lookup(ref string, t *target) *yaml.Node {
	if n := s.components[ref]; n != nil {
		return n
	}
	return s.outside(ref, t)
}

// outside gives the target of a reference that names no component.
func (s *survey) outside(ref string, t *target) *yaml.Node {
	modern := s.doc.version != swagger2 && s.doc.version != "3.0"
	parts, ok := pointer(ref)
	if !ok || ref[0] != '#' {
		// Since 3.1 it may name an $anchor, or be relative to an $id.
		t.unclear = modern && (ref[0] == '#' || s.bases)
		t.missing = !t.unclear
		return nil
	}
	t.copied = true
	t.unclear = s.doc.version == swagger2 && !strings.HasPrefix(ref, "#/definitions/")
	n := s.doc.root
	for _, part := range parts {
		next := s.tree.child(n, part)
		if next == nil {
			t.unclear = t.unclear || krm.Text(n, "$ref") != ""
			t.missing = !t.unclear
			return nil
		}
		n = next
	}
	return n
}

// own is the size of n without what it holds: a value has 1, and more if it is long.
func own(n *yaml.Node) int { return 1 + len(n.Value)/32 }

func size(n *yaml.Node) int {
	total := own(n)
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

// multiplies tells whether anything that is copied refers to something that is copied, so that the number of copies
// could grow exponentially, or a reference leads to too many others in a row.
func (s *survey) multiplies() bool {
	isCopied := func(ref string) bool { return s.target(ref).copied }
	for _, ref := range slices.Concat(s.inner, s.outer, s.named) {
		if t := s.target(ref); t.endless || t.copied && slices.ContainsFunc(t.refs, isCopied) {
			return true
		}
	}
	return false
}
