package gen

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// The adapter reads its rules once, when it starts. A change of the rules must change its pods: kustomize appends a hash to
// the name of the ConfigMap, wherever the pods are that mount it; elsewhere a checksum goes into their template.

// needsHashAnnotation makes kustomize append a hash of the content to the name of an object, and rewrite references to
// it. It is what kustomize sets itself on what its configMapGenerator makes (api/internal/utils/annotations.go); the
// documented annotation kustomize.config.k8s.io/needs-hash has an effect on the output of generators only.
const needsHashAnnotation = "internal.config.kubernetes.io/needsHashSuffix"

// functionAnnotation is how an object tells kustomize by which function it is to be read.
const functionAnnotation = "config.kubernetes.io/function"

// inKustomize tells whether kustomize runs the program. Its items have an ID; a generator has none but the functionConfig
// itself, which kpt would hand over with the path of its file.
func inKustomize(items []*krm.Item, config *krm.Item) bool {
	if slices.ContainsFunc(items, func(it *krm.Item) bool { return it.Annotations[kustomizeID] != "" }) {
		return true
	}
	return config != nil && config.Annotations[functionAnnotation] != "" && config.Annotations[krm.IndexAnnotation] == "" &&
		slices.ContainsFunc(items, func(it *krm.Item) bool {
			return it.Place.Object == config.Place.Object && it.Annotations[krm.IndexAnnotation] != "" && it.FilePath() == ""
		})
}

// rollOut finds the pods that read the rules, and makes them new when the rules change.
func (a *adapterConfig) rollOut(src *source, opts options, ps *model.Problems) {
	var idle []*krm.Item
	if a.own != nil {
		a.ref = a.own.Ref()
	}
	readers := a.readers(src, &idle)
	a.hashed = src.kustomize && !opts.adapter.keepName
	for _, it := range readers {
		if a.own == nil {
			// kustomize may have moved the adapter to another namespace, where a pod sees no other ConfigMaps.
			a.ref.Namespace = it.Ref().Namespace
		}
		if !a.hashed {
			sum := sha256.Sum256([]byte(a.text))
			src.checksums[it] = hex.EncodeToString(sum[:])
		}
	}
	switch {
	case len(readers) > 0:
	case len(idle) > 0:
		ps.Warnf(model.AdapterConfig, idle[0].Place, "mounts no ConfigMap %s, which is going to hold the rules; "+
			"mount it, or write the name and namespace of the one that is mounted to spec.metrics.adapter", a.ref)
	case a.hashed && len(src.apis)+len(src.endpoints) > len(opts.apis):
		ps.Infof(model.AdapterConfig, opts.place, "kustomize appends a hash to the name of the ConfigMap %s, and no pod template among the "+
			"items mounts it; if the adapter is not in the same build, write spec.metrics.adapter.disableNameSuffixHash: true", a.ref)
	}
}

// readers are the items whose pods mount the ConfigMap, in a stable order. Those that run the adapter and do not are
// added to idle.
func (a *adapterConfig) readers(src *source, idle *[]*krm.Item) []*krm.Item {
	var all []*krm.Item
	for _, kind := range []string{"DaemonSet", "Deployment", "StatefulSet"} {
		for _, it := range src.items[kind+"|*"] {
			spec := krm.Get(krm.Get(krm.Get(it.Node, "spec"), "template"), "spec")
			inNamespace := slices.ContainsFunc(it.Refs(), func(r model.Ref) bool { return defaulted(r.Namespace) == defaulted(a.ref.Namespace) })
			switch {
			case inNamespace && mounts(spec, a.ref.Name):
				all = append(all, it)
			case runsAdapter(spec):
				*idle = append(*idle, it)
			}
		}
	}
	order := func(a, b *krm.Item) int { return cmp.Compare(a.Place.Object.String(), b.Place.Object.String()) }
	slices.SortStableFunc(all, order)
	slices.SortStableFunc(*idle, order)
	return all
}

// mounts tells whether the pods of a spec have a volume with the ConfigMap of a name.
func mounts(spec *yaml.Node, name string) bool {
	for _, v := range elements(krm.Get(spec, "volumes")) {
		if krm.Text(v, "configMap", "name") == name {
			return true
		}
		for _, s := range elements(krm.Get(krm.Get(v, "projected"), "sources")) {
			if krm.Text(s, "configMap", "name") == name {
				return true
			}
		}
	}
	return false
}

// runsAdapter tells whether a container of a pod has an image of prometheus-adapter.
func runsAdapter(spec *yaml.Node) bool {
	return slices.ContainsFunc(elements(krm.Get(spec, "containers")), func(c *yaml.Node) bool {
		return strings.Contains(path.Base(krm.Text(c, "image")), "prometheus-adapter")
	})
}

// elements are those of a list.
func elements(n *yaml.Node) []*yaml.Node {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}
