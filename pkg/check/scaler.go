package check

import (
	"math"
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// scaler is what the checks ask of a HorizontalPodAutoscaler of any version, in the shape of autoscaling/v2.
type scaler struct {
	item *krm.Item
	// target is the workload that it scales, nil if that is not here. The version of ref, its scaleTargetRef, does not matter,
	// since the controller looks up the served ones (Kubernetes, pkg/controller/podautoscaler/horizontal.go, RESTMappings).
	target *workload
	ref    targetRef
	// lowest and highest are the bounds of replicas as far as hasLowest and hasHighest tell that they can be read.
	lowest, highest int64
	metrics         []autoscalingv2.MetricSpec
	behavior        *autoscalingv2.HorizontalPodAutoscalerBehavior
	// annotated is how many of the metrics stand in metricsAnnotation: the first ones.
	annotated             int32
	hasLowest, hasHighest bool
	// unbound tells that no maxReplicas is written, defaulted that no metric is.
	unbound, defaulted bool
	// rendered tells that the object was made by the types of its version, so that it has no field of another one.
	rendered bool
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
func (r *reader) addScaler(it *krm.Item, ps *model.Problems) {
	s := &scaler{item: it}
	switch it.Place.Object.APIVersion {
	case "autoscaling/v1":
		s.readV1(ps)
	case "autoscaling/v2beta1":
		s.readFlat(ps)
	default:
		s.readNested(ps)
	}
	if !s.rendered {
		s.readBounds()
	}
	if len(s.metrics) == 0 {
		s.metrics, s.defaulted = []autoscalingv2.MetricSpec{utilizationOfCPU(defaultUtilization)}, true
	}
	r.graph.scalers = append(r.graph.scalers, s)
}

func (s *scaler) refersTo(ref autoscalingv2.CrossVersionObjectReference) {
	s.ref = targetRef{ref.APIVersion, ref.Kind, ref.Name}
}

// metricAt is the place of a metric, in the shape of the item's own version.
func (s *scaler) metricAt(number int) model.Place {
	switch spec := s.item.Place.Child("spec"); {
	case s.defaulted:
		return spec
	case number < int(s.annotated):
		return s.annotationAt().Item(number)
	case s.item.Place.Object.APIVersion == "autoscaling/v1":
		return spec.Child("targetCPUUtilizationPercentage")
	default:
		return spec.Child("metrics").Item(number)
	}
}

func (s *scaler) annotationAt() model.Place {
	return s.item.Place.Child("metadata").Child("annotations").Child(metricsAnnotation)
}

// readNested reads the versions that have the shape of autoscaling/v2.
func (s *scaler) readNested(ps *model.Problems) {
	var spec *autoscalingv2.HorizontalPodAutoscalerSpec
	if s.rendered = s.item.Spec(&spec); s.rendered {
		s.highest, s.hasHighest = int64(spec.MaxReplicas), true
		if spec.MinReplicas != nil {
			s.lowest, s.hasLowest = int64(*spec.MinReplicas), true
		}
	} else {
		spec = specOf[autoscalingv2.HorizontalPodAutoscalerSpec](s.item, ps)
	}
	s.refersTo(spec.ScaleTargetRef)
	s.metrics, s.behavior = spec.Metrics, spec.Behavior
}

// readBounds reads the numbers of replicas, as far as they are written.
func (s *scaler) readBounds() {
	spec := krm.Get(s.item.Node(), "spec")
	read := func(name string) (n int64, ok bool) {
		node := krm.Get(spec, name)
		if krm.IsNull(node) || len(krm.Decode(node, s.item.Place, &n)) > 0 || n > math.MaxInt32 {
			return 0, false
		}
		return n, true
	}
	s.lowest, s.hasLowest = read("minReplicas")
	s.highest, s.hasHighest = read("maxReplicas")
	s.unbound = krm.IsNull(krm.Get(spec, "maxReplicas"))
}

// readV1 converts as Kubernetes does, pkg/apis/autoscaling/v1/conversion.go: the metrics of the annotation come before
// that of the field, and an annotation that cannot be read counts for nothing.
func (s *scaler) readV1(ps *model.Problems) {
	spec := specOf[struct {
		flatSpec
		TargetCPUUtilizationPercentage *int32 `json:"targetCPUUtilizationPercentage"`
	}](s.item, ps)
	s.refersTo(spec.ScaleTargetRef)
	if text, ok := s.item.Annotations[metricsAnnotation]; ok {
		at := s.annotationAt()
		var metrics []flatMetric
		n, found := krm.Parse(text, at)
		if !found.HasErrors() {
			found.Add(mistakes(n, at, &metrics, true)...)
		}
		ps.Add(found...)
		for _, m := range metrics {
			s.metrics = append(s.metrics, m.convert())
		}
		s.annotated = int32(len(metrics))
	}
	if u := spec.TargetCPUUtilizationPercentage; u != nil {
		s.metrics = append(s.metrics, utilizationOfCPU(*u))
	}
}

func (s *scaler) readFlat(ps *model.Problems) {
	spec := specOf[struct {
		flatSpec
		Metrics []flatMetric `json:"metrics"`
	}](s.item, ps)
	s.refersTo(spec.ScaleTargetRef)
	for _, m := range spec.Metrics {
		s.metrics = append(s.metrics, m.convert())
	}
}

func utilizationOfCPU(percent int32) autoscalingv2.MetricSpec {
	return autoscalingv2.MetricSpec{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
		Name:   corev1.ResourceCPU,
		Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &percent},
	}}
}

// reads tells whether s has a metric of one of the types.
func (s *scaler) reads(types ...autoscalingv2.MetricSourceType) bool {
	return slices.ContainsFunc(s.metrics, func(m autoscalingv2.MetricSpec) bool { return slices.Contains(types, m.Type) })
}
