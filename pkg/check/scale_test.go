package check

import (
	"fmt"
	rand "math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fleet says how the APIs of a large input are laid out.
type fleet struct {
	name string
	// apart gives every API a namespace of its own, rules every backend a metric of its own.
	apart, rules bool
	// monitors is how many more monitors each API has, half of which select nothing.
	monitors int
	// prometheus adds one that selects the monitors by a label and may read all namespaces.
	prometheus bool
	// keda replaces the autoscalers with ScaledObjects, whose queries select the pods by their names.
	keda bool
	// edit changes what is written for API i.
	edit func(text string, i int) string
}

// fleets are the layouts that the cost of the checks must not depend on.
var fleets = []fleet{
	{name: "one namespace"},
	{name: "namespaces", apart: true},
	{name: "rules", rules: true},
	{name: "namespaces and rules", apart: true, rules: true},
	{name: "monitors", monitors: 4},
	{name: "prometheus", apart: true, rules: true, prometheus: true},
	{name: "keda", keda: true},
	{name: "keda, namespaces, prometheus", keda: true, apart: true, prometheus: true},
	{name: "keda, one target", keda: true, edit: func(text string, i int) string {
		return strings.ReplaceAll(text, fmt.Sprintf("scaleTargetRef: {name: api-%d}", i), "scaleTargetRef: {name: api-0}")
	}},
	{name: "keda, one name", keda: true, edit: func(text string, _ int) string {
		return strings.ReplaceAll(text, "  minReplicaCount: 1\n", "  minReplicaCount: 1\n  advanced: {horizontalPodAutoscalerConfig: {name: hpa}}\n")
	}},
	{name: "targets misspelled", edit: func(text string, i int) string {
		return strings.ReplaceAll(text, fmt.Sprintf("kind: Deployment, name: api-%d}", i), fmt.Sprintf("kind: Deployment, name: apy-%d}", i))
	}},
	{name: "targets missing", edit: func(text string, i int) string {
		return strings.ReplaceAll(text, fmt.Sprintf("kind: Deployment, name: api-%d}", i), fmt.Sprintf("kind: Deployment, name: zebra%d}", i))
	}},
	{name: "labels missing", edit: func(text string, i int) string {
		return strings.ReplaceAll(text, fmt.Sprintf("krm-fn.dev/metrics: api-%d,", i), "")
	}},
	{name: "labels misspelled", rules: true, edit: func(text string, i int) string {
		return strings.ReplaceAll(text, fmt.Sprintf("krm-fn.dev/metrics: api-%d,", i), fmt.Sprintf("krm-fn.dev/metrics: apj-%d,", i))
	}},
	{name: "metrics misspelled", rules: true, edit: func(text string, i int) string {
		return strings.ReplaceAll(text, fmt.Sprintf("metric: {name: backend_%d_requests", i), fmt.Sprintf("metric: {name: backend_%d_requets", i))
	}},
	{name: "metrics missing", rules: true, edit: func(text string, i int) string {
		return strings.ReplaceAll(text, fmt.Sprintf("metric: {name: backend_%d_requests", i), fmt.Sprintf("metric: {name: queue%d", i))
	}},
	{name: "ports misspelled", edit: func(text string, _ int) string {
		return strings.ReplaceAll(text, "endpoints: [{port: metrics,", "endpoints: [{port: metrcs,")
	}},
	{name: "one target", edit: func(text string, i int) string {
		return strings.ReplaceAll(text, fmt.Sprintf("kind: Deployment, name: api-%d}", i), "kind: Deployment, name: api-0}")
	}},
	{name: "replicas set", edit: func(text string, _ int) string {
		return strings.ReplaceAll(text, "\nspec:\n  selector: {matchLabels", "\nspec:\n  replicas: 2\n  selector: {matchLabels")
	}},
}

// input makes n APIs of a gateway and a backend, each as it is rendered: two Deployments, three Services, two
// autoscalers and two monitors.
func (f fleet) input(t testing.TB, n int) Input {
	t.Helper()
	var b, rules strings.Builder
	rules.WriteString(ruleText("http_requests_total_value", `,http_url!~"(/health|/metrics)"`))
	if !f.rules {
		rules.WriteString(ruleText("backend_requests_total", ""))
	}
	if f.prometheus {
		b.WriteString(`---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: main, namespace: monitoring}
spec:
  serviceAccountName: main
  serviceMonitorSelector: {matchLabels: {app.kubernetes.io/managed-by: krm-fn}}
  serviceMonitorNamespaceSelector: {}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: main}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: main}
subjects: [{kind: ServiceAccount, name: main, namespace: monitoring}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: main}
rules: [{apiGroups: [""], resources: [pods, services, endpoints], verbs: [get, list, watch]}]
`)
	}
	for i := range n {
		ns, metric := "shop", "backend_requests_total"
		if f.apart {
			ns = fmt.Sprintf("shop-%d", i)
		}
		if f.rules {
			metric = fmt.Sprintf("backend_%d_requests_total", i)
			rules.WriteString(ruleText(metric, ""))
		}
		text := chainText(ns, fmt.Sprintf("api-%d", i), "http_requests_total_value", "-metrics") +
			chainText(ns, fmt.Sprintf("backend-%d", i), metric, "")
		for j := range f.monitors {
			label := "krm-fn.dev/metrics"
			if j%2 == 1 {
				label = "example.com/metrics"
			}
			text += fmt.Sprintf("---\napiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: more-%d-%d, namespace: %s}\n"+
				"spec: {endpoints: [{port: metrics, interval: 15s}], selector: {matchLabels: {%s: api-%d}}}\n", i, j, ns, label, i)
		}
		if f.keda {
			text = withKEDA(text)
		}
		if f.edit != nil {
			text = f.edit(text, i)
		}
		b.WriteString(text)
	}
	b.WriteString("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: adapter-config, namespace: custom-metrics}\n" +
		"data:\n  config.yaml: |\n    rules:\n" + rules.String())
	return Input{Items: itemsOf(t, b.String())}
}

// autoscaler finds the autoscalers of chainText.
var autoscaler = regexp.MustCompile(`(?s)apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n(metadata: \{name: ([^,]*), .*?\n)spec:\n.*?averageValue: 200m}}\n`)

// withKEDA replaces the autoscalers of a text.
func withKEDA(text string) string {
	return autoscaler.ReplaceAllString(text, `apiVersion: keda.sh/v1alpha1
kind: ScaledObject
${1}spec:
  scaleTargetRef: {name: ${2}}
  minReplicaCount: 1
  triggers:
  - {type: cpu, metricType: Utilization, metadata: {value: "50"}}
  - type: prometheus
    metadata: {serverAddress: "http://prometheus:9090", query: 'sum(rate(x_total{pod=~"${2}-.*"}[2m]))', threshold: "5", authModes: bearer}
    authenticationRef: {name: prom-${2}}
`)
}

func ruleText(series, matchers string) string {
	return fmt.Sprintf(`    - seriesQuery: '{__name__=%q,namespace!="",pod!=""}'
      resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
      name: {matches: ^%[1]s$, as: %[1]s_per_second}
      metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>%s}[1m])) by (<<.GroupBy>>)
`, series, matchers)
}

// chainText is a workload with all that scales and scrapes it. The Service for the metrics has a suffix of its own.
func chainText(ns, name, series, suffix string) string {
	meta := fmt.Sprintf(`{name: %s, namespace: %s, labels: {app: %[1]s, app.kubernetes.io/managed-by: krm-fn, krm-fn.dev/workload: %[1]s}, `+
		`annotations: {krm-fn.dev/owner: krm-fn, krm-fn.dev/source: API/%[2]s/%[1]s}}`, name, ns)
	text := fmt.Sprintf(`---
apiVersion: apps/v1
kind: Deployment
metadata: %s
spec:
  selector: {matchLabels: {app: %s, krm-fn.dev/workload: %[2]s}}
  template:
    metadata: {labels: {app: %[2]s, krm-fn.dev/workload: %[2]s}}
    spec:
      automountServiceAccountToken: false
      securityContext: {seccompProfile: {type: RuntimeDefault}}
      containers:
      - name: main
        image: registry.example.com/%[2]s:v1
        ports:
        - {name: https, containerPort: 9095, protocol: TCP}
        - {name: http, containerPort: 9090, protocol: TCP}
        - {name: metrics, containerPort: 9797, protocol: TCP}
        resources: {limits: {cpu: "2", memory: 512Mi}, requests: {cpu: "1", memory: 512Mi}}
        livenessProbe:
          httpGet: {path: /health, port: https, scheme: HTTPS}
          initialDelaySeconds: 10
          timeoutSeconds: 1
          periodSeconds: 30
        readinessProbe:
          httpGet: {path: /health, port: https, scheme: HTTPS}
          initialDelaySeconds: 8
          timeoutSeconds: 1
          periodSeconds: 5
        securityContext: {capabilities: {drop: [ALL]}, runAsUser: 802, runAsNonRoot: true, allowPrivilegeEscalation: false}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: %[1]s
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: %[2]s}
  minReplicas: 1
  maxReplicas: 5
  metrics:
  - type: Resource
    resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}
  - type: Pods
    pods: {metric: {name: %[3]s_per_second}, target: {type: AverageValue, averageValue: 200m}}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: %[1]s
spec:
  endpoints: [{port: metrics, path: /metrics, interval: 15s}]
  selector: {matchLabels: {krm-fn.dev/metrics: %[2]s}}
---
apiVersion: v1
kind: Service
metadata: {name: %[2]s%[4]s, namespace: %[5]s, labels: {app: %[2]s, krm-fn.dev/metrics: %[2]s, krm-fn.dev/workload: %[2]s}}
spec:
  ports: [{name: metrics, protocol: TCP, port: 9797, targetPort: 9797}]
  selector: {app: %[2]s, krm-fn.dev/workload: %[2]s}
  type: ClusterIP
`, meta, name, series, suffix, ns)
	if suffix != "" {
		text += fmt.Sprintf(`---
apiVersion: v1
kind: Service
metadata: %s
spec:
  ports: [{name: https, protocol: TCP, port: 9095, targetPort: 9095}, {name: http, protocol: TCP, port: 9090, targetPort: 9090}]
  selector: {app: %s, krm-fn.dev/workload: %[2]s}
  type: LoadBalancer
`, meta, name)
	}
	return text
}

// TestCost counts the allocations for an API among few and among many, which do not depend on how busy the machine is.
func TestCost(t *testing.T) {
	for _, f := range fleets {
		t.Run(f.name, func(t *testing.T) {
			each := func(n int) float64 {
				in := f.input(t, n)
				return testing.AllocsPerRun(1, func() { Run(in) }) / float64(n)
			}
			if few, many := each(50), each(100); many > 1.05*few {
				t.Errorf("an API takes %.0f allocations among 100, and %.0f among 50", many, few)
			}
		})
	}
}

// TestFleetOrder judges the objects of large inputs in other orders.
func TestFleetOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, f := range fleets {
		in := f.input(t, 8)
		want := Run(in)
		for range 3 {
			r.Shuffle(len(in.Items), func(i, j int) { in.Items[i], in.Items[j] = in.Items[j], in.Items[i] })
			if diff := cmp.Diff(want, Run(in)); diff != "" {
				t.Fatalf("%s (-first +shuffled):\n%s", f.name, diff)
			}
		}
	}
}

// BenchmarkRun judges sound and broken chains. The figure that counts is the time of an API.
func BenchmarkRun(b *testing.B) {
	for _, f := range fleets {
		for _, n := range []int{1, 100, 1000} {
			b.Run(fmt.Sprintf("%s/%d", f.name, n), func(b *testing.B) {
				in := f.input(b, n)
				b.ReportAllocs()
				for b.Loop() {
					Run(in)
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/API")
			})
		}
	}
}
