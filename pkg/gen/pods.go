package gen

import (
	"fmt"
	"net/netip"
	"regexp"
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

// buildPods adds what mgw-deployment-configs and analytics-config put into the pods of the gateway.
func (g *gateway) buildPods(src *source, in apiInput, ps *model.Problems) {
	cm := configReader{src, in.refs, ps}.get(deploymentConfigs, []string{"hostAliases", "mgwConfigMaps", "mgwSecrets"})
	decodeList(cm, "hostAliases", &g.hostAliases)
	for i, alias := range g.hostAliases {
		if _, err := netip.ParseAddr(alias.IP); err != nil {
			ps.Add(model.Problem{ID: model.GatewayConfig, Severity: model.Error, Place: cm.at("hostAliases").Item(i).Child("ip"), Value: alias.IP,
				Message: fmt.Sprintf("%q is no IP address", alias.IP)})
		}
	}
	taken := map[string]bool{}
	if g.settings.analytics {
		taken[analyticsLocation] = true
		g.volumes = append(g.volumes, corev1.Volume{Name: analyticsVolume, VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}})
		g.mounts = append(g.mounts, corev1.VolumeMount{Name: analyticsVolume, MountPath: analyticsLocation})
	}
	for _, kind := range []struct{ key, kind string }{{"mgwConfigMaps", "ConfigMap"}, {"mgwSecrets", "Secret"}} {
		var mounts []mount
		decodeList(cm, kind.key, &mounts)
		for i, m := range mounts {
			g.mount(src, in, kind.kind, m, cm.at(kind.key).Item(i), taken, ps)
		}
	}
}

// decodeList reads the YAML list in a key of a ConfigMap. A text of comments only is no list.
func decodeList[T any](cm configMap, key string, out *[]T) {
	at := cm.at(key).At(1)
	n, ps := krm.Parse([]byte(cm.data[key]), at)
	cm.ps.Add(ps...)
	if n == nil || krm.IsNull(n) {
		return
	}
	cm.ps.Add(krm.Decode(n, at, out)...)
}

// mount adds one ConfigMap or Secret. Entries for the image build and for APIs of other namespaces do not apply.
func (g *gateway) mount(src *source, in apiInput, kind string, m mount, at model.Place, taken map[string]bool, ps *model.Problems) {
	if m.Context != "" && !strings.EqualFold(m.Context, "default") {
		ps.Infof(model.InputIgnored, at.Child("context"), "%q steered the operator's image build; the entry has no effect here", m.Context)
		return
	}
	if m.Namespace != "" && !applies(m.Namespace, in.refs) {
		return
	}
	if len(validation.IsDNS1123Subdomain(m.Name)) > 0 {
		ps.Add(model.Problem{ID: model.InputName, Severity: model.Error, Place: at.Child("name"), Value: m.Name,
			Message: fmt.Sprintf("%q is no name of a %s", m.Name, kind)})
		return
	}
	name := m.Name
	if it := src.items.find(kind, m.Name, namespacesOf(in.refs)); it != nil {
		name = it.Ref().Name
	} else if others := src.items.named(kind, m.Name); len(others) > 0 {
		ps.Errorf(model.InputReference, at.Child("name"), "%s is in another namespace than %s, whose pods cannot read it; add a copy to namespace %s",
			others[0].Place.Object, in.place.Object, defaulted(in.refs[0].Namespace))
		return
	}
	if m.AsEnvVar {
		from := corev1.EnvFromSource{}
		if ref := (corev1.LocalObjectReference{Name: name}); kind == "Secret" {
			from.SecretRef = &corev1.SecretEnvSource{LocalObjectReference: ref}
		} else {
			from.ConfigMapRef = &corev1.ConfigMapEnvSource{LocalObjectReference: ref}
		}
		g.envFrom = append(g.envFrom, from)
		return
	}
	g.mountVolume(kind, name, m, at, taken, ps)
}

func (g *gateway) mountVolume(kind, name string, m mount, at model.Place, taken map[string]bool, ps *model.Problems) {
	switch {
	case !strings.HasPrefix(m.MountLocation, "/") || strings.Contains(m.MountLocation, ":"):
		ps.Add(model.Problem{ID: model.GatewayConfig, Severity: model.Error, Place: at.Child("mountLocation"), Value: m.MountLocation,
			Message: fmt.Sprintf("%q is no path in the container; write one that begins with a slash", m.MountLocation)})
		return
	case taken[m.MountLocation]:
		ps.Add(model.Problem{ID: model.GatewayConfig, Severity: model.Error, Place: at.Child("mountLocation"), Value: m.MountLocation,
			Message: fmt.Sprintf("%q is mounted twice; choose another path", m.MountLocation)})
		return
	case strings.HasPrefix(m.SubPath, "/") || strings.Contains("/"+m.SubPath+"/", "/../"):
		ps.Add(model.Problem{ID: model.GatewayConfig, Severity: model.Error, Place: at.Child("subPath"), Value: m.SubPath,
			Message: fmt.Sprintf("%q must be a relative path without \"..\"", m.SubPath)})
		return
	}
	taken[m.MountLocation] = true
	volume := corev1.Volume{Name: volumeName(kind, name)}
	if kind == "Secret" {
		volume.Secret = &corev1.SecretVolumeSource{SecretName: name}
	} else {
		volume.ConfigMap = &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: name}}
	}
	if !taken["volume "+volume.Name] {
		taken["volume "+volume.Name] = true
		g.volumes = append(g.volumes, volume)
	}
	g.mounts = append(g.mounts, corev1.VolumeMount{Name: volume.Name, MountPath: m.MountLocation, SubPath: m.SubPath, ReadOnly: true})
}

// applies tells whether an entry for namespace is for an API with refs.
func applies(namespace string, refs []model.Ref) bool {
	for _, r := range refs {
		if strings.EqualFold(defaulted(r.Namespace), namespace) {
			return true
		}
	}
	return false
}

// tagPattern is that of the tag of an image (distribution/reference, regexp.go).
var tagPattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)

func validTag(tag string) bool { return tagPattern.MatchString(tag) }
