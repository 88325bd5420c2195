package check

import (
	"cmp"
	"fmt"
	"slices"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	promodel "github.com/prometheus/common/model"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/krm-fn/krm-fn/pkg/krm"
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
		for _, m := range w.graph.monitors {
			checkRefused(m, ps)
			if r := w.graph.refusal(m); r != nil {
				severity := model.Warning
				if needed[m] && !r.unsure {
					severity = model.Error
				}
				ps.Add(model.Problem{ID: scrapeUnselectedID, Severity: severity, Place: r.at, Message: r.why})
			}
		}
	},
}

// refusal is why a Prometheus does not read a monitor, and the field to mend.
type refusal struct {
	at  model.Place
	why string
	// distance orders the refusals of several Prometheuses: the one of the nearest is told.
	distance int
	// unsure tells that the Prometheus may read the pods by a configuration of its own.
	unsure bool
}

// neededMonitors are those on which alone an HPA relies: no Prometheus here selects any of those that read its pods.
func neededMonitors(w *world) map[*monitor]bool {
	out := map[*monitor]bool{}
	for _, n := range w.demands.needs() {
		var monitors []*monitor
		lost := true
		for _, p := range n.workload.scrapes() {
			lost = lost && w.graph.refusal(p.monitor) != nil
			monitors = append(monitors, p.monitor)
		}
		for _, m := range monitors {
			out[m] = out[m] || lost
		}
	}
	return out
}

// refusal tells why no Prometheus among the items reads m. It is nil if one does or may do so, or none is among them.
func (g *graph) refusal(m *monitor) *refusal {
	var nearest *refusal
	for _, p := range g.prometheuses {
		r := g.refuses(p, m)
		if r == nil {
			return nil
		}
		if nearest == nil || r.distance < nearest.distance || r.distance == nearest.distance && r.why < nearest.why {
			nearest = r
		}
	}
	return nearest
}

// ownOnly tells whether every Prometheus that may read m looks for its pods in its own namespace only.
func ownOnly(g *graph, m *monitor) bool {
	ignore := false
	for _, p := range g.prometheuses {
		if g.refuses(p, m) == nil {
			if !p.spec.IgnoreNamespaceSelectors {
				return false
			}
			ignore = true
		}
	}
	return ignore
}

// refuses tells why p does not read m, as prometheus-operator decides it (pkg/prometheus/resource_selector.go). It is
// nil if p does or may do so.
func (g *graph) refuses(p *prometheus, m *monitor) *refusal {
	what, labelSel, nsSel := "podMonitor", p.spec.PodMonitorSelector, p.spec.PodMonitorNamespaceSelector
	if !m.ofPods {
		what, labelSel, nsSel = "serviceMonitor", p.spec.ServiceMonitorSelector, p.spec.ServiceMonitorNamespaceSelector
	}
	if p.unmanaged() {
		return &refusal{at: p.item.Place.Child("spec").Child(what + "Selector"), unsure: true, distance: 60, why: fmt.Sprintf(
			"is missing like all other selectors, so that the operator leaves the configuration to whoever writes it, and %s without effect; write {} to select everything", m.item.Place.Object)}
	}
	if !m.ofPods && p.spec.Mode == "DaemonSet" {
		return &refusal{at: p.item.Place.Child("spec").Child("mode"), distance: 100, why: "is DaemonSet, and such an agent reads PodMonitors alone"}
	}
	if labelSel == nil {
		return &refusal{at: p.item.Place.Child("spec").Child(what + "Selector"), distance: 50, why: fmt.Sprintf(
			"is missing and thus selects nothing, not even %s; write {} to select everything", m.item.Place.Object)}
	}
	if failed, _ := unmet(p.requirements(labelSel), m.item.Labels); len(failed) > 0 {
		return &refusal{at: m.item.Place.Child("metadata").Child("labels"), distance: len(failed), why: fmt.Sprintf(
			"%s selects %s, and here is %s; write the labels that it selects", p.item.Place.Object, wants(failed[0]), having(failed[0], m.item.Labels))}
	}
	if r := g.refusesNamespace(p, m, what, nsSel); r != nil {
		return r
	}
	return p.rejects(m)
}

