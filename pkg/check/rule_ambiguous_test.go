package check

import (
	"fmt"
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/pkg/model"
)

func TestRuleAmbiguous(t *testing.T) {
	load := asking(podsMetric("load"))
	// from is a rule that makes load, or its own name, of a series.
	from := func(series, as, query string) string {
		return "\n- seriesQuery: '" + series + "'" + mapped + "\n  name: {" + as + "}\n  metricsQuery: " + query + "(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"
	}
	const at = `ConfigMap monitoring/adapter-config: data["config.yaml"].rules[1]: line 6: serves metric "load" of pods, which HorizontalPodAutoscaler shop/shop requests, and so does rules[0]; `
	checkCases(t, model.RuleAmbiguous, []ruleCase{
		{name: "one rule", manifests: shop + load + configured("rules:"+from(`a{pod!=""}`, "as: load", "sum"))},
		{name: "two names", manifests: shop + load + configured("rules:"+from(`a{pod!=""}`, "as: load", "sum")+from(`a{pod!=""}`, "as: other", "max"))},
		{
			name: "two series", manifests: shop + load + configured("rules:"+from(`a{pod!=""}`, "as: load", "sum")+from(`b{pod!=""}`, "as: load", "sum")),
			want: []string{`error: ` + at + `the adapter uses the last rule whose series exist; give one of them a different name.as`},
		},
		{
			name: "one series by label", manifests: shop + load + configured("rules:"+from(`a{app="x"}`, "as: load", "sum")+from(`a{app="y"}`, "as: load", "max")),
			want: []string{`error: ` + at + `the adapter uses the last rule whose series exist; give one of them a different name.as`},
		},
		{
			name: "one series", manifests: shop + load + configured("rules:"+from(`a{pod!=""}`, "as: load", "sum")+from(`a{pod!=""}`, "as: load", "max")),
			want: []string{`warning: ` + at + `the adapter uses the last rule, rules[1]; move the intended rule to the end, or exclude the series from the other`},
		},
		{name: "the same rule again", manifests: shop + load + configured("rules:"+from(`a{pod!=""}`, "as: load", "sum")+from(`a{namespace!=""}`, "as: load", "sum"))},
		{name: "special after general", manifests: shop + load + configured("rules:"+from(`{pod!=""}`, `as: ""`, "sum")+from(`load{pod!=""}`, `as: ""`, "max"))},
		{
			name: "general after special", manifests: shop + load + configured("rules:"+from(`load{pod!=""}`, `as: ""`, "max")+from(`{pod!=""}`, `as: ""`, "sum")),
			want: []string{`warning: ` + at + `the adapter uses the last rule, rules[1]; move the intended rule to the end, or exclude the series from the other`},
		},
		{name: "general rules that each could", manifests: shop + load + configured("rules:"+from(`{pod!=""}`, `matches: "^(.*)_total$"`, "max")+from(`{pod!=""}`, `matches: "^(.*)_count$"`, "sum"))},
		{name: "for other resources", manifests: shop + load + configured("rules:"+from(`a{pod!=""}`, "as: load", "sum")+`
- seriesQuery: b
  resources: {overrides: {namespace: {resource: namespace}, service: {resource: service}}}
  name: {as: load}
  metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)`)},
		{
			name: "several series of one rule", manifests: shop + load + configured("rules:"+from(`{__name__=~"requests_(count|sum|max)",pod!=""}`, "as: load", "sum")),
			want: []string{`warning: ConfigMap monitoring/adapter-config: data["config.yaml"].rules[0]: line 2: serves metric "load" of pods from each of requests_count, requests_sum and requests_max, and the adapter uses the series that Prometheus lists last; use a capture group in name.as, or narrow seriesQuery`},
		},
		{name: "several series that the query names itself", manifests: shop + load + configured(`
rules:
- seriesQuery: '{__name__=~"hits|misses",pod!=""}'`+mapped+`
  name: {as: load}
  metricsQuery: sum({__name__=~"hits|misses",<<.LabelMatchers>>}) by (<<.GroupBy>>)`)},
		{
			name: "external", manifests: shop + asking(externalMetric("load")) + configured("externalRules:"+from("a", "as: load", "sum")+from("b", "as: load", "sum")),
			want: []string{`error: ConfigMap monitoring/adapter-config: data["config.yaml"].externalRules[1]: line 6: serves external metric "load", which HorizontalPodAutoscaler shop/shop requests, and so does externalRules[0]; the adapter uses the last rule whose series exist; give one of them a different name.as`},
		},
		{name: "two configurations", manifests: shop + load + configured("rules:"+from(`a{pod!=""}`, "as: load", "sum")), in: values("rules: {custom: [{seriesQuery: 'b{pod!=\"\"}', resources: {template: <<.Resource>>}, name: {as: load}, metricsQuery: 'sum(b) by (pod)'}]}")},
	})
}

// TestRuleAmbiguousIsBounded has many rules for a metric: a few pairs are reported.
func TestRuleAmbiguousIsBounded(t *testing.T) {
	var rules strings.Builder
	for i := range 500 {
		fmt.Fprintf(&rules, "\n- seriesQuery: a_%d{pod!=\"\"}%s\n  name: {as: load}\n  metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)", i, mapped)
	}
	var found model.Problems
	for _, p := range Run(Input{Items: objects(t, shop+asking(podsMetric("load"))+configured("rules:"+rules.String()))}) {
		if p.ID == model.RuleAmbiguous {
			found.Add(p)
		}
	}
	if last := found[len(found)-1].Message; len(found) != 10 || !strings.HasSuffix(last, "; 500 rules of this configuration serve it") {
		t.Errorf("got %d problems; the last is %q", len(found), last)
	}
}
