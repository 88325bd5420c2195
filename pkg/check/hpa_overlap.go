package check

import (
	"fmt"
	"slices"
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

// mostNamed is the number of objects that a message names, and of workloads that each have a message.
const mostNamed = 5

// checkSameTarget reports other HPAs with the target of s.
func checkSameTarget(g *chain.Graph, s *chain.Scaler, ps *model.Problems) {
	if slices.ContainsFunc(s.Sharing, func(o *chain.Scaler) bool { return !o.IsHPA() }) {
		return // keda/conflict reports them.
	}
	var others []string
	more, last := 0, s.Item.Place.Object.Name
	for _, o := range s.Sharing {
		switch name := o.Item.Place.Object.Name; {
		case s.Ref.Name == "" || name == s.Item.Place.Object.Name || name == last:
		case len(others) < mostNamed:
			others, last = append(others, o.String()), name
		default:
			more, last = more+1, name
		}
	}
	if len(others) == 0 {
		return
	}
	list := strings.Join(others, ", ")
	if more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	does := "so all of them stop (AmbiguousSelector)"
	if g.Before(minorAmbiguous) {
		does = "so they fight each other"
	}
	ps.Errorf(model.HPAOverlap, s.RefAt(), "%s %s is also scaled by %s, %s; use one HorizontalPodAutoscaler with all metrics",
		s.Ref.Kind, s.Ref.Name, list, does)
}

// checkSelector reports workloads whose pods the selector of wl, which s scales, matches.
func checkSelector(g *chain.Graph, s *chain.Scaler, wl *chain.Workload, ps *model.Problems) {
	at := wl.Item.Place.Child("spec").Child("selector")
	others := lookup.Except(g.Workloads.AlsoMatched(wl), func(other *chain.Workload) bool { return isHook(other.Item) })
	for _, other := range others[:min(len(others), mostNamed)] {
		switch by := other.Scaler; {
		case by != nil && by != s && !g.Before(minorAmbiguous):
			ps.Errorf(model.HPAOverlap, at,
				"also matches the pods of %s, which %s scales, so it and %s stop (AmbiguousSelector); give each workload its own "+
					"label",
				other, by, s)
		case other.IsTransient():
			ps.Warnf(model.HPAOverlap, at,
				"also matches the pods of %s, so %s counts them; give each workload its own label", other, s)
		default:
			ps.Errorf(model.HPAOverlap, at,
				"also matches the pods of %s, so %s includes the pods of both in its calculation; give each workload its own "+
					"label", other, s)
		}
	}
	if more := len(others) - mostNamed; more > 0 {
		ps.Errorf(model.HPAOverlap, at, "also matches the pods of %d more workloads; give each workload its own label", more)
	}
}

// isHook reports whether Helm makes an object for a moment only.
func isHook(it *krm.Item) bool { return it.Annotations["helm.sh/hook"] != "" }
