package check

import (
	"strings"
	"testing"
)

func TestKEDATarget(t *testing.T) {
	ref := func(ref string) string {
		return strings.Replace(scaledWith("  minReplicaCount: 1\n"+onQueue), "{name: web}\n", ref+"\n", 1)
	}
	web := workload("Deployment", "shop", "web", "")
	runCases(t, kedaTarget, []checkCase{
		{name: "sound", text: ref("{apiVersion: apps/v1, kind: StatefulSet, name: web, envSourceContainerName: main}") + web},
		{name: "no kind", want: []string{
			`error: ScaledObject shop/web: spec.scaleTargetRef.kind: is missing, so KEDA looks for a Deployment of argoproj.io/v1alpha1; set the kind of web [keda/target]`,
		}, text: ref("{apiVersion: argoproj.io/v1alpha1, name: web}")},
		{name: "another version", want: []string{
			`error: ScaledObject shop/web: spec.scaleTargetRef.apiVersion: is apps/v1beta2, and KEDA asks for exactly this version, which Kubernetes does not serve; use apps/v1 [keda/target]`,
		}, text: ref("{apiVersion: apps/v1beta2, kind: Deployment, name: web}")},
		{name: "no such container", want: []string{
			`error: ScaledObject shop/web: spec.scaleTargetRef.envSourceContainerName: container "mian" is not in the pods of Deployment web; did you mean "main"? [keda/target]`,
		}, text: ref("{name: web, envSourceContainerName: mian}") + web},
		{name: "KEDA 1", want: []string{
			`error: ScaledObject web: apiVersion: is the group of KEDA 1, which KEDA 2 does not serve; use keda.sh/v1alpha1 and its fields [keda/target]`,
		}, text: "apiVersion: keda.k8s.io/v1alpha1\nkind: ScaledObject\nmetadata: {name: web}\n"},
	})
	runCases(t, hpaTarget, []checkCase{
		{name: "a target that is missing", complete: true, want: []string{
			`error: ScaledObject shop/web: spec.scaleTargetRef.name: no Deployment in namespace shop is named "web" [hpa/target]`,
		}, text: ref("{name: web}")},
		{name: "a target that cannot be scaled", want: []string{
			`error: ScaledObject shop/web: spec.scaleTargetRef.kind: a DaemonSet has no scale subresource, so nothing can scale it; use a Deployment, StatefulSet, or ReplicaSet [hpa/target]`,
		}, text: ref("{kind: DaemonSet, name: web}")},
		{name: "no target at all", want: []string{
			`error: ScaledObject shop/web: spec.scaleTargetRef.name: is missing; set it to the name of the workload to scale [hpa/target]`,
		}, text: strings.Replace(scaledWith(onQueue), "  scaleTargetRef: {name: web}\n", "", 1)},
		{name: "a job has no target", complete: true, text: jobWith(onQueue)},
	})
	runCases(t, hpaReplicas, []checkCase{
		{name: "replicas of 0, which KEDA changes", want: []string{
			`warning: Deployment shop/web: spec.replicas: is 0, and every apply resets replicas to it, overriding ScaledObject web; remove it [hpa/replicas]`,
		}, text: scaledWith("  minReplicaCount: 1\n"+onQueue) + strings.Replace(web, "spec:\n", "spec:\n  replicas: 0\n", 1)},
	})
	runCases(t, hpaBehavior, []checkCase{
		{name: "a window that is too long", want: []string{
			`error: ScaledObject shop/web: spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleDown.stabilizationWindowSeconds: is 4000; use a number of seconds from 0 to 3600 [hpa/behavior]`,
		}, text: scaledWith("  advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleDown: {stabilizationWindowSeconds: 4000}}}}\n" + onQueue)},
	})
	runCases(t, hpaVersion, []checkCase{
		{name: "a version that never was", want: []string{
			`error: ScaledObject web: apiVersion: nothing serves a ScaledObject in keda.sh/v1; use keda.sh/v1alpha1 [hpa/version]`,
		}, text: "apiVersion: keda.sh/v1\nkind: ScaledObject\nmetadata: {name: web}\n"},
	})
}

