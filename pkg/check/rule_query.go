package check

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/prometheus/prometheus/promql/parser"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	adapterconfig "sigs.k8s.io/prometheus-adapter/pkg/config"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"

	"github.com/krm-fn/krm-fn/pkg/model"
)

const ruleQueryID model.ID = "rule/query"

const queryExample = `apiVersion: v1
kind: ConfigMap
metadata:
  name: adapter-config
  namespace: monitoring
data:
  config.yaml: |
    rules:
    - seriesQuery: http_requests_total{namespace!="",pod!=""}
      resources:
        overrides:
          namespace: {resource: namespace}
          pod: {resource: pod}
      metricsQuery: rate(<<.Series>>{<<.LabelMatchers>>}[2m]) by (<<.GroupBy>>)
`

var ruleQuery = Check{
	ID:    ruleQueryID,
	Title: "A rule of the adapter cannot be read, or asks what Prometheus refuses",
	Why: "The adapter refuses to start with a configuration that has an unknown field, a regular expression or template that " +
		"does not compile, or a resource that the cluster does not serve. A seriesQuery that Prometheus refuses leaves the list " +
		"of all metrics empty; a metricsQuery that it refuses leaves its own metrics without a value.",
	Mend: "Correct the field that the message names. Try seriesQuery and the query that the message shows in Prometheus itself.",
	Bad:  queryExample,
	Good: strings.Replace(queryExample, "rate(<<.Series>>{<<.LabelMatchers>>}[2m])", "sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m]))", 1),
	run: func(w *world, ps *model.Problems) {
		for _, s := range w.setup.sets {
			ps.Add(s.problems...)
		}
		for _, d := range w.demands.demands() {
			checkQuery(d, ps)
		}
	},
}

// checkQuery builds a query as the adapter would for some objects, and has Prometheus' parser read it.
func checkExample(r *rule) {
	at, ps := r.field("metricsQuery"), &r.set.problems
	series := "series"
	if names := r.names(); len(names) > 0 {
		series = names[0]
	}
	query, ok := r.exampleQuery(series)
	if !ok {
		if strings.TrimSpace(r.MetricsQuery) == "" {
			ps.Errorf(ruleQueryID, at, "is empty; write a query, such as sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)")
		}
		return
	}
	e, err := promQL.ParseExpr(query)
	if err != nil {
		ps.Errorf(ruleQueryID, at, "becomes %s, which Prometheus refuses: %v", query, err)
		return
	}
	t := e.Type()
	if t == parser.ValueTypeVector || t == parser.ValueTypeScalar && r.isExternal() {
		return
	}
	ps.Errorf(ruleQueryID, at, "becomes %s, which gives a %s; the adapter takes an instant vector only", query, t)
}

func (r *rule) isExternal() bool { return slices.Contains(r.set.external, r) }

// exampleQuery is the query for two objects of a resource that the rule maps. There is none where the rule maps nothing,
// which matters to whom uses it, or where the template fails.
func (r *rule) exampleQuery(series string) (string, bool) {
	if r.isExternal() {
		// The selector keeps the matchers from being empty; whether they may be is seen with the HPA that asks.
		selector := labels.SelectorFromSet(labels.Set{"label": "value"})
		namespace := "default"
		if _, err := r.namer.LabelForResource(naming.NsGroupResource); err != nil {
			namespace = ""
		}
		q, err := r.namer.QueryForExternalSeries(series, namespace, selector)
		if err != nil {
			reportTemplate(r, err)
		}
		return string(q), err == nil
	}
	for _, resource := range []schema.GroupResource{podResource, {Resource: "services"}, naming.NsGroupResource} {
		if q, ok := exampleOf(r, series, resource); ok {
			return q, true
		}
	}
	for _, label := range sortedKeys(r.Resources.Overrides) {
		o := r.Resources.Overrides[label]
		if q, ok := exampleOf(r, series, schema.GroupResource{Group: o.Group, Resource: o.Resource}); ok {
			return q, true
		}
	}
	return "", false
}

func exampleOf(r *rule, series string, resource schema.GroupResource) (string, bool) {
	if _, err := r.namer.LabelForResource(resource); err != nil {
		return "", false
	}
	namespace := "default"
	if _, err := r.namer.LabelForResource(naming.NsGroupResource); err != nil || isRoot(resource) {
		namespace = ""
	}
	q, err := r.namer.QueryForSeries(series, resource, namespace, labels.Everything(), "a", "b")
	if err != nil {
		reportTemplate(r, err)
	}
	return string(q), err == nil
}

