package world

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/krm-fn/krm-fn/pkg/simulate/autoscaler"
)

func thousandth(n int64) *resource.Quantity {
	return resource.NewMilliQuantity(n, resource.DecimalSI)
}

// metricOf returns a metric of a type with a target of type AverageValue, or Value.
func metricOf(kind autoscalingv2.MetricSourceType, target int64, value bool) autoscalingv2.MetricSpec {
	to := autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: thousandth(target)}
	if value {
		to = autoscalingv2.MetricTarget{Type: autoscalingv2.ValueMetricType, Value: thousandth(target)}
	}
	m := autoscalingv2.MetricSpec{Type: kind}
	switch kind {
	case autoscalingv2.PodsMetricSourceType:
		m.Pods = &autoscalingv2.PodsMetricSource{Target: to}
	case autoscalingv2.ObjectMetricSourceType:
		m.Object = &autoscalingv2.ObjectMetricSource{Target: to}
	case autoscalingv2.ExternalMetricSourceType:
		m.External = &autoscalingv2.ExternalMetricSource{Target: to}
	case autoscalingv2.ResourceMetricSourceType:
		m.Resource = &autoscalingv2.ResourceMetricSource{Name: corev1.ResourceCPU, Target: to}
	case autoscalingv2.ContainerResourceMetricSourceType:
		m.ContainerResource = &autoscalingv2.ContainerResourceMetricSource{Name: corev1.ResourceCPU, Target: to}
	}
	return m
}

// scaling returns a model with a scaler.
func scaling(r *rand.Rand) *Model {
	m := queried(r)
	m.Replicas = int32(r.IntN(4))
	m.Spec = &autoscalingv2.HorizontalPodAutoscalerSpec{MinReplicas: new(int32(1 + r.IntN(2))), MaxReplicas: int32(2 + r.IntN(30))}
	m.Pods.CPU, m.Pods.CPUOfRequest, m.Pods.Memory, m.Pods.MemoryOfRequest = 0.01, 0.02, 1e8, 1e6
	for i := range m.Sources {
		s := &m.Sources[i]
		kind := pick(r, autoscalingv2.PodsMetricSourceType, autoscalingv2.ObjectMetricSourceType, autoscalingv2.ExternalMetricSourceType)
		switch r.IntN(8) {
		case 0:
			*s, kind = Source{Kind: CPU}, autoscalingv2.ResourceMetricSourceType
		case 1:
			*s, kind = Source{Kind: Memory}, autoscalingv2.ContainerResourceMetricSourceType
		case 2:
			s.Kind = Direct
		case 3:
			s.Evaluation = 30 * time.Second
		}
		m.Spec.Metrics = append(m.Spec.Metrics[:i], metricOf(kind, 100+r.Int64N(50_000), r.IntN(2) == 0 && s.Kind < CPU))
	}
	if r.IntN(3) == 0 {
		m.KEDA = &KEDA{PollingInterval: pick(r, 7*time.Second, 30*time.Second, 100*time.Second), CooldownPeriod: time.Minute, Activation: make([]float64, len(m.Sources))}
		for i := range m.Sources {
			m.Sources[i].NoneIsZero = true
		}
	}
	return m
}

