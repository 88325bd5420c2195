package promexpr

import (
	"strings"

	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/relabel"
)

// LabelName is what Prometheus makes of the name of a Kubernetes label (util/strutil, SanitizeLabelName).
func LabelName(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
}

// Relabel applies relabelings and drops the labels that Prometheus does not keep; kept is false where they drop the
// whole set.
func Relabel(set map[string]string, cfgs []*relabel.Config) (out map[string]string, kept bool) {
	b := labels.NewBuilder(labels.FromMap(set))
	kept = relabel.ProcessBuilder(b, cfgs...)
	out = map[string]string{}
	b.Labels().Range(func(l labels.Label) {
		if IsKept(l.Name, l.Value) {
			out[l.Name] = l.Value
		}
	})
	return out, kept
}

// IsKept tells whether Prometheus keeps a label after relabeling.
func IsKept(name, value string) bool {
	return value != "" && (name == prommodel.MetricNameLabel || !strings.HasPrefix(name, "__"))
}
