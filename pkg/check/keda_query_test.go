package check

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// withPrefix adds a label with a prefix to the pods.
func withPrefix(text string) string {
	return strings.Replace(text, "  template:\n    metadata: {labels: {", "  template:\n    metadata: {labels: {krm-fn.dev/workload: web, ", 1)
}

// scrapedWeb is a Deployment with a Service, and a ServiceMonitor that scrapes it every 30 seconds.
func scrapedWeb(name string) string {
	return workload("Deployment", "shop", name, `, ports: [{name: http, containerPort: 80}], resources: {requests: {cpu: 100m}}`) + fmt.Sprintf(`---
apiVersion: v1
kind: Service
metadata: {name: %[1]s, namespace: shop, labels: {app: %[1]s, team: blue}}
spec: {selector: {app: %[1]s}, ports: [{name: http, port: 80, targetPort: http}]}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: %[1]s, namespace: shop}
spec:
  targetLabels: [team]
  selector: {matchLabels: {app: %[1]s}}
  endpoints:
  - port: http
    interval: 30s
    metricRelabelings: [{sourceLabels: [__name__], regex: debug_.*, action: drop}]
`, name)
}

func TestKEDAQuery(t *testing.T) {
	const at = "ScaledObject shop/web: spec.triggers[0].metadata"
	const own = `pod=~"web-.*"`
	spec := "  minReplicaCount: 1\n"
	one := func(query string, want ...string) checkCase {
		return checkCase{name: query, text: scrapedWeb("web") + scaledWith(spec+onQuery(query, "")), want: want}
	}
	runCases(t, kedaQuery, []checkCase{
		one(`sum(rate(orders_total{` + own + `}[2m]))`),
		one(`sum by (queue) (jobs{queue="a"})`),
		one(`sum(jobs) or vector(0)`),
		one(`histogram_quantile(0.9, sum by (le) (rate(rabbitmq_delay_bucket[2m])))`),
		one(`rabbitmq_queue_messages{queue="a"}`),
		one(`shop:orders:sum`),
		one(`max(jobs) / 2`),
		one(`sum(rate(orders_total[`, `error: `+at+`.query: is rejected by Prometheus: 1:23: parse error: unexpected end of input in duration expression; correct it [keda/query]`),
		one(`orders_total[5m]`, `error: `+at+`.query: selects a range, whose samples KEDA reads as 0; use a function of ranges, such as sum(rate(orders_total[5m])) [keda/query]`),
		one(`scalar(sum(orders))`, `error: `+at+`.query: is a scalar, which KEDA cannot read; use an aggregation, or vector(scalar(sum(orders))) [keda/query]`),
		one(`"text"`, `error: `+at+`.query: is a string, which KEDA cannot read; use an aggregation such as sum(rate(SERIES[2m])) [keda/query]`),
		one(`sum by (queue) (jobs{queue="a"}) or vector(0)`, `error: `+at+`.query: has two elements whenever both sides of or have one, because their labels differ, and KEDA requires one; use or on() instead [keda/query]`),
		one(`sum by (pod) (orders{`+own+`})`, `error: `+at+`.query: has an element for each value of pod, thus for each pod, and KEDA requires one; aggregate without by [keda/query]`),
		one(`sum by (queue) (jobs)`, `warning: `+at+`.query: has an element for each value of queue, and KEDA requires one; aggregate without by, or require one value [keda/query]`),
		one(`rate(orders_total{`+own+`}[2m])`, `error: `+at+`.query: has an element for each series, at least one for each pod, and KEDA requires one; aggregate, such as by sum(rate(orders_total{pod=~"web-.*"}[2m])) [keda/query]`),
		one(`jobs_waiting`, `warning: `+at+`.query: has an element for each series, and KEDA requires one; aggregate, such as by sum(jobs_waiting) [keda/query]`),
		one(`avg(in_flight{`+own+`})`, `warning: `+at+`.query: is already an average (avg), and the target is an AverageValue, for which the controller divides the result by the number of pods; use metricType: Value, or a sum in the query [keda/query]`),
		one(`100 * sum(errors{`+own+`}) / sum(orders{`+own+`})`, `warning: `+at+`.query: is already an average (a ratio), and the target is an AverageValue, for which the controller divides the result by the number of pods; use metricType: Value, or a sum in the query [keda/query]`),
		one(`sum(errors{`+own+`}) / sum(orders{`+own+`})`, `warning: `+at+`.query: is already an average (a ratio), and the target is an AverageValue, for which the controller divides the result by the number of pods; use metricType: Value, or a sum in the query [keda/query]`),
		one(`avg(rabbitmq_queue_messages)`),
		one(`histogram_quantile(0.9, sum(rate(x_bucket{`+own+`}[2m])))`,
			`error: `+at+`.query: has no value, because histogram_quantile(0.9, sum(rate(x_bucket{pod=~"web-.*"}[2m]))) gets buckets without label "le"; aggregate by (le) [keda/query]`,
			`warning: `+at+`.query: is already an average (histogram_quantile), and the target is an AverageValue, for which the controller divides the result by the number of pods; use metricType: Value, or a sum in the query [keda/query]`),
		one(`sum(orders{code="200",code="500"})`, `error: `+at+`.query: selects code="200" and code="500" at once, which no series has; correct one of them [keda/query]`),
		one(`rate(sum(orders_total)[5m:1m])`, `warning: `+at+`.query: takes rate of a sum, which is too high whenever one counter restarts; apply it to the series, and sum the results [keda/query]`),
		one(`sum(rate(http_requests_total[2m]))`, `warning: `+at+`.query: selects the series http_requests_total of all workloads that Prometheus scrapes; add matchers for Deployment web [keda/query]`),
		one(`sum(rate(orders_total{`+own+`,job="wbe"}[2m]))`, `error: `+at+`.query: selects series with job="wbe", but the series of the pods of ScaledObject shop/web have job="web" [keda/query]`),
		one(`sum(rate(orders_total{`+own+`,kubernetes_name="web"}[2m]))`, `error: `+at+`.query: selects series with kubernetes_name="web", but the series of the pods of ScaledObject shop/web have no such label [keda/query]`),
		one(`sum(debug_orders{`+own+`})`, `error: `+at+`.query: selects the series debug_orders, which the metricRelabelings of ServiceMonitor shop/web drop; keep it [keda/query]`),
		one(`sum(orders{team="blue"})`),
		one(`sum(orders{job="db"})`),
		{name: "a label that no monitor copies", text: withPrefix(scrapedWeb("web")) + scaledWith(spec+onQuery(`sum(orders{krm_fn_dev_workload="web"})`, "")), want: []string{
			`error: ` + at + `.query: requires the label krm_fn_dev_workload, but no monitor of Deployment web adds it to the series; add podTargetLabels: [krm-fn.dev/workload] to ServiceMonitor shop/web [keda/query]`,
		}},
		{name: "a label that the monitor copies", text: strings.Replace(withPrefix(scrapedWeb("web")), "targetLabels: [team]", "podTargetLabels: [krm-fn.dev/workload]", 1) +
			scaledWith(spec+onQuery(`sum(orders{krm_fn_dev_workload="web"})`, ""))},
		{name: "a label of others", text: withPrefix(scrapedWeb("web")) + scaledWith(spec+onQuery(`sum(orders{krm_fn_dev_workload="db"})`, ""))},
		{name: "a neighbor", text: scrapedWeb("web") + scrapedWeb("web-admin") + scaledWith(spec+onQuery(`sum(orders{`+own+`})`, "")), want: []string{
			`warning: ` + at + `.query: selects series with pod=~"web-.*", which also matches the pods of Deployment web-admin; use pod=~"web-[0-9a-z]+-[0-9a-z]{5}" [keda/query]`,
		}},
		{
			name: "a neighbor of a StatefulSet", text: strings.Replace(scrapedWeb("web"), "kind: Deployment", "kind: StatefulSet", 1) + scrapedWeb("web-admin") +
				strings.Replace(scaledWith(spec+onQuery(`sum(orders{`+own+`})`, "")), "{name: web}", "{kind: StatefulSet, name: web}", 1), want: []string{
				`warning: ` + at + `.query: selects series with pod=~"web-.*", which also matches the pods of Deployment web-admin; use pod=~"web-[0-9]+" [keda/query]`,
			},
		},
		{name: "a neighbor that the pattern excludes", text: scrapedWeb("web") + scrapedWeb("web-admin") + scaledWith(spec+onQuery(`sum(orders{pod=~"web-[0-9a-z]+-[0-9a-z]{5}"})`, ""))},
		{name: "no value at a minimum of 0", text: scaledWith("  minReplicaCount: 0\n" + onQuery(`sum(jobs)`, "")), want: []string{
			`warning: ` + at + `.ignoreNullValues: is missing, so a query without a result counts as 0, and can scale Deployment web to 0; set it to "false", or add or vector(0) to the query if 0 is meant [keda/query]`,
		}},
		{name: "another language", text: scaledWith(spec + strings.Replace(onQuery(`sum(rate(jobs))`, ""), "prometheus.monitoring:9090", "vmsingle.monitoring:8428", 1))},
		{name: "perhaps another language", text: scaledWith(spec + strings.Replace(onQuery(`sum(rate(jobs))`, ""), "prometheus.monitoring:9090", "metrics.monitoring:8428", 1)), want: []string{
			`warning: ` + at + `.query: is rejected by Prometheus: 1:10: parse error: expected type range vector in call to function "rate", got instant vector; correct it, unless the server accepts more than PromQL [keda/query]`,
		}},
		{name: "a value, not an average", text: scrapedWeb("web") + scaledWith(spec+onQuery(`avg(in_flight{`+own+`})`, "    metricType: Value\n"))},
		{name: "a job with a common name", text: jobWith(onQuery(`sum(http_requests)`, "")), want: []string{
			`warning: ScaledJob jobs: spec.triggers[0].metadata.query: selects the series http_requests of all workloads that Prometheus scrapes; add matchers for ScaledJob jobs [keda/query]`,
		}},
	})
}

