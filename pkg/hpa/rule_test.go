package hpa

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	prom "sigs.k8s.io/prometheus-adapter/pkg/client"
	"sigs.k8s.io/prometheus-adapter/pkg/config"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"

	"github.com/krm-fn/krm-fn/pkg/krm"
	ourmodel "github.com/krm-fn/krm-fn/pkg/model"
)

var testLabels = Labels{Namespace: "namespace", Pod: "pod"}

// ruleCases are metrics of HorizontalPodAutoscalers, an override for them if any, and the rule that must come out.
var ruleCases = map[string]struct {
	need     Need
	override string
	labels   Labels
	// asked is the query that the adapter makes of the rule for two pods or one object in the namespace shop.
	rule, asked string
}{
	"the rate of a counter": {
		need: Need{Metric: "products_http_requests_total_per_second", Object: schema.GroupKind{Kind: "Pod"}},
		rule: `
seriesQuery: '{__name__="products_http_requests_total",namespace!="",pod!=""}'
resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
name: {matches: ^products_http_requests_total$, as: products_http_requests_total_per_second}
metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)`,
		asked: `sum(rate(products_http_requests_total{namespace="shop",pod=~"a|b"}[1m])) by (pod)`,
	},
	"a gauge": {
		need: Need{Metric: "queue_length", Object: schema.GroupKind{Kind: "Pod"}},
		rule: `
seriesQuery: '{__name__="queue_length",namespace!="",pod!=""}'
resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
name: {matches: ^queue_length$, as: queue_length}
metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)`,
		asked: `sum(queue_length{namespace="shop",pod=~"a|b"}) by (pod)`,
	},
	"the profile of the gateway": {
		need: Need{Metric: "gateway_per_second", Object: schema.GroupKind{Kind: "Pod"}},
		rule: `
seriesQuery: '{__name__="http_requests_total_value",namespace!="",pod!=""}'
resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
name: {matches: ^http_requests_total_value$, as: gateway_per_second}
metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>,http_url!~"(/health|/metrics)"}[1m])) by (<<.GroupBy>>)`,
		asked: `sum(rate(http_requests_total_value{namespace="shop",pod=~"a|b",http_url!~"(/health|/metrics)"}[1m])) by (pod)`,
	},
	"the profiles of two gateways": {
		need: Need{Metric: "two_gateways_per_second", Object: schema.GroupKind{Kind: "Pod"}},
		rule: `
seriesQuery: '{__name__=~"one_total|two_total",namespace!="",pod!=""}'
resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
name: {matches: '^(?:one_total|two_total)$', as: two_gateways_per_second}
metricsQuery: sum(rate(one_total{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>) or sum(rate(two_total{<<.LabelMatchers>>,proxy="api"}[1m])) by (<<.GroupBy>>)`,
		asked: `sum(rate(one_total{namespace="shop",pod=~"a|b"}[1m])) by (pod) or sum(rate(two_total{namespace="shop",pod=~"a|b",proxy="api"}[1m])) by (pod)`,
	},
	"an override wins over the profile": {
		need:     Need{Metric: "gateway_per_second", Object: schema.GroupKind{Kind: "Pod"}},
		override: `{metric: gateway_per_second, series: requests, matchers: ['code=~"5..", path!="/a"', 'zone="<<x>>"'], window: 90s, aggregation: avg}`,
		rule: `
seriesQuery: '{__name__="requests",namespace!="",pod!=""}'
resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
name: {matches: ^requests$, as: gateway_per_second}
metricsQuery: avg(rate(<<.Series>>{<<.LabelMatchers>>,code=~"5..",path!="/a",zone="<\x3cx>>"}[1m30s])) by (<<.GroupBy>>)`,
		asked: `avg(rate(requests{namespace="shop",pod=~"a|b",code=~"5..",path!="/a",zone="<\x3cx>>"}[1m30s])) by (pod)`,
	},
	"a counter of another name, for a metric whose name is no series": {
		need:     Need{Metric: "cost-in-$", Object: schema.GroupKind{Kind: "Pod"}},
		override: `{metric: cost-in-$, series: job:cost:sum, type: counter}`,
		rule: `
seriesQuery: '{__name__="job:cost:sum",namespace!="",pod!=""}'
resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
name: {matches: '^job:cost:sum$', as: cost-in-$$}
metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)`,
		asked: `sum(rate(job:cost:sum{namespace="shop",pod=~"a|b"}[1m])) by (pod)`,
	},
	"a quantile": {
		need:     Need{Metric: "latency_p95", Object: schema.GroupKind{Kind: "Pod"}},
		override: `{metric: latency_p95, series: latency_seconds_bucket, type: histogram-quantile, quantile: 0.95, window: 5m}`,
		rule: `
seriesQuery: '{__name__="latency_seconds_bucket",namespace!="",pod!=""}'
resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
name: {matches: ^latency_seconds_bucket$, as: latency_p95}
metricsQuery: histogram_quantile(0.95, sum(rate(<<.Series>>{<<.LabelMatchers>>}[5m])) by (<<.GroupBy>>, le))`,
		asked: `histogram_quantile(0.95, sum(rate(latency_seconds_bucket{namespace="shop",pod=~"a|b"}[5m])) by (pod, le))`,
	},
	"other labels": {
		need:   Need{Metric: "queue_length", Object: schema.GroupKind{Kind: "Pod"}},
		labels: Labels{Namespace: "kubernetes_namespace", Pod: "kubernetes_pod_name"},
		rule: `
seriesQuery: '{__name__="queue_length",kubernetes_namespace!="",kubernetes_pod_name!=""}'
resources: {overrides: {kubernetes_namespace: {resource: namespace}, kubernetes_pod_name: {resource: pod}}}
name: {matches: ^queue_length$, as: queue_length}
metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)`,
		asked: `sum(queue_length{kubernetes_namespace="shop",kubernetes_pod_name=~"a|b"}) by (kubernetes_pod_name)`,
	},
	"an object of the core group": {
		need: Need{Metric: "http_requests_total_per_second", Object: schema.GroupKind{Kind: "Service"}},
		rule: `
seriesQuery: '{__name__="http_requests_total",namespace!="",service!=""}'
resources: {overrides: {namespace: {resource: namespace}, service: {resource: service}}}
name: {matches: ^http_requests_total$, as: http_requests_total_per_second}
metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)`,
		asked: `sum(rate(http_requests_total{namespace="shop",service="a"}[1m])) by (service)`,
	},
	"an object of another group, by a label of another name": {
		need:     Need{Metric: "ingress_requests_per_second", Object: schema.GroupKind{Group: "networking.k8s.io", Kind: "Ingress"}},
		override: `{metric: ingress_requests_per_second, series: nginx_ingress_controller_requests, objectLabel: exported_ingress}`,
		rule: `
seriesQuery: '{__name__="nginx_ingress_controller_requests",namespace!="",exported_ingress!=""}'
resources: {overrides: {exported_ingress: {group: networking.k8s.io, resource: ingress}, namespace: {resource: namespace}}}
name: {matches: ^nginx_ingress_controller_requests$, as: ingress_requests_per_second}
metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)`,
		asked: `sum(rate(nginx_ingress_controller_requests{namespace="shop",exported_ingress="a"}[1m])) by (exported_ingress)`,
	},
	"the namespace itself": {
		need: Need{Metric: "jobs", Object: schema.GroupKind{Kind: "Namespace"}},
		rule: `
seriesQuery: '{__name__="jobs",namespace!=""}'
resources: {overrides: {namespace: {resource: namespace}}}
name: {matches: ^jobs$, as: jobs}
metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)`,
		asked: `sum(jobs{namespace="a"}) by (namespace)`,
	},
	"an external metric of the same namespace": {
		need: Need{Metric: "rabbitmq_messages_ready", External: true},
		rule: `
seriesQuery: '{__name__="rabbitmq_messages_ready",namespace!=""}'
resources: {overrides: {namespace: {resource: namespace}}}
name: {matches: ^rabbitmq_messages_ready$, as: rabbitmq_messages_ready}
metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>})`,
		asked: `sum(rabbitmq_messages_ready{namespace="shop"})`,
	},
	"an external metric of all namespaces, with a matcher": {
		need:     Need{Metric: "orders_per_second", External: true},
		override: `{metric: orders_per_second, matchers: ['kind="new"'], allNamespaces: true}`,
		rule: `
seriesQuery: '{__name__="orders"}'
resources: {namespaced: false}
name: {matches: ^orders$, as: orders_per_second}
metricsQuery: sum(rate(<<.Series>>{kind="new",<<.LabelMatchers>>}[1m]))`,
		asked: `sum(rate(orders{kind="new",}[1m]))`,
	},
	"a quantile of an external metric": {
		need:     Need{Metric: "latency_p50", External: true},
		override: `{metric: latency_p50, series: latency_bucket, type: histogram-quantile, quantile: "0.5"}`,
		rule: `
seriesQuery: '{__name__="latency_bucket",namespace!=""}'
resources: {overrides: {namespace: {resource: namespace}}}
name: {matches: ^latency_bucket$, as: latency_p50}
metricsQuery: histogram_quantile(0.5, sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (le))`,
		asked: `histogram_quantile(0.5, sum(rate(latency_bucket{namespace="shop"}[1m])) by (le))`,
	},
}

