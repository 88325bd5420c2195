package check

import (
	"github.com/krm-fn/krm-fn/pkg/model"
)

// world is what the checks look at: the objects and how they join, the adapters and their rules, and the metrics that
// scalers ask for.
type world struct {
	graph   *graph
	setup   *setup
	demands *set
}

func newWorld(in Input) (*world, model.Problems) {
	g, ps := newGraph(in.Items, in.Minor, isAdapter)
	su := newSetup(g, in.Rules, &ps)
	return &world{g, su, newSet(g, su, in.Samples)}, ps
}
