package check

import (
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// scaler is what the checks ask of an object that scales a workload, whatever its kind is.
type scaler struct {
	item *krm.Item
	kind *scalerKind
	// target is the workload that it scales, nil if that is not here. The version of ref does not matter, because the
	// controller looks up the served ones (Kubernetes, pkg/controller/podautoscaler/horizontal.go, RESTMappings).
	target   *workload
	ref      targetRef
	replicas bounds
	// metrics have the shape of autoscaling/v2, written is where they are written.
	metrics []autoscalingv2.MetricSpec
	written []metricList
	// sharing are all scalers with the target of this one, itself included.
	sharing []*scaler
}

// bounds are the bounds of replicas, as far as hasLowest and hasHighest tell that they can be read.
type bounds struct {
	lowest, highest       int64
	hasLowest, hasHighest bool
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
	name string
	// read reads an object of the kind.
	read func(r *reader, it *krm.Item, ps *model.Problems) *scaler
	// source returns where the number of a metric comes from.
	source func(s *scaler, m *autoscalingv2.MetricSpec) source
}

// scalerKinds are the kinds of scalers.
var scalerKinds = []*scalerKind{&horizontalPodAutoscaler}

// source is where the number of a metric comes from.
type source int

const (
	// resourceUsage is the resource metrics API.
	resourceUsage source = iota
	// adapterRule is a rule of prometheus-adapter, unless an APIService gives the API of the metric to another program.
	adapterRule
	// otherAPI is another program that serves custom or external metrics.
	otherAPI
)

// addScaler adds an object if its kind is one of scalers.
func (r *reader) addScaler(it *krm.Item, ps *model.Problems) bool {
	for _, kind := range scalerKinds {
		if kind.name == it.Place.Object.Kind {
			s := kind.read(r, it, ps)
			s.kind = kind
			r.graph.scalers = append(r.graph.scalers, s)
			return true
		}
	}
	return false
}

// String is how messages name a scaler.
func (s *scaler) String() string { return s.item.Place.Object.Kind + " " + s.item.Place.Object.Name }

func (s *scaler) namespace() string { return model.NamespaceOf(s.item.Place.Object.Namespace) }

// refAt is the place of the reference to the target of s.
func (s *scaler) refAt() model.Place { return s.item.Place.Child("spec").Child("scaleTargetRef") }

// metricAt is the place of a metric, in the shape of the item's own version.
func (s *scaler) metricAt(number int) model.Place {
	at := s.item.Place
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

// sourceOf returns where the number of a metric of s comes from.
func (s *scaler) sourceOf(m *autoscalingv2.MetricSpec) source { return s.kind.source(s, m) }

// reads tells whether s has a metric of one of the types.
func (s *scaler) reads(types ...autoscalingv2.MetricSourceType) bool {
	return slices.ContainsFunc(s.metrics, func(m autoscalingv2.MetricSpec) bool { return slices.Contains(types, m.Type) })
}
