package check

import (
	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Input is what a run checks.
type Input struct {
	// Items are all objects that are going to be in the cluster. Local configuration among them is left out.
	Items []*krm.Item
	// Rules are configurations of prometheus-adapter from elsewhere than a ConfigMap in the input, or values of its Helm
	// chart.
	Rules []Text
	// Samples are metrics pages, each of a workload.
	Samples []Sample
	// Minor is the Kubernetes 1.x to check for, 0 for the newest that is known.
	Minor int
}

// Text is a text and where it is.
type Text = adapter.Text

// Sample is what the pods of a workload serve to Prometheus, in its text format.
type Sample = demand.Sample

// Check is one thing that can break. model.Registry has what is wrong and how to fix it; testdata/checks has the reason and an
// example that the check reports, and the same example fixed.
type Check struct {
	ID model.ID

	run func(w *world, ps *model.Problems)
}

// Checks are all checks in the order of the documentation.
var Checks = []Check{
	{model.HPATarget, hpaTarget},
	{model.HPABounds, hpaBounds},
	{model.HPAMetric, hpaMetric},
	{model.HPARequest, hpaRequest},
	{model.HPAReplicas, hpaReplicas},
	{model.HPAOverlap, hpaOverlap},
	{model.HPAVersion, hpaVersion},
	{model.RuleMissing, ruleMissing},
	{model.RuleAmbiguous, ruleAmbiguous},
	{model.RuleLabels, ruleLabels},
	{model.RuleQuery, ruleQuery},
	{model.RuleWindow, ruleWindow},
	{model.APIService, apiService},
	{model.APIAccess, apiAccess},
	{model.ScrapeNone, scrapeNone},
	{model.ScrapePort, scrapePort},
	{model.ScrapeUnselected, scrapeUnselected},
	{model.ScrapeAccess, scrapeAccess},
	{model.ScrapeSeries, scrapeSeries},
}

// Run runs all checks on in.
func Run(in Input) model.Problems {
	w, ps := newWorld(in)
	var found model.Problems
	for _, c := range Checks {
		c.run(w, &found)
	}
	ps.Add(found.WithoutFollowUps(ps)...)
	return ps.Sorted()
}

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