// TestRule compares the rules, and lets the adapter and Prometheus judge them: the adapter must give the series of the
// rule the name of the metric, and Prometheus must be able to read the query that the adapter makes.
func TestRule(t *testing.T) {
	for name, c := range ruleCases {
		t.Run(name, func(t *testing.T) {
			if c.labels == (Labels{}) {
				c.labels = testLabels
			}
			rule := Rule(c.need, formulaOf(t, c.need, c.override), c.labels)
			want, err := config.FromYAML([]byte("rules: [" + inFlow(t, c.rule) + "]"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.Rules[0], rule); diff != "" {
				t.Errorf("rule (-want +got):\n%s", diff)
			}
			judge(t, c.need, rule, c.labels, c.asked)
		})
	}
}

// inFlow writes a YAML mapping in one line.
func inFlow(t *testing.T, text string) string {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(text), &n); err != nil {
		t.Fatal(err)
	}
	n.Content[0].Style = yaml.FlowStyle
	out, err := yaml.Marshal(n.Content[0])
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func formulaOf(t *testing.T, n Need, override string) Formula {
	t.Helper()
	formulas := Formulas{Window: "1m", Profiles: map[string]Formula{
		"gateway_per_second": {Series: "http_requests_total_value", Type: Counter, Aggregation: "sum", Matchers: []string{`http_url!~"(/health|/metrics)"`}},
		"two_gateways_per_second": {Series: "one_total", Type: Counter, Aggregation: "sum", Or: []Formula{
			{Series: "two_total", Type: Counter, Aggregation: "sum", Matchers: []string{`proxy="api"`}},
		}},
	}}
	if override != "" {
		overrides, ps := readOverrides(t, "["+override+"]")
		if len(ps) > 0 {
			t.Fatal(ps)
		}
		formulas.Overrides = overrides
	}
	f, ps := formulas.For(n)
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	return f
}

// readOverrides decodes and reads overrides for a scrape interval of 15 seconds.
func readOverrides(t *testing.T, text string) (map[string]Formula, ourmodel.Problems) {
	t.Helper()
	at := ourmodel.Place{Field: "overrides"}
	n, ps := krm.Parse(text, at)
	if ps.HasErrors() {
		t.Fatal(ps)
	}
	var list []Override
	ps = krm.Decode(n, at, &list)
	formulas, more := ReadOverrides(list, Scrape{Interval: 15e9, Window: 60e9}, at)
	ps.Add(more...)
	return formulas, ps
}

// mapper knows the resources of the cases, as the adapter's mapper knows those of a cluster.
func mapper() meta.RESTMapper {
	m := meta.NewDefaultRESTMapper(nil)
	for _, k := range []schema.GroupVersionKind{
		{Version: "v1", Kind: "Pod"}, {Version: "v1", Kind: "Service"}, {Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"},
	} {
		m.Add(k, meta.RESTScopeNamespace)
	}
	m.Add(schema.GroupVersionKind{Version: "v1", Kind: "Namespace"}, meta.RESTScopeRoot)
	return m
}

func judge(t *testing.T, n Need, rule config.DiscoveryRule, l Labels, want string) {
	t.Helper()
	namers, err := naming.NamersFromConfig([]config.DiscoveryRule{rule}, mapper())
	if err != nil {
		t.Fatal(err)
	}
	namer := namers[0]
	selector, err := parser.NewParser(parser.Options{}).ParseMetricSelector(rule.SeriesQuery)
	if err != nil {
		t.Fatal(err)
	}
	// The adapter asks for the last of several series with one metric name, so all give the same query.
	for name := range strings.SplitSeq(selector[0].Value, "|") {
		series := prom.Series{Name: name, Labels: model.LabelSet{}}
		for _, m := range selector[1:] {
			series.Labels[model.LabelName(m.Name)] = "x"
		}
		if got := namer.FilterSeries([]prom.Series{series, {Name: series.Name + "_created"}}); len(got) != 1 {
			t.Errorf("the rule lets the series %v through, not %s alone", got, series.Name)
		}
		metric, err := namer.MetricNameForSeries(series)
		if err != nil || metric != n.Metric {
			t.Errorf("the adapter names the metric %q (%v), not %q", metric, err, n.Metric)
		}
		query, err := askAdapter(namer, n, series)
		if err != nil {
			t.Fatal(err)
		}
		if string(query) != want {
			t.Errorf("the adapter asks for\n%s\nnot\n%s", query, want)
		}
		if _, err := parser.NewParser(parser.Options{}).ParseExpr(string(query)); err != nil {
			t.Errorf("Prometheus refuses %s: %v", query, err)
		}
		if !n.External {
			resources, _ := namer.ResourcesForSeries(series)
			if len(resources) != len(rule.Resources.Overrides) || rule.Resources.Overrides[l.Namespace].Resource != "namespace" {
				t.Errorf("the adapter finds the resources %v", resources)
			}
		}
	}
}

// askAdapter gives the query for what a HorizontalPodAutoscaler in namespace shop asks the adapter.
func askAdapter(namer naming.MetricNamer, n Need, series prom.Series) (prom.Selector, error) {
	plural, _ := meta.UnsafeGuessKindToResource(n.Object.WithVersion(""))
	switch {
	case n.External:
		return namer.QueryForExternalSeries(series.Name, "shop", labels.Everything())
	case n.Object.Kind == "Namespace":
		return namer.QueryForSeries(series.Name, plural.GroupResource(), "", labels.Everything(), "a")
	case n.Object.Kind == "Pod":
		return namer.QueryForSeries(series.Name, plural.GroupResource(), "shop", labels.Everything(), "a", "b")
	}
	return namer.QueryForSeries(series.Name, plural.GroupResource(), "shop", labels.Everything(), "a")
}
