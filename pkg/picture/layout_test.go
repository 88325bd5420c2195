package picture

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1: "1", 0.25: "0.25", 0.0125: "0.0125", 12.345: "12.3", 999: "999", 999.7: "1k", 1500: "1.5k", 1000: "1k", 12_345: "12.3k",
		2e6: "2M", 5e9: "5G", -1500: "-1.5k", 1e15: "1e+15", 2e-5: "2e-05", 100: "100",
	} {
		if got := number(v); got != want {
			t.Errorf("number(%g) = %s, want %s", v, got, want)
		}
	}
}

func TestNumbersOfElements(t *testing.T) {
	for v, want := range map[float64]string{0: "0", -0.01: "0", 1.25: "1.3", -3: "-3", 1e9: "1000000000"} {
		if got := num(v); got != want {
			t.Errorf("num(%g) = %s, want %s", v, got, want)
		}
	}
}

func TestNiceScale(t *testing.T) {
	for _, tc := range []struct {
		low, high float64
		want      string
	}{
		{0, 0, "0 1 step 0.5"},
		{0, 1, "0 1 step 0.5"},
		{0, 3, "0 3 step 1"},
		{0, 10, "0 10 step 5"},
		{0, 1200, "0 1500 step 500"},
		{-3, 7, "-5 10 step 5"},
		{0, 0.07, "0 0.08 step 0.02"},
		{0, math.SmallestNonzeroFloat64, "0 1 step 0.5"},
	} {
		s, step := niceScale(tc.low, tc.high, 4)
		if got := fmt.Sprintf("%.6g %.6g step %.6g", s.low, s.high, step); got != tc.want {
			t.Errorf("niceScale(%g, %g) = %s, want %s", tc.low, tc.high, got, tc.want)
		}
	}
}

func TestTimeTicks(t *testing.T) {
	berlin := time.FixedZone("", 3600)
	for _, tc := range []struct {
		start time.Time
		end   time.Duration
		want  string
	}{
		{time.Time{}, 40 * time.Minute, "0, 10m, 20m, 30m, 40m"},
		{time.Time{}, 90 * time.Second, "0, 30s, 1m, 1m30s"},
		{time.Time{}, 5 * time.Millisecond, "0, 1ms, 2ms, 3ms, 4ms, 5ms"},
		{time.Time{}, 36 * time.Hour, "0, 12h, 1d, 1d12h"},
		{time.Time{}, 4000 * day, "0, 1000d, 2000d, 3000d, 4000d"},
		{time.Date(2026, 11, 2, 22, 50, 0, 0, berlin), 5 * time.Hour, "23:00 Nov 2, 00:00 Nov 3, 01:00, 02:00, 03:00"},
		{time.Date(2026, 11, 2, 9, 0, 59, 0, time.UTC), 20 * time.Second, "09:01:00 Nov 2, 09:01:05, 09:01:10, 09:01:15"},
		{time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), 200 * time.Millisecond, "09:00:00.000 Nov 2, 09:00:00.100, 09:00:00.200"},
		{time.Date(2026, 12, 30, 9, 0, 0, 0, time.UTC), 4 * day, "Dec 31, Jan 1, Jan 2, Jan 3"},
	} {
		var got []string
		for _, tick := range timeTicks(tc.start, tc.end, 5) {
			got = append(got, strings.TrimSpace(tick.text+" "+tick.date))
		}
		if diff := cmp.Diff(tc.want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%v %v: %s", tc.start, tc.end, diff)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, tc := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"one two three four", []string{"one two", "three four"}},
		{"a sum(rate(x{a=1,b=2}[1m]))", []string{"a sum(rate", "(x{a=1,", "b=2}[1m]))"}},
		{"one_two_three_four", []string{"one_two_", "three_four"}},
		{"abcdefghijklmnop", []string{"abcdefghij", "klmnop"}},
		{"日本語日本語 x", []string{"日本語日本", "語 x"}},
	} {
		if diff := cmp.Diff(tc.want, Wrap(tc.text, 10)); diff != "" {
			t.Errorf("%q: %s", tc.text, diff)
		}
	}
}

