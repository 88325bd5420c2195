package chain

import (
	"cmp"
	"maps"
	"regexp"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// matchesPods reports whether a selector matches pods of a workload. Labels that controllers add may have any value.
func matchesPods(s *metav1.LabelSelector, wl *Workload) bool {
	lax := metav1.LabelSelector{MatchLabels: certainLabels(s.MatchLabels), MatchExpressions: s.MatchExpressions}
	lax.MatchExpressions = lookup.Except(lax.MatchExpressions, func(r metav1.LabelSelectorRequirement) bool {
		return slices.Contains(podLabelsAdded, r.Key)
	})
	return lookup.Matches(&lax, wl.Template.Labels)
}

// MayShareNamespace reports whether two objects are, or may be, in the same namespace.
func MayShareNamespace(a, b *krm.Item) bool {
	return lookup.CompareNamespaces(a.Place.Object.Namespace, b.Place.Object.Namespace) != lookup.Different
}

// podLabelsAdded are the labels that controllers add to pods.
var podLabelsAdded = []string{
	"pod-template-hash",
	"rollouts-pod-template-hash",
	"controller-revision-hash",
	"pod-template-generation",
	"statefulset.kubernetes.io/pod-name",
	"apps.kubernetes.io/pod-index",
}

// selectsLabels reports whether a template has the labels of a selector, apart from those that controllers add.
func selectsLabels(selector, template map[string]string) bool {
	for k, v := range selector {
		if got, ok := template[k]; (!ok || got != v) && !slices.Contains(podLabelsAdded, k) {
			return false
		}
	}
	return true
}

// MatchesPort reports whether the port of a monitor selects a port name. The operator writes it as an anchored regular
// expression.
func MatchesPort(port, name string) bool {
	if port == name {
		return true
	}
	re, err := regexp.Compile("^(?s:" + port + ")$")
	return err == nil && re.MatchString(name)
}

// certainLabels removes the labels that controllers add.
func certainLabels(set map[string]string) map[string]string {
	if slices.ContainsFunc(podLabelsAdded, func(k string) bool { _, ok := set[k]; return ok }) {
		return lookup.Without(set, podLabelsAdded)
	}
	return set
}

// somePod stands for the name of a pod, which is unknown before it runs.
const somePod = "a-pod"

// TargetLabels returns the labels of a target before relabeling: those that the operator adds (prometheus-operator,
// pkg/prometheus/promcfg.go, generateServiceMonitorConfig and generatePodMonitorConfig), and, with meta set, those of service
// discovery.
func TargetLabels(p ScrapePath, wl *Workload, meta bool) map[string]string {
	set := make(map[string]string, 8)
	if meta {
		addMeta(set, p, wl)
	}
	set["pod"], set["container"], set["endpoint"], set["instance"] = somePod, p.Container, p.PortName, "10.0.0.1:80"
	ns := wl.Item.Place.Object.Namespace
	copied := p.Monitor.copied
	jobLabel := wl.Template.Labels[copied.job]
	if s := p.Service; s != nil {
		ns = cmp.Or(s.Item.Place.Object.Namespace, ns)
		set["service"], set["job"] = s.Item.Place.Object.Name, s.Item.Place.Object.Name
		if p.ServicePort != "" {
			set["endpoint"] = p.ServicePort
		}
		copyLabels(set, copied.service, s.Item.Labels)
		jobLabel = s.Item.Labels[copied.job]
	} else {
		o := p.Monitor.Item.Place.Object
		set["job"] = model.NamespaceOf(o.Namespace) + "/" + o.Name
	}
	copyLabels(set, copied.pod, wl.Template.Labels)
	set["namespace"] = model.NamespaceOf(ns)
	if meta {
		set["__meta_kubernetes_namespace"] = set["namespace"]
	}
	if jobLabel != "" {
		set["job"] = jobLabel
	}
	return set
}

// addMeta adds the labels of service discovery that relabelings use.
func addMeta(set map[string]string, p ScrapePath, wl *Workload) {
	maps.Copy(set, map[string]string{
		"__address__": "10.0.0.1:80", "__meta_kubernetes_pod_name": somePod, "__meta_kubernetes_pod_node_name": "a-node",
		"__meta_kubernetes_pod_ip": "10.0.0.1", "__meta_kubernetes_pod_container_name": p.Container,
		"__meta_kubernetes_pod_container_port_name": p.PortName, "__meta_kubernetes_pod_uid": "uid",
		"__meta_kubernetes_pod_phase": "Running", "__meta_kubernetes_pod_ready": "true",
		"__meta_kubernetes_pod_controller_kind": "ReplicaSet", "__meta_kubernetes_pod_controller_name": wl.Item.Place.Object.Name,
	})
	metaLabels(set, "__meta_kubernetes_pod_label", wl.Template.Labels)
	metaLabels(set, "__meta_kubernetes_pod_annotation", wl.Template.Annotations)
	if s := p.Service; s != nil {
		set["__meta_kubernetes_service_name"], set["__meta_kubernetes_endpoints_name"] = s.Item.Place.Object.Name, s.Item.Place.Object.Name
		set["__meta_kubernetes_endpoint_port_name"], set["__meta_kubernetes_endpointslice_port_name"] = p.ServicePort, p.ServicePort
		metaLabels(set, "__meta_kubernetes_service_label", s.Item.Labels)
		metaLabels(set, "__meta_kubernetes_service_annotation", s.Item.Annotations)
	}
}

func metaLabels(set map[string]string, prefix string, from map[string]string) {
	for k, v := range from {
		set[prefix+"_"+promexpr.LabelName(k)] = v
		set[prefix+"present_"+promexpr.LabelName(k)] = "true"
	}
}

func copyLabels(set map[string]string, names []string, from map[string]string) {
	for _, name := range names {
		if v := from[name]; v != "" {
			set[promexpr.LabelName(name)] = v
		}
	}
}
