package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func scrapePort(w *world, ps *model.Problems) {
	needed := withoutScrapedPort(w)
	for _, m := range w.graph.Monitors {
		checkPorts(w.graph, m, needed, ps)
	}
	checkServices(w.graph, ps)
	checkNumbers(w.graph, ps)
}

// withoutScrapedPort returns the workloads with requested metrics that monitors select, but without a port that they scrape.
func withoutScrapedPort(w *world) map[*chain.Workload]bool {
	out := map[*chain.Workload]bool{}
	for _, n := range w.demands.Scraped() {
		if len(w.graph.Routes(n.Workload)) > 0 && len(n.Workload.Scrapes()) == 0 {
			out[n.Workload] = true
		}
	}
	return out
}

// endpointPath leads from an endpoint to pods: through a Service, or directly for a PodMonitor.
type endpointPath struct {
	service *chain.Service
	pods    []*chain.Workload
	// broken says why it reaches no port, nil if it does or may do so.
	broken *model.Problem
}

// checkPorts reports the endpoints of a monitor that reach no port at all, and those that do not reach needed workloads.
func checkPorts(g *chain.Graph, m *chain.Monitor, needed map[*chain.Workload]bool, ps *model.Problems) {
	leadsToNeeded := func(y endpointPath) bool {
		return slices.ContainsFunc(y.pods, func(wl *chain.Workload) bool { return needed[wl] })
	}
	if len(m.Endpoints) == 0 {
		p := model.Problem{ID: model.ScrapePort, Severity: model.Warning, Place: m.EndpointsPlace()}
		if slices.ContainsFunc(ways(g, m, &chain.Endpoint{Monitor: m}), leadsToNeeded) {
			p.Severity = model.Error
		}
		ps.Reportf(p, "is empty, so the monitor scrapes nothing; add at least one endpoint")
	}
	for i := range m.Endpoints {
		ways := ways(g, m, &m.Endpoints[i])
		dead := isFor(m, ways) && !slices.ContainsFunc(ways, func(y endpointPath) bool { return y.broken == nil })
		for _, y := range ways {
			severity := model.Warning
			if leadsToNeeded(y) {
				severity = model.Error
			}
			if b := y.broken; b != nil && (dead || severity == model.Error) {
				b.ID, b.Severity = model.ScrapePort, severity
				ps.Add(*b)
			}
		}
	}
}

// isFor reports whether a monitor was made for objects in the input. Otherwise, an object that is not in the input may have
// the port.
func isFor(m *chain.Monitor, ways []endpointPath) bool {
	return len(m.Selector.MatchLabels)+len(m.Selector.MatchExpressions) > 0 && slices.ContainsFunc(ways, func(y endpointPath) bool {
		return len(y.pods) > 0 || y.service != nil && sameName(m.Item, y.service.Item) > 0
	})
}

// ways returns the paths of an endpoint.
func ways(g *chain.Graph, m *chain.Monitor, e *chain.Endpoint) []endpointPath {
	var out []endpointPath
	for _, wl := range m.Pods {
		out = append(out, endpointPath{pods: []*chain.Workload{wl}, broken: brokenContainerPort(g, e, []*chain.Workload{wl})})
	}
	for _, svc := range m.Services {
		if !svc.External {
			y := endpointPath{service: svc, pods: svc.Workloads}
			y.broken = findBroken(g, e, y)
			out = append(out, y)
		}
	}
	return out
}

