package hpa

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/model"
)

func TestReadJudgesTargets(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		want []string
	}{
		"target missing": {in: `- type: Pods
  pods: {metric: {name: x}}`, want: []string{
			`error: data.mgwMetrics[0].pods.target: line 2: is missing; set type and averageValue [hpa/metric]`,
		}},
		"target empty": {in: `- type: Resource
  resource: {name: cpu, target: {}}`, want: []string{
			`error: data.mgwMetrics[0].resource.target: line 2: is missing; set type and averageUtilization or averageValue [hpa/metric]`,
		}},
		"target of a wrong type": {in: `- type: Resource
  resource: {name: cpu, target: 50}`, want: []string{
			`error: data.mgwMetrics[0].resource.target: line 2: is a number (50); use a mapping [input/type]`,
		}},
		"type missing, value given": {in: `- type: Resource
  resource: {name: cpu, target: {averageUtilization: 50}}`, want: []string{
			`error: data.mgwMetrics[0].resource.target.type: line 2: is missing; use Utilization [hpa/metric]`,
		}},
		"type missing, two values given": {in: `- type: External
  external: {metric: {name: x}, target: {value: 1, averageValue: 1}}`, want: []string{
			`error: data.mgwMetrics[0].external.target.type: line 2: is missing; use Value or AverageValue [hpa/metric]`,
			`error: data.mgwMetrics[0].external.target.averageValue: line 2: cannot be combined with value; remove one of them [hpa/metric]`,
		}},
		"type unknown, value given": {in: `- type: Pods
  pods: {metric: {name: x}, target: {type: averagevalue, averageValue: 1}}`, want: []string{
			`error: data.mgwMetrics[0].pods.target.type: line 2: is "averagevalue"; use AverageValue [hpa/metric]`,
		}},
		"type unknown": {in: `- type: External
  external: {metric: {name: x}, target: {type: Average}}`, want: []string{
			`error: data.mgwMetrics[0].external.target.type: line 2: is "Average"; use Value or AverageValue [hpa/metric]`,
			`error: data.mgwMetrics[0].external.target.value: line 2: is missing; set value or averageValue [hpa/metric]`,
		}},
		"type that a Resource does not take": {in: `- type: Resource
  resource: {name: cpu, target: {type: Value, value: 1}}`, want: []string{
			`error: data.mgwMetrics[0].resource.target.value: line 2: does not belong to a metric of type Resource; set averageUtilization or averageValue [hpa/metric]`,
			`error: data.mgwMetrics[0].resource.target.type: line 2: is "Value"; use Utilization or AverageValue [hpa/metric]`,
		}},
		"type that Pods do not take": {in: `- type: Pods
  pods: {metric: {name: x}, target: {type: Utilization, averageUtilization: 50}}`, want: []string{
			`error: data.mgwMetrics[0].pods.target.averageUtilization: line 2: does not belong to a metric of type Pods; set averageValue [hpa/metric]`,
			`error: data.mgwMetrics[0].pods.target.type: line 2: is "Utilization"; use AverageValue [hpa/metric]`,
		}},
		"type that an Object does not take": {in: `- type: Object
  object: {describedObject: {kind: a, name: b}, metric: {name: x}, target: {type: Utilization, averageUtilization: 50}}`, want: []string{
			`error: data.mgwMetrics[0].object.target.averageUtilization: line 2: does not belong to a metric of type Object; set value or averageValue [hpa/metric]`,
			`error: data.mgwMetrics[0].object.target.type: line 2: is "Utilization"; use Value or AverageValue [hpa/metric]`,
		}},
		"type Pods takes, value of another": {in: `- type: Pods
  pods: {metric: {name: x}, target: {type: AverageValue, value: 50}}`, want: []string{
			`error: data.mgwMetrics[0].pods.target.value: line 2: does not belong to a metric of type Pods; set averageValue [hpa/metric]`,
		}},
		"value missing": {in: `- type: Resource
  resource: {name: cpu, target: {type: Utilization}}`, want: []string{
			`error: data.mgwMetrics[0].resource.target.averageUtilization: line 2: is missing; the target type Utilization requires it [hpa/metric]`,
		}},
		"value null": {in: `- type: Resource
  resource: {name: cpu, target: {type: AverageValue, averageValue: }}`, want: []string{
			`error: data.mgwMetrics[0].resource.target.averageValue: line 2: is missing; the target type AverageValue requires it [hpa/metric]`,
		}},
		"value of the other type": {in: `- type: Resource
  resource: {name: cpu, target: {type: Utilization, averageValue: 500m}}`, want: []string{
			`error: data.mgwMetrics[0].resource.target.type: line 2: is Utilization, but averageValue is set; set type: AverageValue, or set averageUtilization instead [hpa/metric]`,
		}},
		"value of the other type for External": {in: `- type: External
  external: {metric: {name: x}, target: {type: AverageValue, value: 1}}`, want: []string{
			`error: data.mgwMetrics[0].external.target.type: line 2: is AverageValue, but value is set; set type: Value, or set averageValue instead [hpa/metric]`,
		}},
		"both values": {in: `- type: Resource
  resource: {name: cpu, target: {type: Utilization, averageUtilization: 50, averageValue: 500m}}`, want: []string{
			`error: data.mgwMetrics[0].resource.target.averageValue: line 2: does not belong to the target type Utilization; remove it [hpa/metric]`,
		}},
		"both values of an Object": {in: `- type: Object
  object: {describedObject: {kind: a, name: b}, metric: {name: x}, target: {type: AverageValue, averageValue: 1, value: 1}}`, want: []string{
			`error: data.mgwMetrics[0].object.target.value: line 2: does not belong to the target type AverageValue; remove it [hpa/metric]`,
		}},
		"a value beside that no metric of the type has": {in: `- type: External
  external: {metric: {name: x}, target: {type: Value, value: 1, averageUtilization: 50}}`, want: []string{
			`error: data.mgwMetrics[0].external.target.averageUtilization: line 2: does not belong to a metric of type External; remove it [hpa/metric]`,
		}},
		"utilization below 1": {in: `- type: Resource
  resource: {name: cpu, target: {type: Utilization, averageUtilization: 0}}`, want: []string{
			`error: data.mgwMetrics[0].resource.target.averageUtilization: line 2: is 0; use a percentage of at least 1 [hpa/metric]`,
		}},
		"utilization as a text": {in: `- type: Resource
  resource: {name: cpu, target: {type: Utilization, averageUtilization: "50"}}`, want: []string{
			`error: data.mgwMetrics[0].resource.target.averageUtilization: line 2: is a string ("50"); use a whole number [input/type]`,
		}},
		"utilization as a percentage": {in: `- type: Resource
  resource: {name: cpu, target: {type: Utilization, averageUtilization: 50%}}`, want: []string{
			`error: data.mgwMetrics[0].resource.target.averageUtilization: line 2: is a string ("50%"); use a whole number [input/type]`,
		}},
		"quantities not above 0": {in: `- type: Pods
  pods: {metric: {name: x}, target: {type: AverageValue, averageValue: 0}}
- type: External
  external: {metric: {name: x}, target: {type: Value, value: -5m}}`, want: []string{
			`error: data.mgwMetrics[0].pods.target.averageValue: line 2: is 0; use a quantity above 0 [hpa/metric]`,
			`error: data.mgwMetrics[1].external.target.value: line 4: is -5m; use a quantity above 0 [hpa/metric]`,
		}},
		"quantity that is none": {in: `- type: Pods
  pods: {metric: {name: x}, target: {type: AverageValue, averageValue: 100 m}}`, want: []string{
			`error: data.mgwMetrics[0].pods.target.averageValue: line 2: "100 m" is not a valid quantity; use a number with an optional unit, such as 500m or 512Mi [input/value]`,
		}},
		"quantity that takes too long to parse": {in: `- type: Pods
  pods: {metric: {name: x}, target: {type: AverageValue, averageValue: "1e-2000000000"}}`, want: []string{
			`error: data.mgwMetrics[0].pods.target.averageValue: line 2: "1e-2000000000" is not a valid quantity; use a number with an optional unit, such as 500m or 512Mi [input/value]`,
		}},
		"fields of v2beta1 only": {in: `- type: Pods
  pods:
    metricName: x
    targetAverageValue: 1`, want: []string{
			`error: data.mgwMetrics[0].pods: line 2: uses the v2beta1 format (metricName, targetAverageValue); use metric.name and target.averageValue, or move the list to mgwMetricsV2beta1 and set hpaVersion: v2beta1 [input/field]`,
		}},
		"fields of v2beta1 with a mistake of their own": {in: `- type: Resource
  resource: {name: cpu, targetAverageUtilization: 0}`, want: []string{
			`error: data.mgwMetrics[0].resource: line 2: uses the v2beta1 format (targetAverageUtilization); use target.averageUtilization, or move the list to mgwMetricsV2beta1 and set hpaVersion: v2beta1 [input/field]`,
			`error: data.mgwMetrics[0].resource.targetAverageUtilization: line 2: is 0; use a percentage of at least 1 [hpa/metric]`,
		}},
		"fields of both versions": {in: `- type: Resource
  resource: {name: cpu, target: {type: Utilization}, targetAverageUtilization: 50}`, want: []string{
			`error: data.mgwMetrics[0].resource.targetAverageUtilization: line 2: unknown field "targetAverageUtilization"; it belongs to the v2beta1 format; use target.averageUtilization [input/field]`,
		}},
		"a selector of v2beta1 beside a metric of v2": {in: `- type: Pods
  pods: {metric: {name: x}, selector: {matchLabels: {a: b}}, target: {type: AverageValue, averageValue: 1}}`, want: []string{
			`error: data.mgwMetrics[0].pods.selector: line 2: unknown field "selector"; it belongs to the v2beta1 format; use metric.selector [input/field]`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			_, ps := Read(with("mgwMetrics", tc.in), model.Place{})
			if diff := cmp.Diff(tc.want, lines(ps)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadJudgesSelectors(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		want []string
	}{
		"labels": {in: `matchLabels: {a/b/c: x, "": x, a: b c, b: "", c: -x}`, want: []string{
			`error: data.mgwMetrics[0].external.metric.selector.matchLabels[""]: line 7: the label name "" is not valid; use NAME or DOMAIN/NAME, where NAME is at most 63 letters, digits, hyphens, underscores, and dots, starting and ending with a letter or digit [hpa/metric]`,
			`error: data.mgwMetrics[0].external.metric.selector.matchLabels.a: line 7: the label value "b c" is not valid; use at most 63 letters, digits, hyphens, underscores, and dots, starting and ending with a letter or digit [hpa/metric]`,
			`error: data.mgwMetrics[0].external.metric.selector.matchLabels["a/b/c"]: line 7: the label name "a/b/c" is not valid; use NAME or DOMAIN/NAME, where NAME is at most 63 letters, digits, hyphens, underscores, and dots, starting and ending with a letter or digit [hpa/metric]`,
			`error: data.mgwMetrics[0].external.metric.selector.matchLabels.c: line 7: the label value "-x" is not valid; use at most 63 letters, digits, hyphens, underscores, and dots, starting and ending with a letter or digit [hpa/metric]`,
		}},
		"label of a wrong type": {in: `matchLabels: {a b: 5}`, want: []string{
			`error: data.mgwMetrics[0].external.metric.selector.matchLabels["a b"]: line 7: is a number (5); use a string in quotes: "5" [input/type]`,
		}},
		"operators": {in: `matchExpressions: [{key: a, operator: in, values: [x]}, {key: a}, {key: a, operator: In}, {key: a, operator: NotIn, values: []}, {key: a, operator: Exists, values: [x]}]`, want: []string{
			`error: data.mgwMetrics[0].external.metric.selector.matchExpressions[0].operator: line 7: is "in"; use In, NotIn, Exists, or DoesNotExist [hpa/metric]`,
			`error: data.mgwMetrics[0].external.metric.selector.matchExpressions[1].operator: line 7: is missing; use In, NotIn, Exists, or DoesNotExist [hpa/metric]`,
			`error: data.mgwMetrics[0].external.metric.selector.matchExpressions[2].values: line 7: is missing; the operator In requires at least one value [hpa/metric]`,
			`error: data.mgwMetrics[0].external.metric.selector.matchExpressions[3].values: line 7: is missing; the operator NotIn requires at least one value [hpa/metric]`,
			`error: data.mgwMetrics[0].external.metric.selector.matchExpressions[4].values: line 7: does not belong to the operator Exists; remove it [hpa/metric]`,
		}},
		"keys and values": {in: `matchExpressions: [{operator: In, values: [x, y z]}, {key: a b, operator: DoesNotExist}]`, want: []string{
			`error: data.mgwMetrics[0].external.metric.selector.matchExpressions[0].key: line 7: the label name "" is not valid; use NAME or DOMAIN/NAME, where NAME is at most 63 letters, digits, hyphens, underscores, and dots, starting and ending with a letter or digit [hpa/metric]`,
			`error: data.mgwMetrics[0].external.metric.selector.matchExpressions[0].values[1]: line 7: the label value "y z" is not valid; use at most 63 letters, digits, hyphens, underscores, and dots, starting and ending with a letter or digit [hpa/metric]`,
			`error: data.mgwMetrics[0].external.metric.selector.matchExpressions[1].key: line 7: the label name "a b" is not valid; use NAME or DOMAIN/NAME, where NAME is at most 63 letters, digits, hyphens, underscores, and dots, starting and ending with a letter or digit [hpa/metric]`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			_, ps := Read(with("mgwMetrics", "- type: External\n  external:\n    target: {type: Value, value: 1}\n"+
				"    metric:\n      name: x\n      selector:\n        "+tc.in), model.Place{})
			if diff := cmp.Diff(tc.want, lines(ps)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}
