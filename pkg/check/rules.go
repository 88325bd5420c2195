package check

import (
	"fmt"
	"maps"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/runtime/schema"
	adapterconfig "sigs.k8s.io/prometheus-adapter/pkg/config"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// ruleSet is one configuration of prometheus-adapter.
type ruleSet struct {
	// at is where its text stands, name what messages call it.
	at   model.Place
	name string
	// custom serve Pods and Object metrics, external External ones.
	custom, external []*rule
	// resource are the rules of the resource metrics API, nil if there are none.
	resource   *adapterconfig.ResourceRules
	resourceAt model.Place
	// problems are what is wrong with the text and the rules, whoever uses them.
	problems model.Problems
	// broken tells that the adapter does not start with the configuration.
	broken bool
	// flawsCustom and flawsExternal are the rules of either list that nearly give a metric.
	flawsCustom, flawsExternal once[flaws]
	// unread says why no adapter among the items reads the configuration, "" if one does or may do so.
	unread string
}

// rule is one of the rules of a configuration.
type rule struct {
	adapterconfig.DiscoveryRule
	set  *ruleSet
	node *yaml.Node
	// name is where it stands in its configuration, such as rules[2].
	name string
	at   model.Place
	// namer is the adapter's own reading of the rule, nil if it refuses the rule.
	namer naming.MetricNamer
	// matchers are those of the seriesQuery, nil if Prometheus refuses it.
	matchers []*labels.Matcher
	// naming is name.matches and name.as, to be read backwards; inverse gives it.
	naming once[*inverse]
	// number is its position among the rules of all configurations.
	number int
	// answers are the queries that it makes.
	answers map[question]answer
}

// field is the place of a member of the rule.
func (r *rule) field(path ...string) model.Place {
	at, n := r.at, r.node
	for _, key := range path {
		at, n = at.Child(key), krm.Get(n, key)
		at = placeOf(at, n)
	}
	return at
}

func (r *rule) String() string { return r.name + " of " + r.set.name }

// promQL is Prometheus' parser with everything allowed that some Prometheus may have switched on. holt_winters is what
// double_exponential_smoothing was called before Prometheus 3.
var promQL = parser.NewParser(parser.Options{
	EnableExperimentalFunctions: true, EnableBinopFillModifiers: true, Functions: promFunctions(),
})

func promFunctions() map[string]*parser.Function {
	fns := maps.Clone(parser.Functions)
	old := *fns["double_exponential_smoothing"]
	old.Name = "holt_winters"
	fns[old.Name] = &old
	return fns
}

// inverse is the naming of a rule that the adapter has accepted, to be read backwards.
func (r *rule) inverse() *inverse {
	return r.naming.get(func() *inverse { return newInverse(r.Name.Matches, r.Name.As) })
}

// setup is what the input tells of prometheus-adapter: which pods run it, and by which rules.
type setup struct {
	graph    *graph
	adapters []adapter
	sets     []*ruleSet
	// custom finds the rules of all configurations for Pods and Object metrics, external those for External ones.
	custom, external *ruleIndex
	// known tells whether all rules that adapters read are known.
	known once[bool]
	// registered is an API that an adapter serves.
	registered once[registration]
}

// newSetup finds the adapters and their configurations among the objects and in texts.
func newSetup(g *graph, texts []Text, ps *model.Problems) *setup {
	su := &setup{graph: g, adapters: findAdapters(g)}
	k := newKinds(g.items, g.minor)
	su.sets = append(su.configMapRules(ps), chartRules(g)...)
	for _, t := range texts {
		su.sets = append(su.sets, readRules(t)...)
	}
	var custom, external []*rule
	for _, s := range su.sets {
		for _, r := range slices.Concat(s.custom, s.external) {
			compile(r, k)
		}
		s.compileResource(k)
		custom, external = append(custom, s.custom...), append(external, s.external...)
	}
	su.custom, su.external = newRuleIndex(custom), newRuleIndex(external)
	return su
}

// readRules reads a text that is a configuration of the adapter or the values of its Helm chart.
func readRules(t Text) []*ruleSet {
	docs, ps := krm.ParseAll(string(t.Text), t.Place.At(1))
	if ps.HasErrors() || len(docs) == 0 {
		s := &ruleSet{at: t.Place, name: t.Place.String(), problems: queryProblems(ps), broken: true}
		if len(ps) == 0 {
			s.problems.Warnf(ruleQueryID, t.Place, "holds no rules")
		}
		return []*ruleSet{s}
	}
	if sets := readValues(docs[0].Root, t.Place.At(1)); sets != nil {
		return sets
	}
	return []*ruleSet{readConfig(t, t.Place.String())}
}

// readConfig reads a configuration as the adapter does (pkg/config, FromYAML). The strict decoder of this module only
// says where the adapter's errors are.
func readConfig(t Text, name string) *ruleSet {
	s := &ruleSet{at: t.Place, name: name}
	docs, ps := krm.ParseAll(string(t.Text), t.Place.At(1))
	if ps.HasErrors() {
		s.problems, s.broken = queryProblems(ps), true
		return s
	}
	if len(docs) == 0 {
		s.problems.Warnf(ruleQueryID, t.Place, "holds no rules; the adapter starts, but serves nothing")
		return s
	}
	if len(docs) > 1 {
		s.problems.Warnf(ruleQueryID, t.Place.At(docs[1].Root.Line), "begins a second YAML document; the adapter reads the first alone")
	}
	root := docs[0].Root
	cfg, err := adapterconfig.FromYAML(t.Text)
	if err != nil {
		s.broken = true
		s.problems = append(s.problems, refusals(root, t.Place.At(1), err)...)
		return s
	}
	at := t.Place.At(1)
	s.custom = s.list("rules", cfg.Rules, krm.Get(root, "rules"), at)
	s.external = s.list("externalRules", cfg.ExternalRules, krm.Get(root, "externalRules"), at)
	s.resource, s.resourceAt = cfg.ResourceRules, placeOf(at.Child("resourceRules"), krm.Get(root, "resourceRules"))
	if len(s.custom)+len(s.external) == 0 && s.resource == nil {
		s.problems.Warnf(ruleQueryID, t.Place, "holds no rules; the adapter starts, but serves nothing")
	}
	return s
}

// refusals says where in a configuration the adapter's loader stumbles.
func refusals(root *yaml.Node, at model.Place, err error) model.Problems {
	var cfg adapterconfig.MetricsDiscoveryConfig
	ps := queryProblems(errorsOf(krm.Decode(root, at, &cfg)))
	if len(ps) == 0 {
		ps.Errorf(ruleQueryID, at.At(0), "%v", err)
	}
	for i := range ps {
		ps[i].Message += "; the adapter does not start with it"
	}
	return ps
}

func errorsOf(ps model.Problems) model.Problems {
	return slices.DeleteFunc(ps, func(p model.Problem) bool { return p.Severity != model.Error })
}

// queryProblems files the problems of a text under rule/query.
func queryProblems(ps model.Problems) model.Problems {
	out := slices.Clone(ps)
	for i := range out {
		out[i].ID = ruleQueryID
	}
	return out
}

// list joins rules to the places in n at which they stand.
func (s *ruleSet) list(key string, rules []adapterconfig.DiscoveryRule, n *yaml.Node, at model.Place) []*rule {
	var out []*rule
	for i, r := range rules {
		out = append(out, &rule{DiscoveryRule: r, set: s, name: fmt.Sprintf("%s[%d]", key, i), at: at.Child(key).Item(i)})
		if n != nil && i < len(n.Content) {
			out[i].node, out[i].at = n.Content[i], placeOf(out[i].at, n.Content[i])
		}
	}
	return out
}

// placeOf gives a place the line of its node, if it is within a text whose lines count.
func placeOf(at model.Place, n *yaml.Node) model.Place {
	if n == nil || at.Line == 0 {
		return at
	}
	return at.At(n.Line)
}

// compile reads the rule as the adapter and Prometheus do, and reports what they refuse.
func compile(r *rule, k *kinds) {
	ps, at := &r.set.problems, r.field("seriesQuery")
	matchers, err := promQL.ParseMetricSelector(r.SeriesQuery)
	switch {
	case r.SeriesQuery == "":
		ps.Errorf(ruleQueryID, at, "is empty; write a selector, such as 'http_requests_total{namespace!=\"\",pod!=\"\"}'; %s", noDiscovery)
	case err != nil:
		ps.Errorf(ruleQueryID, at, "is no series selector that Prometheus accepts: %v; %s", err, noDiscovery)
	case !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches("") }):
		ps.Errorf(ruleQueryID, at,
			"selects series without naming a label that they must have, which Prometheus refuses; add one, such as namespace!=\"\"; %s",
			noDiscovery)
	default:
		r.matchers = matchers
	}
	if !checkResources(r, k) {
		r.set.broken = true
		return
	}
	namers, err := naming.NamersFromConfig([]adapterconfig.DiscoveryRule{unambiguous(r, k)}, k.mapper)
	if err != nil {
		r.set.broken = true
		ps.Errorf(ruleQueryID, r.at, "%v; the adapter does not start with it", err)
		return
	}
	r.namer = namers[0]
	warnOfName(r)
	checkExample(r)
}

