package check

import (
	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/model"
)

const scrapeUnselectedID model.ID = "scrape/unselected"

var scrapeUnselected = Check{
	ID:    scrapeUnselectedID,
	Title: "No Prometheus here selects the monitor",
	Why: "prometheus-operator takes into the configuration of a Prometheus only the monitors that its selectors match, by the labels of " +
		"the monitor and of its namespace. A selector that is absent selects nothing, and one for namespaces that is absent the own one.",
	Mend: "Give the monitor the label that the Prometheus selects, or widen serviceMonitorSelector or serviceMonitorNamespaceSelector; {} selects everything.",
	Bad: `apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: main}
spec:
  serviceMonitorSelector: {matchLabels: {release: stack}}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: web, labels: {app: web}}
spec:
  selector: {matchLabels: {app: web}}
  endpoints: [{port: metrics}]
`,
	Good: `apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: main}
spec:
  serviceMonitorSelector: {matchLabels: {release: stack}}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: web, labels: {app: web, release: stack}}
spec:
  selector: {matchLabels: {app: web}}
  endpoints: [{port: metrics}]
`,
	run: func(w *world, ps *model.Problems) {
		needed := neededMonitors(w)
		for _, m := range w.graph.Monitors {
			checkRefused(m, ps)
			if r := w.graph.Refusal(m); r != nil {
				severity := model.Warning
				if needed[m] && !r.Unsure {
					severity = model.Error
				}
				ps.Add(model.Problem{ID: scrapeUnselectedID, Severity: severity, Place: r.At, Message: r.Why})
			}
		}
	},
}

// neededMonitors are those on which alone an HPA relies: no Prometheus here selects any of those that read its pods.
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
