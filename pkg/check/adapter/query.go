package adapter

import (
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	prom "sigs.k8s.io/prometheus-adapter/pkg/client"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
)

// question is what a query depends on, besides its rule. The resource of an external metric is empty.
type question struct {
	series    string
	resource  schema.GroupResource
	namespace string
	// selector and names are in text form; count is the number of names.
	selector, names string
	count           int
}

// Answer is a query. Err is set if the rule builds none; Expr is nil if Prometheus rejects it.
type Answer struct {
	Query string
	Expr  parser.Expr
	Err   error
}

// QueryFor returns the query that the adapter sends for objects of a resource. Equal requests share the answer.
func (r *Rule) QueryFor(
	series string, resource schema.GroupResource, namespace string, selector labels.Selector, names ...string,
) Answer {
	q := question{series, resource, namespace, selector.String(), strings.Join(names, "|"), len(names)}
	return r.ask(q, func() (prom.Selector, error) {
		return r.Namer.QueryForSeries(series, resource, namespace, selector, names...)
	})
}

// ExternalQuery returns the query that the adapter sends for an external metric.
func (r *Rule) ExternalQuery(series, namespace string, selector labels.Selector) Answer {
	return r.ask(question{series: series, namespace: namespace, selector: selector.String()}, func() (prom.Selector, error) {
		return r.Namer.QueryForExternalSeries(series, namespace, selector)
	})
}

func (r *Rule) ask(q question, build func() (prom.Selector, error)) Answer {
	if r.answers == nil {
		r.answers = map[question]Answer{}
	}
	return lookup.Remember(r.answers, q, func(question) Answer {
		query, err := build()
		if err != nil {
			return Answer{Err: err}
		}
		return Answer{Query: string(query), Expr: promexpr.Parse(string(query))}
	})
}

// PodResource is the resource of Pods metrics.
var PodResource = schema.GroupResource{Resource: "pods"}

// IsRoot reports whether the adapter serves metrics of the resource as cluster-scoped ones.
func IsRoot(r schema.GroupResource) bool {
	return r == naming.NsGroupResource || r == naming.NodeGroupResource || r == naming.PVGroupResource
}

func (r *Rule) isExternal() bool { return slices.Contains(r.Config.external, r) }

// Siblings returns the rules of the list that the rule is in.
func (r *Rule) Siblings() []*Rule {
	if r.isExternal() {
		return r.Config.external
	}
	return r.Config.custom
}

// ExampleQuery returns the query for two objects of a resource that the rule maps. It returns false if the rule maps none or
// the template fails.
func (r *Rule) ExampleQuery(series string) (string, bool) {
	if r.isExternal() {
		// The selector keeps the matchers from being empty; whether they may be is seen with the HPA that asks.
		selector := labels.SelectorFromSet(labels.Set{"label": "value"})
		namespace := "default"
		if _, err := r.Namer.LabelForResource(naming.NsGroupResource); err != nil {
			namespace = ""
		}
		q, err := r.Namer.QueryForExternalSeries(series, namespace, selector)
		if err != nil {
			reportTemplate(r, err)
		}
		return string(q), err == nil
	}
	for _, resource := range []schema.GroupResource{PodResource, {Resource: "services"}, naming.NsGroupResource} {
		if q, ok := exampleOf(r, series, resource); ok {
			return q, true
		}
	}
	for _, label := range slices.Sorted(maps.Keys(r.Resources.Overrides)) {
		o := r.Resources.Overrides[label]
		if q, ok := exampleOf(r, series, schema.GroupResource{Group: o.Group, Resource: o.Resource}); ok {
			return q, true
		}
	}
	return "", false
}

func exampleOf(r *Rule, series string, resource schema.GroupResource) (string, bool) {
	if _, err := r.Namer.LabelForResource(resource); err != nil {
		return "", false
	}
	namespace := "default"
	if _, err := r.Namer.LabelForResource(naming.NsGroupResource); err != nil || IsRoot(resource) {
		namespace = ""
	}
	q, err := r.Namer.QueryForSeries(series, resource, namespace, labels.Everything(), "a", "b")
	if err != nil {
		reportTemplate(r, err)
	}
	return string(q), err == nil
}
