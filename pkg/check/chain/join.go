package chain

import (
	"cmp"
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
)

// join finds which objects select which. The indexes limit the pairs to compare.
func join(g *Graph) {
	ofServices, ofPods := keysThatCount(g)
	g.Services.Labels = lookup.NewIndex(ofServices, len(g.Services.All))
	g.Workloads.Labels = lookup.NewIndex(ofPods, len(g.Workloads.All))
	for _, svc := range g.Services.All {
		g.Services.Labels.Add(svc.Item.Place.Object.Namespace, svc.Item.Place.Object.Name, svc.Item.Labels)
	}
	for _, wl := range g.Workloads.All {
		g.Workloads.Labels.Add(wl.Item.Place.Object.Namespace, wl.Item.Place.Object.Name, wl.Template.Labels)
	}
	for _, svc := range g.Services.All {
		joinService(g, svc)
	}
	full := map[*Service]bool{}
	for _, m := range g.Monitors {
		joinMonitor(g, m, full)
	}
}

// keysThatCount returns the label keys that selectors of Services and of pods use.
func keysThatCount(g *Graph) (services, pods map[string]bool) {
	services, pods = map[string]bool{}, map[string]bool{}
	count := func(keys map[string]bool, set map[string]string) {
		for k := range set {
			keys[k] = true
		}
	}
	for _, m := range g.Monitors {
		if m.OfPods {
			count(pods, lookup.RequiredLabels(&m.Selector))
		} else {
			count(services, lookup.RequiredLabels(&m.Selector))
		}
	}
	for _, svc := range g.Services.All {
		count(pods, svc.selector)
	}
	for _, wl := range g.Workloads.All {
		count(pods, lookup.RequiredLabels(wl.Selector))
	}
	return services, pods
}

func joinService(g *Graph, svc *Service) {
	if !svc.HasSelector() {
		return
	}
	for _, i := range g.Workloads.Labels.Find(certainLabels(svc.selector), lookup.NamespacesFor(svc.Item.Place.Object.Namespace)) {
		if wl := g.Workloads.All[i]; svc.SelectsPods(wl) {
			svc.Workloads, wl.Services = append(svc.Workloads, wl), append(wl.Services, svc)
		}
	}
}

// mostRoutes limits the routes to a workload. If everything has the same labels, each monitor reaches each workload through each
// Service.
const mostRoutes = 200

// joinMonitor adds the routes of a monitor. full are the Services whose workloads all have the most routes.
func joinMonitor(g *Graph, m *Monitor, full map[*Service]bool) {
	if m.OfPods {
		for _, i := range g.Workloads.Labels.Find(certainLabels(lookup.RequiredLabels(&m.Selector)), m.spaces()) {
			if wl := g.Workloads.All[i]; m.selectsPods(wl) {
				m.Pods, wl.routes = append(m.Pods, wl), append(wl.routes, Route{m, nil})
			}
		}
		return
	}
	for _, i := range g.Services.Labels.Find(lookup.RequiredLabels(&m.Selector), m.spaces()) {
		svc := g.Services.All[i]
		if !m.selects(svc) {
			continue
		}
		m.Services, svc.Monitored = append(m.Services, svc), true
		if !svc.HasSelector() {
			g.manual.Add(svc.Item.Place.Object.Namespace, Route{m, svc})
		}
		if full[svc] {
			continue
		}
		full[svc] = true
		for _, wl := range svc.Workloads {
			if len(wl.routes) < mostRoutes {
				wl.routes, full[svc] = append(wl.routes, Route{m, svc}), false
			}
		}
	}
}

// lowerKinds returns the kinds that scalers can scale, by their names in lower case, with which the controller also finds them
// (k8s.io/client-go, restmapper/discovery.go).
func lowerKinds(g *Graph) map[string]string {
	kinds := map[string]string{}
	for _, kind := range slices.Concat(Scalable, Unscalable) {
		_, kind, _ = strings.Cut(kind, "/")
		kinds[strings.ToLower(kind)] = kind
	}
	for _, wl := range g.Workloads.All {
		kind := wl.Item.Place.Object.Kind
		kinds[strings.ToLower(kind)] = kind
	}
	return kinds
}

// findTargets resolves the target of every scaler, and finds the scalers that share one.
func findTargets(g *Graph) {
	sharing := map[TargetKey][]*Scaler{}
	kinds := lowerKinds(g)
	for _, s := range g.Scalers {
		s.Ref.Kind = cmp.Or(kinds[s.Ref.Kind], s.Ref.Kind)
		s.Target = g.Workloads.find(s.Item, s.Ref)
		if s.Target != nil && s.Target.Scaler == nil {
			s.Target.Scaler = s
		}
		sharing[s.sharingKey()] = append(sharing[s.sharingKey()], s)
	}
	for _, group := range sharing {
		slices.SortStableFunc(group, func(a, b *Scaler) int { return compareNames(a.Item, b.Item) })
	}
	for _, s := range g.Scalers {
		s.Sharing = sharing[s.sharingKey()]
	}
}

func compareNames(a, b *krm.Item) int { return cmp.Compare(a.Place.Object.Name, b.Place.Object.Name) }

// borrowTemplates gives Rollouts with a workloadRef the template and selector of their Deployment.
func borrowTemplates(g *Graph) {
	for _, wl := range g.Workloads.All {
		if wl.GroupKind() != rollout {
			continue
		}
		ref := krm.Get(krm.Get(wl.Item.Node(), "spec"), "workloadRef")
		if ref == nil {
			continue
		}
		from := g.Workloads.find(wl.Item, TargetRef{krm.Text(ref, "apiVersion"), krm.Text(ref, "kind"), krm.Text(ref, "name")})
		if from != nil && from != wl {
			wl.borrowed, wl.holder, wl.Template = from, cmp.Or(from.holder, from), from.Template
			if wl.Selector == nil {
				wl.Selector = from.Selector
			}
		}
	}
}
