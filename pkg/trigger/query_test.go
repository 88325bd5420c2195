package trigger

import (
	"testing"

	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
)

func TestSingle(t *testing.T) {
	for query, want := range map[string]string{
		`a`:                               `sum(a)`,
		`((a))`:                           `sum(a)`,
		`a{x="1"} or b`:                   `sum(a{x="1"} or b)`,
		`sum(a)`:                          `sum(a)`,
		`sum(a) by (pod)`:                 `sum(a)`,
		`sum(a) without (instance)`:       `sum(a)`,
		`avg(a{x="1"}) by (pod)`:          `sum(avg by (pod) (a{x="1"}))`,
		`avg(a{x="1"}) by (x)`:            `avg(a{x="1"})`,
		`avg(a{x="1"} + b) by (x)`:        `sum(avg by (x) (a{x="1"} + b))`,
		`avg(a{x="1"} + b{x="1"}) by (x)`: `avg(a{x="1"} + b{x="1"})`,
		`avg(a{x=~"1"}) by (x)`:           `sum(avg by (x) (a{x=~"1"}))`,
		`avg(a{x="1"}) without (x)`:       `sum(avg without (x) (a{x="1"}))`,
		`quantile(0.9, a{x="1"}) by (x)`:  `quantile(0.9, a{x="1"})`,
		`topk(1, a)`:                      `sum(topk(1, a))`,
		`count_values("v", a)`:            `sum(count_values("v", a))`,
		`scalar(a)`:                       `vector(scalar(a))`,
		`hour()`:                          `sum(hour())`,
		`a / b`:                           `sum((a / b) > -Inf) or count(a / b) * 0`,
		`sum(a % 2)`:                      `sum(sum(a % 2) > -Inf) or count(sum(a % 2)) * 0`,
		`sqrt(a)`:                         `sum(sqrt(a) > -Inf) or count(sqrt(a)) * 0`,
		`s{quantile="0.9"}`:               `sum(s{quantile="0.9"} > -Inf) or count(s{quantile="0.9"}) * 0`,
		`histogram_quantile(0.9, sum(a) by (le))`: `sum(histogram_quantile(0.9, sum by (le) (a)) > -Inf) or ` +
			`count(histogram_quantile(0.9, sum by (le) (a))) * 0`,
		`avg(label_replace(a{x="1"}, "x", "$1", "y", "(.*)")) by (x)`: `sum(avg by (x) (label_replace(a{x="1"}, "x", "$1", "y", "(.*)")))`,
	} {
		e := promexpr.Parse(query)
		if e == nil {
			t.Fatalf("%s is not PromQL", query)
		}
		got := single(e, constant(e)...)
		if got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
		if promexpr.Parse(got) == nil {
			t.Errorf("%s is not PromQL", got)
		}
	}
}
