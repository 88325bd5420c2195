package chain

import (
	"cmp"
	"maps"

	"github.com/krm-fn/krm-fn/pkg/check/promexpr"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// somePod stands for the name of a pod, which nobody knows before it runs.
const somePod = "a-pod"

// TargetLabels are the labels with which Prometheus finds a target and those that the operator makes of them
// (prometheus-operator, pkg/prometheus/promcfg.go, generateServiceMonitorConfig and generatePodMonitorConfig). Those that
// are gone after relabeling are left out unless they are asked for by meta.
func TargetLabels(p ScrapePath, wl *Workload, meta bool) map[string]string {
	set := make(map[string]string, 8)
	if meta {
		addMeta(set, p, wl)
	}
	set["pod"], set["container"], set["endpoint"], set["instance"] = somePod, p.Container, p.PortName, "10.0.0.1:80"
	ns := wl.Item.Place.Object.Namespace
	var copied copiedLabels
	if p.Monitor.copied != nil {
		copied = *p.Monitor.copied
	}
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

// addMeta adds the labels by which relabelings know a target.
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
