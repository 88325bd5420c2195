package check

import (
	"testing"
)

// jobWith is a ScaledJob with more lines of the spec, indented by two.
func jobWith(spec string) string {
	return "---\napiVersion: keda.sh/v1alpha1\nkind: ScaledJob\nmetadata: {name: jobs}\nspec:\n  jobTargetRef: {template: {spec: {restartPolicy: Never, containers: [{name: job, image: job}]}}}\n" + spec
}

func TestKEDAJob(t *testing.T) {
	bare := func(spec string) string {
		return "apiVersion: keda.sh/v1alpha1\nkind: ScaledJob\nmetadata: {name: jobs}\nspec:\n" + spec + onQueue
	}
	runCases(t, kedaJob, []checkCase{
		{name: "sound", text: jobWith("  scalingStrategy: {strategy: custom, customScalingRunningJobPercentage: \"0.5\"}\n  rollout: {strategy: gradual, propagationPolicy: foreground}\n" + onQueue)},
		{name: "a ScaledObject", text: scaledWith(onQueue)},
		{name: "no Job", want: []string{
			`error: ScaledJob jobs: spec.jobTargetRef: is missing, so the API server rejects the ScaledJob; set it [keda/job]`,
		}, text: bare("")},
		{name: "no containers", want: []string{
			`error: ScaledJob jobs: spec.jobTargetRef.template.spec.containers: is missing, so the API server rejects the ScaledJob; add at least one container [keda/job]`,
		}, text: bare("  jobTargetRef: {template: {spec: {restartPolicy: Never}}}\n")},
		{name: "Jobs that always restart", want: []string{
			`error: ScaledJob jobs: spec.jobTargetRef.template.spec.restartPolicy: is Always, so the API server rejects the Jobs; use OnFailure or Never [keda/job]`,
		}, text: bare("  jobTargetRef: {template: {spec: {restartPolicy: Always, containers: [{name: job, image: job}]}}}\n")},
		{name: "values of other fields", want: []string{
			`error: ScaledJob jobs: spec.rollout.propagationPolicy: "orphan" is not one of background, foreground [keda/job]`,
			`error: ScaledJob jobs: spec.rollout.strategy: "slow" is not one of gradual, immediate [keda/job]`,
			`error: ScaledJob jobs: spec.rolloutStrategy: "gradually" is not one of gradual, immediate [keda/job]`,
			`error: ScaledJob jobs: spec.scalingStrategy.multipleScalersCalculation: "mean" is not one of avg, max, min, sum [keda/job]`,
			`error: ScaledJob jobs: spec.scalingStrategy.strategy: "exact" is not one of accurate, custom, default, eager [keda/job]`,
			`warning: ScaledJob jobs: spec.fallback: is not a field of a ScaledJob; remove it [keda/job]`,
			`warning: ScaledJob jobs: spec.scalingStrategy.customScalingRunningJobPercentage: is "50%", which is not a number, so KEDA uses the default strategy; use one such as "0.5" [keda/job]`,
		}, text: jobWith("  fallback: {replicas: 1}\n  rolloutStrategy: gradually\n  rollout: {strategy: slow, propagationPolicy: orphan}\n" +
			"  scalingStrategy: {strategy: exact, multipleScalersCalculation: mean, customScalingRunningJobPercentage: 50%}\n" + onQueue)},
		{name: "triggers", want: []string{
			`error: ScaledJob jobs: spec.triggers[0].metricType: is set, which KEDA rejects for a ScaledJob; remove it [keda/job]`,
			`warning: ScaledJob jobs: spec.triggers[1].type: is external-push, which a ScaledJob ignores; use external [keda/job]`,
			`warning: ScaledJob jobs: spec.triggers[2].type: is cpu, which has no effect in a ScaledJob; remove it [keda/job]`,
			`info: ScaledJob jobs: spec.triggers[0].useCachedMetrics: has no effect in a ScaledJob; remove it [keda/job]`,
		}, text: jobWith("  triggers:\n  - {type: redis, metricType: Value, useCachedMetrics: true, metadata: {listName: jobs}}\n" +
			"  - {type: external-push, metadata: {scalerAddress: x:1}}\n  - {type: cpu, metadata: {value: \"80\"}}\n")},
		{name: "only cpu", want: []string{
			`error: ScaledJob jobs: spec.triggers[0].type: is cpu, which has no effect in a ScaledJob, so nothing makes Jobs; use a trigger on the work to do [keda/job]`,
		}, text: jobWith("  triggers:\n  - {type: cpu, metadata: {value: \"80\"}}\n")},
	})
}
