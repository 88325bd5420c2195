package check

import (
	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func scrapeUnselected(w *world, ps *model.Problems) {
	needed := neededMonitors(w)
	for _, m := range w.graph.Monitors {
		checkRefused(m, ps)
		checkUnselected(w.graph, m, needed[m], ps)
	}
}

// checkUnselected reports a monitor that no Prometheus uses.
func checkUnselected(g *chain.Graph, m *chain.Monitor, needed bool, ps *model.Problems) {
	if r := g.Refusal(m); r != nil {
		severity := model.Warning
		if needed && !r.Unsure {
			severity = model.Error
		}
		ps.Add(model.Problem{ID: model.ScrapeUnselected, Severity: severity, Place: r.At, Message: r.Why})
	}
}

// unused returns why no Prometheus finds targets of a monitor that is needed.
func unused(g *chain.Graph, m *chain.Monitor) model.Problems {
	var ps model.Problems
	checkUnselected(g, m, true, &ps)
	checkAccess(g, m, true, &ps)
	return ps
}

// neededMonitors returns the monitors of pods whose metrics scalers request. The value tells whether no Prometheus uses any
// monitor of the pods.
func neededMonitors(w *world) map[*chain.Monitor]bool {
	out := map[*chain.Monitor]bool{}
	for _, n := range w.demands.Scraped() {
		var monitors []*chain.Monitor
		lost := true
		for _, p := range n.Workload.Scrapes() {
			lost = lost && w.graph.Refusal(p.Monitor) != nil
			monitors = append(monitors, p.Monitor)
		}
		for _, m := range monitors {
			out[m] = out[m] || lost
		}
	}
	return out
}
