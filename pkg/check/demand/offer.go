package demand

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"k8s.io/apimachinery/pkg/runtime/schema"
	prom "sigs.k8s.io/prometheus-adapter/pkg/client"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"

	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
)

// Offer is a rule that serves a metric, under the name that a scaler requests.
type Offer struct {
	*adapter.Rule
	// Series are the names of series that it makes the metric from.
	Series []string
	// Registered means that the adapter lists the metric for the resource. Obstacle says why it has no value.
	Registered bool
	Obstacle   string
	// Query is the query that the adapter sends, Expr the parsed query. Either may be missing.
	Query string
	Expr  parser.Expr
	// Label is the label with the name of the described object.
	Label string
}

// offers returns the rules that serve the metric, in the order of the configurations.
func (d *Demand) offers() []*Offer { return d.offered.Get(d.findOffers) }

func (d *Demand) findOffers() []*Offer {
	if d.query != nil {
		return nil
	}
	var out []*Offer
	for _, m := range d.index().Matches(d.Metric, d.set.recordings().names, d.sampled()) {
		o := &Offer{Rule: m.Rule, Series: m.Series}
		if d.External() {
			o.external(d)
		} else {
			o.custom(d)
		}
		out = append(out, o)
	}
	return out
}

// Used returns the offers in configurations that an adapter reads.
func (d *Demand) Used() []*Offer {
	return lookup.Except(d.offers(), func(o *Offer) bool { return o.Config.UnusedReason != "" })
}

// external follows prometheus-adapter, pkg/external-provider.
func (o *Offer) external(d *Demand) {
	o.Registered = true
	a := o.ExternalQuery(o.Series[0], d.Scaler.Namespace(), d.selector)
	if a.Err != nil {
		o.Obstacle = "maps no label to the namespace, which external metrics require; add resources: " +
			`{overrides: {namespace: {resource: "namespace"}}}, or resources: {namespaced: false} to query all namespaces`
		return
	}
	o.Query, o.Expr = a.Query, a.Expr
}

// custom follows prometheus-adapter, pkg/custom-provider, SetSeries and QueryForMetric.
func (o *Offer) custom(d *Demand) {
	label, err := o.Namer.LabelForResource(d.Resource)
	if err != nil {
		o.Obstacle = fmt.Sprintf("maps no label to %s; add it to resources.overrides, such as %[2]s: {resource: %[2]q}",
			d.Resource, Singular(d.Resource))
		return
	}
	o.Label = string(label)
	set := o.labels(d)
	resources, namespaced := o.Namer.ResourcesForSeries(prom.Series{Name: o.Series[0], Labels: set})
	if adapter.IsRoot(d.Resource) {
		namespaced = false
	}
	if !slices.Contains(resources, d.Resource) {
		o.Obstacle = fmt.Sprintf("maps %s from label %q, which the series %s do not have", d.Resource, o.Label, o.Series[0])
		return
	}
	if namespaced == d.describesNamespace {
		o.Obstacle = fmt.Sprintf(
			"serves a metric of %s, which are not namespaced, but an HPA queries its own namespace", d.Resource)
		return
	}
	namespace := d.Scaler.Namespace()
	if d.describesNamespace {
		namespace = ""
	}
	o.Registered = true
	a := o.QueryFor(o.Series[0], d.Resource, namespace, d.selector, d.Names()...)
	if a.Err != nil {
		o.Obstacle = queryObstacle(o.Rule, a.Err)
		return
	}
	o.Query, o.Expr = a.Query, a.Expr
}

func queryObstacle(r *adapter.Rule, err error) string {
	if _, e := r.Namer.LabelForResource(naming.NsGroupResource); e != nil {
		return `maps no label to the namespace; add it to resources.overrides, such as namespace: {resource: "namespace"}`
	}
	return fmt.Sprintf("cannot build a query for it: %v", err)
}

// labels returns the labels of a series that the rule selects: those that seriesQuery requires and those that it maps, except
// labels that the series surely lack.
func (o *Offer) labels(d *Demand) prommodel.LabelSet {
	set := prommodel.LabelSet{}
	add := func(name string) {
		if name != "" && d.Has(o.Series[0], name) != Absent {
			set[prommodel.LabelName(name)] = "x"
		}
	}
	for _, m := range o.Matchers {
		if m.Name != prommodel.MetricNameLabel && !m.Matches("") {
			add(m.Name)
		}
	}
	for _, label := range slices.Sorted(maps.Keys(o.Resources.Overrides)) {
		add(label)
	}
	add(o.Label)
	if ns, err := o.Namer.LabelForResource(naming.NsGroupResource); err == nil {
		add(string(ns))
	}
	return set
}

// Singular returns the singular name of a resource.
func Singular(r schema.GroupResource) string {
	if s, ok := strings.CutSuffix(r.Resource, "ies"); ok {
		return s + "y"
	}
	if s, ok := strings.CutSuffix(r.Resource, "sses"); ok {
		return s + "ss"
	}
	return strings.TrimSuffix(r.Resource, "s")
}

// Effective returns the rule that the adapter uses: the last that lists the metric for the resource. It ignores a rule that
// only applies if the metric is also the name of a series, if another rule is about this metric. If no rule lists the metric,
// it returns the first that serves the name.
func (d *Demand) Effective() *Offer { return d.best.Get(d.findEffective) }

// Candidates returns the rules of which the adapter uses one: only Effective or, if that is a general rule, all that list the
// metric, because the existing series decide.
func (d *Demand) Candidates() []*Offer {
	best := d.Effective()
	switch {
	case best == nil:
		return nil
	case best.Specific() || !best.Registered:
		return []*Offer{best}
	}
	return lookup.Except(d.Used(), func(o *Offer) bool { return !o.Registered || o.Specific() })
}

func (d *Demand) findEffective() *Offer {
	var last, first *Offer
	for _, o := range d.Used() {
		if !o.Registered {
			if first == nil || !first.Specific() && o.Specific() {
				first = o
			}
			continue
		}
		if last == nil || o.Specific() || !last.Specific() || slices.Contains(o.Series, last.Series[0]) {
			last = o
		}
	}
	if last == nil || first != nil && first.Specific() && !last.Specific() && !slices.Contains(last.Series, first.Series[0]) {
		return first
	}
	return last
}
