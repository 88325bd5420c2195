package adapter

import (
	"slices"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Setup is what the input tells of prometheus-adapter: which pods run it, and by which rules.
type Setup struct {
	graph     *chain.Graph
	Instances []Instance
	Configs   []*Config
	// Custom finds the rules of all configurations for Pods and Object metrics, external those for External ones.
	Custom, External *Index
	// known reports whether all rules that adapters read are known.
	known lookup.Lazy[bool]
	// registered is an API that an adapter serves.
	registered lookup.Lazy[Registration]
}

// KnowsRules reports whether there are rules, and all configurations that adapters read are known and sound.
func (su *Setup) KnowsRules() bool { return su.known.Get(su.findKnown) }

func (su *Setup) findKnown() bool {
	read := 0
	for _, s := range su.Configs {
		if s.UnusedReason != "" {
			continue
		}
		if s.broken {
			// The problems of the configuration say that the adapter does not start; nothing follows from the rules that were read.
			return false
		}
		read++
	}
	return len(su.Configs) > 0 && (read > 0 || !su.mountsUnknown())
}

// mountsUnknown reports whether an adapter in the input reads a configuration that is not.
func (su *Setup) mountsUnknown() bool {
	return slices.ContainsFunc(su.Instances, func(a Instance) bool {
		var ps model.Problems
		cm, _, certain := su.configOf(a, &ps)
		return cm == nil && !certain
	})
}

// Registration is a group of the API and the Service behind it.
type Registration struct{ Group, Service string }

// Registration is an API that an adapter in the input serves.
func (su *Setup) Registration() Registration {
	return su.registered.Get(func() Registration {
		for _, group := range []string{chain.CustomMetrics, chain.ExternalMetrics, chain.ResourceMetrics} {
			for _, a := range su.graph.APIs.Of(group) {
				if slices.ContainsFunc(su.graph.Services.All, func(s *chain.Service) bool {
					return s.Item.Place.Object.Name == a.Service.Name && len(su.Behind(s)) > 0
				}) {
					return Registration{group, a.Service.Name}
				}
			}
		}
		return Registration{}
	})
}

// New finds the adapters and their configurations among the objects and in texts.
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
	return su
}
