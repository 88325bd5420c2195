package picture

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// scale maps values to pixels.
type scale struct {
	low, high float64
	// from is the pixel of low, to that of high.
	from, to float64
}

func (s scale) at(v float64) float64 {
	return s.from + float64((v-s.low)/(s.high-s.low)*(s.to-s.from)) // Not fused; see textWidth.
}

// niceScale widens a range to whole steps of 1, 2, or 5 times a power of ten, and returns the step. most limits how many
// steps there are, about.
func niceScale(low, high float64, most int) (scale, float64) {
	const least = 1e-300 // The logarithm of less is infinite.
	if high-low < least {
		high = low + 1
	}
	// So wide a range has no difference that is a number.
	low, high = max(low, -math.MaxFloat64/4), min(high, math.MaxFloat64/4)
	rough := (high - low) / float64(most)
	step := math.Pow(10, math.Floor(math.Log10(rough)))
	for _, factor := range []float64{1, 2, 5, 10} {
		if step*factor >= rough*0.999 {
			step *= factor
			break
		}
	}
	return scale{low: math.Floor(low/step+1e-9) * step, high: math.Ceil(high/step-1e-9) * step}, step
}

// number writes a value with three digits and an SI suffix if it is large.
func number(v float64) string {
	size := math.Abs(v)
	if size == 0 {
		return "0"
	}
	if size < 0.001 || size >= 1e15 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	suffix := ""
	for _, s := range []string{"k", "M", "G", "T"} {
		if size < 999.5 {
			break
		}
		size, v, suffix = size/1000, v/1000, s
	}
	decimals := max(0, 2-int(math.Floor(math.Log10(size))))
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s + suffix
}

const day = 24 * time.Hour

// timeSteps are the distances between ticks of a time axis. Beyond them, it is 1, 2, or 5 times a power of ten of days.
var timeSteps = [...]time.Duration{
	time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, day, 2 * day, 7 * day, 14 * day, 28 * day,
}

// timeStep returns the distance between ticks, so that no more than most follow the first.
func timeStep(end time.Duration, most int) time.Duration {
	for _, s := range timeSteps {
		if end/s <= time.Duration(most) {
			return s
		}
	}
	_, days := niceScale(0, end.Hours()/24, most)
	return time.Duration(days * float64(day))
}

// timeTick is a tick of a time axis, with a second line for the date if it is known and new.
type timeTick struct {
	at         time.Duration
	text, date string
}

// timeTicks returns the ticks of an axis that begins at a time or, if that is zero, shows how much time has passed.
func timeTicks(start time.Time, end time.Duration, most int) []timeTick {
	step := timeStep(end, most)
	var ticks []timeTick
	if start.IsZero() {
		for at := time.Duration(0); at <= end && at >= 0; at += step {
			ticks = append(ticks, timeTick{at: at, text: elapsed(at)})
		}
		return ticks
	}
	midnight := time.Date(start.Year(), start.Month(), start.Day(), 0, 0, 0, 0, start.Location())
	first := (start.Sub(midnight) + step - 1) / step * step
	date := ""
	for at := midnight.Add(first).Sub(start); at <= end && at >= 0; at += step {
		t := start.Add(at)
		tick := timeTick{at: at, text: t.Format("15:04")}
		switch {
		case step < time.Second:
			tick.text = t.Format("15:04:05.000")
		case step < time.Minute:
			tick.text = t.Format("15:04:05")
		}
		if d := t.Format("Jan 2"); step >= day {
			tick.text = d
		} else if d != date {
			tick.date, date = d, d
		}
		ticks = append(ticks, tick)
	}
	return ticks
}

// elapsed writes a duration with at most two units.
func elapsed(d time.Duration) string {
	if d < time.Second {
		return strings.Replace(d.String(), "0s", "0", 1)
	}
	var parts []string
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if n := d / u.unit; n > 0 && len(parts) < 2 {
			parts, d = append(parts, fmt.Sprintf("%d%s", n, u.name)), d%u.unit
		}
	}
	return strings.Join(parts, "")
}
