package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

const scrapeAccessID model.ID = "scrape/access"

var scrapeAccess = Check{
	ID:    scrapeAccessID,
	Title: "The Prometheus may not look for the pods of a monitor",
	Why: "Prometheus finds targets by listing and watching pods and, for a ServiceMonitor, Services and their endpoints in each namespace " +
		"that the monitor selects. Where its ServiceAccount may not do so, it finds nothing and only its log tells.",
	Mend: "Bind a ClusterRole, or a Role in that namespace, that allows list and watch of pods, services and endpoints to the ServiceAccount of the Prometheus.",
	Bad: accessExample + `- {apiGroups: [""], resources: [pods, services], verbs: [get, list, watch]}
`,
	Good: accessExample + `- {apiGroups: [""], resources: [pods, services, endpoints], verbs: [get, list, watch]}
`,
	run: func(w *world, ps *model.Problems) {
		needed := w.neededAccess()
		for _, m := range w.monitors {
			w.checkAccess(m, needed[m], ps)
		}
	},
}

const accessExample = `apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: main, namespace: monitoring}
spec: {serviceAccountName: prometheus, serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {}}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  endpoints: [{port: metrics}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  selector: {app: web}
  ports: [{name: metrics, port: 9000}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: prometheus}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: prometheus}
subjects: [{kind: ServiceAccount, name: prometheus, namespace: monitoring}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: prometheus}
rules:
`

// role is a Role or a ClusterRole, binding a RoleBinding or a ClusterRoleBinding. The namespace of what holds in the whole
// cluster is "".
type (
	role struct {
		item  *krm.Item
		rules []rbacv1.PolicyRule
		// aggregated roles get their rules from others.
		aggregated bool
		// number is its position among those of its kind and name.
		number int
	}
	binding struct {
		item     *krm.Item
		subjects []rbacv1.Subject
		ref      rbacv1.RoleRef
	}
)

const rbacGroup = "rbac.authorization.k8s.io"

// addAccess takes an object of the group of rights. One that cannot be read grants nothing.
func (w *world) addAccess(it *krm.Item) {
	switch it.Place.Object.Kind {
	case "Role", "ClusterRole":
		var r struct {
			Rules           []rbacv1.PolicyRule     `json:"rules"`
			AggregationRule *rbacv1.AggregationRule `json:"aggregationRule"`
		}
		_ = mistakes(it.Node(), it.Place, &r, false)
		w.addRole(&role{item: it, rules: r.Rules, aggregated: r.AggregationRule != nil})
	case "RoleBinding", "ClusterRoleBinding":
		var b struct {
			Subjects []rbacv1.Subject `json:"subjects"`
			RoleRef  rbacv1.RoleRef   `json:"roleRef"`
		}
		_ = mistakes(it.Node(), it.Place, &b, false)
		w.bindings = append(w.bindings, &binding{it, b.Subjects, b.RoleRef})
	}
}

// neededAccess are the monitors that lead to pods that an HPA needs.
func (w *world) neededAccess() map[*monitor]bool {
	out := map[*monitor]bool{}
	for _, n := range w.needs() {
		for _, r := range w.routes(n.workload) {
			out[r.monitor] = true
		}
	}
	return out
}

// checkAccess reports namespaces with pods of m in which none of the Prometheuses that read m may look for them.
func (w *world) checkAccess(m *monitor, needed bool, ps *model.Problems) {
	for _, ns := range w.namespacesOf(m) {
		var found model.Problems
		for _, p := range w.prometheuses {
			if w.refuses(p, m) != nil {
				continue
			}
			lacking := w.lacks(p, m, ns)
			if len(lacking) == 0 {
				found = nil
				break
			}
			name := p.spec.ServiceAccountName
			found.Add(model.Problem{
				ID: scrapeAccessID, Severity: model.Warning, Place: p.item.Place.Child("spec").Child("serviceAccountName"), Value: name,
				Message: fmt.Sprintf("ServiceAccount %s may not list and watch %s in namespace %s, so that nothing of %s is found there; "+
					"bind it a role that allows it", name, strings.Join(lacking, ", "), orDefault(ns), m.item.Place.Object),
			})
			if needed && !w.hasNamespacedRights(p) {
				found[len(found)-1].Severity = model.Error
			}
		}
		ps.Add(found...)
	}
}

