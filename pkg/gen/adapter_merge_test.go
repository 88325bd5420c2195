package gen

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// usersRules reads rules as those of a user, from several texts.
func usersRules(t *testing.T, texts ...string) (ruleSet, model.Problems) {
	t.Helper()
	var set ruleSet
	var ps model.Problems
	for i, text := range texts {
		f := readRules(text, model.Place{File: string(rune('a'+i)) + ".yaml"}, &ps)
		if f.doc == nil {
			t.Fatalf("%d: %v", i, ps)
		}
		f.written = true
		set.addFile(&f, &ps)
	}
	return set, ps
}

// TestWrittenRuleServes has rules of users, and whether they make a generated rule superfluous.
func TestWrittenRuleServes(t *testing.T) {
	pods := func(metric string) hpa.Need { return hpa.Need{Metric: metric, Object: schema.GroupKind{Kind: "Pod"}} }
	object := func(group, kind string) hpa.Need {
		return hpa.Need{Metric: "m", Object: schema.GroupKind{Group: group, Kind: kind}}
	}
	for name, c := range map[string]struct {
		rules string
		need  hpa.Need
		want  bool
	}{
		"by its name":              {`rules: [{seriesQuery: x, resources: {template: <<.Resource>>}, name: {as: m}}]`, pods("m"), true},
		"another name":             {`rules: [{seriesQuery: x, resources: {template: <<.Resource>>}, name: {as: n}}]`, pods("m"), false},
		"a dollar in the name":     {`rules: [{seriesQuery: x, resources: {template: <<.Resource>>}, name: {as: m$$}}]`, pods("m$"), true},
		"by a plural resource":     {`rules: [{seriesQuery: x, resources: {overrides: {p: {resource: pods}}}, name: {as: m}}]`, pods("m"), true},
		"for other resources":      {`rules: [{seriesQuery: x, resources: {overrides: {s: {resource: service}, n: {resource: namespace}}}, name: {as: m}}]`, pods("m"), false},
		"an ingress in the plural": {`rules: [{seriesQuery: x, resources: {overrides: {i: {group: networking.k8s.io, resource: ingresses}}}, name: {as: m}}]`, object("networking.k8s.io", "Ingress"), true},
		"without the group":        {`rules: [{seriesQuery: x, resources: {overrides: {d: {resource: deployment}}}, name: {as: m}}]`, object("apps", "Deployment"), true},
		"of another group":         {`rules: [{seriesQuery: x, resources: {overrides: {d: {group: extensions, resource: ingress}}}, name: {as: m}}]`, object("networking.k8s.io", "Ingress"), false},
		"by a pattern":             {`rules: [{seriesQuery: '{__name__=~"^http_.*"}', resources: {template: <<.Resource>>}, name: {matches: ^(.*)_total$, as: "${1}_per_second"}}]`, pods("http_hits_per_second"), true},
		"the series is not asked for": {
			`rules: [{seriesQuery: '{__name__=~"^grpc_.*"}', resources: {template: <<.Resource>>}, name: {matches: ^(.*)_total$, as: "${1}_per_second"}}]`,
			pods("http_hits_per_second"), false,
		},
		"the series is filtered": {
			`rules: [{seriesQuery: '{pod!=""}', seriesFilters: [{isNot: _hits}], resources: {template: <<.Resource>>}, name: {matches: ^(.*)_total$, as: "${1}_per_second"}}]`,
			pods("http_hits_per_second"), false,
		},
		"the filter lets it through": {
			`rules: [{seriesQuery: '{pod!=""}', seriesFilters: [{is: _hits}], resources: {template: <<.Resource>>}, name: {matches: ^(.*)_total$, as: "${1}_per_second"}}]`,
			pods("http_hits_per_second"), true,
		},
		"the only group":              {`rules: [{seriesQuery: '{pod!=""}', resources: {template: <<.Resource>>}, name: {matches: ^(.*)_bytes$}}]`, pods("sent"), false},
		"the only group, its own":     {`rules: [{seriesQuery: '{pod!=""}', resources: {template: <<.Resource>>}, name: {matches: ^my_(.*)$}}]`, pods("my_sent"), false},
		"as it is":                    {`rules: [{seriesQuery: '{pod!=""}', resources: {template: <<.Resource>>}}]`, pods("sent"), true},
		"a broken pattern":            {`rules: [{seriesQuery: '{pod!=""}', resources: {template: <<.Resource>>}, name: {matches: "("}}]`, pods("sent"), false},
		"a broken query":              {`rules: [{seriesQuery: '{', resources: {template: <<.Resource>>}}]`, pods("sent"), false},
		"an external rule":            {`externalRules: [{seriesQuery: x, name: {as: m}}]`, hpa.Need{Metric: "m", External: true}, true},
		"external and asked for pods": {`externalRules: [{seriesQuery: x, resources: {template: <<.Resource>>}, name: {as: m}}]`, pods("m"), false},
	} {
		t.Run(name, func(t *testing.T) {
			set, ps := usersRules(t, c.rules)
			if len(ps) > 0 {
				t.Fatal(ps)
			}
			if got := set.written(c.need, defaultAdapter()) >= 0; got != c.want {
				t.Errorf("got %t, want %t", got, c.want)
			}
		})
	}
}

