package truth

import (
	"slices"
	"strings"
)

// Cases are changes within a namespace: many of them share a cluster.
var Cases = slices.Concat(scalerAndRuleCases, scrapeCases)

var scalerAndRuleCases = []Case{
	{Name: "sound", Change: "nothing", Cluster: Reads},

	// The HorizontalPodAutoscaler.
	{
		Name:   "target-name",
		Change: "scaleTargetRef names no Deployment",
		Edits:  []Edit{{"HorizontalPodAutoscaler", "    name: products-privatejet\n", "    name: products-privatjet\n"}},
		Errors: []string{"hpa/target"}, Cluster: Unknown,
	},
	{
		Name:   "target-version",
		Change: "scaleTargetRef: extensions/v1beta1, which was removed",
		Edits:  []Edit{{"HorizontalPodAutoscaler", "apiVersion: apps/v1", "apiVersion: extensions/v1beta1"}},
		Errors: []string{"hpa/target"}, Cluster: Unknown,
	},
	{
		Name:    "target-kind",
		Change:  "scaleTargetRef: the kind in lower case",
		Edits:   []Edit{{"HorizontalPodAutoscaler", "    kind: Deployment\n", "    kind: deployment\n"}},
		Cluster: Reads,
	},
	{
		Name:   "metadata",
		Change: "a finalizer whose name is not valid",
		Edits:  []Edit{{"HorizontalPodAutoscaler", "metadata:\n", "metadata:\n  finalizers:\n  - not valid\n"}},
		Errors: []string{"hpa/metadata"}, Cluster: Refused,
	},
	{
		Name:   "behavior",
		Change: "a stabilization window of more than an hour",
		Edits: []Edit{{
			"HorizontalPodAutoscaler", "spec:\n", "spec:\n  behavior:\n    scaleDown:\n      stabilizationWindowSeconds: 7200\n",
		}},
		Errors: []string{"hpa/behavior"}, Cluster: Refused,
	},
	{
		Name:   "bounds",
		Change: "minReplicas above maxReplicas",
		Edits:  []Edit{{"HorizontalPodAutoscaler", "minReplicas: 1", "minReplicas: 7"}},
		Errors: []string{"hpa/bounds"}, Cluster: Refused,
	},
	{
		Name:   "api-version",
		Change: "autoscaling/v2beta2, which was removed",
		Edits:  []Edit{{"HorizontalPodAutoscaler", "apiVersion: autoscaling/v2", "apiVersion: autoscaling/v2beta2"}},
		Errors: []string{"hpa/version"}, Cluster: Refused,
	},
	{
		Name:   "metric-name",
		Change: "the metric of the HorizontalPodAutoscaler misspelled",
		Edits:  []Edit{{"HorizontalPodAutoscaler", "_total_per_second", "_totals_per_second"}},
		Errors: []string{"rule/missing"}, Cluster: Unknown,
	},
	{
		Name:   "metric-target-type",
		Change: "a Pods metric with a Value",
		Edits: []Edit{{
			"HorizontalPodAutoscaler", "type: AverageValue\n        averageValue: 100m", "type: Value\n        value: 100m",
		}},
		Errors: []string{"hpa/metric", "hpa/metric"}, Cluster: Refused,
	},
	{
		Name:   "metric-target-contradiction",
		Change: "a Pods metric with the target type Value and an averageValue",
		Edits: []Edit{{
			"HorizontalPodAutoscaler", "type: AverageValue\n        averageValue: 100m", "type: Value\n        averageValue: 100m",
		}},
		Warnings: []string{"hpa/metric"}, Cluster: Reads,
	},
	{
		Name:   "metric-path",
		Change: "a metric whose name contains a slash",
		Edits:  []Edit{{"HorizontalPodAutoscaler", "_total_per_second\n", "_total/per_second\n"}},
		Errors: []string{"hpa/metric"}, Cluster: Refused,
	},
	{
		Name:   "metric-resource-name",
		Change: "a Resource that nothing measures",
		Edits:  []Edit{{"HorizontalPodAutoscaler", "name: cpu", "name: network"}},
		Errors: []string{"hpa/request", "hpa/metric"}, Cluster: Unknown,
	},
	{
		Name:   "metric-selector",
		Change: "the metric narrowed by a label that the series have",
		Edits: []Edit{{
			"HorizontalPodAutoscaler", "_total_per_second\n",
			"_total_per_second\n        selector:\n          matchLabels:\n            http_method: GET\n",
		}},
		Cluster: Reads,
	},
	{
		Name:   "metric-selector-of-nothing",
		Change: "the metric narrowed by a value that no series has",
		Edits: []Edit{{
			"HorizontalPodAutoscaler", "_total_per_second\n",
			"_total_per_second\n        selector:\n          matchLabels:\n            http_method: BREW\n",
		}},
		Cluster: Unknown,
		Blind:   "the program sets the values of labels",
	},
	{
		Name:   "cpu-request",
		Change: "no CPU request",
		Edits:  []Edit{{"Deployment", "            cpu: 150m\n", ""}, {"Deployment", "            cpu: 300m\n", ""}},
		Errors: []string{"hpa/request"}, Cluster: Unknown,
	},
	{
		Name:    "cpu-request-from-limit",
		Change:  "no CPU request, but a CPU limit, which becomes the request",
		Edits:   []Edit{{"Deployment", "            cpu: 150m\n", ""}},
		Cluster: Reads,
	},
	{
		Name:     "replicas",
		Change:   "spec.replicas in addition to a HorizontalPodAutoscaler",
		Edits:    []Edit{{"Deployment", "spec:\n  selector:", "spec:\n  replicas: 1\n  selector:"}},
		Warnings: []string{"hpa/replicas"}, Cluster: Reads,
	},
	{
		Name:   "two-scalers",
		Change: "a second HorizontalPodAutoscaler on the Deployment",
		Edits: []Edit{{"Service", "apiVersion: v1", `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: by-cpu
  namespace: two-scalers
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: products-privatejet
  maxReplicas: 3
  metrics:
  - type: Resource
    resource:
      name: cpu
      target:
        type: Utilization
        averageUtilization: 50
---
apiVersion: v1`}},
		Errors: []string{"hpa/overlap", "hpa/overlap"}, Cluster: Unknown,
	},
	{
		Name:   "overlapping-selectors",
		Change: "another scaled Deployment whose selector matches the pods",
		Edits: []Edit{{"Service", "apiVersion: v1", `apiVersion: apps/v1
kind: Deployment
metadata:
  name: canary
  namespace: overlapping-selectors
spec:
  selector:
    matchLabels:
      app: products-backend
  template:
    metadata:
      labels:
        app: products-backend
        krm-fn.dev/workload: products-privatejet
    spec:
      containers:
      - name: canary
        image: registry.example.com/canary:v1
        resources:
          requests:
            cpu: 100m
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: canary
  namespace: overlapping-selectors
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: canary
  maxReplicas: 3
  metrics:
  - type: Resource
    resource:
      name: cpu
      target:
        type: Utilization
        averageUtilization: 50
---
apiVersion: v1`}},
		Errors: []string{"hpa/overlap", "hpa/overlap"}, Cluster: Unknown,
	},

	// The rule of the adapter.
	{
		Name:   "rule-regex",
		Change: "name.matches of the rule misspelled",
		Edits:  []Edit{{"ConfigMap", "matches: ^rule_regex_http_requests_total$", "matches: ^rule_regex_http_request_total$"}},
		Errors: []string{"rule/missing"}, Cluster: Unknown,
	},
	{
		Name:    "rule-regex-loose",
		Change:  "name.matches without the whole name",
		Edits:   []Edit{{"ConfigMap", "matches: ^rule_regex_loose_http_requests_total$", "matches: ^(.*)_total$"}},
		Cluster: Reads,
	},
	{
		Name:   "rule-as",
		Change: "name.as of the rule misspelled",
		Edits:  []Edit{{"ConfigMap", "as: rule_as_http_requests_total_per_second", "as: rule_as_http_requests_per_second"}},
		Errors: []string{"rule/missing"}, Cluster: Unknown,
	},
	{
		Name:   "rule-as-group",
		Change: "name.as with a capture group of name.matches",
		Edits: []Edit{
			{"ConfigMap", "matches: ^rule_as_group_http_requests_total$", "matches: ^(.*)_total$"},
			{"ConfigMap", "as: rule_as_group_http_requests_total_per_second", `as: ${1}_total_per_second`},
		},
		Cluster: Reads,
	},
	{
		Name:   "rule-series",
		Change: "seriesQuery of the rule misspelled",
		Edits:  []Edit{{"ConfigMap", `__name__="rule_series_http_requests_total"`, `__name__="rule_series_http_request_total"`}},
		Errors: []string{"rule/missing"}, Cluster: Unknown,
	},
	{
		Name:    "rule-series-all-labels",
		Change:  "seriesQuery without namespace and pod",
		Edits:   []Edit{{"ConfigMap", `,namespace!="",pod!=""}'`, `}'`}},
		Cluster: Reads,
	},
	{
		Name:   "rule-no-pod",
		Change: "no override for pod",
		Edits:  []Edit{{"ConfigMap", "          pod:\n            resource: pod\n", ""}},
		Errors: []string{"rule/labels"}, Cluster: Unknown,
	},
	{
		Name:   "rule-no-namespace",
		Change: "no override for namespace",
		Edits:  []Edit{{"ConfigMap", "          namespace:\n            resource: namespace\n", ""}},
		Errors: []string{"rule/labels"}, Cluster: Unknown,
	},
	{
		Name:   "rule-template",
		Change: "resources.template instead of overrides",
		Edits: []Edit{{
			"ConfigMap",
			"        overrides:\n          namespace:\n            resource: namespace\n" +
				"          pod:\n            resource: pod\n",
			"        template: <<.Resource>>\n",
		}},
		Cluster: Reads,
	},
	{
		Name:    "rule-label-matchers",
		Change:  "metricsQuery without <<.LabelMatchers>>",
		Edits:   []Edit{{"ConfigMap", "{<<.LabelMatchers>>}", ""}},
		Cluster: Reads,
	},
	{
		Name:   "rule-group-by",
		Change: "metricsQuery without <<.GroupBy>>",
		Edits:  []Edit{{"ConfigMap", " by (<<.GroupBy>>)", ""}},
		Errors: []string{"rule/labels"}, Cluster: Unknown,
	},
	{
		Name:   "rule-query",
		Change: "metricsQuery is not valid PromQL",
		Edits:  []Edit{{"ConfigMap", "sum(rate(", "sum(rate(("}},
		Errors: []string{"rule/query"}, Cluster: Unknown,
	},
	{
		Name:   "rule-window-short",
		Change: "a rate over less than a scrape interval",
		Edits:  []Edit{{"ConfigMap", "[1m]", "[10s]"}},
		Errors: []string{"rule/window"}, Cluster: Unknown,
	},
	{
		Name:     "rule-window-tight",
		Change:   "a rate over three scrape intervals",
		Edits:    []Edit{{"ConfigMap", "[1m]", "[45s]"}},
		Warnings: []string{"rule/window"}, Cluster: Reads,
	},
	{
		Name:     "rule-twice",
		Change:   "another rule for the metric, before the intended rule",
		Edits:    []Edit{{"ConfigMap", "    rules:\n", "    rules:\n" + another("rule_twice")}},
		Warnings: []string{"rule/ambiguous"}, Cluster: Reads,
	},
	{
		Name:     "rule-twice-other-last",
		Change:   "another rule for the metric, after the intended rule",
		Edits:    []Edit{{"ConfigMap", "by (<<.GroupBy>>)\n", "by (<<.GroupBy>>)\n" + another("rule_twice_other_last")}},
		Warnings: []string{"rule/ambiguous"}, Cluster: Misreads,
		Blind: "the manifests do not say which of the two rules is intended",
	},
}

// another is a rule that serves the metric of a case, a fifth higher, at which nothing scales yet.
func another(name string) string {
	return strings.ReplaceAll(`    - seriesQuery: '{__name__="NAME_http_requests_total",namespace!="",pod!=""}'
      resources:
        overrides:
          namespace:
            resource: namespace
          pod:
            resource: pod
      name:
        matches: ^NAME_http_requests_total$
        as: NAME_http_requests_total_per_second
      metricsQuery: 1.2*sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)
`, "NAME", name)
}
