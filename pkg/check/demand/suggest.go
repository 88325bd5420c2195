package demand

import (
	"fmt"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
)

// nearestIn looks for a rule that gives the metric but for one part of it.
func nearestIn(d *Demand, s *adapter.Config) string {
	f := s.Flaws(d.External())
	i := slices.IndexFunc(f.Fixed, func(m adapter.FixedRule) bool { return len(m.With.SeriesFor(d.Metric, nil)) > 0 })
	if s.UnusedReason != "" {
		for _, o := range d.offers() {
			if o.Config == s && (i < 0 || o.Number <= f.Fixed[i].Number) {
				return fmt.Sprintf("; %s serves it, but %s", o.Rule, s.UnusedReason)
			}
		}
	}
	if i >= 0 {
		m := f.Fixed[i]
		return fmt.Sprintf("; %s would if name.as were %q instead of %q", m.Rule, m.With.Name.As, m.Name.As)
	}
	var found adapter.Flaw
	for _, name := range adapter.Variants(d.Metric) {
		if n, ok := f.None[name]; ok && (found.Rule == nil || n.Number < found.Number) {
			found = n
		}
	}
	if found.Rule == nil {
		return ""
	}
	part := fmt.Sprintf("name.matches %q", found.Name.Matches)
	for i, f := range found.SeriesFilters {
		if f.Is+f.IsNot != "" && found.Name.Matches == "" {
			part = fmt.Sprintf("seriesFilters[%d]", i)
		}
	}
	return fmt.Sprintf(
		"; %s selects series %s, but its %s filters out every series with that name", found.Rule, found.Names()[0], part)
}

// hintOtherList names a rule of the other list that gives the metric.
func (d *Demand) hintOtherList() string {
	other, list, want := d.set.setup.External, "rules", "External"
	if d.External() {
		other, list, want = d.set.setup.Custom, "externalRules", "Pods or Object"
	}
	for _, r := range other.Candidates(d.Metric) {
		if r.Specific() && len(r.SeriesFor(d.Metric, nil)) > 0 {
			return fmt.Sprintf(
				"; %s serves it, but only for metrics of type %s; change the type in the HPA, or move the rule to %s",
				r, want, list)
		}
	}
	return ""
}

// Suggestion says which rule comes nearest to giving the metric.
func (d *Demand) Suggestion() string {
	if hint := d.hintOtherList(); hint != "" {
		return hint
	}
	for _, s := range d.set.setup.Configs {
		if hint := nearestIn(d, s); hint != "" {
			return hint
		}
	}
	n := d.index().Suggestions()
	var more []string
	for _, r := range n.Open {
		more = append(more, adapter.ServedNames(r, d.Metric)...)
	}
	given := n.Given
	if len(more) > 0 {
		given = lookup.NewSuggester(slices.Concat(given.Names, more))
	}
	best := given.Suggest(d.Metric)
	if best == "" {
		best = begun(d, given.Names)
	}
	if best != "" {
		r := n.First[best]
		for _, o := range n.Open {
			if (r == nil || o.Number < r.Number) && slices.Contains(adapter.ServedNames(o, d.Metric), best) {
				r = o
			}
		}
		return fmt.Sprintf("; %s serves %q; did you mean that?", r, best)
	}
	const most = 6
	if len(given.Names) > 0 && len(given.Names) <= most {
		return "; available: " + strings.Join(given.Names, ", ")
	}
	return ""
}

// begun finds the first name that is a variant of the metric, or of which one begins with the other.
func begun(d *Demand, names []string) string {
	like := adapter.Variants(d.Metric)
	begins := func(s, with string) bool {
		return len(s) > len(with) && s[len(with)] == '_' && strings.HasPrefix(s, with)
	}
	i := slices.IndexFunc(names, func(name string) bool {
		return begins(name, d.Metric) || begins(d.Metric, name) || slices.Contains(like, name)
	})
	if i < 0 {
		return ""
	}
	return names[i]
}
