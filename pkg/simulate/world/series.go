package world

import (
	"math"
	"sort"
	"time"
)

// lookback is how old a sample can be that a query still sees (Prometheus, --query.lookback-delta).
const lookback = 5 * time.Minute

// sample is what a scrape finds: of counters what a pod has served that always was ready, of gauges the value of a ready pod and
// that of all pods.
type sample struct {
	at                 time.Duration
	served, pod, total float64
}

// series are the samples of a metric, of all pods, and the query about them.
type series struct {
	*Source
	samples              []sample
	next, nextEvaluation time.Duration
	// recorded is the value over all pods that a recording rule has written.
	recorded reading
}

// reading is a value, or none.
type reading struct {
	value float64
	ok    bool
}

// newSeries returns a series without samples. The scrapes of a target come at a time of their own (prometheus, scrape/target.go,
// offset); here they all come at a third of the interval.
func newSeries(s *Source, at time.Duration) *series {
	out := &series{Source: s, next: never, nextEvaluation: never}
	if s.Kind == Scraped {
		out.next = firstAfter(at, s.Interval, s.Interval/3)
		if s.Evaluation > 0 {
			out.nextEvaluation = firstAfter(at, s.Evaluation, s.Evaluation/2)
		}
	}
	return out
}

// firstAfter returns the first of the times that are an interval apart and have a phase, after a time.
func firstAfter(at, interval, phase time.Duration) time.Duration {
	n := (at - phase) / interval
	next := n*interval + phase
	for next <= at {
		next += interval
	}
	return next
}

// reach is how far the query looks back.
func (s *series) reach() time.Duration {
	if s.Kind != Scraped {
		return 0
	}
	if s.Fn == "" {
		return s.Offset + lookback
	}
	return s.Offset + s.Span
}

// warm adds the samples before the world began, in which all was as it is now.
func (s *series) warm(w *World) {
	if s.Kind != Scraped {
		return
	}
	first := s.next - s.Interval*(s.reach()/s.Interval+2)
	for at := first; at < s.next; at += s.Interval {
		s.add(w, at)
	}
	if s.Evaluation > 0 {
		for i, other := range w.series {
			if other == s {
				s.evaluate(w, i)
				s.nextEvaluation = firstAfter(w.now, s.Evaluation, s.Evaluation/2)
			}
		}
	}
}

func (s *series) scrape(w *World) {
	s.add(w, w.now)
	s.next += s.Interval
	if keep := int(s.reach()/s.Interval) + 2; len(s.samples) > 4*keep+64 {
		s.samples = append(s.samples[:0], s.samples[len(s.samples)-keep:]...)
	}
}

// add adds a sample of a time until which all was as it is now.
func (s *series) add(w *World, at time.Duration) {
	since := (w.now - at).Seconds()
	x := sample{at: at}
	switch {
	case s.Column != nil:
		x.total = s.Column[w.row]
		x.pod = x.total / float64(max(w.ready, 1))
	case s.Arrivals:
		x.pod = w.m.Requests[w.row] * s.PerRequest
		x.served = (w.arrived - float64(w.m.Requests[w.row]*since)) * s.PerRequest
	default:
		x.pod = w.share * s.PerRequest
		x.served = (w.served - float64(w.share*since)) * s.PerRequest
	}
	s.samples = append(s.samples, x)
}

// evaluate does what a recording rule does.
func (s *series) evaluate(w *World, i int) {
	for _, c := range w.cohorts {
		c.recorded[i] = s.query(w, c)
	}
	s.recorded = s.sum(w)
	s.nextEvaluation += s.Evaluation
}

// ofPod returns the value of each pod of a cohort.
func (s *series) ofPod(w *World, i int, c *cohort) reading {
	if s.Evaluation > 0 {
		return c.recorded[i]
	}
	return s.query(w, c)
}

// ofAll returns the value over all pods.
func (s *series) ofAll(w *World) reading {
	if s.Evaluation > 0 {
		return s.recorded
	}
	return s.sum(w)
}