func TestCut(t *testing.T) {
	for text, want := range map[string]string{"": "", "abcd": "abcd", "abcdef": "ab…f", "日本語": "日…", "日本": "日本"} {
		if got := cut(text, 4); got != want {
			t.Errorf("cut(%s) = %s, want %s", text, got, want)
		}
	}
}

// line is what a series draws from 0 to 100 pixels, for values from 0 at the bottom to 10 at the top.
func line(s Series) string {
	d, _ := s.line(scale{high: 100, to: 100}, scale{high: 10, from: 10}, 100)
	return d
}

func TestLines(t *testing.T) {
	nan := math.NaN()
	dense := make([]Point, 0, 1000)
	for i := range 1000 {
		dense = append(dense, Point{time.Duration(i / 500), float64(i % 10)})
	}
	for name, tc := range map[string]struct {
		points []Point
		want   [2]string // as a line, and in steps
	}{
		"none":                  {nil, [2]string{"", ""}},
		"only unknown":          {[]Point{{0, nan}, {50, math.Inf(1)}}, [2]string{"", ""}},
		"one":                   {[]Point{{50, 5}}, [2]string{"M50 5m-3 0h6", "M50 5H100"}},
		"two":                   {[]Point{{0, 5}, {50, 6}}, [2]string{"M0 5L50 4", "M0 5H50V4H100"}},
		"a gap":                 {[]Point{{0, 5}, {20, nan}, {50, 6}}, [2]string{"M0 5m-3 0h6M50 4m-3 0h6", "M0 5H20M50 4H100"}},
		"unknown at the end":    {[]Point{{0, 5}, {20, nan}, {40, nan}}, [2]string{"M0 5m-3 0h6", "M0 5H20"}},
		"outside":               {[]Point{{-1, 1}, {0, 5}, {101, 9}}, [2]string{"M0 5m-3 0h6", "M0 5H100"}},
		"several in a pixel":    {dense, [2]string{"M0 10V1L1 10V1", "M0 10V1H1V10V1H100"}},
		"the order in a pixel":  {[]Point{{0, 5}, {0, 9}, {0, 1}, {0, 3}}, [2]string{"M0 1V9", "M0 1V9V7H100"}},
		"no gap within a pixel": {[]Point{{0, 5}, {0, nan}, {0, 6}}, [2]string{"M0 5V4", "M0 5V4H100"}},
	} {
		for i, step := range []bool{false, true} {
			if got := line(Series{Points: tc.points, Step: step}); got != tc.want[i] {
				t.Errorf("%s, step %v: %s, want %s", name, step, got, tc.want[i])
			}
		}
	}
}

// luminance is defined in https://www.w3.org/TR/WCAG22/#dfn-relative-luminance.
func luminance(t *testing.T, color string) float64 {
	t.Helper()
	color = strings.TrimPrefix(color, "#")
	if len(color) == 3 {
		color = string([]byte{color[0], color[0], color[1], color[1], color[2], color[2]})
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(color[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func TestTextsHaveContrast(t *testing.T) {
	light, dark, _ := strings.Cut(Style, "@media")
	dark, _, _ = strings.Cut(dark, "}}")
	for scheme, text := range map[string]string{"light": light, "dark": dark} {
		colors := map[string]float64{}
		for _, m := range regexp.MustCompile(`--([a-z0-9-]+):(#[0-9a-f]+)`).FindAllStringSubmatch(text, -1) {
			colors[m[1]] = luminance(t, m[2])
		}
		for _, pair := range [][2]string{
			{"fg", "bg"},
			{"soft", "bg"},
			{"fg", "box"},
			{"soft", "box"},
			{"fg", "bad-bg"},
			{"soft", "bad-bg"},
			{"bad", "bad-bg"},
			{"on-bad", "bad"},
			{"fg", "warn-bg"},
			{"soft", "warn-bg"},
			{"warn", "warn-bg"},
			{"warn", "bad-bg"},
			{"s1", "bg"},
			{"s2", "bg"},
			{"s3", "bg"},
			{"s4", "bg"},
		} {
			a, b := colors[pair[0]], colors[pair[1]]
			if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < 4.5 {
				t.Errorf("%s: %s on %s has a contrast of %.1f", scheme, pair[0], pair[1], ratio)
			}
		}
	}
}
