package hpa

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// allTypes is one metric of each type, and two more of the same series that differ in their target or selector.
const allTypes = `
- type: Resource
  resource: {name: memory, target: {type: AverageValue, averageValue: 400Mi}}
- type: Resource
  resource: {name: memory, target: {type: Utilization, averageUtilization: 80}}
- type: ContainerResource
  containerResource: {name: cpu, container: gateway, target: {type: Utilization, averageUtilization: 60}}
- type: Pods
  pods: {metric: {name: a_per_second}, target: {type: AverageValue, averageValue: "0.1"}}
- type: Pods
  pods:
    metric:
      name: a_per_second
      selector: {matchLabels: {app.kubernetes.io/name: x}, matchExpressions: [{key: verb, operator: In, values: [GET, PUT]}, {key: code, operator: Exists}]}
    target: {type: AverageValue, averageValue: 2}
- type: Object
  object:
    describedObject: {apiVersion: networking.k8s.io/v1, kind: Ingress, name: main-route}
    metric: {name: requests-per-second}
    target: {type: Value, value: 10k}
- type: External
  external: {metric: {name: queue.length}, target: {type: AverageValue, averageValue: 30}}
`

func allTypesWanted() []autoscalingv2.MetricSpec {
	quantity := func(s string) *resource.Quantity { q := resource.MustParse(s); return &q }
	percent := func(n int32) autoscalingv2.MetricTarget {
		return autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &n}
	}
	average := func(s string) autoscalingv2.MetricTarget {
		return autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: quantity(s)}
	}
	pods := func(value string, sel *metav1.LabelSelector) autoscalingv2.MetricSpec {
		return autoscalingv2.MetricSpec{Type: autoscalingv2.PodsMetricSourceType, Pods: &autoscalingv2.PodsMetricSource{
			Metric: autoscalingv2.MetricIdentifier{Name: "a_per_second", Selector: sel}, Target: average(value),
		}}
	}
	res := func(t autoscalingv2.MetricTarget) autoscalingv2.MetricSpec {
		return autoscalingv2.MetricSpec{
			Type:     autoscalingv2.ResourceMetricSourceType,
			Resource: &autoscalingv2.ResourceMetricSource{Name: "memory", Target: t},
		}
	}
	return []autoscalingv2.MetricSpec{
		res(average("400Mi")),
		res(percent(80)),
		{
			Type:              autoscalingv2.ContainerResourceMetricSourceType,
			ContainerResource: &autoscalingv2.ContainerResourceMetricSource{Name: "cpu", Container: "gateway", Target: percent(60)},
		},
		pods("100m", nil),
		pods("2", &metav1.LabelSelector{
			MatchLabels: map[string]string{"app.kubernetes.io/name": "x"},
			MatchExpressions: []metav1.LabelSelectorRequirement{
				{Key: "verb", Operator: metav1.LabelSelectorOpIn, Values: []string{"GET", "PUT"}},
				{Key: "code", Operator: metav1.LabelSelectorOpExists},
			},
		}),
		{Type: autoscalingv2.ObjectMetricSourceType, Object: &autoscalingv2.ObjectMetricSource{
			DescribedObject: autoscalingv2.CrossVersionObjectReference{
				APIVersion: "networking.k8s.io/v1", Kind: "Ingress", Name: "main-route",
			},
			Metric: autoscalingv2.MetricIdentifier{Name: "requests-per-second"},
			Target: autoscalingv2.MetricTarget{Type: autoscalingv2.ValueMetricType, Value: quantity("10k")},
		}},
		{Type: autoscalingv2.ExternalMetricSourceType, External: &autoscalingv2.ExternalMetricSource{
			Metric: autoscalingv2.MetricIdentifier{Name: "queue.length"}, Target: average("30"),
		}},
	}
}

