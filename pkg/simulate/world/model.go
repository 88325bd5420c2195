package world

import (
	"cmp"
	"slices"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/simulate/autoscaler"
)

// Model is what is simulated: a scaler, its pods, and what arrives. Times count from the start of the simulation. Before it,
// everything is as in its first moment.
type Model struct {
	// Spec is that of the HorizontalPodAutoscaler with the defaults of the API server.
	Spec *autoscalingv2.HorizontalPodAutoscalerSpec
	// KEDA is nil without it.
	KEDA *KEDA
	// Replicas are those at the start. 0 means those that the scaler settles on, within warmUp.
	Replicas int32
	Pods     Pods
	// Sources has one element for each metric of the spec.
	Sources []Source
	// Times are those of the rows of the load, ascending from 0. A row holds until the next one, the last until End.
	Times []time.Duration
	// Requests are the requests per second of each row.
	Requests []float64
	// CPU and Memory are what the pods use in all, besides what Pods says, in cores and bytes. They may be nil.
	CPU, Memory Column
	End         time.Duration
	Flags       autoscaler.Flags
	// Resolution is how often metrics-server measures (its flag --metric-resolution).
	Resolution time.Duration
	// Judged has the targets that decide what is over target, if they are not those of Spec.
	Judged *autoscalingv2.HorizontalPodAutoscalerSpec
}

// Pods is what the pods of the workload do.
type Pods struct {
	// Start is the time from the creation of a pod until its containers run, and Ready until it is ready.
	Start, Ready time.Duration
	// Capacity is how many requests per second a pod can serve, 0 for any number.
	Capacity float64
	// CPU is in cores, and of a request in seconds of a core. Memory is in bytes, and of a request per second.
	CPU, CPUOfRequest       float64
	Memory, MemoryOfRequest float64
}

// Column has a value for each row of the load. NaN is none.
type Column []float64

// Kind says where the value of a metric comes from.
type Kind int

// The kinds.
const (
	// Scraped values are those of a query to Prometheus, which scrapes them from the pods.
	Scraped Kind = iota
	// Direct values come from elsewhere, without a delay.
	Direct
	// CPU and Memory are measured by metrics-server.
	CPU
	Memory
	// Missing metrics never have a value.
	Missing
)

// Source says where the value of a metric comes from, and how late.
type Source struct {
	Kind Kind
	// PerRequest is what a request, or for a gauge a request per second, adds to the value.
	PerRequest float64
	// Column has the value over all pods, instead of a value from the requests.
	Column Column
	// Interval is that of the scrapes, Evaluation that of a recording rule, or 0.
	Interval, Evaluation time.Duration
	// Arrivals means that one series counts all requests that arrive, such as that of an ingress controller.
	Arrivals bool
	// Fn is the function of the query, "" for the last sample. Span is its range.
	Fn           string
	Span, Offset time.Duration
	// Factor is what the query multiplies the value with.
	Factor float64
	// Mean means that the query returns the mean of the pods, where it returns one value.
	Mean bool
	// NoneIsZero means that a query without a result counts as 0 (KEDA, ignoreNullValues).
	NoneIsZero bool
	// Request is the resource request of a pod in thousandths, for a utilization.
	Request int64
}

// KEDA is what KEDA does besides its HorizontalPodAutoscaler.
type KEDA struct {
	PollingInterval, CooldownPeriod, InitialCooldownPeriod time.Duration
	MinReplicas                                            int32
	IdleReplicas                                           *int32
	// Activation has the value of each metric above which it is active. It is infinite for resources.
	Activation []float64
	// StaysUp and StaysDown mean that KEDA does not scale to and from 0, AlwaysActive that a trigger counts as active.
	StaysUp, StaysDown, AlwaysActive bool
}

// Copy returns a copy of a model that can be changed. What is over target does not change with it.
func (m *Model) Copy() *Model {
	out := *m
	out.Judged = cmp.Or(m.Judged, m.Spec)
	out.Spec = m.Spec.DeepCopy()
	out.Sources = slices.Clone(m.Sources)
	if m.KEDA != nil {
		k := *m.KEDA
		out.KEDA = &k
	}
	return &out
}

// Cut returns a copy of a model with the load of a span and around it.
func (m *Model) Cut(s Span, around time.Duration) *Model {
	out := m.Copy()
	from, to := max(s.From-around, 0), min(s.To+around, m.End)
	first, _ := slices.BinarySearch(m.Times, from)
	if first > 0 && (first == len(m.Times) || m.Times[first] > from) {
		first--
	}
	last, _ := slices.BinarySearch(m.Times, to)
	from = m.Times[first]
	out.Times = make([]time.Duration, 0, last-first)
	for _, t := range m.Times[first:last] {
		out.Times = append(out.Times, t-from)
	}
	out.Requests, out.End = m.Requests[first:last], to-from
	columns := []*Column{&out.CPU, &out.Memory}
	for i := range out.Sources {
		columns = append(columns, &out.Sources[i].Column)
	}
	for _, c := range columns {
		if *c != nil {
			*c = (*c)[first:last]
		}
	}
	return out
}
