package check

import (
	"fmt"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func hpaReplicas(w *world, ps *model.Problems) {
	for _, s := range w.graph.Scalers {
		if wl := s.Target; wl != nil && wl.Replicas != nil {
			checkReplicas(s, wl, ps)
		}
	}
}

// checkReplicas follows Kubernetes, pkg/controller/podautoscaler/horizontal.go, reconcileAutoscaler: a target with 0
// replicas is left alone, unless the autoscaler may scale to 0 itself.
func checkReplicas(s *chain.Scaler, wl *chain.Workload, ps *model.Problems) {
	at, value := wl.Item.Place.Child("spec").Child("replicas"), fmt.Sprint(*wl.Replicas)
	if *wl.Replicas == 0 && !s.Wakes() && (s.MinReplicas == nil || *s.MinReplicas > 0) {
		ps.Valuef(model.HPAReplicas, at, value, "is 0, which disables %s; remove it", s)
		return
	}
	ps.Reportf(model.Problem{ID: model.HPAReplicas, Severity: model.Warning, Place: at, Value: value},
		"is %s, and every apply resets replicas to it, overriding %s; remove it", value, s)
}
