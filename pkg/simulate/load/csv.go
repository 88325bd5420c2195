package load

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// timeColumn is the name of the first column.
const timeColumn = "time"

// readCSV reads a table: a header, and a row for each time.
func (r *reader) readCSV(text []byte) {
	table := csv.NewReader(bytes.NewReader(text))
	table.Comment, table.FieldsPerRecord, table.TrimLeadingSpace, table.ReuseRecord = '#', -1, true, true
	line := 0
	for {
		record, err := table.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if r.full(line) {
			return
		}
		if err != nil {
			line = csvError(r, err)
			continue
		}
		line, _ = table.FieldPos(0)
		for i := range record {
			record[i] = strings.TrimSpace(record[i])
		}
		switch {
		case r.series != nil:
			r.row(record, line)
		case !r.header(record, line):
			return
		}
		if len(r.times) > maxRows || len(r.times)*len(r.series) > maxCells {
			r.errorf(model.InputLimit, line, "has more than %d rows or %d values; use fewer rows", maxRows, maxCells)
			return
		}
	}
	r.finish(line)
}

// csvError reports an error of the reader, and returns its line.
func csvError(r *reader, err error) int {
	line := 0
	if at, ok := errors.AsType[*csv.ParseError](err); ok {
		line, err = at.Line, at.Err
	}
	r.errorf(model.InputSyntax, line, "is not CSV: %v", err)
	return line
}

// header reads the names of the columns. A first record of two values stands for itself. It reports whether rows can follow.
func (r *reader) header(record []string, line int) bool {
	if len(record) == 1 && strings.ContainsAny(record[0], ";\t|") {
		r.errorf(model.InputSyntax, line, "separates its columns with another character than a comma; use commas, and points in numbers")
		return false
	}
	if _, _, err := parseTime(record[0]); err == nil {
		if len(record) != 2 {
			r.errorf(model.InputSyntax, line, "has no header; begin it with a line such as time,requests")
			return false
		}
		r.series = []Series{{Name: Requests}}
		r.row(record, line)
		return true
	}
	names := slices.Clone(record[1:])
	switch {
	case !strings.EqualFold(record[0], timeColumn):
		r.errorf(model.InputField, line,
			"begins with %s, which is not a column %q, a time, or JSON; begin it with a line such as time,requests",
			model.Quote(record[0]), timeColumn)
	case len(names) == 0:
		r.errorf(model.InputRequired, line, "has only a column %q; add a column %q", timeColumn, Requests)
	case len(names) > maxSeries:
		r.errorf(model.InputLimit, line, "has %d columns; use at most %d", len(record), maxSeries+1)
	}
	for i, name := range names {
		if name == "" {
			r.errorf(model.InputRequired, line, "column %d has no name; name it after a metric, or %q", i+2, Requests)
		} else if slices.Contains(names[:i], name) {
			r.errorf(model.InputDuplicate, line, "two columns are named %s; remove one of them", model.Quote(name))
		}
		r.series = append(r.series, Series{Name: name})
	}
	return !r.ps.HasErrors()
}

// row reads a time and its values.
func (r *reader) row(record []string, line int) {
	if len(record) != len(r.series)+1 {
		r.errorf(model.InputSyntax, line, "has %d fields; the header has %d", len(record), len(r.series)+1)
		return
	}
	at, clock, err := parseTime(record[0])
	switch {
	case err != nil:
		r.errorf(model.InputValue, line, "%v", err)
		return
	case len(r.times) == 0:
		if r.clock = clock; !clock && !at.Equal(origin) && !r.ps.HasErrors() {
			r.errorf(model.InputValue, line, "the first row is at %s; begin with a row at 0", record[0])
		}
	case clock != r.clock:
		r.errorf(model.InputValue, line,
			"%s and the time of the first row are not of one kind; use a date, or the time since the start, in all rows",
			model.Quote(record[0]))
		return
	}
	if !r.addTime(at, record[0], line) {
		return
	}
	for i, text := range record[1:] {
		v := math.NaN()
		if text != "" {
			v = r.parse(r.series[i].Name, text, line)
		}
		r.add(i, v, line)
	}
}

// origin is the start of times that are offsets.
var origin = time.Unix(0, 0)

// Numbers that are times begin in the year 2001. Those of milliseconds, as Grafana writes them, do so with three more digits.
const (
	firstUnix   = 1e9
	firstMillis = 1e12
	lastMillis  = 1e13
)

// parseTime reads a date, a Unix time in seconds or milliseconds, or an offset. For an offset, clock is false, and at since origin.
func parseTime(text string) (at time.Time, clock bool, err error) {
	if n, err := decimal(text); err == nil {
		switch {
		case !(n >= 0 && n < lastMillis):
			return at, false, fmt.Errorf("time %s is out of range; use Unix seconds, or seconds since the start", model.Quote(text))
		case n >= firstMillis:
			return time.UnixMilli(int64(n)), true, nil
		}
		return unix(n), n >= firstUnix, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateTime} {
		if at, err = time.Parse(layout, text); err == nil {
			return at, true, nil
		}
	}
	d, err := parseDuration(text)
	if err != nil {
		err = fmt.Errorf("time %s is not a date such as 2026-03-01T09:00:00Z, Unix seconds, or an offset such as 90s", model.Quote(text))
	}
	return origin.Add(d), false, err
}

// unix returns a time in seconds, exact to the millisecond, as Prometheus keeps it.
func unix(seconds float64) time.Time { return time.UnixMilli(int64(math.Round(seconds * 1000))) }

// decimal reads a number in decimal notation. Go reads more.
func decimal(text string) (float64, error) {
	if strings.ContainsAny(text, "xX_") {
		return 0, strconv.ErrSyntax
	}
	v, err := strconv.ParseFloat(text, 64)
	if errors.Is(err, strconv.ErrRange) {
		err = nil // It is too large, and so its user says.
	}
	return v, err
}
