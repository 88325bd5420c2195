package lookup

import (
	"cmp"
	"slices"
	"sort"
)

// Index finds objects of a list by labels and namespaces, so that a selector has to be compared with few of them. What
// it gives is more than what a selector matches: the caller has to compare.
type Index struct {
	size int
	// object returns the namespace and name of the object at a position, as it states them.
	object func(at int) (namespace, name string)
	// byKey are the postings of each key. They are in the order of values, namespaces and positions, which takes a fraction
	// of the memory of a map.
	byKey map[string][]posting
	// all are the postings of all objects, without values, by namespace.
	all   Lazy[[]posting]
	names Lazy[map[string][]int]
}

// posting is the value that a label has for the object at a position.
type posting struct {
	value string
	at    int
}

// NewIndex indexes the labels with the keys that count, which are those of the selectors that are going to ask.
func NewIndex(
	size int, object func(at int) (namespace, name string), labels func(at int) map[string]string, counts map[string]bool,
) *Index {
	x := &Index{size: size, object: object, byKey: map[string][]posting{}}
	for at := range size {
		for k, v := range labels(at) {
			if counts[k] {
				x.byKey[k] = append(x.byKey[k], posting{v, at})
			}
		}
	}
	for _, list := range x.byKey {
		x.sort(list)
	}
	return x
}

func (x *Index) sort(list []posting) {
	slices.SortFunc(list, func(a, b posting) int {
		if c := cmp.Compare(a.value, b.value); c != 0 {
			return c
		}
		return cmp.Or(cmp.Compare(x.space(a), x.space(b)), cmp.Compare(a.at, b.at))
	})
}

// space is the namespace of an object, as it is stated.
func (x *Index) space(p posting) string {
	namespace, _ := x.object(p.at)
	return namespace
}

// Named gives the positions of the objects of a name.
func (x *Index) Named(name string) []int {
	return x.names.Get(func() map[string][]int {
		names := map[string][]int{}
		for i := range x.size {
			_, name := x.object(i)
			names[name] = append(names[name], i)
		}
		return names
	})[name]
}

// Find gives the positions, in order, of the objects that may have all the labels and be in one of the namespaces; of
// all namespaces if there is none.
func (x *Index) Find(pairs map[string]string, spaces []string) []int {
	var best []posting
	for k, v := range pairs {
		found := x.with(k, v)
		if len(found) == 0 {
			return nil
		}
		if best == nil || len(found) < len(best) {
			best = found
		}
	}
	if best == nil {
		best = x.everything()
	}
	return x.within(best, spaces)
}

// with are the postings of a label.
func (x *Index) with(key, value string) []posting {
	return equalRange(x.byKey[key], func(p posting) int { return cmp.Compare(p.value, value) })
}

func (x *Index) everything() []posting {
	return x.all.Get(func() []posting {
		all := make([]posting, x.size)
		for i := range all {
			all[i].at = i
		}
		x.sort(all)
		return all
	})
}

// Positions gives all positions, in order.
func (x *Index) Positions() []int { return sortedPositions(appendPositions(nil, x.everything())) }

// Like returns the positions, in order, of the objects that have a name or one of the labels.
func (x *Index) Like(name string, pairs map[string]string) []int {
	out := slices.Clone(x.Named(name))
	for k, v := range pairs {
		out = appendPositions(out, x.with(k, v))
	}
	return sortedPositions(out)
}

// within gives the positions, in order, of postings that have one value.
func (x *Index) within(list []posting, spaces []string) []int {
	if len(spaces) == 0 || len(list) <= maxUnindexed {
		return sortedPositions(appendPositions(nil, list))
	}
	var out []int
	for _, ns := range spaces {
		out = appendPositions(out, equalRange(list, func(p posting) int { return cmp.Compare(x.space(p), ns) }))
	}
	return sortedPositions(out)
}

// equalRange are the elements of a sorted list for which compare gives 0.
func equalRange[T any](list []T, compare func(T) int) []T {
	list = list[sort.Search(len(list), func(i int) bool { return compare(list[i]) >= 0 }):]
	return list[:sort.Search(len(list), func(i int) bool { return compare(list[i]) > 0 })]
}

func appendPositions(out []int, list []posting) []int {
	out = slices.Grow(out, len(list))
	for _, p := range list {
		out = append(out, p.at)
	}
	return out
}

// sortedPositions sorts positions in place and leaves out those that stand twice.
func sortedPositions(list []int) []int {
	slices.Sort(list)
	return slices.Compact(list)
}
