package check

import (
	"strings"
	"testing"

	"github.com/krm-fn/krm-fn/pkg/model"
)

func TestRuleLabels(t *testing.T) {
	perSecond := asking(podsMetric("load"))
	// with is a configuration of a rule for load, which is made from series.
	with := func(series, rest string) string {
		return configured("rules:\n- seriesQuery: " + series + "\n  name: {as: load}\n  " + rest)
	}
	const (
		both  = `resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}` + "\n  "
		query = `metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)`
		at    = `ConfigMap monitoring/adapter-config: data["config.yaml"].rules[0]: line 2: `
		gives = `error: ` + at + `serves metric "load" of pods, which HorizontalPodAutoscaler shop/shop requests, but `
	)
	const recorded = `---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: r, namespace: shop}
spec: {groups: [{name: g, rules: [{record: "shop:queue:sum", expr: sum(queue) by (queue), labels: {team: blue}}]}]}
`
	stateful := `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: shop, namespace: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: server, image: example/shop:1}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: shop}
  maxReplicas: 5
  metrics: [` + podsMetric("load") + `]
`
	// relabelled is a workload that is read through a PodMonitor with relabelings.
	relabelled := func(fields string) string {
		return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: server, image: example/shop:1, ports: [{name: metrics, containerPort: 8080}]}]}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: shop, namespace: shop}
spec:
  selector: {matchLabels: {app: shop}}
  podTargetLabels: [app]
  podMetricsEndpoints: [{port: metrics, interval: 15s, ` + fields + `}]
