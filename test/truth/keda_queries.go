package truth

// queryCases are about what a query returns, and from where.
var queryCases = []Case{
	{
		Name:    "query-name",
		Change:  "the series of a query misspelled",
		Edits:   []Edit{{"ScaledObject", "_requests_total{", "_request_total{"}},
		Cluster: Unknown,
		Blind:   "the program names its series",
	},
	{
		Name:   "query-name-null",
		Change: "the series of a query misspelled, and no ignoreNullValues: \"false\"",
		Edits: []Edit{
			{"ScaledObject", "_requests_total{", "_request_total{"}, {"ScaledObject", "      ignoreNullValues: \"false\"\n", ""},
		},
		Cluster: Misreads,
		Blind:   "the program names its series",
	},
	{
		Name:    "query-null",
		Change:  "no ignoreNullValues: \"false\"",
		Edits:   []Edit{{"ScaledObject", "      ignoreNullValues: \"false\"\n", ""}},
		Cluster: Reads,
	},
	{
		Name:   "query-syntax",
		Change: "a query with an open parenthesis",
		Edits:  []Edit{{"ScaledObject", "[1m]))", "[1m])"}},
		Errors: []string{"keda/query"}, Cluster: Unknown,
	},
	{
		Name:   "query-range",
		Change: "a query for a range",
		Edits: []Edit{
			{"ScaledObject", "sum(rate(", ""}, {"ScaledObject", "[1m]))", "[1m]"}, {"ScaledObject", "      ignoreNullValues: \"false\"\n", ""},
		},
		Errors: []string{"keda/query"}, Cluster: Misreads,
	},
	{
		Name:   "query-scalar",
		Change: "a query for a scalar",
		Edits:  []Edit{{"ScaledObject", "query: sum(", "query: scalar("}},
		Errors: []string{"keda/query"}, Cluster: Unknown,
	},
	{
		Name:   "query-pods",
		Change: "a query for each of two pods",
		Edits:  []Edit{{"ScaledObject", "query: sum(", "query: sum by (pod) ("}, {"ScaledObject", "minReplicaCount: 1", "minReplicaCount: 2"}},
		Errors: []string{"keda/query"}, Cluster: Unknown,
	},
	{
		Name:     "query-average",
		Change:   "a query for the average of two pods, which the HorizontalPodAutoscaler divides again",
		Edits:    []Edit{{"ScaledObject", "query: sum(", "query: avg("}, {"ScaledObject", "minReplicaCount: 1", "minReplicaCount: 2"}},
		Warnings: []string{"keda/query"}, Cluster: Misreads,
		Blind: "the average can be what is wanted",
	},
	{
		Name:    "query-namespace",
		Change:  "a query for the pods of another namespace",
		Edits:   []Edit{{"ScaledObject", `namespace="query-namespace"`, `namespace="shop"`}},
		Cluster: Unknown,
		Blind:   "a query can be about other pods on purpose",
	},
	{
		Name:   "query-label",
		Change: "the monitor without podTargetLabels, so the series lack a label of the query",
		Edits:  []Edit{{"ServiceMonitor", "  podTargetLabels:\n  - krm-fn.dev/workload\n", ""}},
		Errors: []string{"keda/query"}, Cluster: Unknown,
	},
	{
		Name:   "server-path",
		Change: "serverAddress with the path that KEDA adds",
		Edits:  []Edit{{"ScaledObject", ".svc:9090", ".svc:9090/api/v1/query"}},
		Errors: []string{"keda/server"}, Cluster: Unknown,
	},
	{
		Name:    "server-slash",
		Change:  "serverAddress with a slash at the end",
		Edits:   []Edit{{"ScaledObject", ".svc:9090", ".svc:9090/"}},
		Cluster: Reads,
	},
	{
		Name:    "server-port",
		Change:  "serverAddress with a port that the Service does not have",
		Edits:   []Edit{{"ScaledObject", ".svc:9090", ".svc:9091"}},
		Cluster: Unknown,
		Blind:   "prometheus-operator creates the Service",
	},
	{
		Name:    "server-namespace",
		Change:  "serverAddress without the namespace, so KEDA looks in its own",
		Edits:   []Edit{{"ScaledObject", "prometheus-operated.monitoring.svc", "prometheus-operated"}},
		Cluster: Unknown,
		Blind:   "prometheus-operator creates the Service",
	},
	{
		Name:   "server-scheme",
		Change: "serverAddress without a scheme",
		Edits:  []Edit{{"ScaledObject", "http://", ""}},
		Errors: []string{"keda/server"}, Cluster: Unknown,
	},
}
