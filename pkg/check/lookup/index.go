package lookup

import (
	"hash/maphash"
	"slices"
)

// Index finds the positions of objects by namespace, name, and label, so that a selector is compared with few objects. What it
// returns includes every match, and may include more; the caller compares.
type Index struct {
	// keys are the label keys that are indexed.
	keys    map[string]bool
	objects []indexed
	// postings holds the positions for each hash of a term, in ascending order. whole means that it also has the terms of all
	// namespaces together, which are added when they are needed.
	postings map[uint64][]int32
	seed     maphash.Seed
	whole    bool
	// names holds the positions for each name. It is made when it is needed.
	names map[string][]int
}

type indexed struct {
	namespace, name string
	labels          map[string]string
}

// term is a label of objects in a namespace. The term with an empty key applies to every object of the namespace.
type term struct{ key, value, namespace string }

// anyNamespace stands for all namespaces; it is not a valid name.
const anyNamespace = "*"

// NewIndex returns an empty index of the labels with the given keys, for about n objects.
func NewIndex(keys map[string]bool, n int) *Index {
	return &Index{keys: keys, objects: make([]indexed, 0, n), postings: make(map[uint64][]int32, n), seed: maphash.MakeSeed()}
}

// Add adds an object at the next position.
func (x *Index) Add(namespace, name string, labels map[string]string) {
	position := len(x.objects)
	x.objects = append(x.objects, indexed{namespace, name, labels})
	x.post(namespace, position)
	if x.whole {
		x.post(anyNamespace, position)
	}
	x.names = nil
}

func (x *Index) post(namespace string, position int) {
	add := func(t term) {
		hash := maphash.Comparable(x.seed, t)
		x.postings[hash] = append(x.postings[hash], int32(position))
	}
	add(term{namespace: namespace})
	for k, v := range x.objects[position].labels {
		if x.keys[k] {
			add(term{k, v, namespace})
		}
	}
}

// find returns the positions of the objects with a term.
func (x *Index) find(t term) []int32 {
	if t.namespace == anyNamespace && !x.whole {
		x.whole = true
		for i := range x.objects {
			x.post(anyNamespace, i)
		}
	}
	return x.postings[maphash.Comparable(x.seed, t)]
}

// Named returns the positions of the objects with a name.
func (x *Index) Named(name string) []int {
	if x.names == nil {
		x.names = make(map[string][]int, len(x.objects))
		for i, o := range x.objects {
			x.names[o.name] = append(x.names[o.name], i)
		}
	}
	return x.names[name]
}

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
		out = appendInts(out, fewest)
	}
	return distinct(out)
}

// Like returns the positions, in ascending order, of objects that have the name or one of the labels. It returns at most 32 for
// each: a label that more objects have does not tell which one is meant.
func (x *Index) Like(name string, labels map[string]string) []int {
	const most = 32
	named := x.Named(name)
	out := slices.Clone(named[:min(len(named), most)])
	for k, v := range labels {
		found := x.find(term{k, v, anyNamespace})
		out = appendInts(out, found[:min(len(found), most)])
	}
	return distinct(out)
}

// distinct sorts positions in place and removes duplicates.
func distinct(positions []int) []int {
	slices.Sort(positions)
	return slices.Compact(positions)
}

func appendInts(out []int, more []int32) []int {
	for _, i := range more {
		out = append(out, int(i))
	}
	return out
}
