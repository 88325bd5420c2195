package check

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// namespaces is what is known of namespaces.
type namespaces struct {
	// written are the labels of the Namespaces among the items, all those included that the API server sets.
	written, all map[string]map[string]string
	limitRanges  spaced[*limitRange]
	// injects tells of namespaces, by their names, whether something adds containers to the pods in them.
	injects map[string]bool
}

type limitRange struct {
	item *krm.Item
	spec *corev1.LimitRangeSpec
}

// namespaceLabels are the labels of a namespace; false where it is not among the items, so that only its name is known
// (which the API server sets as a label since Kubernetes 1.21).
func (n *namespaces) labelsOf(ns string) (map[string]string, bool) {
	written, ok := n.written[model.NamespaceOf(ns)]
	return remember(n.all, model.NamespaceOf(ns), func(ns string) map[string]string {
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

// injected tells whether something may add containers to the pods of wl that its template does not have.
func (n *namespaces) injected(wl *workload) bool {
	if injects(wl.template.annotations) || injects(wl.template.labels) || injects(wl.item.Annotations) {
		return true
	}
	return remember(n.injects, wl.item.Place.Object.Namespace, func(name string) bool {
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
