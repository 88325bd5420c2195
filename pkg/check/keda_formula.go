package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func kedaFormula(w *world, ps *model.Problems) {
	for _, k := range w.graph.KEDA {
		if m := k.Modifiers(); m != nil {
			at := k.Item.Place.Child("spec").Child("advanced").Child("scalingModifiers")
			checkModifiers(m, at, ps)
			if m.Formula != "" {
				checkFormula(k, m, at.Child("formula"), ps)
			}
			checkVanished(k, ps)
		}
	}
}

// checkModifiers follows the webhook (apis/keda/v1alpha1/scaledobject_webhook.go, ValidateAndCompileScalingModifiers).
func checkModifiers(m *keda.ScalingModifiers, at model.Place, ps *model.Problems) {
	for _, f := range []struct{ name, value string }{{"formula", m.Formula}, {"target", m.Target}} {
		if f.value == "" {
			ps.Errorf(model.KEDAFormula, at.Child(f.name), "is missing, and scaling modifiers require it; set it")
		}
	}
	if n, err := strconv.ParseFloat(m.Target, 64); m.Target != "" && (err != nil || !(n > 0)) {
		ps.Valuef(model.KEDAFormula, at.Child("target"), m.Target, "is %s; use a number above 0", model.Quote(m.Target))
	}
	if _, err := strconv.ParseFloat(m.ActivationTarget, 64); m.ActivationTarget != "" && err != nil {
		ps.Valuef(model.KEDAFormula, at.Child("activationTarget"), m.ActivationTarget, "is %s; use a number", model.Quote(m.ActivationTarget))
	}
	types := []autoscalingv2.MetricTargetType{"", autoscalingv2.AverageValueMetricType, autoscalingv2.ValueMetricType}
	if !slices.Contains(types, m.MetricType) {
		ps.Valuef(model.KEDAFormula, at.Child("metricType"), string(m.MetricType), "is %s; use AverageValue or Value",
			model.Quote(string(m.MetricType)))
	}
}

// checkFormula reports names in a formula that stand for no trigger.
func checkFormula(k *chain.KEDA, m *keda.ScalingModifiers, at model.Place, ps *model.Problems) {
	var known, unnamed, unfit, resources []string
	for i, t := range k.Triggers {
		switch {
		case t.IsResource():
			resources = append(resources, t.Name)
		case t.Name == "":
			unnamed = append(unnamed, fmt.Sprintf("triggers[%d]", i))
		case keda.IsIdentifier(t.Name):
			known = append(known, t.Name)
		default:
			unfit = append(unfit, t.Name)
		}
	}
	names, ok := keda.FormulaNames(m.Formula)
	if !ok {
		return
	}
	for _, name := range names {
		p := model.Problem{ID: model.KEDAFormula, Place: at, Value: m.Formula}
		i := slices.IndexFunc(unfit, func(t string) bool { return strings.Contains(t, name) && strings.Contains(m.Formula, t) })
		switch {
		case slices.Contains(known, name):
		case slices.Contains(resources, name):
			ps.Reportf(p, "uses %q, which is a trigger on cpu or memory, and formulas know only other triggers; remove it", name)
		case i >= 0:
			ps.Reportf(p, "uses %q, which is not a name that formulas can contain; name the trigger %q, for example", unfit[i],
				strings.Map(identifierRune, unfit[i]))
		default:
			ps.Reportf(p, "uses %q, which is not the name of a trigger%s", name, orNames(name, known))
		}
	}
	if len(unnamed) > 0 {
		ps.Warnf(model.KEDAFormula, at, "cannot use %s, because it has no name; set the name, or remove the trigger",
			lookup.Join(unnamed, " and "))
	}
	checkDivision(m, names, at, ps)
}

func identifierRune(r rune) rune {
	if keda.IsIdentifier("a" + string(r)) {
		return r
	}
	return '_'
}

func orNames(name string, known []string) string {
	switch hint := krm.DidYouMean(name, known); {
	case hint != "":
		return hint
	case len(known) > 0:
		return "; use " + lookup.OneOf(known)
	}
	return "; set the name of a trigger"
}

// checkDivision reports a formula that divides by a trigger. If that is 0, the result is infinite, and KEDA scales to the maximum
// (pkg/scaling/modifiers/formula.go).
func checkDivision(m *keda.ScalingModifiers, names []string, at model.Place, ps *model.Problems) {
	if strings.Contains(m.Formula, "?") {
		return // It may handle 0.
	}
	_, rest, found := strings.Cut(m.Formula, "/")
	for ; found; _, rest, found = strings.Cut(rest, "/") {
		rest = strings.TrimLeft(rest, " ")
		for _, name := range names {
			if after, ok := strings.CutPrefix(rest, name); ok && (after == "" || !keda.IsIdentifier("a"+after[:1])) {
				ps.Warnf(model.KEDAFormula, at, "divides by %s; if that is 0, the result is infinite, and KEDA scales to the maximum; use %s > 0 ? "+
					"... : 0", name, name)
				return
			}
		}
	}
}

// checkVanished reports triggers on one container, which KEDA drops beside scaling modifiers (controllers/keda/hpa.go,
// getScaledObjectMetricSpecs).
func checkVanished(k *chain.KEDA, ps *model.Problems) {
	for i := range k.Triggers {
		if t := &k.Triggers[i]; t.IsResource() && t.Value("containerName") != "" {
			ps.Warnf(model.KEDAFormula, k.MetricAt(i).Child("metadata").Child("containerName"),
				"is set, and KEDA drops triggers on a container beside scaling modifiers; remove it to scale on the %s of whole pods", t.Type)
		}
	}
}
