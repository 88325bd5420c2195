package check

import (
	"cmp"
	"slices"
	"strings"
)

// ruleIndex finds the rules, of all configurations, that may give a metric.
type ruleIndex struct {
	rules []*rule
	// byMetric are the rules that give certain metrics alone, general all others.
	byMetric map[string][]*rule
	general  []*rule
	// found are the matches by metric for demands without a sample.
	found map[string][]match
	near  once[nearRules]
}

// match is a rule that gives a metric from series.
type match struct {
	rule   *rule
	series []string
}

func newRuleIndex(rules []*rule) *ruleIndex {
	x := &ruleIndex{rules: rules, byMetric: map[string][]*rule{}, found: map[string][]match{}}
	for i, r := range rules {
		r.number = i
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

// metrics are all that the rule can give, known is false if that depends on which series there are.
func (r *rule) metrics() (metrics []string, known bool) {
	if r.namer == nil || r.matchers == nil {
		return nil, true
	}
	if names := r.names(); len(names) > 0 {
		// No other name gets past the matchers.
		for _, name := range names {
			if m := r.nameOf(name); m != "" && !slices.Contains(metrics, m) {
				metrics = append(metrics, m)
			}
		}
		return metrics, true
	}
	if r.literal() && !r.inverse().marked {
		return slices.Compact([]string{r.inverse().text(), r.Name.As}), true
	}
	return nil, false
}

// nameOf is the name under which the adapter serves a series of the rule, "" if it does not.
func (r *rule) nameOf(series string) string {
	if !r.accepts(series) {
		return ""
	}
	return r.metricOf(series)
}

// matches lists the rules that give a metric, in the order of the configurations, with what they make it from. The
// names of series that are known are those that are recorded and those of a sample.
func (x *ruleIndex) matches(metric string, recorded, sampled []string) []match {
	if len(sampled) > 0 {
		return x.find(metric, slices.Concat(recorded, sampled))
	}
	return remember(x.found, metric, func(metric string) []match { return x.find(metric, recorded) })
}

func (x *ruleIndex) find(metric string, known []string) []match {
	var out []match
	for _, r := range x.candidates(metric) {
		if series := r.seriesFor(metric, known); len(series) > 0 {
			out = append(out, match{r, series})
		}
	}
	return out
}

// candidates are the rules that may give a metric, in their order.
func (x *ruleIndex) candidates(metric string) []*rule {
	var general []*rule
	for _, r := range x.general {
		if r.inverse().mayGive(metric) {
			general = append(general, r)
		}
	}
	if len(general) == 0 {
		return x.byMetric[metric]
	}
	out := slices.Concat(x.byMetric[metric], general)
	slices.SortFunc(out, func(a, b *rule) int { return cmp.Compare(a.number, b.number) })
	return out
}

// mayGive tells whether what name.as writes around its captures is in a metric.
func (inv *inverse) mayGive(metric string) bool {
	if inv.marked || len(inv.parts) == 0 {
		return true
	}
	first, last := inv.parts[0], inv.parts[len(inv.parts)-1]
	return (first.group >= 0 || strings.HasPrefix(metric, first.text)) && (last.group >= 0 || strings.HasSuffix(metric, last.text))
}

// text is what a literal naming gives.
func (inv *inverse) text() string {
	var b strings.Builder
	for _, p := range inv.parts {
		b.WriteString(p.text)
	}
	return b.String()
}
