package adapter

import (
	"slices"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Setup is the prometheus-adapter of the input: the pods that run it, and its rules.
type Setup struct {
	graph     *chain.Graph
	Instances []Instance
	Configs   []*Config
	// Custom has the rules of all configurations for Pods and Object metrics, External those for External metrics.
	Custom, External *Index
	// KnowsRules reports whether the input contains rules, and all configurations that adapters read are present and valid.
	KnowsRules   bool
	registration lookup.Lazy[Registration]
}

// New finds the adapters and their configurations in the objects and texts, and compiles the rules.
func New(g *chain.Graph, texts []Text, ps *model.Problems) *Setup {
	su := &Setup{graph: g, Instances: findAdapters(g)}
	k := NewKinds(g.Items, g.Minor)
	su.Configs = append(su.configMapRules(ps), chartRules(g)...)
	for _, t := range texts {
		su.Configs = append(su.Configs, readRules(t)...)
	}
	var custom, external []*Rule
	for _, s := range su.Configs {
		for _, r := range slices.Concat(s.custom, s.external) {
			compile(r, k)
		}
		s.compileResource(k)
		custom, external = append(custom, s.custom...), append(external, s.external...)
	}
	su.Custom, su.External = newIndex(custom), newIndex(external)
	su.KnowsRules = su.knowsRules()
	for _, a := range su.Instances {
		su.checkFlags(a, ps)
	}
	return su
}

func (su *Setup) knowsRules() bool {
	used := lookup.Except(su.Configs, func(s *Config) bool { return s.UnusedReason != "" })
	if slices.ContainsFunc(used, func(s *Config) bool { return s.broken }) {
		return false // The adapter does not start, and the problems of the configuration say so.
	}
	// If no configuration is used, the adapters may read one that is not in the input.
	return len(used) > 0 || len(su.Configs) > 0 && !slices.ContainsFunc(su.Instances, func(a Instance) bool {
		var ps model.Problems
		cm, _, certain := su.configOf(a, &ps)
		return cm == nil && !certain
	})
}

// Behind returns the adapters to whose pods a Service leads.
func (su *Setup) Behind(s *chain.Service) []Instance {
	return lookup.Except(su.Instances, func(a Instance) bool { return !s.SelectsPods(a.Workload) })
}

// Registration is an API group, and the Service that an APIService gives it to.
type Registration struct{ Group, Service string }

// Registration returns one of the metrics APIs that the input registers for an adapter in the input.
func (su *Setup) Registration() Registration {
	return su.registration.Get(func() Registration {
		for _, group := range []string{chain.CustomMetrics, chain.ExternalMetrics, chain.ResourceMetrics} {
			for _, a := range su.graph.APIs.Of(group) {
				if s := su.graph.ServiceOf(a.Service); s != nil && len(su.Behind(s)) > 0 {
					return Registration{group, a.Service.Name}
				}
			}
		}
		return Registration{}
	})
}
