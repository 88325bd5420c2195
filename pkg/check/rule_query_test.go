package check

import (
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/pkg/model"
)

func TestRuleQuery(t *testing.T) {
	cm := "ConfigMap monitoring/adapter-config: data[\"config.yaml\"]"
	// one is a configuration of one rule, with what is added to a sound one or replaces parts of it.
	one := func(fields string) string { return configured("rules:\n- " + fields) }
	const query = "\n  metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"
	checkCases(t, model.RuleQuery, []ruleCase{
		{name: "sound", manifests: configured("rules:" + rate + "\nexternalRules:" + rate)},
		{
			name: "unknown field", manifests: one("seriesQery: up{pod!=\"\"}" + mapped + query),
			want: []string{
				`error: ` + cm + `.rules[0].seriesQery: line 2: unknown field "seriesQery"; did you mean "seriesQuery"?; the adapter does not start with this configuration`,
			},
		},
		{
			name: "wrong type", manifests: one("seriesQuery: [up]" + mapped + query),
			want: []string{`error: ` + cm + `.rules[0].seriesQuery: line 2: is a list; use a string; the adapter does not start with this configuration`},
		},
		{
			name: "no YAML", manifests: configured("rules: ["),
			want: []string{`error: ` + cm + `: line 1: is not valid YAML: did not find expected node content`},
		},
		{
			name: "not strict enough for us", manifests: one("seriesQuery: up{pod!=\"\"}" + mapped + "\n  name: {as: 5}" + query),
		},
		{
			name: "nothing", manifests: configured("# to do"),
			want: []string{`warning: ` + cm + `: contains no rules; the adapter starts, but serves nothing`},
		},
		{
			name: "empty lists", manifests: configured("rules: []"),
			want: []string{`warning: ` + cm + `: contains no rules; the adapter starts, but serves nothing`},
		},
		{
			name: "two documents", manifests: configured("rules:" + rate + "\n---\nrules: []"),
			want: []string{`warning: ` + cm + `: line 7: begins a second YAML document; the adapter reads only the first`},
		},
		{
			name: "no series", manifests: one("name: {as: x}" + mapped + query),
			want: []string{`error: ` + cm + `.rules[0].seriesQuery: line 2: is empty; add a selector, such as 'http_requests_total{namespace!="",pod!=""}'; the adapter then lists no metric at all, not even those of other rules`},
		},
		{
			name: "an expression for series", manifests: one("seriesQuery: sum(up)" + mapped + query),
			want: []string{`error: ` + cm + `.rules[0].seriesQuery: line 2: is not a series selector that Prometheus accepts: 1:4: parse error: unexpected "("; the adapter then lists no metric at all, not even those of other rules`},
		},
		{
			name: "all series", manifests: one("seriesQuery: '{__name__=~\".*\"}'" + mapped + query),
			want: []string{`error: ` + cm + `.rules[0].seriesQuery: line 2: has no non-empty matcher, which Prometheus requires; add one, such as namespace!=""; the adapter then lists no metric at all, not even those of other rules`},
		},
		{
			name: "regular expression", manifests: one("seriesQuery: up{pod!=\"\"}\n  name: {matches: \"^(.*$\"}" + mapped + query),
			want: []string{`error: ` + cm + `.rules[0]: line 2: unable to generate series name filter from name rules associated with series query "up{pod!=\"\"}": unable to compile series filter "^(.*$": error parsing regexp: missing closing ): ` + "`^(.*$`" + `; the adapter does not start with this configuration`},
		},
		{
			name: "two captures", manifests: one("seriesQuery: up{pod!=\"\"}\n  name: {matches: \"^(.*)_(.*)$\"}" + mapped + query),
			want: []string{`error: ` + cm + `.rules[0]: line 2: must specify an 'as' value for name matcher "^(.*)_(.*)$" associated with series query "up{pod!=\"\"}"; the adapter does not start with this configuration`},
		},
		{
			name: "filter of both kinds", manifests: one("seriesQuery: up{pod!=\"\"}\n  seriesFilters: [{is: a, isNot: b}]" + mapped + query),
			want: []string{`error: ` + cm + `.rules[0]: line 2: unable to generate series name filter associated with series query "up{pod!=\"\"}": cannot have both an ` + "`is` (\"a\") and `isNot`" + ` ("b") expression in a single filter; the adapter does not start with this configuration`},
		},
		{
			name: "template", manifests: one("seriesQuery: up{pod!=\"\"}" + mapped + "\n  metricsQuery: sum(<<.Series)"),
			want: []string{`error: ` + cm + `.rules[0]: line 2: unable to construct metrics query associated with series query "up{pod!=\"\"}": unable to parse metrics query template "sum(<<.Series)": template: metrics-query:1: unexpected right paren; the adapter does not start with this configuration`},
		},
		{
			name: "template field", manifests: one("seriesQuery: up{pod!=\"\"}" + mapped + "\n  metricsQuery: sum(<<.Serie>>)"),
			want: []string{`error: ` + cm + `.rules[0].metricsQuery: line 4: cannot be filled in: template: metrics-query:1:6: executing "metrics-query" at <.Serie>: can't evaluate field Serie in type naming.queryTemplateArgs`},
		},
		{
			name: "braces of another template", manifests: one("seriesQuery: up{pod!=\"\"}" + mapped + "\n  metricsQuery: sum(<<.Series>>{namespace=\"{{.Namespace}}\"}) by (<<.GroupBy>>)"),
			want: []string{`error: ` + cm + `.rules[0].metricsQuery: line 4: contains {{, which the adapter does not replace; use << and >>, such as <<.LabelMatchers>>`},
		},
		{
			name: "an endless template", manifests: one("seriesQuery: up{pod!=\"\"}" + mapped + "\n  metricsQuery: '<<range $i := 1000000000000>>x<<end>>'"),
			want: []string{`error: ` + cm + `.rules[0].metricsQuery: line 4: ranges over 1000000000000, not over a field, which krm-fn does not execute; write the query without it`},
		},
		{
			name: "an endless template for labels", manifests: one("seriesQuery: up{pod!=\"\"}\n  resources: {template: '<<if .Resource>><<else>><<range 1000000000000>>x<<end>><<end>>'}" + query),
			want: []string{`error: ` + cm + `.rules[0].resources.template: line 3: ranges over 1000000000000, not over a field, which krm-fn does not execute; write the query without it`},
		},
		{
			name: "deep loops", manifests: one("seriesQuery: up{pod!=\"\"}" + mapped + "\n  metricsQuery: '<<with .Series>><<end>>" + strings.Repeat("<<range .GroupBySlice>>", 4) + "x" + strings.Repeat("<<end>>", 4) + "'"),
			want: []string{`error: ` + cm + `.rules[0].metricsQuery: line 4: nests ranges, which krm-fn does not execute; write the query without it`},
		},
		{
			name: "templates that call each other", manifests: one("seriesQuery: up{pod!=\"\"}" + mapped + "\n  metricsQuery: '<<define \"a\">><<template \"b\">><<template \"b\">><<end>><<define \"b\">>x<<end>><<template \"a\">>'"),
			want: []string{`error: ` + cm + `.rules[0].metricsQuery: line 4: defines templates, which krm-fn does not execute; write the query without it`},
		},
		{
			name: "a variable that doubles", manifests: one("seriesQuery: up{pod!=\"\"}" + mapped + "\n  metricsQuery: '<<$a := .Series>>" + strings.Repeat(`<<$a = printf "%s%s" $a $a>>`, 60) + "<<$a>>'"),
			want: []string{`error: ` + cm + `.rules[0].metricsQuery: line 4: prints variables, which krm-fn does not execute; write the query without it`},
		},
		{
			name: "long texts", manifests: one("seriesQuery: up{pod!=\"\"}\n  name: {as: '" + strings.Repeat("$1", 1000) + "'}" + mapped + "\n  metricsQuery: m" + strings.Repeat("+m", 100000)),
			want: []string{
				`error: ` + cm + `.rules[0].name.as: line 3: has 2000 bytes, but krm-fn checks at most 1024; shorten it`,
				`error: ` + cm + `.rules[0].metricsQuery: line 5: has 200001 bytes, but krm-fn checks at most 4096; shorten it`,
			},
		},
		{
			name: "an endless template for resources", manifests: configured("resourceRules: {cpu: {containerQuery: '<<range 1000000000000>>x<<end>>', resources: {template: <<.Resource>>}}}"),
			want: []string{`error: ` + cm + `.resourceRules.cpu.containerQuery: line 1: ranges over 1000000000000, not over a field, which krm-fn does not execute; write the query without it`},
		},
		{
			name: "no query", manifests: one("seriesQuery: up{pod!=\"\"}" + mapped),
			want: []string{`error: ` + cm + `.rules[0].metricsQuery: line 2: is empty; add a query, such as sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)`},
		},
		{
			name: "range", manifests: one("seriesQuery: up{pod!=\"\"}" + mapped + "\n  metricsQuery: <<.Series>>{<<.LabelMatchers>>}[5m]"),
			want: []string{`error: ` + cm + `.rules[0].metricsQuery: line 4: expands to up{namespace="default",pod=~"a|b"}[5m], which returns a matrix; the adapter accepts only an instant vector`},
		},
		{
			name: "scalar", manifests: one("seriesQuery: up{pod!=\"\"}" + mapped + "\n  metricsQuery: scalar(sum(<<.Series>>))"),
			want: []string{`error: ` + cm + `.rules[0].metricsQuery: line 4: expands to scalar(sum(up)), which returns a scalar; the adapter accepts only an instant vector`},
		},
		{name: "scalar of an external rule", manifests: configured("externalRules: [{seriesQuery: up, metricsQuery: scalar(sum(<<.Series>>))}]")},
		{name: "values by name, functions of old and to come", manifests: configured(`
rules:
- seriesQuery: up{pod!=""}` + mapped + `
  metricsQuery: sum(up{pod=~"<<index .LabelValuesByName "pod">>"}) by (<<range $i, $l := .GroupBySlice>><<$l>><<end>>)
- seriesQuery: down{pod!=""}` + mapped + `
  metricsQuery: holt_winters(<<.Series>>{<<.LabelMatchers>>}[10m], 0.5, 0.5)
- seriesQuery: out{pod!=""}` + mapped + `
  metricsQuery: mad_over_time(<<.Series>>{<<.LabelMatchers>>}[10m])`)},
		{
			name: "resources", manifests: one(`seriesQuery: up{pod!=""}
  resources:
    overrides:
      a: {resource: po}
      b: {group: extensions, resource: ingress}
      c: {group: apps, resource: pod}
      d: {group: apps, resource: deploymnt}
      e: {resource: ""}
      f: {group: argoproj.io, resource: rollout}
      g: {resource: servce}
      h: {resource: brands}
      i: {resource: Pods}` + query),
			want: []string{
				`error: ` + cm + `.rules[0].resources.overrides.a: line 5: has resource "po", a short name that only kubectl knows; use "pods"; the adapter does not start with this configuration`,
				`error: ` + cm + `.rules[0].resources.overrides.b: line 6: has group "extensions", which Kubernetes no longer serves; it is in group "networking.k8s.io"; the adapter does not start with this configuration`,
				`error: ` + cm + `.rules[0].resources.overrides.c: line 7: has resource "pod", which group "apps" does not have; it is in group ""; the adapter does not start with this configuration`,
				`error: ` + cm + `.rules[0].resources.overrides.d: line 8: has resource "deploymnt", which group "apps" does not have; did you mean "deployment"?; the adapter does not start with this configuration`,
				`error: ` + cm + `.rules[0].resources.overrides.e: line 9: names no resource; add one, such as {resource: "pod"}; the adapter does not start with this configuration`,
				`warning: ` + cm + `.rules[0].resources.overrides.g: line 11: has resource "servce", which is not built into Kubernetes; did you mean "service"?`,
			},
		},
		{name: "extensions in an old cluster", in: Input{Minor: 20}, manifests: one(`seriesQuery: up{pod!=""}
  resources: {overrides: {namespace: {resource: namespace}, ingress: {group: extensions, resource: ingress}}}` + query)},
		{
			name: "resource rules", manifests: configured(`
resourceRules:
  cpu:
    containerQuery: sum(rate(cpu{<<.LabelMatchers>>}[1m]) by (<<.GroupBy>>)
    nodeQuery: sum(<<.Serie>>)
    resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}, node: {resource: node}}}
    containerLabel: container
  memory:
    containerQuery: memory{<<.LabelMatchers>>}[1m]
    nodeQuery: sum(<<
    resources: {template: <<.Resource>>}`),
			want: []string{
				`error: ` + cm + `.resourceRules.cpu.containerQuery: line 2: expands to sum(rate(cpu{namespace="default",pod=~"a|b"}[1m]) by (pod,container), which Prometheus rejects: 1:51: parse error: unexpected <by> in aggregation`,
				`error: ` + cm + `.resourceRules.cpu.nodeQuery: line 2: cannot be filled in: template: metrics-query:1:6: executing "metrics-query" at <.Serie>: can't evaluate field Serie in type naming.queryTemplateArgs`,
				`error: ` + cm + `.resourceRules.memory.containerQuery: line 2: expands to memory{namespace="default",pod=~"a|b"}[1m], which returns a matrix; the adapter accepts only an instant vector`,
				`error: ` + cm + `.resourceRules.memory.nodeQuery: line 2: unable to parse metrics query template "sum(<<": template: metrics-query:1: unclosed action; the adapter does not start with this configuration`,
			},
		},
		{
			name: "resources of resource rules", manifests: configured(`
resourceRules:
  cpu: {containerQuery: cpu, resources: {overrides: {pod: {resource: po}}}}
  memory: {containerQuery: memory, resources: {template: <<}}`),
			want: []string{
				`error: ` + cm + `.resourceRules.cpu.resources.overrides.pod: line 2: has resource "po", a short name that only kubectl knows; use "pods"; the adapter does not start with this configuration`,
				`error: ` + cm + `.resourceRules.memory: line 2: unable to parse label template "<<": template: resource-label:1: unclosed action; the adapter does not start with this configuration`,
			},
		},
		{
			name: "matchers that are empty for this HPA", manifests: shop + asking(externalMetric("lag"), externalMetric("depth")) + configured(`
externalRules:
- seriesQuery: lag{topic!=""}
  resources: {namespaced: false}
  metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>,topic!=""})
- seriesQuery: depth{topic!=""}
  resources: {namespaced: false}
  metricsQuery: sum(<<.Series>>{topic!="",<<.LabelMatchers>>})`),
			want: []string{`error: ` + cm + `.externalRules[0].metricsQuery: line 4: expands to sum(lag{,topic!=""}) for external metric "lag" of HorizontalPodAutoscaler shop/shop, which Prometheus rejects: 1:9: parse error: unexpected "," in label matching, expected identifier or "}"`},
		},
		{
			name: "text that is no configuration", in: Input{Rules: []Text{{Place: model.Place{File: "a.yaml"}, Text: []byte("a: [")}, {Place: model.Place{File: "b.yaml"}}}},
			want: []string{`error: a.yaml: line 1: is not valid YAML: did not find expected node content`},
		},
		{
			name: "text that is one", in: Input{Rules: []Text{{Place: model.Place{File: "a.yaml"}, Text: []byte("rules:\n- seriesQuery: '{'\n")}}},
			want: []string{
				`error: a.yaml: rules[0].metricsQuery: line 2: is empty; add a query, such as sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)`,
				`error: a.yaml: rules[0].seriesQuery: line 2: is not a series selector that Prometheus accepts: 1:2: parse error: unexpected end of input inside braces; the adapter then lists no metric at all, not even those of other rules`,
			},
		},
		{name: "other programs have rules too", manifests: `
apiVersion: v1
kind: ConfigMap
metadata: {name: jmx}
data:
  config.yaml: "rules: [{pattern: '.*'}]"
  alerts.yaml: "groups: [{rules: []}]"
  text: "{{ not yaml"
`},
	})
}
