package simulate

import (
	"slices"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/simulate/load"
	"github.com/krm-fn/krm-fn/pkg/simulate/world"
)

// mostEvents limits the scrapes, evaluations, measurements, and looks of a simulation. A year with the usual intervals has half as
// many.
const mostEvents = 10_000_000

// New returns the model of a scaler. If it has none, one of the problems is an error.
func New(s *check.Scaling, o *Options) (*world.Model, model.Problems) {
	b := &builder{scaling: s, Options: o}
	b.m = &world.Model{
		Spec: &s.Spec, Replicas: o.Replicas, Flags: o.Flags, Resolution: o.Resolution,
		Times: o.Load.Times, Requests: o.Load.Get(load.Requests), End: o.Load.End,
	}
	b.m.CPU, b.m.Memory = o.Load.Get(string(corev1.ResourceCPU)), o.Load.Get(string(corev1.ResourceMemory))
	if b.m.Requests == nil {
		b.m.Requests = make([]float64, len(o.Load.Times))
	}
	if k := s.KEDA; k != nil {
		b.keda(k)
	}
	b.pods()
	for i := range s.Sources {
		b.m.Sources = append(b.m.Sources, b.source(i))
	}
	if !b.ps.HasErrors() && !b.wakes() {
		b.ps.Infof(model.SimulateAssumed, s.Place, "scales to 0 and reads only metrics of its own pods, so no request wakes it; "+
			"if other pods count the requests, add a column with the name of the metric to the load")
	}
	b.bound()
	return b.m, b.ps
}

// builder makes a model.
type builder struct {
	*Options
	scaling *check.Scaling
	m       *world.Model
	ps      model.Problems
}

func (b *builder) keda(k *check.KEDAScaling) {
	b.m.KEDA = &world.KEDA{
		PollingInterval: max(k.PollingInterval, time.Second), CooldownPeriod: k.CooldownPeriod,
		InitialCooldownPeriod: k.InitialCooldownPeriod,
		MinReplicas:           k.MinReplicas, IdleReplicas: k.IdleReplicas, Activation: k.Activation,
		StaysUp: k.PausedIn, StaysDown: k.PausedOut, AlwaysActive: k.ForceActivation,
	}
	if k.Paused {
		b.ps.Errorf(model.KEDAPaused, b.scaling.Place, "is paused, so there is nothing to simulate; remove the annotation that pauses it")
	}
}

// wakes reports whether a scaler without pods reads something that may scale it up.
func (b *builder) wakes() bool {
	k := b.m.KEDA
	outside := func(s world.Source) bool { return s.Arrivals || s.Column != nil || s.Kind == world.Direct }
	return k == nil || k.MinReplicas > 0 && k.IdleReplicas == nil || k.AlwaysActive || slices.ContainsFunc(b.m.Sources, outside)
}

// pods sets what pods do: when they become ready, and what they can serve.
func (b *builder) pods() {
	p := &b.m.Pods
	*p = world.Pods{
		Start: b.PodStart, Ready: b.PodStart, Capacity: b.Capacity, CPU: b.CPU, CPUOfRequest: b.CPUOfRequest,
		Memory: b.Memory, MemoryOfRequest: b.MemoryOfRequest,
	}
	if b.scaling.Workload == nil {
		b.ps.Infof(model.SimulateAssumed, b.scaling.Place.Child("spec").Child("scaleTargetRef"),
			"names a workload that is not in the input, so its probes and limits are not known; the pods are ready when they start")
		return
	}
	probed := false
	for i := range b.scaling.Workload.Containers {
		c := &b.scaling.Workload.Containers[i]
		probed = probed || c.Readiness != nil || c.Startup != nil
		p.Ready = max(p.Ready, b.PodStart+readyAfter(c, b.AppStart))
	}
	if !probed {
		b.ps.Infof(model.SimulateAssumed, b.scaling.Place.Child("spec").Child("scaleTargetRef"),
			"names pods without a readiness probe, so they get requests as soon as they start; add a readinessProbe")
	}
	if limit := b.scaling.Workload.CPULimit(); p.Capacity == 0 && p.CPUOfRequest > 0 && limit > p.CPU {
		p.Capacity = (limit - p.CPU) / p.CPUOfRequest
	}
}

// readyAfter returns when a container that has started is ready, if its probes succeed from a time on (Kubernetes,
// pkg/kubelet/prober/worker.go; readiness probes begin when the startup probe has succeeded).
func readyAfter(c *check.Container, serves time.Duration) time.Duration {
	at := time.Duration(0)
	if c.Startup != nil {
		at = succeeds(c.Startup, serves)
	}
	if c.Readiness == nil {
		return at
	}
	return succeeds(c.Readiness, max(at, serves)) + time.Duration(c.Readiness.SuccessThreshold-1)*seconds(c.Readiness.PeriodSeconds)
}

// succeeds returns the time of the first probe at or after a time.
func succeeds(p *corev1.Probe, after time.Duration) time.Duration {
	at, period := seconds(p.InitialDelaySeconds), max(seconds(p.PeriodSeconds), time.Second)
	if at < after {
		at += (after - at + period - 1) / period * period
	}
	return at
}

func seconds(n int32) time.Duration { return time.Duration(n) * time.Second }

