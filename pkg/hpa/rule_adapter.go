package hpa

import (
	"slices"
	"strings"

	pmodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"sigs.k8s.io/prometheus-adapter/pkg/config"
)

// Labels are the names of the labels by which Prometheus tells the objects behind a series.
type Labels struct{ Namespace, Pod string }

// Rule is the rule by which prometheus-adapter computes f for n. It selects only series that have the labels of n's objects,
// and serves no other metric.
//
// The adapter fills in <<.LabelMatchers>> with the objects that are asked for, which are none for an external metric of all
// namespaces without a selector. PromQL takes a comma after the last matcher, but not one before the first, so that the
// matchers of the formula stand first there.
func Rule(n Need, f Formula, l Labels) config.DiscoveryRule {
	r := config.DiscoveryRule{
		Name: config.NameMapping{Matches: "^" + f.Series + "$", As: strings.ReplaceAll(n.Metric, "$", "$$")},
	}
	query := []string{labels.MustNewMatcher(labels.MatchEqual, pmodel.MetricNameLabel, f.Series).String()}
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
	r.MetricsQuery = metricsQuery(n, f)
	return r
}

// objectLabel is the label that names the objects of n: for an external metric, and for one that describes the namespace
// itself, that of the namespace.
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

func metricsQuery(n Need, f Formula) string {
	const asked = "<<.LabelMatchers>>"
	matchers, by := append([]string{asked}, f.Matchers...), []string{"<<.GroupBy>>"}
	if n.External {
		matchers, by = slices.Concat(f.Matchers, []string{asked}), nil
	}
	q := "<<.Series>>{" + strings.Join(matchers, ",") + "}"
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
