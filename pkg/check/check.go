package check

import (
	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Input is the input of a run.
type Input struct {
	// Items are all objects for the cluster. Local configuration is ignored.
	Items []*krm.Item
	// Rules are configurations of prometheus-adapter, or values of its Helm chart, that are not in Items.
	Rules []Text
	// Samples are metrics pages of workloads.
	Samples []Sample
	// Complete reports that Items and Rules are all there is: what is not in them is not in the cluster.
	Complete bool
	// Minor is the minor version of Kubernetes to check for, 0 for the newest.
	Minor int
}

// Text is a text and its place.
type Text = adapter.Text

// Sample is a metrics page of a workload.
type Sample = demand.Sample

// Check is a check. model.Registry has the problem that it finds, and testdata/checks an example of the problem and of the
// fix.
type Check struct {
	ID model.ID

	run func(w *world, ps *model.Problems)
}

// Checks are all checks, in the order of the documentation.
var Checks = []Check{
	{model.InputDuplicate, inputDuplicate},
	{model.HPAMetadata, hpaMetadata},
	{model.HPATarget, hpaTarget},
	{model.HPABounds, hpaBounds},
	{model.HPAMetric, hpaMetric},
	{model.HPABehavior, hpaBehavior},
	{model.HPAObject, hpaObject},
	{model.HPARequest, hpaRequest},
	{model.HPAReplicas, hpaReplicas},
	{model.HPAOverlap, hpaOverlap},
	{model.HPAVersion, hpaVersion},
	{model.KEDATarget, kedaTarget},
	{model.KEDABounds, kedaBounds},
	{model.KEDAName, kedaName},
	{model.KEDATrigger, kedaTrigger},
	{model.KEDAQuery, kedaQuery},
	{model.KEDAServer, kedaServer},
	{model.KEDAAuth, kedaAuth},
	{model.KEDAFormula, kedaFormula},
	{model.KEDAFallback, kedaFallback},
	{model.KEDAPaused, kedaPaused},
	{model.KEDAConflict, kedaConflict},
	{model.KEDAJob, kedaJob},
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
	{model.ScrapeTwice, scrapeTwice},
	{model.ScrapeSeries, scrapeSeries},
}

// Run runs all checks.
func Run(in Input) model.Problems {
	_, ps := run(in)
	return ps
}

func run(in Input) (*world, model.Problems) {
	w, ps := newWorld(in)
	var found model.Problems
	for _, c := range Checks {
		c.run(w, &found)
	}
	ps.Add(found.WithoutFollowUps(ps)...)
	return w, ps.Sorted()
}

// world is what the checks compare: the objects, the adapters with their rules, and the metrics that scalers request.
type world struct {
	graph   *chain.Graph
	setup   *adapter.Setup
	demands *demand.Set
}

func newWorld(in Input) (*world, model.Problems) {
	g, ps := chain.New(in.Items, in.Minor, adapter.IsInstance)
	g.Complete = in.Complete
	su := adapter.New(g, in.Rules, &ps)
	return &world{g, su, demand.New(g, su, in.Samples)}, ps
}
