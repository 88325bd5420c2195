package validation

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// The versions of Kubernetes 1 that have a part of the spec (pkg/features/kube_features.go).
const (
	// minorContainerResource enables the gate HPAContainerMetrics by default. Earlier versions reject the metric.
	minorContainerResource = 27
	// minorToleranceField has the field; minorTolerance enables the gate HPAConfigurableTolerance by default.
	minorToleranceField = 33
	minorTolerance      = 35
)

// MetricIn reports a metric that Kubernetes 1.minor rejects; 0 is the newest.
func MetricIn(m *autoscalingv2.MetricSpec, at model.Place, minor int) (ps model.Problems) {
	if minor > 0 && minor < minorContainerResource && m.Type == autoscalingv2.ContainerResourceMetricSourceType {
		ps.Errorf(model.HPAVersion, at, "type %s requires Kubernetes 1.%d, but the target version is 1.%d; use a metric of type Resource",
			m.Type, minorContainerResource, minor)
	}
	return ps
}

// BehaviorIn reports the parts of b, which can be nil, that Kubernetes 1.minor rejects or drops; 0 is the newest.
func BehaviorIn(b *autoscalingv2.HorizontalPodAutoscalerBehavior, at model.Place, minor int) (ps model.Problems) {
	if b == nil || minor == 0 || minor >= minorTolerance {
		return nil
	}
	for _, d := range []struct {
		name  string
		rules *autoscalingv2.HPAScalingRules
	}{{"scaleUp", b.ScaleUp}, {"scaleDown", b.ScaleDown}} {
		at := at.Child(d.name).Child("tolerance")
		switch {
		case d.rules == nil || d.rules.Tolerance == nil:
		case minor < minorToleranceField:
			ps.Errorf(model.HPAVersion, at, "requires Kubernetes 1.%d, but the target version is 1.%d; remove it", minorTolerance, minor)
		default:
			ps.Warnf(model.HPAVersion, at, "is dropped by Kubernetes 1.%d unless its feature gate HPAConfigurableTolerance is enabled", minor)
		}
	}
	return ps
}
