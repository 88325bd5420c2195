package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Judge runs all checks, and tells what they have judged.
func Judge(in Input) (model.Problems, Summary) {
	w, ps := run(in)
	return ps, summarize(w, ps)
}

// Summary tells what a run has judged. Every metric is proved, broken, or not judged.
type Summary struct {
	Objects   int `json:"objects"`
	Scalers   int `json:"scalers"`
	Metrics   int `json:"metrics"`
	Proved    int `json:"proved"`
	Broken    int `json:"broken"`
	NotJudged int `json:"notJudged"`
	// Kinds has the number of scalers by kind. It is empty if all are HorizontalPodAutoscalers.
	Kinds map[string]int `json:"kinds,omitempty"`
	// Reasons has the number of metrics that are not judged by the reason.
	Reasons map[string]int `json:"reasons,omitempty"`
}

// String describes the summary in a sentence.
func (s Summary) String() string {
	switch {
	case s.Objects == 0:
		return "no objects, so nothing is checked"
	case s.Scalers == 0:
		return fmt.Sprintf("%s without a HorizontalPodAutoscaler, so no metric is checked", counted(s.Objects, "object"))
	}
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{s.Proved, "proved"}, {s.Broken, "broken"}, {s.NotJudged, "not judged"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	var reasons []string
	for _, why := range slices.Sorted(maps.Keys(s.Reasons)) {
		reason := why
		if len(s.Reasons) > 1 {
			reason = fmt.Sprintf("%d: %s", s.Reasons[why], why)
		}
		reasons = append(reasons, reason)
	}
	var scalers []string
	for _, kind := range slices.Sorted(maps.Keys(s.Kinds)) {
		scalers = append(scalers, counted(s.Kinds[kind], kind))
	}
	if len(scalers) == 0 {
		scalers = append(scalers, counted(s.Scalers, "HorizontalPodAutoscaler"))
	}
	text := fmt.Sprintf("%s, %s: %s", strings.Join(scalers, ", "), counted(s.Metrics, "metric"), strings.Join(parts, ", "))
	if len(reasons) > 0 {
		text += " (" + strings.Join(reasons, "; ") + ")"
	}
	return text
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// errorPlaces tells which links of a chain have errors.
type errorPlaces struct {
	// exact are the places of errors, below those that contain one.
	exact, below map[model.Place]bool
	// adapter means that an adapter or its API has an error, prometheus that a Prometheus has.
	adapter, prometheus bool

	graph    *chain.Graph
	scrapers *scrapers
}

func newErrorPlaces(w *world, ps model.Problems) *errorPlaces {
	v := &errorPlaces{exact: map[model.Place]bool{}, below: map[model.Place]bool{}, graph: w.graph, scrapers: newScrapers(w.graph)}
	adapters := map[model.Object]bool{}
	for _, a := range w.setup.Instances {
		adapters[a.Workload.Item.Place.Object] = true
	}
	for _, p := range ps {
		if p.Severity != model.Error {
			continue
		}
		for _, at := range fields(p.Place) {
			v.below[at] = true
			v.exact[at] = v.exact[at] || at.Field == p.Place.Field
		}
		v.adapter = v.adapter || adapters[p.Place.Object] || p.ID == model.APIService
		v.prometheus = v.prometheus || p.ID == model.ScrapeUnselected || p.ID == model.ScrapeAccess
	}
	return v
}

// fields returns a place with the paths of its field, beginning with the whole object.
func fields(p model.Place) []model.Place {
	at := model.Place{Object: p.Object, File: p.File, Index: p.Index}
	out := []model.Place{at}
	// Real paths have fewer steps; a malicious key can have millions of dots.
	const most = 20
	steps := model.Steps(p.Field)
	for _, step := range steps[:min(len(steps), most)] {
		if at = at.Child(step.Key); step.Index >= 0 {
			at = out[len(out)-1].Item(step.Index)
		}
		out = append(out, at)
	}
	return out
}

// hits reports whether an error is at a place, above it, or below it.
func (v *errorPlaces) hits(p model.Place) bool {
	all := fields(p)
	return v.below[all[len(all)-1]] || slices.ContainsFunc(all, func(at model.Place) bool { return v.exact[at] })
}

// metricKey is a metric of a scaler, by its position.
type metricKey struct {
	scaler *chain.Scaler
	number int
}

// byMetric returns the demands and queries by what asks.
func (w *world) byMetric() map[metricKey]*demand.Demand {
	out := map[metricKey]*demand.Demand{}
	for _, d := range slices.Concat(w.demands.All(), w.demands.Queries()) {
		out[metricKey{d.Scaler, d.Number}] = d
	}
	return out
}

// triggered returns the scalers of KEDA.
func (w *world) triggered() map[*chain.Scaler]*chain.KEDA {
	out := map[*chain.Scaler]*chain.KEDA{}
	for _, k := range w.graph.KEDA {
		out[&k.Scaler] = k
	}
	return out
}

// summarize counts the metrics by what the problems say of their chains.
func summarize(w *world, ps model.Problems) Summary {
	s := Summary{Objects: len(w.graph.Items), Scalers: len(w.graph.Scalers), Reasons: map[string]int{}}
	v := newErrorPlaces(w, ps)
	demands, triggered := w.byMetric(), w.triggered()
	if len(triggered) > 0 {
		s.Kinds = map[string]int{}
		for _, sc := range w.graph.Scalers {
			s.Kinds[sc.Item.Place.Object.Kind]++
		}
	}
	for _, sc := range w.graph.Scalers {
		broken := len(v.below) > 0 && v.breaksScaler(sc)
		for i := range sc.Metrics {
			s.Metrics++
			d := demands[metricKey{sc, i}]
			reason := unjudged(w, sc, d)
			if k := triggered[sc]; k != nil {
				reason = unjudgedTrigger(w, k, i, d)
			}
			switch {
			case broken || len(v.below) > 0 && (v.hits(sc.MetricAt(i)) || d != nil && v.breaks(d)):
				s.Broken++
			case reason != "":
				s.NotJudged++
				s.Reasons[reason]++
			default:
				s.Proved++
			}
		}
	}
	return s
}

// breaksScaler reports whether a scaler or its target has an error that concerns all metrics.
func (v *errorPlaces) breaksScaler(s *chain.Scaler) bool {
	at := s.Item.Place
	for _, name := range []string{
		"scaleTargetRef", "minReplicas", "maxReplicas", "behavior",
		"minReplicaCount", "maxReplicaCount", "idleReplicaCount", "fallback", "advanced", "jobTargetRef",
	} {
		if v.below[fields(at.Child("spec").Child(name))[2]] {
			return true
		}
	}
	return v.exact[fields(at)[0]] || v.below[fields(at.Child("metadata"))[1]] || v.below[fields(at.Child("apiVersion"))[1]] ||
		s.Target != nil && v.below[fields(s.Target.Item.Place)[0]]
}

// breaks reports whether a link of a custom or external metric has an error.
func (v *errorPlaces) breaks(d *demand.Demand) bool {
	if v.adapter && d.FromAdapter() {
		return true
	}
	if o := d.Effective(); o != nil && v.hits(o.At) {
		return true
	}
	if !d.IsOfPods() || d.Workload == nil {
		return false
	}
	if len(d.Paths()) > 0 {
		return v.allPathsBreak(d)
	}
	routes := v.graph.Routes(d.Workload)
	if len(routes) == 0 {
		return d.IsScraped() && v.scrapers.scrapedOtherwise(d.Workload) == ""
	}
	return slices.ContainsFunc(routes, func(r chain.Route) bool {
		return v.below[fields(r.Monitor.Item.Place)[0]] || r.Service != nil && v.below[fields(r.Service.Item.Place)[0]]
	})
}

// allPathsBreak reports whether every way by which Prometheus scrapes the pods has an error.
func (v *errorPlaces) allPathsBreak(d *demand.Demand) bool {
	return !slices.ContainsFunc(d.Paths(), func(p chain.ScrapePath) bool {
		monitor := fields(p.Monitor.Item.Place)[0]
		return !v.hits(p.At()) && !v.exact[monitor] && !v.below[monitor.Child("spec").Child("selector")] &&
			!v.below[monitor.Child("metadata")] && (!v.prometheus || !unused(v.graph, p.Monitor).HasErrors()) &&
			(p.Service == nil || !v.below[fields(p.Service.Item.Place)[0]])
	})
}

// unjudged returns why the input does not decide whether a metric has a value, or "". d is nil for metrics of resources.
func unjudged(w *world, s *chain.Scaler, d *demand.Demand) string {
	noPods := s.Target == nil || !s.Target.KnowsPods()
	switch {
	case d == nil && noPods, d != nil && d.IsOfPods() && noPods:
		return "the target is not in the input"
	case d == nil:
		return ""
	case !d.FromAdapter() || w.graph.APIs.ServedByOther(d.Group()):
		return "another program serves the metric"
	case len(w.setup.Configs) == 0:
		return "no adapter rules in the input"
	case !w.setup.KnowsRules:
		return "not all adapter rules are in the input"
	case d.Unserved():
		return "no adapter rules for the API"
	case !d.IsOfPods() || !d.FromPods():
		return "the series come from other pods"
	case len(d.Paths()) == 0:
		return "something else may scrape the pods"
	}
	return ""
}
