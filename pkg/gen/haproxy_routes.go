package gen

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	neturl "net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krm-fn/krm-fn/pkg/gateway/haproxy"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/swagger"
)

// routeBuilder turns the operations of documents into those of a gateway.
type routeBuilder struct {
	*gatewayBuilder
	facts    *haproxyFacts
	security *security
	limits   limits
}

// description is what a document says about itself, besides its operations.
type description struct {
	schemes    map[string]swagger.SecurityScheme
	extensions map[string]string
	security   []swagger.Requirement
}

func (r *routeBuilder) api(d *swagger.Document, operations []swagger.Operation, of description) haproxy.API {
	a := haproxy.API{BasePath: strings.TrimSuffix(d.BasePath, "/")}
	r.unsupported(of.extensions, d.Place)
	a.CORS = r.cors(of.extensions, d.Place)
	a.Limit = r.limit(of.extensions, d.Place, []string{"x-wso2-throttling-tier", "x-throttling-tier"})
	r.security.begin(operations, of)
	for _, o := range operations {
		r.unsupported(o.Extensions, o.Place)
		out := haproxy.Operation{ID: o.ID, Method: o.Method, Path: o.Path, Pool: r.pool(o), Access: r.security.access(o)}
		if a.Limit == nil {
			out.Limit = r.limit(o.Extensions, o.Place, []string{"x-throttling-tier", "x-wso2-throttling-tier"})
		}
		if strings.ContainsAny(o.Path, "?#") {
			r.ps.Valuef(model.SwaggerSpec, o.Place, o.Path, "the path %q has a query or a fragment, which no request path has; remove it", o.Path)
		}
		a.Operations = append(a.Operations, out)
	}
	r.security.end(d)
	return a
}

// pool resolves the endpoints of an operation.
func (r *routeBuilder) pool(o swagger.Operation) haproxy.Pool {
	p := haproxy.Pool{Failover: o.Production.Type == swagger.Failover, Timeout: r.timeout(o)}
	for _, e := range o.Production.List {
		if s, ok := r.server(e); ok {
			p.Servers = append(p.Servers, s)
		}
	}
	for _, s := range p.Servers {
		if s.Path != p.Servers[0].Path {
			r.ps.Errorf(model.SwaggerEndpoint, o.Place, "has endpoints with different paths, %q and %q; use the same path for all of them",
				p.Servers[0].Path, s.Path)
			break
		}
	}
	if len(o.Production.List) == 0 {
		r.ps.Errorf(model.SwaggerEndpoint, o.Place, "has no production endpoint; add x-wso2-production-endpoints, or servers with absolute URLs")
	}
	if len(o.Sandbox.List) > 0 {
		r.accept("sandbox-endpoints", o.Place, "all requests go to the production endpoints, those with sandbox tokens, too")
	}
	return p
}

// server resolves one endpoint: a URL, or a TargetEndpoint.
func (r *routeBuilder) server(e swagger.Endpoint) (haproxy.Server, bool) {
	if e.URL == "" {
		target := r.targets[e.Target]
		if target == nil || len(target.backend.ports) == 0 {
			return haproxy.Server{}, false // This is reported already.
		}
		return r.backendServer(target), true
	}
	u, err := neturl.Parse(e.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
		strings.ContainsAny(e.URL, "{}(),") {
		r.ps.Valuef(model.SwaggerEndpoint, e.Place, e.URL,
			"%q is not an address that HAProxy can call; use http://HOST:PORT/PATH or https://HOST:PORT/PATH", e.URL)
		return haproxy.Server{}, false
	}
	s := haproxy.Server{Host: u.Hostname(), Port: 80, Path: strings.TrimSuffix(u.EscapedPath(), "/")}
	if u.Scheme == "https" {
		s.Port, s.TLS = 443, &haproxy.TLS{}
	}
	if p := u.Port(); p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			r.ps.Valuef(model.SwaggerEndpoint, e.Place, e.URL, "%q is not a port; use a number from 1 to 65535", p)
		}
		s.Port = int32(n)
	}
	if net.ParseIP(s.Host) == nil && !haproxy.IsHost(s.Host) {
		r.ps.Valuef(model.SwaggerEndpoint, e.Place, e.URL, "%q is not a host name", s.Host)
	}
	return s, true
}

// backendServer returns the server of a TargetEndpoint: its Service, by the full name, because HAProxy does not search domains, or
// the container in the same pod.
func (r *routeBuilder) backendServer(e *endpoint) haproxy.Server {
	b := &e.backend
	namespace := b.ref.Namespace
	if namespace == "" {
		namespace = model.NamespaceOf(r.ref.Namespace)
	}
	s := haproxy.Server{
		Host: b.ref.Name + "." + namespace + ".svc." + r.opts.gateway.domain, Port: b.ports[0].port, Sleeps: r.opts.sleeps(e),
	}
	if r.mode == model.Sidecar {
		s.Host, s.Port, s.Sleeps = "127.0.0.1", b.ports[0].target, false
	}
	if b.protocol == "https" {
		s.TLS = r.verify(e, b.ref.Name+"."+namespace+".svc")
	}
	return s
}

