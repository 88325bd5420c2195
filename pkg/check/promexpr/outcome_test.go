package promexpr

import (
	"slices"
	"testing"
	"time"
)

func TestFateOf(t *testing.T) {
	for text, want := range map[string]Outcome{
		`a`:                               Kept,
		`(a)`:                             Kept,
		`-a`:                              Kept,
		`rate(a[5m])`:                     Kept,
		`max_over_time(rate(a[1m])[5m:])`: Kept,
		`sum(a)`:                          Lost,
		`sum(a) by (pod)`:                 Kept,
		`sum(a) by (namespace)`:           Lost,
		`sum(a) without (pod)`:            Lost,
		`sum(a) without (code)`:           Kept,
		`sum(sum(a)) by (pod)`:            Lost,
		`topk(3, a)`:                      Kept,
		`count_values("pod", a)`:          Lost,
		`label_replace(sum(a), "pod", "$1", "x", "(.*)")`:        Kept,
		`label_replace(sum(a), "other", "$1", "x", "(.*)")`:      Lost,
		`label_join(a, "other", "-", "x")`:                       Kept,
		`absent(a)`:                                              Lost,
		`vector(1)`:                                              Lost,
		`histogram_quantile(0.9, sum(rate(a[5m])) by (le, pod))`: Kept,
		`1`:                                 Lost,
		`a / 2`:                             Kept,
		`2 * sum(a)`:                        Lost,
		`1 + 1`:                             Lost,
		`a / b`:                             Kept,
		`a / sum(b)`:                        Empty,
		`sum(a) / sum(b)`:                   Lost,
		`sum(a) by (pod) / sum(b) by (pod)`: Kept,
		`sum(a) by (pod) / sum(b) + a`:      Empty,
		`a / on(pod) b`:                     Kept,
		`a / on(namespace) b`:               Lost,
		`a / ignoring(pod) b`:               Lost,
		`a / ignoring(code) b`:              Kept,
		`a / on() group_left() sum(b)`:      Kept,
		`sum(a) / on() group_right() b`:     Kept,
		`a * on(x) group_left(pod) sum(b) by (x)`: Lost,
		`(a / sum(b)) * on(x) a`:                  Empty,
		`a * on(x) (a / sum(b))`:                  Empty,
		`a and sum(b) by (x)`:                     Empty,
		`a and on(x) b`:                           Kept,
		`a unless sum(b)`:                         Kept,
		`a or vector(0)`:                          Kept,
		`sum(a) or vector(0)`:                     Lost,
		`a / sum(b) or a`:                         Kept,
		`a / sum(b) or sum(a)`:                    Lost,
		`(a / sum(b)) or (a / sum(b))`:            Empty,
	} {
		e, err := Parser.ParseExpr(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := OutcomeOf(e, "pod"); got != want {
			t.Errorf("the label pod in %s has fate %d, want %d", text, got, want)
		}
	}
}

func TestWindows(t *testing.T) {
	e, err := Parser.ParseExpr(`rate(a[5m]) + last_over_time(b[1m] offset 5m) + quantile_over_time(0.5, rate(c[2m])[10m:30s]) + deriv(d[1h:]) + abs(e)`)
	if err != nil {
		t.Fatal(err)
	}
	got := Windows(e)
	want := []Window{
		{Fn: "rate", Span: 5 * time.Minute, Samples: 2, Step: 0},
		{Fn: "last_over_time", Span: time.Minute, Samples: 1, Step: 0},
		{Fn: "quantile_over_time", Span: 10 * time.Minute, Samples: 1, Step: 30 * time.Second},
		{Fn: "rate", Span: 2 * time.Minute, Samples: 2, Step: 0},
	}
	if !slices.Equal(got, want) {
		t.Errorf("windows are %v, want %v", got, want)
	}
}
