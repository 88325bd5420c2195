package truth

// ClusterCases are changes of what all namespaces share: the stack, or the control plane itself. A cluster has one of them at
// a time. Each is judged by the sound manifests of its namespace.
var ClusterCases = []Case{
	{
		Name:   "prometheus-monitor-selector",
		Edits:  []Edit{{"Prometheus/autoscaling", "  serviceMonitorSelector:\n    matchLabels:\n      app.kubernetes.io/managed-by: krm-fn\n", "  serviceMonitorSelector:\n    matchLabels:\n      release: prometheus\n"}},
		Errors: []string{"scrape/unselected"}, Cluster: Unknown,
	},
	{
		Name:   "prometheus-namespace-selector",
		Edits:  []Edit{{"Prometheus/autoscaling", "  serviceMonitorNamespaceSelector: {}\n", "  serviceMonitorNamespaceSelector:\n    matchLabels:\n      monitored: \"yes\"\n"}},
		Errors: []string{"scrape/unselected"}, Cluster: Unknown,
	},
	{
		Name:   "prometheus-role",
		Edits:  []Edit{{"ClusterRole/krm-fn-prometheus", "  - endpointslices\n", "  - ingresses\n"}},
		Errors: []string{"scrape/access"}, Cluster: Unknown,
	},
	{
		Name:    "prometheus-role-binding",
		Edits:   []Edit{{"ClusterRoleBinding/krm-fn-prometheus", "  namespace: monitoring\n", "  namespace: default\n"}},
		Cluster: Unknown,
		Blind:   "an account may have its rights from a binding that is not among the manifests",
	},
	{
		Name:   "adapter-key",
		Edits:  []Edit{{"ConfigMap", "  config.yaml: |", "  config.yml: |"}},
		Errors: []string{"rule/missing", "rule/missing"}, Cluster: Unknown,
	},
	{
		Name:   "adapter-series-query",
		Edits:  []Edit{{"ConfigMap", `pod!=""}'`, `pod!=""'`}},
		Errors: []string{"rule/query"}, Cluster: Unknown,
	},
	{
		Name:    "adapter-role",
		Edits:   []Edit{{"ClusterRole/krm-fn-prometheus-adapter", "  - pods\n", ""}},
		Cluster: Unknown,
		Blind:   "what the adapter may do is its own affair",
	},
	{
		Name:    "adapter-service",
		Edits:   []Edit{{"APIService/v1beta2.custom.metrics.k8s.io", "    name: prometheus-adapter\n", "    name: adapter\n"}},
		Cluster: Unknown,
		Blind:   "the API of the metrics is not followed to the adapter",
	},
	{
		Name:    "controller-role",
		Cluster: Unknown,
		Blind:   "the role of the HorizontalPodAutoscaler controller is the cluster's own",
	},
}
