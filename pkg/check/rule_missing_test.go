package check

import (
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/pkg/model"
)

func TestRuleMissing(t *testing.T) {
	adapterPod := func(args, mounts, volumes string) string {
		return `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: metrics-adapter, namespace: monitoring}
spec:
  selector: {matchLabels: {app: adapter}}
  template:
    metadata: {labels: {app: adapter}}
    spec:
      containers:
      - name: adapter
        image: registry.k8s.io/prometheus-adapter/prometheus-adapter:v0.12.0
        args: [` + args + `]
        volumeMounts: [` + mounts + `]
      volumes: [` + volumes + `]
`
	}
	apiService := func(group, service string) string {
		return `---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.` + group + `}
spec: {group: ` + group + `, version: v1beta1, service: {name: ` + service + `, namespace: monitoring}}
---
apiVersion: v1
kind: Service
metadata: {name: ` + service + `, namespace: monitoring}
spec: {selector: {app: adapter}, ports: [{port: 443}]}
`
	}
	perSecond := asking(podsMetric("http_requests_per_second"))
	rules := configured("rules:" + rate)
	const argsAt = `Deployment monitoring/metrics-adapter: spec.template.spec.containers[0].args: `
	withURL := func(u string) string {
		return adapterPod("--config=/etc/adapter/config.yaml, '--prometheus-url="+u+"'", "{name: config, mountPath: /etc/adapter}", "{name: config, configMap: {name: adapter-config}}")
	}
	const prometheus = `---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: prom, namespace: metrics}
spec:
  selector: {matchLabels: {app: prom}}
  template:
    metadata: {labels: {app: prom}}
    spec: {containers: [{name: p, image: "quay.io/prometheus/prometheus:v3.0.0"}]}
---
apiVersion: v1
kind: Service
metadata: {name: prom, namespace: metrics}
spec: {selector: {app: prom}, ports: [{port: 9090}]}
`
	const operated = `---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: main, namespace: metrics}
spec: {serviceMonitorSelector: {}}
---
apiVersion: v1
kind: Service
metadata: {name: prom, namespace: metrics}
spec: {selector: {prometheus: main}, ports: [{port: 9090}]}
`
	checkCases(t, model.RuleMissing, []ruleCase{
		{name: "served", manifests: shop + perSecond + rules},
		{name: "no configuration, no verdict", manifests: shop + perSecond},
		{
			name: "misspelt", manifests: shop + asking(podsMetric("http_request_per_second")) + rules,
			want: []string{`error: HorizontalPodAutoscaler shop/shop: spec.metrics[0]: requests metric "http_request_per_second" of pods, which no adapter rule serves; rules[0] of ConfigMap monitoring/adapter-config serves "http_requests_per_second"; did you mean that?`},
		},
		{
			name: "something else", manifests: shop + asking(podsMetric("queue")) + rules,
			want: []string{`error: HorizontalPodAutoscaler shop/shop: spec.metrics[0]: requests metric "queue" of pods, which no adapter rule serves; available: http_requests_per_second`},
		},
		{
			name: "capture without braces", manifests: shop + perSecond + configured(`
rules:
- seriesQuery: http_requests_total{pod!=""}`+mapped+`
  name: {matches: "^(.*)_total$", as: "$1_per_second"}
  metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)`),
			want: []string{`error: HorizontalPodAutoscaler shop/shop: spec.metrics[0]: requests metric "http_requests_per_second" of pods, which no adapter rule serves; rules[0] of ConfigMap monitoring/adapter-config would if name.as were "${1}_per_second" instead of "$1_per_second"`},
		},
		{
			name: "filtered", manifests: shop + perSecond + configured(`
rules:
- seriesQuery: http_requests_total{pod!=""}
  seriesFilters: [{isNot: ^http_}]`+mapped+`
  name: {as: http_requests_per_second}
  metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)`),
			want: []string{`error: HorizontalPodAutoscaler shop/shop: spec.metrics[0]: requests metric "http_requests_per_second" of pods, which no adapter rule serves; rules[0] of ConfigMap monitoring/adapter-config selects series http_requests_total, but its seriesFilters[0] filters out every series with that name`},
		},
		{
			name: "external metric of a custom rule", manifests: shop + asking(externalMetric("http_requests_per_second")) + rules,
			want: []string{`error: HorizontalPodAutoscaler shop/shop: spec.metrics[0]: requests external metric "http_requests_per_second", which no adapter rule serves; rules[0] of ConfigMap monitoring/adapter-config serves it, but only for metrics of type Pods or Object; change the type in the HPA, or move the rule to externalRules`},
		},
		{
			name: "custom metric of an external rule", manifests: shop + perSecond + configured("externalRules:"+rate),
			want: []string{`error: HorizontalPodAutoscaler shop/shop: spec.metrics[0]: requests metric "http_requests_per_second" of pods, which no adapter rule serves; externalRules[0] of ConfigMap monitoring/adapter-config serves it, but only for metrics of type External; change the type in the HPA, or move the rule to rules`},
		},
		{name: "external metric that the adapter need not serve", manifests: shop + asking(externalMetric("queue")) + rules},
		{
			name: "external metric beside external rules", manifests: shop + asking(externalMetric("queue")) + configured("externalRules:"+rate),
			want: []string{`error: HorizontalPodAutoscaler shop/shop: spec.metrics[0]: requests external metric "queue", which no adapter rule serves; available: http_requests_per_second`},
		},
		{name: "external metric of KEDA", manifests: shop + asking(externalMetric("s0-prometheus")) + configured("externalRules:"+rate)},
		{name: "external metric of a cloud", manifests: shop + asking(externalMetric("pubsub.googleapis.com|subscription|num_undelivered_messages")) + configured("externalRules:"+rate)},
		{name: "custom metric of a cloud", manifests: shop + asking(podsMetric("custom.googleapis.com|load")) + rules},
		{name: "metric by annotation", manifests: strings.Replace(shop+asking(podsMetric("load")), "metadata: {name: shop, namespace: shop}\nspec:\n  scaleTargetRef", "metadata: {name: shop, namespace: shop, annotations: {metric-config.pods.load.json-path/path: /metrics}}\nspec:\n  scaleTargetRef", 1) + rules},
		{name: "served by another", manifests: shop + asking(externalMetric("queue")) + configured("externalRules:"+rate) + apiService("external.metrics.k8s.io", "keda-metrics-apiserver")},
		{
			name: "served by a rule that nobody asks", manifests: shop + asking(externalMetric("http_requests_per_second")) + configured("externalRules:"+rate) + apiService("external.metrics.k8s.io", "keda-metrics-apiserver"),
			want: []string{`error: HorizontalPodAutoscaler shop/shop: spec.metrics[0]: requests external metric "http_requests_per_second", which externalRules[0] of ConfigMap monitoring/adapter-config serves, but APIService v1beta1.external.metrics.k8s.io gives external.metrics.k8s.io to Service keda-metrics-apiserver, so the adapter is never asked; only one program can serve an API`},
		},
		{name: "served by one of two", manifests: shop + asking(externalMetric("http_requests_per_second")) + configured("externalRules:"+rate) + apiService("external.metrics.k8s.io", "keda-metrics-apiserver") + apiService("external.metrics.k8s.io", "adapter")},
		{
			name: "only rules of resources", manifests: shop + perSecond + configured("resourceRules: {cpu: {containerQuery: 'sum(cpu{<<.LabelMatchers>>}) by (<<.GroupBy>>)', resources: {template: <<.Resource>>}, containerLabel: container}}"),
			want: []string{`warning: HorizontalPodAutoscaler shop/shop: spec.metrics[0]: requests metric "http_requests_per_second" of pods, but the adapter configuration in the input has no rules for custom.metrics.k8s.io, so another adapter must serve it; add a rule if there is none`},
		},
		{
			name: "default rules give the counter another name", manifests: shop + perSecond, in: values("rules: {default: true}"),
			want: []string{`warning: HorizontalPodAutoscaler shop/shop: spec.metrics[0]: requests metric "http_requests_per_second" of pods, which is served only if there is a series of exactly that name; rules.default[4] of values.yaml serves http_requests_total as "http_requests"; did you mean that?`},
		},
		{name: "values without rules have the default ones", manifests: shop + asking(podsMetric("queue_length")), in: values("prometheus: {url: http://p}")},
		{name: "so do empty values", manifests: shop + asking(podsMetric("queue_length")), in: values("{}")},
		{name: "default rules serve any gauge", manifests: shop + asking(podsMetric("queue_length")), in: values("rules: {default: true}")},
		{
			name: "no series can be called so", manifests: shop + asking(podsMetric("requests-per-second")), in: values("rules: {default: true}"),
			want: []string{`error: HorizontalPodAutoscaler shop/shop: spec.metrics[0]: requests metric "requests-per-second" of pods, which no adapter rule serves; rules.default[4] of values.yaml serves "requests"; did you mean that?`},
		},
		{
			name:      "described object in the wrong group",
			manifests: shop + asking(objectMetric("http_requests_per_second", "{apiVersion: extensions/v1beta1, kind: Ingress, name: shop}")) + rules,
			want:      []string{`error: HorizontalPodAutoscaler shop/shop: spec.metrics[0].object.describedObject: has group "extensions", which Kubernetes no longer serves; use "networking.k8s.io/v1"; the HPA cannot request the metric`},
		},
		{
			name:      "that group in an old cluster",
			manifests: shop + asking(objectMetric("load", "{apiVersion: extensions/v1beta1, kind: Ingress, name: shop}")) + configured("rules: [{seriesQuery: 'load{ingress!=\"\"}', resources: {template: <<.Resource>>}, metricsQuery: 'max(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'}]"),
			in:        Input{Minor: 21},
		},
		{
			name:      "described object of no group",
			manifests: shop + asking(objectMetric("load", "{apiVersion: v1, kind: Servce, name: shop}")) + rules,
			want:      []string{`error: HorizontalPodAutoscaler shop/shop: spec.metrics[0].object.describedObject: has kind "Servce", which group "" does not have; did you mean "Service"?; the HPA cannot request the metric`},
		},
		{
			name: "dropped by the monitor",
			manifests: shop + `---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: shop, namespace: shop}
spec:
  selector: {matchLabels: {app: shop}}
  endpoints: [{port: web, metricRelabelings: [{sourceLabels: [__name__], regex: go_.*, action: keep}]}]
` + perSecond + rules,
		},
		{name: "the adapter mounts it", manifests: shop + perSecond + rules + adapterPod("--config=/etc/adapter/config.yaml", "{name: config, mountPath: /etc/adapter/}", "{name: config, configMap: {name: adapter-config}}")},
		{name: "by items and a path of its own", manifests: shop + perSecond + rules + adapterPod("--config, /cfg/sub/rules.yaml", "{name: x, mountPath: /}, {name: config, mountPath: /cfg, subPath: ''}", "{name: config, configMap: {name: adapter-config, items: [{key: config.yaml, path: ./sub/rules.yaml}]}}")},
		{name: "one file alone", manifests: shop + perSecond + rules + adapterPod("--config=/etc/rules.yaml", "{name: config, mountPath: /etc/rules.yaml, subPath: config.yaml}", "{name: config, configMap: {name: adapter-config}}")},
		{
			name: "no flag", manifests: shop + rules + adapterPod("--v=4", "", ""),
			want: []string{`error: Deployment monitoring/metrics-adapter: spec.template.spec.containers[0].args: has no --config; the adapter does not start; add --config=/etc/adapter/config.yaml`},
		},
		{name: "a release with other flags", manifests: shop + rules + strings.Replace(adapterPod("--rate-interval=2m", "", ""), "v0.12.0", "v0.2.0", 1)},
		{name: "another program of a similar name", manifests: shop + rules + strings.Replace(adapterPod("--v=4", "", ""), "prometheus-adapter:v0.12.0", "prometheus-adapter-config-reloader:1", 1)},
		{
			name: "unknown flags", manifests: shop + rules + adapterPod("--config=/etc/adapter/config.yaml, --logtostderr=true, --prometheus-ur=http://p, --v, '4'", "{name: config, mountPath: /etc/adapter}", "{name: config, configMap: {name: adapter-config}}"),
			want: []string{
				`error: ` + argsAt + `has --logtostderr, which v0.12 of the adapter does not have; it does not start`,
				`error: ` + argsAt + `has --prometheus-ur, which v0.12 of the adapter does not have; it does not start; did you mean "prometheus-url"?`,
			},
		},
		{
			name: "age below the interval", manifests: shop + rules + adapterPod("--config=/etc/adapter/config.yaml, --metrics-max-age=5m", "{name: config, mountPath: /etc/adapter}", "{name: config, configMap: {name: adapter-config}}"),
			want: []string{`error: ` + argsAt + `has --metrics-max-age=5m0s, less than --metrics-relist-interval, which is 10m0s; the adapter does not start; use at least 10m0s`},
		},
		{
			name: "no scheme", manifests: shop + rules + withURL("prometheus.monitoring.svc:9090"),
			want: []string{`error: ` + argsAt + `has --prometheus-url=prometheus.monitoring.svc:9090, which does not begin with http:// or https://, so the adapter cannot reach Prometheus; use http://SERVICE.NAMESPACE.svc:PORT`},
		},
		{
			name: "no host", manifests: shop + rules + withURL("http:///prometheus"),
			want: []string{`error: ` + argsAt + `has --prometheus-url=http:///prometheus, which names no host; use http://SERVICE.NAMESPACE.svc:PORT`},
		},
		{name: "a URL of a variable", manifests: shop + rules + withURL("$(URL)")},
		{name: "no Prometheus", manifests: shop + rules + withURL("http://prometheus.monitoring.svc:9090")},
		{name: "a Service of Prometheus", manifests: shop + rules + withURL("http://prom.metrics.svc:9090/path") + prometheus},
		{name: "outside the cluster", manifests: shop + rules + withURL("https://prometheus.example.com") + prometheus},
		{
			name: "another port", manifests: shop + rules + withURL("http://prom.metrics") + prometheus,
			want: []string{`error: ` + argsAt + `has --prometheus-url=http://prom.metrics, but Service metrics/prom has no port 80; it has 9090`},
		},
		{
			name: "another Service", manifests: shop + rules + withURL("http://prometheus:9090") + prometheus,
			want: []string{`warning: ` + argsAt + `has --prometheus-url=http://prometheus:9090, but the input has no Service monitoring/prometheus, while Service metrics/prom leads to Prometheus; use that one`},
		},
		{name: "a Service of the operator", manifests: shop + rules + withURL("http://prometheus-operated.metrics:9090") + operated},
		{
			name: "no Service of the operator", manifests: shop + rules + withURL("http://prometheus-operated.monitoring:9090") + operated,
			want: []string{`warning: ` + argsAt + `has --prometheus-url=http://prometheus-operated.monitoring:9090, but the input has no Service monitoring/prometheus-operated, while Service metrics/prom leads to Prometheus; use that one`},
		},
		{name: "flag of a variable", manifests: shop + rules + adapterPod("$(ARGS)", "", "")},
		{
			name: "no mount", manifests: shop + perSecond + rules + adapterPod("--config=/etc/adapter/config.yaml", "{name: config, mountPath: /etc/adaptor}", "{name: config, configMap: {name: adapter-config}}"),
			want: []string{
				`error: Deployment monitoring/metrics-adapter: spec.template.spec.containers[0].volumeMounts: has no mount that contains /etc/adapter/config.yaml, which --config names; the adapter does not start`,
				`error: HorizontalPodAutoscaler shop/shop: spec.metrics[0]: requests metric "http_requests_per_second" of pods, which no adapter rule serves; rules[0] of ConfigMap monitoring/adapter-config serves it, but no adapter in the input mounts the ConfigMap`,
			},
		},
		{
			name: "no volume", manifests: rules + adapterPod("--config=/etc/adapter/config.yaml", "{name: confg, mountPath: /etc/adapter}", "{name: config, configMap: {name: adapter-config}}"),
			want: []string{`error: Deployment monitoring/metrics-adapter: spec.template.spec.containers[0].volumeMounts: mounts volume "confg", which the pod does not have; did you mean "config"?`},
		},
		{
			name: "no key", manifests: rules + adapterPod("--config=/etc/adapter/confg.yaml", "{name: config, mountPath: /etc/adapter}", "{name: config, configMap: {name: adapter-config}}"),
			want: []string{`error: Deployment monitoring/metrics-adapter: spec.template.spec.volumes[0].configMap: mounts ConfigMap "adapter-config", which has no key "confg.yaml", the file of --config=/etc/adapter/confg.yaml; the adapter does not start; did you mean "config.yaml"?`},
		},
		{
			name: "no item", manifests: rules + adapterPod("--config=/etc/adapter/config.yaml", "{name: config, mountPath: /etc/adapter}", "{name: config, configMap: {name: adapter-config, items: [{key: config.yaml, path: rules.yaml}]}}"),
			want: []string{`error: Deployment monitoring/metrics-adapter: spec.template.spec.volumes[0].configMap.items: puts no key at path "config.yaml", which --config=/etc/adapter/config.yaml requires; the adapter does not start`},
		},
		{
			name: "another name", manifests: rules + adapterPod("--config=/etc/adapter/config.yaml", "{name: config, mountPath: /etc/adapter}", "{name: config, configMap: {name: adapter-confg}}"),
			want: []string{`warning: Deployment monitoring/metrics-adapter: spec.template.spec.volumes[0].configMap.name: refers to ConfigMap "adapter-confg", which is not in the input, while adapter-config contains rules that no adapter in the input reads; did you mean "adapter-config"?`},
		},
		{name: "a ConfigMap that is elsewhere", manifests: shop + perSecond + adapterPod("--config=/etc/adapter/config.yaml", "{name: config, mountPath: /etc/adapter}", "{name: config, configMap: {name: adapter-config}}")},
		{name: "a Secret", manifests: shop + perSecond + adapterPod("--config=/etc/adapter/config.yaml", "{name: config, mountPath: /etc/adapter}", "{name: config, secret: {secretName: adapter-config}}")},
		{
			name: "another namespace", manifests: configured("rules:"+rate) + `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: adapter, namespace: metrics}
spec:
  selector: {matchLabels: {app: adapter}}
  template:
    metadata: {labels: {app: adapter}}
    spec:
      containers: [{name: adapter, image: example/mine, args: [--prometheus-url=http://p, --config=/c/config.yaml], volumeMounts: [{name: c, mountPath: /c}]}]
      volumes: [{name: c, configMap: {name: adapter-config}}]
`,
			want: []string{`error: Deployment metrics/adapter: spec.template.spec.volumes[0].configMap.name: refers to ConfigMap "adapter-config" in namespace "monitoring", but a pod can mount only ConfigMaps from its own namespace, "metrics"`},
		},
		{
			name: "API not registered", manifests: shop + asking(externalMetric("queue")) + configured(`
externalRules:
- seriesQuery: queue
  resources: {namespaced: false}
  metricsQuery: max(<<.Series>>{<<.LabelMatchers>>})`) + apiService("custom.metrics.k8s.io", "adapter") +
				adapterPod("--config=/etc/adapter/config.yaml", "{name: config, mountPath: /etc/adapter}", "{name: config, configMap: {name: adapter-config}}"),
			want: []string{`warning: HorizontalPodAutoscaler shop/shop: spec.metrics[0]: requests external metric "queue", but no APIService in the input registers external.metrics.k8s.io, while one registers custom.metrics.k8s.io; add one for v1beta1.external.metrics.k8s.io and Service adapter`},
		},
		{name: "a metric that is not described", manifests: shop + asking("{type: External}") + configured("rules:"+rate)},
		{name: "broken configurations have no metrics to miss", manifests: shop + asking(podsMetric("queue")) + configured("rules:\n- seriesqery: x")},
	})
}

// TestRuleMissingDropped has one monitor, which drops the series.
func TestRuleMissingDropped(t *testing.T) {
	monitored := func(relabeling string) string {
		return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers: [{name: server, image: example/shop:1, ports: [{name: metrics, containerPort: 8080}]}]
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: shop, namespace: shop}
spec:
  selector: {matchLabels: {app: shop}}
  podMetricsEndpoints: [{port: metrics, interval: 15s, metricRelabelings: [` + relabeling + `]}]
` + asking(podsMetric("http_requests_per_second")) + configured("rules:"+rate)
	}
	checkCases(t, model.RuleMissing, []ruleCase{
		{
			name: "dropped", manifests: monitored("{sourceLabels: [__name__], regex: go_.*, action: keep}"),
			want: []string{`error: HorizontalPodAutoscaler shop/shop: spec.metrics[0]: requests metric "http_requests_per_second" of pods, but its series http_requests_total is dropped by the metricRelabelings of PodMonitor shop/shop`},
		},
		{name: "kept", manifests: monitored("{sourceLabels: [__name__], regex: go_.*, action: drop}")},
		{name: "unreadable", manifests: monitored("{sourceLabels: [__name__], regex: '(', action: keep}")},
	})
}
