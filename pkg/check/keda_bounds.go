package check

import (
	"fmt"
	"slices"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func kedaBounds(w *world, ps *model.Problems) {
	own := ownQueries(w)
	for _, k := range w.graph.KEDA {
		checkLimits(k, ps)
		if k.Spec == nil {
			continue
		}
		checkIdle(k, ps)
		checkTimes(k, ps)
		checkWaking(k, own[k], ps)
	}
}

// ownQueries returns the queries of each object.
func ownQueries(w *world) map[*chain.KEDA][]*demand.Query {
	out := map[*chain.KEDA][]*demand.Query{}
	for _, d := range w.demands.Queries() {
		out[d.Query().Of] = append(out[d.Query().Of], d.Query())
	}
	return out
}

// number is a field with a number, and the least one that the API server accepts (config/crd/bases).
type number struct {
	field string
	value *int32
	least int32
}

// checkLimits reports numbers that the API server rejects.
func checkLimits(k *chain.KEDA, ps *model.Problems) {
	var all []number
	if s := k.Spec; s != nil {
		all = []number{
			{"minReplicaCount", s.MinReplicaCount, 0},
			{"maxReplicaCount", s.MaxReplicaCount, 1},
			{"idleReplicaCount", s.IdleReplicaCount, 0},
			{"pollingInterval", s.PollingInterval, 1},
			{"cooldownPeriod", s.CooldownPeriod, 0},
			{"initialCooldownPeriod", s.InitialCooldownPeriod, 0},
		}
	} else {
		s := k.JobSpec
		all = []number{
			{"minReplicaCount", s.MinReplicaCount, 0},
			{"maxReplicaCount", s.MaxReplicaCount, 1},
			{"pollingInterval", s.PollingInterval, 1},
			{"successfulJobsHistoryLimit", s.SuccessfulJobsHistoryLimit, 0},
			{"failedJobsHistoryLimit", s.FailedJobsHistoryLimit, 0},
		}
	}
	spec := k.Item.Place.Child("spec")
	valid := true
	for _, n := range all {
		if n.value != nil && *n.value < n.least {
			ps.Valuef(model.KEDABounds, spec.Child(n.field), fmt.Sprint(*n.value),
				"is %d; use a number of at least %d", *n.value, n.least)
			valid = false
		}
	}
	lowest := *k.MinReplicas
	if !valid || lowest <= k.MaxReplicas {
		return
	}
	at, value := spec.Child("maxReplicaCount"), fmt.Sprint(k.MaxReplicas)
	switch {
	case k.Spec == nil: // The operator cuts it (apis/keda/v1alpha1/scaledjob_types.go, MinReplicaCount).
		ps.Reportf(model.Problem{ID: model.KEDABounds, Severity: model.Warning, Place: at, Value: value},
			"is %d, less than minReplicaCount, which is %d and is cut to it; use at least %d", k.MaxReplicas, lowest, lowest)
	case k.Spec.MaxReplicaCount == nil:
		ps.Errorf(model.KEDABounds, at, "is missing, so it is %d, less than minReplicaCount, which is %d; use at least %d",
			k.MaxReplicas, lowest, lowest)
	default:
		ps.Valuef(model.KEDABounds, at, value, "is %d, less than minReplicaCount, which is %d; use at least %d", k.MaxReplicas, lowest, lowest)
	}
}

// checkIdle follows the webhook, which takes a missing minimum as 0, and a minimum of 0 as 1
// (apis/keda/v1alpha1/scaledobject_types.go, CheckReplicaCountBoundsAreValid).
func checkIdle(k *chain.KEDA, ps *model.Problems) {
	idle, lowest := k.Spec.IdleReplicaCount, k.Spec.MinReplicaCount
	if idle == nil || *idle < 0 {
		return
	}
	p := model.Problem{ID: model.KEDABounds, Place: k.Item.Place.Child("spec").Child("idleReplicaCount"), Value: fmt.Sprint(*idle)}
	switch {
	case lowest == nil:
		ps.Reportf(p, "is %d, but minReplicaCount is missing, so the webhook rejects it; set minReplicaCount to at least %d", *idle, *idle+1)
	case *lowest == 0 && *idle == 0:
		p.Severity = model.Info
		ps.Reportf(p, "is 0, which has no effect because minReplicaCount is 0, too")
	case *idle >= *lowest:
		ps.Reportf(p, "is %d, but must be less than minReplicaCount, which is %d; use 0", *idle, *lowest)
	case *idle > 0:
		p.Severity = model.Warning
		ps.Reportf(p, "is %d, but the HorizontalPodAutoscaler raises it to minReplicaCount, which is %d, again; use 0", *idle, *lowest)
	}
}

// checkTimes reports times without an effect (apis/keda/v1alpha1/scaledobject_webhook.go, verifyScaledObjects).
func checkTimes(k *chain.KEDA, ps *model.Problems) {
	s, spec := k.Spec, k.Item.Place.Child("spec")
	if *k.MinReplicas <= 0 || s.IdleReplicaCount != nil {
		return
	}
	const fix = "use advanced.horizontalPodAutoscalerConfig.behavior to scale down later"
	if s.CooldownPeriod != nil {
		ps.Infof(model.KEDABounds, spec.Child("cooldownPeriod"),
			"has no effect, because it delays only scaling to 0, and minReplicaCount is %d; %s", *k.MinReplicas, fix)
	}
	if s.InitialCooldownPeriod != nil {
		ps.Infof(model.KEDABounds, spec.Child("initialCooldownPeriod"),
			"has no effect, because it delays only scaling to 0, and minReplicaCount is %d; remove it", *k.MinReplicas)
	}
	cached := slices.ContainsFunc(s.Triggers, func(t keda.Trigger) bool { return t.UseCachedMetrics })
	if s.PollingInterval != nil && !cached && k.Modifiers() == nil {
		ps.Infof(model.KEDABounds, spec.Child("pollingInterval"),
			"has no effect on scaling, because the HorizontalPodAutoscaler asks every 15 seconds, and minReplicaCount is %d; remove it",
			*k.MinReplicas)
	}
}

// checkWaking reports objects that scale to 0 and never up again, and those that never scale to 0.
func checkWaking(k *chain.KEDA, queries []*demand.Query, ps *model.Problems) {
	lowest, idle := *k.MinReplicas, k.Spec.IdleReplicaCount
	if lowest < 0 || lowest > 0 && (idle == nil || *idle > 0) || len(k.Triggers) == 0 {
		return
	}
	p := model.Problem{ID: model.KEDABounds, Place: k.Item.Place.Child("spec").Child("minReplicaCount"), Value: "0"}
	is := "is 0"
	switch {
	case lowest > 0:
		p.Place = k.Item.Place.Child("spec").Child("idleReplicaCount")
	case k.Spec.MinReplicaCount == nil:
		is, p.Value = "is missing, so it is 0", ""
	}
	_, forced := k.Item.Annotations[keda.ForceActivation]
	switch {
	case k.OnlyResources():
		// The webhook looks at these two kinds only (scaledobject_webhook.go, verifyCPUMemoryScalers).
		if !slices.Contains(verified, chain.GroupKind(k.Ref.APIVersion, k.Ref.Kind)) || lowest > 0 {
			p.Severity = model.Warning
		}
		ps.Reportf(p, "%s, but triggers on cpu and memory never scale to 0; set minReplicaCount to at least 1", is)
	case onlyOwn(k, queries) && !forced:
		ps.Reportf(p, "%s, but the series of all triggers come from the pods of %s, so nothing scales it up from 0 again; set "+
			"minReplicaCount to at least 1, or add a trigger that does not depend on these pods", is, k.Target)
	case lowest == 0 && k.Spec.MinReplicaCount == nil && !k.Paused():
		p.Severity = model.Info
		ps.Reportf(p, "%s, and KEDA scales %s %s to 0 while no trigger is active, beginning at once; set it", is, k.Ref.Kind, k.Ref.Name)
	}
}

// onlyOwn reports whether every trigger reads series of the pods that it scales, or their cpu and memory, and none is active
// without such series (pkg/scaling/executor/scale_scaledobjects.go).
func onlyOwn(k *chain.KEDA, queries []*demand.Query) bool {
	own := 0
	for _, q := range queries {
		if q.AllOwn() && q.Trigger.Activation() >= 0 && !promexpr.Positive(q.Expr) &&
			!promexpr.Calls(q.Expr, "absent", "absent_over_time") {
			own++
		}
	}
	resources := 0
	for i := range k.Triggers {
		if k.Triggers[i].IsResource() {
			resources++
		}
	}
	return own > 0 && own+resources == len(k.Triggers) && k.Modifiers() == nil
}
