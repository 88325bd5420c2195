package adapter

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v3"
	adapterconfig "sigs.k8s.io/prometheus-adapter/pkg/config"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// adapterChart is the name of the adapter's Helm chart, and the key of its values in a chart that depends on it.
const adapterChart = "prometheus-adapter"

// readValues returns the configuration that the adapter's chart renders from values (prometheus-community/helm-charts,
// charts/prometheus-adapter/templates/configmap.yaml). Values without rules get the default ones.
func readValues(root *yaml.Node, at model.Place) []*Config {
	rules := krm.Get(root, "rules")
	if key := subchart(root); rules == nil && key != "" {
		return readValues(krm.Get(root, key), at.Child(key))
	}
	name := at.At(0).String()
	at = at.Child("rules")
	if krm.IsNull(rules) {
		rules = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	}
	if rules.Kind != yaml.MappingNode {
		s := &Config{at: at, name: name, broken: true}
		s.Problems.Errorf(model.RuleQuery, placeOf(at, rules), "is not a mapping; the chart reads %s", lookup.Join(chartKeys, " and "))
		return []*Config{s}
	}
	if krm.Text(rules, "existing") != "" {
		// The chart then mounts a ConfigMap of that name and renders none; it is checked if it is in the input.
		return []*Config{}
	}
	s := &Config{at: at, name: name}
	for i := 0; i+1 < len(rules.Content); i += 2 {
		if key := rules.Content[i]; !slices.Contains(chartKeys, key.Value) {
			hint := krm.DidYouMean(key.Value, chartKeys)
			if own := chartNames[key.Value]; own != "" {
				hint = "; the chart calls it " + strconv.Quote(own)
			}
			s.Problems.Warnf(model.RuleQuery, placeOf(at.Child(key.Value), key), "is not a key that the chart reads%s", hint)
		}
	}
	if usesDefaults(krm.Get(rules, "default")) {
		for i, r := range defaultRules() {
			s.custom = append(s.custom, &Rule{
				DiscoveryRule: r, Config: s, Position: fmt.Sprintf("rules.default[%d]", i), At: at.Child("default"),
			})
		}
	}
	s.custom = append(s.custom, s.values("custom", "rules", rules)...)
	s.external = s.values("external", "externalRules", rules)
	s.chartResource(krm.Get(rules, "resource"))
	return []*Config{s}
}

// subchart returns the key of the adapter's values in those of a chart that depends on it: its name, or an alias, which is
// recognized by rules with keys of the chart.
func subchart(root *yaml.Node) string {
	if krm.Get(root, adapterChart) != nil {
		return adapterChart
	}
	for i := 0; root != nil && root.Kind == yaml.MappingNode && i+1 < len(root.Content); i += 2 {
		rules := krm.Get(root.Content[i+1], "rules")
		if slices.ContainsFunc(chartKeys, func(key string) bool { return krm.Get(rules, key) != nil }) {
			return root.Content[i].Value
		}
	}
	return ""
}

var chartKeys = []string{"default", "custom", "existing", "external", "resource"}

// chartNames maps the keys of the adapter's configuration to those of the chart.
var chartNames = map[string]string{"rules": "custom", "externalRules": "external", "resourceRules": "resource"}

// usesDefaults reports whether rules.default is true for a template: it is unless it is set to an empty value.
func usesDefaults(n *yaml.Node) bool {
	if n == nil {
		return true
	}
	if n.ShortTag() == "!!bool" {
		b, err := strconv.ParseBool(strings.ToLower(n.Value))
		return err == nil && b
	}
	return !krm.IsNull(n) && n.Value != "" && n.Value != "0"
}

// values reads the rules under a key of the chart, with the adapter's loader, which knows them under another key.
func (s *Config) values(key, under string, rules *yaml.Node) []*Rule {
	n, at := krm.Get(rules, key), s.at.Child(key)
	if krm.IsNull(n) {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		s.broken = true
		s.Problems.Errorf(model.RuleQuery, placeOf(at, n),
			"is not a list; add one or more rules, each beginning with a dash; the adapter does not start with this configuration")
		return nil
	}
	cfg, ok := s.load(under, n, at)
	if !ok {
		return nil
	}
	list := cfg.Rules
	if under == "externalRules" {
		list = cfg.ExternalRules
	}
	out := s.list(key, list, n, s.at)
	for _, r := range out {
		r.Position = "rules." + r.Position
	}
	return out
}

func (s *Config) chartResource(n *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		return
	}
	at := s.at.Child("resource")
	if cfg, ok := s.load("resourceRules", n, at); ok {
		s.resource, s.resourceAt = cfg.ResourceRules, placeOf(at, n)
	}
}