` + perSecond
	}
	checkCases(t, model.RuleLabels, []ruleCase{
		{name: "sound", manifests: shop + perSecond + with(`queue{pod!=""}`, both+query)},
		{name: "grouped by hand", manifests: shop + perSecond + with(`queue{pod!=""}`, both+`metricsQuery: sum(<<.Series>>) by (namespace, pod)`)},
		{name: "without other labels", manifests: shop + perSecond + with(`queue{pod!=""}`, both+`metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) without (code)`)},
		{name: "template", manifests: shop + perSecond + with(`queue{pod!=""}`, "resources: {template: <<.Resource>>}\n  "+query)},
		{name: "nobody asks", manifests: shop + with(`queue{pod!=""}`, `metricsQuery: sum(<<.Series>>)`)},
		{
			name: "no resources", manifests: shop + perSecond + with(`queue{pod!=""}`, query),
			want: []string{gives + `maps no label to pods; add it to resources.overrides, such as pod: {resource: "pod"}`},
		},
		{
			name: "no namespace", manifests: shop + perSecond + with(`queue{pod!=""}`, "resources: {overrides: {pod: {resource: pod}}}\n  "+query),
			want: []string{gives + `maps no label to the namespace; add it to resources.overrides, such as namespace: {resource: "namespace"}`},
		},
		{
			name: "no group", manifests: shop + perSecond + with(`queue{pod!=""}`, both+`metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>})`),
			want: []string{gives + `the result of its query sum(queue{namespace="shop",pod=~"pod-a|pod-b"}) has no label "pod", which the adapter requires to find the pods; aggregate by (<<.GroupBy>>)`},
		},
		{
			name: "joined with a total", manifests: shop + perSecond + with(`queue{pod!=""}`, both+`metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>) / sum(limit)`),
			want: []string{gives + `its query sum(queue{namespace="shop",pod=~"pod-a|pod-b"}) by (pod) / sum(limit) joins vectors of which only one has label "pod", so they never match; aggregate both by (<<.GroupBy>>)`},
		},
		{name: "joined with a total on nothing", manifests: shop + perSecond + with(`queue{pod!=""}`, both+`metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>) / on() group_left() sum(limit)`)},
		{
			name: "another namespace", manifests: shop + perSecond + with(`queue{pod!=""}`, both+`metricsQuery: sum(<<.Series>>{namespace="prod",<<.LabelMatchers>>}) by (<<.GroupBy>>)`),
			want: []string{gives + `its query sum(queue{namespace="prod",namespace="shop",pod=~"pod-a|pod-b"}) by (pod) selects namespace="prod" and namespace="shop" at once, which no series has`},
		},
		{name: "names of pods by expression", manifests: shop + perSecond + with(`queue{pod!=""}`, both+`metricsQuery: sum(<<.Series>>{pod=~"shop-.*",<<.LabelMatchers>>}) by (<<.GroupBy>>)`)},
		{
			name: "labels of another scrape configuration", manifests: shop + perSecond + with(`queue{kubernetes_pod_name!=""}`,
				"resources: {template: kubernetes_<<.Resource>>, overrides: {kubernetes_pod_name: {resource: pod}}}\n  "+query),
			want: []string{gives + `maps pods from label "kubernetes_pod_name", which the series queue do not have`},
		},
		{
			name: "namespace of another scrape configuration", manifests: shop + perSecond + with(`queue{kubernetes_namespace!=""}`,
				"resources: {overrides: {kubernetes_namespace: {resource: namespace}, pod: {resource: pod}}}\n  "+query),
			want: []string{
				`error: ` + at + `serves metric "load" of pods, which HorizontalPodAutoscaler shop/shop requests, but maps namespaces from label "kubernetes_namespace", which the series queue do not have`,
			},
		},
		{
			name: "labels of another scrape configuration that only the selectors name", manifests: shop + perSecond + with(`queue{kubernetes_name="shop"}`, both+`metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>,kubernetes_name="shop"}) by (<<.GroupBy>>)`),
			want: []string{
				`error: ConfigMap monitoring/adapter-config: data["config.yaml"].rules[0].seriesQuery: line 2: selects series with kubernetes_name="shop", but the series of the pods of HorizontalPodAutoscaler shop/shop have no such label`,
				`error: ConfigMap monitoring/adapter-config: data["config.yaml"].rules[0].metricsQuery: line 5: selects series with kubernetes_name="shop", but the series of the pods of HorizontalPodAutoscaler shop/shop have no such label`,
			},
		},
		{
			name: "a label that the pods may have", manifests: shop + perSecond + with(`queue{worker_pod!=""}`,
				"resources: {overrides: {namespace: {resource: namespace}, worker_pod: {resource: pod}}}\n  "+query),
		},
		{
			name: "stated labels", manifests: shop + perSecond + with(`queue{service="shop",job="shop-svc"}`, both+`metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>,container="app",endpoint="web"}) by (<<.GroupBy>>)`),
			want: []string{
				`error: ConfigMap monitoring/adapter-config: data["config.yaml"].rules[0].seriesQuery: line 2: selects series with service="shop", but the series of the pods of HorizontalPodAutoscaler shop/shop have service="shop-svc"`,
				`warning: ConfigMap monitoring/adapter-config: data["config.yaml"].rules[0].metricsQuery: line 5: selects series with container="app", but the series of the pods of HorizontalPodAutoscaler shop/shop have container="server"; this works only if the series come from another source`,
			},
		},
		{
			name: "two labels for one", manifests: shop + perSecond + with(`queue{pod!=""}`, "resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}, pod_name: {resource: pods}}}\n  "+query),
			want: []string{`warning: ConfigMap monitoring/adapter-config: data["config.yaml"].rules[0].resources.overrides: line 4: maps pod from both "pod" and "pod_name"; the adapter picks one arbitrarily each time it starts; keep one`},
		},
		{name: "pods of any namespace", manifests: shop + perSecond + with(`queue{pod!=""}`, both+`metricsQuery: sum(<<.Series>>) by (<<.GroupBy>>)`)},
		{
			name: "pods of any namespace that share their names", manifests: stateful + with(`queue{pod!=""}`, both+`metricsQuery: sum(<<.Series>>) by (<<.GroupBy>>)`),
			want: []string{`warning: ` + at + `does not use <<.LabelMatchers>>, so values of pods with the same names in other namespaces are mixed into those of StatefulSet shop/shop; add {<<.LabelMatchers>>}`},
		},
		{
			name: "dropped label", manifests: relabelled("relabelings: [{regex: pod, action: labeldrop}]") + with(`queue{pod!=""}`, both+query),
			want: []string{
				`error: ConfigMap monitoring/adapter-config: data["config.yaml"].rules[0]: line 2: serves metric "load" of pods, which HorizontalPodAutoscaler shop/shop requests, but maps pods from label "pod", which the series queue do not have`,
			},
		},
		{
			name: "renamed label", manifests: relabelled("relabelings: [{sourceLabels: [__meta_kubernetes_pod_name], targetLabel: kubernetes_pod_name}, {sourceLabels: [namespace], targetLabel: kubernetes_namespace, separator: '', replacement: $1}]") +
				with(`queue{kubernetes_pod_name!=""}`, "resources: {overrides: {kubernetes_namespace: {resource: namespace}, kubernetes_pod_name: {resource: pod}}}\n  "+query),
		},
		{
			name: "namespace rewritten", manifests: relabelled("relabelings: [{targetLabel: namespace, replacement: metrics}]") + with(`queue{pod!=""}`, both+query),
			want: []string{`error: ` + at + `finds series by label "namespace", which PodMonitor shop/shop sets to "metrics", not to the namespace of HorizontalPodAutoscaler shop/shop`},
		},
		{name: "relabelings that cannot be followed", manifests: relabelled("relabelings: [{action: oops}]") + with(`queue{kubernetes_pod_name!=""}`, "resources: {overrides: {namespace: {resource: namespace}, kubernetes_pod_name: {resource: pod}}}\n  "+query)},
		{
			name: "label of a Service", manifests: relabelled("") + with(`queue{service!="",job="shop/shop"}`, both+query),
			want: []string{`warning: ConfigMap monitoring/adapter-config: data["config.yaml"].rules[0].seriesQuery: line 2: selects series with service!="", but the pods of HorizontalPodAutoscaler shop/shop are scraped through PodMonitors, which add no label "service"`},
		},
		{
			name: "nothing states a namespace", manifests: strings.ReplaceAll(relabelled(""), ", namespace: shop", "") + with(`queue{job="shop/shop"}`, both+`metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>,namespace="prod"}) by (<<.GroupBy>>)`),
		},
		{name: "label of the pods", manifests: relabelled("honorLabels: true") + with(`queue{app="shop"}`, both+`metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>,job="any"}) by (<<.GroupBy>>)`)},
		{name: "metric of the namespace", manifests: shop + asking(objectMetric("load", "{apiVersion: v1, kind: Namespace, name: shop}")) + with(`queue{pod!=""}`, "resources: {overrides: {namespace: {resource: namespace}}}\n  "+query)},
		{
			name: "metric of the Service that is read", manifests: shop + asking(objectMetric("load", "{apiVersion: v1, kind: Service, name: shop-svc}")) + with(`queue{pod!=""}`, "resources: {template: <<.Resource>>}\n  "+query),
		},
		{
			name: "metric of another Service", manifests: shop + asking(objectMetric("load", "{kind: Service, name: shop}")) + with(`queue{pod!=""}`, "resources: {template: <<.Resource>>}\n  "+query),
			want: []string{`warning: ` + at + `serves metric "load" of services, which HorizontalPodAutoscaler shop/shop requests for Service "shop", but no monitor in the input scrapes pods through that Service`},
		},
		{
			name: "metric of a custom resource with a name of its own", manifests: shop + asking(objectMetric("load", "{apiVersion: example.com/v1, kind: Box, name: shop}")) +
				with(`queue{box!=""}`, "resources: {overrides: {namespace: {resource: namespace}, box: {group: example.com, resource: box}}}\n  "+query) + `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boxen.example.com}
