package check

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	kmodel "github.com/krm-fn/krm-fn/pkg/model"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/relabel"
)

// presence says whether a series has a label.
type presence int

const (
	maybe presence = iota
	present
	absent
)

// somePod stands for the name of a pod, which nobody knows before it runs.
const somePod = "a-pod"

// origin is a way by which series of pods reach Prometheus, with what it does to their labels.
type origin struct {
	path scrapePath
	// target are the labels of what Prometheus scrapes, after relabelings.
	target map[string]string
	metric []*relabel.Config
	// opaque tells that the relabelings cannot be followed.
	opaque bool
}

// arrivals finds the ways by which series of pods reach Prometheus.
type arrivals struct {
	workloads *workloadSet
	all       once[[]origin]
	recent    recentOrigins
}

// allOrigins lists the ways of all workloads.
func (ar *arrivals) ofAll() []origin {
	return ar.all.get(func() []origin {
		var all []origin
		for _, wl := range ar.workloads.all {
			all = append(all, originsOf(wl)...)
		}
		return all
	})
}

// recentOrigins are those of the workload that was asked for last: the checks go from metric to metric, and labels take
// memory.
type recentOrigins struct {
	of      *workload
	origins []origin
}

// origins lists the ways by which the series of a workload reach Prometheus.
func (ar *arrivals) of(wl *workload) []origin {
	if wl == nil {
		return nil
	}
	if ar.recent.of != wl {
		ar.recent = recentOrigins{wl, originsOf(wl)}
	}
	return ar.recent.origins
}

func originsOf(wl *workload) []origin {
	paths := wl.scrapes()
	out := make([]origin, len(paths))
	for i, p := range paths {
		out[i] = originOf(p, wl)
	}
	return out
}

func originOf(p scrapePath, wl *workload) origin {
	o := origin{path: p}
	relabelings, ok := p.relabelings.configs()
	metric, readable := p.metricRelabelings.configs()
	o.opaque, o.metric = !ok || !readable, metric
	o.target = discovered(p, wl, len(relabelings) > 0)
	if len(relabelings) > 0 {
		o.target, _ = process(o.target, relabelings)
	} else {
		maps.DeleteFunc(o.target, func(k, v string) bool { return !isKept(k, v) })
	}
	return o
}

// discovered are the labels with which Prometheus finds a target and those that the operator makes of them
// (prometheus-operator, pkg/prometheus/promcfg.go, generateServiceMonitorConfig and generatePodMonitorConfig). Those that
// are gone after relabeling are left out unless they are asked for by meta.
func discovered(p scrapePath, wl *workload, meta bool) map[string]string {
	set := make(map[string]string, 8)
	if meta {
		addMeta(set, p, wl)
	}
	set["pod"], set["container"], set["endpoint"], set["instance"] = somePod, p.container, p.portName, "10.0.0.1:80"
	ns := wl.item.Place.Object.Namespace
	var copied copiedLabels
	if p.monitor.copied != nil {
		copied = *p.monitor.copied
	}
	jobLabel := wl.template.labels[copied.job]
	if s := p.service; s != nil {
		ns = cmp.Or(s.item.Place.Object.Namespace, ns)
		set["service"], set["job"] = s.item.Place.Object.Name, s.item.Place.Object.Name
		if p.servicePort != "" {
			set["endpoint"] = p.servicePort
		}
		copyLabels(set, copied.service, s.item.Labels)
		jobLabel = s.item.Labels[copied.job]
	} else {
		o := p.monitor.item.Place.Object
		set["job"] = kmodel.NamespaceOf(o.Namespace) + "/" + o.Name
	}
	copyLabels(set, copied.pod, wl.template.labels)
	set["namespace"] = kmodel.NamespaceOf(ns)
	if meta {
		set["__meta_kubernetes_namespace"] = set["namespace"]
	}
	if jobLabel != "" {
		set["job"] = jobLabel
	}
	return set
}

// addMeta adds the labels by which relabelings know a target.
func addMeta(set map[string]string, p scrapePath, wl *workload) {
	maps.Copy(set, map[string]string{
		"__address__": "10.0.0.1:80", "__meta_kubernetes_pod_name": somePod, "__meta_kubernetes_pod_node_name": "a-node",
		"__meta_kubernetes_pod_ip": "10.0.0.1", "__meta_kubernetes_pod_container_name": p.container,
		"__meta_kubernetes_pod_container_port_name": p.portName, "__meta_kubernetes_pod_uid": "uid",
		"__meta_kubernetes_pod_phase": "Running", "__meta_kubernetes_pod_ready": "true",
		"__meta_kubernetes_pod_controller_kind": "ReplicaSet", "__meta_kubernetes_pod_controller_name": wl.item.Place.Object.Name,
	})
	metaLabels(set, "__meta_kubernetes_pod_label", wl.template.labels)
	metaLabels(set, "__meta_kubernetes_pod_annotation", wl.template.annotations)
	if s := p.service; s != nil {
		set["__meta_kubernetes_service_name"], set["__meta_kubernetes_endpoints_name"] = s.item.Place.Object.Name, s.item.Place.Object.Name
		set["__meta_kubernetes_endpoint_port_name"], set["__meta_kubernetes_endpointslice_port_name"] = p.servicePort, p.servicePort
		metaLabels(set, "__meta_kubernetes_service_label", s.item.Labels)
		metaLabels(set, "__meta_kubernetes_service_annotation", s.item.Annotations)
	}
}

