package lookup

import (
	"slices"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// maxUnindexed is how many postings are not worth to be looked up by namespace.
const maxUnindexed = 8

// Interner gives equal lists one array, by their first elements: thousands of Services or containers have the same ports.
type Interner[T comparable] map[T][][]T

// Intern returns a list that is equal to list.
func (s Interner[T]) Intern(list []T) []T {
	if len(list) == 0 {
		return nil
	}
	known := s[list[0]]
	if i := slices.IndexFunc(known, func(k []T) bool { return slices.Equal(k, list) }); i >= 0 {
		return known[i]
	}
	if len(known) < maxUnindexed {
		s[list[0]] = append(known, list)
	}
	return list
}

// Lazy is a value that is found once.
type Lazy[T any] struct{ value *T }

// Get returns the value; find finds it the first time.
func (o *Lazy[T]) Get(find func() T) T {
	if o.value == nil {
		v := find()
		o.value = &v
	}
	return *o.value
}

// Remember finds a value once.
func Remember[K comparable, V any](known map[K]V, key K, find func(K) V) V {
	v, ok := known[key]
	if !ok {
		v = find(key)
		known[key] = v
	}
	return v
}

// Distinct sorts names in place and removes duplicates.
func Distinct(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// Except returns list without the elements for which unwanted is true. It copies only if there are any.
func Except[T any](list []T, unwanted func(T) bool) []T {
	if !slices.ContainsFunc(list, unwanted) {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), unwanted)
}

// NamespacesFor are the namespaces, as objects state them, in which those may be that meet one of a namespace; none stands
// for all.
func NamespacesFor(ns string) []string {
	if ns == "" {
		return nil
	}
	return []string{ns, ""}
}

// ByNamespace are values by the namespaces that their objects state.
type ByNamespace[T any] struct {
	All []T
	in  map[string][]T
}

// Add adds a value whose object states a namespace.
func (s *ByNamespace[T]) Add(ns string, v T) {
	if s.in == nil {
		s.in = map[string][]T{}
	}
	s.All, s.in[ns] = append(s.All, v), append(s.in[ns], v)
}

// PossiblyIn are those that meet an object of a namespace; they are in order only if ns is "".
func (s *ByNamespace[T]) PossiblyIn(ns string) []T {
	if ns == "" || len(s.All) == len(s.in[ns]) {
		return s.All
	}
	if len(s.in[""]) == 0 {
		return s.in[ns]
	}
	return slices.Concat(s.in[ns], s.in[""])
}

// Relation says whether two objects are in one namespace.
type Relation int

const (
	// Different is where both state a namespace, and not the same.
	Different Relation = iota
	// Unknown is where only one of them states a namespace: they meet if the other one is applied to it by
	// `kubectl apply -n`, `helm install -n` or the destination of an Argo CD application.
	Unknown
	// Same is where both mean one namespace.
	Same
)

// CompareNamespaces compares two namespaces as they are written. What states none goes to one namespace, most often default.
func CompareNamespaces(a, b string) Relation {
	switch {
	case a == b || model.NamespaceOf(a) == model.NamespaceOf(b):
		return Same
	case a == "" || b == "":
		return Unknown
	}
	return Different
}
