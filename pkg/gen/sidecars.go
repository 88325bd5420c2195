package gen

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/swagger"
)

// resolve finds the backends that the documents name.
func (g *gatewayBuilder) resolve() {
	urls, sidecars := map[string]bool{}, map[string]backend{}
	for _, d := range g.docs {
		for _, server := range d.Servers {
			urls[server] = true
		}
		for _, ep := range d.Endpoints {
			if ep.URL != "" {
				urls[ep.URL] = true
				continue
			}
			e := g.find(ep)
			if e == nil {
				continue
			}
			g.targets[ep.Target] = e
			e.use(g.mode, g.in.object())
			urls[url(e.backend, g.mode)] = true
			if g.mode == model.Sidecar {
				b := e.backend
				b.metrics = b.buildMetrics(g.items, e.input.item, g.observed || g.scaling.PodsMetrics(), g.ps)
				sidecars[b.ref.String()] = b
			}
		}
	}
	g.urls = slices.Sorted(maps.Keys(urls))
	g.sidecars = slices.SortedFunc(maps.Values(sidecars), func(a, b backend) int {
		return strings.Compare(a.container+"\x00"+a.ref.String(), b.container+"\x00"+b.ref.String())
	})
	g.checkSidecars()
	containers := []string{g.kind.container}
	for _, b := range g.sidecars {
		containers = append(containers, b.container)
	}
	checkContainers(g.scaling, containers, g.in.place, g.ps)
}

// checkContainers reports metrics of containers that the pods of a workload do not have.
func checkContainers(s *hpa.Scaling, containers []string, at model.Place, ps *model.Problems) {
	for _, m := range s.Metrics {
		if m.ContainerResource == nil || slices.Contains(containers, m.ContainerResource.Container) {
			continue
		}
		ps.Valuef(model.HPAMetric, at, m.ContainerResource.Container,
			"would scale on container %q, which its pods do not have; available: %s; give it its own hpa-configs (%s)",
			m.ContainerResource.Container, strings.Join(containers, ", "), hpaConfigsAnnotation)
	}
}

// find returns the TargetEndpoint that a document names, nil if it does not exist or is invalid.
func (g *gatewayBuilder) find(ep swagger.Endpoint) *endpoint {
	from, qualified := g.in.referrer(), ep.Target.Namespace != ""
	if qualified {
		from.namespaces = []string{ep.Target.Namespace}
	}
	it := g.items.find("TargetEndpoint", ep.Target.Name, from, ep.Place, g.ps)
	if it == nil {
		g.items.missing(reference{"TargetEndpoint", ep.Target.Name, from.namespaces[0], qualified, true}, ep.Place, g.ps)
		return nil
	}
	return g.endpoints[it.Ref().String()]
}

// url returns the URL at which the gateway reaches a backend.
func url(b backend, mode model.Mode) string {
	var p port
	if len(b.ports) > 0 {
		p = b.ports[0]
	}
	host, number := b.ref.Name, p.port
	if b.ref.Namespace != "" {
		host += "." + b.ref.Namespace
	}
	if mode == model.Sidecar {
		host, number = "localhost", p.target
	}
	return fmt.Sprintf("%s://%s:%d", b.protocol, host, number)
}

// checkSidecars reports sidecars that cannot share a pod.
func (g *gatewayBuilder) checkSidecars() {
	const gatewayName = "the gateway"
	containers, ports := map[string]string{g.kind.container: gatewayName}, map[int32]string{}
	for _, p := range g.ports {
		ports[p.target] = gatewayName
	}
	if g.observed {
		ports[g.kind.metrics.target] = gatewayName
	}
	for _, b := range g.sidecars {
		at, self := b.place.Child("spec"), b.place.Object.String()
		if b.image == "" {
			g.ps.Errorf(model.BackendImage, at.Child("deploy").Child("dockerImage"),
				"is missing; %s runs this backend as a sidecar", g.place.Object)
		}
		if other := containers[b.container]; other != "" {
			g.ps.Valuef(model.InputName, at.Child("deploy").Child("name"), b.container,
				"container %q shares a pod with %s, which has the same name; rename it", b.container, other)
		}
		containers[b.container] = self
		for i, p := range b.allPorts() {
			place := at.Child("ports").Item(i).Child("targetPort")
			if i >= len(b.ports) {
				place = b.place.Child("metadata").Child("annotations").Child(metricsPortAnnotation)
			}
			if other := ports[p.target]; other != "" && other != self {
				g.ps.Valuef(model.BackendPort, place, strconv.Itoa(int(p.target)),
					"%d is taken by %s in the same pod; let the backend listen on another port", p.target, other)
				continue
			}
			ports[p.target] = self
		}
	}
}