// TestMergeRules has the rules of several users and what becomes of them.
func TestMergeRules(t *testing.T) {
	for name, c := range map[string]struct {
		texts    []string
		want     string
		problems []string
	}{
		"one text stays as it is": {
			texts: []string{"rules:   # odd\n\n  - {seriesQuery: x}\n"},
			want:  "rules:   # odd\n\n  - {seriesQuery: x}\n",
		},
		"the same rule twice": {
			texts: []string{"rules:\n- seriesQuery: x # first\n- seriesQuery: y\n", "# second\nrules:\n- seriesQuery: x\n"},
			want:  "rules:\n- seriesQuery: x # first\n- seriesQuery: y\n",
		},
		"comments go with their rules": {
			texts: []string{"# top\n\n# of a\nrules:\n- seriesQuery: a\n# end of a\n", "# top of b\n\n# of b\nrules: # in b\n# of the rule\n- seriesQuery: b\nexternalRules:\n- seriesQuery: c # external\n"},
			want:  "# top\n\n# of a\nrules:\n- seriesQuery: a\n# top of b\n# of b\n# in b\n# of the rule\n- seriesQuery: b\n# end of a\n\nexternalRules:\n- seriesQuery: c # external\n",
		},
		"anchors": {
			texts: []string{"rules:\n- seriesQuery: a\n", "rules:\n- seriesQuery: b\n  resources: &r {template: <<.Resource>>}\n- seriesQuery: c\n  resources: *r\n"},
			want:  "rules:\n- seriesQuery: a\n- seriesQuery: b\n  resources: {template: <<.Resource>>}\n- seriesQuery: c\n  resources: {template: <<.Resource>>}\n",
		},
		"resource rules": {
			texts: []string{"rules:\n- seriesQuery: a\n", "resourceRules:\n  window: 3m # enough\n", "resourceRules: {window: 3m}\n"},
			want:  "rules:\n- seriesQuery: a\nresourceRules:\n  window: 3m # enough\n",
		},
		"two resource rules": {
			texts:    []string{"resourceRules: {window: 3m}\n", "resourceRules: {window: 5m}\n"},
			want:     "resourceRules: {window: 3m}\n",
			problems: []string{"error: b.yaml: resourceRules: differs from resourceRules in a.yaml; remove one of them [adapter/rule]"},
		},
		"one metric of two resources": {
			texts: []string{
				"rules:\n- {seriesQuery: a, resources: {overrides: {n: {resource: namespace}, p: {resource: pod}}}, name: {as: m}}\n",
				"rules:\n- {seriesQuery: a, resources: {overrides: {n: {resource: namespace}, s: {resource: service}}}, name: {as: m}}\n",
			},
			want: "rules:\n- {seriesQuery: a, resources: {overrides: {n: {resource: namespace}, p: {resource: pod}}}, name: {as: m}}\n" +
				"- {seriesQuery: a, resources: {overrides: {n: {resource: namespace}, s: {resource: service}}}, name: {as: m}}\n",
		},
		"one metric of one resource, in two ways": {
			texts: []string{
				"rules:\n- {seriesQuery: a, resources: {overrides: {p: {resource: pod}}}, name: {as: m}}\n",
				"rules:\n- {seriesQuery: a, resources: {overrides: {q: {resource: pods}}}, name: {as: m}}\n",
			},
			want: "rules:\n- {seriesQuery: a, resources: {overrides: {p: {resource: pod}}}, name: {as: m}}\n",
			problems: []string{`error: b.yaml: rules[0]: line 2: the metric "m" has the resources q here, but p in a.yaml: rules[0]: line 2; ` +
				`make both the same, or rename one of the metrics [adapter/rule]`},
		},
		"one metric twice in one text": {
			texts: []string{"rules:\n- {seriesQuery: a, resources: {template: <<.Resource>>}, name: {as: m}}\n- {seriesQuery: b, resources: {template: <<.Resource>>}, name: {as: m}}\n"},
			want:  "rules:\n- {seriesQuery: a, resources: {template: <<.Resource>>}, name: {as: m}}\n- {seriesQuery: b, resources: {template: <<.Resource>>}, name: {as: m}}\n",
		},
		"no rules": {texts: []string{"rules: []\n", "externalRules: []\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			set, ps := usersRules(t, c.texts...)
			got, err := set.encode()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("rules (-want +got):\n%s", diff)
			}
			var problems []string
			for _, p := range ps {
				problems = append(problems, p.String())
			}
			if diff := cmp.Diff(c.problems, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// TestUnion merges the rules of runs whose gateways serve one metric by other series.
func TestUnion(t *testing.T) {
	opts := defaultAdapter()
	n := hpa.Need{Metric: "http_requests_total_value_per_second", Object: schema.GroupKind{Kind: "Pod"}}
	text := func(opts adapterOptions, kinds ...*gatewayKind) string {
		set := ruleSet{opts: opts}
		set.rules = []ruleEntry{{DiscoveryRule: set.profileRule(n, kinds), section: podRules}}
		text, err := set.encode()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	micro, haproxy, both := text(opts, &microGateway), text(opts, &haproxyGateway), text(opts, &microGateway, &haproxyGateway)
	slow := opts
	slow.formulas.Window = "5m"
	for name, c := range map[string]struct {
		texts   []string
		written bool
		want    string
		errors  int
	}{
		"two runs":               {texts: []string{micro, haproxy}, want: both},
		"in another order":       {texts: []string{haproxy, micro}, want: both},
		"one has both":           {texts: []string{both, haproxy, micro}, want: both},
		"the same":               {texts: []string{haproxy, haproxy}, want: haproxy},
		"another window":         {texts: []string{micro, text(slow, &haproxyGateway)}, want: micro, errors: 1},
		"written by a user":      {texts: []string{micro, haproxy}, written: true, want: micro, errors: 1},
		"changed after a render": {texts: []string{micro, strings.Replace(haproxy, "sum(", "max(", 1)}, want: micro, errors: 1},
	} {
		t.Run(name, func(t *testing.T) {
			set := ruleSet{opts: opts}
			var ps model.Problems
			for _, text := range c.texts {
				f := readRules(text, model.Place{}, &ps)
				f.written = c.written
				set.addFile(&f, &ps)
			}
			got, err := set.encode()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" || len(ps) != c.errors {
				t.Errorf("rules (-want +got):\n%s\n%v", diff, ps)
			}
		})
	}
}
