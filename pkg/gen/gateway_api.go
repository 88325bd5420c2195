package gen

import (
	"maps"
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/krm-fn/krm-fn/pkg/gateway/httproute"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// gatewayAPI is a Gateway of the Gateway API that already exists. Only routes to the backends are rendered, from the documents.
var gatewayAPI = gatewayKind{
	name:       "gateway-api",
	modes:      []string{string(model.PrivateJet), string(model.Shared)},
	podless:    true,
	operations: true,
	ignores: map[string]string{
		"Security": "an HTTPRoute verifies no credentials", "RateLimiting": "an HTTPRoute limits no requests",
	},
	build:   buildGatewayAPI,
	outputs: []output{{objects: routeObjects}},
}

// routes are the HTTPRoutes of an API, and what they require.
type routes struct {
	parents   []gatewayv1.ParentReference
	hostnames []gatewayv1.Hostname
	// rules has the rules of each HTTPRoute.
	rules [][]gatewayv1.HTTPRouteRule
	// services are the Services in other namespaces that the routes call, sorted, by their namespace.
	services map[string][]string
	// paths are the base paths of the documents.
	paths []string
}

// buildGatewayAPI makes the routes of an API from its operations.
func buildGatewayAPI(g *gatewayBuilder) {
	g.reportPodless()
	if g.mode == model.Sidecar {
		g.ps.Errorf(model.OutputUnsupported, g.in.specPlace.Child("mode"),
			"is sidecar, but an HTTPRoute has no pods; use privateJet, or the gateway kind %s", haproxyGateway.name)
	}
	b := routesBuilder{gatewayBuilder: g, security: newSecurity(g, nil), services: map[string]map[string]bool{}}
	var apis []httproute.API
	for i, d := range g.docs {
		apis = append(apis, b.api(d, g.operations[i], g.described[i]))
	}
	rules, ps := httproute.New(apis, b.accepts(acceptPrefixes))
	g.ps.Add(ps...)
	if o := rules.Pattern; o != nil {
		b.warn(acceptPatterns, o.Place, "a path with parameters requires a match of type RegularExpression, which some "+
			"implementations of the Gateway API do not support, or match differently")
	}
	if o := rules.Prefix; o != nil && !b.accepts(acceptPrefixes) {
		b.refuse(acceptPrefixes, o.Place, "without its base path, a path with parameters can only be a prefix, which also matches longer "+
			"paths than %s", o.Path)
	}
	r := g.newRoutes()
	r.rules = httproute.Split(rules.All)
	for namespace, names := range b.services {
		r.services[namespace] = slices.Sorted(maps.Keys(names))
	}
}

// newRoutes sets the routes of an API, without rules.
func (g *gatewayBuilder) newRoutes() *routes {
	g.routes = &routes{parents: g.opts.gateway.parents, services: map[string][]string{}}
	for _, host := range g.hostnames() {
		g.routes.hostnames = append(g.routes.hostnames, gatewayv1.Hostname(host))
	}
	for _, d := range g.docs {
		g.routes.paths = append(g.routes.paths, orRoot(d.BasePath))
	}
	at := g.opts.gateway.at.Child("parentRefs")
	switch {
	case len(g.routes.parents) > 0:
	case g.opts.config != nil && g.opts.config.Place.Object.Kind == configKind:
		g.ps.Errorf(model.InputRequired, at, "is missing; list the Gateways that serve the routes")
	default:
		g.ps.Errorf(model.InputRequired, g.in.place,
			"requires a Gateway; list the Gateways that serve its routes in spec.gateway.parentRefs of a %s", configKind)
	}
	return g.routes
}

func orRoot(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

// hostnames returns the host names of an API: its own, or those of all APIs; none for those of the Gateway.
func (g *gatewayBuilder) hostnames() []string {
	if own := g.in.spec.IngressHostname; own != "" {
		checkHostname(own, g.in.specPlace.Child("ingressHostname"), g.ps)
		return []string{own}
	}
	if len(g.opts.gateway.hostnames) > 0 {
		return g.opts.gateway.hostnames
	}
	cm := g.config(ingressConfigs, ingressKeys)
	if host := cm.text("ingressHostName"); host != "" {
		checkHostname(host, cm.at("ingressHostName"), g.ps)
		return []string{host}
	}
	return nil
}

// exposeGateway makes the route by which a Gateway reaches the gateway of an API, with operatorMode: GatewayAPI.
func (g *gatewayBuilder) exposeGateway() {
	port := g.port(g.kind.http.name)
	cm := g.config(ingressConfigs, ingressKeys)
	switch mode := cm.text("ingressTransportMode"); strings.ToLower(mode) {
	case "", "http":
	case "https":
		if port = g.port(g.kind.https.name); port == 0 {
			g.ps.Valuef(model.GatewayConfig, cm.at("ingressTransportMode"), mode, "is https, but the gateway serves only http; use http, or "+
				"give it a certificate with spec.gateway.tlsSecret")
		} else if !g.accepts(acceptBackendTLS) {
			g.ps.Valuef(model.GatewayConfig, cm.at("ingressTransportMode"), mode, "is https, which requires a BackendTLSPolicy; use http, "+
				"or add a policy for the Service yourself and %q to spec.gateway.accept", acceptBackendTLS)
		}
	default:
		g.ps.Valuef(model.GatewayConfig, cm.at("ingressTransportMode"), mode, "%q is not a valid transport; use http or https", mode)
	}
	for _, key := range []string{"ingress.properties", "ingressResourceName", "tlsSecretName"} {
		if cm.text(key) != "" {
			g.ps.Infof(model.InputIgnored, cm.at(key), "has no effect with operatorMode: GatewayAPI; set it at the Gateway")
		}
	}
	r := g.newRoutes()
	slices.Sort(r.paths)
	r.rules = httproute.Split(httproute.Expose(r.paths, httproute.Backend{Name: g.ref.Name, Port: port}))
}

// reportPodless reports settings that have no effect because the API has no gateway pods.
func (g *gatewayBuilder) reportPodless() {
	const effect = "has no effect with the gateway kind gateway-api, which has no pods"
	spec := g.in.spec
	for _, f := range []struct {
		field string
		is    bool
	}{
		{"image", spec.Image != ""},
		{"replicas", spec.Replicas != nil},
		{"environmentVariables", len(spec.EnvironmentVariables) > 0},
		{"updateTimeStamp", spec.UpdateTimeStamp != ""},
	} {
		if f.is {
			g.ps.Infof(model.InputIgnored, g.in.specPlace.Child(f.field), effect)
		}
	}
	for _, name := range []string{
		hpaConfigsAnnotation, securityAnnotation, PullPolicyAnnotation, SelectorAnnotation, tlsSecretAnnotation,
	} {
		if g.annotation(name) != "" {
			g.ps.Infof(model.InputIgnored, annotation(g.in.item, name), effect)
		}
	}
	cm := g.config(hpaConfigs, nil)
	for _, key := range slices.Sorted(maps.Keys(cm.data)) {
		if strings.HasPrefix(key, "mgw") {
			g.ps.Infof(model.InputIgnored, cm.at(key), "has no effect on APIs with the gateway kind gateway-api, which has no pods")
		}
	}
}
