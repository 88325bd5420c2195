package gen

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/krm-fn/krm-fn/pkg/gateway/haproxy"
	"github.com/krm-fn/krm-fn/pkg/gateway/httproute"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/swagger"
)

// routesBuilder turns the operations of documents into those of HTTPRoutes.
type routesBuilder struct {
	*gatewayBuilder
	security *security
	// services are the Services in other namespaces that the routes call, by namespace.
	services map[string]map[string]bool
	// warned has the features that were reported for the document that is read, and timeouts the settings of its endpoints.
	warned   map[string]bool
	timeouts map[string]time.Duration
}

// Features that spec.gateway.accept can list for HTTPRoutes, besides the names of extensions and settings.
const (
	acceptBackendTLS = "backend-tls"
	acceptFailover   = "failover"
	acceptPatterns   = "regular-expressions"
	// acceptPrefixes means that a path with parameters can become a prefix, which also matches longer paths.
	acceptPrefixes = "path-parameters"
	// acceptPublic means that a document asks nobody for credentials, and acceptSecurity that nothing verifies those that it
	// requires.
	acceptPublic     = "public"
	acceptSecurity   = "security"
	acceptRateLimits = "rate-limits"
)

func (b *routesBuilder) api(d *swagger.Document, operations []swagger.Operation, of description) httproute.API {
	b.warned, b.timeouts = map[string]bool{}, map[string]time.Duration{}
	a := httproute.API{BasePath: strings.TrimSuffix(d.BasePath, "/"), CORS: b.cors(of.extensions, d.Place)}
	b.unsupported(of.extensions, d.Place)
	b.access(d, operations, of)
	for _, o := range operations {
		b.unsupported(o.Extensions, o.Place)
		out := httproute.Operation{Place: o.Place, Method: o.Method, Path: o.Path, Target: b.target(o)}
		a.Operations = append(a.Operations, out)
	}
	return a
}

// access reports operations that require credentials, which an HTTPRoute cannot verify.
func (b *routesBuilder) access(d *swagger.Document, operations []swagger.Operation, of description) {
	b.security.begin(operations, of)
	var guarded []swagger.Operation
	for _, o := range operations {
		if b.security.requirements(o) != nil {
			guarded = append(guarded, o)
		}
	}
	switch {
	case len(guarded) == 0 && len(operations) > 0:
		if !b.accepts(acceptPublic) {
			b.ps.Warnf(model.GatewaySecurity, d.Place, "asks nobody for credentials, so everyone who reaches the Gateway can call the API; "+
				"add %q to spec.gateway.accept if that is acceptable", acceptPublic)
		}
	case len(guarded) == 0:
	case b.accepts(acceptSecurity):
		b.ps.Warnf(model.GatewaySecurity, d.Place, "requires credentials for %d operations, which an HTTPRoute does not verify: everyone who "+
			"reaches the Gateway can call them, unless a policy of its implementation verifies the credentials", len(guarded))
	default:
		b.ps.Errorf(model.GatewaySecurity, guarded[0].Place, "requires credentials, like %d other operations, which an HTTPRoute cannot "+
			"verify; use the gateway kind %s, or, if a policy of the Gateway verifies them, add %q to spec.gateway.accept",
			len(guarded)-1, haproxyGateway.name, acceptSecurity)
	}
}

// routeExtensions are extensions that an HTTPRoute cannot express, with their features and what happens without them. An error is
// reported for those that guard an API.
var routeExtensions = []struct {
	name, feature, effect string
	guards                bool
}{
	{"x-wso2-mutual-ssl", acceptSecurity, "clients are not asked for certificates", true},
	{"x-wso2-application-security", acceptSecurity, "nothing verifies credentials", true},
	{"x-wso2-auth-header", acceptSecurity, "nothing verifies credentials", true},
	{"x-wso2-throttling-tier", acceptRateLimits, "requests are not limited", true},
	{"x-throttling-tier", acceptRateLimits, "requests are not limited", true},
	{"x-wso2-request-interceptor", "", "requests are not intercepted", false},
	{"x-wso2-response-interceptor", "", "responses are not intercepted", false},
	{"x-wso2-response-cache", "", "responses are not cached", false},
	{"x-wso2-transports", "", "the listeners of the Gateway decide between http and https", false},
}

func (b *routesBuilder) unsupported(extensions map[string]string, at model.Place) {
	for _, e := range routeExtensions {
		text, has := extensions[e.name]
		switch {
		case !has || e.feature == acceptRateLimits && text == `"`+unlimited+`"`:
		case e.guards:
			b.refuse(e.feature, at.Child(e.name), "%s", e.effect)
		default:
			b.warn(e.name, at.Child(e.name), e.effect)
		}
	}
}

// accepts reports whether a feature may be lost.
func (g *gatewayBuilder) accepts(feature string) bool {
	if !slices.Contains(g.opts.gateway.accept, feature) {
		return false
	}
	g.accepted[feature] = true
	return true
}

