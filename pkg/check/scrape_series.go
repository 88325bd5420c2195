package check

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func scrapeSeries(w *world, ps *model.Problems) {
	for _, s := range w.demands.Samples.List {
		if _, err := demand.ParsePage(s.Text.Text); err != nil {
			ps.Errorf(model.ScrapeSeries, s.Place, "is not a metrics page in the Prometheus text format: %v", err)
		}
		if w.demands.Samples.WorkloadOf(s) == nil {
			ps.Errorf(model.ScrapeSeries, s.Place,
				"is a sample of %q, which is not a workload in the input%s", s.Workload, krm.DidYouMean(s.Workload,
					workloadNames(w.graph)))
		}
	}
	for _, d := range w.demands.All() {
		page := w.demands.Samples.Page(d.Workload)
		if page != nil && d.Problem == "" && d.Kind == autoscalingv2.PodsMetricSourceType {
			if o := d.Effective(); o != nil {
				checkPage(d, o, page, ps)
			}
		}
	}
	for _, d := range w.demands.Queries() {
		if page := w.demands.Samples.Page(d.Workload); page != nil {
			for _, s := range d.Query().Own {
				checkExposed(d, d.Query().At, s, page, ps, demand.PodLabels...)
			}
		}
	}
}

func workloadNames(g *chain.Graph) []string {
	var out []string
	for _, wl := range g.Workloads.All {
		out = append(out, wl.Item.Place.Object.Name)
	}
	return out
}

// checkPage compares a rule with a metrics page.
func checkPage(d *demand.Demand, o *demand.Offer, p demand.Page, ps *model.Problems) {
	var found []string
	for _, name := range o.Series {
		if len(p[name]) > 0 {
			found = append(found, name)
		}
		if d.FromExporter(name) || d.IsRecorded(name) {
			return
		}
	}
	who := d.Workload.Item.Place.Object
	if len(found) == 0 {
		ps.Errorf(model.ScrapeSeries, o.Field("seriesQuery"),
			"selects the series %s for %s, which the sample of %s does not have%s",
			o.Series[0], d.What(), who, likelySeries(o.Series[0], p))
		return
	}
	for _, m := range o.Matchers {
		if m.Name != prommodel.MetricNameLabel && !exposes(d, found, p, m.Name, m.Matches) {
			ps.Errorf(model.ScrapeSeries, o.Field("seriesQuery"),
				"selects series with %s, but no series %s in the sample of %s has it%s",
				m, found[0], who, labelHint(m.Name, p[found[0]]))
		}
	}
	if o.Expr != nil {
		checkQueried(d, o, p, ps)
	}
}

// checkQueried compares the selectors of the query with a metrics page.
func checkQueried(d *demand.Demand, o *demand.Offer, p demand.Page, ps *model.Problems) {
	for _, s := range promexpr.Selectors(o.Expr) {
		if len(p[s.Name]) == 0 && (s.Name == "" || slices.Contains(o.Series, s.Name) || d.FromExporter(s.Name) ||
			d.IsRecorded(s.Name) || strings.Contains(s.Name, ":")) {
			continue
		}
		checkExposed(d, o.Field("metricsQuery"), s, p, ps, o.Label)
	}
}

// checkExposed compares a selector, which is at a place, with a metrics page. It does not look at some labels.
func checkExposed(d *demand.Demand, at model.Place, s *parser.VectorSelector, p demand.Page, ps *model.Problems, except ...string) {
	who := d.Workload.Item.Place.Object
	if len(p[s.Name]) == 0 {
		ps.Errorf(model.ScrapeSeries, at, "selects the series %s for %s, which the sample of %s does not have%s",
			s.Name, d.What(), who, likelySeries(s.Name, p))
		return
	}
	for _, m := range s.LabelMatchers {
		if m.Name == prommodel.MetricNameLabel || slices.Contains(except, m.Name) || exposes(d, []string{s.Name}, p, m.Name, m.Matches) {
			continue
		}
		ps.Errorf(model.ScrapeSeries, at, "selects series with %s for %s, but no series %s in the sample of %s has it%s",
			m, d.What(), s.Name, who, labelHint(m.Name, p[s.Name]))
	}
}

// exposes reports whether one of the series arrives with a value of a label that matches.
func exposes(d *demand.Demand, names []string, p demand.Page, label string, matches func(string) bool) bool {
	for _, name := range names {
		for _, e := range p[name] {
			own := map[string]string{}
			for k, v := range e {
				own[k] = v[0]
			}
			if arrives(d, name, own, label, matches) {
				return true
			}
		}
	}
	return false
}

// arrives reports whether a series with the labels own arrives with a label that matches. If the way is unknown, labels of
// service discovery may have any value.
func arrives(d *demand.Demand, name string, own map[string]string, label string, matches func(string) bool) bool {
	for _, o := range d.Origins() {
		if set, kept := o.Series(name, own); o.Opaque || kept && matches(set[label]) || label == "container" {
			return true
		}
	}
	if len(d.Paths()) > 0 {
		return false
	}
	_, ours := own[label]
	return matches(own[label]) || !ours && scrapeLabel(label)
}

// scrapeLabel reports whether scrape configurations usually set a label.
func scrapeLabel(label string) bool {
	_, operator := demand.DiscoveredLabels[label]
	return operator || slices.Contains([]string{"container", "node", "app", "release", "namespace_name", "pod_name"}, label) ||
		strings.HasPrefix(label, "kubernetes_") || strings.HasPrefix(label, "app_kubernetes_io_") || strings.HasPrefix(label, "exported_")
}

// labelHint lists the values of a label, or suggests another label.
func labelHint(label string, list []demand.Exposed) string {
	var names, values []string
	for _, e := range list {
		names = slices.AppendSeq(names, maps.Keys(e))
		for _, v := range e[label] {
			values = append(values, strconv.Quote(v))
		}
	}
	values = lookup.Distinct(values)
	const most = 5
	switch {
	case len(values) == 0:
		return krm.DidYouMean(label, names)
	case len(values) > most:
		return "; there it is " + strings.Join(values[:most], ", ") + " and others"
	}
	return "; there it is " + strings.Join(values, " or ")
}

// likelySeries suggests a series of a page.
func likelySeries(name string, p demand.Page) string {
	names := slices.Sorted(maps.Keys(p))
	if hint := krm.DidYouMean(name, names); hint != "" {
		return hint
	}
	for _, end := range []string{"_total", "_count", "_sum", "_bucket", "_value"} {
		if slices.Contains(names, name+end) {
			return `; did you mean "` + name + end + `"?`
		}
		if base, cut := strings.CutSuffix(name, end); cut && slices.Contains(names, base) {
			return `; did you mean "` + base + `"?`
		}
	}
	return ""
}
