package check

import (
	"strings"
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
			`error: HorizontalPodAutoscaler web: spec.metrics[0].resource.target: is missing; set type and averageUtilization or averageValue [hpa/metric]`,
			`error: HorizontalPodAutoscaler web: spec.metrics[0].type: is missing; use Resource [hpa/metric]`,
		}, text: metricOf("{resource: {name: cpu}}")},
		{name: "unknown type", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].pods.metric.name: is missing; set it to the name of the metric [hpa/metric]`,
			`error: HorizontalPodAutoscaler web: spec.metrics[0].pods.target: is missing; set type and averageValue [hpa/metric]`,
			`error: HorizontalPodAutoscaler web: spec.metrics[0].type: is "Pod"; use Pods [hpa/metric]`,
		}, text: metricOf("{type: Pod, pods: {}}")},
		{name: "no source", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].pods: is missing; a metric of type Pods requires it [hpa/metric]`,
		}, text: metricOf("{type: Pods}")},
		{name: "source of another type", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].type: is Pods, but external is set; set type: External, or set pods instead [hpa/metric]`,
		}, text: metricOf("{type: Pods, external: {metric: {name: a}, target: {type: Value, value: 1}}}")},
		{name: "no name", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].pods.metric.name: is missing; set it to the name of the metric [hpa/metric]`,
		}, text: metricOf("{type: Pods, pods: {target: {type: AverageValue, averageValue: 1}}}")},
		{name: "no name in v2beta1", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].pods.metricName: is missing; set it to the name of the metric [hpa/metric]`,
		}, text: flat("{type: Pods, pods: {targetAverageValue: 1}}")},
		{name: "no target", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].pods.target: is missing; set type and averageValue [hpa/metric]`,
		}, text: metricOf("{type: Pods, pods: {metric: {name: a}}}")},
		{name: "no target in v2beta1", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].pods.targetAverageValue: is missing; set targetAverageValue [hpa/metric]`,
			`error: HorizontalPodAutoscaler web: spec.metrics[1].object.target.name: is missing; set it to the name of the object [hpa/metric]`,
			`error: HorizontalPodAutoscaler web: spec.metrics[1].object.targetValue: is missing; set targetValue or averageValue [hpa/metric]`,
			`error: HorizontalPodAutoscaler web: spec.metrics[2].external.targetValue: is missing; set targetValue or targetAverageValue [hpa/metric]`,
			`error: HorizontalPodAutoscaler web: spec.metrics[3].resource.targetAverageUtilization: is missing; set targetAverageUtilization or targetAverageValue [hpa/metric]`,
		}, text: flat("{type: Pods, pods: {metricName: a}}\n  - {type: Object, object: {target: {kind: Service}, metricName: a}}\n  - {type: External, external: {metricName: a}}\n  - {type: Resource, resource: {name: cpu}}")},
		{name: "value of pods", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].pods.target.type: is "Value"; use AverageValue [hpa/metric]`,
			`error: HorizontalPodAutoscaler web: spec.metrics[0].pods.target.value: does not belong to a metric of type Pods; set averageValue [hpa/metric]`,
		}, text: metricOf("{type: Pods, pods: {metric: {name: a}, target: {type: Value, value: 1}}}")},
		{name: "unknown type of target", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].pods.target.type: is "averageValue"; use AverageValue [hpa/metric]`,
		}, text: metricOf("{type: Pods, pods: {metric: {name: a}, target: {type: averageValue, averageValue: 1}}}")},
		{name: "target of 0", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].pods.target.averageValue: is 0; use a quantity above 0 [hpa/metric]`,
		}, text: metricOf("{type: Pods, pods: {metric: {name: a}, target: {type: AverageValue, averageValue: 0}}}")},
		{name: "utilization of 0", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].resource.target.averageUtilization: is 0; use a percentage of at least 1 [hpa/metric]`,
		}, text: metricOf("{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 0}}}")},
		{name: "two targets", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].resource.target.averageValue: does not belong to the target type Utilization; remove it [hpa/metric]`,
		}, text: metricOf("{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 1, averageValue: 1}}}")},
		{name: "two targets of an external metric", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].external.target.averageValue: does not belong to the target type Value; remove it [hpa/metric]`,
		}, text: metricOf("{type: External, external: {metric: {name: a}, target: {type: Value, value: 1, averageValue: 1}}}")},
		{name: "the shape of v2beta1 in v2", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].resource.target: is missing; set type and averageUtilization or averageValue [hpa/metric]`,
		}, text: metricOf("{type: Resource, resource: {name: cpu, targetAverageUtilization: 80}}")},
		{name: "resource that nobody measures", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].resource.name: is "nvidia.com/gpu", but only the usage of cpu and memory is measured; use one of them, or a metric of type Pods [hpa/metric]`,
		}, text: metricOf("{type: Resource, resource: {name: nvidia.com/gpu, target: {type: Utilization, averageUtilization: 80}}}")},
		{name: "no resource", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].containerResource.container: is missing; set it to the name of a container in the pod [hpa/metric]`,
			`error: HorizontalPodAutoscaler web: spec.metrics[0].containerResource.name: is missing; set it to cpu or memory [hpa/metric]`,
		}, text: metricOf("{type: ContainerResource, containerResource: {target: {type: Utilization, averageUtilization: 80}}}")},
		{name: "object of the wrong type", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].object.target.type: is Value, but averageValue is set; set type: AverageValue, or set value instead [hpa/metric]`,
			`error: HorizontalPodAutoscaler web: spec.metrics[1].object.target.type: is AverageValue, but value is set; set type: Value, or set averageValue instead [hpa/metric]`,
			`error: HorizontalPodAutoscaler web: spec.metrics[2].object.target.type: is "Utilization"; use Value [hpa/metric]`,
		}, text: metricOf("{type: Object, object: {describedObject: {kind: Service, name: web}, metric: {name: a}, target: {type: Value, averageValue: 1}}}\n  - {type: Object, object: {describedObject: {kind: Service, name: web}, metric: {name: a}, target: {type: AverageValue, value: 1}}}\n  - {type: Object, object: {describedObject: {kind: Service, name: web}, metric: {name: a}, target: {type: Utilization, value: 1}}}")},
		{name: "object without a name", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].object.describedObject: is missing; set apiVersion, kind, and name of the object that the metric describes [hpa/metric]`,
		}, text: metricOf("{type: Object, object: {describedObject: {}, metric: {name: a}, target: {type: Value, value: 1}}}")},
		{name: "selector that cannot be", want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0].pods.metric.selector.matchExpressions[0].operator: is "Is"; use In, NotIn, Exists, or DoesNotExist [hpa/metric]`,
		}, text: metricOf("{type: Pods, pods: {metric: {name: a, selector: {matchExpressions: [{key: a, operator: Is}]}}, target: {type: AverageValue, averageValue: 1}}}")},
		{name: "contradictions that Kubernetes ignores", want: []string{
			`warning: HorizontalPodAutoscaler web: spec.metrics[0].pods.target.type: is Value; use AverageValue [hpa/metric]`,
			`warning: HorizontalPodAutoscaler web: spec.metrics[1].pods.target.value: does not belong to a metric of type Pods; remove it [hpa/metric]`,
			`warning: HorizontalPodAutoscaler web: spec.metrics[2].resource.target.type: is Utilization, but averageValue is set; set type: AverageValue, or set averageUtilization instead [hpa/metric]`,
			`warning: HorizontalPodAutoscaler web: spec.metrics[3].external.target.type: is Value, but averageValue is set; set type: AverageValue, or set value instead [hpa/metric]`,
			`warning: HorizontalPodAutoscaler web: spec.metrics[4].object.target.averageValue: does not belong to the target type Value; remove it [hpa/metric]`,
		}, text: metricOf("{type: Pods, pods: {metric: {name: a}, target: {type: Value, averageValue: 1}}}" +
			"\n  - {type: Pods, pods: {metric: {name: b}, target: {type: AverageValue, averageValue: 1, value: 1}}}" +
			"\n  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageValue: 100m}}}" +
			"\n  - {type: External, external: {metric: {name: a}, target: {type: Value, averageValue: 1}}}" +
			"\n  - {type: Object, object: {describedObject: {kind: Service, name: web}, metric: {name: a}, target: {type: Value, value: 1, averageValue: 1}}}")},
		{name: "one field", want: []string{
			`error: HorizontalPodAutoscaler web: spec.targetCPUUtilizationPercentage: is 0; use a percentage of at least 1 [hpa/metric]`,
		}, text: hpaWith("v1", "  maxReplicas: 5\n  targetCPUUtilizationPercentage: 0\n")},
	})
}

func TestAveragesOfObjects(t *testing.T) {
	const rule = `
rules:
- seriesQuery: 'depth_total'
  resources: {overrides: {namespace: {resource: namespace}, service: {resource: service}}}
  name: {as: depth}
  metricsQuery: QUERY
`
	of := func(query, target string) string {
		metric := strings.Replace(objectMetric("depth", "{apiVersion: v1, kind: Service, name: shop-svc}"),
			`{type: Value, value: "1"}`, target, 1)
		return shop + asking(metric) + configured(strings.ReplaceAll(rule, "QUERY", query))
	}
	const average, value = `{type: AverageValue, averageValue: "1"}`, `{type: Value, value: "1"}`
	runCases(t, hpaMetric, []checkCase{
		{name: "the average of an average", want: []string{
			`warning: HorizontalPodAutoscaler shop/shop: spec.metrics[0].object: has an AverageValue, for which the controller divides the metric by the number of pods, but the query of rules[0] of ConfigMap monitoring/adapter-config is already an average; use a Value, or sum in the query [hpa/metric]`,
		}, text: of("(avg(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>))", average)},
		{name: "an average as a value", text: of("avg(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)", value)},
		{name: "the average of a sum", text: of("sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)", average)},
		{name: "the average of a product", text: of("avg(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>) * 3", average)},
	})
}
