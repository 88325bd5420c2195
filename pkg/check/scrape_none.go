package check

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/krm-fn/krm-fn/pkg/krm"
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
		found, other, endpoints := &finder{graph: w.graph}, &others{graph: w.graph}, &endpointObjects{graph: w.graph}
		var unjudged []*demand
		told := map[*monitor]bool{}
		for _, d := range w.demands.needs() {
			routes := w.graph.routes(d.workload)
			if len(routes) > 0 {
				checkNamespaces(d, routes, ps)
				checkDropped(w.graph, d, ps)
				endpoints.check(d, routes, ps)
				continue
			}
			miss := found.nearest(d.workload)
			switch {
			case miss != nil && miss.score >= meant:
				told[miss.monitor] = true
				reportMiss(d, miss, other.otherScraper(), ps)
			case other.scrapedOtherwise(d.workload) != "":
				unjudged = append(unjudged, d)
			case miss != nil:
				told[miss.monitor] = true
				reportMiss(d, miss, "", ps)
			default:
				reportNone(w.graph, d, ps)
			}
		}
		other.reportUnjudged(unjudged, ps)
		for _, m := range w.graph.monitors {
			if miss := found.idle(m); miss != nil && !told[m] {
				ps.Warnf(scrapeNoneID, miss.at, "%s, so that %s reads nothing there", miss.why, m.item.Place.Object)
			}
		}
	},
}

// needs are the metrics for which Prometheus has to read the pods of workloads whose pods are known.
func (ms *set) needs() []*demand { return ms.needed.get(ms.findNeeds) }

func (ms *set) findNeeds() []*demand {
	var out []*demand
	for _, d := range ms.demands() {
		if d.ofPods() && d.workload != nil && d.workload.knowsPods() && d.fromPrometheus() && d.fromPods() {
			out = append(out, d)
		}
	}
	return out
}

// route is one from a monitor to the pods of a workload, whatever ports it takes. The Service is nil for a PodMonitor.
type route struct {
	monitor *monitor
	service *service
}

// routes are all to the pods of wl, those through Services included that may have them as endpoints.
func (g *graph) routes(wl *workload) []route {
	manual := g.manual.near(wl.item.Place.Object.Namespace)
	if len(manual) == 0 {
		return wl.routes
	}
	out := slices.Concat(wl.routes, manual)
	slices.SortStableFunc(out, func(a, b route) int {
		c := cmp.Compare(a.monitor.number, b.monitor.number)
		if c == 0 && a.service != nil && b.service != nil {
			c = cmp.Compare(a.service.number, b.service.number)
		}
		return c
	})
	return out
}

// checkNamespaces reports pods to which every route depends on the namespace that objects are applied to which state none.
func checkNamespaces(d *demand, routes []route, ps *model.Problems) {
	for _, r := range routes {
		if a, b := uncertain(r, d.workload); a == nil && b == nil {
			return
		}
	}
	a, b := uncertain(routes[0], d.workload)
	if names := routes[0].monitor.namespaces.MatchNames; a == routes[0].monitor.item && len(names) > 0 {
		ps.Warnf(scrapeNoneID, b.Place.Child("metadata").Child("namespace"),
			"is missing, but %s looks into namespace %s; write that one", a.Place.Object, oneOf(names))
		return
	}
	reportMissingNamespace(scrapeNoneID, a, b, ps)
}

// endpointObjects are the objects here that hold endpoints of Services, by the names of these.
type endpointObjects struct {
	graph   *graph
	written once[map[string][]*krm.Item]
}

// check reports pods to which only Services without a selector lead, whose endpoints nobody here writes.
func (eo *endpointObjects) check(d *demand, routes []route, ps *model.Problems) {
	for _, r := range routes {
		if r.service == nil || r.service.hasSelector() || eo.isWritten(r.service) {
			return
		}
	}
	for _, r := range routes {
		ps.Warnf(scrapeNoneID, r.service.item.Place.Child("spec").Child("selector"),
			"is missing, so that %s leads to pods only if somebody writes its endpoints; select the pods of %s", r.service, d.workload)
	}
}

// isWritten tells whether an object here holds endpoints of a Service.
func (eo *endpointObjects) isWritten(s *service) bool {
	endpoints := eo.written.get(func() map[string][]*krm.Item {
		found := map[string][]*krm.Item{}
		for _, it := range eo.graph.items {
			switch o := it.Place.Object; o.Kind {
			case "Endpoints":
				found[o.Name] = append(found[o.Name], it)
			case "EndpointSlice":
				name := it.Labels["kubernetes.io/service-name"]
				found[name] = append(found[name], it)
			}
		}
		return found
	})
	return slices.ContainsFunc(endpoints[s.item.Place.Object.Name], func(it *krm.Item) bool { return meet(it, s.item) })
}

// uncertain are two objects on a route that meet only if one of them is applied to the namespace of the other; nil and
// nil if all is certain.
func uncertain(r route, wl *workload) (a, b *krm.Item) {
	end := wl.item
	if r.service != nil {
		end = r.service.item
		if relate(end.Place.Object.Namespace, wl.item.Place.Object.Namespace) != together {
			return end, wl.item
		}
	}
	if r.monitor.looksInto(end.Place.Object.Namespace) != together {
		return r.monitor.item, end
	}
	return nil, nil
}

// reportMiss tells where the nearest route to the pods breaks.
func reportMiss(d *demand, miss *miss, other string, ps *model.Problems) {
	p := model.Problem{ID: scrapeNoneID, Severity: model.Error, Place: miss.at, Message: fmt.Sprintf(
		"%s, so that nothing scrapes the pods of %s, and %s of %s has no value", miss.why, d.workload, d.metricName(), d.scaler)}
	if other != "" {
		p.Severity = model.Warning
		p.Message = fmt.Sprintf("%s, so that %s of %s has a value only if something else scrapes the pods of %s: %s", miss.why, d.metricName(), d.scaler, d.workload, other)
	}
	ps.Add(p)
}

// reportNone tells that no route comes near the pods.
func reportNone(g *graph, d *demand, ps *model.Problems) {
	hint := ""
	if annotated(g, d.workload) {
		hint = ", since prometheus-operator does not read annotations such as prometheus.io/scrape"
	}
	ps.Errorf(scrapeNoneID, d.at(), "nothing here scrapes the pods of %s, so that %s has no value; add a ServiceMonitor or PodMonitor%s", d.workload, d.metricName(), hint)
}

// reportUnjudged tells once that something that cannot be judged may scrape.
func (os *others) reportUnjudged(unjudged []*demand, ps *model.Problems) {
	if len(unjudged) == 0 {
		return
	}
	d := slices.MinFunc(unjudged, func(a, b *demand) int { return cmp.Compare(a.at().String(), b.at().String()) })
	ps.Infof(scrapeNoneID, d.at(), "it is not judged whether the pods of %s are scraped: %s", d.workload, os.scrapedOtherwise(d.workload))
}
