package check

import (
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func scrapeAccess(w *world, ps *model.Problems) {
	needed := neededAccess(w)
	for _, m := range w.graph.Monitors {
		checkAccess(w.graph, m, needed[m], ps)
	}
}

// neededAccess returns the monitors that lead to pods of metrics that scalers request.
func neededAccess(w *world) map[*chain.Monitor]bool {
	out := map[*chain.Monitor]bool{}
	for _, n := range w.demands.Scraped() {
		for _, r := range w.graph.Routes(n.Workload) {
			out[r.Monitor] = true
		}
	}
	return out
}

// checkAccess reports namespaces in which no Prometheus that uses a monitor is allowed to find its targets.
func checkAccess(g *chain.Graph, m *chain.Monitor, needed bool, ps *model.Problems) {
	for _, ns := range namespacesOf(m) {
		var found model.Problems
		for _, p := range g.Prometheuses {
			if g.Refuses(p, m) != nil {
				continue
			}
			lacking := lacks(g, p, m, ns)
			if len(lacking) == 0 {
				found = nil
				break
			}
			name := p.Spec.ServiceAccountName
			at := p.Item.Place.Child("spec").Child("serviceAccountName")
			lack := model.Problem{ID: model.ScrapeAccess, Place: at, Value: name}
			if !needed || g.Access.HasNamespacedPermissions(p.Account()) {
				lack.Severity = model.Warning
			}
			found.Reportf(lack,
				"ServiceAccount %s is not allowed to list and watch %s in namespace %s, so Prometheus finds no targets of %s "+
					"there; bind it to a role that allows this",
				name, strings.Join(lacking, ", "), model.NamespaceOf(ns), m.Item.Place.Object)
		}
		ps.Add(found...)
	}
}

// namespacesOf returns the namespaces of the Services and pods that a monitor selects.
func namespacesOf(m *chain.Monitor) []string {
	var out []string
	for _, svc := range m.Services {
		out = append(out, svc.Item.Place.Object.Namespace)
	}
	for _, wl := range m.Pods {
		out = append(out, wl.Item.Place.Object.Namespace)
	}
	return lookup.Distinct(out)
}

// lacks returns the resources that a Prometheus is not allowed to list and watch for a monitor, or nothing if the input does
// not define all of its roles.
func lacks(g *chain.Graph, p *chain.Prometheus, m *chain.Monitor, ns string) []string {
	roles := g.Access.RolesOf(p.Account(), ns)
	if roles == nil {
		return nil
	}
	needs := [][]chain.Resource{{{Group: "", Name: "pods"}}}
	if !m.OfPods {
		needs = append(needs, []chain.Resource{{Group: "", Name: "services"}}, []chain.Resource{{Group: "", Name: "endpoints"}, {Group: "discovery.k8s.io", Name: "endpointslices"}})
	}
	var out []string
	for _, either := range needs {
		if !slices.ContainsFunc(either, func(r chain.Resource) bool { return r.Allowed(roles, "list", "watch") }) {
			out = append(out, either[0].Name)
		}
	}
	return out
}
