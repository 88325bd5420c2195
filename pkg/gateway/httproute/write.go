package httproute

import (
	"fmt"
	"slices"
	"strings"
	"time"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// write adds a route to the rule of its path and target, or a rule for it. A rule that replaces a prefix has exactly one match.
func (b *builder) write(r *route) {
	for _, m := range r.matches() {
		key := fmt.Sprintf("%s %s %p %s", r.kind, r.path, r.api, r.target)
		at, known := b.positions[key]
		if known && r.kind != gatewayv1.PathMatchPathPrefix {
			b.All[at].Matches = append(b.All[at].Matches, m)
			continue
		}
		b.positions[key] = len(b.All)
		rule := r.rule()
		rule.Matches = []gatewayv1.HTTPRouteMatch{m}
		b.All = append(b.All, rule)
	}
}

// matches returns the matches of a route: its method, and the preflight requests for it. Where the path of the document is only a
// slash, the base path alone is the same path.
func (r *route) matches() []gatewayv1.HTTPRouteMatch {
	paths := []string{r.path}
	if r.Path == "/" && r.api.BasePath != "" {
		paths = append(paths, strings.TrimSuffix(r.path, "/"))
	}
	var all []gatewayv1.HTTPRouteMatch
	for _, path := range paths {
		match := gatewayv1.HTTPRouteMatch{
			Path:   &gatewayv1.HTTPPathMatch{Type: new(r.kind), Value: new(path)},
			Method: new(gatewayv1.HTTPMethod(r.Method)),
		}
		all = append(all, match)
		if r.api.CORS == nil || r.Method == string(gatewayv1.HTTPMethodOptions) {
			continue
		}
		match.Method = new(gatewayv1.HTTPMethodOptions)
		match.Headers = []gatewayv1.HTTPHeaderMatch{{
			Type: new(gatewayv1.HeaderMatchExact), Name: "Access-Control-Request-Method", Value: r.Method,
		}}
		all = append(all, match)
	}
	return all
}

// rule returns the rule of a route without matches. It has all fields that an API server would add with their defaults, because
// programs such as Argo CD would report them as differences.
func (r *route) rule() gatewayv1.HTTPRouteRule {
	var rule gatewayv1.HTTPRouteRule
	if r.api.CORS != nil {
		rule.Filters = append(rule.Filters, gatewayv1.HTTPRouteFilter{Type: gatewayv1.HTTPRouteFilterCORS, CORS: r.api.CORS})
	}
	if r.replacement != nil {
		rule.Filters = append(rule.Filters, gatewayv1.HTTPRouteFilter{
			Type: gatewayv1.HTTPRouteFilterURLRewrite, URLRewrite: &gatewayv1.HTTPURLRewriteFilter{Path: r.replacement},
		})
	}
	for _, to := range r.Target.Backends {
		rule.BackendRefs = append(rule.BackendRefs, backendRef(to))
	}
	if r.Target.Timeout > 0 {
		rule.Timeouts = &gatewayv1.HTTPRouteTimeouts{Request: new(duration(r.Target.Timeout))}
	}
	return rule
}

// Group is the API group of Gateways and HTTPRoutes.
const Group = "gateway.networking.k8s.io"

func backendRef(b Backend) gatewayv1.HTTPBackendRef {
	var ref gatewayv1.HTTPBackendRef
	ref.Group, ref.Kind, ref.Weight = new(gatewayv1.Group("")), new(gatewayv1.Kind("Service")), new(int32(1))
	ref.Name, ref.Port = gatewayv1.ObjectName(b.Name), new(b.Port)
	if b.Namespace != "" {
		ref.Namespace = new(gatewayv1.Namespace(b.Namespace))
	}
	return ref
}

// Expose returns the rule that sends all requests below the given paths to a backend, unchanged.
func Expose(paths []string, to Backend) []gatewayv1.HTTPRouteRule {
	var rules []gatewayv1.HTTPRouteRule
	for _, path := range paths {
		rules = append(rules, gatewayv1.HTTPRouteRule{
			Matches: []gatewayv1.HTTPRouteMatch{{
				Path: &gatewayv1.HTTPPathMatch{Type: new(gatewayv1.PathMatchPathPrefix), Value: new(path)},
			}},
			BackendRefs: []gatewayv1.HTTPBackendRef{backendRef(to)},
		})
	}
	return rules
}

// Parent returns the reference to a Gateway. The other fields of it can be empty.
func Parent(name, namespace, section string, port int32) gatewayv1.ParentReference {
	ref := gatewayv1.ParentReference{
		Group: new(gatewayv1.Group(Group)), Kind: new(gatewayv1.Kind("Gateway")), Name: gatewayv1.ObjectName(name),
	}
	if namespace != "" {
		ref.Namespace = new(gatewayv1.Namespace(namespace))
	}
	if section != "" {
		ref.SectionName = new(gatewayv1.SectionName(section))
	}
	if port != 0 {
		ref.Port = new(port)
	}
	return ref
}

// duration formats a duration of whole milliseconds (GEP-2257): numbers of at most 5 digits.
func duration(d time.Duration) gatewayv1.Duration {
	var text strings.Builder
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}, {time.Millisecond, "ms"}} {
		if n := d / u.of; n > 0 {
			fmt.Fprintf(&text, "%d%s", n, u.name)
			d -= n * u.of
		}
	}
	return gatewayv1.Duration(text.String())
}

// The limits of an HTTPRoute.
const (
	maxRules   = 16
	maxMatches = 128
)

// Split distributes rules over as few HTTPRoutes as possible, in their order.
func Split(rules []gatewayv1.HTTPRouteRule) [][]gatewayv1.HTTPRouteRule {
	var all [][]gatewayv1.HTTPRouteRule
	matches := 0
	for _, r := range rules {
		matches += len(r.Matches)
		if last := len(all) - 1; last >= 0 && len(all[last]) < maxRules && matches <= maxMatches {
			all[last] = append(all[last], r)
			continue
		}
		all, matches = append(all, []gatewayv1.HTTPRouteRule{r}), len(r.Matches)
	}
	return all
}

// IsMethod reports whether an HTTPRoute can match or allow a method.
func IsMethod(s string) bool { return slices.Contains(methods, s) }

// IsOrigin reports whether a text can be an origin that a CORS filter allows.
func IsOrigin(s string) bool { return len(s) <= maxOrigin && origin().MatchString(s) }

const maxOrigin = 253

// origin is the pattern of CORSOrigin in apis/v1/shared_types.go, without "*".
var origin = model.Pattern(`^https?://((\*\.)?([a-zA-Z0-9-]+\.)*[a-zA-Z0-9-]+|\*)(:[0-9]{1,5})?$`)
