package hpa

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/krm-fn/krm-fn/pkg/model"
)

func TestReadBehavior(t *testing.T) {
	got, ps := Read(with("targetEndpointBehavior", `
scaleUp:
  stabilizationWindowSeconds: 0
  selectPolicy: Max
  policies:
  - {type: Pods, value: 4, periodSeconds: 15}
  - {type: Percent, value: 100, periodSeconds: 1800}
scaleDown:
  stabilizationWindowSeconds: 3600
  selectPolicy: Disabled
  tolerance: 0.05
`), model.Place{})
	if diff := cmp.Diff([]string(nil), lines(ps)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	now, hour := int32(0), int32(3600)
	fastest, disabled := autoscalingv2.MaxChangePolicySelect, autoscalingv2.DisabledPolicySelect
	tolerance := resource.MustParse("50m")
	want := &autoscalingv2.HorizontalPodAutoscalerBehavior{
		ScaleUp: &autoscalingv2.HPAScalingRules{
			StabilizationWindowSeconds: &now, SelectPolicy: &fastest,
			Policies: []autoscalingv2.HPAScalingPolicy{
				{Type: autoscalingv2.PodsScalingPolicy, Value: 4, PeriodSeconds: 15},
				{Type: autoscalingv2.PercentScalingPolicy, Value: 100, PeriodSeconds: 1800},
			},
		},
		ScaleDown: &autoscalingv2.HPAScalingRules{
			StabilizationWindowSeconds: &hour, SelectPolicy: &disabled, Tolerance: &tolerance,
		},
	}
	if diff := cmp.Diff(want, got.Backend.Behavior); diff != "" {
		t.Errorf("behavior (-want +got):\n%s", diff)
	}
}

func TestReadTakesAnEmptyBehaviorAsNone(t *testing.T) {
	for _, in := range []string{"", "# none\n", "~", "{}", "scaleUp:\nscaleDown: null\n"} {
		got, ps := Read(with("mgwBehavior", in), model.Place{})
		if len(ps) > 0 || got.Gateway.Behavior != nil {
			t.Errorf("%q: behavior %v with problems %v; want neither", in, got.Gateway.Behavior, ps)
		}
	}
}

func TestReadJudgesBehavior(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		want []string
	}{
		"no YAML": {in: "scaleUp: {", want: []string{
			`error: data.mgwBehavior: line 1: is not valid YAML: did not find expected node content [input/syntax]`,
		}},
		"a list": {in: "- scaleUp: {}", want: []string{
			`error: data.mgwBehavior: line 1: is a list; use a mapping with scaleUp and scaleDown [input/type]`,
		}},
		"unknown fields": {in: "scaleup: {}\nscaleDown: {policy: []}", want: []string{
			`error: data.mgwBehavior.scaleup: line 1: unknown field "scaleup"; did you mean "scaleUp"? [input/field]`,
			`error: data.mgwBehavior.scaleDown.policy: line 2: unknown field "policy"; known fields: policies, selectPolicy, stabilizationWindowSeconds, tolerance [input/field]`,
		}},
		"window": {in: "scaleUp: {stabilizationWindowSeconds: 3601}\nscaleDown: {stabilizationWindowSeconds: -1}", want: []string{
			`error: data.mgwBehavior.scaleUp.stabilizationWindowSeconds: line 1: is 3601; use a number of seconds from 0 to 3600 [hpa/behavior]`,
			`error: data.mgwBehavior.scaleDown.stabilizationWindowSeconds: line 2: is -1; use a number of seconds from 0 to 3600 [hpa/behavior]`,
		}},
		"window as a text": {in: "scaleUp: {stabilizationWindowSeconds: 5m}", want: []string{
			`error: data.mgwBehavior.scaleUp.stabilizationWindowSeconds: line 1: is a string ("5m"); use a whole number [input/type]`,
		}},
		"select policy": {in: "scaleUp: {selectPolicy: max}\nscaleDown: {selectPolicy: none}", want: []string{
			`error: data.mgwBehavior.scaleUp.selectPolicy: line 1: is "max"; use Max, Min, or Disabled [hpa/behavior]`,
			`error: data.mgwBehavior.scaleDown.selectPolicy: line 2: is "none"; use Max, Min, or Disabled [hpa/behavior]`,
		}},
		"no policies": {in: "scaleUp: {policies: []}", want: []string{
			`error: data.mgwBehavior.scaleUp.policies: line 1: is an empty list; add at least one policy, or remove the field [hpa/behavior]`,
		}},
		"incomplete policy": {in: "scaleUp:\n  policies:\n  - {}\n  -", want: []string{
			`error: data.mgwBehavior.scaleUp.policies[0].type: line 3: is missing; use Pods or Percent [hpa/behavior]`,
			`error: data.mgwBehavior.scaleUp.policies[0].value: line 3: is 0 or missing; use a number of at least 1 [hpa/behavior]`,
			`error: data.mgwBehavior.scaleUp.policies[0].periodSeconds: line 3: is 0 or missing; use a number of seconds from 1 to 1800 [hpa/behavior]`,
			`error: data.mgwBehavior.scaleUp.policies[1].type: line 4: is missing; use Pods or Percent [hpa/behavior]`,
			`error: data.mgwBehavior.scaleUp.policies[1].value: line 4: is 0 or missing; use a number of at least 1 [hpa/behavior]`,
			`error: data.mgwBehavior.scaleUp.policies[1].periodSeconds: line 4: is 0 or missing; use a number of seconds from 1 to 1800 [hpa/behavior]`,
		}},
		"wrong policies": {in: "scaleUp:\n  policies:\n  - {type: pods, value: 0, periodSeconds: 0}\n  - {type: Percentage, value: -1, periodSeconds: 1801}", want: []string{
			`error: data.mgwBehavior.scaleUp.policies[0].type: line 3: is "pods"; use Pods or Percent [hpa/behavior]`,
			`error: data.mgwBehavior.scaleUp.policies[0].value: line 3: is 0 or missing; use a number of at least 1 [hpa/behavior]`,
			`error: data.mgwBehavior.scaleUp.policies[0].periodSeconds: line 3: is 0 or missing; use a number of seconds from 1 to 1800 [hpa/behavior]`,
			`error: data.mgwBehavior.scaleUp.policies[1].type: line 4: is "Percentage"; use Pods or Percent [hpa/behavior]`,
			`error: data.mgwBehavior.scaleUp.policies[1].value: line 4: is -1; use a number of at least 1 [hpa/behavior]`,
			`error: data.mgwBehavior.scaleUp.policies[1].periodSeconds: line 4: is 1801; use a number of seconds from 1 to 1800 [hpa/behavior]`,
		}},
		"policies of a wrong type": {in: "scaleUp: {policies: {type: Pods}}", want: []string{
			`error: data.mgwBehavior.scaleUp.policies: line 1: is a mapping; use a list [input/type]`,
		}},
		"tolerance": {in: "scaleUp: {tolerance: -0.1}\nscaleDown: {tolerance: 5%}", want: []string{
			`error: data.mgwBehavior.scaleDown.tolerance: line 2: "5%" is not a valid quantity; use a number with an optional unit, such as 500m or 512Mi [input/value]`,
			`error: data.mgwBehavior.scaleUp.tolerance: line 1: is -100m; use a quantity of at least 0, such as 0.05 for 5% [hpa/behavior]`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			_, ps := Read(with("mgwBehavior", tc.in), model.Place{})
			if diff := cmp.Diff(tc.want, lines(ps)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}
