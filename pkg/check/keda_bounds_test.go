package check

import (
	"testing"
)

// scaledWith is a ScaledObject with more lines of the spec, indented by two.
func scaledWith(spec string) string {
	return "---\napiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: web, namespace: shop}\nspec:\n  scaleTargetRef: {name: web}\n" + spec
}

// The triggers of the tests: one whose source is unknown, and one on cpu.
const (
	onQueue = "  triggers:\n  - {type: redis, metadata: {listName: jobs}}\n"
	onCPU   = "  triggers:\n  - {type: cpu, metricType: Utilization, metadata: {value: \"80\"}}\n"
)

// onQuery is a trigger on a query with more lines of the trigger, indented by four.
func onQuery(query, more string) string {
	return "  triggers:\n  - type: prometheus\n    metadata:\n      serverAddress: http://prometheus.monitoring:9090\n      threshold: \"10\"\n" +
		"      query: '" + query + "'\n" + more
}

func TestKEDABounds(t *testing.T) {
	web := workload("Deployment", "shop", "web", "")
	const own = `sum(rate(orders_total{pod=~"web-.*"}[2m]))`
	runCases(t, kedaBounds, []checkCase{
		{name: "sound", text: scaledWith("  minReplicaCount: 1\n  maxReplicaCount: 5\n" + onQueue)},
		{name: "scale to zero", text: scaledWith("  minReplicaCount: 0\n  cooldownPeriod: 60\n  pollingInterval: 5\n" + onQueue)},
		{name: "minimum above maximum", want: []string{
			`error: ScaledObject shop/web: spec.maxReplicaCount: is 3, less than minReplicaCount, which is 5; use at least 5 [keda/bounds]`,
		}, text: scaledWith("  minReplicaCount: 5\n  maxReplicaCount: 3\n" + onQueue)},
		{name: "minimum above the default maximum", want: []string{
			`error: ScaledObject shop/web: spec.maxReplicaCount: is missing, so it is 100, less than minReplicaCount, which is 150; use at least 150 [keda/bounds]`,
		}, text: scaledWith("  minReplicaCount: 150\n" + onQueue)},
		{name: "numbers that the API server rejects", want: []string{
			`error: ScaledObject shop/web: spec.cooldownPeriod: is -1; use a number of at least 0 [keda/bounds]`,
			`error: ScaledObject shop/web: spec.maxReplicaCount: is 0; use a number of at least 1 [keda/bounds]`,
			`error: ScaledObject shop/web: spec.pollingInterval: is 0; use a number of at least 1 [keda/bounds]`,
		}, text: scaledWith("  minReplicaCount: 0\n  maxReplicaCount: 0\n  pollingInterval: 0\n  cooldownPeriod: -1\n" + onQueue)},
		{name: "a minimum that is missing", want: []string{
			`info: ScaledObject shop/web: spec.minReplicaCount: is missing, so it is 0, and KEDA scales Deployment web to 0 while no trigger is active, beginning at once; set it [keda/bounds]`,
		}, text: scaledWith(onQueue)},
		{name: "idle without a minimum", want: []string{
			`error: ScaledObject shop/web: spec.idleReplicaCount: is 0, but minReplicaCount is missing, so the webhook rejects it; set minReplicaCount to at least 1 [keda/bounds]`,
			`info: ScaledObject shop/web: spec.minReplicaCount: is missing, so it is 0, and KEDA scales Deployment web to 0 while no trigger is active, beginning at once; set it [keda/bounds]`,
		}, text: scaledWith("  idleReplicaCount: 0\n" + onQueue)},
		{name: "idle of 0 with a minimum of 0", want: []string{
			`info: ScaledObject shop/web: spec.idleReplicaCount: is 0, which has no effect because minReplicaCount is 0, too [keda/bounds]`,
		}, text: scaledWith("  idleReplicaCount: 0\n  minReplicaCount: 0\n" + onQueue)},
		{name: "idle not below the minimum", want: []string{
			`error: ScaledObject shop/web: spec.idleReplicaCount: is 2, but must be less than minReplicaCount, which is 2; use 0 [keda/bounds]`,
		}, text: scaledWith("  idleReplicaCount: 2\n  minReplicaCount: 2\n" + onQueue)},
		{name: "idle above 0", want: []string{
			`warning: ScaledObject shop/web: spec.idleReplicaCount: is 1, but the HorizontalPodAutoscaler raises it to minReplicaCount, which is 3, again; use 0 [keda/bounds]`,
		}, text: scaledWith("  idleReplicaCount: 1\n  minReplicaCount: 3\n" + onQueue)},
		{name: "times without an effect", want: []string{
			`info: ScaledObject shop/web: spec.cooldownPeriod: has no effect, because it delays only scaling to 0, and minReplicaCount is 2; use advanced.horizontalPodAutoscalerConfig.behavior to scale down later [keda/bounds]`,
			`info: ScaledObject shop/web: spec.initialCooldownPeriod: has no effect, because it delays only scaling to 0, and minReplicaCount is 2; remove it [keda/bounds]`,
			`info: ScaledObject shop/web: spec.pollingInterval: has no effect on scaling, because the HorizontalPodAutoscaler asks every 15 seconds, and minReplicaCount is 2; remove it [keda/bounds]`,
		}, text: scaledWith("  minReplicaCount: 2\n  cooldownPeriod: 60\n  initialCooldownPeriod: 60\n  pollingInterval: 5\n" + onQueue)},
		{name: "times with an idle count", text: scaledWith("  minReplicaCount: 2\n  idleReplicaCount: 0\n  cooldownPeriod: 60\n  pollingInterval: 5\n" + onQueue)},
		{name: "interval for cached metrics", text: scaledWith("  minReplicaCount: 2\n  pollingInterval: 5\n  triggers:\n  - {type: redis, useCachedMetrics: true, metadata: {listName: jobs}}\n")},
		{name: "only cpu and a minimum of 0", want: []string{
			`error: ScaledObject shop/web: spec.minReplicaCount: is 0, but triggers on cpu and memory never scale to 0; set minReplicaCount to at least 1 [keda/bounds]`,
		}, text: scaledWith("  minReplicaCount: 0\n" + onCPU)},
		{name: "only cpu and an idle count", want: []string{
			`warning: ScaledObject shop/web: spec.idleReplicaCount: is 0, but triggers on cpu and memory never scale to 0; set minReplicaCount to at least 1 [keda/bounds]`,
		}, text: scaledWith("  minReplicaCount: 1\n  idleReplicaCount: 0\n" + onCPU)},
		{name: "only cpu of a kind that the webhook does not look at", want: []string{
			`warning: ScaledObject shop/web: spec.minReplicaCount: is missing, so it is 0, but triggers on cpu and memory never scale to 0; set minReplicaCount to at least 1 [keda/bounds]`,
		}, text: "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: web, namespace: shop}\nspec:\n  scaleTargetRef: {apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: web}\n" + onCPU},
		{name: "series of the pods only", want: []string{
			`error: ScaledObject shop/web: spec.minReplicaCount: is 0, but the series of all triggers come from the pods of Deployment web, so nothing scales it up from 0 again; set minReplicaCount to at least 1, or add a trigger that does not depend on these pods [keda/bounds]`,
		}, text: web + scaledWith("  minReplicaCount: 0\n"+onQuery(own, ""))},
		{name: "series of the pods, and another trigger", text: web + scaledWith("  minReplicaCount: 0\n"+onQuery(own, "")+"  - {type: redis, metadata: {listName: jobs}}\n")},
		{name: "series of the pods, forced", text: web +
			"---\napiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: web, namespace: shop, annotations: {autoscaling.keda.sh/force-activation: \"true\"}}\nspec:\n  scaleTargetRef: {name: web}\n  minReplicaCount: 0\n" + onQuery(own, "")},
		{name: "series of the pods with a default", text: web + scaledWith("  minReplicaCount: 0\n"+onQuery(own+" or vector(1)", ""))},
		{name: "series of the pods with a default of 0 that is not active", want: []string{
			`error: ScaledObject shop/web: spec.minReplicaCount: is 0, but the series of all triggers come from the pods of Deployment web, so nothing scales it up from 0 again; set minReplicaCount to at least 1, or add a trigger that does not depend on these pods [keda/bounds]`,
		}, text: web + scaledWith("  minReplicaCount: 0\n"+onQuery(own+" or vector(0)", ""))},
		{name: "a job", want: []string{
			`error: ScaledJob jobs: spec.pollingInterval: is 0; use a number of at least 1 [keda/bounds]`,
		}, text: jobWith("  pollingInterval: 0\n" + onQueue)},
		{name: "a job whose minimum is above its maximum", want: []string{
			`warning: ScaledJob jobs: spec.maxReplicaCount: is 3, less than minReplicaCount, which is 5 and is cut to it; use at least 5 [keda/bounds]`,
		}, text: jobWith("  minReplicaCount: 5\n  maxReplicaCount: 3\n" + onQueue)},
	})
}
