package check

import (
	"testing"
)

// v1With is an HPA of autoscaling/v1 with an annotation.
func v1With(annotation, value string) string {
	return "---\napiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: web\n  annotations:\n    " +
		annotation + ": '" + value + "'\nspec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  maxReplicas: 5\n"
}

func TestHPABehavior(t *testing.T) {
	const annotation = "autoscaling.alpha.kubernetes.io/behavior"
	runCases(t, hpaBehavior, []checkCase{
		{name: "sound", text: hpaWith("v2", "  maxReplicas: 5\n  behavior: {scaleDown: {stabilizationWindowSeconds: 3600, policies: [{type: Pods, value: 1, periodSeconds: 60}]}}\n")},
		{name: "window, policy, tolerance", want: []string{
			`error: HorizontalPodAutoscaler web: spec.behavior.scaleDown.selectPolicy: is "none"; use Max, Min, or Disabled [hpa/behavior]`,
			`error: HorizontalPodAutoscaler web: spec.behavior.scaleDown.stabilizationWindowSeconds: is 7200; use a number of seconds from 0 to 3600 [hpa/behavior]`,
			`error: HorizontalPodAutoscaler web: spec.behavior.scaleUp.policies[0].periodSeconds: is 1801; use a number of seconds from 1 to 1800 [hpa/behavior]`,
			`error: HorizontalPodAutoscaler web: spec.behavior.scaleUp.policies[0].type: is "Pod"; use Pods or Percent [hpa/behavior]`,
			`error: HorizontalPodAutoscaler web: spec.behavior.scaleUp.policies[0].value: is 0 or missing; use a number of at least 1 [hpa/behavior]`,
			`error: HorizontalPodAutoscaler web: spec.behavior.scaleUp.tolerance: is -1; use a quantity of at least 0, such as 0.05 for 5% [hpa/behavior]`,
		}, text: hpaWith("v2", "  maxReplicas: 5\n  behavior:\n    scaleDown: {stabilizationWindowSeconds: 7200, selectPolicy: none}\n    scaleUp: {policies: [{type: Pod, value: 0, periodSeconds: 1801}], tolerance: -1}\n")},
		{name: "no policies", want: []string{
			`error: HorizontalPodAutoscaler web: spec.behavior.scaleDown.policies: is an empty list; add at least one policy, or remove the field [hpa/behavior]`,
		}, text: hpaWith("v2beta2", "  maxReplicas: 5\n  behavior: {scaleDown: {policies: []}}\n")},
		{name: "what cannot be decoded is not judged", text: hpaWith("v2", "  maxReplicas: 5\n  behavior: {scaleDown: {policies: [{type: Pods, value: one, periodSeconds: 60}]}}\n")},
		{name: "annotation of v1", want: []string{
			`error: HorizontalPodAutoscaler web: metadata.annotations["autoscaling.alpha.kubernetes.io/behavior"].scaleDown.stabilizationWindowSeconds: is 7200; use a number of seconds from 0 to 3600 [hpa/behavior]`,
		}, text: v1With(annotation, `{"ScaleDown": {"StabilizationWindowSeconds": 7200}}`)},
		{name: "annotation of v1 in lower case", want: []string{
			`error: HorizontalPodAutoscaler web: metadata.annotations["autoscaling.alpha.kubernetes.io/behavior"].scaleDown.policies[0].value: is 0 or missing; use a number of at least 1 [hpa/behavior]`,
		}, text: v1With(annotation, `{"scaleDown": {"policies": [{"type": "Pods", "value": 0, "periodSeconds": 60}]}}`)},
	})
}
