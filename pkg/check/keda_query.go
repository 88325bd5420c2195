package check

import (
	"cmp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func kedaQuery(w *world, ps *model.Problems) {
	near := &neighbors{graph: w.graph}
	for _, d := range w.demands.Queries() {
		q := d.Query()
		if q.Text == "" {
			continue
		}
		before := len(*ps)
		checkSyntax(q, ps)
		if q.Expr == nil || len(*ps) > before {
			continue
		}
		checkElements(d, q, ps)
		checkMeaning(d, q, ps)
		checkEmpty(d, q, ps)
		checkSelected(near, d, q, ps)
		checkCopied(w.demands.Arrivals.Of(d.Workload), d, ps)
	}
}

// rejectQuery reports a query that gives no number.
func rejectQuery(q *demand.Query, ps *model.Problems, format string, args ...any) {
	ps.Reportf(model.Problem{ID: model.KEDAQuery, Place: q.At, Value: model.Shorten(q.Text, model.MaxShown)}, format, args...)
}

// checkSyntax reports a query that Prometheus rejects, or whose result KEDA cannot read (pkg/scalers/prometheus_scaler.go,
// ExecutePromQuery).
func checkSyntax(q *demand.Query, ps *model.Problems) {
	if q.Expr == nil {
		_, err := promexpr.Parser.ParseExpr(q.Text)
		prom, other := q.Server.Dialect()
		switch {
		case err == nil || other: // It is only too long for the checks, or in another language.
		case prom:
			rejectQuery(q, ps, "is rejected by Prometheus: %v; correct it", err)
		default:
			ps.Warnf(model.KEDAQuery, q.At, "is rejected by Prometheus: %v; correct it, unless the server accepts more than PromQL", err)
		}
		return
	}
	switch q.Expr.Type() {
	case parser.ValueTypeMatrix:
		rejectQuery(q, ps, "selects a range, whose samples KEDA reads as 0; use a function of ranges, such as sum(rate(%s))", q.Expr)
	case parser.ValueTypeScalar:
		rejectQuery(q, ps, "is a scalar, which KEDA cannot read; use an aggregation, or vector(%s)", q.Expr)
	case parser.ValueTypeString:
		rejectQuery(q, ps, "is a string, which KEDA cannot read; use an aggregation such as sum(rate(SERIES[2m]))")
	}
}

// checkElements reports a query whose result can have several elements, which is an error for KEDA.
func checkElements(d *demand.Demand, q *demand.Query, ps *model.Problems) {
	count := promexpr.CountOf(q.Expr)
	per := slices.ContainsFunc(count.By, func(label string) bool { return slices.Contains(promexpr.PerPod, label) })
	switch {
	case count.One:
	case count.Clash:
		rejectQuery(q, ps, "has two elements whenever both sides of or have one, because their labels differ, and KEDA requires "+
			"one; use or on() instead")
	case per && q.AllOwn() && d.Scaler.MaxReplicas > 1:
		rejectQuery(q, ps, "has an element for each value of %s, thus for each pod, and KEDA requires one; aggregate without by",
			lookup.Join(count.By, " and "))
	case len(count.By) > 0:
		ps.Warnf(model.KEDAQuery, q.At,
			"has an element for each value of %s, and KEDA requires one; aggregate without by, or require one value", lookup.Join(count.By, " and "))
	case q.AllOwn() && isPlain(q.Expr) && d.Scaler.MaxReplicas > 1:
		rejectQuery(q, ps,
			"has an element for each series, at least one for each pod, and KEDA requires one; aggregate, such as by sum(%s)", q.Expr)
	case isPlain(q.Expr) && !slices.ContainsFunc(promexpr.Selectors(q.Expr), func(s *parser.VectorSelector) bool {
		return s.Name == "" || strings.Contains(s.Name, ":") || d.FromExporter(s.Name) || d.IsRecorded(s.Name)
	}):
		ps.Warnf(model.KEDAQuery, q.At, "has an element for each series, and KEDA requires one; aggregate, such as by sum(%s)", q.Expr)
	}
}