func run(t *testing.T, m *Model) *Result {
	t.Helper()
	r, err := Run(m)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestInvariants has what is true in all worlds.
func TestInvariants(t *testing.T) {
	changes := 0
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 1))
		m := scaling(r)
		got := run(t, m)
		if again := run(t, m); !same(got, again) {
			t.Errorf("seed %d: two runs differ", seed)
		}
		var requests float64
		for i, at := range m.Times {
			until := m.End
			if i+1 < len(m.Times) {
				until = m.Times[i+1]
			}
			requests += m.Requests[i] * (until - at).Seconds()
		}
		if !near(got.Requests, requests) || got.Excess > requests*(1+1e-9) || got.Excess < 0 {
			t.Errorf("seed %d: %v of %v requests over capacity, %v came", seed, got.Excess, got.Requests, requests)
		}
		var pods, over time.Duration
		for i, row := range got.Rows {
			until := m.End
			if i+1 < len(got.Rows) {
				until = got.Rows[i+1].At
			}
			pods += time.Duration(row.Replicas) * (until - row.At)
			if i > 0 && row.Replicas != got.Rows[i-1].Replicas {
				changes++
			}
			if row.Ready > row.Replicas && row.Limit == autoscaler.NoMetrics {
				t.Errorf("seed %d: %d of %d pods are ready", seed, row.Ready, row.Replicas)
			}
		}
		if m.KEDA == nil && pods != got.PodTime {
			t.Errorf("seed %d: pod time %s, want %s", seed, got.PodTime, pods)
		}
		last := time.Duration(-1)
		for _, s := range got.Spans {
			if s.From <= last || s.To <= s.From || s.To > m.End {
				t.Errorf("seed %d: spans %v", seed, got.Spans)
			}
			over, last = over+s.To-s.From, s.To
		}
		if over != got.Over {
			t.Errorf("seed %d: over target for %s, but the spans are %s", seed, got.Over, over)
		}
		order(t, m, got, r, seed)
	}
	if changes < 300 {
		t.Errorf("only %d changes of replicas", changes)
	}
}

// order runs a model with its metrics in another order.
func order(t *testing.T, m *Model, want *Result, r *rand.Rand, seed uint64) {
	t.Helper()
	other := m.Copy()
	for to, from := range r.Perm(len(m.Sources)) {
		other.Sources[to], other.Spec.Metrics[to] = m.Sources[from], m.Spec.Metrics[from]
		if m.KEDA != nil {
			other.KEDA.Activation = slices.Clone(other.KEDA.Activation)
			other.KEDA.Activation[to] = m.KEDA.Activation[from]
		}
	}
	other.Judged = nil
	if got := run(t, other); !reflect.DeepEqual(got.Rows, want.Rows) || !reflect.DeepEqual(got.Totals, want.Totals) {
		t.Errorf("seed %d: the order of metrics matters", seed)
	}
}

func same(a, b *Result) bool {
	return reflect.DeepEqual(a.Totals, b.Totals) && reflect.DeepEqual(a.Rows, b.Rows) &&
		slices.EqualFunc(a.Values, b.Values, func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) })
}

// TestSteps advances a world at once, and in small steps.
func TestSteps(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 2))
		m := scaling(r)
		once, steps := New(m, 3, 0), New(m, 3, 0)
		for at := time.Duration(0); at < m.End; at += time.Duration(r.IntN(300)) * time.Second {
			once.Advance(at)
			for steps.now < at {
				steps.Advance(min(at, steps.now+time.Duration(1+r.IntN(20_000))*time.Millisecond))
			}
			a, b := once.Look(), steps.Look()
			if !reflect.DeepEqual(a.Groups, b.Groups) || !near(once.served, steps.served) || !near(once.totals.Excess, steps.totals.Excess) ||
				once.totals.PodTime != steps.totals.PodTime || once.totals.Over != steps.totals.Over {
				t.Fatalf("seed %d at %s: in steps differs from at once", seed, at)
			}
			for i := range a.Metrics {
				for k, x := range a.Metrics[i].Readings {
					if y := b.Metrics[i].Readings[k]; x.Known != y.Known || math.Abs(float64(x.Value-y.Value)) > 1 {
						t.Fatalf("seed %d at %s: %+v, in steps %+v", seed, at, x, y)
					}
				}
			}
			n := int32(r.IntN(9))
			once.Scale(n)
			steps.Scale(n)
		}
	}
}

// TestSettles has the replicas before the start: those that the scaler settles on.
func TestSettles(t *testing.T) {
	m := constant(30, metricOf(autoscalingv2.ExternalMetricSourceType, 5_000, false))
	for replicas, want := range map[int32]int32{0: 6, 9: 9} {
		m.Replicas = replicas
		if got := run(t, m).Rows[0]; got.Replicas != want {
			t.Errorf("%d at the start: got %+v", replicas, got)
		}
	}
	m.Spec.MinReplicas, m.Replicas = new(int32(8)), 0
	if got := run(t, m).Rows[0]; got.Replicas != 8 {
		t.Errorf("at least 8: got %+v", got)
	}
}

