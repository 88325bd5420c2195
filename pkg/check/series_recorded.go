package check

import (
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/krm-fn/krm-fn/pkg/krm"
)

// has tells whether a series has a label when the adapter sees it.
func (d *demand) has(series, label string) presence {
	if r := d.set.recordings().first[series]; r != nil {
		return r.has(label)
	}
	return has(d.origins(), series, label)
}

func (d *demand) isRecorded(series string) bool { return d.set.recordings().first[series] != nil }

// recordings are the recording rules among the items.
type recordings struct {
	// names are those of the series that they give, first the first rule of each name.
	names []string
	first map[string]*recording
}

// recording is a rule of a PrometheusRule that gives a new series.
type recording struct {
	Record string            `json:"record"`
	Expr   any               `json:"expr"`
	Labels map[string]string `json:"labels"`
	// enforced are labels that a Prometheus puts on all series of rules.
	enforced []string
	parsed   once[parser.Expr]
}

func (r *recording) has(label string) presence {
	if r.Labels[label] != "" || slices.Contains(r.enforced, label) {
		return present
	}
	e := r.parsed.get(func() parser.Expr {
		e, err := promQL.ParseExpr(fmt.Sprint(r.Expr))
		if err != nil {
			return nil
		}
		return e
	})
	if e != nil && fateOf(e, label) == lost {
		return absent
	}
	return maybe
}

// enforced are the labels that the Prometheuses among the items put on the series of every rule for its namespace.
func enforced(g *graph) []string {
	var out []string
	for _, p := range g.prometheuses {
		if l := p.spec.EnforcedNamespaceLabel; l != "" {
			out = append(out, l)
		}
	}
	return out
}

// recordings lists the recording rules of all PrometheusRules.
func (ms *set) recordings() *recordings {
	return ms.recorded.get(func() *recordings { return findRecordings(ms.graph) })
}

func findRecordings(g *graph) *recordings {
	out := &recordings{first: map[string]*recording{}}
	enforced := enforced(g)
	for _, it := range g.items {
		if it.Place.Object.Kind != "PrometheusRule" {
			continue
		}
		var rule struct {
			Spec struct {
				Groups []struct {
					Rules []*recording `json:"rules"`
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
				r.enforced = enforced
				out.names = append(out.names, r.Record)
				if out.first[r.Record] == nil {
					out.first[r.Record] = r
				}
			}
		}
	}
	return out
}