// verify reads how the gateway verifies the certificate of a TargetEndpoint.
func (r *routeBuilder) verify(e *endpoint, name string) *haproxy.TLS {
	it := e.input.item
	text, at := it.Annotations[tlsAnnotation], annotation(it, tlsAnnotation)
	ca, err := parseVerify(text)
	switch {
	case text == insecure:
		return &haproxy.TLS{Insecure: true, Name: name}
	case text == "":
		r.ps.Errorf(model.GatewaySecurity, at, "is missing; set it to configmap/NAME/KEY or secret/NAME/KEY of the CA certificate, "+
			"in the namespace of the API, or to %s", insecure)
		return nil
	case err != nil:
		r.ps.Valuef(model.InputValue, at, text, "%v", err)
		return nil
	}
	if found := r.items.find(ca.kind, ca.name, r.in.referrer(), at, r.ps); found != nil {
		ca.name = found.Ref().Name
	}
	if n := it.Annotations[tlsNameAnnotation]; n != "" {
		name = n
	}
	if !haproxy.IsHost(name) {
		r.ps.Valuef(model.InputName, annotation(it, tlsNameAnnotation), name,
			"%q is not a valid host name; use the one in the certificate", name)
	}
	return &haproxy.TLS{CAFile: r.facts.mount(ca), Name: name}
}

// longestTimeout is the longest time in which a backend must respond.
const longestTimeout = 24 * time.Hour

// timeout reads the settings of the endpoints of an operation.
func (r *routeBuilder) timeout(o swagger.Operation) time.Duration {
	for _, name := range slices.Sorted(maps.Keys(o.Production.Settings)) {
		switch name {
		case "securityConfig":
			r.ps.Errorf(model.OutputUnsupported, o.Place, "securityConfig of its endpoints is not supported; let the backend accept the gateway without a password")
		case "name", "advanceEndpointConfig":
		default:
			r.accept(name, o.Place, "the endpoints are used without it")
		}
	}
	var advanced struct {
		TimeoutInMillis int64           `json:"timeoutInMillis"`
		RetryConfig     json.RawMessage `json:"retryConfig"`
		CircuitBreaker  json.RawMessage `json:"circuitBreaker"`
	}
	text := o.Production.Settings["advanceEndpointConfig"]
	if text == "" {
		return 0
	}
	if err := json.Unmarshal([]byte(text), &advanced); err != nil || advanced.TimeoutInMillis < 0 ||
		advanced.TimeoutInMillis > longestTimeout.Milliseconds() {
		r.ps.Errorf(model.SwaggerExtension, o.Place,
			"advanceEndpointConfig of its endpoints cannot be read; use timeoutInMillis: NUMBER, up to %d", longestTimeout.Milliseconds())
		return 0
	}
	if advanced.RetryConfig != nil {
		r.accept("retryConfig", o.Place, "a request is tried once on each server")
	}
	if advanced.CircuitBreaker != nil {
		r.accept("circuitBreaker", o.Place, "a server is left out only while it accepts no connections")
	}
	return time.Duration(advanced.TimeoutInMillis) * time.Millisecond
}

// extensionEffects are the extensions that HAProxy cannot do, and what happens without them. An error is reported for those that
// guard an API.
var extensionEffects = []struct {
	name, effect string
	err          bool
}{
	{"x-wso2-mutual-ssl", "clients are not asked for certificates", true},
	{"x-wso2-application-security", "use security, and a Security for each scheme", true},
	{"x-wso2-auth-header", "tokens are expected in Authorization", true},
	{"x-wso2-request-interceptor", "requests are not intercepted", false},
	{"x-wso2-response-interceptor", "responses are not intercepted", false},
	{"x-wso2-response-cache", "responses are not cached", false},
	{"x-wso2-transports", "the gateway serves http, and https if it has a certificate", false},
}

func (r *routeBuilder) unsupported(extensions map[string]string, at model.Place) {
	for _, e := range extensionEffects {
		if _, has := extensions[e.name]; !has {
			continue
		}
		if e.err {
			r.ps.Errorf(model.OutputUnsupported, at.Child(e.name), "HAProxy does not support %s: %s", e.name, e.effect)
			continue
		}
		r.accept(e.name, at.Child(e.name), e.effect)
	}
}

// accept reports a feature that is lost, unless spec.gateway.accept lists it.
func (r *routeBuilder) accept(feature string, at model.Place, effect string) {
	if !r.accepts(feature) {
		r.ps.Warnf(model.OutputUnsupported, at, "HAProxy does not support %s: %s; add %[1]q to spec.gateway.accept if that is acceptable",
			feature, effect)
	}
}

// cors reads x-wso2-cors. The micro-gateway knows its keys in camel case, snake case, and kebab case (APICorsConfigurationDTO of
// product-microgateway 3.2).
func (r *routeBuilder) cors(extensions map[string]string, at model.Place) *haproxy.CORS {
	text, has := extensions["x-wso2-cors"]
	if !has {
		return nil
	}
	at = at.Child("x-wso2-cors")
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		r.ps.Errorf(model.SwaggerExtension, at, "is not a mapping; use accessControlAllowOrigins and others")
		return nil
	}
	c, enabled := &haproxy.CORS{}, true
	to := map[string]any{
		"accessControlAllowOrigins": &c.Origins, "accessControlAllowMethods": &c.Methods, "accessControlAllowHeaders": &c.Headers,
		"accessControlAllowCredentials": &c.Credentials, "corsConfigurationEnabled": &enabled,
	}
	known := slices.Sorted(maps.Keys(to))
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		i := slices.IndexFunc(known, func(k string) bool { return plain(k) == plain(key) })
		if i < 0 {
			r.ps.Add(model.Problem{
				ID: model.SwaggerExtension, Severity: model.Error, Place: at.Child(key), Suggestion: krm.Suggest(key, known),
				Message: fmt.Sprintf("unknown field %q%s", key, krm.DidYouMean(key, known)),
			})
			continue
		}
		if err := json.Unmarshal(fields[key], to[known[i]]); err != nil {
			r.ps.Errorf(model.SwaggerExtension, at.Child(key), "has the wrong type; use a list of strings, or true or false for credentials")
		}
	}
	if !enabled {
		return nil
	}
	return c
}

// plain removes what differs between the spellings of a key.
func plain(key string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(key))
}
