package load

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// resolution is the longest distance between two rows of a shape: how often the autoscaler looks.
const resolution = 15 * time.Second

// maxShape is the longest shape, in days.
const maxShape = 28

// shape is a row for each kind of shape.
type shape struct {
	name string
	// keys are its settings with their defaults, in the order of the documentation. Those of noise are the same for all.
	keys []setting
	// at returns the requests at a time, end the default end, and turns the times at which the line bends.
	at    func(s settings, t time.Duration) float64
	end   func(s settings) time.Duration
	turns func(s settings) []time.Duration
}

type setting struct {
	key, value string
	kind       *kind
}

// kind is what a setting can be. Everything becomes a number; a duration its seconds.
type kind struct {
	parse func(text string) (float64, error)
}

var (
	number   = &kind{parseRequests}
	duration = &kind{parseSeconds}
	percent  = &kind{parsePercent}
	whole    = &kind{parseWhole}
)

// settings are those of a shape, by key.
type settings map[string]float64

func (s settings) time(key string) time.Duration { return seconds(s[key]) }

func seconds(n float64) time.Duration {
	return time.Duration(math.Round(min(n, maxLength.Seconds()) * float64(time.Second)))
}

// afterwards is how long a shape goes on by default after its load has changed back, so that the scale-down shows.
const afterwards = 15 * time.Minute

// event are the settings of shapes in which something begins at a time and lasts.
func event(low, high, from, to, span string) []setting {
	return []setting{
		{low, from, number}, {high, to, number}, {"at", "5m", duration}, {"for", span, duration}, {"end", "", duration},
	}
}

func afterEvent(s settings) time.Duration { return s.time("at") + s.time("for") + afterwards }

func eventTurns(s settings) []time.Duration {
	return []time.Duration{s.time("at"), s.time("at") + s.time("for")}
}

// shapes returns all kinds, in the order of the documentation.
func shapes() []shape {
	return []shape{
		{
			"constant",
			[]setting{{"requests", "10", number}, {"end", "", duration}},
			func(s settings, _ time.Duration) float64 { return s["requests"] },
			func(settings) time.Duration { return 2 * afterwards },
			func(settings) []time.Duration { return nil },
		},
		{"step", event("from", "to", "10", "100", "20m"), stepAt, afterEvent, eventTurns},
		{"ramp", event("from", "to", "10", "100", "20m"), rampAt, afterEvent, eventTurns},
		{"spike", event("base", "peak", "10", "200", "5m"), spikeAt, afterEvent, eventTurns},
		{
			"day",
			[]setting{{"low", "10", number}, {"high", "100", number}, {"peak", "14h", duration}, {"days", "1", whole}},
			dayAt,
			func(s settings) time.Duration { return time.Duration(min(s["days"], maxShape+1)) * day },
			func(settings) []time.Duration { return nil },
		},
	}
}

// stepAt jumps, and jumps back.
func stepAt(s settings, t time.Duration) float64 {
	if t >= s.time("at") && t < s.time("at")+s.time("for") {
		return s["to"]
	}
	return s["from"]
}

// rampAt changes steadily, and stays.
func rampAt(s settings, t time.Duration) float64 {
	done := 1.0
	if s["for"] > 0 {
		done = min(1, max(0, t.Seconds()-s["at"])/s["for"])
	} else if t < s.time("at") {
		done = 0
	}
	return s["from"] + (s["to"]-s["from"])*done
}

// spikeAt jumps, and falls back steadily.
func spikeAt(s settings, t time.Duration) float64 {
	since := t.Seconds() - s["at"]
	if since < 0 || since >= s["for"] {
		return s["base"]
	}
	return s["peak"] + (s["base"]-s["peak"])*since/s["for"]
}

// dayAt is a wave, from midnight.
func dayAt(s settings, t time.Duration) float64 {
	angle := 2 * math.Pi * (t.Seconds() - s["peak"]) / day.Seconds()
	return s["low"] + (s["high"]-s["low"])*(1+math.Cos(angle))/2
}

// noise are the settings of every shape.
func noise() []setting { return []setting{{"noise", "0%", percent}, {"seed", "1", whole}} }

// Shapes returns the names of the shapes.
func Shapes() []string {
	var out []string
	for _, sh := range shapes() {
		out = append(out, sh.name)
	}
	return out
}

