package check

import (
	"testing"

	"github.com/krm-fn/krm-fn/pkg/model"
)

func TestScrapeSeries(t *testing.T) {
	const metricsPage = `# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{method="GET",code="200"} 12 # {trace_id="x"} 1
http_requests_total{method="POST",code="500"} 1
# TYPE latency_seconds histogram
latency_seconds_bucket{le="1"} 3
latency_seconds_bucket{le="+Inf"} 4
latency_seconds_sum 3
latency_seconds_count 4
namespaced{pod="other"} 1
# EOF
`
	sample := func(workload, text string) Input {
		return Input{Samples: []Sample{{Workload: workload, Text: Text{Place: model.Place{File: "page.txt"}, Text: []byte(text)}}}}
	}
	page := sample("shop", metricsPage)
	// asks is the workload with a rule for series.
	asks := func(series, query string) string {
		return shop + asking(podsMetric("load")) + configured("rules:\n- seriesQuery: '"+series+"'"+mapped+"\n  name: {as: load}\n  metricsQuery: "+query)
	}
	const (
		sum  = "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"
		rule = `error: ConfigMap monitoring/adapter-config: data["config.yaml"].rules[0]`
	)
	lacks := func(series, hint string) []string {
		return []string{rule + `.seriesQuery: line 2: selects the series ` + series + ` for metric "load" of pods, which the sample of Deployment shop/shop does not have` + hint}
	}
	checkCases(t, model.ScrapeSeries, []ruleCase{
		{name: "exposed", in: page, manifests: asks(`http_requests_total{namespace!="",pod!="",method="GET"}`, `sum(<<.Series>>{<<.LabelMatchers>>,code=~"5..",container="server"}) by (<<.GroupBy>>)`)},
		{name: "no sample", manifests: asks("http_request_total", sum)},
		{name: "misspelt", in: page, manifests: asks(`http_request_total`, sum), want: lacks("http_request_total", `; did you mean "http_requests_total"?`)},
		{name: "part of a histogram", in: page, manifests: asks(`latency_seconds`, sum), want: lacks("latency_seconds", `; did you mean "latency_seconds_sum"?`)},
		{name: "without its suffix", in: sample("Deployment/shop/shop", "a_rather_long_name_total 1\n"), manifests: asks(`a_rather_long_name`, sum), want: lacks("a_rather_long_name", `; did you mean "a_rather_long_name_total"?`)},
		{name: "with a suffix too many", in: sample("shop/shop", "a_rather_long_name 1\n"), manifests: asks(`a_rather_long_name_bucket`, sum), want: lacks("a_rather_long_name_bucket", `; did you mean "a_rather_long_name"?`)},
		{name: "nothing like it", in: page, manifests: asks(`queue`, sum), want: lacks("queue", "")},
		{name: "an expression finds it", in: page, manifests: asks(`{__name__=~"^http_.*_total$",pod!=""}`, sum)},
		{
			name: "label", in: page, manifests: asks(`http_requests_total{metod!=""}`, sum),
			want: []string{rule + `.seriesQuery: line 2: selects series with metod!="", but no series http_requests_total in the sample of Deployment shop/shop has it; did you mean "method"?`},
		},
		{
			name: "value in the query", in: page, manifests: asks(`http_requests_total{pod!=""}`, `sum(<<.Series>>{<<.LabelMatchers>>,code="404"}) by (<<.GroupBy>>)`),
			want: []string{rule + `.metricsQuery: line 5: selects series with code="404" for metric "load" of pods, but no series http_requests_total in the sample of Deployment shop/shop has it; there it is "200" or "500"`},
		},
		{
			name: "another series in the query", in: page, manifests: asks(`http_requests_total{pod!=""}`, `sum(http_request_total{<<.LabelMatchers>>} + kube_x + a:b) by (<<.GroupBy>>)`),
			want: []string{rule + `.metricsQuery: line 5: selects the series http_request_total for metric "load" of pods, which the sample of Deployment shop/shop does not have; did you mean "http_requests_total"?`},
		},
		{
			name: "selector of the HPA", in: page, manifests: shop + asking(`{type: Pods, pods: {metric: {name: http_requests_per_second, selector: {matchLabels: {method: PUT}}}, target: {type: AverageValue, averageValue: "1"}}}`) + configured("rules:"+rate),
			want: []string{rule + `.metricsQuery: line 5: selects series with method="PUT" for metric "http_requests_per_second" of pods, but no series http_requests_total in the sample of Deployment shop/shop has it; there it is "GET" or "POST"`},
		},
		{
			name: "one of many values", in: sample("shop", "a{c=\"1\"} 1\na{c=\"2\"} 1\na{c=\"3\"} 1\na{c=\"4\"} 1\na{c=\"5\"} 1\na{c=\"6\"} 1\n"), manifests: asks(`a{c="7"}`, sum),
			want: []string{rule + `.seriesQuery: line 2: selects series with c="7", but no series a in the sample of Deployment shop/shop has it; there it is "1", "2", "3", "4", "5" and others`},
		},
		{name: "series from elsewhere", in: page, manifests: asks("container_x_total", sum)},
		{name: "the label of the pods gives way", in: page, manifests: asks(`namespaced{exported_pod="other"}`, sum)},
		{name: "pods that nothing here reads", in: page, manifests: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: shop}
spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}
` + asking(podsMetric("load")) + configured("rules:\n- seriesQuery: http_requests_total{kubernetes_name!=\"\",method=\"GET\"}"+mapped+"\n  name: {as: load}\n  metricsQuery: "+sum)},
		{
			name: "no page", in: sample("shop", "http_requests_total{ 1\n"), manifests: asks("http_request_total", sum),
			want: []string{`error: page.txt: is not a metrics page in the Prometheus text format: text format parsing error in line 1: invalid label name for metric "http_requests_total"`},
		},
		{
			name: "no workload", in: sample("shp", metricsPage), manifests: asks("http_request_total", sum),
			want: []string{`error: page.txt: is a sample of "shp", which is not a workload in the input; did you mean "shop"?`},
		},
	})
}
