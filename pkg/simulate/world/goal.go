package world

import (
	"cmp"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
)

// Goal is what a metric is compared with, in its own unit: cores, bytes, or that of the query.
type Goal struct {
	Value float64
	// Total means that it is about the value over all pods, else about that of a pod.
	Total  bool
	source *Source
	most   float64
}

// GoalOf returns the goal of a metric.
func GoalOf(m *Model, i int) Goal {
	judged := cmp.Or(m.Judged, m.Spec)
	spec, s := &judged.Metrics[i], &m.Sources[i]
	g := Goal{source: s, most: 1 + m.Flags.Tolerance}
	if b := judged.Behavior; b != nil && b.ScaleUp != nil && b.ScaleUp.Tolerance != nil {
		g.most = 1 + b.ScaleUp.Tolerance.AsApproximateFloat64()
	}
	to := targetIn(spec)
	switch {
	case to.AverageValue != nil:
		g.Value = to.AverageValue.AsApproximateFloat64()
	case to.Value != nil:
		g.Value, g.Total = to.Value.AsApproximateFloat64(), true
	case to.AverageUtilization != nil:
		g.Value = float64(*to.AverageUtilization) / 100 * float64(s.Request) / 1000
	}
	return g
}

// TargetOf returns the target of a metric, or nil if it has none.
func TargetOf(m *autoscalingv2.MetricSpec) *autoscalingv2.MetricTarget {
	switch {
	case m.Pods != nil:
		return &m.Pods.Target
	case m.Resource != nil:
		return &m.Resource.Target
	case m.ContainerResource != nil:
		return &m.ContainerResource.Target
	case m.Object != nil:
		return &m.Object.Target
	case m.External != nil:
		return &m.External.Target
	}
	return nil
}

func targetIn(m *autoscalingv2.MetricSpec) autoscalingv2.MetricTarget {
	if t := TargetOf(m); t != nil {
		return *t
	}
	return autoscalingv2.MetricTarget{}
}

// actual returns the value of a metric in this moment, without any delay: of each ready pod, or over all pods.
func (g *Goal) actual(w *World) float64 {
	s, pods := g.source, float64(w.ready)
	var pod float64
	switch {
	case s.Kind == Missing:
		return 0
	case s.Kind == CPU:
		pod = w.cores()
	case s.Kind == Memory:
		pod = w.m.Pods.Memory + float64(w.m.Pods.MemoryOfRequest*w.share) + w.memoryShare
	case s.Column != nil:
		if g.Total && !s.Mean {
			return s.Column[w.row] * s.Factor
		}
		pod = s.Column[w.row] / max(pods, 1) * s.Factor
	default:
		pod = w.share * s.PerRequest * s.Factor
		if s.Arrivals {
			pod = w.m.Requests[w.row] / max(pods, 1) * s.PerRequest * s.Factor
		}
		if s.Fn == "increase" || s.Fn == "sum_over_time" {
			pod *= s.Span.Seconds()
		}
	}
	if g.Total && !s.Mean {
		return pod * max(pods, 1)
	}
	return pod
}

// exceeded reports whether the metric is over its target by more than the tolerance.
func (g *Goal) exceeded(w *World) bool { return g.Value > 0 && g.actual(w) > g.Value*g.most }
