package hpa

import (
	"slices"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/krm"
)

// targetSpot is a source whose target is checked.
type targetSpot struct {
	spot
	source source
	fields fields
}

// targetValue is one of the three values that a target can have.
type targetValue struct {
	typ  autoscalingv2.MetricTargetType
	spot spot
	set  bool
}

// name returns the last part of the path of the value, which is its field in both formats.
func (v targetValue) name() string {
	return v.spot.at.Field[strings.LastIndexByte(v.spot.at.Field, '.')+1:]
}

// target checks that exactly one value is set, that it is above 0, and that it matches the target type if the format has
// one.
func (c *metricsChecker) target(t autoscalingv2.MetricTarget, at targetSpot) {
	var allowed, set, stray []targetValue
	for _, v := range c.values(t, at) {
		switch {
		case !slices.Contains(at.source.targets, v.typ):
			if v.set {
				stray = append(stray, v)
			}
			continue
		case v.set:
			set = append(set, v)
		}
		allowed = append(allowed, v)
	}
	var names []string
	for _, v := range allowed {
		names = append(names, v.name())
	}
	choice := join(names, "or")
	if in := at.child("target"); at.fields.targetType != "" && in.node == nil {
		c.errorf(in, "is missing; set type and %s", choice)
		return
	}
	for _, v := range stray {
		instead := "remove it"
		if len(set) == 0 {
			instead = "set " + choice
		}
		c.errorf(v.spot, "does not belong to a metric of type %s; %s", at.source.typ, instead)
	}
	if at.fields.targetType != "" && c.targetType(t.Type, at, allowed) {
		c.valueOfType(t.Type, allowed, len(stray) > 0)
		return
	}
	switch {
	case len(set) == 0 && len(stray) == 0:
		c.errorf(allowed[0].spot, "is missing; set %s", choice)
	case len(set) > 1:
		c.errorf(set[1].spot, "cannot be combined with %s; remove one of them", set[0].name())
	}
}

// valueOfType checks that only the value of the target type is set. A stray value is already reported.
func (c *metricsChecker) valueOfType(typ autoscalingv2.MetricTargetType, values []targetValue, stray bool) {
	for _, v := range values {
		switch {
		case v.typ == typ && !v.set && !stray:
			c.errorf(v.spot, "is missing; the target type %s requires it", typ)
		case v.typ != typ && v.set:
			c.errorf(v.spot, "does not belong to the target type %s; remove it", typ)
		}
	}
}

// values returns the values of t that the format has, and checks that they are above 0.
func (c *metricsChecker) values(t autoscalingv2.MetricTarget, at targetSpot) []targetValue {
	var out []targetValue
	if path := at.fields.utilization; path != "" {
		v := targetValue{autoscalingv2.UtilizationMetricType, at.child(path), t.AverageUtilization != nil}
		if v.set && *t.AverageUtilization < 1 {
			c.errorf(v.spot, "is %d; use a percentage of at least 1", *t.AverageUtilization)
		}
		out = append(out, v)
	}
	quantity := func(typ autoscalingv2.MetricTargetType, path string, q *resource.Quantity) {
		if path == "" {
			return
		}
		v := targetValue{typ, at.child(path), q != nil}
		if v.set && q.Sign() <= 0 {
			c.errorf(v.spot, "is %s; use a quantity above 0", v.spot.value())
		}
		out = append(out, v)
	}
	quantity(autoscalingv2.ValueMetricType, at.fields.value, t.Value)
	quantity(autoscalingv2.AverageValueMetricType, at.fields.averageValue, t.AverageValue)
	return out
}

// targetType checks the type of a target; values are the values that the target can have. It reports whether the values can
// be compared with the type.
func (c *metricsChecker) targetType(typ autoscalingv2.MetricTargetType, at targetSpot, values []targetValue) bool {
	s := at.child(at.fields.targetType)
	allowed := join(at.source.targets, "or")
	better, has, lacks := "", "", ""
	set := 0
	for _, v := range values {
		if v.set {
			set++
			better, has = string(v.typ), v.name()
		} else if v.typ == typ {
			lacks = v.name()
		}
	}
	if set > 1 {
		better = ""
	}
	switch {
	case typ == "" && better != "":
		c.suggest(s, better, "is missing; set type: %s", better)
	case typ == "":
		c.errorf(s, "is missing; set it to %s", allowed)
	case !slices.Contains(at.source.targets, typ):
		if better == "" {
			better = suggest(typ, at.source.targets)
		}
		c.suggest(s, better, "is %s; use %s for a metric of type %s", quote(string(typ)), allowed, at.source.typ)
	case better != "" && lacks != "":
		c.suggest(s, better, "is %s, but %s is set; set type: %s, or set %s instead", typ, has, better, lacks)
	default:
		return true
	}
	return false
}

// suggest returns the value of an enumeration that was probably meant; "" if unknown.
func suggest[T ~string](value T, allowed []T) string {
	var texts []string
	for _, s := range allowed {
		texts = append(texts, string(s))
	}
	return krm.Suggest(string(value), texts)
}

// isOneOf reports whether the value at s is one of an enumeration, and adds a problem if it is not.
func isOneOf[T ~string](c *checker, s spot, value T, allowed []T) bool {
	if slices.Contains(allowed, value) {
		return true
	}
	c.suggest(s, suggest(value, allowed), "is %s; use %s", is(s, quote(string(value))), join(allowed, "or"))
	return false
}

// operators are the operators of a label selector.
var operators = []metav1.LabelSelectorOperator{
	metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn, metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist,
}

// selector follows metav1.LabelSelectorAsSelector, which the HPA controller uses.
func (c *metricsChecker) selector(sel *metav1.LabelSelector, s spot) {
	if sel == nil {
		return
	}
	for key, at := range s.child("matchLabels").members() {
		c.labelKey(key, at)
		c.labelValue(sel.MatchLabels[key], at)
	}
	expressions := s.child("matchExpressions")
	for i, e := range sel.MatchExpressions {
		at := expressions.item(i)
		c.labelKey(e.Key, at.child("key"))
		values := at.child("values")
		switch {
		case !isOneOf(&c.checker, at.child("operator"), e.Operator, operators):
		case e.Operator == metav1.LabelSelectorOpIn || e.Operator == metav1.LabelSelectorOpNotIn:
			if len(e.Values) == 0 {
				c.errorf(values, "is missing; the operator %s requires at least one value", e.Operator)
			}
		case len(e.Values) > 0:
			c.errorf(values, "does not belong to the operator %s; remove it", e.Operator)
		}
		for j, v := range e.Values {
			c.labelValue(v, values.item(j))
		}
	}
}

// labelRule applies to label values, and to label names without their prefix.
const labelRule = "at most 63 letters, digits, hyphens, underscores, and dots, starting and ending with a letter or digit"

func (c *metricsChecker) labelKey(key string, s spot) {
	if len(validation.IsQualifiedName(key)) > 0 {
		c.errorf(s, "the label name %s is not valid; use NAME or DOMAIN/NAME, where NAME is "+labelRule, quote(key))
	}
}

func (c *metricsChecker) labelValue(value string, s spot) {
	if len(validation.IsValidLabelValue(value)) > 0 {
		c.errorf(s, "the label value %s is not valid; use "+labelRule, quote(value))
	}
}
