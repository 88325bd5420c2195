package check

import (
	"maps"
	"slices"
	"strings"

	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"

	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func ruleLabels(w *world, ps *model.Problems) {
	for _, d := range w.demands.All() {
		if d.Problem != "" || !d.ForAdapter() {
			continue
		}
		if o := d.Effective(); o != nil {
			before := len(*ps)
			checkOffer(w.graph, d, o, ps)
			if len(*ps) == before {
				checkValues(w.demands, d, o, ps)
			}
		}
	}
}

// checkOffer reports a rule that serves a metric without a value.
func checkOffer(g *chain.Graph, d *demand.Demand, o *demand.Offer, ps *model.Problems) {
	what := func(format string, args ...any) {
		args = append([]any{d.What(), d.Scaler.Item.Place.Object}, args...)
		ps.Errorf(model.RuleLabels, o.At, "serves %s, which %s requests, but "+format, args...)
	}
	if o.Obstacle != "" {
		what("%s", o.Obstacle)
		return
	}
	if o.Expr == nil || o.Expr.Type() != parser.ValueTypeVector {
		return
	}
	if a, b := promexpr.Contradiction(o.Expr, openLabels(d, o)); a != nil {
		what("its query %s selects %s and %s at once, which no series has", o.Query, a, b)
		return
	}
	if call := promexpr.NoBuckets(o.Expr); call != nil {
		what("%s in its query gets buckets without label \"le\", so it returns no value; aggregate by (le, <<.GroupBy>>)", call)
		return
	}
	checkIgnoredSelector(d, o, ps)
	if call := promexpr.RateOfSum(o.Expr); call != nil {
		ps.Warnf(model.RuleLabels, o.Field("metricsQuery"),
			"expands to %s, whose %s of a sum is too high whenever one counter restarts; apply it to the series, and sum the results",
			o.Query, call.Func.Name)
	}
	if d.External() {
		checkExternalNamespace(d, o, ps)
		return
	}
	switch promexpr.OutcomeOf(o.Expr, o.Label) {
	case promexpr.Lost:
		what("the result of its query %s has no label %q, which the adapter requires to find the %s; aggregate by (<<.GroupBy>>)",
			o.Query, o.Label, d.Resource.Resource)
		return
	case promexpr.Empty:
		what("its query %s joins vectors of which only one has label %q, so they never match; aggregate both by (<<.GroupBy>>)",
			o.Query, o.Label)
		return
	}
	if most := promexpr.MostSeries(o.Expr); most > 0 && most < int(d.Scaler.MaxReplicas) &&
		d.Kind == autoscalingv2.PodsMetricSourceType {
		ps.Warnf(model.RuleLabels, o.At,
			"serves %s, which %s requests, but its query returns at most %d series, so other pods have no value with up to %d "+
				"replicas", d.What(), d.Scaler.Item.Place.Object, most, d.Scaler.MaxReplicas)
	}
	if len(promexpr.MatchersOn(o.Expr, o.Label)) == 0 && sharesNames(d) {
		ps.Warnf(model.RuleLabels, o.At,
			"does not use <<.LabelMatchers>>, so values of pods with the same names in other namespaces are mixed into those of "+
				"%s; add {<<.LabelMatchers>>}", d.Workload.Item.Place.Object)
	}
	checkMapped(g, d, o, ps)
}

// checkIgnoredSelector reports a metric with a selector that the query ignores.
func checkIgnoredSelector(d *demand.Demand, o *demand.Offer, ps *model.Problems) {
	for _, key := range d.SelectorKeys() {
		if len(promexpr.MatchersOn(o.Expr, key)) > 0 {
			return
		}
	}
	if keys := d.SelectorKeys(); len(keys) > 0 {
		ps.Errorf(model.RuleLabels, o.Field("metricsQuery"),
			"does not use <<.LabelMatchers>>, so it ignores the selector for %s that %s sets for %s; add {<<.LabelMatchers>>}",
			lookup.Join(keys, " and "), d.Scaler.Item.Place.Object, d.What())
	}
}

// openLabels returns the labels that have other values in the cluster than here: the names of pods, and the namespace of a
// scaler without one.
func openLabels(d *demand.Demand, o *demand.Offer) []string {
	var open []string
	if d.Kind == autoscalingv2.PodsMetricSourceType {
		open = append(open, o.Label)
	}
	if label, err := o.Namer.LabelForResource(naming.NsGroupResource); err == nil && d.Scaler.Item.Place.Object.Namespace == "" {
		open = append(open, string(label))
	}
	return open
}

// sharesNames reports whether pods elsewhere may have the same names as those of the workload.
func sharesNames(d *demand.Demand) bool {
	return d.Kind == autoscalingv2.PodsMetricSourceType && d.Workload != nil && d.Workload.Item.Place.Object.Kind == "StatefulSet"
}

// checkMapped compares the labels that a rule maps with those of the series.
func checkMapped(g *chain.Graph, d *demand.Demand, o *demand.Offer, ps *model.Problems) {
	checkTwice(o, ps)
	if adapter.IsRoot(d.Resource) {
		return
	}
	label, err := o.Namer.LabelForResource(naming.NsGroupResource)
	if err != nil {
		return
	}
	ns := string(label)
	series := o.Series[0]
	if len(promexpr.MatchersOn(o.Expr, ns)) == 0 {
		return
	}
	if slices.Contains([]string{ns, o.Label}, "pod_name") && strings.HasPrefix(series, "container_") && !g.Before(16) {
		ps.Warnf(model.RuleLabels, o.At,
			"maps label \"pod_name\", which the kubelet replaced with \"pod\" in Kubernetes 1.16; map \"pod\", unless your Prometheus adds the old label")
	}
	switch d.Has(series, ns) {
	case demand.Absent:
		ps.Errorf(model.RuleLabels, o.At,
			"serves %s, which %s requests, but maps namespaces from label %q, which the series %s do not have",
			d.What(), d.Scaler.Item.Place.Object, ns, series)
	case demand.Maybe:
		if ns != "namespace" && asksFor(o, "namespace") && !asksFor(o, ns) {
			ps.Warnf(model.RuleLabels, o.At,
				"selects series with label \"namespace\" but maps namespaces from label %q; if the series do not have it, the "+
					"query finds none; map \"namespace\"", ns)
		}
	}
	if ns == "namespace" && scrapedElsewhere(d) {
		first := d.Origins()[0]
		ps.Errorf(model.RuleLabels, o.At, "finds series by label \"namespace\", which %s sets to %q, not to the namespace of %s",
			first.Path.Monitor.Item.Place.Object, first.Target["namespace"], d.Scaler.Item.Place.Object)
	}
}

// scrapedElsewhere reports whether relabelings set another namespace than that of the scaler.
func scrapedElsewhere(d *demand.Demand) bool {
	if d.Scaler.Item.Place.Object.Namespace == "" || d.Workload == nil || d.Workload.Item.Place.Object.Namespace == "" {
		return false
	}
	return len(d.Paths()) > 0 && !slices.ContainsFunc(d.Origins(), func(o demand.Origin) bool {
		return o.Opaque || o.Path.HonorLabels || o.Target["namespace"] == "" || o.Target["namespace"] == d.Scaler.Namespace()
	})
}

// asksFor reports whether seriesQuery requires a label.
func asksFor(o *demand.Offer, label string) bool {
	return slices.ContainsFunc(o.Matchers, func(m *labels.Matcher) bool {
		return m.Name == label && m.Name != prommodel.MetricNameLabel && !m.Matches("")
	})
}

// checkTwice reports two labels that are mapped to the same resource.
func checkTwice(o *demand.Offer, ps *model.Problems) {
	mapped := map[string]string{}
	for _, label := range slices.Sorted(maps.Keys(o.Resources.Overrides)) {
		r := o.Resources.Overrides[label]
		name := demand.Singular(schema.GroupResource{Group: r.Group, Resource: r.Resource})
		if other := mapped[name]; other != "" {
			ps.Warnf(model.RuleLabels, o.Field("resources", "overrides"),
				"maps %s from both %q and %q; the adapter picks one arbitrarily each time it starts; keep one", name, other, label)
		}
		mapped[name] = label
	}
}

// checkExternalNamespace reports a rule for series of another namespace than that of the scaler, in which the adapter queries
// external metrics.
func checkExternalNamespace(d *demand.Demand, o *demand.Offer, ps *model.Problems) {
	if o.Resources.Namespaced != nil && !*o.Resources.Namespaced || d.Scaler.Item.Place.Object.Namespace == "" {
		return
	}
	label, err := o.Namer.LabelForResource(naming.NsGroupResource)
	if err != nil || len(promexpr.MatchersOn(o.Expr, string(label))) == 0 {
		return
	}
	for _, m := range o.Matchers {
		if m.Name == string(label) && !m.Matches(d.Scaler.Namespace()) {
			ps.Errorf(model.RuleLabels, o.At,
				"selects series with %s, but external metrics are queried in the namespace of the HPA, %q; add resources: "+
					"{namespaced: false} to query all namespaces", m, d.Scaler.Namespace())
			return
		}
	}
}
