package chain

import (
	"cmp"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Access answers what accounts are allowed to do, as far as the roles and bindings in the input tell.
type Access struct {
	roles    map[model.Object]*Role
	bindings []*binding
	grants   map[Account]*grants
}

// Role is a Role or a ClusterRole, binding a RoleBinding or a ClusterRoleBinding.
type (
	Role struct {
		rules []rbacv1.PolicyRule
		// aggregated means that the rules come from other roles.
		aggregated bool
	}
	binding struct {
		item     *krm.Item
		subjects []rbacv1.Subject
		ref      rbacv1.RoleRef
	}
)

// Account is a ServiceAccount. The name is empty if it is unknown.
type Account struct{ Namespace, Name string }

const rbacGroup = "rbac.authorization.k8s.io"

// anyNamespace is the namespace of keys that match roles of all namespaces; it is not a valid name.
const anyNamespace = "*"

// add reads an object of the RBAC group. An object that cannot be read grants nothing.
func (ac *Access) add(it *krm.Item) {
	switch it.Place.Object.Kind {
	case "Role", "ClusterRole":
		var r struct {
			Rules           []rbacv1.PolicyRule     `json:"rules"`
			AggregationRule *rbacv1.AggregationRule `json:"aggregationRule"`
		}
		_ = mistakes(it.Node(), it.Place, &r, false)
		o := it.Place.Object
		for _, ns := range []string{o.Namespace, anyNamespace} {
			if key := (model.Object{Kind: o.Kind, Namespace: ns, Name: o.Name}); ac.roles[key] == nil {
				ac.roles[key] = &Role{r.Rules, r.AggregationRule != nil}
			}
		}
	case "RoleBinding", "ClusterRoleBinding":
		var b struct {
			Subjects []rbacv1.Subject `json:"subjects"`
			RoleRef  rbacv1.RoleRef   `json:"roleRef"`
		}
		_ = mistakes(it.Node(), it.Place, &b, false)
		ac.bindings = append(ac.bindings, &binding{it, b.Subjects, b.RoleRef})
	}
}

// builtinRoles are the roles of every cluster that the programs of a chain are bound to
// (k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy).
var builtinRoles = map[model.Object]*Role{
	{Kind: "ClusterRole", Name: "system:auth-delegator"}: {rules: []rbacv1.PolicyRule{
		{APIGroups: []string{"authentication.k8s.io"}, Resources: []string{"tokenreviews"}, Verbs: []string{"create"}},
		{APIGroups: []string{"authorization.k8s.io"}, Resources: []string{"subjectaccessreviews"}, Verbs: []string{"create"}},
	}},
	{Kind: "Role", Namespace: "kube-system", Name: "extension-apiserver-authentication-reader"}: {rules: []rbacv1.PolicyRule{{
		APIGroups: []string{""}, Resources: []string{"configmaps"}, ResourceNames: []string{AuthenticationConfig},
		Verbs: []string{"get", "list", "watch"},
	}}},
	{Kind: "ClusterRole", Name: "cluster-admin"}: {rules: []rbacv1.PolicyRule{{APIGroups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"*"}}}},
}

// AuthenticationConfig is the ConfigMap in kube-system with which aggregated API servers authenticate their callers.
const AuthenticationConfig = "extension-apiserver-authentication"

// Resource is an API resource, as rules of roles name it.
type Resource struct{ Group, Name string }

// Allowed reports whether the roles allow all verbs on all objects of the resource.
func (r Resource) Allowed(roles []*Role, verbs ...string) bool {
	return r.AllowedNamed(roles, "", verbs...)
}

// AllowedNamed reports whether the roles allow all verbs on one object, or on all objects if name is empty.
func (r Resource) AllowedNamed(roles []*Role, name string, verbs ...string) bool {
	return !slices.ContainsFunc(verbs, func(verb string) bool {
		return !slices.ContainsFunc(roles, func(role *Role) bool {
			return slices.ContainsFunc(role.rules, func(rule rbacv1.PolicyRule) bool {
				return oneIn(rule.APIGroups, r.Group) && oneIn(rule.Resources, r.Name) && oneIn(rule.Verbs, verb) &&
					(len(rule.ResourceNames) == 0 || slices.Contains(rule.ResourceNames, name))
			})
		})
	})
}

