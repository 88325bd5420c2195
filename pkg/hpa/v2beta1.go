package hpa

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// The flat metric shapes of autoscaling/v2beta1, which Kubernetes served until 1.24 and whose package is no longer in
// k8s.io/api.
type (
	flatMetric struct {
		Type              autoscalingv2.MetricSourceType `json:"type"`
		Resource          *flatResource                  `json:"resource"`
		ContainerResource *flatContainerResource         `json:"containerResource"`
		Pods              *flatPods                      `json:"pods"`
		Object            *flatObject                    `json:"object"`
		External          *flatExternal                  `json:"external"`
	}
	flatResource struct {
		Name                     corev1.ResourceName `json:"name"`
		TargetAverageUtilization *int32              `json:"targetAverageUtilization"`
		TargetAverageValue       *resource.Quantity  `json:"targetAverageValue"`
	}
	flatContainerResource struct {
		Name                     corev1.ResourceName `json:"name"`
		Container                string              `json:"container"`
		TargetAverageUtilization *int32              `json:"targetAverageUtilization"`
		TargetAverageValue       *resource.Quantity  `json:"targetAverageValue"`
	}
	flatPods struct {
		MetricName         string                `json:"metricName"`
		TargetAverageValue *resource.Quantity    `json:"targetAverageValue"`
		Selector           *metav1.LabelSelector `json:"selector"`
	}
	flatObject struct {
		Target       autoscalingv2.CrossVersionObjectReference `json:"target"`
		MetricName   string                                    `json:"metricName"`
		TargetValue  *resource.Quantity                        `json:"targetValue"`
		AverageValue *resource.Quantity                        `json:"averageValue"`
		Selector     *metav1.LabelSelector                     `json:"selector"`
	}
	flatExternal struct {
		MetricName         string                `json:"metricName"`
		MetricSelector     *metav1.LabelSelector `json:"metricSelector"`
		TargetValue        *resource.Quantity    `json:"targetValue"`
		TargetAverageValue *resource.Quantity    `json:"targetAverageValue"`
	}
)

// convert gives m in the shape of v2, by the rules of Kubernetes 1.24, pkg/apis/autoscaling/v2beta1/conversion.go, but
// for two things. The targetValue of an Object metric beside an averageValue is left out: v2beta1 demanded one, and the
// HPA controller does not read it. The container of a ContainerResource is kept: that conversion loses it.
func (m flatMetric) convert() autoscalingv2.MetricSpec {
	out := autoscalingv2.MetricSpec{Type: m.Type}
	if r := m.Resource; r != nil {
		out.Resource = &autoscalingv2.ResourceMetricSource{
			Name: r.Name, Target: resourceTarget(r.TargetAverageUtilization, r.TargetAverageValue),
		}
	}
	if r := m.ContainerResource; r != nil {
		out.ContainerResource = &autoscalingv2.ContainerResourceMetricSource{
			Name: r.Name, Container: r.Container,
			Target: resourceTarget(r.TargetAverageUtilization, r.TargetAverageValue),
		}
	}
	if p := m.Pods; p != nil {
		out.Pods = &autoscalingv2.PodsMetricSource{
			Metric: autoscalingv2.MetricIdentifier{Name: p.MetricName, Selector: p.Selector},
			Target: autoscalingv2.MetricTarget{
				Type: autoscalingv2.AverageValueMetricType, AverageValue: p.TargetAverageValue,
			},
		}
	}
	if o := m.Object; o != nil {
		target := autoscalingv2.MetricTarget{Type: autoscalingv2.ValueMetricType, Value: o.TargetValue}
		if o.AverageValue != nil {
			target = autoscalingv2.MetricTarget{
				Type: autoscalingv2.AverageValueMetricType, AverageValue: o.AverageValue,
			}
		}
		out.Object = &autoscalingv2.ObjectMetricSource{
			DescribedObject: o.Target,
			Metric:          autoscalingv2.MetricIdentifier{Name: o.MetricName, Selector: o.Selector},
			Target:          target,
		}
	}
	if e := m.External; e != nil {
		target := autoscalingv2.MetricTarget{
			Type: autoscalingv2.AverageValueMetricType, Value: e.TargetValue, AverageValue: e.TargetAverageValue,
		}
		if e.TargetValue != nil {
			target.Type = autoscalingv2.ValueMetricType
		}
		out.External = &autoscalingv2.ExternalMetricSource{
			Metric: autoscalingv2.MetricIdentifier{Name: e.MetricName, Selector: e.MetricSelector}, Target: target,
		}
	}
	return out
}

func resourceTarget(utilization *int32, averageValue *resource.Quantity) autoscalingv2.MetricTarget {
	t := autoscalingv2.MetricTarget{
		Type: autoscalingv2.AverageValueMetricType, AverageUtilization: utilization, AverageValue: averageValue,
	}
	if utilization != nil {
		t.Type = autoscalingv2.UtilizationMetricType
	}
	return t
}

// dropped says aloud what convert leaves out of the metric at s.
func (c *metricsChecker) dropped(m flatMetric, s spot) {
	if o := m.Object; o != nil && o.TargetValue != nil && o.AverageValue != nil {
		c.problems.Infof(model.HPAConfig, s.child("object.targetValue").at,
			"is dropped, because Kubernetes ignores it if averageValue is set")
	}
}
