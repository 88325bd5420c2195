package check

import (
	"slices"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// monitor is what the checks ask of a ServiceMonitor or a PodMonitor.
type monitor struct {
	item *krm.Item
	// selector is what it selects Services or pods by, namespaces what it selects from: any, or the names.
	selector   metav1.LabelSelector
	namespaces monitoringv1.NamespaceSelector
	endpoints  []endpoint
	// copied are the labels that it copies, nil for none.
	copied *copiedLabels
	// scrapeClass is "" for that of the Prometheus.
	scrapeClass string
	// services are those that a ServiceMonitor selects, pods the workloads that a PodMonitor selects.
	services []*service
	pods     []*workload
	wants    once[[]labels.Requirement]
	// number is its position among the monitors.
	number int
	// ofPods tells a PodMonitor from a ServiceMonitor.
	ofPods bool
	// hasSelector tells that a selector is written, be it an empty one.
	hasSelector bool
	// ownOnly tells that every Prometheus that reads it ignores its namespaceSelector (ignoreNamespaceSelectors).
	ownOnly bool
}

// copiedLabels name labels of Services and pods that a monitor gives to the series, and the one that becomes their job.
type copiedLabels struct {
	service, pod []string
	job          string
}

func (r *reader) addServiceMonitor(it *krm.Item, ps *model.Problems) {
	spec := specOf[monitoringv1.ServiceMonitorSpec](it, ps)
	m := &monitor{item: it, selector: spec.Selector, namespaces: spec.NamespaceSelector}
	m.copies(copiedLabels{spec.TargetLabels, spec.PodTargetLabels, spec.JobLabel})
	for i := range spec.Endpoints {
		m.endpoints = append(m.endpoints, m.serviceEndpoint(&spec.Endpoints[i]))
	}
	r.keepMonitor(m, spec.ScrapeClassName)
}

func (r *reader) addPodMonitor(it *krm.Item, ps *model.Problems) {
	spec := specOf[monitoringv1.PodMonitorSpec](it, ps)
	m := &monitor{item: it, ofPods: true, selector: spec.Selector, namespaces: spec.NamespaceSelector}
	m.copies(copiedLabels{pod: spec.PodTargetLabels, job: spec.JobLabel})
	for i := range spec.PodMetricsEndpoints {
		m.endpoints = append(m.endpoints, m.podEndpoint(&spec.PodMetricsEndpoints[i]))
	}
	r.keepMonitor(m, spec.ScrapeClassName)
}

func (r *reader) keepMonitor(m *monitor, scrapeClass *string) {
	if scrapeClass != nil {
		m.scrapeClass = *scrapeClass
	}
	m.hasSelector = len(m.selector.MatchLabels) > 0 || m.item.Has("spec", "selector")
	m.number = len(r.graph.monitors)
	r.graph.monitors = append(r.graph.monitors, m)
}

func (m *monitor) copies(l copiedLabels) {
	if len(l.service)+len(l.pod)+len(l.job) > 0 {
		m.copied = &l
	}
}

// selects tells whether a ServiceMonitor selects a Service by namespace and labels.
func (m *monitor) selects(svc *service) bool {
	return !m.ofPods && m.reaches(svc.item.Place.Object.Namespace) && matches(&m.selector, svc.item.Labels)
}

// selectsPods tells whether a PodMonitor selects the pods of wl by namespace and labels.
func (m *monitor) selectsPods(wl *workload) bool {
	return m.ofPods && m.reaches(wl.item.Place.Object.Namespace) && matchesPods(&m.selector, wl)
}

// matchesPods tells whether a selector matches pods of wl. A label that controllers add may have any value.
func matchesPods(s *metav1.LabelSelector, wl *workload) bool {
	lax := metav1.LabelSelector{MatchLabels: certainLabels(s.MatchLabels), MatchExpressions: s.MatchExpressions}
	added := func(r metav1.LabelSelectorRequirement) bool { return slices.Contains(podLabelsAdded, r.Key) }
	if slices.ContainsFunc(lax.MatchExpressions, added) {
		lax.MatchExpressions = slices.DeleteFunc(slices.Clone(lax.MatchExpressions), added)
	}
	return matches(&lax, wl.template.labels)
}

// reaches tells whether a monitor looks into a namespace, or may do so: by default only into its own
// (prometheus-operator, pkg/prometheus/promcfg.go, getNamespacesFromNamespaceSelector).
func (m *monitor) reaches(ns string) bool { return m.looksInto(ns) != apart }

func (m *monitor) looksInto(ns string) relation {
	sel := m.namespaces
	names := sel.MatchNames
	switch {
	case sel.Any && !m.ownOnly:
		return together
	case len(names) == 0, m.ownOnly:
		names = []string{m.item.Place.Object.Namespace}
	}
	found := apart
	for _, name := range names {
		found = max(found, relate(name, ns))
	}
	return found
}

// spaces are the namespaces, as objects state them, in which those may be that a monitor looks for; none stands for all.
func (m *monitor) spaces() []string {
	sel := m.namespaces
	switch {
	case m.ownOnly, !sel.Any && len(sel.MatchNames) == 0:
		return spacesOf(m.item.Place.Object.Namespace)
	case sel.Any, slices.Contains(sel.MatchNames, ""):
		return nil
	}
	return append(slices.Clone(sel.MatchNames), "")
}

// requirements are what m demands of labels.
func (m *monitor) requirements() []labels.Requirement {
	return m.wants.get(func() []labels.Requirement { return requirements(&m.selector) })
}
