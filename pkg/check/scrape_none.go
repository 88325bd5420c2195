package check

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func scrapeNone(w *world, ps *model.Problems) {
	found, sc := &finder{graph: w.graph}, newScrapers(w.graph)
	var unjudged []*demand.Demand
	told := map[*chain.Monitor]bool{}
	for _, d := range w.demands.Scraped() {
		routes := w.graph.Routes(d.Workload)
		if len(routes) > 0 {
			checkNamespaces(d, routes, ps)
			checkDropped(w.graph, d, ps)
			sc.checkEndpoints(d, routes, ps)
			continue
		}
		miss := found.nearest(d.Workload)
		switch {
		case miss != nil && miss.score >= meant:
			told[miss.monitor] = true
			reportMiss(d, miss, sc.other(), ps)
		case sc.scrapedOtherwise(d.Workload) != "":
			unjudged = append(unjudged, d)
		case miss != nil:
			told[miss.monitor] = true
			reportMiss(d, miss, "", ps)
		default:
			reportNone(d, w.graph.Complete, ps)
		}
	}
	sc.reportUnjudged(unjudged, ps)
	for _, m := range w.graph.Monitors {
		if miss := found.idle(m); miss != nil && !told[m] {
			ps.Warnf(model.ScrapeNone, miss.at, "%s, so %s scrapes nothing there", miss.why, m.Item.Place.Object)
		}
	}
}

// checkNamespaces reports pods to which all routes depend on the namespace that objects without one are applied to.
func checkNamespaces(d *demand.Demand, routes []chain.Route, ps *model.Problems) {
	for _, r := range routes {
		if a, b := uncertain(r, d.Workload); a == nil && b == nil {
			return
		}
	}
	a, b := uncertain(routes[0], d.Workload)
	if names := routes[0].Monitor.Namespaces.MatchNames; a == routes[0].Monitor.Item && len(names) > 0 {
		ps.Warnf(model.ScrapeNone, b.Place.Child("metadata").Child("namespace"),
			"is missing, but %s looks into namespace %s; set it", a.Place.Object, lookup.OneOf(names))
		return
	}
	reportMissingNamespace(model.ScrapeNone, a, b, ps)
}

// checkEndpoints reports pods that only Services without a selector lead to, if no object in the input has their endpoints.
func (sc *scrapers) checkEndpoints(d *demand.Demand, routes []chain.Route, ps *model.Problems) {
	for _, r := range routes {
		if r.Service == nil || r.Service.HasSelector() ||
			slices.ContainsFunc(sc.endpoints()[r.Service.Item.Place.Object.Name], func(it *krm.Item) bool {
				return chain.MayShareNamespace(it, r.Service.Item)
			}) {
			return
		}
	}
	for _, r := range routes {
		ps.Warnf(model.ScrapeNone, r.Service.Item.Place.Child("spec").Child("selector"),
			"is missing, so %s reaches pods only if someone creates its endpoints; add a selector that matches the pods of %s",
			r.Service, d.Workload)
	}
}

// endpointObjects returns the Endpoints and EndpointSlices of the input by the name of their Service.
func endpointObjects(g *chain.Graph) map[string][]*krm.Item {
	found := map[string][]*krm.Item{}
	for _, it := range g.Items {
		switch o := it.Place.Object; o.Kind {
		case "Endpoints":
			found[o.Name] = append(found[o.Name], it)
		case "EndpointSlice":
			name := it.Labels["kubernetes.io/service-name"]
			found[name] = append(found[name], it)
		}
	}
	return found
}

// uncertain returns two objects of a route that belong together only if one is applied to the namespace of the other, or nil.
func uncertain(r chain.Route, wl *chain.Workload) (a, b *krm.Item) {
	end := wl.Item
	if r.Service != nil {
		end = r.Service.Item
		if lookup.CompareNamespaces(end.Place.Object.Namespace, wl.Item.Place.Object.Namespace) != lookup.Same {
			return end, wl.Item
		}
	}
	if r.Monitor.LooksInto(end.Place.Object.Namespace) != lookup.Same {
		return r.Monitor.Item, end
	}
	return nil, nil
}

// reportMiss reports where the nearest route to the pods breaks. other describes what may scrape them anyway.
func reportMiss(d *demand.Demand, miss *miss, other string, ps *model.Problems) {
	p := model.Problem{ID: model.ScrapeNone, Severity: model.Error, Place: miss.at, Message: fmt.Sprintf(
		"%s, so nothing scrapes the pods of %s, and %s of %s has no value", miss.why, d.Workload, d.MetricName(), d.Scaler)}
	if other != "" {
		p.Severity = model.Warning
		p.Message = fmt.Sprintf(
			"%s, so %s of %s has a value only if something else scrapes the pods of %s: %s",
			miss.why, d.MetricName(), d.Scaler, d.Workload, other)
	}
	ps.Add(p)
}

// reportNone reports pods without any route. If the input may not have all objects, that is only a warning.
func reportNone(d *demand.Demand, complete bool, ps *model.Problems) {
	hint := ""
	if annotated(d.Workload) {
		hint = ", because prometheus-operator does not read annotations such as prometheus.io/scrape"
	}
	p := model.Problem{ID: model.ScrapeNone, Severity: model.Error, Place: d.At()}
	unless := ""
	if !complete {
		p.Severity, unless = model.Warning, " unless a monitor that is not in the input does"
	}
	ps.Reportf(p, "nothing in the input scrapes the pods of %s, so %s has no value%s; add a ServiceMonitor or PodMonitor%s",
		d.Workload, d.MetricName(), unless, hint)
}

// reportUnjudged reports one of the metrics whose pods something that cannot be checked may scrape.
func (sc *scrapers) reportUnjudged(unjudged []*demand.Demand, ps *model.Problems) {
	if len(unjudged) == 0 {
		return
	}
	d := slices.MinFunc(unjudged, func(a, b *demand.Demand) int { return cmp.Compare(a.At().String(), b.At().String()) })
	ps.Infof(model.ScrapeNone, d.At(),
		"cannot tell whether the pods of %s are scraped: %s", d.Workload, sc.scrapedOtherwise(d.Workload))
}
