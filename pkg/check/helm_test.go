package check

import (
	"testing"

	"github.com/krm-fn/krm-fn/pkg/model"
)

func TestReadValues(t *testing.T) {
	checkCases(t, model.RuleQuery, []ruleCase{
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
				`error: values.yaml: rules.custom[0].seriesQuery: line 4: is not a series selector that Prometheus accepts: 1:4: parse error: unexpected end of input inside braces; the adapter then lists no metric at all, not even those of other rules`,
				`error: values.yaml: rules.external[0].seriesQuery: line 7: is not a series selector that Prometheus accepts: 1:6: parse error: unexpected end of input inside braces; the adapter then lists no metric at all, not even those of other rules`,
				`error: values.yaml: rules.resource.cpu.containerQuery: line 10: expands to sum(, which Prometheus rejects: 1:5: parse error: unclosed left parenthesis`,
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
				`error: values.yaml: rules.custom[0].metricQuery: line 5: unknown field "metricQuery"; did you mean "metricsQuery"?; the adapter does not start with this configuration`,
				`error: values.yaml: rules.external: line 6: is not a list; add one or more rules, each beginning with a dash; the adapter does not start with this configuration`,
				`error: values.yaml: rules.resource.cpu.query: line 7: unknown field "query"; known fields: containerLabel, containerQuery, nodeQuery, resources; the adapter does not start with this configuration`,
				`warning: values.yaml: rules.cusstom: line 2: is not a key that the chart reads; did you mean "custom"?`,
			},
		},
		{
			name: "keys of the adapter", in: values("rules: {externalRules: [], resourceRules: {}, rules: []}"),
			want: []string{
				`warning: values.yaml: rules.externalRules: line 1: is not a key that the chart reads; the chart calls it "external"`,
				`warning: values.yaml: rules.resourceRules: line 1: is not a key that the chart reads; the chart calls it "resource"`,
				`warning: values.yaml: rules.rules: line 1: is not a key that the chart reads; the chart calls it "custom"`,
			},
		},
		{name: "no rules", in: values("prometheus: {url: http://p}")},
		{name: "nothing", in: values("{}")},
		{name: "null", in: values("rules:")},
		{
			name: "not a mapping", in: values("rules: true"),
			want: []string{`error: values.yaml: rules: line 1: is not a mapping; the chart reads default, custom, existing, external and resource`},
		},
		{
			name: "a configuration with a misspelled key", in: values("rulse: [{seriesQuery: up, metricsQuery: up}]"),
			want: []string{`error: values.yaml: rulse: line 1: unknown field "rulse"; did you mean "rules"?; the adapter does not start with this configuration`},
		},
		{
			name: "as a dependency with an alias", in: values("image: {tag: v1}\ncustom-metrics: {rules: {default: false, custom: [{seriesQuery: up, metricsQuery: ''}]}}"),
			want: []string{`error: values.yaml: custom-metrics.rules.custom[0].metricsQuery: line 2: is empty; add a query, such as sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)`},
		},
		{
			name: "as a dependency", in: values("prometheus-adapter: {rules: {default: false, custom: [{seriesQuery: up, metricsQuery: ''}]}}"),
			want: []string{`error: values.yaml: prometheus-adapter.rules.custom[0].metricsQuery: line 1: is empty; add a query, such as sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)`},
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
			want: []string{`error: HelmRelease adapter: spec.values.rules.custom[0].seriesQuery: is not a series selector that Prometheus accepts: 1:2: parse error: unexpected end of input inside braces; the adapter then lists no metric at all, not even those of other rules`},
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
				`error: Application a: spec.source.helm.values.rules.custom[0].seriesQuery: line 1: is not a series selector that Prometheus accepts: 1:2: parse error: unexpected end of input inside braces; the adapter then lists no metric at all, not even those of other rules`,
				`error: Application b: spec.sources[1].helm.valuesObject.rules.custom[0].seriesQuery: is not a series selector that Prometheus accepts: 1:2: parse error: unexpected end of input inside braces; the adapter then lists no metric at all, not even those of other rules`,
			},
		},
	})
}
