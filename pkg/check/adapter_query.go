package check

import (
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	prom "sigs.k8s.io/prometheus-adapter/pkg/client"
)

// question is what a query depends on beside its rule. The resource of an external metric is empty.
type question struct {
	series    string
	resource  schema.GroupResource
	namespace string
	// selector and names, of which there are count, are written out.
	selector, names string
	count           int
}

// answer is a query, nil and an error if the rule makes none; expr is nil if Prometheus refuses it.
type answer struct {
	query string
	expr  parser.Expr
	err   error
}

// queryFor makes the query for objects of a resource that the adapter would make, once for all that ask for the same.
func (r *rule) queryFor(series string, resource schema.GroupResource, namespace string, selector labels.Selector, names ...string) answer {
	q := question{series, resource, namespace, selector.String(), strings.Join(names, "|"), len(names)}
	return r.ask(q, func() (prom.Selector, error) {
		return r.namer.QueryForSeries(series, resource, namespace, selector, names...)
	})
}

// externalQuery is the same for an external metric.
func (r *rule) externalQuery(series, namespace string, selector labels.Selector) answer {
	return r.ask(question{series: series, namespace: namespace, selector: selector.String()}, func() (prom.Selector, error) {
		return r.namer.QueryForExternalSeries(series, namespace, selector)
	})
}

func (r *rule) ask(q question, build func() (prom.Selector, error)) answer {
	if r.answers == nil {
		r.answers = map[question]answer{}
	}
	return remember(r.answers, q, func(question) (a answer) {
		query, err := build()
		if err != nil {
			return answer{err: err}
		}
		a.query = string(query)
		if e, err := promQL.ParseExpr(a.query); err == nil {
			a.expr = e
		}
		return a
	})
}
