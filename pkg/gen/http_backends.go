package gen

import (
	"fmt"
	neturl "net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/gateway/httproute"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/swagger"
)

// target resolves the endpoints of an operation.
func (b *routesBuilder) target(o swagger.Operation) httproute.Target {
	t := httproute.Target{Timeout: b.timeout(o)}
	list := o.Production.List
	if len(list) == 0 {
		b.ps.Errorf(model.SwaggerEndpoint, o.Place, "has no production endpoint; add x-wso2-production-endpoints with the name of a TargetEndpoint")
	}
	if o.Production.Type == swagger.Failover && len(list) > 1 {
		b.warn(acceptFailover, o.Production.Place, "an HTTPRoute does not fail over: all requests go to its first endpoint")
		list = list[:1]
	}
	if len(o.Sandbox.List) > 0 {
		b.warn("sandbox-endpoints", o.Sandbox.Place, "all requests go to the production endpoints, those with sandbox tokens, too")
	}
	for _, e := range list {
		to, path, ok := b.endpoint(e)
		if !ok {
			continue
		}
		if len(t.Backends) == 0 {
			t.Path = path
		} else if path != t.Path {
			b.ps.Errorf(model.SwaggerEndpoint, o.Production.Place, "has endpoints with different paths, %q and %q; use the same path for all of them",
				t.Path, path)
		}
		t.Backends = append(t.Backends, to)
	}
	return t
}

// endpoint resolves one endpoint: a TargetEndpoint, or the URL of a Service in the input. It also returns the path of the URL.
func (b *routesBuilder) endpoint(e swagger.Endpoint) (to httproute.Backend, path string, ok bool) {
	if e.URL == "" {
		target := b.targets[e.Target]
		if target == nil || len(target.backend.ports) == 0 {
			return to, "", false // This is reported already.
		}
		return b.targetPort(target, target.backend.ports[0].port, e), "", true
	}
	u, err := neturl.Parse(e.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		b.ps.Valuef(model.SwaggerEndpoint, e.Place, e.URL, "%q is not the URL of a Service; use http://NAME.NAMESPACE:PORT/PATH", e.URL)
		return to, "", false
	}
	number, path := int32(80), strings.TrimSuffix(u.EscapedPath(), "/")
	if u.Scheme == "https" {
		number = 443
	}
	if p := u.Port(); p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			b.ps.Valuef(model.SwaggerEndpoint, e.Place, e.URL, "%q is not a port; use a number from 1 to 65535", p)
			return to, "", false
		}
		number = int32(n)
	}
	from, name := b.in.referrer(), strings.TrimSuffix(strings.TrimSuffix(u.Hostname(), "."+b.opts.gateway.domain), ".svc")
	if short, namespace, qualified := strings.Cut(name, "."); qualified {
		name, from.namespaces = short, []string{namespace}
	}
	if it := b.items.find("TargetEndpoint", name, from, e.Place, b.ps); it != nil && b.endpoints[it.Ref().String()] != nil {
		return b.targetPort(b.endpoints[it.Ref().String()], number, e), path, true
	}
	it := b.items.find("Service", name, from, e.Place, b.ps)
	if it == nil {
		b.ps.Valuef(model.SwaggerEndpoint, e.Place, e.URL, "%q is not the URL of a Service in the input, and an HTTPRoute can call nothing "+
			"else; add a TargetEndpoint, without an image if its Service exists, or use the gateway kind %s", e.URL, haproxyGateway.name)
		return to, "", false
	}
	if u.Scheme == "https" {
		b.requirePolicy(e.Place)
	}
	if krm.Text(it.Node(), "spec", "type") == "ExternalName" {
		b.ps.Valuef(model.SwaggerEndpoint, e.Place, e.URL, "is a Service of type ExternalName, which most implementations of the Gateway API "+
			"refuse; use the gateway kind %s", haproxyGateway.name)
	}
	return b.servicePort(it.Ref(), number), path, true
}

// targetPort returns a port of the Service of a TargetEndpoint.
func (b *routesBuilder) targetPort(e *endpoint, number int32, at swagger.Endpoint) httproute.Backend {
	if e.backend.protocol == "https" {
		b.requirePolicy(at.Place)
	}
	if !slices.ContainsFunc(e.backend.ports, func(p port) bool { return p.port == number }) {
		var ports []string
		for _, p := range e.backend.ports {
			ports = append(ports, fmt.Sprint(p.port))
		}
		b.ps.Valuef(model.SwaggerEndpoint, at.Place, at.URL, "%s has no port %d; available: %s", e.backend.place.Object, number,
			strings.Join(ports, ", "))
	}
	return b.servicePort(e.backend.ref, number)
}

// servicePort returns a port of a Service. A Service in another namespace requires a ReferenceGrant.
func (b *routesBuilder) servicePort(service model.Ref, number int32) httproute.Backend {
	to := httproute.Backend{Name: service.Name, Port: number}
	if namespace := model.NamespaceOf(service.Namespace); namespace != model.NamespaceOf(b.ref.Namespace) {
		to.Namespace = namespace
		if b.services[namespace] == nil {
			b.services[namespace] = map[string]bool{}
		}
		b.services[namespace][service.Name] = true
	}
	return to
}

// requirePolicy reports a backend with https, which a Gateway calls with http unless a BackendTLSPolicy exists.
func (b *routesBuilder) requirePolicy(at model.Place) {
	b.refuse(acceptBackendTLS, at, "a Gateway calls a backend with https only if there is a BackendTLSPolicy, which is not rendered")
}
