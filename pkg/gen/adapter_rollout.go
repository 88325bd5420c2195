package gen

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/check/adapter"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// The adapter reads its rules once, when it starts, so a change of the rules must change its pods. kustomize appends a hash to
// the ConfigMap name and rewrites the reference. Elsewhere, the pod template gets a checksum. A name with a hash does not help
// pods outside the kustomization, which still mount the plain name.

// needsHashAnnotation makes kustomize append a hash of the content to the name of an object, and rewrite references to it.
// kustomize sets it on the output of its configMapGenerator (api/internal/utils/annotations.go); the documented annotation
// kustomize.config.k8s.io/needs-hash only affects the output of generators.
const needsHashAnnotation = "internal.config.kubernetes.io/needsHashSuffix"

// functionAnnotation names the function that kustomize runs for an object.
const functionAnnotation = "config.kubernetes.io/function"

// inKustomize reports whether kustomize runs krm-fn. Its items have an ID. A generator gets no items except the functionConfig
// itself, which kpt would pass with the path of its file.
func inKustomize(items []*krm.Item, config *krm.Item) bool {
	if slices.ContainsFunc(items, func(it *krm.Item) bool { return it.Annotations[kustomizeID] != "" }) {
		return true
	}
	return config != nil && config.Annotations[functionAnnotation] != "" && config.Annotations[krm.IndexAnnotation] == "" &&
		slices.ContainsFunc(items, func(it *krm.Item) bool {
			return it.Place.Object == config.Place.Object && it.Annotations[krm.IndexAnnotation] != "" && it.FilePath() == ""
		})
}

// rollOut finds the pods that read the rules, puts the rules where these pods read them, and restarts the pods when the rules
// change.
func (a *adapterBuilder) rollOut(src *source, opts options, ps *model.Problems) {
	a.ref = a.present(src)
	readers, idle := src.readers(a.ref)
	a.inInput = len(readers) > 0
	a.hashed = src.kustomize && len(readers) > 0
	if h := opts.adapter.hash; h != nil {
		a.hashed = src.kustomize && *h
	}
	for _, it := range readers {
		// kustomize might have moved the adapter to another namespace; its pods can only mount ConfigMaps of that namespace.
		a.ref.Namespace = it.Ref().Namespace
		if !a.hashed {
			sum := sha256.Sum256([]byte(a.text))
			a.checksums[it] = hex.EncodeToString(sum[:])
		}
	}
	switch {
	case len(readers) > 0:
	case len(idle) > 0:
		ps.Errorf(model.AdapterConfig, idle[0].Place,
			"does not mount ConfigMap %s, which will contain the rules; mount it, or set spec.metrics.adapter to the name "+
				"and namespace of the mounted one", a.ref)
	case !opts.adapter.named:
		// A prefix or suffix of this kustomization might apply to the adapter, too, wherever it is.
		i := slices.IndexFunc(src.renamed, func(it *krm.Item) bool { return it.Refs()[1].Name != it.Ref().Name })
		if i >= 0 {
			ps.Infof(model.AdapterConfig, opts.place,
				"kustomize renamed objects such as %s, but the rules are in ConfigMap %s, which no pods in the input mount; "+
					"set spec.metrics.adapter to the name and namespace that prometheus-adapter mounts", src.renamed[i].Place.Object, a.ref)
		}
	}
}

// present returns the current name of the ConfigMap, if a user wrote one, or if an inner kustomization rendered one that pods
// mount: kustomize might have renamed it.
func (a *adapterBuilder) present(src *source) model.Ref {
	if a.own != nil {
		return a.own.Ref()
	}
	for _, it := range src.fragments {
		if readers, _ := src.readers(it.Ref()); len(readers) > 0 && isOrWas(it, a.ref) {
			return it.Ref()
		}
	}
	return a.ref
}

// isOrWas reports whether an item has a name, or had it before kustomize renamed the item.
func isOrWas(it *krm.Item, ref model.Ref) bool {
	return slices.ContainsFunc(it.Refs(), func(r model.Ref) bool {
		return r.Name == ref.Name && model.NamespaceOf(r.Namespace) == model.NamespaceOf(ref.Namespace)
	})
}

// readers returns the items whose pods mount a ConfigMap, and as idle those that run the adapter but do not mount it, in a
// stable order.
func (src *source) readers(ref model.Ref) (readers, idle []*krm.Item) {
	for _, kind := range []string{"DaemonSet", "Deployment", "StatefulSet"} {
		for _, it := range src.items[kind+"|*"] {
			spec := krm.Get(krm.Get(krm.Get(it.Node(), "spec"), "template"), "spec")
			switch {
			case mounts(spec, ref.Name) && slices.ContainsFunc(it.Refs(), func(r model.Ref) bool {
				return model.NamespaceOf(r.Namespace) == model.NamespaceOf(ref.Namespace)
			}):
				readers = append(readers, it)
			case runsAdapter(spec):
				idle = append(idle, it)
			}
		}
	}
	order := func(a, b *krm.Item) int { return cmp.Compare(a.Place.Object.String(), b.Place.Object.String()) }
	slices.SortStableFunc(readers, order)
	slices.SortStableFunc(idle, order)
	return readers, idle
}

// mounts reports whether a pod spec has a volume with the named ConfigMap.
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

// runsAdapter reports whether a container of a pod runs prometheus-adapter.
func runsAdapter(spec *yaml.Node) bool {
	return slices.ContainsFunc(elements(krm.Get(spec, "containers")), func(c *yaml.Node) bool {
		var args []string
		for _, n := range slices.Concat(elements(krm.Get(c, "command")), elements(krm.Get(c, "args"))) {
			args = append(args, n.Value)
		}
		return adapter.Runs(krm.Text(c, "image"), args)
	})
}

// elements returns the elements of a list.
func elements(n *yaml.Node) []*yaml.Node {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}
