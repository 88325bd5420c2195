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
	// injects are what adds containers to the pods in namespaces, by name.
	injects map[string][]*Injector
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

// Injector is a webhook that adds containers to pods.
type Injector struct {
	// Key is an annotation or label of pods, or a label of namespaces, that asks for it.
	Key string
	// Unrequested means that its container has no request by default. Annotation is the prefix of the annotations of pods that
	// set one: with cpu-request or memory-limit, for example.
	Unrequested bool
	Annotation  string
}

// injectors are the known webhooks. The requests of their containers are those of their charts and documentation.
var injectors = []Injector{
	{Key: "sidecar.istio.io/inject"},
	{Key: "istio.io/rev"},
	{Key: "istio-injection"},
	{Key: "linkerd.io/inject", Unrequested: true, Annotation: "config.linkerd.io/proxy-"},
	{Key: "sidecar.opentelemetry.io/inject", Unrequested: true},
	{Key: "dapr.io/enabled", Unrequested: true, Annotation: "dapr.io/sidecar-"},
	{
		Key: "consul.hashicorp.com/connect-inject", Unrequested: true,
		Annotation: "consul.hashicorp.com/sidecar-proxy-",
	},
	{Key: "vault.hashicorp.com/agent-inject"},
	{Key: "kuma.io/sidecar-injection"},
	{Key: "appmesh.k8s.aws/sidecarInjectorWebhook"},
	{Key: "sidecar.jaegertracing.io/inject", Unrequested: true},
	{Key: "openservicemesh.io/sidecar-injection", Unrequested: true},
	{Key: "gke-gcsfuse/volumes"},
}

// MayInject reports whether something may add containers to the pods of wl that its template does not have.
func (n *Namespaces) MayInject(wl *Workload) bool { return len(n.Injectors(wl)) > 0 }

// Injectors returns what may add containers to the pods of wl that its template does not have.
func (n *Namespaces) Injectors(wl *Workload) []*Injector {
	return slices.Concat(
		injectorsOf(wl.Template.Annotations), injectorsOf(wl.Template.Labels), injectorsOf(wl.Item.Annotations),
		lookup.Remember(n.injects, wl.Item.Place.Object.Namespace, func(name string) []*Injector {
			ns, _ := n.labelsOf(name)
			return injectorsOf(ns)
		}),
	)
}

func injectorsOf(set map[string]string) (found []*Injector) {
	for i := range injectors {
		if v, ok := set[injectors[i].Key]; ok && v != "false" && v != "disabled" {
			found = append(found, &injectors[i])
		}
	}
	return found
}
