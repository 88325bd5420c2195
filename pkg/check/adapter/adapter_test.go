package adapter

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// read finds the configurations in the objects of manifests and, unless it is empty, in a text.
func read(t *testing.T, manifests, text string) *Setup {
	t.Helper()
	docs, ps := krm.ParseAll(manifests, model.Place{})
	if len(ps) > 0 {
		t.Fatalf("the input of the test is broken: %v", ps)
	}
	var items []*krm.Item
	for _, d := range docs {
		items = append(items, krm.NewItem(d.Root))
	}
	g, ps := chain.New(items, 0, IsInstance)
	var texts []Text
	if text != "" {
		texts = append(texts, Text{Place: model.Place{File: "rules.yaml"}, Text: []byte(text)})
	}
	return New(g, texts, &ps)
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
		{"whole and more", `{seriesQuery: '{pod!=""}', name: {matches: "^x_.*", as: "${0}_now"}}`, "x_a_now", []string{"x_a"}},
		{"not it", `{seriesQuery: '{pod!=""}', name: {matches: "^(.*)_total$", as: "${1}_per_second"}}`, "x", nil},
		{"filtered", `{seriesQuery: '{pod!=""}', seriesFilters: [{isNot: "^x"}], name: {matches: "^(.*)_total$"}}`, "x", nil},
		{"filter that gives the name", `{seriesQuery: '{pod!=""}', seriesFilters: [{is: "^http_server_requests_seconds_count$"}], name: {as: rps}}`, "rps", []string{"http_server_requests_seconds_count"}},
		{"no guess", `{seriesQuery: '{__name__=~"...._..+"}', seriesFilters: [{isNot: "^a"}], name: {as: rps}}`, "rps", []string{"rps"}},
		{"count and class", `{seriesQuery: '{__name__=~"[^a-z]{2}x+(_total)?"}', name: {as: n}}`, "n", []string{"__x", "__x_total"}},
		{"literal that lists another", `{seriesQuery: 'a', seriesFilters: [{is: b}], name: {as: n}}`, "n", nil},
		{"name that no series has", `{seriesQuery: '{pod!=""}'}`, "requests-per-second", nil},
	} {
		setup := read(t, "", "rules: ["+c.rule+"]")
		if got := setup.Configs[0].custom[0].SeriesFor(c.metric, nil); !slices.Equal(got, c.want) {
			t.Errorf("%s: series are %q, want %q", c.name, got, c.want)
		}
	}
}

func TestRuleReferences(t *testing.T) {
	for _, c := range []struct{ matches, as, bad, good string }{
		{"^(.*)_total$", "${1}_per_second", "", ""},
		{"^(.*)_total$", "$1", "", ""},
		{"^(.*)_total$", "$1_per_second", "$1_per_second", "${1}_per_second"},
		{"^(.*)_total$", "$2", "$2", ""},
		{"^(?P<name>.*)_total$", "${name}_x$$", "", ""},
		{"^(.*)_total$", "{1}_x", "{1}", "${1}_x"},
		{"^(.*)_total$", "a_{$1}", "{$1}", "a_${1}"},
		{"^(.*)_total$", "${base}_x", "${base}", ""},
		{"", "x", "", ""},
		{"(", "$1", "", ""},
	} {
		r := Rule{}
		r.Name.Matches, r.Name.As = c.matches, c.as
		if bad, good := badReference(&r); bad != c.bad || good != c.good {
			t.Errorf("badReference of %q as %q is %q, %q; want %q, %q", c.matches, c.as, bad, good, c.bad, c.good)
		}
	}
}

// rate is a sound rule for http_requests_per_second.
const rate = `
- seriesQuery: http_requests_total{namespace!="",pod!=""}
  resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
  name: {matches: "^(.*)_total$", as: "${1}_per_second"}
  metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)`

func FuzzReadRules(f *testing.F) {
	for _, seed := range []string{
		"rules:" + rate, "externalRules:" + rate, "rules: {default: true, custom: [{seriesQuery: a}]}", "rules: {resource: {cpu: {}}}",
		"resourceRules: {cpu: {containerQuery: <<.GroupBy>>}, window: 5m}", "rules: [{name: {matches: '((((a{60}){9}', as: $$}}]",
		"rules: [{seriesQuery: 'x', name: {matches: '(a|b){0,9}(?P<n>[^a])*', as: '${n}$1'}, metricsQuery: '<<.Series>>'}]",
	} {
		f.Add(seed, "http_requests_per_second")
	}
	f.Fuzz(func(t *testing.T, text, metric string) {
		setup := read(t, "", text)
		for _, s := range setup.Configs {
			for _, r := range s.custom {
				for _, name := range r.SeriesFor(metric, nil) {
					if !r.Literal() && r.MetricOf(name) != metric {
						t.Errorf("%s is no series of %q", name, metric)
					}
				}
			}
		}
	})
}