// isPlain reports whether an expression does not aggregate.
func isPlain(e parser.Expr) bool {
	plain := true
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		if _, ok := n.(*parser.AggregateExpr); ok {
			plain = false
		}
		return nil
	})
	return plain
}

// checkMeaning reports a query with another value than intended.
func checkMeaning(d *demand.Demand, q *demand.Query, ps *model.Problems) {
	if call := promexpr.NoBuckets(q.Expr); call != nil {
		rejectQuery(q, ps, "has no value, because %s gets buckets without label \"le\"; aggregate by (le)", call)
	}
	if a, b := promexpr.Contradiction(q.Expr, nil); a != nil {
		rejectQuery(q, ps, "selects %s and %s at once, which no series has; correct one of them", a, b)
	}
	if call := promexpr.RateOfSum(q.Expr); call != nil {
		ps.Warnf(model.KEDAQuery, q.At, "takes %s of a sum, which is too high whenever one counter restarts; apply it to the series, "+
			"and sum the results", call.Func.Name)
	}
	how := promexpr.Mean(q.Expr)
	averages := q.Of.Spec != nil && q.Of.Modifiers() == nil && q.Trigger.MetricType != autoscalingv2.ValueMetricType
	if how == "" || !averages || !perWorkload(d, q) {
		return
	}
	ps.Warnf(model.KEDAQuery, q.At, "is already an average (%s), and the target is an AverageValue, for which the controller divides the result "+
		"by the number of pods; use metricType: Value, or a sum in the query", how)
}

// perWorkload reports whether the series of a query are of the pods, not of exporters, of which several may have the same value.
func perWorkload(d *demand.Demand, q *demand.Query) bool {
	return !slices.ContainsFunc(promexpr.Selectors(q.Expr), func(s *parser.VectorSelector) bool {
		named := d.Workload != nil && demand.NamesPods(s, d.Workload)
		return s.Name == "" || (d.FromExporter(s.Name) || d.IsRecorded(s.Name) || strings.Contains(s.Name, ":")) && !named
	})
}

// checkEmpty reports a query without a value that scales to 0, such as during a gap of Prometheus. That of own series is reported
// with the bounds.
func checkEmpty(d *demand.Demand, q *demand.Query, ps *model.Problems) {
	k := q.Of
	if k.Spec == nil || *k.MinReplicas > 0 || q.Trigger.Value("ignoreNullValues") != "" || q.AllOwn() || k.Modifiers() != nil ||
		promexpr.Calls(q.Expr, "vector", "absent", "absent_over_time") {
		return
	}
	ps.Warnf(model.KEDAQuery, d.At().Child("metadata").Child("ignoreNullValues"),
		"is missing, so a query without a result counts as 0, and can scale %s %s to 0; set it to \"false\", or add or vector(0) to the query "+
			"if 0 is meant", k.Ref.Kind, k.Ref.Name)
}

// checkSelected reports selectors that do not select the series of the pods, or those of others, too.
func checkSelected(near *neighbors, d *demand.Demand, q *demand.Query, ps *model.Problems) {
	checkForeign(d, q, ps)
	for _, s := range q.Own {
		near.check(d, q, s, ps)
		if len(d.Paths()) == 0 {
			continue
		}
		for _, m := range s.LabelMatchers {
			if u, ok := unmatched(m, d.Origins(), s.Name); ok {
				u.report(model.KEDAQuery, q.At, d, ps)
			}
		}
		if !arrivesAtAll(d, s.Name) {
			rejectQuery(q, ps, "selects the series %s, which the metricRelabelings of %s drop; keep it", s.Name, d.Paths()[0].Monitor.Item.Place.Object)
		}
	}
}