// namespacesOf are those in which m leads to a Service or to pods here.
func (w *world) namespacesOf(m *monitor) []string {
	var out []string
	for _, svc := range m.services {
		out = append(out, svc.item.Place.Object.Namespace)
	}
	for _, wl := range m.pods {
		out = append(out, wl.item.Place.Object.Namespace)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// lacks lists the resources that p may not list and watch in a namespace although m needs it. It is empty where the
// rights of p are not all here: its account has no binding, or one to a role that is not here.
func (w *world) lacks(p *prometheus, m *monitor, ns string) []string {
	roles := w.rolesOf(p, ns)
	if roles == nil {
		return nil
	}
	needs := [][]listable{{{"", "pods"}}}
	if m.service != nil {
		needs = append(needs, []listable{{"", "services"}}, []listable{{"", "endpoints"}, {"discovery.k8s.io", "endpointslices"}})
	}
	var out []string
	for _, either := range needs {
		if !slices.ContainsFunc(either, func(r listable) bool { return r.listed(roles) }) {
			out = append(out, either[0].name)
		}
	}
	return out
}

type listable struct{ group, name string }

// listed tells whether one of the roles allows to list and to watch the resource.
func (r listable) listed(roles []*role) bool {
	return !slices.ContainsFunc([]string{"list", "watch"}, func(verb string) bool {
		return !slices.ContainsFunc(roles, func(role *role) bool {
			return slices.ContainsFunc(role.rules, func(rule rbacv1.PolicyRule) bool {
				return oneIn(rule.APIGroups, r.group) && oneIn(rule.Resources, r.name) && oneIn(rule.Verbs, verb) &&
					len(rule.ResourceNames) == 0
			})
		})
	})
}

func oneIn(list []string, name string) bool {
	return slices.Contains(list, name) || slices.Contains(list, "*")
}

// grants are the bindings of a Prometheus, and the roles that they lead to.
type grants struct {
	everywhere []*binding
	inside     spaced[*binding]
	// found are the roles by namespace, nil if they are not all here.
	found map[string][]*role
}

// grantsOf finds the bindings of p.
func (w *world) grantsOf(p *prometheus) *grants {
	return p.grants.get(func() *grants {
		g := &grants{found: map[string][]*role{}}
		for _, b := range w.bindings {
			switch own := b.item.Place.Object; {
			case !slices.ContainsFunc(b.subjects, func(s rbacv1.Subject) bool { return p.is(s, b) }):
			case own.Kind == "RoleBinding":
				g.inside.add(own.Namespace, b)
			default:
				g.everywhere = append(g.everywhere, b)
			}
		}
		return g
	})
}

// rolesOf are the roles that p has in a namespace, nil where they are not all here.
func (w *world) rolesOf(p *prometheus, ns string) []*role {
	g := w.grantsOf(p)
	if len(g.everywhere)+len(g.inside.all) == 0 {
		return nil
	}
	return remember(g.found, ns, func(ns string) []*role {
		roles := []*role{}
		for _, b := range slices.Concat(g.everywhere, g.inside.near(ns)) {
			r := w.roleOf(b)
			if r == nil || r.aggregated {
				return nil
			}
			roles = append(roles, r)
		}
		return roles
	})
}

// roleOf finds the role that b refers to.
func (w *world) roleOf(b *binding) *role {
	named := w.roles[model.Object{Kind: b.ref.Kind, Name: b.ref.Name}]
	found := named.all
	if b.ref.Kind != "ClusterRole" {
		found = named.near(b.item.Place.Object.Namespace)
	}
	if len(found) == 0 {
		return nil
	}
	return slices.MinFunc(found, func(a, b *role) int { return cmp.Compare(a.number, b.number) })
}

func (w *world) addRole(r *role) {
	o := r.item.Place.Object
	key := model.Object{Kind: o.Kind, Name: o.Name}
	named := w.roles[key]
	r.number = len(named.all)
	named.add(o.Namespace, r)
	w.roles[key] = named
}

// hasNamespacedRights tells whether p is given rights namespace by namespace, so that who owns the one in question may
// give them elsewhere.
func (w *world) hasNamespacedRights(p *prometheus) bool { return len(w.grantsOf(p).inside.all) > 0 }

// is tells whether a subject of a binding is the ServiceAccount of p, or a group that it belongs to.
func (p *prometheus) is(s rbacv1.Subject, b *binding) bool {
	own := p.item.Place.Object.Namespace
	if s.Kind == "Group" {
		all := "system:serviceaccounts"
		return slices.Contains([]string{"system:authenticated", all, all + ":" + orDefault(own)}, s.Name)
	}
	ns := s.Namespace
	if ns == "" {
		ns = b.item.Place.Object.Namespace
	}
	name := p.spec.ServiceAccountName
	return s.Kind == rbacv1.ServiceAccountKind && name != "" && s.Name == name && relate(ns, own) != apart
}
