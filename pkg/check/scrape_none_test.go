package check

import (
	"strings"
	"testing"
)

const (
	requestsMetric = "{type: Pods, pods: {metric: {name: requests_per_second}, target: {type: AverageValue, averageValue: 10}}}"
	serviceWeb     = `---
apiVersion: v1
kind: Service
metadata: {name: web, labels: {app: web}}
spec: {selector: {app: web}, ports: [{name: metrics, port: 9000}]}
`
	monitorWeb = `---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: web, labels: {release: stack}}
spec: {selector: {matchLabels: {app: web}}, endpoints: [{port: metrics}]}
`
	prometheusMain = `---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: main}
spec: {serviceMonitorSelector: {matchLabels: {release: stack}}, podMonitorSelector: {}}
`
)

// serviceOf is a Service with metadata, a selector and ports in flow style.
func serviceOf(meta, selector, ports string) string {
	return "---\napiVersion: v1\nkind: Service\nmetadata: " + meta + "\nspec: {selector: " + selector + ", ports: " + ports + "}\n"
}

// monitorOf is a ServiceMonitor with metadata and a spec in flow style.
func monitorOf(meta, spec string) string {
	return "---\napiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: " + meta + "\nspec: " + spec + "\n"
}

// podMonitorOf is a PodMonitor with metadata and a spec in flow style.
func podMonitorOf(meta, spec string) string {
	return "---\napiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: " + meta + "\nspec: " + spec + "\n"
}

// chainIn is an HPA on a metric of pods with its Deployment in a namespace.
func chainIn(namespace string) string {
	return `---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: ` + namespace + `}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 5
  metrics: [` + requestsMetric + `]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: ` + namespace + `}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, ports: [{name: metrics, containerPort: 9000}]}]}
`
}

