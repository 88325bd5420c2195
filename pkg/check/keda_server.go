package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func kedaServer(w *world, ps *model.Problems) {
	s := servers{graph: w.graph}
	for _, d := range w.demands.Queries() {
		s.check(d, ps)
	}
}

// servers looks up the Services that addresses name.
type servers struct {
	graph  *chain.Graph
	byName lookup.Lazy[map[string][]*chain.Service]
	// proms has the names of the Services of Prometheuses, by namespace.
	proms lookup.Lazy[map[string][]string]
}

// named returns the Services with a name.
func (s *servers) named(name string) []*chain.Service {
	return s.byName.Get(func() map[string][]*chain.Service {
		out := map[string][]*chain.Service{}
		for _, svc := range s.graph.Services.All {
			out[svc.Item.Place.Object.Name] = append(out[svc.Item.Place.Object.Name], svc)
		}
		return out
	})[name]
}

// find returns the Service that an address names, or nil.
func (s *servers) find(address keda.Server) *chain.Service {
	all := s.named(address.Service)
	i := slices.IndexFunc(all, func(svc *chain.Service) bool {
		return lookup.CompareNamespaces(svc.Item.Place.Object.Namespace, address.Namespace) == lookup.Same
	})
	if i < 0 || address.Namespace == "" {
		return nil
	}
	return all[i]
}

// operated is the Service that prometheus-operator makes for each Prometheus.
const operated = "prometheus-operated"

// isOperated reports whether an address is that of a Prometheus in the input.
func (s *servers) isOperated(address keda.Server) bool {
	return address.Service == operated && slices.ContainsFunc(s.graph.Prometheuses, func(p *chain.Prometheus) bool {
		return lookup.CompareNamespaces(p.Item.Place.Object.Namespace, address.Namespace) != lookup.Different
	})
}

func (s *servers) check(d *demand.Demand, ps *model.Problems) {
	text := d.Query().Trigger.Value("serverAddress")
	if text == "" {
		return
	}
	p := model.Problem{ID: model.KEDAServer, Place: d.At().Child("metadata").Child("serverAddress"), Value: text}
	address, problem := keda.ParseServer(text)
	switch svc := s.find(address); {
	case problem != "":
		ps.Reportf(p, "is %s, which %s", model.Quote(text), problem)
	case svc != nil:
		checkServerPort(svc, address, p, ps)
	case address.Service != "" && !s.isOperated(address):
		s.reportMissing(d, address, p, ps)
	}
}

// checkServerPort reports a port that the Service of a server does not have.
func checkServerPort(svc *chain.Service, address keda.Server, p model.Problem, ps *model.Problems) {
	if len(svc.Ports) == 0 || svc.External ||
		slices.ContainsFunc(svc.Ports, func(port chain.ServicePort) bool { return port.Number == address.Port }) {
		return
	}
	var ports []string
	for _, port := range svc.Ports {
		ports = append(ports, fmt.Sprint(port.Number))
	}
	ps.Reportf(p, "leads to port %d, which %s does not have; use %s", address.Port, svc, lookup.OneOf(ports))
}

// reportMissing reports an address of a Service that is not in the input, if the input shows that another one is meant. Without a
// namespace, KEDA looks for it in the namespace of the operator.
func (s *servers) reportMissing(d *demand.Demand, address keda.Server, p model.Problem, ps *model.Problems) {
	for _, svc := range s.named(address.Service) {
		ns := svc.Item.Place.Object.Namespace
		if address.Namespace != "" || ns == "" || ns == "keda" || !s.graph.LeadsToPrometheus(svc) {
			continue
		}
		p.Severity, p.Suggestion = model.Warning, strings.Replace(p.Value, address.Service, address.Service+"."+ns, 1)
		ps.Reportf(p, "has no namespace, so KEDA looks for %s in its own, but it is in %s; use %s", address.Service, ns, p.Suggestion)
		return
	}
	if address.Namespace == "" {
		return
	}
	names := s.proms.Get(s.findProms)[address.Namespace]
	hint := krm.DidYouMean(address.Service, names)
	switch {
	case hint != "":
		p.Severity, p.Suggestion = model.Warning, krm.Suggest(address.Service, names)
		if s.graph.Complete {
			p.Severity = model.Error
		}
		ps.Reportf(p, "leads to Service %s/%s, which is not in the input%s", address.Namespace, address.Service, hint)
	case s.graph.Complete && !d.Query().Of.Rendered:
		ps.Reportf(p, "leads to Service %s/%s, which is not in the input; add it, or correct the address", address.Namespace, address.Service)
	}
}

func (s *servers) findProms() map[string][]string {
	out := map[string][]string{}
	for _, svc := range s.graph.Services.All {
		if o := svc.Item.Place.Object; s.graph.LeadsToPrometheus(svc) {
			out[o.Namespace] = append(out[o.Namespace], o.Name)
		}
	}
	return out
}