spec: {group: example.com, scope: Cluster, names: {kind: Box, plural: boxen}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: nameless}
spec: {group: example.com}
`,
		},
		{
			name: "recorded for no pod", manifests: shop + perSecond + with(`"shop:queue:sum"`, both+query) + recorded,
			want: []string{gives + `maps pods from label "pod", which the series shop:queue:sum do not have`},
		},
		{
			name: "recorded for no namespace", manifests: shop + asking(externalMetric("load")) + configured("externalRules: [{seriesQuery: 'shop:queue:sum', name: {as: load}, resources: {template: <<.Resource>>}, metricsQuery: 'max(<<.Series>>{<<.LabelMatchers>>})'}]") + recorded,
			want: []string{`error: ConfigMap monitoring/adapter-config: data["config.yaml"].externalRules[0].metricsQuery: line 1: selects series shop:queue:sum with namespace="shop", but the recording rule of shop:queue:sum adds no such label`},
		},
		{name: "recorded with the namespace of its rule", manifests: shop + asking(externalMetric("load")) + configured("externalRules: [{seriesQuery: 'shop:queue:sum', name: {as: load}, resources: {template: <<.Resource>>}, metricsQuery: 'max(<<.Series>>{<<.LabelMatchers>>})'}]") + recorded + `---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: p, namespace: shop}