// constant returns a model with a constant load, and a metric without delay.
func constant(load float64, metrics ...autoscalingv2.MetricSpec) *Model {
	m := &Model{
		Spec:  &autoscalingv2.HorizontalPodAutoscalerSpec{MaxReplicas: 100, Metrics: metrics},
		Times: []time.Duration{0}, Requests: []float64{load}, End: 10 * time.Minute, Flags: autoscaler.DefaultFlags(), Resolution: 15 * time.Second,
	}
	for range metrics {
		m.Sources = append(m.Sources, Source{Kind: Direct, PerRequest: 1, Factor: 1})
	}
	return m
}

// TestOverTarget has when a metric is over its target, whatever the scaler sees.
func TestOverTarget(t *testing.T) {
	pods, object := autoscalingv2.PodsMetricSourceType, autoscalingv2.ObjectMetricSourceType
	half := int32(50)
	percent := metricOf(autoscalingv2.ResourceMetricSourceType, 0, false)
	percent.Resource.Target = autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &half}
	for name, c := range map[string]struct {
		metric autoscalingv2.MetricSpec
		source Source
		over   bool
	}{
		"a rate, in the tolerance":    {metricOf(pods, 10_000, false), Source{PerRequest: 1.1, Factor: 1, Fn: "rate", Span: time.Minute, Interval: time.Minute}, false},
		"a rate, over it":             {metricOf(pods, 10_000, false), Source{PerRequest: 1.11, Factor: 1, Fn: "rate", Span: time.Minute, Interval: time.Minute}, true},
		"an increase":                 {metricOf(pods, 600_000, false), Source{PerRequest: 1.11, Factor: 1, Fn: "increase", Span: time.Minute, Interval: time.Minute}, true},
		"an increase, on target":      {metricOf(pods, 600_000, false), Source{PerRequest: 1, Factor: 1, Fn: "increase", Span: time.Minute, Interval: time.Minute}, false},
		"a total":                     {metricOf(object, 20_000, true), Source{PerRequest: 1.2, Factor: 1, Kind: Direct}, true},
		"a mean of all":               {metricOf(object, 20_000, true), Source{PerRequest: 1.2, Factor: 1, Kind: Direct, Mean: true}, false},
		"a column, total":             {metricOf(object, 20_000, true), Source{Column: Column{23}, Factor: 1, Kind: Direct}, true},
		"a column, of a pod":          {metricOf(pods, 20_000, false), Source{Column: Column{23}, Factor: 1, Kind: Direct}, false},
		"a column, of a pod, too big": {metricOf(pods, 20_000, false), Source{Column: Column{23}, Factor: 2, Kind: Direct}, true},
		"cpu":                         {metricOf(autoscalingv2.ResourceMetricSourceType, 100, false), Source{Kind: CPU}, true},
		"cpu in percent":              {percent, Source{Kind: CPU, Request: 200}, true},
		"cpu in percent, of more":     {percent, Source{Kind: CPU, Request: 300}, false},
		"memory":                      {metricOf(autoscalingv2.ContainerResourceMetricSourceType, 1000, false), Source{Kind: Memory}, true},
		"nothing is known":            {metricOf(pods, 1, false), Source{Kind: Missing}, false},
		"no target":                   {autoscalingv2.MetricSpec{}, Source{Kind: Direct, PerRequest: 1, Factor: 1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			m := constant(20, c.metric)
			m.Sources[0] = c.source
			m.Pods = Pods{CPU: 0.02, CPUOfRequest: 0.01, Memory: 100}
			w := New(m, 2, 0)
			w.Advance(time.Minute)
			if (w.totals.Over == time.Minute) != c.over || w.over != c.over {
				t.Errorf("over target for %s", w.totals.Over)
			}
		})
	}
	m := constant(20, metricOf(pods, 10_000_000, false))
	w := New(m, 0, 0)
	w.Advance(time.Minute)
	if w.totals.Over != time.Minute || w.totals.Excess != 1200 || w.totals.Overload != time.Minute {
		t.Errorf("without pods: %+v", w.totals)
	}
	// A tolerance of the spec takes the place of that of the controller.
	m.Spec.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: &autoscalingv2.HPAScalingRules{Tolerance: thousandth(500)}}
	if g := GoalOf(m, 0); g.most != 1.5 {
		t.Errorf("tolerance: %v", g.most)
	}
}

