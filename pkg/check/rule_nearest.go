package check

import (
	"fmt"
	"slices"
	"strings"
)

// elsewhere names a rule of the other list that gives the metric.
func (d *demand) elsewhere() string {
	other, list, want := d.set.setup.external, "rules", "External"
	if d.external() {
		other, list, want = d.set.setup.custom, "externalRules", "Pods or Object"
	}
	for _, r := range other.candidates(d.metric) {
		if r.specific() && len(r.seriesFor(d.metric, nil)) > 0 {
			return fmt.Sprintf("; %s gives it, but only to metrics of type %s; change the type in the HPA, or put the rule under %s",
				r, want, list)
		}
	}
	return ""
}

// nearest says which rule comes nearest to giving the metric.
func (d *demand) nearest() string {
	if hint := d.elsewhere(); hint != "" {
		return hint
	}
	for _, s := range d.set.setup.sets {
		if hint := nearestIn(d, s); hint != "" {
			return hint
		}
	}
	n := d.index().suggestions()
	var more []string
	for _, r := range n.open {
		more = append(more, gives(r, d.metric)...)
	}
	given := n.given
	if len(more) > 0 {
		given = newLexicon(slices.Concat(given.names, more))
	}
	best := given.suggest(d.metric)
	if best == "" {
		best = begun(d, given.names)
	}
	if best != "" {
		r := n.first[best]
		for _, o := range n.open {
			if (r == nil || o.number < r.number) && slices.Contains(gives(o, d.metric), best) {
				r = o
			}
		}
		return fmt.Sprintf("; %s gives %q; did you mean that?", r, best)
	}
	const most = 6
	if len(given.names) > 0 && len(given.names) <= most {
		return "; there are " + strings.Join(given.names, ", ")
	}
	return ""
}

// begun finds the first name that is a variant of the metric, or of which one begins with the other.
func begun(d *demand, names []string) string {
	like := variants(d.metric)
	begins := func(s, with string) bool {
		return len(s) > len(with) && s[len(with)] == '_' && strings.HasPrefix(s, with)
	}
	i := slices.IndexFunc(names, func(name string) bool {
		return begins(name, d.metric) || begins(d.metric, name) || slices.Contains(like, name)
	})
	if i < 0 {
		return ""
	}
	return names[i]
}

// nearRules are what the rules of an index give beside what is asked for.
type nearRules struct {
	// given are the names of metrics that rules give whatever is asked for, first the first rule of each. What the
	// open rules give depends on that.
	given *lexicon
	first map[string]*rule
	open  []*rule
}

// suggestions are what the rules give beside what is asked for.
func (x *ruleIndex) suggestions() nearRules { return x.near.get(x.findNear) }

func (x *ruleIndex) findNear() nearRules {
	n := nearRules{first: map[string]*rule{}}
	var names []string
	for _, r := range x.rules {
		if r.namer == nil {
			continue
		}
		if r.names() == nil {
			n.open = append(n.open, r)
			continue
		}
		for _, name := range gives(r, "") {
			if n.first[name] == nil {
				n.first[name] = r
				names = append(names, name)
			}
		}
	}
	n.given = newLexicon(names)
	return n
}

// gives lists names under which the rule serves the series that it lists, or else those from which metric is usually made.
func gives(r *rule, metric string) []string {
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
