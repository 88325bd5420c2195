// Package hpa turns the ConfigMap hpa-configs into a policy (how many replicas at most, which metrics, which behavior),
// a policy with a workload into a HorizontalPodAutoscaler, and a metric of one into the rule by which an adapter serves it. The
// data of the ConfigMap flow in; a Policy, typed autoscaling/v2 objects, formulas for metrics, rules in the types of
// prometheus-adapter and problems with their places flow out. Only rule_adapter.go knows an adapter. The package imports
// pkg/krm and pkg/model of this module and nothing else of it: it may not know APIs, backends or swagger, nor who else
// has rules.
package hpa
