package check

import (
	"fmt"
	"slices"

	"github.com/krm-fn/krm-fn/pkg/krm"
)

// has tells whether a series has a label when the adapter sees it.
func (d *demand) has(series, label string) presence {
	for _, r := range d.recorded {
		if r.Record == series {
			return r.has(label)
		}
	}
	return has(d.origins, series, label)
}

// recording is a rule of a PrometheusRule that gives a new series.
type recording struct {
	Record string            `json:"record"`
	Expr   any               `json:"expr"`
	Labels map[string]string `json:"labels"`
	// enforced are labels that a Prometheus puts on all series of rules.
	enforced []string
}

func (r recording) has(label string) presence {
	if r.Labels[label] != "" || slices.Contains(r.enforced, label) {
		return present
	}
	if e, err := promQL.ParseExpr(fmt.Sprint(r.Expr)); err == nil && fateOf(e, label) == lost {
		return absent
	}
	return maybe
}

// enforced are the labels that the Prometheuses among the items put on the series of every rule for its namespace.
func (w *world) enforced() []string {
	var out []string
	for _, p := range w.prometheuses {
		if l := p.spec.EnforcedNamespaceLabel; l != "" {
			out = append(out, l)
		}
	}
	return out
}

// recordings lists the recording rules of all PrometheusRules.
func (w *world) recordings() []recording {
	var out []recording
	for _, it := range w.items {
		if it.Place.Object.Kind != "PrometheusRule" {
			continue
		}
		var rule struct {
			Spec struct {
				Groups []struct {
					Rules []recording `json:"rules"`
				} `json:"groups"`
			} `json:"spec"`
		}
		if krm.Convert(it.Node(), &rule) != nil {
			continue
		}
		for _, g := range rule.Spec.Groups {
			for _, r := range g.Rules {
				if r.Record != "" {
					r.enforced = w.enforced()
					out = append(out, r)
				}
			}
		}
	}
	return out
}