spec: {enforcedNamespaceLabel: namespace, serviceMonitorSelector: {}}
`},
		{
			name: "metric of a node", manifests: shop + asking(objectMetric("load", "{apiVersion: v1, kind: Node, name: n}")) + with(`queue{pod!=""}`, "resources: {template: <<.Resource>>}\n  "+query),
			want: []string{`error: ` + at + `serves metric "load" of nodes, which HorizontalPodAutoscaler shop/shop requests, but serves a metric of nodes, which are not namespaced, but an HPA queries its own namespace`},
		},
		{
			name: "metric of an ingress by pods", manifests: shop + asking(objectMetric("load", "{apiVersion: networking.k8s.io/v1, kind: Ingress, name: shop}")) + with(`queue{pod!=""}`, both+query),
			want: []string{`error: ` + at + `serves metric "load" of ingresses.networking.k8s.io, which HorizontalPodAutoscaler shop/shop requests, but maps no label to ingresses.networking.k8s.io; add it to resources.overrides, such as ingress: {resource: "ingress"}`},
		},
		{
			name: "metric of a custom resource", manifests: shop + asking(objectMetric("load", "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: shop}")) +
				with(`queue{rollout!=""}`, "resources: {overrides: {namespace: {resource: namespace}, rollout: {group: argoproj.io, resource: rollout}}}\n  "+query),
		},
		{
			name: "general rule beside one that maps nothing", manifests: shop + asking(podsMetric("http_requests_per_second")), in: values(`
rules:
  custom:
  - seriesQuery: http_requests_total{pod!=""}
    resources: {overrides: {namespace: {resource: namespace}}}
    name: {as: http_requests_per_second}
    metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)`),
			want: []string{`error: values.yaml: rules.custom[0]: line 3: serves metric "http_requests_per_second" of pods, which HorizontalPodAutoscaler shop/shop requests, but maps no label to pods; add it to resources.overrides, such as pod: {resource: "pod"}`},
		},
		{
			name: "external metric of another namespace", manifests: shop + asking(externalMetric("load")) + configured(`
externalRules:
- seriesQuery: queue{namespace="mq"}
  resources: {overrides: {namespace: {resource: namespace}}}
  name: {as: load}
  metricsQuery: max(<<.Series>>{<<.LabelMatchers>>})`),
			want: []string{`error: ConfigMap monitoring/adapter-config: data["config.yaml"].externalRules[0]: line 2: selects series with namespace="mq", but external metrics are queried in the namespace of the HPA, "shop"; add resources: {namespaced: false} to query all namespaces`},
		},
		{name: "external metric of all namespaces", manifests: shop + asking(externalMetric("load")) + configured(`
externalRules:
- seriesQuery: queue{namespace="mq"}
  resources: {namespaced: false}
  name: {as: load}
  metricsQuery: max(<<.Series>>{<<.LabelMatchers>>})`)},
		{name: "external metric of its namespace", manifests: shop + asking(externalMetric("load")) + configured(`
