package hpa

import (
	"fmt"
	"slices"
	"strings"

	pmodel "github.com/prometheus/common/model"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// Need is a metric that a HorizontalPodAutoscaler reads from the custom or the external metrics API. Only an adapter serves
// it.
type Need struct {
	Metric string
	// External reports whether the metric is from the external metrics API. Such a metric describes no object.
	External bool
	// Object is the kind of the objects that the metric describes, such as Pod; empty for an external metric.
	Object schema.GroupKind
	Place  model.Place
}

// Needs returns the metrics of s that an adapter must serve, in their order.
func (s *Scaling) Needs() []Need {
	var needs []Need
	for i, m := range s.Metrics {
		var n Need
		switch m.Type {
		case autoscalingv2.PodsMetricSourceType:
			n = Need{Metric: m.Pods.Metric.Name, Object: schema.GroupKind{Kind: "Pod"}}
		case autoscalingv2.ObjectMetricSourceType:
			o := m.Object.DescribedObject
			n = Need{Metric: m.Object.Metric.Name, Object: schema.FromAPIVersionAndKind(o.APIVersion, o.Kind).GroupKind()}
		case autoscalingv2.ExternalMetricSourceType:
			n = Need{Metric: m.External.Metric.Name, External: true}
		default:
			continue
		}
		if i < len(s.Places.Metrics) {
			n.Place = s.Places.Metrics[i]
		}
		needs = append(needs, n)
	}
	return needs
}

// SeriesType defines what the samples of a series mean, and so how they become a metric.
type SeriesType string

// The types of series. A HistogramQuantile is a quantile of a classic histogram, whose series end in _bucket.
const (
	Counter           SeriesType = "counter"
	Gauge             SeriesType = "gauge"
	HistogramQuantile SeriesType = "histogram-quantile"
)

// RulesKey is the key of hpa-configs for adapter rules that a user wrote.
const RulesKey = "adapterRules"

// rateSuffix is the suffix of a metric that is the rate of a counter.
const rateSuffix = "_per_second"

// counterSuffix is the suffix that Prometheus recommends for counters (https://prometheus.io/docs/practices/naming/).
const counterSuffix = "_total"

// Formula defines how a metric is computed from a Prometheus series. It does not depend on the adapter.
type Formula struct {
	Series string
	Type   SeriesType
	// Matchers restrict the series, in addition to the requested objects. Each is one PromQL label matcher.
	Matchers []string
	// Window is the range of a rate, as a Prometheus duration.
	Window string
	// Aggregation is the operator that merges several series of one object: sum, avg, max, or min.
	Aggregation string
	// Quantile is above 0 and below 1. It applies only to a HistogramQuantile.
	Quantile Quantile
	// ObjectLabel is the label that names the described object; "" means the label that its kind has by convention.
	ObjectLabel string
	// AllNamespaces makes an external metric include the series of all namespaces, not only those of the namespace of the
	// HorizontalPodAutoscaler.
	AllNamespaces bool
	// Or are the formulas of other programs for the same metric. No object has series of two of them.
	Or []Formula
}

// each returns f and its alternatives.
func (f Formula) each() []Formula { return append([]Formula{f}, f.Or...) }

// Formulas finds the formulas of metrics.
type Formulas struct {
	// Overrides come from the user, Profiles from what is known about a program that serves the series. The key of both is
	// the name of the metric. A profile uses Window.
	Overrides, Profiles map[string]Formula
	// Window is the range of rates.
	Window string
}

// For returns the formula of n: an override, otherwise a profile, otherwise the convention. By convention, X_per_second is
// the rate of the counter X, and any other name is a gauge. For reports names from which no series can be derived.
func (f Formulas) For(n Need) (Formula, model.Problems) {
	var ps model.Problems
	if o, ok := f.Overrides[n.Metric]; ok {
		return o, ps
	}
	if p, ok := f.Profiles[n.Metric]; ok {
		p.Window, p.Or = f.Window, slices.Clone(p.Or)
		for i := range p.Or {
			p.Or[i].Window = f.Window
		}
		return p, ps
	}
	conv := f.convention(n.Metric)
	switch {
	case !pmodel.LegacyValidation.IsValidMetricName(conv.Series):
		ps.Valuef(model.AdapterRule, n.Place, n.Metric,
			"no series can be derived from the metric name %s; add an override that names the series", model.Quote(n.Metric))
	case conv.Type == Gauge && f.growing(conv.Series):
		better := n.Metric + rateSuffix
		ps.Add(model.Problem{
			ID: model.AdapterRule, Severity: model.Warning, Place: n.Place, Value: n.Metric, Suggestion: better,
			Message: fmt.Sprintf("the metric %s is a counter, which only increases; use %s, or add an override",
				model.Quote(n.Metric), better),
		})
	case conv.Type == Counter && !isCounterName(conv.Series):
		better := conv.Series + counterSuffix + rateSuffix
		ps.Add(model.Problem{
			ID: model.AdapterRule, Severity: model.Warning, Place: n.Place, Value: n.Metric, Suggestion: better,
			Message: fmt.Sprintf("the metric %s is the rate of the series %s, but names of counters usually end in %s; use %s, "+
				"or add an override that names the series", model.Quote(n.Metric), model.Quote(conv.Series), counterSuffix, better),
		})
	}
	return conv, ps
}

// convention returns the formula that is derived from the name of a metric.
func (f Formulas) convention(metric string) Formula {
	if series, ok := strings.CutSuffix(metric, rateSuffix); ok {
		return Formula{Series: series, Type: Counter, Window: f.Window, Aggregation: aggregations[0]}
	}
	return Formula{Series: metric, Type: Gauge, Aggregation: aggregations[0]}
}

// isCounterName reports whether the name of a series is usual for a counter, or for a part of a histogram or summary that only
// increases.
func isCounterName(series string) bool {
	// The last one is a popular exception.
	return slices.ContainsFunc([]string{counterSuffix, "_count", "_sum", "_bucket", "nginx_ingress_controller_requests"},
		func(suffix string) bool { return strings.HasSuffix(series, suffix) })
}

// growing reports whether a series is a counter, according to a profile or to its suffix.
func (f Formulas) growing(series string) bool {
	p, known := f.Profiles[series+rateSuffix]
	return strings.HasSuffix(series, counterSuffix) || known && p.Series == series && p.Type == Counter
}
