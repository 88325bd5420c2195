package adapter

import (
	"maps"
	"path"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v3"
	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// configMapRules reads the ConfigMaps that adapters mount, and those that look like a configuration. The problems are those of
// adapters that find none.
func (su *Setup) configMapRules(ps *model.Problems) []*Config {
	var sets []*Config
	read := map[string]bool{}
	resolved := true
	for _, a := range su.Instances {
		cm, key, ok := su.configOf(a, ps)
		if cm == nil {
			resolved = resolved && ok
			continue
		}
		if id := cm.Place.Object.String() + "/" + key; !read[id] {
			read[id] = true
			sets = append(sets, readConfigMap(cm, key))
		}
	}
	for _, it := range su.graph.Items {
		for _, key := range configKeys(it) {
			if read[it.Place.Object.String()+"/"+key] {
				continue
			}
			s := readConfigMap(it, key)
			if len(su.Instances) > 0 && resolved {
				s.UnusedReason = "no adapter in the input mounts the ConfigMap"
			}
			sets = append(sets, s)
		}
	}
	return sets
}

func readConfigMap(it *krm.Item, key string) *Config {
	at := it.Place.Child("data").Child(key)
	text := krm.Text(it.Field("data"), key)
	return readConfig(Text{Place: at, Text: []byte(text)}, it.Place.Object.String())
}

// configKeys returns the keys of a ConfigMap that contain a configuration of the adapter.
func configKeys(it *krm.Item) []string {
	if it.Place.Object.Kind != "ConfigMap" || it.Place.Object.APIVersion != "v1" {
		return nil
	}
	data := krm.TextMap(it.Field("data"))
	return slices.DeleteFunc(slices.Sorted(maps.Keys(data)), func(key string) bool {
		return (key != "config.yaml" || !isAdapterName(it.Place.Object.Name)) && !hasConfig(data[key], it.Place)
	})
}

// hasConfig reports whether a text is a configuration of the adapter. It parses only texts that may contain one of its keys,
// possibly written with an escape.
func hasConfig(text string, at model.Place) bool {
	if !strings.Contains(text, "ules") && !strings.Contains(text, "\\") {
		return false
	}
	docs, ps := krm.ParseAll(text, at)
	return !ps.HasErrors() && len(docs) > 0 && looksLikeConfig(docs[0].Root)
}

func isAdapterName(name string) bool {
	return name == "adapter-config" || strings.Contains(name, "prometheus-adapter")
}

// looksLikeConfig distinguishes the adapter's rules from those of other programs that use the same key.
func looksLikeConfig(root *yaml.Node) bool {
	if krm.Get(root, "externalRules") != nil {
		return true
	}
	if cpu := krm.Get(krm.Get(root, "resourceRules"), "cpu"); krm.Get(cpu, "containerQuery") != nil {
		return true
	}
	rules := krm.Get(root, "rules")
	return rules != nil && rules.Kind == yaml.SequenceNode && slices.ContainsFunc(rules.Content, isRule)
}

func isRule(n *yaml.Node) bool {
	return krm.Get(n, "seriesQuery") != nil || krm.Get(n, "metricsQuery") != nil
}

// configOf follows --config through the volume mounts of an adapter to a key of a ConfigMap. If it finds none, ok tells
// whether it is certain that no other ConfigMap in the input is the right one.
func (su *Setup) configOf(a Instance, ps *model.Problems) (cm *krm.Item, key string, ok bool) {
	if !a.known {
		return nil, "", false
	}
	if a.file == "" && a.isOld() {
		return nil, "", false
	}
	if a.file == "" {
		ps.Errorf(model.RuleMissing, a.At.Child("args"),
			"has no --config; the adapter does not start; add --config=/etc/adapter/config.yaml")
		return nil, "", true
	}
	mount, rel, found := mountOf(a.Container, a.file)
	if !found {
		ps.Errorf(model.RuleMissing, a.At.Child("volumeMounts"),
			"has no mount that contains %s, which --config names; the adapter does not start", a.file)
		return nil, "", true
	}
	volumes := a.Workload.Template.Whole.Spec.Volumes
	i := slices.IndexFunc(volumes, func(v corev1.Volume) bool { return v.Name == mount.Name })
	if i < 0 {
		var names []string
		for _, v := range volumes {
			names = append(names, v.Name)
		}
		ps.Errorf(model.RuleMissing, a.At.Child("volumeMounts"), "mounts volume %q, which the pod does not have%s", mount.Name,
			krm.DidYouMean(mount.Name, names))
		return nil, "", true
	}
	v := volumes[i].ConfigMap
	if v == nil {
		return nil, "", false
	}
	at := a.Workload.Item.Place.Child("spec").Child("template").Child("spec").Child("volumes").Item(i).Child("configMap")
	return su.configIn(a, v, rel, at, ps)
}

// configIn finds the file at a path of a volume.
func (su *Setup) configIn(
	a Instance, v *corev1.ConfigMapVolumeSource, file string, at model.Place, ps *model.Problems,
) (cm *krm.Item, key string, ok bool) {
	key, projected := keyOf(v.Items, file)
	if !projected {
		ps.Errorf(model.RuleMissing, at.Child("items"),
			"puts no key at path %q, which --config=%s requires; the adapter does not start", file, a.file)
		return nil, "", true
	}
	cm, elsewhere := configMap(su.graph, v.Name, a.Workload.Item)
	switch {
	case cm == nil && elsewhere != nil:
		ps.Errorf(model.RuleMissing, at.Child("name"),
			"refers to ConfigMap %q in namespace %q, but a pod can mount only ConfigMaps from its own namespace, %q",
			v.Name, model.NamespaceOf(elsewhere.Place.Object.Namespace),
			model.NamespaceOf(a.Workload.Item.Place.Object.Namespace))
		return nil, "", true
	case cm == nil:
		su.checkName(v.Name, at, ps)
		return nil, "", false
	}
	data := krm.TextMap(cm.Field("data"))
	if _, has := data[key]; !has {
		ps.Errorf(model.RuleMissing, at,
			"mounts ConfigMap %q, which has no key %q, the file of --config=%s; the adapter does not start%s",
			v.Name, key, a.file, krm.DidYouMean(key, slices.Sorted(maps.Keys(data))))
		return nil, "", true
	}
	return cm, key, true
}

// checkName reports a ConfigMap that is not in the input, if others with rules are.
func (su *Setup) checkName(name string, at model.Place, ps *model.Problems) {
	var names []string
	for _, it := range su.graph.Items {
		if len(configKeys(it)) > 0 {
			names = append(names, it.Place.Object.Name)
		}
	}
	if len(names) == 0 {
		return
	}
	ps.Warnf(model.RuleMissing, at.Child("name"),
		"refers to ConfigMap %q, which is not in the input, while %s contains rules that no adapter in the input reads%s",
		name, strings.Join(names, ", "), krm.DidYouMean(name, names))
}

// configMap finds a ConfigMap for pods by its present name or one before kustomize renamed it. elsewhere is one in another
// namespace.
func configMap(g *chain.Graph, name string, pods *krm.Item) (cm, elsewhere *krm.Item) {
	for _, it := range g.Items {
		isNamed := func(r model.Ref) bool { return r.Name == name }
		if it.Place.Object.Kind != "ConfigMap" || !slices.ContainsFunc(it.Refs(), isNamed) {
			continue
		}
		if chain.MayShareNamespace(it, pods) {
			return it, nil
		}
		elsewhere = it
	}
	return nil, elsewhere
}

// mountOf returns the mount that contains a file, and the path of the file in the volume.
func mountOf(c *corev1.Container, file string) (mount corev1.VolumeMount, rel string, found bool) {
	longest := -1
	for _, m := range c.VolumeMounts {
		dir := path.Clean(m.MountPath)
		rest, under := strings.CutPrefix(path.Clean(file), strings.TrimSuffix(dir, "/")+"/")
		if path.Clean(file) == dir {
			rest, under = "", true
		}
		if under && len(dir) > longest {
			longest, mount, rel, found = len(dir), m, path.Join(m.SubPath, rest), true
		}
	}
	return mount, rel, found
}

// keyOf returns the ConfigMap key that is projected to a path.
func keyOf(items []corev1.KeyToPath, file string) (string, bool) {
	if len(items) == 0 {
		return file, true
	}
	for _, i := range items {
		if path.Clean(i.Path) == file {
			return i.Key, true
		}
	}
	return "", false
}
