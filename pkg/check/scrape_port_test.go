package check

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScrapePort(t *testing.T) {
	chain := metricOf(requestsMetric) + deploymentWeb
	service := func(ports string) string { return serviceOf("{name: web, labels: {app: web}}", "{app: web}", ports) }
	monitor := func(endpoints string) string {
		return monitorOf("{name: web}", "{selector: {matchLabels: {app: web}}, endpoints: "+endpoints+"}")
	}
	podMonitor := func(endpoints string) string {
		return podMonitorOf("{name: web}", "{selector: {matchLabels: {app: web}}, podMetricsEndpoints: "+endpoints+"}")
	}
	named := service("[{name: metrics, port: 80, targetPort: metrics}]")
	runCases(t, scrapePort, []checkCase{
		{name: "name of the service's port", text: chain + serviceWeb + monitor("[{port: metrics}]")},
		{name: "name of the container's port behind it", text: chain + named + monitor("[{port: metrics}]")},
		{name: "pattern", text: chain + named + monitor("[{port: 'http|metr.*'}]")},
		{name: "number that no container declares", want: []string{
			`warning: Service web: spec.ports[0].targetPort: targets port 9999, which no container of Deployment web declares; declared ports: 9000 metrics [scrape/port]`,
		}, text: chain + service("[{name: metrics, port: 80, targetPort: 9999}]") + monitor("[{port: metrics}, {port: metrics, path: /more}]")},
		{name: "number of a port that no monitor reads", text: chain + service("[{name: metrics, port: 80, targetPort: metrics}, {name: web, port: 81, targetPort: 9999}]") + monitor("[{port: metrics}]")},
		{
			name: "number, and no container declares a port",
			text: metricOf(requestsMetric) + strings.Replace(deploymentWeb, "ports: [{name: metrics, containerPort: 9000}], ", "", 1) + service("[{name: metrics, port: 80, targetPort: 9999}]") + monitor("[{port: metrics}]"),
		},
		{name: "misspelled", want: []string{
			`error: ServiceMonitor web: spec.endpoints[0].port: no port of Service web is named "metric"; did you mean "metrics"? [scrape/port]`,
		}, text: chain + named + monitor("[{port: metric}]")},
		{name: "another name", want: []string{
			`error: ServiceMonitor web: spec.endpoints[0].port: no port of Service web is named "http"; its ports are named metrics [scrape/port]`,
		}, text: chain + named + monitor("[{port: http}]")},
		{name: "without a name", want: []string{
			`error: ServiceMonitor web: spec.endpoints[0].port: no port of Service web is named "http-metrics"; give its port that name [scrape/port]`,
		}, text: chain + service("[{port: 80, targetPort: metrics}]") + monitor("[{port: http-metrics}]")},
		{name: "number instead of the name", want: []string{
			`error: ServiceMonitor web: spec.endpoints[0].port: "80" is the number of a port of Service web; use its name, "metrics" [scrape/port]`,
		}, text: chain + named + monitor("[{port: '80'}]")},
		{name: "number of a port without a name", want: []string{
			`error: ServiceMonitor web: spec.endpoints[0].port: "80" is the number of an unnamed port of Service web; name the port and use that name [scrape/port]`,
		}, text: chain + service("[{port: 80}]") + monitor("[{port: '80'}]")},
		{name: "name of the container's port instead", want: []string{
			`error: ServiceMonitor web: spec.endpoints[0].port: "metrics" is the name of the container port; use the port name of Service web, "web" [scrape/port]`,
		}, text: chain + service("[{name: web, port: 80, targetPort: metrics}]") + monitor("[{port: metrics}]")},
		{name: "no ports", want: []string{
			`error: ServiceMonitor web: spec.endpoints[0].port: Service web has no ports; add one that is named "metrics" [scrape/port]`,
		}, text: chain + serviceOf("{name: web, labels: {app: web}}", "{app: web}", "[]") + monitor("[{port: metrics}]")},
		{name: "no ports and no name", want: []string{
			`error: Service web: spec.ports: has no port that targets a port of Deployment web, and Prometheus discovers pods only through such a port; add one [scrape/port]`,
		}, text: chain + serviceOf("{name: web, labels: {app: web}}", "{app: web}", "[]") + monitor("[{}]")},
		{name: "all ports", text: chain + service("[{port: 80, targetPort: 9000}]") + monitor("[{}]")},
		{name: "target port that no container declares", want: []string{
			`error: Service web: spec.ports[0].targetPort: no container of Deployment web declares a port named "metrcs"; did you mean "metrics"? [scrape/port]`,
		}, text: chain + service("[{name: metrics, port: 80, targetPort: metrcs}]") + monitor("[{port: metrics}]")},
		{name: "target port of another protocol", want: []string{
			`error: Service web: spec.ports[0].targetPort: port "metrics" of Deployment web uses protocol TCP, but this port uses UDP; set protocol: TCP [scrape/port]`,
		}, text: chain + service("[{name: metrics, port: 80, targetPort: metrics, protocol: UDP}]") + monitor("[{port: metrics}]")},
		{name: "target port of pods that are not here", text: service("[{name: metrics, port: 80, targetPort: metrcs}]") + monitor("[{port: metrics}]")},
		{name: "targetPort that a container declares", text: chain + service("[{name: http, port: 80, targetPort: 8080}]") + monitor("[{targetPort: metrics}]")},
		{name: "targetPort number that a container declares", text: chain + service("[{name: http, port: 80, targetPort: 8080}]") + monitor("[{targetPort: 9000}]")},
		{name: "targetPort number that no container declares", want: []string{
			`error: ServiceMonitor web: spec.endpoints[0].targetPort: no container of Deployment web declares port 9999, and Prometheus discovers only declared ports; add it to the container ports [scrape/port]`,
		}, text: chain + service("[{name: metrics, port: 80, targetPort: 9999}]") + monitor("[{targetPort: 9999}]")},
		{name: "targetPort that no container declares", want: []string{
			`error: ServiceMonitor web: spec.endpoints[0].targetPort: no container of Deployment web declares a port named "http"; declared ports: metrics [scrape/port]`,
		}, text: chain + named + monitor("[{targetPort: http}]")},
		{name: "targetPort of pods that are not here", text: named + monitor("[{targetPort: http}]")},
		{name: "targetPort behind a service that leads nowhere", want: []string{
			`error: Service web: spec.ports: has no port that targets a port of Deployment web, and Prometheus discovers pods only through such a port; add one [scrape/port]`,
		}, text: chain + service("[{name: http, port: 80, targetPort: http}]") + monitor("[{targetPort: 9000}]")},
		{name: "port of a sidecar", text: metricOf(requestsMetric) + podsOf("{containers: [{name: app}], initContainers: [{name: exporter, restartPolicy: Always, ports: [{name: metrics, containerPort: 1}]}]}") +
			named + monitor("[{port: metrics}]")},
		{name: "port of an init container", want: []string{
			`error: Service web: spec.ports[0].targetPort: no container of Deployment web declares a port named "metrics"; add it to the container ports [scrape/port]`,
		}, text: metricOf(requestsMetric) + podsOf("{containers: [{name: app}], initContainers: [{name: migrate, ports: [{name: metrics, containerPort: 1}]}]}") +
			named + monitor("[{port: metrics}]")},
		{name: "port that may be injected", text: metricOf(requestsMetric) + named + monitor("[{port: metrics}]") + `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, sidecar.istio.io/inject: "true"}}
    spec: {containers: [{name: web}]}
`},
		{name: "pod monitor", text: chain + podMonitor("[{port: metrics}]")},
		{name: "pod monitor by number", text: chain + podMonitor("[{portNumber: 9000}]")},
		{name: "pod monitor by target port", text: chain + podMonitor("[{targetPort: 9000}]")},
		{name: "pod monitor for all ports", text: chain + podMonitor("[{path: /metrics}]")},
		{name: "pod monitor, misspelled", want: []string{
			`error: PodMonitor web: spec.podMetricsEndpoints[0].port: no container of Deployment web declares a port named "metric"; did you mean "metrics"? [scrape/port]`,
		}, text: chain + podMonitor("[{port: metric}]")},
		{name: "pod monitor, number that no container declares", want: []string{
			`error: PodMonitor web: spec.podMetricsEndpoints[0].portNumber: no container of Deployment web declares port 8080, and Prometheus discovers only declared ports; add it to the container ports [scrape/port]`,
		}, text: chain + podMonitor("[{portNumber: 8080}]")},
		{name: "pod monitor, number in quotes", want: []string{
			`error: PodMonitor web: spec.podMetricsEndpoints[0].port: "9000" is the number of a port of Deployment web; use its name, "metrics" [scrape/port]`,
		}, text: chain + podMonitor("[{port: '9000'}]")},
		{name: "pod monitor, no ports at all", want: []string{
			`error: PodMonitor web: spec.podMetricsEndpoints[0].port: no container of Deployment web declares a port named "metrics"; add it to the container ports [scrape/port]`,
		}, text: metricOf(requestsMetric) + podsOf("{containers: [{name: app}]}") + podMonitor("[{port: metrics}]")},
		{name: "one dead endpoint of two", want: []string{
			`warning: ServiceMonitor web: spec.endpoints[1].port: no port of Service web is named "http"; its ports are named metrics [scrape/port]`,
		}, text: chain + named + monitor("[{port: metrics}, {port: http}]")},
		{name: "no HPA needs it", want: []string{
			`warning: ServiceMonitor web: spec.endpoints[0].port: no port of Service web is named "http"; its ports are named metrics [scrape/port]`,
		}, text: deploymentWeb + named + monitor("[{port: http}]")},
		{name: "no HPA needs it, and it selects everything", text: deploymentWeb + named + monitorOf("{name: all}", "{selector: {}, endpoints: [{port: http}]}")},
		{name: "another service that is not here may have the port", text: serviceOf("{name: web-admin, labels: {app: web}}", "{app: web}", "[{name: admin, port: 80}]") + monitor("[{port: metrics}]")},
		{name: "no pods are here, but the names agree", want: []string{
			`warning: ServiceMonitor web: spec.endpoints[0].port: no port of Service web is named "metrics"; its ports are named admin [scrape/port]`,
		}, text: service("[{name: admin, port: 80}]") + monitor("[{port: metrics}]")},
		{name: "an HPA needs it, and it selects everything", want: []string{
			`error: ServiceMonitor all: spec.endpoints[0].port: no port of Service web is named "http"; its ports are named metrics [scrape/port]`,
		}, text: chain + named + monitorOf("{name: all}", "{selector: {}, endpoints: [{port: http}]}")},
		{name: "another service has the port", text: chain + named + serviceOf("{name: web-admin, labels: {app: web}}", "{app: web}", "[{name: admin, port: 80}]") + monitor("[{port: metrics}]")},
		{name: "the service of another workload has the port", want: []string{
			`error: ServiceMonitor web: spec.endpoints[0].port: no port of Service web is named "metrics"; its ports are named http [scrape/port]`,
		}, text: chain + service("[{name: http, port: 80}]") +
			serviceOf("{name: api, labels: {app: web}}", "{app: api}", "[{name: metrics, port: 80}]") + labelled("api", "{app: api}", "{app: api}") + monitor("[{port: metrics}]")},
		{name: "no endpoints", want: []string{
			`error: ServiceMonitor web: spec.endpoints: is empty, so the monitor scrapes nothing; add at least one endpoint [scrape/port]`,
		}, text: chain + named + monitor("[]")},
		{name: "external name", text: "---\napiVersion: v1\nkind: Service\nmetadata: {name: web, labels: {app: web}}\nspec: {type: ExternalName, externalName: example.com}\n" + monitor("[{port: metrics}]")},
		{name: "several ports without names", want: []string{
			`error: Service web: spec.ports[0].name: is missing, but each of several ports requires a name; add one [scrape/port]`,
			`error: Service web: spec.ports[1].targetPort: "9000" is a number in quotes, which the API server rejects as a name; use 9000 [scrape/port]`,
		}, text: chain + service("[{port: 80}, {name: metrics, port: 81, targetPort: '9000'}]") + monitor("[{port: metrics}]")},
		{name: "service that nobody monitors", text: chain + service("[{port: 80}, {port: 81, targetPort: '9000'}]")},
	})
}

