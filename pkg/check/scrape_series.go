package check

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/expfmt"
	prommodel "github.com/prometheus/common/model"
	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

const scrapeSeriesID model.ID = "scrape/series"

const seriesExample = `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 5
  metrics:
  - type: Pods
    pods:
      metric: {name: http_requests_per_second}
      target: {type: AverageValue, averageValue: "10"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: example/web:1, ports: [{name: metrics, containerPort: 8080}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: adapter-config, namespace: monitoring}
data:
  config.yaml: |
    rules:
    - seriesQuery: http_request_total{namespace!="",pod!=""}
      resources: {template: <<.Resource>>}
      name: {as: http_requests_per_second}
      metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)
---
apiVersion: v1
kind: ConfigMap
metadata: {name: sample, annotations: {config.kubernetes.io/local-config: "true"}}
data:
  # What the pods of the Deployment say, given to the check by --sample.
  web: |
    http_requests_total{method="GET"} 12
`

var scrapeSeries = Check{
	ID:    scrapeSeriesID,
	Title: "A sample of the metrics page lacks the series or a label that the rule selects",
	Why:   "The rule selects nothing, and the HPA sees no value.",
	Mend:  "Correct the name or the label in the rule, or have the workload expose it.",
	Bad:   seriesExample,
	Good:  strings.Replace(seriesExample, "http_request_total", "http_requests_total", 1),
	run: func(w *world, ps *model.Problems) {
		for _, s := range w.demands.samples.list {
			if _, err := parsePage(s.Text.Text); err != nil {
				ps.Errorf(scrapeSeriesID, s.Place, "is no metrics page in the text format of Prometheus: %v", err)
			}
			if w.demands.samples.workloadOf(s) == nil {
				ps.Errorf(scrapeSeriesID, s.Place, "is a sample of %q, which is no workload here%s", s.Workload, krm.DidYouMean(s.Workload,
					workloadNames(w.graph)))
			}
		}
		for _, d := range w.demands.demands() {
			if page := w.demands.samples.page(d.workload); page != nil && d.problem == "" && d.kind == autoscalingv2.PodsMetricSourceType {
				if o := d.effective(); o != nil {
					checkPage(d, o, page, ps)
				}
			}
		}
	},
}

// exposed is a series of a metrics page: the names of all its labels, and values that they have.
type exposed map[string][]string

// page maps names of series to what is exposed under them.
type page map[string][]exposed

// parsePage reads a page in the text format 0.0.4 or in that of OpenMetrics, as far as both agree.
func parsePage(text []byte) (page, error) {
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
	p := page{}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			e := exposed{}
			for _, l := range m.GetLabel() {
				e[l.GetName()] = append(e[l.GetName()], l.GetValue())
			}
			p[name] = append(p[name], e)
		}
	}
	return p, nil
}

// samples are metrics pages of workloads.
type samples struct {
	list      []Sample
	workloads *workloadSet
	pages     once[map[*workload]page]
}

// page joins the samples of a workload; nil if there is none that can be read.
func (sa *samples) page(wl *workload) page {
	if len(sa.list) == 0 || wl == nil {
		return nil
	}
	return sa.pages.get(func() map[*workload]page {
		pages := map[*workload]page{}
		for _, s := range sa.list {
			p, err := parsePage(s.Text.Text)
			wl := sa.workloadOf(s)
			if err != nil || wl == nil {
				continue
			}
			if pages[wl] == nil {
				pages[wl] = page{}
			}
			for name, list := range p {
				pages[wl][name] = append(pages[wl][name], list...)
			}
		}
		return pages
	})[wl]
}

// sampled are the names of the series that the sample of a workload has.
func (sa *samples) names(wl *workload) []string { return sortedKeys(sa.page(wl)) }

// sampledWorkload finds the workload of a sample by NAME, NAMESPACE/NAME or KIND/NAMESPACE/NAME.
func (sa *samples) workloadOf(s Sample) *workload {
	parts := strings.Split(s.Workload, "/")
	for _, wl := range sa.workloads.all {
		o := wl.item.Place.Object
		full := []string{o.Kind, model.NamespaceOf(o.Namespace), o.Name}
		if len(parts) <= len(full) && slices.EqualFunc(parts, full[len(full)-len(parts):], strings.EqualFold) {
			return wl
		}
	}
	return nil
}

