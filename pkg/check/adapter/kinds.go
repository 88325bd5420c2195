package adapter

import (
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
)

// builtinGroup is an API group of Kubernetes. The groups are in the order in which the API server prefers them for a resource
// that several have (kube-apiserver, pkg/controlplane, apiVersionPriorities).
type builtinGroup struct {
	name string
	// until is the first minor version without the group, 0 for none.
	until      int
	namespaced []string
	cluster    []string
}

var builtinGroups = []builtinGroup{
	{name: "", namespaced: []string{
		"ConfigMap", "Endpoints", "Event", "LimitRange", "PersistentVolumeClaim", "Pod", "PodTemplate", "ReplicationController",
		"ResourceQuota", "Secret", "Service", "ServiceAccount",
	}, cluster: []string{"ComponentStatus", "Namespace", "Node", "PersistentVolume"}},
	{name: "extensions", until: 22, namespaced: []string{"DaemonSet", "Deployment", "Ingress", "NetworkPolicy", "ReplicaSet"}},
	{name: "apps", namespaced: []string{"ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"}},
	{name: "events.k8s.io", namespaced: []string{"Event"}},
	{name: "autoscaling", namespaced: []string{"HorizontalPodAutoscaler"}},
	{name: "batch", namespaced: []string{"CronJob", "Job"}},
	{name: "networking.k8s.io", namespaced: []string{"Ingress", "NetworkPolicy"}, cluster: []string{"IngressClass"}},
	{name: "policy", namespaced: []string{"PodDisruptionBudget"}},
	{name: "rbac.authorization.k8s.io", namespaced: []string{"Role", "RoleBinding"}, cluster: []string{
		"ClusterRole",
		"ClusterRoleBinding",
	}},
	{name: "storage.k8s.io", namespaced: []string{"CSIStorageCapacity"}, cluster: []string{
		"CSIDriver", "CSINode", "StorageClass",
		"VolumeAttachment",
	}},
	{name: "coordination.k8s.io", namespaced: []string{"Lease"}},
	{name: "discovery.k8s.io", namespaced: []string{"EndpointSlice"}},
	{name: "scheduling.k8s.io", cluster: []string{"PriorityClass"}},
	{name: "node.k8s.io", cluster: []string{"RuntimeClass"}},
	{name: "admissionregistration.k8s.io", cluster: []string{"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"}},
	{name: "apiextensions.k8s.io", cluster: []string{"CustomResourceDefinition"}},
	{name: "apiregistration.k8s.io", cluster: []string{"APIService"}},
	{name: "certificates.k8s.io", cluster: []string{"CertificateSigningRequest"}},
}

// shortNames are abbreviations that kubectl knows and the adapter does not.
var shortNames = map[string]string{
	"po": "pods", "ns": "namespaces", "svc": "services", "no": "nodes", "deploy": "deployments", "ing": "ingresses",
	"sts": "statefulsets", "ds": "daemonsets", "rs": "replicasets", "cm": "configmaps", "ep": "endpoints", "pv": "persistentvolumes",
	"pvc": "persistentvolumeclaims", "cj": "cronjobs", "hpa": "horizontalpodautoscalers", "sa": "serviceaccounts",
}

// Kinds are the kinds that the cluster serves: the built-in ones, those of CRDs in the input, and those that rules and scalers
// name in groups outside Kubernetes.
type Kinds struct {
	mapper *rememberingMapper
	known  *meta.DefaultRESTMapper
	minor  int
}

// rememberingMapper caches resources, because rules request the same few. Clear found when kinds are added.
type rememberingMapper struct {
	meta.PriorityRESTMapper
	found map[schema.GroupVersionResource]foundResource
}

type foundResource struct {
	resource schema.GroupVersionResource
	err      error
}

// ResourceFor implements meta.RESTMapper.
func (m *rememberingMapper) ResourceFor(partial schema.GroupVersionResource) (schema.GroupVersionResource, error) {
	f := lookup.Remember(m.found, partial, func(partial schema.GroupVersionResource) (f foundResource) {
		f.resource, f.err = m.PriorityRESTMapper.ResourceFor(partial)
		return f
	})
	return f.resource, f.err
}

// NewKinds returns the kinds of Kubernetes 1.minor and of the CRDs among items.
func NewKinds(items []*krm.Item, minor int) *Kinds {
	k := &Kinds{known: meta.NewDefaultRESTMapper(nil), minor: minor}
	k.mapper = &rememberingMapper{found: map[schema.GroupVersionResource]foundResource{}}
	for _, g := range builtinGroups {
		if !k.serves(g) {
			continue
		}
		for _, kind := range g.namespaced {
			k.known.Add(schema.GroupVersionKind{Group: g.name, Version: "v1", Kind: kind}, meta.RESTScopeNamespace)
		}
		for _, kind := range g.cluster {
			k.known.Add(schema.GroupVersionKind{Group: g.name, Version: "v1", Kind: kind}, meta.RESTScopeRoot)
		}
		k.mapper.ResourcePriority = append(k.mapper.ResourcePriority,
			schema.GroupVersionResource{Group: g.name, Version: meta.AnyVersion, Resource: meta.AnyResource})
	}
	for _, it := range items {
		if it.Place.Object.Kind == "CustomResourceDefinition" {
			k.addCRD(it)
		}
	}
	k.mapper.Delegate = k.known
	return k
}

