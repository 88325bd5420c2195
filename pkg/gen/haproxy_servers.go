package gen

import (
	"cmp"
	"encoding/json"
	"net"
	neturl "net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krm-fn/krm-fn/pkg/gateway/haproxy"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/swagger"
)

// pool resolves the endpoints of an operation.
func (r *routeBuilder) pool(o swagger.Operation) haproxy.Pool {
	p := haproxy.Pool{Failover: o.Production.Type == swagger.Failover, Timeout: r.timeout(o.Production)}
	for _, e := range o.Production.List {
		if s, ok := r.server(e); ok {
			p.Servers = append(p.Servers, s)
		}
	}
	for _, s := range p.Servers {
		if s.Path != p.Servers[0].Path {
			r.ps.Errorf(model.SwaggerEndpoint, o.Production.Place, "has endpoints with different paths, %q and %q; use the same path for all of them",
				p.Servers[0].Path, s.Path)
			break
		}
	}
	if len(o.Production.List) == 0 {
		r.ps.Errorf(model.SwaggerEndpoint, o.Place, "has no production endpoint; add x-wso2-production-endpoints, or servers with absolute URLs")
	}
	if len(o.Sandbox.List) > 0 {
		r.lose("sandbox-endpoints", o.Sandbox.Place)
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
	s.Address = r.address(s.Host, e.Place)
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

// address returns the address of a host that only the resolver of a pod would find, by the hosts file or by the domains that it
// searches; "" for any other. HAProxy asks the DNS server only, and for the name as it is.
func (r *routeBuilder) address(host string, at model.Place) string {
	for _, alias := range r.hostAliases {
		if slices.Contains(alias.Hostnames, host) {
			return alias.IP
		}
	}
	name, namespace, qualified := strings.Cut(strings.TrimSuffix(host, ".svc"), ".")
	switch {
	case host == "localhost":
		return "127.0.0.1"
	case net.ParseIP(host) != nil:
		return ""
	case !qualified:
		namespace = model.NamespaceOf(r.ref.Namespace)
	}
	for _, kind := range []string{"TargetEndpoint", "Service"} {
		if it := r.items.find(kind, name, referrer{r.in.item, []string{namespace}}, at, r.ps); it != nil {
			return r.service(it.Ref())
		}
	}
	if !qualified || strings.HasSuffix(host, ".svc") {
		return r.service(model.Ref{Name: name, Namespace: namespace})
	}
	return ""
}

// service returns the full name of a Service.
func (r *routeBuilder) service(ref model.Ref) string {
	return ref.Name + "." + model.NamespaceOf(ref.Namespace) + ".svc." + r.opts.gateway.domain
}

// backendServer returns the server of a TargetEndpoint: its Service, by the full name, because HAProxy does not search domains, or
// the container in the same pod.
func (r *routeBuilder) backendServer(e *endpoint) haproxy.Server {
	b := &e.backend
	ref := b.ref
	ref.Namespace = cmp.Or(ref.Namespace, model.NamespaceOf(r.ref.Namespace))
	s := haproxy.Server{Host: r.service(ref), Port: b.ports[0].port, Sleeps: r.opts.sleeps(e)}
	if r.mode == model.Sidecar {
		s.Host, s.Port, s.Sleeps = "127.0.0.1", b.ports[0].target, false
	}
	if b.protocol == "https" {
		s.TLS = r.verify(e, ref.Name+"."+ref.Namespace+".svc")
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

// timeout reads the settings of endpoints.
func (r *routeBuilder) timeout(e swagger.Endpoints) time.Duration {
	at := e.Place
	for name := range e.Settings {
		switch name {
		case "securityConfig":
			r.ps.Errorf(model.OutputUnsupported, at, "securityConfig of its endpoints is not supported; let the backend accept the gateway without a password")
		case "name", "advanceEndpointConfig":
		default:
			r.lose(name, at)
		}
	}
	var advanced struct {
		TimeoutInMillis int64           `json:"timeoutInMillis"`
		RetryConfig     json.RawMessage `json:"retryConfig"`
		CircuitBreaker  json.RawMessage `json:"circuitBreaker"`
	}
	text := e.Settings["advanceEndpointConfig"]
	if text == "" {
		return 0
	}
	if err := json.Unmarshal([]byte(text), &advanced); err != nil || advanced.TimeoutInMillis < 0 ||
		advanced.TimeoutInMillis > longestTimeout.Milliseconds() {
		r.ps.Errorf(model.SwaggerExtension, at,
			"advanceEndpointConfig of its endpoints cannot be read; use timeoutInMillis: NUMBER, up to %d", longestTimeout.Milliseconds())
		return 0
	}
	if advanced.RetryConfig != nil {
		r.lose("retryConfig", at)
	}
	if advanced.CircuitBreaker != nil {
		r.lose("circuitBreaker", at)
	}
	return time.Duration(advanced.TimeoutInMillis) * time.Millisecond
}
