package picture

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Stroke is how a series is drawn: its color and its dashes.
type Stroke int

// The strokes of series.
const (
	Primary Stroke = iota
	Secondary
	Tertiary
	Muted
)

func (s Stroke) class() string {
	return "s" + strconv.Itoa(1+min(max(int(s), int(Primary)), int(Muted)))
}

// Point is a value at a time since the begin of the chart. A value that is not a number is a gap.
type Point struct {
	At    time.Duration
	Value float64
}

// Series is a line of a panel.
type Series struct {
	Name string
	// Points are in the order of time.
	Points []Point
	// Step makes each value hold until the next, and the last one until the end.
	Step  bool
	Style Stroke
}

// known reports whether a value is a number.
func known(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// bounds returns the least and the greatest value up to the end; ok is false if there is none.
func (s *Series) bounds(end time.Duration) (low, high float64, ok bool) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, p := range s.Points {
		if known(p.Value) && p.At >= 0 && p.At <= end {
			low, high = min(low, p.Value), max(high, p.Value)
		}
	}
	return low, high, low <= high
}

// column is what a series does within a pixel.
type column struct {
	x float64
	// first and second are the least and the greatest value in the order of time, last the last one.
	first, second, last float64
	// gap reports whether the value was unknown before, and until is where it is unknown again; 0 if the next column follows.
	gap   bool
	until float64
}

// columns reduces a series to the least and the greatest value of each pixel, so that no peak is lost. Points that are farther
// apart keep their place. A gap that is shorter than a pixel is none.
func (s *Series) columns(x scale, end time.Duration) []column {
	dense := float64(len(s.Points)) > math.Abs(x.to-x.from)
	var out []column
	gap := true
	for _, p := range s.Points {
		if p.At < 0 || p.At > end {
			continue
		}
		at := x.at(float64(p.At))
		if dense {
			at = math.Round(at)
		}
		if !known(p.Value) {
			if !gap {
				out[len(out)-1].until = at
			}
			gap = true
			continue
		}
		if n := len(out); n == 0 || math.Abs(at-out[n-1].x) >= 0.1 {
			out = append(out, column{x: at, first: p.Value, second: p.Value, last: p.Value, gap: gap})
		} else {
			out[n-1].include(p.Value)
		}
		gap = false
	}
	if !gap {
		out[len(out)-1].until = x.to
	}
	return out
}

// include adds a later value.
func (c *column) include(v float64) {
	c.last, c.until = v, 0
	low, high := min(c.first, c.second), max(c.first, c.second)
	switch {
	case v > high:
		c.first, c.second = low, v
	case v < low:
		c.first, c.second = high, v
	}
}

// line returns the path of a series, and the height at which it ends.
func (s *Series) line(x, y scale, end time.Duration) (d string, last float64) {
	var b strings.Builder
	pen := ""
	to := func(v float64) {
		if h := num(y.at(v)); h != pen {
			b.WriteString("V" + h)
			pen = h
		}
	}
	columns := s.columns(x, end)
	for i, c := range columns {
		holds := s.Step && c.until > c.x
		h := num(y.at(c.first))
		switch {
		case c.gap:
			pen = h
			b.WriteString("M" + num(c.x) + " " + h)
			if c.first == c.second && !holds && (i == len(columns)-1 || columns[i+1].gap) {
				b.WriteString("m-3 0h6") // A value alone.
			}
		case s.Step:
			b.WriteString("H" + num(c.x))
			to(c.first)
		default:
			pen = h
			b.WriteString("L" + num(c.x) + " " + h)
		}
		to(c.second)
		if s.Step {
			to(c.last)
		}
		if holds {
			b.WriteString("H" + num(c.until))
		}
		last = y.at(c.last)
	}
	return b.String(), last
}
