package simulate

import (
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/simulate/load"
)

// workload is a workload that Prometheus scrapes, and the rule of the adapter for its requests.
const workload = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1
        ports: [{name: http, containerPort: 8080}]
        resources: {requests: {cpu: 200m, memory: 100Mi}, limits: {cpu: 500m}}
        readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 5}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}]}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: web, namespace: shop}
spec: {selector: {matchLabels: {app: web}}, endpoints: [{port: http, interval: 30s}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: adapter-config, namespace: monitoring}
data:
  config.yaml: |
    rules:
    - seriesQuery: 'http_requests_total{namespace!="",pod!=""}'
      resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
      name: {matches: "^(.*)_total$", as: "${1}_per_second"}
      metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)
    - seriesQuery: 'in_flight{namespace!="",pod!=""}'
      resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
      metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)
`

const (
	byRequests = `{type: Pods, pods: {metric: {name: http_requests_per_second}, target: {type: AverageValue, averageValue: "10"}}}`
	byCPU      = `{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}`
	byMemory   = `{type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: 50}}}`
	byGauge    = `{type: Pods, pods: {metric: {name: in_flight}, target: {type: AverageValue, averageValue: "10"}}}`
)

// hpa is a HorizontalPodAutoscaler of the workload.
func hpa(metrics ...string) string {
	return `---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 20
  metrics: [` + strings.Join(metrics, ", ") + "]\n"
}

// scaledObject is one of the workload.
func scaledObject(more string, triggers ...string) string {
	return `---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: web
  namespace: shop
  annotations: {note: none}
spec:
  scaleTargetRef: {name: web}
  minReplicaCount: 0
  maxReplicaCount: 20
` + more + "  triggers: [" + strings.Join(triggers, ", ") + "]\n"
}

const (
	byQuery = `{type: prometheus, metadata: {serverAddress: "http://prometheus.monitoring:9090", threshold: "10", ` +
		`query: 'sum(rate(http_requests_total{namespace="shop"}[2m]))'}}`
	byKafka = `{type: kafka, metadata: {bootstrapServers: "kafka:9092", consumerGroup: web, topic: orders, lagThreshold: "10"}}`
)

// scalingOf returns the only scaler of manifests, of which parts are replaced: what, with what, and so on.
func scalingOf(t *testing.T, text string, replace ...string) *check.Scaling {
	t.Helper()
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("the manifests have no %q", replace[i])
		}
		text = strings.ReplaceAll(text, replace[i], replace[i+1])
	}
	s, ok := scalerIn(text)
	if !ok {
		t.Fatal("the manifests have no scaler, or several")
	}
	return s
}

// scalerIn returns the only scaler of manifests.
func scalerIn(text string) (*check.Scaling, bool) {
	docs, ps := krm.ParseAll(text, model.Place{})
	var items []*krm.Item
	for _, d := range docs {
		items = append(items, krm.NewItem(d.Root))
	}
	all, _ := check.Scalings(check.Input{Items: items})
	if len(ps) > 0 || len(all) != 1 {
		return nil, false
	}
	return &all[0], true
}

func loadOf(t *testing.T, shape string) *load.Load {
	t.Helper()
	if strings.Contains(shape, "\n") {
		l, ps := load.Read("load.csv", []byte(shape))
		if ps.HasErrors() {
			t.Fatal(ps)
		}
		return l
	}
	l, err := load.Shape(shape)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// under simulates a scaler under a load. Options may be nil.
func under(t *testing.T, s *check.Scaling, shape string, set func(o *Options)) (*Simulation, model.Problems) {
	t.Helper()
	o := DefaultOptions()
	o.Load = loadOf(t, shape)
	if set != nil {
		set(&o)
	}
	return Simulate(s, &o)
}

// simulated is under, without errors.
func simulated(t *testing.T, s *check.Scaling, shape string, set func(o *Options)) *Simulation {
	t.Helper()
	sim, ps := under(t, s, shape, set)
	if ps.HasErrors() {
		t.Fatal(ps)
	}
	return sim
}
