package check

import (
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
	"github.com/krm-fn/krm-fn/pkg/model"
)

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
	ID:    adapter.QueryID,
	Title: "A rule of the adapter cannot be read, or asks what Prometheus refuses",
	Why: "The adapter refuses to start with a configuration that has an unknown field, a regular expression or template that " +
		"does not compile, or a resource that the cluster does not serve. A seriesQuery that Prometheus refuses leaves the list " +
		"of all metrics empty; a metricsQuery that it refuses leaves its own metrics without a value.",
	Mend: "Correct the field that the message names. Try seriesQuery and the query that the message shows in Prometheus itself.",
	Bad:  queryExample,
	Good: strings.Replace(queryExample, "rate(<<.Series>>{<<.LabelMatchers>>}[2m])", "sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m]))", 1),
	run: func(w *world, ps *model.Problems) {
		for _, s := range w.setup.Configs {
			ps.Add(s.Problems...)
		}
		for _, d := range w.demands.All() {
			checkQuery(d, ps)
		}
	},
}

// checkQuery reports a query that Prometheus refuses only with what this HPA puts in, such as no matchers at all.
func checkQuery(d *demand.Demand, ps *model.Problems) {
	for _, o := range d.Used() {
		if o.Query == "" || o.Expr != nil {
			continue
		}
		example, ok := o.ExampleQuery(o.Series[0])
		if _, err := promexpr.Parser.ParseExpr(example); !ok || err != nil {
			continue
		}
		_, err := promexpr.Parser.ParseExpr(o.Query)
		ps.Errorf(adapter.QueryID, o.Field("metricsQuery"), "becomes %s for %s of %s, which Prometheus refuses: %v",
			o.Query, d.What(), d.Scaler.Item.Place.Object, err)
	}
}
