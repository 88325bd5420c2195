package check

import (
	"cmp"
	"slices"
	"sort"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// labelIndex finds objects of a list by labels and namespaces, so that a selector has to be compared with few of them. What
// it gives is more than what a selector matches: the caller has to compare.
type labelIndex struct {
	size int
	// object returns the namespace and name of the object at a position, as it states them.
	object func(at int) (namespace, name string)
	// byKey are the postings of each key. They are in the order of values, namespaces and positions, which takes a fraction
	// of the memory of a map.
	byKey map[string][]posting
	// all are the postings of all objects, without values, by namespace.
	all   once[[]posting]
	names once[map[string][]int]
}

// posting is the value that a label has for the object at a position.
type posting struct {
	value string
	at    int
}

// few is how many postings are not worth to be looked up by namespace.
const few = 8

// newLabelIndex indexes the labels with the keys that count, which are those of the selectors that are going to ask.
func newLabelIndex(size int, object func(at int) (namespace, name string), labels func(at int) map[string]string, counts map[string]bool) *labelIndex {
	x := &labelIndex{size: size, object: object, byKey: map[string][]posting{}}
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

func (x *labelIndex) sort(list []posting) {
	slices.SortFunc(list, func(a, b posting) int {
		if c := cmp.Compare(a.value, b.value); c != 0 {
			return c
		}
		return cmp.Or(cmp.Compare(x.space(a), x.space(b)), cmp.Compare(a.at, b.at))
	})
}

// space is the namespace of an object, as it is stated.
func (x *labelIndex) space(p posting) string {
	namespace, _ := x.object(p.at)
	return namespace
}

// named gives the positions of the objects of a name.
func (x *labelIndex) named(name string) []int {
	return x.names.get(func() map[string][]int {
		names := map[string][]int{}
		for i := range x.size {
			_, name := x.object(i)
			names[name] = append(names[name], i)
		}
		return names
	})[name]
}

// find gives the positions, in order, of the objects that may have all the labels and be in one of the namespaces; of
// all namespaces if there is none.
func (x *labelIndex) find(pairs map[string]string, spaces []string) []int {
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
func (x *labelIndex) with(key, value string) []posting {
	return equalRange(x.byKey[key], func(p posting) int { return cmp.Compare(p.value, value) })
}

func (x *labelIndex) everything() []posting {
	return x.all.get(func() []posting {
		all := make([]posting, x.size)
		for i := range all {
			all[i].at = i
		}
		x.sort(all)
		return all
	})
}

// positions gives all positions, in order.
func (x *labelIndex) positions() []int { return sortedPositions(appendPositions(nil, x.everything())) }

// like gives the positions, in order, of the objects that have a name or one of the labels.
func (x *labelIndex) like(name string, pairs map[string]string) []int {
	return sortedPositions(slices.Concat(x.named(name), x.anyOf(pairs)))
}

// anyOf gives the positions, in order, of the objects that have one of the labels.
func (x *labelIndex) anyOf(pairs map[string]string) []int {
	var out []int
	for k, v := range pairs {
		out = appendPositions(out, x.with(k, v))
	}
	return sortedPositions(out)
}

// within gives the positions, in order, of postings that have one value.
func (x *labelIndex) within(list []posting, spaces []string) []int {
	if len(spaces) == 0 || len(list) <= few {
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

// spacesOf are the namespaces, as objects state them, in which those may be that meet one of a namespace; none stands
// for all.
func spacesOf(ns string) []string {
	if ns == "" {
		return nil
	}
	return []string{ns, ""}
}

// spaced are values by the namespaces that their objects state.
type spaced[T any] struct {
	all []T
	in  map[string][]T
}

func (s *spaced[T]) add(ns string, v T) {
	if s.in == nil {
		s.in = map[string][]T{}
	}
	s.all, s.in[ns] = append(s.all, v), append(s.in[ns], v)
}

// near are those that meet an object of a namespace; they are in order only if ns is "".
func (s *spaced[T]) near(ns string) []T {
	if ns == "" || len(s.all) == len(s.in[ns]) {
		return s.all
	}
	if len(s.in[""]) == 0 {
		return s.in[ns]
	}
	return slices.Concat(s.in[ns], s.in[""])
}

// required are the labels that a selector demands with one value each.
func required(s *metav1.LabelSelector) map[string]string {
	if s == nil {
		return nil
	}
	out := s.MatchLabels
	for _, r := range s.MatchExpressions {
		if r.Operator != metav1.LabelSelectorOpIn || len(r.Values) != 1 {
			continue
		}
		if len(out) == len(s.MatchLabels) {
			out = withoutKeys(out, nil)
		}
		out[r.Key] = r.Values[0]
	}
	return out
}

// withoutKeys copies a set of labels but for some.
func withoutKeys(set map[string]string, keys []string) map[string]string {
	out := make(map[string]string, len(set))
	for k, v := range set {
		if !slices.Contains(keys, k) {
			out[k] = v
		}
	}
	return out
}

// sharer gives equal lists one array, by their first elements: thousands of Services or containers have the same ports.
type sharer[T comparable] map[T][][]T

func (s sharer[T]) share(list []T) []T {
	if len(list) == 0 {
		return nil
	}
	known := s[list[0]]
	if i := slices.IndexFunc(known, func(k []T) bool { return slices.Equal(k, list) }); i >= 0 {
		return known[i]
	}
	if len(known) < few {
		s[list[0]] = append(known, list)
	}
	return list
}
