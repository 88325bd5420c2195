package check

import (
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/pkg/model"
)

func TestRuleWindow(t *testing.T) {
	// over is the workload, read at an interval, with a rule that asks a query.
	over := func(interval, query string) string {
		return strings.Replace(shop, "15s", interval, 1) + asking(podsMetric("load")) + configured(`
rules:
- seriesQuery: requests_total{pod!=""}`+mapped+`
  name: {as: load}
  metricsQuery: `+query)
	}
	const (
		prometheus = "---\napiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: p, namespace: shop}\nspec: {serviceMonitorSelector: {}"
		matched    = "(<<.Series>>{<<.LabelMatchers>>}"
		by         = ") by (<<.GroupBy>>)"
		at         = `ConfigMap monitoring/adapter-config: data["config.yaml"].rules[0].metricsQuery: line 5: uses a range of `
		pods       = `the pods of HorizontalPodAutoscaler shop/shop are `
	)
	missed := func(span, fn, every, least string) string {
		return `warning: ` + at + span + ` in ` + fn + `, but ` + pods + `scraped every ` + every + `, so one missed scrape leaves no value; use at least [` + least + `]`
	}
	tooShort := func(span, fn, every, least string) string {
		return `error: ` + at + span + ` in ` + fn + `, which requires two samples, but ` + pods + every + `; use at least [` + least + `]`
	}
	adapterWith := func(args string) string {
		return `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: adapter, namespace: monitoring}
spec:
  selector: {matchLabels: {app: adapter}}
  template:
    metadata: {labels: {app: adapter}}
    spec:
      containers: [{name: adapter, image: prometheus-adapter, args: [--config=/c/config.yaml, ` + args + `], volumeMounts: [{name: c, mountPath: /c}]}]
      volumes: [{name: c, configMap: {name: adapter-config}}]
`
	}
	checkCases(t, model.RuleWindow, []ruleCase{
		{name: "four intervals", manifests: over("15s", "sum(rate"+matched+"[1m])"+by)},
		{name: "no window", manifests: over("15s", "sum"+matched+by)},
		{name: "three intervals", manifests: over("15s", "sum(rate"+matched+"[45s])"+by), want: []string{missed("45s", "rate", "15s", "1m")}},
		{name: "less than two", manifests: over("30s", "sum(irate"+matched+"[45s] offset 1m)"+by), want: []string{tooShort("45s", "irate", "scraped every 30s", "2m")}},
		{name: "an average needs one sample", manifests: over("30s", "sum(avg_over_time"+matched+"[30s])"+by)},
		{
			name: "an average of less than one", manifests: over("1m", "sum(avg_over_time"+matched+"[30s])"+by),
			want: []string{`error: ` + at + `30s in avg_over_time, which requires one sample, but ` + pods + `scraped every 1m; use at least [4m]`},
		},
		{
			name: "two windows", manifests: over("30s", "sum(rate"+matched+"[1m]) / rate"+matched+"[30s])"+by),
			want: []string{tooShort("30s", "rate", "scraped every 30s", "2m"), missed("1m", "rate", "30s", "2m")},
		},
		{
			name: "subqueries", manifests: over("15s", "sum(max_over_time(rate"+matched+"[1m])[10m:]) + delta(sum(x)[1m:45s])"+")"+" by (<<.GroupBy>>)"),
			want: []string{tooShort("1m", "delta", "computed every 45s", "3m")},
		},
		{name: "length by expression", manifests: over("15s", "sum(rate"+matched+"[step()])"+by)},
		{name: "interval of no Prometheus here", manifests: over("", "sum(rate"+matched+"[1m])"+by)},
		{
			name: "too short for the default", manifests: over("", "sum(rate"+matched+"[30s])"+by),
			want: []string{`warning: ` + at + `30s in rate, but Prometheus scrapes the pods of HorizontalPodAutoscaler shop/shop every 30s unless its scrapeInterval says otherwise; use at least [2m]`},
		},
		{
			name: "interval of a Prometheus here", manifests: over("", "sum(rate"+matched+"[1m])"+by) + prometheus + ", scrapeInterval: 1m}\n" + strings.Replace(prometheus, "name: p", "name: q", 1) + ", scrapeInterval: 2m}\n",
			want: []string{tooShort("1m", "rate", "scraped every 1m", "4m")},
		},
		{name: "default of a Prometheus here", manifests: over("", "sum(rate"+matched+"[1m])"+by) + prometheus + "}\n", want: []string{missed("1m", "rate", "30s", "2m")}},
		{name: "series from elsewhere", manifests: strings.ReplaceAll(over("15s", "sum(rate"+matched+"[15s])"+by), "requests_total", "container_requests_total")},
		{name: "nothing reads the pods", manifests: strings.Replace(over("15s", "sum(rate"+matched+"[15s])"+by), "port: web", "port: other", 1)},
		{
			name: "adapter that lists series too often", manifests: over("45s", "sum(rate"+matched+"[4m])"+by) + adapterWith("--metrics-relist-interval=30s"),
			want: []string{`warning: Deployment monitoring/adapter: spec.template.spec.containers[0].args: has --metrics-relist-interval=30s, but the pods of HorizontalPodAutoscaler shop/shop are scraped every 45s, so the adapter drops their metrics from time to time; use at least 1m30s`},
		},
		{name: "adapter that remembers longer", manifests: over("45s", "sum(rate"+matched+"[4m])"+by) + adapterWith("--metrics-relist-interval=30s, --metrics-max-age=2m")},
		{name: "adapter that lists series often where the interval is open", manifests: over("", "sum(rate"+matched+"[4m])"+by) + adapterWith("--metrics-relist-interval=10s")},
		{name: "recorded series", manifests: over("15s", "sum(rate"+matched+"[15s])"+by) + `---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: r, namespace: shop}
spec: {groups: [{name: g, rules: [{record: requests_total, expr: sum(x) by (pod, namespace)}, {alert: a, expr: x}]}]}
`},
	})
}
