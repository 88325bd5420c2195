package simulate

import (
	"cmp"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
)

// goal is what a metric is compared with: its value of a pod, or over all pods if total is set.
type goal struct {
	source *Source
	value  float64
	total  bool
	most   float64
}

// goalOf returns the goal of a metric, in its own unit: cores, bytes, or that of the query.
func goalOf(m *Model, i int) goal {
	judged := cmp.Or(m.judged, m.Spec)
	spec, s := &judged.Metrics[i], &m.Sources[i]
	g := goal{source: s, most: 1 + m.Flags.Tolerance}
	if b := judged.Behavior; b != nil && b.ScaleUp != nil && b.ScaleUp.Tolerance != nil {
		g.most = 1 + b.ScaleUp.Tolerance.AsApproximateFloat64()
	}
	to := targetOf(spec)
	switch {
	case to.AverageValue != nil:
		g.value = to.AverageValue.AsApproximateFloat64()
	case to.Value != nil:
		g.value, g.total = to.Value.AsApproximateFloat64(), true
	case to.AverageUtilization != nil:
		g.value = float64(*to.AverageUtilization) / 100 * float64(s.Request) / 1000
	}
	return g
}

// targetRef returns the target of a metric, or nil if it has none.
func targetRef(m *autoscalingv2.MetricSpec) *autoscalingv2.MetricTarget {
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

func targetOf(m *autoscalingv2.MetricSpec) autoscalingv2.MetricTarget {
	if t := targetRef(m); t != nil {
		return *t
	}
	return autoscalingv2.MetricTarget{}
}

// actual returns the value of a metric in this moment, without any delay: of each ready pod, or over all pods.
func (g *goal) actual(w *World) float64 {
	s, pods := g.source, float64(w.ready)
	var pod float64
	switch {
	case s.Kind == Missing:
		return 0
	case s.Kind == CPU:
		pod = w.m.Pods.CPU + w.m.Pods.CPUOfRequest*w.share
	case s.Kind == Memory:
		pod = w.m.Pods.Memory + w.m.Pods.MemoryOfRequest*w.share
	case s.Column != nil:
		if g.total && !s.Mean {
			return s.Column[w.row] * s.Factor
		}
		pod = s.Column[w.row] / max(pods, 1) * s.Factor
	default:
		pod = w.share * s.PerRequest * s.Factor
		if s.Fn == "increase" || s.Fn == "sum_over_time" {
			pod *= s.Span.Seconds()
		}
	}
	if g.total && !s.Mean {
		return pod * pods
	}
	return pod
}

// exceeded reports whether the metric is over its target by more than the tolerance.
func (g *goal) exceeded(w *World) bool { return g.value > 0 && g.actual(w) > g.value*g.most }
