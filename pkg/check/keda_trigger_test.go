package check

import (
	"fmt"
	"testing"
)

// onType is a trigger of a type with its metadata, in flow style, and more fields.
func onType(typ, metadata, more string) string {
	return fmt.Sprintf("  minReplicaCount: 1\n  triggers:\n  - {type: %s, metadata: {%s}%s}\n", typ, metadata, more)
}

func TestKEDATrigger(t *testing.T) {
	const (
		at      = "ScaledObject shop/web: spec.triggers[0]"
		server  = `serverAddress: "http://prometheus.monitoring:9090", query: "sum(x)", `
		hours   = `timezone: UTC, start: 0 8 * * *, end: 0 18 * * *, `
		percent = ", metricType: Utilization"
	)
	one := func(text string, want ...string) checkCase {
		return checkCase{name: fmt.Sprint(want), text: scaledWith(text), want: want}
	}
	runCases(t, kedaTrigger, []checkCase{
		{name: "sound", text: scaledWith(onType("prometheus", server+`threshold: "1e2", ignoreNullValues: "F", timeout: 3s, queryParameters: "a=b, c=d"`, ", metricType: Value"))},
		{name: "none", text: scaledWith(""), want: []string{
			`error: ScaledObject shop/web: spec.triggers: is empty or missing, so the API server rejects the ScaledObject; add a trigger [keda/trigger]`,
		}},
		one(onType("promethues", server, ""), `error: `+at+`.type: "promethues" is not a type of triggers of KEDA 2.21; did you mean "prometheus"? [keda/trigger]`),
		one(onType("carrier-pigeons", "a: b", ""), `warning: `+at+`.type: "carrier-pigeons" is not a type of triggers of KEDA 2.21; use one of its list, or external [keda/trigger]`),
		one("  triggers:\n  - {name: x}\n", `error: `+at+`.type: is missing, so the API server rejects the ScaledObject; set it [keda/trigger]`),
		one("  triggers:\n  - {type: redis}\n", `error: `+at+`.metadata: is missing, so the API server rejects the ScaledObject; set it [keda/trigger]`),
		one(onType("prometheus", `serverAddress: "http://p.m:1"`, ""),
			`error: `+at+`.metadata.query: is missing or empty, and KEDA requires it for prometheus; set it [keda/trigger]`,
			`error: `+at+`.metadata.threshold: is missing or empty, and KEDA requires it for prometheus; set it [keda/trigger]`),
		one(onType("prometheus", server+`threshold: 500m`, ""), `error: `+at+`.metadata.threshold: is "500m", which is not a number in the syntax of JSON, which KEDA requires; use "0.5" [keda/trigger]`),
		one(onType("prometheus", server+`threshold: ".5"`, ""), `error: `+at+`.metadata.threshold: is ".5", which is not a number in the syntax of JSON, which KEDA requires; use "0.5" [keda/trigger]`),
		one(onType("prometheus", server+`threshold: many`, ""), `error: `+at+`.metadata.threshold: is "many", which is not a number in the syntax of JSON, which KEDA requires; use one such as 0.5 [keda/trigger]`),
		one(onType("prometheus", server+`threshold: "null"`, ""), `error: `+at+`.metadata.threshold: is "null", which is not a number in the syntax of JSON, which KEDA requires; use one such as 0.5 [keda/trigger]`),
		one(onType("prometheus", server+`threshold: "0"`, ""), `error: `+at+`.metadata.threshold: is "0", which is not above 0, as a HorizontalPodAutoscaler requires; use a positive number [keda/trigger]`),
		one(onType("prometheus", server+`threshold: "0.0001"`, ""), `error: `+at+`.metadata.threshold: is "0.0001", which KEDA rounds to 0, and a HorizontalPodAutoscaler requires a positive target; use at least 0.001 [keda/trigger]`),
		one(onType("prometheus", server+`threshold: "5", ignoreNullValues: "yes"`, ""), `error: `+at+`.metadata.ignoreNullValues: is "yes", which is not true or false; use one of them [keda/trigger]`),
		one(onType("prometheus", server+`threshold: "5", timeout: 5 seconds`, ""), `error: `+at+`.metadata.timeout: is "5 seconds", which is not a duration; use one such as 5s, or a number of milliseconds [keda/trigger]`),
		one(onType("prometheus", server+`threshold: "5", timeout: "-5"`, ""), `error: `+at+`.metadata.timeout: is "-5", which is negative; use a positive duration such as 5s [keda/trigger]`),
		one(onType("prometheus", server+`threshold: "5", customHeaders: "Authorization=Basic YTpi=="`, ""),
			`error: `+at+`.metadata.customHeaders: is "Authorization=Basic YTpi==", which contains "Authorization=Basic YTpi==", which is not KEY=VALUE; separate pairs with commas, and use no other comma or equals sign [keda/trigger]`),
		one(onType("prometheus", server+`threshold: "5", metricName: x, cortexOrgID: y, treshold: "5", metricType: Value, maxReplicaCount: "5", sample: z`, ""),
			`warning: `+at+`.metadata.cortexOrgID: has no effect since KEDA 2.15; use customHeaders: X-Scope-OrgID=TENANT [keda/trigger]`,
			`warning: `+at+`.metadata.maxReplicaCount: has no effect in metadata; move it to spec [keda/trigger]`,
			`warning: `+at+`.metadata.metricType: has no effect in metadata; move it to the trigger [keda/trigger]`,
			`warning: `+at+`.metadata.sample: is not a key of prometheus, so KEDA ignores it; remove it [keda/trigger]`,
			`warning: `+at+`.metadata.treshold: is not a key of prometheus, so KEDA ignores it; did you mean "threshold"? [keda/trigger]`,
			`info: `+at+`.metadata.metricName: has no effect since KEDA 2.12; remove it [keda/trigger]`),
		one(onType("redis", `listName: x, maxReplicaCount: "5", metricType: x`, ""), `warning: `+at+`.metadata.maxReplicaCount: has no effect in metadata; move it to spec [keda/trigger]`),
		one(onType("prometheus", server+`threshold: "5"`, percent), `error: `+at+`.metricType: "Utilization" is not valid for prometheus; use AverageValue or Value [keda/trigger]`),
		one(onType("prometheus", server+`threshold: "5"`, ", metricType: averagevalue"), `error: `+at+`.metricType: "averagevalue" is not valid for prometheus; use AverageValue or Value [keda/trigger]`),
		one(onType("cpu", `value: "80"`, ""), `error: `+at+`.metricType: is missing, and KEDA requires it for cpu; use Utilization or AverageValue [keda/trigger]`),
		one(onType("cpu", `value: "80", type: Utilization`, percent), `error: `+at+`.metadata.type: is an error since KEDA 2.18; set metricType of the trigger to this value, and remove it [keda/trigger]`),
		one(onType("cpu", `value: 80%`, percent), `error: `+at+`.metadata.value: is "80%", which is not a whole number of percent; use one such as "80" [keda/trigger]`),
		one(onType("cpu", `value: "0"`, percent), `error: `+at+`.metadata.value: is "0", which is not above 0, as a HorizontalPodAutoscaler requires; use a positive number of percent [keda/trigger]`),
		one(onType("memory", `value: 1 GB`, ", metricType: AverageValue"), `error: `+at+`.metadata.value: is "1 GB", which is not a quantity; use one such as 500m or 1Gi [keda/trigger]`),
		one(onType("memory", `value: "-1"`, ", metricType: AverageValue"), `error: `+at+`.metadata.value: is "-1", which is not above 0, as a HorizontalPodAutoscaler requires; use a positive quantity [keda/trigger]`),
		one(onType("memory", ``, ", metricType: AverageValue"), `error: `+at+`.metadata.value: is missing or empty, and KEDA requires it for memory; set it [keda/trigger]`),
		one(onType("cpu", `value: "80"`, percent+", useCachedMetrics: true"), `error: `+at+`.useCachedMetrics: is true, which the webhook rejects for cpu; remove it [keda/trigger]`),
		one("  triggers:\n  - {type: redis, name: a, metadata: {}}\n  - {type: redis, name: a, metadata: {}}\n",
			`error: ScaledObject shop/web: spec.triggers[1].name: "a" is also the name of triggers[0], which the webhook rejects; use another name [keda/trigger]`),
		one(onType("cron", hours+`desiredReplicas: "0"`, ""), `error: `+at+`.metadata.desiredReplicas: is "0", which KEDA rejects; to scale to 0, set minReplicaCount: 0, and the window in which pods are required [keda/trigger]`),
		one(onType("cron", hours+`desiredReplicas: "-2"`, ""), `error: `+at+`.metadata.desiredReplicas: is "-2", which counts as 0; use a positive number [keda/trigger]`),
		one(onType("cron", hours+`desiredReplicas: "2.5"`, ""), `error: `+at+`.metadata.desiredReplicas: is "2.5", which is not a whole number in the syntax of JSON; use one such as 5 [keda/trigger]`),
		one(onType("cron", hours+`desiredReplicas: "1"`, ", metricType: Value"),
			`warning: `+at+`.metadata.desiredReplicas: is "1", which has no effect, because minReplicaCount is 1; use a higher number [keda/trigger]`,
			`warning: `+at+`.metricType: is Value, so the replicas are multiplied by the value, and not set to desiredReplicas; use AverageValue [keda/trigger]`),
		one("  maxReplicaCount: 1\n"+onType("cron", hours+`desiredReplicas: "200"`, ""), `warning: `+at+`.metadata.desiredReplicas: is "200", but maxReplicaCount limits it to 1 replica [keda/trigger]`),
		one("  maxReplicaCount: 20\n"+onType("cron", hours+`desiredReplicas: "200"`, ""), `warning: `+at+`.metadata.desiredReplicas: is "200", but maxReplicaCount limits it to 20 replicas [keda/trigger]`),
		one(onType("cron", `timezone: UTC+2, start: 0 8 * * *, end: 0 8 * * *, desiredReplicas: "3"`, ""),
			`error: `+at+`.metadata.end: is "0 8 * * *", which is also the start, and KEDA rejects equal schedules; use another one [keda/trigger]`,
			`error: `+at+`.metadata.timezone: is "UTC+2", which is an offset, not the name of a time zone; use one such as Etc/GMT-2, whose sign is that of POSIX [keda/trigger]`),
		one(onType("cron", `timezone: UTC, start: 0 8 * * 7, end: "@daily", desiredReplicas: "3"`, ""),
			`error: `+at+`.metadata.end: is "@daily", which begins with @; use five fields, such as 0 8 * * * [keda/trigger]`,
			`error: `+at+`.metadata.start: is "0 8 * * 7", which has "7" as day of the week; use 0 to 6 [keda/trigger]`),
		one("  minReplicaCount: 1\n  triggers:\n  - {type: cron, metadata: {"+hours+"desiredReplicas: \"5\"}}\n  - {type: cron, metadata: {timezone: UTC, start: 0 18 * * *, end: 0 23 * * *, desiredReplicas: \"2\"}}\n",
			`warning: ScaledObject shop/web: spec.triggers[1].metadata.start: is when the window of triggers[0] ends, so the replicas may drop in between; let the windows overlap by some minutes [keda/trigger]`),
		one(onType("kubernetes-workload", `podSelector: "app in", value: "0"`, ""),
			`error: `+at+`.metadata.podSelector: is "app in", which is not a label selector; use one such as app=backend, tier in (a, b) [keda/trigger]`,
			`error: `+at+`.metadata.value: is "0", which is not above 0, as a HorizontalPodAutoscaler requires; use a positive number [keda/trigger]`),
		{name: "pods of the target", text: workload("Deployment", "shop", "web", "") + scaledWith(onType("kubernetes-workload", `podSelector: app=web, value: "2"`, "")), want: []string{
			`warning: ` + at + `.metadata.podSelector: is "app=web", which also selects the pods of Deployment web itself, so more of them ask for more; select only other pods [keda/trigger]`,
		}},
		one(onType("metrics-api", `url: orders/stats, valueLocation: a.b, targetValue: "5", format: text`, ""), `error: `+at+`.metadata.format: is "text", which is not one of json, prometheus, xml, yaml [keda/trigger]`),
		one(onType("metrics-api", `url: orders/stats, valueLocation: a.b, targetValue: "5"`, ""), `error: `+at+`.metadata.url: is "orders/stats", which is not a URL; use one such as http://orders.shop:8080/stats [keda/trigger]`),
		one(onType("external", `scalerAddress: "http://scaler:80", other: x`, ""), `error: `+at+`.metadata.scalerAddress: is "http://scaler:80", which has a scheme, but KEDA connects by gRPC; use scaler:80 [keda/trigger]`),
		one(onType("external", `scaleraddress: "scaler:80"`, ""), `error: `+at+`.metadata.scalerAddress: is missing or empty, and KEDA requires it for external; set it [keda/trigger]`),
		{name: "targets that a formula replaces", text: scaledWith("  minReplicaCount: 1\n  advanced: {scalingModifiers: {formula: a, target: \"1\"}}\n  triggers:\n" +
			"  - {type: kubernetes-workload, name: a, metadata: {podSelector: app=x}}\n  - {type: metrics-api, metadata: {url: \"http://x\", valueLocation: y}}\n")},
	})
}