// unmanaged tells whether the configuration of p is written by hand, since it selects nothing at all
// (prometheus-operator, pkg/prometheus/server/operator.go).
func (p *prometheus) unmanaged() bool {
	s := p.spec
	return p.item.Place.Object.Kind == "Prometheus" && s.ServiceMonitorSelector == nil && s.PodMonitorSelector == nil &&
		s.ProbeSelector == nil && s.ScrapeConfigSelector == nil
}

func (g *graph) refusesNamespace(p *prometheus, m *monitor, what string, sel *metav1.LabelSelector) *refusal {
	own, its := p.item.Place.Object.Namespace, m.item.Place.Object.Namespace
	if sel == nil && relate(own, its) != apart {
		return nil
	}
	at := p.item.Place.Child("spec").Child(what + "NamespaceSelector")
	if sel == nil {
		return &refusal{at: at, distance: 10, why: fmt.Sprintf("is missing and thus selects namespace %s alone, and %s is in %s; write {} to select all namespaces",
			model.NamespaceOf(own), m.item.Place.Object, model.NamespaceOf(its))}
	}
	set, listed := g.namespaces.labelsOf(its)
	failed, _ := unmet(p.requirements(sel), set)
	// What other labels a namespace has is known only if it is among the items, and so is the namespace of an object
	// that states none.
	failed = slices.DeleteFunc(failed, func(r labels.Requirement) bool { return !listed && r.Key() != corev1.LabelMetadataName })
	if len(failed) == 0 || its == "" {
		return nil
	}
	return &refusal{at: at, distance: 10 + len(failed), why: fmt.Sprintf("selects namespaces with %s, and %s is in %s, which has %s; select that one too",
		wants(failed[0]), m.item.Place.Object, its, having(failed[0], set))}
}

// rejects tells why the operator leaves out a monitor that p selects.
func (p *prometheus) rejects(m *monitor) *refusal {
	name := p.item.Place.Object
	class := m.scrapeClass
	if class != "" && !slices.ContainsFunc(p.spec.ScrapeClasses, func(c monitoringv1.ScrapeClass) bool { return c.Name == class }) {
		var known []string
		for _, c := range p.spec.ScrapeClasses {
			known = append(known, c.Name)
		}
		return &refusal{at: m.item.Place.Child("spec").Child("scrapeClass"), why: fmt.Sprintf(
			"%s has no scrape class %q and thus leaves the monitor out%s", name, class, krm.DidYouMean(class, known))}
	}
	for i := range m.endpoints {
		e := &m.endpoints[i]
		if e.files != "" && p.spec.ArbitraryFSAccessThroughSMs.Deny {
			return &refusal{at: e.at().Child(e.files), why: fmt.Sprintf(
				"reads files of the Prometheus pod, which arbitraryFSAccessThroughSMs of %s denies, so that it leaves the monitor out; use a Secret", name)}
		}
		if interval := cmp.Or(e.interval, p.spec.ScrapeInterval, defaultScrapeInterval); exceeds(e.timeout, interval) {
			return &refusal{at: e.at().Child("scrapeTimeout"), why: fmt.Sprintf(
				"is %s, more than the interval of %s, so that %s leaves the monitor out; write at most %s", e.timeout, interval, name, interval)}
		}
	}
	return nil
}

// defaultScrapeInterval is that of a Prometheus that states none.
const defaultScrapeInterval monitoringv1.Duration = "30s"

// exceeds tells whether a duration of Prometheus is longer than another one.
func exceeds(a, b monitoringv1.Duration) bool {
	x, errX := promodel.ParseDuration(string(a))
	y, errY := promodel.ParseDuration(string(b))
	return errX == nil && errY == nil && x > y
}
