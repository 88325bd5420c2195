package check

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/pkg/krm"
)

// entry is an object of a list with the labels that selectors see.
type entry struct {
	item   *krm.Item
	labels map[string]string
}

// labelIndex finds objects by labels and namespaces, so that a selector has to be compared with few of them. What it
// gives is more than what a selector matches: the caller has to compare.
type labelIndex struct {
	list  []entry
	all   postings
	pairs map[pair]*postings
	names map[string][]int
}

type pair struct{ key, value string }

// postings are positions in a list, in order. They are sorted by namespace once there are many of them.
type postings struct {
	at      []int
	bySpace map[string][]int
}

// few is how many positions are not worth to be sorted by namespace.
const few = 8

// newLabelIndex indexes the labels with the keys that count, which are those of the selectors that are going to ask.
func newLabelIndex(list []entry, counts map[string]bool) *labelIndex {
	x := &labelIndex{list: list, pairs: map[pair]*postings{}}
	x.all.at = make([]int, len(list))
	for i, l := range list {
		x.all.at[i] = i
		for k, v := range l.labels {
			if !counts[k] {
				continue
			}
			p := x.pairs[pair{k, v}]
			if p == nil {
				p = &postings{}
				x.pairs[pair{k, v}] = p
			}
			p.at = append(p.at, i)
		}
	}
	return x
}

// named gives the positions of the objects of a name.
func (x *labelIndex) named(name string) []int {
	if x.names == nil {
		x.names = map[string][]int{}
		for i, l := range x.list {
			x.names[l.item.Place.Object.Name] = append(x.names[l.item.Place.Object.Name], i)
		}
	}
	return x.names[name]
}

// find gives the positions, in order, of the objects that may have all the labels and be in one of the namespaces; of
// all namespaces if there is none.
func (x *labelIndex) find(pairs map[string]string, spaces []string) []int {
	best := &x.all
	for k, v := range pairs {
		p := x.pairs[pair{k, v}]
		if p == nil {
			return nil
		}
		if len(p.at) < len(best.at) {
			best = p
		}
	}
	return x.within(best, spaces)
}

// anyOf gives the positions, in order, of the objects that have one of the labels.
func (x *labelIndex) anyOf(pairs map[string]string) []int {
	var out []int
	for k, v := range pairs {
		if p := x.pairs[pair{k, v}]; p != nil {
			out = append(out, p.at...)
		}
	}
	return sortedPositions(out)
}

func (x *labelIndex) within(p *postings, spaces []string) []int {
	if len(spaces) == 0 || len(p.at) <= few {
		return p.at
	}
	if p.bySpace == nil {
		p.bySpace = map[string][]int{}
		for _, i := range p.at {
			ns := x.list[i].item.Place.Object.Namespace
			p.bySpace[ns] = append(p.bySpace[ns], i)
		}
	}
	var out []int
	for _, ns := range spaces {
		if found := p.bySpace[ns]; out == nil {
			out = found
		} else if len(found) > 0 {
			out = slices.Concat(out, found)
		}
	}
	return sortedPositions(out)
}

// sortedPositions sorts positions and leaves out those that stand twice. It does not change what is sorted.
func sortedPositions(list []int) []int {
	sorted := true
	for i := 1; i < len(list) && sorted; i++ {
		sorted = list[i-1] < list[i]
	}
	if sorted {
		return list
	}
	list = slices.Clone(list)
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