func (k *Kinds) serves(g builtinGroup) bool { return g.until == 0 || k.minor > 0 && k.minor < g.until }

func (k *Kinds) addCRD(it *krm.Item) {
	spec := krm.Get(it.Node(), "spec")
	group, names := krm.Text(spec, "group"), krm.Get(spec, "names")
	kind, plural, singular := krm.Text(names, "kind"), krm.Text(names, "plural"), krm.Text(names, "singular")
	if kind == "" || plural == "" {
		return
	}
	if singular == "" {
		singular = strings.ToLower(kind)
	}
	scope := meta.RESTScope(meta.RESTScopeNamespace)
	if krm.Text(spec, "scope") == "Cluster" {
		scope = meta.RESTScopeRoot
	}
	gv := schema.GroupVersion{Group: group, Version: "v1"}
	k.known.AddSpecific(gv.WithKind(kind), gv.WithResource(plural), gv.WithResource(singular), scope)
}

// resolve returns why the adapter does not start with the resource of an override, or "". A resource that may be a custom one
// is assumed to exist; doubt is the built-in one that was likely meant.
func (k *Kinds) resolve(group, resource string) (problem, doubt string) {
	if resource == "" {
		return `names no resource; add one, such as {resource: "pod"}`, ""
	}
	name := strings.ToLower(resource)
	if _, err := k.mapper.ResourceFor(schema.GroupVersionResource{Group: group, Resource: resource}); err == nil {
		return "", ""
	}
	if g, ok := builtin(group); ok && group != "" {
		hint := krm.DidYouMean(name, k.resources(group))
		if home, err := k.mapper.ResourceFor(schema.GroupVersionResource{Resource: resource}); err == nil {
			hint = "; it is in group " + strconv.Quote(home.Group)
		}
		if !k.serves(g) {
			return "has group " + strconv.Quote(group) + ", which Kubernetes no longer serves" + hint, ""
		}
		return "has resource " + strconv.Quote(resource) + ", which group " + strconv.Quote(group) + " does not have" + hint, ""
	}
	if long := shortNames[name]; long != "" && group == "" {
		return "has resource " + strconv.Quote(resource) + ", a short name that only kubectl knows; use " + strconv.Quote(long), ""
	}
	if group == "" {
		doubt = krm.Suggest(name, k.resources(""))
	}
	k.assume(group, name)
	return "", doubt
}

// assume adds a custom resource by its singular or plural name.
func (k *Kinds) assume(group, name string) {
	plural, singular := name, name
	if one, ok := strings.CutSuffix(name, "s"); ok {
		singular = one
	} else {
		plural += "s"
	}
	gv := schema.GroupVersion{Group: group, Version: "v1"}
	k.known.AddSpecific(gv.WithKind(singular), gv.WithResource(plural), gv.WithResource(singular), meta.RESTScopeNamespace)
	clear(k.mapper.found)
}

// ResourceOf returns the resource of a kind, as the client of the HorizontalPodAutoscaler controller does, or why there is
// none.
func (k *Kinds) ResourceOf(gk schema.GroupKind) (found schema.GroupResource, problem string) {
	if m, err := k.known.RESTMapping(gk, "v1"); err == nil {
		return m.Resource.GroupResource(), ""
	}
	// Its mapper also knows kinds in lower case (client-go, restmapper/discovery.go).
	kind, err := k.known.KindFor(schema.GroupVersionResource{Group: gk.Group, Resource: gk.Kind})
	lower := strings.ToLower(kind.Kind)
	if err == nil && kind.Group == gk.Group && gk.Kind == lower && lower != kind.Kind {
		return k.ResourceOf(kind.GroupKind())
	}
	g, ok := builtin(gk.Group)
	if !ok {
		plural, _ := meta.UnsafeGuessKindToResource(gk.WithVersion("v1"))
		k.known.Add(gk.WithVersion("v1"), meta.RESTScopeNamespace)
		clear(k.mapper.found)
		return plural.GroupResource(), ""
	}
	hint := ""
	for _, other := range builtinGroups {
		if k.serves(other) && other.name != gk.Group && slices.Contains(other.namespaced, gk.Kind) {
			hint = "; use " + strconv.Quote(strings.TrimPrefix(other.name+"/v1", "/"))
		}
	}
	if !k.serves(g) {
		return found, "has group " + strconv.Quote(gk.Group) + ", which Kubernetes no longer serves" + hint
	}
	if hint == "" {
		hint = krm.DidYouMean(gk.Kind, slices.Concat(g.namespaced, g.cluster))
	}
	return found, "has kind " + strconv.Quote(gk.Kind) + ", which group " + strconv.Quote(gk.Group) + " does not have" + hint
}

// resources returns the singular and plural names of the resources of a built-in group.
func (k *Kinds) resources(group string) []string {
	var names []string
	g, _ := builtin(group)
	for _, kind := range slices.Concat(g.namespaced, g.cluster) {
		plural, singular := meta.UnsafeGuessKindToResource(schema.GroupVersionKind{Group: group, Version: "v1", Kind: kind})
		names = append(names, plural.Resource, singular.Resource)
	}
	return names
}

func builtin(group string) (builtinGroup, bool) {
	i := slices.IndexFunc(builtinGroups, func(g builtinGroup) bool { return g.name == group })
	if i < 0 {
		return builtinGroup{}, false
	}
	return builtinGroups[i], true
}
