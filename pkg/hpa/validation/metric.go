package validation

import (
	"fmt"
	"slices"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// Rules are the rules for metrics that depend on where these are written.
type Rules struct {
	Format Format
	// Contradiction is the severity of a target whose parts contradict each other, but of which Kubernetes uses one.
	Contradiction model.Severity
}

// Metric returns the problems of m, which is at a place. It asks for the place only if there are problems.
func (r Rules) Metric(m *autoscalingv2.MetricSpec, at func() model.Place) model.Problems {
	c := checker{Rules: r, at: at}
	c.metric(m)
	return c.problems
}

// checker collects the problems of a metric.
type checker struct {
	Rules
	at       func() model.Place
	source   *Source
	problems model.Problems
}

// place returns the place of a field of the source, given its path in v2. If the metric is not an element of a list, it is one
// field, such as targetCPUUtilizationPercentage.
func (c *checker) place(path string) model.Place {
	at := c.at()
	if !strings.HasSuffix(at.Field, "]") {
		return at
	}
	at = at.Child(c.source.Field)
	if c.Format == V2beta1 {
		if flat := c.source.Translate(path, V2beta1); flat != "" {
			path = flat
		}
	}
	for name := range strings.SplitSeq(path, ".") {
		at = at.Child(name)
	}
	return at
}

// name returns the name of a field of the source, given its path in v2.
func (c *checker) name(path string) string {
	field := c.place(path).Field
	return field[strings.LastIndexByte(field, '.')+1:]
}

func (c *checker) errorf(at model.Place, value, format string, args ...any) {
	c.problems.Valuef(model.HPAMetric, at, value, format, args...)
}

func (c *checker) metric(m *autoscalingv2.MetricSpec) {
	var own *Source
	var present []*Source
	for i := range Sources {
		s := &Sources[i]
		if s.Type == m.Type {
			own = s
		}
		if partsOf(m, s.Type).target != nil {
			present = append(present, s)
		}
	}
	switch {
	case own == nil:
		types := make([]autoscalingv2.MetricSourceType, 0, len(Sources))
		for i := range Sources {
			if len(present) != 1 || present[0] == &Sources[i] {
				types = append(types, Sources[i].Type)
			}
		}
		isOneOf(&c.problems, model.HPAMetric, c.at().Child("type"), m.Type, types)
		for i, s := range present {
			c.sourceOf(m, s)
			if i > 0 {
				c.errorf(c.at().Child(s.Field), "", "cannot be combined with %s; keep one of them", present[0].Field)
			}
		}
	case slices.Contains(present, own):
		c.sourceOf(m, own)
		for _, s := range present {
			if s != own {
				c.errorf(c.at().Child(s.Field), "", "does not belong to a metric of type %s; remove it", own.Type)
			}
		}
	case len(present) == 0:
		c.errorf(c.at().Child(own.Field), "", "is missing; a metric of type %s requires it", own.Type)
	default:
		first := present[0]
		c.problems.Reportf(model.Problem{
			ID: model.HPAMetric, Place: c.at().Child("type"), Value: string(own.Type), Suggestion: string(first.Type),
		}, "is %s, but %s is set; set type: %s, or set %s instead", own.Type, first.Field, first.Type, own.Field)
		for _, s := range present {
			c.sourceOf(m, s)
		}
	}
}

// sourceOf validates a source of m, which must exist.
func (c *checker) sourceOf(m *autoscalingv2.MetricSpec, s *Source) {
	c.source = s
	p := partsOf(m, s.Type)
	if p.resource != nil {
		c.resource(string(*p.resource))
	}
	if p.container != nil {
		c.container(*p.container)
	}
	if p.object != nil {
		c.object(*p.object)
	}
	if p.metric != nil {
		c.segment("metric.name", p.metric.Name, "name of the metric")
		if p.metric.Selector != nil {
			c.selector(p.metric.Selector, c.place("metric.selector"))
		}
	}
	c.target(*p.target)
}

// resource reports a resource that no metrics API serves. The API server refuses some of them.
func (c *checker) resource(name string) {
	switch name {
	case "":
		c.errorf(c.place("name"), "", "is missing; set it to cpu or memory")
	case string(corev1.ResourceCPU), string(corev1.ResourceMemory):
	default:
		c.errorf(c.place("name"), name,
			"is %s, but only the usage of cpu and memory is measured; use one of them, or a metric of type Pods", model.Quote(name))
	}
}

func (c *checker) container(name string) {
	switch {
	case name == "":
		c.errorf(c.place("container"), "", "is missing; set it to the name of a container in the pod")
	case len(validation.IsDNS1123Label(name)) > 0:
		c.errorf(c.place("container"), name,
			"is %s; use a name of at most 63 lowercase letters, digits, and hyphens that starts and ends with a letter or digit",
			model.Quote(name))
	}
}

func (c *checker) object(ref autoscalingv2.CrossVersionObjectReference) {
	if ref == (autoscalingv2.CrossVersionObjectReference{}) {
		c.errorf(c.place("describedObject"), "",
			"is missing; set apiVersion, kind, and name of the object that the metric describes")
		return
	}
	c.segment("describedObject.kind", ref.Kind, "kind of the object")
	c.segment("describedObject.name", ref.Name, "name of the object")
	if strings.Count(ref.APIVersion, "/") > 1 {
		c.errorf(c.place("describedObject.apiVersion"), ref.APIVersion,
			"is %s; use GROUP/VERSION, such as networking.k8s.io/v1", model.Quote(ref.APIVersion))
	}
}

// segment validates the name at a path.
func (c *checker) segment(path, name, what string) {
	if is := Segment(name, what); is != "" {
		c.errorf(c.place(path), name, "%s", is)
	}
}

// Segment returns what is wrong with a name that becomes one segment of a path in a URL, or "" (k8s.io/apimachinery,
// pkg/api/validate/content, IsPathSegmentName).
func Segment(name, what string) string {
	switch {
	case name == "":
		return "is missing; set it to the " + what
	case name == "." || name == "..":
		return fmt.Sprintf("is %q; use a different name, because this one means a directory in a URL", name)
	case strings.ContainsAny(name, "/%"):
		return fmt.Sprintf(`is %s; use a name without "/" or "%%"`, model.Quote(name))
	}
	return ""
}
