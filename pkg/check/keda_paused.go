package check

import (
	"strconv"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func kedaPaused(w *world, ps *model.Problems) {
	for _, k := range w.graph.KEDA {
		checkPaused(k, ps)
	}
}

// switches are the annotations with a boolean value.
var switches = []string{keda.PausedAnnotation, keda.PausedScaleInAnnotation, keda.PausedScaleOutAnnotation, keda.ForceActivation}

// checkPaused follows apis/keda/v1alpha1/scaledobject_types.go and controllers/keda/scaledobject_controller.go, handlePause.
func checkPaused(k *chain.KEDA, ps *model.Problems) {
	at := k.Item.Place.Child("metadata").Child("annotations")
	for _, name := range switches {
		value, ok := k.Item.Annotations[name]
		if !ok {
			continue
		}
		if _, err := strconv.ParseBool(value); err != nil {
			ps.Reportf(model.Problem{ID: model.KEDAPaused, Severity: model.Warning, Place: at.Child(name), Value: value},
				"is %s, which KEDA takes for true; use \"true\" or \"false\"", model.Quote(value))
		}
		if k.Spec == nil && name != keda.PausedAnnotation {
			ps.Warnf(model.KEDAPaused, at.Child(name), "has no effect on a ScaledJob; use %s", keda.PausedAnnotation)
		}
	}
	replicas, ok := k.Item.Annotations[keda.PausedReplicasAnnotation]
	switch n, err := strconv.ParseInt(replicas, 10, 32); {
	case !ok:
	case k.Spec == nil:
		ps.Warnf(model.KEDAPaused, at.Child(keda.PausedReplicasAnnotation), "has no effect on a ScaledJob; use %s", keda.PausedAnnotation)
	case err != nil || n < 0:
		ps.Valuef(model.KEDAPaused, at.Child(keda.PausedReplicasAnnotation), replicas,
			"is %s, but KEDA requires a number of replicas; use one such as \"2\"", model.Quote(replicas))
	}
	switch {
	case !k.Paused():
	case k.Spec == nil:
		ps.Infof(model.KEDAPaused, at, "pause %s, so it makes no Jobs", &k.Scaler)
	default:
		ps.Infof(model.KEDAPaused, at, "pause %s, so KEDA deletes its HorizontalPodAutoscaler and nothing scales %s %s",
			&k.Scaler, k.Ref.Kind, k.Ref.Name)
	}
}
