package check

import (
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Scaling is what a scaler reads and scales, as far as the input tells.
type Scaling struct {
	// Place is that of the scaler.
	Place model.Place
	// Spec is that of the HorizontalPodAutoscaler, or of the one that KEDA makes of a ScaledObject, with all defaults of the API
	// server.
	Spec autoscalingv2.HorizontalPodAutoscalerSpec
	// KEDA is nil for a HorizontalPodAutoscaler.
	KEDA *KEDAScaling
	// Workload is nil if its pods are not in the input.
	Workload *Pods
	// Sources has one element for each metric of Spec.
	Sources []Source
}

// KEDAScaling is what KEDA does beside the HorizontalPodAutoscaler.
type KEDAScaling struct {
	PollingInterval, CooldownPeriod, InitialCooldownPeriod time.Duration
	// MinReplicas is that of the ScaledObject, which can be 0. IdleReplicas is nil if it has none.
	MinReplicas  int32
	IdleReplicas *int32
	// Paused means that there is no HorizontalPodAutoscaler. ForceActivation means that the object is always active. PausedIn and
	// PausedOut mean that KEDA does not scale to and from 0; Spec says so for the HorizontalPodAutoscaler.
	Paused, ForceActivation, PausedIn, PausedOut bool
	// Activation has a threshold for each metric of Spec. The object is active while a metric is above its threshold, which is
	// infinite for cpu and memory: negative if there are no other triggers.
	Activation []float64
}

// Pods are the pods of a workload.
type Pods struct {
	// Containers run for the life of the pod: the containers, and after them the native sidecars.
	Containers []Container
	// Requests and Limits are those of the pod as a whole, if it has any.
	Requests, Limits corev1.ResourceList
}

// CPULimit returns the limit of a pod in cores, 0 if it has none because a container has none.
func (p *Pods) CPULimit() float64 {
	if q, ok := p.Limits[corev1.ResourceCPU]; ok {
		return q.AsApproximateFloat64()
	}
	total := 0.0
	for i := range p.Containers {
		q, ok := p.Containers[i].Limits[corev1.ResourceCPU]
		if !ok {
			return 0
		}
		total += q.AsApproximateFloat64()
	}
	return total
}

// Container is a container with the defaults of the API server.
type Container struct {
	Name             string
	Requests, Limits corev1.ResourceList
	// Readiness and Startup are nil if there is no such probe.
	Readiness, Startup *corev1.Probe
}

// SourceKind is where the value of a metric comes from.
type SourceKind int

const (
	// FromResources is the resource metrics API, thus usually metrics-server.
	FromResources SourceKind = iota
	// FromPrometheus is a query, by prometheus-adapter or KEDA.
	FromPrometheus
	// FromElsewhere is any other program.
	FromElsewhere
)

// Source is where the value of a metric comes from, and how late it is.
type Source struct {
	// Place is that of the metric in the scaler.
	Place model.Place
	Kind  SourceKind
	// Query is what the adapter or KEDA sends to Prometheus.
	Query string
	// Shape is what the query makes of a series. If the series is recorded, it includes what the recording rules do. It is empty if
	// the query makes something else.
	Shape promexpr.Shape
	// Interval is the scrape interval of the series, 0 if they do not come from Prometheus. If Certain is not set, it depends on a
	// Prometheus or a target that is not in the input.
	Interval time.Duration
	Certain  bool
	// Evaluation is the sum of the intervals of the recording rules in between, 0 if there are none.
	Evaluation time.Duration
	// Cached means that the HorizontalPodAutoscaler reads the value of KEDA's last poll.
	Cached bool
	// Elsewhere means that other pods count the requests, such as those of an ingress controller, and thus all that arrive.
	Elsewhere bool
	// Unknown says why the value does not follow from the requests that the pods get, as a clause with a subject. It is empty if
	// it does.
	Unknown string
}

// signals finds the sources of metrics.
type signals struct {
	*world
	metrics map[metricKey]*demand.Demand
	pods    map[*chain.Workload]*Pods
	// added is what LimitRanges add to containers, by namespace.
	added map[string]corev1.ResourceRequirements
}

// Scalings returns the HorizontalPodAutoscalers and ScaledObjects, in the order of the input. The problems are those of reading
// the input, and what it cannot return.
func Scalings(in Input) ([]Scaling, model.Problems) {
	w, ps := newWorld(in)
	s := &signals{w, w.byMetric(), map[*chain.Workload]*Pods{}, map[string]corev1.ResourceRequirements{}}
	var out []Scaling
	hpas, objects := w.graph.HPAs, w.graph.KEDA
	for _, sc := range w.graph.Scalers {
		if sc.IsHPA() {
			out, hpas = append(out, s.ofHPA(hpas[0])), hpas[1:]
			continue
		}
		k := objects[0]
		objects = objects[1:]
		if k.Spec == nil {
			ps.Infof(model.KEDAJob, k.Item.Place, "makes Jobs, so it is not simulated; only HorizontalPodAutoscalers and ScaledObjects are")
			continue
		}
		out = append(out, s.ofKEDA(k))
	}
	return out, ps.Sorted()
}

// scalingOf returns what all kinds have in common.
func (s *signals) scalingOf(sc *chain.Scaler) Scaling {
	ref := autoscalingv2.CrossVersionObjectReference{Kind: sc.Ref.Kind, Name: sc.Ref.Name, APIVersion: sc.Ref.APIVersion}
	out := Scaling{Place: sc.Item.Place}
	out.Spec.ScaleTargetRef, out.Spec.MaxReplicas = ref, sc.MaxReplicas
	wl := sc.Target
	if wl == nil {
		return out
	}
	if wl.KnowsPods() {
		out.Workload = s.podsOf(wl)
	}
	return out
}

func (s *signals) ofHPA(h *chain.HPA) Scaling {
	out := s.scalingOf(&h.Scaler)
	out.Spec.MinReplicas, out.Spec.Metrics, out.Spec.Behavior = h.MinReplicas, h.Metrics, h.Behavior
	setDefaults(&out.Spec)
	for i := range h.Metrics {
		out.Sources = append(out.Sources, s.sourceOf(&h.Scaler, i))
	}
	return out
}
