package chain

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// ScrapePath is a way by which Prometheus scrapes the pods of a workload.
type ScrapePath struct {
	*Endpoint
	// Service is nil for a PodMonitor.
	Service *Service
	// ServicePort is the name of the Service port, or empty.
	ServicePort string
	// Container is the container that declares the port, or empty. A Service can target a port that no container declares, but
	// Prometheus then sets no label "container".
	Container string
	// PodPort and PortName are the container port, 0 and empty if unknown.
	PodPort  int32
	PortName string
}

// Scrapes returns the ways by which Prometheus scrapes the pods, in the order of the monitors, Services, endpoints, and ports.
// It does not tell whether a Prometheus selects the monitors.
func (wl *Workload) Scrapes() []ScrapePath {
	if wl.paths != nil {
		return wl.paths
	}
	paths := []ScrapePath{}
	for _, r := range wl.routes {
		if r.Service == nil {
			paths = append(paths, r.Monitor.paths(nil, PodTargets(wl))...)
		} else {
			paths = append(paths, r.Monitor.paths(r.Service, ServiceTargets(r.Service, wl))...)
		}
	}
	wl.paths = paths
	return paths
}

// paths returns the paths of a monitor to the targets that its endpoints select.
func (m *Monitor) paths(svc *Service, discovered []Target) []ScrapePath {
	var out []ScrapePath
	for i := range m.Endpoints {
		e := &m.Endpoints[i]
		for _, t := range discovered {
			if e.Reads(t) {
				out = append(out, ScrapePath{e, svc, t.service, t.Container, t.Port, t.Name})
			}
		}
	}
	return out
}

// Target is a port of a pod that Prometheus discovers.
type Target struct {
	// service is the name of the Service port, if onService is set.
	service   string
	onService bool
	// Container and Name are those of the container port, if Declared is set.
	Container, Name string
	Port            int32
	Protocol        corev1.Protocol
	Declared        bool
}

// ServiceTargets returns the targets that Prometheus discovers behind a Service: the ports of the Service that resolve, and
// the other ports of the containers (prometheus, discovery/kubernetes/endpointslice.go, buildEndpointSlice).
func ServiceTargets(svc *Service, wl *Workload) []Target {
	var out []Target
	declared := PodTargets(wl)
	for _, p := range svc.Ports {
		if t, ok := ResolvePort(p, declared); ok {
			t.service, t.onService = p.Name, true
			out = append(out, t)
		}
	}
	if len(out) == 0 {
		return nil
	}
	seen := len(out)
	for _, t := range declared {
		if t.Declared && !slices.ContainsFunc(out[:seen], func(o Target) bool { return o.Port == t.Port }) {
			out = append(out, t)
		}
	}
	return out
}

// ResolvePort returns the pod port that a Service port targets. A name must be that of a container port with the same
// protocol; a number need not be declared (k8s.io/endpointslice/util, FindPort).
func ResolvePort(p ServicePort, declared []Target) (Target, bool) {
	number := p.Target.IntVal
	if p.Target.Type == intstr.Int && number == 0 {
		number = p.Number
	}
	for _, t := range declared {
		switch {
		case !t.Declared:
		case p.Target.Type == intstr.String && t.Name == p.Target.StrVal && t.Protocol == p.Protocol:
			return t, true
		case p.Target.Type == intstr.Int && t.Port == number:
			return t, true
		}
	}
	return Target{Port: number}, p.Target.Type == intstr.Int
}

// PodTargets returns the ports that the containers of a workload declare, and a target without a port for each container that
// declares none (prometheus, discovery/kubernetes/pod.go, buildPod).
func PodTargets(wl *Workload) []Target {
	var out []Target
	for _, c := range wl.Template.Running {
		if len(c.ports) == 0 {
			out = append(out, Target{Container: c.Name})
		}
		for _, p := range c.ports {
			out = append(out, Target{Container: c.Name, Name: p.name, Port: p.number, Protocol: p.protocol, Declared: true})
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

// Route leads from a monitor to the pods of a workload, by any port. The Service is nil for a PodMonitor.
type Route struct {
	Monitor *Monitor
	Service *Service
}

// Routes returns the routes to the pods of a workload, including those through Services without a selector.
func (g *Graph) Routes(wl *Workload) []Route {
	manual := g.manual.PossiblyIn(wl.Item.Place.Object.Namespace)
	if len(manual) == 0 {
		return wl.routes
	}
	out := slices.Concat(wl.routes, manual)
	slices.SortStableFunc(out, func(a, b Route) int {
		c := cmp.Compare(a.Monitor.number, b.Monitor.number)
		if c == 0 && a.Service != nil && b.Service != nil {
			c = cmp.Compare(a.Service.number, b.Service.number)
		}
		return c
	})
	return out
}
