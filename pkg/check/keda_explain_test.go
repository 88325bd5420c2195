package check

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// drawn is a chain, a line for each link, with its problems.
func drawn(root *Link) string {
	var b strings.Builder
	root.Walk(func(l *Link, depth int) {
		fmt.Fprintf(&b, "%s%s: %s", strings.Repeat("  ", depth), l.Role, l.What)
		if l.Place.Field != "" {
			b.WriteString(" (" + l.Place.Field + ")")
		}
		b.WriteString("\n")
		for _, p := range l.Problems {
			fmt.Fprintf(&b, "%s! %s\n", strings.Repeat("  ", depth), p.ID)
		}
	})
	return b.String()
}

func TestKEDAExplain(t *testing.T) {
	api := "---\napiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: v1beta1.external.metrics.k8s.io}\nspec: {group: external.metrics.k8s.io, version: v1beta1, service: {name: keda-operator-metrics-apiserver, namespace: keda}}\n"
	prometheus := "---\napiVersion: v1\nkind: Service\nmetadata: {name: prometheus, namespace: monitoring}\nspec: {ports: [{port: 9090}]}\n"
	triggers := strings.Replace(onQuery(`sum(rate(orders_total{pod=~"web-.*"}[2m])) + sum(jobs)`, "    name: load\n    authenticationRef: {name: prom}\n"), "  triggers:\n", "", 1)
	text := scrapedWeb("web") + api + prometheus + authText("TriggerAuthentication", "name: prom, namespace: shop", "podIdentity: {provider: aws}") +
		scaledWith("  minReplicaCount: 2\n  maxReplicaCount: 10\n  triggers:\n"+triggers+
			"  - {type: cpu, metricType: Utilization, metadata: {value: \"80\"}}\n"+
			"  - {type: cron, metadata: {timezone: UTC, start: 0 8 * * *, end: 0 18 * * *, desiredReplicas: \"5\"}}\n"+
			"  - {type: kubernetes-workload, metadata: {podSelector: app=other, value: \"0\"}}\n"+
			"  - {type: memory, metricType: AverageValue, metadata: {value: 1Gi, containerName: main}}\n"+
			"  - {type: redis, authenticationRef: {name: redis}, metadata: {}}\n") + jobWith(onQueue)
	want := `scaler: ScaledObject shop/web, 2 to 10 replicas
  target: Deployment shop/web
  ! hpa/request
  trigger: prometheus load at 10 a pod (spec.triggers[0])
    api: APIService v1beta1.external.metrics.k8s.io
      service: Service keda/keda-operator-metrics-apiserver, port 443, is not in the input
    authentication: TriggerAuthentication shop/prom
    server: http://prometheus.monitoring:9090
    query: sum(rate(orders_total{pod=~"web-.*"}[2m])) + sum(jobs) (spec.triggers[0].metadata.query)
    series: jobs, which is not known to come from the pods of the target
    series: orders_total
    monitor: ServiceMonitor shop/web, every 30s (spec.endpoints[0])
      service: Service shop/web, port http
        port: 80/metrics, container main
  trigger: cpu at 80 % (spec.triggers[1])
    container: main: requests 100m (spec.template.spec.containers[0].resources)
    ! hpa/request
  trigger: cron (spec.triggers[2])
    api: APIService v1beta1.external.metrics.k8s.io
      service: Service keda/keda-operator-metrics-apiserver, port 443, is not in the input
    schedule: 5 replicas from 0 8 * * * to 0 18 * * *, UTC
  trigger: kubernetes-workload (spec.triggers[3])
  ! keda/trigger
    api: APIService v1beta1.external.metrics.k8s.io
      service: Service keda/keda-operator-metrics-apiserver, port 443, is not in the input
    pods: app=other
  trigger: memory of container main at 1Gi a pod (spec.triggers[4])
    container: main: no request (spec.template.spec.containers[0].resources)
  trigger: redis (spec.triggers[5])
    api: APIService v1beta1.external.metrics.k8s.io
      service: Service keda/keda-operator-metrics-apiserver, port 443, is not in the input
    authentication: redis is not in the input
    source: KEDA reads the value of redis itself, which is not checked
`
	want = strings.Replace(want, "  ! hpa/request\n  trigger: prometheus", "  trigger: prometheus", 1)
	for _, name := range []string{"so/web", "scaledobject/shop/web", "web"} {
		root, ps := Explain(Input{Items: itemsOf(t, text)}, name)
		if root == nil {
			t.Fatal(ps)
		}
		if diff := cmp.Diff(want, drawn(root)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	root, _ := Explain(Input{Items: itemsOf(t, text)}, "sj/jobs")
	if diff := cmp.Diff("scaler: ScaledJob jobs, 0 to 100 Jobs\n  trigger: redis (spec.triggers[0])\n    source: KEDA reads the value of redis itself, which is not checked\n", drawn(root)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, want := range map[string]string{
		"hpa/web":       `error: the input has no HorizontalPodAutoscaler "web" [hpa/target]`,
		"so/wbe":        `error: the input has no ScaledObject "wbe"; did you mean "web"? [hpa/target]`,
		"scaledjob/web": `error: the input has no ScaledJob "web" [hpa/target]`,
	} {
		if _, ps := Explain(Input{Items: itemsOf(t, text)}, name); len(ps) != 1 || ps[0].String() != want {
			t.Errorf("%s: got %v, want %s", name, ps, want)
		}
	}
}

// TestKEDAExplainOther draws chains that end early.
func TestKEDAExplainOther(t *testing.T) {
	for query, want := range map[string]string{
		`sum(orders{pod=~"web-.*"})`: "    server: http://prometheus.monitoring:9090, is not in the input\n    query: sum(orders{pod=~\"web-.*\"}) (spec.triggers[0].metadata.query)\n" +
			"    series: orders\n    monitor: none in the input\n",
		`sum(jobs)`: "    server: http://prometheus.monitoring:9090, is not in the input\n    query: sum(jobs) (spec.triggers[0].metadata.query)\n" +
			"    series: jobs, which is not known to come from the pods of the target\n",
		`sum(`: "    server: http://prometheus.monitoring:9090, is not in the input\n    query: sum( (spec.triggers[0].metadata.query)\n    ! keda/query\n",
	} {
		root, _ := Explain(Input{Items: itemsOf(t, workload("Deployment", "shop", "web", "")+scaledWith("  minReplicaCount: 1\n"+onQuery(query, "")))}, "web")
		if _, got, _ := strings.Cut(drawn(root), "a pod (spec.triggers[0])\n"); !strings.HasSuffix(got, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", query, got, want)
		}
	}
	root, _ := Explain(Input{Items: itemsOf(t, scaledWith(onCPU))}, "web")
	if got := drawn(root); !strings.Contains(got, "trigger: cpu at 80 % (spec.triggers[0])\n") {
		t.Error(got)
	}
}

func TestKEDASummary(t *testing.T) {
	web := workload("Deployment", "shop", "web", "")
	for text, want := range map[string]string{
		scaledWith("  minReplicaCount: 1\n" + onCPU):                                                                                  "1 ScaledObject, 1 metric: 1 not judged (the target is not in the input)",
		scaledWith("  minReplicaCount: 2\n" + onQuery(`sum(orders{pod=~"web-.*"})`, "")):                                              "1 ScaledObject, 1 metric: 1 not judged (the target is not in the input)",
		web + scaledWith("  minReplicaCount: 2\n"+onQuery(`sum(orders{pod=~"web-.*"})`, "")):                                          "1 ScaledObject, 1 metric: 1 not judged (something else may scrape the pods)",
		web + scaledWith(onType("kubernetes-workload", "podSelector: app=web, value: \"1\"", "")):                                     "1 ScaledObject, 1 metric: 1 proved",
		scaledWith(onType("kubernetes-workload", "podSelector: app=web, value: \"1\"", "")):                                           "1 ScaledObject, 1 metric: 1 not judged (the pods that the trigger counts are not in the input)",
		scaledWith(onType("kubernetes-workload", "podSelector: \"(\", value: \"1\"", "")):                                             "1 ScaledObject, 1 metric: 1 broken",
		scaledWith("  minReplicaCount: 9\n  maxReplicaCount: 2\n" + onQueue):                                                          "1 ScaledObject, 1 metric: 1 broken",
		strings.Replace(scaledWith(onQueue), "namespace: shop}", "namespace: shop, annotations: {autoscaling.keda.sh/paused: x}}", 1): "1 ScaledObject, 1 metric: 1 not judged (KEDA pauses the scaler)",
		hpaWeb + jobWith(onQueue): "1 HorizontalPodAutoscaler, 1 ScaledJob, 2 metrics: 2 not judged (1: the target is not in the input; 1: triggers of type redis are not judged)",
	} {
		ps, s := Judge(Input{Items: itemsOf(t, text)})
		if s.String() != want {
			t.Errorf("got %q, want %q: %v", s.String(), want, ps)
		}
	}
}
