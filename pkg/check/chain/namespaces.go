package chain

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Namespaces is what is known of namespaces.
type Namespaces struct {
	// written are the labels of the Namespaces in the input, all those included that the API server sets.
	written, all map[string]map[string]string
	LimitRanges  lookup.ByNamespace[*LimitRange]
	// injects says for namespaces, by name, whether something adds containers to the pods in them.
	injects map[string]bool
}

// LimitRange is a LimitRange and its spec.
type LimitRange struct {
	item *krm.Item
	Spec *corev1.LimitRangeSpec
}

// namespaceLabels are the labels of a namespace; false where it is not in the input, so that only its name is known
// (which the API server sets as a label since Kubernetes 1.21).
func (n *Namespaces) labelsOf(ns string) (map[string]string, bool) {
	written, ok := n.written[model.NamespaceOf(ns)]
	return lookup.Remember(n.all, model.NamespaceOf(ns), func(ns string) map[string]string {
		all := map[string]string{corev1.LabelMetadataName: ns}
		maps.Copy(all, written)
		return all
	}), ok
}

// injectors are annotations and labels of pods, and labels of namespaces, by which webhooks add containers to pods.
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

// MayInject reports whether something may add containers to the pods of wl that its template does not have.
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
