package world

import "time"

// Totals are sums over the time of a simulation.
type Totals struct {
	// Requests is how many arrived, Excess how many of them the ready pods could not serve, Overload how long that went on.
	Requests, Excess float64
	Overload         time.Duration
	// PodTime is the time of all pods, from their creation to their removal.
	PodTime time.Duration
	// Over is how long a metric was over its target by more than the tolerance, as the pods had it in that moment, or requests
	// met no ready pod. Spans are these times.
	Over  time.Duration
	Spans []Span
}

// Span is a span of time.
type Span struct{ From, To time.Duration }

// Longest returns the longest span in which a metric was over its target.
func (t *Totals) Longest() Span {
	var out Span
	for _, s := range t.Spans {
		if s.To-s.From > out.To-out.From {
			out = s
		}
	}
	return out
}
