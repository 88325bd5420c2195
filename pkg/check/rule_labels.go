package check

import (
	"slices"
	"strings"

	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"

	"github.com/krm-fn/krm-fn/pkg/model"
)

const ruleLabelsID model.ID = "rule/labels"

const labelsExample = `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  maxReplicas: 5
  metrics:
  - type: Pods
    pods:
      metric: {name: http_requests_per_second}
      target: {type: AverageValue, averageValue: "10"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: adapter-config, namespace: monitoring}
data:
  config.yaml: |
    rules:
    - seriesQuery: http_requests_total{namespace!="",pod!=""}
      resources: {template: <<.Resource>>}
      name: {matches: "^(.*)_total$", as: "${1}_per_second"}
      metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m]))
`

var ruleLabels = Check{
	ID:    ruleLabelsID,
	Title: "A rule does not say which series belong to which object",
	Why: "The adapter finds the values of a pod by the label that the rule maps to pods, in the query and in its result. Where " +
		"the mapping, the label or its grouping is missing, the query fails or its result belongs to no pod, and the HPA sees " +
		"no value.",
	Mend: "Map namespace and pod in resources.overrides to labels that the series have, and write sum(...{<<.LabelMatchers>>}) by " +
		"(<<.GroupBy>>) in metricsQuery.",
	Bad:  labelsExample,
	Good: strings.Replace(labelsExample, "[2m]))\n", "[2m])) by (<<.GroupBy>>)\n", 1),
	run: func(w *world, ps *model.Problems) {
		for _, d := range w.demands.demands() {
			if d.problem != "" || !d.forAdapter() {
				continue
			}
			if o := d.effective(); o != nil {
				before := len(*ps)
				if checkOffer(d, o, ps); len(*ps) == before {
					checkValues(w.demands, d, o, ps)
				}
			}
		}
	},
}

// effective is the rule whose query the adapter uses for a metric: the last that relates it to the resource, and not one
// that only might if the metric had a series of its very name, where another is about this metric. Of rules that give the
// name without relating it to the resource it is the first.
func (d *demand) effective() *offer { return d.best.get(d.findEffective) }

func (d *demand) findEffective() *offer {
	var last, first *offer
	for _, o := range d.used() {
		if !o.registered {
			if first == nil || !first.specific() && o.specific() {
				first = o
			}
			continue
		}
		if last == nil || o.specific() || !last.specific() || slices.Contains(o.series, last.series[0]) {
			last = o
		}
	}
	if last == nil || first != nil && first.specific() && !last.specific() && !slices.Contains(last.series, first.series[0]) {
		return first
	}
	return last
}

// checkOffer reports a rule that gives the metric its name but no value.
func checkOffer(d *demand, o *offer, ps *model.Problems) {
	what := func(format string, args ...any) {
		args = append([]any{d.what(), d.scaler.item.Place.Object}, args...)
		ps.Errorf(ruleLabelsID, o.at, "gives %s, for which %s asks, but "+format, args...)
	}
	if o.obstacle != "" {
		what("%s", o.obstacle)
		return
	}
	if o.expr == nil || o.expr.Type() != parser.ValueTypeVector {
		return
	}
	if a, b := contradiction(o.expr, openLabels(d, o)); a != nil {
		what("its query %s asks for %s and %s at once, which no series has", o.query, a, b)
		return
	}
	if d.external() {
		checkExternalNamespace(d, o, ps)
		return
	}
	switch fateOf(o.expr, o.label) {
	case lost:
		what("its query %s has no label %q in its result, by which the adapter finds the %s; aggregate by (<<.GroupBy>>)",
			o.query, o.label, d.resource.Resource)
		return
	case empty:
		what("its query %s joins vectors of which only one has label %q, so that they never match; aggregate both by (<<.GroupBy>>)",
			o.query, o.label)
		return
	}
	if len(selectorsWith(o, o.label)) == 0 && sharesNames(d) {
		ps.Warnf(ruleLabelsID, o.at, "asks without <<.LabelMatchers>>, so that the values of pods which have the same name in other "+
			"namespaces "+
			"get into those of %s; write {<<.LabelMatchers>>}", d.workload.item.Place.Object)
	}
	checkMapped(d, o, ps)
}

// openLabels are the labels for which the query has other values in the cluster than here: nobody knows the names of
// pods before they run, nor the namespace of an HPA that states none.
func openLabels(d *demand, o *offer) []string {
	var open []string
	if d.kind == autoscalingv2.PodsMetricSourceType {
		open = append(open, o.label)
	}
	if label, err := o.namer.LabelForResource(naming.NsGroupResource); err == nil && d.scaler.item.Place.Object.Namespace == "" {
		open = append(open, string(label))
	}
	return open
}

