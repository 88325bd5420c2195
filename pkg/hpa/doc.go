// Package hpa turns the ConfigMap hpa-configs into a policy (how many replicas at most, which metrics, which behavior),
// and a policy with a workload into a HorizontalPodAutoscaler. The data of the ConfigMap flow in; a Policy, typed
// autoscaling/v2 objects and problems with their places flow out. It imports pkg/krm and pkg/model of this module and
// nothing else of it: it may not know APIs, backends, swagger or the adapter's rules.
package hpa
