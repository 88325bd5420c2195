package check

import (
	"testing"
)

// deploymentWith is a Deployment with more lines of the spec, indented by two.
func deploymentWith(spec string) string {
	return `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}
` + spec
}

func TestHPAReplicas(t *testing.T) {
	runCases(t, hpaReplicas, []checkCase{
		{name: "set", want: []string{
			`warning: Deployment web: spec.replicas: is 3, and every apply resets replicas to it, overriding HorizontalPodAutoscaler web; remove it [hpa/replicas]`,
		}, text: hpaWeb + deploymentWith("  replicas: 3\n")},
		{name: "set to 0", want: []string{
			`error: Deployment web: spec.replicas: is 0, which disables HorizontalPodAutoscaler web; remove it [hpa/replicas]`,
		}, text: hpaWeb + deploymentWith("  replicas: 0\n")},
		{name: "set to 0 where the autoscaler may do so too", want: []string{
			`warning: Deployment web: spec.replicas: is 0, and every apply resets replicas to it, overriding HorizontalPodAutoscaler web; remove it [hpa/replicas]`,
		}, text: hpaWith("v2", "  minReplicas: 0\n  maxReplicas: 5\n"+queueMetric) + deploymentWith("  replicas: 0\n")},
		{name: "not set", text: hpaWeb + deploymentWith("")},
		{name: "set to nothing", text: hpaWeb + deploymentWith("  replicas:\n")},
		{name: "set on a workload that nothing scales", text: hpaOf("{name: web}", "{apiVersion: apps/v1, kind: Deployment, name: other}") + deploymentWith("  replicas: 3\n")},
		{name: "set on the workload whose template a Rollout borrows", text: hpaOf("{name: web}", "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: web}") +
			deploymentWith("  replicas: 0\n") + `---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec: {workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
`},
	})
}
