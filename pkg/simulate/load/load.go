package load

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Requests is the name of the series that is the load itself, in requests per second.
const Requests = "requests"

// Load is what arrives over time. Each row holds until the next one, the last until End.
type Load struct {
	// Name is for people: the file or the shape.
	Name string
	// Start is the time of the first row. It is zero if only the time since the start is known.
	Start time.Time
	// Times are those of the rows since the start, strictly ascending. The first is 0.
	Times []time.Duration
	// Series has at least one.
	Series []Series
	End    time.Duration
}

// Series is the load itself, with the name Requests, or a metric by its name.
type Series struct {
	Name string
	// Values has one for each row. They are finite. Those of Requests are neither negative nor unknown; others are NaN where
	// unknown.
	Values []float64
}

// Get returns the values of a series, or nil if there is none.
func (l *Load) Get(name string) []float64 {
	for _, s := range l.Series {
		if s.Name == name {
			return s.Values
		}
	}
	return nil
}

// MaxSize is the size of the largest file that Read reads.
const MaxSize = 64 << 20

// The other limits of a load. Real ones are far below.
const (
	maxRows   = 1_000_000
	maxSeries = 100
	// maxCells limits the values of all series together.
	maxCells  = 4_000_000
	maxLength = 366 * day
	maxValue  = 1e12
	// maxProblems is the number of problems after which the rest of a file is not read.
	maxProblems = 100
	day         = 24 * time.Hour
)

// Read reads a load from CSV or JSON. The content decides which it is. There is no load if one of the problems is an error.
func Read(file string, text []byte) (*Load, model.Problems) {
	r := &reader{file: file}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	start := bytes.TrimLeft(text, " \t\r\n")
	switch {
	case len(text) > MaxSize:
		r.errorf(model.InputLimit, 0, "has %d MiB; at most %d are read", len(text)>>20, MaxSize>>20)
	case !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0:
		r.errorf(model.InputEncoding, 0, "is not UTF-8 text; save it as UTF-8")
	case len(start) == 0:
		r.errorf(model.InputSyntax, 0, "is empty; write a line time,requests, and a row for each change")
	case start[0] == '{' || start[0] == '[':
		r.readPrometheus(text)
	default:
		r.readCSV(text)
	}
	if r.ps.HasErrors() {
		return nil, r.ps
	}
	return r.load(), r.ps
}

// reader collects the rows of a file.
type reader struct {
	file   string
	ps     model.Problems
	start  time.Time // the first row
	clock  bool      // whether start is a time, not only the origin of times since the start
	times  []time.Duration
	series []Series
	// held is the number of rows without a value of Requests, for which the last one holds. heldFirst is the line of the first.
	held, heldFirst int
}

func (r *reader) errorf(id model.ID, line int, format string, args ...any) {
	r.ps.Errorf(id, model.Place{File: r.file}.At(line), format, args...)
}

// full reports that there are too many problems to go on. It says so once.
func (r *reader) full(line int) bool {
	if len(r.ps) < maxProblems {
		return false
	}
	r.errorf(model.InputLimit, line, "has too many problems, so the rest is not read; fix these first")
	return true
}

// addTime adds the time of a row. It reports whether the row counts.
func (r *reader) addTime(at time.Time, shown string, line int) bool {
	if len(r.times) == 0 {
		r.start = at
	}
	t := at.Sub(r.start)
	last := time.Duration(-1)
	if len(r.times) > 0 {
		last = r.times[len(r.times)-1]
	}
	switch {
	case t == last:
		r.errorf(model.InputDuplicate, line, "time %s is that of the row before; write one row for each time", shown)
	case t < last:
		r.errorf(model.InputValue, line, "time %s is before that of the row before; sort the rows by time", shown)
	case t > maxLength:
		r.errorf(model.InputValue, line, "time %s is more than %d days after the first row; use a shorter load", shown, maxLength/day)
	default:
		r.times = append(r.times, t)
		return true
	}
	return false
}

