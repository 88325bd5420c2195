package check

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// flatMetric is a metric of autoscaling/v2beta1, which Kubernetes served until 1.24, and of the annotation of v1.
type flatMetric struct {
	Type              autoscalingv2.MetricSourceType `json:"type"`
	Resource          *flatResource                  `json:"resource"`
	ContainerResource *flatContainerResource         `json:"containerResource"`
	Pods              *flatPods                      `json:"pods"`
	Object            *flatObject                    `json:"object"`
	External          *flatExternal                  `json:"external"`
}

type flatResource struct {
	Name                     corev1.ResourceName `json:"name"`
	TargetAverageUtilization *int32              `json:"targetAverageUtilization"`
	TargetAverageValue       *resource.Quantity  `json:"targetAverageValue"`
}

type flatContainerResource struct {
	flatResource
	Container string `json:"container"`
}

type flatPods struct {
	MetricName         string                `json:"metricName"`
	TargetAverageValue *resource.Quantity    `json:"targetAverageValue"`
	Selector           *metav1.LabelSelector `json:"selector"`
}

type flatObject struct {
	Target       autoscalingv2.CrossVersionObjectReference `json:"target"`
	MetricName   string                                    `json:"metricName"`
	TargetValue  *resource.Quantity                        `json:"targetValue"`
	AverageValue *resource.Quantity                        `json:"averageValue"`
	Selector     *metav1.LabelSelector                     `json:"selector"`
}

type flatExternal struct {
	MetricName         string                `json:"metricName"`
	MetricSelector     *metav1.LabelSelector `json:"metricSelector"`
	TargetValue        *resource.Quantity    `json:"targetValue"`
	TargetAverageValue *resource.Quantity    `json:"targetAverageValue"`
}

// convert follows Kubernetes 1.24, pkg/apis/autoscaling/v2beta1/conversion.go, but keeps the container of a
// ContainerResource, which that loses.
func (m flatMetric) convert() autoscalingv2.MetricSpec {
	out := autoscalingv2.MetricSpec{Type: m.Type}
	if r := m.Resource; r != nil {
		out.Resource = &autoscalingv2.ResourceMetricSource{Name: r.Name, Target: r.target()}
	}
	if r := m.ContainerResource; r != nil {
		out.ContainerResource = &autoscalingv2.ContainerResourceMetricSource{Name: r.Name, Container: r.Container, Target: r.target()}
	}
	if p := m.Pods; p != nil {
		out.Pods = &autoscalingv2.PodsMetricSource{
			Metric: autoscalingv2.MetricIdentifier{Name: p.MetricName, Selector: p.Selector},
			Target: autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: p.TargetAverageValue},
		}
	}
	if o := m.Object; o != nil {
		out.Object = &autoscalingv2.ObjectMetricSource{
			DescribedObject: o.Target,
			Metric:          autoscalingv2.MetricIdentifier{Name: o.MetricName, Selector: o.Selector},
			Target:          valueTarget(o.TargetValue, o.AverageValue, o.AverageValue == nil),
		}
	}
	if e := m.External; e != nil {
		out.External = &autoscalingv2.ExternalMetricSource{
			Metric: autoscalingv2.MetricIdentifier{Name: e.MetricName, Selector: e.MetricSelector},
			Target: valueTarget(e.TargetValue, e.TargetAverageValue, e.TargetValue != nil),
		}
	}
	return out
}

func (r flatResource) target() autoscalingv2.MetricTarget {
	t := autoscalingv2.MetricTarget{
		Type: autoscalingv2.AverageValueMetricType, AverageUtilization: r.TargetAverageUtilization, AverageValue: r.TargetAverageValue,
	}
	if r.TargetAverageUtilization != nil {
		t.Type = autoscalingv2.UtilizationMetricType
	}
	return t
}

func valueTarget(value, average *resource.Quantity, total bool) autoscalingv2.MetricTarget {
	t := autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, Value: value, AverageValue: average}
	if total {
		t.Type = autoscalingv2.ValueMetricType
	}
	return t
}
