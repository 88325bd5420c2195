package demand

import (
	"maps"
	"strings"

	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/relabel"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
)

// Presence says whether a series has a label.
type Presence int

const (
	// Maybe is where that is not known.
	Maybe Presence = iota
	// Present is where it surely has it.
	Present
	// Absent is where it surely lacks it.
	Absent
)

// Origin is a way by which series of pods reach Prometheus, with what it does to their labels.
type Origin struct {
	Path chain.ScrapePath
	// Target are the labels of what Prometheus scrapes, after relabelings.
	Target map[string]string
	metric []*relabel.Config
	// Opaque means that the relabelings cannot be followed.
	Opaque bool
}

// Arrivals finds the ways by which series of pods reach Prometheus.
type Arrivals struct {
	workloads *chain.Workloads
	all       lookup.Lazy[[]Origin]
	recent    recentOrigins
}

// All lists the ways of all workloads.
func (ar *Arrivals) All() []Origin {
	return ar.all.Get(func() []Origin {
		var all []Origin
		for _, wl := range ar.workloads.All {
			all = append(all, originsOf(wl)...)
		}
		return all
	})
}

// recentOrigins are those of the workload that was asked for last: the checks go from metric to metric, and labels take
// memory.
type recentOrigins struct {
	of      *chain.Workload
	origins []Origin
}

// Of lists the ways by which the series of a workload reach Prometheus.
func (ar *Arrivals) Of(wl *chain.Workload) []Origin {
	if wl == nil {
		return nil
	}
	if ar.recent.of != wl {
		ar.recent = recentOrigins{wl, originsOf(wl)}
	}
	return ar.recent.origins
}

func originsOf(wl *chain.Workload) []Origin {
	paths := wl.Scrapes()
	out := make([]Origin, len(paths))
	for i, p := range paths {
		out[i] = originOf(p, wl)
	}
	return out
}

func originOf(p chain.ScrapePath, wl *chain.Workload) Origin {
	o := Origin{Path: p}
	relabelings, ok := p.Relabelings.Configs()
	metric, readable := p.MetricRelabelings.Configs()
	o.Opaque, o.metric = !ok || !readable, metric
	o.Target = chain.TargetLabels(p, wl, len(relabelings) > 0)
	if len(relabelings) > 0 {
		o.Target, _ = promexpr.Relabel(o.Target, relabelings)
	} else {
		maps.DeleteFunc(o.Target, func(k, v string) bool { return !promexpr.IsKept(k, v) })
	}
	return o
}

// Series returns the labels under which a series of the pods arrives; kept is false where the monitor drops it.
func (o Origin) Series(name string, own map[string]string) (set map[string]string, kept bool) {
	set = map[string]string{prommodel.MetricNameLabel: name}
	for k, v := range own {
		if _, taken := o.Target[k]; taken && !o.Path.HonorLabels {
			k = "exported_" + k
		}
		set[k] = v
	}
	for k, v := range o.Target {
		if _, taken := set[k]; !taken {
			set[k] = v
		}
	}
	return promexpr.Relabel(set, o.metric)
}

// Value is what a label has on a series that the pods give no such label; kept is false where the monitor drops it.
func (o Origin) Value(name, label string) (value string, kept bool) {
	switch {
	case len(o.metric) > 0:
		set, kept := o.Series(name, nil)
		return set[label], kept
	case label == prommodel.MetricNameLabel:
		return name, true
	}
	return o.Target[label], true
}

// Has reports whether a series of the pods has a label when it arrives. What the pods say themselves is not known here.
func (o Origin) Has(name, label string) Presence {
	value, kept := o.Value(name, label)
	_, before := DiscoveredLabels[label]
	switch {
	case o.Opaque:
		return Maybe
	case value != "" || !kept:
		return Present
	case before && (o.Path.Service != nil || label != "service") || strings.HasPrefix(label, "kubernetes_"):
		return Absent
	}
	return Maybe
}

// DiscoveredLabels are those that the operator puts on every target. Applications have them only in order to say
// something else.
var DiscoveredLabels = map[string]struct{}{"namespace": {}, "pod": {}, "service": {}, "instance": {}, "job": {}, "endpoint": {}}

// hasLabel reports whether a series has a label, whichever way it came.
func hasLabel(origins []Origin, series, label string) Presence {
	if len(origins) == 0 || FromExporter(series) {
		return Maybe
	}
	first := origins[0].Has(series, label)
	for _, o := range origins[1:] {
		if o.Has(series, label) != first {
			return Maybe
		}
	}
	return first
}
