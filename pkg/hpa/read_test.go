package hpa

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// configs is the place of the ConfigMap in all tests.
var configs = model.Place{Object: model.Object{APIVersion: "v1", Kind: "ConfigMap", Name: "hpa-configs"}, File: "hpa.yaml"}

const cpu50 = "- type: Resource\n  resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}\n"

// with gives complete data that has no problems, changed by the pairs of keys and values.
func with(pairs ...string) map[string]string {
	data := map[string]string{
		"hpaVersion": "v2", "mgwMaxReplicas": "5", "mgwMetrics": cpu50,
		"targetEndpointMaxReplicas": "5", "targetEndpointMetrics": cpu50,
	}
	for i := 0; i < len(pairs); i += 2 {
		data[pairs[i]] = pairs[i+1]
	}
	return data
}

// without removes keys from data.
func without(data map[string]string, keys ...string) map[string]string {
	for _, key := range keys {
		delete(data, key)
	}
	return data
}

func lines(ps model.Problems) []string {
	var out []string
	for _, p := range ps {
		out = append(out, p.String())
	}
	return out
}

func TestReadReportsProblemsOfKeys(t *testing.T) {
	const flat50 = "- type: Resource\n  resource: {name: cpu, targetAverageUtilization: 50}\n"
	for name, tc := range map[string]struct {
		data map[string]string
		want []string
	}{
		"sound":               {data: with()},
		"any case and blanks": {data: with("hpaVersion", " V2Beta2\n", "mgwMaxReplicas", " 7\n")},
		"both kinds of metrics, as the operator shipped them": {data: with("hpaVersion", "v2beta1",
			"mgwMetricsV2beta1", flat50, "targetEndpointMetricsV2beta1", flat50)},
		"unknown key with a suggestion": {data: with("mgwMetric", "x"), want: []string{
			`error: hpa.yaml: ConfigMap hpa-configs: data.mgwMetric: unknown key "mgwMetric"; did you mean "mgwMetrics"? [input/field]`,
		}},
		"unknown keys without one, sorted": {data: with("zzzzzzzzz", "", "a.b", ""), want: []string{
			`error: hpa.yaml: ConfigMap hpa-configs: data["a.b"]: unknown key "a.b"; known keys: adapterRules, hpaVersion, mgwBehavior, mgwMaxReplicas, mgwMetrics, mgwMetricsV2beta1, targetEndpointBehavior, targetEndpointMaxReplicas, targetEndpointMetrics, targetEndpointMetricsV2beta1 [input/field]`,
			`error: hpa.yaml: ConfigMap hpa-configs: data.zzzzzzzzz: unknown key "zzzzzzzzz"; known keys: adapterRules, hpaVersion, mgwBehavior, mgwMaxReplicas, mgwMetrics, mgwMetricsV2beta1, targetEndpointBehavior, targetEndpointMaxReplicas, targetEndpointMetrics, targetEndpointMetricsV2beta1 [input/field]`,
		}},
		"wrong version": {data: with("hpaVersion", "v1"), want: []string{
			`error: hpa.yaml: ConfigMap hpa-configs: data.hpaVersion: is "v1"; use one of v2, v2beta2, v2beta1 [hpa/config]`,
		}},
		"version missing, nested metrics": {data: without(with(), "hpaVersion"), want: []string{
			`warning: hpa.yaml: ConfigMap hpa-configs: data.hpaVersion: is not set; the metrics are read in the v2 format; set hpaVersion: v2 [hpa/config]`,
		}},
		"version empty, flat metrics only": {data: without(with("hpaVersion", " ", "mgwMetricsV2beta1", flat50, "targetEndpointMetricsV2beta1", flat50), "mgwMetrics", "targetEndpointMetrics"), want: []string{
			`warning: hpa.yaml: ConfigMap hpa-configs: data.hpaVersion: is not set; the metrics are read in the v2beta1 format; set hpaVersion: v2beta1 [hpa/config]`,
		}},
		"version missing, metrics of both kinds": {data: without(with("mgwMetricsV2beta1", flat50), "hpaVersion"), want: []string{
			`warning: hpa.yaml: ConfigMap hpa-configs: data.hpaVersion: is not set; the metrics are read in the v2 format; set hpaVersion: v2 [hpa/config]`,
		}},
		"nothing at all": {data: nil, want: []string{
			`info: hpa.yaml: ConfigMap hpa-configs: data.mgwMaxReplicas: is not set; defaults to 5 [hpa/config]`,
			`info: hpa.yaml: ConfigMap hpa-configs: data.mgwMetrics: is not set; defaults to a CPU utilization of 50% [hpa/config]`,
			`info: hpa.yaml: ConfigMap hpa-configs: data.targetEndpointMaxReplicas: is not set; defaults to 5 [hpa/config]`,
			`info: hpa.yaml: ConfigMap hpa-configs: data.targetEndpointMetrics: is not set; defaults to a CPU utilization of 50% [hpa/config]`,
		}},
		"metrics of v2beta1 that v2 does not read": {data: without(with("mgwMetricsV2beta1", flat50), "mgwMetrics"), want: []string{
			`warning: hpa.yaml: ConfigMap hpa-configs: data.mgwMetricsV2beta1: is ignored with hpaVersion v2; move the metrics to mgwMetrics [hpa/config]`,
			`info: hpa.yaml: ConfigMap hpa-configs: data.mgwMetrics: is not set; defaults to a CPU utilization of 50% [hpa/config]`,
		}},
		"metrics of v2 that v2beta1 does not read": {data: with("hpaVersion", "V2BETA1", "mgwMetricsV2beta1", "# none\n"), want: []string{
			`warning: hpa.yaml: ConfigMap hpa-configs: data.mgwMetrics: is ignored with hpaVersion v2beta1; move the metrics to mgwMetricsV2beta1 [hpa/config]`,
			`warning: hpa.yaml: ConfigMap hpa-configs: data.targetEndpointMetrics: is ignored with hpaVersion v2beta1; move the metrics to targetEndpointMetricsV2beta1 [hpa/config]`,
			`info: hpa.yaml: ConfigMap hpa-configs: data.mgwMetricsV2beta1: contains no metrics; defaults to a CPU utilization of 50% [hpa/config]`,
			`info: hpa.yaml: ConfigMap hpa-configs: data.targetEndpointMetricsV2beta1: is not set; defaults to a CPU utilization of 50% [hpa/config]`,
		}},
		"a key of the other version that is blank": {data: without(with("mgwMetricsV2beta1", "---\n# none\n"), "mgwMetrics"), want: []string{
			`info: hpa.yaml: ConfigMap hpa-configs: data.mgwMetrics: is not set; defaults to a CPU utilization of 50% [hpa/config]`,
		}},
		"metrics of comments only": {data: with("mgwMetrics", "# - type: Resource\n"), want: []string{
			`info: hpa.yaml: ConfigMap hpa-configs: data.mgwMetrics: contains no metrics; defaults to a CPU utilization of 50% [hpa/config]`,
		}},
		"metrics null": {data: with("mgwMetrics", "~"), want: []string{
			`info: hpa.yaml: ConfigMap hpa-configs: data.mgwMetrics: contains no metrics; defaults to a CPU utilization of 50% [hpa/config]`,
		}},
		"metrics an empty list": {data: with("mgwMetrics", "[]"), want: []string{
			`info: hpa.yaml: ConfigMap hpa-configs: data.mgwMetrics: contains no metrics; defaults to a CPU utilization of 50% [hpa/config]`,
		}},
		"metrics a mapping": {data: with("mgwMetrics", "# one\ntype: Resource\n"), want: []string{
			`error: hpa.yaml: ConfigMap hpa-configs: data.mgwMetrics: line 2: is a mapping; use a list of metrics, each starting with "- type:" [input/type]`,
		}},
		"metrics a text": {data: with("mgwMetrics", "cpu"), want: []string{
			`error: hpa.yaml: ConfigMap hpa-configs: data.mgwMetrics: line 1: is a string ("cpu"); use a list of metrics, each starting with "- type:" [input/type]`,
		}},
		"metrics that are no YAML": {data: with("mgwMetrics", "- type: Resource\n  resource: {name: cpu\n"), want: []string{
			`error: hpa.yaml: ConfigMap hpa-configs: data.mgwMetrics: line 1: is not valid YAML: did not find expected ',' or '}' [input/syntax]`,
		}},
		"metrics of two documents": {data: with("mgwMetrics", cpu50+"---\n"+cpu50), want: []string{
			`error: hpa.yaml: ConfigMap hpa-configs: data.mgwMetrics: line 4: contains more than one YAML document; keep only one [input/syntax]`,
		}},
		"metrics with a NUL": {data: with("mgwMetrics", "- type: \x00"), want: []string{
			`error: hpa.yaml: ConfigMap hpa-configs: data.mgwMetrics: line 1: contains a NUL byte; save it as UTF-8 text [input/encoding]`,
		}},
		"maximum `5.0`": {data: with("mgwMaxReplicas", "5.0"), want: []string{
			`error: hpa.yaml: ConfigMap hpa-configs: data.mgwMaxReplicas: is "5.0"; use a whole number of at least 1 [hpa/config]`,
		}},
		"maximum `five`": {data: with("mgwMaxReplicas", "five"), want: []string{
			`error: hpa.yaml: ConfigMap hpa-configs: data.mgwMaxReplicas: is "five"; use a whole number of at least 1 [hpa/config]`,
		}},
		"maximum ``": {data: with("mgwMaxReplicas", ""), want: []string{
			`error: hpa.yaml: ConfigMap hpa-configs: data.mgwMaxReplicas: is empty; set it to a whole number of at least 1 [hpa/config]`,
		}},
		"maximum ` `": {data: with("mgwMaxReplicas", " "), want: []string{
			`error: hpa.yaml: ConfigMap hpa-configs: data.mgwMaxReplicas: is empty; set it to a whole number of at least 1 [hpa/config]`,
		}},
		"maximum `0`": {data: with("mgwMaxReplicas", "0"), want: []string{
			`error: hpa.yaml: ConfigMap hpa-configs: data.mgwMaxReplicas: is 0; use a number of at least 1 [hpa/bounds]`,
		}},
		"maximum `-1`": {data: with("mgwMaxReplicas", "-1"), want: []string{
			`error: hpa.yaml: ConfigMap hpa-configs: data.mgwMaxReplicas: is -1; use a number of at least 1 [hpa/bounds]`,
		}},
		"maximum `2147483648`": {data: with("mgwMaxReplicas", "2147483648"), want: []string{
			`error: hpa.yaml: ConfigMap hpa-configs: data.mgwMaxReplicas: is 2147483648; use a number of at most 2147483647 [hpa/config]`,
		}},
		"maximum `-99999999999999999999`": {data: with("mgwMaxReplicas", "-99999999999999999999"), want: []string{
			`error: hpa.yaml: ConfigMap hpa-configs: data.mgwMaxReplicas: is -99999999999999999999; use a number of at least 1 [hpa/bounds]`,
		}},
		"maximum `0x5`": {data: with("mgwMaxReplicas", "0x5"), want: []string{
			`error: hpa.yaml: ConfigMap hpa-configs: data.mgwMaxReplicas: is "0x5"; use a whole number of at least 1 [hpa/config]`,
		}},
		"maximum `1_000`": {data: with("mgwMaxReplicas", "1_000"), want: []string{
			`error: hpa.yaml: ConfigMap hpa-configs: data.mgwMaxReplicas: is "1_000"; use a whole number of at least 1 [hpa/config]`,
		}},
		"maximum `+5`":         {data: with("mgwMaxReplicas", "+5")},
		"maximum `2147483647`": {data: with("mgwMaxReplicas", "2147483647")},
	} {
		t.Run(name, func(t *testing.T) {
			_, ps := readAll(tc.data, configs)
			if diff := cmp.Diff(tc.want, lines(ps)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadGivesThePolicyWithItsPlaces(t *testing.T) {
	got, ps := readAll(map[string]string{
		"hpaVersion":     "v2beta2",
		"mgwMaxReplicas": "7",
		"mgwMetrics": `# gateway
- type: Resource
  resource:
    name: cpu
    target: {type: Utilization, averageUtilization: 50}
- type: Pods
  pods:
    metric: {name: http_requests_total_value_per_second}
    target: {type: AverageValue, averageValue: 0.2}
`,
		"mgwBehavior": "scaleDown: {stabilizationWindowSeconds: 60}",
	}, configs)
	want := []string{
		`info: hpa.yaml: ConfigMap hpa-configs: data.targetEndpointMaxReplicas: is not set; defaults to 5 [hpa/config]`,
		`info: hpa.yaml: ConfigMap hpa-configs: data.targetEndpointMetrics: is not set; defaults to a CPU utilization of 50% [hpa/config]`,
	}
	if diff := cmp.Diff(want, lines(ps)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	at := configs.Child("data")
	metrics := defaultMetrics()
	window, value := int32(60), resource.MustParse("200m")
	wantPolicy := Policy{
		Gateway: Scaling{
			MaxReplicas: 7,
			Metrics: append(defaultMetrics(), autoscalingv2.MetricSpec{
				Type: autoscalingv2.PodsMetricSourceType,
				Pods: &autoscalingv2.PodsMetricSource{
					Metric: autoscalingv2.MetricIdentifier{Name: "http_requests_total_value_per_second"},
					Target: autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: &value},
				},
			}),
			Behavior: &autoscalingv2.HorizontalPodAutoscalerBehavior{
				ScaleDown: &autoscalingv2.HPAScalingRules{StabilizationWindowSeconds: &window},
			},
			Places: Places{
				MaxReplicas: at.Child("mgwMaxReplicas"),
				Behavior:    at.Child("mgwBehavior"),
				Metrics: []model.Place{
					at.Child("mgwMetrics").Item(0).At(2), at.Child("mgwMetrics").Item(1).At(6),
				},
			},
		},
		Backend: Scaling{
			MaxReplicas: 5,
			Metrics:     metrics,
			Places: Places{
				MaxReplicas: at.Child("targetEndpointMaxReplicas"),
				Behavior:    at.Child("targetEndpointBehavior"),
				Metrics:     []model.Place{at.Child("targetEndpointMetrics")},
			},
		},
	}
	if diff := cmp.Diff(wantPolicy, got); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
	if !got.Gateway.PodsMetrics() || got.Backend.PodsMetrics() {
		t.Errorf("Pods metrics: gateway %t, backend %t; want true, false", got.Gateway.PodsMetrics(), got.Backend.PodsMetrics())
	}
}

func TestDefaults(t *testing.T) {
	s := Scaling{MaxReplicas: 5, Metrics: defaultMetrics(), Places: Places{Metrics: []model.Place{{}}}}
	if diff := cmp.Diff(Policy{Gateway: s, Backend: s}, Defaults()); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
}

func TestProblemsHaveValueAndSuggestion(t *testing.T) {
	_, ps := readAll(with("mgwMaxReplicas", "0", "mgwMetrics",
		"- type: pods\n  pods: {metric: {name: x}, target: {type: AverageValue, averageValue: 1}}\n"), model.Place{})
	at := model.Place{}.Child("data")
	want := model.Problems{
		{
			ID: model.HPABounds, Severity: model.Error, Place: at.Child("mgwMaxReplicas"), Value: "0",
			Message: "is 0; use a number of at least 1",
		},
		{
			ID: model.HPAMetric, Severity: model.Error, Place: at.Child("mgwMetrics").Item(0).Child("type").At(1),
			Value: "pods", Suggestion: "Pods",
			Message: `is "pods"; use Pods`,
		},
	}
	if diff := cmp.Diff(want, ps); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}
