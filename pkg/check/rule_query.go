package check

import (
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func ruleQuery(w *world, ps *model.Problems) {
	for _, s := range w.setup.Configs {
		ps.Add(s.Problems...)
	}
	for _, d := range w.demands.All() {
		checkQuery(d, ps)
	}
}

// checkQuery reports a query that Prometheus rejects only for one scaler, for example because it has no matchers.
func checkQuery(d *demand.Demand, ps *model.Problems) {
	for _, o := range d.Used() {
		if o.Query == "" || o.Expr != nil {
			continue
		}
		example, ok := o.ExampleQuery(o.Series[0])
		if !ok || promexpr.Parse(example) == nil {
			continue
		}
		_, err := promexpr.Parser.ParseExpr(o.Query)
		if err == nil {
			continue // It is only too long for the checks.
		}
		ps.Errorf(model.RuleQuery, o.Field("metricsQuery"), "expands to %s for %s of %s, which Prometheus rejects: %v",
			o.Query, d.What(), d.Scaler.Item.Place.Object, err)
	}
}
