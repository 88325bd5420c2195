package hpa

import (
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/pkg/hpa/validation"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// The first minor versions of Kubernetes 1 with a behavior.
const (
	// MinorV2 serves autoscaling/v2. Versions up to 1.25 serve autoscaling/v2beta2, with the same fields.
	MinorV2 = 23
	// minorKeepsOrder stores autoscaling/v2 (pkg/apis/autoscaling/install). Earlier versions store v1, which has
	// a separate field for CPU utilization and returns it as the last metric (pkg/apis/autoscaling/v1).
	minorKeepsOrder = 27
)

// Target is a workload to scale.
type Target struct {
	// Meta contains the name, namespace, labels, and annotations of the HorizontalPodAutoscaler.
	Meta metav1.ObjectMeta
	// Workload is the workload to scale.
	Workload autoscalingv2.CrossVersionObjectReference
	// MinReplicas 0 means the default of Kubernetes, which is 1.
	MinReplicas int32
	// MaxReplicas 0 means the MaxReplicas of the Scaling.
	MaxReplicas int32
	Scaling     *Scaling
	// KubernetesMinor is the version to render for: 30 for Kubernetes 1.30, 0 for the newest.
	KubernetesMinor int
}

// before reports whether Kubernetes 1.minor is older than 1.than.
func before(minor, than int) bool { return minor > 0 && minor < than }

// Render returns the HorizontalPodAutoscaler of t. It shares memory with t, so neither must be changed. Its JSON contains a
// status of zeros, which does not belong into a manifest.
func Render(t Target) *autoscalingv2.HorizontalPodAutoscaler {
	out := &autoscalingv2.HorizontalPodAutoscaler{
		TypeMeta:   metav1.TypeMeta{APIVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler"},
		ObjectMeta: t.Meta,
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: t.Workload,
			MaxReplicas:    t.MaxReplicas,
			Metrics:        t.Scaling.Metrics,
			Behavior:       t.Scaling.Behavior,
		},
	}
	if before(t.KubernetesMinor, MinorV2) {
		out.APIVersion = "autoscaling/v2beta2"
	}
	if out.Spec.MaxReplicas == 0 {
		out.Spec.MaxReplicas = t.Scaling.MaxReplicas
	}
	if t.MinReplicas != 0 {
		out.Spec.MinReplicas = &t.MinReplicas
	}
	if before(t.KubernetesMinor, minorKeepsOrder) {
		out.Spec.Metrics = slices.Clone(out.Spec.Metrics)
		slices.SortStableFunc(out.Spec.Metrics, func(a, b autoscalingv2.MetricSpec) int {
			return utilizationOfCPU(a) - utilizationOfCPU(b)
		})
	}
	return out
}

// utilizationOfCPU returns 1 for the metric that autoscaling/v1 has a field for, and 0 for any other.
func utilizationOfCPU(m autoscalingv2.MetricSpec) int {
	if m.Resource != nil && m.Resource.Name == corev1.ResourceCPU && m.Resource.Target.AverageUtilization != nil {
		return 1
	}
	return 0
}

// Unsupported reports what Kubernetes 1.minor (0 for the newest) rejects or drops in s.
func Unsupported(s *Scaling, minor int) model.Problems {
	var ps model.Problems
	for i := range s.Metrics {
		ps.Add(validation.MetricIn(&s.Metrics[i], s.Places.Metrics[i], minor)...)
	}
	ps.Add(validation.BehaviorIn(s.Behavior, s.Places.Behavior, minor)...)
	return ps
}
