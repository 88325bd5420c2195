package check

import (
	"strings"
	"testing"
)

func TestKEDAServer(t *testing.T) {
	const at = "error: ScaledObject shop/web: spec.triggers[0].metadata.serverAddress: "
	with := func(address string) string {
		return scaledWith("  minReplicaCount: 1\n" + strings.Replace(onQuery("sum(jobs)", ""), "http://prometheus.monitoring:9090", `"`+address+`"`, 1))
	}
	service := "---\napiVersion: v1\nkind: Service\nmetadata: {name: prometheus, namespace: monitoring}\nspec: {selector: {app: prometheus}, ports: [{port: 9090}, {port: 8080}]}\n" +
		workload("StatefulSet", "monitoring", "prometheus", "") // Its image decides.
	service = strings.Replace(service, "example/prometheus:1", "quay.io/prometheus/prometheus:v3", 1)
	operated := "---\napiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: main, namespace: monitoring}\nspec: {serviceMonitorSelector: {}}\n"
	runCases(t, kedaServer, []checkCase{
		{name: "a Service", text: with("http://prometheus.monitoring.svc.cluster.local:9090") + service},
		{name: "with a path", text: with("http://prometheus.monitoring:9090/prom/") + service},
		{name: "elsewhere", text: with("https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1")},
		{name: "an address", text: with("http://10.0.0.1:9090"), complete: true},
		{name: "of the operator", text: with("http://prometheus-operated.monitoring:9090") + operated, complete: true},
		{name: "a domain of two parts", text: with("http://example.com"), complete: true},
		{name: "unknown", text: with("http://thanos.monitoring:9090")},
		{name: "no namespace and unknown", text: with("http://thanos:9090"), complete: true},
		{name: "empty is reported with the triggers", text: with("")},
		{name: "no URL", want: []string{at + `is "http://<host>:9090", which is not a URL; use one such as http://prometheus.monitoring:9090 [keda/server]`}, text: with("http://<host>:9090")},
		{name: "no scheme", want: []string{at + `is "prometheus.monitoring/x", which has no scheme; use http://HOST:PORT or https://HOST:PORT [keda/server]`}, text: with("prometheus.monitoring/x")},
		{name: "a query", want: []string{at + `is "http://x.y?a=b", which contains a query or a fragment, and KEDA appends /api/v1/query to it; use queryParameters [keda/server]`}, text: with("http://x.y?a=b")},
		{name: "the path of the API", want: []string{at + `is "http://x.y/api/v1/query", which ends with a path of the API, which KEDA appends once more; remove everything from /api/v1 on [keda/server]`}, text: with("http://x.y/api/v1/query")},
		{name: "a wrong port", want: []string{at + `leads to port 443, which Service prometheus does not have; use 9090 or 8080 [keda/server]`}, text: with("https://prometheus.monitoring") + service},
		{name: "no namespace", want: []string{
			strings.Replace(at, "error", "warning", 1) + `has no namespace, so KEDA looks for prometheus in its own, but it is in monitoring; use http://prometheus.monitoring:9090 [keda/server]`,
		}, text: with("http://prometheus:9090") + service},
		{name: "a similar name", want: []string{
			strings.Replace(at, "error", "warning", 1) + `leads to Service monitoring/promehteus, which is not in the input; did you mean "prometheus"? [keda/server]`,
		}, text: with("http://promehteus.monitoring:9090") + service},
		{name: "a similar name in a complete input", complete: true, want: []string{
			at + `leads to Service monitoring/promehteus, which is not in the input; did you mean "prometheus"? [keda/server]`,
		}, text: with("http://promehteus.monitoring:9090") + service},
		{name: "missing in a complete input", complete: true, want: []string{
			at + `leads to Service monitoring/thanos, which is not in the input; add it, or correct the address [keda/server]`,
		}, text: with("http://thanos.monitoring:9090")},
	})
}