// sharesNames tells whether pods elsewhere may well have the names of those that are scaled.
func sharesNames(d *demand) bool {
	return d.kind == autoscalingv2.PodsMetricSourceType && d.workload != nil && d.workload.item.Place.Object.Kind == "StatefulSet"
}

func selectorsWith(o *offer, label string) []string {
	var out []string
	for _, m := range matchersOn(o.expr, label) {
		out = append(out, m.String())
	}
	return out
}

// checkMapped compares the labels that the rule maps with those that the series have or that it asks them for itself.
func checkMapped(d *demand, o *offer, ps *model.Problems) {
	checkTwice(d, o, ps)
	if isRoot(d.resource) {
		return
	}
	label, err := o.namer.LabelForResource(naming.NsGroupResource)
	if err != nil {
		return
	}
	ns := string(label)
	series := o.series[0]
	if len(matchersOn(o.expr, ns)) == 0 {
		return
	}
	switch d.has(series, ns) {
	case absent:
		ps.Errorf(ruleLabelsID, o.at, "gives %s, for which %s asks, but maps namespaces from label %q, which the series %s do not have",
			d.what(), d.scaler.item.Place.Object, ns, series)
	case maybe:
		if ns != "namespace" && asksFor(o, "namespace") && !asksFor(o, ns) {
			ps.Warnf(ruleLabelsID, o.at, "asks for series with label \"namespace\" but maps namespaces from label %q; if the series do "+
				"not have it, "+
				"the query finds none; map \"namespace\"", ns)
		}
	}
	if ns == "namespace" && scrapedElsewhere(d) {
		first := d.origins()[0]
		ps.Errorf(ruleLabelsID, o.at, "finds series by label \"namespace\", which %s sets to %q, not to the namespace of %s",
			first.path.monitor.item.Place.Object, first.target["namespace"], d.scaler.item.Place.Object)
	}
}

// scrapedElsewhere tells whether relabelings give the series another namespace than the HPA's.
func scrapedElsewhere(d *demand) bool {
	if d.scaler.item.Place.Object.Namespace == "" || d.workload == nil || d.workload.item.Place.Object.Namespace == "" {
		return false
	}
	return len(d.paths()) > 0 && !slices.ContainsFunc(d.origins(), func(o origin) bool {
		return o.opaque || o.path.honorLabels || o.target["namespace"] == "" || o.target["namespace"] == d.scaler.namespace()
	})
}

// asksFor tells whether the seriesQuery wants series to have a label.
func asksFor(o *offer, label string) bool {
	for _, m := range o.matchers {
		if m.Name == label && m.Name != prommodel.MetricNameLabel && !m.Matches("") {
			return true
		}
	}
	return false
}

// checkTwice reports two labels that are mapped to one resource that the query needs.
func checkTwice(d *demand, o *offer, ps *model.Problems) {
	mapped := map[string]string{}
	for _, label := range sortedKeys(o.Resources.Overrides) {
		r := o.Resources.Overrides[label]
		name := singular(schema.GroupResource{Group: r.Group, Resource: r.Resource})
		if other := mapped[name]; other != "" {
			ps.Warnf(ruleLabelsID, o.field("resources", "overrides"), "maps %s from both %q and %q; the adapter takes either, another "+
				"one each "+
				"time it starts; keep one", name, other, label)
		}
		mapped[name] = label
	}
}

// checkNamespace reports an external metric that is asked for in the namespace of the HPA while the rule is about series
// of another one.
func checkExternalNamespace(d *demand, o *offer, ps *model.Problems) {
	if o.Resources.Namespaced != nil && !*o.Resources.Namespaced || d.scaler.item.Place.Object.Namespace == "" {
		return
	}
	label, err := o.namer.LabelForResource(naming.NsGroupResource)
	if err != nil || len(matchersOn(o.expr, string(label))) == 0 {
		return
	}
	for _, m := range o.matchers {
		if m.Name == string(label) && !m.Matches(d.scaler.namespace()) {
			ps.Errorf(ruleLabelsID, o.at, "selects series with %s, but external metrics are asked for in the namespace of the HPA, here "+
				"%q; "+
				"add resources: {namespaced: false} to ask in all namespaces", m, d.scaler.namespace())
			return
		}
	}
}
