package check

import (
	"slices"

	"github.com/prometheus/prometheus/promql/parser"
	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// checkAverages reports Object metrics that are divided twice: the query averages the pods, and the controller divides its result
// by their number (Kubernetes, pkg/controller/podautoscaler/replica_calculator.go, GetObjectPerPodMetricReplicas).
func checkAverages(w *world, ps *model.Problems) {
	for _, d := range w.demands.All() {
		if d.Kind != autoscalingv2.ObjectMetricSourceType || !d.ForAdapter() {
			continue
		}
		m := d.Scaler.Metrics[d.Number].Object
		o := d.Effective()
		if m.Target.Type != autoscalingv2.AverageValueMetricType || o == nil || !averages(o.Expr) ||
			slices.ContainsFunc(o.Series, d.FromExporter) || slices.ContainsFunc(o.Series, d.IsRecorded) {
			continue
		}
		ps.Warnf(model.HPAMetric, d.At().Child("object"),
			"has an AverageValue, for which the controller divides the metric by the number of pods, but the query of %s is already "+
				"an average; use a Value, or sum in the query", o.Rule)
	}
}

// averages reports whether the result of an expression is an average.
func averages(e parser.Expr) bool {
	for {
		switch in := e.(type) {
		case *parser.ParenExpr:
			e = in.Expr
		case *parser.AggregateExpr:
			return in.Op == parser.AVG
		default:
			return false
		}
	}
}
