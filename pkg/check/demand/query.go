package demand

import (
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Query is the query of a prometheus trigger.
type Query struct {
	// At is its place, and Text what is written there.
	At   model.Place
	Text string
	// Expr is nil if Prometheus rejects the query.
	Expr parser.Expr
	// Server is where KEDA sends it.
	Server keda.Server
	// Own are the selectors of series that the pods of the target serve themselves.
	Own []*parser.VectorSelector
	// Trigger is the trigger, and Of its object.
	Trigger *keda.Trigger
	Of      *chain.KEDA
}

// Queries returns the metrics of the prometheus triggers.
func (ms *Set) Queries() []*Demand { return ms.queries.Get(ms.findQueries) }

func (ms *Set) findQueries() []*Demand {
	var out []*Demand
	for _, k := range ms.graph.KEDA {
		for i := range k.Triggers {
			t := &k.Triggers[i]
			if t.Type != keda.Prometheus {
				continue
			}
			q := &Query{At: k.MetricAt(i).Child("metadata").Child("query"), Text: t.Value("query"), Of: k, Trigger: t}
			q.Expr = promexpr.Parse(q.Text)
			q.Server, _ = keda.ParseServer(t.Value("serverAddress"))
			d := &Demand{
				set: ms, Scaler: &k.Scaler, Number: i, Workload: k.Target, Kind: autoscalingv2.ExternalMetricSourceType,
				Metric: k.Metrics[i].External.Metric.Name, Resource: adapter.PodResource, query: q,
			}
			d.findOwn()
			out = append(out, d)
		}
	}
	return out
}

// Query returns the query of a trigger, nil for other metrics.
func (d *Demand) Query() *Query { return d.query }

// findOwn finds the selectors of series of the pods: those that name these pods, or that match labels which only their monitors
// add, or, with a sample, that the sample has. Series with the name of an exporter or of a recording rule never count.
func (d *Demand) findOwn() {
	wl := d.Workload
	if d.query.Expr == nil || wl == nil || !wl.KnowsPods() {
		return
	}
	page := d.set.Samples.Page(wl)
	for _, s := range promexpr.Selectors(d.query.Expr) {
		if s.Name == "" || strings.Contains(s.Name, ":") || d.FromExporter(s.Name) || d.IsRecorded(s.Name) {
			continue
		}
		if d.inNamespace(s) && (NamesPods(s, wl) || d.stated(s) || len(page[s.Name]) > 0 && !d.contradicted(s)) {
			d.query.Own = append(d.query.Own, s)
		}
	}
}

// inNamespace reports whether a selector does not select another namespace than that of the workload.
func (d *Demand) inNamespace(s *parser.VectorSelector) bool {
	ns := d.Workload.Item.Place.Object.Namespace
	return ns == "" || !slices.ContainsFunc(s.LabelMatchers, func(m *labels.Matcher) bool {
		return m.Name == "namespace" && !m.Matches(ns)
	})
}

// PodLabels are the labels with the name of a pod.
var PodLabels = []string{"pod", "pod_name", "kubernetes_pod_name"}

// PodMatcher returns the matcher by which a selector selects pods by name, or nil.
func PodMatcher(s *parser.VectorSelector) *labels.Matcher {
	i := slices.IndexFunc(s.LabelMatchers, func(m *labels.Matcher) bool {
		return slices.Contains(PodLabels, m.Name) && (m.Type == labels.MatchEqual || m.Type == labels.MatchRegexp) && !m.Matches("Qj.Xw.Zv")
	})
	if i < 0 {
		return nil
	}
	return s.LabelMatchers[i]
}

// NamesPods reports whether a selector matches the names of the pods of a workload.
func NamesPods(s *parser.VectorSelector, wl *chain.Workload) bool {
	m := PodMatcher(s)
	return m != nil && slices.ContainsFunc(wl.PodNames(), m.Matches)
}

// commonLabels are labels of targets that other workloads often have with the same value.
var commonLabels = []string{"namespace", "pod", "instance", "endpoint", "container"}

// stated reports whether a selector requires the value of a label that only the targets of the workload have.
func (d *Demand) stated(s *parser.VectorSelector) bool {
	for _, o := range d.set.Arrivals.Of(d.Workload) {
		found := false
		for _, m := range s.LabelMatchers {
			value := o.Target[m.Name]
			if value != "" && m.Matches(value) && m.Type == labels.MatchEqual && !slices.Contains(commonLabels, m.Name) {
				found = true
			}
		}
		if found && !o.Opaque {
			return true
		}
	}
	return false
}

// contradicted reports whether every way to the pods sets a label to another value than a selector requires.
func (d *Demand) contradicted(s *parser.VectorSelector) bool {
	origins := d.set.Arrivals.Of(d.Workload)
	return len(origins) > 0 && !slices.ContainsFunc(origins, func(o Origin) bool {
		return o.Opaque || !slices.ContainsFunc(s.LabelMatchers, func(m *labels.Matcher) bool {
			value := o.Target[m.Name]
			return value != "" && m.Name != "pod" && m.Name != "instance" && !m.Matches(value)
		})
	})
}

// AllOwn reports whether all series of a query come from the pods of the target.
func (q *Query) AllOwn() bool {
	return q.Expr != nil && len(q.Own) > 0 && len(q.Own) == len(promexpr.Selectors(q.Expr))
}

// Series returns the names of the own series, without duplicates.
func (q *Query) Series() []string {
	var names []string
	for _, s := range q.Own {
		names = append(names, s.Name)
	}
	return lookup.Distinct(names)
}
