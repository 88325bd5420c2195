package keda

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const workload = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: products, namespace: shop}
spec:
  selector: {matchLabels: {app: products}}
  template:
    metadata: {labels: {app: products}}
    spec:
      containers:
      - {name: products, image: products, resources: {requests: {cpu: 100m}}}
`

const scaledObject = `
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: products, namespace: shop}
spec:
  scaleTargetRef: {name: products}
  minReplicaCount: 1
  maxReplicaCount: 6
  triggers:
  - type: prometheus
    metadata:
      serverAddress: http://prometheus:9090
      query: sum(rate(http_requests_total{namespace="shop"}[1m]))
      threshold: "10"
  - type: cpu
    metricType: Utilization
    metadata: {value: "60"}
`

const hpa = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: products, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: products}
  maxReplicas: 6
`

const authentication = `
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: prometheus, namespace: shop}
spec:
  secretTargetRef:
  - {parameter: bearerToken, name: prometheus, key: token}
---
apiVersion: v1
kind: Secret
metadata: {name: prometheus, namespace: shop}
data: {token: c2VjcmV0}
`

const scaledJob = `
apiVersion: keda.sh/v1alpha1
kind: ScaledJob
metadata: {name: nightly, namespace: shop}
spec:
  jobTargetRef:
    template:
      spec:
        containers: [{name: nightly, image: nightly}]
  triggers:
  - {type: cron, metadata: {timezone: Etc/UTC, start: 0 6 * * *, end: 0 20 * * *, desiredReplicas: "3"}}
`

// TestJudge shows that the judge uses all of KEDA's code.
func TestJudge(t *testing.T) {
	sound := []Metric{{"External", "s0-prometheus", "AverageValue 10"}, {"Resource", "cpu", "Utilization 60"}}
	credentials := edit(t, scaledObject,
		"      threshold", "      authModes: bearer\n      threshold", "  - type: cpu", "    authenticationRef: {name: prometheus}\n  - type: cpu")
	tests := []struct {
		name      string
		manifests string
		want      []Verdict
	}{
		{"sound", scaledObject, []Verdict{{Metrics: sound}}},
		{"other objects", authentication + "---" + scaledJob, []Verdict{
			{Object: "TriggerAuthentication/shop/prometheus"},
			{Object: "ScaledJob/shop/nightly", Metrics: []Metric{{"External", "s0-cron-Etc-UTC-06xxx-020xxx", "AverageValue 1"}}},
		}},
		{"a parameter from a Secret", authentication + "---" + credentials, []Verdict{
			{Object: "TriggerAuthentication/shop/prometheus"}, {Metrics: sound},
		}},
		{"no Secret", credentials, []Verdict{{Build: "bearer token=<empty> is required"}}},
		{"an unknown field", edit(t, scaledObject, "minReplicaCount", "minReplicas"), []Verdict{{Schema: `unknown field "spec.minReplicas"`}}},
		{"a number for a text", edit(t, scaledObject, `"10"`, "10"), []Verdict{{Schema: "cannot unmarshal number"}}},
		{"another HorizontalPodAutoscaler", hpa + "---" + scaledObject, []Verdict{{Webhook: "already managed by the hpa 'products'"}}},
		{"two ScaledObjects", edit(t, scaledObject, "{name: products, n", "{name: other, n") + "---" + scaledObject, []Verdict{
			{Object: "ScaledObject/shop/other", Webhook: "already managed by the ScaledObject 'products'"},
			{Webhook: "already managed by the ScaledObject 'other'"},
		}},
		{"no request", strings.Replace(workload, "cpu: 100m", "memory: 1Gi", 1) + "---" + scaledObject, []Verdict{{Webhook: "doesn't have the cpu request defined"}}},
		{"a warning", edit(t, scaledObject, "  minReplicaCount", "  cooldownPeriod: 60\n  minReplicaCount"), []Verdict{
			{Warnings: []string{"CooldownPeriod is configured but is not relevant"}, Metrics: sound},
		}},
		{"an unknown type", edit(t, scaledObject, "type: prometheus", "type: prometeus"), []Verdict{{Build: "no scaler found for type: prometeus"}}},
		{"a threshold that is not a number", edit(t, scaledObject, `"10"`, `"100m"`), []Verdict{{Build: `unable to set param "threshold"`}}},
		{"a quantity that is none", edit(t, scaledObject, "Utilization", "AverageValue", `"60"`, `"a lot"`), []Verdict{{Build: "quantities must match"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			manifests := tt.manifests
			if !strings.Contains(manifests, "\nkind: Deployment") {
				manifests = workload + "---" + manifests
			}
			got := Judge(t, manifests)
			if len(got) != len(tt.want) {
				t.Fatalf("got %d verdicts: %+v", len(got), got)
			}
			for i, want := range tt.want {
				if want.Object == "" {
					want.Object = "ScaledObject/shop/products"
				}
				t.Logf("%+v", got[i])
				if diff := cmp.Diff(want, got[i], cmp.FilterPath(texts, cmp.Comparer(contains))); diff != "" {
					t.Errorf("%s (-want +got):\n%s", want.Object, diff)
				}
			}
		})
	}
}

// texts says which values are texts of KEDA, of which a part is sufficient.
func texts(path cmp.Path) bool {
	return !strings.HasPrefix(path.String(), "Metrics") && path.Last().Type().String() == "string"
}

func contains(a, b string) bool {
	return a == b || a != "" && b != "" && (strings.Contains(a, b) || strings.Contains(b, a))
}

// edit replaces pairs of texts, each of which must occur exactly once.
func edit(t *testing.T, manifest string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if n := strings.Count(manifest, pairs[i]); n != 1 {
			t.Fatalf("%q occurs %d times", pairs[i], n)
		}
		manifest = strings.Replace(manifest, pairs[i], pairs[i+1], 1)
	}
	return manifest
}
