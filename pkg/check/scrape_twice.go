package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func scrapeTwice(w *world, ps *model.Problems) {
	for _, d := range w.demands.Scraped() {
		if who, e := queryOf(d); len(d.Paths()) > 1 && e != nil && promexpr.Adds(e) {
			checkTargets(w.graph, d, who, e, ps)
		}
	}
}

// queryOf returns how messages name what contains the query of a metric, and the query, which is nil if there is none.
func queryOf(d *demand.Demand) (who string, e parser.Expr) {
	if q := d.Query(); q != nil {
		return "the query", q.Expr
	}
	if o := d.Effective(); o != nil {
		return o.String(), o.Expr
	}
	return "", nil
}

// checkTargets reports a port of the pods that Prometheus scrapes as two targets with different labels, if the query adds the
// series of both. A Service and its headless twin make two targets of each pod.
func checkTargets(g *chain.Graph, d *demand.Demand, who string, e parser.Expr, ps *model.Problems) {
	type port struct {
		number int32
		path   string
	}
	known := map[port]demand.Origin{}
	for _, from := range d.Origins() {
		p := from.Path
		if p.PodPort == 0 || from.Opaque || !isQueried(e, from) {
			continue
		}
		at := port{p.PodPort, cmp.Or(p.Path, "/metrics")}
		first, again := known[at]
		if !again {
			known[at] = from
			continue
		}
		if maps.Equal(first.Target, from.Target) || !scrapedTogether(g, first.Path.Monitor, p.Monitor) {
			continue
		}
		ps.Errorf(model.ScrapeTwice, p.At(),
			"scrapes port %d of the pods of %s %s, which %s scrapes %s, so %s adds every value of %s twice for %s; scrape it only once",
			p.PodPort, d.Workload, through(p), same(first.Path.Monitor, p.Monitor), through(first.Path), who,
			d.MetricName(), d.Scaler)
		return
	}
}

func through(p chain.ScrapePath) string {
	switch {
	case p.Service == nil:
		return "directly"
	case p.ServicePort != "":
		return fmt.Sprintf("through port %s of %s", p.ServicePort, p.Service)
	}
	return fmt.Sprintf("through %s", p.Service)
}

func same(first, m *chain.Monitor) string {
	if first == m {
		return "it also"
	}
	return first.Item.Place.Object.String()
}

// isQueried reports whether the query selects the series of a target, by the labels that monitors and Services determine.
func isQueried(e parser.Expr, from demand.Origin) bool {
	for _, s := range promexpr.Selectors(e) {
		for _, m := range s.LabelMatchers {
			if !slices.Contains(statedLabels, m.Name) {
				continue
			}
			if value, kept := from.Value(s.Name, m.Name); !kept || !m.Matches(value) {
				return false
			}
		}
		if _, kept := from.Value(s.Name, ""); !kept {
			return false
		}
	}
	return true
}

// scrapedTogether reports whether a Prometheus uses both monitors, as far as the input tells.
func scrapedTogether(g *chain.Graph, a, b *chain.Monitor) bool {
	return len(g.Prometheuses) == 0 || slices.ContainsFunc(g.Prometheuses, func(p *chain.Prometheus) bool {
		return g.Refuses(p, a) == nil && g.Refuses(p, b) == nil
	})
}
