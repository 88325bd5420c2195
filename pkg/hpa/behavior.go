package hpa

import (
	"fmt"

	"go.yaml.in/yaml/v3"
	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/krm"
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

// behavior reads the behavior under key. It returns nil if the behavior is missing or empty.
func (r *reader) behavior(key string) (*autoscalingv2.HorizontalPodAutoscalerBehavior, model.Place) {
	at := r.at.Child(key)
	top, _ := r.parse(key)
	if top.node == nil {
		return nil, at
	}
	if top.node.Kind != yaml.MappingNode {
		r.problems.Errorf(model.InputType, top.at, "is %s; use a mapping with scaleUp and scaleDown", describe(top.node))
		return nil, at
	}
	var b autoscalingv2.HorizontalPodAutoscalerBehavior
	c := checker{id: model.HPABehavior}
	c.add(krm.Decode(top.node, top.at, &b))
	c.rules(b.ScaleUp, top.child("scaleUp"))
	c.rules(b.ScaleDown, top.child("scaleDown"))
	r.problems.Add(c.problems...)
	if b.ScaleUp == nil && b.ScaleDown == nil {
		return nil, at
	}
	return &b, at
}

// rules validates one direction of a behavior as the API server does (Kubernetes 1.37, validateScalingRules in
// pkg/apis/autoscaling/validation, after the defaults in pkg/apis/autoscaling/v2).
func (c *checker) rules(r *autoscalingv2.HPAScalingRules, s spot) {
	if r == nil {
		return
	}
	if w := r.StabilizationWindowSeconds; w != nil && (*w < 0 || *w > maxStabilization) {
		c.errorf(s.child("stabilizationWindowSeconds"), "is %d; use a number of seconds from 0 to %d", *w, maxStabilization)
	}
	if p := r.SelectPolicy; p != nil {
		isOneOf(c, s.child("selectPolicy"), *p, selectPolicies)
	}
	if r.Policies != nil && len(r.Policies) == 0 {
		c.errorf(s.child("policies"), "is an empty list; add at least one policy, or remove the field")
	}
	policies := s.child("policies")
	for i, p := range r.Policies {
		c.policy(p, policies.item(i))
	}
	if t := r.Tolerance; t != nil && t.Sign() < 0 {
		at := s.child("tolerance")
		c.errorf(at, "is %s; use a quantity of at least 0, such as 0.05 for 5%%", at.value())
	}
}

func (c *checker) policy(p autoscalingv2.HPAScalingPolicy, s spot) {
	isOneOf(c, s.child("type"), p.Type, policyTypes)
	if p.Value < 1 {
		c.errorf(s.child("value"), "is %s; use a number of at least 1", is(s.child("value"), fmt.Sprint(p.Value)))
	}
	if p.PeriodSeconds < 1 || p.PeriodSeconds > maxPeriod {
		at := s.child("periodSeconds")
		c.errorf(at, "is %s; use a number of seconds from 1 to %d", is(at, fmt.Sprint(p.PeriodSeconds)), maxPeriod)
	}
}
