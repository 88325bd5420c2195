// Package autoscaler is the arithmetic of the HorizontalPodAutoscaler controller, without a cluster and without a clock: from
// pods and metrics to a number of replicas.
//
// It follows Kubernetes 1.37, pkg/controller/podautoscaler: horizontal.go for bounds, stabilization, and policies, and
// replica_calculator.go for metrics. The feature gates have their defaults of that version. tools/podautoscaler compares each
// decision with those of the real controller, over random worlds.
//
// Times are durations since the start of a simulation. Values of metrics are in thousandths, as in the controller.
package autoscaler