func metaLabels(set map[string]string, prefix string, from map[string]string) {
	for k, v := range from {
		set[prefix+"_"+sanitize(k)] = v
		set[prefix+"present_"+sanitize(k)] = "true"
	}
}

func copyLabels(set map[string]string, names []string, from map[string]string) {
	for _, name := range names {
		if v := from[name]; v != "" {
			set[sanitize(name)] = v
		}
	}
}

// sanitize is what Prometheus makes of the name of a Kubernetes label (util/strutil, SanitizeLabelName).
func sanitize(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
}

var relabelActions = []relabel.Action{
	relabel.Replace, relabel.Keep, relabel.Drop, relabel.KeepEqual, relabel.DropEqual, relabel.HashMod, relabel.LabelMap,
	relabel.LabelDrop, relabel.LabelKeep, relabel.Lowercase, relabel.Uppercase,
}

// configs turns relabelings of a monitor into those of Prometheus; ok is false where Prometheus would refuse one.
func configs(list []monitoringv1.RelabelConfig) (out []*relabel.Config, ok bool) {
	for _, c := range list {
		cfg := relabel.DefaultRelabelConfig
		for _, l := range c.SourceLabels {
			cfg.SourceLabels = append(cfg.SourceLabels, model.LabelName(l))
		}
		if c.Separator != nil {
			cfg.Separator = *c.Separator
		}
		if c.Replacement != nil {
			cfg.Replacement = *c.Replacement
		}
		if c.Action != "" {
			cfg.Action = relabel.Action(strings.ToLower(c.Action))
		}
		if c.Regex != "" {
			re, err := relabel.NewRegexp(c.Regex)
			if err != nil {
				return nil, false
			}
			cfg.Regex = re
		}
		cfg.Modulus, cfg.TargetLabel = uint64(max(c.Modulus, 0)), c.TargetLabel
		if !slices.Contains(relabelActions, cfg.Action) || cfg.Validate(model.UTF8Validation) != nil {
			return nil, false
		}
		out = append(out, &cfg)
	}
	return out, true
}

// process applies relabelings and drops the labels that Prometheus does not keep; kept is false where they drop the
// whole set.
func process(set map[string]string, cfgs []*relabel.Config) (out map[string]string, kept bool) {
	b := labels.NewBuilder(labels.FromMap(set))
	kept = relabel.ProcessBuilder(b, cfgs...)
	out = map[string]string{}
	b.Labels().Range(func(l labels.Label) {
		if isKept(l.Name, l.Value) {
			out[l.Name] = l.Value
		}
	})
	return out, kept
}

// isKept tells whether Prometheus keeps a label after relabeling.
func isKept(name, value string) bool {
	return value != "" && (name == model.MetricNameLabel || !strings.HasPrefix(name, "__"))
}

// series gives the labels under which a series of the pods arrives; kept is false where the monitor drops it.
func (o origin) series(name string, own map[string]string) (set map[string]string, kept bool) {
	set = map[string]string{model.MetricNameLabel: name}
	for k, v := range own {
		if _, taken := o.target[k]; taken && !o.path.honorLabels {
			k = "exported_" + k
		}
		set[k] = v
	}
	for k, v := range o.target {
		if _, taken := set[k]; !taken {
			set[k] = v
		}
	}
	return process(set, o.metric)
}

// value is what a label has on a series that the pods give no such label; kept is false where the monitor drops it.
func (o origin) value(name, label string) (value string, kept bool) {
	switch {
	case len(o.metric) > 0:
		set, kept := o.series(name, nil)
		return set[label], kept
	case label == model.MetricNameLabel:
		return name, true
	}
	return o.target[label], true
}

// has tells whether a series of the pods has a label when it arrives. What the pods say themselves is not known here.
func (o origin) has(name, label string) presence {
	value, kept := o.value(name, label)
	_, before := discoveredLabels[label]
	switch {
	case o.opaque:
		return maybe
	case value != "" || !kept:
		return present
	case before && (o.path.service != nil || label != "service") || strings.HasPrefix(label, "kubernetes_"):
		return absent
	}
	return maybe
}

// discoveredLabels are those that the operator puts on every target. Applications have them only in order to say
// something else.
var discoveredLabels = map[string]struct{}{"namespace": {}, "pod": {}, "service": {}, "instance": {}, "job": {}, "endpoint": {}}

// has tells whether a series has a label, whichever way it came.
func has(origins []origin, series, label string) presence {
	if len(origins) == 0 || fromElsewhere(series) {
		return maybe
	}
	first := origins[0].has(series, label)
	for _, o := range origins[1:] {
		if o.has(series, label) != first {
			return maybe
		}
	}
	return first
}