// TestCapacity has pods that serve no more than they can.
func TestCapacity(t *testing.T) {
	m := constant(100, metricOf(autoscalingv2.PodsMetricSourceType, 1_000_000, false))
	m.Pods = Pods{Capacity: 30, Start: time.Minute, Ready: 2 * time.Minute}
	w := New(m, 2, 0)
	w.Scale(4)
	w.Advance(5 * time.Minute)
	// 40 of 100 for two minutes.
	if w.totals.Excess != 40*120 || w.totals.Overload != 2*time.Minute || w.totals.PodTime != 20*time.Minute || w.ready != 4 {
		t.Errorf("got %+v", w.totals)
	}
}

// TestTooMuchWork has queries over more samples than can be looked at.
func TestTooMuchWork(t *testing.T) {
	m := constant(1, metricOf(autoscalingv2.PodsMetricSourceType, 1000, false))
	m.Sources[0] = Source{PerRequest: 1, Factor: 1, Fn: "sum_over_time", Interval: time.Millisecond, Span: 100 * time.Second}
	m.Replicas, m.Flags.SyncPeriod, m.End = 1, 10*time.Millisecond, 3*time.Minute
	if _, err := Run(m); err == nil {
		t.Error("no error")
	}
}

// TestCut has the load of a span, with the row before it.
func TestCut(t *testing.T) {
	m := constant(1, metricOf(autoscalingv2.PodsMetricSourceType, 1000, false))
	minute := func(n int) time.Duration { return time.Duration(n) * time.Minute }
	m.Times, m.Requests, m.End = []time.Duration{0, minute(10), minute(20), minute(30)}, []float64{1, 2, 3, 4}, minute(60)
	m.Sources[0].Column, m.CPU = Column{5, 6, 7, 8}, Column{9, 10, 11, 12}
	for name, c := range map[string]struct {
		span  Span
		times []time.Duration
		first float64
		end   time.Duration
	}{
		"between rows":   {Span{minute(16), minute(18)}, []time.Duration{0, minute(10)}, 2, minute(13)},
		"on rows":        {Span{minute(15), minute(25)}, []time.Duration{0, minute(10)}, 2, minute(20)},
		"from the start": {Span{0, minute(2)}, []time.Duration{0}, 1, minute(7)},
		"to the end":     {Span{minute(55), minute(60)}, []time.Duration{0}, 4, minute(30)},
	} {
		t.Run(name, func(t *testing.T) {
			got := m.Cut(c.span, minute(5))
			if !slices.Equal(got.Times, c.times) || got.Requests[0] != c.first || got.End != c.end ||
				len(got.CPU) != len(c.times) || len(got.Sources[0].Column) != len(c.times) || got.CPU[0] != c.first+8 {
				t.Errorf("got %v, %v, %v, end %s", got.Times, got.Requests, got.CPU, got.End)
			}
		})
	}
	if m.Sources[0].Column[0] != 5 || len(m.Times) != 4 {
		t.Error("the model changed")
	}
}

func TestFirstAfter(t *testing.T) {
	for _, c := range [][4]time.Duration{{0, 15, 5, 5}, {5, 15, 5, 20}, {21, 15, 5, 35}, {-30, 15, 5, -25}, {-1800, 2700, 900, 900}, {-1801, 2700, 900, -1800}} {
		if got := firstAfter(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("after %d, every %d from %d: got %d, want %d", c[0], c[1], c[2], got, c[3])
		}
	}
}

func TestLongest(t *testing.T) {
	totals := Totals{Spans: []Span{{1, 3}, {5, 9}, {20, 24}}}
	if got := totals.Longest(); got != (Span{5, 9}) {
		t.Errorf("got %v", got)
	}
}