func TestKEDARequest(t *testing.T) {
	trigger := func(more string) string {
		return scaledWith("  minReplicaCount: 1\n  triggers:\n  - {type: cpu, " + more + "}\n")
	}
	web := workload("Deployment", "shop", "web", "")
	runCases(t, hpaRequest, []checkCase{
		{name: "sound", text: trigger(`metricType: Utilization, metadata: {value: "80"}`) + workload("Deployment", "shop", "web", ", resources: {limits: {cpu: 1}}")},
		{name: "utilization", want: []string{
			`error: Deployment shop/web: spec.template.spec.containers[0].resources.requests: container "main" has no cpu request, which ScaledObject web requires of every container to compute utilization; add one [hpa/request]`,
		}, text: trigger(`metricType: Utilization, metadata: {value: "80"}`) + web},
		{name: "a value, for which the webhook requires it", want: []string{
			`error: Deployment shop/web: spec.template.spec.containers[0].resources.requests: container "main" has no cpu request, so the webhook of KEDA rejects ScaledObject web; add one [hpa/request]`,
		}, text: trigger(`metricType: AverageValue, metadata: {value: 500m}`) + web},
		{name: "a value, and a request of the pod", text: trigger(`metricType: AverageValue, metadata: {value: 500m}`) +
			strings.Replace(web, "spec: {containers", "spec: {resources: {requests: {cpu: 1}}, containers", 1)},
		{name: "a container", want: []string{
			`error: Deployment shop/web: spec.template.spec.containers[0].resources.requests: container "main" has no cpu request, which ScaledObject web requires to compute utilization; add one [hpa/request]`,
		}, text: trigger(`metricType: AverageValue, metadata: {value: 500m, containerName: main}`) + web},
		{name: "a container that is not there", want: []string{
			`error: ScaledObject shop/web: spec.triggers[0].metadata.containerName: container "man" is not in the pods of Deployment web; did you mean "main"? [hpa/request]`,
		}, text: trigger(`metricType: Utilization, metadata: {value: "80", containerName: man}`) + web},
	})
}

func TestKEDAName(t *testing.T) {
	long := strings.Repeat("x", 55)
	named := func(name, hpa string) string {
		text := strings.Replace(scaledWith("  minReplicaCount: 1\n"+onQueue), "{name: web, n", "{name: "+name+", n", 1)
		if hpa != "" {
			text += "  advanced: {horizontalPodAutoscalerConfig: {name: " + hpa + "}}\n"
		}
		return text
	}
	runCases(t, kedaName, []checkCase{
		{name: "as long as possible", text: named(long[1:], "")},
		{name: "long with a name for the HPA", text: named(long, "short")},
		{name: "too long for the HPA", want: []string{
			`error: ScaledObject shop/` + long + `: metadata.name: has 55 characters, so the HorizontalPodAutoscaler keda-hpa-` + long + ` has more than 63; use at most 54, or set advanced.horizontalPodAutoscalerConfig.name [keda/name]`,
		}, text: named(long, "")},
		{name: "too long", want: []string{
			`error: ScaledObject shop/` + long + `123456789: metadata.name: has 64 characters; use at most 63, because KEDA puts it into a label [keda/name]`,
		}, text: named(long+"123456789", "short")},
		{name: "a name for the HPA that is too long", want: []string{
			`error: ScaledObject shop/web: spec.advanced.horizontalPodAutoscalerConfig.name: has 64 characters; use at most 63 [keda/name]`,
		}, text: named("web", long+"123456789")},
		{name: "names that are not valid", want: []string{
			`error: ScaledObject shop/web: spec.advanced.horizontalPodAutoscalerConfig.name: "Web_HPA" is not valid: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character [keda/name]`,
		}, text: named("web", "Web_HPA")},
		{name: "a name that is not valid", want: []string{
			`error: ScaledObject shop/Web: metadata.name: "Web" is not valid: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character [keda/name]`,
		}, text: named("Web", "")},
		{name: "a job", text: jobWith(onQueue)},
	})
}

