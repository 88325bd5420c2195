package check

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/krm-fn/krm-fn/pkg/krm"
)

// scrapePath is one way by which Prometheus reads the pods of a workload.
type scrapePath struct {
	*endpoint
	// service is nil for a PodMonitor.
	service *service
	// servicePort names the port of the Service, "" for none.
	servicePort string
	// container has the port. It is "" where no container declares the number that a Service points to, which works
	// all the same, but then Prometheus sets no label "container".
	container string
	// podPort is the number on the pod, portName its name there; 0 and "" if unknown.
	podPort  int32
	portName string
}

// join finds what selects what. Which objects select which are many times fewer than the pairs of them, so that an index
// says which pairs to look at.
func join(g *graph) {
	ofServices, ofPods := keysThatCount(g)
	services, workloads := g.services.all, g.workloads.all
	named := func(it *krm.Item) (namespace, name string) { return it.Place.Object.Namespace, it.Place.Object.Name }
	g.services.labels = newLabelIndex(len(services), func(at int) (namespace, name string) { return named(services[at].item) },
		func(at int) map[string]string { return services[at].item.Labels }, ofServices)
	g.workloads.labels = newLabelIndex(len(workloads), func(at int) (namespace, name string) { return named(workloads[at].item) },
		func(at int) map[string]string { return workloads[at].template.labels }, ofPods)
	for _, svc := range g.services.all {
		joinService(g, svc)
	}
	for _, m := range g.monitors {
		joinMonitor(g, m)
	}
}

// keysThatCount are the keys of labels that selectors ask Services for, and pods.
func keysThatCount(g *graph) (services, pods map[string]bool) {
	services, pods = map[string]bool{}, map[string]bool{}
	count := func(keys map[string]bool, set map[string]string) {
		for k := range set {
			keys[k] = true
		}
	}
	for _, m := range g.monitors {
		if m.ofPods {
			count(pods, required(&m.selector))
		} else {
			count(services, required(&m.selector))
		}
	}
	for _, svc := range g.services.all {
		count(pods, svc.selector)
	}
	for _, wl := range g.workloads.all {
		count(pods, required(wl.selector))
	}
	return services, pods
}

func joinService(g *graph, svc *service) {
	if !svc.hasSelector() {
		return
	}
	for _, i := range g.workloads.labels.find(certainLabels(svc.selector), spacesOf(svc.item.Place.Object.Namespace)) {
		if wl := g.workloads.all[i]; svc.selectsPods(wl) {
			svc.behind, wl.before = append(svc.behind, wl), append(wl.before, svc)
		}
	}
}

func joinMonitor(g *graph, m *monitor) {
	if m.ofPods {
		for _, i := range g.workloads.labels.find(certainLabels(required(&m.selector)), m.spaces()) {
			if wl := g.workloads.all[i]; m.selectsPods(wl) {
				m.pods, wl.routes = append(m.pods, wl), append(wl.routes, route{m, nil})
			}
		}
		return
	}
	for _, i := range g.services.labels.find(required(&m.selector), m.spaces()) {
		svc := g.services.all[i]
		if !m.selects(svc) {
			continue
		}
		m.services, svc.monitored = append(m.services, svc), true
		if !svc.hasSelector() {
			g.manual.add(svc.item.Place.Object.Namespace, route{m, svc})
		}
		for _, wl := range svc.behind {
			wl.routes = append(wl.routes, route{m, svc})
		}
	}
}

// scrapes lists the ways by which Prometheus reads the pods of wl, in the order of the monitors, Services, endpoints
// and ports. Whether a Prometheus selects the monitors is another matter.
func (wl *workload) scrapes() []scrapePath {
	if wl.paths != nil {
		return wl.paths
	}
	paths := []scrapePath{}
	for _, r := range wl.routes {
		if r.service == nil {
			paths = append(paths, r.monitor.paths(nil, podTargets(wl))...)
		} else {
			paths = append(paths, r.monitor.paths(r.service, targets(r.service, wl))...)
		}
	}
	wl.paths = paths
	return paths
}

// paths are the ways of m through the endpoints to the targets that it discovers.
func (m *monitor) paths(svc *service, discovered []target) []scrapePath {
	var out []scrapePath
	for i := range m.endpoints {
		e := &m.endpoints[i]
		for _, t := range discovered {
			if e.reads(t) {
				out = append(out, scrapePath{e, svc, t.service, t.container, t.port, t.name})
			}
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
	for _, p := range svc.ports {
		if t, ok := resolve(p, declared); ok {
			t.service, t.onService = p.name, true
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
func resolve(p servicePort, declared []target) (target, bool) {
	number := p.target.IntVal
	if p.target.Type == intstr.Int && number == 0 {
		number = p.number
	}
	for _, t := range declared {
		switch {
		case !t.declared:
		case p.target.Type == intstr.String && t.name == p.target.StrVal && t.protocol == p.protocol:
			return t, true
		case p.target.Type == intstr.Int && t.port == number:
			return t, true
		}
	}
	return target{port: number}, p.target.Type == intstr.Int
}

// podTargets are the ports that the containers of wl declare, and one without a number for each container that
// declares none (prometheus, discovery/kubernetes/pod.go, buildPod). Of the init containers only those count that keep
// running.
func podTargets(wl *workload) []target {
	var out []target
	for _, c := range wl.template.running {
		if len(c.ports) == 0 {
			out = append(out, target{container: c.name})
		}
		for _, p := range c.ports {
			out = append(out, target{container: c.name, name: p.name, port: p.number, protocol: p.protocol, declared: true})
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
