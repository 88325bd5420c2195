package truth

// triggerCases are about the fields of triggers.
var triggerCases = []Case{
	{
		Name:   "threshold-number",
		Change: "a threshold without quotes",
		Edits:  []Edit{{"ScaledObject", `threshold: "0.1"`, "threshold: 0.1"}},
		Errors: []string{"input/type"}, Cluster: Refused,
	},
	{
		Name:   "threshold-zero",
		Change: "a threshold of 0",
		Edits:  []Edit{{"ScaledObject", `threshold: "0.1"`, `threshold: "0"`}},
		Errors: []string{"keda/trigger"}, Cluster: NotReady,
	},
	{
		Name:   "threshold-tiny",
		Change: "a threshold that is 0 in thousandths",
		Edits:  []Edit{{"ScaledObject", `threshold: "0.1"`, `threshold: "0.0004"`}},
		Errors: []string{"keda/trigger"}, Cluster: NotReady,
	},
	{
		Name:   "threshold-quantity",
		Change: "a threshold in the form of a quantity",
		Edits:  []Edit{{"ScaledObject", `threshold: "0.1"`, `threshold: 100m`}},
		Errors: []string{"keda/trigger"}, Cluster: NotReady,
	},
	{
		Name:   "threshold-point",
		Change: "a threshold without a digit before the point",
		Edits:  []Edit{{"ScaledObject", `threshold: "0.1"`, `threshold: ".1"`}},
		Errors: []string{"keda/trigger"}, Cluster: NotReady,
	},
	{
		Name:    "threshold-exponent",
		Change:  "a threshold with an exponent",
		Edits:   []Edit{{"ScaledObject", `threshold: "0.1"`, `threshold: "1e-1"`}},
		Cluster: Reads,
	},
	{
		Name:   "threshold-missing",
		Change: "no threshold",
		Edits:  []Edit{{"ScaledObject", "      threshold: \"0.1\"\n", ""}},
		Errors: []string{"keda/trigger"}, Cluster: NotReady,
	},
	{
		Name:   "type-unknown",
		Change: "the type of a trigger misspelled",
		Edits:  []Edit{{"ScaledObject", "type: prometheus", "type: prometeus"}},
		Errors: []string{"keda/trigger"}, Cluster: NotReady,
	},
	{
		Name:     "key-unknown",
		Change:   "metricName, which KEDA no longer reads, and a field of the spec in the metadata",
		Edits:    []Edit{{"ScaledObject", "      threshold:", "      metricName: requests\n      maxReplicaCount: \"6\"\n      threshold:"}},
		Warnings: []string{"keda/trigger"}, Cluster: Reads,
	},
	{
		Name:   "cached-cpu",
		Change: "useCachedMetrics of a trigger for cpu",
		Edits:  []Edit{{"ScaledObject", "  - type: cpu\n", "  - type: cpu\n    useCachedMetrics: true\n"}},
		Errors: []string{"keda/trigger"}, Cluster: RejectedByWebhook,
	},
	{
		Name:   "same-names",
		Change: "two triggers of the same name",
		Edits: []Edit{
			{"ScaledObject", "  - type: cpu\n", "  - type: cpu\n    name: load\n"},
			{"ScaledObject", "  - type: prometheus\n", "  - type: prometheus\n    name: load\n"},
		},
		Errors: []string{"keda/trigger"}, Cluster: RejectedByWebhook,
	},
	{
		Name:   "cpu-zero",
		Change: "only a trigger for cpu, and no minReplicaCount",
		Edits: []Edit{
			{"ScaledObject", "  minReplicaCount: 1\n", ""}, withoutPrometheus("cpu-zero"),
		},
		Errors: []string{"keda/bounds"}, Cluster: RejectedByWebhook,
	},
	{
		Name:   "cpu-fallback",
		Change: "only a trigger for cpu, and a fallback",
		Edits: []Edit{
			{"ScaledObject", "  triggers:\n", "  fallback:\n    failureThreshold: 3\n    replicas: 3\n  triggers:\n"}, withoutPrometheus("cpu-fallback"),
		},
		Errors: []string{"keda/fallback"}, Cluster: RejectedByWebhook,
	},
	{
		Name:   "cpu-type",
		Change: "the type of the target in the metadata of a trigger for cpu, which KEDA has removed",
		Edits:  []Edit{{"ScaledObject", "      value: \"50\"\n    metricType: Utilization\n", "      value: \"50\"\n      type: Utilization\n"}},
		Errors: []string{"keda/trigger", "keda/trigger"}, Cluster: NotReady,
	},
	{
		Name:   "cpu-container",
		Change: "a trigger for cpu of a container that the pods do not have",
		Edits:  []Edit{{"ScaledObject", "      value: \"50\"\n", "      containerName: products\n      value: \"50\"\n"}},
		Errors: []string{"hpa/request"}, Cluster: Unknown,
	},
	{
		Name:   "cpu-request",
		Change: "no CPU request",
		Edits:  []Edit{{"Deployment", "            cpu: 150m\n", ""}, {"Deployment", "            cpu: 300m\n", ""}},
		Errors: []string{"hpa/request"}, Cluster: RejectedByWebhook,
	},
	{
		Name:   "utilization",
		Change: "Utilization as the type of the target of a query",
		Edits:  []Edit{{"ScaledObject", "metricType: AverageValue", "metricType: Utilization"}},
		Errors: []string{"keda/trigger"}, Cluster: NotReady,
	},
	{
		Name:   "cron-weekday",
		Change: "7 as a day of the week in a trigger of type cron",
		Edits:  []Edit{{"ScaledObject", "  triggers:\n", "  triggers:\n" + cron("0 6 * * 7")}},
		Errors: []string{"keda/trigger"}, Cluster: NotReady,
	},
	{
		Name:   "modes",
		Change: "two modes of authentication of which KEDA accepts only one",
		Edits:  []Edit{{"ScaledObject", "      ignoreNullValues", "      authModes: basic,bearer\n      ignoreNullValues"}},
		Errors: []string{"keda/auth"}, Cluster: NotReady,
	},
	{
		Name:   "mode-without-parameters",
		Change: "a mode of authentication without the parameters",
		Edits:  []Edit{{"ScaledObject", "      ignoreNullValues", "      authModes: bearer\n      ignoreNullValues"}},
		Errors: []string{"keda/auth"}, Cluster: NotReady,
	},
	{
		Name:   "parameters-without-mode",
		Change: "the parameters without a mode of authentication",
		Edits: []Edit{
			{"ScaledObject", "    metricType: AverageValue\n", "    metricType: AverageValue\n    authenticationRef:\n      name: prometheus\n"},
			{New: authentication("parameters-without-mode")},
		},
		Warnings: []string{"keda/auth"}, Cluster: Reads,
	},
	{
		Name:   "credentials",
		Change: "a token from a Secret",
		Edits: []Edit{
			{"ScaledObject", "    metricType: AverageValue\n", "    metricType: AverageValue\n    authenticationRef:\n      name: prometheus\n"},
			{"ScaledObject", "      ignoreNullValues", "      authModes: bearer\n      ignoreNullValues"},
			{New: authentication("credentials")},
		},
		Cluster: Reads,
	},
}

// withoutPrometheus removes the second trigger.
func withoutPrometheus(namespace string) Edit {
	return Edit{"ScaledObject", `  - type: prometheus
    metadata:
      ignoreNullValues: "false"
      query: sum(rate(` + Series(namespace) + `{krm_fn_dev_workload="products-privatejet",namespace="` + namespace + `"}[1m]))
      serverAddress: http://prometheus-operated.monitoring.svc:9090
      threshold: "0.1"
    metricType: AverageValue
`, ""}
}

func cron(start string) string {
	return "  - type: cron\n    metadata:\n      timezone: Etc/UTC\n      start: " + start + "\n      end: 0 20 * * *\n      desiredReplicas: \"2\"\n"
}

func authentication(namespace string) string {
	return `apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata:
  name: prometheus
  namespace: ` + namespace + `
spec:
  secretTargetRef:
  - parameter: bearerToken
    name: prometheus
    key: token
---
apiVersion: v1
kind: Secret
metadata:
  name: prometheus
  namespace: ` + namespace + `
stringData:
  token: secret
`
}
