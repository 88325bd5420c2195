package podautoscaler

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	k8sv2 "k8s.io/kubernetes/pkg/apis/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/simulate/autoscaler"
	"github.com/krm-fn/krm-fn/pkg/simulate/world"
)

var (
	worlds = flag.Int("worlds", 300, "number of random worlds")
	seed   = flag.Uint64("seed", 1, "first seed")
)

// simulation returns the replicas after each look of ours.
func simulation(m *world.Model) (out []int32) {
	w := world.New(m, m.Replicas, 0)
	a := autoscaler.New(m.Spec, m.Flags)
	for at := time.Duration(0); at <= m.End; at += m.Flags.SyncPeriod {
		w.Advance(at)
		d := a.Decide(w.Look())
		w.Scale(d.Replicas)
		out = append(out, d.Replicas)
	}
	return out
}

func TestWorlds(t *testing.T) {
	looks, changes, differ, kinds := 0, 0, 0, map[string]int{}
	began := time.Now()
	var ours, theirs time.Duration
	for n := range uint64(*worlds) {
		m := random(rand.New(rand.NewPCG(*seed+n, 0)))
		at := time.Now()
		want := controller(t, m)
		theirs += time.Since(at)
		at = time.Now()
		got := simulation(m)
		ours += time.Since(at)
		looks += len(want)
		for _, s := range m.Spec.Metrics {
			kinds[string(s.Type)]++
		}
		for i := range want {
			if i > 0 && want[i] != want[i-1] {
				changes++
			}
			if want[i] != got[i] {
				differ++
				spec, _ := json.Marshal(m.Spec)
				t.Errorf("seed %d, look %d at %s: the controller sets %d, the simulation %d\n%s\n%+v\n%v\n%v", *seed+n, i,
					time.Duration(i)*m.Flags.SyncPeriod, want[i], got[i], spec, m.Flags, want[:i+1], got[:i+1])
				break
			}
		}
		if differ > 3 {
			break
		}
	}
	if changes == 0 {
		t.Error("no world changed its replicas")
	}
	t.Logf("%d worlds, %d looks, %d changes of replicas, metrics %v: %d differ; %s, of which the controller %s and the simulation %s",
		*worlds, looks, changes, kinds, differ, time.Since(began).Round(time.Second), theirs.Round(time.Millisecond), ours.Round(time.Millisecond))
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// random returns a model with metrics of all types.
func random(r *rand.Rand) *world.Model {
	second := func(n int) time.Duration { return time.Duration(n) * time.Second }
	m := &world.Model{End: 30 * time.Minute, Replicas: int32(1 + r.IntN(6)), Flags: autoscaler.DefaultFlags(), Resolution: second(pick(r, 10, 15, 30, 60))}
	if r.IntN(3) == 0 {
		m.Flags.SyncPeriod = second(pick(r, 10, 15, 30))
		m.Flags.DownscaleStabilization = second(r.IntN(400))
		m.Flags.Tolerance = r.Float64() * 0.3
		m.Flags.CPUInitializationPeriod = second(r.IntN(400))
		m.Flags.InitialReadinessDelay = second(r.IntN(60))
	}
	m.Pods = world.Pods{CPU: r.Float64() * 0.05, CPUOfRequest: pick(r, 0.001, 0.01, 0.03), Memory: 1e8, MemoryOfRequest: pick(r, 0, 1e6, 1e7)}
	m.Pods.Start = time.Duration(r.IntN(30_000)) * time.Millisecond
	m.Pods.Ready = m.Pods.Start + time.Duration(r.IntN(120_000))*time.Millisecond
	if r.IntN(3) == 0 {
		m.Pods.Capacity = 1 + r.Float64()*50
	}
	base, amp, period, steps := 5+r.Float64()*50, r.Float64()*300, 1+r.Float64()*9, r.IntN(2) == 0
	quiet := r.IntN(4) == 0
	for at := time.Duration(0); at < m.End; at += second(pick(r, 5, 10, 15, 60)) {
		x := math.Sin(at.Minutes() / period * 2 * math.Pi)
		if steps {
			x = math.Copysign(1, x)
		}
		load := base + amp*(1+x)/2
		if quiet && x < 0 {
			load = 0
		}
		m.Times, m.Requests = append(m.Times, at), append(m.Requests, load)
	}
	if r.IntN(4) == 0 {
		for _, n := range m.Requests {
			m.CPU = append(m.CPU, n*m.Pods.CPUOfRequest*r.Float64())
		}
	}
	low := int32(1 + r.IntN(3))
	m.Spec = &autoscalingv2.HorizontalPodAutoscalerSpec{
		ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "x"},
		MinReplicas:    &low, MaxReplicas: low + int32(r.IntN(40)),
	}
	// A utilization of 20 to 150 percent is reached with some of the replicas.
	cpu, memory := int64(2*share(r, m, peak(m)*m.Pods.CPUOfRequest)), int64(1e11)
	if r.IntN(10) == 0 {
		cpu = 0 // No utilization can be computed.
	}
	seen := map[string]bool{}
	for range 1 + r.IntN(3) {
		kind := pick(r, "pods", "pods", "cpu", "cpu", "memory", "container", "object", "external")
		switch {
		case seen[kind] && kind != "pods" && kind != "object" && kind != "external":
			continue
		case kind == "cpu" || kind == "memory" || kind == "container":
			addResource(r, m, kind, cpu, memory)
		default:
			addQuery(r, m, kind)
		}
		seen[kind] = true
	}
	if (seen["object"] || seen["external"]) && r.IntN(3) == 0 {
		*m.Spec.MinReplicas = 0
	}
	if r.IntN(4) > 0 {
		m.Spec.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{}
		which := r.IntN(3)
		if which != 0 {
			m.Spec.Behavior.ScaleUp = rules(r)
		}
		if which != 1 {
			m.Spec.Behavior.ScaleDown = rules(r)
		}
	}
	hpa := &autoscalingv2.HorizontalPodAutoscaler{Spec: *m.Spec}
	k8sv2.SetDefaults_HorizontalPodAutoscaler(hpa)
	*m.Spec = hpa.Spec
	return m
}