// refuse reports a feature that an HTTPRoute lacks, and that must not be lost unless spec.gateway.accept lists it.
func (b *routesBuilder) refuse(feature string, at model.Place, format string, args ...any) {
	if !b.accepts(feature) {
		b.ps.Errorf(model.OutputUnsupported, at, "an HTTPRoute does not support it: %s; use the gateway kind %s, or add %q to "+
			"spec.gateway.accept if that is acceptable", fmt.Sprintf(format, args...), haproxyGateway.name, feature)
	}
}

// warn reports the first place in a document of a feature that is lost, unless spec.gateway.accept lists it.
func (b *routesBuilder) warn(feature string, at model.Place, effect string) {
	if !b.accepts(feature) && !b.warned[feature] {
		b.warned[feature] = true
		b.ps.Warnf(model.OutputUnsupported, at, "%s; add %q to spec.gateway.accept if that is acceptable", effect, feature)
	}
}

// timeout returns the timeout of an operation.
func (b *routesBuilder) timeout(o swagger.Operation) time.Duration {
	key := fmt.Sprint(o.Production.Settings)
	t, known := b.timeouts[key]
	if !known {
		t = b.readTimeout(o)
		b.timeouts[key] = t
	}
	return t
}

// readTimeout reads the settings of the endpoints of an operation.
func (b *routesBuilder) readTimeout(o swagger.Operation) time.Duration {
	var advanced map[string]json.RawMessage
	for _, name := range slices.Sorted(maps.Keys(o.Production.Settings)) {
		switch name {
		case "name":
		case "securityConfig":
			b.ps.Errorf(model.OutputUnsupported, o.Production.Place,
				"securityConfig of its endpoints is not supported; let the backend accept the Gateway without a password")
		case "advanceEndpointConfig":
			if err := json.Unmarshal([]byte(o.Production.Settings[name]), &advanced); err != nil {
				b.ps.Errorf(model.SwaggerExtension, o.Production.Place, "advanceEndpointConfig of its endpoints is not a mapping; use timeoutInMillis: NUMBER")
			}
		default:
			b.warn(name, o.Production.Place, "its endpoints are used without "+name)
		}
	}
	var millis int64
	const most = int64(httproute.MaxTimeout / time.Millisecond)
	for _, name := range slices.Sorted(maps.Keys(advanced)) {
		if name != "timeoutInMillis" {
			b.warn(name, o.Production.Place, "its endpoints are used without "+name)
			continue
		}
		if err := json.Unmarshal(advanced[name], &millis); err != nil || millis < 0 || millis > most {
			b.ps.Errorf(model.SwaggerExtension, o.Production.Place, "timeoutInMillis of its endpoints is %s; use a number from 0 to %d",
				advanced[name], most)
			millis = 0
		}
	}
	return time.Duration(millis) * time.Millisecond
}

// cors returns the filter for x-wso2-cors; nil if no other site can call the API.
func (b *routesBuilder) cors(extensions map[string]string, at model.Place) *gatewayv1.HTTPCORSFilter {
	c := (&routeBuilder{gatewayBuilder: b.gatewayBuilder}).cors(extensions, at)
	if c == nil || len(c.Origins) == 0 {
		return nil
	}
	at = at.Child("x-wso2-cors")
	f := &gatewayv1.HTTPCORSFilter{MaxAge: 5} // The default of the Gateway API, and of browsers.
	if c.Credentials {
		f.AllowCredentials = new(true)
	}
	for _, s := range distinct(c.Origins) {
		if s != "*" && !httproute.IsOrigin(s) {
			b.ps.Valuef(model.SwaggerExtension, at.Child("accessControlAllowOrigins"), s,
				`%q is not an origin; use "*", or one such as https://shop.example.com`, s)
		}
		f.AllowOrigins = append(f.AllowOrigins, gatewayv1.CORSOrigin(s))
	}
	for _, s := range distinct(c.Methods) {
		if s != "*" && !httproute.IsMethod(s) {
			b.ps.Valuef(model.SwaggerExtension, at.Child("accessControlAllowMethods"), s, "%q is not a method that an HTTPRoute can allow", s)
		}
		f.AllowMethods = append(f.AllowMethods, gatewayv1.HTTPMethodWithWildcard(s))
	}
	for _, s := range distinct(c.Headers) {
		if s != "*" && !haproxy.IsToken(s) {
			b.ps.Valuef(model.SwaggerExtension, at.Child("accessControlAllowHeaders"), s, "%q is not the name of a header", s)
		}
		f.AllowHeaders = append(f.AllowHeaders, gatewayv1.HTTPHeaderName(s))
	}
	return f
}

// distinct returns the different values, or only "*" if it is among them: an HTTPRoute does not allow more then.
func distinct(values []string) []string {
	if slices.Contains(values, "*") {
		return []string{"*"}
	}
	var all []string
	for _, v := range values {
		if !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}
