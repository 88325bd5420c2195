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

// Presence tells whether a series has a label.
type Presence int

const (
	// Maybe means that this is unknown.
	Maybe Presence = iota
	// Present means that it surely has the label.
	Present
	// Absent means that it surely lacks the label.
	Absent
)

// Origin is a way by which series of pods reach Prometheus, with its effect on labels.
type Origin struct {
	Path chain.ScrapePath
	// Target has the labels of the scrape target, after relabeling.
	Target map[string]string
	metric []*relabel.Config
	// Opaque means that Prometheus would reject the relabelings.
	Opaque bool
}

// Arrivals finds the ways by which series of pods reach Prometheus. It keeps only those of all workloads and of the last one,
// because labels take much memory, and the checks go from metric to metric.
type Arrivals struct {
	workloads *chain.Workloads
	all       lookup.Lazy[[]Origin]
	last      *chain.Workload
	origins   []Origin
}

// All returns the ways for all workloads.
func (ar *Arrivals) All() []Origin {
	return ar.all.Get(func() []Origin {
		var all []Origin
		for _, wl := range ar.workloads.All {
			all = append(all, originsOf(wl)...)
		}
		return all
	})
}

// Of returns the ways for a workload, which may be nil.
func (ar *Arrivals) Of(wl *chain.Workload) []Origin {
	if wl == nil {
		return nil
	}
	if ar.last != wl {
		ar.last, ar.origins = wl, originsOf(wl)
	}
	return ar.origins
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

// Series returns the labels with which a series of the pods arrives. kept is false if the monitor drops it.
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

// Value returns the label of a series to which the pods add no labels. kept is false if the monitor drops it.
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

// Has reports whether a series of the pods arrives with a label, which the pods themselves may add.
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

// DiscoveredLabels are the labels that the operator adds to every target.
var DiscoveredLabels = map[string]struct{}{"namespace": {}, "pod": {}, "service": {}, "instance": {}, "job": {}, "endpoint": {}}

// hasLabel reports whether a series arrives with a label by all origins.
func (d *Demand) hasLabel(origins []Origin, series, label string) Presence {
	if len(origins) == 0 || d.FromExporter(series) {
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
