package validation

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// operators are the operators of a label selector.
var operators = []metav1.LabelSelectorOperator{
	metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn, metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist,
}

// selector follows metav1.LabelSelectorAsSelector, which the HPA controller uses. The API server does not validate selectors.
func (c *checker) selector(sel *metav1.LabelSelector, at model.Place) {
	labels := at.Child("matchLabels")
	for _, key := range slices.Sorted(maps.Keys(sel.MatchLabels)) {
		c.labelKey(key, labels.Child(key))
		c.labelValue(sel.MatchLabels[key], labels.Child(key))
	}
	for i, e := range sel.MatchExpressions {
		at := at.Child("matchExpressions").Item(i)
		c.labelKey(e.Key, at.Child("key"))
		values := at.Child("values")
		switch {
		case !isOneOf(&c.problems, model.HPAMetric, at.Child("operator"), e.Operator, operators):
		case e.Operator == metav1.LabelSelectorOpIn || e.Operator == metav1.LabelSelectorOpNotIn:
			if len(e.Values) == 0 {
				c.errorf(values, "", "is missing; the operator %s requires at least one value", e.Operator)
			}
		case len(e.Values) > 0:
			c.errorf(values, "", "does not belong to the operator %s; remove it", e.Operator)
		}
		for j, v := range e.Values {
			c.labelValue(v, values.Item(j))
		}
	}
}

// labelRule applies to label values, and to label names without their prefix.
const labelRule = "at most 63 letters, digits, hyphens, underscores, and dots, starting and ending with a letter or digit"

func (c *checker) labelKey(key string, at model.Place) {
	if len(validation.IsQualifiedName(key)) > 0 {
		c.errorf(at, key, "the label name %s is not valid; use NAME or DOMAIN/NAME, where NAME is "+labelRule, model.Quote(key))
	}
}

func (c *checker) labelValue(value string, at model.Place) {
	if len(validation.IsValidLabelValue(value)) > 0 {
		c.errorf(at, value, "the label value %s is not valid; use "+labelRule, model.Quote(value))
	}
}

// isOneOf reports whether a value is one of those allowed, and adds a problem if it is not.
func isOneOf[T ~string](ps *model.Problems, id model.ID, at model.Place, value T, allowed []T) bool {
	if slices.Contains(allowed, value) {
		return true
	}
	p := model.Problem{ID: id, Place: at, Value: string(value), Suggestion: krm.Suggest(value, allowed)}
	if len(allowed) == 1 {
		p.Suggestion = string(allowed[0])
	}
	is := "missing"
	if value != "" {
		is = model.Quote(string(value))
	}
	ps.Reportf(p, "is %s; use %s", is, model.Join(allowed, "or"))
	return false
}
