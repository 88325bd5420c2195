package world

import (
	"math"
	"slices"
	"time"
)

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
