package hpa

import (
	"fmt"
	"strings"

	pmodel "github.com/prometheus/common/model"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// Need is a metric that a HorizontalPodAutoscaler reads from the custom or the external metrics API, where only an adapter
// serves it.
type Need struct {
	Metric string
	// External tells that it is a metric of the external metrics API, which describes no object.
	External bool
	// Object is the kind of the objects that the metric describes, such as Pod; empty for an external one.
	Object schema.GroupKind
	Place  model.Place
}

// Needs lists the metrics of s that an adapter has to serve, in their order.
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

// SeriesType says what the samples of a series mean, and with it how they become a metric.
type SeriesType string

// The types of series. A HistogramQuantile is a quantile of a classic histogram, whose series end in _bucket.
const (
	Counter           SeriesType = "counter"
	Gauge             SeriesType = "gauge"
	HistogramQuantile SeriesType = "histogram-quantile"
)

// RulesKey is the key of hpa-configs for rules of the adapter that a user wrote.
const RulesKey = "adapterRules"

// rateSuffix ends the name of a metric that is the rate of a counter.
const rateSuffix = "_per_second"

// Formula says how a metric is computed from a series of Prometheus. It does not depend on which adapter computes it.
type Formula struct {
	Series string
	Type   SeriesType
	// Matchers select among the series beyond the objects that are asked for. Each is one label matcher of PromQL.
	Matchers []string
	// Window is the range of a rate as a Prometheus duration.
	Window string
	// Aggregation is the operator that joins several series of one object: sum, avg, max or min.
	Aggregation string
	// Quantile is above 0 and below 1; it matters to a HistogramQuantile only.
	Quantile Quantile
	// ObjectLabel is the label that names the described object; "" for that which its kind has by convention.
	ObjectLabel string
	// AllNamespaces lets an external metric count the series of all namespaces, not those of the
	// HorizontalPodAutoscaler's own.
	AllNamespaces bool
}

// Formulas knows how metrics are computed.
type Formulas struct {
	// Overrides are what the user says, Profiles what is known of a program that serves the series. Both have the name
	// of the metric as their key; the window of a profile is that of Window.
	Overrides, Profiles map[string]Formula
	// Window is the range of rates.
	Window string
}

// For gives the formula of n: an override, else a profile, else by the convention that X_per_second is the rate of the
// counter X and anything else a gauge of its own name. It reports names from which no series follows.
func (f Formulas) For(n Need) (Formula, model.Problems) {
	var ps model.Problems
	if o, ok := f.Overrides[n.Metric]; ok {
		return o, ps
	}
	if p, ok := f.Profiles[n.Metric]; ok {
		p.Window = f.Window
		return p, ps
	}
	conv := f.convention(n.Metric)
	switch {
	case !pmodel.LegacyValidation.IsValidMetricName(conv.Series):
		ps.Valuef(model.AdapterRule, n.Place, n.Metric,
			"the metric %s follows from no series by its name; write an override that names the series", quote(n.Metric))
	case conv.Type == Gauge && f.growing(conv.Series):
		better := n.Metric + rateSuffix
		ps.Add(model.Problem{
			ID: model.AdapterRule, Severity: model.Warning, Place: n.Place, Value: n.Metric, Suggestion: better,
			Message: fmt.Sprintf("the metric %s is a counter, which only grows; write %s, or an override", quote(n.Metric), better),
		})
	}
	return conv, ps
}

// convention is the formula that follows from the name of a metric.
func (f Formulas) convention(metric string) Formula {
	if series, ok := strings.CutSuffix(metric, rateSuffix); ok {
		return Formula{Series: series, Type: Counter, Window: f.Window, Aggregation: aggregations[0]}
	}
	return Formula{Series: metric, Type: Gauge, Aggregation: aggregations[0]}
}

// growing tells whether a series is a counter: by a profile, or by the suffix that Prometheus asks counters to have
// (https://prometheus.io/docs/practices/naming/).
func (f Formulas) growing(series string) bool {
	p, known := f.Profiles[series+rateSuffix]
	return strings.HasSuffix(series, "_total") || known && p.Series == series && p.Type == Counter
}
