package check

import (
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/model"
)

const ruleMissingID model.ID = "rule/missing"

const missingExample = `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  maxReplicas: 5
  metrics:
  - type: Pods
    pods:
      metric: {name: http_request_per_second}
      target: {type: AverageValue, averageValue: "10"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: adapter-config, namespace: monitoring}
data:
  config.yaml: |
    rules:
    - seriesQuery: http_requests_total{namespace!="",pod!=""}
      resources: {template: <<.Resource>>}
      name: {matches: "^(.*)_total$", as: "${1}_per_second"}
      metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)
`

var ruleMissing = Check{
	ID:    ruleMissingID,
	Title: "No rule of the adapter serves a metric of an HPA",
	Why: "The HPA reports FailedGetPodsMetric, FailedGetObjectMetric or FailedGetExternalMetric, and does not scale by this " +
		"metric.",
	Mend: "Add a rule whose series and name give the metric, or correct the name in the HPA. Pods and Object metrics are served " +
		"by rules, External metrics by externalRules.",
	Bad:  missingExample,
	Good: strings.Replace(missingExample, "metric: {name: http_request_per_second}", "metric: {name: http_requests_per_second}", 1),
	run: func(w *world, ps *model.Problems) {
		for _, d := range w.demands.demands() {
			if d.forAdapter() {
				checkServed(w, d, ps)
			}
		}
	},
}

// forAdapter tells whether the adapter is who has to serve the metric, and its whole configuration is known.
func (d *demand) forAdapter() bool {
	su := d.set.setup
	if !su.knowsRules() || d.source != adapterRule || d.external() && len(su.external.rules) == 0 && d.elsewhere() == "" {
		return false
	}
	return !d.set.graph.apis.servedByOther(d.group())
}

// knowsRules tells whether there are rules, and all configurations that adapters read are known and sound.
func (su *setup) knowsRules() bool { return su.known.get(su.findKnown) }

func (su *setup) findKnown() bool {
	read := 0
	for _, s := range su.sets {
		if s.broken && s.unread == "" {
			// That the adapter does not start is said where it is; nothing follows from the rules that were read.
			return false
		}
		if s.unread == "" {
			read++
		}
	}
	return len(su.sets) > 0 && (read > 0 || !su.mountsUnknown())
}

// mountsUnknown tells whether an adapter among the items reads a configuration that is not.
func (su *setup) mountsUnknown() bool {
	return slices.ContainsFunc(su.adapters, func(a adapter) bool {
		var ps model.Problems
		cm, _, certain := su.configOf(a, &ps)
		return cm == nil && !certain
	})
}

// checkServed reports a metric that no rule gives.
func checkServed(w *world, d *demand, ps *model.Problems) {
	if d.problem != "" {
		ps.Errorf(ruleMissingID, d.at().Child("object").Child("describedObject"), "%s; the HPA cannot ask for the metric", d.problem)
		return
	}
	all := d.used()
	if len(all) == 0 {
		ps.Errorf(ruleMissingID, d.at(), "asks for %s, which no rule of the adapter gives%s", d.what(), d.nearest())
		return
	}
	checkRegistered(w, d, ps)
	checkGuess(d, all, ps)
	if o := d.effective(); o != nil {
		checkDroppedSeries(d, o, ps)
	}
}

// checkRegistered reports an adapter whose other APIs are registered among the items while the one that is asked is not.
func checkRegistered(w *world, d *demand, ps *model.Problems) {
	group := d.group()
	if len(w.setup.adapters) == 0 || len(w.graph.apis.of(group)) > 0 {
		return
	}
	if r := w.setup.registration(); r.group != "" {
		ps.Warnf(ruleMissingID, d.at(), "asks for %s, but no APIService among the items registers %s, while one registers %s; "+
			"add one for v1beta1.%s and Service %s", d.what(), group, r.group, group, r.service)
	}
}

// registration is a group of the API and the Service behind it.
type registration struct{ group, service string }

// registration is an API that an adapter among the items serves.
func (su *setup) registration() registration { return su.registered.get(su.findRegistered) }

// findRegistered finds an API that an adapter among the items serves.
func (su *setup) findRegistered() registration {
	for _, group := range []string{customMetrics, externalMetrics, resourceMetrics} {
		for _, a := range su.graph.apis.of(group) {
			if su.isAdapterService(a.service.Name) {
				return registration{group, a.service.Name}
			}
		}
	}
	return registration{}
}

// isAdapterService tells whether a Service of that name leads to an adapter among the items.
func (su *setup) isAdapterService(name string) bool {
	return slices.ContainsFunc(su.graph.services.all, func(s *service) bool {
		return s.item.Place.Object.Name == name && len(su.behind(s)) > 0
	})
}

// checkGuess reports a rate that is served only if some series is called so by itself, where a rule makes a rate of the
// counter under another name.
func checkGuess(d *demand, all []*offer, ps *model.Problems) {
	byItself := func(o *offer) bool { return slices.Contains(o.series, d.metric) }
	meant := func(o *offer) bool {
		return o.specific() || slices.ContainsFunc(o.series, func(name string) bool { return slices.Contains(counters(d.metric), name) })
	}
	if !rateSuffix().MatchString(d.metric) || slices.ContainsFunc(all, meant) ||
		!slices.ContainsFunc(all, byItself) || slices.Contains(d.known(), d.metric) {
		return
	}
	counter := counters(d.metric)[0]
	for _, r := range all[0].set.rules(d.external()) {
		if r.namer == nil || !r.accepts(counter) {
			continue
		}
		if name := r.metricOf(counter); name != d.metric {
			ps.Warnf(ruleMissingID, d.at(), "asks for %s, which is served only if there is a series of exactly that name; %s gives %s as "+
				"%q; did you mean that?",
				d.what(), r, counter, name)
			return
		}
	}
}

// checkDropped reports series that the monitors of the pods drop before Prometheus keeps them.
func checkDroppedSeries(d *demand, o *offer, ps *model.Problems) {
	if len(d.paths()) == 0 || len(o.names()) == 0 || slices.ContainsFunc(o.series, fromElsewhere) {
		return
	}
	for _, name := range o.series {
		for _, from := range d.origins() {
			if _, kept := from.value(name, ""); kept || from.opaque {
				return
			}
		}
	}
	from := d.paths()[0]
	ps.Errorf(ruleMissingID, d.at(), "asks for %s, whose series %s the metricRelabelings of %s drop", d.what(), o.series[0],
		from.monitor.item.Place.Object)
}
