package hpa

import (
	"slices"
	"strings"

	pmodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"sigs.k8s.io/prometheus-adapter/pkg/config"
)

// Labels are the names of the labels that identify the objects of a series.
type Labels struct{ Namespace, Pod string }

// Rule returns the rule by which prometheus-adapter computes f for n. It selects only series with the labels of the objects
// of n, and serves no other metric.
//
// If there are alternatives, the rule selects the series of all, and its query reads them all: of the series with one metric name,
// the adapter asks only for the last one that it finds (basicSeriesRegistry.SetSeries, pkg/custom-provider/series_registry.go).
//
// The adapter replaces <<.LabelMatchers>> with matchers for the requested objects. For an external metric of all namespaces
// without a selector, there are none. PromQL accepts a comma after the last matcher, but not before the first, so the
// matchers of the formula come first for external metrics.
func Rule(n Need, f Formula, l Labels) config.DiscoveryRule {
	var names, queries []string
	for _, one := range f.each() {
		name := "<<.Series>>"
		if len(f.Or) > 0 {
			name = one.Series
		}
		names, queries = append(names, one.Series), append(queries, metricsQuery(n, one, name))
	}
	series, match := strings.Join(names, "|"), labels.MatchEqual
	r := config.DiscoveryRule{
		Name:         config.NameMapping{Matches: "^" + series + "$", As: strings.ReplaceAll(n.Metric, "$", "$$")},
		MetricsQuery: strings.Join(queries, " or "),
	}
	if len(f.Or) > 0 {
		match, r.Name.Matches = labels.MatchRegexp, "^(?:"+series+")$"
	}
	query := []string{labels.MustNewMatcher(match, pmodel.MetricNameLabel, series).String()}
	if n.External && f.AllNamespaces {
		r.Resources.Namespaced = new(false)
	} else {
		r.Resources.Overrides = map[string]config.GroupResource{l.Namespace: {Resource: "namespace"}}
		query = append(query, present(l.Namespace))
	}
	if label := objectLabel(n, f, l); label != l.Namespace {
		r.Resources.Overrides[label] = config.GroupResource{Group: n.Object.Group, Resource: strings.ToLower(n.Object.Kind)}
		query = append(query, present(label))
	}
	r.SeriesQuery = "{" + strings.Join(query, ",") + "}"
	return r
}

// objectLabel returns the label that names the objects of n. For an external metric, and for a metric of the namespace
// itself, it is the namespace label.
func objectLabel(n Need, f Formula, l Labels) string {
	switch {
	case n.External || n.Object.Group == "" && n.Object.Kind == "Namespace":
		return l.Namespace
	case f.ObjectLabel != "":
		return f.ObjectLabel
	case n.Object.Group == "" && n.Object.Kind == "Pod":
		return l.Pod
	}
	return strings.ToLower(n.Object.Kind)
}

func present(label string) string {
	return labels.MustNewMatcher(labels.MatchNotEqual, label, "").String()
}

// metricsQuery returns the query of f for a series.
func metricsQuery(n Need, f Formula, series string) string {
	const asked = "<<.LabelMatchers>>"
	matchers, by := append([]string{asked}, f.Matchers...), []string{"<<.GroupBy>>"}
	if n.External {
		matchers, by = slices.Concat(f.Matchers, []string{asked}), nil
	}
	q := series + "{" + strings.Join(matchers, ",") + "}"
	if f.Type != Gauge {
		q = "rate(" + q + "[" + f.Window + "])"
	}
	if f.Type == HistogramQuantile {
		return "histogram_quantile(" + f.Quantile.String() + ", " + aggregate(f.Aggregation, q, append(by, "le")) + ")"
	}
	return aggregate(f.Aggregation, q, by)
}

func aggregate(op, query string, by []string) string {
	query = op + "(" + query + ")"
	if len(by) > 0 {
		query += " by (" + strings.Join(by, ", ") + ")"
	}
	return query
}
