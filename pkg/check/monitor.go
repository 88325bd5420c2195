package check

import (
	"slices"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// monitor is a ServiceMonitor or a PodMonitor; the other field is nil.
type monitor struct {
	item    *krm.Item
	service *monitoringv1.ServiceMonitorSpec
	pod     *monitoringv1.PodMonitorSpec
	// ownOnly tells that every Prometheus that reads it ignores its namespaceSelector (ignoreNamespaceSelectors).
	ownOnly bool
	// services are those that a ServiceMonitor selects, pods the workloads that a PodMonitor selects.
	services []*service
	pods     []*workload
	// number is its position among the monitors.
	number int
	ends   once[[]endpoint]
	wants  once[[]labels.Requirement]
}

// selects tells whether a ServiceMonitor selects a Service by namespace and labels.
func (m *monitor) selects(svc *service) bool {
	return m.service != nil && m.reaches(svc.item.Place.Object.Namespace) && matches(&m.service.Selector, svc.item.Labels)
}

// selectsPods tells whether a PodMonitor selects the pods of wl by namespace and labels.
func (m *monitor) selectsPods(wl *workload) bool {
	return m.pod != nil && m.reaches(wl.item.Place.Object.Namespace) && matchesPods(&m.pod.Selector, wl)
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

// selector is what m selects Services or pods by.
func (m *monitor) selector() *metav1.LabelSelector {
	if m.pod != nil {
		return &m.pod.Selector
	}
	return &m.service.Selector
}

// namespaces is what a monitor selects from: any, or the names.
func (m *monitor) namespaces() monitoringv1.NamespaceSelector {
	if m.pod != nil {
		return m.pod.NamespaceSelector
	}
	return m.service.NamespaceSelector
}

// reaches tells whether a monitor looks into a namespace, or may do so: by default only into its own
// (prometheus-operator, pkg/prometheus/promcfg.go, getNamespacesFromNamespaceSelector).
func (m *monitor) reaches(ns string) bool { return m.looksInto(ns) != apart }

func (m *monitor) looksInto(ns string) relation {
	sel := m.namespaces()
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
	sel := m.namespaces()
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
	return m.wants.get(func() []labels.Requirement { return requirements(m.selector()) })
}

// endpoint is what both kinds of monitors have in their endpoints.
type endpoint struct {
	at                             model.Place
	interval, timeout              monitoringv1.Duration
	path                           string
	honorLabels                    bool
	relabelings, metricRelabelings []monitoringv1.RelabelConfig
	// portField is the field that says which targets are read, "" for all: servicePort by the name of the port of a
	// Service, or containerPort by the name or number of that of a container.
	portField     string
	servicePort   string
	containerPort intstr.IntOrString
	// files is the field that names files of the Prometheus pod, "" for none.
	files string
}

func (m *monitor) endpointsPlace() model.Place {
	if m.service != nil {
		return m.item.Place.Child("spec").Child("endpoints")
	}
	return m.item.Place.Child("spec").Child("podMetricsEndpoints")
}

// endpoints are those of m. Of several ports, that counts which prometheus-operator prefers
// (pkg/prometheus/promcfg.go, generateServiceMonitorConfig and generatePodMonitorConfig).
func (m *monitor) endpoints() []endpoint { return m.ends.get(m.findEndpoints) }

func (m *monitor) findEndpoints() []endpoint {
	var out []endpoint
	at := m.endpointsPlace()
	if m.service != nil {
		for i, e := range m.service.Endpoints {
			one := endpoint{
				at: at.Item(i), interval: e.Interval, timeout: e.ScrapeTimeout, path: e.Path, honorLabels: e.HonorLabels,
				relabelings: e.RelabelConfigs, metricRelabelings: e.MetricRelabelConfigs,
			}
			switch {
			case e.Port != "":
				one.portField, one.servicePort = "port", e.Port
			case e.TargetPort != nil && *e.TargetPort != intstr.IntOrString{} && *e.TargetPort != intstr.FromString(""):
				one.portField, one.containerPort = "targetPort", *e.TargetPort
			}
			switch t := e.TLSConfig; {
			case e.BearerTokenFile != "": //nolint:staticcheck // The field is deprecated, but the operator still reads it.
				one.files = "bearerTokenFile"
			case t != nil && t.CAFile+t.CertFile+t.KeyFile != "":
				one.files = "tlsConfig"
			}
			out = append(out, one)
		}
		return out
	}
	for i, e := range m.pod.PodMetricsEndpoints {
		one := endpoint{
			at: at.Item(i), interval: e.Interval, timeout: e.ScrapeTimeout, path: e.Path, honorLabels: e.HonorLabels,
			relabelings: e.RelabelConfigs, metricRelabelings: e.MetricRelabelConfigs,
		}
		old := e.TargetPort //nolint:staticcheck // The field is deprecated, but the operator still reads it.
		switch {
		case e.Port != nil && *e.Port != "":
			one.portField, one.containerPort = "port", intstr.FromString(*e.Port)
		case e.PortNumber != nil && *e.PortNumber != 0:
			one.portField, one.containerPort = "portNumber", intstr.FromInt32(*e.PortNumber)
		case old != nil && *old != intstr.IntOrString{} && *old != intstr.FromString(""):
			one.portField, one.containerPort = "targetPort", *old
		}
		out = append(out, one)
	}
	return out
}

// reads tells whether an endpoint reads t. The port that a container has is known to Prometheus only if it declares it.
func (e endpoint) reads(t target) bool {
	switch {
	case e.portField == "":
		return true
	case e.servicePort != "":
		return t.onService && matchesPort(e.servicePort, t.service)
	case e.containerPort.Type == intstr.String:
		return t.declared && matchesPort(e.containerPort.StrVal, t.name)
	}
	return t.declared && t.port == e.containerPort.IntVal
}
