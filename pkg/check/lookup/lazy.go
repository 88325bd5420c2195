package lookup

import (
	"slices"
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

// SortedKeys returns the keys of m in order.
func SortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
