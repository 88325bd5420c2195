package check

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadValues(t *testing.T) {
	checkCases(t, ruleQueryID, []ruleCase{
		{name: "defaults", in: values("replicas: 1\nrules: {default: true, custom: [], external: [], resource: {}}")},
		{
			name: "all parts", in: values(`
rules:
  default: false
  custom:
  - seriesQuery: up{
    metricsQuery: up
  external:
  - seriesQuery: down{
    metricsQuery: down
  resource:
    cpu:
      containerQuery: sum(
      resources: {template: <<.Resource>>}`),
			want: []string{
				`error: values.yaml: rules.custom[0].seriesQuery: line 4: is no series selector that Prometheus accepts: 1:4: parse error: unexpected end of input inside braces; the adapter then lists no metric at all, not even those of other rules`,
				`error: values.yaml: rules.external[0].seriesQuery: line 7: is no series selector that Prometheus accepts: 1:6: parse error: unexpected end of input inside braces; the adapter then lists no metric at all, not even those of other rules`,
				`error: values.yaml: rules.resource.cpu.containerQuery: line 10: becomes sum(, which Prometheus refuses: 1:5: parse error: unclosed left parenthesis`,
			},
		},
		{
			name: "unknown", in: values(`
rules:
  cusstom: []
  custom:
  - seriesQuery: up
    metricQuery: up
  external: {seriesQuery: up}
  resource: {cpu: {query: x}}`),
			want: []string{
				`error: values.yaml: rules.custom[0].metricQuery: line 5: unknown field "metricQuery"; did you mean "metricsQuery"?; the adapter does not start with it`,
				`error: values.yaml: rules.external: line 6: is no list; write one rule or more, each beginning with a dash; the adapter does not start with it`,
				`error: values.yaml: rules.resource.cpu.query: line 7: unknown field "query"; known are containerLabel, containerQuery, nodeQuery, resources; the adapter does not start with it`,
				`warning: values.yaml: rules.cusstom: line 2: is no key that the chart reads; did you mean "custom"?`,
			},
		},
		{
			name: "keys of the adapter", in: values("rules: {externalRules: [], resourceRules: {}, rules: []}"),
			want: []string{
				`warning: values.yaml: rules.externalRules: line 1: is no key that the chart reads; the chart calls it "external"`,
				`warning: values.yaml: rules.resourceRules: line 1: is no key that the chart reads; the chart calls it "resource"`,
				`warning: values.yaml: rules.rules: line 1: is no key that the chart reads; the chart calls it "custom"`,
			},
		},
		{
			name: "as a dependency", in: values("prometheus-adapter: {rules: {default: false, custom: [{seriesQuery: up, metricsQuery: ''}]}}"),
			want: []string{`error: values.yaml: prometheus-adapter.rules.custom[0].metricsQuery: line 1: is empty; write a query, such as sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)`},
		},
		{
			name: "in a HelmRelease", manifests: `
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: adapter}
spec:
  chart: {spec: {chart: prometheus-adapter}}
  values: {rules: {custom: [{seriesQuery: '{', metricsQuery: up}]}}
`,
			want: []string{`error: HelmRelease adapter: spec.values.rules.custom[0].seriesQuery: is no series selector that Prometheus accepts: 1:2: parse error: unexpected end of input inside braces; the adapter then lists no metric at all, not even those of other rules`},
		},
		{
			name: "in Applications", manifests: `
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: a}
spec: {source: {chart: prometheus-adapter, helm: {values: "rules: {custom: [{seriesQuery: '{', metricsQuery: up}]}"}}}
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: b}
spec: {sources: [{chart: other}, {chart: prometheus-adapter, helm: {valuesObject: {rules: {custom: [{seriesQuery: '{', metricsQuery: up}]}}}}]}
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: c}
spec: {source: {chart: prometheus-adapter, helm: {valueFiles: [values.yaml]}}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: d}
spec: {chart: {spec: {chart: prometheus-adapter}}, valuesFrom: [{kind: ConfigMap, name: values}], values: {replicas: 2}}
`,
			want: []string{
				`error: Application a: spec.source.helm.values.rules.custom[0].seriesQuery: line 1: is no series selector that Prometheus accepts: 1:2: parse error: unexpected end of input inside braces; the adapter then lists no metric at all, not even those of other rules`,
				`error: Application b: spec.sources[1].helm.valuesObject.rules.custom[0].seriesQuery: is no series selector that Prometheus accepts: 1:2: parse error: unexpected end of input inside braces; the adapter then lists no metric at all, not even those of other rules`,
			},
		},
	})
}

// TestChartDefaults tells which values of rules.default add rules, and by whom the default rules are given.
func TestChartDefaults(t *testing.T) {
	for text, want := range map[string]int{
		"rules: {default: true}": 6, "rules: {custom: []}": 6, "rules: {default: false}": 0, "rules: {default: null}": 0, "rules: {default: ''}": 0,
		"rules: {default: 1}": 6, "rules: {default: False}": 0, "rules: {default: 0}": 0,
	} {
		w, _ := newWorld(values(text))
		if got := len(w.setup.sets[0].custom); got != want {
			t.Errorf("%s adds %d rules, want %d", text, got, want)
		}
	}
	w, _ := newWorld(values("rules: {existing: adapter-config}"))
	if len(w.setup.sets) != 0 {
		t.Errorf("rules.existing gives %d configurations, want none", len(w.setup.sets))
	}
	in := Input{Items: objects(t, "{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {name: a}, spec: {chart: {spec: {chart: prometheus-adapter}}, valuesFrom: [{name: x}]}}")}
	if w, _ = newWorld(in); len(w.setup.sets) != 0 {
		t.Errorf("a HelmRelease with values from elsewhere has %d configurations, want none", len(w.setup.sets))
	}
	in = Input{Items: objects(t, "{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: a}, spec: {source: {chart: prometheus-adapter}}}")}
	w, _ = newWorld(in)
	if got := len(w.setup.sets[0].custom); got != 6 {
		t.Errorf("an Application without values has %d rules, want 6", got)
	}
}

// TestDefaultRules states what the default rules make of series of each kind.
func TestDefaultRules(t *testing.T) {
	w, _ := newWorld(values("rules: {default: true}"))
	got := map[string][]string{}
	for _, series := range []string{
		"container_cpu_usage_seconds_total", "container_network_receive_bytes_total", "container_memory_working_set_bytes",
		"http_requests_total", "process_cpu_seconds_total", "queue_length",
	} {
		for _, r := range w.setup.sets[0].custom {
			if r.accepts(series) {
				got[series] = append(got[series], r.metricOf(series)+" = "+r.MetricsQuery)
			}
		}
	}
	const (
		gauge   = `sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)`
		counter = `sum(rate(<<.Series>>{<<.LabelMatchers>>}[5m])) by (<<.GroupBy>>)`
		inside  = `sum(rate(<<.Series>>{<<.LabelMatchers>>,container!="POD"}[5m])) by (<<.GroupBy>>)`
	)
	want := map[string][]string{
		"container_cpu_usage_seconds_total":     {"cpu_usage = " + inside},
		"container_network_receive_bytes_total": {"network_receive_bytes = " + inside},
		"container_memory_working_set_bytes":    {`memory_working_set_bytes = sum(<<.Series>>{<<.LabelMatchers>>,container!="POD"}) by (<<.GroupBy>>)`},
		"http_requests_total":                   {"http_requests = " + counter},
		"process_cpu_seconds_total":             {"process_cpu = " + counter},
		"queue_length":                          {"queue_length = " + gauge},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
