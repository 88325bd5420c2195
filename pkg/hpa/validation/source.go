// Package validation validates the metrics and the behavior of a HorizontalPodAutoscaler as the API server does (Kubernetes 1.37,
// pkg/apis/autoscaling/validation), and by the rules that the HPA controller applies at run time
// (pkg/controller/podautoscaler/horizontal.go). Typed autoscaling/v2 values flow in, problems by field path flow out. Of this
// module, the package imports only pkg/krm and pkg/model.
package validation

import (
	"encoding/json"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
)

// Format is the format in which metrics are written.
type Format int

const (
	// V2 is the format of autoscaling/v2.
	V2 Format = iota
	// V2beta1 is the format of autoscaling/v2beta1, which has no block for the metric or the target.
	V2beta1
)

// Part is a part of a metric source that has another path in v2 than in v2beta1, where it can be missing.
type Part struct{ V2, V2beta1 string }

// Source describes one type of metric: its field, and what differs between the types.
type Source struct {
	Type  autoscalingv2.MetricSourceType
	Field string
	Parts []Part
	// targets are the target types that the HPA controller supports for the type.
	targets []autoscalingv2.MetricTargetType
}

var (
	usageTargets  = []autoscalingv2.MetricTargetType{autoscalingv2.UtilizationMetricType, autoscalingv2.AverageValueMetricType}
	numberTargets = []autoscalingv2.MetricTargetType{autoscalingv2.ValueMetricType, autoscalingv2.AverageValueMetricType}
	usageParts    = []Part{
		{"target.type", ""},
		{"target.averageUtilization", "targetAverageUtilization"},
		{"target.averageValue", "targetAverageValue"},
	}
)

// Sources lists the types in the order of messages.
var Sources = []Source{
	{autoscalingv2.ResourceMetricSourceType, "resource", usageParts, usageTargets},
	{autoscalingv2.ContainerResourceMetricSourceType, "containerResource", usageParts, usageTargets},
	{autoscalingv2.PodsMetricSourceType, "pods", []Part{
		{"metric.name", "metricName"},
		{"metric.selector", "selector"},
		{"target.type", ""},
		{"target.averageValue", "targetAverageValue"},
	}, numberTargets[1:]},
	{autoscalingv2.ObjectMetricSourceType, "object", []Part{
		{"describedObject", "target"},
		{"metric.name", "metricName"},
		{"metric.selector", "selector"},
		{"target.type", ""},
		{"target.value", "targetValue"},
		{"target.averageValue", "averageValue"},
	}, numberTargets},
	{autoscalingv2.ExternalMetricSourceType, "external", []Part{
		{"metric.name", "metricName"},
		{"metric.selector", "metricSelector"},
		{"target.type", ""},
		{"target.value", "targetValue"},
		{"target.averageValue", "targetAverageValue"},
	}, numberTargets},
}

// Translate returns a path in the other format as one in the format to: that of the first part at or below path, or that of the
// part above it. It returns "" if the formats do not differ there, or if the format to has no such part.
func (s *Source) Translate(path string, to Format) string {
	for _, p := range s.Parts {
		was, is := p.V2, p.V2beta1
		if to == V2 {
			was, is = is, was
		}
		switch {
		case was == "" || is == "":
		case was == path, strings.HasPrefix(was, path+"."):
			return is
		case strings.HasPrefix(path, was+"."):
			return is + path[len(was):]
		}
	}
	return ""
}

// parts are the parts of a source of any type; nil for those that its type does not have.
type parts struct {
	resource  *corev1.ResourceName
	container *string
	object    *autoscalingv2.CrossVersionObjectReference
	metric    *autoscalingv2.MetricIdentifier
	target    *autoscalingv2.MetricTarget
}

// partsOf returns the parts of the source of a type in m, which has no target if there is no such source.
func partsOf(m *autoscalingv2.MetricSpec, typ autoscalingv2.MetricSourceType) (p parts) {
	switch typ {
	case autoscalingv2.ResourceMetricSourceType:
		if r := m.Resource; r != nil {
			p = parts{resource: &r.Name, target: &r.Target}
		}
	case autoscalingv2.ContainerResourceMetricSourceType:
		if r := m.ContainerResource; r != nil {
			p = parts{resource: &r.Name, container: &r.Container, target: &r.Target}
		}
	case autoscalingv2.PodsMetricSourceType:
		if r := m.Pods; r != nil {
			p = parts{metric: &r.Metric, target: &r.Target}
		}
	case autoscalingv2.ObjectMetricSourceType:
		if r := m.Object; r != nil {
			p = parts{object: &r.DescribedObject, metric: &r.Metric, target: &r.Target}
		}
	case autoscalingv2.ExternalMetricSourceType:
		if r := m.External; r != nil {
			p = parts{metric: &r.Metric, target: &r.Target}
		}
	}
	return p
}

// HasSource reports whether m has the source of its type.
func HasSource(m *autoscalingv2.MetricSpec) bool { return partsOf(m, m.Type).target != nil }

// Identity is equal for two metrics of which one is redundant: the same series with the same target type. m must have its source.
func Identity(m *autoscalingv2.MetricSpec) string {
	m = m.DeepCopy()
	t := partsOf(m, m.Type).target
	*t = autoscalingv2.MetricTarget{Type: t.Type}
	text, _ := json.Marshal(m) // These types always have a JSON form.
	return string(text)
}
