package check

import (
	"time"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func ruleWindow(w *world, ps *model.Problems) {
	for _, d := range w.demands.All() {
		if d.Problem != "" {
			continue
		}
		if o := d.Effective(); o != nil && o.Expr != nil && !d.FromExporter(o.Series[0]) && !d.IsRecorded(o.Series[0]) {
			checkWindows(w.graph, d, o.Expr, o.Field("metricsQuery"), ps)
			checkRelist(w, d, ps)
		}
	}
	for _, d := range w.demands.Queries() {
		if q := d.Query(); q.AllOwn() {
			checkWindows(w.graph, d, q.Expr, q.At, ps)
		}
	}
}

// operatorInterval is the default of PrometheusSpec.scrapeInterval and evaluationInterval.
const operatorInterval = 30 * time.Second

// intervalOf returns the shortest scrape interval of paths, or 0 without paths. It is not certain if it depends on a
// Prometheus that is not in the input.
func intervalOf(g *chain.Graph, paths []chain.ScrapePath) (shortest time.Duration, certain bool) {
	certain = true
	for _, p := range paths {
		d, stated := parseInterval(string(p.Interval))
		if !stated {
			d, stated = globalInterval(g, scrapeInterval)
		}
		if shortest == 0 || d < shortest {
			shortest = d
		}
		certain = certain && stated
	}
	return shortest, certain
}

// globalInterval returns the shortest of an interval of the Prometheuses in the input.
func globalInterval(g *chain.Graph, of func(*chain.PrometheusSpec) monitoringv1.Duration) (shortest time.Duration, stated bool) {
	for _, p := range g.Prometheuses {
		d, ok := parseInterval(string(of(&p.Spec)))
		if !ok {
			d = operatorInterval
		}
		if shortest == 0 || d < shortest {
			shortest = d
		}
	}
	if shortest == 0 {
		return operatorInterval, false
	}
	return shortest, true
}

func scrapeInterval(s *chain.PrometheusSpec) monitoringv1.Duration     { return s.ScrapeInterval }
func evaluationInterval(s *chain.PrometheusSpec) monitoringv1.Duration { return s.EvaluationInterval }

func parseInterval(s string) (time.Duration, bool) {
	d, err := prommodel.ParseDuration(s)
	return time.Duration(d), err == nil && d > 0
}

// checkWindows checks the windows of an expression, which is at a place.
func checkWindows(g *chain.Graph, d *demand.Demand, e parser.Expr, at model.Place, ps *model.Problems) {
	interval, certain := intervalOf(g, d.Paths())
	for _, win := range promexpr.Windows(e) {
		every, read := interval, "scraped every "+promexpr.InWords(interval)
		if win.Step > 0 {
			every, read = win.Step, "computed every "+promexpr.InWords(win.Step)
		}
		least := time.Duration(win.Samples) * every
		switch {
		case every == 0 || win.Samples == 1 && win.Span >= every || win.Span >= 4*every:
		case !certain && win.Step == 0:
			if win.Span < least {
				ps.Warnf(model.RuleWindow, at,
					"uses a range of %s in %s, but Prometheus scrapes the pods of %s every %s unless its scrapeInterval says "+
						"otherwise; use at least [%s]",
					promexpr.InWords(win.Span), win.Fn, d.Scaler.Item.Place.Object, promexpr.InWords(every),
					promexpr.InWords(4*every))
			}
		case win.Span < least:
			ps.Errorf(model.RuleWindow, at,
				"uses a range of %s in %s, which requires %s, but the pods of %s are %s; use at least [%s]",
				promexpr.InWords(win.Span), win.Fn, samplesInWords(win.Samples), d.Scaler.Item.Place.Object, read,
				promexpr.InWords(4*every))
		case win.Step == 0:
			ps.Warnf(model.RuleWindow, at,
				"uses a range of %s in %s, but the pods of %s are %s, so one missed scrape leaves no value; use at least [%s]",
				promexpr.InWords(win.Span), win.Fn, d.Scaler.Item.Place.Object, read, promexpr.InWords(4*every))
		}
	}
}

// checkRelist reports an adapter that lists series more often than they are scraped, and so drops those without a new sample
// (prometheus-adapter, cmd/adapter: --metrics-max-age defaults to --metrics-relist-interval).
func checkRelist(w *world, d *demand.Demand, ps *model.Problems) {
	interval, certain := intervalOf(w.graph, d.Paths())
	if !certain {
		return
	}
	for _, a := range w.setup.Instances {
		args := a.Args()
		for _, name := range []string{"metrics-max-age", "metrics-relist-interval"} {
			value, ok := adapter.FlagValue(args, name)
			if age, err := time.ParseDuration(value); ok && err == nil && age > 0 {
				if age < interval {
					ps.Warnf(model.RuleWindow, a.At.Child("args"),
						"has --%s=%s, but the pods of %s are scraped every %s, so the adapter drops their metrics from time to "+
							"time; use at least %s",
						name, value, d.Scaler.Item.Place.Object, promexpr.InWords(interval), promexpr.InWords(2*interval))
				}
				break
			}
		}
	}
}

func samplesInWords(n int) string {
	if n == 1 {
		return "one sample"
	}
	return "two samples"
}
