package chain

import (
	"fmt"
	"slices"
	"strconv"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

var (
	scaledObject = scalerKind{group: keda.Group, name: keda.ScaledObjectKind, read: readScaledObject, wakes: true}
	scaledJob    = scalerKind{group: keda.Group, name: keda.ScaledJobKind, read: readScaledJob, podless: true}
)

// KEDA is a ScaledObject or a ScaledJob, with what only KEDA asks of it.
type KEDA struct {
	Scaler
	Triggers []keda.Trigger
	// Spec is nil for a ScaledJob, and JobSpec for a ScaledObject.
	Spec    *keda.ScaledObjectSpec
	JobSpec *keda.ScaledJobSpec
	// Rendered means that the object was made by the types here, so that it lacks what only the cluster has.
	Rendered bool
}

// inTriggers is where the metrics of these objects are written.
var inTriggers = []metricList{{path: []string{"spec", "triggers"}}}

func readScaledObject(r *reader, it *krm.Item, ps *model.Problems) *Scaler {
	k := &KEDA{Scaler: Scaler{Item: it, written: inTriggers}}
	if k.Rendered = it.Spec(&k.Spec); !k.Rendered {
		k.Spec = specOf[keda.ScaledObjectSpec](it, ps)
	}
	k.Triggers = k.Spec.Triggers
	k.Ref = refOf(k.Spec.ScaleTargetRef)
	r.addKEDA(k, k.Spec.MinReplicaCount, k.Spec.MaxReplicaCount)
	return &k.Scaler
}

// refOf returns the reference to a target with its defaults. KEDA sets each on its own (apis/keda/v1alpha1/gvkr.go).
func refOf(t *keda.ScaleTarget) TargetRef {
	ref := TargetRef{"apps/v1", "Deployment", ""}
	if t == nil {
		return ref
	}
	if t.APIVersion != "" {
		ref.APIVersion = t.APIVersion
	}
	if t.Kind != "" {
		ref.Kind = t.Kind
	}
	ref.Name = t.Name
	return ref
}

func readScaledJob(r *reader, it *krm.Item, ps *model.Problems) *Scaler {
	k := &KEDA{Scaler: Scaler{Item: it, written: inTriggers}, JobSpec: specOf[keda.ScaledJobSpec](it, ps)}
	k.Triggers = k.JobSpec.Triggers
	r.addKEDA(k, k.JobSpec.MinReplicaCount, k.JobSpec.MaxReplicaCount)
	return &k.Scaler
}

func (r *reader) addKEDA(k *KEDA, lowest, highest *int32) {
	if lowest == nil {
		lowest = new(int32)
	}
	k.MinReplicas, k.MaxReplicas = lowest, keda.DefaultMaxReplicaCount
	if highest != nil {
		k.MaxReplicas = *highest
	}
	for i := range k.Triggers {
		k.Metrics = append(k.Metrics, metricOf(&k.Triggers[i], i))
	}
	r.graph.KEDA = append(r.graph.KEDA, k)
}

// metricOf returns the metric that KEDA makes of a trigger (pkg/scalers/cpu_memory_scaler.go and prometheus_scaler.go). Of other
// types, only the type is known.
func metricOf(t *keda.Trigger, number int) autoscalingv2.MetricSpec {
	if !t.IsResource() {
		m := &autoscalingv2.ExternalMetricSource{}
		m.Metric.Name = fmt.Sprintf("s%d-%s", number, t.Type)
		if t.Type == keda.Prometheus {
			m.Target = ExternalTarget(t)
		}
		return autoscalingv2.MetricSpec{Type: autoscalingv2.ExternalMetricSourceType, External: m}
	}
	target := autoscalingv2.MetricTarget{Type: t.MetricType}
	switch q, ok := keda.ParseQuantity(t.Value("value")); {
	case t.MetricType == autoscalingv2.AverageValueMetricType && ok:
		target.AverageValue = &q
	case t.MetricType == autoscalingv2.UtilizationMetricType:
		if n, err := strconv.ParseInt(t.Value("value"), 10, 32); err == nil {
			percent := int32(n)
			target.AverageUtilization = &percent
		}
	}
	name := corev1.ResourceName(t.Type)
	if c := t.Value("containerName"); c != "" {
		return autoscalingv2.MetricSpec{
			Type:              autoscalingv2.ContainerResourceMetricSourceType,
			ContainerResource: &autoscalingv2.ContainerResourceMetricSource{Name: name, Container: c, Target: target},
		}
	}
	return autoscalingv2.MetricSpec{
		Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{Name: name, Target: target},
	}
}

// ExternalTarget returns the target of a trigger, in thousandths (pkg/scalers/scaler.go, GetMetricTargetMili). It is empty if the
// trigger has none, or in a key that is not known.
func ExternalTarget(t *keda.Trigger) autoscalingv2.MetricTarget {
	n, ok := t.Target()
	if !ok || n > 1e15 || n < -1e15 {
		return autoscalingv2.MetricTarget{}
	}
	q := resource.NewMilliQuantity(int64(n*1000), resource.DecimalSI)
	if t.MetricType == autoscalingv2.ValueMetricType {
		return autoscalingv2.MetricTarget{Type: t.MetricType, Value: q}
	}
	return autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: q}
}

// Paused reports whether KEDA leaves the replicas alone (apis/keda/v1alpha1/scaledobject_types.go, NeedToBePausedByAnnotation).
// Of a ScaledJob, only one annotation counts.
func (k *KEDA) Paused() bool {
	if _, ok := k.Item.Annotations[keda.PausedReplicasAnnotation]; ok && k.Spec != nil {
		return true
	}
	return k.IsSet(keda.PausedAnnotation)
}

// IsSet reports whether an annotation with a bool is set. A value that is not a bool counts as true.
func (k *KEDA) IsSet(annotation string) bool {
	value, ok := k.Item.Annotations[annotation]
	return ok && keda.IsTrue(value, true)
}

// HPAName returns the name of the HorizontalPodAutoscaler that KEDA makes for a ScaledObject.
func (k *KEDA) HPAName() string {
	o := keda.ScaledObject{Spec: *k.Spec}
	o.Name = k.Item.Place.Object.Name
	return o.HPAName()
}

// Modifiers returns the scaling modifiers, nil if none are in use.
func (k *KEDA) Modifiers() *keda.ScalingModifiers {
	if k.Spec == nil || k.Spec.Advanced == nil || k.Spec.Advanced.ScalingModifiers == nil ||
		*k.Spec.Advanced.ScalingModifiers == (keda.ScalingModifiers{}) {
		return nil
	}
	return k.Spec.Advanced.ScalingModifiers
}

// Behavior returns the behavior for the HorizontalPodAutoscaler, and its place.
func (k *KEDA) Behavior() (*autoscalingv2.HorizontalPodAutoscalerBehavior, model.Place) {
	at := k.Item.Place.Child("spec").Child("advanced").Child("horizontalPodAutoscalerConfig").Child("behavior")
	if k.Spec == nil || k.Spec.Advanced == nil || k.Spec.Advanced.HorizontalPodAutoscalerConfig == nil {
		return nil, at
	}
	return k.Spec.Advanced.HorizontalPodAutoscalerConfig.Behavior, at
}

// OnlyResources reports whether all triggers are on cpu or memory.
func (k *KEDA) OnlyResources() bool {
	return !slices.ContainsFunc(k.Triggers, func(t keda.Trigger) bool { return !t.IsResource() })
}