// parse reads a number of a series. It returns NaN for one that is unknown.
func (r *reader) parse(name, text string, line int) (v float64) {
	v, err := parseNumber(text)
	switch {
	case err != nil:
		r.errorf(model.InputValue, line, "%s: %v", model.Quote(name), err)
	case name == Requests && v < 0:
		r.errorf(model.InputValue, line, "%q: %s is negative; use a number of requests per second", name, text)
	}
	return v
}

// parseNumber reads a finite number.
func parseNumber(text string) (float64, error) {
	v, err := decimal(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%s is not a number; write one such as 12.5", model.Quote(text))
	case math.IsNaN(v):
		return 0, fmt.Errorf("%s is not a value; leave it out where it is unknown", model.Quote(text))
	case math.Abs(v) > maxValue:
		return 0, fmt.Errorf("%s is too large; use at most %g", model.Quote(text), maxValue)
	}
	return v, nil
}

// add adds a value of a series to the last row. If the load itself is unknown, the last value holds.
func (r *reader) add(i int, v float64, line int) {
	s := &r.series[i]
	if s.Name == Requests && math.IsNaN(v) {
		if len(s.Values) == 0 {
			r.errorf(model.InputRequired, line, "the first row has no value of %q; add it, or remove the row", Requests)
			v = 0
		} else {
			v = s.Values[len(s.Values)-1]
		}
		if r.held == 0 {
			r.heldFirst = line
		}
		r.held++
	}
	s.Values = append(s.Values, v)
}

// load returns what was read.
func (r *reader) load() *Load {
	l := &Load{Name: r.file, Times: r.times, Series: r.series}
	if r.clock {
		l.Start = r.start.UTC()
	}
	if r.held > 0 {
		r.ps.Warnf(model.InputValue, model.Place{File: r.file}.At(r.heldFirst),
			"%q has no value at %d times, so the last one holds there", Requests, r.held)
	}
	l.End = l.Times[len(l.Times)-1] + shortest(l.Times)
	if r.series != nil && l.Get(Requests) == nil {
		r.suggestRequests()
	}
	return l
}

// suggestRequests warns about a series whose name is nearly that of the load itself.
func (r *reader) suggestRequests() {
	for _, s := range r.series {
		if krm.Suggest(s.Name, []string{Requests}) != "" {
			r.ps.Warnf(model.InputField, model.Place{File: r.file},
				"%s is read as a metric of that name; did you mean %q?", model.Quote(s.Name), Requests)
		}
	}
}

// finish reports loads that are too short.
func (r *reader) finish(line int) {
	if len(r.times) < 2 && !r.ps.HasErrors() {
		r.errorf(model.InputRequired, line, "has %s; add rows, at least one at the start and one later",
			[]string{"no rows", "one row only"}[len(r.times)])
	}
}

// shortest returns the shortest distance between two neighbors.
func shortest(times []time.Duration) time.Duration {
	least := times[1] - times[0]
	for i := 2; i < len(times); i++ {
		least = min(least, times[i]-times[i-1])
	}
	return least
}

// parseDuration reads a duration, also one with days or weeks in front, such as 1d12h.
func parseDuration(text string) (time.Duration, error) {
	var sum time.Duration
	rest := text
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"w", 7 * day}, {"d", day}} {
		number, after, ok := strings.Cut(rest, unit.name)
		if !ok {
			continue
		}
		n, err := decimal(number)
		if err != nil || n < 0 || n > 1000 {
			return 0, badDuration(text)
		}
		sum += time.Duration(n * float64(unit.size))
		if rest = after; rest == "" {
			return sum, nil
		}
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 {
		return 0, badDuration(text)
	}
	return sum + d, nil
}

func badDuration(text string) error {
	return fmt.Errorf("%s is not a duration; write one such as 90s, 1h30m, or 1d", model.Quote(text))
}
