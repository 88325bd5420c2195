// Package hpa turns the ConfigMap hpa-configs into a policy: the maximum number of replicas, the metrics, and the behavior.
// It turns a policy and a workload into a HorizontalPodAutoscaler, and a metric of an HPA into the rule by which an adapter
// serves it. The data of the ConfigMap flow in. A Policy, typed autoscaling/v2 objects, formulas for metrics, rules in the
// types of prometheus-adapter, and problems with their places flow out. Only rule_adapter.go knows the adapter. Of this
// module, the package imports only its own packages, pkg/krm, and pkg/model. It knows nothing of APIs, backends, swagger, or
// other rules.
package hpa
