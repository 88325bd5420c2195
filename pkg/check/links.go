package check

import (
	"slices"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// scrapePath is one way by which Prometheus reads the pods of a workload.
type scrapePath struct {
	monitor *monitor
	// service is nil for a PodMonitor.
	service *service
	// endpoint is its number in spec.endpoints or spec.podMetricsEndpoints, at its place.
	endpoint int
	at       model.Place
	// interval is "" where that of Prometheus applies.
	interval monitoringv1.Duration
	// path is "" for /metrics.
	path string
	// servicePort names the port of the Service, "" for none.
	servicePort string
	// container has the port. It is "" where no container declares the number that a Service points to, which works
	// all the same, but then Prometheus sets no label "container".
	container string
	// port is the number on the pod, portName its name there; 0 and "" if unknown.
	port                           int32
	portName                       string
	honorLabels                    bool
	relabelings, metricRelabelings []monitoringv1.RelabelConfig
}

// targetOf finds the workload that s scales, or nil. The version of the scaleTargetRef does not matter, since the
// controller looks up the served ones (Kubernetes, pkg/controller/podautoscaler/horizontal.go, RESTMappings).
func (w *world) targetOf(s *scaler) *workload {
	ref := s.spec.ScaleTargetRef
	return w.find(s.item, targetRef{ref.APIVersion, ref.Kind, ref.Name})
}

// scrapes lists the ways by which Prometheus reads the pods of wl, in the order of the monitors, Services, endpoints
// and ports. Whether a Prometheus selects the monitors is another matter.
func (w *world) scrapes(wl *workload) []scrapePath {
	var paths []scrapePath
	for _, m := range w.monitors {
		if m.pod != nil {
			paths = append(paths, m.podPaths(wl)...)
			continue
		}
		for _, svc := range w.services {
			if m.selects(svc) && svc.selectsPods(wl) {
				paths = append(paths, m.servicePaths(svc, wl)...)
			}
		}
	}
	return paths
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
	lax := s.DeepCopy()
	for _, k := range podLabelsAdded {
		delete(lax.MatchLabels, k)
	}
	lax.MatchExpressions = slices.DeleteFunc(lax.MatchExpressions, func(r metav1.LabelSelectorRequirement) bool {
		return slices.Contains(podLabelsAdded, r.Key)
	})
	return matches(lax, wl.template.Labels)
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
func (m *monitor) reaches(ns string) bool {
	sel := m.namespaces()
	switch {
	case sel.Any:
		return true
	case len(sel.MatchNames) == 0:
		return relate(m.item.Place.Object.Namespace, ns) != apart
	}
	return slices.ContainsFunc(sel.MatchNames, func(name string) bool { return relate(name, ns) != apart })
}

// servicePaths are the ways through a Service that m selects to pods that it selects.
func (m *monitor) servicePaths(svc *service, wl *workload) []scrapePath {
	var paths []scrapePath
	for i, e := range m.service.Endpoints {
		path := scrapePath{
			monitor: m, service: svc, endpoint: i, at: m.endpointPlace(i), interval: e.Interval, path: e.Path,
			honorLabels: e.HonorLabels, relabelings: e.RelabelConfigs, metricRelabelings: e.MetricRelabelConfigs,
		}
		for _, t := range targets(svc, wl) {
			if serves(e, t) {
				path.servicePort, path.container, path.port, path.portName = t.service, t.container, t.port, t.name
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// serves tells whether an endpoint of a ServiceMonitor reads t: by the name of the Service's port or else by the name
// or number of the container's, and everything if it states neither.
func serves(e monitoringv1.Endpoint, t target) bool {
	switch {
	case e.Port != "":
		return t.onService && matchesPort(e.Port, t.service)
	case e.TargetPort != nil:
		return isContainerPort(*e.TargetPort, t)
	}
	return true
}

func isContainerPort(p intstr.IntOrString, t target) bool {
	switch {
	case p.Type == intstr.String && p.StrVal != "":
		return t.declared && matchesPort(p.StrVal, t.name)
	case p.Type == intstr.Int && p.IntVal != 0:
		return t.declared && p.IntVal == t.port
	}
	return true
}

// podPaths are the ways of a PodMonitor to the pods of wl.
func (m *monitor) podPaths(wl *workload) []scrapePath {
	if !m.selectsPods(wl) {
		return nil
	}
	var paths []scrapePath
	for i, e := range m.pod.PodMetricsEndpoints {
		path := scrapePath{
			monitor: m, endpoint: i, at: m.endpointPlace(i), interval: e.Interval, path: e.Path,
			honorLabels: e.HonorLabels, relabelings: e.RelabelConfigs, metricRelabelings: e.MetricRelabelConfigs,
		}
		for _, t := range podTargets(wl) {
			if servesPod(e, t) {
				path.container, path.port, path.portName = t.container, t.port, t.name
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// servesPod tells whether an endpoint of a PodMonitor reads t.
func servesPod(e monitoringv1.PodMetricsEndpoint, t target) bool {
	switch {
	case e.Port != nil && *e.Port != "":
		return t.declared && matchesPort(*e.Port, t.name)
	case e.PortNumber != nil && *e.PortNumber != 0:
		return t.declared && *e.PortNumber == t.port
	case e.TargetPort != nil: //nolint:staticcheck // The field is deprecated, but the operator still reads it.
		return isContainerPort(*e.TargetPort, t) //nolint:staticcheck // As above.
	}
	return true
}

func (m *monitor) endpointPlace(i int) model.Place {
	list := "endpoints"
	if m.pod != nil {
		list = "podMetricsEndpoints"
	}
	return m.item.Place.Child("spec").Child(list).Item(i)
}

// target is an address of the pods of a workload that Prometheus discovers.
type target struct {
	// service names the port of the Service that leads there; onService tells whether one does.
	service   string
	onService bool
	// container declares the port by name if declared.
	container, name string
	port            int32
	protocol        corev1.Protocol
	declared        bool
}

// targets are what Prometheus discovers behind a Service: each of its ports that resolves, and the other ports of the
// containers (prometheus, discovery/kubernetes/endpointslice.go, buildEndpointSlice).
func targets(svc *service, wl *workload) []target {
	var out []target
	declared := podTargets(wl)
	for _, p := range svc.spec.Ports {
		if t, ok := resolve(p, declared); ok {
			t.service, t.onService = p.Name, true
			out = append(out, t)
		}
	}
	if len(out) == 0 {
		return nil
	}
	seen := len(out)
	for _, t := range declared {
		if t.declared && !slices.ContainsFunc(out[:seen], func(o target) bool { return o.port == t.port }) {
			out = append(out, t)
		}
	}
	return out
}

// resolve finds where a port of a Service leads in a pod. A name has to be that of a container's port of the same
// protocol; a number works whether or not a container declares it (k8s.io/endpointslice/util, FindPort).
func resolve(p corev1.ServicePort, declared []target) (target, bool) {
	number := p.TargetPort.IntVal
	if p.TargetPort.Type == intstr.Int && number == 0 {
		number = p.Port
	}
	for _, t := range declared {
		switch {
		case !t.declared:
		case p.TargetPort.Type == intstr.String && t.name == p.TargetPort.StrVal && t.protocol == protocol(p.Protocol):
			return t, true
		case p.TargetPort.Type == intstr.Int && t.port == number:
			return t, true
		}
	}
	return target{port: number}, p.TargetPort.Type == intstr.Int
}

// podTargets are the ports that the containers of wl declare, and one without a number for each container that
// declares none (prometheus, discovery/kubernetes/pod.go, buildPod). Of the init containers only those count that keep
// running.
func podTargets(wl *workload) []target {
	var out []target
	for _, c := range wl.running() {
		if len(c.Ports) == 0 {
			out = append(out, target{container: c.Name})
		}
		for _, p := range c.Ports {
			out = append(out, target{container: c.Name, name: p.Name, port: p.ContainerPort, protocol: protocol(p.Protocol), declared: true})
		}
	}
	return out
}

func protocol(p corev1.Protocol) corev1.Protocol {
	if p == "" {
		return corev1.ProtocolTCP
	}
	return p
}
