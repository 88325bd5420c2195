package chain

import (
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Scaler is what the checks ask of an object that scales a workload, whatever its kind is.
type Scaler struct {
	Item *krm.Item
	kind *scalerKind
	// Target is the workload that it scales, nil if that is not here. The version of ref does not matter, because the
	// controller looks up the served ones (Kubernetes, pkg/controller/podautoscaler/horizontal.go, RESTMappings).
	Target *Workload
	Ref    TargetRef
	// MinReplicas is nil if it is missing, and MaxReplicas is 0.
	MinReplicas *int32
	MaxReplicas int32
	// Metrics have the shape of autoscaling/v2, written is where they are written.
	Metrics []autoscalingv2.MetricSpec
	written []metricList
	// Sharing are all scalers with the target of this one, itself included, sorted by name.
	Sharing []*Scaler
}

// metricList is a field that holds metrics: a list with count elements or, if single is set, one metric. The last list of
// a scaler needs no count.
type metricList struct {
	path   []string
	count  int
	single bool
}

// scalerKind is a kind of objects that scale workloads.
type scalerKind struct {
	// group is empty if objects of all groups belong to the kind.
	group, name string
	// read reads an object of the kind.
	read func(r *reader, it *krm.Item, ps *model.Problems) *Scaler
	// source returns where the number of a metric comes from.
	source func(s *Scaler, m *autoscalingv2.MetricSpec) Source
	// wakes means that it also scales a workload with 0 replicas, podless that it scales no workload.
	wakes, podless bool
}

// scalerKinds are the kinds of scalers.
var scalerKinds = []*scalerKind{&horizontalPodAutoscaler, &scaledObject, &scaledJob}

// Source is where the number of a metric comes from.
type Source int

const (
	// ResourceUsage is the resource metrics API.
	ResourceUsage Source = iota
	// AdapterRule is a rule of prometheus-adapter, unless an APIService gives the API of the metric to another program.
	AdapterRule
	// otherAPI is another program that serves custom or external metrics.
	otherAPI
)

// addScaler adds an object if its kind is one of scalers.
func (r *reader) addScaler(it *krm.Item, ps *model.Problems) bool {
	for _, kind := range scalerKinds {
		if kind.name == it.Place.Object.Kind && (kind.group == "" || kind.group == model.Group(it.Place.Object.APIVersion)) {
			s := kind.read(r, it, ps)
			s.kind = kind
			r.graph.Scalers = append(r.graph.Scalers, s)
			return true
		}
	}
	return false
}

// String is how messages name a scaler.
func (s *Scaler) String() string { return s.Item.Place.Object.Kind + " " + s.Item.Place.Object.Name }

// Wakes reports whether s also scales a workload with 0 replicas.
func (s *Scaler) Wakes() bool { return s.kind.wakes }

// HasTarget reports whether s scales a workload, not what it makes itself.
func (s *Scaler) HasTarget() bool { return !s.kind.podless }

// IsHPA reports whether s is a HorizontalPodAutoscaler.
func (s *Scaler) IsHPA() bool { return s.kind == &horizontalPodAutoscaler }

// ContainerAt is the place of the container that a metric of type ContainerResource names.
func (s *Scaler) ContainerAt(number int) model.Place {
	if s.IsHPA() {
		return s.MetricAt(number).Child("containerResource").Child("container")
	}
	return s.MetricAt(number).Child("metadata").Child("containerName")
}

// Namespace is the namespace of s.
func (s *Scaler) Namespace() string { return model.NamespaceOf(s.Item.Place.Object.Namespace) }

// RefAt is the place of the reference to the target of s.
func (s *Scaler) RefAt() model.Place { return s.Item.Place.Child("spec").Child("scaleTargetRef") }

// MetricAt is the place of a metric, in the shape of the item's own version.
func (s *Scaler) MetricAt(number int) model.Place {
	at := s.Item.Place
	list := s.written[0]
	for _, next := range s.written[1:] {
		if number < list.count {
			break
		}
		list, number = next, number-list.count
	}
	for _, name := range list.path {
		at = at.Child(name)
	}
	if list.single {
		return at
	}
	return at.Item(number)
}

// Source returns where the number of a metric of s comes from.
func (s *Scaler) Source(m *autoscalingv2.MetricSpec) Source { return s.kind.source(s, m) }

// Reads reports whether s has a metric of one of the types.
func (s *Scaler) Reads(types ...autoscalingv2.MetricSourceType) bool {
	return slices.ContainsFunc(s.Metrics, func(m autoscalingv2.MetricSpec) bool { return slices.Contains(types, m.Type) })
}
