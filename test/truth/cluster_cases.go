package truth

// ClusterCases are changes of what all namespaces share: the stack, or the control plane itself. A cluster has one of them at
// a time. Each is judged by the sound manifests of its namespace.
var ClusterCases = []Case{
	{
		Name:   "prometheus-monitor-selector",
		Change: "the Prometheus selects monitors by another label",
		Edits:  []Edit{{"Prometheus/autoscaling", "  serviceMonitorSelector:\n    matchLabels:\n      app.kubernetes.io/managed-by: krm-fn\n", "  serviceMonitorSelector:\n    matchLabels:\n      release: prometheus\n"}},
		Errors: []string{"scrape/unselected"}, Cluster: Unknown,
	},
	{
		Name:   "prometheus-namespace-selector",
		Change: "the Prometheus selects namespaces by a label",
		Edits:  []Edit{{"Prometheus/autoscaling", "  serviceMonitorNamespaceSelector: {}\n", "  serviceMonitorNamespaceSelector:\n    matchLabels:\n      monitored: \"yes\"\n"}},
		Errors: []string{"scrape/unselected"}, Cluster: Unknown,
	},
	{
		Name:   "prometheus-role",
		Change: "the role of the Prometheus without endpointslices",
		Edits:  []Edit{{"ClusterRole/krm-fn-prometheus", "  - endpointslices\n", "  - ingresses\n"}},
		Errors: []string{"scrape/access"}, Cluster: Unknown,
	},
	{
		Name:    "prometheus-role-binding",
		Change:  "the role of the Prometheus bound to an account of another namespace",
		Edits:   []Edit{{"ClusterRoleBinding/krm-fn-prometheus", "  namespace: monitoring\n", "  namespace: default\n"}},
		Cluster: Unknown,
		Blind:   "an account may have its rights from a binding that is not among the manifests",
	},
	{
		Name:   "adapter-key",
		Change: "the rules under another key of the ConfigMap",
		Edits:  []Edit{{"ConfigMap", "  config.yaml: |", "  config.yml: |"}},
		Errors: []string{"rule/missing", "rule/missing"}, Cluster: Unknown,
	},
	{
		Name:   "adapter-series-query",
		Change: "a seriesQuery that is no selector",
		Edits:  []Edit{{"ConfigMap", `pod!=""}'`, `pod!=""'`}},
		Errors: []string{"rule/missing", "rule/query"}, Cluster: Unknown,
	},
	{
		Name:    "adapter-role",
		Change:  "the role of the adapter without pods",
		Edits:   []Edit{{"ClusterRole/krm-fn-prometheus-adapter", "  - pods\n", ""}},
		Cluster: Unknown,
		Blind:   "what the adapter may do is its own affair",
	},
	{
		Name:   "adapter-service",
		Change: "the API of the metrics served by a Service that does not exist",
		Edits: []Edit{
			{"APIService/v1beta1.custom.metrics.k8s.io", "    name: prometheus-adapter\n", "    name: adapter\n"},
			{"APIService/v1beta2.custom.metrics.k8s.io", "    name: prometheus-adapter\n", "    name: adapter\n"},
		},
		Cluster: Unknown,
		Blind:   "the API of the metrics is not followed to the adapter",
	},
	{
		Name:    "controller-role",
		Change:  "the role of the HorizontalPodAutoscaler controller without custom metrics",
		Cluster: Unknown,
		Blind:   "the role of the HorizontalPodAutoscaler controller is the cluster's own",
	},
}
