package world

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/krm-fn/krm-fn/pkg/simulate/autoscaler"
)

// single is a pod on its own, as the reference counts it: without cohorts.
type single struct {
	running, ready time.Duration
	removed        time.Duration // never, if it is there.
	served         float64
	samples        map[*Source][]chunks.Sample
}

// reference is a world of single pods, whose samples the engine of Prometheus reads.
type reference struct {
	m         *Model
	now       time.Duration
	row       int
	pods      []*single
	stale     map[*Source][]*single
	requests  float64
	excess    float64
	podTime   float64
	scrapedAt map[*Source]time.Duration
	// whole has the samples of columns, which do not depend on pods.
	whole map[*Source][]chunks.Sample
}

func newReference(m *Model, replicas int) *reference {
	r := &reference{m: m, stale: map[*Source][]*single{}, scrapedAt: map[*Source]time.Duration{}, whole: map[*Source][]chunks.Sample{}}
	for range replicas {
		r.pods = append(r.pods, &single{running: -24 * time.Hour, ready: -24 * time.Hour, removed: never, samples: map[*Source][]chunks.Sample{}})
	}
	share := r.share()
	for i := range m.Sources {
		s := &m.Sources[i]
		at := s.Interval / 3
		at -= s.Interval * (2 * time.Hour / s.Interval)
		for ; at <= 0; at += s.Interval {
			r.sampleWhole(s, at)
			for _, p := range r.pods {
				p.served = 1 + share*(at+24*time.Hour).Seconds()
				r.sample(s, p, at)
			}
		}
		r.scrapedAt[s] = at
	}
	for _, p := range r.pods {
		p.served = 1 + share*(24*time.Hour).Seconds()
	}
	return r
}

func (r *reference) alive() (out []*single) {
	for _, p := range r.pods {
		if p.removed == never {
			out = append(out, p)
		}
	}
	return out
}

func (r *reference) ready() (n float64) {
	for _, p := range r.alive() {
		if p.ready <= r.now {
			n++
		}
	}
	return n
}

func (r *reference) share() float64 {
	n := r.ready()
	if n == 0 {
		return 0
	}
	share := r.m.Requests[r.row] / n
	if c := r.m.Pods.Capacity; c > 0 {
		share = min(share, c)
	}
	return share
}

type point struct {
	t int64
	f float64
}

func (p point) ST() int64                     { return 0 }
func (p point) T() int64                      { return p.t }
func (p point) F() float64                    { return p.f }
func (p point) H() *histogram.Histogram       { return nil }
func (p point) FH() *histogram.FloatHistogram { return nil }
func (p point) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (p point) Copy() chunks.Sample           { return p }

func (r *reference) sample(s *Source, p *single, at time.Duration) {
	v := p.served * s.PerRequest
	if !isCounter(s.Fn) || s.Column != nil {
		v = 0
		if p.ready <= at {
			if v = r.share() * s.PerRequest; s.Column != nil {
				v = s.Column[r.row] / max(r.ready(), 1)
			}
		}
	}
	p.samples[s] = append(p.samples[s], point{at.Milliseconds(), v})
}

func (r *reference) sampleWhole(s *Source, at time.Duration) {
	if s.Column != nil {
		r.whole[s] = append(r.whole[s], point{at.Milliseconds(), s.Column[r.row]})
	}
}

// advance goes on in steps in which nothing changes.
func (r *reference) advance(until time.Duration) {
	for r.now < until {
		next := until
		for _, p := range r.pods {
			if p.ready > r.now {
				next = min(next, p.ready)
			}
		}
		if r.row+1 < len(r.m.Times) {
			next = min(next, r.m.Times[r.row+1])
		}
		for _, at := range r.scrapedAt {
			next = min(next, at)
		}
		share, seconds := r.share(), (next - r.now).Seconds()
		for _, p := range r.alive() {
			if p.ready <= r.now {
				p.served += share * seconds
			}
			r.podTime += seconds
		}
		r.requests += r.m.Requests[r.row] * seconds
		r.excess += (r.m.Requests[r.row] - share*r.ready()) * seconds
		r.now = next
		for r.row+1 < len(r.m.Times) && r.m.Times[r.row+1] <= r.now {
			r.row++
		}
		for i := range r.m.Sources {
			r.scrape(&r.m.Sources[i])
		}
	}
}