// share returns what a pod of some number of pods has of a total.
func share(r *rand.Rand, m *world.Model, total float64) int {
	return 1 + int(1000*total/(1+r.Float64()*float64(m.Spec.MaxReplicas)*1.3))
}

// peak returns the most requests per second.
func peak(m *world.Model) float64 { return slices.Max(m.Requests) }

func milli(n int) *resource.Quantity { return resource.NewMilliQuantity(int64(n), resource.DecimalSI) }

func addResource(r *rand.Rand, m *world.Model, kind string, cpu, memory int64) {
	s := world.Source{Kind: world.CPU, Request: cpu}
	percent := int32(20 + r.IntN(130))
	to := autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &percent}
	name := corev1.ResourceCPU
	average := milli(share(r, m, peak(m)*m.Pods.CPUOfRequest))
	if kind == "memory" {
		s.Kind, s.Request, name = world.Memory, memory, corev1.ResourceMemory
		average = resource.NewQuantity(5e7+r.Int64N(3e8), resource.BinarySI)
	}
	if r.IntN(3) == 0 {
		to = autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: average}
	}
	spec := autoscalingv2.MetricSpec{Type: autoscalingv2.ResourceMetricSourceType,
		Resource: &autoscalingv2.ResourceMetricSource{Name: name, Target: to}}
	if kind == "container" {
		spec = autoscalingv2.MetricSpec{Type: autoscalingv2.ContainerResourceMetricSourceType,
			ContainerResource: &autoscalingv2.ContainerResourceMetricSource{Name: name, Container: "c", Target: to}}
	}
	m.Spec.Metrics, m.Sources = append(m.Spec.Metrics, spec), append(m.Sources, s)
}

