package gen

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/prometheus-adapter/pkg/config"

	"github.com/krm-fn/krm-fn/pkg/hpa"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// ruleFile is a configuration of prometheus-adapter from the input.
type ruleFile struct {
	item  *krm.Item
	place model.Place
	text  string
	// doc contains the document and its comments; config is what the adapter reads from it.
	doc    *yaml.Node
	config *config.MetricsDiscoveryConfig
	// written means that a user wrote it, not another run of krm-fn; policy means that it is in hpa-configs.
	written, policy bool
}

// ruleFragments returns the ConfigMaps with rules that other runs rendered and no run has merged yet, in a stable order.
func ruleFragments(items []*krm.Item, s scope) []*krm.Item {
	var all []*krm.Item
	for _, it := range items {
		if isConfigMap(it) && Owner(it) != "" && it.Annotations[rulesAnnotation] == "true" &&
			it.Annotations[renderedAnnotation] == "" && s.elsewhere(it) {
			all = append(all, it)
		}
	}
	slices.SortFunc(all, func(a, b *krm.Item) int {
		return cmp.Or(cmp.Compare(a.Ref().String(), b.Ref().String()), cmp.Compare(a.Place.File, b.Place.File),
			bytes.Compare(a.Text(), b.Text()))
	})
	return all
}

func isConfigMap(it *krm.Item) bool {
	return it.Place.Object.Kind == "ConfigMap" && it.Place.Object.APIVersion == "v1"
}

// ownConfig returns the ConfigMap that a user wrote in the place of the one to render, nil if there is none.
func (src *source) ownConfig(opts options, ps *model.Problems) *krm.Item {
	from := referrer{opts.config, []string{opts.adapter.ref.Namespace}}
	it := src.items.find("ConfigMap", opts.adapter.ref.Name, from, opts.place, ps)
	if it == nil || src.scope.elsewhere(it) {
		return nil
	}
	return it
}

// ruleFiles reads the rules in the input: the adapter's own configuration first, then other ConfigMaps of users and the key of
// hpa-configs, then the rules that other runs rendered.
func (src *source) ruleFiles(own *krm.Item, local map[*krm.Item]bool, opts options, ps *model.Problems) []ruleFile {
	var files []ruleFile
	read := func(it *krm.Item, written bool, keys ...string) {
		data, more := configMapData(it)
		ps.Add(more...)
		for _, key := range slices.Sorted(maps.Keys(data)) {
			if len(keys) > 0 && !slices.Contains(keys, key) {
				continue
			}
			f := readRules(data[key], it.Place.Child("data").Child(key), ps)
			f.item, f.written, f.policy = it, written, slices.Contains(keys, hpa.RulesKey)
			if f.doc != nil {
				files = append(files, f)
			}
		}
	}
	if own != nil {
		read(own, true, opts.adapter.key)
	}
	configMaps := slices.Clone(src.items["ConfigMap|*"])
	slices.SortStableFunc(configMaps, func(a, b *krm.Item) int { return cmp.Compare(a.Ref().String(), b.Ref().String()) })
	for _, it := range configMaps {
		if it != own && !src.scope.elsewhere(it) {
			checkAnnotations(it, ps)
		}
		switch {
		case it == own || src.scope.elsewhere(it):
		case choice(it, rulesAnnotation, []string{"true", "false"}, ps) == "true":
			read(it, true)
		case local[it] && it.Mentions(hpa.RulesKey):
			read(it, true, hpa.RulesKey)
		}
	}
	for _, it := range src.fragments {
		read(it, false)
	}
	return files
}

// readRules reads a configuration of the adapter. Its doc is nil if the configuration is missing or invalid.
func readRules(text string, at model.Place, ps *model.Problems) ruleFile {
	f := ruleFile{place: at, text: text, config: &config.MetricsDiscoveryConfig{}}
	root, more := krm.Parse(text, at.At(1))
	if !more.HasErrors() && !krm.IsNull(root) {
		more.Add(krm.Decode(root, at.At(1), f.config)...)
	}
	ps.Add(more...)
	if more.HasErrors() || krm.IsNull(root) {
		return ruleFile{}
	}
	var doc yaml.Node
	err := yaml.Unmarshal([]byte(text), &doc)
	if err == nil {
		_, err = config.FromYAML([]byte(text))
	}
	if err != nil {
		ps.Errorf(model.AdapterConfig, at, "the adapter cannot read it: %v", err)
		return ruleFile{}
	}
	// Parse has resolved aliases, which would be broken in another document.
	doc.Content = []*yaml.Node{root}
	f.doc = &doc
	return f
}

// lostRules reports the ConfigMap with the rules of another functionConfig of the same package, if this run would replace it
// although the other functionConfig still renders other objects.
func lostRules(rendered map[objectID]*origin, items []*krm.Item, s scope, opts options) model.Problems {
	var ps model.Problems
	for _, it := range items {
		owner := Owner(it)
		if owner == "" || owner == opts.owner || it.Annotations[rulesAnnotation] != "true" || s.elsewhere(it) ||
			rendered[identity(it.Place.Object)] == nil {
			continue
		}
		if slices.ContainsFunc(items, func(other *krm.Item) bool {
			return Owner(other) == owner && !s.elsewhere(other) && rendered[identity(other.Place.Object)] == nil
		}) {
			ps.Errorf(model.OutputConflict, it.Place,
				"contains the rules of %s, which %s would replace; give one of them its own name in "+
					"spec.metrics.adapter.name", owner, opts.owner)
		}
	}
	return ps
}
