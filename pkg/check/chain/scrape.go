package chain

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// ScrapePath is one way by which Prometheus reads the pods of a workload.
type ScrapePath struct {
	*Endpoint
	// Service is nil for a PodMonitor.
	Service *Service
	// ServicePort names the port of the Service, "" for none.
	ServicePort string
	// Container has the port. It is "" where no container declares the number that a Service points to, which works
	// all the same, but then Prometheus sets no label "container".
	Container string
	// PodPort is the number on the pod, PortName its name there; 0 and "" if unknown.
	PodPort  int32
	PortName string
}

// Scrapes lists the ways by which Prometheus reads the pods of wl, in the order of the monitors, Services, endpoints
// and ports. Whether a Prometheus selects the monitors is another matter.
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

// paths are the ways of m through the endpoints to the targets that it discovers.
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

// Target is an address of the pods of a workload that Prometheus discovers.
type Target struct {
	// service names the port of the Service that leads there; onService reports whether one does.
	service   string
	onService bool
	// Container declares the port by name if declared.
	Container, Name string
	Port            int32
	Protocol        corev1.Protocol
	Declared        bool
}

// ServiceTargets are what Prometheus discovers behind a Service: each of its ports that resolves, and the other ports of the
// containers (prometheus, discovery/kubernetes/endpointslice.go, buildEndpointSlice).
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

// ResolvePort finds where a port of a Service leads in a pod. A name has to be that of a container's port of the same
// protocol; a number works whether or not a container declares it (k8s.io/endpointslice/util, FindPort).
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

// PodTargets are the ports that the containers of wl declare, and one without a number for each container that
// declares none (prometheus, discovery/kubernetes/pod.go, buildPod). Of the init containers only those count that keep
// running.
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

// Route is one from a monitor to the pods of a workload, whatever ports it takes. The Service is nil for a PodMonitor.
type Route struct {
	Monitor *Monitor
	Service *Service
}

// Routes are all to the pods of wl, those through Services included that may have them as endpoints.
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
