package check

import (
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func hpaOverlap(w *world, ps *model.Problems) {
	for _, s := range w.graph.Scalers {
		checkSameTarget(w.graph, s, ps)
		if wl := s.Target; wl != nil {
			checkSelector(w.graph, s, wl, ps)
		}
	}
}

// minorAmbiguous is the first version whose controller stops when two autoscalers match one pod; before it, they work
// against each other (Kubernetes, pkg/controller/podautoscaler/horizontal.go, validateAndParseSelector).
const minorAmbiguous = 26

// checkSameTarget reports other HPAs with the target of s.
func checkSameTarget(g *chain.Graph, s *chain.Scaler, ps *model.Problems) {
	var others []string
	own := s.Item.Place.Object
	for _, o := range s.Sharing {
		if s.Ref.Name != "" && o.Item.Place.Object.Name != own.Name {
			others = append(others, o.String())
		}
	}
	if len(others) == 0 {
		return
	}
	does := "so that all of them stop (AmbiguousSelector)"
	if g.Before(minorAmbiguous) {
		does = "so that they work against each other"
	}
	ps.Errorf(model.HPAOverlap, s.RefAt(), "%s %s is scaled by %s too, %s; write one HorizontalPodAutoscaler with all metrics",
		s.Ref.Kind, s.Ref.Name, strings.Join(lookup.Distinct(others), ", "), does)
}

// checkSelector reports workloads whose pods the selector of wl, which s scales, matches.
func checkSelector(g *chain.Graph, s *chain.Scaler, wl *chain.Workload, ps *model.Problems) {
	at := wl.Item.Place.Child("spec").Child("selector")
	for _, other := range g.Workloads.AlsoMatched(wl) {
		switch by := other.Scaler; {
		case isHook(other.Item):
		case by != nil && by != s && !g.Before(minorAmbiguous):
			ps.Errorf(model.HPAOverlap, at, "matches the pods of %s too, which %s scales, so that it and %s stop (AmbiguousSelector); give each a label of its own",
				other, by, s)
		case other.IsTransient():
			ps.Warnf(model.HPAOverlap, at, "matches the pods of %s too, so that %s counts them; give each a label of its own", other, s)
		default:
			ps.Errorf(model.HPAOverlap, at, "matches the pods of %s too, so that %s computes with the pods of both; give each a label of its own", other, s)
		}
	}
}

// isHook tells whether Helm makes an object for a moment only.
func isHook(it *krm.Item) bool { return it.Annotations["helm.sh/hook"] != "" }
