package load

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestShapes(t *testing.T) {
	for text, c := range map[string]struct {
		end  time.Duration
		rows int
		want map[time.Duration]float64
	}{
		"constant":                    {30 * time.Minute, 120, map[time.Duration]float64{0: 10, 29 * time.Minute: 10}},
		"constant:requests=7,end=90":  {90 * time.Second, 6, map[time.Duration]float64{0: 7, 75 * time.Second: 7}},
		"step":                        {40 * time.Minute, 160, map[time.Duration]float64{0: 10, 285 * time.Second: 10, 5 * time.Minute: 100, 25*time.Minute - resolution: 100, 25 * time.Minute: 10}},
		"step:at=1m7s,for=1m,end=3m,": {3 * time.Minute, 14, map[time.Duration]float64{time.Minute: 10, 67 * time.Second: 100, 2 * time.Minute: 100, 127 * time.Second: 10}},
		"step:for=1h,end=10m":         {10 * time.Minute, 40, map[time.Duration]float64{9 * time.Minute: 100}},
		"ramp: from=0, to=60, at=1m, for=1m, end=3m": {3 * time.Minute, 12, map[time.Duration]float64{
			time.Minute: 0, 75 * time.Second: 15, 90 * time.Second: 30, 2 * time.Minute: 60, 165 * time.Second: 60,
		}},
		"ramp:at=1m,for=0,end=3m":       {3 * time.Minute, 12, map[time.Duration]float64{45 * time.Second: 10, time.Minute: 100}},
		"ramp:from=60,to=0,at=0,for=1m": {16 * time.Minute, 64, map[time.Duration]float64{0: 60, 30 * time.Second: 30, time.Minute: 0}},
		"spike":                         {25 * time.Minute, 100, map[time.Duration]float64{0: 10, 5 * time.Minute: 200, 450 * time.Second: 105, 10 * time.Minute: 10}},
		"day":                           {day, 5760, map[time.Duration]float64{2 * time.Hour: 10, 8 * time.Hour: 55, 14 * time.Hour: 100, 20 * time.Hour: 55}},
		"day:days=2,peak=0,low=0":       {2 * day, 11520, map[time.Duration]float64{0: 100, 12 * time.Hour: 0, 36 * time.Hour: 0}},
	} {
		t.Run(text, func(t *testing.T) {
			l, err := Shape(text)
			if err != nil {
				t.Fatal(err)
			}
			sound(t, l)
			if l.End != c.end || len(l.Times) != c.rows || l.Name != text || !l.Start.IsZero() {
				t.Errorf("%s, %d rows, name %q", l.End, len(l.Times), l.Name)
			}
			for at, want := range c.want {
				if i, ok := slices.BinarySearch(l.Times, at); !ok || l.Get(Requests)[i] != want {
					t.Errorf("at %s: %v, want %g", at, l.Get(Requests)[min(i, len(l.Times)-1)], want)
				}
			}
		})
	}
}

func TestNoise(t *testing.T) {
	values := func(text string) []float64 {
		l, err := Shape(text)
		if err != nil {
			t.Fatal(err)
		}
		sound(t, l)
		return l.Get(Requests)
	}
	first := values("constant:requests=100,noise=10%,end=2m")
	// The same in every version of krm-fn and Go.
	if diff := cmp.Diff([]float64{101.965, 91.782, 104.307, 90.474, 104.031, 101.109, 106.212, 101.807}, first); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(first, values("constant:requests=100,noise=10%,seed=1,end=2m")); diff != "" {
		t.Errorf("seed 1 is the default:\n%s", diff)
	}
	if slices.Equal(first, values("constant:requests=100,noise=10%,seed=2,end=2m")) {
		t.Error("another seed makes the same noise")
	}
	sum := 0.0
	all := values("constant:requests=100,noise=10%,end=1d")
	for _, v := range all {
		if sum += v; v < 90 || v > 110 {
			t.Errorf("%g is not within 10 %%", v)
		}
	}
	if mean := sum / float64(len(all)); mean < 99.5 || mean > 100.5 {
		t.Errorf("the mean is %g", mean)
	}
}

func TestShapeErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                         `unknown shape ""; use a file, or constant, step, ramp, spike, or day`,
		"stp":                      `unknown shape "stp" (did you mean "step"?); use a file, or constant, step, ramp, spike, or day`,
		"step:fromm=1":             `step: unknown setting "fromm" (did you mean "from"?); use from, to, at, for, end, noise, or seed`,
		"constant:x=1":             `constant: unknown setting "x"; use requests, end, noise, or seed`,
		"step:from":                `step: from has no value; write from=VALUE`,
		"step:from=1,from=2":       `step: from is set twice; set it once`,
		"step:from=-1":             `step: from: "-1" is negative; use requests per second`,
		"step:from=many":           `step: from: "many" is not a number; write one such as 12.5`,
		"step:at=-1m":              `step: at: "-1m" is not a duration; write one such as 90s, 1h30m, or 1d`,
		"step:at=2000dd":           `step: at: "2000dd" is not a duration; write one such as 90s, 1h30m, or 1d`,
		"step:at=367d":             `step: at: "367d" is more than 366 days`,
		"step:at=1h,end=10m":       `step: at is not before the end; use an end after 1h0m0s`,
		"step:end=0":               `step: end: "0" is not above 0`,
		"constant:end=29d":         `constant: it lasts more than 28 days; use a shorter one`,
		"constant:noise=10":        `constant: noise: "10" is not a percentage from 0% to 100%`,
		"constant:noise=101%":      `constant: noise: "101%" is not a percentage from 0% to 100%`,
		"constant:noise=NaN%":      `constant: noise: "NaN%" is not a percentage from 0% to 100%`,
		"constant:seed=-1":         `constant: seed: "-1" is not a whole number`,
		"day:days=0":               `day: days: "0" is not above 0`,
		"day:days=1000000000":      `day: it lasts more than 28 days; use a shorter one`,
		"constant:requests=1e13":   `constant: requests: "1e13" is too large; use at most 1e+12`,
		"constant:requests=1,=2":   `constant: unknown setting ""; use requests, end, noise, or seed`,
		"constant:requests=":       `constant: requests: "" is not a number; write one such as 12.5`,
		"constant:end=9999999999w": `constant: end: "9999999999w" is not a duration; write one such as 90s, 1h30m, or 1d`,
	} {
		l, err := Shape(text)
		if l != nil || err == nil || err.Error() != want {
			t.Errorf("%q: %v\nwant %s", text, err, want)
		}
	}
}

func FuzzShape(f *testing.F) {
	for _, text := range []string{
		"step", "step:from=10,to=100,at=5m,for=20m,end=40m", "ramp:for=0", "spike:noise=100%,seed=9", "day:days=28", "constant:end=1e-300",
		"step:at=1ns,for=1ns", "step:=", "spike:for=0,at=0", "day:peak=366d", "constant:end=0.0000000001", "step:at=1w,for=1d,end=8d12h",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if l, err := Shape(text); err == nil {
			sound(t, l)
		}
	})
}
