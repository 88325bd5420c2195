package chain

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

const labeledPods = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, role: front, example.com/team: pods}}
    spec: {containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: svc, namespace: shop, labels: {app: web, role: back, example.com/team: service}}
spec: {selector: {app: web}, ports: [{name: metrics, port: 80, targetPort: http}]}
---
apiVersion: monitoring.coreos.com/v1
metadata: {name: mon, namespace: shop}
`

// TestTargetLabels has monitors that copy labels of Services and pods, and name the one that becomes the job.
func TestTargetLabels(t *testing.T) {
	service := map[string]string{"endpoint": "metrics", "job": "svc", "service": "svc"}
	pods := map[string]string{"endpoint": "http", "job": "shop/mon"}
	const ofService = "kind: ServiceMonitor\nspec: {selector: {matchLabels: {app: web}}, endpoints: [{port: metrics}]"
	const ofPods = "kind: PodMonitor\nspec: {selector: {matchLabels: {app: web}}, podMetricsEndpoints: [{port: http}]"
	for _, c := range []struct {
		name, monitor string
		base, more    map[string]string
	}{
		{"Service", ofService + "}", service, nil},
		{"labels of the Service", ofService + ", targetLabels: [example.com/team, none]}", service, map[string]string{"example_com_team": "service"}},
		{"labels of the pods", ofService + ", podTargetLabels: [role]}", service, map[string]string{"role": "front"}},
		{"labels of both", ofService + ", targetLabels: [role], podTargetLabels: [role]}", service, map[string]string{"role": "front"}},
		{"job of the Service", ofService + ", jobLabel: role}", service, map[string]string{"job": "back"}},
		{"no such job", ofService + ", jobLabel: none}", service, nil},
		{"pods", ofPods + "}", pods, nil},
		{"labels of pods", ofPods + ", podTargetLabels: [example.com/team]}", pods, map[string]string{"example_com_team": "pods"}},
		{"job of the pods", ofPods + ", jobLabel: role}", pods, map[string]string{"job": "front"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, ps := New(itemsOf(t, labeledPods+c.monitor), 0, func(*corev1.Container) bool { return false })
			if len(ps) > 0 {
				t.Fatal(ps)
			}
			wl := g.Workloads.All[0]
			paths := wl.Scrapes()
			if len(paths) != 1 {
				t.Fatalf("%d paths, want 1", len(paths))
			}
			want := map[string]string{"pod": "a-pod", "container": "web", "instance": "10.0.0.1:80", "namespace": "shop"}
			maps.Copy(want, c.base)
			maps.Copy(want, c.more)
			if diff := cmp.Diff(want, TargetLabels(paths[0], wl, false)); diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
			meta := TargetLabels(paths[0], wl, true)
			for _, key := range []string{"__meta_kubernetes_service_name", "__meta_kubernetes_endpoints_name"} {
				if meta[key] != c.base["service"] {
					t.Errorf("%s is %q, want %q", key, meta[key], c.base["service"])
				}
			}
		})
	}
}
