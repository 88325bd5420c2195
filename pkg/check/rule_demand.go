package check

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	k8slabels "k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	prom "sigs.k8s.io/prometheus-adapter/pkg/client"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"

	kmodel "github.com/krm-fn/krm-fn/pkg/model"
)

// set is the metrics that all scalers ask for, and what is known of the series of their pods.
type set struct {
	graph    *graph
	setup    *setup
	samples  samples
	arrivals arrivals
	recorded once[*recordings]
	all      once[[]*demand]
	needed   once[[]*demand]
}

func newSet(g *graph, su *setup, list []Sample) *set {
	return &set{
		graph: g, setup: su, samples: samples{list: list, workloads: &g.workloads}, arrivals: arrivals{workloads: &g.workloads},
	}
}

// demand is a metric that an HPA asks the custom or external metrics API for.
type demand struct {
	set      *set
	scaler   *scaler
	workload *workload
	kind     autoscalingv2.MetricSourceType
	metric   string
	selector k8slabels.Selector
	// resource is what the metric describes; a problem tells why the client of the HPA cannot say so.
	resource schema.GroupResource
	problem  string
	offered  once[[]*offer]
	best     once[*offer]
	// number is the position of the metric in the scaler, source where its number comes from.
	number int
	source source
	// rooted is a metric of the namespace itself.
	rooted bool
}

// at is the place of the metric.
func (d *demand) at() kmodel.Place { return d.scaler.metricAt(d.number) }

// ofPods tells whether the metric is one that pods have, so that the monitors here tell about its series.
func (d *demand) ofPods() bool { return d.kind == autoscalingv2.PodsMetricSourceType }

// paths are the ways by which Prometheus reads the pods that have the metric, origins what becomes of their series.
func (d *demand) paths() []scrapePath {
	if !d.ofPods() || d.workload == nil {
		return nil
	}
	return d.workload.scrapes()
}

func (d *demand) origins() []origin {
	if !d.ofPods() {
		return nil
	}
	return d.set.arrivals.of(d.workload)
}

// sampled are the names of the series of a sample of the pods.
func (d *demand) sampled() []string {
	if !d.ofPods() {
		return nil
	}
	return d.set.samples.names(d.workload)
}

// names are those of what the metric describes.
func (d *demand) names() []string {
	switch {
	case d.ofPods():
		return examplePods
	case d.rooted:
		return []string{d.scaler.namespace()}
	case d.external():
		return nil
	}
	return []string{d.scaler.metrics[d.number].Object.DescribedObject.Name}
}

// index finds the rules that may serve the demand.
func (d *demand) index() *ruleIndex {
	if d.external() {
		return d.set.setup.external
	}
	return d.set.setup.custom
}

// known are the names of the series of the recording rules and of a sample.
func (d *demand) known() []string { return slices.Concat(d.set.recordings().names, d.sampled()) }

var podResource = schema.GroupResource{Resource: "pods"}

// demands lists the Pods, Object and External metrics of all HPAs.
func (ms *set) demands() []*demand { return ms.all.get(ms.findDemands) }

