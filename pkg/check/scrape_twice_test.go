package check

import (
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/pkg/model"
)

func TestScrapeTwice(t *testing.T) {
	// over is the workload with more objects, and a rule with a query.
	over := func(more, query string) string {
		return shop + more + asking(podsMetric("load")) + configured("rules:\n- seriesQuery: queue{pod!=\"\"}"+mapped+"\n  name: {as: load}\n  metricsQuery: "+query)
	}
	const (
		by    = ") by (<<.GroupBy>>)"
		sum   = "sum(<<.Series>>{<<.LabelMatchers>>}" + by
		twin  = "---\napiVersion: v1\nkind: Service\nmetadata: {name: twin, namespace: shop, labels: {app: shop}}\nspec: {clusterIP: None, selector: {app: shop}, ports: [{name: web, port: 8080}]}\n"
		again = "---\napiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {name: again, namespace: shop, labels: {team: red}}\nspec: {selector: {matchLabels: {app: shop}}, podMetricsEndpoints: [{port: metrics}]}\n"
		twice = `, so rules[0] of ConfigMap monitoring/adapter-config adds every value of metric "load" twice for HorizontalPodAutoscaler shop; scrape it only once`
		two   = `error: ServiceMonitor shop/shop: spec.endpoints[0]: scrapes port 8080 of the pods of Deployment shop through port web of Service twin, which it also scrapes through port web of Service shop-svc` + twice
		both  = `error: ServiceMonitor shop/shop: spec.endpoints[0]: scrapes port 8080 of the pods of Deployment shop through port web of Service shop-svc, which PodMonitor shop/again scrapes directly` + twice
	)
	prometheus := func(name, selector string) string {
		return "---\napiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: " + name + ", namespace: shop}\nspec: {" + selector + "}\n"
	}
	checkCases(t, model.ScrapeTwice, []ruleCase{
		{name: "once", manifests: over("", sum)},
		{name: "two Services", manifests: over(twin, sum), want: []string{two}},
		{name: "two monitors", manifests: over(again, sum), want: []string{both}},
		{name: "two monitors of two Prometheuses", manifests: over(again+prometheus("a", "serviceMonitorSelector: {}")+prometheus("b", "podMonitorSelector: {}"), sum)},
		{name: "two monitors of one Prometheus", manifests: over(again+prometheus("a", "serviceMonitorSelector: {}, podMonitorSelector: {}"), sum), want: []string{both}},
		{name: "a copy of the monitor", manifests: over(strings.Replace(shop[strings.LastIndex(shop, "---"):], "name: shop,", "name: copy,", 1), sum)},
		{name: "another path", manifests: over(strings.Replace(again, "port: metrics", "port: metrics, path: /other", 1), sum)},
		{name: "the larger", manifests: over(twin, "max(<<.Series>>{<<.LabelMatchers>>}"+by)},
		{name: "the sum of the larger", manifests: over(twin, "sum(max(<<.Series>>{<<.LabelMatchers>>}) by (code, <<.GroupBy>>)"+by)},
		{name: "a ratio", manifests: over(twin, sum+" / count(<<.Series>>{<<.LabelMatchers>>}"+by)},
		{name: "half of the sum", manifests: over(twin, "-"+sum+" / 2"), want: []string{two}},
		{name: "the sum of one Service", manifests: over(twin, `sum(<<.Series>>{service="shop-svc",<<.LabelMatchers>>}`+by)},
		{name: "an average over time of a sum", manifests: over(twin, "max(avg_over_time("+sum+"[5m:])"+by), want: []string{two}},
		{name: "dropped for one", manifests: over(strings.Replace(again, "port: metrics", "port: metrics, metricRelabelings: [{action: drop, sourceLabels: [__name__], regex: queue}]", 1), sum)},
	})
}
