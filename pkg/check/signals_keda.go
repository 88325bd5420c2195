package check

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/keda"
)

// measure is a metric of the HorizontalPodAutoscaler that KEDA makes.
type measure struct {
	spec       autoscalingv2.MetricSpec
	source     Source
	activation float64
}

// ofKEDA follows KEDA, controllers/keda/hpa.go, newHPAForScaledObject, and pkg/scaling/executor/scale_scaledobjects.go.
func (s *signals) ofKEDA(k *chain.KEDA) Scaling {
	out := s.scalingOf(&k.Scaler)
	out.KEDA = &KEDAScaling{
		PollingInterval:       secondsOr(k.Spec.PollingInterval, 1, keda.DefaultPollingInterval),
		CooldownPeriod:        secondsOr(k.Spec.CooldownPeriod, 0, keda.DefaultCooldownPeriod),
		InitialCooldownPeriod: secondsOr(k.Spec.InitialCooldownPeriod, 0, 0),
		MinReplicas:           *k.MinReplicas, IdleReplicas: k.Spec.IdleReplicaCount,
		Paused: k.Paused(), ForceActivation: k.IsSet(keda.ForceActivation),
		PausedIn: k.IsSet(keda.PausedScaleInAnnotation), PausedOut: k.IsSet(keda.PausedScaleOutAnnotation),
	}
	out.Spec.MinReplicas = new(max(*k.MinReplicas, 1))
	out.Spec.Behavior = pausedBehavior(k, out.KEDA)
	setDefaults(&out.Spec)
	for _, m := range s.measures(k) {
		out.Spec.Metrics = append(out.Spec.Metrics, m.spec)
		out.Sources = append(out.Sources, m.source)
		out.KEDA.Activation = append(out.KEDA.Activation, m.activation)
	}
	return out
}

// secondsOr returns a default if n is missing, or less than the API server accepts.
func secondsOr(n *int32, least, otherwise int32) time.Duration {
	if n != nil && *n >= least {
		otherwise = *n
	}
	return seconds(int64(otherwise))
}

// pausedBehavior returns the behavior, in which the directions that annotations pause are disabled.
func pausedBehavior(k *chain.KEDA, is *KEDAScaling) *autoscalingv2.HorizontalPodAutoscalerBehavior {
	b, _ := k.Behavior()
	if !is.PausedIn && !is.PausedOut {
		return b
	}
	out := autoscalingv2.HorizontalPodAutoscalerBehavior{}
	if b != nil {
		out = *b
	}
	if is.PausedIn {
		out.ScaleDown = disabled(out.ScaleDown)
	}
	if is.PausedOut {
		out.ScaleUp = disabled(out.ScaleUp)
	}
	return &out
}

func disabled(r *autoscalingv2.HPAScalingRules) *autoscalingv2.HPAScalingRules {
	out := *cmp.Or(r, &autoscalingv2.HPAScalingRules{})
	out.SelectPolicy = new(autoscalingv2.DisabledPolicySelect)
	return &out
}

// measures returns the metrics, which KEDA sorts by type. If there are scaling modifiers, one takes the place of all that are not
// of type Resource.
func (s *signals) measures(k *chain.KEDA) []measure {
	inactive := math.Inf(1) // pkg/scaling/scale_handler.go, getScaledObjectState.
	if k.OnlyResources() {
		inactive = math.Inf(-1)
	}
	var out []measure
	for i := range k.Triggers {
		t := &k.Triggers[i]
		m := measure{spec: k.Metrics[i], activation: inactive}
		m.source = s.sourceOf(&k.Scaler, i)
		if !t.IsResource() {
			external := *m.spec.External
			external.Metric.Selector, external.Target = ownSelector(k), chain.ExternalTarget(t)
			m.spec.External = &external
			m.activation, m.source.Cached = t.Activation(), t.UseCachedMetrics
			if t.Type != keda.Prometheus {
				m.source.Unknown = otherTrigger(t)
			}
		}
		out = append(out, m)
	}
	slices.SortStableFunc(out, func(a, b measure) int { return cmp.Compare(a.spec.Type, b.spec.Type) })
	mods := k.Modifiers()
	if mods == nil {
		return out
	}
	target, _ := strconv.ParseFloat(mods.Target, 64)
	if !(target > 0) || target > 1e15 {
		return out
	}
	one := s.composite(k, mods)
	one.spec.External.Target = autoscalingv2.MetricTarget{Type: cmp.Or(mods.MetricType, autoscalingv2.AverageValueMetricType)}
	value := resource.NewMilliQuantity(int64(target*1000), resource.DecimalSI)
	if one.spec.External.Target.Type == autoscalingv2.ValueMetricType {
		one.spec.External.Target.Value = value
	} else {
		one.spec.External.Target.AverageValue = value
	}
	return append(slices.DeleteFunc(out, func(m measure) bool { return m.spec.Resource == nil }), one)
}

// otherTrigger says where a trigger without a query of Prometheus takes its value from.
func otherTrigger(t *keda.Trigger) string {
	if t.Type == keda.Cron { // pkg/scalers/cron_scaler.go, GetMetricsAndActivity.
		return fmt.Sprintf("the trigger is %s from %q to %q in %s, and 0 otherwise",
			t.Value("desiredReplicas"), t.Value("start"), t.Value("end"), t.Value("timezone"))
	}
	return "KEDA reads it by a trigger of type " + t.Type
}

// composite returns the metric that a formula makes. If the formula is the name of a trigger, its source is that of the trigger.
func (s *signals) composite(k *chain.KEDA, mods *keda.ScalingModifiers) measure {
	m := measure{spec: autoscalingv2.MetricSpec{
		Type: autoscalingv2.ExternalMetricSourceType,
		External: &autoscalingv2.ExternalMetricSource{
			Metric: autoscalingv2.MetricIdentifier{Name: "composite-metric", Selector: ownSelector(k)},
		},
	}}
	m.activation, _ = strconv.ParseFloat(mods.ActivationTarget, 64)
	m.source = Source{Kind: FromElsewhere, Unknown: "a formula makes the metric"}
	for i, t := range k.Triggers {
		if t.Name != "" && t.Name == strings.TrimSpace(mods.Formula) && t.Type == keda.Prometheus {
			m.source = s.sourceOf(&k.Scaler, i)
		}
	}
	m.source.Place = k.Item.Place.Child("spec").Child("advanced").Child("scalingModifiers").Child("formula")
	return m
}

// ownSelector returns the selector by which KEDA knows whose metric is requested.
func ownSelector(k *chain.KEDA) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{keda.NameLabel: k.Item.Place.Object.Name}}
}