func addQuery(r *rand.Rand, m *world.Model, kind string) {
	s := world.Source{PerRequest: pick(r, 1.0, 1, 0.1, 3), Factor: pick(r, 1.0, 1, 60), Mean: r.IntN(8) == 0,
		Interval: pick(r, 5*time.Second, 15*time.Second, 30*time.Second, time.Minute),
		Fn:       pick(r, "rate", "rate", "increase", "irate", "", "avg_over_time", "max_over_time", "min_over_time", "sum_over_time")}
	s.Span = s.Interval * time.Duration(pick(r, 2, 3, 4, 8))
	switch r.IntN(20) {
	case 0:
		s.Evaluation = pick(r, 15*time.Second, 30*time.Second)
	case 1:
		s.Kind = world.Direct
	case 2:
		s.Kind = world.Missing
	case 3:
		s.Offset = time.Minute
	case 4:
		s.Arrivals = kind != "pods"
	}
	if r.IntN(5) == 0 {
		gaps := r.IntN(2) == 0
		for i := range m.Times {
			s.Column = append(s.Column, m.Requests[i]*r.Float64())
			if gaps && r.IntN(4) == 0 {
				s.Column[i] = math.NaN()
			}
		}
	}
	most := peak(m) * s.PerRequest * s.Factor
	if s.Fn == "increase" || s.Fn == "sum_over_time" {
		most *= s.Span.Seconds()
	}
	metric := autoscalingv2.MetricIdentifier{Name: fmt.Sprintf("m%d", len(m.Sources))}
	average := autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: milli(share(r, m, most))}
	to := average
	if r.IntN(2) == 0 {
		to = autoscalingv2.MetricTarget{Type: autoscalingv2.ValueMetricType, Value: milli(1 + int(1000*most*(0.1+r.Float64())))}
	}
	var spec autoscalingv2.MetricSpec
	switch kind {
	case "pods":
		spec = autoscalingv2.MetricSpec{Type: autoscalingv2.PodsMetricSourceType, Pods: &autoscalingv2.PodsMetricSource{Metric: metric, Target: average}}
	case "object":
		spec = autoscalingv2.MetricSpec{Type: autoscalingv2.ObjectMetricSourceType, Object: &autoscalingv2.ObjectMetricSource{
			DescribedObject: autoscalingv2.CrossVersionObjectReference{APIVersion: "v1", Kind: "Service", Name: "x"}, Metric: metric, Target: to}}
	default:
		spec = autoscalingv2.MetricSpec{Type: autoscalingv2.ExternalMetricSourceType, External: &autoscalingv2.ExternalMetricSource{Metric: metric, Target: to}}
	}
	m.Spec.Metrics, m.Sources = append(m.Spec.Metrics, spec), append(m.Sources, s)
}

func rules(r *rand.Rand) *autoscalingv2.HPAScalingRules {
	choice := autoscalingv2.MaxChangePolicySelect
	switch r.IntN(10) {
	case 0:
		choice = autoscalingv2.DisabledPolicySelect
	case 1, 2:
		choice = autoscalingv2.MinChangePolicySelect
	}
	out := &autoscalingv2.HPAScalingRules{SelectPolicy: &choice}
	if r.IntN(2) == 0 {
		window := int32(r.IntN(200))
		out.StabilizationWindowSeconds = &window
	}
	if r.IntN(3) == 0 {
		out.Tolerance = milli(r.IntN(300))
	}
	for range 1 + r.IntN(2) {
		out.Policies = append(out.Policies, autoscalingv2.HPAScalingPolicy{
			Type: pick(r, autoscalingv2.PodsScalingPolicy, autoscalingv2.PercentScalingPolicy), Value: int32(1 + r.IntN(100)), PeriodSeconds: int32(1 + r.IntN(600))})
	}
	return out
}