func oneIn(list []string, name string) bool {
	return slices.Contains(list, name) || slices.Contains(list, "*")
}

// grants are the bindings of an account, and the roles that they refer to.
type grants struct {
	everywhere []*binding
	inside     lookup.ByNamespace[*binding]
	// found has the roles by namespace, nil if some are not in the input.
	found map[string][]*Role
}

// grantsOf returns the bindings of an account.
func (ac *Access) grantsOf(a Account) *grants {
	return lookup.Remember(ac.grants, a, func(a Account) *grants {
		g := &grants{found: map[string][]*Role{}}
		for _, b := range ac.bindings {
			switch own := b.item.Place.Object; {
			case !slices.ContainsFunc(b.subjects, func(s rbacv1.Subject) bool { return a.is(s, b) }):
			case own.Kind == "RoleBinding":
				g.inside.Add(own.Namespace, b)
			default:
				g.everywhere = append(g.everywhere, b)
			}
		}
		return g
	})
}

// RolesOf returns the roles of an account in a namespace, or nil if the input does not define all of them.
func (ac *Access) RolesOf(a Account, ns string) []*Role {
	g := ac.grantsOf(a)
	if len(g.everywhere)+len(g.inside.All) == 0 {
		return nil
	}
	return lookup.Remember(g.found, ns, func(ns string) []*Role {
		roles := []*Role{}
		for _, b := range slices.Concat(g.everywhere, g.inside.PossiblyIn(ns)) {
			r := ac.roleOf(b)
			if r == nil || r.aggregated {
				return nil
			}
			roles = append(roles, r)
		}
		return roles
	})
}

// roleOf returns the role that a binding refers to, or nil if it is neither in the input nor built in.
func (ac *Access) roleOf(b *binding) *Role {
	ns := b.item.Place.Object.Namespace
	if b.ref.Kind == "ClusterRole" {
		ns = ""
	}
	in := func(ns string) model.Object { return model.Object{Kind: b.ref.Kind, Namespace: ns, Name: b.ref.Name} }
	return cmp.Or(ac.roles[in(cmp.Or(ns, anyNamespace))], ac.roles[in("")], builtinRoles[in(ns)])
}

// HasNamespacedPermissions reports whether RoleBindings in the input grant an account anything. If so, the owners of other
// namespaces may add more.
func (ac *Access) HasNamespacedPermissions(a Account) bool { return len(ac.grantsOf(a).inside.All) > 0 }

// is reports whether a subject of a binding is the account or a group of it.
func (a Account) is(s rbacv1.Subject, b *binding) bool {
	if s.Kind == "Group" {
		all := "system:serviceaccounts"
		return slices.Contains([]string{"system:authenticated", all, all + ":" + model.NamespaceOf(a.Namespace)}, s.Name)
	}
	ns := s.Namespace
	if ns == "" {
		ns = b.item.Place.Object.Namespace
	}
	return s.Kind == rbacv1.ServiceAccountKind && a.Name != "" && s.Name == a.Name &&
		lookup.CompareNamespaces(ns, a.Namespace) != lookup.Different
}

// BoundOutside reports whether RoleBindings grant an account something outside the namespaces that lack a permission. If so,
// the owners of these may add their own.
func (ac *Access) BoundOutside(own Account, lacking []string) bool {
	return slices.ContainsFunc(ac.grantsOf(own).inside.All, func(b *binding) bool {
		ns := model.NamespaceOf(b.item.Place.Object.Namespace)
		return ns != SystemNamespace && !slices.Contains(lacking, ns)
	})
}

// SystemNamespace is the namespace of AuthenticationConfig.
const SystemNamespace = "kube-system"

// Account returns the ServiceAccount of the Prometheus pods. If it has no name, the pods use the default one of the namespace.
func (p *Prometheus) Account() Account {
	return Account{p.Item.Place.Object.Namespace, p.Spec.ServiceAccountName}
}
