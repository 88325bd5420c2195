package world

import (
	"math"
	"time"

	"github.com/krm-fn/krm-fn/pkg/simulate/autoscaler"
)

// never is later than everything.
const never = time.Duration(math.MaxInt64)

// World is the pods of a model in simulated time. What requests, scrapes, and measurements do is exact: between two events, every
// rate is constant.
type World struct {
	m   *Model
	now time.Duration
	// row is that of the load. It is 0 before the start.
	row int
	// cohorts are the pods, oldest first; gone those that were removed and whose samples may still be in ranges.
	cohorts, gone []*cohort
	ready, all    int64
	// share is how many requests per second each ready pod serves, and served how many it has served if it always was ready.
	share, served float64
	// arrived is how many requests there were, and entry a pod through which all of them came.
	arrived float64
	entry   *cohort
	// excess is how many requests per second no pod serves.
	excess float64
	// cpuShare is what each ready pod uses of columns with CPU, cpu what it has used if it always was ready. memoryShare is that of
	// memory.
	cpuShare, cpu, memoryShare float64
	// moves is when the next pod starts or becomes ready.
	moves  time.Duration
	series []*series
	usage  usage
	// horizon is how long it takes until all pods that have served enough requests are equal.
	horizon time.Duration
	// enough is how many requests a pod must have served until the start of its counters at zero does not limit an extrapolation.
	enough float64
	look   autoscaler.Look
	goals  []Goal
	totals Totals
	// work is how many samples queries have looked at.
	work int64
	// over reports whether a metric is over its target.
	over bool
}

// New returns the world of a model with a number of pods that are ready for long, at a time before the start.
func New(m *Model, replicas int32, at time.Duration) *World {
	w := &World{m: m, now: at, moves: never, horizon: m.Flags.CPUInitializationPeriod + 2*m.Resolution}
	for i := range m.Sources {
		s := newSeries(&m.Sources[i], at)
		w.series = append(w.series, s)
		w.horizon = max(w.horizon, s.reach()+s.Evaluation)
		if isCounter(s.Fn) && s.Column == nil {
			w.enough = max(w.enough, 1.1*s.Interval.Seconds()*m.mostServed())
		}
		w.goals = append(w.goals, GoalOf(m, i))
	}
	w.usage.next = never
	for i := range m.Sources {
		if k := m.Sources[i].Kind; k == CPU || k == Memory {
			w.usage.next = firstAfter(at, m.Resolution, m.Resolution*2/3)
		}
	}
	w.look.Metrics = make([]autoscaler.Metric, len(m.Sources))
	w.all = int64(replicas)
	w.entry = w.oldCohort(1)
	w.entry.before = before(m.Requests[0])
	if replicas > 0 {
		c := w.oldCohort(int64(replicas))
		w.cohorts, w.ready = append(w.cohorts, c), c.count
		w.spread()
		c.before = before(w.share)
		w.usage.warm(w, c)
	}
	for _, s := range w.series {
		s.warm(w)
	}
	w.spread()
	return w
}

// spread gives each ready pod its share of the requests, and compares the metrics that this makes with their targets.
func (w *World) spread() {
	requests := w.m.Requests[w.row]
	w.share, w.excess = 0, requests
	if w.ready > 0 {
		w.share = requests / float64(w.ready)
		if w.m.Pods.Capacity > 0 {
			w.share = min(w.share, w.m.Pods.Capacity)
		}
		if w.excess = requests - float64(w.share*float64(w.ready)); w.excess < requests*1e-9 {
			w.excess = 0
		}
	}
	w.cpuShare = w.m.CPU.share(w)
	w.memoryShare = w.m.Memory.share(w)
	over := w.ready == 0 && requests > 0
	for i := range w.goals {
		over = over || w.goals[i].exceeded(w)
	}
	w.setOver(over)
}

// share returns what each ready pod has of a column.
func (c Column) share(w *World) float64 {
	if c == nil || w.ready == 0 || math.IsNaN(c[w.row]) {
		return 0
	}
	return c[w.row] / float64(w.ready)
}

// Advance goes on until a time.
func (w *World) Advance(until time.Duration) {
	for w.now < until {
		next := min(until, w.moves, w.usage.next)
		if w.row+1 < len(w.m.Times) {
			next = min(next, w.m.Times[w.row+1])
		}
		for _, s := range w.series {
			next = min(next, s.next, s.nextEvaluation)
		}
		w.pass(next - w.now)
		w.now = next
		w.happen()
	}
}

// pass lets time pass in which nothing happens. Products are rounded before they are added, as everywhere here, so that all
// processors compute the same.
func (w *World) pass(d time.Duration) {
	seconds := d.Seconds()
	w.served += float64(w.share * seconds)
	w.arrived += float64(w.m.Requests[w.row] * seconds)
	w.cpu += float64(w.cpuShare * seconds)
	if w.now < 0 {
		return
	}
	t := &w.totals
	t.Requests += float64(w.m.Requests[w.row] * seconds)
	t.Excess += float64(w.excess * seconds)
	t.PodTime += d * time.Duration(w.all)
	if w.excess > 0 {
		t.Overload += d
	}
	if w.over {
		t.Over += d
	}
}

// setOver opens or closes a span in which a metric is over its target.
func (w *World) setOver(over bool) {
	now, spans := max(w.now, 0), &w.totals.Spans
	if w.over {
		if last := &(*spans)[len(*spans)-1]; now > last.From {
			last.To = now
		} else {
			*spans = (*spans)[:len(*spans)-1]
		}
	}
	if w.over = over; over {
		if n := len(*spans); n > 0 && (*spans)[n-1].To == now {
			(*spans)[n-1].To = 0 // It goes on.
		} else {
			*spans = append(*spans, Span{From: now})
		}
	}
}

// happen does what is due now.
func (w *World) happen() {
	changed := w.moves <= w.now
	for w.row+1 < len(w.m.Times) && w.m.Times[w.row+1] <= w.now {
		w.row++
		changed = true
	}
	if changed {
		w.transitions()
	}
	for i, s := range w.series {
		if s.next <= w.now {
			s.scrape(w)
		}
		if s.nextEvaluation <= w.now {
			s.evaluate(w, i)
		}
	}
	if w.usage.next <= w.now {
		w.usage.measure(w)
	}
}
