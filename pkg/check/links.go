package check

import (
	"slices"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
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

// joins are which objects select which. They are many times fewer than the pairs that have to be looked at.
type joins struct {
	// services are those that a ServiceMonitor selects, pods the workloads that a PodMonitor selects.
	services map[*monitor][]*service
	pods     map[*monitor][]*workload
	// behind are the workloads whose pods a Service selects, before the Services that select those of a workload.
	behind map[*service][]*workload
	before map[*workload][]*service
}

// join finds what selects what.
func (w *world) join() joins {
	j := joins{map[*monitor][]*service{}, map[*monitor][]*workload{}, map[*service][]*workload{}, map[*workload][]*service{}}
	for _, m := range w.monitors {
		for _, svc := range w.services {
			if m.selects(svc) {
				j.services[m] = append(j.services[m], svc)
			}
		}
		for _, wl := range w.workloads {
			if m.selectsPods(wl) {
				j.pods[m] = append(j.pods[m], wl)
			}
		}
	}
	for _, svc := range w.services {
		for _, wl := range w.workloads {
			if svc.selectsPods(wl) {
				j.behind[svc], j.before[wl] = append(j.behind[svc], wl), append(j.before[wl], svc)
			}
		}
	}
	return j
}

// scrapes lists the ways by which Prometheus reads the pods of wl, in the order of the monitors, Services, endpoints
// and ports. Whether a Prometheus selects the monitors is another matter.
func (w *world) scrapes(wl *workload) []scrapePath {
	return remember(w.memo.scrapes, wl, w.findScrapes)
}

func (w *world) findScrapes(wl *workload) []scrapePath {
	var paths []scrapePath
	for _, m := range w.monitors {
		if slices.Contains(w.memo.joins.pods[m], wl) {
			paths = append(paths, m.paths(nil, podTargets(wl))...)
		}
		for _, svc := range w.memo.joins.services[m] {
			if slices.Contains(w.memo.joins.behind[svc], wl) {
				paths = append(paths, m.paths(svc, targets(svc, wl))...)
			}
		}
	}
	return paths
}

// paths are the ways of m through the endpoints to the targets that it discovers.
func (m *monitor) paths(svc *service, discovered []target) []scrapePath {
	var out []scrapePath
	for i, e := range m.endpoints() {
		for _, t := range discovered {
			if !e.reads(t) {
				continue
			}
			out = append(out, scrapePath{
				monitor: m, service: svc, endpoint: i, at: e.at, interval: e.interval, path: e.path,
				servicePort: t.service, container: t.container, port: t.port, portName: t.name,
				honorLabels: e.honorLabels, relabelings: e.relabelings, metricRelabelings: e.metricRelabelings,
			})
		}
	}
	return out
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
			out = append(out, target{
				container: c.Name, name: p.Name, port: p.ContainerPort, protocol: protocol(p.Protocol), declared: true,
			})
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
