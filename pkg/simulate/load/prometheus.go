package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// answer is what /api/v1/query_range answers (https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries).
type answer struct {
	Status, Error string
	Data          struct {
		ResultType string
		Result     json.RawMessage
	}
}

// matrix is its result, which promtool query range prints alone.
type matrix []struct {
	Metric map[string]string
	Values []sample
	// Histograms are native histograms, which are not numbers.
	Histograms []json.RawMessage
}

// sample is written as [1764300000.5,"12"].
type sample struct {
	ms    int64
	value float64
}

// UnmarshalJSON is fast, because a file has many.
func (s *sample) UnmarshalJSON(text []byte) error {
	inner, ok := bytes.CutPrefix(bytes.TrimSuffix(text, []byte("]")), []byte("["))
	at, value, two := strings.Cut(string(inner), ",")
	value, quoted := strings.CutPrefix(strings.TrimSpace(value), `"`)
	t, err := decimal(strings.TrimSpace(at))
	if !ok || !two || !quoted || err != nil || !(math.Abs(t) < firstMillis) {
		return fmt.Errorf("%s is not a sample; each is [SECONDS, %q]", model.Quote(string(text)), "VALUE")
	}
	s.ms = unix(t).UnixMilli()
	value = strings.TrimSuffix(value, `"`)
	if s.value, err = decimal(value); err != nil {
		return fmt.Errorf("%s is not a number", model.Quote(value))
	}
	return nil
}

// readPrometheus reads the answer of a range query.
func (r *reader) readPrometheus(text []byte) {
	var a answer
	result := json.RawMessage(text)
	if bytes.TrimLeft(text, " \t\r\n")[0] == '{' {
		if err := json.Unmarshal(text, &a); err != nil {
			r.jsonError(text, err)
			return
		}
		switch result = a.Data.Result; {
		case a.Status == "error":
			r.errorf(model.InputValue, 0, "is an error of Prometheus: %s; repeat the query", model.Shorten(a.Error, model.MaxShown))
			return
		case a.Status == "" || a.Data.ResultType == "":
			r.errorf(model.InputType, 0, "is not the answer of a range query of Prometheus; save that of /api/v1/query_range")
			return
		case a.Data.ResultType != "matrix":
			r.errorf(model.InputType, 0, "is a %s of one time, from /api/v1/query; save the answer of /api/v1/query_range",
				model.Shorten(a.Data.ResultType, model.MaxShown))
			return
		}
	}
	var m matrix
	if err := json.Unmarshal(result, &m); err != nil {
		r.jsonError(result, err)
		return
	}
	names := r.names(m)
	if r.ps.HasErrors() {
		return
	}
	r.clock = true
	r.rows(m, names)
	r.finish(0)
}

// jsonError reports text that is not JSON with its line, or JSON of another shape.
func (r *reader) jsonError(text []byte, err error) {
	var syntax *json.SyntaxError
	var shape *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		line := 1 + bytes.Count(text[:min(int(syntax.Offset), len(text))], []byte("\n"))
		r.errorf(model.InputSyntax, line, "is not JSON: %v", err)
	case errors.As(err, &shape):
		r.errorf(model.InputType, 0, "is not the answer of a range query of Prometheus: %s cannot be a JSON %s",
			model.Quote(shape.Field), shape.Value)
	default:
		r.errorf(model.InputType, 0, "is not the answer of a range query of Prometheus: %v", err)
	}
}

// names returns the names of the series. A single one is the load itself.
func (r *reader) names(m matrix) []string {
	var names []string
	cells := 0
	for _, s := range m {
		names = append(names, s.Metric["__name__"])
		cells += len(s.Values)
		if len(s.Histograms) > 0 {
			r.errorf(model.InputType, 0,
				"has native histograms, which are not numbers; use histogram_count() or histogram_quantile() in the query")
			return nil
		}
	}
	switch {
	case cells == 0:
		r.errorf(model.InputRequired, 0, "has no samples; the query found no series in that time")
	case cells > maxRows || len(m) > maxSeries:
		r.errorf(model.InputLimit, 0, "has %d series with %d samples; use at most %d and %d, for example with sum() or a longer step",
			len(m), cells, maxSeries, maxRows)
	case len(m) == 1:
		r.explainSingle(names[0])
		return []string{Requests}
	}
	for i, name := range names {
		if name == "" {
			r.errorf(model.InputValue, 0, "has %d series, and one of them has no name; add them up in the query, with sum()", len(m))
			break
		}
		if slices.Contains(names[:i], name) {
			r.errorf(model.InputDuplicate, 0, "has several series named %s; add them up in the query, with sum()", model.Quote(name))
			break
		}
	}
	return names
}

// explainSingle tells that the name of a single series does not count.
func (r *reader) explainSingle(name string) {
	switch at := (model.Place{File: r.file}); {
	case strings.HasSuffix(name, "_total"):
		r.ps.Warnf(model.InputValue, at,
			"%s is most likely a counter, and its values are read as requests per second; use sum(rate(%s[1m])) in the query",
			model.Quote(name), model.Shorten(name, model.MaxShown))
	case name != "":
		r.ps.Infof(model.InputValue, at, "%s is the only series, so it is read as requests per second", model.Quote(name))
	}
}

// rows adds a row for each time at which a series has a sample, and one where all begin to have none.
func (r *reader) rows(m matrix, names []string) {
	var times []int64
	for i, s := range m {
		for j, v := range s.Values {
			if j > 0 && v.ms <= s.Values[j-1].ms {
				r.errorf(model.InputValue, 0, "the samples of %s are not in the order of their times", model.Quote(names[i]))
				return
			}
			times = append(times, v.ms)
		}
		r.series = append(r.series, Series{Name: names[i]})
	}
	slices.Sort(times)
	times = r.withGaps(slices.Compact(times))
	if len(times)*len(m) > maxCells {
		r.errorf(model.InputLimit, 0, "has %d series at %d times; use at most %d values", len(m), len(times), maxCells)
		return
	}
	next := make([]int, len(m))
	for _, t := range times {
		at := time.UnixMilli(t)
		if r.full(0) || !r.addTime(at, at.UTC().Format(time.RFC3339), 0) {
			return
		}
		for i, s := range m {
			v := math.NaN()
			if next[i] < len(s.Values) && s.Values[next[i]].ms == t {
				v = r.sample(names[i], s.Values[next[i]].value, at)
				next[i]++
			}
			r.add(i, v, 0)
		}
	}
}

// withGaps adds the time of the first missing sample to each gap, in which the values are unknown.
func (r *reader) withGaps(times []int64) []int64 {
	if len(times) < 2 {
		return times
	}
	step := times[1] - times[0]
	for i := 1; i < len(times); i++ {
		step = min(step, times[i]-times[i-1])
	}
	out := make([]int64, 0, len(times))
	for i, t := range times {
		if i > 0 && t-times[i-1] > step {
			out = append(out, times[i-1]+step)
		}
		out = append(out, t)
	}
	return out
}

// sample checks a value. NaN is unknown, such as the result of 0/0.
func (r *reader) sample(name string, v float64, at time.Time) float64 {
	shown := at.UTC().Format(time.RFC3339)
	switch {
	case math.Abs(v) > maxValue:
		r.errorf(model.InputValue, 0, "%s is %g at %s; use a query whose values are at most %g",
			model.Quote(name), v, shown, maxValue)
	case name == Requests && v < 0:
		r.errorf(model.InputValue, 0, "%q is %g at %s; use a query whose values are not negative", name, v, shown)
	}
	return v
}
