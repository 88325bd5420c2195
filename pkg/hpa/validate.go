package hpa

import (
	"fmt"
	"slices"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/krm"
)

// check validates the metric at s as the API server does (Kubernetes 1.37, pkg/apis/autoscaling/validation). It also applies
// rules that only the HPA controller enforces at run time (pkg/controller/podautoscaler). A metric that breaks them silently
// stops the scaling, so they are errors.
func (c *metricsChecker) check(m autoscalingv2.MetricSpec, s spot, flat bool) {
	var present []source
	for _, src := range sources {
		if s.child(src.field).node != nil {
			present = append(present, src)
		}
	}
	own := slices.IndexFunc(sources, func(src source) bool { return src.typ == m.Type })
	if own < 0 {
		c.unknownType(string(m.Type), s.child("type"), present)
		for i, src := range present {
			c.source(m, src, s.child(src.field), flat)
			if i > 0 {
				c.errorf(s.child(src.field), "cannot be combined with %s; keep one of them", present[0].field)
			}
		}
		return
	}
	src := sources[own]
	here := s.child(src.field)
	switch {
	case here.node != nil:
		c.source(m, src, here, flat)
		for _, other := range present {
			if other.typ != src.typ {
				c.errorf(s.child(other.field), "does not belong to a metric of type %s; remove it", src.typ)
			}
		}
	case len(present) == 0:
		c.errorf(here, "is missing; a metric of type %s requires it", src.typ)
	default:
		c.suggest(s.child("type"), string(present[0].typ), "is %s, but %s is set; set type: %s, or set %s instead",
			src.typ, present[0].field, present[0].typ, src.field)
		for _, other := range present {
			c.source(m, other, s.child(other.field), flat)
		}
	}
}

func (c *metricsChecker) unknownType(typ string, at spot, present []source) {
	var names []string
	for _, src := range sources {
		names = append(names, string(src.typ))
	}
	better := krm.Suggest(typ, names)
	if len(present) == 1 {
		better = string(present[0].typ)
	}
	if typ == "" {
		hint := "it to one of " + strings.Join(names, ", ")
		if better != "" {
			hint = "type: " + better
		}
		c.suggest(at, better, "is missing; set %s", hint)
		return
	}
	hint := ""
	if better != "" {
		hint = fmt.Sprintf("; did you mean %q?", better)
	}
	c.suggest(at, better, "is %s; use one of %s%s", quote(typ), strings.Join(names, ", "), hint)
}

// parts are the values of a source of any type.
type parts struct {
	resource   corev1.ResourceName
	container  string
	object     autoscalingv2.CrossVersionObjectReference
	identifier autoscalingv2.MetricIdentifier
	target     autoscalingv2.MetricTarget
}

// partsOf returns the parts of the source of type typ in m. The source must exist.
func partsOf(m autoscalingv2.MetricSpec, typ autoscalingv2.MetricSourceType) parts {
	switch typ {
	case autoscalingv2.ResourceMetricSourceType:
		return parts{resource: m.Resource.Name, target: m.Resource.Target}
	case autoscalingv2.ContainerResourceMetricSourceType:
		r := m.ContainerResource
		return parts{resource: r.Name, container: r.Container, target: r.Target}
	case autoscalingv2.PodsMetricSourceType:
		return parts{identifier: m.Pods.Metric, target: m.Pods.Target}
	case autoscalingv2.ObjectMetricSourceType:
		return parts{object: m.Object.DescribedObject, identifier: m.Object.Metric, target: m.Object.Target}
	default:
		return parts{identifier: m.External.Metric, target: m.External.Target}
	}
}

// identity is equal for two metrics of which one is redundant: the same series with the same target type. m has no errors.
func identity(m autoscalingv2.MetricSpec) string {
	p := partsOf(m, m.Type)
	return fmt.Sprintf("%q", []string{
		string(m.Type), string(p.target.Type), string(p.resource), p.container, p.object.APIVersion, p.object.Kind,
		p.object.Name, p.identifier.Name, metav1.FormatLabelSelector(p.identifier.Selector),
	})
}

