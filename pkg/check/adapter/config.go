package adapter

import (
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	yaml "go.yaml.in/yaml/v3"
	adapterconfig "sigs.k8s.io/prometheus-adapter/pkg/config"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Text is a text and its place.
type Text struct {
	Place model.Place
	Text  []byte
}

// Config is a configuration of prometheus-adapter.
type Config struct {
	// name is what messages call it.
	at   model.Place
	name string
	// custom serve Pods and Object metrics, external serve External metrics.
	custom, external []*Rule
	// resource serves the resource metrics API; it may be nil.
	resource   *adapterconfig.ResourceRules
	resourceAt model.Place
	// Problems are those of the text and the rules, whatever scalers request.
	Problems model.Problems
	// broken means that the adapter does not start with the configuration.
	broken bool
	// UnusedReason says why no adapter in the input reads the configuration; it is empty if one does or may.
	UnusedReason string
}

// Rule is a rule of a configuration. It has many methods because the adapter's own code answers what a rule serves, one
// question at a time.
type Rule struct {
	adapterconfig.DiscoveryRule
	Config *Config
	node   *yaml.Node
	// Position is its path in the configuration, such as rules[2].
	Position string
	At       model.Place
	// Namer is the rule as the adapter compiles it, nil if it rejects the rule.
	Namer naming.MetricNamer
	// Matchers are those of seriesQuery, nil if Prometheus rejects it.
	Matchers []*labels.Matcher
	// naming is the result of inverse.
	naming lookup.Lazy[*inverse]
	// Number is its position in the Index.
	Number int
	// answers are the queries that the rule has built.
	answers map[question]Answer
}

// Field returns the place of a field of the rule.
func (r *Rule) Field(path ...string) model.Place {
	at, n := r.At, r.node
	for _, key := range path {
		at, n = at.Child(key), krm.Get(n, key)
		at = placeOf(at, n)
	}
	return at
}

func (r *Rule) String() string { return r.Position + " of " + r.Config.name }

// inverse returns the inverse of name.matches and name.as.
func (r *Rule) inverse() *inverse {
	return r.naming.Get(func() *inverse { return newInverse(r.Name.Matches, r.Name.As) })
}

// readRules reads a text that is a configuration of the adapter or values of its Helm chart.
func readRules(t Text) []*Config {
	docs, ps := krm.ParseAll(string(t.Text), t.Place.At(1))
	if ps.HasErrors() {
		return []*Config{{name: t.Place.String(), Problems: queryProblems(ps), broken: true}}
	}
	var root *yaml.Node
	if len(docs) > 0 {
		root = docs[0].Root
	}
	if isConfig(root) {
		return []*Config{readConfig(t, t.Place.String())}
	}
	return readValues(root, t.Place.At(1))
}

// isConfig distinguishes a configuration of the adapter from values of its chart, which have no list of rules at the top. A list
// under a misspelled key is that of a configuration, too.
func isConfig(root *yaml.Node) bool {
	if looksLikeConfig(root) || krm.Get(root, "resourceRules") != nil || root != nil && root.Kind != yaml.MappingNode {
		return true
	}
	for i := 1; root != nil && i < len(root.Content); i += 2 {
		n := root.Content[i]
		if n.Kind == yaml.SequenceNode && (root.Content[i-1].Value == "rules" || slices.ContainsFunc(n.Content, isRule)) {
			return true
		}
	}
	return false
}

// readConfig reads a configuration with the adapter's own loader (prometheus-adapter, pkg/config, FromYAML).
func readConfig(t Text, name string) *Config {
	s := &Config{at: t.Place, name: name}
	docs, ps := krm.ParseAll(string(t.Text), t.Place.At(1))
	if ps.HasErrors() {
		s.Problems, s.broken = queryProblems(ps), true
		return s
	}
	if len(docs) == 0 {
		s.Problems.Warnf(model.RuleQuery, t.Place, "contains no rules; the adapter starts, but serves nothing")
		return s
	}
	if len(docs) > 1 {
		s.Problems.Warnf(model.RuleQuery, t.Place.At(docs[1].Root.Line),
			"begins a second YAML document; the adapter reads only the first")
	}
	root := docs[0].Root
	cfg, err := adapterconfig.FromYAML(t.Text)
	if err != nil {
		s.broken = true
		s.Problems = append(s.Problems, refusals(root, t.Place.At(1), err)...)
		return s
	}
	at := t.Place.At(1)
	s.custom = s.list("rules", cfg.Rules, krm.Get(root, "rules"), at)
	s.external = s.list("externalRules", cfg.ExternalRules, krm.Get(root, "externalRules"), at)
	s.resource, s.resourceAt = cfg.ResourceRules, placeOf(at.Child("resourceRules"), krm.Get(root, "resourceRules"))
	if len(s.custom)+len(s.external) == 0 && s.resource == nil {
		s.Problems.Warnf(model.RuleQuery, t.Place, "contains no rules; the adapter starts, but serves nothing")
	}
	return s
}

// refusals locates an error of the adapter's loader, with the help of our strict decoder.
func refusals(root *yaml.Node, at model.Place, err error) model.Problems {
	var cfg adapterconfig.MetricsDiscoveryConfig
	ps := queryProblems(krm.Decode(root, at, &cfg))
	ps = slices.DeleteFunc(ps, func(p model.Problem) bool { return p.Severity != model.Error })
	if len(ps) == 0 {
		ps.Errorf(model.RuleQuery, at.At(0), "%v", err)
	}
	for i := range ps {
		ps[i].Message += "; the adapter does not start with this configuration"
	}
	return ps
}

// queryProblems returns problems with the ID rule/query.
func queryProblems(ps model.Problems) model.Problems {
	out := slices.Clone(ps)
	for i := range out {
		out[i].ID = model.RuleQuery
	}
	return out
}

// list joins rules with their nodes in n, for the lines.
func (s *Config) list(key string, rules []adapterconfig.DiscoveryRule, n *yaml.Node, at model.Place) []*Rule {
	var out []*Rule
	for i, r := range rules {
		out = append(out, &Rule{DiscoveryRule: r, Config: s, Position: fmt.Sprintf("%s[%d]", key, i), At: at.Child(key).Item(i)})
		if n != nil && i < len(n.Content) {
			out[i].node, out[i].At = n.Content[i], placeOf(out[i].At, n.Content[i])
		}
	}
	return out
}

// placeOf adds the line of a node to a place. Places without a line stay so, because their text has no lines of its own.
func placeOf(at model.Place, n *yaml.Node) model.Place {
	if n == nil || at.Line == 0 {
		return at
	}
	return at.At(n.Line)
}
