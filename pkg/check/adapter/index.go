package adapter

import (
	"cmp"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
)

// Index finds the rules that may serve a metric.
type Index struct {
	Rules []*Rule
	// byMetric has the rules that serve known metrics, general all others.
	byMetric map[string][]*Rule
	general  []*Rule
	// found are the matches by metric for demands without a sample.
	found       map[string][]Match
	suggestions lookup.Lazy[Suggestions]
}

// Match is a rule, and the series that it makes a metric from.
type Match struct {
	Rule   *Rule
	Series []string
}

func newIndex(rules []*Rule) *Index {
	x := &Index{Rules: rules, byMetric: map[string][]*Rule{}, found: map[string][]Match{}}
	for i, r := range rules {
		r.Number = i
		metrics, known := r.metrics()
		if !known {
			x.general = append(x.general, r)
		}
		for _, name := range metrics {
			x.byMetric[name] = append(x.byMetric[name], r)
		}
	}
	return x
}

// metrics returns all metrics that the rule can serve. known is false if they depend on which series there are.
func (r *Rule) metrics() (metrics []string, known bool) {
	if r.Namer == nil || r.Matchers == nil {
		return nil, true
	}
	if names := r.Names(); len(names) > 0 {
		return r.namesOf(names), true // No other name gets past the matchers.
	}
	if r.Literal() && !r.inverse().marked {
		return slices.Compact([]string{r.inverse().text(), r.Name.As}), true
	}
	return nil, false
}

// namesOf returns the metrics that the rule makes from series, without duplicates.
func (r *Rule) namesOf(series []string) []string {
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

// Matches returns the rules that serve a metric, in the order of the configurations. The names of existing series are those of
// recording rules and of a sample.
func (x *Index) Matches(metric string, recorded, sampled []string) []Match {
	if len(sampled) > 0 {
		return x.find(metric, slices.Concat(recorded, sampled))
	}
	return lookup.Remember(x.found, metric, func(metric string) []Match { return x.find(metric, recorded) })
}

func (x *Index) find(metric string, known []string) []Match {
	var out []Match
	for _, r := range x.Candidates(metric) {
		if series := r.SeriesFor(metric, known); len(series) > 0 {
			out = append(out, Match{r, series})
		}
	}
	return out
}

// Candidates returns the rules that may serve a metric, in order.
func (x *Index) Candidates(metric string) []*Rule {
	var general []*Rule
	for _, r := range x.general {
		if r.inverse().mayGive(metric) {
			general = append(general, r)
		}
	}
	if len(general) == 0 {
		return x.byMetric[metric]
	}
	out := slices.Concat(x.byMetric[metric], general)
	slices.SortFunc(out, func(a, b *Rule) int { return cmp.Compare(a.Number, b.Number) })
	return out
}

// mayGive reports whether a metric begins and ends as name.as does.
func (inv *inverse) mayGive(metric string) bool {
	if inv.marked || len(inv.parts) == 0 {
		return true
	}
	first, last := inv.parts[0], inv.parts[len(inv.parts)-1]
	return (first.group >= 0 || strings.HasPrefix(metric, first.text)) && (last.group >= 0 || strings.HasSuffix(metric, last.text))
}

// text returns the literal text of name.as.
func (inv *inverse) text() string {
	var b strings.Builder
	for _, p := range inv.parts {
		b.WriteString(p.text)
	}
	return b.String()
}
