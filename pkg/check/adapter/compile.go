package adapter

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	k8slabels "k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	adapterconfig "sigs.k8s.io/prometheus-adapter/pkg/config"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"

	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// checkExample builds an example query as the adapter does, and parses it as Prometheus does.
func checkExample(r *Rule) {
	at, ps := r.Field("metricsQuery"), &r.Config.Problems
	series := "series"
	if names := r.Names(); len(names) > 0 {
		series = names[0]
	}
	query, ok := r.ExampleQuery(series)
	if !ok {
		if strings.TrimSpace(r.MetricsQuery) == "" {
			ps.Errorf(model.RuleQuery, at, "is empty; add a query, such as sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)")
		}
		return
	}
	e, err := promexpr.Parser.ParseExpr(query)
	if err != nil {
		ps.Errorf(model.RuleQuery, at, "expands to %s, which Prometheus rejects: %v", query, err)
		return
	}
	t := e.Type()
	if t == parser.ValueTypeVector || t == parser.ValueTypeScalar && r.isExternal() {
		return
	}
	ps.Errorf(model.RuleQuery, at, "expands to %s, which returns a %s; the adapter accepts only an instant vector", query, t)
}

// reportTemplate reports a template that cannot be executed, once for each rule.
func reportTemplate(r *Rule, err error) {
	var ps model.Problems
	ps.Errorf(model.RuleQuery, r.Field("metricsQuery"), "cannot be filled in: %v", err)
	if strings.TrimSpace(r.MetricsQuery) != "" && !slices.Contains(r.Config.Problems, ps[0]) {
		r.Config.Problems.Add(ps...)
	}
}

var (
	reference = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\$(?:\{(\w+)\}|(\w+))`)
	})
	// bracesAlone matches braces without the dollar sign before them, or with it inside.
	bracesAlone = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(^|[^$])\{\$?(\d+)\}`)
	})
)

// badReference finds a part of name.as that looks like a capture group of name.matches but is none. good is name.as with the
// mistake corrected, or empty if the intention is unclear.
func badReference(r *Rule) (bad, good string) {
	if !strings.ContainsAny(r.Name.As, "${") {
		return "", ""
	}
	re, err := regexp.Compile(r.Name.Matches)
	if err != nil {
		return "", ""
	}
	if m := bracesAlone().FindStringSubmatch(r.Name.As); m != nil {
		if isCapture(m[2], re.NumSubexp()) {
			good = bracesAlone().ReplaceAllString(r.Name.As, "${1}$${${2}}")
		}
		return strings.TrimPrefix(m[0], m[1]), good
	}
	for _, m := range reference().FindAllStringSubmatch(r.Name.As, -1) {
		name := m[1] + m[2]
		if slices.Contains(re.SubexpNames()[1:], name) || isCapture(name, re.NumSubexp()) {
			continue
		}
		digits := name[:len(name)-len(strings.TrimLeft(name, "0123456789"))]
		if m[2] != "" && isCapture(digits, re.NumSubexp()) {
			good = strings.Replace(r.Name.As, m[0], "${"+digits+"}"+name[len(digits):], 1)
		}
		return m[0], good
	}
	return "", ""
}

// isCapture reports whether name is a number from 0 to most.
func isCapture(name string, most int) bool {
	n, err := strconv.Atoi(name)
	return err == nil && n >= 0 && n <= most && name == strconv.Itoa(n)
}

// warnOfName reports a bad reference in name.as.
func warnOfName(r *Rule) {
	bad, good := badReference(r)
	if bad == "" {
		return
	}
	hint := ""
	if good != "" {
		hint = "; use " + strconv.Quote(good)
	}
	r.Config.Problems.Warnf(model.RuleQuery, r.Field("name", "as"),
		"is %q, but %s is not a capture group of name.matches%s", r.Name.As, bad, hint)
}

// compile reads a rule as the adapter and Prometheus do, and reports what they reject.
func compile(r *Rule, k *Kinds) {
	if r.exceeds() {
		r.Config.broken = true // Nothing follows from the other rules.
		return
	}
	ps, at := &r.Config.Problems, r.Field("seriesQuery")
	matchers, err := promexpr.Parser.ParseMetricSelector(r.SeriesQuery)
	switch {
	case r.SeriesQuery == "":
		ps.Errorf(model.RuleQuery, at,
			"is empty; add a selector, such as 'http_requests_total{namespace!=\"\",pod!=\"\"}'; %s", noDiscovery)
	case err != nil:
		ps.Errorf(model.RuleQuery, at, "is not a series selector that Prometheus accepts: %v; %s", err, noDiscovery)
	case !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches("") }):
		ps.Errorf(model.RuleQuery, at,
			"has no non-empty matcher, which Prometheus requires; add one, such as namespace!=\"\"; %s",
			noDiscovery)
	default:
		r.Matchers = matchers
	}
	for _, f := range []struct {
		text string
		at   model.Place
	}{{r.MetricsQuery, r.Field("metricsQuery")}, {r.Resources.Template, r.Field("resources", "template")}} {
		if strings.Contains(f.text, "{{.") || strings.Contains(f.text, "{{ .") {
			ps.Errorf(model.RuleQuery, f.at, "contains {{, which the adapter does not replace; use << and >>, such as <<.LabelMatchers>>")
		}
	}
	if !checkResources(r, k) {
		r.Config.broken = true
		return
	}
	namers, err := naming.NamersFromConfig([]adapterconfig.DiscoveryRule{unambiguous(r, k)}, k.mapper)
	if err != nil {
		r.Config.broken = true
		ps.Errorf(model.RuleQuery, r.At, "%v; the adapter does not start with this configuration", err)
		return
	}
	r.Namer = namers[0]
	warnOfName(r)
	checkExample(r)
}