// noDiscovery is what one refused selector does (pkg/custom-provider, updateMetrics).
const noDiscovery = "the adapter then lists no metric at all, not even those of other rules"

// checkResources reports the overrides with which the adapter does not start, and tells whether there are none.
func checkResources(r *rule, k *kinds) bool {
	ok := true
	for _, label := range sortedKeys(r.Resources.Overrides) {
		o := r.Resources.Overrides[label]
		problem, doubt := k.resolve(o.Group, o.Resource)
		if problem != "" {
			ok = false
			r.set.problems.Errorf(ruleQueryID, r.field("resources", "overrides", label), "%s; the adapter does not start with it", problem)
		}
		if doubt != "" {
			r.set.problems.Warnf(ruleQueryID, r.field("resources", "overrides", label), "has resource %q, which Kubernetes does not "+
				"have of its own; did you mean %q?", o.Resource, doubt)
		}
	}
	return ok
}

// unambiguous is the rule with one label for each resource. Where several are mapped to one, the adapter takes any of
// them, another on each start, since it ranges over a map (pkg/naming, NewResourceConverter); here it is the first by name.
func unambiguous(r *rule, k *kinds) adapterconfig.DiscoveryRule {
	out := r.DiscoveryRule
	out.Resources.Overrides = map[string]adapterconfig.GroupResource{}
	seen := map[schema.GroupResource]bool{}
	for _, label := range sortedKeys(r.Resources.Overrides) {
		o := r.Resources.Overrides[label]
		gr, err := k.mapper.ResourceFor(schema.GroupVersionResource{Group: o.Group, Resource: o.Resource})
		if err == nil && !seen[gr.GroupResource()] {
			seen[gr.GroupResource()] = true
			out.Resources.Overrides[label] = o
		}
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
