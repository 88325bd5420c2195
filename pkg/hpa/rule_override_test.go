package hpa

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/krm-fn/krm-fn/pkg/model"
)

func TestReadOverridesReportsProblems(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"no metric":      {`{series: x}`, []string{`error: overrides[0].metric: is missing; set it to the name of the metric in the HorizontalPodAutoscaler [input/required]`}},
		"a metric twice": {`{metric: a}, {metric: a, aggregation: max}`, []string{`error: overrides[1].metric: "a" has two overrides; remove one of them [input/duplicate]`}},
		"an unknown field": {`{metric: a, serie: x}`, []string{
			`error: overrides[0].serie: unknown field "serie"; did you mean "series"? [input/field]`,
		}},
		"an unknown type": {`{metric: a, type: Counter}`, []string{`error: overrides[0].type: is "Counter"; use counter, gauge, or histogram-quantile [input/value]`}},
		"no series name":  {`{metric: a-b}`, []string{`error: overrides[0].series: "a-b" is not a valid series name; use only letters, digits, underscores, and colons, and do not start with a digit [input/value]`}},
		"a window of a gauge": {`{metric: a, window: 5m}`, []string{
			`error: overrides[0].window: has no effect on a gauge; remove it, or set type: counter [input/value]`,
		}},
		"a window that is too short": {`{metric: a_per_second, window: 45s}`, []string{
			`error: overrides[0].window: is 45s, shorter than 4 scrape intervals of 15s, so rates have gaps; use 1m or more [input/value]`,
		}},
		"a window that is none": {`{metric: a_per_second, window: 1 minute}`, []string{
			`error: overrides[0].window: "1 minute" is not a valid duration; use one such as 1m [input/value]`,
		}},
		"an unknown aggregation": {`{metric: a, aggregation: average}`, []string{`error: overrides[0].aggregation: is "average"; use sum, avg, max, or min [input/value]`}},
		"a broken matcher":       {`{metric: a, matchers: ['code=5']}`, []string{`error: overrides[0].matchers[0]: "code=5" is not a valid label matcher; use one such as code=~"5.." [input/value]`}},
		"a matcher that ends the selector": {`{metric: a, matchers: ['code="5"} or a{b="c"']}`, []string{
			`error: overrides[0].matchers[0]: "code=\"5\"} or a{b=\"c\"" is not a valid label matcher; use one such as code=~"5.." [input/value]`,
		}},
		"a quantile of a gauge": {`{metric: a, quantile: 0.5}`, []string{
			`error: overrides[0].quantile: has no effect on a gauge; remove it, or set type: histogram-quantile [input/value]`,
		}},
		"a quantile of nothing": {`{metric: a, type: histogram-quantile}`, []string{
			`error: overrides[0].series: is missing; set it to the series of the histogram, which ends in _bucket [input/required]`,
			`error: overrides[0].quantile: is missing; set it to a number above 0 and below 1, such as 0.95 [input/required]`,
		}},
		"a quantile in percent": {`{metric: a, series: a_bucket, type: histogram-quantile, quantile: 95, aggregation: sum}`, []string{
			`error: overrides[0].quantile: 95 is not valid: use a number above 0 and below 1, such as 0.95 [input/value]`,
			`error: overrides[0].aggregation: has no effect on a quantile; remove it [input/value]`,
			`error: overrides[0].quantile: is missing; set it to a number above 0 and below 1, such as 0.95 [input/required]`,
		}},
		"a histogram without its suffix": {`{metric: a, series: a_seconds, type: histogram-quantile, quantile: 0.5}`, []string{
			`error: overrides[0].series: "a_seconds" is not a histogram series; use a_seconds_bucket [input/value]`,
		}},
		"a label that is none": {`{metric: a, objectLabel: a.b}`, []string{`error: overrides[0].objectLabel: "a.b" is not a valid label name; use only letters, digits, and underscores [input/value]`}},
	} {
		t.Run(name, func(t *testing.T) {
			_, ps := readOverrides(t, "["+c.text+"]")
			if diff := cmp.Diff(c.want, problemTexts(ps)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func problemTexts(ps model.Problems) []string {
	var out []string
	for _, p := range ps {
		out = append(out, p.String())
	}
	return out
}

// TestConvention has the names of metrics from which a series follows, and those from which none does.
func TestConvention(t *testing.T) {
	profiles := map[string]Formula{"requests_per_second": {Series: "requests", Type: Counter, Aggregation: "sum"}}
	for metric, c := range map[string]struct {
		want     Formula
		problems []string
	}{
		"a_total_per_second":         {want: Formula{Series: "a_total", Type: Counter, Window: "2m", Aggregation: "sum"}},
		"job:a:rate5m":               {want: Formula{Series: "job:a:rate5m", Type: Gauge, Aggregation: "sum"}},
		"a_seconds_count_per_second": {want: Formula{Series: "a_seconds_count", Type: Counter, Window: "2m", Aggregation: "sum"}},
		"nginx_ingress_controller_requests_per_second": {
			want: Formula{Series: "nginx_ingress_controller_requests", Type: Counter, Window: "2m", Aggregation: "sum"},
		},
		"logins_per_second": {want: Formula{Series: "logins", Type: Counter, Window: "2m", Aggregation: "sum"}, problems: []string{
			`warning: metrics[1]: the metric "logins_per_second" is the rate of the series "logins", but names of counters usually end in _total; ` +
				`use logins_total_per_second, or add an override that names the series [adapter/rule]`,
		}},
		"a_per_seconds":       {want: Formula{Series: "a_per_seconds", Type: Gauge, Aggregation: "sum"}},
		"requests_per_second": {want: Formula{Series: "requests", Type: Counter, Window: "2m", Aggregation: "sum"}},
		"a_total": {want: Formula{Series: "a_total", Type: Gauge, Aggregation: "sum"}, problems: []string{
			`warning: metrics[1]: the metric "a_total" is a counter, which only increases; use a_total_per_second, or add an override [adapter/rule]`,
		}},
		"requests": {want: Formula{Series: "requests", Type: Gauge, Aggregation: "sum"}, problems: []string{
			`warning: metrics[1]: the metric "requests" is a counter, which only increases; use requests_per_second, or add an override [adapter/rule]`,
		}},
		"http-requests": {want: Formula{Series: "http-requests", Type: Gauge, Aggregation: "sum"}, problems: []string{
			`error: metrics[1]: no series can be derived from the metric name "http-requests"; add an override that names the series [adapter/rule]`,
		}},
		"_per_second": {want: Formula{Type: Counter, Window: "2m", Aggregation: "sum"}, problems: []string{
			`error: metrics[1]: no series can be derived from the metric name "_per_second"; add an override that names the series [adapter/rule]`,
		}},
	} {
		t.Run(metric, func(t *testing.T) {
			n := Need{Metric: metric, Place: model.Place{Field: "metrics[1]"}}
			f, ps := Formulas{Profiles: profiles, Window: "2m"}.For(n)
			if diff := cmp.Diff(c.want, f); diff != "" {
				t.Errorf("formula (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.problems, problemTexts(ps)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckWindow(t *testing.T) {
	for text, c := range map[string]struct {
		interval, want time.Duration
		problem        string
	}{
		"1m":    {interval: 15 * time.Second, want: time.Minute},
		"2m":    {interval: 30 * time.Second, want: 2 * time.Minute},
		"1m59s": {interval: 30 * time.Second, want: 119 * time.Second, problem: `error: w: is 1m59s, shorter than 4 scrape intervals of 30s, so rates have gaps; use 2m or more [input/value]`},
		"":      {interval: 30 * time.Second, problem: `error: w: "" is not a valid duration; use one such as 2m [input/value]`},
		"1d":    {interval: time.Minute, want: 24 * time.Hour},
	} {
		t.Run(text, func(t *testing.T) {
			var ps model.Problems
			got := CheckWindow(text, c.interval, model.Place{Field: "w"}, &ps)
			var want []string
			if c.problem != "" {
				want = []string{c.problem}
			}
			if diff := cmp.Diff(want, problemTexts(ps)); diff != "" || got != c.want {
				t.Errorf("got %s, want %s; problems (-want +got):\n%s", got, c.want, diff)
			}
		})
	}
}

func TestNeeds(t *testing.T) {
	identifier := func(name string) autoscalingv2.MetricIdentifier { return autoscalingv2.MetricIdentifier{Name: name} }
	s := Scaling{Metrics: []autoscalingv2.MetricSpec{
		{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{Name: "cpu"}},
		{Type: autoscalingv2.PodsMetricSourceType, Pods: &autoscalingv2.PodsMetricSource{Metric: identifier("a")}},
		{Type: autoscalingv2.ObjectMetricSourceType, Object: &autoscalingv2.ObjectMetricSource{
			Metric:          identifier("b"),
			DescribedObject: autoscalingv2.CrossVersionObjectReference{APIVersion: "networking.k8s.io/v1", Kind: "Ingress", Name: "x"},
		}},
		{Type: autoscalingv2.ObjectMetricSourceType, Object: &autoscalingv2.ObjectMetricSource{
			Metric:          identifier("c"),
			DescribedObject: autoscalingv2.CrossVersionObjectReference{Kind: "Service", Name: "x"},
		}},
		{Type: autoscalingv2.ExternalMetricSourceType, External: &autoscalingv2.ExternalMetricSource{Metric: identifier("d")}},
	}, Places: Places{Metrics: []model.Place{{}, {Field: "metrics[1]"}}}}
	want := []Need{
		{Metric: "a", Object: schema.GroupKind{Kind: "Pod"}, Place: model.Place{Field: "metrics[1]"}},
		{Metric: "b", Object: schema.GroupKind{Group: "networking.k8s.io", Kind: "Ingress"}},
		{Metric: "c", Object: schema.GroupKind{Kind: "Service"}},
		{Metric: "d", External: true},
	}
	if diff := cmp.Diff(want, s.Needs()); diff != "" {
		t.Errorf("needs (-want +got):\n%s", diff)
	}
}