// TestScrapes tells by which ways Prometheus reads a workload.
func TestScrapes(t *testing.T) {
	w, _ := newWorld(Input{Items: itemsOf(t, deploymentWeb+serviceOf("{name: web, labels: {app: web}}", "{app: web}", "[{name: http, port: 80, targetPort: 8080}, {name: metrics, port: 81, targetPort: metrics}]")+
		monitorOf("{name: web}", "{selector: {matchLabels: {app: web}}, endpoints: [{port: metrics, interval: 10s, path: /m, honorLabels: true}, {targetPort: 9000}, {}]}")+
		podMonitorOf("{name: web}", "{selector: {matchLabels: {app: web}}, podMetricsEndpoints: [{port: metrics, interval: 5s}]}"))})
	type path struct {
		At, Interval, Path, ServicePort, Container, PortName string
		Port                                                 int32
		Honor                                                bool
	}
	var got []path
	for _, p := range w.graph.Workloads.All[0].Scrapes() {
		got = append(got, path{p.At().String(), string(p.Interval), p.Path, p.ServicePort, p.Container, p.PortName, p.PodPort, p.HonorLabels})
	}
	want := []path{
		{At: "PodMonitor web: spec.podMetricsEndpoints[0]", Interval: "5s", Container: "web", PortName: "metrics", Port: 9000},
		{At: "ServiceMonitor web: spec.endpoints[0]", Interval: "10s", Path: "/m", ServicePort: "metrics", Container: "web", PortName: "metrics", Port: 9000, Honor: true},
		{At: "ServiceMonitor web: spec.endpoints[1]", ServicePort: "metrics", Container: "web", PortName: "metrics", Port: 9000},
		{At: "ServiceMonitor web: spec.endpoints[2]", ServicePort: "http", Port: 8080},
		{At: "ServiceMonitor web: spec.endpoints[2]", ServicePort: "metrics", Container: "web", PortName: "metrics", Port: 9000},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
}