// sum adds up the values of the pods, those removed within the range of the query among them. A column is there without pods, too.
func (s *series) sum(w *World) reading {
	if s.Column != nil && !s.Mean {
		start, end := s.bounds(w)
		return s.gauge(w, s.samples[s.after(start):s.after(end)], func(x sample) float64 { return x.total })
	}
	if s.Arrivals {
		return s.query(w, w.entry)
	}
	total, count := 0.0, 0.0
	for _, list := range [][]*cohort{w.cohorts, w.gone} {
		for _, c := range list {
			if r := s.query(w, c); r.ok {
				total += float64(r.value * float64(c.count))
				count += float64(c.count)
			}
		}
	}
	if s.Mean && count > 0 {
		total /= count
	}
	return reading{total, count > 0}
}

// bounds returns the range of the query: samples after the start, up to the end.
func (s *series) bounds(w *World) (start, end time.Duration) {
	end = w.now - s.Offset
	if s.Fn == "" {
		return end - lookback, end
	}
	return end - s.Span, end
}

// after returns the index of the first sample after a time.
func (s *series) after(at time.Duration) int {
	return sort.Search(len(s.samples), func(i int) bool { return s.samples[i].at > at })
}

// query returns what the query makes of the samples of a pod.
func (s *series) query(w *World, c *cohort) reading {
	start, end := s.bounds(w)
	last := len(s.samples)
	if s.Offset > 0 {
		last = s.after(end)
	}
	if c.end < w.now {
		there := s.after(min(end, c.end))
		if s.Fn == "" && there < last {
			return reading{} // The scrape that failed has written a staleness marker (scrape/scrape.go, updateStaleMarkers).
		}
		last = there
	}
	first := s.after(max(start, c.running-1))
	if first >= last {
		return reading{}
	}
	in := s.samples[first:last]
	w.work++
	if s.Column == nil && isCounter(s.Fn) {
		return s.counter(in, c, start, end)
	}
	return s.gauge(w, in, func(x sample) float64 {
		if x.at < c.ready {
			return 0
		}
		return x.pod
	})
}

func isCounter(fn string) bool { return fn == "rate" || fn == "increase" || fn == "irate" }

// counter returns the result of rate, increase, or irate (prometheus, promql/functions.go, extrapolatedRate and instantValue).
func (s *series) counter(in []sample, c *cohort, start, end time.Duration) reading {
	if len(in) < 2 {
		return reading{}
	}
	if s.Fn == "irate" {
		in = in[len(in)-2:]
	}
	from, to := in[0], in[len(in)-1]
	first, last := 0.0, 0.0
	if c.isUp {
		first, last = max(0, from.served-float64(c.before*s.PerRequest)), max(0, to.served-float64(c.before*s.PerRequest))
	}
	grown, sampled := last-first, (to.at - from.at).Seconds()
	if s.Fn == "irate" {
		return reading{grown / sampled * s.Factor, true}
	}
	between := sampled / float64(len(in)-1)
	toStart, toEnd := (from.at - start).Seconds(), (end - to.at).Seconds()
	if toStart >= between*1.1 {
		toStart = between / 2
	}
	if grown > 0 {
		toStart = min(toStart, sampled*first/grown)
	}
	if toEnd >= between*1.1 {
		toEnd = between / 2
	}
	value := grown * (sampled + toStart + toEnd) / sampled
	if s.Fn == "rate" {
		value /= s.Span.Seconds()
	}
	return reading{value * s.Factor, true}
}

// gauge returns the last value or, of a function over time, one of all. A function that is about anything else is taken as the
// mean.
func (s *series) gauge(w *World, in []sample, of func(sample) float64) reading {
	if len(in) == 0 {
		return reading{}
	}
	value := of(in[len(in)-1])
	if s.Fn == "" || s.Fn == "last_over_time" {
		return reading{value * s.Factor, !math.IsNaN(value)}
	}
	w.work += int64(len(in))
	switch s.Fn {
	case "max_over_time":
		for _, x := range in {
			value = max(value, of(x))
		}
	case "min_over_time":
		for _, x := range in {
			value = min(value, of(x))
		}
	default:
		sum := 0.0
		for _, x := range in {
			sum += of(x)
		}
		if value = sum; s.Fn != "sum_over_time" {
			value /= float64(len(in))
		}
	}
	return reading{value * s.Factor, !math.IsNaN(value)}
}
