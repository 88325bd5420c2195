package check

import (
	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// world is what the checks look at: the objects and how they join, the adapters and their rules, and the metrics that
// scalers ask for.
type world struct {
	graph   *chain.Graph
	setup   *adapter.Setup
	demands *demand.Set
}

func newWorld(in Input) (*world, model.Problems) {
	g, ps := chain.New(in.Items, in.Minor, adapter.IsInstance)
	su := adapter.New(g, in.Rules, &ps)
	return &world{g, su, demand.New(g, su, in.Samples)}, ps
}
