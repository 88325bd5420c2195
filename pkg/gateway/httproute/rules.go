package httproute

import (
	"fmt"
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// Rules are the rules of the documents of a gateway.
type Rules struct {
	// All are the rules, in the order of the operations.
	All []gatewayv1.HTTPRouteRule
	// Pattern is the first operation that requires a match of type RegularExpression, and Prefix the first that requires a prefix
	// that also matches other paths; nil for none.
	Pattern, Prefix *Operation
}

// builder makes rules.
type builder struct {
	Rules
	// prefixes means that paths with parameters can become prefixes.
	prefixes bool
	// taken has the routes by what they match, and positions those of rules by what their operations share.
	taken     map[string]*route
	positions map[string]int
	// templates has the operations whose requests others can get, by method.
	templates map[string][]*group
	// compared is the number of pairs of them that were compared.
	compared int
	ps       model.Problems
}

// group is routes of the same target.
type group struct {
	target string
	routes []*route
}

// route is an operation with what its rule matches.
type route struct {
	*Operation
	api  *API
	kind gatewayv1.PathMatchType
	// path is the value of the match.
	path string
	// replacement is the path modifier that replaces the base path; nil for none.
	replacement *gatewayv1.HTTPPathModifier
	// target identifies the target of the operation.
	target string
	// segments are those of the template. A prefix matches as many of them as prefix says.
	segments []segment
	prefix   int
}

// methods are the methods that an HTTPRoute can match.
var methods = []string{"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}

// maxBackends is the maximum number of backends of a rule.
const maxBackends = 16

// New returns the rules for the operations of documents. If prefixes is false, operations that require a prefix have none.
func New(apis []API, prefixes bool) (Rules, model.Problems) {
	b := builder{
		prefixes: prefixes, taken: map[string]*route{}, positions: map[string]int{}, templates: map[string][]*group{},
	}
	for i := range apis {
		for j := range apis[i].Operations {
			b.add(&apis[i], &apis[i].Operations[j])
		}
	}
	return b.Rules, b.ps
}

func (b *builder) add(a *API, o *Operation) {
	if problem := pathProblem(a.BasePath, o.Path); problem != "" {
		b.ps.Valuef(model.SwaggerSpec, o.Place, o.Path, "the path %q %s", o.Path, problem)
		return
	}
	if !slices.Contains(methods, o.Method) {
		b.ps.Valuef(model.OutputUnsupported, o.Place, o.Method, "an HTTPRoute cannot match the method %s; use one of %s",
			o.Method, strings.Join(methods, ", "))
		return
	}
	if n := len(o.Target.Backends); n > maxBackends {
		b.ps.Errorf(model.OutputUnsupported, o.Place, "has %d endpoints; use at most %d, the maximum of an HTTPRoute", n, maxBackends)
		return
	}
	r := newRoute(a, o)
	if n := max(len(r.path), len(encode(o.Target.Path+o.Path))); n > maxPath {
		b.ps.Errorf(model.OutputUnsupported, o.Place, "requires a path of %d characters in an HTTPRoute; use at most %d", n, maxPath)
		return
	}
	if b.Pattern == nil && r.kind == gatewayv1.PathMatchRegularExpression {
		b.Pattern = o
	}
	if r.kind == gatewayv1.PathMatchPathPrefix {
		if b.Prefix == nil {
			b.Prefix = o
		}
		if !b.prefixes {
			return
		}
	}
	if !b.isTaken(r) && !b.isAmbiguous(r) {
		b.write(r)
	}
}

// newRoute decides how a rule matches the requests of an operation. The base path can be replaced in the path of an exact match,
// and in a prefix, but not in what a regular expression matches.
func newRoute(a *API, o *Operation) *route {
	whole := a.BasePath + o.Path
	r := route{Operation: o, api: a, segments: segments(whole), target: fmt.Sprint(o.Target)}
	replaces := a.BasePath != o.Target.Path
	switch {
	case !slices.ContainsFunc(r.segments, func(s segment) bool { return s.param }):
		r.kind, r.path = gatewayv1.PathMatchExact, encode(whole)
		if replaces {
			r.replacement = &gatewayv1.HTTPPathModifier{
				Type: gatewayv1.FullPathHTTPPathModifier, ReplaceFullPath: new(encode(o.Target.Path + o.Path)),
			}
		}
	case !replaces:
		r.kind, r.path = gatewayv1.PathMatchRegularExpression, pattern(whole)
	default:
		prefix, replacement := encode(literalPart(whole)), encode(o.Target.Path+literalPart(o.Path))
		r.kind, r.path, r.prefix = gatewayv1.PathMatchPathPrefix, orRoot(prefix), strings.Count(prefix, "/")
		r.replacement = &gatewayv1.HTTPPathModifier{
			Type: gatewayv1.PrefixMatchHTTPPathModifier, ReplacePrefixMatch: new(orRoot(replacement)),
		}
	}
	return &r
}

func orRoot(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

// isTaken reports whether another operation matches the same, which is a problem unless both become one prefix for one target.
func (b *builder) isTaken(r *route) bool {
	key := r.Method + " " + string(r.kind) + " " + r.path
	other := b.taken[key]
	switch {
	case other == nil:
		b.taken[key] = r
		return false
	case r.kind != gatewayv1.PathMatchPathPrefix:
		b.ps.Errorf(model.SwaggerSpec, r.Place, "matches the same requests as %s; remove one of them", other)
	case r.target != other.target:
		b.reportAmbiguous(r, other)
	}
	return true
}

// maxCompared limits the comparisons of paths, whose number can grow with the square of the operations.
const maxCompared = 1 << 22

// isAmbiguous reports whether another target would get, or could get, some requests of an operation: the Gateway API does not
// define the precedence of regular expressions, and a longer prefix precedes a shorter one. Exact matches precede all others, as
// OpenAPI requires.
func (b *builder) isAmbiguous(r *route) bool {
	if r.kind == gatewayv1.PathMatchExact {
		return false
	}
	var own *group
	for _, g := range b.templates[r.Method] {
		if g.target == r.target {
			own = g
			continue
		}
		for _, other := range g.routes {
			b.compared++
			if b.compared == maxCompared {
				b.ps.Errorf(model.InputLimit, r.Place, "is one of too many paths with parameters and different endpoints; split the API")
			}
			if b.compared >= maxCompared {
				return true
			}
			if collide(r, other) {
				b.reportAmbiguous(r, other)
				return true
			}
		}
	}
	if own == nil {
		own = &group{target: r.target}
		b.templates[r.Method] = append(b.templates[r.Method], own)
	}
	own.routes = append(own.routes, r)
	return false
}

func (b *builder) reportAmbiguous(r, other *route) {
	b.ps.Errorf(model.OutputUnsupported, r.Place, "an HTTPRoute cannot tell some of its requests from those of %s, which has other "+
		"endpoints or another timeout; use the same for both, or the gateway kind haproxy", other)
}

// collide reports whether one of two routes with parameters could get requests of the other.
func collide(a, b *route) bool {
	if a.prefix < b.prefix || a.kind != gatewayv1.PathMatchPathPrefix {
		a, b = b, a // If there is a prefix, a is the longer one.
	}
	if a.kind != gatewayv1.PathMatchPathPrefix {
		return len(a.segments) == len(b.segments) && overlap(a.segments, b.segments)
	}
	n := a.prefix
	if len(b.segments) < n || !overlap(a.segments[:n], b.segments[:n]) {
		return false
	}
	// The longer prefix may get a request that is also one of its own operation, which is the more specific one.
	return b.kind != gatewayv1.PathMatchPathPrefix || !covers(a.segments[n:], b.segments[n:])
}
