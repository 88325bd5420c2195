package gen

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/prometheus-adapter/pkg/config"

	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/hpa"
)

// sameMetric reports whether both rules name one metric literally, for a resource that both map. Every rule maps the namespace,
// so the namespace does not count.
func (e ruleEntry) sameMetric(other ruleEntry) bool {
	if e.Name.As != other.Name.As || strings.Contains(strings.ReplaceAll(e.Name.As, "$$", ""), "$") || e.Name.As == "" {
		return false
	}
	if e.section == externalRules || e.Resources.Template != "" && other.Resources.Template != "" {
		return true
	}
	return e.mapsOneOf(other.Resources) || other.mapsOneOf(e.Resources)
}

func (e ruleEntry) mapsOneOf(m config.ResourceMapping) bool {
	for _, r := range m.Overrides {
		kind := schema.GroupKind{Group: r.Group, Kind: r.Resource}
		if (len(m.Overrides) == 1 || !isResource(r.Resource, "namespace")) && e.maps(kind) {
			return true
		}
	}
	return false
}

// maps reports whether the rule has a label for objects of a kind. The kind can also be the name of its resource.
func (e ruleEntry) maps(kind schema.GroupKind) bool {
	if e.Resources.Template != "" {
		return true
	}
	for _, r := range e.Resources.Overrides {
		if isResource(r.Resource, kind.Kind) && (r.Group == kind.Group || r.Group == "" || kind.Group == "") {
			return true
		}
	}
	return false
}

// isResource reports whether both name one resource, in the singular or plural.
func isResource(a, b string) bool {
	plural := func(name string) string {
		p, _ := meta.UnsafeGuessKindToResource(schema.GroupVersionKind{Kind: name})
		return p.Resource
	}
	return strings.EqualFold(a, b) || plural(a) == strings.ToLower(b) || plural(b) == strings.ToLower(a)
}

// written returns the index of a user's rule that serves n, -1 for none.
func (s *ruleSet) written(n hpa.Need, opts adapterOptions) int {
	candidates := opts.candidates(n)
	return slices.IndexFunc(s.rules, func(e ruleEntry) bool {
		return e.written() && e.section == sectionOf(n) && (n.External || e.maps(n.Object)) &&
			adapter.Serves(e.DiscoveryRule, n.Metric, candidates)
	})
}

// candidates returns the series that the name of a metric suggests. A rule with a pattern serves any series that match.
func (a *adapterOptions) candidates(n hpa.Need) []string {
	f, _ := a.formulas.For(n)
	return []string{f.Series, f.Series + "_total", n.Metric}
}
