package chain

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Namespaces are the namespaces of the input.
type Namespaces struct {
	// written has the labels of Namespaces in the input, all also those that the API server sets.
	written, all map[string]map[string]string
	LimitRanges  lookup.ByNamespace[*LimitRange]
	// injects tells for each name whether something injects containers into the pods there.
	injects map[string]bool
}

// LimitRange is a LimitRange and its spec.
type LimitRange struct {
	item *krm.Item
	Spec *corev1.LimitRangeSpec
}

// labelsOf returns the labels of a namespace. It returns false if the namespace is not in the input, so that only the label
// with its name is known, which the API server sets since Kubernetes 1.21.
func (n *Namespaces) labelsOf(ns string) (map[string]string, bool) {
	written, ok := n.written[model.NamespaceOf(ns)]
	return lookup.Remember(n.all, model.NamespaceOf(ns), func(ns string) map[string]string {
		all := map[string]string{corev1.LabelMetadataName: ns}
		maps.Copy(all, written)
		return all
	}), ok
}

// injectors are the annotations and labels of pods, and the labels of namespaces, that make webhooks inject containers.
var injectors = []string{
	"sidecar.istio.io/inject",
	"istio.io/rev",
	"istio-injection",
	"linkerd.io/inject",
	"sidecar.opentelemetry.io/inject",
	"dapr.io/enabled",
	"consul.hashicorp.com/connect-inject",
	"vault.hashicorp.com/agent-inject",
	"kuma.io/sidecar-injection",
	"appmesh.k8s.aws/sidecarInjectorWebhook",
	"sidecar.jaegertracing.io/inject",
	"openservicemesh.io/sidecar-injection",
}

// MayInject reports whether something may inject containers into the pods of a workload.
func (n *Namespaces) MayInject(wl *Workload) bool {
	if injects(wl.Template.Annotations) || injects(wl.Template.Labels) || injects(wl.Item.Annotations) {
		return true
	}
	return lookup.Remember(n.injects, wl.Item.Place.Object.Namespace, func(name string) bool {
		ns, ok := n.labelsOf(name)
		return ok && injects(ns)
	})
}

func injects(set map[string]string) bool {
	return slices.ContainsFunc(injectors, func(key string) bool {
		v, ok := set[key]
		return ok && v != "false" && v != "disabled"
	})
}
