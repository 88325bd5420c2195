package promexpr

import (
	"fmt"
	"strings"
	"testing"
)

// draw writes a shape as an expression.
func (s Shape) draw() string {
	text := s.Series
	if s.Fn != "" {
		step := ""
		if s.Step > 0 {
			step = ":" + InWords(s.Step)
		}
		text = fmt.Sprintf("%s(%s[%s%s])", s.Fn, s.Series, InWords(s.Span), step)
	}
	for _, part := range []struct {
		is   bool
		text string
	}{
		{s.Offset != 0, fmt.Sprintf("offset %s", s.Offset)},
		{s.Factor != 1, fmt.Sprintf("* %g", s.Factor)},
		{s.Counter, "counter"},
		{s.PerPod, "of each pod"},
		{s.Sum, "of all pods"},
	} {
		if part.is {
			text += " " + part.text
		}
	}
	return text
}

func TestShapeOf(t *testing.T) {
	for text, want := range map[string]string{
		`a`:                         "a of each pod",
		`(a)`:                       "a of each pod",
		`a offset 5m`:               "a offset 5m0s of each pod",
		`sum(a)`:                    "a of all pods",
		`sum by (pod) (a)`:          "a of each pod",
		`sum by (x, instance) (a)`:  "a of each pod",
		`sum by (service) (a)`:      "a of all pods",
		`sum without (pod) (a)`:     "a of all pods",
		`sum without (x) (a)`:       "a of each pod",
		`avg(a)`:                    "a",
		`max by (service) (a)`:      "a",
		`max(sum by (pod) (a))`:     "a",
		`sum(max by (pod) (a))`:     "a of all pods",
		`max(sum(a))`:               "a of all pods",
		`sum(avg(a))`:               "a",
		`quantile(0.9, a)`:          "a",
		`topk(1, a)`:                "a",
		`rate(a[2m])`:               "rate(a[2m]) counter of each pod",
		`irate((a[2m]))`:            "irate(a[2m]) counter of each pod",
		`increase(a[2m] offset 1m)`: "increase(a[2m]) offset 1m0s counter of each pod",
		`sum(rate(a[2m])) * 60`:     "rate(a[2m]) * 60 counter of all pods",
		`60 * sum(rate(a[2m])) / 2`: "rate(a[2m]) * 30 counter of all pods",
		`-sum(rate(a[2m]))`:         "rate(a[2m]) * -1 counter of all pods",
		`+sum(a)`:                   "a of all pods",
		`sum(a) * (60 * 60 - 600 + -(1) + 1) / vector(2 / 2)`: "a * 3000 of all pods",
		`sum(a * 0.5)`:                          "a * 0.5 of all pods",
		`sum(a) + 0`:                            "a of all pods",
		`0 + sum(a) - 0`:                        "a of all pods",
		`sum(a) > 0`:                            "a of all pods",
		`sum(a) or vector(0)`:                   "a of all pods",
		`sum(a) or (sum(b) == 0)`:               "a of all pods",
		`sum(a) or on() vector(0)`:              "a of all pods",
		`avg_over_time(a[5m])`:                  "avg_over_time(a[5m]) of each pod",
		`max_over_time(a[5m:15s])`:              "max_over_time(a[5m:15s]) of each pod",
		`rate(sum(a)[5m:30s] offset 1m)`:        "rate(a[5m:30s]) offset 1m0s counter of all pods",
		`clamp_min(ceil(sum(rate(a[1m]))), 1)`:  "rate(a[1m]) counter of all pods",
		`vector(scalar(sum(a)))`:                "a of all pods",
		`label_replace(a, "x", "$1", "y", "z")`: "a of each pod",
		`sum(rate(a{x!="y"}[1m])) by (pod) or sum(rate(b[1m])) by (pod)`: "rate(a[1m]) counter of each pod",

		`{x="y"}`:                            "the query does not name its series",
		`{__name__=~"a|b"}`:                  "the query does not name its series",
		`a @ 100`:                            "the query reads a fixed time",
		`rate(a[5m] @ end())`:                "the query reads a fixed time",
		`max_over_time(a[5m:15s] @ 100)`:     "the query reads a fixed time",
		`5`:                                  "the query is a constant",
		`vector(5) * 3`:                      "the query is a constant",
		`"text"`:                             "the query is a string",
		`a[5m]`:                              "the query is a range vector",
		`hour()`:                             "the query uses hour",
		`absent(a)`:                          "the query uses absent",
		`clamp_max(a, 5)`:                    "the query uses clamp_max",
		`quantile_over_time(0.9, a[5m])`:     "the query uses quantile_over_time",
		`histogram_quantile(0.9, a)`:         "the query uses histogram_quantile",
		`count(a)`:                           "the query uses count",
		`sum(count(a))`:                      "the query uses count",
		`rate(a[step()])`:                    "the range of rate is not a constant",
		`max_over_time(rate(a[2m])[5m:15s])`: "the query takes max_over_time of rate",
		`max_over_time(a[5m:])`:              "the query has a subquery without a step",
		`max_over_time(hour()[5m:])`:         "the query uses hour",
		`sum(a) / sum(b)`:                    "the query joins two series by /",
		`sum(a) * on(x) group_left b`:        "the query joins two series by *",
		`sum(a) and b`:                       "the query joins two series by and",
		`sum(a) + 5`:                         "the query has + with a constant",
		`5 + sum(a)`:                         "the query has + with a constant",
		`sum(a) > 5`:                         "the query has > with a constant",
		`sum(a) > bool 0`:                    "the query has > with a constant",
		`5 - sum(a)`:                         "the query has a constant before -",
		`1 / sum(a)`:                         "the query has a constant before /",
		`sum(a) / 0`:                         "the query multiplies its series by +Inf",
		`sum(a) * 0`:                         "the query multiplies its series by 0",
		`sum(a) / (0 / 0)`:                   "the query multiplies its series by NaN",
		`sum(a) * (2 ^ 9999)`:                "the query multiplies its series by +Inf",
		`sum(a) * (1 % 2)`:                   "the query uses %",
		`hour() * 2`:                         "the query uses hour",
		`count(a) + 5`:                       "the query uses count",
		`a or sum(b)`:                        "the two sides of or differ",
		`rate(a[1m]) or rate(b[2m])`:         "the two sides of or differ",
		`hour() or a`:                        "the query uses hour",
		`a or hour()`:                        "the query uses hour",
	} {
		e := Parse(text)
		if e == nil {
			t.Errorf("%s: Prometheus rejects it", text)
			continue
		}
		s, reason := ShapeOf(e)
		got := reason
		if reason == "" {
			got = s.draw()
		} else if s != (Shape{}) {
			t.Errorf("%s: has a shape, %v, and a reason", text, s)
		}
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", text, got, want)
		}
		for _, w := range Windows(e) {
			if reason == "" && (w.Fn != s.Fn || w.Span != s.Span || w.Step != s.Step) && !strings.Contains(text, " or ") {
				t.Errorf("%s: the window is %v", text, w)
			}
		}
	}
}