externalRules:
- seriesQuery: queue{namespace!=""}
  resources: {template: <<.Resource>>}
  name: {as: load}
  metricsQuery: max(<<.Series>>{<<.LabelMatchers>>})`)},
		{
			name: "buckets without le", manifests: shop + perSecond + with(`queue_bucket{pod!=""}`, both+`metricsQuery: histogram_quantile(0.9, sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>))`),
			want: []string{gives + `histogram_quantile(0.9, sum by (pod) (rate(queue_bucket{namespace="shop",pod=~"pod-a|pod-b"}[2m]))) in its query gets buckets without label "le", so it returns no value; aggregate by (le, <<.GroupBy>>)`},
		},
		{name: "buckets with le", manifests: shop + perSecond + with(`queue_bucket{pod!=""}`, both+`metricsQuery: histogram_quantile(0.9, sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (le, <<.GroupBy>>))`)},
		{name: "a native histogram", manifests: shop + perSecond + with(`queue{pod!=""}`, both+`metricsQuery: histogram_quantile(0.9, sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>))`)},
		{
			name: "rate of a sum", manifests: shop + perSecond + with(`queue{pod!=""}`, both+`metricsQuery: rate(sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)[2m:15s])`),
			want: []string{`warning: ConfigMap monitoring/adapter-config: data["config.yaml"].rules[0].metricsQuery: line 5: expands to rate(sum(queue{namespace="shop",pod=~"pod-a|pod-b"}) by (pod)[2m:15s]), whose rate of a sum is too high whenever one counter restarts; apply it to the series, and sum the results`},
		},
		{name: "rate of a rate", manifests: shop + perSecond + with(`queue{pod!=""}`, both+`metricsQuery: sum(rate(rate(<<.Series>>{<<.LabelMatchers>>}[2m])[5m:1m])) by (<<.GroupBy>>)`)},
		{
			name: "fewer series than pods", manifests: shop + perSecond + with(`queue{pod!=""}`, both+`metricsQuery: (topk(3, sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)))`),
			want: []string{`warning: ` + at + `serves metric "load" of pods, which HorizontalPodAutoscaler shop/shop requests, but its query returns at most 3 series, so other pods have no value with up to 5 replicas`},
		},
		{name: "as many series as pods", manifests: shop + perSecond + with(`queue{pod!=""}`, both+`metricsQuery: topk(5, sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>))`)},
		{name: "a limit for each pod", manifests: shop + perSecond + with(`queue{pod!=""}`, both+`metricsQuery: topk(1, <<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)`)},
		{
			name: "selector that the query ignores", manifests: shop + asking(`{type: Pods, pods: {metric: {name: load, selector: {matchLabels: {verb: GET}}}, target: {type: AverageValue, averageValue: 1}}}`) + with(`queue{pod!=""}`, both+`metricsQuery: sum(<<.Series>>) by (<<.GroupBy>>)`),
			want: []string{`error: ConfigMap monitoring/adapter-config: data["config.yaml"].rules[0].metricsQuery: line 5: does not use <<.LabelMatchers>>, so it ignores the selector for verb that HorizontalPodAutoscaler shop/shop sets for metric "load" of pods; add {<<.LabelMatchers>>}`},
		},
		{name: "selector that the query uses", manifests: shop + asking(`{type: Pods, pods: {metric: {name: load, selector: {matchLabels: {verb: GET}}}, target: {type: AverageValue, averageValue: 1}}}`) + with(`queue{pod!=""}`, both+query)},
		{
			name: "a former label of the kubelet", manifests: shop + perSecond + with(`container_cpu_usage_seconds_total`, "resources: {overrides: {namespace: {resource: namespace}, pod_name: {resource: pod}}}\n  "+query),
			want: []string{`warning: ` + at + `maps label "pod_name", which the kubelet replaced with "pod" in Kubernetes 1.16; map "pod", unless your Prometheus adds the old label`},
		},
		{name: "that label in an old cluster", in: Input{Minor: 15}, manifests: shop + perSecond + with(`container_cpu_usage_seconds_total`, "resources: {overrides: {namespace: {resource: namespace}, pod_name: {resource: pod}}}\n  "+query)},
		{name: "unreadable query", manifests: shop + perSecond + with(`queue{pod!=""}`, both+`metricsQuery: sum(`)},
		{name: "failing template", manifests: shop + perSecond + with(`queue{pod!=""}`, both+`metricsQuery: <<.Oops>>`), want: []string{
			gives + `cannot build a query for it: template: metrics-query:1:2: executing "metrics-query" at <.Oops>: can't evaluate field Oops in type naming.queryTemplateArgs`,
		}},
	})
}