func (ms *set) findDemands() []*demand {
	kinds := sync.OnceValue(func() *kinds { return newKinds(ms.graph.items, ms.graph.minor) })
	var out []*demand
	for _, s := range ms.graph.scalers {
		for i := range s.metrics {
			m := &s.metrics[i]
			from := s.sourceOf(m)
			d := &demand{set: ms, scaler: s, number: i, source: from, kind: m.Type, workload: s.target, resource: podResource}
			switch {
			case from == resourceUsage:
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
			if d.metric != "" {
				out = append(out, d)
			}
		}
	}
	return out
}

// examplePods are pods that a query may ask for.
var examplePods = []string{"pod-a", "pod-b"}

func (d *demand) of(m autoscalingv2.MetricIdentifier) {
	d.metric, d.selector = m.Name, k8slabels.Everything()
	if m.Selector == nil {
		return
	}
	if sel, err := metav1.LabelSelectorAsSelector(m.Selector); err == nil {
		d.selector = sel
	}
}

// describe says what the controller asks for (Kubernetes, pkg/controller/podautoscaler/metrics, GetObjectMetric).
func (d *demand) describe(o autoscalingv2.CrossVersionObjectReference, k *kinds) {
	gk := schema.FromAPIVersionAndKind(o.APIVersion, o.Kind).GroupKind()
	d.resource, d.problem = k.resourceOf(gk)
	d.rooted = d.resource == naming.NsGroupResource
}

// what names the metric in messages.
func (d *demand) what() string {
	if d.kind == autoscalingv2.ExternalMetricSourceType {
		return fmt.Sprintf("external metric %q", d.metric)
	}
	return fmt.Sprintf("metric %q of %s", d.metric, d.resource)
}

// metricName names a metric of pods in messages that tell whose they are.
func (d *demand) metricName() string { return fmt.Sprintf("metric %q", d.metric) }

func (d *demand) external() bool { return d.kind == autoscalingv2.ExternalMetricSourceType }

// group is the API from which the HorizontalPodAutoscaler controller reads the metric.
func (d *demand) group() string {
	if d.external() {
		return externalMetrics
	}
	return customMetrics
}

// offer is a rule that gives a metric the name that is asked for.
type offer struct {
	*rule
	// series are names from which it makes the metric.
	series []string
	// registered tells that the adapter relates the metric to the resource that is asked for, obstacle why not.
	registered bool
	obstacle   string
	// query is what the adapter asks Prometheus, expr the same parsed; nil if either cannot be had.
	query string
	expr  parser.Expr
	// label is the label that holds the name of the described object.
	label string
}

// offers lists the rules that give the metric its name, in the order of the configurations.
func (d *demand) offers() []*offer { return d.offered.get(d.findOffers) }

func (d *demand) findOffers() []*offer {
	var out []*offer
	for _, m := range d.index().matches(d.metric, d.set.recordings().names, d.sampled()) {
		o := &offer{rule: m.rule, series: m.series}
		if d.external() {
			o.external(d)
		} else {
			o.custom(d)
		}
		out = append(out, o)
	}
	return out
}

// used are the offers of the configurations that an adapter reads.
func (d *demand) used() []*offer {
	unread := func(o *offer) bool { return o.set.unread != "" }
	all := d.offers()
	if slices.ContainsFunc(all, unread) {
		return slices.DeleteFunc(slices.Clone(all), unread)
	}
	return all
}

// external follows pkg/external-provider: the last series of a name is the one that is asked for.
func (o *offer) external(d *demand) {
	o.registered = true
	a := o.externalQuery(o.series[0], d.scaler.namespace(), d.selector)
	if a.err != nil {
		o.obstacle = "maps no label to the namespace, by which external metrics are asked for; add resources: " +
			`{overrides: {namespace: {resource: "namespace"}}}, or resources: {namespaced: false} to ask in all namespaces`
		return
	}
	o.query, o.expr = a.query, a.expr
}

// custom follows pkg/custom-provider: SetSeries and QueryForMetric.
func (o *offer) custom(d *demand) {
	label, err := o.namer.LabelForResource(d.resource)
	if err != nil {
		o.obstacle = fmt.Sprintf("maps no label to %s; add it to resources.overrides, such as %[2]s: {resource: %[2]q}",
			d.resource, singular(d.resource))
		return
	}
	o.label = string(label)
	set := o.labels(d)
	resources, namespaced := o.namer.ResourcesForSeries(prom.Series{Name: o.series[0], Labels: set})
	if isRoot(d.resource) {
		namespaced = false
	}
	if !slices.Contains(resources, d.resource) {
		o.obstacle = fmt.Sprintf("maps %s from label %q, which the series %s do not have", d.resource, o.label, o.series[0])
		return
	}
	if namespaced == d.rooted {
		o.obstacle = fmt.Sprintf("gives a metric of %s, which are in no namespace, while an HPA asks within its own", d.resource)
		return
	}
	namespace := d.scaler.namespace()
	if d.rooted {
		namespace = ""
	}
	o.registered = true
	a := o.queryFor(o.series[0], d.resource, namespace, d.selector, d.names()...)
	if a.err != nil {
		o.obstacle = queryObstacle(o.rule, a.err)
		return
	}
	o.query, o.expr = a.query, a.expr
}

func queryObstacle(r *rule, err error) string {
	if _, e := r.namer.LabelForResource(naming.NsGroupResource); e != nil {
		return `maps no label to the namespace; add it to resources.overrides, such as namespace: {resource: "namespace"}`
	}
	return fmt.Sprintf("makes no query of it: %v", err)
}

// labels are those of a series as the rule wants it: what its seriesQuery asks for and what it maps, except for those
// that the series surely lacks.
func (o *offer) labels(d *demand) model.LabelSet {
	set := model.LabelSet{}
	add := func(name string) {
		if name != "" && d.has(o.series[0], name) != absent {
			set[model.LabelName(name)] = "x"
		}
	}
	for _, m := range o.matchers {
		if m.Name != model.MetricNameLabel && !m.Matches("") {
			add(m.Name)
		}
	}
	for _, label := range sortedKeys(o.Resources.Overrides) {
		add(label)
	}
	add(o.label)
	if ns, err := o.namer.LabelForResource(naming.NsGroupResource); err == nil {
		add(string(ns))
	}
	return set
}

func singular(r schema.GroupResource) string {
	if s, ok := strings.CutSuffix(r.Resource, "ies"); ok {
		return s + "y"
	}
	if s, ok := strings.CutSuffix(r.Resource, "sses"); ok {
		return s + "ss"
	}
	return strings.TrimSuffix(r.Resource, "s")
}

// isRoot tells whether the adapter serves metrics of the resource outside of namespaces.
func isRoot(r schema.GroupResource) bool {
	return r == naming.NsGroupResource || r == naming.NodeGroupResource || r == naming.PVGroupResource
}
