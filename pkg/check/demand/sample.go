package demand

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/common/expfmt"
	prommodel "github.com/prometheus/common/model"

	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Sample is a metrics page of a workload, in the text format of Prometheus.
type Sample struct {
	// Workload is NAME, NAMESPACE/NAME, or KIND/NAMESPACE/NAME.
	Workload string
	adapter.Text
}

// Exposed has the labels of a series, with their values.
type Exposed map[string][]string

// Page has the series of a metrics page by name.
type Page map[string][]Exposed

// ParsePage parses the text format 0.0.4, and OpenMetrics as far as the formats agree.
func ParsePage(text []byte) (Page, error) {
	var lines [][]byte
	for line := range bytes.Lines(text) {
		if t := bytes.TrimSpace(line); !bytes.HasPrefix(t, []byte("#")) {
			line, _, _ = bytes.Cut(line, []byte(" # {"))
			lines = append(lines, append(bytes.TrimRight(bytes.Clone(line), "\r\n"), '\n'))
		}
	}
	parser := expfmt.NewTextParser(prommodel.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(bytes.Join(lines, nil)))
	if err != nil {
		return nil, err
	}
	p := Page{}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			e := Exposed{}
			for _, l := range m.GetLabel() {
				e[l.GetName()] = append(e[l.GetName()], l.GetValue())
			}
			p[name] = append(p[name], e)
		}
	}
	return p, nil
}

// Samples are the samples of a run.
type Samples struct {
	List      []Sample
	workloads *chain.Workloads
	pages     lookup.Lazy[map[*chain.Workload]Page]
}

// Page returns the joined samples of a workload, nil if there are none that can be parsed.
func (sa *Samples) Page(wl *chain.Workload) Page {
	if len(sa.List) == 0 || wl == nil {
		return nil
	}
	return sa.pages.Get(func() map[*chain.Workload]Page {
		pages := map[*chain.Workload]Page{}
		for _, s := range sa.List {
			p, err := ParsePage(s.Text.Text)
			wl := sa.WorkloadOf(s)
			if err != nil || wl == nil {
				continue
			}
			if pages[wl] == nil {
				pages[wl] = Page{}
			}
			for name, list := range p {
				pages[wl][name] = append(pages[wl][name], list...)
			}
		}
		return pages
	})[wl]
}

// names returns the names of the series in samples of a workload.
func (sa *Samples) names(wl *chain.Workload) []string { return slices.Sorted(maps.Keys(sa.Page(wl))) }

// WorkloadOf returns the workload of a sample, or nil.
func (sa *Samples) WorkloadOf(s Sample) *chain.Workload {
	parts := strings.Split(s.Workload, "/")
	for _, wl := range sa.workloads.All {
		o := wl.Item.Place.Object
		full := []string{o.Kind, model.NamespaceOf(o.Namespace), o.Name}
		if len(parts) <= len(full) && slices.EqualFunc(parts, full[len(full)-len(parts):], strings.EqualFold) {
			return wl
		}
	}
	return nil
}
