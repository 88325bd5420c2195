package gen

import (
	"maps"

	"github.com/prometheus/prometheus/model/labels"
	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/trigger"
)

// scaledObject is the scaler of KEDA, which reads metrics from Prometheus without an adapter. KEDA makes a
// HorizontalPodAutoscaler of autoscaling/v2 of it.
var scaledObject = scalerKind{
	kind: keda.ScaledObjectKind, problems: "keda/", oldest: hpa.MinorV2,
	render: renderScaledObject, triggers: (*triggerBuilder).build, unsupported: hpa.Unsupported,
	podLabels: []string{workloadLabel},
}

// workloadSeries is the label that Prometheus makes of workloadLabel (prometheus-operator, pkg/prometheus/promcfg.go,
// sanitizeLabelName).
const workloadSeries = "krm_fn_dev_workload"

func renderScaledObject(w *workload, opts *options) typedObject {
	meta := w.meta(w.ref.Name)
	// KEDA refuses a workload that a HorizontalPodAutoscaler scales, unless it takes that over (scaledobject_webhook.go,
	// verifyHpas). The name is the one that krm-fn, like the operator, gives to a HorizontalPodAutoscaler.
	meta.Annotations = with(meta.Annotations, map[string]string{keda.TransferOwnership: "true"})
	so := &keda.ScaledObject{
		TypeMeta: typeMeta(keda.APIVersion, keda.ScaledObjectKind), ObjectMeta: meta,
		Spec: keda.ScaledObjectSpec{
			ScaleTargetRef:  &keda.ScaleTarget{APIVersion: w.target.APIVersion, Kind: w.target.Kind, Name: w.target.Name},
			MinReplicaCount: &w.min, MaxReplicaCount: &w.max,
			Advanced: &keda.Advanced{
				HorizontalPodAutoscalerConfig: &keda.HPAConfig{Name: w.ref.Name, Behavior: w.scaling.Behavior},
			},
			Triggers: w.triggers,
		},
	}
	if w.min == 0 {
		// A new ScaledObject without a load would take all pods at once (pkg/scaling/executor/scale_scaledobjects.go).
		so.Spec.InitialCooldownPeriod = new(int32(keda.DefaultCooldownPeriod))
		// A poll must not miss the requests in a rate.
		if n := int32(duration(opts.adapter.formulas.Window).Seconds() / 2); n < keda.DefaultPollingInterval {
			so.Spec.PollingInterval = &n
		}
	}
	return so
}

// triggerBuilder resolves the triggers of all workloads.
type triggerBuilder struct {
	source     *source
	facts      facts
	rules      ruleSet
	opts       options
	ps         *model.Problems
	kinds      *adapter.Kinds
	prometheus trigger.Prometheus
	// asked means that a trigger reads from Prometheus.
	asked bool
}

func (b *triggerBuilder) build() {
	b.kinds = adapter.NewKinds(b.source.items["CustomResourceDefinition|*"], b.opts.minor)
	b.prometheus = b.opts.prometheus.settings
	address := b.serverAddress()
	if address != "" {
		b.prometheus.Metadata = with(b.prometheus.Metadata, map[string]string{"serverAddress": address})
	}
	for i := range b.facts.gateways {
		g := &b.facts.gateways[i]
		if g.kind.podless {
			continue
		}
		// Each gateway reads the series of its own kind.
		formulas := b.opts.adapter.formulas
		formulas.Profiles = maps.Clone(formulas.Profiles)
		maps.Copy(formulas.Profiles, g.kind.profile)
		b.workload(&g.workload, formulas)
	}
	for i := range b.facts.backends {
		w := &b.facts.backends[i]
		if w.scaling == nil { // A scaler in the input scales it.
			continue
		}
		if b.workload(&w.workload, b.opts.adapter.formulas) && w.min == 0 {
			b.sleep(w, w.scaling.Metrics)
		}
	}
	if b.asked && address == "" {
		b.noAddress()
	}
}

// workload sets the triggers of w. It returns false if a metric has none.
func (b *triggerBuilder) workload(w *workload, formulas hpa.Formulas) bool {
	needs := w.scaling.Needs()
	if len(needs) > 0 {
		b.asked = true
		if w.ref.Namespace == "" {
			at := w.place.Child("namespace")
			if w.place.Field == "" { // It is an object, not in shorthand.
				at = w.place.Child("metadata").Child("namespace")
			}
			b.ps.Errorf(model.InputRequired, at, "is missing, and the query for %s must name it; set the namespace",
				model.Quote(needs[0].Metric))
			return false
		}
	}
	const instead = "add an override for the metric"
	target := trigger.Workload{Namespace: w.ref.Namespace, Kinds: b.kinds, Instead: instead, Pods: []*labels.Matcher{
		labels.MustNewMatcher(labels.MatchEqual, workloadSeries, w.labels[workloadLabel]),
	}}
	for i := range w.scaling.Metrics {
		m, at := &w.scaling.Metrics[i], w.scaling.Places.Metrics[i]
		switch m.Type {
		case autoscalingv2.ResourceMetricSourceType, autoscalingv2.ContainerResourceMetricSourceType:
			w.triggers = append(w.triggers, trigger.Resource(m))
			continue
		}
		if rule, found := b.rule(needs[0], formulas); found {
			if t, ok := b.prometheus.Trigger(target, m, rule, at, b.ps); ok {
				w.triggers = append(w.triggers, t)
			}
		}
		needs = needs[1:]
	}
	return len(w.triggers) == len(w.scaling.Metrics)
}

// rule returns the rule by which an adapter would serve a metric: a user's, or one of a formula.
func (b *triggerBuilder) rule(n hpa.Need, formulas hpa.Formulas) (trigger.Rule, bool) {
	opts := b.opts.adapter
	opts.formulas = formulas
	if i := b.rules.written(n, opts); i >= 0 {
		e := b.rules.rules[i]
		return trigger.Rule{DiscoveryRule: e.DiscoveryRule, Place: e.place, Series: opts.candidates(n)}, true
	}
	f, more := formulas.For(n)
	b.ps.Add(more...)
	return trigger.Rule{DiscoveryRule: hpa.Rule(n, f, opts.labels), Place: n.Place}, !more.HasErrors()
}