// noDiscovery is the effect of one invalid selector (prometheus-adapter, pkg/custom-provider, updateMetrics).
const noDiscovery = "the adapter then lists no metric at all, not even those of other rules"

// checkResources reports overrides with which the adapter does not start. It returns true if there are none.
func checkResources(r *Rule, k *Kinds) bool {
	ok := true
	for _, label := range slices.Sorted(maps.Keys(r.Resources.Overrides)) {
		o := r.Resources.Overrides[label]
		problem, doubt := k.resolve(o.Group, o.Resource)
		if problem != "" {
			ok = false
			r.Config.Problems.Errorf(model.RuleQuery, r.Field("resources", "overrides", label),
				"%s; the adapter does not start with this configuration", problem)
		}
		if doubt != "" {
			r.Config.Problems.Warnf(model.RuleQuery, r.Field("resources", "overrides", label),
				"has resource %q, which is not built into Kubernetes; did you mean %q?", o.Resource, doubt)
		}
	}
	return ok
}

// unambiguous returns the rule with one label for each resource, the first by name. The adapter takes any of several, because
// it ranges over a map (prometheus-adapter, pkg/naming, NewResourceConverter).
func unambiguous(r *Rule, k *Kinds) adapterconfig.DiscoveryRule {
	out := r.DiscoveryRule
	out.Resources.Overrides = map[string]adapterconfig.GroupResource{}
	seen := map[schema.GroupResource]bool{}
	for _, label := range slices.Sorted(maps.Keys(r.Resources.Overrides)) {
		o := r.Resources.Overrides[label]
		gr, err := k.mapper.ResourceFor(schema.GroupVersionResource{Group: o.Group, Resource: o.Resource})
		if err == nil && !seen[gr.GroupResource()] {
			seen[gr.GroupResource()] = true
			out.Resources.Overrides[label] = o
		}
	}
	return out
}

// compileResource reads the rules for CPU and memory as the adapter and Prometheus do.
func (s *Config) compileResource(k *Kinds) {
	if s.resource == nil {
		return
	}
	for _, part := range []struct {
		name string
		rule adapterconfig.ResourceRule
	}{{"cpu", s.resource.CPU}, {"memory", s.resource.Memory}} {
		at, before := s.resourceAt.Child(part.name), len(s.Problems)
		s.boundedTemplate(part.rule.ContainerQuery, at.Child("containerQuery"), maxQuery)
		s.boundedTemplate(part.rule.NodeQuery, at.Child("nodeQuery"), maxQuery)
		s.boundedTemplate(part.rule.Resources.Template, at.Child("resources").Child("template"), maxNaming)
		if len(s.Problems) > before {
			continue
		}
		r := &Rule{Config: s, At: at, DiscoveryRule: adapterconfig.DiscoveryRule{Resources: part.rule.Resources}}
		if !checkResources(r, k) {
			s.broken = true
			continue
		}
		conv, err := naming.NewResourceConverter(part.rule.Resources.Template, unambiguous(r, k).Resources.Overrides, k.mapper)
		if err != nil {
			s.broken = true
			s.Problems.Errorf(model.RuleQuery, at, "%v; the adapter does not start with this configuration", err)
			continue
		}
		label := []string{part.rule.ContainerLabel}
		s.resourceQuery(conv, resourceQuery{at.Child("containerQuery"), part.rule.ContainerQuery, PodResource, label})
		s.resourceQuery(conv, resourceQuery{at.Child("nodeQuery"), part.rule.NodeQuery, naming.NodeGroupResource, nil})
	}
}

// resourceQuery is a query of the resource metrics API.
type resourceQuery struct {
	at       model.Place
	text     string
	resource schema.GroupResource
	groupBy  []string
}

// resourceQuery checks a query (prometheus-adapter, pkg/resourceprovider, runQuery). An empty one is valid.
func (s *Config) resourceQuery(conv naming.ResourceConverter, q resourceQuery) {
	if q.text == "" {
		return
	}
	m, err := naming.NewMetricsQuery(q.text, conv)
	if err != nil {
		s.broken = true
		s.Problems.Errorf(model.RuleQuery, q.at, "%v; the adapter does not start with this configuration", err)
		return
	}
	namespace := "default"
	if q.resource == naming.NodeGroupResource {
		namespace = ""
	}
	built, err := m.Build("", q.resource, namespace, q.groupBy, k8slabels.Everything(), "a", "b")
	if err != nil {
		s.Problems.Errorf(model.RuleQuery, q.at, "cannot be filled in: %v", err)
		return
	}
	e, err := promexpr.Parser.ParseExpr(string(built))
	switch {
	case err != nil:
		s.Problems.Errorf(model.RuleQuery, q.at, "expands to %s, which Prometheus rejects: %v", built, err)
	case e.Type() != parser.ValueTypeVector:
		s.Problems.Errorf(model.RuleQuery, q.at,
			"expands to %s, which returns a %s; the adapter accepts only an instant vector", built, e.Type())
	}
}
