package check

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// lines describes the sources of scalings, a line each.
func lines(all []Scaling) []string {
	var out []string
	for _, s := range all {
		for _, src := range s.Sources {
			out = append(out, line(src))
		}
	}
	return out
}

func line(s Source) string {
	text := []string{"resources", "prometheus", "elsewhere"}[s.Kind]
	if sh := s.Shape; sh.Series != "" {
		text += fmt.Sprintf(" %s %s %s", sh.Fn, sh.Series, promexpr.InWords(sh.Span))
		for word, is := range map[string]bool{"each": sh.PerPod, "sum": sh.Sum} {
			if is {
				text += " " + word
			}
		}
	}
	if s.Interval > 0 {
		text += " every " + promexpr.InWords(s.Interval)
		if !s.Certain {
			text += "?"
		}
	}
	if s.Evaluation > 0 {
		text += " recorded " + promexpr.InWords(s.Evaluation)
	}
	if s.Cached {
		text += " cached"
	}
	if s.Unknown != "" {
		text += ": " + s.Unknown
	}
	return text
}

// signalCase is a set of manifests, and a line for each source.
type signalCase struct {
	name, text string
	want       []string
}

func scaleCases(t *testing.T, cases []signalCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, _ := Scalings(Input{Items: objects(t, c.text)})
			if diff := cmp.Diff(c.want, lines(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// loaded is a workload, read at an interval, whose HPA requests the metric of a rule for a series.
func loaded(interval, series, query string) string {
	return strings.Replace(shop, "15s", interval, 1) + asking(podsMetric("load")) + configured(`
rules:
- seriesQuery: `+series+`{pod!=""}`+mapped+`
  name: {as: load}
  metricsQuery: `+query)
}

// recorded is a PrometheusRule with groups.
func recorded(groups string) string {
	return "---\napiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: r, namespace: shop}\nspec: {groups: [" + groups + "]}\n"
}

// prometheusWith is a Prometheus with more fields of its spec.
func prometheusWith(spec string) string {
	return "---\napiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: p, namespace: shop}\nspec: {serviceMonitorSelector: {}" + spec + "}\n"
}

func TestSources(t *testing.T) {
	const (
		ratio   = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)"
		plain   = "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"
		summed  = "\nexternalRules:\n- seriesQuery: requests_total{namespace!=\"\"}\n  resources: {overrides: {namespace: {resource: namespace}}}\n  name: {as: all}\n  metricsQuery: "
		service = "{apiVersion: v1, kind: Service, name: shop-svc}"
	)
	requests := loaded("15s", "requests_total", ratio)
	podMonitor := strings.NewReplacer("ServiceMonitor", "PodMonitor", "endpoints: [{port: web", "podMetricsEndpoints: [{port: metrics").Replace(requests)
	scaleCases(t, []signalCase{
		{"a window and an interval", requests, []string{"prometheus rate requests_total 2m each every 15s"}},
		{"another window", strings.Replace(requests, "2m", "5m", 1), []string{"prometheus rate requests_total 5m each every 15s"}},
		{"another interval", strings.Replace(requests, "15s", "1m", 1), []string{"prometheus rate requests_total 2m each every 1m"}},
		{"a PodMonitor", podMonitor, []string{"prometheus rate requests_total 2m each every 15s"}},
		{
			"several paths", requests + strings.NewReplacer("name: shop,", "name: again,", "15s", "5s").Replace(shop[strings.LastIndex(shop, "---"):]),
			[]string{"prometheus rate requests_total 2m each every 5s"},
		},
		{"no interval", loaded("", "requests_total", ratio), []string{"prometheus rate requests_total 2m each every 30s?"}},
		{
			"that of a Prometheus", loaded("", "requests_total", ratio) + prometheusWith(", scrapeInterval: 1m"),
			[]string{"prometheus rate requests_total 2m each every 1m"},
		},
		{"an interval that is none", loaded("soon", "requests_total", ratio), []string{"prometheus rate requests_total 2m each every 30s?"}},
		{
			"no monitor", strings.Replace(requests, "port: web,", "port: other,", 1),
			[]string{"prometheus rate requests_total 2m each every 30s?"},
		},
		{
			"no workload", strings.TrimPrefix(requests, shop),
			[]string{"prometheus rate requests_total 2m each every 30s?"},
		},
		{
			"an object", shop + asking(objectMetric("load", service)) + configured("rules:\n- seriesQuery: requests_total{service!=\"\"}\n"+
				"  resources: {overrides: {namespace: {resource: namespace}, service: {resource: service}}}\n  name: {as: load}\n  metricsQuery: "+ratio),
			[]string{"prometheus rate requests_total 2m sum every 15s?"},
		},
		{
			"an external sum", shop + asking(externalMetric("all")) + configured(summed+"sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m]))"),
			[]string{"prometheus rate requests_total 2m sum every 15s?"},
		},
		{
			"an external metric of each pod", shop + asking(externalMetric("all")) + configured(summed+"rate(<<.Series>>{<<.LabelMatchers>>}[2m])"),
			[]string{"prometheus rate requests_total 2m sum every 15s?"},
		},
		{
			"an external mean", shop + asking(externalMetric("all")) + configured(summed+"avg(rate(<<.Series>>{<<.LabelMatchers>>}[2m]))"),
			[]string{"prometheus rate requests_total 2m every 15s?"},
		},
		{
			"an exporter", loaded("15s", "istio_requests_total", ratio), []string{"prometheus rate istio_requests_total 2m each every 30s?"},
		},
		{
			"a gauge", loaded("15s", "queue", plain), []string{"prometheus  queue 0s each every 15s: queue is a gauge"},
		},
		{
			"a counter without a rate", loaded("15s", "requests_total", plain),
			[]string{"prometheus  requests_total 0s each every 15s: the query reads the counter requests_total without a rate"},
		},
		{
			"a counter of something else", loaded("15s", "bytes_total", ratio),
			[]string{"prometheus rate bytes_total 2m each every 15s: nothing says that bytes_total counts requests"},
		},
		{"a histogram", loaded("15s", "request_seconds_count", ratio), []string{"prometheus rate request_seconds_count 2m each every 15s"}},
		{
			"requests of a status", loaded("15s", "requests_total", strings.Replace(ratio, "{", `{code=~"5..",`, 1)),
			[]string{"prometheus rate requests_total 2m each every 15s: the query selects requests by their code"},
		},
		{
			"requests of all but a status", loaded("15s", "requests_total", strings.Replace(ratio, "{", `{code!="404",`, 1)),
			[]string{"prometheus rate requests_total 2m each every 15s"},
		},
		{
			"a quantile", loaded("15s", "request_seconds_bucket", "histogram_quantile(0.9, sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (le, <<.GroupBy>>))"),
			[]string{"prometheus every 15s: the query uses histogram_quantile"},
		},
		{"not PromQL", loaded("15s", "requests_total", "sum("), []string{"prometheus every 15s: the query is not PromQL"}},
		{"no rule", requests + strings.Replace(asking(podsMetric("lod")), "name: shop,", "name: shop2,", 1), []string{
			"prometheus rate requests_total 2m each every 15s", "elsewhere: no rule in the input serves the metric",
		}},
		{"no adapter", shop + asking(podsMetric("load")), []string{"elsewhere: no rule in the input serves the metric"}},
		{"no rules for the API", requests + strings.Replace(asking(externalMetric("orders")), "name: shop,", "name: shop2,", 1), []string{
			"prometheus rate requests_total 2m each every 15s", "elsewhere: another program than prometheus-adapter serves the metric",
		}},
		{"another program", shop + asking(externalMetric("s0-redis")), []string{"elsewhere: another program than prometheus-adapter serves the metric"}},
		{
			"an object that nobody knows", requests + strings.Replace(asking(objectMetric("load", "{apiVersion: v1, kind: Servce, name: s}")), "name: shop,", "name: shop2,", 1),
			[]string{"prometheus rate requests_total 2m each every 15s", "elsewhere: the controller cannot find what the metric describes"},
		},
		{"not valid", shop + asking("{type: Pods}", "{type: Nonsense}"), []string{"elsewhere: the metric is not valid", "elsewhere: the metric is not valid"}},
		{
			"resources", shop + asking(
				"{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}",
				"{type: ContainerResource, containerResource: {name: memory, container: server, target: {type: AverageValue, averageValue: 1Gi}}}"),
			[]string{"resources", "resources: memory does not follow from the number of requests"},
		},
	})
}

func TestCountsRequests(t *testing.T) {
	for series, want := range map[string]bool{
		"http_requests_total": true, "http_requests_total_value": true, "nginx_ingress_controller_requests": true, "hits": true,
		"haproxy_frontend_http_requests_total": true, "envoy_cluster_upstream_rq_total": true, "grpc_server_handled_total": true,
		"http_server_requests_seconds_count": true, "http_server_duration_milliseconds_count": true, "HTTP_Requests_Total": true,
		"http_response_size_bytes_count": true, "requests:rate": true,
		"http_connections_total": false, "http_requests_failed_total": false, "http_request_size_bytes_sum": false, "orders_total": false,
		"http_request_duration_seconds_bucket": false, "process_cpu_seconds_total": false, "request_bytes_total": false,
		"orders_count": false, "request_seconds_total": false, "": false,
	} {
		if got := countsRequests(series); got != want {
			t.Errorf("%s: got %v", series, got)
		}
	}
}

func TestRecordedSources(t *testing.T) {
	const plain = "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"
	text := loaded("15s", "requests:rate", plain)
	rule := func(record, expr string) string { return "{record: " + record + ", expr: '" + expr + "'}" }
	chained := func(n int) string {
		var rules []string
		for i := range n {
			rules = append(rules, rule(fmt.Sprintf("requests:%d", i), fmt.Sprintf("requests:%d", i+1)))
		}
		return "{name: g, interval: 10s, rules: [" + rule("requests:rate", "requests:0") + ", " + strings.Join(rules, ", ") + "]}"
	}
	const rate = "sum by (pod) (rate(requests_total[5m])) * 60"
	scaleCases(t, []signalCase{
		{
			"an interval", text + recorded("{name: g, interval: 1m, rules: ["+rule("requests:rate", rate)+"]}"),
			[]string{"prometheus rate requests_total 5m each every 15s recorded 1m"},
		},
		{
			"the default", text + recorded("{name: g, rules: ["+rule("requests:rate", rate)+"]}"),
			[]string{"prometheus rate requests_total 5m each every 15s recorded 30s"},
		},
		{
			"that of a Prometheus", text + recorded("{name: g, rules: ["+rule("requests:rate", rate)+"]}") + prometheusWith(", evaluationInterval: 2m"),
			[]string{"prometheus rate requests_total 5m each every 15s recorded 2m"},
		},
		{
			"rules that follow each other",
			text + recorded("{name: g, interval: 10s, rules: ["+rule("requests:rate", "sum(b) by (pod)")+"]}, {name: h, interval: 20s, rules: ["+rule("b", rate)+"]}"),
			[]string{"prometheus rate requests_total 5m each every 15s recorded 30s"},
		},
		{"too many", text + recorded(chained(20)), []string{"prometheus every 15s recorded 1m20s: more recording rules follow each other than simulations know"}},
		{
			"from itself", text + recorded("{name: g, rules: ["+rule("requests:rate", "requests:rate")+"]}"),
			[]string{"prometheus every 15s recorded 4m: more recording rules follow each other than simulations know"},
		},
		{
			"a status", text + recorded("{name: g, rules: ["+rule("requests:rate", `sum by (pod) (rate(requests_total{code="500"}[5m]))`)+"]}"),
			[]string{"prometheus rate requests_total 5m each every 15s recorded 30s: the query selects requests by their code"},
		},
		{
			"not PromQL", text + recorded("{name: g, rules: ["+rule("requests:rate", "sum(")+"]}"),
			[]string{"prometheus every 15s recorded 30s: the expression that records requests:rate is not PromQL"},
		},
		{
			"a ratio", text + recorded("{name: g, rules: ["+rule("requests:rate", "sum by (pod) (a) / sum by (pod) (b)")+"]}"),
			[]string{"prometheus every 15s recorded 30s: requests:rate is recorded, and its expression joins two series by /"},
		},
		{
			"a window over it", loaded("15s", "requests:rate", "avg_over_time(<<.Series>>{<<.LabelMatchers>>}[5m])") +
				recorded("{name: g, rules: ["+rule("requests:rate", rate)+"]}"),
			[]string{"prometheus every 15s recorded 30s: the query takes avg_over_time of the recorded series requests:rate"},
		},
	})
	got, _ := Scalings(Input{Items: objects(t, loaded("15s", "requests:rate", "sum(<<.Series>>{<<.LabelMatchers>>} offset 1m) by (<<.GroupBy>>) / 2")+
		recorded("{name: g, rules: ["+rule("requests:rate", "sum by (pod) (rate(requests_total[5m] offset 2m)) * 60")+"]}"))})
	if s := got[0].Sources[0].Shape; s.Factor != 30 || s.Offset != 3*time.Minute || s.Fn != "rate" {
		t.Errorf("the shapes are not composed: %+v", s)
	}
}

// TestSourcesOfExamples finds the sources of all golden outputs and examples. The windows are those that the rules have.
func TestSourcesOfExamples(t *testing.T) {
	scalers, derived := 0, 0
	for _, in := range exampleInputs(t) {
		for _, s := range in {
			scalers++
			if len(s.Sources) != len(s.Spec.Metrics) || s.Spec.MinReplicas == nil || s.KEDA != nil && len(s.KEDA.Activation) != len(s.Sources) {
				t.Errorf("%s: has %d sources of %d metrics", s.Place.Object, len(s.Sources), len(s.Spec.Metrics))
			}
			for _, src := range s.Sources {
				if src.Kind != FromPrometheus {
					continue
				}
				e := promexpr.Parse(src.Query)
				if e == nil || src.Interval == 0 {
					t.Errorf("%s: every %s: %q", src.Place, src.Interval, src.Query)
					continue
				}
				if src.Unknown == "" {
					derived++
				}
				of := func(w promexpr.Window) bool { return w.Fn == src.Shape.Fn && w.Span == src.Shape.Span }
				if src.Shape.Fn != "" && src.Evaluation == 0 && !slices.ContainsFunc(promexpr.Windows(e), of) {
					t.Errorf("%s: has no window of %s over %s: %s", src.Place, src.Shape.Fn, src.Shape.Span, src.Query)
				}
			}
		}
	}
	if scalers < 100 || derived < 40 {
		t.Errorf("only %d scalers, and %d metrics that follow from requests", scalers, derived)
	}
}

// exampleInputs returns the scalings of all golden outputs and examples.
func exampleInputs(t *testing.T) (all [][]Scaling) {
	t.Helper()
	outputs, err := filepath.Glob("../../testdata/*/output.yaml")
	if err != nil || len(outputs) == 0 {
		t.Fatal("no golden outputs", err)
	}
	for _, name := range outputs {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		list, ps := krm.ReadList(f)
		f.Close()
		if ps.HasErrors() {
			t.Fatalf("%s: %v", name, ps)
		}
		got, _ := Scalings(Input{Items: list.Items})
		all = append(all, got)
	}
	examples, err := filepath.Glob("../../examples/*/*.yaml")
	if err != nil || len(examples) == 0 {
		t.Fatal("no examples", err)
	}
	for _, name := range examples {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		docs, _ := krm.ParseAll(string(text), model.Place{})
		var items []*krm.Item
		for _, d := range docs {
			items = append(items, krm.NewItem(d.Root))
		}
		got, _ := Scalings(Input{Items: items})
		all = append(all, got)
	}
	return all
}

// asJSON is a value as compact JSON.
func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
