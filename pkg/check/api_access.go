package check

import (
	"fmt"
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func apiAccess(w *world, ps *model.Problems) {
	for _, a := range w.setup.Instances {
		checkAdapterAccess(w, a, ps)
	}
}

// checkAdapterAccess reports permissions that the account of an adapter lacks, if all of its roles are known.
func checkAdapterAccess(w *world, a adapter.Instance, ps *model.Problems) {
	own := chain.Account{Namespace: a.Workload.Item.Place.Object.Namespace, Name: a.Workload.Template.Whole.Spec.ServiceAccountName}
	p := model.Problem{
		ID: model.APIAccess, Severity: model.Error, Value: own.Name,
		Place: a.Workload.Item.Place.Child("spec").Child("template").Child("spec").Child("serviceAccountName"),
	}
	demands := adapterDemands(w)
	if len(demands) == 0 {
		p.Severity = model.Warning
	}
	for _, r := range serverRights(a) {
		if roles := w.graph.Access.RolesOf(own, r.namespace); roles != nil && !r.AllowedNamed(roles, r.object, r.verb) {
			ps.Reportf(p,
				"ServiceAccount %s is not allowed to %s, which every server behind an APIService requires; bind it to the %s",
				own.Name, r.what, r.role)
		}
	}
	var lacking []string
	for _, d := range demands {
		ns := d.Scaler.Item.Place.Object.Namespace
		roles := w.graph.Access.RolesOf(own, ns)
		if d.Kind == autoscalingv2.PodsMetricSourceType && roles != nil &&
			!(chain.Resource{Group: "", Name: "pods"}).Allowed(roles, "list") {
			lacking = append(lacking, model.NamespaceOf(ns))
		}
	}
	if lacking = lookup.Distinct(lacking); len(lacking) == 0 {
		return
	}
	more := ""
	if len(lacking) > 1 {
		more = fmt.Sprintf(" and %d more", len(lacking)-1)
	}
	if w.graph.Access.BoundOutside(own, lacking) {
		p.Severity = model.Warning
	}
	ps.Reportf(p,
		"ServiceAccount %s is not allowed to list pods in namespace %s%s, so no Pods metric is available there; bind it to a "+
			"role that allows this", own.Name, lacking[0], more)
}

// adapterDemands returns the metrics that an adapter in the input must serve.
func adapterDemands(w *world) []*demand.Demand {
	servedByOther := func(d *demand.Demand) bool { return w.graph.APIs.ServedByOther(d.Group()) }
	return slices.DeleteFunc(slices.Clone(w.demands.All()), servedByOther)
}

// right is a permission in a namespace or, if that is empty, in the whole cluster.
type right struct {
	chain.Resource
	verb, namespace string
	// object is the name of the only object that matters, or empty.
	object string
	// what describes the permission, and role is one that grants it.
	what, role string
}

// serverRights returns the permissions that a server behind an APIService requires, unless its flags say otherwise
// (DelegatingAuthenticationOptions and DelegatingAuthorizationOptions, k8s.io/apiserver/pkg/server/options).
func serverRights(a adapter.Instance) []right {
	rights := []right{{
		Resource: chain.Resource{Group: "authorization.k8s.io", Name: "subjectaccessreviews"}, verb: "create",
		what: "check what its callers are allowed to do", role: "ClusterRole system:auth-delegator",
	}}
	for _, flag := range []string{"authentication-skip-lookup", "authentication-kubeconfig"} {
		if value, ok := adapter.FlagValue(a.Args(), flag); ok && value != "false" {
			return rights
		}
	}
	return append(rights, right{
		Resource: chain.Resource{Group: "", Name: "configmaps"}, verb: "get", namespace: chain.SystemNamespace,
		object: chain.AuthenticationConfig,
		what:   "read ConfigMap " + chain.SystemNamespace + "/" + chain.AuthenticationConfig, role: "Role extension-apiserver-authentication-reader there",
	})
}
