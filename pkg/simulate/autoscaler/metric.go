package autoscaler

import (
	"math"
	"math/bits"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
)

// tolerance is how far a usage ratio may be from 1, for each direction.
type tolerance struct{ down, up float64 }

func (t tolerance) contains(ratio float64) bool { return 1-t.down <= ratio && ratio <= 1+t.up }

// target is the target of a metric.
type target struct {
	// ofObject means that the metric is one number, not one for each pod. cpu and utilization are about resources.
	ofObject, average, cpu, utilization bool
	// value is in thousandths, or in percent for a utilization.
	value int64
}

func targetOf(m *autoscalingv2.MetricSpec) target {
	t := target{}
	var to autoscalingv2.MetricTarget
	switch {
	case m.Object != nil:
		to, t.ofObject = m.Object.Target, true
		t.average = to.Type == autoscalingv2.AverageValueMetricType
	case m.External != nil:
		to, t.ofObject = m.External.Target, true
		t.average = to.AverageValue != nil
	case m.Pods != nil:
		to = m.Pods.Target
	case m.Resource != nil:
		to, t.cpu = m.Resource.Target, m.Resource.Name == corev1.ResourceCPU
	case m.ContainerResource != nil:
		to, t.cpu = m.ContainerResource.Target, m.ContainerResource.Name == corev1.ResourceCPU
	}
	switch {
	case to.AverageValue != nil && (!t.ofObject || t.average):
		t.value = to.AverageValue.MilliValue()
	case to.Value != nil:
		t.value = to.Value.MilliValue()
	case to.AverageUtilization != nil:
		t.value, t.utilization = int64(*to.AverageUtilization), true
	}
	return t
}

// proposal returns the number of replicas that a metric calls for.
func (a *Autoscaler) proposal(l *Look, i int) (replicas int32, ok bool) {
	t, m := a.targets[i], &l.Metrics[i]
	if t.ofObject {
		return a.ofObject(l, t, m)
	}
	if len(l.Groups) == 0 || t.utilization && m.Request == 0 {
		return 0, false
	}
	return a.ofPods(l, t, m)
}

// ofObject follows replica_calculator.go, GetExternalMetricReplicas, GetExternalPerPodMetricReplicas, and those for objects.
func (a *Autoscaler) ofObject(l *Look, t target, m *Metric) (replicas int32, ok bool) {
	if !m.Known {
		return 0, false
	}
	usage, goal := float64(m.Total), float64(t.value)
	switch {
	case t.average:
		if a.tolerance.contains(usage / (goal * float64(l.Replicas))) {
			return l.Replicas, true
		}
		return ceil(usage / goal), true
	case l.Replicas == 0:
		return ceil(usage / goal), true
	case a.tolerance.contains(usage / goal):
		return l.Replicas, true
	}
	ready := int64(0)
	for _, g := range l.Groups {
		if g.Ready && !g.Pending {
			ready += g.Count
		}
	}
	return ceil(usage / goal * float64(ready)), len(l.Groups) > 0
}

// calculation sorts the groups of pods by what the controller makes of them.
type calculation struct {
	unready, missing int64
	count, total     int64
}

// sorted adds up the pods and their values.
func (a *Autoscaler) sorted(l *Look, t target, m *Metric) calculation {
	var c calculation
	for i, g := range l.Groups {
		r := m.Readings[i]
		switch {
		case g.Pending:
			c.unready += g.Count
		case !r.Known:
			c.missing += g.Count
		case t.cpu && a.unready(l.Now, g, r):
			c.unready += g.Count
		default:
			c.count += g.Count
			c.total += r.Value * g.Count
		}
	}
	return c
}

// ofPods follows replica_calculator.go, GetResourceReplicas and calcPlainMetricReplicas.
func (a *Autoscaler) ofPods(l *Look, t target, m *Metric) (replicas int32, ok bool) {
	c := a.sorted(l, t, m)
	if c.count == 0 {
		return 0, false
	}
	ratio := t.ratio(c.total, c.count, m.Request)
	up := c.unready > 0 && ratio > 1
	if !up && c.missing == 0 {
		if a.tolerance.contains(ratio) {
			return l.Replicas, true
		}
		return ceil(ratio * float64(c.count)), true
	}
	if ratio < 1 {
		c.total += c.missing * t.ofMissing(m.Request)
		c.count += c.missing
	} else if ratio > 1 {
		c.count += c.missing
	}
	if up {
		c.count += c.unready
	}
	again := t.ratio(c.total, c.count, m.Request)
	if a.tolerance.contains(again) || ratio < 1 && again > 1 || ratio > 1 && again < 1 {
		return l.Replicas, true
	}
	replicas = ceil(again * float64(c.count))
	if again < 1 && replicas > l.Replicas || again > 1 && replicas < l.Replicas {
		return l.Replicas, true
	}
	return replicas, true
}

// ratio returns the usage over the target, in the integers of the controller (metrics/utilization.go).
func (t target) ratio(total, count, request int64) float64 {
	if t.utilization {
		return float64(int32(total*100/times(request, count))) / float64(t.value)
	}
	return float64(total/count) / float64(t.value)
}

// times multiplies two positive numbers. A product that does not fit is the largest number, so that it can divide.
func times(a, b int64) int64 {
	if high, low := bits.Mul64(uint64(a), uint64(b)); high == 0 && low <= math.MaxInt64 {
		return int64(low)
	}
	return math.MaxInt64
}

// ofMissing returns the value that a pod without one counts with, if the others call for fewer replicas.
func (t target) ofMissing(request int64) int64 {
	if t.utilization {
		return request * max(100, t.value) / 100
	}
	return t.value
}

// unready reports whether the cpu of a pod does not count yet (replica_calculator.go, groupPods).
func (a *Autoscaler) unready(now time.Duration, g Group, r Reading) bool {
	if g.Started+a.flags.CPUInitializationPeriod > now {
		return !g.Ready || r.At < g.Changed+r.Window
	}
	return !g.Ready && g.Started+a.flags.InitialReadinessDelay > g.Changed
}

// ceil rounds up to a number of replicas.
func ceil(x float64) int32 {
	if x = math.Ceil(x); x < math.MaxInt32 {
		return int32(x)
	}
	return math.MaxInt32
}
