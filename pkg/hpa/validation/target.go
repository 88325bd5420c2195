package validation

import (
	"fmt"
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/krm-fn/krm-fn/pkg/model"
)

var targetTypes = []autoscalingv2.MetricTargetType{
	autoscalingv2.UtilizationMetricType, autoscalingv2.ValueMetricType, autoscalingv2.AverageValueMetricType,
}

// value is one of the three values that a target can have.
type value struct {
	typ  autoscalingv2.MetricTargetType
	path string
	// One of these is set if the target has the value.
	percent  *int32
	quantity *resource.Quantity
}

func (v value) isSet() bool { return v.percent != nil || v.quantity != nil }

func (v value) String() string {
	if v.percent != nil {
		return fmt.Sprint(*v.percent)
	}
	return v.quantity.String()
}

// target validates a target: exactly one value is set, it is above 0, and it matches the type of the target.
func (c *checker) target(t autoscalingv2.MetricTarget) {
	var allowed, set, stray []value
	for _, v := range [...]value{
		{autoscalingv2.UtilizationMetricType, "target.averageUtilization", t.AverageUtilization, nil},
		{autoscalingv2.ValueMetricType, "target.value", nil, t.Value},
		{autoscalingv2.AverageValueMetricType, "target.averageValue", nil, t.AverageValue},
	} {
		c.positive(v)
		switch {
		case slices.Contains(c.source.targets, v.typ):
			allowed = append(allowed, v)
			if v.isSet() {
				set = append(set, v)
			}
		case v.isSet():
			stray = append(stray, v)
		}
	}
	if c.Format == V2 && t == (autoscalingv2.MetricTarget{}) {
		c.errorf(c.place("target"), "", "is missing; set type and %s", c.choice(allowed))
		return
	}
	for _, v := range stray {
		instead := "remove it"
		if len(set) == 0 {
			instead = "set " + c.choice(allowed)
		}
		c.contradict(len(set) > 0, model.Problem{Place: c.place(v.path), Value: v.String()},
			"does not belong to a metric of type %s; %s", c.source.Type, instead)
	}
	switch {
	case c.Format == V2 && c.targetType(t.Type, allowed, set):
		c.valueOfType(t.Type, allowed, len(stray) > 0)
	case len(set) == 0 && len(stray) == 0:
		c.errorf(c.place(allowed[0].path), "", "is missing; set %s", c.choice(allowed))
	case len(set) > 1 && !c.isObject():
		c.errorf(c.place(set[1].path), set[1].String(), "cannot be combined with %s; remove one of them", c.name(set[0].path))
	}
}

// positive reports a value that is not above 0.
func (c *checker) positive(v value) {
	switch {
	case v.percent != nil && *v.percent < 1:
		c.errorf(c.place(v.path), v.String(), "is %s; use a percentage of at least 1", v)
	case v.quantity != nil && v.quantity.Sign() <= 0:
		c.errorf(c.place(v.path), v.String(), "is %s; use a quantity above 0", v)
	}
}

// isObject reports whether the source describes an object. Only of these does the controller use the value that the type of the
// target names, and fails if that is missing. Of the others, it uses the only value that the API server accepts.
func (c *checker) isObject() bool { return c.source.Type == autoscalingv2.ObjectMetricSourceType }

// choice joins the names of values.
func (c *checker) choice(values []value) string {
	var names []string
	for _, v := range values {
		names = append(names, c.name(v.path))
	}
	return model.Join(names, "or")
}

// valueOfType reports a missing value of the type of the target, and values of other types. A stray value is already reported.
func (c *checker) valueOfType(typ autoscalingv2.MetricTargetType, values []value, stray bool) {
	for _, v := range values {
		switch {
		case v.typ == typ && !v.isSet() && !stray:
			c.errorf(c.place(v.path), "", "is missing; the target type %s requires it", typ)
		case v.typ != typ && v.isSet():
			c.contradict(c.isObject(), model.Problem{Place: c.place(v.path), Value: v.String()},
				"does not belong to the target type %s; remove it", typ)
		}
	}
}

// contradict reports parts of a target that contradict each other: an error unless Kubernetes accepts and uses the target.
func (c *checker) contradict(works bool, p model.Problem, format string, args ...any) {
	if p.ID = model.HPAMetric; works {
		p.Severity = c.Contradiction
	}
	c.problems.Reportf(p, format, args...)
}

// targetType validates the type of a target. It reports whether the values can be compared with it.
func (c *checker) targetType(typ autoscalingv2.MetricTargetType, allowed, set []value) bool {
	known := slices.Contains(c.source.targets, typ)
	if known && (len(set) != 1 || set[0].typ == typ) {
		return true
	}
	at, better := c.place("target.type"), c.source.targets
	if len(set) == 1 {
		better = []autoscalingv2.MetricTargetType{set[0].typ}
	}
	switch works := len(set) == 1 && !c.isObject(); {
	case known:
		lacks := allowed[slices.IndexFunc(allowed, func(v value) bool { return v.typ == typ })]
		c.contradict(works, model.Problem{Place: at, Value: string(typ), Suggestion: string(better[0])},
			"is %s, but %s is set; set type: %s, or set %s instead", typ, c.name(set[0].path), better[0], c.name(lacks.path))
	case works && slices.Contains(targetTypes, typ):
		c.contradict(works, model.Problem{Place: at, Value: string(typ), Suggestion: string(better[0])},
			"is %s; use %s", typ, better[0])
	default:
		isOneOf(&c.problems, model.HPAMetric, at, typ, better)
	}
	return false
}
