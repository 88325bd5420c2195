package swagger

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
)

// The limits of a document that is validated as a whole. kin-openapi reads the text of a value again on every level that
// contains it, visits the target of a reference for every reference to it, follows all references again from every place that
// has a schema, and copies targets outside the components. A document of one kilobyte could take it hours. Within these limits,
// it takes seconds at most.
const (
	maxSize    = 200_000
	maxNesting = 100
	maxWeight  = 3_000_000 // the size of all values, each as often as it is read
	maxVisits  = 3_000_000 // the size of everything that references reach
	maxCopied  = 1_000     // targets outside of the components
)

// documentStats measures the cost of validating a document, and finds the references that are broken.
type documentStats struct {
	doc  *Document
	tree tree
	// components has the node of each component by the reference to it.
	components map[string]*yaml.Node
	// inner are the references within named schemas, outer all others, and named all possible references to named schemas.
	// Validation follows all references again from each of the outer and the named ones.
	inner, outer, named []string
	targets             map[string]*target

	size, weight, depth, visits, copied int
	// bases means that a schema has an $id, against which references are resolved.
	bases bool
}

// target is what a reference points to, after it followed references to references.
type target struct {
	size int
	refs []string
	// copied means that the target is copied for every reference to it, endless that the reference follows too many others,
	// unclear that kin-openapi resolves it differently or not at all, and missing that it is broken.
	copied, endless, unclear, missing bool
	// closure is the size of everything that the target reaches, 0 if it is not computed yet.
	closure int
}

// measureDocument measures a document. It returns why the document cannot be validated, or "".
func measureDocument(d *Document) (*documentStats, string) {
	s := &documentStats{
		doc: d, tree: tree{d.root, krm.Members{}}, components: map[string]*yaml.Node{}, targets: map[string]*target{},
	}
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

// measure adds n, whose text is read the given number of times.
func (s *documentStats) measure(n *yaml.Node, times, depth int) {
	s.size += own(n)
	s.weight += times * own(n)
	s.depth = max(s.depth, depth)
	for i, c := range n.Content {
		s.bases = s.bases || c.Value == "$id" && n.Kind == yaml.MappingNode && i%2 == 0
		more := 1
		if i%2 == 1 && n.Content[i-1].Value == "additionalProperties" {
			more = 5 // is read, written and read again
		}
		s.measure(c, times+more, depth+1)
	}
}

// collect finds the components and the references.
func (s *documentStats) collect() {
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

// shared are the sections of components that all references share.
var shared = []string{
	"#/definitions/", "#/parameters/", "#/responses/", "#/components/schemas/", "#/components/parameters/",
	"#/components/headers/", "#/components/requestBodies/", "#/components/responses/", "#/components/securitySchemes/",
	"#/components/examples/", "#/components/links/", "#/components/callbacks/",
}

func (s *documentStats) section(prefix string, n *yaml.Node) {
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

func (s *documentStats) target(ref string) *target {
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

// lookup returns the target of a reference. One that names no component is resolved in the whole document.
func (s *documentStats) lookup(ref string, t *target) *yaml.Node {
	if n := s.components[ref]; n != nil {
		return n
	}
	modern := s.doc.version != swagger2 && s.doc.version != "3.0"
	parts, ok := pointer(ref)
	if !ok || ref[0] != '#' {
		// Starting with 3.1, it can name an $anchor, or be relative to an $id.
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

// own returns the size of n without its contents: 1, or more for a long value.
func own(n *yaml.Node) int { return 1 + len(n.Value)/32 }

func size(n *yaml.Node) int {
	total := own(n)
	for _, c := range n.Content {
		total += size(c)
	}
	return total
}

func (s *documentStats) closure(ref string) int {
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

// multiplies reports whether a copied target refers to another copied target, so the number of copies could grow exponentially,
// or a reference follows too many others in a row.
func (s *documentStats) multiplies() bool {
	isCopied := func(ref string) bool { return s.target(ref).copied }
	for _, ref := range slices.Concat(s.inner, s.outer, s.named) {
		if t := s.target(ref); t.endless || t.copied && slices.ContainsFunc(t.refs, isCopied) {
			return true
		}
	}
	return false
}