func (c *metricsChecker) source(m autoscalingv2.MetricSpec, src source, s spot, flat bool) {
	f := src.nested
	if flat {
		f = src.flat
	}
	p := partsOf(m, src.typ)
	if f.resource != "" {
		c.resource(string(p.resource), src, s.child(f.resource))
	}
	if f.container != "" {
		c.label(p.container, s.child(f.container))
	}
	if f.object != "" {
		c.object(p.object, s.child(f.object))
	}
	if f.metric != "" {
		c.segment(p.identifier.Name, "name of the metric", s.child(f.metric))
		c.selector(p.identifier.Selector, s.child(f.selector))
	}
	c.target(p.target, targetSpot{spot: s, source: src, fields: f})
}

// resource checks the name of a resource. For a whole pod, the API server accepts any name, but only two have metrics.
func (c *metricsChecker) resource(name string, src source, s spot) {
	usual := []string{string(corev1.ResourceCPU), string(corev1.ResourceMemory)}
	switch {
	case name == "":
		c.errorf(s, "is missing; set it to cpu or memory")
	case slices.Contains(usual, name):
	case src.typ == autoscalingv2.ContainerResourceMetricSourceType && !isContainerResource(name):
		c.suggest(s, krm.Suggest(name, usual), "is %s, which is not a container resource; use cpu or memory", quote(name))
	default:
		c.warnf(s, "is %s; the resource metrics API serves only cpu and memory", quote(name))
	}
}

// isContainerResource follows ValidateContainerResourceName of pkg/apis/core/validation.
func isContainerResource(name string) bool {
	prefix, _, qualified := strings.Cut(name, "/")
	switch {
	case len(validation.IsQualifiedName(name)) > 0:
		return false
	case !qualified:
		return name == string(corev1.ResourceEphemeralStorage) || strings.HasPrefix(name, corev1.ResourceHugePagesPrefix)
	case strings.Contains(prefix+"/", corev1.ResourceDefaultNamespacePrefix):
		return true
	default:
		quota := corev1.DefaultResourceRequestsPrefix + name
		return !strings.HasPrefix(name, corev1.DefaultResourceRequestsPrefix) && len(validation.IsQualifiedName(quota)) == 0
	}
}

func (c *metricsChecker) label(name string, s spot) {
	switch {
	case name == "":
		c.errorf(s, "is missing; set it to the name of a container in the pod")
	case len(validation.IsDNS1123Label(name)) > 0:
		c.errorf(s, "is %s; use a name of at most 63 lowercase letters, digits, and hyphens that starts and ends with a letter "+
			"or digit", quote(name))
	}
}

func (c *metricsChecker) object(ref autoscalingv2.CrossVersionObjectReference, s spot) {
	if s.node == nil {
		c.errorf(s, "is missing; set apiVersion, kind, and name of the object that the metric describes")
		return
	}
	c.segment(ref.Kind, "kind of the object", s.child("kind"))
	c.segment(ref.Name, "name of the object", s.child("name"))
	if strings.Count(ref.APIVersion, "/") > 1 {
		c.errorf(s.child("apiVersion"), "is %s; use GROUP/VERSION, such as networking.k8s.io/v1", quote(ref.APIVersion))
	}
}

// segment checks a name that becomes one path segment of a URL.
func (c *metricsChecker) segment(name, what string, s spot) {
	switch {
	case name == "":
		c.errorf(s, "is missing; set it to the %s", what)
	case name == "." || name == "..":
		c.errorf(s, "is %q; use a different name, because this one means a directory in a URL", name)
	case strings.ContainsAny(name, "/%"):
		c.errorf(s, `is %s; use a name without "/" or "%%"`, quote(name))
	}
}
