package truth

import "slices"

// KEDAConfig is the file, relative to the root of the repository, that makes krm-fn render ScaledObjects.
const KEDAConfig = "test/truth/testdata/keda.yaml"

// KEDACases are changes of what krm-fn renders for KEDA instead of a HorizontalPodAutoscaler. All of them share a cluster.
var KEDACases = slices.Concat(scaledObjectCases, triggerCases, queryCases)

// scaledObjectCases are about the fields of a ScaledObject, and what else is in its namespace.
var scaledObjectCases = []Case{
	{Name: "sound", Change: "nothing", Cluster: Reads},
	{
		Name:    "target-defaults",
		Change:  "scaleTargetRef with the name only",
		Edits:   []Edit{{"ScaledObject", "    apiVersion: apps/v1\n    name: products-privatejet\n    kind: Deployment\n", "    name: products-privatejet\n"}},
		Cluster: Reads,
	},
	{
		Name:   "target-name",
		Change: "scaleTargetRef names no Deployment",
		Edits:  []Edit{{"ScaledObject", "    name: products-privatejet\n    kind: Deployment\n", "    name: products-privatjet\n    kind: Deployment\n"}},
		// The webhook reads the pods because of the trigger for cpu.
		Errors: []string{"hpa/target"}, Cluster: RejectedByWebhook,
	},
	{
		Name:   "max-zero",
		Change: "maxReplicaCount: 0",
		Edits:  []Edit{{"ScaledObject", "maxReplicaCount: 6", "maxReplicaCount: 0"}},
		Errors: []string{"keda/bounds"}, Cluster: Refused,
	},
	{
		Name:   "min-above-max",
		Change: "minReplicaCount above maxReplicaCount",
		Edits:  []Edit{{"ScaledObject", "minReplicaCount: 1", "minReplicaCount: 7"}},
		Errors: []string{"keda/bounds"}, Cluster: Refused,
	},
	{
		Name:   "idle-is-min",
		Change: "idleReplicaCount is minReplicaCount",
		Edits:  []Edit{{"ScaledObject", "  minReplicaCount: 1\n", "  idleReplicaCount: 1\n  minReplicaCount: 1\n"}},
		Errors: []string{"keda/bounds"}, Cluster: RejectedByWebhook,
	},
	{
		Name:   "idle-without-min",
		Change: "idleReplicaCount: 0 without minReplicaCount",
		Edits:  []Edit{{"ScaledObject", "  minReplicaCount: 1\n", "  idleReplicaCount: 0\n"}},
		Errors: []string{"keda/bounds", "keda/bounds"}, Cluster: RejectedByWebhook,
	},
	{
		Name:   "idle-below-min",
		Change: "idleReplicaCount: 0 and minReplicaCount: 1, with a trigger that needs no pods",
		Edits: []Edit{
			{"ScaledObject", "  minReplicaCount: 1\n", "  idleReplicaCount: 0\n  minReplicaCount: 1\n"},
			{"ScaledObject", "    metricType: AverageValue\n", "    metricType: AverageValue\n" + always},
		},
		Cluster: Reads,
	},
	{
		Name:   "window-too-long",
		Change: "a stabilization window of more than an hour",
		Edits: []Edit{{
			"ScaledObject", "      name: products-privatejet\n  triggers:",
			"      name: products-privatejet\n      behavior:\n        scaleDown:\n          stabilizationWindowSeconds: 7200\n  triggers:",
		}},
		Errors: []string{"hpa/behavior"}, Cluster: Refused,
	},
	{
		Name:    "cooldown",
		Change:  "cooldownPeriod, which has no effect with minReplicaCount: 1",
		Edits:   []Edit{{"ScaledObject", "  minReplicaCount: 1\n", "  cooldownPeriod: 60\n  minReplicaCount: 1\n"}},
		Cluster: Reads,
	},
	{
		Name:   "name-too-long",
		Change: "a name of 55 characters, without a name for the HorizontalPodAutoscaler",
		Edits: []Edit{
			{"ScaledObject", "  advanced:\n    horizontalPodAutoscalerConfig:\n      name: products-privatejet\n", ""},
			{"ScaledObject", "metadata:\n  name: products-privatejet\n", "metadata:\n  name: products-privatejet-with-a-name-that-is-one-letter-more\n"},
		},
		Errors: []string{"keda/name"}, Cluster: RejectedByWebhook,
	},
	{
		Name:    "name-long",
		Change:  "a name of 55 characters, with a name for the HorizontalPodAutoscaler",
		Edits:   []Edit{{"ScaledObject", "metadata:\n  name: products-privatejet\n", "metadata:\n  name: products-privatejet-with-a-name-that-is-one-letter-more\n"}},
		Cluster: Reads,
	},
	{
		Name:   "other-hpa",
		Change: "a HorizontalPodAutoscaler of the same Deployment, and no annotation that transfers it",
		Edits: []Edit{
			{"ScaledObject", "    scaledobject.keda.sh/transfer-hpa-ownership: \"true\"\n", ""},
			existing("other-hpa", "products-privatejet"),
		},
		Errors: []string{"keda/conflict"}, Cluster: RejectedByWebhook,
	},
	{
		Name:   "other-hpa-name",
		Change: "a HorizontalPodAutoscaler of the same Deployment, to be transferred, under another name",
		Edits:  []Edit{existing("other-hpa-name", "products")},
		Errors: []string{"keda/conflict"}, Cluster: RejectedByWebhook,
	},
	{
		Name:     "transferred-hpa",
		Change:   "a HorizontalPodAutoscaler of the same Deployment, to be transferred",
		Edits:    []Edit{existing("transferred-hpa", "products-privatejet")},
		Warnings: []string{"keda/conflict"}, Cluster: Reads,
	},
	{
		Name:   "formula",
		Change: "scaling modifiers with a formula of one trigger",
		Edits:  []Edit{named, modifiers("load", "0.1")}, Cluster: Reads,
	},
	{
		Name:   "formula-name",
		Change: "scaling modifiers with a name that no trigger has",
		Edits:  []Edit{named, modifiers("load + queue", "0.1")},
		Errors: []string{"keda/formula"}, Cluster: RejectedByWebhook,
	},
	{
		Name:   "formula-target",
		Change: "scaling modifiers with a target of 0",
		Edits:  []Edit{named, modifiers("load", "0")},
		Errors: []string{"keda/formula"}, Cluster: RejectedByWebhook,
	},
	{
		Name:    "paused",
		Change:  "the annotation autoscaling.keda.sh/paused",
		Edits:   []Edit{{"ScaledObject", "  annotations:\n", "  annotations:\n    autoscaling.keda.sh/paused: \"true\"\n"}},
		Cluster: Paused,
		Blind:   "the annotation is there on purpose",
	},
	{
		Name:    "not-paused",
		Change:  "the annotation autoscaling.keda.sh/paused with the value false",
		Edits:   []Edit{{"ScaledObject", "  annotations:\n", "  annotations:\n    autoscaling.keda.sh/paused: \"false\"\n"}},
		Cluster: Reads,
	},
}

// named gives the second trigger a name.
var named = Edit{"ScaledObject", "  - type: prometheus\n", "  - type: prometheus\n    name: load\n"}

func modifiers(formula, target string) Edit {
	return Edit{
		"ScaledObject", "  advanced:\n",
		"  advanced:\n    scalingModifiers:\n      formula: " + formula + "\n      target: \"" + target + "\"\n",
	}
}

// always is a trigger that is active without pods.
const always = `  - type: prometheus
    metadata:
      query: vector(1)
      serverAddress: http://prometheus-operated.monitoring.svc:9090
      threshold: "1000"
`

// existing adds a HorizontalPodAutoscaler of the Deployment.
func existing(namespace, name string) Edit {
	return Edit{New: `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: ` + name + `
  namespace: ` + namespace + `
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: products-privatejet
  maxReplicas: 6
  metrics:
  - type: Resource
    resource:
      name: cpu
      target:
        type: Utilization
        averageUtilization: 50
`}
}
