package world

import (
	"errors"
	"time"

	"github.com/krm-fn/krm-fn/pkg/simulate/autoscaler"
)

// warmUp is how long the scaler has at least before the start to find the replicas for the first row of the load.
const warmUp = 30 * time.Minute

// mostWork is how many samples queries may look at: about a second of computing. A week of a usual HPA takes a hundredth of it.
const mostWork = 500_000_000

// Row is what is true after a look of the autoscaler, or after KEDA scales to or from 0.
type Row struct {
	At       time.Duration
	Requests float64
	// Replicas are those that the scaler set, Ready the pods that serve.
	Replicas, Ready int32
	// Wanted is the number that the metrics called for, and Limit what kept the autoscaler from it.
	Wanted int32
	Limit  autoscaler.Limit
}

// Result is what happened.
type Result struct {
	Totals
	Rows []Row
	// Values has the value of each metric as the autoscaler saw it, row by row: the mean of the pods or, with a target of type
	// Value, the total. NaN is none.
	Values []float64
}

// Run simulates a model until the end of its load.
func Run(m *Model) (*Result, error) {
	start, replicas := time.Duration(0), m.Replicas
	if replicas == 0 {
		looks := (warmUp + m.Flags.SyncPeriod - 1) / m.Flags.SyncPeriod
		start, replicas = -looks*m.Flags.SyncPeriod, 1 // One look is at 0.
		if m.Spec.MinReplicas != nil {
			replicas = max(1, *m.Spec.MinReplicas)
		}
	}
	w := New(m, replicas, start)
	a := autoscaler.New(m.Spec, m.Flags)
	o := newOperator(m.KEDA, start)
	r := &Result{}
	if n := int(m.End/m.Flags.SyncPeriod) + 1; n > 0 {
		r.Rows = make([]Row, 0, n)
		r.Values = make([]float64, 0, n*len(m.Sources))
	}
	for next := start; next <= m.End; {
		w.Advance(min(next, o.next))
		if o.next <= w.now {
			r.poll(w, o)
		}
		if next > w.now {
			continue
		}
		if w.work > mostWork {
			return nil, errors.New("takes too long to simulate; use a shorter load, or shorter ranges in queries")
		}
		look := w.Look()
		d := a.Decide(look)
		w.Scale(d.Replicas)
		if w.now >= 0 {
			r.add(w, d)
		}
		next += m.Flags.SyncPeriod
	}
	w.Advance(m.End)
	w.setOver(false)
	r.Totals = w.totals
	return r, nil
}

// poll lets the operator of KEDA look. If it changes the replicas, that is a row, too.
func (r *Result) poll(w *World, o *operator) {
	n := o.poll(w)
	if int64(n) == w.all {
		return
	}
	w.Look()
	w.Scale(n)
	if w.now >= 0 {
		r.add(w, autoscaler.Decision{Replicas: n, Wanted: n})
	}
}

func (r *Result) add(w *World, d autoscaler.Decision) {
	r.Rows = append(r.Rows, Row{
		At: w.now, Requests: w.m.Requests[w.row], Replicas: d.Replicas, Ready: int32(w.ready),
		Wanted: d.Wanted, Limit: d.Limit,
	})
	for i := range w.goals {
		r.Values = append(r.Values, w.seen(i))
	}
}
