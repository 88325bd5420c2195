package check

import (
	"cmp"
	"maps"
	"math"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
)

// setDefaults sets the defaults of the API server in a copy of what it changes (Kubernetes, pkg/apis/autoscaling/v2/defaults.go).
// The stabilization window of scaling down stays nil, because it is a flag of the controller.
func setDefaults(spec *autoscalingv2.HorizontalPodAutoscalerSpec) {
	if spec.MinReplicas == nil {
		spec.MinReplicas = new(int32(1))
	}
	if spec.Behavior == nil {
		return
	}
	const period = 15
	percent := autoscalingv2.HPAScalingPolicy{Type: autoscalingv2.PercentScalingPolicy, Value: 100, PeriodSeconds: period}
	pods := autoscalingv2.HPAScalingPolicy{Type: autoscalingv2.PodsScalingPolicy, Value: 4, PeriodSeconds: period}
	up := autoscalingv2.HPAScalingRules{Policies: []autoscalingv2.HPAScalingPolicy{pods, percent}}
	up.StabilizationWindowSeconds = new(int32)
	down := autoscalingv2.HPAScalingRules{Policies: []autoscalingv2.HPAScalingPolicy{percent}}
	spec.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{
		ScaleUp: rulesOf(spec.Behavior.ScaleUp, up), ScaleDown: rulesOf(spec.Behavior.ScaleDown, down),
	}
}

// rulesOf completes rules with defaults.
func rulesOf(set *autoscalingv2.HPAScalingRules, out autoscalingv2.HPAScalingRules) *autoscalingv2.HPAScalingRules {
	out.SelectPolicy = new(autoscalingv2.MaxChangePolicySelect)
	if set != nil {
		out.SelectPolicy = cmp.Or(set.SelectPolicy, out.SelectPolicy)
		out.StabilizationWindowSeconds = cmp.Or(set.StabilizationWindowSeconds, out.StabilizationWindowSeconds)
		out.Tolerance = set.Tolerance
		if set.Policies != nil {
			out.Policies = set.Policies
		}
	}
	return &out
}

// podsOf returns the pods of a workload as the API server completes them (Kubernetes, pkg/apis/core/v1/defaults.go).
func (s *signals) podsOf(wl *chain.Workload) *Pods {
	return lookup.Remember(s.pods, wl, func(*chain.Workload) *Pods {
		spec := &wl.WholeTemplate().Spec
		out := &Pods{}
		if r := spec.Resources; r != nil {
			out.Requests, out.Limits = requested(*r), r.Limits
		}
		for i := range spec.Containers {
			out.Containers = append(out.Containers, s.container(wl, &spec.Containers[i]))
		}
		for i := range spec.InitContainers {
			c := &spec.InitContainers[i]
			if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
				out.Containers = append(out.Containers, s.container(wl, c))
			}
		}
		return out
	})
}

// seconds returns a duration that fits.
func seconds(n int64) time.Duration {
	return time.Duration(min(n, math.MaxInt64/int64(time.Second))) * time.Second
}

func (s *signals) container(wl *chain.Workload, c *corev1.Container) Container {
	added := lookup.Remember(s.added, wl.Item.Place.Object.Namespace, s.defaultsIn)
	return Container{
		Name: c.Name, Readiness: completed(c.ReadinessProbe), Startup: completed(c.StartupProbe),
		Requests: filled(requested(c.Resources), added.Requests), Limits: filled(maps.Clone(c.Resources.Limits), added.Limits),
	}
}

// defaultsIn returns what the LimitRanges of a namespace add to containers (SetDefaults_LimitRangeItem, and
// plugin/pkg/admission/limitranger/admission.go).
func (s *signals) defaultsIn(namespace string) (added corev1.ResourceRequirements) {
	for _, l := range s.graph.Namespaces.LimitRanges.PossiblyIn(namespace) {
		for _, i := range l.Spec.Limits {
			if i.Type == corev1.LimitTypeContainer {
				limits := filled(maps.Clone(i.Default), i.Max)
				added.Requests = filled(added.Requests, filled(filled(maps.Clone(i.DefaultRequest), limits), i.Min))
				added.Limits = filled(added.Limits, limits)
			}
		}
	}
	return added
}

// requested returns the requests, of which limits set those that are missing.
func requested(r corev1.ResourceRequirements) corev1.ResourceList {
	return filled(maps.Clone(r.Requests), r.Limits)
}

// filled adds what a list lacks.
func filled(to, from corev1.ResourceList) corev1.ResourceList {
	if to == nil && len(from) > 0 {
		to = corev1.ResourceList{}
	}
	for name, q := range from {
		if _, ok := to[name]; !ok {
			to[name] = q
		}
	}
	return to
}

// completed returns a probe with its defaults (SetDefaults_Probe).
func completed(p *corev1.Probe) *corev1.Probe {
	if p == nil {
		return nil
	}
	out := *p
	out.PeriodSeconds = cmp.Or(p.PeriodSeconds, 10)
	out.TimeoutSeconds = cmp.Or(p.TimeoutSeconds, 1)
	out.SuccessThreshold = cmp.Or(p.SuccessThreshold, 1)
	out.FailureThreshold = cmp.Or(p.FailureThreshold, 3)
	return &out
}
