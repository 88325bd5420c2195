package check

import (
	"fmt"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func hpaBounds(w *world, ps *model.Problems) {
	for _, s := range w.graph.HPAs {
		checkBounds(w.graph, s, ps)
	}
}

// checkBounds follows Kubernetes, pkg/apis/autoscaling/validation/validation.go, validateHorizontalPodAutoscalerSpec.
func checkBounds(g *chain.Graph, s *chain.HPA, ps *model.Problems) {
	lowest, highest := s.MinReplicas, s.MaxReplicas
	spec := s.Item.Place.Child("spec")
	at := spec.Child("maxReplicas")
	switch {
	case highest == 0:
		ps.Errorf(model.HPABounds, at, "is 0 or missing; set the maximum number of pods")
	case highest < 0:
		ps.Valuef(model.HPABounds, at, fmt.Sprint(highest), "is %d; use a number of at least 1", highest)
	case lowest != nil && *lowest > highest:
		ps.Valuef(model.HPABounds, at, fmt.Sprint(highest),
			"is %d, less than minReplicas, which is %d; use at least %d", highest, *lowest, *lowest)
	}
	at = spec.Child("minReplicas")
	switch {
	case lowest == nil || *lowest > 0:
	case *lowest < 0:
		ps.Valuef(model.HPABounds, at, fmt.Sprint(*lowest), "is %d; use a number of at least 1", *lowest)
	case !s.Reads(autoscalingv2.ObjectMetricSourceType, autoscalingv2.ExternalMetricSourceType):
		ps.Valuef(model.HPABounds, at, "0",
			"is 0, but no metric is of type Object or External, the only types with a value without pods; use 1")
	case g.Before(minorScaleToZero):
		ps.Reportf(model.Problem{ID: model.HPABounds, Severity: model.Warning, Place: at, Value: "0"},
			"is 0, which Kubernetes 1.%d rejects unless its feature gate HPAScaleToZero is enabled; use 1", g.Minor)
	case g.Minor == 0:
		ps.Reportf(model.Problem{ID: model.HPABounds, Severity: model.Info, Place: at, Value: "0"},
			"is 0, which Kubernetes before 1.%d rejects unless its feature gate HPAScaleToZero is enabled", minorScaleToZero)
	}
}

// minorScaleToZero has the feature gate HPAScaleToZero on by default (pkg/features/kube_features.go).
const minorScaleToZero = 37