func TestScrapeNone(t *testing.T) {
	chain := metricOf(requestsMetric) + deploymentWeb
	endpoints := "endpoints: [{port: metrics}]"
	runCases(t, scrapeNone, []checkCase{
		{name: "service monitor", text: chain + serviceWeb + monitorWeb},
		{name: "pod monitor", text: chain + podMonitorOf("{name: web}", "{selector: {matchLabels: {app: web}}, podMetricsEndpoints: [{port: metrics}]}")},
		{name: "everything", text: chain + serviceWeb + monitorOf("{name: all}", "{selector: {}, "+endpoints+"}")},
		{name: "the port is not its business", text: chain + serviceWeb + monitorOf("{name: web}", "{selector: {matchLabels: {app: web}}, endpoints: [{port: other}]}")},
		{name: "no monitor and no Prometheus", want: []string{
			`info: HorizontalPodAutoscaler web: spec.metrics[0]: cannot tell whether the pods of Deployment web are scraped: no ServiceMonitor, PodMonitor, or Prometheus is in the input [scrape/none]`,
		}, text: chain + serviceWeb},
		{name: "two unjudged are told once", want: []string{
			`info: HorizontalPodAutoscaler prod/web: spec.metrics[0]: cannot tell whether the pods of Deployment web are scraped: no ServiceMonitor, PodMonitor, or Prometheus is in the input [scrape/none]`,
		}, text: chain + serviceWeb + chainIn("prod")},
		{name: "cpu", text: metricOf(cpuUtilization) + deploymentWeb + monitorOf("{name: other}", "{selector: {matchLabels: {app: other}}, "+endpoints+"}")},
		{name: "misspelled label", want: []string{
			`error: ServiceMonitor web: spec.selector.matchLabels.app: selects app: wbe, and Service web has app: web, so nothing scrapes the pods of Deployment web, and metric "requests_per_second" of HorizontalPodAutoscaler web has no value [scrape/none]`,
		}, text: chain + serviceWeb + monitorOf("{name: web}", "{selector: {matchLabels: {app: wbe}}, "+endpoints+"}")},
		{name: "service without the label", want: []string{
			`error: ServiceMonitor web: spec.selector.matchLabels.app: selects app: web, and Service web has no label app, so nothing scrapes the pods of Deployment web, and metric "requests_per_second" of HorizontalPodAutoscaler web has no value [scrape/none]`,
		}, text: chain + serviceOf("{name: web}", "{app: web}", "[{name: metrics, port: 9000}]") + monitorWeb},
		{name: "expression", want: []string{
			`error: ServiceMonitor web: spec.selector.matchExpressions[0]: selects app: api or shop, and Service web has app: web, so nothing scrapes the pods of Deployment web, and metric "requests_per_second" of HorizontalPodAutoscaler web has no value [scrape/none]`,
		}, text: chain + serviceWeb + monitorOf("{name: web}", "{selector: {matchExpressions: [{key: app, operator: In, values: [api, shop]}]}, "+endpoints+"}")},
		{name: "expression that must not hold", want: []string{
			`error: ServiceMonitor web: spec.selector.matchExpressions[0]: selects no label app, and Service web has app: web, so nothing scrapes the pods of Deployment web, and metric "requests_per_second" of HorizontalPodAutoscaler web has no value [scrape/none]`,
		}, text: chain + serviceWeb + monitorOf("{name: web}", "{selector: {matchExpressions: [{key: app, operator: DoesNotExist}]}, "+endpoints+"}")},
		{name: "expression that must hold", want: []string{
			`error: ServiceMonitor web: spec.selector.matchExpressions[0]: selects a label metrics, and Service web has no label metrics, so nothing scrapes the pods of Deployment web, and metric "requests_per_second" of HorizontalPodAutoscaler web has no value [scrape/none]`,
		}, text: chain + serviceWeb + monitorOf("{name: web}", "{selector: {matchLabels: {app: web}, matchExpressions: [{key: metrics, operator: Exists}]}, "+endpoints+"}")},
		{name: "service without pods", want: []string{
			`error: Service web: spec.selector.app: selects app: wbe, and the pods of Deployment web have app: web, so nothing scrapes the pods of Deployment web, and metric "requests_per_second" of HorizontalPodAutoscaler web has no value [scrape/none]`,
		}, text: chain + serviceOf("{name: web, labels: {app: web}}", "{app: wbe}", "[{name: metrics, port: 9000}]") + monitorWeb},
		{name: "service in another namespace than its pods", want: []string{
			`error: Service test/web: metadata.namespace: is test, and Deployment web is in prod, so nothing scrapes the pods of Deployment web, and metric "requests_per_second" of HorizontalPodAutoscaler web has no value [scrape/none]`,
		}, text: chainIn("prod") + serviceOf("{name: web, namespace: test, labels: {app: web}}", "{app: web}", "[{name: metrics, port: 9000}]") +
			monitorOf("{name: web, namespace: test}", "{selector: {matchLabels: {app: web}}, "+endpoints+"}")},
		{name: "own namespace by default", want: []string{
			`error: ServiceMonitor monitoring/web: spec.namespaceSelector: is missing, so it defaults to namespace monitoring, but Service web is in prod, so nothing scrapes the pods of Deployment web, and metric "requests_per_second" of HorizontalPodAutoscaler web has no value [scrape/none]`,
		}, text: chainIn("prod") + serviceOf("{name: web, namespace: prod, labels: {app: web}}", "{app: web}", "[{name: metrics, port: 9000}]") +
			monitorOf("{name: web, namespace: monitoring}", "{selector: {matchLabels: {app: web}}, "+endpoints+"}")},
		{name: "any namespace", text: chainIn("prod") + serviceOf("{name: web, namespace: prod, labels: {app: web}}", "{app: web}", "[{name: metrics, port: 9000}]") +
			monitorOf("{name: web, namespace: monitoring}", "{namespaceSelector: {any: true}, selector: {matchLabels: {app: web}}, "+endpoints+"}")},
		{name: "named namespace", text: chainIn("prod") + serviceOf("{name: web, namespace: prod, labels: {app: web}}", "{app: web}", "[{name: metrics, port: 9000}]") +
			monitorOf("{name: web, namespace: monitoring}", "{namespaceSelector: {matchNames: [prod]}, selector: {matchLabels: {app: web}}, "+endpoints+"}")},
		{name: "other named namespace", want: []string{
			`error: ServiceMonitor monitoring/web: spec.namespaceSelector.matchNames: has test, default, and Service web is in prod, so nothing scrapes the pods of Deployment web, and metric "requests_per_second" of HorizontalPodAutoscaler web has no value [scrape/none]`,
		}, text: chainIn("prod") + serviceOf("{name: web, namespace: prod, labels: {app: web}}", "{app: web}", "[{name: metrics, port: 9000}]") +
			monitorOf("{name: web, namespace: monitoring}", "{namespaceSelector: {matchNames: [test, default]}, selector: {matchLabels: {app: web}}, "+endpoints+"}")},
		{name: "namespaces that are ignored", want: []string{
			`error: ServiceMonitor monitoring/web: spec.namespaceSelector: is ignored by Prometheus (ignoreNamespaceSelectors), but Service web is in prod, so nothing scrapes the pods of Deployment web, and metric "requests_per_second" of HorizontalPodAutoscaler web has no value [scrape/none]`,
		}, text: chainIn("prod") + serviceOf("{name: web, namespace: prod, labels: {app: web}}", "{app: web}", "[{name: metrics, port: 9000}]") +
			monitorOf("{name: web, namespace: monitoring}", "{namespaceSelector: {any: true}, selector: {matchLabels: {app: web}}, "+endpoints+"}") + `---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: main, namespace: monitoring}
spec: {serviceMonitorSelector: {}, ignoreNamespaceSelectors: true}
`},
		{name: "stated by some objects alone", want: []string{
			`warning: Deployment web: metadata.namespace: is missing, but Service prod/web is in prod, and both must be in the same namespace; set it to prod [scrape/none]`,
		}, text: chain + serviceOf("{name: web, namespace: prod, labels: {app: web}}", "{app: web}", "[{name: metrics, port: 9000}]") + monitorWeb},
		{name: "named by the monitor, and stated by nothing else", want: []string{
			`warning: Service web: metadata.namespace: is missing, but ServiceMonitor monitoring/web looks into namespace prod; set it [scrape/none]`,
		}, text: chain + serviceWeb +
			monitorOf("{name: web, namespace: monitoring}", "{namespaceSelector: {matchNames: [prod]}, selector: {matchLabels: {app: web}}, "+endpoints+"}")},
		{name: "stated by the monitor alone", want: []string{
			`warning: Service web: metadata.namespace: is missing, but ServiceMonitor prod/web is in prod, and both must be in the same namespace; set it to prod [scrape/none]`,
		}, text: chain + serviceWeb + monitorOf("{name: web, namespace: prod}", "{selector: {matchLabels: {app: web}}, "+endpoints+"}")},
		{name: "stated by the monitor alone, and another one", text: chain + serviceWeb + monitorOf("{name: web, namespace: prod}", "{selector: {matchLabels: {app: web}}, "+endpoints+"}") + monitorWeb},
		{name: "an exporter that Prometheus keeps the labels of", want: []string{
			`info: HorizontalPodAutoscaler web: spec.metrics[0]: cannot tell whether the pods of Deployment web are scraped: ServiceMonitor exporter keeps the labels of an exporter (honorLabels), which may have their metrics [scrape/none]`,
		}, text: chain + monitorOf("{name: exporter}", "{selector: {matchLabels: {run: exporter}}, endpoints: [{port: metrics, honorLabels: true}]}")},
		{name: "an exporter by the labels that the rule maps", text: chain + monitorOf("{name: exporter}", "{selector: {matchLabels: {run: exporter}}, "+endpoints+"}") +
			configured("rules: [{seriesQuery: requests_per_second, resources: {overrides: {exported_namespace: {resource: namespace}, exported_pod: {resource: pod}}}, metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'}]")},
		{name: "an injected agent", want: []string{
			`info: HorizontalPodAutoscaler web: spec.metrics[0]: cannot tell whether the pods of Deployment web are scraped: an injected OpenTelemetry agent may push their metrics [scrape/none]`,
		}, text: metricOf(requestsMetric) + strings.Replace(deploymentWeb, "metadata: {labels: {app: web}}", `metadata: {labels: {app: web}, annotations: {instrumentation.opentelemetry.io/inject-java: "true"}}`, 1) +
			monitorOf("{name: other}", "{selector: {matchLabels: {app: other}}, "+endpoints+"}")},
		{name: "misspelled label, and something else may scrape", want: []string{
			`warning: ServiceMonitor web: spec.selector.matchLabels.app: selects app: wbe, and Service web has app: web, so metric "requests_per_second" of HorizontalPodAutoscaler web has a value only if something else scrapes the pods of Deployment web: the configuration in ConfigMap prometheus may do so [scrape/none]`,
		}, text: chain + serviceWeb + monitorOf("{name: web}", "{selector: {matchLabels: {app: wbe}}, "+endpoints+"}") + `---
apiVersion: v1
kind: ConfigMap
metadata: {name: prometheus}
data: {prometheus.yml: "scrape_configs: []"}
`},
		{name: "pod monitor with other labels", want: []string{
			`error: PodMonitor web: spec.selector.matchLabels.tier: selects tier: front, and the pods of Deployment web have no label tier, so nothing scrapes the pods of Deployment web, and metric "requests_per_second" of HorizontalPodAutoscaler web has no value [scrape/none]`,
		}, text: chain + podMonitorOf("{name: web}", "{selector: {matchLabels: {app: web, tier: front}}, podMetricsEndpoints: [{port: metrics}]}")},
		{name: "relabeling that drops", want: []string{
			`error: ServiceMonitor web: spec.endpoints[0].relabelings[0]: drops the pods of Deployment web, which no other monitor scrapes, so metric "requests_per_second" of HorizontalPodAutoscaler web has no value; keep them [scrape/none]`,
		}, text: chain + serviceWeb +
			monitorOf("{name: web}", "{selector: {matchLabels: {app: web}}, endpoints: [{port: metrics, relabelings: [{action: keep, sourceLabels: [__meta_kubernetes_pod_label_tier], regex: front}]}]}")},
		{name: "relabeling that keeps", text: chain + serviceWeb +
			monitorOf("{name: web}", "{selector: {matchLabels: {app: web}}, endpoints: [{port: metrics, relabelings: [{action: keep, sourceLabels: [__meta_kubernetes_pod_label_app], regex: w.*}]}]}")},
		{name: "relabeling that may drop", text: chain + serviceWeb +
			monitorOf("{name: web}", "{selector: {matchLabels: {app: web}}, endpoints: [{port: metrics, relabelings: [{action: keep, sourceLabels: [__meta_kubernetes_pod_name], regex: web.*}]}]}")},
		{name: "relabeling of what is made before", text: chain + serviceWeb +
			monitorOf("{name: web}", "{selector: {matchLabels: {app: web}}, endpoints: [{port: metrics, relabelings: [{targetLabel: __meta_kubernetes_pod_label_x, replacement: a}, "+
				"{action: drop, sourceLabels: [__meta_kubernetes_pod_label_x], regex: a}]}]}")},
		{name: "relabeling that drops, and another endpoint", text: chain + serviceWeb + monitorWeb +
			monitorOf("{name: other}", "{selector: {matchLabels: {app: web}}, endpoints: [{port: metrics, relabelings: [{action: drop, sourceLabels: [__meta_kubernetes_namespace], regex: default}]}]}")},
		{name: "relabeling that the operator refuses", text: chain + serviceWeb +
			monitorOf("{name: web}", "{selector: {matchLabels: {app: web}}, endpoints: [{port: metrics, relabelings: [{action: keep, sourceLabels: [a], regex: '('}]}]}")},
		{name: "monitor of something else", want: []string{
			`warning: HorizontalPodAutoscaler web: spec.metrics[0]: nothing in the input scrapes the pods of Deployment web, so metric "requests_per_second" has no value unless a monitor that is not in the input does; add a ServiceMonitor or PodMonitor [scrape/none]`,
		}, text: chain + serviceWeb + monitorOf("{name: db}", "{selector: {matchLabels: {app: postgres}}, "+endpoints+"}")},
		{name: "monitor of something else, all objects", complete: true, want: []string{
			`error: HorizontalPodAutoscaler web: spec.metrics[0]: nothing in the input scrapes the pods of Deployment web, so metric "requests_per_second" has no value; add a ServiceMonitor or PodMonitor [scrape/none]`,
		}, text: chain + serviceWeb + monitorOf("{name: db}", "{selector: {matchLabels: {app: postgres}}, "+endpoints+"}")},
		{name: "Prometheus without a monitor", want: []string{
			`warning: HorizontalPodAutoscaler web: spec.metrics[0]: nothing in the input scrapes the pods of Deployment web, so metric "requests_per_second" has no value unless a monitor that is not in the input does; add a ServiceMonitor or PodMonitor [scrape/none]`,
		}, text: chain + serviceWeb + prometheusMain},
		{name: "service without a selector", want: []string{
			`warning: Service web: spec.selector: is missing, so Service web reaches pods only if someone creates its endpoints; add a selector that matches the pods of Deployment web [scrape/none]`,
		}, text: chain + "---\napiVersion: v1\nkind: Service\nmetadata: {name: web, labels: {app: web}}\nspec: {ports: [{name: metrics, port: 9000}]}\n" + monitorWeb},
		{name: "service without a selector, with endpoints", text: chain + "---\napiVersion: v1\nkind: Service\nmetadata: {name: web, labels: {app: web}}\nspec: {ports: [{name: metrics, port: 9000}]}\n" + monitorWeb +
			"---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: web-1, labels: {kubernetes.io/service-name: web}}\n"},
		{name: "annotations for another Prometheus", want: []string{
			`info: HorizontalPodAutoscaler web: spec.metrics[0]: cannot tell whether the pods of Deployment web are scraped: its annotations are meant for a Prometheus that is not in the input [scrape/none]`,
		}, text: metricOf(requestsMetric) + annotatedWeb + monitorOf("{name: db}", "{selector: {matchLabels: {app: postgres}}, "+endpoints+"}")},
		{name: "annotations beside a monitor with one of the labels", want: []string{
			`warning: ServiceMonitor db: spec.selector.matchLabels.tier: selects tier: db, and Service web has no label tier, so ServiceMonitor db scrapes nothing there [scrape/none]`,
			`info: HorizontalPodAutoscaler web: spec.metrics[0]: cannot tell whether the pods of Deployment web are scraped: its annotations are meant for a Prometheus that is not in the input [scrape/none]`,
		}, text: metricOf(requestsMetric) + annotatedWeb + serviceWeb + monitorOf("{name: db}", "{selector: {matchLabels: {app: web, tier: db}}, "+endpoints+"}")},
		{name: "annotations beside a monitor that was meant", want: []string{
			`error: ServiceMonitor web: spec.selector.matchLabels.app: selects app: wbe, and Service web has app: web, so nothing scrapes the pods of Deployment web, and metric "requests_per_second" of HorizontalPodAutoscaler web has no value [scrape/none]`,
		}, text: metricOf(requestsMetric) + annotatedWeb + serviceWeb + monitorOf("{name: web}", "{selector: {matchLabels: {app: wbe}}, "+endpoints+"}")},
		{name: "annotations that nobody reads", want: []string{
			`warning: HorizontalPodAutoscaler web: spec.metrics[0]: nothing in the input scrapes the pods of Deployment web, so metric "requests_per_second" has no value unless a monitor that is not in the input does; add a ServiceMonitor or PodMonitor, because prometheus-operator does not read annotations such as prometheus.io/scrape [scrape/none]`,
		}, text: metricOf(requestsMetric) + annotatedWeb + prometheusMain},
		{name: "annotations that additional configuration may read", want: []string{
			`info: HorizontalPodAutoscaler web: spec.metrics[0]: cannot tell whether the pods of Deployment web are scraped: additionalScrapeConfigs of Prometheus main may do so [scrape/none]`,
		}, text: metricOf(requestsMetric) + annotatedWeb + `---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: main}
spec: {serviceMonitorSelector: {}, additionalScrapeConfigs: {name: more, key: more.yaml}}
`},
		{name: "configuration by hand", want: []string{
			`info: HorizontalPodAutoscaler web: spec.metrics[0]: cannot tell whether the pods of Deployment web are scraped: Prometheus main selects no monitors, so its configuration is written manually [scrape/none]`,
		}, text: chain + "---\napiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: main}\nspec: {}\n"},
		{name: "one label and another namespace, and something else may scrape", want: []string{
			`warning: ServiceMonitor staging/orders: spec.namespaceSelector: is missing, so it defaults to namespace staging, but Service web is in prod, so metric "requests_per_second" of HorizontalPodAutoscaler web has a value only if something else scrapes the pods of Deployment web: the configuration in ConfigMap prometheus may do so [scrape/none]`,
		}, text: chain + serviceOf("{name: web, namespace: prod, labels: {app: web}}", "{app: web}", "[{name: metrics, port: 9000}]") +
			monitorOf("{name: orders, namespace: staging}", "{selector: {matchLabels: {app: web}}, "+endpoints+"}") + `---
apiVersion: v1
kind: ConfigMap
metadata: {name: prometheus}
data: {prometheus.yml: "scrape_configs: []"}
`},
		{name: "configuration in a map", want: []string{
			`info: HorizontalPodAutoscaler web: spec.metrics[0]: cannot tell whether the pods of Deployment web are scraped: the configuration in ConfigMap prometheus may do so [scrape/none]`,
		}, text: chain + monitorOf("{name: db}", "{selector: {matchLabels: {app: postgres}}, "+endpoints+"}") + `---
apiVersion: v1
kind: ConfigMap
metadata: {name: prometheus}
data: {prometheus.yml: "scrape_configs: []"}
`},
		{name: "other kinds of monitors", want: []string{
			`info: HorizontalPodAutoscaler web: spec.metrics[0]: cannot tell whether the pods of Deployment web are scraped: ScrapeConfig web may do so [scrape/none]`,
		}, text: chain + prometheusMain + "---\napiVersion: monitoring.coreos.com/v1alpha1\nkind: ScrapeConfig\nmetadata: {name: web}\n"},
		{name: "other scraper", want: []string{
			`info: HorizontalPodAutoscaler web: spec.metrics[0]: cannot tell whether the pods of Deployment web are scraped: DaemonSet collector may do so by a configuration of its own [scrape/none]`,
		}, text: chain + prometheusMain + `---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: collector}
spec:
  selector: {matchLabels: {app: collector}}
  template: {metadata: {labels: {app: collector}}, spec: {containers: [{name: collector, image: otel/opentelemetry-collector-contrib:0.100.0}]}}
`},
		{name: "adapter and operator are no scrapers", want: []string{
			`warning: HorizontalPodAutoscaler web: spec.metrics[0]: nothing in the input scrapes the pods of Deployment web, so metric "requests_per_second" has no value unless a monitor that is not in the input does; add a ServiceMonitor or PodMonitor [scrape/none]`,
		}, text: chain + prometheusMain + `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: adapter}
spec:
  selector: {matchLabels: {app: adapter}}
  template: {metadata: {labels: {app: adapter}}, spec: {containers: [{name: a, image: registry.k8s.io/prometheus-adapter/prometheus-adapter:v0.12.0}, {name: o, image: quay.io/prometheus-operator/prometheus-operator}]}}
`},
		{name: "metric of another provider", text: metricOf("{type: Pods, pods: {metric: {name: 'custom.googleapis.com|load'}, target: {type: AverageValue, averageValue: 10}}}") + deploymentWeb + prometheusMain},
		{name: "metrics served by another adapter", text: chain + prometheusMain + `---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.custom.metrics.k8s.io}
spec: {group: custom.metrics.k8s.io, service: {name: datadog-cluster-agent, namespace: datadog}}
`},
		{name: "metric configured by annotations", text: `---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, annotations: {metric-config.pods.requests_per_second.json-path/path: /metrics}}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 5
  metrics: [` + requestsMetric + `]
` + deploymentWeb + prometheusMain},
		{name: "series of cAdvisor", text: metricOf("{type: Pods, pods: {metric: {name: container_network_receive_bytes}, target: {type: AverageValue, averageValue: 10}}}") + deploymentWeb + prometheusMain},
		{name: "series of a recording rule", text: metricOf("{type: Pods, pods: {metric: {name: load}, target: {type: AverageValue, averageValue: 10}}}") + deploymentWeb + prometheusMain + `---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: load}
spec: {groups: [{name: load, rules: [{record: load, expr: vector(1)}]}]}
`},
		{name: "idle monitor of the same name", want: []string{
			`warning: ServiceMonitor web: spec.selector.matchLabels.k8s-app: selects k8s-app: web, and Service web has no label k8s-app, so ServiceMonitor web scrapes nothing there [scrape/none]`,
		}, text: deploymentWeb + serviceWeb + monitorOf("{name: web}", "{selector: {matchLabels: {k8s-app: web}}, "+endpoints+"}")},
		{name: "idle monitor with one label too many", want: []string{
			`warning: ServiceMonitor b: spec.selector.matchLabels.metrics: selects metrics: yes, and Service a has no label metrics, so ServiceMonitor b scrapes nothing there [scrape/none]`,
		}, text: deploymentWeb + serviceOf("{name: a, labels: {app: web, tier: front}}", "{app: web}", "[{name: metrics, port: 9000}]") +
			monitorOf("{name: b}", "{selector: {matchLabels: {app: web, metrics: 'yes'}}, "+endpoints+"}")},
		{name: "idle monitor of a service without pods", want: []string{
			`warning: Service web: spec.selector.app: selects app: wbe, and the pods of Deployment web have app: web, so ServiceMonitor web scrapes nothing there [scrape/none]`,
		}, text: deploymentWeb + serviceOf("{name: web, labels: {app: web}}", "{app: wbe}", "[{name: metrics, port: 9000}]") + monitorWeb},
		{name: "idle pod monitor", want: []string{
			`warning: PodMonitor web: spec.selector.matchLabels.app: selects app: wbe, and the pods of Deployment web have app: web, so PodMonitor web scrapes nothing there [scrape/none]`,
		}, text: deploymentWeb + podMonitorOf("{name: web}", "{selector: {matchLabels: {app: wbe}}, podMetricsEndpoints: [{port: metrics}]}")},
		{name: "monitor of something that is not here", text: deploymentWeb + serviceOf("{name: web, labels: {app: web, part-of: shop}}", "{app: web}", "[{name: metrics, port: 9000}]") +
			monitorOf("{name: api}", "{selector: {matchLabels: {app: api, part-of: shop}}, "+endpoints+"}")},
		{name: "monitor of pods that are not here", text: serviceWeb + monitorWeb},
	})
}

const annotatedWeb = `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}, annotations: {prometheus.io/scrape: "true"}}
    spec: {containers: [{name: web, image: web, ports: [{name: metrics, containerPort: 9000}]}]}
`
