package migrate

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func item(t *testing.T, text string) *krm.Item {
	t.Helper()
	n, ps := krm.Parse(text, model.Place{})
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	return krm.NewItem(n)
}

// TestScalerVersions reads the same HorizontalPodAutoscaler in each version in which an API server may give it.
func TestScalerVersions(t *testing.T) {
	const spec = `kind: HorizontalPodAutoscaler
metadata: {name: products, namespace: shop%s}
spec:
  maxReplicas: 6
  minReplicas: 1
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: products}
`
	const annotation = `, annotations: {autoscaling.alpha.kubernetes.io/metrics: '[{"type":"Pods","pods":{"metricName":"queue_depth","targetAverageValue":"10"}}]'}`
	head := func(version, meta string) string {
		return "apiVersion: autoscaling/" + version + "\n" + fmt.Sprintf(spec, meta)
	}
	want, err := scalerObject(item(t, head("v2", "")+`  metrics:
  - {type: Pods, pods: {metric: {name: queue_depth}, target: {type: AverageValue, averageValue: "10"}}}
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}
`))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"v2, another order": head("v2", "") + `  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}
  - {type: Pods, pods: {metric: {name: queue_depth}, target: {type: AverageValue, averageValue: "10"}}}
`,
		"v2beta1": head("v2beta1", "") + `  metrics:
  - {type: Resource, resource: {name: cpu, targetAverageUtilization: 80}}
  - {type: Pods, pods: {metricName: queue_depth, targetAverageValue: "10"}}
`,
		"v1": head("v1", annotation) + "  targetCPUUtilizationPercentage: 80\n",
	} {
		got, err := scalerObject(item(t, text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for name, tc := range map[string]struct{ text, want string }{
		"version":  {head("v3", ""), `apiVersion: "autoscaling/v3" is not a known version of autoscaling`},
		"no spec":  {"apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\n", "spec: is missing"},
		"behavior": {head("v1", ", annotations: {autoscaling.alpha.kubernetes.io/behavior: '{}'}"), "its behavior cannot be read; create the dump with horizontalpodautoscalers.v2.autoscaling"},
		"no JSON":  {head("v1", ", annotations: {autoscaling.alpha.kubernetes.io/metrics: '['}"), `metadata.annotations["autoscaling.alpha.kubernetes.io/metrics"]: unexpected end of JSON input`},
	} {
		if _, err := scalerObject(item(t, tc.text)); err == nil || err.Error() != tc.want {
			t.Errorf("%s: got %v, want %s", name, err, tc.want)
		}
	}
}

// TestStrippedKnowsDefaults strips what an API server adds. What somebody chose stays.
func TestStrippedKnowsDefaults(t *testing.T) {
	served := item(t, `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: products, namespace: shop}
spec:
  minReplicas: 1
  maxReplicas: 6
  behavior:
    scaleUp:
      stabilizationWindowSeconds: 0
      selectPolicy: Max
      policies:
      - {type: Pods, value: 4, periodSeconds: 15}
      - {type: Percent, value: 100, periodSeconds: 15}
    scaleDown:
      stabilizationWindowSeconds: 60
      selectPolicy: Max
      policies:
      - {type: Percent, value: 100, periodSeconds: 15}
  scaleTargetRef: {kind: Deployment, name: products}
`)
	o, err := toObject(served)
	if err != nil {
		t.Fatal(err)
	}
	want := object{
		"maxReplicas": 6.0, "scaleTargetRef": object{"kind": "Deployment", "name": "products"},
		"behavior": object{"scaleDown": object{"stabilizationWindowSeconds": 60.0}},
	}
	if diff := cmp.Diff(want, get(stripped(o, keyOf(served.Place.Object)), "spec")); diff != "" {
		t.Error(diff)
	}
	headless := item(t, `apiVersion: v1
kind: Service
metadata: {name: products-metrics, namespace: shop}
spec:
  clusterIP: None
  clusterIPs: [None]
  ports:
  - {name: metrics, port: 9797, protocol: TCP, targetPort: 9797, nodePort: 30001}
`)
	if o, err = toObject(headless); err != nil {
		t.Fatal(err)
	}
	want = object{"clusterIP": "None", "ports": []any{object{"name": "metrics", "port": 9797.0}}}
	if diff := cmp.Diff(want, get(stripped(o, keyOf(headless.Place.Object)), "spec")); diff != "" {
		t.Error(diff)
	}
}
