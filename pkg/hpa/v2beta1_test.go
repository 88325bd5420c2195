package hpa

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// allTypesFlat is allTypes in the shape of v2beta1.
const allTypesFlat = `
- type: Resource
  resource: {name: memory, targetAverageValue: 400Mi}
- type: Resource
  resource: {name: memory, targetAverageUtilization: 80}
- type: ContainerResource
  containerResource: {name: cpu, container: gateway, targetAverageUtilization: 60}
- type: Pods
  pods: {metricName: a_per_second, targetAverageValue: "0.1"}
- type: Pods
  pods:
    metricName: a_per_second
    targetAverageValue: 2
    selector: {matchLabels: {app.kubernetes.io/name: x}, matchExpressions: [{key: verb, operator: In, values: [GET, PUT]}, {key: code, operator: Exists}]}
- type: Object
  object: {target: {apiVersion: networking.k8s.io/v1, kind: Ingress, name: main-route}, metricName: requests-per-second, targetValue: 10k}
- type: External
  external: {metricName: queue.length, targetAverageValue: 30}
`

func flat(metrics string) map[string]string {
	data := with("hpaVersion", "v2beta1", "mgwMetricsV2beta1", metrics,
		"targetEndpointMetricsV2beta1", "- type: Resource\n  resource: {name: cpu, targetAverageUtilization: 50}\n")
	return without(data, "mgwMetrics", "targetEndpointMetrics")
}