// Shape makes a load of a description such as step:from=10,to=100,at=5m,for=20m,end=40m. Settings that are left out have defaults.
func Shape(text string) (*Load, error) {
	name, rest, _ := strings.Cut(text, ":")
	all := shapes()
	i := slices.IndexFunc(all, func(s shape) bool { return s.name == name })
	if i < 0 {
		var names []string
		for _, s := range all {
			names = append(names, s.name)
		}
		return nil, fmt.Errorf("unknown shape %s%s; use a file, or %s", model.Quote(name), question(name, names), model.Join(names, "or"))
	}
	sh := all[i]
	sh.keys = append(sh.keys, noise()...)
	s, err := sh.parse(rest)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	end := cmp.Or(s.time("end"), sh.end(s))
	switch {
	case end > maxShape*day:
		return nil, fmt.Errorf("%s: it lasts more than %d days; use a shorter one", name, maxShape)
	case s.time("at") >= end:
		return nil, fmt.Errorf("%s: at is not before the end; use an end after %s", name, s.time("at"))
	}
	return sh.load(text, s, end), nil
}

// question returns ` (did you mean "x"?)`, or "".
func question(name string, known []string) string {
	if s := krm.Suggest(name, known); s != "" {
		return fmt.Sprintf(" (did you mean %q?)", s)
	}
	return ""
}

// parse reads the settings of a shape, such as from=10,to=100.
func (sh shape) parse(text string) (settings, error) {
	s := settings{}
	var known []string
	for _, k := range sh.keys {
		known = append(known, k.key)
	}
	for part := range strings.SplitSeq(text, ",") {
		key, value, assigned := strings.Cut(strings.TrimSpace(part), "=")
		i := slices.Index(known, key)
		switch _, twice := s[key]; {
		case key == "" && !assigned:
			continue
		case i < 0:
			return nil, fmt.Errorf("unknown setting %s%s; use %s", model.Quote(key), question(key, known), model.Join(known, "or"))
		case !assigned:
			return nil, fmt.Errorf("%s has no value; write %s=VALUE", key, key)
		case twice:
			return nil, fmt.Errorf("%s is set twice; set it once", key)
		}
		v, err := sh.keys[i].kind.parse(value)
		if err == nil && seconds(v) <= 0 && (key == "end" || key == "days") {
			err = fmt.Errorf("%s is not above 0", model.Quote(value))
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		s[key] = v
	}
	for _, k := range sh.keys {
		if _, set := s[k.key]; !set && k.value != "" {
			s[k.key], _ = k.kind.parse(k.value) // The defaults are sound.
		}
	}
	return s, nil
}

// load makes the rows: one every 15 seconds, and one wherever the line bends.
func (sh shape) load(text string, s settings, end time.Duration) *Load {
	l := &Load{Name: text, End: end}
	for t := time.Duration(0); t < end; t += resolution {
		l.Times = append(l.Times, t)
	}
	for _, t := range sh.turns(s) {
		if t < end {
			l.Times = append(l.Times, t)
		}
	}
	slices.Sort(l.Times)
	l.Times = slices.Compact(l.Times)
	values := make([]float64, len(l.Times))
	random := rand.NewPCG(uint64(s["seed"]), 0)
	for i, t := range l.Times {
		unit := float64(random.Uint64()>>11) / (1 << 53) // below 1
		v := sh.at(s, t) * (1 + s["noise"]*(2*unit-1))
		values[i] = max(0, math.Round(v*1000)/1000) // The same on every processor.
	}
	l.Series = []Series{{Requests, values}}
	return l
}

func parseRequests(text string) (float64, error) {
	v, err := parseNumber(text)
	if err == nil && v < 0 {
		err = fmt.Errorf("%s is negative; use requests per second", model.Quote(text))
	}
	return v, err
}

// parseSeconds reads a duration, or a number of seconds.
func parseSeconds(text string) (float64, error) {
	if v, err := decimal(text); err == nil && v >= 0 && v <= maxLength.Seconds() {
		return v, nil
	}
	d, err := parseDuration(text)
	if err == nil && d > maxLength {
		err = fmt.Errorf("%s is more than %d days", model.Quote(text), maxLength/day)
	}
	return d.Seconds(), err
}

func parsePercent(text string) (float64, error) {
	n, ok := strings.CutSuffix(text, "%")
	v, err := decimal(n)
	if !ok || err != nil || !(v >= 0 && v <= 100) {
		return 0, fmt.Errorf("%s is not a percentage from 0%% to 100%%", model.Quote(text))
	}
	return v / 100, nil
}

func parseWhole(text string) (float64, error) {
	v, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("%s is not a whole number", model.Quote(text))
	}
	return float64(v), nil
}