func TestKEDAFallback(t *testing.T) {
	const at = "ScaledObject shop/web: spec.fallback"
	with := func(fallback, more string) string {
		return scaledWith("  minReplicaCount: 2\n  maxReplicaCount: 10\n  fallback: {" + fallback + "}\n" + more)
	}
	runCases(t, kedaFallback, []checkCase{
		{name: "sound", text: with("failureThreshold: 3, replicas: 4", onQueue)},
		{name: "current replicas", text: with("failureThreshold: 3, replicas: 0, behavior: currentReplicasIfHigher", onQueue)},
		{name: "numbers", want: []string{
			`error: ` + at + `.failureThreshold: is missing, so the API server rejects the ScaledObject; set it [keda/fallback]`,
			`error: ` + at + `.replicas: is -1; use a number of at least 0 [keda/fallback]`,
		}, text: with("replicas: -1", onQueue)},
		{name: "an unknown behavior", want: []string{
			`error: ` + at + `.behavior: "current" is not one of static, currentReplicas, currentReplicasIfHigher, currentReplicasIfLower, scalingModifiers [keda/fallback]`,
		}, text: with("failureThreshold: 3, replicas: 4, behavior: current", onQueue)},
		{name: "a formula that is missing", want: []string{
			`error: ` + at + `.behavior: requires advanced.scalingModifiers.formula, which is missing; add it, or use static [keda/fallback]`,
		}, text: with("failureThreshold: 3, replicas: 4, behavior: scalingModifiers", onQueue)},
		{name: "only cpu", want: []string{
			`error: ` + at + `: requires a trigger other than cpu and memory, so the webhook rejects it; remove it [keda/fallback]`,
		}, text: with("failureThreshold: 3, replicas: 4", onCPU)},
		{name: "a target that is not whole", want: []string{
			`warning: ` + at + `: never applies, because advanced.scalingModifiers.target is "2.5", and a fallback requires a whole number; scale formula and target, so that the target is one [keda/fallback]`,
		}, text: with("failureThreshold: 3, replicas: 4", "  advanced: {scalingModifiers: {formula: a, target: \"2.5\"}}\n"+onQueue)},
		{name: "a target that is whole", text: with("failureThreshold: 3, replicas: 4", "  advanced: {scalingModifiers: {formula: a, target: \"2\"}}\n"+onQueue)},
		{name: "above the maximum", want: []string{
			`warning: ` + at + `.replicas: is 40, but maxReplicaCount limits it to 10 [keda/fallback]`,
		}, text: with("failureThreshold: 3, replicas: 40", onQueue)},
		{name: "below the minimum", want: []string{
			`warning: ` + at + `.replicas: is 1, but minReplicaCount raises it to 2 [keda/fallback]`,
		}, text: with("failureThreshold: 3, replicas: 1", onQueue)},
		{name: "0 and a minimum of 0", want: []string{
			`warning: ` + at + `.replicas: is 0, like minReplicaCount, so the first error scales Deployment web to 0 after the cooldown; use at least 1 [keda/fallback]`,
		}, text: scaledWith("  minReplicaCount: 0\n  fallback: {failureThreshold: 3, replicas: 0}\n" + onQueue)},
	})
}