// reportTemplate reports a template that fails when it is filled in, once for each rule.
func reportTemplate(r *rule, err error) {
	p := model.Problem{
		ID: ruleQueryID, Severity: model.Error, Place: r.field("metricsQuery"),
		Message: fmt.Sprintf("cannot be filled in: %v", err),
	}
	if strings.TrimSpace(r.MetricsQuery) != "" && !slices.Contains(r.set.problems, p) {
		r.set.problems.Add(p)
	}
}

var (
	reference = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\$(?:\{(\w+)\}|(\w+))`)
	})
	// bracesAlone are braces without the dollar sign before them, or with it inside.
	bracesAlone = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(^|[^$])\{\$?(\d+)\}`)
	})
)

// badReference finds a part of name.as that is meant to be a capture of name.matches and is none, and the name.as that
// was most likely meant, "" if nobody can tell.
func badReference(r *rule) (bad, good string) {
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

// isCapture tells whether name is a number of 0 to most.
func isCapture(name string, most int) bool {
	for i := range most + 1 {
		if name == fmt.Sprint(i) {
			return true
		}
	}
	return false
}

// warnOfName reports a name.as that cannot give what it seems to.
func warnOfName(r *rule) {
	bad, good := badReference(r)
	if bad == "" {
		return
	}
	hint := ""
	if good != "" {
		hint = "; write " + strconv.Quote(good)
	}
	r.set.problems.Warnf(ruleQueryID, r.field("name", "as"), "is %q, in which %s is no capture of name.matches%s", r.Name.As, bad, hint)
}

// compileResource has the rules for cpu and memory read as the adapter and Prometheus do.
func (s *ruleSet) compileResource(k *kinds) {
	if s.resource == nil {
		return
	}
	for _, part := range []struct {
		name string
		rule adapterconfig.ResourceRule
	}{{"cpu", s.resource.CPU}, {"memory", s.resource.Memory}} {
		at := s.resourceAt.Child(part.name)
		r := &rule{set: s, at: at, DiscoveryRule: adapterconfig.DiscoveryRule{Resources: part.rule.Resources}}
		if !checkResources(r, k) {
			s.broken = true
			continue
		}
		conv, err := naming.NewResourceConverter(part.rule.Resources.Template, unambiguous(r, k).Resources.Overrides, k.mapper)
		if err != nil {
			s.broken = true
			s.problems.Errorf(ruleQueryID, at, "%v; the adapter does not start with it", err)
			continue
		}
		s.resourceQuery(conv, resourceQuery{
			at.Child("containerQuery"), part.rule.ContainerQuery, podResource,
			[]string{part.rule.ContainerLabel},
		})
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

// resourceQuery follows pkg/resourceprovider, runQuery. An empty query counts for nothing unless the other one is there.
func (s *ruleSet) resourceQuery(conv naming.ResourceConverter, q resourceQuery) {
	if q.text == "" {
		return
	}
	m, err := naming.NewMetricsQuery(q.text, conv)
	if err != nil {
		s.broken = true
		s.problems.Errorf(ruleQueryID, q.at, "%v; the adapter does not start with it", err)
		return
	}
	namespace := "default"
	if q.resource == naming.NodeGroupResource {
		namespace = ""
	}
	built, err := m.Build("", q.resource, namespace, q.groupBy, labels.Everything(), "a", "b")
	if err != nil {
		s.problems.Errorf(ruleQueryID, q.at, "cannot be filled in: %v", err)
		return
	}
	e, err := promQL.ParseExpr(string(built))
	switch {
	case err != nil:
		s.problems.Errorf(ruleQueryID, q.at, "becomes %s, which Prometheus refuses: %v", built, err)
	case e.Type() != parser.ValueTypeVector:
		s.problems.Errorf(ruleQueryID, q.at, "becomes %s, which gives a %s; the adapter takes an instant vector only", built, e.Type())
	}
}

// checkQuery reports a query that Prometheus refuses only with what this HPA puts in, such as no matchers at all.
func checkQuery(d *demand, ps *model.Problems) {
	for _, o := range d.used() {
		if o.query == "" || o.expr != nil {
			continue
		}
		example, ok := o.exampleQuery(o.series[0])
		if _, err := promQL.ParseExpr(example); !ok || err != nil {
			continue
		}
		_, err := promQL.ParseExpr(o.query)
		ps.Errorf(ruleQueryID, o.field("metricsQuery"), "becomes %s for %s of %s, which Prometheus refuses: %v",
			o.query, d.what(), d.scaler.item.Place.Object, err)
	}
}
