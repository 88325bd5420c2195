package check

import (
	"testing"
)

func TestHPAMetric(t *testing.T) {
	flat := func(metric string) string {
		return hpaWith("v2beta1", "  maxReplicas: 5\n  metrics:\n  - "+metric+"\n")
	}
	runCases(t, hpaMetric, []checkCase{
		{name: "sound", text: hpaWith("v2", "  maxReplicas: 5\n  metrics:\n  - "+cpuUtilization+"\n  - "+memoryValue+"\n  - "+appUtilization+
			"\n  - {type: Pods, pods: {metric: {name: a}, target: {type: AverageValue, averageValue: 1}}}"+
			"\n  - {type: Object, object: {describedObject: {kind: Service, name: web}, metric: {name: a}, target: {type: Value, value: 1}}}"+
			"\n  - {type: External, external: {metric: {name: a, selector: {matchLabels: {queue: a}}}, target: {type: Value, value: 1}}}\n")},
		{name: "sound in v2beta1", text: flat("{type: Resource, resource: {name: cpu, targetAverageUtilization: 80}}\n  - {type: Pods, pods: {metricName: a, targetAverageValue: 1}}\n  - {type: ContainerResource, containerResource: {name: cpu, container: app, targetAverageValue: 1}}\n  - {type: Object, object: {target: {kind: Service, name: web}, metricName: a, targetValue: 1}}\n  - {type: Object, object: {target: {kind: Service, name: web}, metricName: a, targetValue: 1, averageValue: 1}}\n  - {type: External, external: {metricName: a, targetValue: 1}}\n  - {type: External, external: {metricName: a, targetAverageValue: 1}}")},
		{name: "no type", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].type: is missing; use ContainerResource, External, Object, Pods or Resource [hpa/metric]`,
		}, text: metricOf("{resource: {name: cpu}}")},
		{name: "unknown type", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].type: "Pod" is not a valid metric type; use ContainerResource, External, Object, Pods or Resource [hpa/metric]`,
		}, text: metricOf("{type: Pod, pods: {}}")},
		{name: "no source", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].pods: is missing, but type Pods requires it [hpa/metric]`,
		}, text: metricOf("{type: Pods}")},
		{name: "source of another type", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].external: belongs to type External, but this is type Pods; remove it [hpa/metric]`,
			`error: HorizontalPodAutoscaler web: spec.metrics[0].pods: is missing, but type Pods requires it [hpa/metric]`,
		}, text: metricOf("{type: Pods, external: {metric: {name: a}, target: {type: Value, value: 1}}}")},
		{name: "no name", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].pods.metric.name: is missing; add one [hpa/metric]`,
		}, text: metricOf("{type: Pods, pods: {target: {type: AverageValue, averageValue: 1}}}")},
		{name: "no name in v2beta1", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].pods.metricName: is missing; add one [hpa/metric]`,
		}, text: flat("{type: Pods, pods: {targetAverageValue: 1}}")},
		{name: "no target", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].pods.target: has no averageValue; add it [hpa/metric]`,
		}, text: metricOf("{type: Pods, pods: {metric: {name: a}}}")},
		{name: "no target in v2beta1", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].pods: has no targetAverageValue; add it [hpa/metric]`,
			`error: HorizontalPodAutoscaler web: spec.metrics[1].object: has no targetValue or averageValue; add it [hpa/metric]`,
			`error: HorizontalPodAutoscaler web: spec.metrics[1].object.target.name: is missing; add one [hpa/metric]`,
			`error: HorizontalPodAutoscaler web: spec.metrics[2].external: has no targetValue or targetAverageValue; add it [hpa/metric]`,
			`error: HorizontalPodAutoscaler web: spec.metrics[3].resource: has neither targetAverageUtilization nor targetAverageValue; set one of them [hpa/metric]`,
		}, text: flat("{type: Pods, pods: {metricName: a}}\n  - {type: Object, object: {target: {kind: Service}, metricName: a}}\n  - {type: External, external: {metricName: a}}\n  - {type: Resource, resource: {name: cpu}}")},
		{name: "value of pods", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].pods.target: has no averageValue; add it [hpa/metric]`,
		}, text: metricOf("{type: Pods, pods: {metric: {name: a}, target: {type: Value, value: 1}}}")},
		{name: "unknown type of target", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].pods.target.type: "averageValue" is not a valid target type; use AverageValue, Utilization or Value [hpa/metric]`,
		}, text: metricOf("{type: Pods, pods: {metric: {name: a}, target: {type: averageValue, averageValue: 1}}}")},
		{name: "target of 0", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].pods.target: is 0; use a number above 0 [hpa/metric]`,
		}, text: metricOf("{type: Pods, pods: {metric: {name: a}, target: {type: AverageValue, averageValue: 0}}}")},
		{name: "utilization of 0", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].resource.target: is 0 %; use a number above 0 [hpa/metric]`,
		}, text: metricOf("{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 0}}}")},
		{name: "two targets", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].resource.target: has both averageUtilization and averageValue; set one of them [hpa/metric]`,
		}, text: metricOf("{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 1, averageValue: 1}}}")},
		{name: "two targets of an external metric", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].external.target: has both a value and an averageValue; set one of them [hpa/metric]`,
		}, text: metricOf("{type: External, external: {metric: {name: a}, target: {type: Value, value: 1, averageValue: 1}}}")},
		{name: "the shape of v2beta1 in v2", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].resource.target: has neither averageUtilization nor averageValue; set one of them [hpa/metric]`,
		}, text: metricOf("{type: Resource, resource: {name: cpu, targetAverageUtilization: 80}}")},
		{name: "resource that nobody measures", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].resource.name: "nvidia.com/gpu" is not a resource whose usage is measured; use cpu or memory, or a metric of type Pods that a rule serves [hpa/metric]`,
		}, text: metricOf("{type: Resource, resource: {name: nvidia.com/gpu, target: {type: Utilization, averageUtilization: 80}}}")},
		{name: "no resource", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].containerResource.container: is missing; add one [hpa/metric]`,
			`error: HorizontalPodAutoscaler web: spec.metrics[0].containerResource.name: is missing; add one [hpa/metric]`,
		}, text: metricOf("{type: ContainerResource, containerResource: {target: {type: Utilization, averageUtilization: 80}}}")},
		{name: "object of the wrong type", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].object.target: is of type Value but has no value; use type AverageValue [hpa/metric]`,
			`error: HorizontalPodAutoscaler web: spec.metrics[1].object.target: is of type AverageValue but has no averageValue; use type Value [hpa/metric]`,
			`error: HorizontalPodAutoscaler web: spec.metrics[2].object.target: is of type Utilization, which type Object does not support; use type Value or AverageValue [hpa/metric]`,
		}, text: metricOf("{type: Object, object: {describedObject: {kind: Service, name: web}, metric: {name: a}, target: {type: Value, averageValue: 1}}}\n  - {type: Object, object: {describedObject: {kind: Service, name: web}, metric: {name: a}, target: {type: AverageValue, value: 1}}}\n  - {type: Object, object: {describedObject: {kind: Service, name: web}, metric: {name: a}, target: {type: Utilization, value: 1}}}")},
		{name: "object without a name", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].object.describedObject.kind: is missing; add one [hpa/metric]`,
			`error: HorizontalPodAutoscaler web: spec.metrics[0].object.describedObject.name: is missing; add one [hpa/metric]`,
		}, text: metricOf("{type: Object, object: {describedObject: {}, metric: {name: a}, target: {type: Value, value: 1}}}")},
		{name: "selector that cannot be", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].pods: has an invalid selector: "Is" is not a valid label selector operator [hpa/metric]`,
		}, text: metricOf("{type: Pods, pods: {metric: {name: a, selector: {matchExpressions: [{key: a, operator: Is}]}}, target: {type: AverageValue, averageValue: 1}}}")},
	})
}
