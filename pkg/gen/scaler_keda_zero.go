package gen

import (
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// wakeThreshold is so high that its metric never asks for more than one pod: the controller divides by it, and rounds up
// (Kubernetes, pkg/controller/podautoscaler/replica_calculator.go, GetExternalPerPodMetricReplicas). So requests wake a backend,
// and the metrics in hpa-configs decide how many pods it gets.
const wakeThreshold = "1000000000"

// sleep lets a backend without a minimum have no pods while nothing needs it. Only what is counted outside of its pods can wake it:
// its requests at gateways, and external metrics. Its own triggers have no data then, and would be failures: as long as nothing
// happens outside, they count 0 instead.
func (b *triggerBuilder) sleep(w *backend, metrics []autoscalingv2.MetricSpec) {
	idle := b.wakeUp(w)
	for i, m := range metrics {
		if idle == "" && isOutside(&m, w.ref.Name) {
			idle = w.triggers[i].Metadata["query"]
		}
	}
	if idle == "" {
		b.ps.Errorf(model.HPABounds, w.minPlace, "is 0, but nothing outside of its pods counts a load that wakes it: add a metric of type "+
			"External to %s, or an API with the gateway haproxy and observabilityEnabled: \"true\", or use a number of at least 1", hpaConfigs)
		return
	}
	if _, ok := promexpr.Parse(idle).(*parser.BinaryExpr); ok {
		idle = "(" + idle + ")"
	}
	for i, m := range metrics {
		if w.triggers[i].Type == keda.Prometheus && !isOutside(&m, w.ref.Name) {
			w.triggers[i].Metadata["query"] += " or (" + idle + " == 0)"
		}
	}
}

// isOutside reports whether a metric counts something outside of the pods of a workload.
func isOutside(m *autoscalingv2.MetricSpec, name string) bool {
	switch m.Type {
	case autoscalingv2.ExternalMetricSourceType:
		return true
	case autoscalingv2.ObjectMetricSourceType:
		return m.Object.DescribedObject.Name != name // Its own Service and Deployment have the series of its pods.
	}
	return false
}

// wakeUp adds the trigger that wakes a backend when gateways get requests for it. It returns the query, "" if there is none.
func (b *triggerBuilder) wakeUp(w *backend) string {
	var rates, callers []string
	for i := range b.facts.gateways {
		g := &b.facts.gateways[i]
		if g.kind.activity == nil {
			continue
		}
		matchers := g.kind.activity(g, w.ref)
		if len(matchers) == 0 || !g.observed {
			continue
		}
		callers = append(callers, g.origin.source.String())
		matchers = append(matchers, labels.MustNewMatcher(labels.MatchEqual, b.opts.adapter.labels.Namespace, g.ref.Namespace),
			labels.MustNewMatcher(labels.MatchEqual, workloadSeries, g.labels[workloadLabel]))
		rates = append(rates, "rate("+selector(matchers)+"["+b.opts.adapter.formulas.Window+"])")
	}
	for _, api := range w.callers {
		if len(rates) > 0 && !slices.Contains(callers, api) {
			b.ps.Errorf(model.HPABounds, w.minPlace, "is 0, but requests of %s do not wake it: its gateway does not count them; use the gateway "+
				"haproxy with observabilityEnabled: \"true\", or a number of at least 1", api)
		}
	}
	if len(rates) == 0 {
		return ""
	}
	b.asked = true
	query := "sum(" + strings.Join(rates, " or ") + ")"
	t := b.prometheus.Query(query, wakeThreshold)
	t.Metadata["activationThreshold"] = "0"
	w.triggers = append(w.triggers, t)
	return query
}

// selector returns the selector of series with the matchers, of which the first is the name.
func selector(matchers []*labels.Matcher) string {
	texts := make([]string, len(matchers)-1)
	for i, m := range matchers[1:] {
		texts[i] = m.String()
	}
	slices.Sort(texts)
	return matchers[0].Value + "{" + strings.Join(texts, ",") + "}"
}
