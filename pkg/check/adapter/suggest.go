package adapter

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	adapterconfig "sigs.k8s.io/prometheus-adapter/pkg/config"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"

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
	return r.namesOf(series)
}

// Flaws are the rules of a list in which one part keeps them from giving a metric.
type Flaws struct {
	// Fixed are those whose name.as has a bad reference, with that put right.
	Fixed []FixedRule
	// None are, by name, the first of those that select series of that name but keep none of theirs.
	None map[string]Flaw
}

// FixedRule is a rule with a bad reference in name.as, and the same rule without it.
type FixedRule struct {
	*Rule
	With *Rule
}

// Flaw is a rule that keeps none of its own series, and its position in its list.
type Flaw struct {
	*Rule
	Number int
}

func findFlaws(rules []*Rule) Flaws {
	f := Flaws{None: map[string]Flaw{}}
	for i, r := range rules {
		if _, good := badReference(r); good != "" {
			if with := renamed(r, good); with != nil {
				f.Fixed = append(f.Fixed, FixedRule{r, with})
			}
		}
		names := r.Names()
		if r.Namer == nil || len(names) == 0 || slices.ContainsFunc(names, r.Accepts) {
			continue
		}
		for _, name := range names {
			if _, known := f.None[name]; !known {
				f.None[name] = Flaw{r, i}
			}
		}
	}
	return f
}

// Rules are the part of a configuration that serves external metrics, or the one that serves others.
func (s *Config) Rules(external bool) []*Rule {
	if external {
		return s.external
	}
	return s.custom
}

// Flaws finds the flaws of one part of the rules.
func (s *Config) Flaws(external bool) Flaws {
	found := &s.flawsCustom
	if external {
		found = &s.flawsExternal
	}
	return found.Get(func() Flaws { return findFlaws(s.Rules(external)) })
}

// renamed is the rule with another name.as, nil if the adapter refuses that.
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
