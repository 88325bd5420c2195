package demand

import (
	"slices"
	"sync"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
)

// Set has the metrics that all scalers request, and what is known of the series of their pods.
type Set struct {
	graph    *chain.Graph
	setup    *adapter.Setup
	Samples  Samples
	Arrivals Arrivals
	recorded lookup.Lazy[*Recordings]
	all      lookup.Lazy[[]*Demand]
	queries  lookup.Lazy[[]*Demand]
	needed   lookup.Lazy[[]*Demand]
}

// New returns the metrics that the scalers of g request.
func New(g *chain.Graph, su *adapter.Setup, list []Sample) *Set {
	return &Set{
		graph: g, setup: su, Samples: Samples{List: list, workloads: &g.Workloads}, Arrivals: Arrivals{workloads: &g.Workloads},
	}
}

// All returns the Pods, Object, and External metrics of all scalers.
func (ms *Set) All() []*Demand { return ms.all.Get(ms.findDemands) }

func (ms *Set) findDemands() []*Demand {
	kinds := sync.OnceValue(func() *adapter.Kinds { return adapter.NewKinds(ms.graph.Items, ms.graph.Minor) })
	var out []*Demand
	for _, s := range ms.graph.Scalers {
		if !s.IsHPA() {
			continue // Queries returns what their triggers request.
		}
		for i := range s.Metrics {
			m := &s.Metrics[i]
			from := s.Source(m)
			d := &Demand{
				set: ms, Scaler: s, Number: i, source: from, Kind: m.Type, Workload: s.Target, Resource: adapter.PodResource,
			}
			switch {
			case from == chain.ResourceUsage:
				continue
			case m.Type == autoscalingv2.PodsMetricSourceType && m.Pods != nil:
				d.of(m.Pods.Metric)
			case m.Type == autoscalingv2.ObjectMetricSourceType && m.Object != nil:
				d.of(m.Object.Metric)
				d.describe(m.Object.DescribedObject, kinds())
			case m.Type == autoscalingv2.ExternalMetricSourceType && m.External != nil:
				d.of(m.External.Metric)
			default:
				continue
			}
			if d.Metric != "" {
				out = append(out, d)
			}
		}
	}
	return out
}

// Scraped returns the metrics that Prometheus must scrape from workloads whose pods are known.
func (ms *Set) Scraped() []*Demand { return ms.needed.Get(ms.findNeeds) }

func (ms *Set) findNeeds() []*Demand {
	var out []*Demand
	for _, d := range slices.Concat(ms.All(), ms.Queries()) {
		if d.IsScraped() {
			out = append(out, d)
		}
	}
	return out
}

// IsScraped reports whether Prometheus must scrape the metric from pods that are known.
func (d *Demand) IsScraped() bool {
	return d.IsOfPods() && d.Workload != nil && d.Workload.KnowsPods() && d.fromPrometheus() && d.FromPods()
}

// recordings returns the recording rules of all PrometheusRules.
func (ms *Set) recordings() *Recordings {
	return ms.recorded.Get(func() *Recordings { return findRecordings(ms.graph) })
}
