package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// fallbackBehaviors are the values of fallback.behavior.
var fallbackBehaviors = []string{"static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower", "scalingModifiers"}

func kedaFallback(w *world, ps *model.Problems) {
	for _, k := range w.graph.KEDA {
		if k.Spec != nil && k.Spec.Fallback != nil {
			checkFallback(k, k.Spec.Fallback, ps)
		}
	}
}

// checkFallback follows the API server, the webhook, and the operator (apis/keda/v1alpha1/scaledobject_types.go,
// CheckFallbackValid; pkg/fallback/fallback.go, HasValidFallback).
func checkFallback(k *chain.KEDA, f *keda.Fallback, ps *model.Problems) {
	at := k.Item.Place.Child("spec").Child("fallback")
	for _, n := range []struct {
		field string
		value int32
	}{{"failureThreshold", f.FailureThreshold}, {"replicas", f.Replicas}} {
		switch {
		case n.value < 0:
			ps.Valuef(model.KEDAFallback, at.Child(n.field), fmt.Sprint(n.value), "is %d; use a number of at least 0", n.value)
		case !k.Rendered && !k.Item.Has("spec", "fallback", n.field):
			ps.Errorf(model.KEDAFallback, at.Child(n.field), "is missing, so the API server rejects the ScaledObject; set it")
		}
	}
	modifiers := k.Modifiers()
	switch {
	case f.Behavior != "" && !slices.Contains(fallbackBehaviors, f.Behavior):
		ps.Reportf(model.Problem{
			ID: model.KEDAFallback, Place: at.Child("behavior"), Value: f.Behavior, Suggestion: krm.Suggest(f.Behavior, fallbackBehaviors),
		}, "%s is not one of %s", model.Quote(f.Behavior), strings.Join(fallbackBehaviors, ", "))
	case f.Behavior == "scalingModifiers" && (modifiers == nil || modifiers.Formula == ""):
		ps.Valuef(model.KEDAFallback, at.Child("behavior"), f.Behavior,
			"requires advanced.scalingModifiers.formula, which is missing; add it, or use static")
	}
	checkFallbackTriggers(k, at, ps)
	checkFallbackReplicas(k, f, at, ps)
}

// checkFallbackTriggers reports a fallback that never applies.
func checkFallbackTriggers(k *chain.KEDA, at model.Place, ps *model.Problems) {
	if m := k.Modifiers(); m != nil {
		n, err := strconv.ParseInt(m.Target, 10, 64)
		if f, isNumber := strconv.ParseFloat(m.Target, 64); isNumber == nil && f > 0 && (err != nil || n <= 0) {
			ps.Warnf(model.KEDAFallback, at,
				"never applies, because advanced.scalingModifiers.target is %s, and a fallback requires a whole number; scale formula "+
					"and target, so that the target is one", model.Quote(m.Target))
		}
		return
	}
	if len(k.Triggers) > 0 && k.OnlyResources() {
		ps.Errorf(model.KEDAFallback, at,
			"requires a trigger other than cpu and memory, so the webhook rejects it; remove it")
	}
}

func checkFallbackReplicas(k *chain.KEDA, f *keda.Fallback, at model.Place, ps *model.Problems) {
	if f.Behavior != "" && f.Behavior != "static" || f.Replicas < 0 {
		return
	}
	p := model.Problem{ID: model.KEDAFallback, Severity: model.Warning, Place: at.Child("replicas"), Value: fmt.Sprint(f.Replicas)}
	switch lowest := *k.MinReplicas; {
	case f.Replicas > k.MaxReplicas:
		ps.Reportf(p, "is %d, but maxReplicaCount limits it to %d", f.Replicas, k.MaxReplicas)
	case f.Replicas < lowest:
		ps.Reportf(p, "is %d, but minReplicaCount raises it to %d", f.Replicas, lowest)
	case f.Replicas == 0 && lowest == 0:
		ps.Reportf(p, "is 0, like minReplicaCount, so the first error scales %s %s to 0 after the cooldown; use at least 1",
			k.Ref.Kind, k.Ref.Name)
	}
}
