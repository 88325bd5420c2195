package check

import (
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func hpaObject(w *world, ps *model.Problems) {
	d := described{graph: w.graph}
	for _, s := range w.graph.HPAs {
		for i, m := range s.Metrics {
			if m.Type != autoscalingv2.ObjectMetricSourceType || m.Object == nil || s.Source(&m) != chain.AdapterRule {
				continue
			}
			if o := m.Object.DescribedObject; o.Kind != "" && o.Name != "" {
				d.check(s, o, objectAt(s, i), ps)
			}
		}
	}
}

// objectAt is the place of the object that a metric describes.
func objectAt(s *chain.HPA, metric int) model.Place {
	at := s.MetricAt(metric).Child("object")
	if s.IsFlat() {
		return at.Child("target")
	}
	return at.Child("describedObject")
}

// described looks up the objects that metrics describe.
type described struct {
	graph *chain.Graph
	items lookup.Lazy[map[kindName][]*krm.Item]
}

// kindName is a kind in lower case, and a name. The controller also finds kinds in lower case, see chain.findTargets.
type kindName struct{ kind, name string }

func (d *described) find() map[kindName][]*krm.Item {
	items := map[kindName][]*krm.Item{}
	for _, it := range d.graph.Items {
		key := kindName{strings.ToLower(it.Place.Object.Kind), it.Place.Object.Name}
		items[key] = append(items[key], it)
	}
	return items
}

// check follows Kubernetes, pkg/controller/podautoscaler/metrics/client.go, GetObjectMetric: the object is in the namespace of
// the scaler, unless it is the namespace itself. The adapter does not look for the object, but for series with its labels.
func (d *described) check(s *chain.HPA, ref autoscalingv2.CrossVersionObjectReference, at model.Place, ps *model.Problems) {
	own := s.Item.Place.Object.Namespace
	var elsewhere, otherGroup *krm.Item
	for _, it := range d.items.Get(d.find)[kindName{strings.ToLower(ref.Kind), ref.Name}] {
		o := it.Place.Object
		near := o.Kind == "Namespace" || lookup.CompareNamespaces(own, o.Namespace) != lookup.Different
		switch same := model.Group(o.APIVersion) == model.Group(ref.APIVersion); {
		case same && near:
			return
		case same:
			elsewhere = it
		case near:
			otherGroup = it
		}
	}
	switch {
	case elsewhere != nil:
		ps.Valuef(model.HPAObject, at.Child("name"), ref.Name,
			"%s is in another namespace, but the metric is read in %s; use an object of that namespace, or a metric of type External",
			elsewhere.Place.Object, s.Namespace())
	case otherGroup != nil:
		p := model.Problem{
			ID: model.HPAObject, Severity: model.Warning, Place: at.Child("apiVersion"), Value: ref.APIVersion,
			Suggestion: otherGroup.Place.Object.APIVersion,
		}
		ps.Reportf(p, "is %s, but %s is in %s; use that", model.Quote(ref.APIVersion), otherGroup.Place.Object, p.Suggestion)
	case ref.Kind == "Namespace": // Every namespace can exist, and the adapter requires only its name.
	case d.graph.Complete && !s.Rendered:
		ps.Warnf(model.HPAObject, at.Child("name"),
			"no %s in namespace %s is named %s", ref.Kind, s.Namespace(), model.Quote(ref.Name))
	default:
		ps.Infof(model.HPAObject, at.Child("name"),
			"%s %s is not in the input, so it is not checked", ref.Kind, model.Quote(ref.Name))
	}
}
