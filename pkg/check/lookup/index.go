package lookup

import "slices"

// Index finds the positions of objects by namespace, name, and label, so that a selector is compared with few objects. What it
// returns includes every match, and may include more; the caller compares.
type Index struct {
	// keys are the label keys that are indexed.
	keys map[string]bool
	// labels are those of all objects. postings and names hold their positions in ascending order. whole means that postings also
	// has those in all namespaces together, which are added when they are needed.
	labels   []map[string]string
	postings map[term][]int
	names    map[string][]int
	whole    bool
}

// term is a label of objects in a namespace. The term with an empty key applies to every object of the namespace.
type term struct{ key, value, namespace string }

// anyNamespace stands for all namespaces; it is not a valid name.
const anyNamespace = "*"

// NewIndex returns an empty index of the labels with the given keys.
func NewIndex(keys map[string]bool) *Index {
	return &Index{keys: keys, postings: map[term][]int{}, names: map[string][]int{}}
}

// Add adds an object at the next position.
func (x *Index) Add(namespace, name string, labels map[string]string) {
	x.names[name] = append(x.names[name], len(x.labels))
	x.post(namespace, len(x.labels), labels)
	if x.whole {
		x.post(anyNamespace, len(x.labels), labels)
	}
	x.labels = append(x.labels, labels)
}

func (x *Index) post(namespace string, position int, labels map[string]string) {
	add := func(t term) { x.postings[t] = append(x.postings[t], position) }
	add(term{namespace: namespace})
	for k, v := range labels {
		if x.keys[k] {
			add(term{k, v, namespace})
		}
	}
}

// find returns the positions of the objects with a term.
func (x *Index) find(t term) []int {
	if t.namespace == anyNamespace && !x.whole {
		x.whole = true
		for i, labels := range x.labels {
			x.post(anyNamespace, i, labels)
		}
	}
	return x.postings[t]
}

// Named returns the positions of the objects with a name.
func (x *Index) Named(name string) []int { return x.names[name] }

// Find returns the positions, in ascending order, of objects in one of the namespaces that may have all labels. No namespaces
// means all of them. The keys of the labels must be indexed.
func (x *Index) Find(labels map[string]string, namespaces []string) []int {
	if len(namespaces) == 0 {
		namespaces = []string{anyNamespace}
	}
	var out []int
	for _, ns := range namespaces {
		fewest := x.find(term{namespace: ns})
		for k, v := range labels {
			if found := x.find(term{k, v, ns}); len(found) < len(fewest) {
				fewest = found
			}
		}
		out = append(out, fewest...)
	}
	return distinct(out)
}

// Like returns the positions, in ascending order, of objects that have the name or one of the labels. It returns at most 32 for
// each: a label that more objects have does not tell which one is meant.
func (x *Index) Like(name string, labels map[string]string) []int {
	const most = 32
	first := func(list []int) []int { return list[:min(len(list), most)] }
	out := slices.Clone(first(x.names[name]))
	for k, v := range labels {
		out = append(out, first(x.find(term{k, v, anyNamespace}))...)
	}
	return distinct(out)
}

// distinct sorts positions in place and removes duplicates.
func distinct(positions []int) []int {
	slices.Sort(positions)
	return slices.Compact(positions)
}
