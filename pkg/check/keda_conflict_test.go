package check

import (
	"strings"
	"testing"
)

func TestKEDAConflict(t *testing.T) {
	const at = "ScaledObject shop/web: "
	hpa := func(name, target, more string) string {
		return "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: " + name + ", namespace: shop}\nspec:\n" +
			"  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: " + target + "}\n  minReplicas: 3\n  maxReplicas: 9\n" + more
	}
	with := func(annotations, hpaName, spec string) string {
		text := "---\napiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: web, namespace: shop, annotations: {" + annotations + "}}\nspec:\n  scaleTargetRef: {name: web}\n" + spec
		if hpaName != "" {
			text += "  advanced: {horizontalPodAutoscalerConfig: {name: " + hpaName + "}}\n"
		}
		return text
	}
	bounds := "  minReplicaCount: 3\n  maxReplicaCount: 9\n"
	const transfer = `scaledobject.keda.sh/transfer-hpa-ownership: "true"`
	runCases(t, kedaConflict, []checkCase{
		{name: "alone", text: with("", "", bounds+onCPU) + hpa("other", "other", "")},
		{name: "the one that KEDA made", text: with("", "", bounds+onCPU) + strings.Replace(hpa("keda-hpa-web", "web", ""), "namespace: shop}", "namespace: shop, ownerReferences: [{kind: ScaledObject, name: web, uid: x, apiVersion: keda.sh/v1alpha1}]}", 1)},
		{name: "the one that KEDA made, by its label", text: with("", "", bounds+onCPU) + strings.Replace(hpa("keda-hpa-web", "web", ""), "namespace: shop}", "namespace: shop, labels: {app.kubernetes.io/managed-by: keda-operator}}", 1)},
		{name: "an HPA", want: []string{
			`error: ` + at + `spec.scaleTargetRef: Deployment web is also scaled by HorizontalPodAutoscaler web-hpa, so the webhook rejects the ScaledObject; remove the HorizontalPodAutoscaler, or take it over: set advanced.horizontalPodAutoscalerConfig.name to web-hpa, and the annotation scaledobject.keda.sh/transfer-hpa-ownership to "true" [keda/conflict]`,
		}, text: with("", "", bounds+onCPU) + hpa("web-hpa", "web", "")},
		{name: "a transfer without the name", want: []string{
			`error: ` + at + `spec.advanced.horizontalPodAutoscalerConfig.name: is not web-hpa, which scales Deployment web, so the webhook rejects the transfer; set it to web-hpa [keda/conflict]`,
		}, text: with(transfer, "", bounds+onCPU) + hpa("web-hpa", "web", "")},
		{name: "a transfer", want: []string{
			`warning: HorizontalPodAutoscaler shop/web-hpa: is taken over by ScaledObject web, and every apply of this manifest overrides what KEDA writes; remove it from the manifests without deleting it from the cluster [keda/conflict]`,
		}, text: with(transfer, "web-hpa", bounds+onCPU) + hpa("web-hpa", "web", "")},
		{name: "a transfer that loses much", want: []string{
			`warning: HorizontalPodAutoscaler shop/web-hpa: is taken over by ScaledObject web, and every apply of this manifest overrides what KEDA writes; remove it from the manifests without deleting it from the cluster [keda/conflict]`,
			`warning: ` + at + `spec.advanced.horizontalPodAutoscalerConfig.behavior: is missing, so the behavior of HorizontalPodAutoscaler web-hpa is lost when ScaledObject web takes it over; copy it [keda/conflict]`,
			`warning: ` + at + `spec.maxReplicaCount: is missing, so the maximum changes from 9 to 100 when it takes over HorizontalPodAutoscaler web-hpa; set it to 9 [keda/conflict]`,
			`warning: ` + at + `spec.minReplicaCount: is missing, so the minimum changes from 3 to 0 when it takes over HorizontalPodAutoscaler web-hpa; set it to 3 [keda/conflict]`,
			`warning: ` + at + `spec.triggers: have none on cpu, which HorizontalPodAutoscaler web-hpa scales on, so it is lost when ScaledObject web takes it over; add one [keda/conflict]`,
			`warning: ` + at + `spec.triggers: have none on memory, which HorizontalPodAutoscaler web-hpa scales on, so it is lost when ScaledObject web takes it over; add one [keda/conflict]`,
		}, text: with(transfer, "web-hpa", onQueue) + hpa("web-hpa", "web", "  behavior: {scaleDown: {stabilizationWindowSeconds: 60}}\n  metrics:\n"+
			"  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}\n"+
			"  - {type: ContainerResource, containerResource: {name: memory, container: main, target: {type: Utilization, averageUtilization: 80}}}\n"+
			"  - {type: Pods, pods: {metric: {name: x}, target: {type: AverageValue, averageValue: 1}}}\n")},
		{name: "a transfer while it pauses", want: []string{
			`error: ` + at + `metadata.annotations: pause ScaledObject web, which takes over HorizontalPodAutoscaler web-hpa, so KEDA deletes that; take it over first [keda/conflict]`,
		}, text: with(transfer+`, autoscaling.keda.sh/paused: "true"`, "web-hpa", bounds+onCPU) + hpa("web-hpa", "web", "")},
		{name: "an HPA that the webhook ignores", want: []string{
			`error: ` + at + `spec.scaleTargetRef: Deployment web is also scaled by HorizontalPodAutoscaler web-hpa, and the annotation validations.keda.sh/hpa-ownership only silences the webhook, so both stop (AmbiguousSelector); remove the HorizontalPodAutoscaler, or take it over [keda/conflict]`,
		}, text: with("", "", bounds+onCPU) + strings.Replace(hpa("web-hpa", "web", ""), "namespace: shop}", `namespace: shop, annotations: {validations.keda.sh/hpa-ownership: "false"}}`, 1)},
		{name: "annotations without an effect", want: []string{
			`warning: ` + at + `metadata.annotations["scaledobject.keda.sh/transfer-hpa-ownership"]: is "True", and only "true" has an effect [keda/conflict]`,
			`warning: ` + at + `metadata.annotations["validations.keda.sh/hpa-ownership"]: has no effect on a ScaledObject; set it on the HorizontalPodAutoscaler [keda/conflict]`,
		}, text: with(`scaledobject.keda.sh/transfer-hpa-ownership: "True", validations.keda.sh/hpa-ownership: "false"`, "", bounds+onCPU)},
		{name: "another ScaledObject", want: []string{
			`error: ScaledObject shop/api: spec.scaleTargetRef: Deployment web is also scaled by ScaledObject web, so the webhook rejects one of them; use one ScaledObject with all triggers [keda/conflict]`,
			`error: ` + at + `spec.scaleTargetRef: Deployment web is also scaled by ScaledObject api, so the webhook rejects one of them; use one ScaledObject with all triggers [keda/conflict]`,
		}, text: with("", "", bounds+onCPU) + strings.Replace(with("", "", bounds+onCPU), "name: web, n", "name: api, n", 1)},
		{name: "the HPA of another workload", want: []string{
			`error: ` + at + `spec.advanced.horizontalPodAutoscalerConfig.name: makes KEDA overwrite HorizontalPodAutoscaler api-hpa, which scales Deployment api; use another name [keda/conflict]`,
		}, text: with("", "api-hpa", bounds+onCPU) + hpa("api-hpa", "api", "")},
		{name: "one name for two", want: []string{
			`error: ScaledObject shop/api: spec.advanced.horizontalPodAutoscalerConfig.name: has HorizontalPodAutoscaler x like ScaledObject web, so the webhook rejects one of them; use another name [keda/conflict]`,
			`error: ` + at + `spec.advanced.horizontalPodAutoscalerConfig.name: has HorizontalPodAutoscaler x like ScaledObject api, so the webhook rejects one of them; use another name [keda/conflict]`,
		}, text: with("", "x", bounds+onCPU) + strings.ReplaceAll(with("", "x", bounds+onCPU), "name: web", "name: api")},
		{name: "a job", text: jobWith(onQueue)},
	})
	// The check of HorizontalPodAutoscalers leaves these to keda/conflict.
	if got := findings(t, hpaOverlap, with("", "", bounds+onCPU)+hpa("web-hpa", "web", ""), 0); got != nil {
		t.Errorf("hpa/overlap reports %v", got)
	}
}
