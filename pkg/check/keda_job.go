package check

import (
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func kedaJob(w *world, ps *model.Problems) {
	for _, k := range w.graph.KEDA {
		if k.JobSpec != nil {
			checkJob(k, ps)
			checkStrategy(k, ps)
			checkJobTriggers(k, ps)
		}
	}
}

// checkJob follows the API server and pkg/scaling/executor/scale_jobs.go.
func checkJob(k *chain.KEDA, ps *model.Problems) {
	spec := k.Item.Place.Child("spec")
	at := spec.Child("jobTargetRef")
	switch job := k.JobSpec.JobTargetRef; {
	case job == nil:
		ps.Errorf(model.KEDAJob, at, "is missing, so the API server rejects the ScaledJob; set it")
	case len(job.Template.Spec.Containers) == 0:
		ps.Errorf(model.KEDAJob, at.Child("template").Child("spec").Child("containers"),
			"is missing, so the API server rejects the ScaledJob; add at least one container")
	case job.Template.Spec.RestartPolicy == corev1.RestartPolicyAlways:
		ps.Valuef(model.KEDAJob, at.Child("template").Child("spec").Child("restartPolicy"), "Always",
			"is Always, so the API server rejects the Jobs; use OnFailure or Never")
	}
	if k.Item.Has("spec", "fallback") {
		ps.Warnf(model.KEDAJob, spec.Child("fallback"), "is not a field of a ScaledJob; remove it")
	}
}

// checkStrategy reports values that the API server rejects, and those that KEDA ignores.
func checkStrategy(k *chain.KEDA, ps *model.Problems) {
	s, spec := k.JobSpec, k.Item.Place.Child("spec")
	strategy := spec.Child("scalingStrategy")
	for _, f := range []struct {
		at      model.Place
		value   string
		allowed []string
	}{
		{spec.Child("rolloutStrategy"), s.RolloutStrategy, []string{"gradual", "immediate"}},
		{spec.Child("rollout").Child("strategy"), s.Rollout.Strategy, []string{"gradual", "immediate"}},
		{spec.Child("rollout").Child("propagationPolicy"), s.Rollout.PropagationPolicy, []string{"background", "foreground"}},
		{strategy.Child("strategy"), s.ScalingStrategy.Strategy, []string{"accurate", "custom", "default", "eager"}},
		{strategy.Child("multipleScalersCalculation"), s.ScalingStrategy.MultipleScalersCalculation, []string{"avg", "max", "min", "sum"}},
	} {
		if f.value != "" && !slices.Contains(f.allowed, f.value) {
			ps.Reportf(model.Problem{ID: model.KEDAJob, Place: f.at, Value: f.value, Suggestion: krm.Suggest(f.value, f.allowed)},
				"%s is not one of %s", model.Quote(f.value), strings.Join(f.allowed, ", "))
		}
	}
	percentage := s.ScalingStrategy.CustomScalingRunningJobPercentage
	if _, err := strconv.ParseFloat(percentage, 64); percentage != "" && err != nil {
		ps.Reportf(model.Problem{
			ID: model.KEDAJob, Severity: model.Warning, Place: strategy.Child("customScalingRunningJobPercentage"), Value: percentage,
		}, "is %s, which is not a number, so KEDA uses the default strategy; use one such as \"0.5\"", model.Quote(percentage))
	}
}

// checkJobTriggers follows controllers/keda/scaledjob_controller.go and pkg/scaling/scale_handler.go, getScaledJobMetrics.
func checkJobTriggers(k *chain.KEDA, ps *model.Problems) {
	for i, t := range k.Triggers {
		at := k.MetricAt(i)
		if t.MetricType != "" {
			ps.Valuef(model.KEDAJob, at.Child("metricType"), string(t.MetricType), "is set, which KEDA rejects for a ScaledJob; remove it")
		}
		if t.UseCachedMetrics {
			ps.Infof(model.KEDAJob, at.Child("useCachedMetrics"), "has no effect in a ScaledJob; remove it")
		}
		p := model.Problem{ID: model.KEDAJob, Severity: model.Warning, Place: at.Child("type"), Value: t.Type}
		switch {
		case t.IsResource() && k.OnlyResources():
			p.Severity = model.Error
			ps.Reportf(p, "is %s, which has no effect in a ScaledJob, so nothing makes Jobs; use a trigger on the work to do", t.Type)
		case t.IsResource():
			ps.Reportf(p, "is %s, which has no effect in a ScaledJob; remove it", t.Type)
		case t.Type == keda.ExternalPush:
			ps.Reportf(p, "is external-push, which a ScaledJob ignores; use external")
		}
	}
}