func TestKEDAPaused(t *testing.T) {
	const at = `ScaledObject shop/web: metadata.annotations`
	with := func(annotations string) string {
		return strings.Replace(scaledWith(onQueue), "namespace: shop}", "namespace: shop, annotations: {"+annotations+"}}", 1)
	}
	job := func(annotations string) string {
		return strings.Replace(jobWith(onQueue), "{name: jobs}", "{name: jobs, annotations: {"+annotations+"}}", 1)
	}
	const paused = `info: ` + at + `: pause ScaledObject web, so KEDA deletes its HorizontalPodAutoscaler and nothing scales Deployment web [keda/paused]`
	runCases(t, kedaPaused, []checkCase{
		{name: "not paused", text: with(`autoscaling.keda.sh/paused: "false", autoscaling.keda.sh/paused-scale-in: "true"`)},
		{name: "paused", want: []string{paused}, text: with(`autoscaling.keda.sh/paused: "true"`)},
		{name: "at a number", want: []string{paused}, text: with(`autoscaling.keda.sh/paused-replicas: "3", autoscaling.keda.sh/paused: "false"`)},
		{name: "no number", want: []string{
			`error: ` + at + `["autoscaling.keda.sh/paused-replicas"]: is "all", but KEDA requires a number of replicas; use one such as "2" [keda/paused]`, paused,
		}, text: with(`autoscaling.keda.sh/paused-replicas: all`)},
		{name: "no bool", want: []string{
			`warning: ` + at + `["autoscaling.keda.sh/paused"]: is "no", which KEDA takes for true; use "true" or "false" [keda/paused]`, paused,
		}, text: with(`autoscaling.keda.sh/paused: "no"`)},
		{name: "a job", want: []string{
			`warning: ScaledJob jobs: metadata.annotations["autoscaling.keda.sh/paused-replicas"]: has no effect on a ScaledJob; use autoscaling.keda.sh/paused [keda/paused]`,
			`warning: ScaledJob jobs: metadata.annotations["autoscaling.keda.sh/paused-scale-out"]: has no effect on a ScaledJob; use autoscaling.keda.sh/paused [keda/paused]`,
			`info: ScaledJob jobs: metadata.annotations: pause ScaledJob jobs, so it makes no Jobs [keda/paused]`,
		}, text: job(`autoscaling.keda.sh/paused: "true", autoscaling.keda.sh/paused-replicas: "1", autoscaling.keda.sh/paused-scale-out: "true"`)},
	})
}

