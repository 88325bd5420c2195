package validation

import (
	"cmp"
	"fmt"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// The limits of the API server, in seconds.
const (
	maxStabilization = 3600
	maxPeriod        = 1800
)

var (
	selectPolicies = []autoscalingv2.ScalingPolicySelect{
		autoscalingv2.MaxChangePolicySelect, autoscalingv2.MinChangePolicySelect, autoscalingv2.DisabledPolicySelect,
	}
	policyTypes = []autoscalingv2.HPAScalingPolicyType{autoscalingv2.PodsScalingPolicy, autoscalingv2.PercentScalingPolicy}
)

// Behavior returns the problems of b, which is at a place and can be nil (Kubernetes, validateScalingRules, after the defaults
// in pkg/apis/autoscaling/v2).
func Behavior(b *autoscalingv2.HorizontalPodAutoscalerBehavior, at model.Place) model.Problems {
	var ps model.Problems
	if b != nil {
		rules(b.ScaleUp, at.Child("scaleUp"), &ps)
		rules(b.ScaleDown, at.Child("scaleDown"), &ps)
	}
	return ps
}

func rules(r *autoscalingv2.HPAScalingRules, at model.Place, ps *model.Problems) {
	if r == nil {
		return
	}
	if w := r.StabilizationWindowSeconds; w != nil && (*w < 0 || *w > maxStabilization) {
		ps.Valuef(model.HPABehavior, at.Child("stabilizationWindowSeconds"), fmt.Sprint(*w),
			"is %d; use a number of seconds from 0 to %d", *w, maxStabilization)
	}
	if p := r.SelectPolicy; p != nil {
		isOneOf(ps, model.HPABehavior, at.Child("selectPolicy"), *p, selectPolicies)
	}
	policies := at.Child("policies")
	if r.Policies != nil && len(r.Policies) == 0 {
		ps.Errorf(model.HPABehavior, policies, "is an empty list; add at least one policy, or remove the field")
	}
	for i, p := range r.Policies {
		policy(p, policies.Item(i), ps)
	}
	if t := r.Tolerance; t != nil && t.Sign() < 0 {
		ps.Valuef(model.HPABehavior, at.Child("tolerance"), t.String(),
			"is %s; use a quantity of at least 0, such as 0.05 for 5%%", t)
	}
}

func policy(p autoscalingv2.HPAScalingPolicy, at model.Place, ps *model.Problems) {
	isOneOf(ps, model.HPABehavior, at.Child("type"), p.Type, policyTypes)
	if p.Value < 1 {
		ps.Valuef(model.HPABehavior, at.Child("value"), written(p.Value), "is %s; use a number of at least 1", required(p.Value))
	}
	if p.PeriodSeconds < 1 || p.PeriodSeconds > maxPeriod {
		ps.Valuef(model.HPABehavior, at.Child("periodSeconds"), written(p.PeriodSeconds),
			"is %s; use a number of seconds from 1 to %d", required(p.PeriodSeconds), maxPeriod)
	}
}

// written returns the text of a required number, or "" for 0, which can also mean that the number is missing.
func written(n int32) string { return strings.TrimPrefix(fmt.Sprint(n), "0") }

// required shows a required number.
func required(n int32) string { return cmp.Or(written(n), "0 or missing") }
