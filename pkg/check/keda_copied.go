package check

import (
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// checkCopied reports a selector for a label of the pods that no monitor copies to their series. Only labels with a prefix count,
// because a program can serve a label such as app itself.
func checkCopied(origins []demand.Origin, d *demand.Demand, ps *model.Problems) {
	if len(origins) == 0 || slices.ContainsFunc(origins, func(o demand.Origin) bool { return o.Opaque }) {
		return
	}
	for _, s := range promexpr.Selectors(d.Query().Expr) {
		if strings.Contains(s.Name, ":") || d.IsRecorded(s.Name) || d.FromExporter(s.Name) {
			continue
		}
		if key, label := copied(d.Workload, s); key != "" && !slices.ContainsFunc(origins, func(o demand.Origin) bool {
			value, _ := o.Value(s.Name, label)
			return value != ""
		}) {
			monitor := origins[0].Path.Monitor.Item.Place.Object
			rejectQuery(d.Query(), ps, "requires the label %s, but no monitor of %s adds it to the series; add podTargetLabels: [%s] to %s",
				label, d.Workload, key, monitor)
			return
		}
	}
}

// copied returns the first label of the pods with a prefix that a selector requires, and the name that Prometheus gives to it.
func copied(wl *chain.Workload, s *parser.VectorSelector) (key, label string) {
	for _, k := range slices.Sorted(maps.Keys(wl.Template.Labels)) {
		name := promexpr.LabelName(k)
		if strings.Contains(k, "/") && slices.ContainsFunc(s.LabelMatchers, func(m *labels.Matcher) bool {
			return m.Name == name && m.Type == labels.MatchEqual && m.Value == wl.Template.Labels[k]
		}) {
			return k, name
		}
	}
	return "", ""
}
