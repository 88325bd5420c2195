package chain

import (
	"regexp"
	"strings"
	"sync"

	yaml "go.yaml.in/yaml/v3"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/hpa/v2beta1"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

var horizontalPodAutoscaler = scalerKind{name: "HorizontalPodAutoscaler", read: readHPA, source: hpaSource}

// HPA is a HorizontalPodAutoscaler of any version, with what only the API server asks of it.
type HPA struct {
	Scaler
	Behavior *autoscalingv2.HorizontalPodAutoscalerBehavior
	// Rendered means that the object was made by the types of its version, so that it has no field of another one.
	Rendered bool
}

// The annotations of autoscaling/v1 for what it has no fields for, as JSON: metrics, in the flat format, and the behavior.
const (
	MetricsAnnotation  = "autoscaling.alpha.kubernetes.io/metrics"
	BehaviorAnnotation = "autoscaling.alpha.kubernetes.io/behavior"
)

// defaultUtilization of cpu is what an HPA without metrics aims at (Kubernetes, pkg/apis/autoscaling/annotations.go).
const defaultUtilization = 80

// The fields that hold the metrics of an HPA. One without metrics has that of its spec as a whole.
var (
	annotationPath = []string{"metadata", "annotations", MetricsAnnotation}
	inMetrics      = []metricList{{path: []string{"spec", "metrics"}}}
	inSpec         = []metricList{{path: []string{"spec"}, single: true}}
	inCPU          = metricList{path: []string{"spec", "targetCPUUtilizationPercentage"}, single: true}
)

// flatSpec is what autoscaling/v1 and v2beta1 have beside each other.
type flatSpec struct {
	ScaleTargetRef autoscalingv2.CrossVersionObjectReference `json:"scaleTargetRef"`
	MinReplicas    *int32                                    `json:"minReplicas"`
	MaxReplicas    int32                                     `json:"maxReplicas"`
}

// readHPA reads an HPA by its version. One of a version that nobody knows is read as the present one, which
// hpa/version tells about.
func readHPA(r *reader, it *krm.Item, ps *model.Problems) *Scaler {
	h := &HPA{Scaler: Scaler{Item: it, written: inMetrics}}
	switch it.Place.Object.APIVersion {
	case "autoscaling/v1":
		h.readV1(ps)
	case "autoscaling/v2beta1":
		h.readFlat(ps)
	default:
		h.readNested(ps)
	}
	if len(h.Metrics) == 0 {
		h.Metrics, h.written = []autoscalingv2.MetricSpec{utilizationOfCPU(defaultUtilization)}, inSpec
	}
	r.graph.HPAs = append(r.graph.HPAs, h)
	return &h.Scaler
}

// common takes what all versions have.
func (h *HPA) common(s flatSpec) {
	h.Ref = TargetRef{s.ScaleTargetRef.APIVersion, s.ScaleTargetRef.Kind, s.ScaleTargetRef.Name}
	h.MinReplicas, h.MaxReplicas = s.MinReplicas, s.MaxReplicas
}

// IsFlat reports whether the metrics of h have no metric and target blocks of their own.
func (h *HPA) IsFlat() bool {
	version := h.Item.Place.Object.APIVersion
	return version == "autoscaling/v1" || version == "autoscaling/v2beta1"
}

// readNested reads the versions that have the shape of autoscaling/v2.
func (h *HPA) readNested(ps *model.Problems) {
	var spec *autoscalingv2.HorizontalPodAutoscalerSpec
	if h.Rendered = h.Item.Spec(&spec); !h.Rendered {
		spec = specOf[autoscalingv2.HorizontalPodAutoscalerSpec](h.Item, ps)
	}
	h.common(flatSpec{spec.ScaleTargetRef, spec.MinReplicas, spec.MaxReplicas})
	h.Metrics, h.Behavior = spec.Metrics, spec.Behavior
}

// readV1 converts as Kubernetes does, pkg/apis/autoscaling/v1/conversion.go: the metrics of the annotation come before
// that of the field, and an annotation that cannot be read counts for nothing.
func (h *HPA) readV1(ps *model.Problems) {
	spec := specOf[struct {
		flatSpec
		TargetCPUUtilizationPercentage *int32 `json:"targetCPUUtilizationPercentage"`
	}](h.Item, ps)
	h.common(spec.flatSpec)
	if n := h.annotation(MetricsAnnotation, ps); n != nil {
		var metrics []v2beta1.Metric
		ps.Add(mistakes(n, h.annotationAt(MetricsAnnotation), &metrics, true)...)
		for _, m := range metrics {
			h.Metrics = append(h.Metrics, m.Convert())
		}
	}
	if n := h.annotation(BehaviorAnnotation, ps); n != nil {
		lowerKeys(n)
		h.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{}
		ps.Add(mistakes(n, h.BehaviorAt(), h.Behavior, true)...)
	}
	h.written = []metricList{{path: annotationPath, count: len(h.Metrics)}, inCPU}
	if u := spec.TargetCPUUtilizationPercentage; u != nil {
		h.Metrics = append(h.Metrics, utilizationOfCPU(*u))
	}
}

// annotation returns the value in an annotation, or nil if there is none.
func (h *HPA) annotation(name string, ps *model.Problems) *yaml.Node {
	text, ok := h.Item.Annotations[name]
	if !ok {
		return nil
	}
	n, found := krm.Parse(text, h.annotationAt(name))
	ps.Add(found...)
	return n
}

func (h *HPA) annotationAt(name string) model.Place {
	return h.Item.Place.Child("metadata").Child("annotations").Child(name)
}

// lowerKeys lowers the first letters of all keys. Kubernetes writes the behavior with the names of Go, and reads both.
func lowerKeys(n *yaml.Node) {
	for i, c := range n.Content {
		lowerKeys(c)
		if n.Kind == yaml.MappingNode && i%2 == 0 && c.Value != "" {
			c.Value = strings.ToLower(c.Value[:1]) + c.Value[1:]
		}
	}
}

// BehaviorAt is the place of the behavior, in the item's own version.
func (h *HPA) BehaviorAt() model.Place {
	if h.Item.Place.Object.APIVersion == "autoscaling/v1" {
		return h.annotationAt(BehaviorAnnotation)
	}
	return h.Item.Place.Child("spec").Child("behavior")
}

func (h *HPA) readFlat(ps *model.Problems) {
	spec := specOf[struct {
		flatSpec
		Metrics []v2beta1.Metric `json:"metrics"`
	}](h.Item, ps)
	h.common(spec.flatSpec)
	for _, m := range spec.Metrics {
		h.Metrics = append(h.Metrics, m.Convert())
	}
}

func utilizationOfCPU(percent int32) autoscalingv2.MetricSpec {
	return autoscalingv2.MetricSpec{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
		Name:   corev1.ResourceCPU,
		Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &percent},
	}}
}

