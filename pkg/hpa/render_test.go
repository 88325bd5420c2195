package hpa

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/pkg/model"
)

func podsMetric(name, value string) autoscalingv2.MetricSpec {
	q := resource.MustParse(value)
	return autoscalingv2.MetricSpec{Type: autoscalingv2.PodsMetricSourceType, Pods: &autoscalingv2.PodsMetricSource{
		Metric: autoscalingv2.MetricIdentifier{Name: name},
		Target: autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: &q},
	}}
}

func target() Target {
	window := int32(60)
	return Target{
		Meta: metav1.ObjectMeta{
			Name: "products-api", Namespace: "shop",
			Labels: map[string]string{"app": "products-api"}, Annotations: map[string]string{"a": "b"},
		},
		Workload:    autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "products-api"},
		MinReplicas: 1,
		Scaling: &Scaling{
			MaxReplicas: 5,
			Metrics:     append(defaultMetrics(), podsMetric("x_per_second", "0.2")),
			Behavior: &autoscalingv2.HorizontalPodAutoscalerBehavior{
				ScaleDown: &autoscalingv2.HPAScalingRules{StabilizationWindowSeconds: &window},
			},
		},
		KubernetesMinor: 30,
	}
}

func TestRender(t *testing.T) {
	got, err := json.MarshalIndent(Render(target()), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want := `{
 "kind": "HorizontalPodAutoscaler",
 "apiVersion": "autoscaling/v2",
 "metadata": {
  "name": "products-api",
  "namespace": "shop",
  "labels": {
   "app": "products-api"
  },
  "annotations": {
   "a": "b"
  }
 },
 "spec": {
  "scaleTargetRef": {
   "kind": "Deployment",
   "name": "products-api",
   "apiVersion": "apps/v1"
  },
  "minReplicas": 1,
  "maxReplicas": 5,
  "metrics": [
   {
    "type": "Resource",
    "resource": {
     "name": "cpu",
     "target": {
      "type": "Utilization",
      "averageUtilization": 50
     }
    }
   },
   {
    "type": "Pods",
    "pods": {
     "metric": {
      "name": "x_per_second"
     },
     "target": {
      "type": "AverageValue",
      "averageValue": "200m"
     }
    }
   }
  ],
  "behavior": {
   "scaleDown": {
    "stabilizationWindowSeconds": 60
   }
  }
 },
 "status": {
  "desiredReplicas": 0,
  "currentMetrics": null
 }
}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
}

func TestRenderFollowsBoundsAndVersion(t *testing.T) {
	cpu, pods := defaultMetrics()[0], podsMetric("x_per_second", "200m")
	three := int32(3)
	for name, tc := range map[string]struct {
		minReplicas, maxReplicas int32
		minor                    int
		wantMin                  *int32
		wantMax                  int32
		wantVersion              string
		wantMetrics              []autoscalingv2.MetricSpec
	}{
		"newest, no minimum":  {0, 0, 0, nil, 5, "autoscaling/v2", []autoscalingv2.MetricSpec{cpu, pods}},
		"1.27 keeps order":    {3, 6, 27, &three, 6, "autoscaling/v2", []autoscalingv2.MetricSpec{cpu, pods}},
		"1.26 moves cpu last": {3, 6, 26, &three, 6, "autoscaling/v2", []autoscalingv2.MetricSpec{pods, cpu}},
		"1.23 has v2":         {3, 6, 23, &three, 6, "autoscaling/v2", []autoscalingv2.MetricSpec{pods, cpu}},
		"1.22 has v2beta2":    {3, 6, 22, &three, 6, "autoscaling/v2beta2", []autoscalingv2.MetricSpec{pods, cpu}},
	} {
		t.Run(name, func(t *testing.T) {
			in := target()
			in.MinReplicas, in.MaxReplicas, in.KubernetesMinor = tc.minReplicas, tc.maxReplicas, tc.minor
			want := Render(target())
			want.APIVersion = tc.wantVersion
			want.Spec.MinReplicas, want.Spec.MaxReplicas, want.Spec.Metrics = tc.wantMin, tc.wantMax, tc.wantMetrics
			if diff := cmp.Diff(want, Render(in)); diff != "" {
				t.Errorf("object (-want +got):\n%s", diff)
			}
		})
	}
}

// The metrics of a target are those of many: that they are put into another order must not show in the input.
func TestRenderLeavesItsInputAsItIs(t *testing.T) {
	for _, minor := range []int{22, 26, 30} {
		in, want := target(), target()
		in.KubernetesMinor, want.KubernetesMinor = minor, minor
		in.MaxReplicas, want.MaxReplicas = 0, 0
		first := Render(in)
		if diff := cmp.Diff(want, in); diff != "" {
			t.Errorf("1.%d: input after rendering (-want +got):\n%s", minor, diff)
		}
		if diff := cmp.Diff(first, Render(in)); diff != "" {
			t.Errorf("1.%d: rendered twice (-first +second):\n%s", minor, diff)
		}
	}
}

func TestUnsupported(t *testing.T) {
	p, ps := Read(with("mgwMetrics", cpu50+`- type: ContainerResource
  containerResource: {name: cpu, container: a, target: {type: Utilization, averageUtilization: 50}}
`, "mgwBehavior", "{scaleUp: {tolerance: 0}, scaleDown: {tolerance: 0.1}}",
		"targetEndpointBehavior", "{scaleUp: {selectPolicy: Max}}"), configs)
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	const at = "hpa.yaml: ConfigMap hpa-configs: data."
	tolerance := []string{
		`warning: ` + at + `mgwBehavior.scaleUp.tolerance: is dropped by Kubernetes 1.34 unless its feature gate HPAConfigurableTolerance is enabled [hpa/version]`,
		`warning: ` + at + `mgwBehavior.scaleDown.tolerance: is dropped by Kubernetes 1.34 unless its feature gate HPAConfigurableTolerance is enabled [hpa/version]`,
	}
	field := []string{
		`error: ` + at + `mgwBehavior.scaleUp.tolerance: requires Kubernetes 1.35, but the target version is 1.26; remove it [hpa/version]`,
		`error: ` + at + `mgwBehavior.scaleDown.tolerance: requires Kubernetes 1.35, but the target version is 1.26; remove it [hpa/version]`,
	}
	container := []string{
		`error: ` + at + `mgwMetrics[1]: line 3: type ContainerResource requires Kubernetes 1.27, but the target version is 1.26; use a metric of type Resource [hpa/version]`,
	}
	for _, tc := range []struct {
		scaling Scaling
		minor   int
		want    []string
	}{
		{p.Gateway, 0, nil},
		{p.Gateway, 35, nil},
		{p.Gateway, 34, tolerance},
		{p.Gateway, 26, append(container, field...)},
		{p.Backend, 26, nil},
		{Scaling{Metrics: p.Gateway.Metrics[1:], Places: Places{Metrics: make([]model.Place, 1)}}, 25, []string{
			`error: type ContainerResource requires Kubernetes 1.27, but the target version is 1.25; use a metric of type Resource [hpa/version]`,
		}},
	} {
		if diff := cmp.Diff(tc.want, lines(Unsupported(&tc.scaling, tc.minor))); diff != "" {
			t.Errorf("1.%d: problems (-want +got):\n%s", tc.minor, diff)
		}
	}
	defaults := Defaults()
	if diff := cmp.Diff(model.Problems(nil), Unsupported(&defaults.Gateway, 19)); diff != "" {
		t.Errorf("defaults: problems (-want +got):\n%s", diff)
	}
}
