package gen

import (
	"maps"
	"slices"
	"strconv"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/krm-fn/krm-fn/pkg/gateway/httproute"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// maxGranted is the maximum number of Services of a ReferenceGrant.
const maxGranted = 16

// routeObjects returns the functions that make the HTTPRoutes of an API, and the ReferenceGrants for the Services in other
// namespaces that they call.
func routeObjects(g *gateway) []func() typedObject {
	r := g.routes
	if r == nil {
		return nil
	}
	var all []func() typedObject
	for i := range r.rules {
		all = append(all, func() typedObject { return httpRoute(g, i) })
	}
	for _, namespace := range slices.Sorted(maps.Keys(r.services)) {
		i := 0
		for services := range slices.Chunk(r.services[namespace], maxGranted) {
			name := ordinal(grantName(g.ref), i)
			all = append(all, func() typedObject { return referenceGrant(g, name, namespace, services) })
			i++
		}
	}
	return all
}

func httpRoute(g *gateway, i int) *gatewayv1.HTTPRoute {
	o := &gatewayv1.HTTPRoute{
		TypeMeta: typeMeta(httproute.Group+"/v1", "HTTPRoute"), ObjectMeta: g.meta(ordinal(g.ref.Name, i)),
	}
	o.Spec.ParentRefs, o.Spec.Hostnames, o.Spec.Rules = g.routes.parents, g.routes.hostnames, g.routes.rules[i]
	return o
}

// referenceGrant lets the routes of an API call Services in another namespace.
func referenceGrant(g *gateway, name, namespace string, services []string) typedObject {
	o := &gatewayv1.ReferenceGrant{TypeMeta: typeMeta(httproute.Group+"/v1beta1", "ReferenceGrant"), ObjectMeta: g.meta(name)}
	o.Namespace = namespace
	o.Spec.From = []gatewayv1.ReferenceGrantFrom{{
		Group: httproute.Group, Kind: "HTTPRoute", Namespace: gatewayv1.Namespace(model.NamespaceOf(g.ref.Namespace)),
	}}
	for _, service := range services {
		o.Spec.To = append(o.Spec.To, gatewayv1.ReferenceGrantTo{Kind: "Service", Name: new(gatewayv1.ObjectName(service))})
	}
	return o
}

// grantName returns the name of the ReferenceGrant of an API, in the namespace of what the API calls. Neither part has a dot.
func grantName(api model.Ref) string { return api.Name + "." + model.NamespaceOf(api.Namespace) }

// ordinal returns a name for the object with an index among several of one kind. APIs have no dot in their names, so no other API
// has an object of this name.
func ordinal(name string, i int) string {
	if i == 0 {
		return name
	}
	return name + "." + strconv.Itoa(i+1)
}