func TestReadConvertsMetricsOfV2beta1(t *testing.T) {
	got, ps := readAll(flat(allTypesFlat), model.Place{})
	if diff := cmp.Diff([]string(nil), lines(ps)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(allTypesWanted(), got.Gateway.Metrics); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

func TestReadConvertsTheTargetOfFlatMetrics(t *testing.T) {
	for name, tc := range map[string]struct {
		flat, nested string
		want         []string
	}{
		"External with a value": {
			flat: `- type: External
  external: {metricName: x, targetValue: 1, metricSelector: {matchLabels: {queue: a}}}`,
			nested: `- type: External
  external: {metric: {name: x, selector: {matchLabels: {queue: a}}}, target: {type: Value, value: 1}}`,
		},
		"Object with an average": {
			flat: `- type: Object
  object: {target: {kind: Service, name: b}, metricName: x, averageValue: 1, selector: {matchLabels: {verb: GET}}}`,
			nested: `- type: Object
  object:
    describedObject: {kind: Service, name: b}
    metric: {name: x, selector: {matchLabels: {verb: GET}}}
    target: {type: AverageValue, averageValue: 1}`,
		},
		"Object with both": {
			flat: `- type: Object
  object: {target: {kind: Service, name: b}, metricName: x, averageValue: 1, targetValue: 0}`,
			nested: `- type: Object
  object: {describedObject: {kind: Service, name: b}, metric: {name: x}, target: {type: AverageValue, averageValue: 1}}`,
			want: []string{
				`info: data.mgwMetricsV2beta1[0].object.targetValue: line 2: is dropped, because Kubernetes ignores it if averageValue is set [hpa/config]`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, ps := readAll(flat(tc.flat), model.Place{})
			if diff := cmp.Diff(tc.want, lines(ps)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			want, ps := readAll(with("mgwMetrics", tc.nested), model.Place{})
			if diff := cmp.Diff([]string(nil), lines(ps)); diff != "" {
				t.Errorf("problems of the nested shape (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want.Gateway.Metrics, got.Gateway.Metrics); diff != "" {
				t.Errorf("metrics (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadJudgesMetricsOfV2beta1(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		want []string
	}{
		"nothing in them": {in: `
- {type: Resource, resource: {}}
- {type: ContainerResource, containerResource: {}}
- {type: Pods, pods: {}}
- {type: Object, object: {}}
- {type: External, external: {}}`, want: []string{
			`error: data.mgwMetricsV2beta1[0].resource.name: line 2: is missing; set it to cpu or memory [hpa/metric]`,
			`error: data.mgwMetricsV2beta1[0].resource.targetAverageUtilization: line 2: is missing; set targetAverageUtilization or targetAverageValue [hpa/metric]`,
			`error: data.mgwMetricsV2beta1[1].containerResource.name: line 3: is missing; set it to cpu or memory [hpa/metric]`,
			`error: data.mgwMetricsV2beta1[1].containerResource.container: line 3: is missing; set it to the name of a container in the pod [hpa/metric]`,
			`error: data.mgwMetricsV2beta1[1].containerResource.targetAverageUtilization: line 3: is missing; set targetAverageUtilization or targetAverageValue [hpa/metric]`,
			`error: data.mgwMetricsV2beta1[2].pods.metricName: line 4: is missing; set it to the name of the metric [hpa/metric]`,
			`error: data.mgwMetricsV2beta1[2].pods.targetAverageValue: line 4: is missing; set targetAverageValue [hpa/metric]`,
			`error: data.mgwMetricsV2beta1[3].object.target: line 5: is missing; set apiVersion, kind, and name of the object that the metric describes [hpa/metric]`,
			`error: data.mgwMetricsV2beta1[3].object.metricName: line 5: is missing; set it to the name of the metric [hpa/metric]`,
			`error: data.mgwMetricsV2beta1[3].object.targetValue: line 5: is missing; set targetValue or averageValue [hpa/metric]`,
			`error: data.mgwMetricsV2beta1[4].external.metricName: line 6: is missing; set it to the name of the metric [hpa/metric]`,
			`error: data.mgwMetricsV2beta1[4].external.targetValue: line 6: is missing; set targetValue or targetAverageValue [hpa/metric]`,
		}},
		"two values": {in: `
- {type: Resource, resource: {name: cpu, targetAverageUtilization: 50, targetAverageValue: 1}}
- {type: External, external: {metricName: x, targetValue: 1, targetAverageValue: 1}}`, want: []string{
			`error: data.mgwMetricsV2beta1[0].resource.targetAverageValue: line 2: cannot be combined with targetAverageUtilization; remove one of them [hpa/metric]`,
			`error: data.mgwMetricsV2beta1[1].external.targetAverageValue: line 3: cannot be combined with targetValue; remove one of them [hpa/metric]`,
		}},
		"values not above 0": {in: `
- {type: Resource, resource: {name: cpu, targetAverageUtilization: 0}}
- {type: Pods, pods: {metricName: a, targetAverageValue: 0}}
- {type: Object, object: {target: {kind: a, name: b}, metricName: x, targetValue: -1}}`, want: []string{
			`error: data.mgwMetricsV2beta1[0].resource.targetAverageUtilization: line 2: is 0; use a percentage of at least 1 [hpa/metric]`,
			`error: data.mgwMetricsV2beta1[1].pods.targetAverageValue: line 3: is 0; use a quantity above 0 [hpa/metric]`,
			`error: data.mgwMetricsV2beta1[2].object.targetValue: line 4: is -1; use a quantity above 0 [hpa/metric]`,
		}},
		"names and selectors": {in: `
- {type: Pods, pods: {metricName: a/b, targetAverageValue: 1, selector: {matchLabels: {a: b c}}}}
- {type: Object, object: {target: {kind: a/b, name: .., apiVersion: a/b/c}, metricName: x, targetValue: 1}}
- {type: External, external: {metricName: x, targetValue: 1, metricSelector: {matchExpressions: [{key: a, operator: Is}]}}}`, want: []string{
			`error: data.mgwMetricsV2beta1[0].pods.metricName: line 2: is "a/b"; use a name without "/" or "%" [hpa/metric]`,
			`error: data.mgwMetricsV2beta1[0].pods.selector.matchLabels.a: line 2: the label value "b c" is not valid; use at most 63 letters, digits, hyphens, underscores, and dots, starting and ending with a letter or digit [hpa/metric]`,
			`error: data.mgwMetricsV2beta1[1].object.target.kind: line 3: is "a/b"; use a name without "/" or "%" [hpa/metric]`,
			`error: data.mgwMetricsV2beta1[1].object.target.name: line 3: is ".."; use a different name, because this one means a directory in a URL [hpa/metric]`,
			`error: data.mgwMetricsV2beta1[1].object.target.apiVersion: line 3: is "a/b/c"; use GROUP/VERSION, such as networking.k8s.io/v1 [hpa/metric]`,
			`error: data.mgwMetricsV2beta1[2].external.metricSelector.matchExpressions[0].operator: line 4: is "Is"; use In, NotIn, Exists, or DoesNotExist [hpa/metric]`,
		}},
		"unknown fields": {in: `
- {type: Resource, resource: {name: cpu, targetAverageUtilisation: 50}}
- {type: External, external: {metricName: x, targetValue: 1, selector: {}}}`, want: []string{
			`error: data.mgwMetricsV2beta1[0].resource.targetAverageUtilisation: line 2: unknown field "targetAverageUtilisation"; did you mean "targetAverageUtilization"? [input/field]`,
			`error: data.mgwMetricsV2beta1[1].external.selector: line 3: unknown field "selector"; known fields: metricName, metricSelector, targetAverageValue, targetValue [input/field]`,
		}},
		"the same twice": {in: `
- {type: Pods, pods: {metricName: x, targetAverageValue: 1}}
- {type: Pods, pods: {metricName: x, targetAverageValue: 2}}`, want: []string{
			`error: data.mgwMetricsV2beta1[1]: line 3: is the same metric as data.mgwMetricsV2beta1[0] on line 2; remove one of them [hpa/metric]`,
		}},
		"fields of v2 only": {in: `
- type: Resource
  resource:
    name: cpu
    target: {type: Utilization, averageUtilization: 50}
- type: Object
  object:
    describedObject: {kind: Service, name: b}
    metric: {name: x}
    target: {type: Value, value: 0}
- type: Pods
  pods: {metric: {name: x}, target: {type: AverageValue}}
- type: Resource
  resource: {name: memory, target: {type: AverageValue}}`, want: []string{
			`error: data.mgwMetricsV2beta1[0].resource: line 3: uses the v2 format (target); use targetAverageUtilization, or move the list to mgwMetrics and set hpaVersion: v2 [input/field]`,
			`error: data.mgwMetricsV2beta1[1].object: line 7: uses the v2 format (describedObject, metric, target.value); use target, metricName, and targetValue, or move the list to mgwMetrics and set hpaVersion: v2 [input/field]`,
			`error: data.mgwMetricsV2beta1[1].object.target.value: line 10: is 0; use a quantity above 0 [hpa/metric]`,
			`error: data.mgwMetricsV2beta1[2].pods: line 12: uses the v2 format (metric, target); use metricName and targetAverageValue, or move the list to mgwMetrics and set hpaVersion: v2 [input/field]`,
			`error: data.mgwMetricsV2beta1[2].pods.target.averageValue: line 12: is missing; the target type AverageValue requires it [hpa/metric]`,
			`error: data.mgwMetricsV2beta1[3].resource: line 14: uses the v2 format (target); use targetAverageUtilization, or move the list to mgwMetrics and set hpaVersion: v2 [input/field]`,
			`error: data.mgwMetricsV2beta1[3].resource.target.averageValue: line 14: is missing; the target type AverageValue requires it [hpa/metric]`,
		}},
		"fields of both versions": {in: `
- type: Pods
  pods: {metric: {name: x}, targetAverageValue: 1}
- type: Object
  object: {target: {type: Value, value: 1}, describedObject: {kind: Service, name: b}, metricName: x}`, want: []string{
			`error: data.mgwMetricsV2beta1[0].pods.metric: line 3: unknown field "metric"; it belongs to the v2 format; use metricName [input/field]`,
			`error: data.mgwMetricsV2beta1[1].object.target.type: line 5: unknown field "type"; known fields: apiVersion, kind, name [input/field]`,
			`error: data.mgwMetricsV2beta1[1].object.target.value: line 5: unknown field "target.value"; it belongs to the v2 format; use targetValue [input/field]`,
			`error: data.mgwMetricsV2beta1[1].object.describedObject: line 5: unknown field "describedObject"; it belongs to the v2 format; use target [input/field]`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			_, ps := readAll(flat(tc.in), model.Place{})
			if diff := cmp.Diff(tc.want, lines(ps)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}
