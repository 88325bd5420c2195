package gen

import (
	"slices"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// policies finds how inputs scale. It reads each hpa-configs once.
type policies struct {
	items index
	// renamed are the APIs and TargetEndpoints that kustomize renamed.
	renamed []*krm.Item
	opts    options
	known   map[*krm.Item]readResult[*hpa.Policy]
	// none is the policy of inputs without hpa-configs.
	none hpa.Policy
}

// scaling returns the part of the policy that applies to an input, with the current names of objects. It does not report what
// the policy assumes.
func (p *policies) scaling(from referrer, part func(*hpa.Policy) *hpa.Scaling, ps *model.Problems) *hpa.Scaling {
	s := part(p.policy(from, ps))
	s = p.withPresentNames(s, from, ps)
	ps.Add(p.opts.scaler.unsupported(s, p.opts.minor)...)
	return s
}

// policy returns the hpa-configs of an object: the one that its annotation names, or as for all configuration, or the defaults.
func (p *policies) policy(from referrer, ps *model.Problems) *hpa.Policy {
	name := from.item.Annotations[hpaConfigsAnnotation]
	cm := p.items.config(hpaConfigs, from, ps)
	if name != "" {
		at := annotation(from.item, hpaConfigsAnnotation)
		from.namespaces = append(from.namespaces, systemNamespace)
		if cm = p.items.find("ConfigMap", name, from, at, ps); cm == nil {
			p.items.missing(reference{kind: "ConfigMap", name: name, namespace: from.namespaces[0]}, at, ps)
			return &p.none
		}
	}
	if cm == nil {
		ps.Infof(model.HPAConfig, model.Place{},
			"the input has no ConfigMap hpa-configs; the default is at most 5 replicas at 50%% CPU")
		return &p.none
	}
	known, ok := p.known[cm]
	if !ok {
		var data map[string]string
		data, known.problems = configMapData(cm)
		policy, more := hpa.Read(data, cm.Place)
		known.value = &policy
		known.problems.Add(more...)
		p.known[cm] = known
	}
	ps.Add(known.problems...)
	return known.value
}

// withPresentNames returns s with the current names of the objects that metrics of type Object describe. kustomize renames the
// objects, but not these references, because hpa-configs uses the names in the files.
func (p *policies) withPresentNames(s *hpa.Scaling, from referrer, ps *model.Problems) *hpa.Scaling {
	isObject := func(m autoscalingv2.MetricSpec) bool { return m.Type == autoscalingv2.ObjectMetricSourceType }
	if !slices.ContainsFunc(s.Metrics, isObject) {
		return s
	}
	own := *s // All inputs with the same hpa-configs share s.
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
		if it := p.items.find(o.Kind, o.Name, from, at, ps); it != nil {
			o.Name = it.Ref().Name
			continue
		}
		o.Name = p.renderedName(o.Kind, o.Name, from)
	}
	return s
}

// renderedName returns the name of an object to render, given the name that it would have had before kustomize renamed its
// input.
func (p *policies) renderedName(kind, name string, from referrer) string {
	for _, it := range p.renamed {
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