func (r *reference) scrape(s *Source) {
	if r.scrapedAt[s] > r.now {
		return
	}
	r.scrapedAt[s] += s.Interval
	r.sampleWhole(s, r.now)
	for _, p := range r.alive() {
		if p.running <= r.now {
			r.sample(s, p, r.now)
		}
	}
	for _, p := range r.stale[s] {
		p.samples[s] = append(p.samples[s], point{r.now.Milliseconds(), math.Float64frombits(value.StaleNaN)})
	}
	r.stale[s] = nil
}

func (r *reference) scale(n int) {
	for len(r.alive()) < n {
		r.pods = append(r.pods, &single{running: r.now + r.m.Pods.Start, ready: r.now + r.m.Pods.Ready, removed: never, samples: map[*Source][]chunks.Sample{}})
	}
	for alive := r.alive(); len(alive) > n; alive = alive[:len(alive)-1] {
		p := alive[len(alive)-1]
		p.removed = r.now
		for i := range r.m.Sources {
			if s := &r.m.Sources[i]; len(p.samples[s]) > 0 {
				r.stale[s] = append(r.stale[s], p)
			}
		}
	}
}

// The storage that the engine reads has the series of one source.
type (
	reader struct {
		storage.LabelQuerier
		r     *reference
		s     *Source
		whole bool
	}
	seriesSet struct {
		list []storage.Series
		at   int
	}
)

func (q reader) Querier(int64, int64) (storage.Querier, error) { return q, nil }
func (q reader) Close() error                                  { return nil }
func (q reader) Select(context.Context, bool, *storage.SelectHints, ...*labels.Matcher) storage.SeriesSet {
	set := &seriesSet{at: -1}
	if q.whole {
		set.list = append(set.list, storage.NewListSeries(labels.FromStrings("__name__", "m"), q.r.whole[q.s]))
		return set
	}
	for i, p := range q.r.pods {
		set.list = append(set.list, storage.NewListSeries(labels.FromStrings("__name__", "m", "pod", fmt.Sprintf("%05d", i)), p.samples[q.s]))
	}
	return set
}

func (s *seriesSet) Next() bool                        { s.at++; return s.at < len(s.list) }
func (s *seriesSet) At() storage.Series                { return s.list[s.at] }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

// ask returns what the engine answers, by the number of the pod, or under "" for all.
func (r *reference) ask(t *testing.T, e *promql.Engine, s *Source, text string) map[string]float64 {
	t.Helper()
	q, err := e.NewInstantQuery(t.Context(), reader{r: r, s: s, whole: s.Column != nil && strings.HasPrefix(text, "sum(")}, nil, text, time.UnixMilli(r.now.Milliseconds()))
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	got, err := q.Exec(t.Context()).Vector()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, sample := range got {
		out[sample.Metric.Get("pod")] = sample.F
	}
	return out
}