// findBroken returns why an endpoint reaches no port behind a Service.
func findBroken(g *chain.Graph, e *chain.Endpoint, y endpointPath) *model.Problem {
	ports := y.service.Ports
	i := slices.IndexFunc(ports, func(p chain.ServicePort) bool { return e.OnService && chain.MatchesPort(e.Port.StrVal, p.Name) })
	if e.OnService && i < 0 {
		b := &model.Problem{Place: e.At().Child(e.PortField), Value: e.Port.StrVal}
		b.Message, b.Suggestion = noSuchPort(e.Port.StrVal, y.service)
		return b
	}
	leads := false
	for _, wl := range y.pods {
		found := chain.ServiceTargets(y.service, wl)
		if slices.ContainsFunc(found, e.Reads) || mayHaveMore(g, wl) {
			return nil
		}
		leads = leads || len(found) > 0
	}
	switch {
	case len(y.pods) == 0:
		return nil
	case e.OnService && isNumber(ports[i].Target):
		// The API server rejects it, which checkServices tells.
		return nil
	case e.OnService:
		return targetPort(y, i)
	case !leads:
		return &model.Problem{Place: y.service.Item.Place.Child("spec").Child("ports"), Message: fmt.Sprintf(
			"has no port that targets a port of %s, and Prometheus discovers pods only through such a port; add one",
			namesOf(y.pods))}
	}
	return brokenContainerPort(g, e, y.pods)
}

// noSuchPort explains that a Service has no port of a name, and suggests another.
func noSuchPort(port string, svc *chain.Service) (why, suggestion string) {
	var names []string
	unnamed := 0
	for _, p := range svc.Ports {
		number := strconv.Itoa(int(p.Number)) == port || p.Target.String() == port && p.Target.Type == intstr.Int
		switch {
		case number && p.Name != "":
			return fmt.Sprintf("%q is the number of a port of %s; use its name, %q", port, svc, p.Name), p.Name
		case number:
			return fmt.Sprintf("%q is the number of an unnamed port of %s; name the port and use that name", port, svc), ""
		case p.Target.StrVal == port && p.Name != "":
			return fmt.Sprintf("%q is the name of the container port; use the port name of %s, %q", port, svc, p.Name), p.Name
		case p.Name == "":
			unnamed++
		default:
			names = append(names, p.Name)
		}
	}
	suggestion = krm.Suggest(port, names)
	switch {
	case suggestion != "":
		return fmt.Sprintf("no port of %s is named %q%s", svc, port, krm.DidYouMean(port, names)), suggestion
	case len(names) > 0:
		return fmt.Sprintf("no port of %s is named %q; its ports are named %s", svc, port, strings.Join(names, ", ")), ""
	case unnamed > 0:
		return fmt.Sprintf("no port of %s is named %q; give its port that name", svc, port), ""
	}
	return fmt.Sprintf("%s has no ports; add one that is named %q", svc, port), ""
}

// targetPort reports a Service port that targets no container port.
func targetPort(y endpointPath, i int) *model.Problem {
	p := y.service.Ports[i]
	at := y.service.Item.Place.Child("spec").Child("ports").Item(i).Child("targetPort")
	for _, wl := range y.pods {
		for _, t := range chain.PodTargets(wl) {
			if t.Name == p.Target.StrVal && t.Declared {
				return &model.Problem{Place: at, Value: t.Name, Message: fmt.Sprintf(
					"port %q of %s uses protocol %s, but this port uses %s; set protocol: %s",
					t.Name, wl, t.Protocol, p.Protocol, t.Protocol)}
			}
		}
	}
	return undeclared(at, p.Target.StrVal, y.pods)
}

// brokenContainerPort returns why an endpoint finds no container port.
func brokenContainerPort(g *chain.Graph, e *chain.Endpoint, pods []*chain.Workload) *model.Problem {
	for _, wl := range pods {
		if slices.ContainsFunc(chain.PodTargets(wl), e.Reads) || mayHaveMore(g, wl) {
			return nil
		}
	}
	at := e.At().Child(e.PortField)
	if e.Port.Type == intstr.Int {
		return &model.Problem{Place: at, Value: e.Port.String(), Message: fmt.Sprintf(
			"no container of %s declares port %d, and Prometheus discovers only declared ports; add it to the container ports",
			namesOf(pods), e.Port.IntVal)}
	}
	return undeclared(at, e.Port.StrVal, pods)
}

