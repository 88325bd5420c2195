package gen

import (
	"net/netip"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// mount is an entry of mgwConfigMaps or mgwSecrets in mgw-deployment-configs (pkg/vol of the operator).
type mount struct {
	Name          string `json:"name"`
	MountLocation string `json:"mountLocation"`
	SubPath       string `json:"subPath"`
	Namespace     string `json:"namespace"`
	AsEnvVar      bool   `json:"asEnvVar"`
	Context       string `json:"context"`
}

// podBuilder adds to the pods of a gateway what mgw-deployment-configs and the gateway kind specify.
type podBuilder struct {
	*gatewayBuilder
	// paths and names are the mount paths and volume names in use; sources are the volume names by the mounted object.
	paths, names map[string]bool
	sources      map[string]string
}

func (g *gatewayBuilder) buildPods() {
	b := podBuilder{g, map[string]bool{}, map[string]bool{}, map[string]string{}}
	cm := g.deploymentConfigs
	g.kind.volumes(&b)
	for _, k := range []struct{ key, kind string }{{"mgwConfigMaps", "ConfigMap"}, {"mgwSecrets", "Secret"}} {
		var mounts []mount
		decodeList(cm, k.key, &mounts)
		for i, m := range mounts {
			b.add(k.kind, m, cm.at(k.key).Item(i))
		}
	}
}

// buildAliases reads hostAliases. The ConfigMap in the operator's namespace takes precedence, even if mounts come from another one
// (getHostAliases, pkg/mgw/api.go of the operator).
func (g *gatewayBuilder) buildAliases() {
	g.deploymentConfigs = g.config(deploymentConfigs, []string{"hostAliases", "mgwConfigMaps", "mgwSecrets"})
	cm := g.deploymentConfigs
	system := referrer{g.in.item, []string{systemNamespace}}
	if it := g.items.find("ConfigMap", deploymentConfigs, system, g.in.place, g.ps); it != nil && it != cm.item {
		if cm.text("hostAliases") != "" {
			g.ps.Warnf(model.InputIgnored, cm.at("hostAliases"), "has no effect: host aliases are read from %s", it.Place.Object)
		}
		g.configs = append(g.configs, it)
		cm = readConfig(it, nil, g.ps)
	}
	decodeList(cm, "hostAliases", &g.hostAliases)
	for i, alias := range g.hostAliases {
		if _, err := netip.ParseAddr(alias.IP); err != nil {
			g.ps.Valuef(model.GatewayConfig, cm.at("hostAliases").Item(i).Child("ip"), alias.IP,
				"%q is not a valid IP address", alias.IP)
		}
		for j, host := range alias.Hostnames {
			if len(validation.IsDNS1123Subdomain(host)) > 0 {
				g.ps.Valuef(model.GatewayConfig, cm.at("hostAliases").Item(i).Child("hostnames").Item(j), host,
					"%q is not a valid host name", host)
			}
		}
	}
}

// decodeList reads the YAML list in a key of a ConfigMap. A text with only comments is an empty list.
func decodeList[T any](cm configMap, key string, out *[]T) {
	at := cm.at(key).At(1)
	n, ps := krm.ParseValues(cm.data[key], at)
	cm.ps.Add(ps...)
	if krm.IsNull(n) {
		return
	}
	cm.ps.Add(krm.Decode(n, at, out)...)
}

// add adds one ConfigMap or Secret. Entries for the image build and for APIs of other namespaces do not apply.
func (b *podBuilder) add(kind string, m mount, at model.Place) {
	switch {
	case m.Context != "" && !strings.EqualFold(m.Context, "default"):
		b.ps.Infof(model.InputIgnored, at.Child("context"),
			"%q controlled the operator's image build; the entry has no effect", m.Context)
		return
	case m.Namespace != "" && !applies(m.Namespace, b.in.refs):
		return
	case m.Name == "":
		b.ps.Errorf(model.InputRequired, at.Child("name"), "is missing; set the name of a %s", kind)
		return
	case len(validation.IsDNS1123Subdomain(m.Name)) > 0:
		b.ps.Valuef(model.InputName, at.Child("name"), m.Name, "%q is not a valid name of a %s", m.Name, kind)
		return
	}
	if it := b.items.find(kind, m.Name, b.in.referrer(), at.Child("name"), b.ps); it != nil {
		m.Name = it.Ref().Name
	} else if others := b.items.named(kind, m.Name); len(others) > 0 {
		b.ps.Errorf(model.InputReference, at.Child("name"),
			"%s is in another namespace than %s, whose pods cannot read it; add a copy to namespace %s",
			others[0].Place.Object, b.in.place.Object, model.NamespaceOf(b.ref.Namespace))
		return
	}
	if !m.AsEnvVar {
		b.mount(kind, m, at)
		return
	}
	from := corev1.EnvFromSource{}
	if ref := (corev1.LocalObjectReference{Name: m.Name}); kind == "Secret" {
		from.SecretRef = &corev1.SecretEnvSource{LocalObjectReference: ref}
	} else {
		from.ConfigMapRef = &corev1.ConfigMapEnvSource{LocalObjectReference: ref}
	}
	b.envFrom = append(b.envFrom, from)
}

// mount mounts a ConfigMap or Secret as files, by the rules of ValidateVolumeMounts
// (k8s.io/kubernetes/pkg/apis/core/validation).
func (b *podBuilder) mount(kind string, m mount, at model.Place) {
	path := at.Child("mountLocation")
	switch {
	case !strings.HasPrefix(m.MountLocation, "/") || strings.Contains(m.MountLocation, ":") ||
		strings.Trim(m.MountLocation, "/") == "":
		b.ps.Valuef(model.GatewayConfig, path, m.MountLocation,
			"%q is not a valid mount path; use an absolute path other than the root", m.MountLocation)
		return
	case b.paths[m.MountLocation]:
		b.ps.Valuef(model.GatewayConfig, path, m.MountLocation, "%q is mounted twice; choose another path", m.MountLocation)
		return
	case strings.HasPrefix(m.SubPath, "/") || strings.Contains("/"+m.SubPath+"/", "/../"):
		b.ps.Valuef(model.GatewayConfig, at.Child("subPath"), m.SubPath, `%q must be a relative path without ".."`, m.SubPath)
		return
	}
	b.paths[m.MountLocation] = true
	source := kind + "/" + m.Name
	if b.sources[source] == "" {
		volume := corev1.Volume{Name: volumeName(kind, m.Name, b.names)}
		if kind == "Secret" {
			volume.Secret = &corev1.SecretVolumeSource{SecretName: m.Name}
		} else {
			volume.ConfigMap = &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: m.Name}}
		}
		b.sources[source] = volume.Name
		b.volumes = append(b.volumes, volume)
	}
	b.mounts = append(b.mounts, corev1.VolumeMount{
		Name: b.sources[source], MountPath: m.MountLocation, SubPath: m.SubPath, ReadOnly: true,
	})
}

// applies reports whether an entry for namespace applies to an API with refs.
func applies(namespace string, refs []model.Ref) bool {
	for _, r := range refs {
		if strings.EqualFold(model.NamespaceOf(r.Namespace), namespace) {
			return true
		}
	}
	return false
}
