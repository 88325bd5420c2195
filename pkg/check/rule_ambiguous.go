package check

import (
	"fmt"
	"slices"
	"strings"

	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func ruleAmbiguous(w *world, ps *model.Problems) {
	for _, d := range w.demands.All() {
		if d.Problem != "" {
			continue
		}
		all := d.Used()
		for len(all) > 0 {
			other := slices.IndexFunc(all, func(o *demand.Offer) bool { return o.Config != all[0].Config })
			if other < 0 {
				other = len(all)
			}
			checkAmbiguous(d, all[:other], ps)
			all = all[other:]
		}
	}
}

const (
	// maxCompared and maxClashes limit the rules that are compared for a metric, and the pairs of them that are reported.
	maxCompared = 50
	maxClashes  = 10
)

// checkAmbiguous compares the rules of a configuration that serve a metric. The adapter uses the last one (prometheus-adapter,
// pkg/custom-provider, SetSeries, and pkg/external-provider, filterAndStoreMetrics).
func checkAmbiguous(d *demand.Demand, offers []*demand.Offer, ps *model.Problems) {
	offers = lookup.Except(offers, func(o *demand.Offer) bool { return !o.Registered || o.Query == "" })
	var found model.Problems
	few := offers[:min(len(offers), maxCompared)]
	for i, a := range few {
		for _, b := range few[i+1:] {
			compareOffers(d, a, b, &found)
		}
	}
	if len(found) > maxClashes {
		found = found[:maxClashes]
		found[maxClashes-1].Message += fmt.Sprintf("; %d rules of this configuration serve it", len(offers))
	}
	ps.Add(found...)
	for _, o := range offers {
		if names := several(o); len(names) > 1 {
			ps.Warnf(model.RuleAmbiguous, o.At,
				"serves %s from each of %s, and the adapter uses the series that Prometheus lists last; use a capture group in "+
					"name.as, or narrow seriesQuery", d.What(), lookup.Join(names, " and "))
		}
	}
}

// compareOffers reports two rules, in this order, that serve a metric from the same series or each from its own.
func compareOffers(d *demand.Demand, a, b *demand.Offer, ps *model.Problems) {
	shared := slices.ContainsFunc(a.Series, func(name string) bool { return slices.Contains(b.Series, name) })
	switch {
	case !shared && (!a.Specific() || !b.Specific()), sameExpr(a, b):
		return
	case breadth(a.Rule) > breadth(b.Rule):
		// The special rule is meant to replace what the general one gives, and does.
		return
	case a.Specific() && b.Specific() && (!shared || disjoint(a, b)):
		ps.Errorf(model.RuleAmbiguous, b.At,
			"serves %s, which %s requests, and so does %s; the adapter uses the last rule whose series exist; give one of them a "+
				"different name.as", d.What(), d.Scaler.Item.Place.Object, a.Position)
	default:
		ps.Warnf(model.RuleAmbiguous, b.At,
			"serves %s, which %s requests, and so does %s; the adapter uses the last rule, %s; move the intended rule to the "+
				"end, or exclude the series from the other", d.What(), d.Scaler.Item.Place.Object, a.Position, b.Position)
	}
}

// disjoint reports whether a label distinguishes the series of two rules.
func disjoint(a, b *demand.Offer) bool {
	for _, m := range a.Matchers {
		for _, n := range b.Matchers {
			if m.Name == n.Name && m.Name != prommodel.MetricNameLabel && m.Value != n.Value && m.Value != "" && n.Value != "" {
				return true
			}
		}
	}
	return false
}

func sameExpr(a, b *demand.Offer) bool {
	if a.Expr == nil || b.Expr == nil {
		return a.Query == b.Query
	}
	return parser.Prettify(a.Expr) == parser.Prettify(b.Expr)
}

// several returns the series that a rule gives the same name, if its query uses the one that was found.
func several(o *demand.Offer) []string {
	if !o.Literal() || !strings.Contains(o.MetricsQuery, ".Series") {
		return nil
	}
	var out []string
	for _, name := range o.Names() {
		if o.Accepts(name) && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// breadth returns how general a rule is: 0 for one series, 1 for some names, 2 for all.
func breadth(r *adapter.Rule) int {
	switch {
	case r.Specific():
		return 0
	case !r.Selects(unlikely):
		return 1
	}
	return 2
}

// unlikely is a name that only a rule for all series selects.
const unlikely = "Qj_Xw_Zv"
