package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/krm"
)

// elsewhere names a rule of the other list that gives the metric.
func (d *demand) elsewhere(w *world) string {
	for _, s := range w.rules {
		other, list, want := s.external, "rules", "External"
		if d.external() {
			other, list, want = s.custom, "externalRules", "Pods or Object"
		}
		for _, r := range other {
			if r.specific() && len(r.seriesFor(d.metric, nil)) > 0 {
				return fmt.Sprintf("; %s gives it, but only to metrics of type %s; change the type in the HPA, or put the rule under %s",
					r, want, list)
			}
		}
	}
	return ""
}

// nearest says which rule comes nearest to giving the metric.
func (d *demand) nearest(w *world) string {
	if hint := d.elsewhere(w); hint != "" {
		return hint
	}
	for _, s := range w.rules {
		if hint := d.nearestIn(s); hint != "" {
			return hint
		}
	}
	var given []string
	for _, s := range w.rules {
		for _, r := range d.list(s) {
			given = append(given, r.gives(d.metric)...)
		}
	}
	slices.Sort(given)
	given = slices.Compact(given)
	best := krm.Suggest(d.metric, given)
	for _, name := range given {
		if best == "" && (slices.Contains(variants(d.metric), name) || strings.HasPrefix(name, d.metric+"_") || strings.HasPrefix(d.metric, name+"_")) {
			best = name
		}
	}
	if best != "" {
		for _, s := range w.rules {
			for _, r := range d.list(s) {
				if slices.Contains(r.gives(d.metric), best) {
					return fmt.Sprintf("; %s gives %q; did you mean that?", r, best)
				}
			}
		}
	}
	const most = 6
	if len(given) > 0 && len(given) <= most {
		return "; there are " + strings.Join(given, ", ")
	}
	return ""
}

// nearestIn looks for a rule that gives the metric but for one part of it.
func (d *demand) nearestIn(s *ruleSet) string {
	for _, r := range d.list(s) {
		if s.unread != "" && len(r.seriesFor(d.metric, d.known)) > 0 {
			return fmt.Sprintf("; %s gives it, but %s", r, s.unread)
		}
		if _, good := r.badReference(); good != "" && r.with(func(c *rule) { c.Name.As = good }, d.metric) {
			return fmt.Sprintf("; %s would if name.as were %q instead of %q", r, good, r.Name.As)
		}
	}
	for _, r := range d.list(s) {
		names := r.names()
		if r.namer == nil || len(names) == 0 || slices.ContainsFunc(names, r.accepts) {
			continue
		}
		part := fmt.Sprintf("name.matches %q", r.Name.Matches)
		for i, f := range r.SeriesFilters {
			if f.Is+f.IsNot != "" && r.Name.Matches == "" {
				part = fmt.Sprintf("seriesFilters[%d]", i)
			}
		}
		if slices.Contains(names, d.metric) || slices.ContainsFunc(variants(d.metric), func(v string) bool {
			return slices.Contains(names,
				v)
		}) {
			return fmt.Sprintf("; %s selects the series %s, but its %s keeps none of that name", r, names[0], part)
		}
	}
	return ""
}

// with tells whether the rule would give the metric after a change.
func (r *rule) with(change func(*rule), metric string) bool {
	c := *r
	change(&c)
	namer, err := renamed(c)
	if err != nil {
		return false
	}
	c.namer, c.naming = namer, newInverse(c.Name.Matches, c.Name.As)
	return len(c.seriesFor(metric, nil)) > 0
}

// gives lists names under which the rule serves the series that it lists, or else those from which metric is usually made.
func (r *rule) gives(metric string) []string {
	if r.namer == nil {
		return nil
	}
	series := r.names()
	if series == nil {
		series = counters(metric)[:1]
		if r.specific() {
			series = slices.Concat(variants(metric)[1:], spellPattern(r.Name.Matches))
		}
	}
	var out []string
	for _, name := range series {
		if r.accepts(name) {
			if m := r.metricOf(name); m != "" && !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
	return out
}
