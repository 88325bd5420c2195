package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func apiService(w *world, ps *model.Problems) {
	for _, group := range []string{chain.CustomMetrics, chain.ExternalMetrics} {
		checkAPIs(w, group, ps)
	}
	checkKEDAAPI(w, ps)
}

// checkAPIs reports APIServices of a group that do not lead to the adapter in the input. They are errors if a scaler reads a
// metric of the group, and no other version of it leads there.
func checkAPIs(w *world, group string, ps *model.Problems) {
	if len(w.setup.Instances) == 0 || w.graph.APIs.ServedByOther(group) {
		return
	}
	var found model.Problems
	apis := w.graph.APIs.Of(group)
	for _, a := range apis {
		if p := brokenAPI(w, a); p != nil {
			found.Add(*p)
		}
	}
	needed := slices.ContainsFunc(w.demands.All(), func(d *demand.Demand) bool { return d.Group() == group })
	if needed && len(found) == len(apis) {
		for i := range found {
			found[i].Severity = model.Error
		}
	}
	ps.Add(found...)
	for _, a := range apis {
		if !a.Trusted {
			checkTrust(w, a, needed, ps)
		}
	}
}

// checkTrust reports an APIService without a CA for the certificate of the adapter. An adapter generates its own certificate
// unless a flag names one (SecureServingOptions, k8s.io/apiserver/pkg/server/options).
func checkTrust(w *world, a *chain.APIService, needed bool, ps *model.Problems) {
	svc := w.graph.ServiceOf(a.Service)
	if svc == nil || len(w.setup.Behind(svc)) == 0 {
		return
	}
	p := model.Problem{
		ID: model.APIService, Severity: model.Warning, Place: a.Item.Place.Child("spec").Child("caBundle"),
		Message: "is missing, so the API server trusts only certificates from public CAs; add the CA of the adapter's certificate, " +
			"let cert-manager add it, or set insecureSkipTLSVerify",
	}
	if needed && slices.ContainsFunc(w.setup.Behind(svc), adapter.Instance.SignsItself) {
		p.Severity = model.Error
	}
	ps.Add(p)
}

// brokenAPI returns why an APIService does not lead to an adapter, or nil if it does or may do so.
func brokenAPI(w *world, a *chain.APIService) *model.Problem {
	at := a.Item.Place.Child("spec").Child("service")
	p := &model.Problem{ID: model.APIService, Severity: model.Warning, Place: at.Child("name"), Value: a.Service.Name}
	svc := w.graph.ServiceOf(a.Service)
	if svc == nil {
		i := slices.IndexFunc(w.graph.Services.All, func(s *chain.Service) bool { return len(w.setup.Behind(s)) > 0 })
		if i < 0 {
			return nil // The Service of the adapter is elsewhere, too.
		}
		right := w.graph.Services.All[i].Item.Place.Object
		if right.Name == a.Service.Name {
			p.Place, p.Value, p.Suggestion = at.Child("namespace"), a.Service.Namespace, right.Namespace
		} else {
			p.Suggestion = right.Name
		}
		p.Message = fmt.Sprintf("the input has no Service %s/%s; %s selects the adapter pods",
			a.Service.Namespace, a.Service.Name, right)
		return p
	}
	i := slices.IndexFunc(svc.Ports, func(p chain.ServicePort) bool { return p.Number == a.Service.Port })
	if i < 0 {
		var ports []string
		for _, p := range svc.Ports {
			ports = append(ports, strconv.Itoa(int(p.Number)))
		}
		p.Place, p.Value = at.Child("port"), strconv.Itoa(int(a.Service.Port))
		unstated := ""
		if !a.Stated {
			unstated = ", the default"
		}
		p.Message = fmt.Sprintf("%s has no port %d%s; it has %s", svc.Item.Place.Object, a.Service.Port, unstated, strings.Join(ports, ", "))
		return p
	}
	behind := w.setup.Behind(svc)
	if len(behind) == 0 {
		return podlessService(w, svc, p)
	}
	if slices.ContainsFunc(behind, func(a adapter.Instance) bool { return brokenTarget(w.graph, svc, i, a) == nil }) {
		return nil
	}
	return brokenTarget(w.graph, svc, i, behind[0])
}

// podlessService reports a Service that selects no pods while an adapter is in its namespace.
func podlessService(w *world, svc *chain.Service, p *model.Problem) *model.Problem {
	if !svc.HasSelector() || len(svc.Workloads) > 0 {
		return nil // Another program answers.
	}
	i := slices.IndexFunc(w.setup.Instances, func(a adapter.Instance) bool {
		return chain.MayShareNamespace(svc.Item, a.Workload.Item)
	})
	if i < 0 {
		return nil
	}
	p.Place, p.Value = svc.Item.Place.Child("spec").Child("selector"), ""
	p.Message = fmt.Sprintf("selects no pods, but the pods of %s run the adapter; use their labels", w.setup.Instances[i].Workload)
	return p
}

// brokenTarget returns why a port of a Service does not lead to the port that an adapter listens on.
func brokenTarget(g *chain.Graph, svc *chain.Service, i int, a adapter.Instance) *model.Problem {
	if mayHaveMore(g, a.Workload) {
		return nil
	}
	port := svc.Ports[i]
	at := svc.Item.Place.Child("spec").Child("ports").Item(i).Child("targetPort")
	t, ok := chain.ResolvePort(port, chain.PodTargets(a.Workload))
	if !ok {
		p := undeclared(at, port.Target.StrVal, []*chain.Workload{a.Workload})
		p.ID, p.Severity = model.APIService, model.Warning
		return p
	}
	listens, known := adapter.FlagValue(a.Args(), "secure-port")
	number := strconv.Itoa(int(t.Port))
	if _, err := strconv.Atoi(listens); err != nil || !known || listens == number || t.Declared && t.Container != a.Container.Name {
		return nil
	}
	return &model.Problem{
		ID: model.APIService, Severity: model.Warning, Place: at, Value: port.Target.String(), Suggestion: listens,
		Message: fmt.Sprintf("targets port %s of %s, but the adapter listens on %s (--secure-port)", number, a.Workload, listens),
	}
}
