package world

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
)

// TestKEDA has what the operator does each time that it polls: every 30 seconds, first after 15. The load goes on minute by minute.
func TestKEDA(t *testing.T) {
	idle := func(n int32) func(k *KEDA) { return func(k *KEDA) { k.IdleReplicas, k.MinReplicas = &n, 2 } }
	for name, c := range map[string]struct {
		loads    []float64
		replicas int32
		set      func(k *KEDA)
		want     string
	}{
		"from zero, above the activation":  {[]float64{0, 6, 6}, 0, nil, "0 0 1 1 1 1"},
		"on the activation":                {[]float64{5, 5}, 0, nil, "0 0 0 0"},
		"at once, as it was never active":  {[]float64{0, 0}, 3, nil, "0 0 0 0"},
		"after the initial cooldown":       {[]float64{0, 0, 0}, 3, func(k *KEDA) { k.InitialCooldownPeriod = 75 * time.Second }, "3 3 3 0 0 0"},
		"after the cooldown":               {[]float64{6, 0, 0, 0}, 3, nil, "3 3 3 3 0 0 0 0"},
		"active again in the cooldown":     {[]float64{6, 0, 6, 0, 0}, 3, nil, "3 3 3 3 3 3 3 3 0 0"},
		"always active":                    {[]float64{0, 0}, 0, func(k *KEDA) { k.AlwaysActive = true }, "1 1 1 1"},
		"not out":                          {[]float64{6, 6}, 0, func(k *KEDA) { k.StaysDown = true }, "0 0 0 0"},
		"not in":                           {[]float64{0, 0}, 2, func(k *KEDA) { k.StaysUp = true }, "2 2 2 2"},
		"at least 2, from zero":            {[]float64{0, 0}, 0, func(k *KEDA) { k.MinReplicas = 2 }, "2 2 2 2"},
		"at least 2, not below":            {[]float64{0, 0}, 4, func(k *KEDA) { k.MinReplicas = 2 }, "4 4 4 4"},
		"to idle":                          {[]float64{0, 0}, 4, idle(0), "0 0 0 0"},
		"from idle to the minimum":         {[]float64{6, 6}, 0, idle(0), "2 2 2 2"},
		"from idle, above the minimum":     {[]float64{6, 6}, 3, idle(0), "3 3 3 3"},
		"from an idle of 1 to the minimum": {[]float64{0, 6}, 1, idle(1), "1 1 2 2"},
		"only resources":                   {[]float64{0, 0}, 0, func(k *KEDA) { k.Activation = []float64{math.Inf(-1)} }, "1 1 1 1"},
		"resources beside others":          {[]float64{9, 9}, 0, func(k *KEDA) { k.Activation = []float64{math.Inf(1)} }, "0 0 0 0"},
	} {
		t.Run(name, func(t *testing.T) {
			m := constant(0, metricOf(autoscalingv2.ExternalMetricSourceType, 10_000, false))
			m.Times, m.Requests = nil, nil
			for i, n := range c.loads {
				m.Times, m.Requests = append(m.Times, time.Duration(i)*time.Minute), append(m.Requests, n)
			}
			k := &KEDA{PollingInterval: 30 * time.Second, CooldownPeriod: time.Minute, Activation: []float64{5}}
			if c.set != nil {
				c.set(k)
			}
			o, w := newOperator(k, 0), New(m, c.replicas, 0)
			var got []string
			for range 2 * len(c.loads) {
				w.Advance(o.next)
				w.Scale(o.poll(w))
				got = append(got, fmt.Sprint(w.all))
			}
			if text := strings.Join(got, " "); text != c.want {
				t.Errorf("got %s, want %s", text, c.want)
			}
		})
	}
	if o := newOperator(nil, 0); o.next != never {
		t.Error("polls without KEDA")
	}
}

// TestKEDAWithScaler has both together: the operator from zero to one and back, the autoscaler in between.
func TestKEDAWithScaler(t *testing.T) {
	m := constant(0, metricOf(autoscalingv2.ExternalMetricSourceType, 10_000, false))
	m.Times, m.Requests = []time.Duration{0, 2 * time.Minute, 4 * time.Minute}, []float64{0, 35, 0}
	m.Spec.MinReplicas = new(int32(1))
	m.Flags.DownscaleStabilization = 0
	m.KEDA = &KEDA{PollingInterval: 30 * time.Second, CooldownPeriod: 2 * time.Minute, Activation: []float64{0}}
	r := run(t, m)
	var got []string
	for i, row := range r.Rows {
		if i == 0 || row.Replicas != r.Rows[i-1].Replicas {
			got = append(got, fmt.Sprintf("%s:%d", row.At, row.Replicas))
		}
	}
	// The poll at 2m15s makes 1 of 0, in the same moment the autoscaler makes 4. The last active poll is
	// that at 3m45s, and the cooldown must be over, not only reached.
	if text := strings.Join(got, " "); text != "0s:0 2m15s:1 2m15s:4 4m0s:1 6m15s:0" {
		t.Errorf("got %s", text)
	}
}

// TestNothing has queries without a result: KEDA takes them for 0, the controller cannot scale.
func TestNothing(t *testing.T) {
	m := constant(5, metricOf(autoscalingv2.ExternalMetricSourceType, 10_000, false))
	m.Sources[0] = Source{PerRequest: 1, Factor: 1, Fn: "rate", Interval: 15 * time.Second, Span: time.Minute}
	w := New(m, 0, 0)
	if got := w.Look().Metrics[0]; got.Known {
		t.Errorf("got %+v", got)
	}
	if !math.IsNaN(w.seen(0)) {
		t.Error("it is seen")
	}
	m.Sources[0].NoneIsZero = true
	if got := New(m, 0, 0).Look().Metrics[0]; !got.Known || got.Total != 0 {
		t.Errorf("got %+v", got)
	}
	m.Sources[0].Kind = Missing
	if got := New(m, 1, 0).Look().Metrics[0]; got.Known {
		t.Errorf("missing: got %+v", got)
	}
	m.Spec.Metrics[0] = metricOf(autoscalingv2.PodsMetricSourceType, 10_000, false)
	w = New(m, 1, 0)
	if got := w.Look().Metrics[0].Readings[0]; got.Known || !math.IsNaN(w.seen(0)) {
		t.Errorf("missing of pods: got %+v", got)
	}
	m.Sources[0] = Source{Kind: Direct, Factor: 1, Column: Column{math.NaN()}}
	if got := New(m, 1, 0).Look().Metrics[0].Readings[0]; got.Known || got.Value != 0 {
		t.Errorf("no value in the row: got %+v", got)
	}
}
