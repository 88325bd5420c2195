package check

import (
	"strings"
	"testing"
)

func TestSummary(t *testing.T) {
	const rest = `---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.external.metrics.k8s.io}
spec: {group: external.metrics.k8s.io, version: v1beta1, service: {name: keda-metrics, namespace: keda}}
`
	load := asking(podsMetric("http_requests_per_second"))
	rules := configured("rules:" + rate)
	for _, c := range []struct {
		name, text string
		in         Input
		want       string
	}{
		{name: "nothing", want: "no objects, so nothing is checked"},
		{name: "no scaler", text: rules, want: "1 object without a HorizontalPodAutoscaler, so no metric is checked"},
		{name: "proved", text: shop + load + rules, want: "1 HorizontalPodAutoscaler, 1 metric: 1 proved"},
		{name: "no rules", text: shop + load, want: "1 HorizontalPodAutoscaler, 1 metric: 1 not judged (no adapter rules in the input)"},
		{name: "missing rule", text: shop + asking(podsMetric("other"), podsMetric("http_requests_per_second")) + rules, want: "1 HorizontalPodAutoscaler, 2 metrics: 1 proved, 1 broken"},
		{
			name: "two reasons", text: shop + asking(podsMetric("http_requests_per_second"), externalMetric("queue"), podsMetric("kube_x")) + rules + rest, in: values("{}"),
			want: "1 HorizontalPodAutoscaler, 3 metrics: 1 proved, 2 not judged (1: another program serves the metric; 1: the series come from other pods)",
		},
		{name: "broken rule", text: shop + load + strings.Replace(rules, "sum(rate(", "sum(rate((", 1), want: "1 HorizontalPodAutoscaler, 1 metric: 1 broken"},
		{name: "rules that cannot be read", text: shop + load + configured("rules: ["), want: "1 HorizontalPodAutoscaler, 1 metric: 1 not judged (not all adapter rules are in the input)"},
		{name: "no target", text: load + rules, want: "1 HorizontalPodAutoscaler, 1 metric: 1 not judged (the target is not in the input)"},
		{name: "bounds", text: shop + strings.Replace(load, "maxReplicas: 5", "maxReplicas: 0", 1) + rules, want: "1 HorizontalPodAutoscaler, 1 metric: 1 broken"},
		{name: "wrong port", text: strings.Replace(shop, "port: web,", "port: metrics,", 1) + load + rules, want: "1 HorizontalPodAutoscaler, 1 metric: 1 broken"},
		{name: "wrong selector", text: strings.Replace(shop, "spec:\n  selector: {matchLabels: {app: shop}}\n  endpoints", "spec:\n  selector: {matchLabels: {app: shpo}}\n  endpoints", 1) + load + rules, want: "1 HorizontalPodAutoscaler, 1 metric: 1 broken"},
		{name: "wrong interval", text: strings.Replace(shop, "15s", "15", 1) + load + rules, want: "1 HorizontalPodAutoscaler, 1 metric: 1 broken"},
		{name: "no monitors", text: shop[:strings.LastIndex(shop, "---")] + load + rules, want: "1 HorizontalPodAutoscaler, 1 metric: 1 not judged (something else may scrape the pods)"},
		{name: "no rules for the API", text: shop + load + configured("externalRules: [{seriesQuery: queue, resources: {namespaced: false}, metricsQuery: 'max(<<.Series>>{<<.LabelMatchers>>})'}]"), want: "1 HorizontalPodAutoscaler, 1 metric: 1 not judged (no adapter rules for the API)"},
		{
			name: "adapter that does not start", text: shop + load + rules + `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: adapter, namespace: monitoring}
spec:
  selector: {matchLabels: {app: adapter}}
  template:
    metadata: {labels: {app: adapter}}
    spec: {containers: [{name: adapter, image: "prometheus-adapter:v0.12.0", args: [--v=4]}]}
`, want: "1 HorizontalPodAutoscaler, 1 metric: 1 broken",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.in.Items = objects(t, c.text)
			ps, s := Judge(c.in)
			if got := s.String(); got != c.want {
				t.Errorf("got %q, want %q: %v", got, c.want, ps)
			}
		})
	}
}