func workloadNames(g *graph) []string {
	var out []string
	for _, wl := range g.workloads.all {
		out = append(out, wl.item.Place.Object.Name)
	}
	return out
}

// checkPage compares a rule with what the pods expose.
func checkPage(d *demand, o *offer, p page, ps *model.Problems) {
	var found []string
	for _, name := range o.series {
		if len(p[name]) > 0 {
			found = append(found, name)
		}
		if fromElsewhere(name) || d.isRecorded(name) {
			return
		}
	}
	who := d.workload.item.Place.Object
	if len(found) == 0 {
		ps.Errorf(scrapeSeriesID, o.field("seriesQuery"), "selects the series %s for %s, which the sample of %s does not have%s",
			o.series[0], d.what(), who, likelySeries(o.series[0], p))
		return
	}
	for _, m := range o.matchers {
		if m.Name != prommodel.MetricNameLabel && !exposes(d, found, p, m.Name, m.Matches) {
			ps.Errorf(scrapeSeriesID, o.field("seriesQuery"), "selects series with %s, but no series %s in the sample of %s has it%s",
				m, found[0], who, labelHint(m.Name, p[found[0]]))
		}
	}
	if o.expr != nil {
		checkQueried(d, o, p, ps)
	}
}

// checkQueried compares the selectors of the query with what the pods expose.
func checkQueried(d *demand, o *offer, p page, ps *model.Problems) {
	who := d.workload.item.Place.Object
	for _, s := range selectors(o.expr) {
		if len(p[s.Name]) == 0 {
			if s.Name != "" && !slices.Contains(o.series,
				s.Name) && !fromElsewhere(s.Name) && !d.isRecorded(s.Name) && !strings.Contains(s.Name, ":") {
				ps.Errorf(scrapeSeriesID, o.field("metricsQuery"), "asks for the series %s for %s, which the sample of %s does not have%s",
					s.Name, d.what(), who, likelySeries(s.Name, p))
			}
			continue
		}
		for _, m := range s.LabelMatchers {
			if m.Name == prommodel.MetricNameLabel || m.Name == o.label || exposes(d, []string{s.Name}, p, m.Name, m.Matches) {
				continue
			}
			ps.Errorf(scrapeSeriesID, o.field("metricsQuery"), "asks for series with %s for %s, but no series %s in the sample of %s "+
				"has it%s",
				m, d.what(), s.Name, who, labelHint(m.Name, p[s.Name]))
		}
	}
}

// exposes tells whether one of the series may have a label with a value that matches once Prometheus has read it.
func exposes(d *demand, names []string, p page, label string, matches func(string) bool) bool {
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

// arrives tells whether a series with labels of its own has a label that matches when it arrives. Where nobody knows
// how it does, a label that discovery gives may have any value.
func arrives(d *demand, name string, own map[string]string, label string, matches func(string) bool) bool {
	for _, o := range d.origins() {
		if set, kept := o.series(name, own); o.opaque || kept && matches(set[label]) || label == "container" {
			return true
		}
	}
	if len(d.paths()) > 0 {
		return false
	}
	_, ours := own[label]
	return matches(own[label]) || !ours && scrapeLabel(label)
}

// scrapeLabel tells whether a label is one that configurations of Prometheus give to targets.
func scrapeLabel(label string) bool {
	_, operator := discoveredLabels[label]
	return operator || slices.Contains([]string{"container", "node", "app", "release", "namespace_name", "pod_name"}, label) ||
		strings.HasPrefix(label, "kubernetes_") || strings.HasPrefix(label, "app_kubernetes_io_") || strings.HasPrefix(label, "exported_")
}

// labelHint says which values a label has, or which other label was most likely meant.
func labelHint(label string, list []exposed) string {
	var names, values []string
	for _, e := range list {
		names = append(names, sortedKeys(e)...)
		for _, v := range e[label] {
			values = append(values, strconv.Quote(v))
		}
	}
	slices.Sort(values)
	values = slices.Compact(values)
	const most = 5
	switch {
	case len(values) == 0:
		return krm.DidYouMean(label, names)
	case len(values) > most:
		return "; there it is " + strings.Join(values[:most], ", ") + " and others"
	}
	return "; there it is " + strings.Join(values, " or ")
}

// likelySeries suggests a series of the page.
func likelySeries(name string, p page) string {
	names := sortedKeys(p)
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