// undeclared reports a port name that no container declares.
func undeclared(at model.Place, port string, pods []*chain.Workload) *model.Problem {
	var names []string
	for _, wl := range pods {
		for _, t := range chain.PodTargets(wl) {
			if t.Name != "" && strconv.Itoa(int(t.Port)) == port {
				return &model.Problem{Place: at, Value: port, Suggestion: t.Name, Message: fmt.Sprintf(
					"%q is the number of a port of %s; use its name, %q", port, wl, t.Name)}
			}
			if t.Name != "" {
				names = append(names, t.Name)
			}
		}
	}
	names = lookup.Distinct(names)
	b := &model.Problem{Place: at, Value: port, Suggestion: krm.Suggest(port, names)}
	hint := krm.DidYouMean(port, names)
	switch {
	case hint != "":
	case len(names) > 0:
		hint = "; declared ports: " + strings.Join(names, ", ")
	default:
		hint = "; add it to the container ports"
	}
	b.Message = fmt.Sprintf("no container of %s declares a port named %q%s", namesOf(pods), port, hint)
	return b
}

// mayHaveMore reports whether pods may have ports that the input does not show.
func mayHaveMore(g *chain.Graph, wl *chain.Workload) bool {
	return !wl.KnowsPods() || g.Namespaces.MayInject(wl)
}

func namesOf(workloads []*chain.Workload) string {
	var names []string
	for _, wl := range workloads {
		names = append(names, wl.String())
	}
	return lookup.OneOf(lookup.Distinct(names))
}

// isNumber reports whether a port is a number in quotes.
func isNumber(p intstr.IntOrString) bool {
	_, err := strconv.Atoi(p.StrVal)
	return err == nil && p.Type == intstr.String
}

// checkServices reports ports of Services that the API server rejects (Kubernetes, pkg/apis/core/validation/validation.go,
// validateServicePort).
func checkServices(g *chain.Graph, ps *model.Problems) {
	for _, svc := range g.Services.All {
		if !svc.Monitored {
			continue
		}
		for i, p := range svc.Ports {
			at := svc.Item.Place.Child("spec").Child("ports").Item(i)
			if p.Name == "" && len(svc.Ports) > 1 {
				ps.Errorf(model.ScrapePort, at.Child("name"), "is missing, but each of several ports requires a name; add one")
			}
			if isNumber(p.Target) {
				ps.Valuef(model.ScrapePort, at.Child("targetPort"), p.Target.StrVal,
					"%q is a number in quotes, which the API server rejects as a name; use %s", p.Target.StrVal, p.Target.StrVal)
			}
		}
	}
}

// checkNumbers warns of a Service port that targets a number that no container declares, if the containers declare others. It
// may work, because Kubernetes requires no declaration.
func checkNumbers(g *chain.Graph, ps *model.Problems) {
	type port struct {
		*chain.Service
		number int
	}
	seen := map[port]bool{}
	for _, m := range g.Monitors {
		for _, e := range m.Endpoints {
			for _, svc := range m.Services {
				for i, p := range svc.Ports {
					if !e.OnService || seen[port{svc, i}] || svc.External || !chain.MatchesPort(e.Port.StrVal, p.Name) {
						continue
					}
					seen[port{svc, i}] = true
					if number, names := otherNumbers(g, svc, p); names != "" {
						at := svc.Item.Place.Child("spec").Child("ports").Item(i).Child("targetPort")
						ps.Warnf(model.ScrapePort, at,
							"targets port %d, which no container of %s declares; declared ports: %s",
							number, namesOf(svc.Workloads), names)
					}
				}
			}
		}
	}
}

// otherNumbers returns the number that a Service port targets, and the ports that the containers declare. It returns no names
// if the number is one of them.
func otherNumbers(g *chain.Graph, svc *chain.Service, p chain.ServicePort) (number int32, names string) {
	var all []string
	for _, wl := range svc.Workloads {
		declared := chain.PodTargets(wl)
		t, ok := chain.ResolvePort(p, declared)
		if !ok || t.Declared || mayHaveMore(g, wl) {
			return 0, ""
		}
		number = t.Port
		for _, d := range declared {
			if d.Declared {
				all = append(all, strings.TrimSpace(fmt.Sprintf("%d %s", d.Port, d.Name)))
			}
		}
	}
	return number, strings.Join(lookup.Distinct(all), ", ")
}
