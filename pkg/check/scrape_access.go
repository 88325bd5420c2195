package check

import (
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
			w.checkAccess(m, slices.Contains(needed, m), ps)
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
		w.roles = append(w.roles, &role{it, r.Rules, r.AggregationRule != nil})
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
func (w *world) neededAccess() []*monitor {
	var out []*monitor
	for _, n := range w.needs() {
		for _, r := range w.routes(n.workload) {
			out = append(out, r.monitor)
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
	for _, svc := range w.memo.joins.services[m] {
		out = append(out, svc.item.Place.Object.Namespace)
	}
	for _, wl := range w.memo.joins.pods[m] {
		out = append(out, wl.item.Place.Object.Namespace)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// lacks lists the resources that p may not list and watch in a namespace although m needs it. It is empty where the
// rights of p are not all here: its account has no binding, or one to a role that is not here.
func (w *world) lacks(p *prometheus, m *monitor, ns string) []string {
	roles, known := w.rolesOf(p, ns)
	if !known {
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

// rolesOf are the roles that p has in a namespace; known is false where they are not all here.
func (w *world) rolesOf(p *prometheus, ns string) (roles []*role, known bool) {
	for _, b := range w.bindings {
		if !slices.ContainsFunc(b.subjects, func(s rbacv1.Subject) bool { return p.is(s, b) }) {
			continue
		}
		known = true
		own := b.item.Place.Object
		if own.Kind == "RoleBinding" && relate(own.Namespace, ns) == apart {
			continue
		}
		i := slices.IndexFunc(w.roles, func(r *role) bool {
			o := r.item.Place.Object
			return o.Kind == b.ref.Kind && o.Name == b.ref.Name && (o.Kind == "ClusterRole" || meet(r.item, b.item))
		})
		if i < 0 || w.roles[i].aggregated {
			return nil, false
		}
		roles = append(roles, w.roles[i])
	}
	return roles, known
}

// hasNamespacedRights tells whether p is given rights namespace by namespace, so that who owns the one in question may
// give them elsewhere.
func (w *world) hasNamespacedRights(p *prometheus) bool {
	return slices.ContainsFunc(w.bindings, func(b *binding) bool {
		return b.item.Place.Object.Kind == "RoleBinding" &&
			slices.ContainsFunc(b.subjects, func(s rbacv1.Subject) bool { return p.is(s, b) })
	})
}

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