// queryText returns the PromQL of a source.
func queryText(s *Source) string {
	text := "m"
	if s.Fn != "" {
		text = fmt.Sprintf("m[%dms]", s.Span.Milliseconds())
	}
	if s.Offset > 0 {
		text += fmt.Sprintf(" offset %dms", s.Offset.Milliseconds())
	}
	if s.Fn != "" {
		text = s.Fn + "(" + text + ")"
	}
	return fmt.Sprintf("%s * %v", text, s.Factor)
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// queried returns a model with a load and some queries.
func queried(r *rand.Rand) *Model {
	millis := func(n int) time.Duration { return time.Duration(r.IntN(n)) * time.Millisecond }
	m := &Model{End: 35 * time.Minute, Flags: autoscaler.DefaultFlags(), Resolution: 15 * time.Second, Spec: &autoscalingv2.HorizontalPodAutoscalerSpec{}}
	m.Pods = Pods{Start: millis(40_000), Capacity: pick(r, 0, 0, 20.0)}
	m.Pods.Ready = m.Pods.Start + millis(90_000)
	for at := time.Duration(0); at < m.End; at += 5*time.Second + millis(240_000) {
		m.Times, m.Requests = append(m.Times, at), append(m.Requests, pick(r, 0, 1, 10*r.Float64(), 300*r.Float64()))
	}
	for range 4 {
		s := Source{
			PerRequest: pick(r, 1.0, 0.1, 3), Factor: pick(r, 1.0, 60, 0.5),
			Interval: pick(r, 3*time.Second, 15*time.Second, 30*time.Second, time.Minute), Offset: pick(r, 0, 0, 0, time.Minute, 17*time.Second),
			Fn: pick(r, "rate", "rate", "rate", "increase", "irate", "", "avg_over_time", "max_over_time", "min_over_time", "sum_over_time", "last_over_time"),
		}
		s.Span = s.Interval*time.Duration(r.IntN(6)) + time.Millisecond + millis(1000)
		if r.IntN(6) == 0 && !isCounter(s.Fn) {
			for range m.Times {
				s.Column = append(s.Column, 1000*r.Float64())
			}
		}
		m.Sources = append(m.Sources, s)
		m.Spec.Metrics = append(m.Spec.Metrics, autoscalingv2.MetricSpec{
			Type:     autoscalingv2.ExternalMetricSourceType,
			External: &autoscalingv2.ExternalMetricSource{},
		})
	}
	return m
}

// near allows for the rounding of counters of a day, of which a query takes the difference over seconds.
func near(a, b float64) bool {
	return a == b || math.Abs(a-b) <= 1e-8*max(math.Abs(a), math.Abs(b), 1)
}

// TestQueries compares queries with those of the engine of Prometheus, on the samples of random worlds, whose pods start and go.
func TestQueries(t *testing.T) {
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute, LookbackDelta: lookback, Parser: parser.NewParser(parser.Options{})})
	compared := 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 0))
		m := queried(r)
		replicas := r.IntN(4)
		w, ref := New(m, int32(replicas), 0), newReference(m, replicas)
		for w.now < m.End && !t.Failed() {
			at := w.now + time.Duration(1+r.IntN(90_000))*time.Millisecond
			w.Advance(at)
			ref.advance(at)
			for i := range m.Sources {
				compared += ref.compare(t, engine, w, i)
			}
			if r.IntN(3) == 0 {
				replicas = r.IntN(12)
				w.Scale(int32(replicas))
				ref.scale(replicas)
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
		if got := w.totals; !near(got.Requests, ref.requests) || !near(got.Excess, ref.excess) || !near(got.PodTime.Seconds(), ref.podTime) {
			t.Errorf("seed %d: got %v requests, %v excess, %v pod time, want %v, %v, %v", seed,
				got.Requests, got.Excess, got.PodTime.Seconds(), ref.requests, ref.excess, ref.podTime)
		}
	}
	if compared < 10_000 {
		t.Errorf("only %d values compared", compared)
	}
}

// compare compares the values of a source, of each pod and of all.
func (r *reference) compare(t *testing.T, e *promql.Engine, w *World, i int) (n int) {
	t.Helper()
	s, text := w.series[i], queryText(&w.m.Sources[i])
	want := r.ask(t, e, &w.m.Sources[i], text)
	numbers := []int{}
	for k, p := range r.pods {
		if p.removed == never {
			numbers = append(numbers, k)
		}
	}
	for _, c := range w.cohorts {
		got := s.ofPod(w, i, c)
		for range c.count {
			v, ok := want[fmt.Sprintf("%05d", numbers[0])]
			if numbers = numbers[1:]; ok != got.ok || !near(v, got.value) {
				t.Errorf("at %s: %s of a pod since %s, ready at %s: got %v, the engine %v, %v", w.now, text, c.running, c.ready, got, v, ok)
			}
			n++
		}
	}
	want = r.ask(t, e, &w.m.Sources[i], "sum("+text+")")
	v, ok := want[""]
	if got := s.ofAll(w); ok != got.ok || !near(v, got.value) {
		t.Errorf("at %s: sum(%s): got %v, the engine %v, %v", w.now, text, got, v, ok)
	}
	if strings.Contains(text, "max") {
		s.Mean = true
		if v, got := r.ask(t, e, &w.m.Sources[i], "avg("+text+")")[""], s.ofAll(w); !near(v, got.value) {
			t.Errorf("at %s: avg(%s): got %v, the engine %v", w.now, text, got, v)
		}
		s.Mean = false
	}
	return n + 1
}
