// Package podautoscaler drives the HorizontalPodAutoscaler controller of Kubernetes in simulated time (testing/synctest), and compares
// each of its decisions with those of pkg/simulate/autoscaler.
package podautoscaler
