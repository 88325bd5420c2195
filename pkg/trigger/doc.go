// Package trigger turns the metrics of HorizontalPodAutoscalers into triggers of KEDA. A metric in autoscaling/v2 comes in with
// the rule by which prometheus-adapter serves it; a trigger that gives the same number comes out, or problems at the place of the
// metric. The adapter's own code fills in the rule, and Prometheus' own parser reads the result. The package knows nothing of
// APIs, backends, or hpa-configs.
package trigger