// TestChartDefaults tells which values of rules.default add rules, and by whom the default rules are given.
func TestChartDefaults(t *testing.T) {
	for text, want := range map[string]int{
		"rules: {default: true}": 6, "rules: {custom: []}": 6, "rules: {default: false}": 0, "rules: {default: null}": 0, "rules: {default: ''}": 0,
		"rules: {default: 1}": 6, "rules: {default: False}": 0, "rules: {default: 0}": 0,
	} {
		setup := read(t, "", text)
		if got := len(setup.Configs[0].custom); got != want {
			t.Errorf("%s adds %d rules, want %d", text, got, want)
		}
	}
	setup := read(t, "", "rules: {existing: adapter-config}")
	if len(setup.Configs) != 0 {
		t.Errorf("rules.existing gives %d configurations, want none", len(setup.Configs))
	}
	for spec, want := range map[string][]int{
		"valuesFrom: [{name: x}]":                                       nil,
		"valuesFrom: [{name: x}], values: {replicas: 2}":                nil,
		"valuesFrom: [{name: x}], values: {rules: {default: true}}":     {6},
		"values: {replicas: 2}":                                         {6},
		"values: {rules: {default: false, custom: [{seriesQuery: x}]}}": {1},
	} {
		setup = read(t, "{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {name: a}, spec: {chart: {spec: {chart: prometheus-adapter}}, "+spec+"}}", "")
		var got []int
		for _, c := range setup.Configs {
			got = append(got, len(c.custom))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("rules of a HelmRelease with %s (-want +got):\n%s", spec, diff)
		}
	}
	setup = read(t, "{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: a}, spec: {source: {chart: prometheus-adapter}}}", "")
	if got := len(setup.Configs[0].custom); got != 6 {
		t.Errorf("an Application without values has %d rules, want 6", got)
	}
}

// TestDefaultRules states what the default rules make of series of each kind.
func TestDefaultRules(t *testing.T) {
	setup := read(t, "", "rules: {default: true}")
	got := map[string][]string{}
	for _, series := range []string{
		"container_cpu_usage_seconds_total", "container_network_receive_bytes_total", "container_memory_working_set_bytes",
		"http_requests_total", "process_cpu_seconds_total", "queue_length",
	} {
		for _, r := range setup.Configs[0].custom {
			if r.Accepts(series) {
				got[series] = append(got[series], r.MetricOf(series)+" = "+r.MetricsQuery)
			}
		}
	}
	const (
		gauge   = `sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)`
		counter = `sum(rate(<<.Series>>{<<.LabelMatchers>>}[5m])) by (<<.GroupBy>>)`
		inside  = `sum(rate(<<.Series>>{<<.LabelMatchers>>,container!="POD"}[5m])) by (<<.GroupBy>>)`
	)
	want := map[string][]string{
		"container_cpu_usage_seconds_total":     {"cpu_usage = " + inside},
		"container_network_receive_bytes_total": {"network_receive_bytes = " + inside},
		"container_memory_working_set_bytes":    {`memory_working_set_bytes = sum(<<.Series>>{<<.LabelMatchers>>,container!="POD"}) by (<<.GroupBy>>)`},
		"http_requests_total":                   {"http_requests = " + counter},
		"process_cpu_seconds_total":             {"process_cpu = " + counter},
		"queue_length":                          {"queue_length = " + gauge},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestRuleIndex compares the rules that the index finds for a metric with all that give it.
func TestRuleIndex(t *testing.T) {
	var rules strings.Builder
	for _, series := range []string{
		`{__name__="a_total",pod!=""}`, `{__name__=~"a_total|b_total",pod!=""}`, `{__name__=~"^c_.*",pod!=""}`, `{pod!=""}`, `{__name__!="a_total",pod!=""}`,
	} {
		for _, name := range []string{
			"{}", "{as: a_rate}", "{as: a$$}", `{as: "${x}"}`, `{matches: "^(.*)_total$", as: "${1}_rate"}`, `{matches: "^(.*)_total$"}`, `{matches: "^c_(.)(.)", as: "p_${2}_q"}`,
		} {
			fmt.Fprintf(&rules, "    - {seriesQuery: '%s', resources: {template: <<.Resource>>}, name: %s, metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'}\n", series, name)
		}
	}
	setup := read(t, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: adapter-config}\ndata:\n  config.yaml: |\n    rules:\n"+rules.String(), "")
	if len(setup.Custom.Rules) != 35 {
		t.Fatalf("%d rules were read, want 35", len(setup.Custom.Rules))
	}
	for _, metric := range []string{"a", "a_total", "a_rate", "b_rate", "c_rate", "c_x_rate", "a$$", "a$", "p_x_q", "p_q", "nothing", "c_ab"} {
		for _, known := range [][]string{nil, {"a_total", "c_xy", "d_total"}} {
			var got, want []string
			for _, m := range setup.Custom.Matches(metric, nil, known) {
				got = append(got, m.Rule.Position+" "+strings.Join(m.Series, ","))
			}
			for _, r := range setup.Custom.Rules {
				if series := r.SeriesFor(metric, known); len(series) > 0 {
					want = append(want, r.Position+" "+strings.Join(series, ","))
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rules for %s (-all +index):\n%s", metric, diff)
			}
		}
	}
}

// TestFlagValue has flags as containers state them, the last of which may lack its value.
func TestFlagValue(t *testing.T) {
	for text, want := range map[string]string{
		"--config=a": "a", "--config a": "a", "--config a --v=4": "a", "--v=4 --config a": "a", "--config=": "",
		"--config": "none", "--v=4 --config": "none", "--configs=a": "none", "-config a": "none", "": "none",
	} {
		got, ok := FlagValue(strings.Fields(text), "config")
		if !ok {
			got = "none"
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
