package adapter

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"

	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	prom "sigs.k8s.io/prometheus-adapter/pkg/client"
	adapterconfig "sigs.k8s.io/prometheus-adapter/pkg/config"

	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
)

// SeriesFor returns names of series from which the rule makes metric. The names come from the rule, the metric, and known; the
// adapter's own code confirms that each passes seriesQuery and the filters and is named metric.
func (r *Rule) SeriesFor(metric string, known []string) []string {
	if r.Namer == nil || r.Matchers == nil {
		return nil
	}
	var out []string
	for _, name := range slices.Concat(r.Names(), known, guesses(r, metric)) {
		if !slices.Contains(out, name) && r.Accepts(name) && r.MetricOf(name) == metric {
			out = append(out, name)
		}
	}
	if len(out) == 0 && r.Names() == nil && r.Literal() && r.Name.As == metric {
		// The rule gives every series that it finds this name. That none of the guesses passes its filters does not
		// mean that none does.
		return append(enumeratePattern(r.Name.Matches), metric)[:1]
	}
	return out
}

// Literal reports whether the rule names all its series alike.
func (r *Rule) Literal() bool {
	return r.Namer != nil && r.Name.As != "" && (!strings.Contains(r.Name.As, "$") || r.inverse().literal())
}

// Names returns the series that seriesQuery names, nil if it names none.
func (r *Rule) Names() []string {
	var out []string
	for _, m := range r.Matchers {
		switch {
		case m.Name != prommodel.MetricNameLabel:
		case m.Type == labels.MatchEqual:
			out = append(out, m.Value)
		case m.Type == labels.MatchRegexp:
			out = append(out, m.SetMatches()...)
		}
	}
	return out
}

// Specific reports whether the rule is about certain series, not about whatever there is.
func (r *Rule) Specific() bool { return len(r.Names()) > 0 || r.Literal() }

// guesses returns names of series from which the rule may make metric.
func guesses(r *Rule, metric string) []string {
	if len(r.Names()) > 0 {
		return nil
	}
	out := append(r.inverse().series(metric), Variants(metric)...)
	for _, m := range r.Matchers {
		if m.Name == prommodel.MetricNameLabel && m.Type == labels.MatchRegexp {
			out = append(out, enumeratePattern(m.Value)...)
		}
	}
	for _, f := range r.SeriesFilters {
		out = append(out, enumeratePattern(f.Is)...)
	}
	return append(out, enumeratePattern(r.Name.Matches)...)
}

func enumeratePattern(pattern string) []string {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil || pattern == "" {
		return nil
	}
	return enumerate(tree, nil)
}

// RateSuffix matches the end of the names of rates and other aggregates.
var RateSuffix = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`_(per_second|per_minute|per_sec|rate|rps|qps|avg|sum|max|p\d+)$`)
})

// Counters returns the series that a rate of this name is usually made from, most likely first.
func Counters(metric string) []string {
	base := strings.ReplaceAll(metric, "-", "_")
	for RateSuffix().MatchString(base) {
		base = RateSuffix().ReplaceAllString(base, "")
	}
	return []string{base + "_total", base, base + "_count", base + "_seconds_total", base + "_sum", base + "_bucket"}
}

// Variants returns the series that a metric of this name may be made from.
func Variants(metric string) []string {
	name := strings.ReplaceAll(metric, "-", "_")
	out := append([]string{metric}, Counters(metric)...)
	out = append(out, name+"_total", name, strings.TrimSuffix(name, "_total"))
	return append(out, "container_"+out[2], "container_"+out[1])
}

// Accepts reports whether the adapter takes a series with this name, and with labels that the rule requires.
func (r *Rule) Accepts(name string) bool {
	if !prommodel.LegacyValidation.IsValidMetricName(name) || !r.Selects(name) {
		return false
	}
	return len(r.Namer.FilterSeries([]prom.Series{{Name: name}})) == 1
}

// Selects reports whether seriesQuery selects series with this name.
func (r *Rule) Selects(name string) bool {
	for _, m := range r.Matchers {
		if m.Name == prommodel.MetricNameLabel && !m.Matches(name) {
			return false
		}
	}
	return true
}

// MetricOf returns the metric that the rule makes from a series, or "".
func (r *Rule) MetricOf(series string) string {
	name, err := r.Namer.MetricNameForSeries(prom.Series{Name: series})
	if err != nil {
		return ""
	}
	return name
}

// Serves reports whether a rule has the literal name metric, or makes metric from one of the series, as the adapter's own code
// tells.
func Serves(r adapterconfig.DiscoveryRule, metric string, series []string) bool {
	if strings.ReplaceAll(r.Name.As, "$$", "$") == metric {
		return true
	}
	named := renamed(&Rule{DiscoveryRule: r}, r.Name.As)
	matchers, err := promexpr.Parser.ParseMetricSelector(r.SeriesQuery)
	if named == nil || err != nil {
		return false
	}
	named.Matchers = matchers
	return slices.Contains(named.namesOf(series), metric)
}
