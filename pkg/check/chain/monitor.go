package chain

import (
	"slices"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Monitor is a ServiceMonitor or a PodMonitor. It has many fields because it replaces the objects, which take many times the
// memory, and because both kinds share it, so that no check depends on the kind.
type Monitor struct {
	Item *krm.Item
	// Selector selects Services or pods, in Namespaces.
	Selector   metav1.LabelSelector
	Namespaces monitoringv1.NamespaceSelector
	Endpoints  []Endpoint
	copied     copiedLabels
	// scrapeClass is empty for the default of the Prometheus.
	scrapeClass string
	// Services are those that a ServiceMonitor selects, Pods the workloads that a PodMonitor selects.
	Services     []*Service
	Pods         []*Workload
	requirements lookup.Lazy[[]labels.Requirement]
	// number is the position among the monitors.
	number int
	// OfPods means that it is a PodMonitor.
	OfPods bool
	// HasSelector means that the manifest has a selector, which may be empty.
	HasSelector bool
	// OwnOnly means that every Prometheus that selects it ignores its namespaceSelector (ignoreNamespaceSelectors).
	OwnOnly bool
}

// copiedLabels are the labels of Services and pods that a monitor copies to series, and the label that becomes the job.
type copiedLabels struct {
	service, pod []string
	job          string
}

func (r *reader) addServiceMonitor(it *krm.Item, ps *model.Problems) {
	spec := specOf[monitoringv1.ServiceMonitorSpec](it, ps)
	m := &Monitor{
		Item: it, Selector: spec.Selector, Namespaces: spec.NamespaceSelector,
		copied: copiedLabels{spec.TargetLabels, spec.PodTargetLabels, spec.JobLabel},
	}
	for i := range spec.Endpoints {
		m.Endpoints = append(m.Endpoints, m.serviceEndpoint(&spec.Endpoints[i]))
	}
	r.keepMonitor(m, spec.ScrapeClassName)
}

func (r *reader) addPodMonitor(it *krm.Item, ps *model.Problems) {
	spec := specOf[monitoringv1.PodMonitorSpec](it, ps)
	m := &Monitor{
		Item: it, OfPods: true, Selector: spec.Selector, Namespaces: spec.NamespaceSelector,
		copied: copiedLabels{pod: spec.PodTargetLabels, job: spec.JobLabel},
	}
	for i := range spec.PodMetricsEndpoints {
		m.Endpoints = append(m.Endpoints, m.podEndpoint(&spec.PodMetricsEndpoints[i]))
	}
	r.keepMonitor(m, spec.ScrapeClassName)
}

func (r *reader) keepMonitor(m *Monitor, scrapeClass *string) {
	if scrapeClass != nil {
		m.scrapeClass = *scrapeClass
	}
	m.HasSelector = len(m.Selector.MatchLabels) > 0 || m.Item.Has("spec", "selector")
	m.number = len(r.graph.Monitors)
	r.graph.Monitors = append(r.graph.Monitors, m)
}

// selects reports whether a ServiceMonitor selects a Service.
func (m *Monitor) selects(svc *Service) bool {
	return !m.OfPods && m.Reaches(svc.Item.Place.Object.Namespace) && lookup.Matches(&m.Selector, svc.Item.Labels)
}

// selectsPods reports whether a PodMonitor selects the pods of a workload.
func (m *Monitor) selectsPods(wl *Workload) bool {
	return m.OfPods && m.Reaches(wl.Item.Place.Object.Namespace) && matchesPods(&m.Selector, wl)
}

// Reaches reports whether a monitor selects, or may select, objects in a namespace.
func (m *Monitor) Reaches(ns string) bool { return m.LooksInto(ns) != lookup.Different }

// LooksInto returns whether a monitor selects objects in a namespace. The default is its own namespace (prometheus-operator,
// pkg/prometheus/promcfg.go, getNamespacesFromNamespaceSelector).
func (m *Monitor) LooksInto(ns string) lookup.Relation {
	sel := m.Namespaces
	names := sel.MatchNames
	switch {
	case sel.Any && !m.OwnOnly:
		return lookup.Same
	case len(names) == 0, m.OwnOnly:
		names = []string{m.Item.Place.Object.Namespace}
	}
	found := lookup.Different
	for _, name := range names {
		found = max(found, lookup.CompareNamespaces(name, ns))
	}
	return found
}

// spaces returns the namespaces of manifests that the monitor may select, for lookup.Index.Find.
func (m *Monitor) spaces() []string {
	sel := m.Namespaces
	switch {
	case m.OwnOnly, !sel.Any && len(sel.MatchNames) == 0:
		return lookup.NamespacesFor(m.Item.Place.Object.Namespace)
	case sel.Any, slices.Contains(sel.MatchNames, ""):
		return nil
	}
	return append(slices.Clone(sel.MatchNames), "")
}

// Requirements returns the requirements of the selector.
func (m *Monitor) Requirements() []labels.Requirement {
	return m.requirements.Get(func() []labels.Requirement { return lookup.Requirements(&m.Selector) })
}