// source returns the source of a metric.
func (b *builder) source(i int) world.Source {
	from, spec := &b.scaling.Sources[i], &b.scaling.Spec.Metrics[i]
	name := MetricName(spec)
	out := world.Source{Kind: world.Scraped, PerRequest: 1, Factor: 1, Column: b.Load.Get(name), NoneIsZero: b.scaling.KEDA != nil}
	if from.Kind == check.FromResources {
		return b.resource(spec, from)
	}
	perRequest, stated := b.PerRequest[name]
	if stated {
		out.PerRequest = perRequest
	}
	if from.Kind == check.FromPrometheus {
		sh := from.Shape
		out.Fn, out.Span, out.Offset, out.Interval, out.Evaluation = sh.Fn, sh.Span, sh.Offset, from.Interval, from.Evaluation
		if out.Column == nil && sh.Factor != 0 {
			out.Factor = sh.Factor
		}
		out.Mean = sh.Fn != "" && !sh.Sum && !sh.PerPod
		out.Arrivals = from.Elsewhere
		if from.Cached {
			out.Evaluation = max(out.Evaluation, b.m.KEDA.PollingInterval)
		}
		if !from.Certain {
			b.ps.Infof(model.SimulateAssumed, from.Place, "is scraped every %s, as far as the input tells", from.Interval)
		}
	} else {
		out.Kind = world.Direct
	}
	if from.Unknown != "" && out.Column == nil && !stated {
		out.Kind = world.Missing
		b.ps.Errorf(model.SimulateMetric, from.Place, "cannot be derived from requests, because %s; add a column %s to the load, or set "+
			"--per-request %[2]s=NUMBER if each request adds as much", from.Unknown, name)
	}
	return out
}

// resource returns the source of a metric about cpu or memory.
func (b *builder) resource(spec *autoscalingv2.MetricSpec, from *check.Source) world.Source {
	var name corev1.ResourceName
	container, target := "", *world.TargetOf(spec)
	if spec.Resource != nil {
		name = spec.Resource.Name
	} else {
		name, container = spec.ContainerResource.Name, spec.ContainerResource.Container
	}
	out := world.Source{Kind: world.CPU, Factor: 1}
	switch {
	case name == corev1.ResourceCPU && b.CPUOfRequest == 0 && b.m.CPU == nil:
		b.ps.Errorf(model.SimulateMetric, from.Place,
			"requires what a request costs; set --cpu-per-request, such as --cpu-per-request 10m "+
				"for 10 milliseconds of a core, or add a column cpu to the load, with the cores that all pods use")
	case name == corev1.ResourceMemory && b.Memory == 0 && b.m.Memory == nil:
		b.ps.Errorf(model.SimulateMetric, from.Place,
			"requires what a pod uses; set --memory, such as --memory 200Mi, or add a column memory to "+
				"the load, with the bytes that all pods use")
	case name != corev1.ResourceCPU && name != corev1.ResourceMemory:
		b.ps.Errorf(model.SimulateMetric, from.Place, "is about %s; only cpu and memory can be simulated", name)
	}
	if name != corev1.ResourceCPU {
		out.Kind = world.Memory
	}
	if target.AverageUtilization == nil || target.AverageValue != nil {
		return out
	}
	if b.scaling.Workload == nil {
		b.ps.Errorf(model.SimulateMetric, from.Place,
			"is a percentage of what the pods request, but the workload is not in the input; add it")
		return out
	}
	out.Request = requestOf(b.scaling.Workload, name, container)
	return out
}

// requestOf returns what the controller takes as the request of a pod, in thousandths (Kubernetes,
// pkg/controller/podautoscaler/replica_calculator.go, calculateRequests). It is 0 if a container has none, which is an error there.
func requestOf(w *check.Pods, name corev1.ResourceName, container string) int64 {
	if q, ok := w.Requests[name]; ok && container == "" {
		return q.MilliValue()
	}
	total := int64(0)
	for i := range w.Containers {
		if c := &w.Containers[i]; container == "" || c.Name == container {
			q, ok := c.Requests[name]
			if !ok {
				return 0
			}
			total += q.MilliValue()
		}
	}
	return total
}

// MetricName returns the name of a metric: that of a column of the load.
func MetricName(m *autoscalingv2.MetricSpec) string {
	switch {
	case m.Pods != nil:
		return m.Pods.Metric.Name
	case m.Object != nil:
		return m.Object.Metric.Name
	case m.External != nil:
		return m.External.Metric.Name
	case m.Resource != nil:
		return string(m.Resource.Name)
	case m.ContainerResource != nil:
		return string(m.ContainerResource.Name)
	}
	return ""
}

// bound reports what would take too long.
func (b *builder) bound() {
	events := b.m.End/b.m.Flags.SyncPeriod + b.m.End/b.m.Resolution
	if b.m.KEDA != nil {
		b.m.KEDA.PollingInterval = max(b.m.KEDA.PollingInterval, time.Second)
		events += b.m.End / b.m.KEDA.PollingInterval
	}
	for i := range b.m.Sources {
		s := &b.m.Sources[i]
		if s.Kind != world.Scraped {
			continue
		}
		s.Interval = max(s.Interval, time.Millisecond)
		events += b.m.End / s.Interval
		if s.Evaluation > 0 {
			events += b.m.End / s.Evaluation
		}
		const samples = 100_000
		if reach := s.Span + s.Offset; reach/s.Interval > samples {
			b.ps.Errorf(model.InputLimit, b.scaling.Sources[i].Place,
				"has a query that looks back %s at samples every %s, which are more than %d; use a shorter range",
				reach, s.Interval, samples)
		}
	}
	if events > mostEvents {
		b.ps.Errorf(model.InputLimit, b.scaling.Place, "would take too long to simulate: it has %d scrapes, evaluations, measurements, "+
			"and looks, and at most %d are possible; use a shorter load or longer intervals", events, mostEvents)
	}
}
