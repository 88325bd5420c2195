package adapter

import (
	"slices"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
)

// Suggestions are what the rules of an index give beside what is asked for.
type Suggestions struct {
	// Given are the names of metrics that rules give whatever is asked for, first the first rule of each. What the
	// open rules give depends on that.
	Given *lookup.Suggester
	First map[string]*Rule
	Open  []*Rule
}

// Suggestions are what the rules give beside what is asked for.
func (x *Index) Suggestions() Suggestions { return x.near.Get(x.findNear) }

func (x *Index) findNear() Suggestions {
	n := Suggestions{First: map[string]*Rule{}}
	var names []string
	for _, r := range x.Rules {
		if r.Namer == nil {
			continue
		}
		if r.Names() == nil {
			n.Open = append(n.Open, r)
			continue
		}
		for _, name := range ServedNames(r, "") {
			if n.First[name] == nil {
				n.First[name] = r
				names = append(names, name)
			}
		}
	}
	n.Given = lookup.NewSuggester(names)
	return n
}

// ServedNames lists names under which the rule serves the series that it lists, or else those from which metric is usually made.
func ServedNames(r *Rule, metric string) []string {
	if r.Namer == nil {
		return nil
	}
	series := r.Names()
	if series == nil {
		series = Counters(metric)[:1]
		if r.Specific() {
			series = slices.Concat(Variants(metric)[1:], enumeratePattern(r.Name.Matches))
		}
	}
	var out []string
	for _, name := range series {
		if r.Accepts(name) {
			if m := r.MetricOf(name); m != "" && !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
	return out
}
