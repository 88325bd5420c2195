package gen

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	pmodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/prometheus-adapter/pkg/config"

	"github.com/krm-fn/krm-fn/pkg/hpa"
)

// sameMetric reports whether both rules name one metric literally, for a resource that both map. Every rule maps the namespace,
// so the namespace does not count.
func (e ruleEntry) sameMetric(other ruleEntry) bool {
	if e.Name.As != other.Name.As || strings.Contains(strings.ReplaceAll(e.Name.As, "$$", ""), "$") || e.Name.As == "" {
		return false
	}
	if e.section == externalRules || e.Resources.Template != "" && other.Resources.Template != "" {
		return true
	}
	return e.mapsOneOf(other.Resources) || other.mapsOneOf(e.Resources)
}

func (e ruleEntry) mapsOneOf(m config.ResourceMapping) bool {
	for _, r := range m.Overrides {
		kind := schema.GroupKind{Group: r.Group, Kind: r.Resource}
		if (len(m.Overrides) == 1 || !isResource(r.Resource, "namespace")) && e.maps(kind) {
			return true
		}
	}
	return false
}

// maps reports whether the rule has a label for objects of a kind. The kind can also be the name of its resource.
func (e ruleEntry) maps(kind schema.GroupKind) bool {
	if e.Resources.Template != "" {
		return true
	}
	for _, r := range e.Resources.Overrides {
		if isResource(r.Resource, kind.Kind) && (r.Group == kind.Group || r.Group == "" || kind.Group == "") {
			return true
		}
	}
	return false
}

// isResource reports whether both name one resource, in the singular or plural.
func isResource(a, b string) bool {
	plural := func(name string) string {
		p, _ := meta.UnsafeGuessKindToResource(schema.GroupVersionKind{Kind: name})
		return p.Resource
	}
	return strings.EqualFold(a, b) || plural(a) == strings.ToLower(b) || plural(b) == strings.ToLower(a)
}

// written reports whether a user's rule serves n.
func (s *ruleSet) written(n hpa.Need, opts adapterOptions) bool {
	// A rule with a pattern serves any series that match; these are the series that the metric name suggests.
	f, _ := opts.formulas.For(n)
	candidates := []string{f.Series, f.Series + "_total", n.Metric}
	return slices.ContainsFunc(s.rules, func(e ruleEntry) bool {
		return e.written() && e.section == sectionOf(n) && (n.External || e.maps(n.Object)) && e.serves(n.Metric, candidates)
	})
}

// serves reports whether the rule serves a metric: by its literal name, or from one of the given series. It follows
// NamersFromConfig and MetricNameForSeries of the adapter's pkg/naming.
func (e ruleEntry) serves(metric string, series []string) bool {
	if strings.ReplaceAll(e.Name.As, "$$", "$") == metric {
		return true
	}
	matches, err := regexp.Compile(cmp.Or(e.Name.Matches, ".*"))
	if err != nil {
		return false
	}
	as := e.Name.As
	if as == "" {
		as = []string{"$0", "$1"}[min(matches.NumSubexp(), 1)]
	}
	return slices.ContainsFunc(series, func(name string) bool {
		m := matches.FindStringSubmatchIndex(name)
		return m != nil && string(matches.ExpandString(nil, as, name, m)) == metric && e.selects(name)
	})
}

// selects reports whether the seriesQuery and the seriesFilters select a series.
func (e ruleEntry) selects(series string) bool {
	matchers, err := parser.NewParser(parser.Options{}).ParseMetricSelector(e.SeriesQuery)
	if err != nil {
		return false
	}
	for _, m := range matchers {
		if m.Name == pmodel.MetricNameLabel && !m.Matches(series) {
			return false
		}
	}
	for _, f := range e.SeriesFilters {
		re, err := regexp.Compile(cmp.Or(f.Is, f.IsNot))
		if err != nil || re.MatchString(series) != (f.Is != "") {
			return false
		}
	}
	return true
}
