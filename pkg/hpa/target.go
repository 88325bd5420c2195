package hpa

import (
	"slices"
	"strconv"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/krm"
)

// targetSpot is a source whose target is judged.
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

// name is the last part of the path of the value, which is its field in either shape.
func (v targetValue) name() string {
	return v.spot.at.Field[strings.LastIndexByte(v.spot.at.Field, '.')+1:]
}

// target checks that exactly one value is set, that it is above 0, and that it is the one of the target type, where the
// shape has one.
func (c *metricsChecker) target(t autoscalingv2.MetricTarget, at targetSpot) {
	var wanted, set []targetValue
	stray := false
	for _, v := range c.values(t, at) {
		allowed := slices.Contains(at.source.targets, v.typ)
		switch {
		case allowed && v.set:
			wanted, set = append(wanted, v), append(set, v)
		case allowed:
			wanted = append(wanted, v)
		case v.set:
			stray = true
			c.errorf(v.spot, "does not belong to a metric of type %s; write %s", at.source.typ,
				list(at.valueNames(), "or"))
		}
	}
	if at.fields.targetType != "" {
		if in := at.child("target"); in.node == nil {
			c.errorf(in, "is missing; write type and %s", list(at.valueNames(), "or"))
			return
		}
		if c.targetType(t.Type, at, set) {
			other := func(v targetValue) bool { return v.typ != t.Type }
			wanted = slices.DeleteFunc(wanted, other)
			if i := slices.IndexFunc(set, other); i >= 0 {
				c.errorf(set[i].spot, "does not belong to the target type %s; remove it", t.Type)
				return
			}
		}
	}
	switch {
	case len(set) == 0 && !stray:
		var missing []string
		for _, v := range wanted {
			missing = append(missing, v.name())
		}
		c.errorf(wanted[0].spot, "is missing; write %s", list(missing, "or"))
	case len(set) > 1:
		c.errorf(set[1].spot, "stands beside %s; remove one of them", set[0].name())
	}
}

// values gives the values of t that the shape at hand has, and checks that they are above 0.
func (c *metricsChecker) values(t autoscalingv2.MetricTarget, at targetSpot) []targetValue {
	var out []targetValue
	if path := at.fields.utilization; path != "" {
		v := targetValue{autoscalingv2.UtilizationMetricType, at.child(path), t.AverageUtilization != nil}
		if v.set && *t.AverageUtilization < 1 {
			c.errorf(v.spot, "is %d; write a percentage of at least 1", *t.AverageUtilization)
		}
		out = append(out, v)
	}
	quantity := func(typ autoscalingv2.MetricTargetType, path string, q *resource.Quantity) {
		if path == "" {
			return
		}
		v := targetValue{typ, at.child(path), q != nil}
		if v.set && q.Sign() <= 0 {
			c.errorf(v.spot, "is %s; write a quantity above 0", v.spot.value())
		}
		out = append(out, v)
	}
	quantity(autoscalingv2.ValueMetricType, at.fields.value, t.Value)
	quantity(autoscalingv2.AverageValueMetricType, at.fields.averageValue, t.AverageValue)
	return out
}

// valueNames gives the fields of the values that the type of metric allows, in the order of its target types.
func (at targetSpot) valueNames() []string {
	paths := map[autoscalingv2.MetricTargetType]string{
		autoscalingv2.UtilizationMetricType:  at.fields.utilization,
		autoscalingv2.ValueMetricType:        at.fields.value,
		autoscalingv2.AverageValueMetricType: at.fields.averageValue,
	}
	var out []string
	for _, typ := range at.source.targets {
		out = append(out, paths[typ][strings.LastIndexByte(paths[typ], '.')+1:])
	}
	return out
}

// targetType checks the type of a target that has the values set, and tells whether it is one that the values can be
// compared with.
func (c *metricsChecker) targetType(typ autoscalingv2.MetricTargetType, at targetSpot, set []targetValue) bool {
	s := at.child(at.fields.targetType)
	allowed := list(at.source.targets, "or")
	better := ""
	if len(set) == 1 {
		better = string(set[0].typ)
	}
	switch {
	case typ == "" && better != "":
		c.suggest(s, better, "is missing; write type: %s", better)
	case typ == "":
		c.errorf(s, "is missing; write %s", allowed)
	case !slices.Contains(at.source.targets, typ):
		if better == "" {
			better = krm.Suggest(string(typ), names(at.source.targets))
		}
		c.suggest(s, better, "is %s; write %s, which a metric of type %s takes", quote(string(typ)), allowed, at.source.typ)
	case better != "" && better != string(typ):
		c.suggest(s, better, "is %s, but %s is written; write type: %s, or the other value", typ, set[0].name(), better)
	default:
		return true
	}
	return false
}

func names[T ~string](list []T) []string {
	var out []string
	for _, s := range list {
		out = append(out, string(s))
	}
	return out
}

// operators are those of a label selector.
var operators = []metav1.LabelSelectorOperator{
	metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn, metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist,
}

// selector follows metav1.LabelSelectorAsSelector, by which the HPA controller reads it.
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
		case !slices.Contains(operators, e.Operator):
			better := krm.Suggest(string(e.Operator), names(operators))
			c.suggest(at.child("operator"), better, "is %s; write %s", quote(string(e.Operator)), list(operators, "or"))
		case e.Operator == metav1.LabelSelectorOpIn || e.Operator == metav1.LabelSelectorOpNotIn:
			if len(e.Values) == 0 {
				c.errorf(values, "is missing; the operator %s needs at least one value", e.Operator)
			}
		case len(e.Values) > 0:
			c.errorf(values, "does not belong to the operator %s; remove it", e.Operator)
		}
		for j, v := range e.Values {
			c.labelValue(v, values.item(j))
		}
	}
}

func (c *metricsChecker) labelKey(key string, s spot) {
	if len(validation.IsQualifiedName(key)) > 0 {
		c.errorf(s, "the label name %s is not one; write NAME or PREFIX/NAME, where NAME has letters, digits and -_. and is "+
			"63 characters long at most", quote(key))
	}
}

func (c *metricsChecker) labelValue(value string, s spot) {
	if len(validation.IsValidLabelValue(value)) > 0 {
		c.errorf(s, "the label value %s is not one; write letters, digits and -_., 63 characters at most, beginning and "+
			"ending with a letter or digit", strconv.Quote(cut(value)))
	}
}