var (
	// otherNames are names of metrics that other adapters serve: those of clouds and Datadog, with characters that no
	// series has.
	otherNames = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`[|@/]|^datadogmetric`)
	})
	// triggered are names of External metrics of KEDA, which begin with the number of their trigger.
	triggered = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^s\d+-`)
	})
)

// metricConfig begins the annotations by which zalando-incubator/kube-metrics-adapter serves the metrics of an HPA.
const metricConfig = "metric-config."

// hpaSource reports where the number of a metric comes from by its type and name, and by the annotations of the HPA.
func hpaSource(s *Scaler, m *autoscalingv2.MetricSpec) Source {
	var name string
	switch {
	case m.Pods != nil && m.Type == autoscalingv2.PodsMetricSourceType:
		name = m.Pods.Metric.Name
	case m.Object != nil && m.Type == autoscalingv2.ObjectMetricSourceType:
		name = m.Object.Metric.Name
	case m.External != nil && m.Type == autoscalingv2.ExternalMetricSourceType:
		name = m.External.Metric.Name
		if triggered().MatchString(name) || strings.HasPrefix(s.Item.Place.Object.Name, "keda-hpa-") {
			return otherAPI
		}
	default:
		return ResourceUsage
	}
	if otherNames().MatchString(name) {
		return otherAPI
	}
	for key := range s.Item.Annotations {
		if strings.HasPrefix(key, metricConfig) {
			return otherAPI
		}
	}
	return AdapterRule
}
