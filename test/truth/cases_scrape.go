package truth

// scrapeCases are about the way from the pods to Prometheus.
var scrapeCases = []Case{
	{
		Name:   "monitor-port",
		Change: "the port of the monitor misspelled",
		Edits:  []Edit{{"ServiceMonitor", "port: http-products", "port: http-product"}},
		Errors: []string{"scrape/port"}, Cluster: Unknown,
	},
	{
		Name:   "monitor-port-number",
		Change: "a number as the port of the monitor",
		Edits:  []Edit{{"ServiceMonitor", "port: http-products", `port: "80"`}},
		Errors: []string{"scrape/port"}, Cluster: Unknown,
	},
	{
		Name:    "monitor-target-port",
		Change:  "targetPort instead of port in the monitor",
		Edits:   []Edit{{"ServiceMonitor", "port: http-products", "targetPort: 8080"}},
		Cluster: Reads,
	},
	{
		Name:   "monitor-selector",
		Change: "the selector of the monitor misspelled",
		Edits:  []Edit{{"ServiceMonitor", "krm-fn.dev/metrics: products-privatejet", "krm-fn.dev/metrics: products"}},
		Errors: []string{"scrape/none"}, Cluster: Unknown,
	},
	{
		Name:   "monitor-label",
		Change: "the monitor without the label that the Prometheus object selects",
		Edits:  []Edit{{"ServiceMonitor", "    app.kubernetes.io/managed-by: krm-fn\n", ""}},
		Errors: []string{"scrape/unselected"}, Cluster: Unknown,
	},
	{
		Name:   "monitor-namespace",
		Change: "the monitor in another namespace",
		Edits:  []Edit{{"ServiceMonitor", "  namespace: monitor-namespace\n", "  namespace: monitoring\n"}},
		Errors: []string{"scrape/none"}, Cluster: Unknown,
	},
	{
		Name:   "monitor-namespace-selector",
		Change: "the monitor in another namespace, with a namespaceSelector",
		Edits: []Edit{
			{
				"ServiceMonitor", "  name: products-privatejet\n  namespace: monitor-namespace-selector\n",
				"  name: from-elsewhere\n  namespace: monitoring\n",
			},
			{
				"ServiceMonitor/from-elsewhere", "spec:\n",
				"spec:\n  namespaceSelector:\n    matchNames: [monitor-namespace-selector]\n",
			},
		},
		Cluster: Reads,
	},
	{
		Name:   "monitor-path",
		Change: "the path of the monitor misspelled",
		Edits:  []Edit{{"ServiceMonitor", "path: /metrics", "path: /metric"}},
		Errors: nil, Cluster: Unknown,
		Blind: "no manifest contains the path of the metrics of a program",
	},
	{
		Name:   "monitor-drops-series",
		Change: "the monitor drops the series",
		Edits: []Edit{{
			"ServiceMonitor", "    interval: 15s\n",
			"    interval: 15s\n    metricRelabelings:\n    - action: drop\n" +
				"      sourceLabels: [__name__]\n      regex: .*_http_requests_total\n",
		}},
		Errors: []string{"rule/missing"}, Cluster: Unknown,
	},
	{
		Name:   "monitor-drops-pod",
		Change: "the monitor drops the label pod",
		Edits: []Edit{{
			"ServiceMonitor", "    interval: 15s\n",
			"    interval: 15s\n    metricRelabelings:\n    - action: labeldrop\n      regex: pod\n",
		}},
		Errors: []string{"rule/labels"}, Cluster: Unknown,
	},
	{
		Name:   "monitor-drops-others",
		Change: "the monitor drops other series",
		Edits: []Edit{{
			"ServiceMonitor", "    interval: 15s\n",
			"    interval: 15s\n    metricRelabelings:\n    - action: drop\n      sourceLabels: [__name__]\n      regex: go_.*\n",
		}},
		Cluster: Reads,
	},
	{
		Name:   "pod-monitor",
		Change: "a PodMonitor instead of the ServiceMonitor",
		Edits: []Edit{{"ServiceMonitor", "", `apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: products-privatejet
  namespace: pod-monitor
  labels:
    app.kubernetes.io/managed-by: krm-fn
spec:
  selector:
    matchLabels:
      krm-fn.dev/workload: products-privatejet
  podMetricsEndpoints:
  - port: http-products
    interval: 15s
`}},
		Cluster: Reads,
	},
	{
		Name:   "no-monitor",
		Change: "no monitor",
		Edits:  []Edit{{Object: "ServiceMonitor"}},
		Errors: []string{"scrape/none"}, Cluster: Unknown,
	},
	{
		Name:   "service-label",
		Change: "the Service without the label that the monitor selects",
		Edits:  []Edit{{"Service", "    krm-fn.dev/metrics: products-privatejet\n", ""}},
		Errors: []string{"scrape/none"}, Cluster: Unknown,
	},
	{
		Name:   "service-twin",
		Change: "a headless Service with the same labels and port",
		Edits: []Edit{{"Service", "  type: ClusterIP\n", `  type: ClusterIP
---
apiVersion: v1
kind: Service
metadata:
  name: twin
  namespace: service-twin
  labels:
    krm-fn.dev/metrics: products-privatejet
spec:
  ports:
  - name: http-products
    port: 80
    targetPort: 8080
  selector:
    krm-fn.dev/workload: products-privatejet
  clusterIP: None
`}, {"HorizontalPodAutoscaler", "maxReplicas: 6", "maxReplicas: 1"}}, // With more pods, twice a share looks right.
		Errors: []string{"scrape/twice"}, Cluster: Misreads,
	},
	{
		Name:   "service-selector",
		Change: "the selector of the Service matches no pod",
		Edits: []Edit{{
			"Service", "    app: products-backend\n    krm-fn.dev/workload: products-privatejet\n  type",
			"    app: products\n  type",
		}},
		Errors: []string{"scrape/none"}, Cluster: Unknown,
	},
	{
		Name:     "service-target-port",
		Change:   "the targetPort of the Service is a different number",
		Edits:    []Edit{{"Service", "targetPort: 8080", "targetPort: 8081"}},
		Warnings: []string{"scrape/port"}, Cluster: Unknown,
		Blind: "a container does not have to declare the ports on which it listens",
	},
	{
		Name:   "service-target-port-name",
		Change: "the targetPort of the Service is a name that no container has",
		Edits:  []Edit{{"Service", "targetPort: 8080", "targetPort: http"}},
		Errors: []string{"scrape/port"}, Cluster: Unknown,
	},
	{
		Name:    "service-target-port-by-name",
		Change:  "the targetPort of the Service by name",
		Edits:   []Edit{{"Service", "targetPort: 8080", "targetPort: http-products"}},
		Cluster: Reads,
	},
	{
		Name:   "container-port-undeclared",
		Change: "the container declares no port",
		Edits: []Edit{{
			"Deployment",
			"        ports:\n        - name: http-products\n          containerPort: 8080\n          protocol: TCP\n", "",
		}},
		Cluster: Reads,
	},
	{
		Name:   "more-labels",
		Change: "more labels everywhere",
		Edits: []Edit{
			{"ServiceMonitor", "  labels:\n", "  labels:\n    team: a\n"},
			{"Service", "  labels:\n", "  labels:\n    team: b\n"},
			{"Deployment", "    metadata:\n      labels:\n", "    metadata:\n      labels:\n        team: c\n"},
		},
		Cluster: Reads,
	},
}
