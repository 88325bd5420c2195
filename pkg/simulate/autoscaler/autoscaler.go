package autoscaler

import (
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
)

// Flags are those of the kube-controller-manager.
type Flags struct {
	SyncPeriod              time.Duration // --horizontal-pod-autoscaler-sync-period
	DownscaleStabilization  time.Duration // --horizontal-pod-autoscaler-downscale-stabilization
	Tolerance               float64       // --horizontal-pod-autoscaler-tolerance
	CPUInitializationPeriod time.Duration // --horizontal-pod-autoscaler-cpu-initialization-period
	InitialReadinessDelay   time.Duration // --horizontal-pod-autoscaler-initial-readiness-delay
}

// DefaultFlags returns the defaults (pkg/controller/podautoscaler/config/v1alpha1/defaults.go).
func DefaultFlags() Flags {
	return Flags{
		SyncPeriod: 15 * time.Second, DownscaleStabilization: 5 * time.Minute, Tolerance: 0.1,
		CPUInitializationPeriod: 5 * time.Minute, InitialReadinessDelay: 30 * time.Second,
	}
}

// Group is a number of pods in the same state, with the same metrics.
type Group struct {
	Count int64
	// Pending pods have not started.
	Pending bool
	// Started is status.startTime.
	Started time.Duration
	// Ready is the condition Ready, Changed its last transition.
	Ready   bool
	Changed time.Duration
}

// Reading is the value of a metric of one pod, as a metrics API returns it.
type Reading struct {
	// Known is false if the API returns nothing for the pod.
	Known bool
	Value int64
	// At is when the value was measured, Window over how long. They matter only for cpu.
	At, Window time.Duration
}

// Metric is what the metrics APIs return for a metric of the spec.
type Metric struct {
	// Readings has one element for each group. It is for types Pods, Resource, and ContainerResource.
	Readings []Reading
	// Request is the resource request of a pod, for a utilization. 0 means that there is none.
	Request int64
	// Total is the value for types Object and External. Known is false if the API returns none.
	Total int64
	Known bool
}

// Look is what the controller sees when it looks at an HPA.
type Look struct {
	Now time.Duration
	// Replicas is spec.replicas of the scale subresource, and its status.replicas.
	Replicas int32
	Groups   []Group
	// Metrics has one element for each metric of the spec.
	Metrics []Metric
}

// Limit says what kept the controller from the number that the metrics call for.
type Limit int

// The limits. Of several, the last one in this order counts.
const (
	// NoLimit means that the metrics decided.
	NoLimit Limit = iota
	// Stabilized means that earlier recommendations decided.
	Stabilized
	// PolicyLimit means that the scaling policies, or without a behavior the doubling of replicas, decided.
	PolicyLimit
	// BoundLimit means that minReplicas or maxReplicas decided.
	BoundLimit
	// NoMetrics means that a metric has no value, so the replicas stay.
	NoMetrics
	// Disabled means that there are no replicas, and the controller does not change that.
	Disabled
)

// Decision is the result of a look.
type Decision struct {
	Replicas int32
	// Wanted is the number that the metrics call for. It is that of the replicas if no metrics were read.
	Wanted int32
	Limit  Limit
}

// Autoscaler remembers what the controller remembers of an HPA between looks.
type Autoscaler struct {
	flags       Flags
	spec        *autoscalingv2.HorizontalPodAutoscalerSpec
	min         int32
	tolerance   tolerance
	targets     []target
	wakes       bool
	initialized bool
	// scaledToZero is the condition of this name.
	scaledToZero bool
	// highest and lowest are the recommendations; lowest has them negated.
	highest, lowest recent
	ups, downs      []change
}

// change is a recommendation, or a change of replicas, and its time.
type change struct {
	replicas int32
	at       time.Duration
}

// New returns an autoscaler for a spec with the defaults of the API server. It keeps the spec, and does not change it.
func New(spec *autoscalingv2.HorizontalPodAutoscalerSpec, flags Flags) *Autoscaler {
	a := &Autoscaler{flags: flags, spec: spec, min: 1, tolerance: tolerance{flags.Tolerance, flags.Tolerance}}
	if spec.MinReplicas != nil {
		a.min = *spec.MinReplicas
	}
	if b := spec.Behavior; b != nil {
		if b.ScaleDown != nil && b.ScaleDown.Tolerance != nil {
			a.tolerance.down = b.ScaleDown.Tolerance.AsApproximateFloat64()
		}
		if b.ScaleUp != nil && b.ScaleUp.Tolerance != nil {
			a.tolerance.up = b.ScaleUp.Tolerance.AsApproximateFloat64()
		}
	}
	for i := range spec.Metrics {
		t := targetOf(&spec.Metrics[i])
		a.targets = append(a.targets, t)
		a.wakes = a.wakes || t.ofObject
	}
	return a
}

// Decide returns the replicas that the controller sets at a look (horizontal.go, reconcileAutoscaler).
func (a *Autoscaler) Decide(l *Look) Decision {
	if !a.initialized {
		a.initialized = true
		a.recommend(l.Replicas, l.Now)
	}
	d := a.decide(l)
	if d.Replicas != l.Replicas {
		a.remember(l.Now, l.Replicas, d.Replicas)
		a.scaledToZero = d.Replicas == 0 && a.min == 0 && a.wakes
	}
	return d
}

func (a *Autoscaler) decide(l *Look) Decision {
	current := l.Replicas
	switch {
	case current == 0 && !a.mayLeaveZero():
		return Decision{0, 0, Disabled}
	case current > a.spec.MaxReplicas:
		return Decision{a.spec.MaxReplicas, current, BoundLimit}
	case current > 0 && current < a.min:
		return Decision{a.min, current, BoundLimit}
	}
	wanted, ok := a.wanted(l)
	if !ok {
		return Decision{current, current, NoMetrics}
	}
	d := a.normalize(l.Now, current, wanted)
	if current == 0 && a.min != 0 && a.scaledToZero && d.Replicas < a.min {
		d.Replicas = a.min
	}
	return d
}

// mayLeaveZero reports whether metrics can scale the workload up from zero (horizontal.go, shouldComputeMetricsForZeroReplicas).
func (a *Autoscaler) mayLeaveZero() bool { return a.scaledToZero && (a.min != 0 || a.wakes) }

// wanted returns the largest number of replicas that any metric requires. It returns false if no metric has a value, or if some
// metrics have no value and the others would scale down (horizontal.go, computeReplicasForMetrics).
func (a *Autoscaler) wanted(l *Look) (replicas int32, ok bool) {
	valid := 0
	for i := range l.Metrics {
		if n, ok := a.proposal(l, i); ok {
			valid++
			replicas = max(replicas, n)
		}
	}
	if valid == 0 || valid < len(l.Metrics) && replicas < l.Replicas {
		return 0, false
	}
	return replicas, true
}
