package promexpr

import (
	"fmt"
	"testing"
)

func TestCountOf(t *testing.T) {
	for text, want := range map[string]string{
		`a`:                          "many",
		`a{x="1"}`:                   "many",
		`rate(a[5m])`:                "many",
		`sum(a)`:                     "one",
		`-(sum(a))`:                  "one",
		`max_over_time(sum(a)[5m:])`: "one",
		`sum(a) / 2`:                 "one",
		`2 * sum(a)`:                 "one",
		`sum by (x) (a)`:             "by [x]",
		`sum by (x) (a{x="1"})`:      "one",
		`sum by (x) (a{x=~"1|2"})`:   "by [x]",
		`sum by (x) (a{x="1"} + b)`:  "by [x]",
		`sum by (x) (label_replace(a{x="1"}, "x", "$1", "y", "(.*)"))`: "by [x]",
		`sum by (x) (count_values("x", a{x="1"}))`:                     "by [x]",
		`sum without (x) (a)`:                                          "many",
		`count_values("x", a)`:                                         "many",
		`topk(1, a)`:                                                   "one",
		`topk(1, a) by (x)`:                                            "many",
		`topk(3, sum(a))`:                                              "one",
		`vector(1)`:                                                    "one",
		`absent(a)`:                                                    "one",
		`hour()`:                                                       "one",
		`abs(sum(a))`:                                                  "one",
		`scalar(sum(a)) * b`:                                           "many",
		`label_join(sum(a), "x", "-", "y")`:                            "one",
		`histogram_quantile(0.9, sum by (le) (rate(a_bucket[5m])))`:    "one",
		`histogram_quantile(0.9, sum by (le, x) (rate(a_bucket[5m])))`: "by [x]",
		`sum(a) / sum(b)`:                                "one",
		`a / sum(b)`:                                     "one",
		`sum by (x) (a) / sum by (x) (b)`:                "by [x]",
		`a * on (x) group_left sum(b)`:                   "many",
		`sum(a) * on () group_right b`:                   "many",
		`a / b`:                                          "many",
		`sum(a) and b`:                                   "one",
		`sum(a) unless b`:                                "one",
		`sum(a) > 1`:                                     "one",
		`sum(a) or vector(0)`:                            "one",
		`sum by (x) (a{x="1"}) or vector(0)`:             "clash",
		`sum by (x) (a{x="1"}) or on() vector(0)`:        "one",
		`vector(0) or sum by (x) (a{x="1"})`:             "clash",
		`sum by (x) (a) or vector(0)`:                    "by [x]",
		`a or b`:                                         "many",
		`sum by (x) (a{x="1"}) or sum by (y) (b{y="1"})`: "many",
	} {
		e, err := Parser.ParseExpr(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		c := CountOf(e)
		got := "many"
		switch {
		case c.One:
			got = "one"
		case c.Clash:
			got = "clash"
		case len(c.By) > 0:
			got = fmt.Sprintf("by %v", c.By)
		}
		if got != want {
			t.Errorf("the result of %s has %s, want %s", text, got, want)
		}
	}
}

func TestMean(t *testing.T) {
	for text, want := range map[string]string{
		`sum(a)`: "", `avg(a)`: "avg", `quantile(0.5, a)`: "quantile", `ceil(avg(a))`: "avg", `rate(a[5m])`: "", `avg(a) or vector(0)`: "avg",
		`avg(a) * 2`: "avg", `2 * avg(a)`: "avg", `sum(a) / count(b)`: "a ratio", `100 * (sum(a) / sum(b))`: "a ratio", `sum(a) / 5`: "",
		`sum(a) / max(b)`: "", `histogram_quantile(0.9, a)`: "histogram_quantile", `sum(a) + sum(b)`: "",
	} {
		if got := Mean(Parse(text)); got != want {
			t.Errorf("%s averages by %q, want %q", text, got, want)
		}
	}
}

func TestPositive(t *testing.T) {
	for text, want := range map[string]bool{
		`sum(a)`: false, `sum(a) or vector(0)`: false, `sum(a) or vector(1)`: true, `vector(scalar(a))`: true, `vector(-1)`: false,
	} {
		if got := Positive(Parse(text)); got != want {
			t.Errorf("Positive(%s) = %t, want %t", text, got, want)
		}
	}
}
