package check

import (
	"cmp"
	"fmt"
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/model"
)

const scrapeNoneID model.ID = "scrape/none"

var scrapeNone = Check{
	ID:    scrapeNoneID,
	Title: "Nothing scrapes the pods that the HorizontalPodAutoscaler reads",
	Why: "A metric of type Pods has a value only for pods from which Prometheus reads it. A ServiceMonitor leads to the pods of the " +
		"Services that it selects by their labels, in its own namespace if it names no other; a PodMonitor to the pods that it selects.",
	Mend: "Make the labels and the namespace of Service and monitor agree, or add a ServiceMonitor or PodMonitor.",
	Bad: `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 5
  metrics:
  - type: Pods
    pods: {metric: {name: requests_per_second}, target: {type: AverageValue, averageValue: "10"}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, ports: [{name: metrics, containerPort: 9000}]}]}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: web}
spec:
  selector: {matchLabels: {app: wbe}}
  podMetricsEndpoints: [{port: metrics}]
`,
	Good: `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 5
  metrics:
  - type: Pods
    pods: {metric: {name: requests_per_second}, target: {type: AverageValue, averageValue: "10"}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, ports: [{name: metrics, containerPort: 9000}]}]}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  podMetricsEndpoints: [{port: metrics}]
`,
	run: func(w *world, ps *model.Problems) {
		var unjudged []need
		told := map[*monitor]bool{}
		for _, n := range w.needs() {
			switch {
			case w.reached(n.workload):
				// The ports are the business of scrape/port.
			case w.scrapedOtherwise(n.workload) != "":
				unjudged = append(unjudged, n)
			default:
				w.reportNone(n, told, ps)
			}
		}
		w.reportUnjudged(unjudged, ps)
		for _, m := range w.monitors {
			if miss := w.idle(m); miss != nil && !told[m] {
				ps.Warnf(scrapeNoneID, miss.at, "%s, so that %s does not read it", miss.why, m.item.Place.Object)
			}
		}
	},
}

// need is a metric of the pods of a workload.
type need struct {
	scaler   *scaler
	workload *workload
	// at is the place of the metric, and what names it in messages.
	at   model.Place
	what string
}

// needs are the metrics for which Prometheus has to read the pods of workloads whose pods are known.
func (w *world) needs() []need {
	var out []need
	for _, s := range w.scalers {
		wl := w.targetOf(s)
		if wl == nil || !wl.knowsPods() {
			continue
		}
		for i, m := range s.spec.Metrics {
			if m.Type == autoscalingv2.PodsMetricSourceType && m.Pods != nil && w.fromPods(s, i) {
				out = append(out, need{s, wl, s.metricPlaces[i], fmt.Sprintf("metric %q", m.Pods.Metric.Name)})
			}
		}
	}
	return out
}

// reached tells whether a monitor leads to the pods of wl, or to a Service that may have them as endpoints, whatever
// ports it reads there.
func (w *world) reached(wl *workload) bool {
	return slices.ContainsFunc(w.monitors, func(m *monitor) bool {
		return m.selectsPods(wl) || slices.ContainsFunc(w.services, func(svc *service) bool {
			return m.selects(svc) && (svc.selectsPods(wl) || !svc.hasSelector() && meet(svc.item, wl.item))
		})
	})
}

// reportNone says which monitor or Service comes nearest to the pods, if any does.
func (w *world) reportNone(n need, told map[*monitor]bool, ps *model.Problems) {
	if miss := w.nearest(n.workload); miss != nil {
		told[miss.monitor] = true
		ps.Errorf(scrapeNoneID, miss.at, "%s, so that nothing scrapes the pods of %s, and %s of %s has no value", miss.why, n.workload, n.what, n.scaler)
		return
	}
	vain := ""
	if w.annotated(n.workload) {
		vain = ", since prometheus-operator does not read annotations such as prometheus.io/scrape"
	}
	ps.Errorf(scrapeNoneID, n.at, "nothing here scrapes the pods of %s, so that %s has no value; add a ServiceMonitor or PodMonitor%s", n.workload, n.what, vain)
}

// reportUnjudged tells once that something that cannot be judged may scrape.
func (w *world) reportUnjudged(unjudged []need, ps *model.Problems) {
	if len(unjudged) == 0 {
		return
	}
	n := slices.MinFunc(unjudged, func(a, b need) int { return cmp.Compare(a.at.String(), b.at.String()) })
	ps.Infof(scrapeNoneID, n.at, "it is not judged whether the pods of %s are scraped: %s", n.workload, w.scrapedOtherwise(n.workload))
}