func TestKEDAFormula(t *testing.T) {
	const at = "ScaledObject shop/web: spec.advanced.scalingModifiers"
	with := func(modifiers string, triggers ...string) string {
		text := scaledWith("  advanced: {scalingModifiers: {" + modifiers + "}}\n  triggers:\n")
		for _, t := range append(triggers, "type: redis, name: a", "type: redis, name: b_2") {
			text += "  - {" + t + ", metadata: {}}\n"
		}
		return text
	}
	runCases(t, kedaFormula, []checkCase{
		{name: "sound", text: with(`formula: "max([a, b_2]) + (a > 2 ? b_2 : 0)", target: "2.5", activationTarget: "1", metricType: Value`)},
		{name: "names of its own", text: with(`formula: "let x = a; x + 1", target: "2"`)},
		{name: "text and members", text: with(`formula: "a + len(\"other\")", target: "2"`)},
		{name: "what is missing", want: []string{
			`error: ` + at + `.formula: is missing, and scaling modifiers require it; set it [keda/formula]`,
			`error: ` + at + `.target: is missing, and scaling modifiers require it; set it [keda/formula]`,
		}, text: with(`metricType: AverageValue`)},
		{name: "values", want: []string{
			`error: ` + at + `.activationTarget: is "x"; use a number [keda/formula]`,
			`error: ` + at + `.metricType: is "Utilization"; use AverageValue or Value [keda/formula]`,
			`error: ` + at + `.target: is "0"; use a number above 0 [keda/formula]`,
		}, text: with(`formula: a, target: "0", activationTarget: x, metricType: Utilization`)},
		{name: "an unknown name", want: []string{
			`error: ` + at + `.formula: uses "b_3", which is not the name of a trigger; did you mean "b_2"? [keda/formula]`,
			`error: ` + at + `.formula: uses "queue", which is not the name of a trigger; use a or b_2 [keda/formula]`,
		}, text: with(`formula: queue + b_3, target: "2"`)},
		{name: "a trigger on cpu", want: []string{
			`error: ` + at + `.formula: uses "load", which is a trigger on cpu or memory, and formulas know only other triggers; remove it [keda/formula]`,
		}, text: with(`formula: load + a, target: "2"`, "type: cpu, name: load, metricType: Utilization")},
		{name: "a name that formulas cannot contain", want: []string{
			`error: ` + at + `.formula: uses "q-len", which is not a name that formulas can contain; name the trigger "q_len", for example [keda/formula]`,
			`error: ` + at + `.formula: uses "q-len", which is not a name that formulas can contain; name the trigger "q_len", for example [keda/formula]`,
		}[:1], text: with(`formula: q-len + a, target: "2"`, "type: redis, name: q-len")},
		{name: "a trigger without a name", want: []string{
			`warning: ` + at + `.formula: cannot use triggers[0], because it has no name; set the name, or remove the trigger [keda/formula]`,
		}, text: with(`formula: a, target: "2"`, "type: redis")},
		{name: "no names at all", want: []string{
			`error: ScaledObject shop/web: spec.advanced.scalingModifiers.formula: uses "a", which is not the name of a trigger; set the name of a trigger [keda/formula]`,
		}, text: scaledWith("  advanced: {scalingModifiers: {formula: a, target: \"1\"}}\n" + onCPU)},
		{name: "a division", want: []string{
			`warning: ` + at + `.formula: divides by b_2; if that is 0, the result is infinite, and KEDA scales to the maximum; use b_2 > 0 ? ... : 0 [keda/formula]`,
		}, text: with(`formula: a / 2 / b_2, target: "2"`)},
		{name: "a container", want: []string{
			`warning: ScaledObject shop/web: spec.triggers[0].metadata.containerName: is set, and KEDA drops triggers on a container beside scaling modifiers; remove it to scale on the cpu of whole pods [keda/formula]`,
		}, text: strings.Replace(with(`formula: a, target: "2"`, "type: cpu, metricType: Utilization"), "Utilization, metadata: {}", `Utilization, metadata: {value: "80", containerName: main}`, 1)},
	})
}

func TestKEDAAPI(t *testing.T) {
	api := func(service string) string {
		return "---\napiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: v1beta1.external.metrics.k8s.io}\nspec: {group: external.metrics.k8s.io, version: v1beta1, service: {name: " + service + ", namespace: x}}\n"
	}
	rules := configured("externalRules: [{seriesQuery: queue, resources: {namespaced: false}, metricsQuery: 'max(<<.Series>>{<<.LabelMatchers>>})'}]")
	so := scaledWith("  minReplicaCount: 1\n" + onQueue)
	runCases(t, apiService, []checkCase{
		{name: "KEDA", text: so + api("keda-operator-metrics-apiserver")},
		{name: "another program, and only cpu", text: scaledWith(onCPU) + api("datadog-cluster-agent")},
		{name: "another program", want: []string{
			`error: APIService v1beta1.external.metrics.k8s.io: spec.service.name: gives external.metrics.k8s.io to Service datadog-cluster-agent, but ScaledObject web requires KEDA there; only one program can serve an API, so remove this APIService [api/service]`,
		}, text: so + api("datadog-cluster-agent")},
		{name: "a program that is not known", want: []string{
			`warning: APIService v1beta1.external.metrics.k8s.io: spec.service.name: gives external.metrics.k8s.io to Service metrics, but ScaledObject web requires KEDA there; only one program can serve an API, so remove this APIService [api/service]`,
		}, text: so + api("metrics")},
		{name: "rules of the adapter", want: []string{
			`warning: ConfigMap monitoring/adapter-config: data["config.yaml"].externalRules[0]: line 1: is a rule for external.metrics.k8s.io, which only one program in a cluster can serve, and ScaledObject web requires KEDA there; move the rule to rules, or replace it with a ScaledObject [api/service]`,
		}, text: so + rules},
		{name: "rules of the adapter without KEDA", text: rules},
	})
}
