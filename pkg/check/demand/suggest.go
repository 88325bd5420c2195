package demand

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
)

// hintFlaw names a rule that would serve the metric but for one mistake.
func (d *Demand) hintFlaw() string {
	rules := d.index()
	s := rules.Suggestions()
	i := slices.IndexFunc(s.Fixed, func(r *adapter.Rule) bool { return len(r.SeriesFor(d.Metric, nil)) > 0 })
	if offers := d.offers(); len(offers) > 0 && (i < 0 || offers[0].Number <= s.Fixed[i].Number) {
		return fmt.Sprintf("; %s serves it, but %s", offers[0].Rule, offers[0].Config.UnusedReason)
	}
	if i >= 0 {
		r := s.Fixed[i]
		return fmt.Sprintf("; %s would if name.as were %q instead of %q", r, r.Name.As, rules.Rules[r.Number].Name.As)
	}
	var found *adapter.Rule
	for _, name := range adapter.Variants(d.Metric) {
		if r := s.Unfed[name]; r != nil && (found == nil || r.Number < found.Number) {
			found = r
		}
	}
	if found == nil {
		return ""
	}
	part := fmt.Sprintf("name.matches %q", found.Name.Matches)
	for i, f := range found.SeriesFilters {
		if f.Is+f.IsNot != "" && found.Name.Matches == "" {
			part = fmt.Sprintf("seriesFilters[%d]", i)
		}
	}
	return fmt.Sprintf("; %s selects series %s, but its %s filters out every series with that name", found, found.Names()[0], part)
}

// hintOtherList names a rule that serves the metric, but for the other API.
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

// Suggestion names the rule that comes nearest to serving the metric, for the end of a message.
func (d *Demand) Suggestion() string {
	if hint := d.hintOtherList(); hint != "" {
		return hint
	}
	if hint := d.hintFlaw(); hint != "" {
		return hint
	}
	s := d.index().Suggestions()
	// What an open rule serves depends on the metric.
	open := map[string]*adapter.Rule{}
	for _, r := range slices.Backward(s.Open) {
		for _, name := range adapter.ServedNames(r, d.Metric) {
			open[name] = r
		}
	}
	names := slices.Sorted(maps.Keys(open))
	near := slices.Clone(names)
	if name := s.Names.Suggest(d.Metric); name != "" {
		near = append(near, name)
	}
	best := krm.Suggest(d.Metric, near)
	if best == "" {
		best = related(d.Metric, s.Names.Names, names)
	}
	if best != "" {
		r := s.First[best]
		if o := open[best]; o != nil && (r == nil || o.Number < r.Number) {
			r = o
		}
		return fmt.Sprintf("; %s serves %q; did you mean that?", r, best)
	}
	const most = 6
	if len(names) > most || len(s.Names.Names) > most {
		return ""
	}
	if names = lookup.Distinct(append(names, s.Names.Names...)); len(names) == 0 || len(names) > most {
		return ""
	}
	return "; available: " + strings.Join(names, ", ")
}

// related returns the first name of the sorted lists that a metric is a variant of, or that begins with the other and an
// underscore.
func related(metric string, lists ...[]string) string {
	like := adapter.Variants(metric)
	for i, c := range metric {
		if c == '_' {
			like = append(like, metric[:i])
		}
	}
	var found []string
	for _, names := range lists {
		if i, _ := slices.BinarySearch(names, metric+"_"); i < len(names) && strings.HasPrefix(names[i], metric+"_") {
			found = append(found, names[i])
		}
		for _, name := range like {
			if _, ok := slices.BinarySearch(names, name); ok {
				found = append(found, name)
			}
		}
	}
	if len(found) == 0 {
		return ""
	}
	return slices.Min(found)
}
