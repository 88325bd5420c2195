package check

import (
	"slices"
	"testing"
	"time"
)

func TestFateOf(t *testing.T) {
	for text, want := range map[string]fate{
		`a`:                               kept,
		`(a)`:                             kept,
		`-a`:                              kept,
		`rate(a[5m])`:                     kept,
		`max_over_time(rate(a[1m])[5m:])`: kept,
		`sum(a)`:                          lost,
		`sum(a) by (pod)`:                 kept,
		`sum(a) by (namespace)`:           lost,
		`sum(a) without (pod)`:            lost,
		`sum(a) without (code)`:           kept,
		`sum(sum(a)) by (pod)`:            lost,
		`topk(3, a)`:                      kept,
		`count_values("pod", a)`:          lost,
		`label_replace(sum(a), "pod", "$1", "x", "(.*)")`:        kept,
		`label_replace(sum(a), "other", "$1", "x", "(.*)")`:      lost,
		`label_join(a, "other", "-", "x")`:                       kept,
		`absent(a)`:                                              lost,
		`vector(1)`:                                              lost,
		`histogram_quantile(0.9, sum(rate(a[5m])) by (le, pod))`: kept,
		`1`:                                 lost,
		`a / 2`:                             kept,
		`2 * sum(a)`:                        lost,
		`1 + 1`:                             lost,
		`a / b`:                             kept,
		`a / sum(b)`:                        empty,
		`sum(a) / sum(b)`:                   lost,
		`sum(a) by (pod) / sum(b) by (pod)`: kept,
		`sum(a) by (pod) / sum(b) + a`:      empty,
		`a / on(pod) b`:                     kept,
		`a / on(namespace) b`:               lost,
		`a / ignoring(pod) b`:               lost,
		`a / ignoring(code) b`:              kept,
		`a / on() group_left() sum(b)`:      kept,
		`sum(a) / on() group_right() b`:     kept,
		`a * on(x) group_left(pod) sum(b) by (x)`: lost,
		`a and sum(b) by (x)`:                     empty,
		`a and on(x) b`:                           kept,
		`a unless sum(b)`:                         kept,
		`a or vector(0)`:                          kept,
		`sum(a) or vector(0)`:                     lost,
		`a / sum(b) or a`:                         kept,
		`a / sum(b) or sum(a)`:                    lost,
		`(a / sum(b)) or (a / sum(b))`:            empty,
	} {
		e, err := promQL.ParseExpr(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := fateOf(e, "pod"); got != want {
			t.Errorf("the label pod in %s has fate %d, want %d", text, got, want)
		}
	}
}

func TestWindows(t *testing.T) {
	e, err := promQL.ParseExpr(`rate(a[5m]) + last_over_time(b[1m] offset 5m) + quantile_over_time(0.5, rate(c[2m])[10m:30s]) + deriv(d[1h:]) + abs(e)`)
	if err != nil {
		t.Fatal(err)
	}
	got := windows(e)
	want := []window{
		{"rate", 5 * time.Minute, 2, 0},
		{"last_over_time", time.Minute, 1, 0},
		{"quantile_over_time", 10 * time.Minute, 1, 30 * time.Second},
		{"rate", 2 * time.Minute, 2, 0},
	}
	if !slices.Equal(got, want) {
		t.Errorf("windows are %v, want %v", got, want)
	}
}

func TestSeriesFor(t *testing.T) {
	for _, c := range []struct {
		name, rule, metric string
		want               []string
	}{
		{"exact", `{seriesQuery: 'a{x="y"}'}`, "a", []string{"a"}},
		{"by matcher", `{seriesQuery: '{__name__="a"}', name: {as: b}}`, "b", []string{"a"}},
		{"colon", `{seriesQuery: 'vllm:num_requests_waiting{pod!=""}', name: {as: vllm_num_requests_waiting}}`, "vllm_num_requests_waiting", []string{"vllm:num_requests_waiting"}},
		{"alternatives", `{seriesQuery: '{__name__=~"a_(b|c)_total"}', name: {matches: "^(.*)_total$"}}`, "a_c", []string{"a_c_total"}},
		{"anchored", `{seriesQuery: '{pod!=""}', name: {matches: "^(.*)_total$", as: "${1}_per_second"}}`, "x_per_second", []string{"x_total"}},
		{"two captures", `{seriesQuery: '{pod!=""}', name: {matches: "^([a-z]+)_(.*)_total$", as: "${2}_of_${1}"}}`, "requests_of_http", []string{"http_requests_total"}},
		{"named capture", `{seriesQuery: '{pod!=""}', name: {matches: "^(?P<base>.*)_total$", as: "${base}_rate"}}`, "x_rate", []string{"x_total"}},
		{"whole", `{seriesQuery: '{pod!=""}', name: {matches: "^x_.*", as: "${0}"}}`, "x_a", []string{"x_a"}},
		{"not it", `{seriesQuery: '{pod!=""}', name: {matches: "^(.*)_total$", as: "${1}_per_second"}}`, "x", nil},
		{"filtered", `{seriesQuery: '{pod!=""}', seriesFilters: [{isNot: "^x"}], name: {matches: "^(.*)_total$"}}`, "x", nil},
		{"filter that gives the name", `{seriesQuery: '{pod!=""}', seriesFilters: [{is: "^http_server_requests_seconds_count$"}], name: {as: rps}}`, "rps", []string{"http_server_requests_seconds_count"}},
		{"no guess", `{seriesQuery: '{__name__=~"...._..+"}', seriesFilters: [{isNot: "^a"}], name: {as: rps}}`, "rps", []string{"rps"}},
		{"count and class", `{seriesQuery: '{__name__=~"[^a-z]{2}x+(_total)?"}', name: {as: n}}`, "n", []string{"__x", "__x_total"}},
		{"literal that lists another", `{seriesQuery: 'a', seriesFilters: [{is: b}], name: {as: n}}`, "n", nil},
		{"name that no series has", `{seriesQuery: '{pod!=""}'}`, "requests-per-second", nil},
	} {
		w, _ := newWorld(Input{Rules: []Text{{Text: []byte("rules: [" + c.rule + "]")}}})
		if got := w.setup.sets[0].custom[0].seriesFor(c.metric, nil); !slices.Equal(got, c.want) {
			t.Errorf("%s: series are %q, want %q", c.name, got, c.want)
		}
	}
}
