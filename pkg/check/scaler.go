package check

import (
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// scaler is a HorizontalPodAutoscaler of any version, in the shape of autoscaling/v2.
type scaler struct {
	item *krm.Item
	spec autoscalingv2.HorizontalPodAutoscalerSpec
	// metricPlaces are where the metrics of spec stand, in the shape of the item's own version.
	metricPlaces []model.Place
	// target is the workload that it scales, nil if that is not here. The version of the scaleTargetRef does not matter,
	// since the controller looks up the served ones (Kubernetes, pkg/controller/podautoscaler/horizontal.go, RESTMappings).
	target *workload
}

// sharingKey is the same for all HPAs that have one target.
func (s *scaler) sharingKey() targetKey {
	ref := s.spec.ScaleTargetRef
	return targetKey{groupOf(ref.APIVersion), ref.Kind, ref.Name, s.namespace()}
}

func (s *scaler) namespace() string { return namespaceOf(s.item) }

// metricsAnnotation holds the metrics of autoscaling/v1 beside the utilization of cpu, as JSON in the flat shape.
const metricsAnnotation = "autoscaling.alpha.kubernetes.io/metrics"

// defaultUtilization of cpu is what an HPA without metrics aims at (Kubernetes, pkg/apis/autoscaling/annotations.go).
const defaultUtilization = 80

// flatSpec is what autoscaling/v1 and v2beta1 have beside each other.
type flatSpec struct {
	ScaleTargetRef autoscalingv2.CrossVersionObjectReference `json:"scaleTargetRef"`
	MinReplicas    *int32                                    `json:"minReplicas"`
	MaxReplicas    int32                                     `json:"maxReplicas"`
}

// addScaler reads an HPA by its version. One of a version that nobody knows is read as the present one, which
// hpa/version tells about.
func (w *world) addScaler(it *krm.Item, ps *model.Problems) {
	s := &scaler{item: it}
	switch it.Place.Object.APIVersion {
	case "autoscaling/v1":
		s.readV1(ps)
	case "autoscaling/v2beta1":
		s.readFlat(ps)
	default:
		s.spec = *specOf[autoscalingv2.HorizontalPodAutoscalerSpec](it, ps)
		for i := range s.spec.Metrics {
			s.metricPlaces = append(s.metricPlaces, it.Place.Child("spec").Child("metrics").Item(i))
		}
	}
	if len(s.spec.Metrics) == 0 {
		s.add(utilizationOfCPU(defaultUtilization), it.Place.Child("spec"))
	}
	w.scalers = append(w.scalers, s)
}

func (s *scaler) add(m autoscalingv2.MetricSpec, at model.Place) {
	s.spec.Metrics, s.metricPlaces = append(s.spec.Metrics, m), append(s.metricPlaces, at)
}

func (s *scaler) take(f flatSpec) {
	s.spec.ScaleTargetRef, s.spec.MinReplicas, s.spec.MaxReplicas = f.ScaleTargetRef, f.MinReplicas, f.MaxReplicas
}

// readV1 converts as Kubernetes does, pkg/apis/autoscaling/v1/conversion.go: the metrics of the annotation come before
// that of the field, and an annotation that cannot be read counts for nothing.
func (s *scaler) readV1(ps *model.Problems) {
	spec := specOf[struct {
		flatSpec
		TargetCPUUtilizationPercentage *int32 `json:"targetCPUUtilizationPercentage"`
	}](s.item, ps)
	s.take(spec.flatSpec)
	if text, ok := s.item.Annotations[metricsAnnotation]; ok {
		at := s.item.Place.Child("metadata").Child("annotations").Child(metricsAnnotation)
		var metrics []flatMetric
		n, found := krm.Parse([]byte(text), at)
		if !found.HasErrors() {
			found.Add(mistakes(n, at, &metrics, true)...)
		}
		ps.Add(found...)
		for i, m := range metrics {
			s.add(m.convert(), at.Item(i))
		}
	}
	if u := spec.TargetCPUUtilizationPercentage; u != nil {
		s.add(utilizationOfCPU(*u), s.item.Place.Child("spec").Child("targetCPUUtilizationPercentage"))
	}
}

func (s *scaler) readFlat(ps *model.Problems) {
	spec := specOf[struct {
		flatSpec
		Metrics []flatMetric `json:"metrics"`
	}](s.item, ps)
	s.take(spec.flatSpec)
	for i, m := range spec.Metrics {
		s.add(m.convert(), s.item.Place.Child("spec").Child("metrics").Item(i))
	}
}

func utilizationOfCPU(percent int32) autoscalingv2.MetricSpec {
	return autoscalingv2.MetricSpec{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
		Name:   corev1.ResourceCPU,
		Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &percent},
	}}
}

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

// reads tells whether s has a metric of one of the types.
func (s *scaler) reads(types ...autoscalingv2.MetricSourceType) bool {
	return slices.ContainsFunc(s.spec.Metrics, func(m autoscalingv2.MetricSpec) bool { return slices.Contains(types, m.Type) })
}