// TestKEDAScraped follows the series of a trigger to the pods, by the checks that HorizontalPodAutoscalers have, too.
func TestKEDAScraped(t *testing.T) {
	own := func(query string) string { return scaledWith("  minReplicaCount: 1\n" + onQuery(query, "")) }
	const query = `sum(rate(orders_total{namespace="shop",pod=~"web-.*"}[2m]))`
	web := workload("Deployment", "shop", "web", "")
	stack := "---\napiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: main, namespace: monitoring}\nspec: {serviceMonitorSelector: {matchLabels: {release: stack}}, serviceMonitorNamespaceSelector: {}}\n"
	for _, tc := range []struct {
		name, text, page, summary string
		complete                  bool
		want                      []string
	}{
		{name: "proved", text: scrapedWeb("web") + own(query), summary: "1 ScaledObject, 1 metric: 1 proved"},
		{name: "no monitor", text: web + scrapedWeb("other") + own(query), summary: "1 ScaledObject, 1 metric: 1 not judged (something else may scrape the pods)", want: []string{
			`warning: ScaledObject shop/web: spec.triggers[0]: nothing in the input scrapes the pods of Deployment web, so metric "s0-prometheus" has no value unless a monitor that is not in the input does; add a ServiceMonitor or PodMonitor [scrape/none]`,
		}},
		{name: "a port that is not there", text: strings.Replace(scrapedWeb("web"), "- port: http", "- port: metrics", 1) + own(query), summary: "1 ScaledObject, 1 metric: 1 broken", want: []string{
			`error: ServiceMonitor shop/web: spec.endpoints[0].port: no port of Service web is named "metrics"; its ports are named http [scrape/port]`,
		}},
		{name: "a monitor that is not selected", text: scrapedWeb("web") + stack + own(query), summary: "1 ScaledObject, 1 metric: 1 broken", want: []string{
			`error: ServiceMonitor shop/web: metadata.labels: Prometheus monitoring/main selects release: stack, but the monitor has no label release; add the labels that it selects [scrape/unselected]`,
		}},
		{name: "a window that is too short", text: scrapedWeb("web") + own(strings.Replace(query, "2m", "30s", 1)), summary: "1 ScaledObject, 1 metric: 1 broken", want: []string{
			`error: ScaledObject shop/web: spec.triggers[0].metadata.query: uses a range of 30s in rate, which requires two samples, but the pods of ScaledObject shop/web are scraped every 30s; use at least [2m] [rule/window]`,
		}},
		{name: "a series that the sample lacks", text: scrapedWeb("web") + own(query), page: "order_total 1\n", summary: "1 ScaledObject, 1 metric: 1 broken", want: []string{
			`error: ScaledObject shop/web: spec.triggers[0].metadata.query: selects the series orders_total for external metric "s0-prometheus", which the sample of Deployment shop/web does not have; did you mean "order_total"? [scrape/series]`,
		}},
		{name: "a label that the sample lacks", text: scrapedWeb("web") + own(`sum(orders_total{code="500"})`), page: "orders_total{code=\"200\"} 1\n", summary: "1 ScaledObject, 1 metric: 1 broken", want: []string{
			`error: ScaledObject shop/web: spec.triggers[0].metadata.query: selects series with code="500" for external metric "s0-prometheus", but no series orders_total in the sample of Deployment shop/web has it; there it is "200" [scrape/series]`,
		}},
		{name: "two targets of each pod", text: scrapedWeb("web") + "---\napiVersion: v1\nkind: Service\nmetadata: {name: web-headless, namespace: shop, labels: {app: web}}\nspec: {clusterIP: None, selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}]}\n" + own(query), summary: "1 ScaledObject, 1 metric: 1 broken", want: []string{
			`error: ServiceMonitor shop/web: spec.endpoints[0]: scrapes port 80 of the pods of Deployment web through port http of Service web-headless, which it also scrapes through port http of Service web, so the query adds every value of metric "s0-prometheus" twice for ScaledObject web; scrape it only once [scrape/twice]`,
		}},
		{name: "another server", text: scrapedWeb("web") + strings.Replace(own(query), "prometheus.monitoring:9090", "prometheus.example.com", 1), summary: "1 ScaledObject, 1 metric: 1 not judged (the server is outside of the cluster)"},
		{name: "other pods", text: scrapedWeb("web") + own("sum(jobs)"), summary: "1 ScaledObject, 1 metric: 1 not judged (the series come from other pods)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := Input{Items: itemsOf(t, tc.text), Complete: tc.complete}
			if tc.page != "" {
				in.Samples = []Sample{{Workload: "shop/web", Text: Text{Text: []byte(tc.page)}}}
			}
			ps, s := Judge(in)
			var got []string
			for _, p := range slices.DeleteFunc(ps, func(p model.Problem) bool { return p.Severity == model.Info }) {
				got = append(got, p.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if s.String() != tc.summary {
				t.Errorf("got %q, want %q", s.String(), tc.summary)
			}
		})
	}
}
