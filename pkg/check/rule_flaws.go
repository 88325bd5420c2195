package check

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	adapterconfig "sigs.k8s.io/prometheus-adapter/pkg/config"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"
)

// flaws are the rules of a list in which one part keeps them from giving a metric.
type flaws struct {
	// mended are those whose name.as has a bad reference, with that put right.
	mended []mended
	// none are, by name, the first of those that select series of that name but keep none of theirs.
	none map[string]flaw
}

type mended struct {
	*rule
	with *rule
}

type flaw struct {
	*rule
	number int
}

func findFlaws(rules []*rule) flaws {
	f := flaws{none: map[string]flaw{}}
	for i, r := range rules {
		if _, good := badReference(r); good != "" {
			if with := renamed(r, good); with != nil {
				f.mended = append(f.mended, mended{r, with})
			}
		}
		names := r.names()
		if r.namer == nil || len(names) == 0 || slices.ContainsFunc(names, r.accepts) {
			continue
		}
		for _, name := range names {
			if _, known := f.none[name]; !known {
				f.none[name] = flaw{r, i}
			}
		}
	}
	return f
}

// rules are the part of a configuration that serves external metrics, or the one that serves others.
func (s *ruleSet) rules(external bool) []*rule {
	if external {
		return s.external
	}
	return s.custom
}

// flaws finds the flaws of one part of the rules.
func (s *ruleSet) flaws(external bool) flaws {
	found := &s.flawsCustom
	if external {
		found = &s.flawsExternal
	}
	return found.get(func() flaws { return findFlaws(s.rules(external)) })
}

// nearestIn looks for a rule that gives the metric but for one part of it.
func nearestIn(d *demand, s *ruleSet) string {
	f := s.flaws(d.external())
	i := slices.IndexFunc(f.mended, func(m mended) bool { return len(m.with.seriesFor(d.metric, nil)) > 0 })
	if s.unread != "" {
		for _, o := range d.offers() {
			if o.set == s && (i < 0 || o.number <= f.mended[i].number) {
				return fmt.Sprintf("; %s gives it, but %s", o.rule, s.unread)
			}
		}
	}
	if i >= 0 {
		m := f.mended[i]
		return fmt.Sprintf("; %s would if name.as were %q instead of %q", m.rule, m.with.Name.As, m.Name.As)
	}
	var found flaw
	for _, name := range variants(d.metric) {
		if n, ok := f.none[name]; ok && (found.rule == nil || n.number < found.number) {
			found = n
		}
	}
	if found.rule == nil {
		return ""
	}
	part := fmt.Sprintf("name.matches %q", found.Name.Matches)
	for i, f := range found.SeriesFilters {
		if f.Is+f.IsNot != "" && found.Name.Matches == "" {
			part = fmt.Sprintf("seriesFilters[%d]", i)
		}
	}
	return fmt.Sprintf("; %s selects the series %s, but its %s keeps none of that name", found.rule, found.names()[0], part)
}

// renamed is the rule with another name.as, nil if the adapter refuses that.
func renamed(r *rule, as string) *rule {
	c := *r
	c.Name.As = as
	namers, err := naming.NamersFromConfig([]adapterconfig.DiscoveryRule{{
		SeriesQuery: c.SeriesQuery, SeriesFilters: c.SeriesFilters, Name: c.Name, MetricsQuery: c.MetricsQuery,
	}}, meta.NewDefaultRESTMapper(nil))
	if err != nil {
		return nil
	}
	c.namer, c.naming = namers[0], once[*inverse]{}
	return &c
}
