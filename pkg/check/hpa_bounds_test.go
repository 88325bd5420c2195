package check

import (
	"testing"
)

// hpaWith is an HPA of a version with more lines of the spec, indented by two.
func hpaWith(version, spec string) string {
	return "---\napiVersion: autoscaling/" + version + "\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n" + spec
}

const queueMetric = `  metrics:
  - type: External
    external: {metric: {name: queue_length}, target: {type: AverageValue, averageValue: "5"}}
`

func TestHPABounds(t *testing.T) {
	runCases(t, hpaBounds, []checkCase{
		{name: "sound", text: hpaWith("v2", "  minReplicas: 2\n  maxReplicas: 5\n")},
		{name: "equal", text: hpaWith("v2", "  minReplicas: 5\n  maxReplicas: 5\n")},
		{name: "no minimum", text: hpaWith("v1", "  maxReplicas: 1\n")},
		{name: "minimum above maximum", want: []string{
			`error: HorizontalPodAutoscaler web: spec.maxReplicas: is 3, less than minReplicas, which is 5; use at least 5 [hpa/bounds]`,
		}, text: hpaWith("v2beta2", "  minReplicas: 5\n  maxReplicas: 3\n")},
		{name: "no maximum", want: []string{
			`error: HorizontalPodAutoscaler web: spec.maxReplicas: is 0 or missing; set the maximum number of pods [hpa/bounds]`,
		}, text: hpaWith("v2", "  minReplicas: 5\n")},
		{name: "null as maximum", want: []string{
			`error: HorizontalPodAutoscaler web: spec.maxReplicas: is 0 or missing; set the maximum number of pods [hpa/bounds]`,
		}, text: hpaWith("v2", "  maxReplicas:\n")},
		{name: "maximum of 0", want: []string{
			`error: HorizontalPodAutoscaler web: spec.maxReplicas: is 0 or missing; set the maximum number of pods [hpa/bounds]`,
		}, text: hpaWith("v2", "  maxReplicas: 0\n")},
		{name: "negative", want: []string{
			`error: HorizontalPodAutoscaler web: spec.maxReplicas: is -2; use a number of at least 1 [hpa/bounds]`,
			`error: HorizontalPodAutoscaler web: spec.minReplicas: is -1; use a number of at least 1 [hpa/bounds]`,
		}, text: hpaWith("v2", "  minReplicas: -1\n  maxReplicas: -2\n")},
		{name: "no number is told by the reader", text: hpaWith("v2", "  minReplicas: many\n  maxReplicas: \"5\"\n")},
		{name: "minimum of 0 without a reason to wake up", want: []string{
			`error: HorizontalPodAutoscaler web: spec.minReplicas: is 0, but no metric is of type Object or External, the only types with a value without pods; use 1 [hpa/bounds]`,
		}, text: hpaWith("v2", "  minReplicas: 0\n  maxReplicas: 5\n")},
		{name: "minimum of 0", want: []string{
			`info: HorizontalPodAutoscaler web: spec.minReplicas: is 0, which Kubernetes before 1.37 rejects unless its feature gate HPAScaleToZero is enabled [hpa/bounds]`,
		}, text: hpaWith("v2", "  minReplicas: 0\n  maxReplicas: 5\n"+queueMetric)},
		{name: "minimum of 0, new cluster", text: hpaWith("v2", "  minReplicas: 0\n  maxReplicas: 5\n"+queueMetric), minor: 37},
		{name: "minimum of 0, old cluster", want: []string{
			`warning: HorizontalPodAutoscaler web: spec.minReplicas: is 0, which Kubernetes 1.30 rejects unless its feature gate HPAScaleToZero is enabled; use 1 [hpa/bounds]`,
		}, text: hpaWith("v2", "  minReplicas: 0\n  maxReplicas: 5\n"+queueMetric), minor: 30},
	})
}
