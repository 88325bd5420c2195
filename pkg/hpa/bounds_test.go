package hpa

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/krm-fn/krm-fn/pkg/hpa/validation"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// TestLeastValuesAreTaken reads the least value of every field that has one.
func TestLeastValuesAreTaken(t *testing.T) {
	got, ps := Read(with(
		"mgwMaxReplicas", "1",
		"mgwMetrics", "- type: Resource\n  resource: {name: cpu, target: {type: Utilization, averageUtilization: 1}}\n",
		"mgwBehavior", "scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 1}]}\n",
	), configs)
	if diff := cmp.Diff([]string(nil), lines(ps)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if got.Gateway.MaxReplicas != 1 {
		t.Errorf("at most %d replicas, want 1", got.Gateway.MaxReplicas)
	}
	if p := got.Gateway.Behavior.ScaleUp.Policies[0]; p.Value != 1 || p.PeriodSeconds != 1 {
		t.Errorf("policy %+v, want 1 pod a second", p)
	}
}

func TestQuantileIsBetweenItsBounds(t *testing.T) {
	for text, want := range map[string]bool{"0": false, "1": false, `"1"`: false, "0.0001": true, "0.9999": true, `"0.5"`: true} {
		var q Quantile
		if err := q.UnmarshalJSON([]byte(text)); (err == nil) != want {
			t.Errorf("%s: error %v", text, err)
		}
	}
}

func TestVersionFollowsTheMetricsOfAnyWorkload(t *testing.T) {
	const flat50 = "- type: Resource\n  resource: {name: cpu, targetAverageUtilization: 50}\n"
	flat, nested := []string{"mgwMetricsV2beta1", "targetEndpointMetricsV2beta1"}, []string{"mgwMetrics", "targetEndpointMetrics"}
	version := func(data map[string]string) string {
		_, ps := Read(data, configs)
		for _, p := range ps {
			if p.Place.Field == "data.hpaVersion" {
				return p.Message
			}
		}
		return ""
	}
	const is = "is not set; the metrics are read in the %[1]s format; set hpaVersion: %[1]s"
	for i := range 2 {
		data := without(with(flat[i], flat50), append(slices.Clone(nested), "hpaVersion")...)
		if diff := cmp.Diff(fmt.Sprintf(is, "v2beta1"), version(data)); diff != "" {
			t.Errorf("%s alone (-want +got):\n%s", flat[i], diff)
		}
		data[nested[1-i]] = cpu50
		if diff := cmp.Diff(fmt.Sprintf(is, "v2"), version(data)); diff != "" {
			t.Errorf("%s and %s (-want +got):\n%s", flat[i], nested[1-i], diff)
		}
	}
}

// TestToleranceByVersion checks the versions around the one that knows the field, and the one that serves it.
func TestToleranceByVersion(t *testing.T) {
	got, ps := Read(with("mgwBehavior", "{scaleUp: {tolerance: 0.1}}"), configs)
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	for minor, want := range map[int]model.Severity{32: model.Error, 33: model.Warning, 34: model.Warning, 35: ""} {
		var severity model.Severity
		for _, p := range Unsupported(&got.Gateway, minor) {
			severity = p.Severity
		}
		if severity != want {
			t.Errorf("1.%d: %q, want %q", minor, severity, want)
		}
	}
}

// TestCountersOfProfiles checks when a metric is a counter because a profile reads its series as one.
func TestCountersOfProfiles(t *testing.T) {
	for name, tt := range map[string]struct {
		profile Formula
		want    bool
	}{
		"a counter of this series":    {Formula{Series: "hits", Type: Counter}, true},
		"a gauge of this series":      {Formula{Series: "hits", Type: Gauge}, false},
		"a counter of another series": {Formula{Series: "misses", Type: Counter}, false},
	} {
		f := Formulas{Profiles: map[string]Formula{"hits_per_second": tt.profile}, Window: "1m"}
		if _, ps := f.For(Need{Metric: "hits"}); len(ps) > 0 != tt.want {
			t.Errorf("%s: problems %v", name, ps)
		}
	}
}

func TestObjectLabel(t *testing.T) {
	l := Labels{Namespace: "ns", Pod: "po"}
	for want, need := range map[string]Need{
		"ns":        {Object: schema.GroupKind{Kind: "Namespace"}},
		"namespace": {Object: schema.GroupKind{Group: "example.com", Kind: "Namespace"}},
		"po":        {Object: schema.GroupKind{Kind: "Pod"}},
		"pod":       {Object: schema.GroupKind{Group: "example.com", Kind: "Pod"}},
	} {
		if got := objectLabel(need, Formula{}, l); got != want {
			t.Errorf("%v: label %q, want %q", need.Object, got, want)
		}
	}
	if got := objectLabel(Need{External: true, Object: schema.GroupKind{Kind: "Pod"}}, Formula{}, l); got != "ns" {
		t.Errorf("external: label %q, want ns", got)
	}
}

// TestSuggestionsOfTargetTypes checks what should stand in place of an unknown type: that of the value that is written, else
// the nearest name.
func TestSuggestionsOfTargetTypes(t *testing.T) {
	for in, want := range map[string]string{
		"{type: utilisation, averageValue: 1}":       "AverageValue",
		"{type: averagevalu, averageUtilization: 1}": "Utilization",
		"{type: utilisation}":                        "Utilization",
	} {
		_, ps := Read(with("mgwMetrics", "- type: Resource\n  resource: {name: cpu, target: "+in+"}\n"), configs)
		got := ""
		for _, p := range ps {
			if strings.HasSuffix(p.Place.Field, ".type") {
				got = p.Suggestion
			}
		}
		if got != want {
			t.Errorf("%s: suggestion %q, want %q; %v", in, got, want, lines(ps))
		}
	}
}

// TestTargetOfAnotherVersion checks that a target of v2 is led to the first field that v2beta1 has for its type of metric.
func TestTargetOfAnotherVersion(t *testing.T) {
	want := map[autoscalingv2.MetricSourceType]string{
		autoscalingv2.ResourceMetricSourceType: "targetAverageUtilization",
		autoscalingv2.PodsMetricSourceType:     "targetAverageValue",
		autoscalingv2.ExternalMetricSourceType: "targetValue",
	}
	for _, s := range validation.Sources {
		if w, ok := want[s.Type]; ok {
			if got := s.Translate("target", validation.V2beta1); got != w {
				t.Errorf("%s: %q, want %q", s.Type, got, w)
			}
		}
	}
}
