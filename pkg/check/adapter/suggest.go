package adapter

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	adapterconfig "sigs.k8s.io/prometheus-adapter/pkg/config"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
)

// Suggestions are what rules serve, or would serve but for a mistake.
type Suggestions struct {
	// Names suggests metrics that rules serve whatever is requested, and First has the first rule that serves each.
	Names *lookup.Suggester
	First map[string]*Rule
	// Open are the other rules, whose metrics depend on which series there are.
	Open []*Rule
	// Fixed are copies of the rules with a bad reference in name.as, without the mistake.
	Fixed []*Rule
	// Unfed has the first rule that selects series of a name but filters out all that it selects, by that name.
	Unfed map[string]*Rule
}

// Suggestions returns the suggestions for the rules of the index.
func (x *Index) Suggestions() Suggestions { return x.suggestions.Get(x.findSuggestions) }

func (x *Index) findSuggestions() Suggestions {
	s := Suggestions{First: map[string]*Rule{}, Unfed: map[string]*Rule{}}
	var served []string
	addFirst := func(first map[string]*Rule, name string, r *Rule) bool {
		if first[name] != nil {
			return false
		}
		first[name] = r
		return true
	}
	for _, r := range x.Rules {
		if r.Namer == nil {
			continue
		}
		if _, good := badReference(r); good != "" {
			if fixed := renamed(r, good); fixed != nil {
				s.Fixed = append(s.Fixed, fixed)
			}
		}
		names := r.Names()
		if names == nil {
			s.Open = append(s.Open, r)
			continue
		}
		for _, name := range ServedNames(r, "") {
			if addFirst(s.First, name, r) {
				served = append(served, name)
			}
		}
		if !slices.ContainsFunc(names, r.Accepts) {
			for _, name := range names {
				addFirst(s.Unfed, name, r)
			}
		}
	}
	s.Names = lookup.NewSuggester(served)
	return s
}

// ServedNames returns the metrics that a rule makes from the series in its seriesQuery. If that names no series, the series are
// those from which metric is usually made.
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
	return r.namesOf(series)
}

// renamed returns a copy of a rule with another name.as, or nil if the adapter rejects it.
func renamed(r *Rule, as string) *Rule {
	c := *r
	c.Name.As = as
	namers, err := naming.NamersFromConfig([]adapterconfig.DiscoveryRule{{
		SeriesQuery: c.SeriesQuery, SeriesFilters: c.SeriesFilters, Name: c.Name, MetricsQuery: c.MetricsQuery,
	}}, meta.NewDefaultRESTMapper(nil))
	if err != nil {
		return nil
	}
	c.Namer, c.naming = namers[0], lookup.Lazy[*inverse]{}
	return &c
}
