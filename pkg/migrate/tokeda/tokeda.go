// Package tokeda replaces prometheus-adapter with KEDA. HorizontalPodAutoscalers of anybody flow in, with the rules by which the
// adapter serves their metrics. ScaledObjects that compute the same, the steps in which scaling goes on, and the
// HorizontalPodAutoscalers that must stay, with the reasons, flow out.
//
// The package does not contact a cluster, and writes nothing.
package tokeda

import (
	"path"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/migrate"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// The directories of the output.
const (
	// ScaledObjectsDir contains what to apply, and to commit instead of the HorizontalPodAutoscalers.
	ScaledObjectsDir = "scaledobjects"
	// RollbackDir contains the HorizontalPodAutoscalers as they are.
	RollbackDir = "rollback"
)

// Input is the input of one run.
type Input struct {
	// Items are the HorizontalPodAutoscalers, and what is known of their workloads, monitors, and adapter.
	Items []*krm.Item
	// Rules are configurations of the adapter, or values of its Helm chart, that are not in Items.
	Rules []adapter.Text
	// Prometheus is the URL that KEDA asks; "" means that of the adapter in Items.
	Prometheus string
	// Minor is the minor version of Kubernetes, 0 for the newest.
	Minor int
	// Dir is the directory that will contain the output. Commands refer to it.
	Dir string
}

// Output is the result of a run without errors.
type Output struct {
	// Files are sorted by path, which is relative to Input.Dir.
	Files  []migrate.File
	Report Report
}

// Report describes the result.
type Report struct {
	// Converted are the HorizontalPodAutoscalers that ScaledObjects replace, Kept those that stay, each sorted by name.
	Converted []Scaler       `json:"converted"`
	Kept      []Scaler       `json:"kept"`
	Steps     []migrate.Step `json:"steps"`
}

// Scaler is a HorizontalPodAutoscaler.
type Scaler struct {
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// Reasons say why it stays.
	Reasons []string `json:"reasons,omitempty"`
	// Paused means that it has no metric from the external metrics API between the installation of KEDA and its own step, so that
	// the number of replicas does not change.
	Paused bool `json:"paused,omitempty"`
}

// Run converts all HorizontalPodAutoscalers that read metrics through the adapter. One that cannot be converted stays, which is a
// warning with the reason. If there are errors among the problems, there is no output.
func Run(in Input) (Output, model.Problems) {
	var ps model.Problems
	g, more := chain.New(in.Items, in.Minor, adapter.IsInstance)
	ps.Add(more...)
	su := adapter.New(g, in.Rules, &ps)
	for _, c := range su.Configs {
		ps.Add(c.Problems...)
	}
	c := converter{Input: in, graph: g, setup: su, demands: map[*chain.Scaler][]*demand.Demand{}}
	c.kinds = adapter.NewKinds(g.Items, in.Minor)
	for _, d := range demand.New(g, su, nil).All() {
		c.demands[d.Scaler] = append(c.demands[d.Scaler], d)
	}
	c.findServer(&ps)
	if ps.HasErrors() {
		return Output{}, ps.Sorted()
	}
	scalers := slices.Clone(g.HPAs)
	slices.SortFunc(scalers, func(a, b *chain.HPA) int { return strings.Compare(a.Item.Ref().String(), b.Item.Ref().String()) })
	for _, s := range scalers {
		c.convert(s, &ps)
	}
	if len(c.report.Converted)+len(c.report.Kept) == 0 {
		ps.Errorf(model.InputReference, model.Place{}, "no HorizontalPodAutoscaler in the input reads a metric through prometheus-adapter; "+
			"include those of the cluster: kubectl get hpa --all-namespaces -o yaml")
	}
	if ps.HasErrors() {
		return Output{}, ps.Sorted()
	}
	c.report.Steps = c.plan()
	slices.SortFunc(c.files, func(a, b migrate.File) int { return strings.Compare(a.Path, b.Path) })
	return Output{Files: c.files, Report: c.report}, ps.Sorted()
}

// converter converts HorizontalPodAutoscalers.
type converter struct {
	Input
	graph   *chain.Graph
	kinds   *adapter.Kinds
	setup   *adapter.Setup
	demands map[*chain.Scaler][]*demand.Demand
	// external means that the adapter serves external metrics, which KEDA takes over.
	external bool
	files    []migrate.File
	report   Report
}

// addFile adds the file of an object.
func (c *converter) addFile(dir string, o model.Object, text []byte) {
	c.files = append(c.files, migrate.File{Path: path.Join(dir, gen.FileName(o)), Text: text})
}