// arrivesAtAll reports whether one of the monitors keeps a series.
func arrivesAtAll(d *demand.Demand, series string) bool {
	return slices.ContainsFunc(d.Origins(), func(o demand.Origin) bool {
		_, kept := o.Value(series, "")
		return kept || o.Opaque
	})
}

// neighbors finds workloads with similar names.
type neighbors struct {
	graph  *chain.Graph
	sorted lookup.Lazy[[]*chain.Workload]
}

// mostNeighbors limits the workloads that are compared with a query.
const mostNeighbors = 50

// of returns other workloads of the namespace whose names begin with that of a workload.
func (n *neighbors) of(wl *chain.Workload) []*chain.Workload {
	all := n.sorted.Get(func() []*chain.Workload {
		return slices.SortedStableFunc(slices.Values(n.graph.Workloads.All), compareWorkloads)
	})
	var out []*chain.Workload
	first, _ := slices.BinarySearchFunc(all, wl, compareWorkloads)
	own := wl.Item.Place.Object
	for _, other := range all[first:min(first+mostNeighbors, len(all))] {
		its := other.Item.Place.Object
		if its.Namespace == own.Namespace && strings.HasPrefix(its.Name, own.Name) && its.Name != own.Name {
			out = append(out, other)
		}
	}
	return out
}

func compareWorkloads(a, b *chain.Workload) int {
	p, q := a.Item.Place.Object, b.Item.Place.Object
	return cmp.Or(cmp.Compare(p.Namespace, q.Namespace), cmp.Compare(p.Name, q.Name))
}

// check reports a regular expression for names of pods that also matches those of another workload that is scraped.
func (n *neighbors) check(d *demand.Demand, q *demand.Query, s *parser.VectorSelector, ps *model.Problems) {
	m := demand.PodMatcher(s)
	if m == nil || m.Type != labels.MatchRegexp {
		return
	}
	for _, other := range n.of(d.Workload) {
		if !other.IsTransient() && demand.NamesPods(s, other) && len(other.Scrapes()) > 0 {
			ps.Warnf(model.KEDAQuery, q.At, "selects series with %s, which also matches the pods of %s; use %s=~%q", m, other, m.Name,
				podPattern(d.Workload))
			return
		}
	}
}

// podPattern returns a regular expression for the names of the pods of a workload only.
func podPattern(wl *chain.Workload) string {
	o := wl.Item.Place.Object
	if o.Kind == "StatefulSet" {
		return o.Name + "-[0-9]+"
	}
	return o.Name + "-[0-9a-z]+-[0-9a-z]{5}"
}

// commonSeries are the beginnings of names that many programs use for their series.
var commonSeries = []string{"http_", "grpc_", "process_", "go_", "jvm_", "nodejs_", "python_"}

// checkForeign reports a selector for all series of a common name in the whole cluster.
func checkForeign(d *demand.Demand, q *demand.Query, ps *model.Problems) {
	if q.Trigger.Value("namespace") != "" || q.Trigger.Value("queryParameters") != "" {
		return // Another program may add matchers.
	}
	for _, s := range promexpr.Selectors(q.Expr) {
		common := slices.ContainsFunc(commonSeries, func(prefix string) bool { return strings.HasPrefix(s.Name, prefix) })
		narrow := slices.ContainsFunc(s.LabelMatchers, func(m *labels.Matcher) bool {
			return m.Name != "__name__" && m.Type != labels.MatchNotEqual && m.Type != labels.MatchNotRegexp
		})
		if common && !narrow {
			ps.Warnf(model.KEDAQuery, q.At, "selects the series %s of all workloads that Prometheus scrapes; add matchers for %s",
				s.Name, targetOf(d.Scaler))
			return
		}
	}
}

// targetOf is how messages name what a scaler scales.
func targetOf(s *chain.Scaler) string {
	if s.HasTarget() {
		return s.Ref.Kind + " " + s.Ref.Name
	}
	return s.String()
}
