package world

import (
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/simulate/autoscaler"
)

// TestUsage has when metrics-server first knows a pod, and what it says (pkg/storage/pod.go): it measures every Resolution, first after
// two thirds of it.
func TestUsage(t *testing.T) {
	second := time.Second
	for name, c := range map[string]struct {
		resolution, start, at time.Duration
		want                  autoscaler.Reading
	}{
		"too young to be known":              {15 * second, 3 * second, 24 * second, autoscaler.Reading{}},
		"measured twice":                     {15 * second, 3 * second, 25 * second, autoscaler.Reading{Known: true, Value: 200, At: 25 * second, Window: 15 * second}},
		"measured once, 10 seconds old":      {15 * second, 0, 10 * second, autoscaler.Reading{Known: true, Value: 200, At: 10 * second, Window: 10 * second}},
		"until the next measurement":         {15 * second, 0, 24 * second, autoscaler.Reading{Known: true, Value: 200, At: 10 * second, Window: 10 * second}},
		"measured once, a little too young":  {15 * second, 1, 10 * second, autoscaler.Reading{}},
		"long measured once":                 {60 * second, 3 * second, 40 * second, autoscaler.Reading{Known: true, Value: 200, At: 40 * second, Window: 37 * second}},
		"not started when measured":          {60 * second, 41 * second, 90 * second, autoscaler.Reading{}},
		"not started when measured, at last": {60 * second, 41 * second, 100 * second, autoscaler.Reading{Known: true, Value: 200, At: 100 * second, Window: 59 * second}},
	} {
		t.Run(name, func(t *testing.T) {
			m := constant(30, metricOf(autoscalingv2.ResourceMetricSourceType, 1000, false))
			m.Sources[0] = Source{Kind: CPU}
			m.Resolution, m.Pods = c.resolution, Pods{CPU: 0.05, CPUOfRequest: 0.01, Start: c.start, Ready: c.start, Capacity: 15}
			w := New(m, 0, 0)
			w.Scale(2)
			w.Advance(c.at)
			if got := w.Look().Metrics[0].Readings[0]; got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// TestUsageOverTime has the mean of a window in which the pods become ready, and columns of cpu and memory.
func TestUsageOverTime(t *testing.T) {
	m := constant(20, metricOf(autoscalingv2.ResourceMetricSourceType, 1000, false), metricOf(autoscalingv2.ContainerResourceMetricSourceType, 1000, false))
	m.Sources[0], m.Sources[1] = Source{Kind: CPU}, Source{Kind: Memory}
	m.CPU, m.Memory = Column{0.3}, Column{600}
	m.Pods = Pods{CPU: 0.05, CPUOfRequest: 0.01, Memory: 100, MemoryOfRequest: 10, Ready: 5 * time.Second}
	w := New(m, 0, 0)
	w.Scale(2)
	w.Advance(4 * time.Second)
	if got := w.memory(w.cohorts[0]); got != 100 {
		t.Errorf("memory before it is ready: %v", got)
	}
	w.Advance(10 * time.Second)
	// 10 seconds with 0.05, of which 5 with 0.01 for each of 10 requests, and half of 0.3: 0.5 + 0.5 + 0.75 over 10 seconds.
	l := w.Look()
	if got := l.Metrics[0].Readings[0]; got.Value != 175 {
		t.Errorf("cpu: %+v", got)
	}
	if got := l.Metrics[1].Readings[0]; got.Value != 500_000 {
		t.Errorf("memory: %+v", got)
	}
	// Pods that are ready for long have the same from the start.
	w = New(m, 2, 0)
	l = w.Look()
	if cpu, memory := l.Metrics[0].Readings[0], l.Metrics[1].Readings[0]; cpu.Value != 300 || memory.Value != 500_000 || w.seen(0) != 0.3 || w.seen(1) != 500 {
		t.Errorf("cpu %+v, memory %+v", cpu, memory)
	}
}
