package gen

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

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

// refusals are the extensions that guard an API, and that HAProxy cannot do.
var refusals = map[string]string{
	"x-wso2-mutual-ssl":           "clients are not asked for certificates",
	"x-wso2-application-security": "use security, and a Security for each scheme",
	"x-wso2-auth-header":          "tokens are expected in Authorization",
}

// losses are the other extensions, and the settings of endpoints, that HAProxy cannot do, with what happens without them.
// spec.gateway.accept lists those that may be lost.
var losses = map[string]string{
	"x-wso2-request-interceptor":  "requests are not intercepted",
	"x-wso2-response-interceptor": "responses are not intercepted",
	"x-wso2-response-cache":       "responses are not cached",
	"x-wso2-transports":           "the gateway serves http, and https if it has a certificate",
	"sandbox-endpoints":           "all requests go to the production endpoints, those with sandbox tokens, too",
	"retryConfig":                 "a request is tried once on each server",
	"circuitBreaker":              "a server is left out only while it accepts no connections",
	"algoClassName":               "the endpoints are used without it",
	"algoCombination":             "the endpoints are used without it",
	"failOver":                    "the endpoints are used without it",
	"sessionManagement":           "the endpoints are used without it",
	"sessionTimeOut":              "the endpoints are used without it",
}

func (r *routeBuilder) unsupported(extensions map[string]string, at model.Place) {
	for name := range extensions {
		if effect, refused := refusals[name]; refused {
			r.ps.Errorf(model.OutputUnsupported, at.Child(name), "HAProxy does not support %s: %s", name, effect)
		}
		if losses[name] != "" {
			r.lose(name, at.Child(name))
		}
	}
}

// lose reports a feature that is lost, unless spec.gateway.accept lists it.
func (r *routeBuilder) lose(feature string, at model.Place) {
	if !r.accepts(feature) {
		r.ps.Warnf(model.OutputUnsupported, at, "HAProxy does not support %s: %s; add %[1]q to spec.gateway.accept if that is acceptable",
			feature, losses[feature])
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
