package demand

import (
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
	"github.com/krm-fn/krm-fn/pkg/krm"
)

// Has reports whether a series has a label in Prometheus.
func (d *Demand) Has(series, label string) Presence {
	if r := d.set.recordings().first[series]; r != nil {
		return r.has(label)
	}
	return d.hasLabel(d.Origins(), series, label)
}

// IsRecorded reports whether a recording rule in the input produces a series.
func (d *Demand) IsRecorded(series string) bool { return d.set.recordings().first[series] != nil }

// Recorded returns the expression of the recording rule that produces a series, nil if Prometheus rejects it, and the interval of
// its group, empty for the default of Prometheus.
func (d *Demand) Recorded(series string) (e parser.Expr, interval string) {
	r := d.set.recordings().first[series]
	return r.expr(), r.interval
}

// Recordings are the recording rules of the input.
type Recordings struct {
	// names are their series; first has the first rule for each.
	names []string
	first map[string]*recording
}

// recording is a recording rule of a PrometheusRule.
type recording struct {
	Record string            `json:"record"`
	Expr   any               `json:"expr"`
	Labels map[string]string `json:"labels"`
	// interval is that of its group, empty for the default of Prometheus.
	interval string
	// enforced are labels that a Prometheus adds to all series of rules.
	enforced []string
	parsed   lookup.Lazy[parser.Expr]
}

func (r *recording) has(label string) Presence {
	if r.Labels[label] != "" || slices.Contains(r.enforced, label) {
		return Present
	}
	if e := r.expr(); e != nil && promexpr.OutcomeOf(e, label) == promexpr.Lost {
		return Absent
	}
	return Maybe
}

// expr returns the expression, nil if Prometheus rejects it.
func (r *recording) expr() parser.Expr {
	return r.parsed.Get(func() parser.Expr { return promexpr.Parse(fmt.Sprint(r.Expr)) })
}

// enforced returns the namespace labels that Prometheuses in the input add to the series of every rule.
func enforced(g *chain.Graph) []string {
	var out []string
	for _, p := range g.Prometheuses {
		if l := p.Spec.EnforcedNamespaceLabel; l != "" {
			out = append(out, l)
		}
	}
	return out
}

func findRecordings(g *chain.Graph) *Recordings {
	out := &Recordings{first: map[string]*recording{}}
	enforced := enforced(g)
	for _, it := range g.Items {
		if it.Place.Object.Kind != "PrometheusRule" {
			continue
		}
		var rule struct {
			Spec struct {
				Groups []struct {
					Interval string       `json:"interval"`
					Rules    []*recording `json:"rules"`
				} `json:"groups"`
			} `json:"spec"`
		}
		if krm.Convert(it.Node(), &rule) != nil {
			continue
		}
		for _, group := range rule.Spec.Groups {
			for _, r := range group.Rules {
				if r == nil || r.Record == "" {
					continue
				}
				r.enforced, r.interval = enforced, group.Interval
				out.names = append(out.names, r.Record)
				if out.first[r.Record] == nil {
					out.first[r.Record] = r
				}
			}
		}
	}
	return out
}
