package gen

import (
	"slices"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// withPresentNames is s with the present names of the objects that metrics of type Object describe. kustomize renames the
// objects but not these references, which hpa-configs makes with the names in the files.
func (src *source) withPresentNames(s *hpa.Scaling, from referrer, ps *model.Problems) *hpa.Scaling {
	isObject := func(m autoscalingv2.MetricSpec) bool { return m.Type == autoscalingv2.ObjectMetricSourceType }
	if !slices.ContainsFunc(s.Metrics, isObject) {
		return s
	}
	own := *s // s is that of all who share an hpa-configs.
	s = &own
	s.Metrics = slices.Clone(s.Metrics)
	for i, m := range s.Metrics {
		if !isObject(m) {
			continue
		}
		object := *m.Object
		s.Metrics[i].Object = &object
		o := &object.DescribedObject
		var at model.Place
		if i < len(s.Places.Metrics) {
			at = s.Places.Metrics[i].Child("object").Child("describedObject").Child("name")
		}
		if it := src.items.find(o.Kind, o.Name, from, at, ps); it != nil {
			o.Name = it.Ref().Name
			continue
		}
		o.Name = src.renderedName(o.Kind, o.Name, from)
	}
	return s
}

// renderedName is the present name of an object that is going to be rendered, given the name that it would have had
// before kustomize renamed its input.
func (src *source) renderedName(kind, name string, from referrer) string {
	for _, it := range src.renamed {
		now := it.Ref()
		for _, old := range it.Refs()[1:] {
			if !slices.Contains(from.namespaces, old.Namespace) && !slices.Contains(from.namespaces, now.Namespace) {
				continue
			}
			switch {
			case name == old.Name:
				return now.Name
			case name == metricsService(old.Name):
				return metricsService(now.Name)
			case kind == "Ingress" && strings.HasSuffix(name, ingressName("", old.Name)):
				return ingressName(strings.TrimSuffix(name, ingressName("", old.Name)), now.Name)
			}
		}
	}
	return name
}