func TestReadMetricsOfAllTypes(t *testing.T) {
	got, ps := readAll(with("targetEndpointMetrics", allTypes), model.Place{})
	if diff := cmp.Diff([]string(nil), lines(ps)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(allTypesWanted(), got.Backend.Metrics); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

func TestReadJudgesMetrics(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		want []string
	}{
		"empty element": {in: `-
- type: Resource
  resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}`, want: []string{
			`error: data.mgwMetrics[0]: line 1: is empty; add a metric, starting with "type:", or remove the dash [hpa/metric]`,
		}},
		"element of a wrong type": {in: `- cpu`, want: []string{
			`error: data.mgwMetrics[0]: line 1: is a string ("cpu"); use a mapping [input/type]`,
		}},
		"type missing": {in: `- {}`, want: []string{
			`error: data.mgwMetrics[0].type: line 1: is missing; use Resource, ContainerResource, Pods, Object, or External [hpa/metric]`,
		}},
		"type missing, source given": {in: `- pods: {metric: {name: x}, target: {type: AverageValue, averageValue: 1}}`, want: []string{
			`error: data.mgwMetrics[0].type: line 1: is missing; use Pods [hpa/metric]`,
		}},
		"type of a wrong type": {in: `- type: 5
  resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}`, want: []string{
			`error: data.mgwMetrics[0].type: line 1: is a number (5); use a string in quotes: "5" [input/type]`,
		}},
		"type unknown": {in: `- type: Foo`, want: []string{
			`error: data.mgwMetrics[0].type: line 1: is "Foo"; use Resource, ContainerResource, Pods, Object, or External [hpa/metric]`,
		}},
		"type misspelt": {in: `- type: containerresource`, want: []string{
			`error: data.mgwMetrics[0].type: line 1: is "containerresource"; use Resource, ContainerResource, Pods, Object, or External [hpa/metric]`,
		}},
		"type unknown, two sources": {in: `- type: ""
  pods: {metric: {name: x}, target: {type: AverageValue, averageValue: 1}}
  resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}`, want: []string{
			`error: data.mgwMetrics[0].type: line 1: is missing; use Resource, ContainerResource, Pods, Object, or External [hpa/metric]`,
			`error: data.mgwMetrics[0].pods: line 2: cannot be combined with resource; keep one of them [hpa/metric]`,
		}},
		"source missing": {in: `- type: Pods`, want: []string{
			`error: data.mgwMetrics[0].pods: line 1: is missing; a metric of type Pods requires it [hpa/metric]`,
		}},
		"source null": {in: `- type: Pods
  pods:`, want: []string{
			`error: data.mgwMetrics[0].pods: line 2: is missing; a metric of type Pods requires it [hpa/metric]`,
		}},
		"source of another type": {in: `- type: Pods
  resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}`, want: []string{
			`error: data.mgwMetrics[0].type: line 1: is Pods, but resource is set; set type: Resource, or set pods instead [hpa/metric]`,
		}},
		"sources of two types": {in: `- type: Pods
  pods: {metric: {name: x}, target: {type: AverageValue, averageValue: 1}}
  resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}`, want: []string{
			`error: data.mgwMetrics[0].resource: line 3: does not belong to a metric of type Pods; remove it [hpa/metric]`,
		}},
		"source of a wrong type": {in: `- type: Pods
  pods: [x]`, want: []string{
			`error: data.mgwMetrics[0].pods: line 2: is a list; use a mapping [input/type]`,
		}},
		"unknown fields": {in: `- type: Pods
  pds: {}
  pods: {metric: {nmae: x}, target: {type: AverageValue, averageValue: 1}}`, want: []string{
			`error: data.mgwMetrics[0].pds: line 2: unknown field "pds"; did you mean "pods"? [input/field]`,
			`error: data.mgwMetrics[0].pods.metric.nmae: line 3: unknown field "nmae"; did you mean "name"? [input/field]`,
		}},
		"metric twice": {in: `- type: Resource
  type: Resource
  resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}`, want: []string{
			`error: data.mgwMetrics[0].type: line 2: appears more than once; remove one of them [input/duplicate]`,
		}},
		"same metric twice": {in: `- type: Pods
  pods: {metric: {name: x, selector: {matchLabels: {a: b}}}, target: {type: AverageValue, averageValue: 1}}
- type: Pods
  pods: {metric: {name: y}, target: {type: AverageValue, averageValue: 1}}
- type: Pods
  pods: {metric: {name: x, selector: {matchExpressions: [{key: a, operator: In, values: [b]}]}}, target: {type: AverageValue, averageValue: 2}}
- type: Pods
  pods: {metric: {name: x}, target: {type: AverageValue, averageValue: 1}}`},
		"same metric twice by label": {in: `- type: Pods
  pods: {metric: {name: x, selector: {matchLabels: {a: b}}}, target: {type: AverageValue, averageValue: 1}}
- type: Pods
  pods: {metric: {name: x, selector: {matchLabels: {a: b}}}, target: {type: AverageValue, averageValue: 1}}`, want: []string{
			`error: data.mgwMetrics[1]: line 3: is the same metric as data.mgwMetrics[0] on line 1; remove one of them [hpa/metric]`,
		}},
		"resource name missing": {in: `- type: Resource
  resource: {target: {type: Utilization, averageUtilization: 50}}`, want: []string{
			`error: data.mgwMetrics[0].resource.name: line 2: is missing; set it to cpu or memory [hpa/metric]`,
		}},
		"resource that no metrics are there for": {in: `- type: Resource
  resource: {name: Cpu, target: {type: Utilization, averageUtilization: 50}}`, want: []string{
			`error: data.mgwMetrics[0].resource.name: line 2: is "Cpu", but only the usage of cpu and memory is measured; use one of them, or a metric of type Pods [hpa/metric]`,
		}},
		"container resources": {in: `- type: ContainerResource
  containerResource: {name: storage, container: a, target: {type: Utilization, averageUtilization: 50}}
- type: ContainerResource
  containerResource: {name: a b, container: b, target: {type: Utilization, averageUtilization: 50}}
- type: ContainerResource
  containerResource: {name: ephemeral-storage, container: c, target: {type: Utilization, averageUtilization: 50}}
- type: ContainerResource
  containerResource: {name: hugepages-2Mi, container: d, target: {type: Utilization, averageUtilization: 50}}
- type: ContainerResource
  containerResource: {name: nvidia.com/gpu, container: e, target: {type: Utilization, averageUtilization: 50}}
- type: ContainerResource
  containerResource: {name: kubernetes.io/x, container: f, target: {type: Utilization, averageUtilization: 50}}
- type: ContainerResource
  containerResource: {name: requests.x/y, container: g, target: {type: Utilization, averageUtilization: 50}}
- type: ContainerResource
  containerResource: {name: cpus, container: h, target: {type: Utilization, averageUtilization: 50}}`, want: []string{
			`error: data.mgwMetrics[0].containerResource.name: line 2: is "storage", but only the usage of cpu and memory is measured; use one of them, or a metric of type Pods [hpa/metric]`,
			`error: data.mgwMetrics[1].containerResource.name: line 4: is "a b", but only the usage of cpu and memory is measured; use one of them, or a metric of type Pods [hpa/metric]`,
			`error: data.mgwMetrics[2].containerResource.name: line 6: is "ephemeral-storage", but only the usage of cpu and memory is measured; use one of them, or a metric of type Pods [hpa/metric]`,
			`error: data.mgwMetrics[3].containerResource.name: line 8: is "hugepages-2Mi", but only the usage of cpu and memory is measured; use one of them, or a metric of type Pods [hpa/metric]`,
			`error: data.mgwMetrics[4].containerResource.name: line 10: is "nvidia.com/gpu", but only the usage of cpu and memory is measured; use one of them, or a metric of type Pods [hpa/metric]`,
			`error: data.mgwMetrics[5].containerResource.name: line 12: is "kubernetes.io/x", but only the usage of cpu and memory is measured; use one of them, or a metric of type Pods [hpa/metric]`,
			`error: data.mgwMetrics[6].containerResource.name: line 14: is "requests.x/y", but only the usage of cpu and memory is measured; use one of them, or a metric of type Pods [hpa/metric]`,
			`error: data.mgwMetrics[7].containerResource.name: line 16: is "cpus", but only the usage of cpu and memory is measured; use one of them, or a metric of type Pods [hpa/metric]`,
		}},
		"container names": {in: `- type: ContainerResource
  containerResource: {name: cpu, container: App, target: {type: Utilization, averageUtilization: 50}}
- type: ContainerResource
  containerResource: {name: cpu, container: "", target: {type: Utilization, averageUtilization: 50}}
- type: ContainerResource
  containerResource: {name: cpu, container: a.b, target: {type: Utilization, averageUtilization: 50}}`, want: []string{
			`error: data.mgwMetrics[0].containerResource.container: line 2: is "App"; use a name of at most 63 lowercase letters, digits, and hyphens that starts and ends with a letter or digit [hpa/metric]`,
			`error: data.mgwMetrics[1].containerResource.container: line 4: is missing; set it to the name of a container in the pod [hpa/metric]`,
			`error: data.mgwMetrics[2].containerResource.container: line 6: is "a.b"; use a name of at most 63 lowercase letters, digits, and hyphens that starts and ends with a letter or digit [hpa/metric]`,
		}},
		"metric names": {in: `- type: Pods
  pods: {metric: {name: a/b}, target: {type: AverageValue, averageValue: 1}}
- type: Pods
  pods: {metric: {name: a%b}, target: {type: AverageValue, averageValue: 1}}
- type: Pods
  pods: {metric: {name: .}, target: {type: AverageValue, averageValue: 1}}
- type: Pods
  pods: {metric: {name: ..}, target: {type: AverageValue, averageValue: 1}}
- type: Pods
  pods: {metric: {name: ""}, target: {type: AverageValue, averageValue: 1}}
- type: Pods
  pods: {metric: {}, target: {type: AverageValue, averageValue: 1}}
- type: Pods
  pods: {metric: {name: 5}, target: {type: AverageValue, averageValue: 1}}
- type: Pods
  pods: {metric: {name: ...}, target: {type: AverageValue, averageValue: 1}}`, want: []string{
			`error: data.mgwMetrics[0].pods.metric.name: line 2: is "a/b"; use a name without "/" or "%" [hpa/metric]`,
			`error: data.mgwMetrics[1].pods.metric.name: line 4: is "a%b"; use a name without "/" or "%" [hpa/metric]`,
			`error: data.mgwMetrics[2].pods.metric.name: line 6: is "."; use a different name, because this one means a directory in a URL [hpa/metric]`,
			`error: data.mgwMetrics[3].pods.metric.name: line 8: is ".."; use a different name, because this one means a directory in a URL [hpa/metric]`,
			`error: data.mgwMetrics[4].pods.metric.name: line 10: is missing; set it to the name of the metric [hpa/metric]`,
			`error: data.mgwMetrics[5].pods.metric.name: line 12: is missing; set it to the name of the metric [hpa/metric]`,
			`error: data.mgwMetrics[6].pods.metric.name: line 14: is a number (5); use a string in quotes: "5" [input/type]`,
		}},
		"described objects": {in: `- type: Object
  object: {describedObject: {}, metric: {name: x}, target: {type: Value, value: 1}}
- type: Object
  object: {describedObject: {kind: a/b, name: "%", apiVersion: a/b/c}, metric: {name: x}, target: {type: Value, value: 1}}
- type: Object
  object: {describedObject: null, metric: {name: x}, target: {type: Value, value: 1}}
- type: Object
  object: {describedObject: {kind: Service, name: x}, metric: {name: x}, target: {type: Value, value: 1}}
- type: Object
  object: {describedObject: {kind: Service, name: y, apiVersion: v1}, metric: {name: x}, target: {type: Value, value: 1}}`, want: []string{
			`error: data.mgwMetrics[0].object.describedObject: line 2: is missing; set apiVersion, kind, and name of the object that the metric describes [hpa/metric]`,
			`error: data.mgwMetrics[1].object.describedObject.kind: line 4: is "a/b"; use a name without "/" or "%" [hpa/metric]`,
			`error: data.mgwMetrics[1].object.describedObject.name: line 4: is "%"; use a name without "/" or "%" [hpa/metric]`,
			`error: data.mgwMetrics[1].object.describedObject.apiVersion: line 4: is "a/b/c"; use GROUP/VERSION, such as networking.k8s.io/v1 [hpa/metric]`,
			`error: data.mgwMetrics[2].object.describedObject: line 6: is missing; set apiVersion, kind, and name of the object that the metric describes [hpa/metric]`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			_, ps := readAll(with("mgwMetrics", tc.in), model.Place{})
			if diff := cmp.Diff(tc.want, lines(ps)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}
