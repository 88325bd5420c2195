package truth

// ClusterCases are changes of what all namespaces share: the stack, or the control plane itself. A cluster has one of them at
// a time. The valid manifests in its namespace show its effect.
var ClusterCases = []Case{
	{
		Name:   "prometheus-monitor-selector",
		Change: "the Prometheus object selects monitors by another label",
		Edits: []Edit{{
			"Prometheus/autoscaling",
			"  serviceMonitorSelector:\n    matchLabels:\n      app.kubernetes.io/managed-by: krm-fn\n",
			"  serviceMonitorSelector:\n    matchLabels:\n      release: prometheus\n",
		}},
		Errors: []string{"scrape/unselected"}, Cluster: Unknown,
	},
	{
		Name:   "prometheus-namespace-selector",
		Change: "the Prometheus object selects namespaces by a label",
		Edits: []Edit{{
			"Prometheus/autoscaling", "  serviceMonitorNamespaceSelector: {}\n",
			"  serviceMonitorNamespaceSelector:\n    matchLabels:\n      monitored: \"yes\"\n",
		}},
		Errors: []string{"scrape/unselected"}, Cluster: Unknown,
	},
	{
		Name:   "prometheus-role",
		Change: "the role of Prometheus without endpointslices",
		Edits:  []Edit{{"ClusterRole/krm-fn-prometheus", "  - endpointslices\n", "  - ingresses\n"}},
		Errors: []string{"scrape/access"}, Cluster: Unknown,
	},
	{
		Name:    "prometheus-role-binding",
		Change:  "the role of Prometheus bound to a ServiceAccount of another namespace",
		Edits:   []Edit{{"ClusterRoleBinding/krm-fn-prometheus", "  namespace: monitoring\n", "  namespace: default\n"}},
		Cluster: Unknown,
		Blind:   "a ServiceAccount can have permissions from a binding that is not in the manifests",
	},
	{
		Name:   "adapter-key",
		Change: "the rules under another key of the ConfigMap",
		Edits:  []Edit{{"ConfigMap", "  config.yaml: |", "  config.yml: |"}},
		Errors: []string{"rule/missing", "rule/missing"}, Cluster: Unknown,
	},
	{
		Name:   "adapter-series-query",
		Change: "a seriesQuery that is not a selector",
		Edits:  []Edit{{"ConfigMap", `pod!=""}'`, `pod!=""'`}},
		Errors: []string{"rule/missing", "rule/query"}, Cluster: Unknown,
	},
	{
		Name:   "adapter-max-age",
		Change: "--metrics-max-age is less than --metrics-relist-interval",
		Edits:  []Edit{{"Deployment/prometheus-adapter", "--metrics-relist-interval=30s", "--metrics-max-age=10s\n        - --metrics-relist-interval=30s"}},
		Errors: []string{"rule/missing"}, Cluster: Unknown,
	},
	{
		Name:   "adapter-flag",
		Change: "a flag of an older adapter",
		Edits:  []Edit{{"Deployment/prometheus-adapter", "--metrics-relist-interval=30s", "--logtostderr=true\n        - --metrics-relist-interval=30s"}},
		Errors: []string{"rule/missing"}, Cluster: Unknown,
	},
	{
		Name:   "adapter-url-scheme",
		Change: "--prometheus-url without a scheme",
		Edits:  []Edit{{"Deployment/prometheus-adapter", "--prometheus-url=http://", "--prometheus-url="}},
		Errors: []string{"rule/missing"}, Cluster: Unknown,
	},
	{
		Name:   "adapter-role",
		Change: "the role of the adapter without pods",
		Edits:  []Edit{{"ClusterRole/krm-fn-prometheus-adapter", "  - pods\n", ""}},
		Errors: []string{"api/access"}, Cluster: Unknown,
	},
	{
		Name:   "adapter-delegator",
		Change: "the adapter is not allowed to check what its callers are allowed to do",
		Edits: []Edit{{
			"ClusterRoleBinding/krm-fn-prometheus-adapter-auth-delegator", "  name: prometheus-adapter\n", "  name: adapter\n",
		}},
		Errors: []string{"api/access"}, Cluster: Unknown,
	},
	{
		Name:   "adapter-reader",
		Change: "the adapter is not allowed to read which clients may call it",
		Edits:  []Edit{{"RoleBinding/krm-fn-prometheus-adapter-auth-reader", "  name: prometheus-adapter\n", "  name: adapter\n"}},
		Errors: []string{"api/access"}, Cluster: Unknown,
	},
	{
		Name:   "adapter-api",
		Change: "the metrics API served by a Service that does not exist",
		Edits: []Edit{
			{"APIService/v1beta1.custom.metrics.k8s.io", "    name: prometheus-adapter\n", "    name: adapter\n"},
			{"APIService/v1beta2.custom.metrics.k8s.io", "    name: prometheus-adapter\n", "    name: adapter\n"},
		},
		Errors: []string{"api/service", "api/service"}, Cluster: Unknown,
	},
	{
		Name:   "adapter-certificate",
		Change: "the metrics API served with a certificate that no CA has signed",
		Edits: []Edit{
			{"APIService/v1beta1.custom.metrics.k8s.io", "  insecureSkipTLSVerify: true\n", ""},
			{"APIService/v1beta2.custom.metrics.k8s.io", "  insecureSkipTLSVerify: true\n", ""},
		},
		Errors: []string{"api/service", "api/service"}, Cluster: Unknown,
	},
	{
		Name:   "adapter-port",
		Change: "the Service of the adapter with a targetPort on which nothing listens",
		Edits:  []Edit{{"Service/prometheus-adapter", "    targetPort: https\n", "    targetPort: 443\n"}},
		Errors: []string{"api/service"}, Cluster: Unknown,
	},
	{
		Name:    "adapter-port-number",
		Change:  "the Service of the adapter with the number of the targetPort",
		Edits:   []Edit{{"Service/prometheus-adapter", "    targetPort: https\n", "    targetPort: 6443\n"}},
		Cluster: Reads,
	},
	{
		Name:    "controller-role",
		Change:  "the role of the HorizontalPodAutoscaler controller without custom metrics",
		Cluster: Unknown,
		Blind:   "the cluster defines the role of the HorizontalPodAutoscaler controller",
	},
}
