package world

import (
	"math"
	"slices"
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

// cohort is a number of pods that were created at the same time.
type cohort struct {
	count          int64
	running, ready time.Duration
	started, isUp  bool
	// before and cpuBefore are World.served and World.cpu when the pods became ready.
	before, cpuBefore float64
	// since is when they had served enough requests, and end when they were removed.
	since, end time.Duration
	// recorded are the values of recording rules.
	recorded []reading
	usage    measured
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

// old is how long pods are ready that were there before the start, and before what counters of a rate lacked then.
const old = 24 * time.Hour

func before(rate float64) float64 { return -float64(rate*old.Seconds()) - 1 }

func (w *World) oldCohort(n int64) *cohort {
	c := w.newCohort(n)
	c.running, c.ready, c.started, c.isUp = w.now-old, w.now-old, true, true
	return c
}

func (w *World) newCohort(n int64) *cohort {
	return &cohort{
		count: n, running: w.now + w.m.Pods.Start, ready: w.now + w.m.Pods.Ready, before: math.Inf(1),
		since: never, end: never, recorded: make([]reading, len(w.series)),
	}
}

// idle is the time after which a pod counts as any other, even if it has served less than enough requests.
const idle = 30 * time.Minute

// mostServed returns the most requests per second that a pod can serve.
func (m *Model) mostServed() float64 {
	most := slices.Max(m.Requests)
	if m.Pods.Capacity > 0 {
		most = min(most, m.Pods.Capacity)
	}
	return most
}

// Scale sets the number of pods. The newest ones go first, and new ones are created (Kubernetes,
// pkg/controller/controller_utils.go, ActivePodsWithRanks).
func (w *World) Scale(n int32) {
	more := int64(n) - w.all
	if more == 0 {
		return
	}
	w.all = int64(n)
	if more > 0 {
		c := w.newCohort(more)
		w.cohorts = append(w.cohorts, c)
		w.transitions()
		return
	}
	for less := -more; less > 0; {
		last := w.cohorts[len(w.cohorts)-1]
		k := min(less, last.count)
		removed := *last
		removed.count, removed.end = k, w.now
		last.count -= k
		less -= k
		if last.isUp {
			w.ready -= k
		}
		if last.started {
			w.gone = append(w.gone, &removed)
		}
		if last.count == 0 {
			w.cohorts = w.cohorts[:len(w.cohorts)-1]
		}
	}
	w.transitions()
}

// transitions starts pods, makes them ready, and joins those that are equal by now.
func (w *World) transitions() {
	w.moves = never
	for _, c := range w.cohorts {
		if !c.started && c.running <= w.now {
			c.started = true
		}
		if !c.isUp && c.ready <= w.now {
			c.isUp, c.before, c.cpuBefore = true, w.served, w.cpu
			w.ready += c.count
		}
		if c.since == never && c.isUp && (w.served-c.before >= w.enough || w.now-c.ready > idle) {
			c.since = w.now
		}
		switch {
		case !c.started:
			w.moves = min(w.moves, c.running)
		case !c.isUp:
			w.moves = min(w.moves, c.ready)
		}
	}
	for len(w.cohorts) > 1 && w.cohorts[1].since < w.now-w.horizon {
		w.cohorts[0].count += w.cohorts[1].count
		w.cohorts = append(w.cohorts[:1], w.cohorts[2:]...)
	}
	for len(w.gone) > 0 && w.gone[0].end+w.horizon < w.now {
		w.gone = w.gone[1:]
	}
	w.spread()
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