// load passes n, under a key of the adapter's configuration, to the adapter's loader.
func (s *Config) load(under string, n *yaml.Node, at model.Place) (*adapterconfig.MetricsDiscoveryConfig, bool) {
	root := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: n.Line, Content: []*yaml.Node{
		{Kind: yaml.ScalarNode, Tag: "!!str", Value: under, Line: n.Line}, n,
	}}
	text, err := krm.EncodeNode(root)
	if err == nil {
		var cfg *adapterconfig.MetricsDiscoveryConfig
		if cfg, err = adapterconfig.FromYAML(text); err == nil {
			return cfg, true
		}
	}
	s.broken = true
	for _, p := range refusals(root, model.Place{Line: at.Line}, err) {
		p.Place.Field = at.Field + strings.TrimPrefix(p.Place.Field, under)
		p.Place.Object, p.Place.File, p.Place.Index = at.Object, at.File, at.Index
		s.Problems.Add(p)
	}
	return nil, false
}

// defaultRules are the rules that the chart adds for rules.default: the rates of container counters, container gauges, and
// every other series with a namespace, with counters as rates.
func defaultRules() []adapterconfig.DiscoveryRule {
	var (
		containers = `{__name__=~"^container_.*",container!="POD",namespace!="",pod!=""}`
		others     = `{namespace!="",__name__!~"^container_.*"}`
		pods       = adapterconfig.ResourceMapping{Overrides: map[string]adapterconfig.GroupResource{
			"namespace": {Resource: "namespace"},
			"pod":       {Resource: "pod"},
		}}
		labelled = adapterconfig.ResourceMapping{Template: "<<.Resource>>"}
	)
	rule := func(series, isNot string, res adapterconfig.ResourceMapping, matches string) adapterconfig.DiscoveryRule {
		matchers := "<<.LabelMatchers>>"
		if series == containers {
			matchers += `,container!="POD"`
		}
		value := "<<.Series>>{" + matchers + "}"
		if strings.HasSuffix(matches, "_total$") {
			value = "rate(" + value + "[5m])"
		}
		r := adapterconfig.DiscoveryRule{
			SeriesQuery: series, Resources: res, Name: adapterconfig.NameMapping{Matches: matches},
			MetricsQuery: "sum(" + value + ") by (<<.GroupBy>>)",
		}
		if isNot != "" {
			r.SeriesFilters = []adapterconfig.RegexFilter{{IsNot: isNot}}
		}
		return r
	}
	return []adapterconfig.DiscoveryRule{
		rule(containers, "", pods, "^container_(.*)_seconds_total$"),
		rule(containers, "^container_.*_seconds_total$", pods, "^container_(.*)_total$"),
		rule(containers, "^container_.*_total$", pods, "^container_(.*)$"),
		rule(others, ".*_total$", labelled, ""),
		rule(others, ".*_seconds_total", labelled, "^(.*)_total$"),
		rule(others, "", labelled, "^(.*)_seconds_total$"),
	}
}

// chartRules reads chart values in a Flux HelmRelease or an Argo CD Application.
func chartRules(g *chain.Graph) []*Config {
	var sets []*Config
	for _, it := range g.Items {
		at := it.Place.Child("spec")
		switch it.Place.Object.Kind {
		case "HelmRelease":
			spec := krm.Get(it.Node(), "spec")
			values, elsewhere := krm.Get(spec, "values"), krm.Get(spec, "valuesFrom")
			if krm.Text(spec, "chart", "spec", "chart") == adapterChart && (elsewhere == nil || krm.Get(values, "rules") != nil) {
				sets = append(sets, readValues(values, at.Child("values"))...)
			}
		case "Application":
			spec := krm.Get(it.Node(), "spec")
			sets = append(sets, applicationRules(krm.Get(spec, "source"), at.Child("source"))...)
			if list := krm.Get(spec, "sources"); list != nil && list.Kind == yaml.SequenceNode {
				for i, n := range list.Content {
					sets = append(sets, applicationRules(n, at.Child("sources").Item(i))...)
				}
			}
		}
	}
	return sets
}

func applicationRules(source *yaml.Node, at model.Place) []*Config {
	if krm.Text(source, "chart") != adapterChart {
		return nil
	}
	helm, at := krm.Get(source, "helm"), at.Child("helm")
	if values := krm.Get(helm, "valuesObject"); values != nil {
		return readValues(values, at.Child("valuesObject"))
	}
	if text := krm.Text(helm, "values"); text != "" {
		return readRules(Text{Place: at.Child("values"), Text: []byte(text)})
	}
	if krm.Get(helm, "valueFiles") != nil || krm.Get(helm, "parameters") != nil {
		return nil
	}
	return readValues(nil, at)
}
