package world

import (
	"math"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/simulate/autoscaler"
)

// usual returns a usual HorizontalPodAutoscaler, with a rate of each pod and cpu, under the load of days.
func usual(end time.Duration) *Model {
	second := time.Second
	m := &Model{
		Spec: &autoscalingv2.HorizontalPodAutoscalerSpec{MinReplicas: new(int32(2)), MaxReplicas: 40, Metrics: []autoscalingv2.MetricSpec{
			metricOf(autoscalingv2.PodsMetricSourceType, 10_000, false), metricOf(autoscalingv2.ResourceMetricSourceType, 150, false),
		}},
		Sources: []Source{{PerRequest: 1, Factor: 1, Fn: "rate", Span: 2 * time.Minute, Interval: 30 * second}, {Kind: CPU}},
		Pods:    Pods{Start: 3 * second, Ready: 18 * second, CPU: 0.01, CPUOfRequest: 0.01, Capacity: 50},
		End:     end, Flags: autoscaler.DefaultFlags(), Resolution: 15 * second,
	}
	for at := time.Duration(0); at < end; at += 15 * second {
		x := math.Sin(at.Hours()/24*2*math.Pi) + math.Sin(at.Minutes()/7)/5
		m.Times, m.Requests = append(m.Times, at), append(m.Requests, 150+100*x)
	}
	return m
}

func BenchmarkWeek(b *testing.B) {
	m := usual(7 * 24 * time.Hour)
	b.ReportMetric(float64(len(m.Times)), "rows")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Run(m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkThousand(b *testing.B) {
	m := usual(time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		for range 1000 {
			if _, err := Run(m); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// TestWork counts what a week costs: samples that queries look at, and allocations. Unlike time, neither depends on the machine.
func TestWork(t *testing.T) {
	m := usual(7 * 24 * time.Hour)
	w := simulated(t, m)
	changes := 0
	r := run(t, m)
	for i := range r.Rows[1:] {
		if r.Rows[i].Replicas != r.Rows[i+1].Replicas {
			changes++
		}
	}
	if n := len(r.Rows); n != 40_321 || changes < 500 {
		t.Fatalf("%d rows with %d changes", n, changes)
	}
	// Each look queries each cohort once, of which there are a few.
	if perRow := float64(w.work) / float64(len(r.Rows)); perRow > 15 {
		t.Errorf("looks at %.1f samples in a row", perRow)
	}
	// Each change makes a cohort, and that is all.
	if n := testing.AllocsPerRun(1, func() { run(t, m) }); n > float64(5*changes+200) {
		t.Errorf("%.0f allocations for %d changes", n, changes)
	}
}

// simulated runs a model, and returns its world.
func simulated(t *testing.T, m *Model) *World {
	t.Helper()
	w, a := New(m, 2, 0), autoscaler.New(m.Spec, m.Flags)
	for at := time.Duration(0); at <= m.End; at += m.Flags.SyncPeriod {
		w.Advance(at)
		w.Scale(a.Decide(w.Look()).Replicas)
	}
	return w
}
